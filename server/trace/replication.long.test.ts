import { spawnSync } from 'node:child_process'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { applyEstate, readEstate } from '#estate'
import { lookAtRoads } from '#gateway'
import { allReplications } from '#inventory'
import { createWorld, estate, listeners, on, type World } from '../erasure/testing.ts'
import { endContract } from '../erasure/index.ts'
import { buildFingerprints, openSegmentFile, type SegmentFile } from './fingerprint/index.ts'
import { segmentFile, sealKeyOf, tokenKeyOf } from './fingerprints.ts'
import { removeSubjects } from './forget.ts'
import { takeFingerprints, type Refreshed, type TakeOptions } from './refresh.ts'
import type { FingerprintRecord } from './types.ts'
import { existingFingerprints } from './store.ts'

vi.setConfig({ testTimeout: 600_000 })

const declared = (text: string): string => text.replace('subject: user_id', 'subject: user_id\n        changes: replication\n        retained_bytes_max: 50000000')
const replicating = (): Promise<World> => createWorld({ fingerprints: false, change: declared, settings: { wal_level: 'logical', synchronous_commit: 'on', wal_writer_delay: '10ms' } })

let world: World
beforeAll(async () => {
  world = await replicating()
  await world.run('crm', 'reset role; alter role sweeper replication')
  expect(await refresh(), 'the first reads all').toMatchObject({ mode: 'compare', rowsRead: listeners, retainedBytes: expect.any(Number) as number })
})
afterAll(() => world.close())

const at = on('2019-05-01')
async function refresh(options: TakeOptions = {}): Promise<Refreshed & FingerprintRecord> {
  const { taken, notTaken, refreshed } = await takeFingerprints(world.context, at, { controller: 'deezer', ...options })
  expect(notTaken).toEqual([])
  return { ...refreshed[0]!, ...taken.find((record) => record.id === 'listeners.0')! }
}
const rows = async (): Promise<number> => Number((await world.run('crm', 'select count(*) as rows from crm.listener')).rows[0].rows)
const slots = async (): Promise<string[]> => (await world.run('crm', 'select slot_name from pg_replication_slots order by 1')).rows.map((row: { slot_name: string }) => row.slot_name)
const ours = async (): Promise<string> => (await allReplications(world.ledger.database))[0]!.name
const insert = (from: number, count: number): Promise<unknown> => world.run('crm', `insert into crm.listener select 'FR' || (900000 + i), 'new' || i || '@listener.example', '+39 06 ' || (70000000 + i * 7919), 'free' from generate_series(${from}, ${from + count - 1}) i`)

async function open(): Promise<SegmentFile> {
  const record = (await existingFingerprints(world.ledger.database)).find(({ id }) => id === 'listeners.0')!
  return openSegmentFile(segmentFile(world.context, record), sealKeyOf(world.context, record))
}
async function tokensOf(segment: SegmentFile): Promise<Record<string, string>> {
  const lists: Record<string, string> = {}
  for (const kind of ['columns', 'links', 'forms'] as const) {
    for (const number of segment.header[kind].keys()) {
      const parts: bigint[] = []
      for await (const part of segment.read(kind, number)) parts.push(...part)
      lists[`${kind} ${number}`] = parts.join()
    }
  }
  await segment.close()
  return lists
}

test('after any inserts, updates and deletes the fingerprints are those of a rebuild from everybody who was ever seen', async () => {
  let seed = 7
  const random = (below: number): number => (seed = (seed * 48271) % 2147483647) % below
  const key = (row: readonly string[]): string => row[0]!
  const listed = async (): Promise<string[][]> => (await world.run('crm', { text: 'select user_id, email, phone from crm.listener order by 1', rowMode: 'array' } as unknown as string)).rows as unknown as string[][]
  const now = new Map((await listed()).map((row) => [key(row), row]))
  const ever = new Set([...now.values()].map((row) => JSON.stringify(row)))
  let next = 0
  for (let round = 0; round < 6; round += 1) {
    const touched = new Set<string>()
    for (let step = 0; step < 25; step += 1) {
      const one = [...now.values()][random(now.size)]!
      const [did, email, phone] = [random(4), `o''dd, "${next}" \\é@other.example`, `+39 03 ${90_000_000 + next * 7919}`]
      next += 1
      if (did === 0) {
        await world.run('crm', `insert into crm.listener values ('N${next}', '${email}', '${phone}', null)`)
        now.set(`N${next}`, [`N${next}`, email.replace("''", "'"), phone])
        touched.add(`N${next}`)
      } else if (did === 1) {
        await world.run('crm', `update crm.listener set email = '${email}', plan = 'x' where user_id = '${key(one)}'`)
        now.set(key(one), [key(one), email.replace("''", "'"), one[2]!])
        touched.add(key(one))
      } else if (did === 2) {
        await world.run('crm', `update crm.listener set user_id = 'K${next}' where user_id = '${key(one)}'`)
        now.delete(key(one))
        now.set(`K${next}`, [`K${next}`, one[1]!, one[2]!])
        touched.add(`K${next}`)
      } else {
        await world.run('crm', `delete from crm.listener where user_id = '${key(one)}'`)
        if (touched.has(key(one))) ever.add(JSON.stringify(one))
        now.delete(key(one))
      }
    }
    for (const row of now.values()) ever.add(JSON.stringify(row))
    expect(await listed()).toEqual([...now.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1)))
    const read = await refresh()
    expect(read).toMatchObject({ mode: 'replication', changes: { inserted: expect.any(Number) as number } })
    expect(read.records - read.former, 'who is there is counted').toBe(now.size)
  }
  const header = (await open().then(async (segment) => { await segment.close(); return segment.header }))
  const file = join(world.directory, 'rebuilt.segment')
  const columns = ['user_id', 'email', 'phone'].map((name) => ({ name, identifies: true }))
  const order = header.columns.map(({ name }) => columns.findIndex((column) => column.name === name))
  const csv = [...ever].map((row) => order.map((at) => `"${(JSON.parse(row) as string[])[at]!.replaceAll('"', '""')}"`).join(',')).join('\n')
  const sealKey = Buffer.alloc(32, 5)
  await buildFingerprints({ dataset: 'rebuilt', epochKey: tokenKeyOf(world.ledger.keys, 'epoch/1'), columns: order.map((at) => columns[at]!), rows: (async function* () { yield Buffer.from(`${csv}\n`) })(), sealKey, file, random: (bytes) => Buffer.alloc(bytes, 3) })
  expect(await tokensOf(await open())).toEqual(await tokensOf(await openSegmentFile(file, sealKey)))
  const compared = await refresh({ full: true })
  expect(compared).toMatchObject({ mode: 'compare', rowsRead: now.size })
  expect(compared).not.toHaveProperty('instead')
})

test('what a compare saw is not counted again, what was under way then is; a row that changed often is read once', async () => {
  const slow = new pg.Client({ connectionString: world.url('crm') })
  await slow.connect()
  await slow.query(`begin; insert into crm.listener values ('S1', 's1@listener.example', '+39 06 5550001', null)`)
  await insert(1, 5)
  const compared = await refresh({ full: true })
  expect(compared.records - compared.former).toBe(await rows())
  await slow.query('commit')
  await slow.end()
  for (let more = 0; more < 30; more += 1) await world.run('crm', `update crm.listener set plan = 'p${more}' where user_id = 'FR900001'`)
  await world.run('crm', `begin; insert into crm.listener values ('gone', 'gone@listener.example', '+39 06 5550009', null); delete from crm.listener where user_id = 'gone'; commit`)
  const read = await refresh()
  expect(read).toMatchObject({ mode: 'replication', rowsRead: 3, former: compared.former + 1, changes: { inserted: 2, updated: 30, deleted: 1 } })
  expect(read.records - read.former).toBe(await rows())
  const [entry] = (await world.ledger.read(1, { types: ['trace.taken'] })).slice(-1)
  expect(entry?.parts['evidence']).toMatchObject({ mode: 'replication', rowsRead: 3, changes: { inserted: 2, updated: 30, deleted: 1 } })
  expect(await refresh()).toMatchObject({ mode: 'replication', rowsRead: 0, records: read.records, former: read.former })
})

test.each(['trace: segment written, not in place', 'trace/before-taken', 'trace/before-changes', 'trace/before-advanced'])('a refresh by replication that is killed (%s) loses nobody and counts nobody twice', async (point) => {
  await insert(100 + point.length * 10, 3)
  await world.run('crm', `delete from crm.listener where user_id = (select min(user_id) from crm.listener)`)
  const before = await rows()
  const killed = spawnSync(process.execPath, [join(import.meta.dirname, 'testing.child.ts'), world.controlUrl, world.directory, 'refresh'], { timeout: 180_000, killSignal: 'SIGTERM', env: { ...process.env, BAILEE_FAILPOINT: point } })
  expect(killed.signal).toBe('SIGKILL')
  const read = await refresh()
  expect(read).toMatchObject({ mode: 'replication' })
  expect(read.records - read.former).toBe(before)
  await world.run('crm', `delete from crm.listener where user_id = 'FR${900_000 + 100 + point.length * 10}'`)
  expect(await refresh()).toMatchObject({ mode: 'replication', changes: { inserted: 0, deleted: 1 }, former: read.former + 1, records: read.records })
})

test.each([
  ['truncated', 'create table crm.away as select * from crm.listener; truncate crm.listener; insert into crm.listener select * from crm.away; drop table crm.away', 'truncated'],
  ['written anew', `alter table crm.listener alter email type varchar(200) using 'x' || email`, 'definition'],
  ['a slot that is gone', 'SLOT', 'its slot is gone'],
  ['a slot that somebody read', 'READ', 'somebody else read its slot'],
  ['too much held back', 'FILL', 'held back'],
])('%s: all rows are compared, it is said, and the next refresh is by replication again', async (_, statement, because) => {
  await insert(1000, 1)
  expect(await refresh()).toMatchObject({ mode: 'replication' })
  const name = await ours()
  await world.run('crm', 'delete from crm.listener where plan is distinct from plan || \'!\' and user_id = \'FR901000\'')
  await world.run('crm', statement.replace('SLOT', `select pg_drop_replication_slot('${name}')`).replace('READ', `select count(*) from pg_logical_slot_get_changes('${name}', null, null)`)
    .replace('FILL', 'create table crm.filling as select repeat(md5(i::text), 60) as text from generate_series(1, 35000) i; drop table crm.filling'))
  expect(await refresh()).toMatchObject({ mode: 'compare', instead: expect.stringContaining(because) as string })
  await insert(1001, 1)
  expect(await refresh()).toMatchObject({ mode: 'replication', rowsRead: 1 })
  await world.run('crm', `delete from crm.listener where user_id = 'FR901001'`)
  expect(await slots()).toEqual([name])
})

test('without a key of its rows it is compared, said, and no slot is kept; after somebody was forgotten it is compared too', async () => {
  await world.run('crm', 'alter table crm.listener drop constraint listener_pkey')
  expect(await refresh()).toMatchObject({ mode: 'compare', instead: expect.stringContaining('primary key') as string })
  expect(await slots()).toEqual([])
  await world.run('crm', 'alter table crm.listener replica identity full')
  expect(await refresh()).toMatchObject({ mode: 'compare' })
  await world.run('crm', `update crm.listener set plan = 'full' where user_id in (select user_id from crm.listener limit 4)`)
  expect(await refresh()).toMatchObject({ mode: 'replication', rowsRead: 4 })
  await removeSubjects(world.context, { dataset: 'listeners', columns: ['email'], rows: async function* () { yield Buffer.from('new1@listener.example\n') } }, at)
  expect(await refresh()).toMatchObject({ mode: 'compare' })
  expect(await refresh()).toMatchObject({ mode: 'replication', rowsRead: 0 })
})

test('its slot is no road beside the gateway; one that only looks like it is', async () => {
  await world.run('crm', `select pg_create_logical_replication_slot('bailee_listeners_0_00000000', 'test_decoding')`)
  const { roads } = await lookAtRoads(world.context, at, ['crm'])
  expect(roads.filter(({ kind }) => kind === 'replication slot').map(({ name }) => name)).toEqual(['bailee_listeners_0_00000000'])
  await world.run('crm', `select pg_drop_replication_slot('bailee_listeners_0_00000000')`)
})

test('a slot that is needed no more is dropped, and named while its store is away', async () => {
  const url = join(world.directory, 'crm-sweep.url')
  const apply = async (text: string): Promise<unknown> => applyEstate(world.ledger, readEstate(text, 'bailee.yaml'), { checked: [], unchecked: [] }, at)
  await apply(estate)
  renameSync(url, `${url}.kept`)
  writeFileSync(url, world.url('nowhere', 'sweeper'))
  const name = await ours()
  expect((await takeFingerprints(world.context, at, { controller: 'deezer' })).leftBehind).toEqual([{ store: 'crm', name, because: expect.stringContaining('cannot be opened') as string }])
  expect(await slots()).toEqual([name])
  renameSync(`${url}.kept`, url)
  expect((await takeFingerprints(world.context, at, { controller: 'deezer' })).leftBehind).toEqual([])
  expect([await slots(), await allReplications(world.ledger.database)]).toEqual([[], []])
})

test('the end of the contract drops it', async () => {
  await applyEstate(world.ledger, readEstate(declared(estate), 'bailee.yaml'), { checked: [], unchecked: [] }, at)
  await refresh()
  expect(await slots()).toHaveLength(1)
  await endContract(world.context, { contract: 'deezer-2016', terminated: true }, at)
  expect(await slots()).toEqual([])
  expect((await world.ledger.read(1, { types: ['replication.begun', 'replication.ended'] })).map(({ type }) => type).slice(-1)).toEqual(['replication.ended'])
})
