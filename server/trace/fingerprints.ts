import { randomBytes } from 'node:crypto'
import { openSync, fsyncSync, closeSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { References } from '#inventory'
import { currentCanaryKeyId, currentSegmentKeyId, type Draft, type Json, type KeyStore, type Ledger } from '#ledger'
import { Broken } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import type { Instant } from '#kit/time'
import { destroySketches } from './catalogue/epochs.ts'
import { inThisForm, openFingerprints, removeSegment, type Segment } from './fingerprint/index.ts'
import { resealSegment } from './fingerprint/segment.ts'
import type { HeldTable } from './search/index.ts'
import { sealedSource, type SegmentSource } from './union/index.ts'
import { keepCells, removeCells } from './cells/life.ts'
import { abandonSweeps } from './sweep/abandon.ts'
import { changingFingerprints, currentEpoch, epochsBefore, existingFingerprints } from './store.ts'
import type { InventedTeller } from './telling.ts'
import type { FingerprintRecord, Progress } from './types.ts'

/** The data plane's side of trace: the ledger to record in, and where sealed files and stores are. */
export interface TraceContext {
  readonly ledger: Ledger
  readonly references: References
  /** Directory of the sealed segments. */
  readonly directory: string
  readonly progress?: Progress
  /** Environments that this process serves: it lists and reads no store of another. All when left out. */
  readonly environments?: readonly string[] | undefined
  /** Searches one after another use one loaded table, where it holds what each looks for. */
  readonly held?: HeldTable
  /** What tells copies of governed copies by their invented records and marks, opened anew each time. Without it no search looks for them, and the end of a contract says so. */
  readonly governed?: () => Promise<InventedTeller>
  /** Aborted with a reason (`Stopped`): long work throws it between two of its pieces. */
  readonly stopping?: AbortSignal
}

/** The epoch that every processor begins with. */
export const firstEpoch = 1

export const epochKeyId = (epoch: number): string => `epoch/${epoch}`
export const isolatedKeyId = (slot: number): string => `isolated/${slot}`

const tokenKeyPattern = /^(epoch|isolated)[/]([0-9]+)$/

/** The key of that id, 16 bytes, made the first time. Throws `Broken` when it was destroyed. */
export function tokenKeyOf(keys: KeyStore, id: string): Uint8Array {
  const [, kind, number] = tokenKeyPattern.exec(id) ?? []
  if (kind === undefined) throw new Broken('trace/no-token-key', 'a fingerprint names a key of tokens that is none')
  return kind === 'epoch' ? keys.epochKey(Number(number)) : keys.isolatedKey(Number(number))
}

const exitKey = /[/]exit(-[0-9]+)?$/

/**
 * Where the segment of a record is. What is kept beyond an exit, and what was made with another key of tokens, is a file of its own: until it is recorded, the
 * one before it still opens.
 */
export function segmentFile(context: TraceContext, { id, keyId, tokenKey }: Pick<FingerprintRecord, 'id' | 'keyId' | 'tokenKey'>): string {
  const made = tokenKey === epochKeyId(firstEpoch) ? '' : `.${tokenKey.replace('/', '-')}`
  return join(context.directory, `${id}${made}${exitKey.test(keyId) ? '.exit' : ''}.segment`)
}

/** Where the change log of a table lies (`fingerprint/changes.ts`): sealed as its live fingerprints are, and gone with them. */
export const changesFile = (context: TraceContext, id: string): string => join(context.directory, `${id}.changes`)

/** An opened segment; `tokenKey` made its tokens. */
export interface OpenedSegment { readonly record: FingerprintRecord; readonly segment: Segment; readonly tokenKey: Uint8Array }

/** Segments whose tokens one key made; `id` names it. */
export interface KeyedSegments { readonly id: string; readonly key: Uint8Array; readonly segments: readonly Segment[] }

/** Segments by the key of their tokens: each group is asked about in a pass of its own. */
export function groupByKey(opened: readonly OpenedSegment[]): KeyedSegments[] {
  return [...Map.groupBy(opened, ({ record }) => record.tokenKey)].map(([id, group]) => ({ id, key: group[0]!.tokenKey, segments: group.map(({ segment }) => segment) }))
}

/** Opens every segment that exists. Throws `Broken` when one is missing or was altered: a search without it would call its copies clean. */
export async function openSegments(context: TraceContext): Promise<OpenedSegment[]> {
  const opened: OpenedSegment[] = []
  for (const record of await existingFingerprints(context.ledger.database)) {
    if (await cannotBeAsked(context, record)) continue
    const segment = await openFingerprints(segmentFile(context, record), sealKeyOf(context, record))
    if (segment.header.dataset !== record.id) throw new Broken('trace/other-segment', `the fingerprint file of ${record.dataset} holds those of another dataset`)
    opened.push({ record, segment, tokenKey: tokenKeyOf(context.ledger.keys, record.tokenKey) })
  }
  return opened
}

/** What was kept beyond an exit in a normal form of values that is read no more cannot be taken anew: no search can ask for it, and every search says so. */
async function cannotBeAsked(context: TraceContext, record: FingerprintRecord): Promise<boolean> {
  return record.state === 'kept' && !inThisForm((await sealedSource(segmentFile(context, record), () => sealKeyOf(context, record))).header)
}

/** Segments known by their headers, to be opened one after another. */
export interface SegmentSources { readonly record: FingerprintRecord; readonly source: SegmentSource; readonly tokenKey: Uint8Array }

/** Every segment that exists, without reading its tokens: there may be more than memory holds. Throws as `openSegments` does, and so does opening one. */
export async function segmentSources(context: TraceContext): Promise<SegmentSources[]> {
  const sources: SegmentSources[] = []
  for (const record of await existingFingerprints(context.ledger.database)) {
    const source = await sealedSource(segmentFile(context, record), () => sealKeyOf(context, record))
    if (source.header.dataset !== record.id) throw new Broken('trace/other-segment', `the fingerprint file of ${record.dataset} holds those of another dataset`)
    sources.push({ record, source: { ...source, sha256: record.sha256 }, tokenKey: tokenKeyOf(context.ledger.keys, record.tokenKey) })
  }
  return sources
}

/**
 * Keeps a controller's fingerprints beyond its exit, for search only and until a date: sealed again under the exit key (`contracts.md` 5).
 * Safe to call twice.
 */
export async function keepFingerprints(context: TraceContext, slot: number, until: Instant, at: Instant): Promise<FingerprintRecord[]> {
  return changingFingerprints(context.ledger.database, () => keepAll(context, slot, until, at))
}

async function keepAll(context: TraceContext, slot: number, until: Instant, at: Instant): Promise<FingerprintRecord[]> {
  const { keys } = context.ledger
  const mine = async (): Promise<FingerprintRecord[]> => (await existingFingerprints(context.ledger.database)).filter((record) => record.slot === slot)
  const live = (await mine()).filter((one) => one.state === 'live')
  if (live.length === 0 && (await mine()).length === 0) { // with no fingerprints kept beside them, nothing would ever end the logs of cells
    await removeCells(context, slot)
    destroySegmentKeys(keys, slot)
    return []
  }
  const key = keys.segmentKey(slot, 'exit')
  for (const record of live) {
    const from = { file: segmentFile(context, record), sealKey: sealKeyOf(context, record) }
    const written = await resealSegment(from, segmentFile(context, { ...record, keyId: key.id }), { sealKey: key.key, random: randomBytes })
    failpoint('trace/before-kept')
    await context.ledger.append(fate(record, 'trace.kept', at, { keyId: key.id, sha256: written.sha256, keepUntil: until }))
  }
  const keyId = currentSegmentKeyId(keys, slot, 'fingerprints')
  const kept = await mine()
  await keepCells(context, slot, key.key)
  for (const record of kept) removeFiles(context, { ...record, keyId })
  if (keys.find(keyId) !== undefined) keys.destroy(keyId)
  return kept
}

/** Destroys the keys that seal a controller's fingerprints and logs of cells now; the next contract has others. */
function destroySegmentKeys(keys: KeyStore, slot: number, purposes: readonly ('fingerprints' | 'exit')[] = ['fingerprints', 'exit']): void {
  for (const purpose of purposes) {
    const id = currentSegmentKeyId(keys, slot, purpose)
    if (keys.find(id) !== undefined) keys.destroy(id)
  }
}

/** Removes the fingerprints of a record with all their layers, and what is known of their changes. */
export function removeFiles(context: TraceContext, record: Pick<FingerprintRecord, 'id' | 'keyId' | 'tokenKey'>): void {
  removeSegment(segmentFile(context, record))
  rmSync(changesFile(context, record.id), { force: true })
}

/** The key that a record's file is sealed with. Throws `Broken` when it is not there. */
export function sealKeyOf({ ledger }: TraceContext, record: FingerprintRecord): Uint8Array {
  const key = ledger.keys.find(record.keyId)
  if (key === undefined) throw new Broken('trace/no-key', `the key of the fingerprints of ${record.dataset} is not in the key store`)
  return key
}

/** Destroys a controller's fingerprints and their keys, and what unfinished sweeps have read for them. Safe to call twice. */
export async function destroyFingerprints(context: TraceContext, slot: number, at: Instant): Promise<string[]> {
  return changingFingerprints(context.ledger.database, () => destroyAll(context, slot, at))
}

async function destroyAll(context: TraceContext, slot: number, at: Instant, due: (record: FingerprintRecord) => boolean = () => true): Promise<string[]> {
  const all = (await existingFingerprints(context.ledger.database)).filter((record) => record.slot === slot)
  const mine = all.filter(due)
  const needed = new Set(all.filter((record) => !due(record)).flatMap(({ keyId, tokenKey }) => [keyId, tokenKey])) // one key may serve two contracts, until the later is over
  if (mine.length > 0) await abandonSweeps(context.ledger.database, context.directory)
  for (const record of mine) {
    removeFiles(context, record)
    const directory = openSync(dirname(segmentFile(context, record)), 'r')
    fsyncSync(directory)
    closeSync(directory)
    if (!needed.has(record.keyId)) context.ledger.keys.destroy(record.keyId)
    if (record.tokenKey === isolatedKeyId(slot) && !needed.has(record.tokenKey)) context.ledger.keys.destroy(record.tokenKey)
    await context.ledger.append(fate(record, 'trace.destroyed', at, {}))
  }
  if (mine.length < all.length) { // a new contract has its own, and its own logs of cells
    if (!needed.has(currentSegmentKeyId(context.ledger.keys, slot, 'exit'))) destroySegmentKeys(context.ledger.keys, slot, ['exit'])
    return mine.map((record) => record.id)
  }
  const canaries = currentCanaryKeyId(context.ledger.keys, slot)
  if (context.ledger.keys.find(canaries) !== undefined) context.ledger.keys.destroy(canaries) // what invented records of its copies are known by
  await removeCells(context, slot)
  // Logs of cells are sealed with these also where no fingerprints were taken.
  destroySegmentKeys(context.ledger.keys, slot)
  return mine.map((record) => record.id)
}

/** Destroys what was kept beyond an exit and is due. */
export async function destroyExpired(context: TraceContext, at: Instant): Promise<void> {
  const isDue = (record: FingerprintRecord): boolean => record.keepUntil !== null && record.keepUntil <= at
  const due = (await existingFingerprints(context.ledger.database)).filter(isDue)
  for (const slot of new Set(due.map((record) => record.slot))) await changingFingerprints(context.ledger.database, () => destroyAll(context, slot, at, isDue))
  await destroyEpochs(context, at)
}

/** Destroys the keys of earlier epochs that no fingerprint needs any more, and what searches left that was made with them: tallies and sketches. Resolves to those still needed. */
export async function destroyEpochs(context: TraceContext, at: Instant): Promise<number[]> {
  const { ledger } = context
  const needed = new Set((await existingFingerprints(ledger.database)).map((record) => record.tokenKey))
  const before = await epochsBefore(ledger.database, await currentEpoch(ledger.database))
  for (const epoch of before.filter((one) => !needed.has(epochKeyId(one)))) {
    ledger.keys.destroy(`sweep/${epoch}`)
    destroySketches(ledger.keys, context.directory, epoch)
    ledger.keys.destroy(epochKeyId(epoch))
    failpoint('trace/before-epoch-destroyed')
    await ledger.append({ slot: 0, type: 'trace.epoch_destroyed', at, parts: { evidence: { epoch } } })
  }
  return before.filter((one) => needed.has(epochKeyId(one)))
}

/** An entry about fingerprints: counts and hashes. */
export function fate(record: FingerprintRecord, type: string, at: Instant, more: { readonly [key: string]: Json }): Draft {
  const { id, controller, dataset, keyId, tokenKey, sha256, records, former } = record
  return { slot: record.slot, type, at, parts: { evidence: { id, controller, dataset, keyId, tokenKey, sha256, records, former, ...more } } }
}
