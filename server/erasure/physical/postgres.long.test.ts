import { readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterEach, expect, test } from 'vitest'
import { parseEnvelope } from '@bailee/verifier'
import type { Draft, Json } from '#ledger'
import { createServerForTests } from '../../database/testing.ts'
import { certify, confirmErasure, endContract, filesOf, findErasure, reopenErasure, runErasure } from '../index.ts'
import { physicalChecksOf } from '../store.ts'
import { createWorld, customers, listeners, members, on, type World } from '../testing.ts'
import { openPostgresFiles } from './adapter/postgres.ts'
import type { Undo } from './engine.ts'
import { hindrancesOf } from './judge.ts'
import { replacedSince, searchFiles } from './search.ts'
import type { Performed } from './types.ts'

const id = 'EXIT-deezer-2016'
let world: World
const others: pg.Client[] = []
afterEach(async () => {
  while (others.length > 0) await others.pop()?.end()
  await world.run('crm', `select pg_drop_replication_slot(slot_name) from pg_replication_slots`)
  await world.close()
})

const declared = (store: string) => (text: string): string => text.replace(`erase_url: "file:${store}-erase.url"`, `erase_url: "file:${store}-erase.url", maintenance_url: "file:${store}-maintain.url", data_directory: cluster`)

async function set(store: 'crm' | 'lab' = 'crm'): Promise<string> {
  world = await createWorld({ change: declared(store) })
  await world.run('crm', 'reset role')
  writeFileSync(join(world.directory, `${store}-maintain.url`), world.url(store))
  const [{ data }] = (await world.run('crm', `select current_setting('data_directory') as data`)).rows as [{ data: string }]
  return data
}

const link = (data: string): void => { symlinkSync(data, join(world.directory, 'cluster')) }

const another = async (): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: world.url('crm') })
  await client.connect()
  others.push(client)
  return client
}

const run = async (at = '2020-12-02') => runErasure(world.context, { erasure: id, operator: 'eli' }, on(at))
const outcome = async (): Promise<Performed> => (await physicalChecksOf(world.ledger.database, id)).at(-1)?.outcome as Performed

async function certificate(): Promise<Record<string, Json>> {
  await confirmErasure(world.ledger, { erasure: id, by: 'dana' }, on('2020-12-03'))
  const { envelope } = await certify(world.context, id, on('2020-12-04'))
  return JSON.parse(new TextDecoder().decode(parseEnvelope(envelope).payload)) as Record<string, Json>
}

test('after a plain DELETE the values stand in the files; after the procedure in none, with a planted one seen in each kind, compressed ones by their files', async () => {
  const dataDirectory = await set()
  await world.run('crm', `
    create table crm.long (id int, email text, note text);
    insert into crm.long select i, 'erased' || (100000 + i * 37) || '@listener.example', repeat('note of erased' || i || '@listener.example ', 60) from generate_series(1, 3000) i order by md5(i::text);
    create index on crm.long (email); create table crm.kept as select id, 'kept' || (100000 + id * 37) || '@other.example' as email from crm.long; analyze crm.long`)
  const store = { url: world.url('crm'), dataDirectory, waitMilliseconds: 0 }
  const engine = await openPostgresFiles(store)
  const notes: (readonly string[])[] = []
  const undo: Undo = { note: (restore) => { notes.push(restore); return Promise.resolve() }, clear: () => { notes.push([]); return Promise.resolve() } }
  try {
    const drawn = await engine.draw('crm.long', 6000)
    expect(drawn.blind.map(({ column }) => column)).toEqual(['id', 'note'])
    const values = drawn.values.map((value) => Buffer.from(value))
    expect(values).toHaveLength(3000)
    await engine.flush()
    const holding = await engine.holding('crm.long')
    const before = [...holding, ...(await engine.files()).filter(({ kind }) => engine.shared.has(kind))]
    const keptIn = async (): Promise<Json> => (await world.run('crm', `select md5(string_agg(email, ',' order by id)) as sum from crm.kept`)).rows[0] as Json
    const kept = await keptIn()
    await world.run('crm', 'delete from crm.long')
    await engine.flush()
    const seen = new Map((await searchFiles(dataDirectory, await engine.files(), { values, controls: [] })).map((kind) => [kind.kind, kind.values]))
    for (const kind of ['table', 'index', 'write-ahead log']) expect(seen.get(kind), kind).toBeGreaterThan(0.9 * values.length)
    const cleared = await engine.clear({ places: ['crm.long'], before, values, undo })
    expect(cleared).toMatchObject({ hindrances: [], done: ['tables rewritten', 'statistics rewritten', 'write-ahead log replaced'] })
    const control = `bailee-control-${'5a'.repeat(12)}`
    expect(await engine.plant(control, undo)).toEqual([])
    await engine.flush()
    const files = await engine.files()
    const after = await searchFiles(dataDirectory, files, { values, controls: [Buffer.from(control)] })
    expect(after.filter((kind) => kind.values > 0)).toEqual([])
    expect(after.filter((kind) => kind.controls > 0).map(({ kind }) => kind)).toEqual(expect.arrayContaining(['TOAST', 'index', 'statistics', 'table', 'write-ahead log']))
    expect(replacedSince(before, files).filter(({ left }) => left > 0)).toEqual([])
    expect(await keptIn()).toEqual(kept)
    expect(readFileSync(join(dataDirectory, 'postgresql.auto.conf'), 'utf8')).not.toContain('wal_recycle')
    expect(notes.map((note) => note.length)).toEqual([3, 0, 1])
  } finally {
    await engine.uproot()
    await engine.close()
  }
})

test('a whole exit is complete with its files searched, and the certificate says in which kinds and how', async () => {
  link(await set())
  await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
  expect(await run()).toMatchObject({ state: 'searched_again', again: { residual: 0 } })
  const checked = await outcome()
  expect(hindrancesOf(checked)).toEqual([])
  expect(checked.values).toBeGreaterThanOrEqual(2 * listeners)
  expect(checked.kinds.find(({ kind }) => kind === 'table')).toMatchObject({ standing: 'clear', control: 'seen', values_before: checked.values, values_after: 0, files_left: 0 })
  const notes = (): string[] => readdirSync(world.context.directory).filter((name) => name.endsWith('.physical.json'))
  expect(notes()).toEqual([`${id}.crm.physical.json`])
  const document = await certificate()
  expect(notes(), 'nothing is left to be looked for').toEqual([])
  expect(document).toMatchObject({ status: 'complete', obstacles: [], physical_check: [{ store: 'crm', performed: true }] })
  expect(JSON.stringify(document)).not.toContain('listener.example')
  expect((await world.run('shop', 'select (select count(*) from public.customer)::int as c, (select count(*) from public.member)::int as m')).rows).toEqual([{ c: customers, m: members }])
})

test('a replication slot that holds the log ends partial with its name; gone, the next run proves it by the files', async () => {
  link(await set())
  await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
  await world.run('crm', `select pg_create_physical_replication_slot('forgotten', true)`)
  await run()
  const held = await outcome()
  expect(hindrancesOf(held)).toEqual(expect.arrayContaining([{ place: 'write-ahead log', because: expect.stringContaining('replication slot forgotten holds it') as string }]))
  expect(held.kinds.find(({ kind }) => kind === 'write-ahead log')).toMatchObject({ standing: 'residual' })
  expect(await certificate()).toMatchObject({ status: 'partial', fingerprints: { standing: 'retained' } })
  await world.run('crm', `select pg_drop_replication_slot('forgotten')`)
  await reopenErasure(world.ledger, { erasure: id, by: 'eli', because: 'the slot is gone' }, on('2020-12-05'))
  await run('2020-12-06')
  const proven = await outcome()
  expect([proven.values, hindrancesOf(proven)]).toEqual([0, []])
  expect(proven.kinds.filter(({ kind }) => ['write-ahead log', 'table', 'index', 'statistics'].includes(kind)).map(({ standing, files_left: left }) => [standing, left])).toEqual(Array.from({ length: 4 }, () => ['replaced', 0]))
})

// In one store rows of other places went before, in the other none did.
test.each(['crm', 'lab'] as const)('of a place at which an earlier version was cut off nothing is left to search for: the next round replaces its files, and those of what hangs on it, and the exit is complete (%s)', async (store) => {
  const dataDirectory = await set(store)
  link(dataDirectory)
  await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
  const { slot } = await run()
  await world.run(store, `set role eraser; create table public.rest (n int primary key, mail text) with (autovacuum_enabled = false); create table public.hung (n int references public.rest, mail text) with (autovacuum_enabled = false);
    insert into public.rest select i, 'cutoff' || (100000 + i) || '@own.example' from generate_series(1, 200) i; insert into public.hung select n, replace(mail, 'own', 'hung') from public.rest;
    delete from public.hung; delete from public.rest; reset role; checkpoint`)
  const values = ['own', 'hung'].flatMap((name) => Array.from({ length: 200 }, (_, at) => Buffer.from(`cutoff${100_001 + at}@${name}.example`)))
  const standing = async (): Promise<string[]> => {
    const engine = await openPostgresFiles({ url: world.url(store), dataDirectory, waitMilliseconds: 0 })
    try {
      return (await searchFiles(dataDirectory, await engine.files(), { values, controls: [] })).filter((kind) => kind.values > 0).map((kind) => `${kind.kind} ${kind.values}`)
    } finally {
      await engine.close()
    }
  }
  expect(await standing()).toEqual(expect.arrayContaining(['table 400', expect.stringMatching(/^write-ahead log /)]))
  const step = (type: string, given: object): Draft => ({ slot, type: `erasure.${type}`, at: on('2020-12-02'), parts: { evidence: { erasure: id, round: 1, number: 9, store, place: 'public.rest', method: 'delete found rows', records: 200, ...given } } })
  await world.ledger.append([step('step_begun', { rows_found: 200, detail: { unowned: 0, ambiguous: 0 } }), step('step_blocked', { rows_found: 0, detail: { because: 'it was away' } })])
  expect(await run('2020-12-03')).toMatchObject({ state: 'searched_again', plan: { round: 2 } })
  expect(await filesOf(world.ledger, await findErasure(world.ledger, id))).toEqual({ hindrances: [], offered: [] })
  expect((await outcome()).kinds.filter(({ kind }) => ['write-ahead log', 'table', 'index'].includes(kind)).map(({ standing: is, files_left: left }) => [is, left])).toEqual(Array.from({ length: 3 }, () => ['replaced', 0]))
  expect(await standing()).toEqual([])
  expect(await certificate()).toMatchObject({ status: 'complete', obstacles: [] })
})

test('an open snapshot in a whole exit ends partial with its reason, told by the run as well; ended, the next run rewrites the table and is complete', async () => {
  world = await createWorld()
  const others = (await world.run('shop', 'select customer_id as id, email, phone from public.customer')).rows as { id: string; email: string; phone: string }[]
  await world.run('crm', `set role eraser; create table crm.old_copy as select email as contact, user_id as ref, phone as tel from crm.listener;
    insert into crm.old_copy values ${others.map((row) => `('${row.email}', '${row.id}', '${row.phone}')`).join(',')}; reset role`)
  await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
  const reader = await another()
  await reader.query('begin isolation level repeatable read; select 1')
  expect(await run()).toMatchObject({ state: 'searched_again', again: { residual: 0 } })
  const { hindrances } = await filesOf(world.ledger, await findErasure(world.ledger, id))
  expect(hindrances).toEqual([{ store: 'crm', place: 'crm.old_copy', because: expect.stringMatching(/^300 deleted rows still stand/) as string }])
  await reader.query('rollback')
  expect(await run('2020-12-03')).toMatchObject({ plan: { round: 2 } })
  expect(await filesOf(world.ledger, await findErasure(world.ledger, id))).toEqual({ hindrances: [], offered: [] })
  expect(await certificate()).toMatchObject({ status: 'complete' })
  expect((await world.run('crm', 'select count(*)::int as n from crm.old_copy')).rows).toEqual([{ n: customers }])
})

test('killed while the server had other settings for it, the next run puts them back', async () => {
  const dataDirectory = await set()
  link(dataDirectory)
  const settings = (): string => readFileSync(join(dataDirectory, 'postgresql.auto.conf'), 'utf8')
  await world.run('crm', `alter system set min_wal_size = '24MB'`)
  const { spawn } = await import('node:child_process')
  const signal = await new Promise((resolve) => {
    spawn(process.execPath, [join(import.meta.dirname, '../testing.child.ts'), world.controlUrl, world.directory], { env: { ...process.env, BAILEE_FAILPOINT: 'erasure/physical-changed' }, stdio: 'ignore' }).on('close', (_, by) => resolve(by))
  })
  expect([signal, settings().includes('wal_recycle')]).toEqual(['SIGKILL', true])
  expect(await run('2020-12-02')).toMatchObject({ state: 'searched_again' })
  expect(settings()).not.toContain('wal_recycle')
  expect(settings()).toContain(`min_wal_size = '24MB'`)
  await world.run('crm', 'alter system reset min_wal_size')
  expect(hindrancesOf(await outcome())).toEqual([])
})

test('a failing archiver is named, and no file of the log is called replaced', async () => {
  await set()
  const server = await createServerForTests({ settings: { archive_mode: 'on', archive_command: 'false', min_wal_size: '4MB' } })
  const client = new pg.Client({ connectionString: server.url('postgres') })
  await client.connect()
  try {
    const [{ data }] = (await client.query<{ data: string }>(`create table erased (email text); select current_setting('data_directory') as data`) as unknown as { rows: { data: string }[] }[])[1]!.rows as [{ data: string }]
    while ((await client.query(`select pg_switch_wal() from pg_stat_archiver where failed_count > 0`)).rowCount === 0) await client.query('select pg_switch_wal(), pg_sleep(0.2)')
    const engine = await openPostgresFiles({ url: server.url('postgres'), dataDirectory: data, waitMilliseconds: 0 })
    const before = (await engine.files()).filter(({ kind }) => kind === 'write-ahead log')
    const { hindrances } = await engine.clear({ places: ['public.erased'], before, values: [], undo: { note: () => Promise.resolve(), clear: () => Promise.resolve() } })
    expect(hindrances).toEqual(expect.arrayContaining([
      { place: 'archive', because: expect.stringContaining('archiving of the log fails') as string },
      { place: 'write-ahead log', because: expect.stringContaining('archiving fails') as string },
    ]))
    await engine.close()
    await expect(openPostgresFiles({ url: world.url('crm'), dataDirectory: data, waitMilliseconds: 0 }), 'of another server').rejects.toMatchObject({ code: 'erasure/other-server' })
  } finally {
    await client.end()
    await server.stop()
  }
})

test('an open snapshot is named, the dead rows are found, and gone when it has ended', async () => {
  const dataDirectory = await set()
  await world.run('crm', `create table crm.held (email text); insert into crm.held select 'held' || (100000 + i) || '@listener.example' from generate_series(1, 500) i`)
  const engine = await openPostgresFiles({ url: world.url('crm'), dataDirectory, waitMilliseconds: 0 })
  const undo: Undo = { note: () => Promise.resolve(), clear: () => Promise.resolve() }
  try {
    const values = (await engine.draw('crm.held', 1000)).values.map((value) => Buffer.from(value))
    const before = await engine.holding('crm.held')
    const reader = await another()
    await reader.query('begin isolation level repeatable read; select count(*) from crm.held')
    await world.run('crm', 'delete from crm.held')
    const cleared = await engine.clear({ places: ['crm.held'], before, values, undo })
    expect(cleared.hindrances).toEqual(expect.arrayContaining([{ place: 'crm.held', because: expect.stringMatching(/an open snapshot of session \d+/) as string }]))
    await engine.flush()
    const files = await engine.files()
    expect((await searchFiles(dataDirectory, files, { values, controls: [] })).find(({ kind }) => kind === 'table')?.values).toBe(500)
    const after = [...await engine.holding('crm.held')]
    expect((await engine.clear({ places: ['crm.held'], held: new Set(['crm.held']), before: [], values, undo })).hindrances, 'new files hold the dead rows too').toEqual(expect.arrayContaining([{ place: 'crm.held', because: expect.stringContaining('an open snapshot') as string }]))
    await reader.query('rollback')
    expect((await engine.clear({ places: ['crm.held'], held: new Set(['crm.held']), before: [], values, undo })).hindrances).toEqual([])
    await engine.flush()
    expect(replacedSince(after, await engine.files()).filter(({ left }) => left > 0)).toEqual([])
    expect((await engine.clear({ places: ['crm.held'], before, values, undo })).hindrances).toEqual([])
  } finally {
    await engine.close()
  }
})
