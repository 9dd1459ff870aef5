import { copyFileSync, cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, expect, test } from 'vitest'
import { allCertificates, allErasures, certify, confirmErasure, endContract, environmentsLeft, pauseErasure, resumeErasure, runErasure, stepsOf } from '#erasure'
import { allWorkers, openJobs } from '#job'
import { takeFingerprints } from '#trace'
import { Stopped } from '#kit/worker'
import { copyMixed, createWorld, listeners, listenersCsv, on, type World } from '../erasure/testing.ts'
import { handErasure, handSweep, work, type Bailee, type WorkerOptions } from './index.ts'

let world: World
afterEach(() => world.close())

const id = 'EXIT-deezer-2016'
const baileeOf = ({ ledger, context, directory }: World): Bailee => ({ directory, ledger, database: ledger.database, references: context.references, close: () => Promise.resolve() })
const working = (options: Partial<WorkerOptions> = {}): WorkerOptions => ({ untilIdle: true, stopping: new AbortController().signal, clock: () => on('2020-12-02'), threads: 1, ...options })

async function handed(): Promise<Bailee> {
  await copyMixed(world, 'lab_copy')
  world.put('a/old.csv', await listenersCsv(world))
  await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
  const bailee = baileeOf(world)
  const jobs = await openJobs(bailee.database)
  await handErasure(bailee, jobs, { erasure: id, operator: 'eli' })
  await handErasure(bailee, jobs, { erasure: id, operator: 'eli' })
  await jobs.close()
  return bailee
}

const steps = async (): Promise<unknown[]> => (await stepsOf(world.ledger.database, id)).map((step) => [step.round, step.place, step.state, step.rowsErased]).sort()
const erasedOnce = [[1, 'a/old.csv', 'done', listeners], [1, 'crm.listener', 'done', listeners], [1, 'public.lab_copy', 'done', listeners]]

test('an erasure that is left to a worker is planned, erased in each environment, searched again and can be certified; held back, it waits', async () => {
  world = await createWorld()
  const bailee = await handed()
  await pauseErasure(world.ledger, { erasure: id, by: 'dana' }, on('2020-12-02'))
  expect(await work(bailee, working())).toEqual({ done: 1, failed: 0, givenBack: 0 })
  expect(await allErasures(bailee.database)).toMatchObject([{ state: 'opened', pausedBy: 'dana' }])
  await expect(pauseErasure(world.ledger, { erasure: id, by: 'dana' }, on('2020-12-02'))).rejects.toMatchObject({ code: 'erasure/paused' })
  await resumeErasure(world.ledger, { erasure: id, by: 'dana' }, on('2020-12-02'))

  const jobs = await openJobs(bailee.database)
  await handErasure(bailee, jobs, { erasure: id, operator: 'eli' })
  expect(await work(bailee, working())).toEqual({ done: 4, failed: 0, givenBack: 0 })
  const [erasure] = await allErasures(bailee.database)
  expect(erasure).toMatchObject({ state: 'searched_again', again: { residual: 0 }, operator: 'eli' })
  expect(await steps()).toEqual(erasedOnce)
  expect(await environmentsLeft(world.ledger, erasure!)).toEqual([])
  const listed = await jobs.listed(id)
  expect(listed.map(({ queue, state }) => `${queue} ${state}`).sort()).toEqual(['erasure done', 'erasure done', 'erasure done', 'erasure-in/production done', 'erasure-in/test done'])
  expect(listed.filter(({ because }) => because?.includes('held back by dana')).length).toBe(1)
  expect(await allWorkers(bailee.database), 'who has ended is not listed').toEqual([])
  await jobs.close()
  await confirmErasure(world.ledger, { erasure: id, by: 'dana' }, on('2020-12-03'))
  expect(await certify(world.context, id, on('2020-12-04'))).toMatchObject({ status: 'complete' })
})

test('asked to stop, a worker gives back what it has; the next goes on; what failed is tried again later, and says why', async () => {
  world = await createWorld()
  const bailee = await handed()
  const stopping = new AbortController()
  const first = work(bailee, working({ stopping: stopping.signal, untilIdle: false, clock: () => { stopping.abort(new Stopped('asked to stop')); return on('2020-12-02') } }))
  expect(await first).toEqual({ done: 0, failed: 0, givenBack: 1 })
  const { url } = world
  writeFileSync(`${world.directory}/crm-erase.url`, 'postgresql://nobody@127.0.0.1:1/nowhere')
  const said: string[] = []
  expect(await work(bailee, working({ log: (line) => said.push(line) }))).toEqual({ done: 2, failed: 1, givenBack: 0 })
  expect(said.filter((line) => line.startsWith('erasure'))).toEqual([expect.stringContaining('erasure-in/production: erasure/')])
  const jobs = await openJobs(bailee.database)
  expect((await jobs.listed(id)).filter(({ state }) => state === 'waiting')).toMatchObject([{ queue: 'erasure-in/production', tries: 1, because: expect.stringContaining('erasure/') as string }])
  writeFileSync(`${world.directory}/crm-erase.url`, url('crm', 'eraser'))
  await handErasure(bailee, jobs, { erasure: id, operator: 'eli' })
  await jobs.close()
  await work(bailee, working())
  expect(await steps()).toEqual(erasedOnce)
  expect(await allErasures(bailee.database)).toMatchObject([{ state: 'searched_again', again: { residual: 0 } }])
})

test('workers serve their environments only: two that each serve one erase, search and list for each other, also two erasures at once', async () => {
  world = await createWorld({ change: (text) => text.replace('starts: 2017-01-01, at_end: { choice: delete } }', 'starts: 2017-01-01, ends: 2020-12-01, at_end: { choice: delete } }') })
  const bailee = await handed()
  await endContract(world.context, { contract: 'chinook-2017', terminated: false }, on('2020-12-01'))
  const jobs = await openJobs(bailee.database)
  await handErasure(bailee, jobs, { erasure: 'EXIT-chinook-2017', operator: 'noa' })
  // What one of them cannot even reach is the other's.
  const without = (prefix: string): Bailee => ({ ...bailee, references: { ...bailee.references, environment: {}, directory: join(world.directory, prefix) } })
  mkdirSync(join(world.directory, 'of-production'))
  mkdirSync(join(world.directory, 'of-test'))
  for (const name of ['crm-sweep.url', 'crm-erase.url', 'shop-sweep.url', 'shop-erase.url']) copyFileSync(join(world.directory, name), join(world.directory, 'of-production', name))
  for (const name of ['lab-sweep.url', 'lab-erase.url']) copyFileSync(join(world.directory, name), join(world.directory, 'of-test', name))
  cpSync(join(world.directory, 'share'), join(world.directory, 'of-test', 'share'), { recursive: true })
  for (const name of ['fingerprints', 'sweeps']) for (const of of ['of-production', 'of-test']) symlinkSync(join('..', name), join(world.directory, of, name))

  const stopping = new AbortController()
  const both = ['production', 'test'].map((environment) => work({ ...without(`of-${environment}`), directory: world.directory }, working({ environments: [environment], untilIdle: false, stopping: stopping.signal })))
  // A job may wait that found another at its erasure, and finds nothing to do when it is taken.
  const over = async (): Promise<boolean> => (await allErasures(bailee.database)).every(({ state }) => state === 'searched_again') && (await jobs.listed()).every(({ state }) => state === 'done')
  for (const until = Date.now() + 300_000; Date.now() < until && !(await over());) await new Promise((resolve) => { setTimeout(resolve, 200) })
  stopping.abort(new Stopped('it is over'))
  await Promise.all(both)
  expect((await jobs.listed()).filter(({ state, tries }) => state !== 'done' || tries > 0), 'what failed, and why').toEqual([])
  expect(await allErasures(bailee.database)).toMatchObject([{ id: 'EXIT-chinook-2017', state: 'searched_again', again: { residual: 0 } }, { id, state: 'searched_again', again: { residual: 0 } }])
  expect(await steps()).toEqual(erasedOnce)
  await jobs.close()
  await confirmErasure(world.ledger, { erasure: id, by: 'dana' }, on('2020-12-03'))
  const certificate = await certify(world.context, id, on('2020-12-04'))
  const { obstacles } = JSON.parse(Buffer.from((JSON.parse(Buffer.from(certificate.envelope).toString()) as { payload: string }).payload, 'base64').toString()) as { obstacles: unknown }
  expect([certificate.status, obstacles]).toEqual(['complete', []])
  expect(existsSync(join(world.directory, 'of-test', 'share', 'a', 'old.csv'))).toBe(false)
})

test('what a restored backup brought back is looked for by the worker that serves its store, when another coordinated the sweep', async () => {
  const people = Array.from({ length: 50 }, (_, at) => [`G${70_000 + at * 13}`, `g${at}@guest.example`, `+43 1 ${5_000_000 + at * 7919}`] as const)
  const identifying = (category: string): string => `{ category: ${category}, identifies: true }`
  world = await createWorld({ fingerprints: false, change: (text) => text.replace(', fingerprints: { keep_until: 2023-12-01, instruction: INS-3 }', '').replace('stores:\n', 'stores:\n  - { id: desk, environment: test, kind: sqlite, path: desk.db, backups: { expire_after_days: 30 } }\n')
    .replace('\ninstructions:\n', `\n  - { id: contacts, controller: deezer, store: desk, tables: [{ table: contact, subject: id, columns: { id: ${identifying('UID')}, mail: ${identifying('EmailAddress')}, phone: ${identifying('TelephoneNumber')} } }] }\ninstructions:\n`) })
  const bailee = baileeOf(world)
  const desk = new DatabaseSync(join(world.directory, 'desk.db'))
  desk.exec('create table contact (id text, mail text, phone text)')
  const restore = (): void => { for (const row of people) desk.prepare('insert into contact values (?, ?, ?)').run(...row) }
  restore()
  await takeFingerprints(world.context, on('2019-04-01'))
  await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
  await runErasure(world.context, { erasure: id, operator: 'eli' }, on('2020-12-02'))
  await confirmErasure(world.ledger, { erasure: id, by: 'dana' }, on('2020-12-03'))
  expect((await certify(world.context, id, on('2020-12-04'))).status).toBe('pending_backup_expiry')
  restore()
  desk.close()
  const jobs = await openJobs(bailee.database)
  await handSweep(jobs, { stores: undefined, changed: false, catalogue: false })
  const stopping = new AbortController()
  const at = { clock: () => on('2020-12-05'), untilIdle: false, stopping: stopping.signal }
  const coordinating = work(bailee, working({ ...at, environments: ['production'] }))
  await expect.poll(async () => (await allWorkers(bailee.database)).some(({ queue }) => queue === 'sweep'), { timeout: 120_000 }).toBe(true)
  const serving = work(bailee, working({ ...at, environments: ['test'] }))
  await expect.poll(async () => (await allCertificates(bailee.database)).map(({ status }) => status), { timeout: 180_000 }).toEqual(['invalidated'])
  stopping.abort(new Stopped('it is enough'))
  await Promise.all([coordinating, serving])
  expect((await allCertificates(bailee.database))[0]?.invalidatedBecause).toContain(`desk: desk.db!/contact (${people.length} rows)`)
  expect((await jobs.listed()).filter(({ queue }) => queue.startsWith('restored-in')).map(({ queue, state, because }) => `${queue} ${state} ${because ?? ''}`)).toEqual(['restored-in/test done taken back: CRT-deezer-2016-1'])
  await jobs.close()
}, 600_000)
