import { leafHash, nodeHash, tileWidth, type SubtreeHash } from '@bailee/verifier'
import { Broken } from '#kit/errors'
import { leavesBetween, type Database } from '../store.ts'
import { keepSubtrees, snapshotBodies, subtreesBetween } from './store.ts'

/** In tables of hashes, the root log stands at this slot. */
export const rootSlot = -1

/** Levels of the tree between one tile level and the next. */
const tileLevels = 8

/** Hashes read at once to make missing ones: 256 tiles. */
const madeAtOnce = 256

export interface HashRange { readonly slot: number; readonly level: number; readonly from: number; readonly to: number }

/** Hashes of one tile level; those above the leaves are made once and kept. Throws `Broken` `ledger/hash-missing` beyond the log. */
export async function hashesBetween(database: Database, range: HashRange): Promise<Uint8Array[]> {
  const { slot, level, from, to } = range
  const hashes = level > 0 ? await upper(database, range) : slot === rootSlot ? (await snapshotBodies(database, from, to)).map(leafHash) : await leavesBetween(database, { slot, from, to })
  if (hashes.length !== to - from) throw new Broken('ledger/hash-missing', `slot ${slot} has no entries that hash ${from} to ${to} of level ${level} stand for`)
  return hashes
}

async function upper(database: Database, range: HashRange): Promise<Uint8Array[]> {
  const kept = await subtreesBetween(database, range)
  for (let from = range.from; from < range.to; from += madeAtOnce) {
    const made = new Map<number, Uint8Array>()
    for (let index = from; index < Math.min(range.to, from + madeAtOnce); index += 1) {
      if (kept.has(index)) continue
      made.set(index, foldAll(await hashesBetween(database, { slot: range.slot, level: range.level - 1, from: index * tileWidth, to: (index + 1) * tileWidth })))
    }
    if (made.size > 0) await keepSubtrees(database, { ...range, hashes: made })
    for (const [index, hash] of made) kept.set(index, hash)
  }
  return Array.from({ length: range.to - range.from }, (_, place) => kept.get(range.from + place) ?? new Uint8Array())
}

/** Root over hashes whose number is a power of two. */
function foldAll(hashes: readonly Uint8Array[]): Uint8Array {
  let row = hashes
  while (row.length > 1) row = Array.from({ length: row.length / 2 }, (_, pair) => nodeHash(row[2 * pair] ?? new Uint8Array(), row[2 * pair + 1] ?? new Uint8Array()))
  return row[0] ?? new Uint8Array()
}

/** Computes something over the tree of a log, such as a root: once to see which subtrees it asks for, then with those, read from the tables. */
export async function overTree<Result>(database: Database, slot: number, compute: (subtree: SubtreeHash) => Result): Promise<Result> {
  const wanted = new Map<string, { readonly level: number; readonly index: number }>()
  const nothing = new Uint8Array(32)
  compute((level, index) => { wanted.set(`${level} ${index}`, { level, index }); return nothing })
  const found = new Map<string, Uint8Array>()
  for (const [name, { level, index }] of wanted) {
    const below = 2 ** (level % tileLevels)
    found.set(name, foldAll(await hashesBetween(database, { slot, level: Math.floor(level / tileLevels), from: index * below, to: (index + 1) * below })))
  }
  return compute((level, index) => found.get(`${level} ${index}`) ?? nothing)
}
