/** What is read when a ledger opens: each head against the entries behind what was signed last, or read to the end once; against all of them where neither is. */
import { appendLeaves, emptyFrontier, formatSnapshot, frontierRoot, leafHash, rootOf, subtreesOf, type Frontier } from '@bailee/verifier'
import { Broken } from '#kit/errors'
import { decodeFrontier, encodeFrontier, headText } from './head.ts'
import type { KeyStore } from './keys.ts'
import { mustExtend, type SignedRoot } from './signed.ts'
import * as store from './store.ts'
import type { Database } from './store.ts'

/** Leaf hashes read at a time: 2 MB. */
const leavesAtOnce = 65_536

/** An entry that is not what was hashed. */
export const entryAltered = (origin: string, index: number): Broken => new Broken('ledger/entry-altered', `entry ${index} of ${origin} was altered in the database`)

/** So many entries are read again at each opening before it is noted how far they were read. */
const readAgainMax = 10_000

/**
 * Throws `Broken` when the tables end before, or part from, what was signed last (`ledger/behind`, `/two-histories`), when a head does not follow from the entries it stands for (`/head-differs`), or an entry is not
 * what was hashed (`/entry-altered`). What a signed snapshot fixed, or one up to which all was read before, is not read again: `bailee ledger check` does, and whatever hands it out.
 */
export async function checkHeads({ database, keys, origin }: { readonly database: Database; readonly keys: KeyStore; readonly origin: string }, againMax = readAgainMax): Promise<void> {
  const [signed, read] = [keys.signedRoots.last(), keys.readRoot.last()]
  const snapshots = await store.snapshots(database)
  const hashes = snapshots.map((row) => leafHash(row.body))
  mustExtend(signed, hashes)
  // What was only read here, and of another history (a database that was restored), says nothing.
  const size = Math.max(signed?.size ?? 0, read !== undefined && extend(read, hashes) ? read.size : 0)
  const from = size === 0 ? undefined : await provenHeads(database, origin, snapshots[size - 1]!)
  const newest = snapshots.length > size ? await provenHeads(database, origin, snapshots.at(-1)!) : undefined
  let [again, onTheWay] = [0, newest !== undefined]
  for (const head of await store.heads(database)) {
    const [known, by] = [from?.get(head.slot) ?? emptyFrontier, newest?.get(head.slot)]
    // A log that was opened behind the newest snapshot is in none.
    onTheWay = (await checkHead(database, head, { known, by }) || head.slot >= (snapshots.at(-1)?.slots ?? 0)) && onTheWay
    again += head.size - known.size
  }
  if (onTheWay && again >= againMax) keys.readRoot.remember({ size: snapshots.length, root: rootOf(hashes.length, subtreesOf(hashes)) })
}

function extend(root: SignedRoot, hashes: readonly Uint8Array[]): boolean {
  return hashes.length >= root.size && Buffer.from(rootOf(root.size, subtreesOf(hashes.slice(0, root.size)))).equals(Buffer.from(root.root))
}

/** Heads as a snapshot fixed them, each proven by it: nothing of the tables is believed for its own sake. Undefined where a row is not what it says, or does not hold what its root was made of. */
async function provenHeads(database: Database, origin: string, snapshot: store.SnapshotRow): Promise<ReadonlyMap<number, Frontier> | undefined> {
  const rows = await store.headsFixed(database, snapshot.index)
  const leaves = rows.map(({ slot, size, root }) => leafHash(Buffer.from(headText({ origin: `${origin}/${slot}`, size, root }))))
  if (leaves.length !== snapshot.slots || !Buffer.from(formatSnapshot({ time: snapshot.time, slots: snapshot.slots, root: rootOf(leaves.length, subtreesOf(leaves)) })).equals(Buffer.from(snapshot.body))) return undefined
  return new Map(rows.flatMap(({ slot, size, root, frontier }) => {
    const found = frontier === null ? undefined : decodeFrontier(size, frontier)
    return found?.hashes.length === subtreesIn(size) && Buffer.from(frontierRoot(found)).equals(Buffer.from(root)) ? [[slot, found] as const] : []
  }))
}

/** How many perfect subtrees make up a tree of so many leaves. */
function subtreesIn(size: number): number {
  let count = 0
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2
  return count
}

const same = (one: Frontier, other: Frontier): boolean => one.size === other.size && Buffer.from(encodeFrontier(one)).equals(Buffer.from(encodeFrontier(other)))

/** Answers whether the entries come by that other head on their way. */
async function checkHead(database: Database, head: store.HeadRow, { known, by }: { readonly known: Frontier; readonly by: Frontier | undefined }): Promise<boolean> {
  let [frontier, came] = [known, by !== undefined && same(known, by)]
  for (let from = known.size; from < head.size; from = frontier.size) {
    const to = Math.min(head.size, from + leavesAtOnce, by !== undefined && by.size > from ? by.size : head.size)
    frontier = appendLeaves(frontier, await store.leafHashesBetween(database, { slot: head.slot, from, to }))
    if (by !== undefined && same(frontier, by)) came = true
    if (frontier.size !== to) break // entries are missing
  }
  // Others may append meanwhile: only what this head stands for is compared, and what stands beyond the newest head is asked for in one statement.
  const beyond = await store.entriesBeyondHead(database, head.slot)
  if (beyond !== 0 || frontier.size !== head.size || !Buffer.from(encodeFrontier(frontier)).equals(Buffer.from(head.frontier))) {
    throw new Broken('ledger/head-differs', `the head of log ${head.origin} (size ${head.size}) does not follow from its ${frontier.size + beyond} entries; nothing was written. Restore the control database from a backup taken after the last export`)
  }
  const altered = await store.firstAltered(database, { slot: head.slot, from: known.size })
  if (altered !== undefined) throw entryAltered(head.origin, altered)
  return came
}
