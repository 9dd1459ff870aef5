/** What is handed out of a log leads to the root that was fixed of it. Kept hashes are copies and believed of nothing: where they lead elsewhere and the entries do not, they are forgotten and made anew. */
import { appendLeaves, emptyFrontier, frontierRoot, nodeHash, rootOf, type SubtreeHash } from '@bailee/verifier'
import type { Instant } from '#kit/time'
import { forgetSubtrees } from './store.ts'
import type { Database } from '../store.ts'
import { leavesBetween, overTree } from './tree.ts'

const hashBytes = 32

/** A log as something that was signed fixes it. */
export interface FixedTree { readonly slot: number; readonly size: number; readonly root: Uint8Array }

/** Where a log is read, and when: entries that were found not to lead to what was fixed of them are not hashed again at once. */
export interface Reading { readonly database: Database; readonly now: Instant }

/** Whoever asks at the same time may have read what was forgotten meanwhile, and keep what it made of that: it is tried so often. */
const triesMax = 3

/**
 * Does something with kept hashes; where `leads` says that they led elsewhere, and the entries do lead to the root, again without what was kept. Undefined where the entries themselves lead elsewhere: then what is kept stays,
 * so that what was altered is refused and nothing beside it, and so that it is found as it was when it is mended.
 */
export async function asFixed<Result>(reading: Reading, log: FixedTree, work: () => Promise<Result>, leads: (result: Result) => boolean | Promise<boolean>): Promise<Result | undefined> {
  for (let tries = 1; ; tries += 1) {
    const result = await work()
    if (await leads(result)) return result
    if (tries === triesMax || (tries === 1 && !await entriesLead(reading, log))) return undefined
    await forgetSubtrees(reading.database, log.slot)
  }
}

/** Hashes of entries read at a time: 2 MB. */
const leavesAtOnce = 65_536
/** Entries hashed for nothing, of which a second is let pass before they are hashed again: a small part of that is spent on it. */
const hashedForSecond = 10_000
/** Whether so many entries were hashed for nothing too short a time ago to be hashed again. */
export const rests = ({ at, size }: { readonly at: Instant; readonly size: number }, now: Instant): boolean => Math.abs(now - at) < Math.ceil(size / hashedForSecond)

/** Logs of which it is remembered. */
const rememberedMax = 10_000

/** Entries of a log being hashed, or that did not lead to what was fixed of them when they were last. */
interface Hashing { readonly at: Instant; readonly size: number; readonly leads: Promise<boolean>; isOver: boolean }
const hashings = new WeakMap<Database, Map<number, Hashing>>()

/** Whether the entries of a log lead to its root, without anything that is kept. Anybody may ask, and it takes long: whoever asks meanwhile is given the same answer, and so is who asks soon after a refusal. */
function entriesLead({ database, now }: Reading, log: FixedTree): Promise<boolean> {
  const known = hashings.get(database) ?? new Map<number, Hashing>()
  hashings.set(database, known)
  const before = known.get(log.slot)
  if (before !== undefined && (!before.isOver || rests(before, now))) return before.leads
  const hashing: Hashing = { at: now, isOver: false, size: log.size, leads: hashEntries(database, log) }
  if (known.size >= rememberedMax) known.clear()
  known.set(log.slot, hashing)
  const forget = (): void => { if (known.get(log.slot) === hashing) known.delete(log.slot) }
  void hashing.leads.then((so) => { hashing.isOver = true; if (so) forget() }, forget)
  return hashing.leads
}

async function hashEntries(database: Database, { slot, size, root }: FixedTree): Promise<boolean> {
  let frontier = emptyFrontier
  while (frontier.size < size) {
    const range = { slot, from: frontier.size, to: Math.min(size, frontier.size + leavesAtOnce) }
    const leaves = await leavesBetween(database, range)
    if (leaves.length !== (range.to - range.from) * hashBytes) return false
    frontier = appendLeaves(frontier, leaves)
  }
  return Buffer.from(frontierRoot(frontier)).equals(Buffer.from(root))
}

/** Hashes of one level of a tree (2^level entries each), from an index on, one behind the other. */
export interface Row { readonly level: number; readonly from: number; readonly hashes: Uint8Array }

/** Whether a log of that root has these hashes where they are said to be. */
export async function holdsRow(database: Database, { slot, size, root }: FixedTree, row: Row): Promise<boolean> {
  return Buffer.from(await overTree(database, slot, (subtree) => rootThrough(size, subtree, row))).equals(Buffer.from(root))
}

/** The root of a tree, computed from these hashes where they stand, and from whole subtrees beside them. */
function rootThrough(size: number, subtree: SubtreeHash, { level: low, from, hashes }: Row): Uint8Array {
  const to = from + hashes.length / hashBytes
  const hashOf = (level: number, index: number): Uint8Array => {
    const [begin, end] = [index * 2 ** (level - low), (index + 1) * 2 ** (level - low)]
    if (level < low || end <= from || begin >= to) return subtree(level, index)
    return level === low ? hashes.subarray((index - from) * hashBytes, (index - from + 1) * hashBytes) : nodeHash(hashOf(level - 1, index * 2), hashOf(level - 1, index * 2 + 1))
  }
  return rootOf(size, hashOf)
}
