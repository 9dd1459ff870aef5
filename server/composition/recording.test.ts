import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { recordDataset, recordingStates } from '#breach'
import { applyEstate, readEstate } from '#estate'
import { day } from '#kit/time'
import { createWorld, estate, on, type World } from '../erasure/testing.ts'
import { runMariadb, startMariadb, withoutMariadb } from '../inventory/testing.ts'
import { compareWithLedger, examine, recordOne, work, type Bailee } from './index.ts'
import type { RecordingOrder } from './recording.ts'

let world: World
let bailee: Bailee
beforeAll(async () => {
  world = await createWorld({ fingerprints: false })
  bailee = { directory: world.directory, ledger: world.ledger, database: world.ledger.database, references: world.context.references, close: () => Promise.resolve() }
}, 300_000)
afterAll(async () => {
  expect((await compareWithLedger(bailee)).differences).toEqual([])
  await world.close()
})

const begun = on('2019-04-01')
const said: string[] = []
const worked = async (at: number, environments?: readonly string[]): Promise<string[]> => {
  said.length = 0
  await work(bailee, { untilIdle: true, stopping: new AbortController().signal, clock: () => at, threads: 1, environments, log: (line) => said.push(line) })
  return said.filter((line) => !line.startsWith('copy')).sort()
}
const times = async (): Promise<string[]> => (await recordingStates(world.ledger)).map(({ dataset, countedAt, readAt }) => `${dataset} ${countedAt === null ? 'never' : (countedAt - begun) / day} ${readAt === null ? 'never' : (readAt - begun) / day}`)
const looked = async (at: number): Promise<string[]> => (await examine({ directory: world.directory, url: world.controlUrl, clock: 'replayed', environment: {} }, at)).filter(({ check }) => check === 'breaches').map(({ state, says }) => `${state}: ${says}`)

test('a worker counts people and reads values by itself, only where it serves, and not before a week is over', async () => {
  expect(await looked(begun)).toEqual([expect.stringMatching(/^note: 3 datasets were never counted nor read/)])
  expect(await worked(begun, ['test'])).toEqual([])
  expect(await worked(begun)).toEqual(['crm.listener: values of 300 people read, reading 1', 'customers: 60 people counted in 0 countries', 'listeners: 300 people counted in 0 countries', 'members: 40 people counted in 0 countries', 'public.customer: values of 60 people read, reading 1', 'public.member: values of 40 people read, reading 1'])
  expect(await worked(begun + 6 * day)).toEqual([])
  expect(await times()).toEqual(['customers 0 0', 'listeners 0 0', 'members 0 0'])
  expect(JSON.stringify(await world.ledger.read(1, { types: ['breach.values_read', 'breach.census_taken'] }))).not.toMatch(/listener[.]example/)
})

test('whoever goes on after one that was killed does the rest; what cannot be read is told, keeps nobody else back, and is late for whoever looks', async () => {
  await recordDataset(world.context, 'members', begun + 7 * day, { everySeconds: 7 * day })
  await world.run('crm', 'alter table crm.listener rename to away')
  expect(await worked(begun + 8 * day)).toEqual(['customers: 60 people counted in 0 countries', expect.stringMatching(/^listeners is not recorded: crm[.]listener: /), expect.stringMatching(/^listeners is not recorded: crm[.]listener: /), 'public.customer: values of 60 people read, reading 2'])
  expect(await times()).toEqual(['customers 8 8', 'listeners 0 0', 'members 7 7'])
  expect(await looked(begun + 8 * day)).toEqual(['good: 3 datasets were counted and read in time'])
  // It rests for an hour, then for two: a large table is not read in vain all day.
  expect([await worked(begun + 8 * day + 1_800), (await worked(begun + 8 * day + 3_600)).length, await worked(begun + 8 * day + 3_600 + 7_199)]).toEqual([[], 2, []])
  expect((await world.ledger.read(1, { types: ['breach.recording_failed'] })).map(({ at, parts }) => [at - begun - 8 * day, (parts.evidence as { failures: number }).failures])).toEqual([[0, 1], [3_600, 2]])
  expect(await looked(begun + 10 * day)).toEqual([expect.stringMatching(/^wrong: listeners is due every 7 days and is late: counted on 2019-04-01, its values read on 2019-04-01; tried in vain 2 times, last on 2019-04-09: crm[.]listener: .*; a leak could be dated and counted no better than that$/)])
  // Who stops breaks readings itself: that is told, and counts as no failure; nor is anything more asked of the store.
  const stopped = await recordDataset(world.context, 'listeners', begun + 10 * day, { everySeconds: 7 * day, stopping: AbortSignal.abort() })
  expect([stopped.taken, stopped.missed]).toEqual([[], [{ dataset: 'listeners', because: expect.stringMatching(/^crm[.]listener: /) as string }]])
  expect(await world.ledger.read(1, { types: ['breach.recording_failed'] })).toHaveLength(2)
  await world.run('crm', 'alter table crm.away rename to listener')
  // Two at once: one does it, and the other says so.
  await world.run('crm', 'begin; lock table crm.listener in access exclusive mode') // whoever is first waits here
  const working = [1, 2].map(() => recordDataset(world.context, 'listeners', begun + 10 * day, { everySeconds: 7 * day }))
  await Promise.race(working)
  await world.run('crm', 'commit')
  const both = await Promise.all(working)
  expect(both.map(({ taken, missed }) => [taken.length, missed.map(({ because }) => because)]).sort()).toEqual([[0, ['another process is recording it at this moment']], [1, []]])
})

test('the processor declares how often; 0 leaves it to people, and that is said', async () => {
  const declare = (days: number, at: number) => applyEstate(world.ledger, readEstate(estate.replace('country: IL }', `country: IL, breach_record_days: ${days} }`), 'bailee.yaml'), { checked: [], unchecked: [] }, at)
  await declare(1, begun + 11 * day)
  expect(await worked(begun + 11 * day)).toHaveLength(6)
  await declare(0, begun + 12 * day)
  expect(await worked(begun + 40 * day)).toEqual([])
  expect(await looked(begun + 40 * day)).toEqual([expect.stringMatching(/^note: processor[.]breach_record_days is 0/)])
})

test('a process of its own records a dataset, behind all others, and has an end: what takes too long is stopped, told and tried later', async () => {
  const own = await createWorld({ fingerprints: false })
  const opened: Bailee = { directory: own.directory, ledger: own.ledger, database: own.ledger.database, references: own.context.references, again: { url: own.controlUrl, master: undefined }, close: () => Promise.resolve() }
  // Nothing of it is read by a connection of this process: it cannot even tell where the store is.
  const blind: Bailee = { ...opened, references: { environment: {}, directory: join(own.directory, 'nowhere') } }
  try {
    expect(await recordOne(blind, 'members', begun)).toEqual([expect.stringMatching(/^public[.]member: values of 40 people read/), 'members: 40 people counted in 0 countries'])
    await own.run('shop', 'begin; lock table public.customer in access exclusive mode')
    expect(await recordOne(blind, 'customers', begun, { secondsMax: 3 })).toEqual(['customers is not recorded: it took longer than 3 seconds, and was stopped'])
    const failed = (await recordingStates(own.ledger)).find(({ dataset }) => dataset === 'customers')?.failed
    expect(failed).toMatchObject({ failures: 1, because: 'it took longer than 3 seconds, and was stopped' })
    expect(failed!.failedAt, 'it rests from when it was stopped').toBeGreaterThanOrEqual(begun + 3)
    await vi.waitFor(async () => { expect(await waiting(own)).toBe(0) }, { timeout: 60_000, interval: 200 }) // nor does its statement wait on in the store
    const stopping = new AbortController()
    setTimeout(() => { stopping.abort() }, 1_000)
    expect(await recordOne(blind, 'customers', begun, { stopping: stopping.signal }), 'asked to stop, it says nothing').toEqual([])
    await own.run('shop', 'rollback')
    expect(await recordOne(blind, 'customers', begun + day)).toEqual([expect.stringMatching(/^public[.]customer: values of 60 people read/), 'customers: 60 people counted in 0 countries'])
    expect((await recordOne({ ...blind, again: { url: own.controlUrl.replace(/[/][^/]*$/, '/nowhere'), master: undefined } }, 'listeners', begun))[0]).toMatch(/^listeners is not recorded: the database of .* does not let Bailee in/)
  } finally {
    await own.close()
  }
}, 300_000)

/** Statements that wait for a lock in the store. */
const waiting = async (own: World): Promise<number> => Number((await own.run('shop', 'select count(*)::integer as count from pg_locks where not granted')).rows[0]?.['count'])

test('a process that records ends when whoever started it is gone, and when its time is over though nobody ends it; one that cannot be begun counts as a failure', async () => {
  const own = await createWorld({ fingerprints: false })
  const opened: Bailee = { directory: own.directory, ledger: own.ledger, database: own.ledger.database, references: own.context.references, again: { url: own.controlUrl, master: undefined }, close: () => Promise.resolve() }
  const begin = (secondsMax: number): ChildProcess => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'recording.worker.ts')], { stdio: ['pipe', 'ignore', 'inherit'] })
    const order: RecordingOrder = { secondsMax, directory: own.directory, url: own.controlUrl, master: undefined, dataset: 'customers', at: begun }
    child.stdin!.write(`${JSON.stringify(order)}\n`)
    return child
  }
  const { execPath } = process
  try {
    await own.run('shop', 'begin; lock table public.customer in access exclusive mode')
    const left = begin(600)
    await vi.waitFor(async () => { expect(await waiting(own)).toBe(1) }, { timeout: 60_000, interval: 200 })
    left.stdin!.destroy() // as the system does when a process is killed
    expect(await once(left, 'close')).toEqual([1, null])
    expect(await once(begin(4), 'close'), 'its own clock').toEqual([1, null])
    await own.run('shop', 'rollback')
    process.execPath = join(own.directory, 'nowhere')
    expect(await recordOne(opened, 'customers', begun)).toEqual(['customers is not recorded: no process could be begun for it: ENOENT'])
    expect((await recordingStates(own.ledger)).find(({ dataset }) => dataset === 'customers')?.failed).toMatchObject({ failures: 1 })
  } finally {
    process.execPath = execPath
    await own.close()
  }
}, 300_000)

test.skipIf(withoutMariadb)('a statement of MariaDB, too, ends with the process that asked it: stopped, over its time, or left alone', async () => {
  const server = await startMariadb()
  runMariadb(server, `create database crm; create table crm.people (id int primary key, mail varchar(80)); insert into crm.people values (1, 'one@member.example');
    create view crm.slow as select id, mail from crm.people where benchmark(4000000000, sha2(mail, 512)) = 0; create user reader identified by ''; grant select on crm.* to reader`)
  const own = await createWorld({ fingerprints: false, change: (text) => text.replace('controllers:\n', '  - { id: legacy, environment: test, kind: mysql, sweep_url: "file:legacy.url" }\ncontrollers:\n')
    .replace('\ninstructions:', '\n  - { id: slow, controller: aria, store: legacy, tables: [{ table: crm.slow, subject: id, columns: { id: { category: UID, identifies: true }, mail: { category: UID, identifies: true } } }] }\ninstructions:') })
  writeFileSync(join(own.directory, 'legacy.url'), server.url.replace('root@', 'reader@'))
  const opened: Bailee = { directory: own.directory, ledger: own.ledger, database: own.ledger.database, references: own.context.references, again: { url: own.controlUrl, master: undefined }, close: () => Promise.resolve() }
  const asked = (): number => Number(runMariadb(server, `select count(*) from information_schema.processlist where user = 'reader'`))
  try {
    expect(await recordOne(opened, 'slow', begun, { secondsMax: 4 })).toEqual(['slow is not recorded: it took longer than 4 seconds, and was stopped'])
    await vi.waitFor(() => { expect(asked()).toBe(0) }, { timeout: 60_000, interval: 200 })
    const stopping = new AbortController()
    const stopped = recordOne(opened, 'slow', begun, { stopping: stopping.signal })
    await vi.waitFor(() => { expect(asked()).toBeGreaterThan(0) }, { timeout: 60_000, interval: 200 })
    stopping.abort()
    expect(await stopped).toEqual([])
    expect((await recordingStates(own.ledger)).find(({ dataset }) => dataset === 'slow')?.failed).toMatchObject({ failures: 1, because: 'it took longer than 4 seconds, and was stopped' })
    await vi.waitFor(() => { expect(asked()).toBe(0) }, { timeout: 60_000, interval: 200 })
  } finally {
    await own.close()
    await server.stop()
  }
}, 300_000)
