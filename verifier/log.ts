import type { Checkpoint } from './checkpoint.ts'
import { malformed } from './malformed.ts'
import { leafHash, rootOf, subtreesOfFlat } from './merkle.ts'
import type { SubtreeHash } from './merkle.ts'
import type { BundleSource } from './source.ts'
import { hashBytes, sameBytes } from './text.ts'
import { bundlesOf, decodeEntries, entriesPath, pathOf, tilesOf, tileWidth } from './tiles.ts'

/** A log that was read whole and hashes to its checkpoint. */
export interface WholeLog {
  readonly checkpoint: Checkpoint
  /** Root of the log when it had `size` entries (1 to the checkpoint's). */
  readonly rootAt: (size: number) => Uint8Array
  /** One entry's bytes, read again and checked again: the log's bytes are not kept. */
  readonly entryAt: (index: number) => Uint8Array
}

/**
 * Reads every entry of the log under `prefix` (`client/`), checks that they hash to the checkpoint's root and that every
 * tile says the same, and shows each entry to `visit` as it passes. `visit` sees entries before the root is known to be
 * right, so it must only gather. Throws `Malformed`: `log/missing`, `log/root`, `log/tile`, `tiles/entries`, and what
 * `visit` throws, though a wrong root is always the first reason given.
 */
export function readWholeLog(source: BundleSource, prefix: string, checkpoint: Checkpoint, visit: (entry: Uint8Array, index: number) => void): WholeLog {
  const rows: Uint8Array[] = [] // grown as files turn up: the size is the sender's word
  let complaint: { readonly error: unknown } | undefined
  for (const bundle of bundlesOf(checkpoint.size)) {
    const entries = decodeEntries(readFile(source, `${prefix}${pathOf(bundle)}`), bundle.width)
    rows.push(hashesOf(entries))
    if (complaint !== undefined) continue
    try {
      entries.forEach((entry, place) => visit(entry, bundle.index * tileWidth + place))
    } catch (error) {
      complaint = { error }
    }
  }
  const leaves = Buffer.concat(rows)
  const subtree = subtreesOfFlat(leaves)
  if (!sameBytes(rootOf(checkpoint.size, subtree), checkpoint.root)) malformed('log/root', `the ${checkpoint.size} entries do not hash to the signed root${placeOf(source, prefix, leaves)}`)
  checkTiles(source, prefix, checkpoint.size, subtree)
  if (complaint !== undefined) throw complaint.error
  return { checkpoint, rootAt: rememberingLast((size) => rootOf(size, subtree)), entryAt: entriesAgain({ source, prefix, checkpoint, leaves }) }
}

function hashesOf(entries: readonly Uint8Array[]): Uint8Array {
  const row = new Uint8Array(entries.length * hashBytes)
  entries.forEach((entry, place) => row.set(leafHash(entry), place * hashBytes))
  return row
}

function checkTiles(source: BundleSource, prefix: string, size: number, subtree: SubtreeHash): void {
  for (const tile of tilesOf(size)) {
    const path = pathOf(tile)
    const bytes = readFile(source, `${prefix}${path}`)
    if (bytes.length !== tile.width * hashBytes) malformed('log/tile', `${path} has another length than its name says`)
    for (let place = 0; place < tile.width; place += 1) {
      const expected = subtree(tile.level * 8, tile.index * tileWidth + place)
      if (!sameBytes(bytes.subarray(place * hashBytes, (place + 1) * hashBytes), expected)) malformed('log/tile', `${path} disagrees with the entries at its hash ${place}`)
    }
  }
}

/** Where entries and the lowest tiles part, for the message only: when the tiles are intact, that is the altered entry. */
function placeOf(source: BundleSource, prefix: string, leaves: Uint8Array): string {
  for (const { level, index, width } of tilesOf(leaves.length / hashBytes)) {
    if (level > 0) break
    const bytes = source.read(`${prefix}${pathOf({ level, index, width })}`)
    for (let place = 0; bytes !== undefined && place < width; place += 1) {
      const begin = (index * tileWidth + place) * hashBytes
      if (!sameBytes(bytes.subarray(place * hashBytes, (place + 1) * hashBytes), leaves.subarray(begin, begin + hashBytes))) return ` (entry ${index * tileWidth + place} is not the one its tile knows)`
    }
  }
  return ''
}

function entriesAgain(log: { readonly source: BundleSource; readonly prefix: string; readonly checkpoint: Checkpoint; readonly leaves: Uint8Array }): (index: number) => Uint8Array {
  const { size } = log.checkpoint
  let last: { readonly bundle: number; readonly entries: readonly Uint8Array[] } | undefined
  return (index) => {
    if (!Number.isSafeInteger(index) || index < 0 || index >= size) throw new RangeError('an entry beyond the log')
    const bundle = Math.floor(index / tileWidth)
    const width = Math.min(tileWidth, size - bundle * tileWidth)
    if (last?.bundle !== bundle) last = { bundle, entries: decodeEntries(readFile(log.source, `${log.prefix}${entriesPath(bundle, width)}`), width) }
    const entry = last.entries[index % tileWidth]
    const expected = log.leaves.subarray(index * hashBytes, (index + 1) * hashBytes)
    return entry !== undefined && sameBytes(leafHash(entry), expected) ? entry : malformed('log/changed', 'the bundle changed while it was read')
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
