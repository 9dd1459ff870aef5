/** What a page of entries sealed is found by its places, however many entries there are. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rows, sql } from '#database'
import { remember } from '../database/connection.ts'
import { createTestDatabase, type TestDatabase } from '../database/testing.ts'
import { entriesOfTypes, newestEntries, piecesWithPayloads, withPayloads, type EntryRow } from './store.ts'

const filled = 20_000
/** An index asks for the time in it, and nothing else here. */
const body = Buffer.from('{"at":1555315200,"common":1,"parts":[],"type":"note.written","v":1}')
let own: TestDatabase
beforeAll(async () => {
  own = await createTestDatabase()
  for (const table of ['other_entry', 'decision_entry'] as const) {
    await rows(own.database, sql`insert into ${sql.id(table)} (slot, idx, leaf, body, part, key_id, ciphertext) select 1, 2 * idx + ${table === 'other_entry' ? 0 : 1}, ${body}::bytea, ${body}::bytea, 'access', 'payload/1/access/2019-1', int8send(idx) from generate_series(0, ${filled / 2 - 1}::bigint) as idx`)
    await rows(own.database, sql`analyze ${sql.id(table)}`)
  }
  await rows(own.database, sql`insert into further_part select slot, idx, 'people', 'payload/1/people/2019', ciphertext from other_entry where idx % 100 = 0`)
})
afterAll(() => own.close())

test('no table is read as a whole for a page', async () => {
  const plans: string[] = []
  const database = remember(own.database.withoutPlugins(), async (asked, query, run) => {
    plans.push(...(await sql<{ 'QUERY PLAN': string }>`explain (costs off) ${query}`.execute(asked)).rows.map((row) => row['QUERY PLAN']))
    return run()
  })
  const page = Array.from({ length: 500 }, (_, place): EntryRow => ({ slot: 1, index: filled - 1 - place, leaf: Buffer.alloc(0), body: Buffer.alloc(0) }))
  const pages = [await withPayloads(database, undefined, page)]
  for await (const piece of piecesWithPayloads(database, 'public', page)) pages.push([...piece])
  for (const found of pages) {
    expect(found.map(({ index, payloads }) => [index, payloads.length])).toEqual(page.map(({ index }) => [index, index % 100 === 0 ? 2 : 1]))
    expect(found.every(({ index, payloads }) => payloads.every((one) => one.index === index))).toBe(true)
  }
  expect(pages).toHaveLength(2)
  expect(plans.filter((line) => line.includes('Index Cond'))).toHaveLength(6)
  expect(plans.filter((line) => line.includes('Seq Scan'))).toEqual([])
})

/** Entries of one kind among very many others, in a log of their own: nothing knows where they are. */
const ended = (type: string): Buffer => Buffer.from(body.toString().replace('note.written', type))
async function fillRare(): Promise<void> {
  for (const [table, from, types] of [['other_entry', 0, ['lease.taken', 'note.written']], ['decision_entry', 5_000, ['decision.allowed', 'decision.refused']]] as const) {
    await rows(own.database, sql`insert into ${sql.id(table)} (slot, idx, leaf, body) select 2, ${from}::bigint + idx, ${body}::bytea, case when idx % 1000 = 7 then ${ended(types[1])}::bytea else ${ended(types[0])}::bytea end from generate_series(0, 4999::bigint) as idx`)
    await rows(own.database, sql`analyze ${sql.id(table)}`)
  }
}

test('entries of a type are looked for in their own table, and no further back than was asked for', async () => {
  await fillRare()
  const read = new Map<string, number>()
  const database = remember(own.database.withoutPlugins(), async (asked, query, run) => {
    const lines = (await sql<{ 'QUERY PLAN': string }>`explain (analyze, costs off, timing off, summary off) ${query}`.execute(asked)).rows.map((row) => row['QUERY PLAN'])
    for (const line of lines) {
      const table = / on (\w+_entry)\b.*\(actual rows=([\d.]+) loops=(\d+)/.exec(line)
      if (table !== null) read.set(table[1]!, (read.get(table[1]!) ?? 0) + Number(table[2]) * Number(table[3]))
      const removed = /Rows Removed by Filter: (\d+)/.exec(line)
      if (removed !== null) read.set('passed', (read.get('passed') ?? 0) + Number(removed[1]))
    }
    return run()
  })
  const indices = (found: readonly EntryRow[]): number[] => found.map(({ index }) => index)
  const ofTypes = async (types: readonly string[] | undefined): Promise<EntryRow[]> => {
    const found: EntryRow[] = []
    for await (const page of entriesOfTypes(database, { slot: 2, to: 10_000, types })) found.push(...page)
    return found
  }
  expect(indices(await ofTypes(['note.written']))).toEqual([7, 1_007, 2_007, 3_007, 4_007])
  expect(Object.fromEntries(read)).toEqual({ other_entry: 5, passed: 4_995 })
  read.clear()
  // Each is looked at once, also where nearly all are of the type, and the planner believes that few are.
  expect(await ofTypes(['lease.taken'])).toHaveLength(4_995)
  expect(Object.fromEntries(read)).toEqual({ other_entry: 4_995, passed: 5 })
  expect(indices(await ofTypes(undefined))).toEqual(Array.from({ length: 10_000 }, (_, index) => index))
  read.clear()
  expect(indices(await newestEntries(database, { slot: 2, from: 4_000, before: 5_000, types: ['note.written', 'lease.taken_back'], limit: 50 }))).toEqual([4_007])
  expect(Object.fromEntries(read)).toEqual({ other_entry: 1, passed: 999 })
  read.clear()
  expect(indices(await newestEntries(database, { slot: 2, types: ['decision.refused'], limit: 2 }))).toEqual([9_007, 8_007])
  expect([...read.keys()].filter((table) => table !== 'passed')).toEqual(['decision_entry'])
  expect(indices(await newestEntries(database, { slot: 2, types: ['decision.refused', 'note.written'], limit: 7 }))).toEqual([9_007, 8_007, 7_007, 6_007, 5_007, 4_007, 3_007])
})
