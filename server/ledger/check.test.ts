import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { appendLeaf, leafHash } from '@bailee/verifier'
import { rows, sql } from '#database'
import { createTestDatabase, type TestDatabase } from '../database/testing.ts'
import { checkLedger, type LedgerCheck } from './check.ts'
import { decodeFrontier, encodeFrontier } from './head.ts'
import { openKeyStore, type KeyStore } from './keys.ts'
import type { Ledger } from './ledger.ts'
import { rootSlot, tileHashesBetween } from './publish/tree.ts'
import { signRoot } from './root.ts'
import { noon, openTestLedger, temporaryDirectory } from './testing.ts'

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
  await ledger.snapshot(noon)
  await ledger.append(note('third'))
  await ledger.snapshot(noon + 60)
})
afterEach(async () => { await own.close(); directory.remove() })

const note = (text: string) => ({ slot: 1, type: 'note.written', at: noon, parts: { evidence: { text }, people: { by: 'noa' } } })
const checked = (): Promise<LedgerCheck> => checkLedger({ database: own.database, keys })

/** What somebody with the database owner's account can do. */
async function edit(statements: string): Promise<void> {
  const tables = ['other_entry', 'decision_entry', 'snapshot', 'snapshot_head']
  for (const statement of [...tables.map((table) => `alter table ${table} disable trigger user`), ...statements.split('; '), ...tables.map((table) => `alter table ${table} enable trigger user`)]) await rows(own.database, sql.raw(statement))
}

test('a ledger that nobody touched follows from its entries, whoever appends meanwhile', async () => {
  const [report] = await Promise.all([checked(), ledger.append(note('beside'))])
  expect(report).toMatchObject({ logs: [{ slot: 0, origin: 'processor.example/0', entries: 1 }, { slot: 1 }], snapshots: 2, problems: [], problemsLeftOut: 0 })
  expect(report.parts.destroyed).toBe(0)
  expect((await checked()).parts.opened).toBe(1 + 1 + 4 * 2)
})

test.each<[string, string, RegExp]>([
  ['an entry with other bytes', `update other_entry set body = convert_to(replace(convert_from(body, 'utf8'), 'note.written', 'note.refuted'), 'utf8') where slot = 1 and idx = 1`, /1: entry 1 is not what was hashed/],
  ['an entry with other bytes and their hash', `update other_entry set body = convert_to(replace(convert_from(body, 'utf8'), 'note.written', 'note.refuted'), 'utf8') where slot = 1 and idx = 1; update other_entry set leaf = sha256('\\x00'::bytea || body) where slot = 1 and idx = 1`, /snapshot 0 fixes another root/],
  ['bytes that are no entry', `update other_entry set body = '{}', leaf = sha256('\\x007b7d'::bytea) where slot = 1 and idx = 1`, /1: entry 1 is no entry/],
  ['the last entry gone', 'delete from further_part where slot = 1 and idx = 3; delete from other_entry where slot = 1 and idx = 3', /1: snapshot 1 fixes 4 entries, and there are 3/],
  ['an entry gone in the middle', 'delete from further_part where slot = 1 and idx = 2; delete from other_entry where slot = 1 and idx = 2', /1: entry 2 is missing/],
  ['a head that is not its own', 'update head set size = 3 where slot = 1', /1: its head says 3 and does not follow from its 4 entries/],
  ['a snapshot with another time', `update snapshot set time = time - 100 where idx = 1`, /snapshot 1 is not what follows/],
  ['a snapshot with another head', `update snapshot_head set root = sha256('x') where slot = 1 and snapshot = 0`, /snapshot 0 fixes another root than that of its first 3 entries/],
  ['a snapshot gone', 'delete from snapshot_head where snapshot = 0; delete from snapshot where idx = 0', /snapshot 0 is missing/],
  ['a part of another entry in its place', 'update other_entry set ciphertext = other.ciphertext from other_entry other where other_entry.slot = 1 and other.slot = 1 and other_entry.idx = 1 and other.idx = 2', /1: entry 1: its part evidence does not open/],
  ['the first part gone', 'update other_entry set part = null, key_id = null, ciphertext = null where slot = 1 and idx = 1', /1: entry 1: its part evidence is gone, and its key was not destroyed/],
  ['a part gone', `delete from further_part where slot = 1 and idx = 1 and part = 'people'`, /1: entry 1: its part people is gone, and its key was not destroyed/],
  ['a part of an entry that is not there', `insert into further_part select slot, 77, part, key_id, ciphertext from payload where slot = 1 and idx = 1`, /^2 parts belong to no entry/],
  ['a part of a log that was never opened', `insert into further_part select 9, idx, part, key_id, ciphertext from payload where slot = 1 and idx = 1`, /^2 parts belong to no entry/],
  ['a part said to be sealed with a key that was destroyed', `update other_entry set key_id = 'sweep/1', ciphertext = '' where slot = 1 and idx = 1`, /1: entry 1: its part evidence is sealed with another key/],
  ['an entry that is JSON and no entry', `update other_entry set body = '{}' where slot = 1 and idx = 1`, /1: entry 1 is no entry/],
  ['an entry that knew of a common log that there never was', `update other_entry set body = convert_to(replace(convert_from(body, 'utf8'), '"common":1', '"common":9'), 'utf8') where slot = 1 and idx = 2`, /1: entry 2 knew more of the common log than there is/],
  ['a snapshot of an empty log', `update snapshot_head set size = 0 where slot = 1 and snapshot = 0`, /snapshot 0/],
  ['an entry of a log that was never opened', `insert into other_entry select 7, idx, leaf, body from entry where slot = 1 and idx = 1`, /1 entries belong to no log/],
  ['an entry longer than its length can be written', `update other_entry set body = convert_to(replace(convert_from(body, 'utf8'), 'note.written', 'note.' || repeat('w', 65500)), 'utf8') where slot = 1 and idx = 1; update other_entry set leaf = sha256('\\x00'::bytea || body) where slot = 1 and idx = 1`, /1: entry 1 is 657\d\d bytes long/],
  ['a part twice', `insert into further_part select * from payload where slot = 1 and idx = 1 and part = 'evidence'`, /1: entry 1 has a part more than once/],
  ['a part too many', `insert into further_part select slot, idx, 'access', key_id, ciphertext from payload where slot = 1 and idx = 1 and part = 'people'`, /1: entry 1 has a part access that it never committed to/],
  ['an entry in both tables', 'insert into decision_entry select * from other_entry where slot = 1 and idx = 1', /1: entry 1 is there twice/],
  ['an entry among the decisions that is none', 'insert into decision_entry select * from other_entry where slot = 1 and idx = 3; delete from other_entry where slot = 1 and idx = 3', /^1 entries stand in the table of another kind/],
])('%s is said', async (_, statements, problem) => {
  await edit(statements)
  expect((await checked()).problems).toEqual(expect.arrayContaining([expect.stringMatching(problem)]))
})

test('who has the database alone can add an entry that Bailee then signs, and no words to it: what it says it commits to is said to be gone', async () => {
  const forge = async (index: number, parts: readonly object[]): Promise<void> => {
    const body = Buffer.from(JSON.stringify({ at: noon, common: 1, parts, type: 'note.written', v: 1 }))
    const [head] = await rows<{ size: number; frontier: Uint8Array }>(own.database, sql`select size, frontier from head where slot = 1`)
    const frontier = encodeFrontier(appendLeaf(decodeFrontier(head!.size, head!.frontier), leafHash(body)))
    await rows(own.database, sql`insert into other_entry (slot, idx, leaf, body) values (1, ${index}, ${leafHash(body)}, ${body})`)
    await rows(own.database, sql`update head set size = size + 1, frontier = ${frontier} where slot = 1`)
    await ledger.snapshot(noon + 120 + index)
  }
  await forge(4, [])
  expect((await signRoot(ledger))?.size).toBe(3)
  expect((await checked()).problems, 'an entry that commits to nothing cannot be told from one that was recorded').toEqual([])
  await forge(5, [{ c: 'ab'.repeat(32), n: 'evidence' }])
  expect((await checked()).problems).toEqual([expect.stringMatching(/1: entry 5: its part evidence is gone, and its key was not destroyed/)])
})

test('kept hashes of upper tiles are derived again: others than follow are said, and so are those that stand for nothing, of the root log too', async () => {
  await ledger.append(Array.from({ length: 800 }, () => ({ ...note('more'), parts: {} })))
  await tileHashesBetween(own.database, { slot: 1, level: 1, from: 0, to: 3 })
  expect((await checked()).problems).toEqual([])
  await rows(own.database, sql`update subtree set hash = sha256('x') where slot = 1 and level = 2 and idx = 2`)
  await rows(own.database, sql`insert into subtree values (1, 3, 0, sha256('y')), (1, 9, 7, sha256('y')), (8, 1, 0, sha256('z')), (${rootSlot}, 1, 0, sha256('z'))`)
  expect((await checked()).problems).toEqual([
    '1 kept hashes belong to no log', expect.stringMatching(/^processor.example[/]1: kept hash 2 of level 2 is not that of its entries.*delete from subtree where slot = 1/), expect.stringMatching(/[/]1: 2 kept hashes stand for entries that are not there/),
    expect.stringMatching(/^the root log: 1 kept hashes stand for entries that are not there/),
  ])
})

test('parts whose key was destroyed are counted as that; a key that is only gone is said', async () => {
  keys.destroy('payload/1/people/2019')
  const report = await checked()
  expect(report).toMatchObject({ parts: { destroyed: 3 }, problems: [] })
  rmSync(join(directory.path, 'payload/1/evidence/2019.key'))
  expect((await checkLedger({ database: own.database, keys: openKeyStore(directory.path) })).problems[0]).toMatch(/the key of its part evidence is not here, and no record says that it was destroyed/)
})

test('parts that are still there though the ledger says that their key was destroyed are named by key, and whether somebody deletes them', async () => {
  const id = 'payload/1/people/2019'
  keys.destroy(id)
  keys.settle(id)
  await rows(own.database, sql`insert into key_destroyed (id, slot, because, destroyed_at) values (${id}, 1, 'its time was over', ${noon})`)
  const left = { key: id, parts: 3, first: 'processor.example/1: entry 1' }
  expect(await checked()).toMatchObject({ leftParts: [{ ...left, pending: false }], parts: { destroyed: 3 }, problems: [] })
  await rows(own.database, sql`insert into key_emptying values (${id})`)
  expect((await checked()).leftParts).toEqual([{ ...left, pending: true }])
  await rows(own.database, sql`delete from further_part where key_id = ${id}`)
  expect(await checked()).toMatchObject({ leftParts: [], parts: { destroyed: 3 }, problems: [] })
})

test('of many problems a hundred are told, and how many more there are', async () => {
  await ledger.append(Array.from({ length: 120 }, (_, at) => note(`more ${at}`)))
  await edit(`delete from further_part where slot = 1 and part = 'people'`)
  const { problems, problemsLeftOut } = await checked()
  expect([problems.length, problemsLeftOut]).toEqual([100, 23])
})
