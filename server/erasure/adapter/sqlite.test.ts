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

test('rows that may be there without the erased ones, or are not told apart, keep these; nothing is changed', async () => {
  for (const [key, because] of [
    ['crew integer references crew (n)', 'rows of orders refer to rows that are to go: the key may be empty'],
    ['crew integer references crew (n) on delete set null', 'rows of orders refer to rows that are to go: the key may be empty'],
    ['crew text not null references crew (n) on delete cascade', 'by columns of another type'],
  ] as const) {
    const file = made(undefined, (database) => database.exec(`create table orders (${key}); insert into orders values (0)`))
    expect(await eraseSqliteRows(table(file), begin), key).toMatchObject({ outcome: 'blocked', again: true, because: expect.stringContaining(because) as string })
    expect([rowsOf(file).length, left(file)]).toEqual([listeners + others.length + 3, listeners])
    opened(file, (database) => database.exec('delete from orders'))
    expect(await eraseSqliteRows(table(file), begin)).toMatchObject({ outcome: 'erased', rows: listeners })
  }
  const file = made('create table crew (n integer primary key, mail text, id text, tel text, note text, chief integer references crew (n) on delete cascade)', (database) => database.exec('update crew set chief = 0 where n = 1'))
  expect(await eraseSqliteRows(table(file), begin), 'a row of another that hangs on one that goes').toMatchObject({ outcome: 'blocked', because: expect.stringContaining('rows of crew that are not known to be this controller') as string })
  expect(rowsOf(file).length).toBe(listeners + others.length + 3)
})

test('rows that cannot be there without the erased ones go along, over tables and in circles, and are counted; others\' people among them keep them', async () => {
  const hanging = (database: DatabaseSync): void => database.exec(`
    create table orders (id integer primary key, crew integer not null references crew (n), best text, foreign key (id, best) references line on delete cascade deferrable initially deferred);
    create table line (place integer, what text, of integer references orders (id) on delete cascade, primary key (place, what)) without rowid;
    create table note (line integer, what text not null, words text, foreign key (line, what) references line (place, what) on delete cascade);
    begin; insert into orders select n, n, 'a' from crew where n < 40; insert into line select id, 'a', id from orders union all select id, 'b', id from orders;
    insert into note select place, what, 'line ' || place from line; insert into note values (null, 'a', 'of nothing'); commit`)
  const those = (file: string): unknown => opened(file, (database) => ['orders', 'line', 'note'].map((one) => (database.prepare(`select count(*) as n from ${one}`).get() as { n: number }).n))
  const file = made(undefined, hanging)
  expect(those(file)).toEqual([40, 80, 81])
  expect(await eraseSqliteRows(table(file, { placeOf: (name) => `desk.db!/${name}` }), begin)).toEqual({
    outcome: 'erased', rows: listeners, counted: { rows: listeners, unowned: 3, ambiguous: 0, along: [{ place: 'desk.db!/orders', rows: 20 }, { place: 'desk.db!/line', rows: 40 }, { place: 'desk.db!/note', rows: 40 }] },
  })
  expect(begun).toHaveLength(1)
  expect([those(file), left(file), rowsOf(file).length]).toEqual([[20, 40, 41], 0, others.length + 3])
  expect(rowsOf(file, 'pragma foreign_key_check')).toEqual([])
  expect(rowsOf(file, 'select count(*) as n from orders where crew % 2 = 0')).toEqual([{ n: 0 }])

  const theirs = made(undefined, (database) => {
    hanging(database)
    const insert = database.prepare(`update note set words = ? where line = 0 and what = ?`)
    for (const what of ['a', 'b']) insert.run(`${others[0]!.email}`, what)
    database.exec('create table mixed (crew integer not null references crew (n), mail text, id text, tel text)')
    const add = database.prepare('insert into mixed values (?, ?, ?, ?)')
    for (const [at, { customer_id: id, email, phone }] of others.entries()) add.run(at * 2, email, id, phone)
  })
  expect(await eraseSqliteRows(table(theirs), begin)).toMatchObject({ outcome: 'blocked', because: expect.stringContaining('hold another controller') as string })
  expect([those(theirs), rowsOf(theirs).length]).toEqual([[40, 80, 81], listeners + others.length + 3])
  for (const [standing, because] of [['others', 'declared as another controller'], ['kept', 'law obliges to keep them'], ['mine', 'erase orders first']] as const) {
    const declared = made(undefined, (database) => database.exec('create table orders (crew integer not null references crew (n)); insert into orders values (0)'))
    expect(await eraseSqliteRows(table(declared, { standing: (name) => (name === 'orders' ? { place: name, standing } : undefined) }), begin)).toMatchObject({ outcome: 'blocked', because: expect.stringContaining(because) as string })
  }
  const kept = made(undefined, (database) => { hanging(database); database.exec(`create trigger keep before delete on line when old.what = 'b' begin select raise(ignore); end`) })
  expect(await eraseSqliteRows(table(kept), begin)).toMatchObject({ outcome: 'blocked' })
  expect([those(kept), rowsOf(kept).length]).toEqual([[40, 80, 81], listeners + others.length + 3])
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
