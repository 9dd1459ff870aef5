/** What a page of entries sealed is found by its places, however many entries there are. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rows, sql } from '#database'
import { remember } from '../database/connection.ts'
import { createTestDatabase, type TestDatabase } from '../database/testing.ts'
import { piecesWithPayloads, withPayloads, type EntryRow } from './store.ts'

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
