import { leafHash, parentHashesOf, tileWidth, type SubtreeHash } from '@bailee/verifier'
import { Broken } from '#kit/errors'
import { leafHashesBetween, type Database } from '../store.ts'
import { keepSubtrees, snapshotBodies, stretchesOf, subtreesBetween } from './store.ts'

/** In tables of hashes, the root log stands at this slot. */
export const rootSlot = -1

const hashBytes = 32
/** Levels of the tree between one tile level and the next. */
const tileLevels = 8

/** Hashes read at once to make missing ones: 256 tiles. */
const madeAtOnce = 256

export interface HashRange { readonly slot: number; readonly level: number; readonly from: number; readonly to: number }

/** Hashes of one tile level; those above the leaves are made once and kept. Throws `Broken` `ledger/hash-missing` beyond the log. */
export async function hashesBetween(database: Database, range: HashRange): Promise<Uint8Array[]> {
  const row = await rowBetween(database, range)
  return Array.from({ length: range.to - range.from }, (_, place) => row.subarray(place * hashBytes, (place + 1) * hashBytes))
}

/** The same, one behind the other. */
async function rowBetween(database: Database, range: HashRange): Promise<Uint8Array> {
  const { slot, level, from, to } = range
  const row = level > 0 ? await upper(database, range) : slot === rootSlot ? Buffer.concat((await snapshotBodies(database, from, to)).map(leafHash)) : await leafHashesBetween(database, { slot, from, to })
  if (row.length !== (to - from) * hashBytes) throw new Broken('ledger/hash-missing', `slot ${slot} has no entries that hash ${from} to ${to} of level ${level} stand for`)
  return row
}

async function upper(database: Database, range: HashRange): Promise<Uint8Array> {
  const kept = await subtreesBetween(database, range)
  for (let from = range.from; from < range.to; from += madeAtOnce) {
    const missing = Array.from({ length: Math.min(madeAtOnce, range.to - from) }, (_, place) => from + place).filter((index) => !kept.has(index))
    const [first, last] = [missing[0], missing.at(-1)]
    if (first === undefined || last === undefined) continue
    const roots = rootsOver(await rowBetween(database, { slot: range.slot, level: range.level - 1, from: first * tileWidth, to: (last + 1) * tileWidth }), tileWidth)
    const made = new Map(missing.map((index) => [index, roots.slice((index - first) * hashBytes, (index - first + 1) * hashBytes)]))
    await keepSubtrees(database, { ...range, hashes: made })
    for (const [index, hash] of made) kept.set(index, hash)
  }
  return Buffer.concat(Array.from({ length: range.to - range.from }, (_, place) => kept.get(range.from + place) ?? new Uint8Array()))
}

/** Roots over each so many hashes, a power of two, of a row. */
function rootsOver(row: Uint8Array, width: number): Uint8Array {
  let above = row
  for (let rest = width; rest > 1; rest /= 2) above = parentHashesOf(above)
  return above
}

/** One subtree that is asked for, as hashes of the tile level below it. */
interface Wanted { readonly name: string; readonly level: number; readonly from: number; readonly width: number }

/** Stretches that nothing is missing of, read at once. The leaves of the root log stand in another table. */
async function standing(database: Database, ranges: readonly HashRange[]): Promise<Map<HashRange, Uint8Array>> {
  const asked = ranges.filter(({ slot, level }) => slot !== rootSlot || level > 0)
  const found = await stretchesOf(database, asked)
  return new Map(asked.flatMap((range, place) => (found[place]?.length === (range.to - range.from) * hashBytes ? [[range, found[place]] as const] : [])))
}

/** Computes something over the tree of a log, such as a root: once to see which subtrees it asks for, then with those, read from the tables, a tile at a time. */
export async function overTree<Result>(database: Database, slot: number, compute: (subtree: SubtreeHash) => Result): Promise<Result> {
  const wanted = new Map<string, Wanted>()
  const nothing = new Uint8Array(hashBytes)
  compute((level, index) => {
    const [name, width] = [`${level} ${index}`, 2 ** (level % tileLevels)]
    wanted.set(name, { name, level: Math.floor(level / tileLevels), from: index * width, width })
    return nothing
  })
  const found = new Map<string, Uint8Array>()
  const stretches = [...Map.groupBy(wanted.values(), ({ level, from }) => `${level} ${Math.floor(from / tileWidth)}`).values()].map((together) => ({
    together, range: { slot, level: together[0]!.level, from: Math.min(...together.map((one) => one.from)), to: Math.max(...together.map((one) => one.from + one.width)) },
  }))
  const whole = await standing(database, stretches.map(({ range }) => range))
  for (const { together, range } of stretches) {
    const { from } = range
    const row = whole.get(range) ?? await rowBetween(database, range)
    for (const one of together) found.set(one.name, rootsOver(row.slice((one.from - from) * hashBytes, (one.from - from + one.width) * hashBytes), one.width))
  }
  return compute((level, index) => found.get(`${level} ${index}`) ?? nothing)
}
