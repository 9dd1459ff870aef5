import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { sql } from '#database'
import { allErasures, certify, confirmErasure, endContract, stepsOf } from '#erasure'
import { openJobs } from '#job'
import { copyMixed, createWorld, customers, listeners, listenersCsv, members, on, type World } from '../erasure/testing.ts'
import { handErasure } from './index.ts'

const id = 'EXIT-deezer-2016'
/** BAILEE_KILLS=100 is the whole of it: some twenty minutes; ten of them with BAILEE_FULL=1. */
const killsWanted = Number(process.env['BAILEE_KILLS'] ?? (process.env['BAILEE_FULL'] === '1' ? 10 : 2))
/** A worker takes a second or two to begin: killed sooner each time, none would ever come to work. */
const killMillisecondsMax = 8_000
const killsOfOneMax = 8
const endMillisecondsMax = 300_000

let world: World
let workers: ChildProcess[] = []
afterEach(async () => {
  for (const worker of workers) worker.kill('SIGKILL')
  await world.close()
})

const main = join(import.meta.dirname, '..', 'main.ts')

/** The real command, with an environment of its own or all of them. */
function start(environment: string | undefined): ChildProcess {
  return spawn(process.execPath, [main, 'worker', '--dir', world.directory, '--at', '2020-12-02', '--threads', '1', ...(environment === undefined ? [] : ['--environment', environment])],
    { env: { ...process.env, BAILEE_DATABASE_URL: world.controlUrl }, stdio: 'ignore' })
}

const ended = (worker: ChildProcess): Promise<void> => new Promise((resolve) => { if (worker.exitCode !== null || worker.signalCode !== null) resolve(); else worker.once('exit', () => resolve()) })

const entries = async (): Promise<string[]> => (await sql<{ line: string }>`select slot || ' ' || idx || ' ' || encode(leaf, 'hex') as line from entry order by slot, idx`.execute(world.ledger.database)).rows.map(({ line }) => line)
const isOver = async (): Promise<boolean> => (await allErasures(world.ledger.database))[0]?.state === 'searched_again'

/** Two workers at a world of their own, of which one or the other is killed at random moments; resolves to how many were killed before it was over. */
async function play(killsMax: number, environments: readonly (string | undefined)[]): Promise<number> {
  world = await createWorld()
  await copyMixed(world, 'lab_copy')
  world.put('a/old.csv', await listenersCsv(world))
  await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
  const jobs = await openJobs(world.ledger.database)
  await handErasure({ ledger: world.ledger }, jobs, { erasure: id, operator: 'eli' })
  workers = environments.map(start)
  let kills = 0
  let before: string[] = []
  for (const until = Date.now() + endMillisecondsMax; !(await isOver());) {
    if (Date.now() > until) throw new Error(`not over: ${JSON.stringify(await jobs.listed())}`)
    await wait(kills < killsMax ? Math.random() * killMillisecondsMax : 200)
    if (kills >= killsMax || (await isOver())) continue
    const which = Math.floor(Math.random() * workers.length)
    workers[which]!.kill('SIGKILL')
    await ended(workers[which]!)
    kills += 1
    const now = await entries()
    expect(now).toEqual(expect.arrayContaining(before))
    before = now
    workers[which] = start(environments[which])
  }
  for (const worker of workers) worker.kill('SIGTERM')
  await Promise.all(workers.map(ended))
  // One that had only just been started may not listen yet.
  for (const { exitCode, signalCode } of workers) expect([0, 'SIGTERM'], 'asked to stop, they stop').toContain(exitCode ?? signalCode)
  await jobs.close()
  return kills
}

/** What must hold, however often they were killed. */
async function mustBeWhole(): Promise<void> {
  const { ledger } = world
  expect(await allErasures(ledger.database)).toMatchObject([{ state: 'searched_again', plan: { round: 1 }, again: { residual: 0, places: [] } }])
  expect((await stepsOf(ledger.database, id)).map((step) => [step.round, step.place, step.state, step.rowsFound, step.rowsErased]).sort(), 'copies are found in no certain order').toEqual([
    [1, 'a/old.csv', 'done', listeners, listeners], [1, 'crm.listener', 'done', listeners, listeners], [1, 'public.lab_copy', 'done', listeners, listeners],
  ])
  await confirmErasure(ledger, { erasure: id, by: 'dana' }, on('2020-12-03'))
  const certificate = await certify(world.context, id, on('2020-12-04'))
  const { obstacles } = JSON.parse(Buffer.from((JSON.parse(Buffer.from(certificate.envelope).toString()) as { payload: string }).payload, 'base64').toString()) as { obstacles: unknown }
  expect([certificate.id, certificate.status, obstacles]).toEqual(['CRT-deezer-2016-1', 'complete', []])
  expect((await world.run('lab', 'select count(*)::int as n from lab_copy')).rows).toEqual([{ n: customers + members }])
  expect((await world.run('crm', 'select count(*)::int as n from crm.listener')).rows).toEqual([{ n: 0 }])
  const once = ['erasure.opened', 'erasure.planned', 'erasure.started', 'erasure.environment_erased', 'erasure.environment_erased', 'erasure.searched_again', 'erasure.confirmed', 'erasure.certified', 'certificate.issued']
  expect((await ledger.read(1)).map(({ type }) => type).filter((type) => once.includes(type)).sort()).toEqual(once.sort())
}

test(`of two workers one or the other is killed ${killsWanted} times at random moments: every erasure ends complete, once, with every count right`, async () => {
  let kills = 0
  for (let played = 0; kills < killsWanted; played += 1) {
    if (played > 0) await world.close()
    const more = await play(Math.min(killsOfOneMax, killsWanted - kills), played % 2 === 0 ? ['production', 'test'] : [undefined, undefined])
    kills += more
    await mustBeWhole()
    process.stderr.write(`${played + 1} erasures, ${kills} kills\n`)
  }
}, 3_600_000)
