/** What is read when a ledger opens: each head against the entries behind what was signed last, and against all of them where nothing was. */
import { appendLeaves, emptyFrontier, formatSnapshot, frontierRoot, leafHash, rootOf, subtreesOf, type Frontier } from '@bailee/verifier'
import { Broken } from '#kit/errors'
import { decodeFrontier, encodeFrontier, headText } from './head.ts'
import type { KeyStore } from './keys.ts'
import { mustExtend } from './signed.ts'
import * as store from './store.ts'
import type { Database } from './store.ts'

/** Leaf hashes read at a time: 2 MB. */
const leavesAtOnce = 65_536

/** An entry that is not what was hashed. */
export const entryAltered = (origin: string, index: number): Broken => new Broken('ledger/entry-altered', `entry ${index} of ${origin} was altered in the database`)

/**
 * Throws `Broken` when the tables end before, or part from, what was signed last (`ledger/behind`, `/two-histories`), when a head does not follow from the entries it stands for (`/head-differs`), or an entry is not
 * what was hashed (`/entry-altered`). What a signed snapshot fixed is not read again: `bailee ledger check` does, and whatever hands it out.
 */
export async function checkHeads({ database, keys, origin }: { readonly database: Database; readonly keys: KeyStore; readonly origin: string }): Promise<void> {
  const fixed = await fixedHeads(database, keys, origin)
  for (const head of await store.heads(database)) await checkHead(database, head, fixed.get(head.slot) ?? emptyFrontier)
}

/** Heads as the newest signed snapshot fixed them, each proven by it: nothing of the tables is believed for its own sake. None where nothing was signed, or a row is not what was. */
async function fixedHeads(database: Database, keys: KeyStore, origin: string): Promise<ReadonlyMap<number, Frontier>> {
  const signed = keys.signedRoots.last()
  if (signed === undefined) return new Map()
  const snapshots = await store.snapshots(database)
  mustExtend(signed, snapshots.map((row) => leafHash(row.body)))
  const last = snapshots[signed.size - 1]!
  const rows = await store.headsFixed(database, last.index)
  const leaves = rows.map(({ slot, size, root }) => leafHash(Buffer.from(headText({ origin: `${origin}/${slot}`, size, root }))))
  if (leaves.length !== last.slots || !Buffer.from(formatSnapshot({ time: last.time, slots: last.slots, root: rootOf(leaves.length, subtreesOf(leaves)) })).equals(Buffer.from(last.body))) return new Map()
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

async function checkHead(database: Database, head: store.HeadRow, known: Frontier): Promise<void> {
  let frontier = known
  for (let from = known.size; from < head.size; from += leavesAtOnce) frontier = appendLeaves(frontier, await store.leafHashesBetween(database, { slot: head.slot, from, to: Math.min(head.size, from + leavesAtOnce) }))
  // Others may append meanwhile: only what this head stands for is compared, and what stands beyond the newest head is asked for in one statement.
  const beyond = await store.entriesBeyondHead(database, head.slot)
  const same = beyond === 0 && frontier.size === head.size && Buffer.from(encodeFrontier(frontier)).equals(Buffer.from(head.frontier))
  if (!same) {
    throw new Broken('ledger/head-differs', `the head of log ${head.origin} (size ${head.size}) does not follow from its ${frontier.size + beyond} entries; nothing was written. Restore the control database from a backup taken after the last export`)
  }
  const altered = await store.firstAltered(database, { slot: head.slot, from: known.size })
  if (altered !== undefined) throw entryAltered(head.origin, altered)
}
