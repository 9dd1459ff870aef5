import { execFileSync } from 'node:child_process'
import { createCipheriv, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isUnread, openParts } from '../index.ts'
import { DenseMeter } from './dense.ts'

let root: string
beforeAll(() => { root = mkdtempSync(join(tmpdir(), 'bailee-dense-')) })
afterAll(() => rmSync(root, { recursive: true }))

/** Kinds and what is said to be missing, of everything in a file. */
async function read(content: Uint8Array): Promise<string[]> {
  writeFileSync(join(root, 'x'), content)
  const said: string[] = []
  for await (const part of openParts(root, 'x')) {
    if (isUnread(part)) said.push(part.because)
    else {
      for await (const piece of part.bytes) expect(piece.length).toBeGreaterThan(0)
      if (part.kind !== 'database pages') said.push(part.kind, ...part.partly())
    }
  }
  return said
}

const people = Array.from({ length: 20_000 }, (_, row) => `${row},person${(row * 7919) % 100_003}@mail.example,Oradea`).join('\n')
const aes = (text: string): Buffer => {
  const cipher = createCipheriv('aes-256-ctr', randomBytes(32), randomBytes(16))
  return Buffer.concat([cipher.update(text), cipher.final()])
}
const dense = /^(\d+) of \d+ bytes look packed or encrypted: what they hold was not compared$/

test.each([
  ['AES of a table', () => aes(people), 0.99],
  ['AES of a few lines', () => aes(people.slice(0, 300)), 0.99],
  ['brotli, which begins with nothing', () => brotliCompressSync(people.slice(0, 300_000)), 0.9],
  ['deflate without a header', () => deflateRawSync(people), 0.9],
])('%s looks packed or encrypted, and is read partly', async (_, make, share) => {
  const content = make()
  const [kind, partly] = await read(content)
  expect(kind).toBe('unknown bytes')
  expect(Number(dense.exec(partly!)?.[1]) / content.length).toBeGreaterThan(share)
})

test('what lies encrypted among other bytes is said, to the block', async () => {
  const [, partly] = await read(Buffer.concat([Buffer.alloc(64 * 1024), aes('x'.repeat(8192)), Buffer.alloc(64 * 1024)]))
  expect(partly).toBe('8192 of 139264 bytes look packed or encrypted: what they hold was not compared')
})

test.each([
  ['a program', () => execFileSync('cat', [process.execPath], { maxBuffer: 1 << 30 }).subarray(0, 8 << 20)],
  ['a picture', () => Buffer.concat([Buffer.from('ffd8ffe000104a4649460001', 'hex'), randomBytes(50_000)])],
  ['a picture', () => Buffer.concat([Buffer.from('00000018667479706865696300000000', 'hex'), randomBytes(50_000)])],
  ['a film or sound', () => Buffer.concat([Buffer.from('0000001866747970697336d6', 'hex'), randomBytes(50_000)])],
  ['a typeface', () => Buffer.concat([Buffer.from('774f4632', 'hex'), randomBytes(5000)])],
])('%s is packed by its nature, and is named as what it is', async (kind, make) => {
  expect(await read(make())).toEqual([kind])
})

test.each([
  ['numbers', () => Buffer.from(Float64Array.from({ length: 20_000 }, (_, row) => Math.sin(row) * 1000).buffer)],
  ['counters', () => Buffer.from(Int32Array.from({ length: 20_000 }, (_, row) => row * 7).buffer)],
  ['strings among noughts', () => Buffer.from(people.replaceAll(',', '\0\0\0\u0001').replaceAll('\n', '\0\0\0\u0002'))],
  ['a key of 32 bytes', () => randomBytes(32)],
])('%s as bytes are read whole', async (_, make) => {
  expect(await read(make())).toEqual(['unknown bytes'])
})

test('an encrypted document of Office is not read', async () => {
  const document = Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(1000), Buffer.from('EncryptedPackage', 'utf16le'), randomBytes(9000)])
  expect(await read(document)).toEqual(['encrypted (Office)'])
})

test('the count does not depend on where the bytes are cut', () => {
  const bytes = Buffer.concat([randomBytes(10_000), Buffer.alloc(10_000), randomBytes(5000)])
  const whole = new DenseMeter()
  whole.push(bytes)
  whole.end()
  expect(whole.dense).toBeGreaterThan(8000)
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1 }), (sizes) => {
    const meter = new DenseMeter()
    let at = 0
    for (let turn = 0; at < bytes.length; turn += 1) meter.push(bytes.subarray(at, at += sizes[turn % sizes.length]!))
    meter.end()
    expect([meter.dense, meter.total]).toEqual([whole.dense, whole.total])
  }))
})
