import fc from 'fast-check'
import { existsSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ZipFile } from 'yazl'
import { createRowSearcher, groupByKey, openSegments, type RowSearcher } from '#trace'
import { openSnapshot } from '#inventory'
import { copyMixed, createWorld, customers, listeners, listenersCsv, members, type World } from '../testing.ts'
import { unlinkFile } from './files.ts'
import type { Counted, TableToErase } from './erased.ts'
import { makeList } from './hanging.ts'
import { deleteDeclared, deleteFound, deleteListed, emptyTable } from './postgres.ts'
import { inOneOrder, rowIdsAt } from './rowIds.ts'
import { connect } from './transact.ts'

let world: World
let searcher: RowSearcher
const begun: Counted[] = []
const begin = (counted: Counted): Promise<void> => { begun.push(counted); return Promise.resolve() }

beforeAll(async () => {
  world = await createWorld({ settings: { shared_buffers: '1MB' } }) // so that a table of a megabyte is a large one
  searcher = await createRowSearcher(groupByKey(await openSegments(world.context)))
  await world.run('lab', 'create schema lab')
})
afterAll(() => world.close())
beforeEach(() => { begun.length = 0 })

const table = (place: string, database: 'crm' | 'lab' | 'shop' = 'lab', more: Partial<TableToErase> = {}): TableToErase =>
  ({ eraseUrl: world.url(database, 'eraser'), sweepUrl: world.url(database, 'sweeper'), place, searcher, targets: ['listeners.0'], lockMilliseconds: 300, ...more })
const rowsOf = async (from: string, database: 'crm' | 'lab' | 'shop' = 'lab'): Promise<string> => ((await world.run(database, `select string_agg(t::text, E'\\n' order by t::text) as all from ${from} t`)).rows as { all: string }[])[0]?.all ?? ''
const count = async (from: string, database: 'crm' | 'lab' = 'lab'): Promise<number> => Number(((await world.run(database, `select count(*) as n from ${from}`)).rows as { n: string }[])[0]?.n)

test('a database\'s own settings do not change what an erasure asks of it', async () => {
  await world.run('lab', 'alter database lab set search_path = public, pg_catalog; alter database lab set standard_conforming_strings = off')
  const { client, theirPath } = await connect(world.url('lab', 'eraser'))
  const { rows } = await client.query(`select current_setting('search_path') as path, current_setting('standard_conforming_strings') as strings`)
  await client.end()
  await world.run('lab', 'alter database lab reset search_path; alter database lab reset standard_conforming_strings')
  expect(rows).toEqual([{ path: 'pg_catalog, pg_temp', strings: 'on' }])
  expect(theirPath).toBe('public, pg_catalog')
})

test('triggers of a table find what they name, also those that wait for the end; one that does not is said, and nothing is erased', async () => {
  await world.run('lab', `create table lab.watched as select 'p' || i || '@listener.example' as mail from generate_series(1, 30) i; create table public.journal (n int);
    create function public.note() returns trigger language plpgsql as $$ begin insert into journal values (1); return null; end $$;
    create trigger noted after delete on lab.watched for each row execute function public.note();
    create constraint trigger late after delete on lab.watched deferrable initially deferred for each row execute function public.note(); grant all on public.journal to eraser`)
  await world.run('lab', `insert into lab.watched values ('nobody@else.example')`)
  expect(await deleteFound(table('lab.watched'), begin)).toMatchObject({ outcome: 'erased', rows: 30 })
  expect(await count('public.journal')).toBe(60)
  await world.run('lab', `insert into lab.watched select 'p' || i || '@listener.example' from generate_series(1, 30) i; drop table public.journal`)
  expect(await deleteFound(table('lab.watched'), begin)).toMatchObject({ outcome: 'blocked', because: expect.stringContaining('a trigger of it names something that is not there') as string })
  expect(await count('lab.watched')).toBe(31)
})

test('a table whose index calls a function of its database is not read row by row to be erased, and that is said', async () => {
  await world.run('lab', `create function public.folded(text) returns text language plpgsql immutable as $$ begin return lower($1); end $$;
    create table lab.folded as select 'p' || i || '@listener.example' as mail from generate_series(1, 30) i; create index on lab.folded (public.folded(mail)); insert into lab.folded values ('nobody@else.example')`)
  expect(await deleteFound(table('lab.folded'), begin)).toMatchObject({ outcome: 'blocked', because: expect.stringContaining('made in its database') as string })
  expect(await count('lab.folded')).toBe(31)
})

test('any split of a stream gives the same row ids; an offset where no row begins is refused', async () => {
  const row = fc.tuple(fc.nat(4_000_000_000), fc.nat(300), fc.string({ maxLength: 90 })).map(([page, line, text]) => `"(${page},${line})","${text.replaceAll('"', '""')}"\n`)
  await fc.assert(fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 40 }), fc.array(fc.nat(400), { maxLength: 60 }), fc.nat(), async (rows, cuts, pick) => {
    const bytes = Buffer.from(rows.join(''))
    const offsets = rows.map((_, index) => Buffer.byteLength(rows.slice(0, index).join('')))
    const chosen = offsets.filter((_, index) => (pick >> (index % 20)) % 2 === 0)
    const wanted = rows.filter((_, index) => (pick >> (index % 20)) % 2 === 0).map((text) => `${/\(.*?\)/.exec(text)?.[0]}\n`).join('')
    const pieces = function* (): Generator<Uint8Array> {
      let at = 0
      for (const cut of cuts) { yield bytes.subarray(at, at + cut); at += cut }
      yield bytes.subarray(at)
    }
    const idsAt = async (starts: number[]): Promise<string> => {
      let found = ''
      for await (const text of rowIdsAt((async function* () { yield* pieces() })(), Float64Array.from(starts))) found += text
      return found
    }
    expect(await idsAt(chosen)).toBe(wanted)
    const wrong = (offsets[pick % offsets.length] ?? 0) + 1 + (pick % 3)
    await expect(idsAt([wrong])).rejects.toMatchObject({ code: 'erasure/row-id' })
  }), { numRuns: 50 })
})

test('of a table mixed with two other controllers and nobody\'s rows only ours go; the rest stays byte for byte, and is counted', async () => {
  await copyMixed(world, 'lab.mixed', 7)
  await world.run('lab', 'create table lab.kept as select * from lab.mixed where contact not like \'%LISTENER.EXAMPLE\'')
  expect(await deleteFound(table('lab.mixed'), begin)).toEqual({ outcome: 'erased', rows: listeners, counted: { rows: listeners, unowned: 7, ambiguous: 0 } })
  expect(begun).toEqual([{ rows: listeners, unowned: 7, ambiguous: 0 }])
  expect(await rowsOf('lab.mixed')).toBe(await rowsOf('lab.kept'))
  expect(await count('lab.mixed')).toBe(customers + members + 7)
  const dead = (await world.run('lab', `select relpages * current_setting('block_size')::int as declared, pg_relation_size('lab.mixed')::int as size from pg_class where oid = 'lab.mixed'::regclass`)).rows[0] as { size: number }
  expect(dead.size, 'rewritten: no page more than its rows need').toBeLessThan(3 * 8192)
  expect(await deleteFound(table('lab.mixed'), begin)).toEqual({ outcome: 'erased', rows: 0, counted: { rows: 0, unowned: 0, ambiguous: 0 } })
})

test('rows that are just as much another controller\'s stay and are counted', async () => {
  await world.run('lab', `create table lab.both as select 'p' || i || '@listener.example' as ours, 'p' || i || '@customer.example' as theirs from generate_series(1, 20) i;
    insert into lab.both select 'p' || i || '@listener.example', null from generate_series(21, 50) i`)
  expect(await deleteFound(table('lab.both'), begin)).toMatchObject({ rows: 30, counted: { rows: 30, ambiguous: 20 } })
  expect(await count('lab.both')).toBe(20)
})

test('in another controller\'s own table only whole rows are a copy: a customer of both, known by one address, stays theirs', async () => {
  const { rows } = await world.run('crm', 'select user_id, email, phone from crm.listener limit 2')
  await world.run('lab', `create table lab.theirs as select 'p' || i || '@listener.example' as mail, 'N-' || i as id, '+1 888 ' || i as tel from generate_series(50, 60) i`)
  for (const row of rows as Record<string, string>[]) await world.run('lab', `insert into lab.theirs values ('${row['email']}', '${row['user_id']}', '${row['phone']}')`)
  expect(await deleteFound(table('lab.theirs', 'lab', { wholeRowsOnly: true }), begin)).toEqual({ outcome: 'erased', rows: 2, counted: { rows: 2, unowned: 0, ambiguous: 0 } })
  expect(await count('lab.theirs')).toBe(11)
})

test('rows of a table that inherits are another table\'s: same row ids, and they stay', async () => {
  await world.run('lab', `create table lab.parent as select 'p' || i || '@listener.example' as mail from generate_series(1, 40) i; create table lab.child () inherits (lab.parent);
    insert into lab.child select 'someone' || i || '@else.example' from generate_series(1, 40) i; insert into lab.parent values ('x@else.example')`)
  expect(await deleteFound(table('lab.parent'), begin)).toMatchObject({ outcome: 'erased', rows: 40, counted: { unowned: 1 } })
  expect([await count('only lab.parent'), await count('lab.child')]).toEqual([1, 40])
})

test('reads of one snapshot come in one order while others scan the same large table', async () => {
  await world.run('lab', `create table lab.large as select 'p' || i || '@listener.example' as mail, repeat('x', 400) as filler from generate_series(1, ${listeners}) i, generate_series(1, 20) j; analyze lab.large`)
  const other = new pg.Client({ connectionString: world.url('lab') })
  await other.connect()
  const half = async (): Promise<void> => { await other.query(`begin; declare half cursor for select * from lab.large; move ${Math.floor(listeners * 10)} in half; close half; commit`) }
  const firstRow = async (url: string): Promise<string> => {
    const snapshot = await openSnapshot(url)
    for await (const piece of snapshot.read({ schema: 'lab', name: 'large' }, { withRowIds: true })) return Buffer.from(piece).toString('latin1', 0, 10)
    return ''
  }
  await half()
  const joined = await firstRow(world.url('lab', 'sweeper'))
  await half()
  expect(await firstRow(inOneOrder(world.url('lab', 'sweeper')))).toMatch(/^"\(0,1\)"/)
  expect(joined, 'without it a read begins where the last one was: the danger is real').not.toMatch(/^"\(0,1\)"/)
  await world.run('lab', `insert into lab.large select 'other@else.example', repeat('y', 400) from generate_series(1, 500)`)
  await half()
  expect(await deleteFound(table('lab.large'), begin)).toMatchObject({ rows: listeners * 20, counted: { unowned: 500 } })
  await other.end()
})

test('a declared predicate deletes its own rows of a shared table, and no others', async () => {
  await world.run('lab', `create table lab.shared (client text, mail text); insert into lab.shared select case i % 2 when 0 then 'deezer' else 'chinook' end, 'm' || i from generate_series(1, 100) i`)
  expect(await deleteDeclared(table('lab.shared'), `client = 'deezer'`, begin)).toEqual({ outcome: 'erased', rows: 50, counted: { rows: 50, unowned: 50, ambiguous: 0 } })
  expect((await world.run('lab', 'select distinct client from lab.shared')).rows).toEqual([{ client: 'chinook' }])
})

test('a table of one\'s own in which another controller\'s rows stand is not emptied', async () => {
  await world.run('lab', `create table lab.own as select * from (values ('a')) v (user_id)`)
  await copyMixed(world, 'lab.foreign')
  expect(await emptyTable(table('lab.foreign'), begin)).toMatchObject({ outcome: 'blocked', because: expect.stringContaining(`${customers + members} rows of another controller`) as string })
  expect(begun).toEqual([])
  expect(await count('lab.foreign')).toBe(listeners + customers + members)
  expect(await emptyTable(table('lab.own'), begin)).toMatchObject({ outcome: 'erased', rows: 1 })
  expect(await count('lab.own')).toBe(0)
})

test('rows that cannot be there without the erased ones go along, over tables and in circles, and are counted; whatever else refers to them blocks by name, and nothing follows silently', async () => {
  await world.run('lab', `create schema hang; create table hang.person (id int primary key, spouse int); insert into hang.person select i from generate_series(1, 9) i;
    create table hang.bill (id int primary key, person int not null references hang.person on delete restrict); insert into hang.bill select i, i from generate_series(1, 9) i;
    create table hang.line (bill int not null references hang.bill, song int); insert into hang.line select i, 1 from generate_series(1, 9) i, generate_series(1, 2);
    create table hang.song (id int primary key); insert into hang.song values (1); alter table hang.line add foreign key (song) references hang.song;
    alter table hang.person add favourite int references hang.bill; update hang.person set favourite = id`)
  const refused = async (sql: string, undo: string, because: string): Promise<void> => {
    await world.run('lab', sql)
    expect(await emptyTable(table('hang.person', 'lab', { neighbours }), begin)).toMatchObject({ outcome: 'blocked', because: expect.stringContaining(because) as string, again: true })
    expect([await count('hang.person'), await count('hang.line'), begun]).toEqual([9, 18, []])
    await world.run('lab', undo)
  }
  const neighbours: NonNullable<TableToErase['neighbours']> = [{ place: 'hang.theirs', standing: 'others' }, { place: 'hang.obliged', standing: 'kept' }, { place: 'hang.own', standing: 'mine' }]
  await refused('create table hang.maybe (person int references hang.person); insert into hang.maybe values (1)', 'drop table hang.maybe', 'hang.maybe')
  await refused('create table hang.unset (person int references hang.person on delete set null); insert into hang.unset values (1)', 'drop table hang.unset', 'hang.unset')
  await refused('create table hang.theirs (person int not null references hang.person); insert into hang.theirs values (1)', 'drop table hang.theirs', 'another controller')
  await refused('create table hang.obliged (person int not null references hang.person); insert into hang.obliged values (1)', 'drop table hang.obliged', 'law obliges')
  await refused('create table hang.root (person int not null references hang.person, kind text) partition by list (kind); create table hang.theirs partition of hang.root default; insert into hang.root values (1)', 'drop table hang.root', 'another controller')
  await refused('create table hang.own (person int not null references hang.person); insert into hang.own values (1)', 'drop table hang.own', 'erase hang.own first')
  await refused('create table hang.theirs (id int primary key); insert into hang.theirs values (1); create table hang.both (person int not null references hang.person, other int references hang.theirs); insert into hang.both values (1, 1)', 'drop table hang.both, hang.theirs', 'hang.theirs that stay')
  await refused(`create table hang.mail (person int not null references hang.person, mail text); insert into hang.mail select 1 + i % 9, 'p' || i || '@customer.example' from generate_series(1, 30) i`, 'drop table hang.mail', 'hold another controller\'s people')
  expect(await emptyTable(table('hang.person', 'lab', { neighbours }), begin)).toMatchObject({ outcome: 'erased', rows: 9, counted: { along: [{ place: 'hang.bill', rows: 9 }, { place: 'hang.line', rows: 18 }] } })
  expect([await count('hang.person'), await count('hang.bill'), await count('hang.line'), await count('hang.song')]).toEqual([0, 0, 0, 1])
  expect((await world.run('lab', `select sum(pg_relation_size(oid))::int as size from pg_class where oid in ('hang.person'::regclass, 'hang.bill'::regclass, 'hang.line'::regclass)`)).rows).toEqual([{ size: 0 }])
})

test('of a shared table, rows that refer to rows of it that go keep those; a cascade takes nobody else\'s along', async () => {
  await world.run('lab', `create table lab.tree (id int primary key, owner text, up int references lab.tree on delete cascade); insert into lab.tree values (1, 'a', null), (2, 'a', 1), (3, 'b', 1)`)
  expect(await deleteDeclared(table('lab.tree'), `owner = 'a'`, begin)).toMatchObject({ outcome: 'blocked', because: expect.stringContaining('not known to be this controller') as string })
  await world.run('lab', 'update lab.tree set up = null where id = 3')
  expect(await deleteDeclared(table('lab.tree'), `owner = 'a'`, begin)).toMatchObject({ outcome: 'erased', rows: 2 })
  expect(await rowsOf('lab.tree')).toBe('(3,b,)')
})

test('rows of a table with partitions are never deleted by their ids alone: a row of another partition may have the same', async () => {
  await world.run('lab', `create table lab.parted (id int) partition by list (id); create table lab.part_one partition of lab.parted for values in (1); create table lab.part_two partition of lab.parted for values in (2);
    insert into lab.parted values (1), (2); alter table lab.parted owner to eraser; alter table lab.part_one owner to eraser; alter table lab.part_two owner to eraser`)
  const oidOf = async (name: string): Promise<number> => ((await world.run('lab', `select '${name}'::regclass::oid::int8::int as oid`)).rows as { oid: number }[])[0]!.oid
  const oid = await oidOf('lab.parted')
  const { client } = await connect(world.url('lab', 'eraser'))
  const deletedOf = async (part: number): Promise<number> => {
    await client.query('begin')
    await client.query(makeList)
    await client.query(`insert into bailee_rows select $1::oid, ctid from lab.part_one`, [part])
    const { own } = await deleteListed({ client, from: 'lab.parted', oid }, 1)
    await client.query('rollback')
    return own
  }
  // Were the list believed to be of the table that bears the partitions, both rows would go.
  expect([await deletedOf(oid), await deletedOf(await oidOf('lab.part_one'))]).toEqual([0, 1])
  await client.end()
})

test('nothing is committed before it was seen what stands in the files', async () => {
  await world.run('lab', `create table lab.looked as select 'p' || i || '@listener.example' as mail from generate_series(1, 30) i; insert into lab.looked values ('nobody@else.example')`)
  const there: number[] = []
  expect(await deleteFound(table('lab.looked', 'lab', { seen: async () => { there.push(await count('lab.looked')) } }), begin)).toMatchObject({ outcome: 'erased', rows: 30 })
  expect([there, await count('lab.looked')]).toEqual([[31], 1])
})

test('a partitioned table of which one partition is foreign is not emptied: its rows lie elsewhere', async () => {
  await world.run('lab', 'reset role; create foreign data wrapper none; create server elsewhere foreign data wrapper none; grant usage on foreign server elsewhere to eraser; set role eraser')
  await world.run('lab', `create table lab.spread (id int) partition by range (id); create table lab.near partition of lab.spread for values from (0) to (9); insert into lab.spread values (1);
    create foreign table lab.far partition of lab.spread for values from (9) to (19) server elsewhere`)
  expect(await emptyTable(table('lab.spread'), begin)).toMatchObject({ outcome: 'blocked', because: expect.stringContaining('lab.far is a foreign table') as string })
  expect(await count('lab.near')).toBe(1)
})

test('a trigger that keeps rows blocks the step, and nothing is changed', async () => {
  await world.run('lab', `create table lab.kept_by_trigger as select i as id from generate_series(1, 10) i;
    create function lab.keep() returns trigger language plpgsql as 'begin if old.id = 3 then return null; end if; return old; end';
    create trigger keep before delete on lab.kept_by_trigger for each row execute function lab.keep()`)
  expect(await deleteDeclared(table('lab.kept_by_trigger'), 'true', begin)).toMatchObject({ outcome: 'blocked', because: expect.stringContaining('10 rows were found and 9') as string })
  expect(await count('lab.kept_by_trigger')).toBe(10)
})

test('an open reader holds it up until the lock times out, with nothing changed; when the reader is gone it goes on', async () => {
  await world.run('lab', 'create table lab.read_now as select generate_series(1, 5) as id')
  const reader = new pg.Client({ connectionString: world.url('lab') })
  await reader.connect()
  await reader.query('begin; select * from lab.read_now')
  await expect(emptyTable(table('lab.read_now'), begin)).rejects.toMatchObject({ name: 'Broken', code: 'erasure/locked' })
  expect(await count('lab.read_now')).toBe(5)
  await reader.query('commit')
  expect(await emptyTable(table('lab.read_now'), begin)).toMatchObject({ rows: 5 })
  await reader.end()
})

test('a rewrite that carried dead rows along for an older transaction is no erasure; when that ends, it is', async () => {
  await world.run('lab', `create table lab.old_view as select i as id, 'p' || i as mail from generate_series(1, 50) i`)
  const older = new pg.Client({ connectionString: world.url('lab') })
  await older.connect()
  await older.query('begin isolation level repeatable read; select 1')
  expect(await deleteDeclared(table('lab.old_view'), 'id <= 40', begin)).toMatchObject({ outcome: 'erased', rows: 40, held: expect.stringMatching(/^40 deleted rows/) as string })
  await older.query('commit')
  expect(await deleteDeclared(table('lab.old_view'), 'id <= 40', begin)).toMatchObject({ outcome: 'erased', rows: 0 })
  // One that ends by itself meanwhile, as the server's own analysing does, holds nothing back: the table is written anew once more.
  await older.query('begin isolation level repeatable read; select 1')
  const erasing = deleteDeclared(table('lab.old_view'), 'id <= 45', begin)
  while (await count('lab.old_view') > 5) await new Promise((resolve) => { setTimeout(resolve, 5) })
  await older.query('select pg_sleep(0.2); commit')
  const erased = await erasing
  expect([erased, erased !== undefined && 'held' in erased]).toMatchObject([{ outcome: 'erased', rows: 5 }, false])
  await older.end()
})

test('an account that may delete but not rewrite is told so; one that may do neither is blocked', async () => {
  await world.run('lab', `create table lab.not_ours as select i as id from generate_series(1, 5) i; reset role; create role helper login; grant usage on schema lab to helper; alter table lab.not_ours owner to bailee; grant select, update, delete on lab.not_ours to helper; revoke all on lab.not_ours from eraser; set role eraser`)
  expect(await deleteDeclared(table('lab.not_ours'), 'true', begin)).toMatchObject({ outcome: 'blocked', because: expect.stringContaining('42501') as string })
  await expect(deleteDeclared(table('lab.not_ours', 'lab', { eraseUrl: world.url('lab', 'helper') }), 'id < 3', begin)).rejects.toMatchObject({ code: 'erasure/not-rewritten' })
})

test('a materialised view is made anew when what it was made from is erased, and blocked before; a table that is gone, or a schema, is undefined', async () => {
  await world.run('lab', `create table lab.pictured as select 'p' || i || '@listener.example' as mail from generate_series(1, 30) i; create materialized view lab.picture as select * from lab.pictured; analyze lab.picture`)
  expect(await deleteFound(table('lab.picture'), begin)).toMatchObject({ outcome: 'blocked', because: expect.stringContaining('made anew') as string, again: true })
  expect(await deleteFound(table('lab.pictured'), begin)).toMatchObject({ outcome: 'erased', rows: 30 })
  expect(await deleteFound(table('lab.picture'), begin)).toMatchObject({ outcome: 'erased', rows: 30 })
  expect([await count('lab.picture'), await count('pg_stats where schemaname = \'lab\' and tablename like \'picture%\'')]).toEqual([0, 0])
  expect(await deleteFound(table('lab.no_such'), begin)).toBeUndefined()
  expect(await emptyTable(table('nowhere.at_all'), begin)).toBeUndefined()
})

test('what cannot be recorded is not erased', async () => {
  await world.run('lab', 'create table lab.unrecorded as select 1 as id')
  const failure = new Error('ledger away')
  await expect(emptyTable(table('lab.unrecorded'), () => Promise.reject(failure))).rejects.toBe(failure)
  expect(await count('lab.unrecorded')).toBe(1)
})

test('a file of ours is unlinked; one that holds rows of others, or nothing of ours any more, stays', async () => {
  const folder = join(world.directory, 'share')
  const file = (place: string) => ({ folder, place, searcher, targets: ['listeners.0'] })
  const csv = await listenersCsv(world)
  world.put('old/ours.csv', csv)
  expect(await unlinkFile(file('old/ours.csv'), begin)).toEqual({ outcome: 'erased', rows: listeners, counted: { rows: listeners, unowned: 1, ambiguous: 0 } })
  expect(existsSync(join(folder, 'old/ours.csv'))).toBe(false)
  expect(await unlinkFile(file('old/ours.csv'), begin)).toBeUndefined()
  world.put('mixed.csv.gz', gzipSync(Buffer.from(`\ufeff${csv}someone@else.example,1,2\n`, 'utf16le')))
  expect(await unlinkFile(file('mixed.csv.gz'), begin)).toMatchObject({ outcome: 'blocked', counted: { rows: listeners, unowned: 2 } })
  expect(existsSync(join(folder, 'mixed.csv.gz'))).toBe(true)
  world.put('replaced.csv', 'someone@else.example\n')
  expect(await unlinkFile(file('replaced.csv'), begin)).toEqual({ outcome: 'erased', rows: 0, counted: { rows: 0, unowned: 0, ambiguous: 0 } })
  expect(existsSync(join(folder, 'replaced.csv'))).toBe(true)
  await expect(unlinkFile(file('../keys/log.pem'), begin)).rejects.toMatchObject({ code: 'erasure/outside' })
  await expect(unlinkFile({ ...file('old/ours.csv'), folder: join(world.directory, 'unmounted') }, begin), 'no store, no answer').rejects.toMatchObject({ code: 'inventory/store-unreachable' })
  symlinkSync(world.directory, join(folder, 'link'))
  await expect(unlinkFile(file('link/crm-sweep.url'), begin)).rejects.toMatchObject({ code: 'inventory/outside' })
})

test('a part of a file goes with its file, when every row of every part is ours; else the parts that are in the way are named', async () => {
  const folder = join(world.directory, 'share')
  const csv = await listenersCsv(world)
  const erase = async (files: Readonly<Record<string, string | Buffer>>, part: string) => {
    world.put('backup.zip', await zipOf(files))
    return unlinkFile({ folder, place: `backup.zip!/${part}`, searcher, targets: ['listeners.0'] }, begin)
  }
  expect(await erase({ 'people.csv': csv, 'again.csv': csv }, 'people.csv')).toEqual({ outcome: 'erased', rows: 2 * listeners, counted: { rows: 2 * listeners, unowned: 1, ambiguous: 0 } })
  expect(existsSync(join(folder, 'backup.zip'))).toBe(false)
  begun.length = 0
  expect(await erase({ 'people.csv': Buffer.from(`\ufeff${csv}`, 'utf16le'), 'others.csv': 'a,b\nsomeone@else.example,1\n' }, 'people.csv')).toMatchObject({
    outcome: 'blocked', counted: { rows: listeners }, because: expect.stringContaining('2 rows that are not known to be this controller\'s (in others.csv)') as string,
  })
  const prose = (csv.match(/p\d+@listener.example/gi) ?? []).map((mail, at) => `On day ${at} we wrote to ${mail}, and waited.\n`).join('Nobody answered; why?\n')
  expect(await erase({ 'people.csv': csv, 'notes.txt': prose }, 'notes.txt')).toMatchObject({ outcome: 'blocked', because: expect.stringMatching(/text without rows \(in notes.txt\).*by hand/) as string })
  world.put('notes.txt', prose)
  expect(await unlinkFile({ folder, place: 'notes.txt', searcher, targets: ['listeners.0'] }, begin)).toMatchObject({ outcome: 'blocked', because: expect.stringContaining('text without rows') as string })
  expect([begun, existsSync(join(folder, 'backup.zip')), existsSync(join(folder, 'notes.txt'))]).toEqual([[], true, true])
})

async function zipOf(files: Readonly<Record<string, string | Buffer>>): Promise<Buffer> {
  const archive = new ZipFile()
  for (const [name, content] of Object.entries(files)) archive.addBuffer(Buffer.from(content as string), name)
  archive.end()
  const parts: Uint8Array[] = []
  for await (const part of archive.outputStream as AsyncIterable<Uint8Array>) parts.push(part)
  return Buffer.concat(parts)
}

test('where the database is hardened, so that its functions may not be called, statistics go all the same', async () => {
  await world.run('lab', `create table lab.counted as select 'p' || i || '@listener.example' as mail, i % 3 as kind from generate_series(1, 300) i; analyze lab.counted`)
  await world.run('lab', 'reset role; revoke execute on function pg_catalog.pg_clear_attribute_stats(text, text, text, boolean) from public; set role eraser')
  expect(await emptyTable(table('lab.counted'), begin)).toMatchObject({ outcome: 'erased', rows: 300 })
  await world.run('lab', 'reset role; grant execute on function pg_catalog.pg_clear_attribute_stats(text, text, text, boolean) to public; set role eraser')
  expect(await count(`pg_stats where schemaname = 'lab' and tablename = 'counted'`)).toBe(0)
})
