import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createRowSearcher, groupByKey, openSegments, type RowSearcher } from '#trace'
import { createWorld, listeners, type World } from '../testing.ts'
import type { Counted } from './erased.ts'
import { eraseSqliteRows, type SqliteToErase } from './sqlite.ts'

let world: World
let searcher: RowSearcher
let people: { user_id: string; email: string; phone: string }[]
let others: { customer_id: string; email: string; phone: string }[]
const begun: Counted[] = []
const begin = (counted: Counted): Promise<void> => { begun.push(counted); return Promise.resolve() }

beforeAll(async () => {
  world = await createWorld()
  searcher = await createRowSearcher(groupByKey(await openSegments(world.context)))
  people = (await world.run('crm', 'select user_id, email, phone from crm.listener')).rows as typeof people
  others = (await world.run('shop', 'select customer_id, email, phone from public.customer')).rows as typeof others
})
afterAll(() => world.close())
beforeEach(() => { begun.length = 0 })

let files = 0
/** A file with `crew`: listeners and customers in turn, three rows of nobody at the end. */
function made(schema = 'create table crew (n integer primary key, mail text, id text, tel text, note text)', more: (database: DatabaseSync) => void = () => undefined): string {
  files += 1
  const file = join(world.directory, `made-${files}.db`)
  const database = new DatabaseSync(file)
  database.exec(schema)
  const insert = database.prepare('insert into crew (n, mail, id, tel, note) values (?, ?, ?, ?, ?)')
  database.exec('begin')
  for (const [at, { user_id: id, email, phone }] of people.entries()) {
    insert.run(at * 2, email.toUpperCase(), id, phone, 'a "note",\twith\nlines')
    const other = others[at]
    if (other !== undefined) insert.run(at * 2 + 1, other.email, other.customer_id, other.phone, null)
  }
  for (let at = 0; at < 3; at += 1) insert.run(10_000 + at, `nobody${at}@else.example`, `X${at}`, `+1 555 ${at}`, null)
  database.exec('commit')
  more(database)
  database.close()
  return file
}

const table = (file: string, more: Partial<SqliteToErase> = {}): SqliteToErase => ({ file, table: 'crew', searcher, targets: ['listeners.0'], whole: false, lockMilliseconds: 100, ...more })
const opened = <Result>(file: string, work: (database: DatabaseSync) => Result): Result => {
  const database = new DatabaseSync(file)
  try { return work(database) } finally { database.close() }
}
const rowsOf = (file: string, sql = 'select * from crew order by n'): unknown[] => opened(file, (database) => database.prepare(sql).all())
/** How many addresses of listeners stand in the bytes of a file. */
const left = (file: string): number => {
  const bytes = existsSync(file) ? readFileSync(file).toString('latin1').toUpperCase() : ''
  return people.filter(({ email }) => bytes.includes(email.toUpperCase())).length
}

test('of a mixed table only the controller\'s rows go; the others stay as they were, and the file\'s bytes hold nothing of it any more', async () => {
  const file = made()
  const before = rowsOf(file).filter((row) => !String((row as { mail: string }).mail).includes('LISTENER'))
  expect(left(file)).toBe(listeners)
  const erased = { outcome: 'erased', rows: listeners, counted: { rows: listeners, unowned: 3, ambiguous: 0 } }
  expect(await eraseSqliteRows(table(file), begin)).toEqual(erased)
  expect(begun).toEqual([erased.counted])
  expect(rowsOf(file)).toEqual(before)
  expect([left(file), left(`${file}-journal`)]).toEqual([0, 0])
  expect(await eraseSqliteRows(table(file), begin)).toMatchObject({ outcome: 'erased', rows: 0 })
})

test('deleting alone would have left them in the file', () => {
  const file = made()
  opened(file, (database) => database.exec(`delete from crew where mail like '%LISTENER.EXAMPLE'`))
  expect(left(file)).toBeGreaterThan(listeners * 0.9)
})

test.each([
  ['a key of several columns, without row numbers', 'create table crew (n integer, mail text collate nocase, id text, tel text, note text, primary key (mail, n)) without rowid'],
  ['columns that are called as SQLite calls its numbers', 'create table crew (n integer, mail text, id text, tel text, note text, rowid text, oid text)'],
  ['an index that holds every column, by which it could be read in another order', 'create table crew (n integer primary key, mail text, id text, tel text, note text); create index every on crew (tel desc, mail, id, note, n)'],
])('rows are told apart in a table with %s', async (_, schema) => {
  const file = made(schema)
  const before = rowsOf(file).filter((row) => !String((row as { mail: string }).mail).includes('LISTENER'))
  expect(await eraseSqliteRows(table(file), begin)).toMatchObject({ outcome: 'erased', rows: listeners })
  expect(rowsOf(file)).toEqual(before)
  expect(left(file)).toBe(0)
})

test('a table that is declared to be one controller\'s is emptied, unless rows of another stand in it', async () => {
  const mixed = made()
  expect(await eraseSqliteRows(table(mixed, { whole: true }), begin)).toMatchObject({ outcome: 'blocked', because: expect.stringContaining(`${others.length} rows of another controller`) as string })
  expect(rowsOf(mixed).length).toBe(listeners + others.length + 3)
  const own = made(undefined, (database) => database.exec(`delete from crew where mail not like '%LISTENER.EXAMPLE'`))
  expect(await eraseSqliteRows(table(own, { whole: true }), begin)).toMatchObject({ outcome: 'erased', rows: listeners })
  expect([rowsOf(own).length, left(own)]).toEqual([0, 0])
  expect(await eraseSqliteRows(table(own, { table: 'none' }), begin)).toBeUndefined()
  expect(await eraseSqliteRows(table(join(world.directory, 'none.db')), begin)).toBeUndefined()
  expect(existsSync(join(world.directory, 'none.db'))).toBe(false)
})

test('rows of other tables that refer to it keep it, whether they would stand or go along; nothing is changed', async () => {
  for (const [action, because] of [['', 'rows of another table refer to these'], [' on delete cascade', 'rows of orders refer to it and would be deleted']] as const) {
    const file = made(undefined, (database) => database.exec(`create table orders (crew integer references crew (n)${action}); insert into orders values (0)`))
    expect(await eraseSqliteRows(table(file), begin)).toMatchObject({ outcome: 'blocked', again: true, because: expect.stringContaining(because) as string })
    expect([rowsOf(file).length, left(file)]).toEqual([listeners + others.length + 3, listeners])
    opened(file, (database) => database.exec('delete from orders'))
    expect(await eraseSqliteRows(table(file), begin)).toMatchObject({ outcome: 'erased', rows: listeners })
  }
})

test('a trigger that keeps rows, or refuses, is said, and nothing is changed', async () => {
  for (const [does, because] of [['select raise(ignore)', 'a trigger of the table keeps them'], [`select raise(abort, 'ann@listener.example')`, 'a trigger or constraint of the table keeps its rows (SQLite error 1811)']] as const) {
    const file = made(undefined, (database) => database.exec(`create trigger keep before delete on crew when old.n = 0 begin ${does}; end`))
    expect(await eraseSqliteRows(table(file), begin)).toMatchObject({ outcome: 'blocked', because: expect.stringContaining(because) as string })
    expect(rowsOf(file).length).toBe(listeners + others.length + 3)
  }
})

test('statistics that keep values are made anew', async () => {
  const file = made('create table crew (n integer primary key, mail text, id text, tel text, note text); create index by_mail on crew (mail)', (database) => database.exec('analyze'))
  await eraseSqliteRows(table(file), begin)
  expect(rowsOf(file, `select stat from sqlite_stat1 where idx = 'by_mail'`)).toEqual([{ stat: `${others.length + 3} 1` }])
  expect(left(file)).toBe(0)
})

test('with a write-ahead log nothing is left in it either; somebody who reads keeps it from being called erased, and the next run ends it', async () => {
  const file = made(undefined, (database) => database.exec(`pragma journal_mode = wal; update crew set note = 'written again'`))
  const reader = new DatabaseSync(file)
  reader.exec('begin')
  reader.prepare('select count(*) from crew').get()
  await expect(eraseSqliteRows(table(file), begin)).rejects.toMatchObject({ code: 'erasure/rows-held' })
  expect(left(`${file}-wal`) + left(file)).toBeGreaterThan(0)
  reader.exec('rollback')
  reader.close()
  expect(await eraseSqliteRows(table(file), begin)).toMatchObject({ outcome: 'erased', rows: 0 })
  expect([left(file), left(`${file}-wal`)]).toEqual([0, 0])
})

test('a journal that another program keeps is gone with it, and a file in use is left alone', async () => {
  const file = made(undefined, (database) => database.exec(`pragma journal_mode = persist; update crew set note = 'written again'`))
  expect(statSync(`${file}-journal`).size).toBeGreaterThan(0)
  const writer = new DatabaseSync(file)
  writer.exec('begin immediate')
  await expect(eraseSqliteRows(table(file), begin)).rejects.toMatchObject({ code: 'erasure/locked' })
  writer.exec('rollback')
  writer.close()
  expect(begun).toEqual([])
  expect(await eraseSqliteRows(table(file), begin)).toMatchObject({ outcome: 'erased', rows: listeners })
  expect([left(file), existsSync(`${file}-journal`)]).toEqual([0, false])
})

test('a file in a folder that is not there is not known to be gone', async () => {
  await expect(eraseSqliteRows(table(join(world.directory, 'unmounted', 'desk.db')), begin)).rejects.toMatchObject({ code: 'inventory/store-unreachable' })
  expect(await eraseSqliteRows(table(join(world.directory, 'removed.db')), begin)).toBeUndefined()
})
