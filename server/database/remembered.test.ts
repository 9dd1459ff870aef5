import { afterAll, beforeAll, expect, test } from 'vitest'
import { openRemembered, rows, sql, type Database } from './index.ts'
import { estimateBytes, tablesIn } from './remembered.ts'
import { createTestDatabase, type TestDatabase } from './testing.ts'

let own: TestDatabase
beforeAll(async () => {
  own = await createTestDatabase()
  await rows(own.database, sql`create table kept (n integer, says text)`)
  await rows(own.database, sql`insert into kept select n, repeat('x', 100) from generate_series(1, 100) as n`)
})
afterAll(async () => { await own.close() })

const onlyKept = (name: string): true | undefined => (name === 'kept' ? true : undefined)
const says = async (database: Database, n: number): Promise<string | undefined> => (await rows<{ says: string }>(database, sql`select says from kept where n = ${n}::integer`))[0]?.says

test('answers are kept by what they take in memory: the oldest go, and a large one is not kept', async () => {
  const { database } = openRemembered(own.database, onlyKept, 10_000)
  for (let n = 1; n <= 50; n += 1) await says(database, n)
  const whole = async (): Promise<unknown> => (await rows<{ says: string }>(database, sql`select says from kept order by n`))[0]?.says
  await whole()
  await rows(own.database, sql`update kept set says = 'other'`)
  expect([await says(database, 50), await says(database, 1), await whole()]).toEqual(['x'.repeat(100), 'other', 'other'])
  expect(estimateBytes([{ text: 'x'.repeat(1_000), bytes: Buffer.alloc(500), number: 1, none: null, list: ['y'] }])).toBeGreaterThan(2_500)
})

test('of what is asked of now the newest answer alone is kept', async () => {
  const { database } = openRemembered(own.database, onlyKept)
  const until = async (at: number): Promise<number | undefined> => (await rows<{ count: number }>(database, sql`select count(*) as count from kept where n < ${at}::bigint`))[0]?.count
  const now = Math.floor(Date.now() / 1000)
  for (const at of [90, 91, now, now + 1]) await until(at)
  await rows(own.database, sql`delete from kept where n < 11`)
  expect([await until(90), await until(91), await until(now + 1), await until(now)]).toEqual([89, 90, 100, 90])
})

test('tables are told from columns, wherever a list of them names them', () => {
  const reads = (text: string): boolean => tablesIn(text).includes('session')
  for (const text of ['select id from session', 'select 1 from contract, session', 'select 1 from contract as one,\n "session" two', 'select 1 from a join b on a.x = b.x, session', 'select 1 from a left join public.session on true', 'select (select count(*) from Session)', 'with one as (select 1 from a, (b cross join session)) select 1 from one', 'select 1 from lateral (select 1) as x, only session', 'select 1 from a where b = 1 union table session', "select 'it''s', 1 from a /* where */, session", 'delete from a using session'])
    expect([text, reads(text)]).toEqual([text, true])
  for (const text of ['select person, session, by from derived_dataset order by session', "select 'from session' from a", 'select session.x from other where session = 1 and y in (1, session)', 'select 1 from a join b on a.session = b.session where true', 'select 1 from session_lease'])
    expect([text, reads(text)]).toEqual([text, false])
})
