/** What a restored backup brings back is erased again; what nobody erased again is found by the next sweep, and takes the certificate back. */
import { allDatasets, allStores, isUnread, keyOwners, keysOfTable, parsePart, printPart, wholeUnit, type Dataset, type Store } from '#inventory'
import type { Draft, Json } from '#ledger'
import { standings } from '#people'
import { createRowSearcher, groupByKey, listPlaces, openSegments, recordedAs, rowsIn, scratchIn, serves, shownIn, type RowSearcher, type Search, type TraceContext } from '#trace'
import { Broken, Misuse } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import { formatDay, type Instant } from '#kit/time'
import type { Erased } from '../adapter/erased.ts'
import { carryOut, placeOf, type Carrying } from '../carry.ts'
import { otherLive } from '../exit.ts'
import { noticeDraft } from '../notice.ts'
import { allCertificates, allErasures, alone, stepsOf } from '../store.ts'
import type { Erasure, PlanItem, Step } from '../types.ts'
import { markerFor, readTombstone, removeExpired } from './file.ts'
import { drained, searcherByMarks, tombstoneDataset } from './marks.ts'

export interface Replayed {
  readonly erasure: string
  readonly place: string
  readonly outcome: 'not there' | 'erased again' | 'blocked' | 'cannot be told'
  readonly rows: number
  readonly because?: string
}

/** Methods by which all of a place went: it needs no marks to be known again. */
const wholeMethods: readonly Step['method'][] = ['truncate', 'drop', 'delete rows']

const without: RowSearcher = {
  search: async (bytes) => ({ coverage: { rows: await drained(bytes), values: 0, inner: 0, bytes: 0, fields: 0, tooLong: 0, brokenQuotes: 0, lost: 0 }, datasets: [] }),
  locate: () => Promise.reject(new Broken('trace/no-fingerprints', 'there are no fingerprints')), close: () => Promise.resolve(),
}

/** What an erasure took out of a place by one method, in one round or several: each round has marks of its own. */
interface Emptied { readonly step: Step; readonly rounds: readonly Step[] }

/** What was erased in a store, place by place and method by method; `step` is the last of each. */
async function emptiedIn(context: TraceContext, erasure: Erasure, store: string): Promise<Emptied[]> {
  const done = (await stepsOf(context.ledger.database, erasure.id)).filter((step) => step.store === store && step.state === 'done' && (step.rowsErased ?? 0) > 0)
  return [...Map.groupBy(done, (step) => `${step.place}\n${step.method}`).values()].map((rounds) => ({ step: rounds.at(-1)!, rounds }))
}

/** The marks of every round that are still kept; undefined for none. */
function marksIn(context: TraceContext, { rounds }: Emptied, at: Instant): ReadonlySet<bigint> | undefined {
  const kept = rounds.flatMap((step) => readTombstone(context, step, at) ?? [])
  return kept.length === 0 ? undefined : new Set(kept.flatMap(({ marks }) => [...marks]))
}

/**
 * Erases again what every exit erased in a store, after a backup was restored there: whole places by what they are, rows out of mixed ones by their marks, as long as a backup that was declared can hold
 * them. Recorded in each controller's log. Safe to run again. Throws `Misuse` for a store or person that is not declared; what failed is in the answer.
 */
export async function replayErasures(context: TraceContext, { store: id, operator }: { store: string; operator: string }, at: Instant): Promise<Replayed[]> {
  const { ledger } = context
  const stores = await allStores(ledger.database)
  const store = stores.find((one) => one.id === id)
  if (store === undefined) throw new Misuse(`no store is called ${id}; declared are: ${stores.map((one) => one.id).join(', ')}`)
  const who = (await standings(ledger.database)).get(operator)
  if (who === undefined || who.person.leftAt !== undefined) throw new Misuse(`nobody with id ${operator} is declared`)
  removeExpired(context, at)
  const opened = await openSegments(context)
  const everybody = opened.length === 0 ? without : await createRowSearcher(groupByKey(opened), { threads: 1 })
  try {
    const replayed: Replayed[] = []
    await alone(ledger.database, { environment: store.environment }, async () => {
      for (const erasure of await allErasures(ledger.database)) {
        if (erasure.state === 'opened' || erasure.state === 'planned' || erasure.state === 'erasing') continue // its own run erases what is there
        const targets = opened.filter(({ record }) => record.slot === erasure.slot).map(({ record }) => record.id)
        const done = await replayOne({ context, stores, searcher: everybody, targets }, { erasure, store, operator }, at)
        replayed.push(...done)
      }
    })
    return replayed
  } finally {
    await everybody.close()
  }
}

/**
 * A store with the table that a step erased among those that are told apart in it: keys of Redis are no table of their own any more once nobody declares them. Undefined where all of such a
 * table went and its keys are by now declared to be another controller's.
 */
function storeThen(store: Store, { controller, step, datasets }: { readonly controller: string; readonly step: Pick<Step, 'place' | 'method'>; readonly datasets: readonly Dataset[] }): Store | undefined {
  const [keys, tables] = [store.kind === 'redis' ? keysOfTable(step.place) : undefined, store.tables ?? []]
  if (keys === undefined) return store
  const owner = keyOwners(tables, keys.database)(Buffer.from(keys.prefix))
  const others = datasets.some((one) => one.store === store.id && one.controller !== controller && one.tables.some(({ table }) => table === owner))
  return others && wholeMethods.includes(step.method) ? undefined : { ...store, tables: [...new Set([...tables, step.place])] }
}

interface Replaying { readonly erasure: Erasure; readonly store: Store; readonly operator: string }

async function replayOne(carrying: Carrying, { erasure, store, operator }: Replaying, at: Instant): Promise<Replayed[]> {
  const { context } = carrying
  const done: Replayed[] = []
  const other = await otherLive(context.ledger, { controller: erasure.controller, id: erasure.contract })
  for (const emptied of await emptiedIn(context, erasure, store.id)) {
    const { step } = emptied
    context.progress?.({ work: `replaying ${erasure.id}`, place: `${store.id}: ${step.place}`, done: done.length, total: done.length + 1, rows: 0 })
    const outcome: Replayed = other === undefined ? await replayStep(carrying, { erasure, emptied }, at) : { erasure: erasure.id, place: step.place, outcome: 'blocked', rows: 0, because: `contract ${other.id} of ${other.controller} is live, and what is there is under it` }
    done.push(outcome)
    if (outcome.outcome === 'not there') continue
    const entry: Draft = { slot: erasure.slot, type: 'erasure.replayed', at, parts: { evidence: { store: store.id, operator, ...(await shownIn(context, outcome)) } as unknown as { [key: string]: Json } } }
    failpoint('erasure/before-replayed')
    await context.ledger.append(entry)
  }
  return done
}

async function replayStep(carrying: Carrying, { erasure, emptied }: { erasure: Erasure; emptied: Emptied }, at: Instant): Promise<Replayed> {
  const { context } = carrying
  const { step } = emptied
  const told = (outcome: Replayed['outcome'], rows: number, because?: string): Replayed => ({ erasure: erasure.id, place: step.place, outcome, rows, ...(because === undefined ? {} : { because }) })
  const marks = wholeMethods.includes(step.method) ? undefined : marksIn(context, emptied, at)
  const item = (erasure.plan?.items ?? []).find((one) => one.store === step.store && one.place === step.place)
  const whole = wholeMethods.includes(step.method)
  const kept = (erasure.plan?.kept ?? []).filter((one) => one.store === step.store && one.place === step.place)
  const datasets = await allDatasets(context.ledger.database)
  const stores = carrying.stores.map((one) => (one.id === step.store ? storeThen(one, { controller: erasure.controller, step, datasets }) : one))
  if (stores.includes(undefined)) return told('blocked', 0, 'these keys are declared to be another controller\'s by now')
  if (kept.some(({ rows }) => rows === null) || (kept.length > 0 && item?.keep === undefined)) return told('blocked', 0, `law obliges to keep it, or rows of it (${kept.map(({ exception }) => exception).join(', ')})`)
  if (!whole && marks === undefined && carrying.targets.length === 0) return told('cannot be told', 0, 'its rows have no marks (none are kept where no backup is declared, or when the last has expired) and no fingerprints')
  const planned: PlanItem = { number: step.number, store: step.store, environment: '', place: step.place, what: 'found copy', method: step.method, records: step.records, rows: step.rowsFound, ...(item?.predicate === undefined ? {} : { predicate: item.predicate }), ...(item?.keep === undefined ? {} : { keep: item.keep }), ...(item?.othersTable === true ? { othersTable: true } : {}) }
  const by: Carrying = { ...carrying, stores: stores.filter((one) => one !== undefined), ...(marks === undefined ? {} : { searcher: searcherByMarks(marks, markerFor(context, erasure.id)), targets: [tombstoneDataset] }) }
  if (step.method === 'delete rows' && item?.predicate === undefined && item?.keep === undefined) return told('cannot be told', 0, 'the predicate of its rows is not known any more')
  try {
    const erased: Erased | undefined = await carryOut(by, planned, () => Promise.resolve())
    if (erased === undefined || (erased.outcome === 'erased' && erased.rows === 0)) return told('not there', 0)
    return erased.outcome === 'erased' ? told('erased again', erased.rows) : told('blocked', erased.counted.rows, erased.because)
  } catch (cause) {
    if (!(cause instanceof Broken)) throw cause
    return told('blocked', 0, cause.message)
  }
}

/**
 * Takes back the certificates of exits whose erased places hold rows again by what a sweep read: own tables that were emptied, derived ones that were dropped, and rows whose marks are kept. Where
 * fingerprints were kept, a finding does so already. Resolves to the certificates taken back. Run after every sweep, and safe to run again. Looks into stores that this process serves: whoever serves the others runs it, too. `lookIn`: stores whose erased places it
 * lists and reads itself where the search does not name them. What was read before the certificate was issued is read again before it takes that back.
 */
export async function findRestored(context: TraceContext, search: Pick<Search, 'searched'> & { readonly lookIn?: readonly string[] }, at: Instant): Promise<string[]> {
  const { ledger } = context
  removeExpired(context, at)
  const stores = (await allStores(ledger.database)).filter((store) => serves(context, store))
  const taken: string[] = []
  for (const certificate of (await allCertificates(ledger.database)).filter(({ status }) => status !== 'invalidated')) {
    const erasure = (await allErasures(ledger.database)).find(({ id, state }) => id === certificate.erasure && state === 'certified')
    const back = erasure === undefined || await otherLive(ledger, { controller: erasure.controller, id: erasure.contract }) !== undefined ? [] : await restoredOf(context, { erasure, search, stores, issuedAt: certificate.issuedAt }, at)
    if (erasure === undefined || back.length === 0) continue
    const because = await shownIn(context, `what was erased is there again, as after a restored backup: ${back.map(({ store, place, rows }) => `${store}: ${place} (${rows} rows)`).join(', ')}`)
    const { slot } = certificate
    await ledger.append([
      { slot, type: 'certificate.invalidated', at, parts: { evidence: { certificate: certificate.id, erasure: erasure.id, because } } },
      noticeDraft({ slot, controller: erasure.controller, notice: `invalidated ${certificate.id}`, about: 'invalidated', says: `certificate ${certificate.id} of ${formatDay(certificate.issuedAt)} no longer holds: ${because}. ${erasure.id} is open again; what is there is erased, and another certificate follows` }, at),
      { slot, type: 'erasure.reopened', at, parts: { evidence: { erasure: erasure.id, because } } },
    ])
    taken.push(certificate.id)
  }
  return taken
}

interface Restoring { readonly erasure: Erasure; readonly search: Pick<Search, 'searched'> & { readonly lookIn?: readonly string[] }; readonly stores: readonly Store[]; readonly issuedAt: Instant }

async function restoredOf(context: TraceContext, { erasure, search, stores, issuedAt }: Restoring, at: Instant): Promise<{ store: string; place: string; rows: number }[]> {
  const back: { store: string; place: string; rows: number }[] = []
  const datasets = await allDatasets(context.ledger.database)
  for (const store of stores) {
    const looks = search.lookIn?.includes(store.id) === true
    for (const emptied of await emptiedIn(context, erasure, store.id)) {
      const { step } = emptied
      if ((store.kind === 'sqlite' || store.kind === 'redis') && parsePart(step.place).name !== '') {
        const then = storeThen(store, { controller: erasure.controller, step, datasets })
        const rows = then === undefined ? 0 : await restoredInside(context, { store: then, emptied, erasure, search }, at)
        if (rows > 0) back.push({ store: store.id, place: step.place, rows })
        continue
      }
      const name = await placeOf(context, store, step.place)
      // Rows of a table with partitions stand in these.
      const read = search.searched.filter((one) => one.store === store.id && name !== undefined && (one.place === name || one.of === name || one.parts.some((part) => printPart(one.place, part.name) === name)))
      const marks = marksIn(context, emptied, at)
      const listed = read.length > 0 || !looks || name === undefined ? [] : (await placesIn(context, store)).filter((one) => one.place === name || one.of === name)
      const counted = read.map(({ place, readAt, coverage }) => ({ place, rows: readAt > issuedAt || (coverage.rows === 0 && !looks) ? coverage.rows : undefined }))
      let rows = 0
      for (const { place, rows: there } of [...counted, ...listed.map((one) => ({ place: one.place, rows: undefined }))]) {
        if (marks !== undefined) rows += await marked(context, { store, place, erasure, marks })
        else if (step.method === 'truncate' || step.method === 'drop') rows += there ?? await marked(context, { store, place, erasure, marks })
      }
      if (rows > 0) back.push({ store: store.id, place: step.place, rows })
    }
  }
  return back
}

/** Of a table in an SQLite file, or in a logical database of Redis, which a search does not name: how many rows stand in it again. */
async function restoredInside(context: TraceContext, { store, emptied, erasure, search }: { readonly store: Store; readonly emptied: Emptied; readonly erasure: Erasure; readonly search: Restoring['search'] }, at: Instant): Promise<number> {
  const { step } = emptied
  const marks = wholeMethods.includes(step.method) ? undefined : marksIn(context, emptied, at)
  if (marks === undefined && step.method !== 'truncate' && step.method !== 'drop') return 0
  const { path } = parsePart(step.place)
  const is = (recorded: string): ((name: string) => boolean) => (recorded.includes('⟨') ? recordedAs(context, recorded) : (name) => name === recorded)
  const named = search.searched.find((one) => one.store === store.id && is(path)(one.place))?.place
  const place = named ?? (search.lookIn?.includes(store.id) === true ? (await placesIn(context, store)).find((one) => is(path)(one.place))?.place : undefined)
  return place === undefined ? 0 : marked(context, { store, place, erasure, marks, isMeant: (part) => is(step.place)(printPart(place, part)) })
}

const placesIn = async (context: TraceContext, store: Store) => (await listPlaces([store], context.references, { scratch: scratchIn(context.directory) })).places

interface Marked { readonly store: Store; readonly place: string; readonly erasure: Erasure; /** All rows when left out. */ readonly marks: ReadonlySet<bigint> | undefined; /** Which of its parts; all when left out. */ readonly isMeant?: (part: string) => boolean }

/** How many rows of a place are among those that were erased. What cannot be read is not counted: the sweep says that it was not read. */
async function marked(context: TraceContext, { store, place, erasure, marks, isMeant = () => true }: Marked): Promise<number> {
  const searcher = marks === undefined ? undefined : searcherByMarks(marks, markerFor(context, erasure.id))
  const places = await placesIn(context, store)
  let rows = 0
  try {
    for await (const part of places.find((one) => one.place === place)?.open(wholeUnit) ?? []) {
      if (isUnread(part) || !isMeant(part.name)) continue
      if (searcher !== undefined) rows += (await searcher.search(part.bytes, { delimiter: part.delimiter, shape: part.shape })).datasets[0]?.rows ?? 0
      else rows += await countOf(rowsIn(part.bytes, part.delimiter))
    }
  } catch (cause) {
    if (!(cause instanceof Broken)) throw cause
  }
  return rows
}

async function countOf(all: AsyncIterable<unknown>): Promise<number> {
  const iterator = all[Symbol.asyncIterator]()
  let count = 0
  while ((await iterator.next()).done !== true) count += 1
  return count
}
