/** Counts the people of datasets by country, from the stores themselves, and keeps what was counted for when they are gone. */
import { allContracts } from '#contract'
import { allDatasets, allStores, csvFields, rowsOfDataset, type Dataset } from '#inventory'
import { readerOf, scratchIn, spelledAlike, type TraceContext } from '#trace'
import { Broken } from '#kit/errors'
import type { Instant } from '#kit/time'
import { atAnyOf, populationOf, together, type Census, type Population } from './count.ts'
import { tellApart, type Telling } from './distinct.ts'
import { censusesOf } from './store.ts'

type Numbers = Omit<Census, 'dataset' | 'takenAt'>
interface Counting { readonly telling: Telling; unnamed: number }

/** Adds the people of a table: each once, however many rows and tables hold them. */
async function countTable(counting: Counting, { table, rows }: { table: Dataset['tables'][number]; rows: AsyncIterable<Uint8Array> }): Promise<void> {
  const category = table.columns[table.subject]?.category ?? table.subject
  for await (const [subject, country] of csvFields(rows)) {
    if (subject === null || subject === undefined || subject.trim() === '') counting.unnamed += 1
    else counting.telling.add(`${category}\n${spelledAlike(subject)}`, country ?? '')
  }
}

/** Who is in these tables now, each once; a string says why nothing can be counted. Of tables in which nobody is, nothing is said: they may be emptied, or hidden from whoever reads them. */
async function countIn(context: TraceContext, datasets: readonly Dataset[]): Promise<Numbers | string> {
  const counting: Counting = { telling: tellApart({ directory: scratchIn(context.directory) }), unnamed: 0 }
  try {
    const because = await countAll(context, datasets, counting)
    if (because !== undefined) return because
    const { telling, unnamed } = counting
    if (telling.rows === 0) return unnamed === 0 ? 'no row is there to be read: that says nothing of who was in it' : `none of its ${unnamed.toLocaleString('en-GB')} rows says who it is of`
    return { ...telling.finish(), unnamed }
  } finally {
    counting.telling.close()
  }
}

/** Reads every table; resolves to why one cannot be. */
async function countAll(context: TraceContext, datasets: readonly Dataset[], counting: Counting): Promise<string | undefined> {
  const stores = new Map((await allStores(context.ledger.database)).map((store) => [store.id, store]))
  for (const dataset of datasets) {
    const sourceOf = readerOf(context, stores.get(dataset.store))
    if (typeof sourceOf === 'string') return sourceOf
    for (const table of dataset.tables) {
      try {
        const reader = await rowsOfDataset(sourceOf(table))
        if (typeof reader === 'string') return `${table.table}: ${reader}`
        await countTable(counting, { table, rows: reader.read([table.subject, ...(table.country === undefined ? [] : [table.country])]).rows })
      } catch (cause) {
        if (cause instanceof Broken) return `${table.table}: ${cause.message}`
        throw cause
      }
    }
  }
  return undefined
}

/** Seconds after which people are counted again; `dataset`: only this one. */
export interface CensusOptions { readonly everySeconds?: number; readonly dataset?: string }

/** Counts the people of each dataset under a live contract and records it; not those that were counted less than `everySeconds` ago. Resolves to what could not be counted, too: it is never recorded as nobody. */
export async function takeCensus(context: TraceContext, at: Instant, { everySeconds = 0, dataset: only }: CensusOptions = {}): Promise<{ readonly taken: readonly Census[]; readonly notTaken: readonly { readonly dataset: string; readonly because: string }[] }> {
  const { database } = context.ledger
  const live = new Set((await allContracts(database)).filter((contract) => contract.endedAt === undefined).map((contract) => contract.controller))
  const [taken, notTaken]: [Census[], { dataset: string; because: string }[]] = [[], []]
  for (const dataset of (await allDatasets(database)).filter((one) => live.has(one.controller) && (only ?? one.id) === one.id)) {
    if (everySeconds > 0 && (await censusesOf(database, dataset.controller)).some((one) => one.dataset === dataset.id && at - one.takenAt < everySeconds)) continue
    const counted = await countIn(context, [dataset])
    if (typeof counted === 'string') { notTaken.push({ dataset: dataset.id, because: counted }); continue }
    const { people, byCountry, unknown, unnamed } = counted
    await context.ledger.append({ slot: dataset.slot, type: 'breach.census_taken', at, parts: { evidence: { dataset: dataset.id, controller: dataset.controller, people, by_country: byCountry, unknown, unnamed } } })
    taken.push({ dataset: dataset.id, takenAt: at, ...counted })
  }
  return { taken, notTaken }
}

/** Among whom those of a copy are, and where that comes from. */
export interface PeopleCounted {
  readonly source: 'stores' | 'recorded earlier' | 'both' | 'none'
  readonly population: Population
  /** Of the earliest and the latest count that went into it. */
  readonly asOf: Instant | null
  readonly until: Instant | null
  /** The earliest count was taken after the time that is asked about began. */
  readonly startsLate: boolean
  /** Some dataset was never counted. */
  readonly partly: boolean
  /** Several datasets may hold the same people. */
  readonly overlap: boolean
}

export interface Asking {
  readonly controller: string
  /** None: all of the controller's. */
  readonly datasets: readonly string[]
  /** When the copy was made, between these. */
  readonly from: Instant
  readonly to: Instant
}

/** The people of a controller by country in a time: from the stores as they are now where that time reaches to now, and as they were counted in it. */
export async function peopleOf(context: TraceContext, { controller, datasets, from, to }: Asking, at: Instant): Promise<PeopleCounted> {
  const { database } = context.ledger
  const mine = (await allDatasets(database)).filter((one) => one.controller === controller && (datasets.length === 0 || datasets.includes(one.id)))
  const live = (await allContracts(database)).some((contract) => contract.controller === controller && contract.endedAt === undefined)
  const recorded = Map.groupBy(await censusesOf(database, controller), ({ dataset }) => dataset)
  const relevant: (readonly (Numbers & { readonly takenAt: Instant; readonly now: boolean })[])[] = []
  for (const dataset of mine) {
    const earlier = (recorded.get(dataset.id) ?? []).map((one) => ({ ...one, now: false }))
    const reachesNow = (earlier.at(-1)?.takenAt ?? -Infinity) < to
    const counted = live && reachesNow ? await countIn(context, [dataset]) : 'not asked'
    relevant.push(within([...earlier.filter(({ takenAt }) => takenAt <= at), ...(typeof counted === 'string' ? [] : [{ ...counted, takenAt: at, now: true }])], from, to))
  }
  const all = relevant.flat()
  const nowOnly = mine.length > 1 && relevant.every((list) => list.length === 1 && list[0]!.now)
  const joint = nowOnly ? await countIn(context, mine) : 'counted one by one'
  const population = typeof joint === 'string' ? together(relevant.map((list) => atAnyOf(list.map(populationOf)))) : populationOf(joint)
  const times = all.map(({ takenAt }) => takenAt)
  return {
    population: mine.length === 0 ? atAnyOf([]) : population, source: all.length === 0 ? 'none' : all.every(({ now }) => now) ? 'stores' : all.some(({ now }) => now) ? 'both' : 'recorded earlier',
    asOf: all.length === 0 ? null : Math.min(...times), until: all.length === 0 ? null : Math.max(...times),
    startsLate: relevant.some((list) => (list[0]?.takenAt ?? -Infinity) > from), partly: relevant.some((list) => list.length === 0), overlap: mine.length > 1 && typeof joint === 'string',
  }
}

/** Of counts, oldest first, those of a time: the last before it begins, those in it, and the first when it is over. */
function within<Counted extends { readonly takenAt: Instant }>(counts: readonly Counted[], from: Instant, to: Instant): Counted[] {
  const first = Math.max(0, counts.findLastIndex(({ takenAt }) => takenAt <= from))
  const after = counts.findIndex(({ takenAt }) => takenAt >= to)
  return counts.slice(first, Math.max(first, after < 0 ? counts.length - 1 : after) + 1)
}
