import { leafHash, parentHashesOf, subtreesOfFlat, tileWidth, type SubtreeHash } from '@bailee/verifier'
import { Broken } from '#kit/errors'
import { leafHashesBetween, type Database } from '../store.ts'
import { keepSubtrees, snapshotBodies, stretchesOf, subtreesBetween } from './store.ts'

/** In tables of hashes, the root log stands at this slot. */
export const rootSlot = -1

const hashBytes = 32

/** Levels of the tree between one kept level and the next: half as many as between tile levels, so that a proof reads few hashes of each. */
const levelsApart = 4
export const apart = 2 ** levelsApart
const keptInTile = Math.log(tileWidth) / Math.log(apart)

/** Hashes made and kept at once: from 65,536 below. */
const madeAtOnce = 4_096

/** Roots of subtrees of 16^level entries. */
export interface HashRange { readonly slot: number; readonly level: number; readonly from: number; readonly to: number }

/** Hashes of one tile level, one behind the other; those above the leaves are made once and kept. Throws `Broken` `ledger/hash-missing` beyond the log. */
export async function tileHashesBetween(database: Database, { level, ...range }: HashRange): Promise<Uint8Array> {
  const asked = { ...range, level: level * keptInTile }
  return (await standing(database, [asked]))[0] ?? made(database, asked)
}

/** The same of one kept level, which may be missing. */
async function made(database: Database, range: HashRange): Promise<Uint8Array> {
  const { slot, level, from, to } = range
  const row = level > 0 ? await upper(database, range) : await leavesBetween(database, range)
  if (row.length !== (to - from) * hashBytes) throw new Broken('ledger/hash-missing', `slot ${slot} has no entries that hash ${from} to ${to} of level ${level} stand for`)
  return row
}

/** Hashes of entries as they stand, one behind the other: fewer where some are missing. */
export async function leavesBetween(database: Database, { slot, from, to }: Omit<HashRange, 'level'>): Promise<Uint8Array> {
  return slot === rootSlot ? Buffer.concat((await snapshotBodies(database, from, to)).map(leafHash)) : leafHashesBetween(database, { slot, from, to })
}

/** What is kept, and between the first and the last that is not, what is made of the level below. */
async function upper(database: Database, { slot, level, from, to }: HashRange): Promise<Uint8Array> {
  const row = new Uint8Array((to - from) * hashBytes)
  for (let begin = from; begin < to; begin += madeAtOnce) {
    const count = Math.min(madeAtOnce, to - begin)
    const { places, hashes } = await subtreesBetween(database, { slot, level, from: begin, to: begin + count })
    places.forEach((place, at) => row.set(hashes.subarray(at * hashBytes, (at + 1) * hashBytes), (begin - from + place) * hashBytes))
    const kept = new Uint8Array(count)
    for (const place of places) kept[place] = 1
    const [first, last] = [kept.indexOf(0), kept.lastIndexOf(0)]
    if (first < 0) continue
    const roots = rootsOver(await made(database, { slot, level: level - 1, from: (begin + first) * apart, to: (begin + last + 1) * apart }), apart)
    await keepSubtrees(database, { slot, level, from: begin + first, hashes: roots })
    row.set(roots, (begin - from + first) * hashBytes)
  }
  return row
}

/** Roots over each so many hashes, a power of two, of a row. */
function rootsOver(row: Uint8Array, width: number): Uint8Array {
  let above = row
  for (let rest = width; rest > 1; rest /= 2) above = parentHashesOf(above)
  return above
}

/** Stretches that nothing is missing of, read at once. The leaves of the root log stand in another table. */
async function standing(database: Database, ranges: readonly HashRange[]): Promise<(Uint8Array | undefined)[]> {
  const asked = ranges.filter(({ slot, level }) => slot !== rootSlot || level > 0)
  const found = await stretchesOf(database, asked)
  return ranges.map((range) => {
    const row = found[asked.indexOf(range)]
    return row?.length === (range.to - range.from) * hashBytes ? row : undefined
  })
}

/** The stretch of a kept level, sixteen hashes at most, that a subtree is made of, and where in it. */
function standsAt(level: number, index: number): { readonly name: string; readonly level: number; readonly from: number; readonly width: number } {
  const [kept, width] = [Math.floor(level / levelsApart), 2 ** (level % levelsApart)]
  return { name: `${kept} ${Math.floor((index * width) / apart)}`, level: kept, from: index * width, width }
}

/** Begins where any subtree that is made of it begins. */
const aligned = (from: number): number => from - (from % (apart / 2))

/** Computes something over the tree of a log, such as a root: once to see which subtrees it asks for, then with those, read from the tables, sixteen hashes at a time. */
export async function overTree<Result>(database: Database, slot: number, compute: (subtree: SubtreeHash) => Result): Promise<Result> {
  const ranges = new Map<string, { slot: number; level: number; from: number; to: number }>()
  const nothing = new Uint8Array(hashBytes)
  compute((asked, index) => {
    const { name, level, from, width } = standsAt(asked, index)
    const range = ranges.get(name)
    if (range === undefined) ranges.set(name, { slot, level, from: aligned(from), to: from + width })
    else {
      range.from = Math.min(range.from, aligned(from))
      range.to = Math.max(range.to, from + width)
    }
    return nothing
  })
  const inOrder = [...ranges.values()]
  const whole = await standing(database, inOrder)
  const subtrees = new Map<object, SubtreeHash>()
  for (let place = 0; place < inOrder.length; place += 1) subtrees.set(inOrder[place]!, subtreesOfFlat(whole[place] ?? await made(database, inOrder[place]!)))
  return compute((asked, index) => {
    const { name, from, width } = standsAt(asked, index)
    const range = ranges.get(name)
    return range === undefined ? nothing : subtrees.get(range)?.(asked % levelsApart, (from - range.from) / width) ?? nothing
  })
}
