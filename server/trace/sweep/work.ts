/** Reading the units of a sweep: by the process that began it, and by any number of others beside it. */
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Database } from '#database'
import { Broken } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import type { Instant } from '#kit/time'
import { hasEnded } from '#kit/worker'
import type { SearchablePlace } from '../places.ts'
import { createMoments, type Moments } from './moment.ts'
import { placeKey } from './plan.ts'
import { readUnit, type Reading } from './readUnit.ts'
import { endUnits, leaseUnits, leasingWorkers, progressOf, releaseUnits, renewLeases, type Unit } from './store.ts'
import { writeUnits, type UnitOutcome } from './unitFile.ts'

/** How often a unit is begun: one that ends its process each time is named as not read, or no sweep would ever end. */
export const attemptsMax = 3

/** Milliseconds between two renewals of a lease: several fit into it. */
const renewMilliseconds = 15_000

/** Milliseconds between two looks whether another worker has ended its unit. */
const lookMilliseconds = 200

/** Seconds after which what was read is counted and recorded, where places are better counted together: so much is lost when the process is killed. */
const heldSecondsMax = 600

/** Milliseconds between two countings of what is done: every unit is looked at. */
const tellMilliseconds = 500

/** Where the results of a sweep's units are, until it is recorded. */
export const unitsDirectory = (directory: string, sweep: string): string => join(directory, sweep)

/** The name a file of units is sealed under. */
export const unitName = (sweep: string, file: string): string => `${sweep}/${file}`

/** Frees the units of processes of this machine that have ended, so that nobody waits for their leases. */
export async function freeDeadUnits(database: Database): Promise<void> {
  for (const worker of await leasingWorkers(database)) if (hasEnded(worker)) await releaseUnits(database, worker)
}

/** Renews the leases of a worker until the function it returns is called. A renewal that fails is made up for by the next. */
export function keepLeases(database: Database, worker: string): () => void {
  const timer = setInterval(() => { renewLeases(database, worker).catch(() => undefined) }, renewMilliseconds)
  timer.unref()
  return () => clearInterval(timer)
}

export interface Working {
  readonly database: Database
  readonly sweep: string
  readonly worker: string
  /** Of the sealed results of all sweeps. */
  readonly directory: string
  readonly key: Uint8Array
  readonly places: ReadonlyMap<string, SearchablePlace>
  readonly reading: Reading
  readonly at: Instant
  /** Ids of the stores of which this process reads; null for all. */
  readonly stores?: readonly string[] | null
  /** Done while it waits for others. */
  readonly meanwhile?: (() => Promise<void>) | undefined
  /** As in `TraceContext`. What was read is recorded first. */
  readonly stopping?: AbortSignal | undefined
  /** Told before each unit. */
  readonly progress?: (unit: Unit, state: Awaited<ReturnType<typeof progressOf>>) => void
}

/**
 * Reads units until none is left, those of others included when they lose them: resolves when every unit is done or unread. `alone: false`: resolves
 * already when there is nothing to lease.
 */
export async function work(working: Working, alone = true): Promise<number> {
  const { sweep, worker } = working
  await mkdir(unitsDirectory(working.directory, sweep), { recursive: true, mode: 0o700 })
  const moments = createMoments(worker, () => performance.now())
  try {
    return await workThrough(working, moments, alone)
  } finally {
    await moments.end()
  }
}

/** What was read under one lease, and is not counted and recorded yet. */
interface Held {
  readonly units: readonly Unit[]
  readonly read: ReadonlyMap<number, () => Promise<UnitOutcome>>
  readonly unread: { number: number; because: string }[]
}

async function workThrough(working: Working, moments: Moments, alone: boolean): Promise<number> {
  const { database, sweep, worker } = working
  const waits = working.reading.passes.some((pass) => pass.waits)
  const held: Held[] = []
  let since = performance.now()
  const settle = async (): Promise<void> => {
    for (const one of held.splice(0)) await endAll(working, one)
  }
  for (let read = 0, told = -tellMilliseconds; ; ) {
    if (working.stopping?.aborted === true) {
      await settle()
      working.stopping.throwIfAborted()
    }
    failpoint('sweep/before-lease')
    const units = await leaseUnits(database, { sweep, worker, stores: working.stores })
    const [unit] = units
    if (unit !== undefined) {
      if (working.progress !== undefined && performance.now() - told > tellMilliseconds) {
        told = performance.now()
        working.progress(unit, await progressOf(database, sweep))
      }
      // One that ended a process before may do so again, and what is held would be lost with it.
      const begunBefore = units.some(({ attempts }) => attempts > 1)
      if (begunBefore) await settle()
      if (held.length === 0) since = performance.now()
      held.push(await readAll(working, moments, units))
      if (!waits || begunBefore || performance.now() - since > heldSecondsMax * 1000) await settle()
      read += units.length
      continue
    }
    if (held.length > 0) {
      await settle()
      continue
    }
    const { done, total } = await progressOf(database, sweep)
    if (done === total || !alone) return read
    await moments.end() // others may take long
    await working.meanwhile?.()
    await wait(lookMilliseconds)
    await freeDeadUnits(database)
  }
}

async function readAll(working: Working, moments: Moments, units: readonly Unit[]): Promise<Held> {
  const read = new Map<number, () => Promise<UnitOutcome>>()
  const unread: Held['unread'] = []
  for (const unit of units) {
    const outcome = await readOne(working, moments, unit)
    if ('because' in outcome) unread.push({ number: unit.number, because: outcome.because })
    else read.set(unit.number, outcome.counted)
  }
  failpoint('sweep/after-reading')
  return { units, read, unread }
}

/** Counts what was read, makes it durable, and only then records it. */
async function endAll(working: Working, { units, read, unread }: Held): Promise<void> {
  const { database, sweep, at } = working
  const outcomes = new Map<number, UnitOutcome>()
  for (const [number, counted] of read) {
    const outcome = await counted()
    const whole = outcome.unread.find(({ name }) => name === '')
    if (whole !== undefined && outcome.parts.length === 0) unread.push({ number, because: whole.because })
    else outcomes.set(number, outcome)
  }
  failpoint('sweep/before-tally')
  const file = `${units[0]?.number ?? 0}-${units[0]?.attempts ?? 0}.unit`
  const sha256 = outcomes.size === 0 ? undefined : await writeUnits(join(unitsDirectory(working.directory, sweep), file), outcomes, { key: working.key, name: unitName(sweep, file), random: randomBytes })
    .catch((cause: unknown) => { throw new Broken('trace/unit-unwritable', 'what was read of a place cannot be written beside the fingerprints', { cause }) })
  failpoint('sweep/after-tally')
  await endUnits(database, working, { unread, read: sha256 === undefined ? undefined : { numbers: [...outcomes.keys()], file, sha256, readAt: at } })
  failpoint('sweep/after-done')
}

async function readOne(working: Working, moments: Moments, unit: Unit): Promise<{ counted: () => Promise<UnitOutcome> } | { because: string }> {
  if (unit.attempts > attemptsMax) return { because: `reading it ended the process ${attemptsMax} times` }
  const place = working.places.get(placeKey(unit))
  if (place === undefined) return { because: 'it was there when the sweep began, and is not any more' }
  const opener = await moments.of(place, unit.unit).catch((cause: unknown) => {
    if (cause instanceof Broken) return { because: cause.message }
    throw cause
  })
  if ('because' in opener) return opener
  let { moment } = opener
  const reopen: SearchablePlace['open'] = (wanted) => {
    moment = null // the one that it was read at has passed
    return place.open(wanted)
  }
  const counted = await readUnit({ open: opener.open, reopen }, unit.unit, working.reading)
  return { counted: async () => ({ ...await counted(), moment }) }
}
