import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { appendLeaf, appendLeaves, consistencyPath, emptyFrontier, frontierRoot, inclusionPath, leafHash, nodeHash, rootOf, sha256, subtreesOf, verifyConsistency, verifyInclusion } from './merkle.ts'

const runs = process.env['BAILEE_FULL'] === '1' ? 1_500 : process.env['BAILEE_LONG'] === '1' ? 400 : 50

// The oracle: RFC 6962 section 2.1 as it reads, recursive, over whole slices, sharing nothing with the code it judges.
const digest = (...parts: Uint8Array[]): Uint8Array => createHash('sha256').update(Buffer.concat(parts)).digest()
const powerBelow = (count: number): number => 2 ** (Math.ceil(Math.log2(count)) - 1)
function naiveRoot(data: readonly Uint8Array[]): Uint8Array {
  if (data.length === 1) return digest(Buffer.from([0]), data[0]!)
  const k = powerBelow(data.length)
  return digest(Buffer.from([1]), naiveRoot(data.slice(0, k)), naiveRoot(data.slice(k)))
}
function naivePath(m: number, data: readonly Uint8Array[]): Uint8Array[] {
  if (data.length === 1) return []
  const k = powerBelow(data.length)
  return m < k ? [...naivePath(m, data.slice(0, k)), naiveRoot(data.slice(k))] : [...naivePath(m - k, data.slice(k)), naiveRoot(data.slice(0, k))]
}
function naiveSubproof(m: number, data: readonly Uint8Array[], whole: boolean): Uint8Array[] {
  if (m === data.length) return whole ? [] : [naiveRoot(data)]
  const k = powerBelow(data.length)
  return m <= k ? [...naiveSubproof(m, data.slice(0, k), whole), naiveRoot(data.slice(k))] : [...naiveSubproof(m - k, data.slice(k), false), naiveRoot(data.slice(0, k))]
}

const leavesOf = (count: number): Uint8Array[] => Array.from({ length: count }, (_, index) => Buffer.from(`leaf ${index}`))
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const flip = (bytes: Uint8Array, bit: number): Uint8Array => {
  const copy = Uint8Array.from(bytes)
  const place = Math.floor(bit / 8) % copy.length
  copy[place] = copy[place]! ^ (1 << (bit % 8))
  return copy
}
const sizes = fc.integer({ min: 1, max: 300 })

test('hashes a leaf and a node as RFC 6962 does, long leaves too', () => {
  expect(hex(leafHash(new Uint8Array()))).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d')
  for (const length of [1, 4095, 4096, 4097, 65_535]) expect(hex(leafHash(Buffer.alloc(length, 7)))).toBe(hex(digest(Buffer.from([0]), Buffer.alloc(length, 7))))
  expect(hex(nodeHash(sha256(), sha256(Buffer.from('a'))))).toBe(hex(digest(Buffer.from([1]), digest(), digest(Buffer.from('a')))))
})

test('many leaves appended at once leave the frontier that one after the other leaves, from any size', () => {
  const data = leavesOf(600).map(leafHash)
  const one = (from: number, to: number, start = emptyFrontier): typeof emptyFrontier => data.slice(from, to).reduce(appendLeaf, start)
  fc.assert(fc.property(fc.nat(300), fc.nat(300), (before, more) => {
    const start = one(0, before)
    const many = appendLeaves(start, Buffer.concat(data.slice(before, before + more)))
    expect({ ...many, hashes: many.hashes.map(hex) }).toEqual({ size: before + more, hashes: one(before, before + more, start).hashes.map(hex) })
  }))
})

test('roots, by subtrees and by appending, are those of the recursive definition for every size up to 130', () => {
  let frontier = emptyFrontier
  const data = leavesOf(130)
  const subtree = subtreesOf(data.map(leafHash))
  for (let size = 1; size <= 130; size += 1) {
    frontier = appendLeaf(frontier, leafHash(data[size - 1]!))
    const expected = hex(naiveRoot(data.slice(0, size)))
    expect(hex(frontierRoot(frontier))).toBe(expected)
    expect(hex(rootOf(size, subtree))).toBe(expected)
  }
})

test('appending leaves the frontier it was given untouched', () => {
  const three = [0, 1, 2].reduce((frontier, n) => appendLeaf(frontier, leafHash(Buffer.from([n]))), emptyFrontier)
  const before = hex(frontierRoot(three))
  appendLeaf(three, leafHash(Buffer.from('one')))
  expect(hex(frontierRoot(three))).toBe(before)
  expect(() => frontierRoot(emptyFrontier)).toThrow(RangeError)
})

test('audit paths are those of the recursive definition, verify, and one flipped bit anywhere refuses them', () => {
  fc.assert(fc.property(sizes, fc.nat(), fc.nat(), (size, pick, bit) => {
    const data = leavesOf(size)
    const hashes = data.map(leafHash)
    const index = pick % size
    const path = inclusionPath(index, size, subtreesOf(hashes))
    const root = naiveRoot(data)
    const leaf = hashes[index]!
    expect(path.map(hex)).toEqual(naivePath(index, data).map(hex))
    expect(verifyInclusion({ index, size, leaf, path, root })).toBe(true)
    expect(verifyInclusion({ index, size, leaf: flip(leaf, bit % 256), path, root })).toBe(false)
    expect(verifyInclusion({ index, size, leaf, path, root: flip(root, bit % 256) })).toBe(false)
    expect(verifyInclusion({ index, size, leaf, path: [...path, root], root })).toBe(false)
    if (size > 1) {
      const place = bit % path.length
      expect(verifyInclusion({ index, size, leaf, path: path.map((hash, at) => (at === place ? flip(hash, bit % 256) : hash)), root })).toBe(false)
      expect(verifyInclusion({ index, size, leaf, path: path.slice(1), root })).toBe(false)
      expect(verifyInclusion({ index: (index + 1) % size, size, leaf, path, root })).toBe(false)
    }
  }), { numRuns: runs })
})

test('consistency proofs are those of the recursive definition, verify, and one flipped bit anywhere refuses them', () => {
  fc.assert(fc.property(sizes, fc.nat(), fc.nat(), (newSize, pick, bit) => {
    const data = leavesOf(newSize)
    const oldSize = 1 + (pick % newSize)
    const path = consistencyPath(oldSize, newSize, subtreesOf(data.map(leafHash)))
    const proof = { oldSize, newSize, oldRoot: naiveRoot(data.slice(0, oldSize)), newRoot: naiveRoot(data), path }
    expect(path.map(hex)).toEqual(naiveSubproof(oldSize, data, true).map(hex))
    expect(verifyConsistency(proof)).toBe(true)
    expect(verifyConsistency({ ...proof, oldRoot: flip(proof.oldRoot, bit % 256) })).toBe(false)
    expect(verifyConsistency({ ...proof, newRoot: flip(proof.newRoot, bit % 256) })).toBe(false)
    expect(verifyConsistency({ ...proof, path: [...path, proof.newRoot] })).toBe(false)
    if (path.length > 0) {
      const place = bit % path.length
      expect(verifyConsistency({ ...proof, path: path.map((hash, at) => (at === place ? flip(hash, bit % 256) : hash)) })).toBe(false)
      expect(verifyConsistency({ ...proof, path: path.slice(0, -1) })).toBe(false)
    }
  }), { numRuns: runs })
})

test('every pair of sizes up to 40 has a consistency proof that verifies, and no smaller tree does with it', () => {
  const data = leavesOf(40)
  const subtree = subtreesOf(data.map(leafHash))
  const roots = data.map((_, index) => naiveRoot(data.slice(0, index + 1)))
  for (let newSize = 1; newSize <= 40; newSize += 1) {
    for (let oldSize = 1; oldSize <= newSize; oldSize += 1) {
      const proof = { oldSize, newSize, oldRoot: roots[oldSize - 1]!, newRoot: roots[newSize - 1]!, path: consistencyPath(oldSize, newSize, subtree) }
      expect(verifyConsistency(proof)).toBe(true)
      if (oldSize > 1) expect(verifyConsistency({ ...proof, oldRoot: roots[oldSize - 2]! })).toBe(false)
    }
  }
})

test('sizes and indices beyond 2^32 go the same way', () => {
  // A tree in which every leaf is the same: a complete subtree depends on its level alone.
  const levels: Uint8Array[] = [leafHash(Buffer.from('same'))]
  while (levels.length < 54) levels.push(nodeHash(levels.at(-1)!, levels.at(-1)!))
  const subtree = (level: number): Uint8Array => levels[level]!
  const size = 2 ** 52 + 2 ** 33 + 5
  const root = rootOf(size, subtree)
  for (const index of [0, 2 ** 32, 2 ** 52 - 1, 2 ** 52 + 2 ** 32 + 1, size - 1]) {
    const path = inclusionPath(index, size, subtree)
    expect(verifyInclusion({ index, size, leaf: levels[0]!, path, root })).toBe(true)
    expect(verifyInclusion({ index, size, leaf: levels[1]!, path, root })).toBe(false)
  }
  for (const oldSize of [2 ** 33, 2 ** 33 + 1, 2 ** 52, size - 1]) {
    const proof = { oldSize, newSize: size, oldRoot: rootOf(oldSize, subtree), newRoot: root, path: consistencyPath(oldSize, size, subtree) }
    expect(verifyConsistency(proof)).toBe(true)
    expect(verifyConsistency({ ...proof, oldSize: oldSize - 1 })).toBe(false)
  }
})

test('no proof is accepted for size 0, a negative or fractional number, or hashes of another length', () => {
  const leaf = leafHash(Buffer.from('x'))
  for (const size of [0, -1, 1.5, Number.NaN, 2 ** 53]) expect(verifyInclusion({ index: 0, size, leaf, path: [], root: leaf })).toBe(false)
  for (const index of [-1, 0.5, 1]) expect(verifyInclusion({ index, size: 1, leaf, path: [], root: leaf })).toBe(false)
  expect(verifyInclusion({ index: 0, size: 1, leaf: leaf.subarray(1), path: [], root: leaf.subarray(1) })).toBe(false)
  expect(verifyConsistency({ oldSize: 0, newSize: 1, oldRoot: sha256(), newRoot: leaf, path: [] })).toBe(false)
  expect(verifyConsistency({ oldSize: 2, newSize: 1, oldRoot: leaf, newRoot: leaf, path: [] })).toBe(false)
  expect(() => rootOf(0, subtreesOf([leaf]))).toThrow(RangeError)
  expect(() => inclusionPath(1, 1, subtreesOf([leaf]))).toThrow(RangeError)
  expect(() => subtreesOf([leaf])(0, 1)).toThrow(RangeError)
})
