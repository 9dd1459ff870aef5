import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { rows, sql } from '#database'
import { createTestDatabase, type TestDatabase } from '../database/testing.ts'
import { exportBundle } from './bundle.ts'
import { checkLedger } from './check.ts'
import { commitmentOf, destroyed, jcs, openPart, sealPart, type Draft, type Json } from './entry.ts'
import { recordedOnly } from './fold.ts'
import { openKeyStore, type KeyStore } from './keys.ts'
import { partOf, type Ledger } from './ledger.ts'
import { checkHeads } from './opening.ts'
import * as store from './store.ts'
import { noon, noteApplies, openTestLedger, temporaryDirectory } from './testing.ts'

let directory: ReturnType<typeof temporaryDirectory>
let keys: KeyStore
let own: TestDatabase
let ledger: Ledger

beforeEach(async () => {
  directory = temporaryDirectory()
  keys = openKeyStore(directory.path)
  own = await createTestDatabase()
  ledger = await openTestLedger(own.database, keys)
  await ledger.openSlot(noon, () => [note('first'), note('second')])
})
afterEach(async () => { await own.close(); directory.remove() })

const note = (text: string): Draft => ({ slot: 1, type: 'note.written', at: noon, parts: { evidence: { text }, people: { by: 'noa' } } })
const reopened = (): Promise<Ledger> => openTestLedger(own.database, keys)
const change = (statement: string): Promise<unknown> => rows(own.database, sql.raw(statement))

/** What somebody with the database owner's account can do. */
async function edit(table: string, statement: string): Promise<void> {
  await change(`alter table ${table} disable trigger user`)
  await change(statement)
  await change(`alter table ${table} enable trigger user`)
}

test.each(['other_entry', 'decision_entry', 'snapshot', 'snapshot_head'])('rows of %s are written once: update, delete and truncate are refused', async (table) => {
  await ledger.snapshot(noon)
  if (table === 'decision_entry') await (await openTestLedger(own.database, keys, { ...noteApplies, decision: recordedOnly })).append({ slot: 1, type: 'decision.allowed', at: noon, parts: { access: {} } })
  const count = (await rows(own.database, sql.raw(`select from ${table}`))).length
  expect(count).toBeGreaterThan(0)
  const column = { other_entry: 'body', decision_entry: 'body', snapshot: 'time', snapshot_head: 'size' }[table]
  for (const statement of [`update ${table} set ${column} = ${column}`, `delete from ${table}`, `truncate ${table} cascade`]) {
    await expect(change(statement)).rejects.toMatchObject({ code: '23001' })
  }
  expect(await rows(own.database, sql.raw(`select from ${table}`))).toHaveLength(count)
})

test('a part can be taken away, and neither be changed nor come back', async () => {
  await change(`update other_entry set part = null, key_id = null, ciphertext = null where slot = 1 and idx = 1`)
  for (const set of [`ciphertext = '\\x00'`, `part = 'people'`, `key_id = 'another'`, `ciphertext = null`]) for (const index of [1, 2]) {
    if (index === 1 && set.endsWith('null')) continue // nothing is changed
    await expect(change(`update other_entry set ${set} where slot = 1 and idx = ${index}`), `${set} ${index}`).rejects.toMatchObject({ code: '23001' })
  }
})

test('a ledger that nobody touched opens', async () => {
  expect((await (await reopened()).read(1)).length).toBe(3)
})

test.each([
  ['an entry more than its head knows', 'other_entry', `insert into other_entry values (1, 3, decode(repeat('00', 32), 'hex'), '{}')`, 'ledger/head-differs'],
  ['the last entry gone', 'other_entry', 'delete from further_part where slot = 1 and idx = 2; delete from other_entry where slot = 1 and idx = 2', 'ledger/head-differs'],
  ['an entry with another hash', 'other_entry', `update other_entry set leaf = decode(repeat('00', 32), 'hex') where slot = 1 and idx = 1`, 'ledger/head-differs'],
  ['an entry with other bytes', 'other_entry', `update other_entry set body = convert_to(replace(convert_from(body, 'utf8'), 'note.written', 'note.refuted'), 'utf8') where slot = 1 and idx = 1`, 'ledger/entry-altered'],
  ['an entry with other bytes and their hash', 'other_entry', `update other_entry set body = '{}', leaf = sha256('\\x007b7d'::bytea) where slot = 1 and idx = 1`, 'ledger/head-differs'],
  ['two entries exchanged', 'other_entry', 'update other_entry set body = other.body, leaf = other.leaf from other_entry other where other_entry.slot = 1 and other.slot = 1 and other_entry.idx in (1, 2) and other.idx = 3 - other_entry.idx', 'ledger/head-differs'],
  ['a head that is too short', 'head', 'update head set size = 2 where slot = 1', 'ledger/head-differs'],
  ['a head with another frontier', 'head', `update head set frontier = set_byte(frontier, 0, 255 - get_byte(frontier, 0)) where slot = 1`, 'ledger/head-differs'],
])('%s: the ledger does not open', async (_what, table, statements, code) => {
  for (const statement of statements.split('; ')) await edit(table, statement)
  await expect(reopened()).rejects.toMatchObject({ code })
})

const exported = (from = ledger, at = noon): Promise<unknown> =>
  exportBundle(from, { slot: 1, at, directory: join(directory.path, 'bundle'), receiptsFor: [], certificates: new Map() })

test('what a signed snapshot fixed is not read again; what stands behind it is, and all of it where a row is not what was signed', async () => {
  await exported()
  const altered = (index: number): string => `update other_entry set body = convert_to(replace(convert_from(body, 'utf8'), 'note.written', 'note.refuted'), 'utf8') where slot = 1 and idx = ${index}`
  await edit('other_entry', altered(1))
  const opened = await reopened()
  expect((await checkLedger({ database: own.database, keys })).problems).toContain(`${ledger.origin}/1: entry 1 is not what was hashed`)
  await expect(exported(opened)).rejects.toMatchObject({ code: 'ledger/root-differs' })
  await edit('snapshot_head', 'update snapshot_head set frontier = set_byte(frontier, 0, 255 - get_byte(frontier, 0)) where slot = 1')
  await expect(reopened()).rejects.toMatchObject({ code: 'ledger/entry-altered' })
  await edit('snapshot_head', 'update snapshot_head set frontier = null')
  await expect(reopened()).rejects.toMatchObject({ code: 'ledger/entry-altered' })
  await edit('other_entry', altered(1).replace("'note.written', 'note.refuted'", "'note.refuted', 'note.written'"))
  expect((await (await reopened()).append(note('third')))[0]?.index).toBe(3)
  await exported(await reopened(), noon + 60)
  await ledger.append(note('fourth'))
  await edit('other_entry', altered(4))
  await expect(reopened()).rejects.toMatchObject({ code: 'ledger/entry-altered' })
  await edit('snapshot_head', 'update snapshot_head set root = set_byte(root, 0, 255 - get_byte(root, 0)) where slot = 1 and snapshot = 1')
  await expect(reopened(), 'then all are read').rejects.toMatchObject({ code: 'ledger/entry-altered' })
})

test('a ledger of which nothing was signed is read whole once, and then from the snapshot on up to which it was read; another history is read whole, and nobody is refused for it', async () => {
  const options = { database: own.database, keys, origin: ledger.origin }
  const altered = (index: number, to = 'refuted', from = 'written'): string => `update other_entry set body = convert_to(replace(convert_from(body, 'utf8'), 'note.${from}', 'note.${to}'), 'utf8') where slot = 1 and idx = ${index}`
  await ledger.snapshot(noon)
  await ledger.openSlot(noon, () => [])
  await checkHeads(options, 1_000)
  expect(keys.readRoot.last(), 'it is not worth it').toBeUndefined()
  await checkHeads(options, 4)
  expect(keys.readRoot.last()?.size).toBe(1)
  await edit('other_entry', altered(1))
  await checkHeads(options, 4)
  expect((await checkLedger({ database: own.database, keys })).problems.length).toBeGreaterThan(0)
  await ledger.append([note('third'), note('fourth')])
  await edit('other_entry', altered(3))
  await expect(checkHeads(options), 'behind it').rejects.toMatchObject({ code: 'ledger/entry-altered' })
  await edit('other_entry', altered(3, 'written', 'refuted'))
  await ledger.snapshot(noon + 60)
  await checkHeads(options, 2)
  expect(keys.readRoot.last()?.size).toBe(2)
  // The database as it was before the second snapshot: the first entry that was altered is met again.
  await edit('snapshot_head', 'delete from snapshot_head where snapshot = 1')
  await edit('snapshot', 'delete from snapshot where idx = 1')
  await expect(checkHeads(options)).rejects.toMatchObject({ code: 'ledger/entry-altered' })
  await edit('other_entry', altered(1, 'written', 'refuted'))
  await checkHeads(options, 1_000)
  writeFileSync(join(directory.path, 'read', 'root'), 'nothing')
  await checkHeads(options, 4)
  expect(keys.readRoot.last()?.size).toBe(1)
})

test('a database restored from before what was signed is refused at the start, also when it went on, and never signed', async () => {
  await exported()
  await ledger.append(note('third'))
  await exported(ledger, noon + 60)
  await exported(ledger, noon + 120) // nothing new: the same root is signed again
  await reopened()
  await edit('snapshot_head', 'delete from snapshot_head where snapshot = 1')
  await edit('snapshot', 'delete from snapshot where idx = 1')
  await expect(reopened()).rejects.toMatchObject({ code: 'ledger/behind' })
  await expect(exported(ledger, noon + 90), 'by a process that was open meanwhile').rejects.toMatchObject({ code: 'ledger/two-histories' })
  await expect(reopened()).rejects.toMatchObject({ code: 'ledger/two-histories' })
  const fresh = await createTestDatabase()
  await expect(openTestLedger(fresh.database, keys)).rejects.toMatchObject({ code: 'ledger/behind' })
  expect(await store.logs(fresh.database)).toEqual([])
  await fresh.close()
})

test('keys of another directory are refused before anything is sealed or signed with them', async () => {
  const elsewhere = temporaryDirectory()
  const other = openKeyStore(elsewhere.path)
  await expect(openTestLedger(own.database, other)).rejects.toMatchObject({ code: 'ledger/other-keys' })
  other.payloadKey(0, 'evidence', 2019) // now there is a key of that name, with other bytes
  await expect(openTestLedger(own.database, other)).rejects.toMatchObject({ code: 'ledger/other-keys' })
  elsewhere.remove()
  keys.destroy('payload/0/evidence/2019') // a key that was destroyed is no stranger
  expect(await (await reopened()).size(1)).toBe(3)
})

test('an entry altered while the ledger is open is refused when it is read', async () => {
  await edit('other_entry', `update other_entry set body = convert_to(replace(convert_from(body, 'utf8'), '"at":', '"at":1'), 'utf8') where slot = 1 and idx = 1`)
  await expect(ledger.read(1)).rejects.toMatchObject({ code: 'ledger/entry-altered' })
})

test('a sealed part says nothing, and opens only where it belongs', async () => {
  const { database } = own
  const payloads = await store.payloadsBetween(database, { slot: 1, from: 0, to: 9 })
  expect(payloads.map((row) => [row.index, row.part])).toEqual([[0, 'evidence'], [1, 'evidence'], [1, 'people'], [2, 'evidence'], [2, 'people']])
  for (const row of payloads) expect(row.ciphertext.length).toBeGreaterThan(0)
  for (const row of payloads) for (const name of ['"noa', 'noa"', '"text"', '"people"']) expect(Buffer.from(row.ciphertext).includes(name)).toBe(false)
  await edit('other_entry', 'update other_entry set ciphertext = (select ciphertext from other_entry other where other.slot = 1 and other.idx = 2) where slot = 1 and idx = 1')
  await expect(ledger.read(1)).rejects.toMatchObject({ code: 'ledger/payload-altered' })
})

test('entries of long parts are read a few at a time, whatever a page holds, and all of them in order', async () => {
  const long = (length: number): Draft => ({ ...note(''), parts: { evidence: { text: 'x'.repeat(length) } } })
  await ledger.append([note('third'), long(3_000_000), long(3_000_000), long(12_000_000), note('fourth'), long(3_000_000), note('fifth')])
  const pieces: (readonly store.OrderedEntry[])[] = []
  await store.asOfNow(own.database, async (tx) => { for await (const piece of store.entriesInOrder(tx, await store.schemaNow(tx), { decisions: true })) pieces.push(piece) })
  const bytes = pieces.map((piece) => piece.map(({ payloads }) => payloads.reduce((sum, { ciphertext }) => sum + ciphertext.length, 0)))
  // None behind one that reached the bound.
  for (const piece of bytes) expect(piece.slice(0, -1).reduce((sum, one) => sum + one, 0)).toBeLessThan(store.pieceBytesMax)
  expect(pieces.flat().map(({ slot, index }) => `${slot}/${index}`)).toEqual(['0/0', ...Array.from({ length: 10 }, (_, index) => `1/${index}`)])
  expect(pieces.flat().map(({ payloads }) => payloads.length)).toEqual([1, 1, 2, 2, 2, 1, 1, 1, 2, 1, 2])
})

test('another payload, sealed with the right key for the right place, is not what the entry committed to', async () => {
  const address = { origin: `${ledger.origin}/1`, index: 1, part: 'evidence' }
  const { ciphertext } = sealPart(jcs({ text: 'never said' }), address, keys.payloadKey(1, 'evidence', 2019), Buffer.alloc(44, 7))
  await change('alter table other_entry disable trigger user')
  await rows(own.database, sql`update other_entry set ciphertext = ${ciphertext} where slot = 1 and idx = 1`)
  await expect(ledger.read(1)).rejects.toMatchObject({ code: 'ledger/payload-altered' })
})

test('a part whose ciphertext or key is gone reads as destroyed, and the rest of the log as before', async () => {
  await change('update other_entry set part = null, key_id = null, ciphertext = null where slot = 1 and idx = 1')
  keys.destroy('payload/1/people/2019')
  const [, first, second] = await (await reopened()).read(1)
  expect(first?.parts).toEqual({ evidence: destroyed, people: destroyed })
  expect(second?.parts).toEqual({ evidence: { text: 'second' }, people: destroyed })
  expect(second === undefined ? 0 : partOf(second, 'people')).toBeUndefined()
  await expect(ledger.append(note('third'))).rejects.toMatchObject({ code: 'ledger/key-destroyed' })
  expect((await ledger.append({ slot: 1, type: 'note.written', at: noon, parts: { evidence: {} } }))[0]?.index).toBe(3)
})

test('commitments are of the salt and the payload, and the salt is never the same', () => fc.assert(fc.property(fc.jsonValue(), fc.uint8Array({ minLength: 44, maxLength: 44 }), fc.nat(), fc.nat(), (value, randomness, index, bit) => {
  const key = { id: 'payload/1/evidence/2019', key: Buffer.alloc(32, 1) }
  const address = { origin: 'processor.example/1', index, part: 'evidence' }
  const payload = jcs(value as Json)
  const sealed = sealPart(payload, address, key, randomness)
  const opened = openPart(sealed.ciphertext, address, key.key)
  expect(Buffer.from(opened.payload)).toEqual(Buffer.from(payload))
  expect(sealed.commitment).toBe(commitmentOf(opened.salt, opened.payload))
  expect(sealed.commitment).toBe(createHash('sha256').update('bailee/commit/v1\n').update(randomness.subarray(0, 32)).update(payload).digest('hex'))
  const flipped = Buffer.from(sealed.ciphertext)
  const place = bit % (flipped.length * 8)
  flipped[place >> 3] = (flipped[place >> 3] ?? 0) ^ (1 << (place & 7))
  expect(() => openPart(flipped, address, key.key)).toThrow(expect.objectContaining({ code: 'ledger/payload-altered' }))
  for (const moved of [{ ...address, index: index + 1 }, { ...address, part: 'people' }, { ...address, origin: 'processor.example/2' }]) expect(() => openPart(sealed.ciphertext, moved, key.key)).toThrow()
})))

test('a snapshot is taken only when a head moved, one at a time, and its time never runs backwards', async () => {
  const first = await ledger.snapshot(noon)
  expect(await ledger.snapshot(noon + 60)).toBe(first)
  await ledger.append(note('third'))
  const raced = await Promise.all([ledger.snapshot(noon + 120), ledger.snapshot(noon + 120), ledger.snapshot(noon + 120)])
  expect(raced).toEqual([first + 1, first + 1, first + 1])
  await ledger.append(note('fourth'))
  await ledger.snapshot(noon - 999)
  expect((await store.snapshots(own.database)).map((row) => row.time)).toEqual([noon, noon + 120, noon + 120])
  const heads = await rows(own.database, sql`select snapshot, slot, size from snapshot_head order by snapshot, slot`)
  expect(heads).toEqual([{ snapshot: 0, slot: 0, size: 1 }, { snapshot: 0, slot: 1, size: 3 }, { snapshot: 1, slot: 1, size: 4 }, { snapshot: 2, slot: 1, size: 5 }])
})
