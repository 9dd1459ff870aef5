import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createRowSearcher, groupByKey, openSegments, type RowSearcher } from '#trace'
import { runMariadb, startMariadb, withoutMariadb, type OtherServer } from '../../inventory/testing.ts'
import { createWorld, listeners, type World } from '../testing.ts'
import type { Counted } from './erased.ts'
import { eraseMysqlRows, type MysqlToErase } from './mysql.ts'

let server: OtherServer
let world: World
let searcher: RowSearcher
let rows: string
let own: string
let customer: Record<string, string>
const begun: Counted[] = []
const begin = (counted: Counted): Promise<void> => { begun.push(counted); return Promise.resolve() }
const strangers = 3
const customers = 60

beforeAll(async () => {
  if (withoutMariadb) return
  ;[server, world] = await Promise.all([startMariadb(), createWorld()])
  searcher = await createRowSearcher(groupByKey(await openSegments(world.context)))
  const people = (await world.run('crm', 'select user_id as id, email, phone from crm.listener')).rows as Record<string, string>[]
  const others = (await world.run('shop', 'select customer_id as id, email, phone from public.customer')).rows as Record<string, string>[]
  customer = others[0]!
  const valuesOf = (list: readonly Record<string, string>[], from: number): string[] => list.map((row, at) => `(${from + at * 2}, '${row['email']!.toUpperCase()}', '${row['id']}', '${row['phone']}', 'a "note",\\nwith lines')`)
  own = valuesOf(people, 0).join(',')
  rows = [...valuesOf(people, 0), ...valuesOf(others, 1), ...Array.from({ length: strangers }, (_, at) => `(${10_000 + at}, 'nobody${at}@else.example', 'X${at}', '+1 555 ${at}', null)`)].sort().join(',')
  runMariadb(server, `create database lab; create user eraser identified by 'eraser'; grant all on lab.* to eraser; create user reader identified by 'reader'; grant select, delete, lock tables, create temporary tables on lab.* to reader`)
}, 300_000)
afterAll(async () => {
  if (withoutMariadb) return
  await Promise.all([world.close(), server.stop()])
})
beforeEach(() => { begun.length = 0 })

const columns = '(n int primary key, mail varchar(80), id varchar(20), tel varchar(40), note text)'
const made = (name: string, definition = columns, values = rows): void => { runMariadb(server, `use lab; create table \`${name}\` ${definition}; insert into \`${name}\` (n, mail, id, tel, note) values ${values}`) }
const urlOf = (account: string): string => { const url = new URL(server.url); url.username = account; url.password = account; return url.href }
const table = (name: string, more: Partial<MysqlToErase> = {}): MysqlToErase => ({ url: urlOf('eraser'), place: `lab.${name}`, searcher, targets: ['listeners.0'], whole: false, lockSeconds: 1, ...more })
const rowsOf = (name: string): string => runMariadb(server, `select * from lab.\`${name}\` order by n`)
const count = (name: string): number => Number(runMariadb(server, `select count(*) from lab.\`${name}\``))
/** How many addresses of listeners stand in the table's own file. */
const left = (name: string): number => {
  runMariadb(server, `flush tables lab.\`${name}\` for export; unlock tables`)
  const file = readdirSync(join(server.directory, 'data/lab')).find((one) => one === `${name}.ibd`)!
  return new Set(readFileSync(join(server.directory, 'data/lab', file)).toString('latin1').match(/P\d+@LISTENER\.EXAMPLE/g)).size
}

describe.skipIf(withoutMariadb)('rows of MariaDB (Debian package mariadb-server)', () => {
  test('of a mixed table only the controller\'s go; the others stay as they were, and the table\'s file holds nothing of it any more', () => {
    made('mixed')
    made('plain')
    const before = rowsOf('mixed').split('\n').filter((line) => !line.includes('LISTENER')).join('\n')
    expect(left('plain'), 'written before: what is empty before it was written once, never is').toBe(listeners)
    runMariadb(server, `delete from lab.plain where mail like '%LISTENER.EXAMPLE'`)
    expect(left('plain'), 'deleting alone leaves them').toBeGreaterThan(listeners * 0.9)
    const erased = { outcome: 'erased', rows: listeners, counted: { rows: listeners, unowned: strangers, ambiguous: 0 } }
    return eraseMysqlRows(table('mixed'), begin).then(async (outcome) => {
      expect(outcome).toEqual(erased)
      expect(begun).toEqual([erased.counted])
      expect(rowsOf('mixed')).toBe(before)
      expect(left('mixed')).toBe(0)
      expect(await eraseMysqlRows(table('mixed'), begin)).toMatchObject({ outcome: 'erased', rows: 0 })
    })
  })

  test('a table that refers to it, and that the erasing account may not see, keeps everything as it is: the server asks for no right where a key cascades', async () => {
    made('referred')
    const before = rowsOf('referred')
    runMariadb(server, 'create database billing; create table billing.invoice (id int primary key, n int, foreign key (n) references lab.referred (n) on delete cascade); insert into billing.invoice select n, n from lab.referred')
    expect(await eraseMysqlRows(table('referred', { sweepUrl: server.url }), begin)).toMatchObject({ outcome: 'blocked', because: expect.stringContaining('billing.invoice') as string })
    expect([rowsOf('referred'), Number(runMariadb(server, 'select count(*) from billing.invoice'))]).toEqual([before, count('referred')])
    runMariadb(server, 'drop database billing')
  })

  test.each([
    ['a key of several columns, folded in case', 'key', '(n int, mail varchar(80) collate utf8mb4_general_ci, id varchar(20) character set latin1, tel varchar(40), note text, primary key (mail, id))'],
    ['bytes as its key, and a name that must be quoted', 'odd name', '(n int, mail varchar(80), id varbinary(20) primary key, tel varchar(40), note text)'],
    ['an engine without transactions', 'old', `${columns} engine=aria`],
  ])('are told apart in a table with %s', async (_, name, definition) => {
    made(name, definition)
    const before = rowsOf(name).split('\n').filter((line) => !line.includes('LISTENER')).join('\n')
    expect(await eraseMysqlRows(table(name, { place: `lab."${name}"` }), begin)).toMatchObject({ outcome: 'erased', rows: listeners })
    expect(rowsOf(name)).toBe(before)
  })

  test('without a primary key they cannot be, unless all rows go', async () => {
    made('keyless', '(n int, mail varchar(80), id varchar(20), tel varchar(40), note text)')
    expect(await eraseMysqlRows(table('keyless'), begin)).toMatchObject({ outcome: 'blocked', because: expect.stringContaining('no primary key') as string })
    expect(count('keyless')).toBe(listeners + customers + strangers)
    runMariadb(server, `delete from lab.keyless where mail not like '%LISTENER.EXAMPLE'`)
    expect(await eraseMysqlRows(table('keyless'), begin)).toMatchObject({ outcome: 'erased', rows: listeners })
    expect(count('keyless')).toBe(0)
  })

  test('a table that is declared to be one controller\'s is emptied, unless rows of another stand in it; the server\'s statistics forget it', async () => {
    made('shared')
    expect(await eraseMysqlRows(table('shared', { whole: true }), begin)).toMatchObject({ outcome: 'blocked', because: expect.stringContaining(`${customers} rows of another controller`) as string })
    made('own', columns, own)
    runMariadb(server, 'use lab; analyze table own persistent for all; grant select on mysql.column_stats to eraser')
    expect(await eraseMysqlRows(table('own', { whole: true }), begin)).toMatchObject({ outcome: 'erased', rows: listeners })
    expect([count('own'), left('own')]).toEqual([0, 0])
    expect(runMariadb(server, `select coalesce(min_value, '') from mysql.column_stats where table_name = 'own'`)).not.toContain('LISTENER')
    expect(await eraseMysqlRows(table('none'), begin)).toBeUndefined()
  })

  test('rows of other tables that refer to it keep it, unless the keys prove that they are the controller\'s as well; nothing is changed', async () => {
    made('guests')
    const refer = [
      ['p1', 'parent int, foreign key (parent) references p1 (n)', 'may be empty', {}], ['p2', 'parent int, foreign key (parent) references p2 (n) on delete set null', 'may be empty', {}],
      ['p3', 'parent int not null, foreign key (parent) references p3 (n)', 'no primary key', {}], ['p4', 'id int primary key, parent int not null, foreign key (parent) references p4 (n)', 'declared as another controller', { neighbours: [{ place: 'lab.child_of_p4', standing: 'others' }] }],
      ['p5', 'id int primary key, parent int not null, foreign key (parent) references p5 (n) on delete cascade', 'law obliges to keep them', { neighbours: [{ place: 'lab.child_of_p5', standing: 'kept' }] }],
      ['p6', 'id int primary key, parent int not null, foreign key (parent) references p6 (n)', 'erase lab.child_of_p6 first', { neighbours: [{ place: 'lab.child_of_p6', standing: 'mine' }] }],
      ['p7', 'id int primary key default 0, parent int not null, guest int not null default 9, foreign key (parent) references p7 (n), foreign key (guest) references guests (n)', 'as well to rows of lab.guests that stay', { neighbours: [{ place: 'lab.guests', standing: 'others' }] }],
      ['p8', 'id int primary key, parent int not null, foreign key (parent) references p8 (n)', 'earlier versions of them', {}],
      ['p9', `parent int primary key, mail varchar(80) default '${customer['email']}', id varchar(20) default '${customer['id']}', foreign key (parent) references p9 (n)`, 'hold another controller\'s people', {}],
    ] as const
    for (const [name, child, because, more] of refer) {
      made(name)
      runMariadb(server, `use lab; create table child_of_${name} (${child})${name === 'p8' ? ' with system versioning' : ''}; insert into child_of_${name} (parent${child.startsWith('id int primary key,') ? ', id' : ''}) values (0${child.startsWith('id int primary key,') ? ', 1' : ''})`)
      expect([name, await eraseMysqlRows(table(name, more), begin)]).toMatchObject([name, { outcome: 'blocked', again: true, because: expect.stringContaining(because) as string }])
      expect([count(name), count(`child_of_${name}`)]).toEqual([listeners + customers + strangers, 1])
    }
    runMariadb(server, `delete from lab.child_of_p1`)
    expect(await eraseMysqlRows(table('p1'), begin)).toMatchObject({ outcome: 'erased', rows: listeners })
    runMariadb(server, `delete from lab.p1; insert into lab.p1 (n, mail, id, tel, note) values ${own}`)
    expect(await eraseMysqlRows(table('p1', { whole: true }), begin)).toMatchObject({ outcome: 'erased', rows: listeners })
    expect(left('p1')).toBe(0)
    // A row of nobody refers, in the table itself, to one of the controller's, and would go along unasked.
    made('itself', '(n int primary key, mail varchar(80), id varchar(20), tel varchar(40), note text, by_whom int, foreign key (by_whom) references itself (n) on delete cascade)')
    runMariadb(server, 'update lab.itself set by_whom = 0 where n = 10000')
    expect(await eraseMysqlRows(table('itself'), begin)).toMatchObject({ outcome: 'blocked', because: expect.stringContaining('not known to be this controller') as string })
    expect(count('itself')).toBe(listeners + customers + strangers)
  })

  test('a table whose name has a line break in it is no other table', async () => {
    made('buyers')
    runMariadb(server, `use lab; create table purchase (id int primary key, buyer int); insert into purchase select n, n from buyers; create table \`purchase\nold\` (id int primary key, buyer int not null, foreign key (buyer) references buyers (n) on delete cascade);
      insert into \`purchase\nold\` select n, n from buyers where id like 'FR%'`)
    expect(await eraseMysqlRows(table('buyers'), begin)).toMatchObject({ outcome: 'erased', rows: listeners, counted: { along: [{ rows: listeners }] } })
    expect([count('purchase'), count('purchase\nold')]).toEqual([listeners + customers + strangers, 0])
  })

  test('rows that hang on the controller\'s go along, over several tables, by cascades and in circles, counted; others\' stay, and the files of all hold nothing of them any more', async () => {
    made('crowd', '(n int primary key, mail varchar(80), id varchar(20), tel varchar(40), note text, account int, first_met int)')
    runMariadb(server, `use lab; create table account (id int primary key, owner int not null, foreign key (owner) references crowd (n));
      create table orders (id int primary key, person int not null, note varchar(90), foreign key (person) references crowd (n));
      create table items (orders int, pos int, note varchar(90), primary key (orders, pos), foreign key (orders) references orders (id) on delete cascade);
      create table product (id int primary key); create table picked (orders int, pos int, product int not null, primary key (product, orders, pos), foreign key (orders, pos) references items (orders, pos), foreign key (product) references product (id));
      set foreign_key_checks = 0; insert into account select n + 5, n from crowd; update crowd set account = n + 5, first_met = case when id like 'FR%' then 0 end;
      insert into orders select n, n, mail from crowd; insert into items select n, pos.seq, mail from crowd join seq_1_to_2 pos; insert into product values (1); insert into picked select orders, pos, 1 from items where pos = 1;
      alter table crowd add foreign key (account) references account (id), add foreign key (first_met) references crowd (n)`)
    const tables = ['crowd', 'account', 'orders', 'items', 'picked', 'product']
    const rest = (): string => tables.map((name) => runMariadb(server, `select * from lab.${name}${name === 'crowd' ? ` where id not like 'FR%'` : name === 'product' ? '' : ` where ${name === 'account' ? 'owner' : name === 'orders' ? 'person' : 'orders'} in (select n from lab.crowd where id not like 'FR%')`} order by ${name === 'product' ? '1' : '1, 2'}`)).join('\n')
    const before = rest()
    const along = [['lab.account', 1], ['lab.orders', 1], ['lab.items', 2], ['lab.picked', 1]].map(([place, times]) => ({ place, rows: listeners * Number(times) }))
    const counted = { rows: listeners, unowned: strangers, ambiguous: 0, along: expect.arrayContaining(along) as Counted['along'] }
    expect(left('items')).toBe(listeners)
    expect(await eraseMysqlRows(table('crowd'), begin)).toEqual({ outcome: 'erased', rows: listeners, counted })
    expect(begun).toEqual([counted])
    expect(begun[0]?.along).toHaveLength(along.length)
    expect(rest()).toBe(before)
    expect(tables.map(count)).toEqual([1, 1, 1, 2, 1].map((times) => times * (customers + strangers)).concat(1))
    expect(['crowd', 'orders', 'items'].map(left)).toEqual([0, 0, 0])
    // A run that was killed between deleting and writing anew: the next one writes anew what went along before.
    runMariadb(server, `use lab; insert into items select ${10_000}, seq + 9, concat('P', seq, '@LISTENER.EXAMPLE') from seq_1_to_300; flush tables items for export; unlock tables; delete from items where pos > 9`)
    expect(left('items')).toBeGreaterThan(0)
    expect(await eraseMysqlRows(table('crowd', { alongBefore: ['lab.items'] }), begin)).toMatchObject({ outcome: 'erased', rows: 0 })
    expect(left('items')).toBe(0)
  })

  test('a trigger that refuses, earlier versions that the server keeps, and an account that may not are said; nothing is changed', async () => {
    made('watched')
    runMariadb(server, `use lab; create trigger kept before delete on watched for each row signal sqlstate '45000' set message_text = 'ann@listener.example'`)
    expect(await eraseMysqlRows(table('watched'), begin)).toEqual({ outcome: 'blocked', because: 'a trigger of it refuses (error 1644)', counted: expect.objectContaining({ rows: listeners }) as Counted })
    made('versions', `${columns} with system versioning`)
    expect(await eraseMysqlRows(table('versions'), begin)).toMatchObject({ outcome: 'blocked', because: expect.stringContaining('earlier versions') as string })
    made('guarded')
    expect(await eraseMysqlRows(table('guarded', { url: urlOf('reader') }), begin).catch((cause: unknown) => cause)).toMatchObject({ code: 'erasure/not-rewritten' })
    for (const name of ['watched', 'versions']) expect(count(name)).toBe(listeners + customers + strangers)
  })

  test('of a table that keeps versions of rows all of them go, when all are the controller\'s; an earlier version that is another\'s holds it back', async () => {
    const all = (name: string): number => Number(runMariadb(server, `select count(*) from lab.\`${name}\` for system_time all`))
    for (const [name, other] of [['aged', ''], ['aged_mixed', `insert into aged_mixed (n, mail) values (9999, 'nobody@else.example'); delete from aged_mixed where n = 9999;`]] as const) {
      made(name, `${columns} with system versioning`, own)
      runMariadb(server, `use lab; update ${name} set note = 'changed' where n < 100; delete from ${name} where n < 20; ${other}`)
    }
    const before = all('aged')
    expect(before).toBeGreaterThan(listeners)
    expect(await eraseMysqlRows(table('aged'), begin)).toEqual({ outcome: 'erased', rows: before, counted: { rows: before, unowned: 0, ambiguous: 0 } })
    expect([all('aged'), left('aged')]).toEqual([0, 0])
    expect(await eraseMysqlRows(table('aged_mixed'), begin)).toMatchObject({ outcome: 'blocked', because: expect.stringContaining('earlier versions') as string, counted: { unowned: 1 } })
    expect(all('aged_mixed')).toBe(before + 1)
  })

  test('somebody who holds the table, and a server that is not there, are said without an address; nothing is changed', async () => {
    made('held')
    const holding = runInBackground(`lock tables lab.held write; select sleep(600)`)
    await expect.poll(() => runMariadb(server, `select count(*) from information_schema.processlist where info like 'select sleep%'`).trim()).toBe('1')
    await expect(eraseMysqlRows(table('held'), begin)).rejects.toMatchObject({ code: 'erasure/locked' })
    runMariadb(server, `kill ${runMariadb(server, `select id from information_schema.processlist where info like 'select sleep%'`).trim()}`)
    await holding
    expect([count('held'), begun]).toEqual([listeners + customers + strangers, []])
    const failure = await eraseMysqlRows(table('held', { url: 'mysql://someone:secret@localhost/?socketPath=/nowhere' }), begin).catch((cause: unknown) => cause as Error)
    expect(failure).toMatchObject({ code: 'erasure/store-unreachable', message: expect.not.stringContaining('secret') as string })
  })
})

async function runInBackground(statements: string): Promise<void> {
  const { spawn } = await import('node:child_process')
  const child = spawn('mariadb', ['--no-defaults', `--socket=${join(server.directory, 'socket')}`, '--user=root', '-e', statements], { stdio: 'ignore' })
  await new Promise((resolve) => child.once('exit', resolve))
}
