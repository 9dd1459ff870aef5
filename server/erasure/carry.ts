/** Carrying out one step of a plan: begun in the ledger, erased, done in the ledger; or begun by a run that was killed, and finished here. */
import { allDatasets, allDerived, bucketAccessOf, droppedDraft, folderOf, parsePart, printPart, resolveReference, sinceLead, type Store } from '#inventory'
import type { Draft, Json } from '#ledger'
import { listPlaces, placeKey, recordedAs, scratchIn, shownIn, type InventedTeller, type RowSearcher, type TraceContext } from '#trace'
import { Broken } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import { day, type Instant } from '#kit/time'
import { Undone, type Begin, type Counted, type Erased, type Neighbour } from './adapter/erased.ts'
import { dropFile, unlinkFile } from './adapter/files.ts'
import { dropObject, removeObject } from './adapter/buckets.ts'
import { governedDataset, governedRows } from './adapter/governedRows.ts'
import { dropMysqlTable, eraseMysqlRows } from './adapter/mysql.ts'
import { deleteBut, deleteDeclared, deleteFound, dropTable, emptyTable } from './adapter/postgres.ts'
import { eraseRedisKeys } from './adapter/redis.ts'
import { dropSqliteTable, eraseSqliteRows, rewriteSqliteFile, tablesInSqlite } from './adapter/sqlite.ts'
import { markerFor, writeTombstone } from './tombstone/file.ts'
import { marking } from './tombstone/marks.ts'
import { mayHaveErased } from './judge.ts'
import type { Erasure, PlanItem, Step } from './types.ts'

/** What is erased, by which rows are whose. */
export interface Carrying {
  readonly context: TraceContext
  readonly searcher: RowSearcher
  /** Ids of the controller's fingerprints. */
  readonly targets: readonly string[]
  readonly stores: readonly Store[]
  /** What tells rows of copies of governed copies, where there are such places on the plan. */
  readonly teller?: InventedTeller | undefined
  /** Places of its stores that are erased by steps of their own, and those that law obliges to keep. */
  readonly planned?: readonly (Neighbour & { readonly store: string })[]
  /** Tables from which an earlier run, which was cut off, deleted rows along with those of the place that is erased now. */
  readonly alongBefore?: readonly string[]
  /** What an earlier step at this place, done or cut off, may have deleted can stand in its files still. */
  readonly heldBefore?: boolean
  /** Resolves when it was seen what stands in the files below the stores: before that nothing may be gone for good. */
  readonly seen?: () => Promise<void>
}

/** Erasing all that a plan names in an environment. */
export interface ErasingAll extends Carrying {
  readonly erasure: Erasure
  readonly round: number
  readonly at: Instant
}

export interface Erasing extends ErasingAll { readonly known: KnownSteps }

/** What the steps of an erasure say while its places are gone through. */
export interface KnownSteps {
  /** Numbers of the steps of this round that are done. */
  readonly done: ReadonlySet<number>
  /** Why something still stands, or may, in the files of places, by `placeKey`; null where only a step that was not done may have left it. */
  readonly held: ReadonlyMap<string, string | null>
}

/**
 * Erases one place. `before`: its step, when an earlier run began it. Resolves to whether it is done; blocked, it is recorded with the reason.
 * Throws `Broken` for what may pass; then the step stays begun, and can be carried out again.
 */
export async function eraseItem(erasing: Erasing, item: PlanItem, before: Step | undefined): Promise<boolean> {
  const { erasure, at, round, context, stores } = erasing
  const step = (type: string, more: { readonly [key: string]: Json | undefined }): Draft => ({ slot: erasure.slot, type, at, parts: { evidence: {
    erasure: erasure.id, round, number: item.number, store: item.store, place: item.place, method: item.method, records: item.records, ...more,
  } } })
  const asked = askedFor(erasing, item)
  const tombstones = tombstonesOf(asked, item)
  let begunNow = false
  let begun = before === undefined ? undefined : begunOf(before)
  // A step that was begun and finds nothing now was carried out, and only its answer was lost: what it counted then is what it erased.
  const carriedOut = (counted: Counted): boolean => begun !== undefined && begun.rows > 0 && counted.rows === 0
  const begin: Begin = async (counted) => {
    if (carriedOut(counted) && before?.state === 'begun') return
    const is = carriedOut(counted) && begun !== undefined ? begun : { rows: counted.rows, detail: detailOf(counted) }
    tombstones.write()
    await context.ledger.append(step('erasure.step_begun', { rows_found: is.rows, detail: is.detail }))
    begunNow = true
    begun = is
  }
  const earlierHeld = erasing.known.held.get(placeKey(item))
  const begunBefore: { readonly begun?: number } = before !== undefined && mayHaveErased(before) ? { begun: before.detail.begun ?? before.rowsFound } : {}
  const erased = await carryOut({ ...asked, searcher: tombstones.searcher, planned: plannedOf(erasing, item), alongBefore: before?.detail.along?.map(({ place }) => place) ?? [], heldBefore: earlierHeld !== undefined || begunBefore.begun !== undefined }, item, begin).catch(async (cause: unknown) => {
    if (cause instanceof Undone && begunNow) await context.ledger.append(step('erasure.step_blocked', { rows_found: begun?.rows ?? 0, detail: { ...(begun?.detail as object), because: await shownIn(context, cause.message), undone: true, ...begunBefore } }))
    throw cause
  })
  failpoint('erasure/before-done')
  if (erased?.outcome === 'blocked') {
    const detail = { ...detailOf(erased.counted), because: await shownIn(context, erased.because), ...(erased.again === true ? { again: true } : {}), ...(erased.undone === true && begunNow ? { undone: true } : {}), ...(begunNow && erased.undone !== true ? { begun: begun?.rows ?? 0 } : begunBefore) }
    await context.ledger.append(step('erasure.step_blocked', { rows_found: erased.counted.rows, detail }))
    return false
  }
  if (erased === undefined && !begunNow && before?.state !== 'begun') await begin({ rows: 0, unowned: 0, ambiguous: 0 })
  const earlier = begun as { rows: number; detail: Json } | undefined
  // The other name of a file that was written anew is known to nobody: no later step sees it.
  const holds = erased?.held ?? (stores.find(({ id }) => id === item.store)?.kind === 'files' && erased !== undefined ? earlierHeld ?? undefined : undefined)
  const held = holds === undefined ? {} : { held: holds }
  const counted = erased === undefined ? { rows_erased: earlier?.rows ?? 0, detail: { because: 'it is not there any more', countedBefore: true } }
    : carriedOut(erased.counted) ? { rows_erased: earlier?.rows ?? 0, detail: { ...(earlier?.detail as object), countedBefore: true, ...held } }
      : { rows_erased: erased.rows, detail: { ...detailOf(erased.counted), ...held } }
  await context.ledger.append([step('erasure.step_done', counted), ...(await dropped(erasing, item))])
  return true
}

/** What only a step that is blocked says. */
const saysBlocked: readonly string[] = ['because', 'again', 'undone', 'begun'] satisfies readonly (keyof Step['detail'])[]

/** What an earlier run began at a place: with what it counted; of one that was blocked since, with what was not there any more then. */
function begunOf(before: Step): { readonly rows: number; readonly detail: Json } | undefined {
  if (!mayHaveErased(before)) return undefined
  const { begun = before.rowsFound } = before.detail
  const detail = Object.fromEntries(Object.entries(before.detail).filter(([name]) => !saysBlocked.includes(name)))
  return { rows: before.state === 'begun' ? before.rowsFound : Math.max(0, begun - before.rowsFound), detail: detail as Json }
}

/** Rows of copies of governed copies are told by what they bear, all others by fingerprints. */
function askedFor(erasing: Erasing, { copies, store, place }: PlanItem): Erasing {
  if (copies === undefined) return erasing
  if (erasing.teller === undefined) throw new Broken('erasure/no-teller', `${store}: ${place} holds copies of governed copies, and nothing here can tell their rows; run the erasure where the keys are`)
  return { ...erasing, searcher: governedRows({ base: erasing.searcher, copies, teller: erasing.teller, own: erasing.targets }) }
}

/** Kinds of stores of which no place refers to another. */
const withoutNeighbours: readonly string[] = ['files', 's3', 'redis'] satisfies readonly Store['kind'][]

/** A table that holds other controllers' rows as well is not the controller's, whatever was planned there: of it only rows that were found are. */
function plannedOf({ erasure, stores, known: { done } }: Erasing, { store: id }: PlanItem): (Neighbour & { readonly store: string })[] {
  if (withoutNeighbours.includes(stores.find((one) => one.id === id)?.kind ?? '')) return []
  return [
    ...(erasure.plan?.kept ?? []).map(({ store, place }) => ({ store, place, standing: 'kept' as const })),
    ...(erasure.plan?.items ?? []).filter(({ what, number, othersTable }) => othersTable !== true && (what === 'dataset' || !done.has(number))).map(({ store, place, number, predicate }) => ({ store, place, standing: 'mine' as const, done: done.has(number), ...(predicate === undefined ? {} : { predicate }) })),
  ]
}

/** Marks of the rows that go out of what holds others', where a declared backup can bring them back. */
function tombstonesOf({ context, erasure, round, stores, searcher, targets, at }: Erasing, { store: id, number, method, copies }: PlanItem): { readonly searcher: RowSearcher; write(): void } {
  const backups = stores.find((one) => one.id === id)?.declared['backups'] as 'none' | { expire_after_days: number } | undefined
  if (typeof backups !== 'object' || (method !== 'delete found rows' && method !== 'unlink')) return { searcher, write: () => undefined }
  const marks = new Set<bigint>()
  return {
    searcher: marking(searcher, { mark: markerFor(context, erasure.id), owners: copies === undefined ? targets : [governedDataset] }, marks),
    write: () => { if (marks.size > 0) writeTombstone(context, { erasure: erasure.id, round, number, until: at + (backups.expire_after_days + 1) * day, marks }) },
  }
}

/** A derived dataset that was dropped is gone from what is known to be there, in the same transaction. */
async function dropped({ context, at }: Erasing, { derived }: PlanItem): Promise<Draft[]> {
  if (derived === undefined) return []
  const known = (await allDerived(context.ledger.database)).find(({ id, droppedAt }) => id === derived && droppedAt === null)
  return known === undefined ? [] : [droppedDraft(known, 'erased', at)]
}

const detailOf = ({ unowned, ambiguous, along = [], noHeader = false, unread }: Counted): { readonly [key: string]: Json } => ({ unowned, ambiguous, ...(unread === undefined ? {} : { unread }), ...(noHeader ? { no_header: true } : {}), ...(along.length === 0 ? {} : { along: along.map(({ place, rows }) => ({ place, rows })) }) })

const nothing: Counted = { rows: 0, unowned: 0, ambiguous: 0 }

/** Erases one place. Undefined: it is not there any more. Throws `Broken` for what may pass. */
export async function carryOut(erasing: Carrying, item: PlanItem, begin: Begin): Promise<Erased | undefined> {
  const { context, searcher } = erasing
  const targets = item.copies === undefined ? erasing.targets : [governedDataset]
  const store = erasing.stores.find((one) => one.id === item.store)
  if (store === undefined) throw new Broken('erasure/no-store', `store ${item.store} is not declared any more`)
  const since = item.derived === undefined ? 'here' : await sinceDerived(context, store, item.derived)
  if (since !== 'here' && since !== 'later') return { outcome: 'blocked', counted: nothing, because: 'the store led elsewhere when this was put there: what bears its name now cannot be told to be it, and stays; let the store lead there again, and run the erasure again' }
  if (store.kind !== 'postgres') await erasing.seen?.()
  if (store.kind === 'sqlite') return carryOutInSqlite(erasing, item, { store, begin, targets })
  const place = await placeOf(context, store, item.place)
  if (place === undefined) return undefined
  if (store.kind === 's3' && item.method === 'drop') return dropObject({ access: bucketAccessOf(store, context.references, 'erase'), place }, begin)
  if (store.kind === 's3') return removeObject({ access: bucketAccessOf(store, context.references, 'erase'), place, searcher, targets, scratch: scratchIn(context.directory) }, begin)
  if (item.method === 'unlink' || store.kind === 'files') {
    const folder = folderOf(store, context.references)
    if (folder === undefined) throw new Broken('erasure/no-path', `store ${store.id} declares no path any more`)
    if (item.method === 'drop') return dropFile({ folder, place }, begin)
    return unlinkFile({ folder, place, searcher, targets, scratch: scratchIn(context.directory) }, begin)
  }
  if (store.kind === 'redis') return eraseRedisKeys({ url: urlOf(store, 'erase_url', context), place, tables: store.tables ?? [], searcher, targets, whole: item.method === 'truncate', heldBefore: erasing.heldBefore === true, wholeRowsOnly: item.othersTable === true, scratch: scratchIn(context.directory) }, begin)
  if (store.kind === 'mysql' && item.method === 'drop') return dropMysqlTable({ url: urlOf(store, 'erase_url', context), place }, begin)
  if (store.kind === 'mysql') return eraseMysqlRows({ url: urlOf(store, 'erase_url', context), ...(store.declared.sweep_url === undefined ? {} : { sweepUrl: urlOf(store, 'sweep_url', context) }), place, searcher, targets, whole: item.method === 'truncate', wholeRowsOnly: item.othersTable === true, neighbours: await neighboursOf(erasing, item), alongBefore: erasing.alongBefore ?? [] }, begin)
  const table = { eraseUrl: urlOf(store, 'erase_url', context), sweepUrl: urlOf(store, 'sweep_url', context), place, searcher, targets, neighbours: await neighboursOf(erasing, item), alongBefore: erasing.alongBefore ?? [], ...(erasing.seen === undefined ? {} : { seen: erasing.seen }) }
  if (item.method === 'truncate') return emptyTable(table, begin)
  if (item.method === 'drop') return await dropTable(table, begin) ?? (since === 'later' ? { outcome: 'blocked', counted: nothing, because: 'another server took over since this was put there, and it is not in it: it may stand in the one before still' } : undefined)
  if (item.keep !== undefined) return deleteBut(table, { predicate: item.predicate, keep: item.keep }, begin)
  if (item.method === 'delete rows') return deleteDeclared(table, item.predicate ?? 'false', begin)
  return deleteFound({ ...table, wholeRowsOnly: item.othersTable === true }, begin)
}

/** Where a store leads, seen from where it led when something was derived in it; where that was not kept, nobody knows. */
async function sinceDerived({ ledger, references }: TraceContext, store: Store, derived: string): ReturnType<typeof sinceLead> {
  const lead = (await allDerived(ledger.database)).find(({ id, droppedAt }) => id === derived && droppedAt === null)?.lead ?? undefined
  return lead === undefined ? 'here' : sinceLead(lead, store, references)
}

/** What is known of the other tables of a store. Of a table that several controllers share, the rows by another's predicate are not the controller's. */
async function neighboursOf({ context, planned = [], targets }: Carrying, item: PlanItem): Promise<Neighbour[]> {
  const datasets = await allDatasets(context.ledger.database)
  const own = new Set(datasets.filter(({ id, tables }) => tables.some((_, number) => targets.includes(`${id}.${number}`))).map(({ controller }) => controller))
  const declared = datasets.filter(({ store }) => store === item.store)
    .flatMap(({ controller, tables }) => tables.map((table): Neighbour => ({ place: table.table, standing: own.has(controller) ? 'mine' : 'others', ...(table.rows === undefined ? {} : { predicate: table.rows }) })))
  return [...planned.filter(({ store, place }) => store === item.store && place !== item.place), ...declared]
}

async function carryOutInSqlite(erasing: Carrying, item: PlanItem, { store, begin, targets }: { readonly store: Store; readonly begin: Begin; readonly targets: readonly string[] }): Promise<Erased | undefined> {
  const { context, searcher } = erasing
  const file = folderOf(store, context.references)
  if (file === undefined) throw new Broken('erasure/no-path', `store ${store.id} declares no path any more`)
  // Where its name is shown with a mark, the table is the one whose name is shown so.
  const { path, name: written } = parsePart(item.place)
  const isIt = recordedAs(context, item.place)
  const name = written.includes('⟨') ? tablesInSqlite(file).find((table) => isIt(printPart(path, table))) : written
  if (name === undefined) return undefined
  if (item.method === 'drop') return dropSqliteTable({ file, table: name }, begin)
  if (item.method === 'rewrite') return rewriteSqliteFile(file, begin)
  const neighbours = await neighboursOf(erasing, item)
  const standing = (table: string): Neighbour | undefined => neighbours.find((one) => one.place === table || recordedAs(context, one.place)(printPart(path, table)))
  return eraseSqliteRows({ file, table: name, searcher, targets, whole: item.method === 'truncate', wholeRowsOnly: item.othersTable === true, standing, placeOf: (table) => printPart(path, table) }, begin)
}

/**
 * The place that a plan names: where its name is shown with a mark, the one of its store that is shown so. Nothing keeps the name itself. Undefined when it is not there any
 * more; throws `Broken` when the store cannot be listed, which is not the same.
 */
export async function placeOf(context: TraceContext, store: Store, name: string): Promise<string | undefined> {
  if (!name.includes('⟨')) return name
  // Of a logical database of Redis, what is declared in it is no place of its own: where it is declared no more, whoever erases says so.
  if (store.kind === 'redis' && parsePart(name).name !== '') return store.tables?.find(recordedAs(context, name)) ?? name
  const { places, notRead } = await listPlaces([store], context.references, { scratch: scratchIn(context.directory) })
  const isIt = recordedAs(context, name)
  const found = [...places, ...notRead].find(({ place }) => isIt(place))?.place
  const unlisted = notRead.find(({ place }) => place === '*')
  if (found === undefined && unlisted !== undefined) throw new Broken('erasure/not-listed', `store ${store.id} cannot be listed now: ${unlisted.because}`)
  return found
}

function urlOf(store: Store, which: 'erase_url' | 'sweep_url', context: TraceContext): string {
  const reference = store.declared[which]
  const url = reference === undefined ? undefined : resolveReference(reference, context.references)
  if (url === undefined) throw new Broken('erasure/no-url', `${which} of store ${store.id} is not set; set what it refers to and run the erasure again`)
  return url
}
