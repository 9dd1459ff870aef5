import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runMariadb, startMariadb, withoutMariadb, type OtherServer } from '../testing.ts'
import { listMysql } from './index.ts'
import { withMysql } from './mysql.ts'
import { signalsOf } from './mysqlSignal.ts'

let server: OtherServer
beforeAll(async () => {
  if (withoutMariadb) return
  server = await startMariadb()
  runMariadb(server, `create database crm; use crm; create table kept (id int primary key, mail varchar(80)); insert into kept values (1, 'a@mail.example'), (2, 'b@mail.example');
    create table moved like kept; insert into moved values (1, 'a@mail.example'); create table parted (id int primary key) partition by hash (id) partitions 3; insert into parted values (1), (2), (3);
    create table single (id int primary key); insert into single values (6);
    create table child (id int primary key, of int, foreign key (of) references kept (id) on update cascade); insert into child values (1, 1); create table old (id int primary key) engine = aria; insert into old values (1);
    create table empty (id int primary key); create user half identified by 'half'; grant select on *.* to half`)
}, 300_000)
afterAll(async () => { if (!withoutMariadb) await server.stop() })

const run = (statements: string): string => runMariadb(server, statements)
const signals = async (url = server.url): Promise<Record<string, string | undefined>> => Object.fromEntries((await listMysql(url)).places.filter(({ place }) => place.startsWith('crm.')).map(({ place, signal }) => [place.slice(4), signal]))
/** More than the seconds in which nothing is told of a change, and until nobody writes but `writers`: the server itself does now and then, when it counts rows anew. */
async function settle(writers = 0): Promise<void> {
  await wait(3100)
  await expect.poll(() => run('select count(*) from information_schema.innodb_trx where trx_is_read_only = 0').trim()).toBe(String(writers))
}

/** A session that does something now and ends later. */
async function open(statements: string): Promise<{ end: (statement: string) => Promise<void> }> {
  const child: ChildProcess = spawn('mariadb', ['--no-defaults', `--socket=${join(server.directory, 'socket')}`, '--user=root', '--batch', '--skip-column-names', '--unbuffered'], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin!.write(`${statements}; select 'there';\n`)
  await new Promise<void>((resolve) => { child.stdout!.on('data', (said: Buffer) => { if (said.includes('there')) resolve() }) })
  return { end: (statement) => new Promise((resolve) => { child.on('close', () => resolve()); child.stdin!.end(`${statement};\n`) }) }
}

describe.skipIf(withoutMariadb)('the signal of a table in MariaDB (Debian package mariadb-server)', () => {
  test('is the same while nothing changes, another after any change, and none for a moment after it', async () => {
    const times = { db: 'crm', name: 'kept', engine: 'InnoDB', created: '50', updated: '1000000', now: '1000001' }
    const [justNow, later] = await withMysql(server.url, async (ask) => [times, { ...times, now: '1000002' }].map(await signalsOf(ask)))
    expect([justNow, later]).toEqual([undefined, expect.stringMatching(/^[0-9a-f]{16} 50 1000000$/)])
    await settle()
    let before = await signals()
    expect(Object.keys(before).filter((name) => before[name] === undefined), 'engines without transactions have none').toEqual(['old'])
    expect(await signals()).toEqual(before)
    run('begin; update crm.kept set id = 9 where id = 1; rollback; flush tables')
    expect(await signals(), 'what was taken back is no change').toEqual(before)
    for (const [statement, ...changed] of [
      ['update crm.kept set id = 3 where id = 1; delete from crm.parted where id = 2; insert into crm.empty values (1)', 'kept', 'child', 'parted', 'empty'], // a child follows its parent
      ['alter table crm.parted exchange partition p0 with table crm.single; truncate table crm.empty; rename table crm.kept to crm.swap, crm.moved to crm.kept, crm.swap to crm.moved', 'parted', 'single', 'empty', 'kept', 'moved'],
    ] as const) {
      run(statement)
      await settle()
      const after = await signals()
      expect(Object.keys(after).filter((name) => after[name] !== before[name]).sort(), statement).toEqual([...changed].sort())
      before = after
    }
    run('alter table crm.parted add column more int')
    expect((await signals())['parted']).not.toBe(before['parted'])
  })

  test('is none while somebody is open who began before the last change and may end with the same second; a reader does not matter', async () => {
    await settle()
    const reader = await open('start transaction with consistent snapshot, read only; select count(*) from crm.kept')
    expect((await signals())['kept']).toBeDefined()
    const writer = await open('begin; update crm.moved set mail = \'c@mail.example\' where id = 3')
    run('insert into crm.kept values (77, \'d@mail.example\')') // most likely in the second in which the writer began
    await settle(1)
    expect((await signals())['kept']).toBeUndefined()
    await writer.end('update crm.kept set id = 78 where id = 77; commit')
    await settle()
    expect((await signals())['kept']).toBeDefined()
    await reader.end('commit')
  })

  test('is none for an account that may not see transactions, and the table is listed all the same', async () => {
    const half = new URL(server.url)
    ;[half.username, half.password] = ['half', 'half']
    const told = await signals(half.href)
    expect([Object.keys(told).length, Object.values(told).filter((signal) => signal !== undefined)]).toEqual([7, []])
    run('grant process on *.* to half')
    expect((await signals(half.href))['kept']).toBeDefined()
  })

  test('is none where the server may have forgotten: a table that was not changed since it started, beside more than it keeps in mind', async () => {
    run('create table crm.quiet (id int primary key)')
    expect((await signals())['quiet']).toMatch(/ not since /)
    run('create table crm.many (id int primary key) partition by hash (id) partitions 420')
    expect((await signals())['quiet']).toBeUndefined()
  })
}, 300_000)
