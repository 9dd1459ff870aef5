import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { temporaryDirectory } from '../ledger/testing.ts'
import { keepAddress } from './addresses.ts'

const directory = temporaryDirectory()
afterAll(() => directory.remove())

test('an address is a file of its own that nobody else reads; one that changes has another reference, and the one before stays as entries name it', () => {
  const kept = ['postgres://one.example/crm', 'postgres://two.example/crm'].map((address) => keepAddress(directory.path, 'crm', { address, random: randomBytes }))
  expect(new Set(kept).size).toBe(2)
  expect(kept.map((reference) => readFileSync(join(directory.path, reference.slice('file:'.length)), 'utf8'))).toEqual(['postgres://one.example/crm\n', 'postgres://two.example/crm\n'])
  expect(readdirSync(join(directory.path, 'addresses')).map((name) => [/^crm-[0-9a-f]{8}[.]url$/.test(name), statSync(join(directory.path, 'addresses', name)).mode & 0o777])).toEqual([[true, 0o600], [true, 0o600]])
  expect(statSync(join(directory.path, 'addresses')).mode & 0o777).toBe(0o700)
})
