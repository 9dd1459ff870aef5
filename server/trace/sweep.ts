import { createHash } from 'node:crypto'
import { allDatasets, type Dataset, type DerivedDataset, type StoreKind } from '#inventory'
import type { Draft, Json } from '#ledger'
import { failpoint } from '#kit/failpoint'
import type { Instant } from '#kit/time'
import { destroyExpired, type TraceContext } from './fingerprints.ts'
import type { DatasetResult } from './search/index.ts'
import { recordGoverned, type GovernedRecorded } from './invented.ts'
import { recordedAs, shownIn } from './names.ts'
import { allFindings, recentSweeps } from './store.ts'
import { boundedCoverage, coverageFor } from './sweep/coverage.ts'
import { appearedBetween, detailOf } from './sweep/evidence.ts'
import { coveredAt, type DerivedAt } from './sweep/derived.ts'
import { createOwnership, splitByOwners, splitDerived, together, type OwnedPlace, type Ownership } from './sweep/owners.ts'
import { placeKey } from './sweep/plan.ts'
import { dateCopy } from './sweep/made.ts'
import { createThrottle } from './sweep/throttle.ts'
import { runSearch, type RunningSearch, type Search, type SearchOptions } from './sweep/search.ts'
import { keepPlaces, recordedSlots } from './sweep/store.ts'
import { governedIn, type InventedTeller } from './telling.ts'
import type { Finding, FindingDetail, ProbablyMade, SearchedPart, SearchedPlace, StoreCoverage, SweepRecord } from './types.ts'
import { isLeft, largestTable } from './left.ts'

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
  /** A table that is declared as this controller's or known to be derived from its datasets, and its exit is not certified yet: after that nothing of it may be anywhere. */
  readonly own: boolean
  /** The derived dataset of this controller that stands there. */
  readonly derived?: DerivedDataset
  readonly results: readonly DatasetResult[]
  /** Of the place, those that hold them. */
  readonly parts: readonly SearchedPart[]
  readonly detail: FindingDetail
}

/** Searches the stores anew, for whoever needs to know what is where, and records nothing. Throws as `runSearch` does. */
export async function searchStores(context: TraceContext, at: Instant, options: Omit<SearchOptions, 'changed'> = {}): Promise<Search> {
  const { search, end } = await runSearch(context, at, { purpose: 'search', ...options })
  await end()
  return search
}

/**
 * Whose records are where. In a table that is declared as another controller's, only rows whose columns agree on one record count: somebody may be
 * a customer of both, and one shared address is no copy. The planner's statistics of a table are its owner's as the table is. A table that is known to be
 * derived is its controller's as far as what it was derived from; whoever else's people are in it count, its controller's other datasets too.
 */
export function matchesOf(search: Search, datasets: readonly Dataset[], derived: DerivedAt = () => undefined): Match[] {
  const kinds = new Map(search.coverage.map(({ store, kind }) => [store, kind as StoreKind]))
  const ownership = createOwnership(datasets, (store) => kinds.get(store))
  return search.searched.flatMap((place) => splitDerived(place, derived)).flatMap((place) => {
    const known = derived(place.store, place.place)
    const owned = known === undefined ? splitByOwners(place, ownersAt(place, ownership)) : [{ place, owners: [known.controller] }]
    const found = owned.flatMap((one) => heldIn(one, search, { datasets, kind: kinds.get(place.store), derived: known }))
    const controllers = new Set(found.map(({ controller }) => controller)).size
    return [...Map.groupBy(found, ({ controller, own }) => `${controller}\n${own}`).values()].map((held) => matchOf(search, held, controllers))
  })
}

/** Where a server keeps definitions and statistics of its tables: what stands there of a table is no copy that anybody made. Nobody else's tables lie there. */
const keptByServer = /^(pg_catalog[.].+|information_schema[.].+|mysql[.](column_stats|table_stats|index_stats|innodb_table_stats|innodb_index_stats))$/

/** Whose a place is declared to be: a table or a file, a partition of a table, some parts of a file. */
function ownersAt(place: SearchedPlace, ownership: Ownership): ReturnType<Ownership['of']> {
  const declared = ownership.of(place.store, place.place)
  return declared.length > 0 || place.of === undefined ? declared : ownership.of(place.store, place.of)
}

interface Held { readonly place: SearchedPlace; readonly controller: string; readonly own: boolean; readonly derived?: DerivedDataset; readonly results: readonly DatasetResult[] }

/** Whose copies a place, or the parts of it that have these owners, holds. */
function heldIn({ place, owners: declared }: OwnedPlace, search: Search, { datasets, kind, derived }: { datasets: readonly Dataset[]; kind: StoreKind | undefined; derived: DerivedDataset | undefined }): Held[] {
  const servers = declared.length === 0 && place.of === undefined && (kind === 'postgres' || kind === 'mysql') && keptByServer.test(place.place)
  const owners = servers ? datasets.filter((dataset) => dataset.store === place.store).map((dataset) => dataset.controller) : declared
  const byController = Map.groupBy(place.results.filter((result) => result.verdict === 'copy'), (result) => search.fingerprints.get(result.dataset)?.controller ?? '')
  return [...byController].flatMap(([controller, results]): Held[] => {
    if (derived !== undefined) return heldInDerived(derived, { place, controller, results }, search)
    const own = owners.includes(controller)
    const counted = owners.length === 0 || own ? results : results.filter((result) => result.confirmedRows > 0)
    return counted.length === 0 ? [] : [{ place, controller, own, results: counted }]
  })
}

/** An instruction covers what was derived from its own datasets: everything else in it was not put there by it, however little. */
function heldInDerived(derived: DerivedDataset, { place, controller, results }: Pick<Held, 'place' | 'controller' | 'results'>, search: Search): Held[] {
  const isOwn = ({ dataset }: DatasetResult): boolean => controller === derived.controller && derived.from.includes(search.fingerprints.get(dataset)?.dataset ?? '')
  const [own, other] = [results.filter(isOwn), results.filter((result) => !isOwn(result))]
  return [
    ...(own.length === 0 ? [] : [{ place, controller, own: true, derived, results: own }]),
    ...(other.length === 0 ? [] : [{ place, controller, own: false, results: other }]),
  ]
}

/** Of one controller in one place: more than one only where several parts of it have other owners. */
function matchOf(search: Search, held: readonly Held[], controllers: number): Match {
  const [{ place: first, controller, own, derived }] = held as [Held]
  const results = held.length === 1 ? held[0]!.results : together(held.flatMap((one) => one.results))
  const place = held.length === 1 ? first : { ...first, parts: held.flatMap((one) => one.place.parts) }
  const known = search.fingerprints.get(results[0]?.dataset ?? '')
  return {
    controller, slot: known?.slot ?? 0, store: place.store, environment: place.environment, place: place.place, own: own && known?.state === 'live', ...(derived === undefined ? {} : { derived }), results, parts: place.parts,
    ...largestTable(results),
    detail: detailOf({ place, results, fingerprints: search.fingerprints, controllers }),
  }
}

/** A copy that an instruction covers. */
export type KnownCopy = Pick<Match, 'controller' | 'store' | 'environment' | 'place' | 'records' | 'rows'> & Pick<DerivedDataset, 'id' | 'instruction'>

export interface SweepReport {
  readonly sweep: string
  readonly findings: readonly Finding[]
  readonly opened: readonly string[]
  readonly resolved: readonly string[]
  /** Derived datasets that are where an instruction lets them be, with the people of its controller that they hold. */
  readonly known: readonly KnownCopy[]
  /** Reasons beyond the first of a store are counted. */
  readonly coverage: readonly StoreCoverage[]
  /** What the sweep read, for whoever wants more than its findings. */
  readonly search: Search
}

/** The id of a finding follows from whose it is and where: the same place found again is the same finding. */
export function findingId(match: Pick<Match, 'controller' | 'store' | 'place'>): string {
  return `F-${createHash('sha256').update(`${match.controller}\n${match.store}\n${match.place}`).digest('hex').slice(0, 10)}`
}

/**
 * Sweeps the stores and records, in each controller's log, what was searched and what was found that no instruction covers. A finding that is
 * no longer there is resolved only when its place was read whole, or is gone from a store of which every place was read. With `resume`, a sweep that was
 * interrupted is gone on with, under its own id; what it recorded already is not recorded twice.
 */
export async function sweep(context: TraceContext, at: Instant, options: SearchOptions = {}): Promise<SweepReport> {
  await destroyExpired(context, at)
  const teller = options.about === undefined ? await context.governed?.() : undefined
  const running = await runSearch(context, at, { ...options, tells: options.tells ?? (teller !== undefined && teller.copies.length > 0) })
  const { search } = running
  const { database } = context.ledger
  const datasets = await allDatasets(database)
  const all = matchesOf(search, datasets, await coveredAt(context, at))
  const covered = all.flatMap(({ own, derived, controller, store, environment, records, rows }): KnownCopy[] =>
    (own && derived !== undefined ? [{ id: derived.id, instruction: derived.instruction, controller, store, environment, place: derived.place, records, rows }] : []))
  const found = all.filter((match) => !match.own)
  const shown = await shownIn(context, found.map(({ place, detail }) => ({ place, detail })))
  const matches = found.map((match, number) => ({ ...match, ...shown[number]!, listed: match.place }))
  const recorded = await recordedSlots(database, search.id)
  const known = await allFindings(database)
  const [opened, resolved]: [string[], string[]] = [[], []]
  const made = await dateNew(context, running, { matches: matches.filter(({ slot }) => !recorded.has(slot)), known, bytesPerSecond: options.bytesPerSecond })
  failpoint('sweep/before-findings')
  for (const [slot, controller] of new Map([...search.fingerprints.values()].map((record) => [record.slot, record.controller]))) {
    if (recorded.has(slot)) continue
    const drafts = findingDrafts({ slot, matches, known, wasRead: (finding) => wasRead(context, finding, search), opened, resolved, made, sweeps: await recentSweeps(database, slot) }, at)
    const coverage = coverageFor(controller, search.coverage, datasets) as unknown as Json
    const held = drafts.filter((draft) => draft.type !== 'finding.resolved').length
    await context.ledger.append([{ slot, type: 'sweep.completed', at, parts: { evidence: { sweep: search.id, purpose: purposeFor(controller, options), coverage, found: held, ...knownOf(covered, controller) } } }, ...drafts])
    failpoint('sweep/between-findings')
  }
  if (teller !== undefined && teller.copies.length > 0) {
    const governed = await recordAllGoverned(context, { search, teller }, at)
    opened.push(...governed.opened)
    resolved.push(...governed.resolved)
  }
  await remember(context, running, options)
  failpoint('sweep/before-end')
  await running.end()
  const open = (await allFindings(database)).filter((finding) => finding.state === 'open')
  return { sweep: search.id, findings: open, opened, resolved, known: covered, coverage: boundedCoverage(search.coverage), search }
}

/** Copies of governed copies that a sweep came upon, in the log of each controller that has any. */
async function recordAllGoverned(context: TraceContext, { search, teller }: { readonly search: Search; readonly teller: InventedTeller }, at: Instant): Promise<GovernedRecorded> {
  const wholeStores = search.coverage.filter(({ not_read: notRead }) => notRead.length === 0).map(({ store }) => store)
  const recorded: GovernedRecorded = { opened: [], resolved: [] }
  for (const [slot, controller] of new Map(teller.copies.map((copy) => [copy.slot, copy.controller]))) {
    const one = await recordGoverned(context, { slot, searched: search.searched, found: governedIn(search.searched, teller, controller), teller, wholeStores }, at)
    recorded.opened.push(...one.opened)
    recorded.resolved.push(...one.resolved)
  }
  return recorded
}

const nightly = 'nightly sweep'

/** What a controller's log says a sweep was for. One that was made for another controller was a search, and no more is said. */
const purposeFor = (controller: string, { purpose = nightly, about }: SearchOptions): string => (about === undefined || about === controller ? purpose : 'search')

/** What is told to one controller of its own known copies. */
function knownOf(covered: readonly KnownCopy[], controller: string): { known?: Json } {
  const own = covered.filter((one) => one.controller === controller).map(({ id, records, rows }) => ({ dataset: id, records, rows }))
  return own.length === 0 ? {} : { known: own }
}

/** Keeps what each place held with a signal that tells whether it changes; what was not read whole is to be read again. */
async function remember(context: TraceContext, { search, fingerprints, places }: RunningSearch, { stores }: SearchOptions): Promise<void> {
  const read = new Map(search.searched.filter((place) => place.unread === 0).map((place) => [placeKey(place), place]))
  const kept = places.flatMap((listed) => {
    const result = read.get(placeKey({ store: listed.store.id, place: listed.place }))
    if (result === undefined || listed.signal === undefined) return []
    const kept = { ...result }
    delete kept.told // what is carried over looks for no copies of copies, and what tells their parts apart stays in the data plane
    return [{ store: result.store, place: result.place, signal: listed.signal, fingerprints, readAt: result.readAt, result: kept }]
  })
  await keepPlaces(context.ledger.database, { stores: stores ?? search.coverage.map((store) => store.store), there: kept.map(({ store, place }) => ({ store, place })), kept })
}

/** A match as it is recorded; `listed`: what its place is called. */
interface ShownMatch extends Match { readonly listed: string }

/** Copies of one sweep that are read again to date them; further ones are dated by the sweeps that follow. */
const datedMax = 100

/** When copies that no open finding dates yet were probably made. */
async function dateNew(context: TraceContext, { search, places }: RunningSearch, { matches, known, bytesPerSecond }: { matches: readonly ShownMatch[]; known: readonly Finding[]; bytesPerSecond: number | undefined }): Promise<Map<string, ProbablyMade>> {
  const dated = (match: Match): boolean => known.some((one) => one.id === findingId(match) && isAsDated(one, match))
  const made = new Map<string, ProbablyMade>()
  const { through } = createThrottle(bytesPerSecond, () => performance.now())
  for (const match of matches.filter((one) => !dated(one)).slice(0, datedMax)) {
    const place = places.find((listed) => listed.store.id === match.store && listed.place === match.listed)
    const [result] = match.results.filter(({ dataset }) => !isLeft(dataset)).sort((a, b) => b.records - a.records) // of who left under an earlier key nothing tells when
    const record = search.fingerprints.get(result?.dataset ?? '')
    if (place !== undefined && place.elsewhere !== true && result !== undefined && record !== undefined) made.set(findingId(match), await dateCopy(context, { place, parts: match.parts, record, result, through }))
  }
  return made
}

/** Whether what an open finding says of its age is of the copy that is there now. */
const isAsDated = ({ state, detail, ...before }: Finding, { records, rows }: Match): boolean => state === 'open' && detail.probablyMade !== undefined && before.records === records && before.rows === rows

interface Comparing { readonly slot: number; readonly matches: readonly Match[]; readonly known: readonly Finding[]; readonly wasRead: (finding: Finding) => boolean; readonly opened: string[]; readonly resolved: string[]; readonly made: ReadonlyMap<string, ProbablyMade>; readonly sweeps: readonly SweepRecord[] }

function findingDrafts({ slot, matches, known, wasRead, opened, resolved, made, sweeps }: Comparing, at: Instant): Draft[] {
  const mine = matches.filter((match) => match.slot === slot)
  const seen = mine.map((match): Draft => {
    const finding = findingId(match)
    const before = known.find((one) => one.id === finding && one.state === 'open')
    if (before === undefined) opened.push(finding)
    const { controller, store, environment, place, records, rows } = match
    const probablyMade = made.get(finding) ?? before?.detail.probablyMade
    const detail = { ...match.detail, made: before?.detail.made ?? appearedBetween(match.store, sweeps, at), ...(probablyMade === undefined ? {} : { probablyMade }) }
    return { slot, type: before === undefined ? 'finding.opened' : 'finding.seen_again', at, parts: { evidence: { finding, controller, store, environment, place, records, rows, reasons: detail.reasons, detail: detail as unknown as Json } } }
  })
  const found = new Set(mine.map(findingId))
  const gone = known.filter((finding) => finding.slot === slot && finding.state === 'open' && finding.detail.copies === undefined && !found.has(finding.id) && wasRead(finding)) // a copy of a governed copy is looked for apart (`invented.ts`)
  resolved.push(...gone.map(({ id }) => id))
  return [...seen, ...gone.map((finding): Draft => ({ slot, type: 'finding.resolved', at, parts: { evidence: { finding: finding.id, because: 'no longer found there', records: 0, rows: 0 } } }))]
}

function wasRead(context: TraceContext, finding: Finding, search: Search): boolean {
  const isIt = recordedAs(context, finding.place)
  const read = search.searched.find(({ store, place }) => store === finding.store && isIt(place))
  if (read !== undefined) return read.partly.length === 0 && read.unread === 0
  return search.coverage.some((store) => store.store === finding.store && store.not_read.length === 0)
}
