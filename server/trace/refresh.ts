import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { allContracts } from '#contract'
import { allDatasets, allStores, isFileKind, isServerKind, resolveReference, rowsOfDataset, type Dataset, type DatasetReplication, type DatasetRows, type DatasetSource, type DatasetTable, type Store, type TableChanges } from '#inventory'
import type { Draft, SealingKey } from '#ledger'
import { Broken, Refused } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import { formatDay, type Instant } from '#kit/time'
import { addable, buildFingerprints, emptyLog, epochOf, inThisForm, openSegmentFile, readChanges, removeSegment, subtractRows, takeChanges, withRefresh, writeChanges, type ChangeLog, type ChangeTaker, type CombineAs, type DatasetColumn, type FingerprintSummary, type SegmentFile, type WatermarkHeader } from './fingerprint/index.ts'
import { changesFile, destroyEpochs, epochKeyId, isolatedKeyId, sealKeyOf, segmentFile, tokenKeyOf, type TraceContext } from './fingerprints.ts'
import { leftIdOf } from './left.ts'
import { listOne, scratchIn } from './places.ts'
import { endReplications, readReplicated, type LeftBehind, type Reading } from './replication.ts'
import { changingFingerprints, currentEpoch, existingFingerprints, idlePosition } from './store.ts'
import type { FingerprintRecord } from './types.ts'

/** Controllers that share no key of tokens: each is asked about in a pass of its own, one more hash and look-up a value. */
export const isolatedMax = 8

/** A dataset that could not be fingerprinted, and why: every search must say that it looked for nothing of it. */
export interface NotTaken { readonly dataset: string; readonly because: string }

export interface TakeOptions {
  /** Only of this controller. */
  readonly controller?: string
  /** Forgets who left the datasets since: the way out when what was known before cannot be read any more. */
  readonly anew?: boolean
  /** Reads every row of every table, also where a watermark or a replication slot tells what changed: rows without a watermark, and who left them, are seen only so. */
  readonly full?: boolean
  /** Of a contract that ends: all rows are read, and the replication slots are dropped. */
  readonly last?: boolean
  /** Datasets that are taken although their contract is over: what could not be taken when it ended, before it is erased. */
  readonly ended?: ReadonlySet<string>
}

/**
 * How the fingerprints of one table were taken. `compare`: all its rows were read and compared with what was known. `watermark`: only rows that were changed or added
 * since; who left, and what changed in rows without a watermark or behind it, is not known until the next compare. `replication`: each row that was changed or added
 * since, and how many were deleted.
 */
export interface Refreshed {
  readonly fingerprints: string
  readonly mode: 'watermark' | 'replication' | 'compare'
  readonly rowsRead: number
  /** Written: all fingerprints of the table, or one layer more on them. */
  readonly bytes: number
  /** Layers that now stand on the whole. */
  readonly layers: number
  /** Read by replication: rows inserted, updated and deleted, as often as they were. */
  readonly changes?: Pick<TableChanges, 'inserted' | 'updated' | 'deleted'>
  /** Compared, although it is to be read by replication: why. */
  readonly instead?: string
  /** Bytes of its server's log that the table's replication slot holds back. */
  readonly retainedBytes?: number
  /** Compared, in a table with a watermark: rows that have none. */
  readonly unmarked?: number
  /** People who had left the dataset and were known in a normal form of values that is read no more: no search finds their copies any longer. */
  readonly lost?: number
  /** What of the table could not be read, in words: people who stand only there are not known. */
  readonly partly?: readonly string[]
}

export interface Taken {
  /** All that exist now. */
  readonly taken: FingerprintRecord[]
  readonly notTaken: NotTaken[]
  /** By table, those that were taken. */
  readonly refreshed: Refreshed[]
  /** Replication slots that are needed no more, and could not be dropped. */
  readonly leftBehind: readonly LeftBehind[]
}

/** Refreshes by watermark in a row: after them all rows are compared, for what a watermark does not show. */
export const watermarkRefreshesMax = 9

/**
 * Takes the fingerprints of every dataset whose contract is live and whose store can be read. Values are read as a stream; only keyed
 * tokens are kept, sealed under the controller's key. People who left a dataset stay findable: a copy older than that still holds them. What
 * cannot be taken now keeps the fingerprints it has. Where a table declares a watermark, only rows that changed since the last refresh are read, as a rule. Where the key of tokens is another one than before, rows are read twice: once for
 * the new fingerprints, once to find who is only in the old ones; those stay under the old key, which lives as long as they do.
 */
export async function takeFingerprints(context: TraceContext, at: Instant, options: TakeOptions = {}): Promise<Taken> {
  return changingFingerprints(context.ledger.database, () => takeAll(context, at, options))
}

async function takeAll(context: TraceContext, at: Instant, { controller, anew = false, full = false, last = false, ended }: TakeOptions): Promise<Taken> {
  const { database } = context.ledger
  const stores = new Map((await allStores(database)).map((store) => [store.id, store]))
  const contracts = await allContracts(database)
  const begun = performance.now()
  const clock = (): Instant => at + Math.floor((performance.now() - begun) / 1000)
  const notTaken: NotTaken[] = []
  const refreshed: Refreshed[] = []
  const datasets = (await allDatasets(database)).filter((dataset) => (controller ?? dataset.controller) === dataset.controller && (ended?.has(dataset.id) ?? contracts.some((contract) => contract.controller === dataset.controller && contract.endedAt === undefined)))
  for (const [done, dataset] of datasets.entries()) {
    const sourceOf = readerOf(context, stores.get(dataset.store))
    if (typeof sourceOf === 'string') notTaken.push({ dataset: dataset.id, because: sourceOf })
    else {
      for (const [number, table] of dataset.tables.entries()) {
        context.progress?.({ work: 'taking fingerprints', place: table.table, done, total: datasets.length, rows: 0 })
        const outcome = await takeTable(context, { dataset, table, number, source: sourceOf(table), anew, full: full || last, last, clock }, at).catch(reasonOf)
        if (typeof outcome === 'string') notTaken.push({ dataset: dataset.id, because: `${table.table}: ${outcome}` })
        else if (outcome !== undefined) refreshed.push(outcome)
      }
    }
  }
  await destroyEpochs(context, at)
  const leftBehind = await endReplications(context, at, { controller, all: last })
  return { taken: await existingFingerprints(database), notTaken, refreshed, leftBehind }
}

/** How tables of a store are reached, or why they cannot be. */
export function readerOf({ references, directory }: TraceContext, store: Store | undefined): ((table: DatasetTable) => DatasetSource) | string {
  if (store === undefined) return 'its store is not declared any more'
  const { kind } = store
  if (isFileKind(kind)) return (table) => ({ kind, table, list: () => listOne(store, references, { scratch: scratchIn(directory), named: true, dialect: table.dialect }) })
  if (!isServerKind(kind)) return `a store of kind ${kind} cannot be read yet`
  const url = store.declared.sweep_url === undefined ? undefined : resolveReference(store.declared.sweep_url, references)
  return url === undefined ? `store ${store.id} has no sweep_url that is set` : (table) => ({ kind, url, table, tables: store.tables })
}

// Categories (DPV) whose values name nobody alone, and people in combination with each other.
const combinedAs: Readonly<Record<string, CombineAs | undefined>> = { BirthDate: 'date', DateOfBirth: 'date', Name: 'name', FirstName: 'name', LastName: 'name', GivenName: 'name', FamilyName: 'name', Surname: 'name', BirthName: 'name', MaidenName: 'name' }

/** The columns that fingerprints are made of: those that identify, and what is combined, where both a date and a name stand. */
function columnsRead({ columns }: DatasetTable): DatasetColumn[] {
  const all = Object.entries(columns).map(([name, { identifies, category }]): DatasetColumn => ({ name, identifies: identifies === true, telephone: category === 'TelephoneNumber', combine: identifies === true ? undefined : combinedAs[category] }))
  const combines = (['date', 'name'] as const).every((one) => all.some(({ combine }) => combine === one))
  return all.filter(({ identifies, combine }) => identifies || (combines && combine !== undefined))
}

interface TakingTable { readonly dataset: Dataset; readonly table: DatasetTable; readonly number: number; readonly source: DatasetSource; readonly anew: boolean; readonly full: boolean; readonly last: boolean; readonly clock: () => Instant }

/** Resolves to why not, when its fingerprints could not be taken; to undefined, when it has none. */
async function takeTable(context: TraceContext, { dataset, table, number, source, anew, full, last, clock }: TakingTable, at: Instant): Promise<Refreshed | string | undefined> {
  const { keys, database } = context.ledger
  const columns = columnsRead(table)
  if (columns.length === 0) return undefined // nothing in it tells one person from another; the dataset's other tables do
  const reader = await rowsOfDataset(source)
  if (typeof reader === 'string') return reader
  const existing = await existingFingerprints(database)
  const tokenKey = table.isolated === true ? isolatedKeyId(dataset.slot) : epochKeyId(await currentEpoch(database))
  if (table.isolated === true && new Set([tokenKey, ...existing.map((record) => record.tokenKey).filter((id) => id.startsWith('isolated/'))]).size > isolatedMax) return `more than ${isolatedMax} controllers with a key of their own`
  if (table.isolated === true && keys.wasDestroyed(tokenKey)) return 'its key of tokens was destroyed with an earlier exit: take `isolated` away, so that it shares the key of all others'
  const kept = existing.find((record) => record.id === `${dataset.id}.${number}` && record.state === 'kept')
  if (kept !== undefined) return `fingerprints of an earlier contract are kept under its name until ${formatDay(kept.keepUntil ?? at)}, for search only: declare the dataset under another id`
  const key = keys.segmentKey(dataset.slot, 'fingerprints')
  mkdirSync(context.directory, { recursive: true, mode: 0o700 })
  const known = existing.filter((record) => record.slot === dataset.slot && record.state === 'live')
  const next: Taking = {
    id: `${dataset.id}.${number}`, dataset, key, tokenKey, columns, clock, known: known.find((record) => record.id === `${dataset.id}.${number}`),
    declared: JSON.stringify([dataset.store, table.table, table.rows ?? null, reader.watermark ?? null, columns, ...(table.changes === undefined ? [] : [table.changes])]),
    replication: last ? undefined : reader.replication, retainedBytesMax: table.retained_bytes_max,
    read: (since) => reader.read(columns.map((column) => column.name), since),
  }
  return takeRows(context, next, { anew, full, at, left: await givenUp(context, known.filter((record) => record.id === leftIdOf(next.id, record.tokenKey)), anew) })
}

/** Fingerprints of people who left that are to be given up: all of them, or those in another normal form, which no search can ask for. */
async function givenUp(context: TraceContext, left: readonly FingerprintRecord[], anew: boolean): Promise<FingerprintRecord[]> {
  const found: FingerprintRecord[] = []
  for (const record of left) {
    const segment = anew ? undefined : await openBefore(context, record)
    await segment?.close()
    if (segment === undefined || !inThisForm(segment.header)) found.push(record)
  }
  return found
}

interface Taking {
  readonly id: string
  readonly dataset: Dataset
  readonly key: SealingKey
  readonly tokenKey: string
  readonly columns: readonly DatasetColumn[]
  readonly known: FingerprintRecord | undefined
  /** What is read, and how: under another declaration than before, all of it is new. */
  readonly declared: string
  /** Where changes are to be read by replication. */
  readonly replication: DatasetReplication | undefined
  readonly retainedBytesMax: number | undefined
  /** What time it is while this refresh goes on, which says of itself only when it began. */
  clock(): Instant
  /** Reads the rows from the start: all, or those from a watermark on. */
  read(since?: string): DatasetRows
}

/** `left`: fingerprints of people who left, to be given up. */
async function takeRows(context: TraceContext, taking: Taking, { anew, full, at, left }: { anew: boolean; full: boolean; at: Instant; left: readonly FingerprintRecord[] }): Promise<Refreshed> {
  const { id, dataset, key, tokenKey, columns, known } = taking
  const before = anew || known === undefined ? undefined : await openBefore(context, known)
  const drafts: Draft[] = []
  const same = known?.tokenKey === tokenKey
  const otherForm = before !== undefined && !inThisForm(before.header)
  const lost = anew ? 0 : (otherForm ? before.header.former : 0) + left.reduce((sum, record) => sum + record.records, 0)
  const epochKey = tokenKeyOf(context.ledger.keys, tokenKey)
  const reached = same && !full && before !== undefined && addable(before.header, epochKey) ? before.header.watermark : undefined
  const evidenceOf = (more: { id: string; tokenKey: string; sha256: string; records: number; former: number }): Draft['parts'] => ({ evidence: { controller: dataset.controller, dataset: dataset.id, keyId: key.id, ...more } })
  const log = await logOf(context, taking, before !== undefined && same && !otherForm)
  const takers = new Map<string, ChangeTaker>()
  const from = taking.clock()
  try {
    const sealing = { sealKey: key.key, random: randomBytes, columns }
    const { mode, rows, seen, partly = () => [], more, idleTo, reaches, shown, done } = await readingOf(context, taking, reached?.declared === taking.declared ? reached : undefined, at)
    const summary = idleTo !== undefined && before !== undefined && known !== undefined ? unchanged(known, before) : await buildFingerprints({
      ...sealing, dataset: id, epochKey, file: segmentFile(context, { id, keyId: key.id, tokenKey }), rows, before: same ? before : undefined, adds: mode !== 'compare', more, watermark: reaches, changes: (column) => takerOf(takers, log, columns.find(({ name, identifies }) => identifies && name === column)),
    })
    if (before !== undefined && known !== undefined && !same && !otherForm) {
      const leftId = leftIdOf(id, known.tokenKey)
      const file = segmentFile(context, { id: leftId, keyId: key.id, tokenKey: known.tokenKey })
      const rest = await subtractRows({ ...sealing, dataset: leftId, epochKey: tokenKeyOf(context.ledger.keys, known.tokenKey), file, rows: taking.read().rows, before, left: true })
      if (rest !== undefined) drafts.push({ slot: dataset.slot, type: 'trace.taken', at, parts: evidenceOf({ id: leftId, tokenKey: known.tokenKey, sha256: rest.sha256, records: rest.records, former: rest.former }) })
    }
    const to = taking.clock() + 1
    failpoint('trace/before-taken')
    const { sha256, records, former, added, rowsRead, bytes, layers } = summary
    const { unmarked } = seen
    const missing = partly()
    const taken = evidenceOf({ id, tokenKey, sha256, records, former })
    await context.ledger.append([...drafts, { slot: dataset.slot, type: 'trace.taken', at, parts: { evidence: { ...taken['evidence'] as object, added, mode, rowsRead, layers, ...shown, ...(idleTo === undefined ? {} : { idleTo }), columns: columns.map((column) => column.name), ...(missing.length === 0 ? {} : { partly: missing.length }), ...(lost === 0 ? {} : { lost }) } } }, ...left.map((record): Draft => ({ slot: record.slot, type: 'trace.destroyed', at, parts: evidenceOf(record) }))])
    failpoint('trace/before-changes')
    const compared = mode === 'compare' && missing.length === 0
    const changes = [...takers.values()].map((taker) => taker.taken()).map((seen) => (compared ? seen : { ...seen, missing: new BigUint64Array(0) })) // not read is not gone
    await writeChanges(changesFile(context, id), withRefresh(log, { read: { from, to }, compared, marked: unmarked === 0 || reaches()?.replication !== undefined, columns: changes }), sealing)
    removeOlder(context, { id, keyId: key.id, tokenKey })
    for (const record of left) removeSegment(segmentFile(context, record))
    const retainedBytes = await done()
    return { fingerprints: id, mode, rowsRead, bytes, layers, ...shown, ...(retainedBytes === undefined ? {} : { retainedBytes }), ...(unmarked === undefined ? {} : { unmarked }), ...(missing.length === 0 ? {} : { partly: missing }), ...(lost === 0 ? {} : { lost }) }
  } finally {
    await before?.close()
  }
}

/** Of fingerprints that nothing is written to. */
function unchanged({ sha256, records, former }: FingerprintRecord, { files }: SegmentFile): Pick<FingerprintSummary, 'sha256' | 'records' | 'former' | 'added' | 'rowsRead' | 'bytes' | 'layers'> {
  return { sha256, records, former, added: 0, rowsRead: 0, bytes: 0, layers: files.length - 1 }
}

/** What is read: where a watermark or a slot tells what changed since `reached`, only that, as a rule. */
async function readingOf(context: TraceContext, taking: Taking, reached: WatermarkHeader | undefined, at: Instant): Promise<Reading> {
  const { id, dataset, declared, replication, retainedBytesMax } = taking
  if (replication !== undefined) return readReplicated(context, { id, dataset, declared, columns: taking.columns.map(({ name }) => name), replication, retainedBytesMax, reached, idleTo: await idlePosition(context.ledger.database, id), read: () => taking.read() }, at)
  const since = reached !== undefined && reached.refreshes < watermarkRefreshesMax ? reached : undefined
  const read = taking.read(since?.value)
  return {
    ...read, mode: since === undefined ? 'compare' : 'watermark', shown: {}, done: async () => undefined,
    reaches: () => {
      const value = read.seen.value ?? since?.value
      return value === undefined ? undefined : { declared, value, refreshes: since === undefined ? 0 : since.refreshes + 1 }
    },
  }
}

/** What is known of changes, to be gone on with or begun: a log that is damaged, or of another key of tokens, is begun anew, for it only ever says when. */
async function logOf(context: TraceContext, { id, key, tokenKey }: Taking, goesOn: boolean): Promise<ChangeLog> {
  const epoch = epochOf(tokenKeyOf(context.ledger.keys, tokenKey))
  const known = goesOn ? await readChanges(changesFile(context, id), key.key).catch((cause: unknown) => {
    if (cause instanceof Broken || cause instanceof Refused) return undefined
    throw cause
  }) : undefined
  return known?.epoch === epoch ? known : emptyLog(epoch)
}

/** Columns that identify have a log; combinations of others have none, for no field of a copy holds one. */
function takerOf(takers: Map<string, ChangeTaker>, log: ChangeLog, column: DatasetColumn | undefined): ChangeTaker | undefined {
  if (column === undefined) return undefined
  const taker = takeChanges(log, column.name)
  takers.set(column.name, taker)
  return taker
}

const older = /^(?:[.](?:epoch|isolated)-[0-9]+)?[.]segment(?:[.][0-9]+)?$/

/** Removes the files of these fingerprints under earlier keys of tokens: also those that a killed refresh left behind. */
function removeOlder(context: TraceContext, now: Pick<FingerprintRecord, 'id' | 'keyId' | 'tokenKey'>): void {
  for (const file of readdirSync(context.directory)) {
    if (file.startsWith(now.id) && older.test(file.slice(now.id.length)) && !`${file}.`.startsWith(`${basename(segmentFile(context, now))}.`)) rmSync(join(context.directory, file), { force: true })
  }
}

/** What the fingerprints held until now. Throws `Broken` when they cannot be read: replacing them would forget who left. */
async function openBefore(context: TraceContext, known: FingerprintRecord): Promise<SegmentFile> {
  return openSegmentFile(segmentFile(context, known), sealKeyOf(context, known)).catch((cause: unknown) => { throw unreadable(cause) })
}

function unreadable(cause: unknown): unknown {
  if (!(cause instanceof Broken || cause instanceof Refused)) return cause
  return new Broken('trace/before-unreadable', `${cause.message}; they know who left the dataset. To do without: bailee trace refresh --anew`, { cause })
}

/** An empty table, or a store that is away: the others are taken all the same. */
function reasonOf(cause: unknown): string {
  const reason = cause instanceof Refused && cause.code === 'trace/seal-refused' ? unreadable(cause) : cause // altered behind its header: seen when its tokens are read
  if (reason instanceof Broken && /^(trace|inventory)[/]/.test(reason.code)) return reason.message
  throw reason
}
