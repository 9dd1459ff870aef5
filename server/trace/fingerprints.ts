import { randomBytes } from 'node:crypto'
import { mkdirSync, openSync, fsyncSync, closeSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { allContracts } from '#contract'
import { allDatasets, allStores, predicateProblem, readTable, resolveReference, tableAt, type Dataset, type DatasetTable, type References } from '#inventory'
import type { Draft, Json, Ledger } from '#ledger'
import { Broken, Refused } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import type { Instant } from '#kit/time'
import { buildFingerprints, openFingerprints, openSegmentFile, type Segment, type SegmentFile } from './fingerprint/index.ts'
import { writeSegment } from './fingerprint/segment.ts'
import { existingFingerprints } from './store.ts'
import type { FingerprintRecord, Progress } from './types.ts'

/** The data plane's side of trace: the ledger to record in, and where sealed files and stores are. */
export interface TraceContext {
  readonly ledger: Ledger
  readonly references: References
  /** Directory of the sealed segments. */
  readonly directory: string
  readonly progress?: Progress
}

/** One key of tokens for all datasets; a later epoch means taking every fingerprint anew. */
export const epoch = 1

const exitKey = /[/]exit$/

/** Where the segment of a record is. What is kept beyond an exit is a file of its own: until it is recorded, the one before it still opens. */
export const segmentFile = (context: TraceContext, { id, keyId }: Pick<FingerprintRecord, 'id' | 'keyId'>): string => join(context.directory, `${id}${exitKey.test(keyId) ? '.exit' : ''}.segment`)

/** A dataset that could not be fingerprinted, and why: every search must say that it looked for nothing of it. */
export interface NotTaken { readonly dataset: string; readonly because: string }

export interface TakeOptions {
  /** Only of this controller. */
  readonly controller?: string
  /** Forgets who left the datasets since: the way out when what was known before cannot be read any more. */
  readonly anew?: boolean
}

/**
 * Takes the fingerprints of every dataset whose contract is live and whose store can be read. Values are read once, as a stream; only keyed
 * tokens are kept, sealed under the controller's key. People who left a dataset stay findable: a copy older than that still holds them. What
 * cannot be taken now keeps the fingerprints it has.
 */
export async function takeFingerprints(context: TraceContext, at: Instant, { controller, anew = false }: TakeOptions = {}): Promise<{ taken: FingerprintRecord[]; notTaken: NotTaken[] }> {
  const { database } = context.ledger
  const stores = new Map((await allStores(database)).map((store) => [store.id, store]))
  const contracts = await allContracts(database)
  const notTaken: NotTaken[] = []
  const datasets = (await allDatasets(database)).filter((dataset) => (controller ?? dataset.controller) === dataset.controller && contracts.some((contract) => contract.controller === dataset.controller && contract.endedAt === undefined))
  for (const [done, dataset] of datasets.entries()) {
    const store = stores.get(dataset.store)
    const url = store?.declared.sweep_url === undefined ? undefined : resolveReference(store.declared.sweep_url, context.references)
    if (store?.kind !== 'postgres') notTaken.push({ dataset: dataset.id, because: `a store of kind ${store?.kind} cannot be read yet` })
    else if (url === undefined) notTaken.push({ dataset: dataset.id, because: `store ${store.id} has no sweep_url that is set` })
    else {
      for (const [number, table] of dataset.tables.entries()) {
        context.progress?.({ work: 'taking fingerprints', place: table.table, done, total: datasets.length, rows: 0 })
        const because = await takeTable(context, { dataset, table, number, url, anew }, at)
        if (because !== undefined) notTaken.push({ dataset: dataset.id, because: `${table.table}: ${because}` })
      }
    }
  }
  return { taken: await existingFingerprints(database), notTaken }
}

interface TakingTable { readonly dataset: Dataset; readonly table: DatasetTable; readonly number: number; readonly url: string; readonly anew: boolean }

/** Resolves to why not, when its fingerprints could not be taken. */
async function takeTable(context: TraceContext, { dataset, table, number, url, anew }: TakingTable, at: Instant): Promise<string | undefined> {
  const columns = Object.entries(table.columns).filter(([, column]) => column.identifies === true).map(([name]) => ({ name, identifies: true }))
  if (columns.length === 0) return undefined // nothing in it tells one person from another; the dataset's other tables do
  const id = `${dataset.id}.${number}`
  const problem = table.rows === undefined ? undefined : await predicateProblem(url, tableAt(table.table), table.rows).catch(reasonOf)
  if (problem !== undefined) return problem
  const key = context.ledger.keys.segmentKey(dataset.slot, 'fingerprints')
  mkdirSync(context.directory, { recursive: true, mode: 0o700 })
  const file = segmentFile(context, { id, keyId: key.id })
  const before = anew ? undefined : await knownBefore(context, { id, file, key: key.key })
  if (typeof before === 'string') return before
  const summary = await buildFingerprints({
    dataset: id, epochKey: context.ledger.keys.epochKey(epoch), columns, sealKey: key.key, file, random: randomBytes, before,
    rows: readTable(url, tableAt(table.table), { columns: columns.map((column) => column.name), ...(table.rows === undefined ? {} : { rows: table.rows }) }),
  }).catch(reasonOf).finally(() => before?.close())
  if (typeof summary === 'string') return summary
  failpoint('trace/before-taken')
  const { sha256, records, former, added } = summary
  const evidence = { id, controller: dataset.controller, dataset: dataset.id, keyId: key.id, sha256, records, former, added, epoch, columns: summary.columns.map((column) => column.name) }
  await context.ledger.append({ slot: dataset.slot, type: 'trace.taken', at, parts: { evidence } })
  return undefined
}

/** What the fingerprints held until now; undefined when there are none yet, and why not when they cannot be read: replacing them would forget who left. */
async function knownBefore({ ledger }: TraceContext, { id, file, key }: { id: string; file: string; key: Uint8Array }): Promise<SegmentFile | string | undefined> {
  const known = (await existingFingerprints(ledger.database)).find((record) => record.id === id)
  if (known === undefined) return undefined
  try {
    return await openSegmentFile(file, key)
  } catch (cause) {
    if (!(cause instanceof Broken || cause instanceof Refused)) throw cause
    return unreadable(cause)
  }
}

const unreadable = (cause: Error): string => `${cause.message}; they know who left the dataset. To do without: bailee trace refresh --anew`

/** An empty table, or a store that is away: the others are taken all the same. */
function reasonOf(cause: unknown): string {
  if (cause instanceof Refused && cause.code === 'trace/seal-refused') return unreadable(cause)
  if (cause instanceof Broken) return cause.message
  throw cause
}

/** Opens every segment that exists. Throws `Broken` when one is missing or was altered: a search without it would call its copies clean. */
export async function openSegments(context: TraceContext): Promise<{ record: FingerprintRecord; segment: Segment }[]> {
  const opened = []
  for (const record of await existingFingerprints(context.ledger.database)) {
    const key = context.ledger.keys.find(record.keyId)
    if (key === undefined) throw new Broken('trace/no-key', `the key of the fingerprints of ${record.dataset} is not in the key store`)
    const segment = await openFingerprints(segmentFile(context, record), key)
    if (segment.header.dataset !== record.id) throw new Broken('trace/other-segment', `the fingerprint file of ${record.dataset} holds those of another dataset`)
    opened.push({ record, segment })
  }
  return opened
}

/**
 * Keeps a controller's fingerprints beyond its exit, for search only and until a date: sealed again under the exit key (`contracts.md` 5).
 * Safe to call twice.
 */
export async function keepFingerprints(context: TraceContext, slot: number, until: Instant, at: Instant): Promise<FingerprintRecord[]> {
  const key = context.ledger.keys.segmentKey(slot, 'exit')
  for (const { record, segment } of (await openSegments(context)).filter((one) => one.record.slot === slot && one.record.state === 'live')) {
    const written = await writeSegment(segmentFile(context, { id: record.id, keyId: key.id }), segment, { sealKey: key.key, random: randomBytes })
    failpoint('trace/before-kept')
    await context.ledger.append(fate(record, 'trace.kept', at, { keyId: key.id, sha256: written.sha256, keepUntil: until }))
  }
  const keyId = `segment/${slot}/fingerprints`
  const kept = (await existingFingerprints(context.ledger.database)).filter((record) => record.slot === slot)
  for (const { id } of kept) rmSync(segmentFile(context, { id, keyId }), { force: true })
  context.ledger.keys.destroy(keyId)
  return kept
}

/** Destroys a controller's fingerprints and their keys. Safe to call twice. */
export async function destroyFingerprints(context: TraceContext, slot: number, at: Instant): Promise<string[]> {
  const mine = (await existingFingerprints(context.ledger.database)).filter((record) => record.slot === slot)
  for (const record of mine) {
    rmSync(segmentFile(context, record), { force: true })
    const directory = openSync(dirname(segmentFile(context, record)), 'r')
    fsyncSync(directory)
    closeSync(directory)
    context.ledger.keys.destroy(record.keyId)
    await context.ledger.append(fate(record, 'trace.destroyed', at, {}))
  }
  return mine.map((record) => record.id)
}

/** Destroys what was kept beyond an exit and is due. */
export async function destroyExpired(context: TraceContext, at: Instant): Promise<void> {
  const due = (await existingFingerprints(context.ledger.database)).filter((record) => record.keepUntil !== null && record.keepUntil <= at)
  for (const slot of new Set(due.map((record) => record.slot))) await destroyFingerprints(context, slot, at)
}

function fate(record: FingerprintRecord, type: string, at: Instant, more: { readonly [key: string]: Json }): Draft {
  const { id, controller, dataset, keyId, sha256, records } = record
  return { slot: record.slot, type, at, parts: { evidence: { id, controller, dataset, keyId, sha256, records, ...more } } }
}
