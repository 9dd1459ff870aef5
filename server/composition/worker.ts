/** What workers do: erasures, an environment at a time, sweeps, and units of sweeps that others coordinate. */
import { runDue, type DueReport } from '#activity'
import { allEnvironments, allStores } from '#inventory'
import { environmentsLeft, eraseEnvironment, findErasure, findRestored, isRunning, reviewCertificates, runErasure } from '#erasure'
import { lookAtResults, lookAtRoads } from '#gateway'
import { openJobs, workOn, type Handler, type Job, type Jobs, type Progress as JobProgress, type Worked } from '#job'
import { helpSweeps, letGoOfUnits, searchKept, sweep, type Progress } from '#trace'
import { eraseExpired } from '#transfer'
import { Misuse } from '#kit/errors'
import { formatInstant, type Instant } from '#kit/time'
import { Stopped, workerName } from '#kit/worker'
import { traceContext, type Bailee } from './bailee.ts'
import { recordingEverySeconds, recordingsDueNow, recordOne } from './recording.ts'

const erasureQueue = 'erasure'
const sweepQueue = 'sweep'
const queueIn = (environment: string): string => `erasure-in/${environment}`
const restoredQueue = 'restored-in/'

/** Leaves an erasure to the workers: to be taken as far as it goes from where it is now, once. Safe to call twice. */
export async function handErasure(bailee: Pick<Bailee, 'ledger'>, jobs: Jobs, { erasure: named, operator }: { erasure: string; operator: string }): Promise<void> {
  const { id, again } = await findErasure(bailee.ledger, named)
  await jobs.send(erasureQueue, { subject: id, operator, after: again?.entry ?? null }, id)
}

/** Leaves a sweep to the workers. Safe to call twice. */
export async function handSweep(jobs: Jobs, { stores, changed, catalogue }: { stores: readonly string[] | undefined; changed: boolean; catalogue: boolean }): Promise<void> {
  const subject = `sweep of ${stores?.join(', ') ?? 'every store'}${changed ? ', what has changed' : ''}`
  await jobs.send(sweepQueue, { subject, stores: stores ?? null, changed, catalogue }, subject)
}

export interface WorkerOptions {
  /** Environments that it serves; all when left out. */
  readonly environments?: readonly string[] | undefined
  readonly threads?: number | undefined
  readonly bytesPerSecond?: number | undefined
  readonly untilIdle?: boolean
  /** Aborted to stop. */
  readonly stopping: AbortSignal
  readonly clock: () => Instant
  readonly log?: (line: string) => void
}

/** Works until it is asked to stop, or until nothing is to be done. Throws `Misuse` for an environment that is not declared. */
export async function work(bailee: Bailee, options: WorkerOptions): Promise<Worked> {
  const { database } = bailee
  const declared = (await allEnvironments(database)).map(({ id }) => id)
  const unknown = (options.environments ?? []).filter((id) => !declared.includes(id))
  if (unknown.length > 0) throw new Misuse(`no environment is called ${unknown.join(', ')}; declared are: ${declared.join(', ') || 'none'}`)
  const jobs = await openJobs(database)
  try {
    return await workOn({ database, jobs, name: workerName(), ...options, environments: options.environments }, handlerOf(bailee, jobs, options))
  } finally {
    await letGoOfUnits(database).catch(() => undefined)
    await jobs.close()
  }
}

interface Doing { readonly stopping: AbortSignal; readonly tell: (progress: JobProgress) => void }

const contextOf = (bailee: Bailee, { environments }: WorkerOptions, { stopping, tell }: Doing): ReturnType<typeof traceContext> => ({ ...traceContext(bailee, telling(tell)), environments, stopping })

/** Of a place only its store is told: names of files and tables may be somebody's. */
const telling = (tell: Doing['tell']): Progress => ({ work: what, place, done, total, share }) => tell({ work: what, store: place.includes(': ') ? place.slice(0, place.indexOf(': ')) : null, done, total, share: share ?? (total === 0 ? null : done / total) })

/** Seconds between two looks at copies whose time may be over. */
const expiryEverySeconds = 600

/** Seconds between two looks at activities that may be due. */
export const dueEverySeconds = 30

/** What came of activities that were due, in lines; none when nothing was. */
export const dueActivityLines = ({ made, not, settled, ended }: DueReport): string[] => [
  ...made.map(({ id, name, schedule, made: result }) => `activity ${id} of ${schedule ?? ''} is made: ${result?.rows ?? 0} rows from ${name}`), ...not.map(({ schedule, dueAt, because }) => `what was due of ${schedule} at ${formatInstant(dueAt)} was not made: ${because}`),
  ...settled.map(({ id, because }) => `activity ${id}: ${because}`), ...ended.map((id) => `${id} is not due any more: its instruction is over`),
]

function handlerOf(bailee: Bailee, jobs: Jobs, options: WorkerOptions): Handler {
  const { database } = bailee
  let looked = -Infinity
  let lookedAtDue = -Infinity
  let recording: { at: Instant; left: readonly string[] } = { at: -Infinity, left: [] }
  const served = async (): Promise<readonly string[]> => options.environments ?? (await allEnvironments(database)).map(({ id }) => id)
  return {
    queues: async () => [...(await served()).flatMap((environment) => [queueIn(environment), `${restoredQueue}${environment}`]), erasureQueue, sweepQueue],
    run: async (job, doing) => {
      try {
        if (job.queue === sweepQueue) return await sweepFor(bailee, jobs, { job, doing, options })
        if (job.queue.startsWith(restoredQueue)) return await restoredFor(bailee, { job, doing, options })
        return job.queue === erasureQueue ? await runFor(bailee, jobs, { job, doing, options }) : await eraseFor(bailee, jobs, { job, doing, options })
      } catch (cause) {
        if (isRunning(cause)) return { later: (cause as Error).message }
        if (cause instanceof Stopped && !doing.stopping.aborted) return cause.message // held back: whoever resumes it leaves it to the workers again
        throw cause
      }
    },
    beside: async (doing) => {
      const now = options.clock()
      if (now - looked >= expiryEverySeconds) {
        looked = now
        const { erased, left } = await eraseExpired(bailee, now, await storesOf(bailee, options))
        for (const { id, because } of erased) options.log?.(`copy ${id} is erased: ${because}`)
        for (const { id, because } of left) options.log?.(`copy ${id} is still there: ${because}`)
      }
      if (now - lookedAtDue >= dueEverySeconds) {
        lookedAtDue = now
        for (const line of dueActivityLines(await runDue(bailee, now, await storesOf(bailee, options)))) options.log?.(line)
      }
      if (now - recording.at >= recordingEverySeconds) recording = { at: now, left: await recordingsDueNow(bailee, now, await storesOf(bailee, options)) }
      // One at a time: jobs come first.
      const [dataset, ...left] = recording.left
      if (dataset !== undefined && !doing.stopping.aborted) {
        recording = { ...recording, left }
        for (const line of await recordOne(bailee, dataset, now, { stopping: doing.stopping })) options.log?.(line)
        return true
      }
      const { units, listed } = await helpSweeps(contextOf(bailee, options, doing), options.clock(), options)
      return units > 0 || listed
    },
  }
}

interface Given { readonly job: Job; readonly doing: Doing; readonly options: WorkerOptions }

/** Stores that a worker looks into itself: those of its environments. */
async function storesOf({ database }: Bailee, { environments }: WorkerOptions, among?: readonly string[]): Promise<readonly string[]> {
  return (await allStores(database)).filter(({ id, environment }) => (environments === undefined || environments.includes(environment)) && (among === undefined || among.includes(id))).map(({ id }) => id)
}

/** Takes an erasure as far as it goes: plans it, leaves its environments to whoever serves them, and, when the last of them is done, searches again. */
async function runFor(bailee: Bailee, jobs: Jobs, { job, doing, options }: Given): Promise<string> {
  const { subject: erasure } = job.data
  const operator = String(job.data['operator'])
  const hand = async (environments: readonly string[], round: number): Promise<void> => {
    for (const environment of environments) await jobs.send(queueIn(environment), { subject: erasure, operator, environment, round }, `${erasure} ${round}`)
  }
  const before = await findErasure(bailee.ledger, erasure)
  // Searched again since this job was left: it was done, and another begins another round.
  if (before.state === 'searched_again' && (before.again?.entry ?? null) !== job.data['after']) return `it is ${before.state}`
  const { state } = await runErasure(contextOf(bailee, options, doing), { erasure, operator, look: async (when, stores) => lookAtResults(bailee, when, await storesOf(bailee, options, stores)), hand }, options.clock())
  return `it is ${state}`
}

/** Erases in one environment; whoever does so last leaves the rest to be gone on with. */
async function eraseFor(bailee: Bailee, jobs: Jobs, { job, doing, options }: Given): Promise<string> {
  const { subject: erasure } = job.data
  const environment = String(job.data['environment'])
  await eraseEnvironment(contextOf(bailee, options, doing), { erasure, environment, look: (when, stores) => lookAtResults(bailee, when, stores) }, options.clock())
  const state = await findErasure(bailee.ledger, erasure)
  const left = await environmentsLeft(bailee.ledger, state)
  if (state.state === 'erasing' && left.length === 0) await handErasure(bailee, jobs, { erasure, operator: String(job.data['operator']) })
  return left.length === 0 ? 'everything is erased that could be' : `to be erased yet: ${left.join(', ')}`
}

async function sweepFor(bailee: Bailee, jobs: Jobs, { job, doing, options }: Given): Promise<string> {
  const at = options.clock()
  const { stores: named, changed, catalogue } = job.data
  const stores = Array.isArray(named) ? (named as readonly string[]) : undefined
  const here = await storesOf(bailee, options, stores)
  await lookAtResults(bailee, at, here)
  await eraseExpired(bailee, at, here)
  const { sweep: id, findings, search } = await sweep(contextOf(bailee, options, doing), at, { threads: options.threads, bytesPerSecond: options.bytesPerSecond, stores, changed: changed === true, catalogue: catalogue !== false, resume: true })
  await reviewCertificates(bailee.ledger, at)
  await findRestored(contextOf(bailee, options, doing), search, at)
  await handRestored(bailee, jobs, { sweep: id, stores, options })
  await lookAtRoads(bailee, at, here)
  return `${id}: ${findings.length} findings are open`
}

/** What a restored backup brought back is looked for by whoever serves the stores: leaves those that this worker does not serve to the others. */
async function handRestored({ database }: Bailee, jobs: Jobs, { sweep: id, stores, options }: { readonly sweep: string; readonly stores: readonly string[] | undefined; readonly options: WorkerOptions }): Promise<void> {
  const others = (await allStores(database)).filter((store) => options.environments?.includes(store.environment) === false && stores?.includes(store.id) !== false)
  for (const environment of new Set(others.map((store) => store.environment))) await jobs.send(`${restoredQueue}${environment}`, { subject: id, environment, stores: others.filter((store) => store.environment === environment).map((store) => store.id) }, `${id} ${environment}`)
}

async function restoredFor(bailee: Bailee, { job, doing, options }: Given): Promise<string> {
  const stores = job.data['stores'] as readonly string[]
  // What a sweep keeps of a place, it keeps only where something tells whether that changed: Redis is not among it.
  const search = { ...await searchKept(bailee.database, stores), lookIn: stores }
  const taken = await findRestored({ ...contextOf(bailee, options, doing), environments: [String(job.data['environment'])] }, search, options.clock())
  return taken.length === 0 ? 'no certificate is taken back' : `taken back: ${taken.join(', ')}`
}
