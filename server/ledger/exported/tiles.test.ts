import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inclusionPath, leafHash, rootOf, subtreesOf, tilePath, tilesOf } from '@bailee/verifier'
import { growTiles } from './tiles.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** Tiles of a log of so many entries, and what answers for them. */
function grown(size: number): { files: Map<string, Uint8Array>; leaves: Uint8Array[]; tree: ReturnType<ReturnType<typeof growTiles>['end']> } {
  const files = new Map<string, Uint8Array>()
  const leaves = Array.from({ length: size }, (_, index) => leafHash(Buffer.from(`entry ${index}`)))
  const tiles = growTiles(size, { put: (path, bytes) => { files.set(path, Uint8Array.from(bytes)) }, read: (path) => files.get(path)! })
  for (let first = 0; first < size; first += 256) tiles.add(Buffer.from(`bundle ${first}`), Buffer.concat(leaves.slice(first, first + 256)))
  return { files, leaves, tree: tiles.end() }
}

test.each([1, 2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 66_000])('tiles of %i entries that come by and by are those of all of them at once, and so are proofs', (size) => {
  const { files, leaves, tree } = grown(size)
  const whole = subtreesOf(leaves)
  expect(hex(rootOf(size, tree))).toBe(hex(rootOf(size, whole)))
  const expected = new Map([...tilesOf(size)].map(({ level, index, width }) => [tilePath(level, index, width), hex(Buffer.concat(Array.from({ length: width }, (_, place) => whole(level * 8, index * 256 + place))))]))
  for (const [path, bytes] of expected) expect([path, hex(files.get(path) ?? new Uint8Array())]).toEqual([path, bytes])
  expect([...files.keys()].filter((path) => !path.includes('entries')).toSorted()).toEqual([...expected.keys()].toSorted())
  fc.assert(fc.property(fc.nat(size - 1), (index) => {
    expect(inclusionPath(index, size, tree).map(hex)).toEqual(inclusionPath(index, size, whole).map(hex))
  }), { numRuns: 40 })
})
