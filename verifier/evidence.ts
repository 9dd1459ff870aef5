import { openCheckpoint } from './checkpoint.ts'
import type { SignedCheckpoint } from './checkpoint.ts'
import type { VerifyEd25519 } from './ed25519.ts'
import { commitmentOf, isPartName, parseEntry, saltBytes } from './entry.ts'
import { readFile } from './log.ts'
import type { WholeLog } from './log.ts'
import { Malformed, malformed } from './malformed.ts'
import { leafHash, verifyInclusion } from './merkle.ts'
import type { VerifierKey } from './note.ts'
import { parseProof } from './proof.ts'
import type { BundleSource } from './source.ts'
import { sameBytes, utf8Of } from './text.ts'

/** A log of the bundle and the keys that may sign for it. */
export interface KnownLog {
  readonly log: WholeLog
  readonly keys: readonly VerifierKey[]
  readonly verify: VerifyEd25519
}

/** A payload opened against its commitment. */
export interface Disclosure {
  readonly index: number
  readonly part: string
  /** Of its entry, as its time. */
  readonly type: string
  readonly at: number
  readonly payload: Uint8Array
}

/**
 * Checks a checkpoint that the client kept from before: signed by the log's key, and a prefix of the log held. Throws
 * `Malformed` `old-checkpoint/...`; the code of the note's own fault is in the message.
 */
export function checkOldCheckpoint(source: Uint8Array, known: KnownLog): SignedCheckpoint {
  const old = renamed('old-checkpoint/signature', () => openCheckpoint(source, { logs: known.keys, verify: known.verify }))
  checkPrefix(old, known.log, 'old-checkpoint')
  return old
}

/** Throws `Malformed` `<prefix>/longer` or `<prefix>/prefix` unless an older tree is a beginning of the log held. */
export function checkPrefix(older: { readonly size: number; readonly root: Uint8Array }, log: WholeLog, prefix: string): void {
  if (older.size > log.checkpoint.size) malformed(`${prefix}/longer`, `it fixes ${older.size} entries, the log held has ${log.checkpoint.size}`)
  if (!sameBytes(log.rootAt(older.size), older.root)) malformed(`${prefix}/prefix`, `its ${older.size} entries are not the first of the log held`)
}

/**
 * Checks every receipt: the leaf beside it was promised in a checkpoint that the log signed, and the log held still
 * keeps that promise. Gives how many. Throws `Malformed` `receipt/...`, `proof/...`.
 */
export function checkReceipts(source: BundleSource, logs: readonly KnownLog[]): number {
  const names = source.list('proofs/').filter((path) => path.endsWith('.tlog-proof'))
  for (const path of names) checkReceipt(source, path, logs)
  return names.length
}

function checkReceipt(source: BundleSource, path: string, logs: readonly KnownLog[]): void {
  const proof = parseProof(utf8Of(readFile(source, path, 'receipt/missing'), 'proof/utf8'))
  const leaf = leafHash(readFile(source, path.replace(/\.tlog-proof$/, '.leaf'), 'receipt/leaf'))
  const origin = proof.checkpoint.slice(0, proof.checkpoint.indexOf('\n'))
  const known = logs.find(({ log }) => log.checkpoint.origin === origin)
  if (known === undefined) malformed('receipt/origin', 'a receipt of a log that is not in the bundle')
  const checkpoint = renamed('receipt/signature', () => openCheckpoint(proof.checkpoint, { logs: known.keys, verify: known.verify }))
  const { size, root } = checkpoint
  if (!verifyInclusion({ index: proof.index, size, leaf, path: proof.path, root })) malformed('receipt/inclusion', `the leaf beside the receipt is not entry ${proof.index} of its checkpoint`)
  checkPrefix(checkpoint, known.log, 'receipt')
}

/** Most bytes of opened payloads that are kept, for what is checked after them: a thousand million. Very many small files may claim them, or one that is nought throughout. */
export const openedBytesMax = 1_000_000_000

/**
 * Checks every opened payload against its entry's commitment. Gives when each says that it was made, and those of the types that `keeps` asks for, all in the
 * order of their entries. Throws `Malformed` `disclosure/...`.
 */
export function checkDisclosures(source: BundleSource, log: WholeLog, keeps: (type: string) => boolean, bytesMax = openedBytesMax): { readonly times: readonly { readonly index: number; readonly at: number }[]; readonly opened: readonly Disclosure[] } {
  const named = source.list('disclosed/').flatMap((path) => {
    const [, index, part] = /^disclosed\/(0|[1-9][0-9]{0,14})\.(.+)$/.exec(path) ?? []
    return index !== undefined && part !== undefined && isPartName(part) ? [{ index: Number(index), part, path }] : [] // other names are not of this layout
  })
  // In the order of the log, so that each of its files is read once however many payloads were opened.
  named.sort((left, right) => left.index - right.index || (left.part < right.part ? -1 : 1))
  const times: { readonly index: number; readonly at: number }[] = []
  const opened: Disclosure[] = []
  let kept = 0
  for (const { index, part, path } of named) {
    const one = checkDisclosure(log, { index, part, bytes: readFile(source, path, 'disclosure/missing') })
    times.push({ index, at: one.at })
    if (!keeps(one.type)) continue
    kept += one.payload.length
    if (kept > bytesMax) malformed('disclosure/size', 'more is opened about instructions and certificates than one check can hold')
    opened.push(one)
  }
  return { times, opened }
}

function checkDisclosure(log: WholeLog, opened: { readonly index: number; readonly part: string; readonly bytes: Uint8Array }): Disclosure {
  const { index, part, bytes } = opened
  if (index >= log.checkpoint.size) malformed('disclosure/index', `the log has no entry ${index}`)
  if (bytes.length < saltBytes) malformed('disclosure/short', `the opened part of entry ${index} is shorter than a salt`)
  const entry = parseEntry(log.entryAt(index))
  const promised = entry.parts.find((candidate) => candidate.n === part)
  if (promised === undefined) malformed('disclosure/part', `entry ${index} has no part of that name`)
  const payload = bytes.subarray(saltBytes)
  if (commitmentOf(bytes.subarray(0, saltBytes), payload) !== promised.c) malformed('disclosure/commitment', `what was opened is not what entry ${index} committed to`)
  return { index, part, type: entry.type, at: entry.at, payload }
}

/** Gives a fault found inside a borrowed format the name of the step it stopped. */
export function renamed<T>(code: string, step: () => T): T {
  try {
    return step()
  } catch (error) {
    if (error instanceof Malformed) throw new Malformed(code, `${error.message} (${error.code})`, { cause: error })
    throw error
  }
}
