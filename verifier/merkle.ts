import { parentHashesOf, sha256 } from './sha256.ts'
import { areHashes, hashBytes, sameBytes } from './text.ts'

// The tree of RFC 6962 section 2.1 (the same in RFC 9162), SHA-256. Indices and sizes are JavaScript numbers up to
// 2^53 - 1: only division and remainder touch them, because the bit operators see 32 bits.

export { leafHashesOf, parentHashesOf, sha256 } from './sha256.ts'

const leafByte = Uint8Array.of(0)
const nodeByte = Uint8Array.of(1)

/** Hash of a leaf: SHA-256(0x00 || data). RFC 6962 section 2.1. */
export function leafHash(data: Uint8Array): Uint8Array {
  return sha256(leafByte, data)
}

/** Hash of an inner node: SHA-256(0x01 || left || right). RFC 6962 section 2.1. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(nodeByte, left, right)
}

/** Roots of the perfect subtrees that make up a tree, largest first: all that appending needs. */
export interface Frontier {
  readonly size: number
  readonly hashes: readonly Uint8Array[]
}

/** The frontier of a tree without leaves. It has no root here: Bailee never signs or accepts size 0. */
export const emptyFrontier: Frontier = { size: 0, hashes: [] }

/** The frontier after one more leaf. The one given is left as it is. */
export function appendLeaf(frontier: Frontier, leaf: Uint8Array): Frontier {
  const hashes = frontier.hashes.slice()
  let hash = leaf
  for (let size = frontier.size; size % 2 === 1; size = (size - 1) / 2) hash = nodeHash(lastOf(hashes.pop()), hash)
  hashes.push(hash)
  return { size: frontier.size + 1, hashes }
}

/** The frontier after more leaves, their hashes one after the other (32 bytes each): whole subtrees at a time. The one given is left as it is. */
export function appendLeaves(frontier: Frontier, leafHashes: Uint8Array): Frontier {
  const hashes = frontier.hashes.slice()
  const count = Math.floor(leafHashes.length / hashBytes)
  let size = frontier.size
  for (let at = 0, width = 1; at < count; at += width, size += width, width = 1) {
    while (size % (width * 2) === 0 && at + width * 2 <= count) width *= 2
    let row: Uint8Array = leafHashes.slice(at * hashBytes, (at + width) * hashBytes)
    while (row.length > hashBytes) row = parentHashesOf(row)
    let hash = row
    for (let blocks = size / width; blocks % 2 === 1; blocks = (blocks - 1) / 2) hash = nodeHash(lastOf(hashes.pop()), hash)
    hashes.push(hash)
  }
  return { size, hashes }
}

/** The RFC 6962 root of a frontier. Throws `RangeError` for the empty one. */
export function frontierRoot(frontier: Frontier): Uint8Array {
  let root: Uint8Array | undefined
  for (let place = frontier.hashes.length - 1; place >= 0; place -= 1) {
    const left = lastOf(frontier.hashes[place])
    root = root === undefined ? left : nodeHash(left, root)
  }
  return root ?? outOfRange('an empty tree has no root here')
}

/** Root of the complete subtree of 2^level leaves that begins at leaf index * 2^level. */
export type SubtreeHash = (level: number, index: number) => Uint8Array

/** Subtrees of a tree held in memory. Each level is hashed once, when first asked for; throws `RangeError` beyond it. */
export function subtreesOf(leafHashes: readonly Uint8Array[]): SubtreeHash {
  const flat = new Uint8Array(leafHashes.length * hashBytes)
  leafHashes.forEach((hash, place) => flat.set(hash, place * hashBytes))
  return subtreesOfFlat(flat)
}

/** As `subtreesOf`, over leaf hashes laid one after the other (32 bytes each): no object per leaf, for long logs. */
export function subtreesOfFlat(leafHashes: Uint8Array): SubtreeHash {
  return subtreesIn(rowsOf(leafHashes))
}

/** Roots of all complete subtrees of 2^level leaves, one after the other; tiles are stretches of these. */
export type RowOfLevel = (level: number) => Uint8Array

/** The rows over leaf hashes laid one after the other. Each is hashed once, when first asked for. */
export function rowsOf(leafHashes: Uint8Array): RowOfLevel {
  const rows: Uint8Array[] = [leafHashes]
  return (level) => {
    while (rows.length <= level) rows.push(parentHashesOf(lastOf(rows.at(-1))))
    return lastOf(rows[level])
  }
}

/** Single subtrees out of whole rows; throws `RangeError` beyond them. */
export function subtreesIn(rows: RowOfLevel): SubtreeHash {
  return (level, index) => {
    const begin = index * hashBytes
    const row = rows(level)
    if (!Number.isSafeInteger(index) || index < 0 || begin + hashBytes > row.length) outOfRange('a subtree beyond the tree')
    return row.subarray(begin, begin + hashBytes)
  }
}

/** Root of the tree of the first `size` leaves. Throws `RangeError` for size 0. */
export function rootOf(size: number, subtree: SubtreeHash): Uint8Array {
  checkSize(size)
  return rangeRoot(0, size, subtree)
}

/** Audit path of leaf `index` in the tree of `size` leaves, from the leaf's sibling up. RFC 6962 section 2.1.1. */
export function inclusionPath(index: number, size: number, subtree: SubtreeHash): Uint8Array[] {
  checkSize(size)
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) outOfRange('an index outside the tree')
  const path: Uint8Array[] = []
  let begin = 0
  let width = size
  while (width > 1) {
    const left = splitOf(width)
    if (index < begin + left) {
      path.push(rangeRoot(begin + left, width - left, subtree))
      width = left
    } else {
      path.push(rangeRoot(begin, left, subtree))
      begin += left
      width -= left
    }
  }
  return path.reverse()
}

/** Proof that the tree of `newSize` leaves continues the one of `oldSize`. RFC 6962 section 2.1.2. */
export function consistencyPath(oldSize: number, newSize: number, subtree: SubtreeHash): Uint8Array[] {
  checkSize(oldSize)
  checkSize(newSize)
  if (oldSize > newSize) outOfRange('an older tree larger than the newer')
  const path: Uint8Array[] = []
  let begin = 0
  let width = newSize
  while (begin + width > oldSize) {
    const left = splitOf(width)
    if (oldSize <= begin + left) {
      path.push(rangeRoot(begin + left, width - left, subtree))
      width = left
    } else {
      path.push(rangeRoot(begin, left, subtree))
      begin += left
      width -= left
    }
  }
  // The old tree is itself a subtree of the new one exactly when nothing was split off to its left: then its root is known.
  if (begin > 0) path.push(rangeRoot(begin, width, subtree))
  return path.reverse()
}

/** Checks an audit path. RFC 9162 section 2.1.3.2. Never throws: what is not a proof is `false`. */
export function verifyInclusion(proof: {
  readonly index: number; readonly size: number; readonly leaf: Uint8Array; readonly path: readonly Uint8Array[]; readonly root: Uint8Array
}): boolean {
  const { index, size, path } = proof
  if (!isSize(size) || !Number.isSafeInteger(index) || index < 0 || index >= size) return false
  if (!areHashes([proof.leaf, proof.root, ...path])) return false
  let first = index
  let last = size - 1
  let hash = proof.leaf
  for (const sibling of path) {
    if (last === 0) return false
    if (first % 2 === 1 || first === last) {
      hash = nodeHash(sibling, hash)
      while (first % 2 === 0 && first !== 0) {
        first = half(first)
        last = half(last)
      }
    } else hash = nodeHash(hash, sibling)
    first = half(first)
    last = half(last)
  }
  return last === 0 && sameBytes(hash, proof.root)
}

/** Checks a consistency proof. RFC 9162 section 2.1.4.2; size 0 on either side is refused. Never throws. */
export function verifyConsistency(proof: {
  readonly oldSize: number; readonly newSize: number; readonly oldRoot: Uint8Array; readonly newRoot: Uint8Array; readonly path: readonly Uint8Array[]
}): boolean {
  const { oldSize, newSize, oldRoot, newRoot } = proof
  if (!isSize(oldSize) || !isSize(newSize) || oldSize > newSize || !areHashes([oldRoot, newRoot, ...proof.path])) return false
  if (oldSize === newSize) return proof.path.length === 0 && sameBytes(oldRoot, newRoot)
  if (proof.path.length === 0) return false
  const [start, ...rest] = isPowerOfTwo(oldSize) ? [oldRoot, ...proof.path] : proof.path
  if (start === undefined) return false
  return climb({ first: oldSize - 1, last: newSize - 1, start, rest, oldRoot, newRoot })
}

function climb(walk: { first: number; last: number; start: Uint8Array; rest: readonly Uint8Array[]; oldRoot: Uint8Array; newRoot: Uint8Array }): boolean {
  let { first, last } = walk
  while (first % 2 === 1) {
    first = half(first)
    last = half(last)
  }
  let older = walk.start
  let newer = walk.start
  for (const hash of walk.rest) {
    if (last === 0) return false
    if (first % 2 === 1 || first === last) {
      older = nodeHash(hash, older)
      newer = nodeHash(hash, newer)
      while (first % 2 === 0 && first !== 0) {
        first = half(first)
        last = half(last)
      }
    } else newer = nodeHash(newer, hash)
    first = half(first)
    last = half(last)
  }
  return last === 0 && sameBytes(older, walk.oldRoot) && sameBytes(newer, walk.newRoot)
}

function rangeRoot(begin: number, width: number, subtree: SubtreeHash): Uint8Array {
  if (isPowerOfTwo(width)) return subtree(levelOf(width), begin / width)
  const left = splitOf(width)
  return nodeHash(rangeRoot(begin, left, subtree), rangeRoot(begin + left, width - left, subtree))
}

/** The largest power of two below `width` (which is at least 2). */
function splitOf(width: number): number {
  let power = 1
  while (power * 2 < width) power *= 2
  return power
}

function levelOf(power: number): number {
  let level = 0
  for (let rest = power; rest > 1; rest /= 2) level += 1
  return level
}

function isPowerOfTwo(width: number): boolean {
  let rest = width
  while (rest % 2 === 0) rest /= 2
  return rest === 1
}

function half(value: number): number {
  return Math.floor(value / 2)
}

function isSize(size: number): boolean {
  return Number.isSafeInteger(size) && size > 0
}

function checkSize(size: number): void {
  if (!isSize(size)) outOfRange('a tree has at least one leaf')
}

function lastOf<T>(value: T | undefined): T {
  return value ?? outOfRange('a frontier whose hashes do not fit its size')
}

function outOfRange(message: string): never {
  throw new RangeError(message)
}
