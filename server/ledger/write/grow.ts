/** Heads after more leaves, as bytes: for many logs at once, each of which may get one leaf alone. */
import { appendLeaves, parentHashesOf } from '@bailee/verifier'
import { decodeFrontier, encodeFrontier } from '../head.ts'
import type { NewHead } from './store.ts'

const hashBytes = 32

/** What a log gets: its head, and hashes of leaves one behind the other (32 bytes each). */
export interface Growing { readonly head: NewHead; readonly leaves: Uint8Array }

/** Heads behind these leaves, in their order. The ones given are left as they are. */
export function grownHeads(growing: readonly Growing[]): NewHead[] {
  const single = growing.filter(({ leaves }) => leaves.length === hashBytes)
  const ofSingle = growByOne(single)
  let next = 0
  return growing.map((one) => (one.leaves.length === hashBytes ? ofSingle[next++]! : growByMany(one)))
}

function growByMany({ head: { slot, size, frontier }, leaves }: Growing): NewHead {
  const grown = appendLeaves(decodeFrontier(size, frontier), leaves)
  return { slot, size: grown.size, frontier: encodeFrontier(grown) }
}

/**
 * One leaf a log. It closes as many subtrees as the size has ones at its low end (RFC 6962 section 2.1), each with the last hash of the frontier on its left; those of all logs are hashed together, level by level,
 * which takes a third of the time that one after the other takes.
 */
function growByOne(growing: readonly Growing[]): NewHead[] {
  const hashes = Buffer.allocUnsafe(growing.length * hashBytes)
  const kept = growing.map(({ head }) => head.frontier.length)
  const sizes = growing.map(({ head }) => head.size)
  for (const [place, { leaves }] of growing.entries()) hashes.set(leaves, place * hashBytes)
  for (let open = oddOnes(sizes); open.length > 0; open = open.filter((place) => sizes[place]! % 2 === 1)) {
    const pairs = Buffer.allocUnsafe(open.length * hashBytes * 2)
    for (const [at, place] of open.entries()) {
      pairs.set(growing[place]!.head.frontier.subarray(kept[place]! - hashBytes, kept[place]), at * hashBytes * 2)
      hashes.copy(pairs, at * hashBytes * 2 + hashBytes, place * hashBytes, (place + 1) * hashBytes)
      kept[place]! -= hashBytes
      sizes[place] = (sizes[place]! - 1) / 2
    }
    const parents = parentHashesOf(pairs)
    for (const [at, place] of open.entries()) hashes.set(parents.subarray(at * hashBytes, (at + 1) * hashBytes), place * hashBytes)
  }
  return growing.map(({ head: { slot, size, frontier } }, place) => {
    const grown = Buffer.allocUnsafe(kept[place]! + hashBytes)
    grown.set(frontier.subarray(0, kept[place]))
    hashes.copy(grown, kept[place], place * hashBytes, (place + 1) * hashBytes)
    return { slot, size: size + 1, frontier: grown }
  })
}

function oddOnes(sizes: readonly number[]): number[] {
  const odd: number[] = []
  for (let place = 0; place < sizes.length; place += 1) if (sizes[place]! % 2 === 1) odd.push(place)
  return odd
}
