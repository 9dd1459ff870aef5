import type { Checkpoint } from './checkpoint.ts'
import { malformed } from './malformed.ts'
import { leafHash, leafHashesOf, rootOf, rowsOf, subtreesIn } from './merkle.ts'
import type { RowOfLevel } from './merkle.ts'
import type { BundleSource } from './source.ts'
import { hashBytes, sameBytes } from './text.ts'
import { bundlesOf, entriesPath, pathOf, spansOf, tilesOf, tileWidth } from './tiles.ts'

/** A log that was read whole and hashes to its checkpoint. */
export interface WholeLog {
  readonly checkpoint: Checkpoint
  /** Root of the log when it had `size` entries (1 to the checkpoint's). */
  readonly rootAt: (size: number) => Uint8Array
  /** One entry's bytes, read again and checked again: the log's bytes are not kept. */
  readonly entryAt: (index: number) => Uint8Array
}

/**
 * Work that may be left and taken up again between two of its pieces, so that a page in a browser can answer meanwhile. What it yields is how many entries
 * of how many were read.
 */
export type Pieces<T> = Generator<{ readonly read: number; readonly of: number }, T>

/** Sees an entry in passing: its bytes are `data` from `begin` to `end`, and are gone afterwards. */
export type Visit = (data: Uint8Array, begin: number, end: number, index: number) => void

/** So many bundles of entries are one piece. */
const pieceBundles = 16

/**
 * Reads every entry of the log under `prefix` (`client/`), checks that they hash to the checkpoint's root and that every
 * tile says the same, and shows each entry to `visit` as it passes. `visit` sees entries before the root is known to be
 * right, so it must only gather. Throws `Malformed`: `log/missing`, `log/root`, `log/tile`, `tiles/entries`, and what
 * `visit` throws, though a wrong root is always the first reason given.
 */
export function* readWholeLog(source: BundleSource, prefix: string, checkpoint: Checkpoint, visit: Visit): Pieces<WholeLog> {
  const gathered = growing()
  let complaint: { readonly error: unknown } | undefined
  for (const bundle of bundlesOf(checkpoint.size)) {
    const data = readFile(source, `${prefix}${pathOf(bundle)}`)
    const spans = spansOf(data, bundle.width)
    gathered.add(leafHashesOf(data, spans))
    if (bundle.index % pieceBundles === pieceBundles - 1) yield { read: bundle.index * tileWidth + bundle.width, of: checkpoint.size }
    if (complaint !== undefined) continue
    try {
      const first = bundle.index * tileWidth
      for (let place = 0; place < bundle.width; place += 1) {
        const begin = spans[place * 2] ?? 0
        visit(data, begin, begin + (spans[place * 2 + 1] ?? 0), first + place)
      }
    } catch (error) {
      complaint = { error }
    }
  }
  const leaves = gathered.all()
  const rows = rowsOf(leaves)
  const subtree = subtreesIn(rows)
  if (!sameBytes(rootOf(checkpoint.size, subtree), checkpoint.root)) malformed('log/root', `the ${checkpoint.size} entries do not hash to the signed root${placeOf(source, prefix, leaves)}`)
  checkTiles(source, prefix, checkpoint.size, rows)
  if (complaint !== undefined) throw complaint.error
  return { checkpoint, rootAt: rememberingLast((size) => rootOf(size, subtree)), entryAt: entriesAgain({ source, prefix, checkpoint, leaves }) }
}

/** Memory that grows as files turn up: how large the log is, is the sender's word. */
function growing(): { add(bytes: Uint8Array): void; all(): Uint8Array } {
  let held = new Uint8Array(tileWidth * hashBytes)
  let used = 0
  return {
    add: (bytes) => {
      if (used + bytes.length > held.length) {
        const more = new Uint8Array(held.length * 2)
        more.set(held)
        held = more
      }
      held.set(bytes, used)
      used += bytes.length
    },
    all: () => held.subarray(0, used),
  }
}

function checkTiles(source: BundleSource, prefix: string, size: number, rows: RowOfLevel): void {
  for (const tile of tilesOf(size)) {
    const path = pathOf(tile)
    const bytes = readFile(source, `${prefix}${path}`)
    if (bytes.length !== tile.width * hashBytes) malformed('log/tile', `${path} has another length than its name says`)
    const begin = tile.index * tileWidth * hashBytes
    if (sameBytes(bytes, rows(tile.level * 8).subarray(begin, begin + bytes.length))) continue
    malformed('log/tile', `${path} disagrees with the entries at its hash ${firstDifference(bytes, rows(tile.level * 8).subarray(begin))}`)
  }
}

/** The place of the first hash in which a tile differs from what it should be. */
function firstDifference(tile: Uint8Array, expected: Uint8Array): number {
  return Math.floor(tile.findIndex((byte, at) => byte !== expected[at]) / hashBytes)
}

/** Where entries and the lowest tiles part, for the message only: when the tiles are intact, that is the altered entry. */
function placeOf(source: BundleSource, prefix: string, leaves: Uint8Array): string {
  for (const { level, index, width } of tilesOf(leaves.length / hashBytes)) {
    if (level > 0) break
    const bytes = source.read(`${prefix}${pathOf({ level, index, width })}`)
    const begin = index * tileWidth * hashBytes
    const place = bytes === undefined ? -1 : firstDifference(bytes.subarray(0, width * hashBytes), leaves.subarray(begin))
    if (place >= 0) return ` (entry ${index * tileWidth + place} is not the one its tile knows)`
  }
  return ''
}

function entriesAgain(log: { readonly source: BundleSource; readonly prefix: string; readonly checkpoint: Checkpoint; readonly leaves: Uint8Array }): (index: number) => Uint8Array {
  const { size } = log.checkpoint
  let last: { readonly bundle: number; readonly data: Uint8Array; readonly spans: Uint32Array } | undefined
  return (index) => {
    if (!Number.isSafeInteger(index) || index < 0 || index >= size) throw new RangeError('an entry beyond the log')
    const bundle = Math.floor(index / tileWidth)
    const width = Math.min(tileWidth, size - bundle * tileWidth)
    if (last?.bundle !== bundle) {
      const data = readFile(log.source, `${log.prefix}${entriesPath(bundle, width)}`)
      last = { bundle, data, spans: spansOf(data, width) }
    }
    const begin = last.spans[(index % tileWidth) * 2] ?? 0
    const entry = last.data.subarray(begin, begin + (last.spans[(index % tileWidth) * 2 + 1] ?? 0))
    return sameBytes(leafHash(entry), log.leaves.subarray(index * hashBytes, (index + 1) * hashBytes)) ? entry : malformed('log/changed', 'the bundle changed while it was read')
  }
}

/** Snapshots often find a log unchanged, so the same size is asked for many times in a row. */
function rememberingLast(root: (size: number) => Uint8Array): (size: number) => Uint8Array {
  let last: { readonly size: number; readonly root: Uint8Array } | undefined
  return (size) => {
    if (last?.size !== size) last = { size, root: root(size) }
    return last.root
  }
}

/** The bytes of a file that must be there; throws `Malformed` `log/missing`. The name is the layout's, never a person's. */
export function readFile(source: BundleSource, path: string, code = 'log/missing'): Uint8Array {
  return source.read(path) ?? malformed(code, `${path} is missing`)
}
