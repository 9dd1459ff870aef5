/** Where changes cannot be told, all rows are compared and it is said why: each on a real server that is so. And what a slot holds back, before a disk is full. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startServer, type Server } from '#database'
import { createWorld, listeners, on, type World } from '../erasure/testing.ts'
import { segmentFile } from './fingerprints.ts'
import { takeFingerprints, type Refreshed } from './refresh.ts'
import { slotsHeld, type HeldBack } from './replication.ts'
import { existingFingerprints } from './store.ts'
import type { FingerprintRecord } from './types.ts'

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 })

const retainedBytesMax = 50_000_000
const declared = (text: string): string => text.replace('subject: user_id', `subject: user_id\n        changes: replication\n        retained_bytes_max: ${retainedBytesMax}`)
const settings = { wal_level: 'logical', synchronous_commit: 'on', wal_writer_delay: '10ms' }

let world: World
beforeAll(async () => { world = await createWorld({ fingerprints: false, change: declared, settings }) })
afterAll(() => world.close())

const at = on('2019-05-01')
async function refresh(full = false): Promise<Refreshed & FingerprintRecord> {
  const { taken, notTaken, refreshed } = await takeFingerprints(world.context, at, { controller: 'deezer', full })
  expect(notTaken).toEqual([])
  return { ...refreshed[0]!, ...taken.find((record) => record.id === 'listeners.0')! }
}
const crm = async (sql: string): Promise<unknown[]> => (await world.run('crm', sql)).rows as unknown[]
const slots = async (): Promise<unknown[]> => crm('select slot_name from pg_replication_slots')
const held = async (): Promise<HeldBack> => (await slotsHeld(world.context))[0]!
/** Writes this many MB of the server's log, of which none is about the table. */
const busy = async (megabytes: number): Promise<unknown> => crm(`create table crm.filling as select repeat(md5(i::text), 30) as text from generate_series(1, ${megabytes * 1050}) i; drop table crm.filling`)
const change = async (): Promise<unknown> => crm(`update crm.listener set plan = plan || '!' where user_id = (select min(user_id) from crm.listener)`)

test('a login that may not replicate, from the start or later', async () => {
  expect(await refresh()).toMatchObject({ mode: 'compare', rowsRead: listeners, instead: 'the login of sweep_url may not replicate: alter role <login of sweep_url> replication' })
  expect([await slots(), await slotsHeld(world.context)]).toEqual([[], []])
  await crm('reset role; alter role sweeper replication')
  expect(await refresh()).toMatchObject({ mode: 'compare', rowsRead: listeners })
  await change()
  expect(await refresh()).toMatchObject({ mode: 'replication', rowsRead: 1 })
  await crm('alter role sweeper noreplication')
  expect(await refresh()).toMatchObject({ mode: 'compare', instead: expect.stringContaining('may not replicate') as string })
  expect(await slots(), 'it may not drop the slot either').toHaveLength(1)
  await busy(2)
  expect((await held()).retainedBytes, 'so what it holds back is told').toBeGreaterThan(2e6)
  await crm('alter role sweeper replication')
  expect(await refresh()).toMatchObject({ mode: 'compare' })
  await change()
  expect(await refresh()).toMatchObject({ mode: 'replication', rowsRead: 1 })
})

test('a table that is unlogged', async () => {
  await crm('alter table crm.listener set unlogged')
  expect(await refresh()).toMatchObject({ mode: 'compare', rowsRead: listeners, instead: expect.stringContaining('unlogged') as string })
  expect(await slots()).toEqual([])
  expect(await held()).toMatchObject({ retainedBytes: 0, because: 'there is none of this name where sweep_url leads' })
  await crm('alter table crm.listener set logged')
  expect(await refresh()).toMatchObject({ mode: 'compare', rowsRead: listeners })
  await change()
  expect(await refresh()).toMatchObject({ mode: 'replication', rowsRead: 1 })
})

test('a slot that the server invalidated, because it may keep no more of its log', async () => {
  await busy(3)
  expect(await held()).toMatchObject({ store: 'crm', fingerprints: 'listeners.0', retainedBytesMax })
  const { retainedBytes } = await held()
  expect(retainedBytes).toBeGreaterThan(3e6)
  expect(retainedBytes).toBeLessThan(retainedBytesMax)
  await crm(`alter system set max_slot_wal_keep_size = '2MB'`)
  await crm('select pg_reload_conf()')
  await busy(8)
  await crm('checkpoint')
  expect(await held()).toMatchObject({ retainedBytes: 0, because: 'its slot was invalidated: the server kept no more of its log' })
  await change()
  expect(await refresh()).toMatchObject({ mode: 'compare', rowsRead: listeners, instead: 'its slot was invalidated: the server kept no more of its log' })
  await crm('alter system reset max_slot_wal_keep_size')
  await crm('select pg_reload_conf()')
  await change()
  expect(await refresh()).toMatchObject({ mode: 'replication', rowsRead: 1 })
  expect(await held()).not.toHaveProperty('because')
})

test('where nothing changed, nothing is written, and the server keeps its log no longer; a kill in between changes nothing', async () => {
  const files = (): string[] => readdirSync(world.context.directory).filter((file) => file.startsWith('listeners.0.')).sort()
  await refresh(true)
  await change()
  const before = await refresh()
  expect(before).toMatchObject({ mode: 'replication', layers: 1 })
  const there = files()
  for (let idle = 0; idle < 3; idle += 1) {
    await busy(1)
    await crm('checkpoint') // a slot lets go of the log up to one
    expect((await held()).retainedBytes).toBeGreaterThan(1e6)
    expect(await refresh()).toMatchObject({ mode: 'replication', rowsRead: 0, bytes: 0, layers: 1, sha256: before.sha256, records: before.records, former: before.former, changes: { inserted: 0, updated: 0, deleted: 0 } })
    expect((await held()).retainedBytes).toBeLessThan(1e6)
  }
  const killed = spawnSync(process.execPath, [join(import.meta.dirname, 'testing.child.ts'), world.controlUrl, world.directory, 'refresh'], { timeout: 180_000, killSignal: 'SIGTERM', env: { ...process.env, BAILEE_FAILPOINT: 'trace/before-advanced' } })
  expect(killed.signal).toBe('SIGKILL')
  expect(files()).toEqual(there)
  await change()
  expect(await refresh()).toMatchObject({ mode: 'replication', rowsRead: 1, layers: 2, changes: { updated: 1 } })
  expect(await refresh()).toMatchObject({ bytes: 0, layers: 2 })
  const [record] = (await existingFingerprints(world.ledger.database)).filter(({ id }) => id === 'listeners.0')
  expect(files()).toContain(segmentFile(world.context, record!).split('/').at(-1))
})

test('a standby, and a server whose log tells too little', async () => {
  const url = join(world.directory, 'crm-sweep.url')
  const [{ cluster }] = (await crm(`select current_setting('data_directory') as cluster`)) as [{ cluster: string }]
  const copy = join(dirname(dirname(cluster)), 'own-copied')
  const servers: Server[] = []
  const start = async (own: Record<string, string>): Promise<void> => {
    const server = await startServer({ directory: copy, hba: ['local all sweeper trust'], settings: { ...settings, fsync: false, max_connections: 200, ...own } })
    servers.push(server)
    writeFileSync(url, server.url('crm', 'sweeper'))
  }
  mkdirSync(copy)
  const [{ label }] = await (async () => {
    await crm(`select pg_backup_start('copy', true)`)
    execFileSync('cp', ['-a', cluster, join(copy, 'cluster')])
    return crm('select labelfile as label from pg_backup_stop(false)')
  })() as [{ label: string }]
  const inCopy = (name: string): string => join(copy, 'cluster', name)
  execFileSync('cp', ['-a', join(cluster, 'pg_wal'), copy]) // with what was written until the copy was whole
  for (const name of ['pg_wal', 'postmaster.pid', ...readdirSync(inCopy('pg_replslot')).map((slot) => `pg_replslot/${slot}`)]) rmSync(inCopy(name), { recursive: true, force: true })
  execFileSync('mv', [join(copy, 'pg_wal'), inCopy('pg_wal')])
  for (const [name, text] of [['backup_label', label], ['standby.signal', '']] as const) {
    writeFileSync(inCopy(name), text)
    execFileSync('chown', ['--reference', cluster, inCopy(name)])
  }
  try {
    await start({})
    expect(await refresh()).toMatchObject({ mode: 'compare', rowsRead: listeners, instead: 'the store is a standby' })
    expect(await held(), 'the slot is on the other server, and it is said').toMatchObject({ because: 'there is none of this name where sweep_url leads' })
    await servers[0]!.stop()
    rmSync(inCopy('standby.signal'))
    await start({ wal_level: 'replica' })
    expect(await refresh()).toMatchObject({ mode: 'compare', rowsRead: listeners, instead: expect.stringMatching(/^the server's wal_level is replica: alter system set wal_level = logical/) as string })
  } finally {
    for (const server of servers) await server.stop()
    rmSync(copy, { recursive: true, force: true })
    writeFileSync(url, world.url('crm', 'sweeper'))
  }
  expect((await refresh()).mode, 'back where the slot is').toBe('compare')
  await change()
  expect(await refresh()).toMatchObject({ mode: 'replication' })
})
