import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { copyMixed, createWorld, customers, listeners, listenersCsv, on, type World } from '../../erasure/testing.ts'
import { layTrap, trapped } from '../../inventory/testing.trap.ts'
import { startCluster, clickHouseServer } from '../testing.ts'
import { allFindings, existingFingerprints } from '../store.ts'
import { searchInside } from './inside.ts'
import type { AskedPlace, Inside, InsideReport } from './inside.ts'

let world: World
const at = on('2019-04-16')
beforeAll(async () => {
  world = await createWorld()
  await world.run('lab', `create schema other; create type other.mood as enum ('low'); create function other.said(other.mood) returns text language sql immutable as $$ select 'x' $$;
    create cast (other.mood as text) with function other.said(other.mood); create domain other.mail as text;
    create table other.clean as select 'nobody' || i || '@else.example' as mail, 'Iași' as town from generate_series(1, 400) i;
    create table other.typed as select email::other.mail as mail, 'low'::other.mood as feels, 'x'::bytea as face from (values ('p1@listener.example'), ('p2@listener.example'), ('p3@listener.example'), ('p4@listener.example')) as people (email);
    create table other.moods as select feels from other.typed; create view other.seen as select * from other.typed`)
  await copyMixed(world, 'other.engine', 5)
})
afterAll(() => world.close())

const inside = (where: Inside, datasets: readonly string[] = ['listeners']): Promise<InsideReport> => searchInside(world.context, at, { datasets, inside: where, random: randomBytes, threads: 2 })
const placeOf = (report: InsideReport, name: string): AskedPlace | undefined => report.places.find(({ place }) => place === name)
const verdict = (dataset: string, controller: string, said: string): object => ({ dataset, controller, verdict: said })

describe('inside a declared PostgreSQL store', () => {
  test('copies are told by column, clean tables are not, and what is not compared is named', async () => {
    const report = await inside({ store: 'lab' }, ['listeners', 'customers'])
    expect(placeOf(report, 'other.engine')?.verdicts).toEqual([verdict('listeners', 'deezer', 'copy'), verdict('customers', 'chinook', 'copy')])
    expect(placeOf(report, 'other.engine')?.columns.find(({ name }) => name === 'contact')?.matches).toMatchObject([{ dataset: 'listeners', column: 'email', distinct: listeners, significant: true }, { dataset: 'customers', column: 'email', distinct: customers }])
    expect(placeOf(report, 'other.clean')).toMatchObject({ verdicts: [], columns: [{ name: 'mail', rows: 400, notCompared: 0, matches: [] }, { name: 'town', notCompared: 400 }] })
    expect(placeOf(report, 'other.typed')).toMatchObject({ verdicts: [verdict('listeners', 'deezer', 'copy')], columns: [{ name: 'mail' }], others: [{ name: 'feels', because: expect.stringContaining('type that was made in the database') as string }, { name: 'face', because: 'of bytes' }] })
    expect(report.notRead).toEqual([{ place: 'other.moods', because: expect.stringContaining('none of its 1 columns is compared') as string }])
    expect(report.asked).toContainEqual({ dataset: 'listeners', column: 'email', alone: true, compared: listeners, notCompared: 0 })
    expect(report.asked).toContainEqual({ dataset: 'listeners', column: 'phone', alone: false, compared: 0, notCompared: listeners })
  })

  test('it is recorded for each controller with counts, opens no finding, and holds no value', async () => {
    const logs = await Promise.all([...new Set((await existingFingerprints(world.ledger.database)).map(({ slot }) => slot))].map((slot) => world.ledger.read(slot, { types: ['trace.asked'] })))
    const evidence = logs.flat().map((entry) => entry.parts['evidence'] as { datasets: string[]; engine: string; tables: number })
    expect(evidence).toContainEqual(expect.objectContaining({ engine: 'lab', datasets: ['listeners'], tables: 3, not_read: 1, copies: expect.arrayContaining([expect.objectContaining({ place: 'other.engine', dataset: 'listeners', verdict: 'copy' })]) as unknown }))
    expect(evidence.map(({ datasets }) => datasets).sort()).toEqual([['customers'], ['listeners']])
    expect(JSON.stringify(evidence)).not.toContain('listener.example')
    expect(await allFindings(world.ledger.database)).toEqual([])
  })

  test('a declared table is the dataset itself, and another controller\'s is not called a copy', async () => {
    expect(placeOf(await inside({ store: 'crm' }), 'crm.listener')?.verdicts).toEqual([verdict('listeners', 'deezer', 'own')])
    await world.run('shop', `insert into public.customer select 'S-' || i, 'p' || i || '@listener.example', null, 'free' from generate_series(1, 9) i`)
    expect(placeOf(await inside({ store: 'shop' }), 'public.customer')?.verdicts).toEqual([verdict('listeners', 'deezer', 'another')])
    await world.run('shop', `delete from public.customer where customer_id like 'S-%'`)
  })

  test('nothing that the database defines runs, and a table that would run it is named', async () => {
    const url = world.url('lab')
    await layTrap(url, Array.from({ length: 4 }, (_, i) => ({ mail: `p${i + 1}@listener.example`, id: `K-${i}` })))
    const report = await inside({ store: 'lab' })
    expect(placeOf(report, 'public.plain')?.verdicts).toEqual([verdict('listeners', 'deezer', 'copy')])
    for (const name of ['kept.indexed', 'kept.described', 'kept.generated']) expect(report.notRead).toContainEqual({ place: name, because: expect.stringContaining('would run a function') as string })
    expect(await trapped(url)).toEqual([])
  })

  test('an account without the right to temporary tables, and a dataset that is gone, are refused with what to do', async () => {
    await world.run('lab', 'reset role; revoke temporary on database lab from public')
    await expect(inside({ store: 'lab' })).rejects.toMatchObject({ code: 'inventory/no-temporary-table', message: expect.stringContaining('grant temporary') as string })
    await world.run('lab', 'grant temporary on database lab to public')
    await expect(inside({ store: 'nowhere' })).rejects.toThrow(/no store "nowhere" is declared/)
    await expect(inside({ store: 'share' })).rejects.toThrow(/only PostgreSQL is searched/)
    await expect(inside({ store: 'lab' }, ['nobody'])).rejects.toThrow(/no dataset "nobody" is declared/)
    await world.run('shop', 'alter table public.member rename to gone')
    await expect(inside({ store: 'lab' }, ['members'])).rejects.toMatchObject({ code: 'trace/dataset-unreadable', message: expect.stringMatching(/bailee trace sweep/) as string })
    await world.run('shop', 'alter table public.gone rename to member')
  })
})

test('a column that is called after somebody is a mark, and what goes wrong at its side is no empty answer', async () => {
  await world.run('lab', `create schema pivot; create table pivot.wide as select email as "p1@listener.example", 1 as "p2@listener.example" from (values ('p1@listener.example')) as v (email)`)
  const report = await inside({ store: 'lab' })
  await world.run('lab', 'drop schema pivot cascade')
  expect(placeOf(report, 'pivot.wide')?.columns.map(({ name }) => name)).toEqual([expect.stringMatching(/^⟨/), expect.stringMatching(/^⟨/)])
  expect(JSON.stringify(report)).not.toContain('p2@listener.example')
})

test('DuckDB is asked about a CSV file, a Parquet file, and a database of its own', async () => {
  world.put('list.csv', await listenersCsv(world))
  const folder = join(world.directory, 'share')
  const instance = await DuckDBInstance.create(join(folder, 'own.duckdb'))
  const connection = await instance.connect()
  await connection.run(`create table kept as select * from read_csv('${folder}/list.csv', all_varchar = true); copy kept to '${folder}/list.parquet' (format parquet); create view seen as select * from kept`)
  connection.closeSync()
  instance.closeSync()
  for (const [file, place] of [['list.csv', 'main.list.csv'], ['list.parquet', 'main.list.parquet'], ['own.duckdb', 'main.kept']] as const) {
    const report = await inside({ duckdb: join(folder, file) })
    const [names, rows] = file === 'list.csv' ? [['column0', 'column1', 'column2'], listeners + 1] : [['mail', 'u', 'tel'], listeners] // of a CSV file nobody knows whether its first line is somebody
    expect(placeOf(report, place), file).toMatchObject({ verdicts: [verdict('listeners', 'deezer', 'copy')], columns: [{ name: names[0], rows, matches: [{ distinct: listeners }] }, { name: names[1] }, { name: names[2] }] })
    expect(report.notRead).toEqual(file === 'own.duckdb' ? [{ place: 'main.seen', because: expect.stringContaining('a view') as string }] : [])
  }
  await expect(inside({ duckdb: join(folder, 'absent.csv') })).rejects.toThrow(/there is no file/)
})

// skipped: where ClickHouse is not installed (Debian: clickhouse-server)
test.skipIf(!clickHouseServer)('a ClickHouse server is asked about its tables, by a reference to its URL', async () => {
  const cluster = await startCluster(clickHouseServer!)
  try {
    await cluster.run(0, 'create table kept (mail String, tags Array(String), low String alias lower(mail)) engine = MergeTree order by mail')
    await cluster.run(0, `insert into kept (mail, tags) values ${Array.from({ length: 9 }, (_, i) => `('P${i + 1}@listener.example', [])`).join(', ')}`)
    await cluster.run(0, 'create view seen as select mail from kept')
    await cluster.run(0, 'create table odd (`a\\` \\\\ b` String) engine = MergeTree order by tuple()')
    await cluster.run(0, `insert into odd values ${Array.from({ length: 9 }, (_, i) => `('P${i + 1}@listener.example')`).join(', ')}`)
    const context = { ...world.context, references: { ...world.context.references, environment: { CLICKHOUSE_URL: cluster.urls[0]!.href.replace('//', '//default:@') } } }
    const ask = (reference: string): Promise<InsideReport> => searchInside(context, at, { datasets: ['listeners'], inside: { clickhouse: reference }, random: randomBytes, threads: 2 })
    const report = await ask('env:CLICKHOUSE_URL')
    expect(placeOf(report, 'default.kept')).toMatchObject({ verdicts: [verdict('listeners', 'deezer', 'copy')], columns: [{ name: 'mail', matches: [{ distinct: 9 }] }], others: [{ name: 'tags' }, { name: 'low' }] })
    expect(placeOf(report, 'default.odd')).toMatchObject({ columns: [{ name: 'a` \\ b', rows: 9, matches: [{ distinct: 9 }] }] })
    expect(report.notRead).toContainEqual({ place: 'default.seen', because: expect.stringContaining('engine View') as string })
    await expect(ask('env:ELSEWHERE')).rejects.toThrow(/env:ELSEWHERE is not set/)
    await expect(ask('http://default:secret@127.0.0.1/')).rejects.toThrow(/never by a URL that may hold a password/)
  } finally {
    await cluster.stop()
  }
})

test('at the command line: exit 1 for a copy, what was not compared, and what to do next', async () => {
  const ran = await new Promise<{ code: number | null; out: string; err: string }>((done) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../../main.ts'), 'trace', 'engine', '--dataset', 'listeners', '--store', 'lab'], { env: { PATH: process.env['PATH'], BAILEE_DATABASE_URL: world.controlUrl, BAILEE_DIR: world.directory }, cwd: world.directory })
    const said = { out: '', err: '' }
    child.stdout.on('data', (text: Buffer) => { said.out += text.toString() })
    child.stderr.on('data', (text: Buffer) => { said.err += text.toString() })
    child.on('close', (code) => done({ ...said, code }))
  })
  expect([ran.code, ran.err]).toEqual([1, ''])
  expect(ran.out).toMatch(/^other[.]engine: copy of listeners$/m)
  expect(ran.out).toMatch(/contact: 300 different values of listeners email, in 300 rows/)
  expect(ran.out).toMatch(/bailee trace sweep --store lab/)
  expect(ran.out).toMatch(/nothing is said of records/)
})
