/** Migration 0316: what was recorded before stands where it is read now. */
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrate, rows, sql } from './index.ts'
import { createEmptyDatabase, type TestDatabase } from './testing.ts'

const migrations = fileURLToPath(new URL('migrations', import.meta.url))
let own: TestDatabase
let before: string
beforeAll(async () => {
  own = await createEmptyDatabase()
  before = mkdtempSync(join(tmpdir(), 'bailee-before-'))
  for (const name of readdirSync(migrations)) if (name < '0316') cpSync(join(migrations, name), join(before, name))
})
afterAll(async () => {
  rmSync(before, { recursive: true })
  await own.close()
})

const bodyOf = (type: string, index: number): Buffer => Buffer.from(`{"at":1555315${200 + index},"common":1,"parts":[],"type":"${type}","v":1}`)
const types = ['ledger.opened', 'decision.allowed', 'note.written', 'decision.refused', 'decision.noted']
/** Parts of each entry: none, one, two. */
const partsOf = (index: number): string[] => [['evidence'], ['access'], ['people', 'evidence'], [], ['evidence']][index] ?? []

test('every entry and every part is there once, decisions by themselves, and no first part stands beside its entry twice', async () => {
  await migrate(own.url, before)
  const entries = [1, 2].flatMap((slot) => types.map((type, index) => ({ slot, index, leaf: Buffer.alloc(32, slot * 16 + index), body: bodyOf(type, index) })))
  const parts = entries.flatMap(({ slot, index }) => partsOf(index).map((part) => ({ slot, index, part, keyId: `payload/${slot}/${part}/2019`, ciphertext: Buffer.from(`${slot} ${index} ${part}`) })))
  for (const { slot, index, leaf, body } of entries) await rows(own.database, sql`insert into entry (slot, idx, leaf, body) values (${slot}, ${index}, ${leaf}, ${body})`)
  for (const { slot, index, part, keyId, ciphertext } of parts) await rows(own.database, sql`insert into payload (slot, idx, part, key_id, ciphertext) values (${slot}, ${index}, ${part}, ${keyId}, ${ciphertext})`)
  await migrate(own.url)

  expect(await rows(own.database, sql`select slot, idx as index, leaf, body from entry order by slot, idx`)).toEqual(entries)
  const byPlace = (one: (typeof parts)[number]): string => `${one.slot} ${one.index} ${one.part}`
  const found = await rows<(typeof parts)[number]>(own.database, sql`select slot, idx as index, part, key_id as "keyId", ciphertext from payload`)
  expect(new Map(found.map((one) => [byPlace(one), one]))).toEqual(new Map(parts.map((one) => [byPlace(one), one])))
  expect(found).toHaveLength(parts.length)
  expect(await rows(own.database, sql`select slot, idx as index from decision_entry order by slot, idx`)).toEqual([1, 2].flatMap((slot) => [1, 3].map((index) => ({ slot, index }))))
  expect(await rows(own.database, sql`select slot, part from further_part order by slot`)).toEqual([1, 2].map((slot) => ({ slot, part: 'people' })))
})
