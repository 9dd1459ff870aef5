/** What is handed out of a log leads to the root that was fixed of it. Kept hashes are copies and believed of nothing: where they lead elsewhere, they are forgotten and made anew from the entries. */
import { nodeHash, rootOf, type SubtreeHash } from '@bailee/verifier'
import { forgetSubtrees } from './store.ts'
import type { Database } from '../store.ts'
import { overTree } from './tree.ts'

const hashBytes = 32

/** A log as something that was signed fixes it. */
export interface FixedTree { readonly slot: number; readonly size: number; readonly root: Uint8Array }

/** Whoever asks at the same time may have read what was forgotten meanwhile, and keep what it made of that: it is tried so often. */
const triesMax = 3

/** Does something with kept hashes; where `leads` says that they led elsewhere, again without what was kept. Undefined where the entries themselves lead elsewhere. */
export async function asFixed<Result>(database: Database, { slot }: Pick<FixedTree, 'slot'>, work: () => Promise<Result>, leads: (result: Result) => boolean | Promise<boolean>): Promise<Result | undefined> {
  for (let tries = 1; ; tries += 1) {
    const result = await work()
    if (await leads(result)) return result
    if (tries === triesMax) return undefined
    await forgetSubtrees(database, slot)
  }
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
