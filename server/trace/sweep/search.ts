/** One search of the stores: planned as units, read by any number of workers, judged place by place. Whoever begins it coordinates it. */
import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { allStores, clearScratch, keepingSessions, type Lead, type Store } from '#inventory'
import { Broken, Misuse, Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import { hasEnded, workerName } from '#kit/worker'
import { forgetPlaces, keepPlace } from '../catalogue/keep.ts'
import type { TraceContext } from '../fingerprints.ts'
import { shownIn } from '../names.ts'
import { scratchIn, type Places, type SearchablePlace } from '../places.ts'
import { allFindings, currentEpoch } from '../store.ts'
import type { Finding, FingerprintRecord, SearchedPlace, StoreCoverage, Unread } from '../types.ts'
import { abandonSweep } from './abandon.ts'
import { coverageOf } from './coverage.ts'
import { judgePlace } from './judge.ts'
import { leadsEverywhere, listEverywhere, servedStores } from './listing.ts'
import { helpSweeps } from './help.ts'
import { openForSearch, sweepsDirectory, type Opened, type SearchOptions } from './opened.ts'
import { placeKey, plannedOf, planUnits, wholePlace } from './plan.ts'
import { settle } from './settle.ts'
import * as store from './store.ts'
import { createThrottle } from './throttle.ts'
import { readUnits, type UnitOutcome } from './unitFile.ts'
import { freeDeadUnits, keepLeases, unitName, unitsDirectory, work, type Working } from './work.ts'

export type { SearchOptions } from './opened.ts'

/** One search of the stores. */
export interface Search {
  readonly searched: readonly SearchedPlace[]
  readonly coverage: readonly StoreCoverage[]
  /** By id of its fingerprints, as results name them. */
  readonly fingerprints: ReadonlyMap<string, FingerprintRecord>
  /** Of them, those whose copies no search can tell from chance: finding none says nothing. */
  readonly unable: ReadonlySet<string>
  readonly id: string
  /** An interrupted search that this one went on with. */
  readonly resumed: boolean
  /** An interrupted one that could not be gone on with, and why. */
  readonly abandoned: string | undefined
  /** Places that were not read again, because nothing of them has changed. */
  readonly carried: number
  /** Where each store led before anything was read and after everything was; where that was asked for. */
  readonly leads?: { readonly before: readonly Lead[]; readonly after: readonly Lead[] }
}

/** A search that has been read and judged; `end` forgets its units, when its result is recorded. */
export interface RunningSearch {
  readonly search: Search
  /** SHA-256 over the fingerprints searched for. */
  readonly fingerprints: string
  readonly places: readonly SearchablePlace[]
  end(): Promise<void>
}

/**
 * Searches the stores for the records of every dataset with fingerprints. What could not be read is in `coverage`. Throws `Refused` when there are no
 * fingerprints, or a search for the same purpose is being made by another process; `Misuse` for a store that is not declared; `Broken` when not one value
 * was read: neither is a clean result.
 */
export async function runSearch(context: TraceContext, at: Instant, options: SearchOptions): Promise<RunningSearch> {
  return keepingSessions(() => searchOnce(context, at, options))
}

async function searchOnce(context: TraceContext, at: Instant, options: SearchOptions): Promise<RunningSearch> {
  const { database } = context.ledger
  const opened = await openForSearch(context, options)
  const stores = await allStores(database)
  const asked = askedOf(stores, options.stores)
  const worker = workerName()
  const begun = await begin({ context, options, fingerprints: opened.fingerprints, worker })
  const letGo = keepLeases(database, worker)
  try {
    await clearScratch(scratchIn(context.directory))
    const before = options.leads === true ? await store.keepLeads(database, begun.id, await leadsEverywhere(context, { sweep: begun.id, when: 'begin', stores: asked, worker })) : undefined
    const places = await listEverywhere(context, { sweep: begun.id, number: 1, stores: asked, worker })
    const plan = planUnits({ places: places.places, units: await store.unitsOf(database, begun.id), kept: options.changed === true ? await store.keptPlaces(database) : [], fingerprints: opened.fingerprints })
    await store.changePlan(database, begun.id, plan)
    await freeDeadUnits(database)
    const listed = [...places.places.map(({ store: { id }, place }) => ({ store: id, place })), ...places.notRead]
    const read = await readAndJudge({ context, at, options, opened, worker, id: begun.id, places: places.places })
    await forgetPlaces(context, opened.records.map((record) => record.tokenKey), { there: listed, stores: listedWhole(asked, places) })
    const searched = [...plan.carried, ...read.searched]
    const found = (await allFindings(database)).filter((finding) => finding.state === 'open' && options.erased?.has(placeKey(finding)) !== true)
    const notRead = [...places.notRead, ...read.unread, ...emptyFolders(asked, places, found), ...notAsked(stores, asked)]
    mustHaveRead(searched, notRead, options)
    const search: Search = {
      searched, coverage: await shownIn(context, stores.map((one) => coverageOf(one, searched, notRead))), fingerprints: new Map(opened.records.map((record) => [record.id, record])),
      unable: new Set(opened.unable), id: begun.id, resumed: begun.resumed, abandoned: begun.abandoned, carried: plan.carried.length,
      ...(before === undefined ? {} : { leads: { before, after: await leadsEverywhere(context, { sweep: begun.id, when: 'end', stores: asked, worker }) } }),
    }
    return { search, fingerprints: opened.fingerprints, places: places.places, end: () => endSearch(context, search, { letGo, at }) }
  } catch (cause) {
    letGo()
    await store.letGoOf(database, worker).catch(() => undefined)
    throw cause
  } finally {
    await opened.close()
  }
}

async function endSearch(context: TraceContext, { id, carried }: Search, { letGo, at }: { letGo: () => void; at: Instant }): Promise<void> {
  letGo()
  rmSync(unitsDirectory(sweepsDirectory(context), id), { recursive: true, force: true })
  await store.completeRun(context.ledger.database, id, { at, carried })
}

function askedOf(stores: readonly Store[], wanted: readonly string[] | undefined): readonly Store[] {
  if (wanted === undefined) return stores
  const unknown = wanted.filter((id) => !stores.some((one) => one.id === id))
  if (unknown.length > 0) throw new Misuse(`no store is called ${unknown.join(', ')}; declared are: ${stores.map(({ id }) => id).join(', ')}`)
  return stores.filter(({ id }) => wanted.includes(id))
}

interface Beginning { readonly context: TraceContext; readonly options: SearchOptions; readonly fingerprints: string; readonly worker: string }

/** Takes up an interrupted search, or begins one. What earlier ones left that nobody goes on with is removed. */
async function begin({ context, options, fingerprints, worker }: Beginning): Promise<{ id: string; resumed: boolean; abandoned: string | undefined }> {
  const { database } = context.ledger
  const purpose = options.purpose ?? 'nightly sweep'
  const stores = options.stores ?? null
  let abandoned: string | undefined
  for (const run of await store.runningSweeps(database)) {
    if (run.purpose !== purpose) { if (!run.young && !run.held) await abandon(context, run.id); continue }
    if (run.held && !hasEnded(run.coordinator)) throw new Refused('trace/sweep-running', `${run.id} is being made by another process (${run.coordinator}); wait for it, or help it: bailee trace work`)
    const because = options.resume !== true ? 'it begins anew' : run.tells !== (options.tells === true) ? 'governed copies were made, or ended, since' : run.fingerprints !== fingerprints ? 'other fingerprints were taken since' : String(run.stores) !== String(stores) ? 'it was of other stores' : run.young ? undefined : 'it is too old'
    if (because === undefined && await store.takeOverRun(database, run, worker)) return { id: run.id, resumed: true, abandoned }
    abandoned = `${run.id} was interrupted and is not gone on with: ${because ?? 'another process took it over'}`
    if (because !== undefined) await abandon(context, run.id)
  }
  const id = `SWP-${randomUUID().slice(0, 8)}`
  await store.beginRun(database, { id, purpose, stores, fingerprints, tells: options.tells === true, coordinator: worker })
  removeOrphans(context, new Set((await store.runningSweeps(database)).map((run) => run.id)))
  return { id, resumed: false, abandoned }
}

const abandon = (context: TraceContext, id: string): Promise<void> => abandonSweep(context.ledger.database, context.directory, id)

/** Results of sweeps that have ended: a process killed between the two steps of ending leaves them. */
function removeOrphans(context: TraceContext, running: ReadonlySet<string>): void {
  const directory = sweepsDirectory(context)
  for (const id of existsSync(directory) ? readdirSync(directory) : []) if (!running.has(id)) rmSync(join(directory, id), { recursive: true, force: true })
}

interface Reading {
  readonly context: TraceContext
  readonly at: Instant
  readonly options: SearchOptions
  readonly opened: Opened
  readonly worker: string
  readonly id: string
  readonly places: readonly SearchablePlace[]
}

async function readAndJudge(reading: Reading): Promise<Judged> {
  const { context, at, options, opened, worker, id } = reading
  const { database } = context.ledger
  if ((await store.progressOf(database, id)).total === 0) return { searched: [], unread: [] }
  const throttle = createThrottle(options.bytesPerSecond, () => performance.now())
  const working: Working = {
    database, sweep: id, worker, directory: sweepsDirectory(context), key: context.ledger.keys.traceKey('sweep', await currentEpoch(database)).key,
    places: new Map(reading.places.map((place) => [placeKey({ store: place.store.id, place: place.place }), place])),
    reading: { passes: opened.passes.all, through: throttle.through, direct: throttle.direct, teller: options.tells === true ? await context.governed?.() : undefined }, at, stopping: context.stopping,
    // Whoever waits for others, who may wait for this one, reads for them.
    meanwhile: context.environments === undefined ? undefined : async () => { await helpSweeps(context, at, options) },
    stores: servedStores(context, [...new Set(reading.places.map(({ store: one }) => one))]),
    progress: (unit, { done, total, bytes, bytesDone }) => context.progress?.({
      work: 'searching', place: `${unit.store}: ${unit.place}${unit.unit === wholePlace ? '' : ` (${unit.unit})`}`, done, total, rows: 0, bytes: throttle.read(), share: bytes === 0 ? done / total : bytesDone / bytes,
    }),
  }
  await work(working)
  let judged = await judgeUnits(working, reading)
  if (judged.again.length > 0) {
    const again = new Set(judged.again.map((place) => placeKey({ store: place.store.id, place: place.place })))
    const dropped = (await store.unitsOf(database, id)).filter((unit) => again.has(placeKey(unit))).map((unit) => unit.number)
    await store.changePlan(database, id, { dropped, planned: judged.again.flatMap((place) => plannedOf(place, [wholePlace])) })
    await work(working)
    judged = await judgeUnits(working, reading)
  }
  if (!(await store.runningSweeps(database)).some((run) => run.id === id)) throw new Refused('trace/sweep-abandoned', 'fingerprints were destroyed while this search was made: begin it again')
  return { unread: judged.unread, searched: await sayMoved(judged, reading) }
}

/**
 * Places that were read in pieces of different moments: where nothing tells that they stayed as they were, a row that moved between two pieces may be missing,
 * and that is said.
 */
async function sayMoved({ searched, pieces }: JudgedUnits, { context, places, id }: Reading): Promise<SearchedPlace[]> {
  if (pieces.length === 0) return [...searched]
  const stores = [...new Map(pieces.map((place) => [place.store.id, place.store])).values()]
  const signals = new Map((await listEverywhere(context, { sweep: id, number: 2, stores, worker: workerName() })).places.map((place) => [placeKey({ store: place.store.id, place: place.place }), place.signal]))
  const before = new Map(places.map((place) => [placeKey({ store: place.store.id, place: place.place }), place.signal]))
  const moved = new Set(pieces.map((place) => placeKey({ store: place.store.id, place: place.place })).filter((key) => before.get(key) === undefined || before.get(key) !== signals.get(key)))
  return searched.map((place) => (moved.has(placeKey(place)) ? { ...place, partly: [...place.partly, 'it was read in pieces at different moments: a row that moved meanwhile may be missing'] } : place))
}

interface JudgedUnits extends Judged {
  /** To be read again, each as one unit: a range ended inside a record, or what was read of it is damaged. */
  readonly again: readonly SearchablePlace[]
  /** Read in pieces of different moments. */
  readonly pieces: readonly SearchablePlace[]
}

interface Judged { readonly searched: SearchedPlace[]; readonly unread: Unread[] }

async function judgeUnits(working: Working, { context, opened }: Reading): Promise<JudgedUnits> {
  const { database, sweep, places, reading, at } = working
  const searched: SearchedPlace[] = []
  const unread: Unread[] = []
  const again: SearchablePlace[] = []
  const pieces: SearchablePlace[] = []
  const open: { file: OpenFile } = { file: undefined }
  for (const [name, units] of Map.groupBy(await store.unitsOf(database, sweep), placeKey)) {
    const place = places.get(name)
    const failed = units.find((unit) => unit.state !== 'done')
    if (place === undefined || failed !== undefined) { // one unit that was not read, and nothing can be said of the place
      unread.push(...units.slice(0, 1).map((unit) => ({ store: unit.store, place: unit.place, because: failed?.because ?? 'it was not read' })))
      continue
    }
    const outcomes = await outcomesOf(units, working, open)
    if (outcomes === undefined || (units.length > 1 && outcomes.some(({ parts }) => parts.some((part) => part.cut)))) again.push(place)
    if (outcomes === undefined) { unread.push({ store: place.store.id, place: place.place, because: 'what was read of it was damaged before it could be judged' }); continue }
    if (units.length > 1 && (outcomes[0]?.moment === null || new Set(outcomes.map(({ moment }) => moment)).size > 1)) pieces.push(place)
    const judged = judgePlace(place, outcomes, { passes: reading.passes, readAt: Math.min(...units.map((unit) => unit.readAt ?? at)) })
    if (judged.searched !== undefined) {
      const settled = await settle(place, judged.searched, { read: outcomes, units: units.map(({ unit }) => unit), passes: opened.passes, through: reading.through, at })
      searched.push(settled)
      await keepPlace(context, settled, { outcomes, tokenKeys: reading.passes.map((pass) => pass.tokenKey) })
    }
    unread.push(...judged.unread)
  }
  return { searched, unread, again, pieces }
}

/** Units that were read together stand in one file: it is opened once. */
type OpenFile = { sha256: string; outcomes: ReadonlyMap<number, UnitOutcome> } | undefined

async function outcomesOf(units: readonly store.Unit[], { sweep, directory, key }: Working, open: { file: OpenFile }): Promise<UnitOutcome[] | undefined> {
  try {
    const outcomes = []
    for (const { number, file, sha256 } of units) {
      if (open.file === undefined || open.file.sha256 !== sha256) open.file = { sha256: sha256 ?? '', outcomes: await readUnits(join(unitsDirectory(directory, sweep), file ?? ''), sha256 ?? '', { key, name: unitName(sweep, file ?? '') }) }
      const outcome = open.file.outcomes.get(number)
      if (outcome === undefined) return undefined
      outcomes.push(outcome)
    }
    return outcomes
  } catch (cause) {
    if (cause instanceof Broken && cause.code === 'trace/unit-altered') return undefined
    throw cause
  }
}

/** Stores of which every place is known: what is not among them is gone. */
function listedWhole(asked: readonly Store[], places: Places): ReadonlySet<string> {
  const unlisted = new Set(places.notRead.filter(({ place }) => place.includes('*')).map(({ store }) => store))
  return new Set(asked.map(({ id }) => id).filter((id) => !unlisted.has(id)))
}

/** A folder that held copies and holds nothing now may just not be mounted: that is not the same as clean. */
function emptyFolders(stores: readonly Store[], places: Places, open: readonly Finding[]): Unread[] {
  const read = new Set([...places.places.map((place) => place.store.id), ...places.notRead.map((place) => place.store)])
  return stores.filter((one) => one.kind === 'files' && !read.has(one.id) && open.some((finding) => finding.store === one.id))
    .map((one) => ({ store: one.id, place: '*', because: 'the folder is empty, although copies were found in it: is it mounted?' }))
}

function notAsked(stores: readonly Store[], asked: readonly Store[]): Unread[] {
  return stores.filter((one) => !asked.includes(one)).map((one) => ({ store: one.id, place: '*', because: 'not asked: this sweep was of other stores' }))
}

function mustHaveRead(searched: readonly SearchedPlace[], notRead: readonly Unread[], { erased }: SearchOptions): void {
  if (erased !== undefined && erased.size > 0 && (searched.length > 0 || notRead.length === 0)) return // what was not read keeps the certificate from being complete
  if (searched.length > 0 && notRead.length > 0 && searched.every((place) => place.coverage.values === 0)) throw new Broken('trace/nothing-read', 'the search read no value anywhere; that is no clean result')
  if (searched.length === 0) throw new Broken('trace/nothing-read', `the search could read no place: ${notRead.map((place) => `${place.store} (${place.because})`).slice(0, 5).join('; ')}`)
}
