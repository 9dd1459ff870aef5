/** A worker beside a sweep: it reads units that another process planned and will judge. */
import { allStores } from '#inventory'
import type { Instant } from '#kit/time'
import { workerName } from '#kit/worker'
import type { TraceContext } from '../fingerprints.ts'
import { listPlaces, scratchIn } from '../places.ts'
import { currentEpoch } from '../store.ts'
import { listForOthers, servedStores, serves } from './listing.ts'
import { placeKey } from './plan.ts'
import { openForSearch, sweepsDirectory, type SearchOptions } from './opened.ts'
import { hasFreeUnits, knownAddresses, letGoOf, runningSweeps, type Run } from './store.ts'
import { createThrottle } from './throttle.ts'
import { freeDeadUnits, keepLeases, work } from './work.ts'

export interface Helped {
  /** Units read. */
  readonly units: number
  /** Whether stores were listed for sweeps of others. */
  readonly listed: boolean
  /** Sweeps that could not be helped: other fingerprints than there are here. */
  readonly others: readonly string[]
}

/**
 * Reads units of every sweep that runs, until there is none to lease. The data plane's directory must be the sweep's own: keys, fingerprints and results are there.
 * Throws `Refused` when there are no fingerprints.
 */
export async function helpSweeps(context: TraceContext, at: Instant, options: Pick<SearchOptions, 'threads' | 'bytesPerSecond' | 'tableTokensMax'> = {}): Promise<Helped> {
  const { database } = context.ledger
  const worker = workerName()
  const listed = await listForOthers(context, worker)
  const stores = await allStores(database)
  const served = servedStores(context, stores)
  const runs: Run[] = []
  for (const run of await runningSweeps(database)) if (await hasFreeUnits(database, run.id, served)) runs.push(run)
  if (runs.length === 0) return { units: 0, listed, others: [] }
  const opened = await openForSearch(context, options)
  const letGo = keepLeases(database, worker)
  let units = 0
  try {
    await freeDeadUnits(database)
    const mine = runs.filter((run) => run.fingerprints === opened.fingerprints)
    for (const run of mine) {
      const { places } = await listPlaces(stores.filter((one) => serves(context, one) && (run.stores === null || run.stores.includes(one.id))), context.references, { scratch: scratchIn(context.directory), beside: [...(await knownAddresses(database)).values()], apart: true })
      units += await work({
        database, sweep: run.id, worker, directory: sweepsDirectory(context), key: context.ledger.keys.traceKey('sweep', await currentEpoch(database)).key,
        places: new Map(places.map((place) => [placeKey({ store: place.store.id, place: place.place }), place])),
        reading: { passes: opened.passes.all, ...createThrottle(options.bytesPerSecond, () => performance.now()), teller: run.tells ? await context.governed?.() : undefined }, at, stopping: context.stopping, stores: served,
        progress: (unit, { done, total }) => context.progress?.({ work: `helping ${run.id}`, place: `${unit.store}: ${unit.place}`, done, total, rows: 0 }),
      }, false)
    }
    return { units, listed, others: runs.filter((run) => !mine.includes(run)).map(({ id }) => id) }
  } finally {
    letGo()
    await letGoOf(database, worker).catch(() => undefined)
    await opened.close()
  }
}
