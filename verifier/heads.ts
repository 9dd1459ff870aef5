import { parseHead, verifyHead } from './head.ts'
import type { Head } from './head.ts'
import { readFile } from './log.ts'
import type { WholeLog } from './log.ts'
import { malformed } from './malformed.ts'
import type { Snapshot } from './snapshot.ts'
import type { BundleSource } from './source.ts'
import { sameBytes, utf8Of } from './text.ts'

/** What the heads showed: from which snapshot on, how many, and how many entries each of them fixed at which time. */
export interface HeadsShown {
  readonly first: number
  readonly count: number
  readonly fixed: readonly { readonly size: number; readonly time: number }[]
}

/**
 * Checks one slot against every snapshot since it was given: its leaf is there, under one origin, never smaller than
 * before, always a prefix of the log held, and at last exactly that log. Leaving out the first heads is allowed only
 * where the slot did not exist yet, for that is where a fork would hide. Throws `Malformed` `head/...`.
 */
export function checkHeads(source: BundleSource, folder: string, slot: number, evidence: { readonly log: WholeLog; readonly snapshots: readonly Snapshot[] }): HeadsShown {
  const { log, snapshots } = evidence
  const first = firstHead(source, folder, slot, snapshots)
  let before = 0
  const fixed: { readonly size: number; readonly time: number }[] = []
  for (let index = first; index < snapshots.length; index += 1) {
    const path = `${folder}${index}`
    const head = parseHead(utf8Of(readFile(source, path, 'head/missing'), 'head/utf8'))
    const snapshot = snapshots[index] ?? malformed('head/missing', `no snapshot ${index}`)
    checkHead(head, { index, slot, snapshot, log })
    if (head.checkpoint.size < before) malformed('head/shrunk', `${path}: the log was longer in the snapshot before`)
    before = head.checkpoint.size
    fixed.push({ size: before, time: snapshot.time })
  }
  if (before !== log.checkpoint.size) malformed('head/last', `the last snapshot fixes ${before} entries, the log held has ${log.checkpoint.size}`)
  return { first, count: snapshots.length - first, fixed }
}

/** An entry is made a while before it is in the log, and not all clocks are one: a day. */
const offSecondsMax = 86_400

/** Entries, in order, that say a time well before the last snapshot that did not hold them yet, or well after the first that does. */
export function datedOffIn(entries: readonly { readonly index: number; readonly at: number }[], { fixed }: HeadsShown): { readonly count: number; readonly first: number } | undefined {
  let next = 0
  const off = new Set<number>()
  for (const { index, at } of entries) {
    while (next < fixed.length && fixed[next]!.size <= index) next += 1
    const [before, holding] = [fixed[next - 1]?.time ?? -Infinity, fixed[next]?.time ?? Infinity]
    if (at < before - offSecondsMax || at > holding + offSecondsMax) off.add(index)
  }
  const [first] = off
  return first === undefined ? undefined : { count: off.size, first }
}

function firstHead(source: BundleSource, folder: string, slot: number, snapshots: readonly Snapshot[]): number {
  const indices = source.list(folder).map((path) => path.slice(folder.length)).filter((name) => /^(0|[1-9][0-9]{0,14})$/.test(name)).map(Number)
  let first = snapshots.length
  for (const index of indices) {
    if (index >= snapshots.length) malformed('head/beyond', `${folder}${index}: the root log has no such snapshot`)
    first = Math.min(first, index)
  }
  if (first === snapshots.length) malformed('head/missing', `${folder} holds no head for the last snapshot`)
  const previous = snapshots[first - 1]
  if (previous !== undefined && previous.slots > slot) malformed('head/omitted', `snapshot ${first - 1} already had slot ${slot}, but its head is left out`)
  return first
}

function checkHead(head: Head, place: { readonly index: number; readonly slot: number; readonly snapshot: Snapshot; readonly log: WholeLog }): void {
  const { index, slot, snapshot, log } = place
  const { checkpoint } = head
  if (head.snapshot !== index) malformed('head/snapshot', `head ${index} is of another snapshot`)
  if (head.slot !== slot) malformed('head/slot', `head ${index} is of another slot`)
  if (checkpoint.origin !== log.checkpoint.origin) malformed('head/origin', `head ${index} is of another log`)
  if (!verifyHead(head, snapshot)) malformed('head/proof', `head ${index} is not in its snapshot`)
  if (checkpoint.size > log.checkpoint.size) malformed('head/longer', `snapshot ${index} fixes ${checkpoint.size} entries, the log held has ${log.checkpoint.size}`)
  if (!sameBytes(log.rootAt(checkpoint.size), checkpoint.root)) malformed('head/prefix', `snapshot ${index} fixes ${checkpoint.size} entries that are not the first of the log held`)
}
