import { createHash, randomUUID } from 'node:crypto'
import { allDatasets, allStores, isUnread, printPart, wholeUnit, type Dataset, type Part, type Store } from '#inventory'
import type { Draft, Json } from '#ledger'
import { Broken, Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import { destroyExpired, epoch, openSegments, type TraceContext } from './fingerprints.ts'
import { listPlaces, type Places, type SearchablePlace } from './places.ts'
import { canBeFound, createSearcher, type DatasetResult, type PlaceCoverage, type Searcher } from './search/index.ts'
import { allFindings } from './store.ts'
import type { Finding, FingerprintRecord, SearchedPlace, StoreCoverage } from './types.ts'

/** One search of every store. */
export interface Search {
  readonly searched: readonly SearchedPlace[]
  readonly coverage: readonly StoreCoverage[]
  /** By id of its fingerprints, as results name them. */
  readonly fingerprints: ReadonlyMap<string, FingerprintRecord>
  /** Of them, those whose copies no search can tell from chance: finding none says nothing. */
  readonly unable: ReadonlySet<string>
}

/** Records of one controller in one place. */
export interface Match {
  readonly controller: string
  readonly slot: number
  readonly store: string
  readonly environment: string
  readonly place: string
  /** Distinct people. */
  readonly records: number
  readonly rows: number
  /** A table that is declared as this controller's, and its exit is not certified yet: after that nothing of it may be anywhere. */
  readonly own: boolean
  readonly results: readonly DatasetResult[]
}

/**
 * Searches every place of every store for the records of every dataset with fingerprints. What could not be read is in `coverage`.
 * Throws `Refused` when there are no fingerprints, `Broken` when not one value was read: neither is a clean result. `erased`: places (`placeKey`) that were
 * emptied on purpose, so that a folder without files is known to be right.
 */
export async function searchStores(context: TraceContext, erased: ReadonlySet<string> = new Set()): Promise<Search> {
  const opened = await openSegments(context)
  if (opened.length === 0) throw new Refused('trace/no-fingerprints', 'there is nothing to search for: no dataset has fingerprints. Run: bailee trace refresh')
  const searcher = await createSearcher(opened.map((one) => one.segment), context.ledger.keys.epochKey(epoch))
  const stores = await allStores(context.ledger.database)
  const places = await listPlaces(stores, context.references)
  const notRead = [...places.notRead, ...emptyFolders(stores, places, (await allFindings(context.ledger.database)).filter((finding) => finding.state === 'open' && !erased.has(placeKey(finding))))]
  const searched: SearchedPlace[] = []
  let rows = 0
  for (const [done, place] of places.places.entries()) {
    context.progress?.({ work: 'searching', place: `${place.store.id}: ${place.place}`, done, total: places.places.length, rows })
    const found = await searchOne(searcher, place)
    searched.push(...found.searched)
    notRead.push(...found.notRead)
    rows += found.searched.reduce((sum, { coverage }) => sum + coverage.rows, 0)
  }
  const emptied = erased.size > 0 && (searched.length > 0 || notRead.length === 0) // and what was not read keeps the certificate from being complete
  if (!emptied && searched.length > 0 && notRead.length > 0 && searched.every((place) => place.coverage.values === 0)) throw new Broken('trace/nothing-read', 'the search read no value anywhere; that is no clean result')
  if (!emptied && searched.length === 0) throw new Broken('trace/nothing-read', `the search could read no place: ${notRead.map((place) => `${place.store} (${place.because})`).slice(0, 5).join('; ')}`)
  return { searched, coverage: stores.map((store) => coverageOf(store, searched, notRead)), fingerprints: new Map(opened.map((one) => [one.record.id, one.record])), unable: new Set(opened.filter((one) => !canBeFound(one.segment.header)).map((one) => one.record.id)) }
}

/** A place of a store as one key, for sets and maps. */
export const placeKey = (place: { readonly store: string; readonly place: string }): string => `${place.store}\n${place.place}`

/** A folder that held copies and holds nothing now may just not be mounted: that is not the same as clean. */
function emptyFolders(stores: readonly Store[], places: Places, open: readonly Finding[]): Places['notRead'] {
  const read = new Set([...places.places.map((place) => place.store.id), ...places.notRead.map((place) => place.store)])
  return stores.filter((store) => store.kind === 'files' && !read.has(store.id) && open.some((finding) => finding.store === store.id))
    .map((store) => ({ store: store.id, place: '*', because: 'the folder is empty, although copies were found in it: is it mounted?' }))
}

/** Every part of a place is a place of its own for findings; what could not be read to its end was not read. */
async function searchOne(searcher: Searcher, place: SearchablePlace): Promise<{ searched: SearchedPlace[]; notRead: { store: string; place: string; because: string }[] }> {
  const searched: SearchedPlace[] = []
  const notRead: { store: string; place: string; because: string }[] = []
  try {
    for await (const part of place.open(wholeUnit)) {
      const named = part.name === '' ? place.place : printPart(place.place, part.name)
      const found = isUnread(part) ? part : await searchPart(searcher, part)
      if ('because' in found) notRead.push({ store: place.store.id, place: named, because: found.because })
      else searched.push({ store: place.store.id, environment: place.store.environment, place: named, ...found })
    }
  } catch (cause) {
    if (!(cause instanceof Broken)) throw cause
    notRead.push({ store: place.store.id, place: place.place, because: cause.message }) // half read is not read
  }
  return { searched, notRead }
}

async function searchPart(searcher: Searcher, part: Part): Promise<Pick<SearchedPlace, 'coverage' | 'partly' | 'results'> | { because: string }> {
  try {
    const { coverage, datasets } = await searcher.search(part.bytes, { delimiter: part.delimiter })
    return { coverage, partly: [...part.partly(), ...notCompared(coverage)], results: datasets }
  } catch (cause) {
    if (cause instanceof Broken) return { because: cause.message }
    throw cause
  }
}

function notCompared({ tooLong, brokenQuotes, lost }: PlaceCoverage): string[] {
  return [
    ...(tooLong > 0 ? [`${tooLong} fields are longer than any value`] : []),
    ...(brokenQuotes > 0 ? [`${brokenQuotes} fields open with a quote that does not close`] : []),
    ...(lost > 0 ? [`${lost} values found are more than could be counted: its figures are too low`] : []),
  ]
}

function coverageOf(store: Store, searched: readonly SearchedPlace[], notRead: readonly { store: string; place: string; because: string }[]): StoreCoverage {
  const mine = searched.filter((place) => place.store === store.id)
  const sum = (pick: (place: SearchedPlace) => number): number => mine.reduce((total, place) => total + pick(place), 0)
  return {
    store: store.id, environment: store.environment, kind: store.kind, places: mine.length,
    rows: sum((place) => place.coverage.rows), values: sum((place) => place.coverage.values), bytes: sum((place) => place.coverage.bytes),
    not_read: notRead.filter((place) => place.store === store.id).map(({ place, because }) => ({ place, because })),
    partly_read: mine.filter((place) => place.partly.length > 0).map(({ place, partly }) => ({ place, because: partly.join('; ') })),
  }
}

/**
 * What one controller is told of a search: that every store was read or why not, but neither how much another controller has, nor what its tables are called
 * (no log names another controller, `contracts.md` 2).
 */
export function coverageFor(controller: string, coverage: readonly StoreCoverage[], datasets: readonly Dataset[]): StoreCoverage[] {
  const owners = Map.groupBy(datasets, (dataset) => dataset.store)
  return coverage.map((store) => {
    const own = (owners.get(store.store) ?? []).map((dataset) => dataset.controller)
    if (own.every((owner) => owner === controller)) return store
    const unnamed = (places: StoreCoverage['not_read']): StoreCoverage['not_read'] => (own.includes(controller) ? places : places.map(({ because }) => ({ place: '*', because })))
    return {
      store: store.store, environment: store.environment, kind: store.kind, places: store.places, withheld: 'how much was read: it holds others\' records as well',
      not_read: unnamed(store.not_read), partly_read: unnamed(store.partly_read),
    }
  })
}

/**
 * Whose records are where. In a table that is declared as another controller's, only rows whose columns agree on one record count: somebody may be
 * a customer of both, and one shared address is no copy.
 */
export function matchesOf(search: Search, datasets: readonly Dataset[]): Match[] {
  const ownersOf = Map.groupBy(datasets.flatMap(({ store, controller, tables }) => tables.map((table) => ({ controller, place: placeKey({ store, place: table.table }) }))), (owned) => owned.place)
  return search.searched.flatMap((place) => {
    const owners = (ownersOf.get(placeKey(place)) ?? []).map((owned) => owned.controller)
    const byController = Map.groupBy(place.results.filter((result) => result.verdict === 'copy'), (result) => search.fingerprints.get(result.dataset)?.controller ?? '')
    return [...byController].flatMap(([controller, results]): Match[] => {
      const counted = owners.length === 0 || owners.includes(controller) ? results : results.filter((result) => result.confirmedRows > 0)
      if (counted.length === 0) return []
      const known = search.fingerprints.get(counted[0]?.dataset ?? '')
      return [{
        controller, slot: known?.slot ?? 0, store: place.store, environment: place.environment, place: place.place, own: owners.includes(controller) && known?.state === 'live', results: counted,
        records: Math.max(...counted.map((result) => result.records)), rows: Math.max(...counted.map((result) => result.rows)),
      }]
    })
  })
}

export interface SweepReport {
  readonly sweep: string
  readonly findings: readonly Finding[]
  readonly opened: readonly string[]
  readonly coverage: readonly StoreCoverage[]
  /** What the sweep read, for whoever wants more than its findings. */
  readonly search: Search
}

/** The id of a finding follows from whose it is and where: the same place found again is the same finding. */
export function findingId(match: Pick<Match, 'controller' | 'store' | 'place'>): string {
  return `F-${createHash('sha256').update(`${match.controller}\n${match.store}\n${match.place}`).digest('hex').slice(0, 10)}`
}

/**
 * Sweeps every store and records, in each controller's log, what was searched and what was found that no instruction covers. A finding that is
 * no longer there is resolved only when its place was read whole, or is gone from a store of which every place was read.
 */
export async function sweep(context: TraceContext, at: Instant, { purpose = 'nightly sweep', erased }: { purpose?: string; erased?: ReadonlySet<string> } = {}): Promise<SweepReport> {
  await destroyExpired(context, at)
  const search = await searchStores(context, erased)
  const datasets = await allDatasets(context.ledger.database)
  const matches = matchesOf(search, datasets).filter((match) => !match.own)
  const id = `SWP-${randomUUID().slice(0, 8)}`
  const known = await allFindings(context.ledger.database)
  const opened: string[] = []
  for (const [slot, controller] of new Map([...search.fingerprints.values()].map((record) => [record.slot, record.controller]))) {
    const drafts = findingDrafts({ slot, matches, known, search, opened }, at)
    const coverage = coverageFor(controller, search.coverage, datasets) as unknown as Json
    await context.ledger.append([{ slot, type: 'sweep.completed', at, parts: { evidence: { sweep: id, purpose, coverage, found: drafts.filter((draft) => draft.type !== 'finding.resolved').length } } }, ...drafts])
  }
  return { sweep: id, findings: (await allFindings(context.ledger.database)).filter((finding) => finding.state === 'open'), opened, coverage: search.coverage, search }
}

interface Comparing { readonly slot: number; readonly matches: readonly Match[]; readonly known: readonly Finding[]; readonly search: Search; readonly opened: string[] }

function findingDrafts({ slot, matches, known, search, opened }: Comparing, at: Instant): Draft[] {
  const mine = matches.filter((match) => match.slot === slot)
  const seen = mine.map((match): Draft => {
    const finding = findingId(match)
    const before = known.find((one) => one.id === finding && one.state === 'open')
    if (before === undefined) opened.push(finding)
    const { controller, store, environment, place, records, rows } = match
    const reasons = match.results.flatMap((result) => result.reasons)
    return { slot, type: before === undefined ? 'finding.opened' : 'finding.seen_again', at, parts: { evidence: { finding, controller, store, environment, place, records, rows, reasons } } }
  })
  const found = new Set(mine.map(findingId))
  const gone = known.filter((finding) => finding.slot === slot && finding.state === 'open' && !found.has(finding.id) && wasRead(finding, search))
  return [...seen, ...gone.map((finding): Draft => ({ slot, type: 'finding.resolved', at, parts: { evidence: { finding: finding.id, because: 'no longer found there', records: 0, rows: 0 } } }))]
}

function wasRead(finding: Finding, search: Search): boolean {
  const read = search.searched.find((place) => placeKey(place) === placeKey(finding))
  if (read !== undefined) return read.partly.length === 0
  return search.coverage.some((store) => store.store === finding.store && store.not_read.length === 0)
}
