import { malformed } from './malformed.ts'

// C2SP tlog-tiles: a log as static files. https://c2sp.org/tlog-tiles

/** Hashes in a full tile, entries in a full bundle. */
export const tileWidth = 256
/** Longest entry, in bytes: its length is written in 16 bits. */
export const entryBytesMax = 65_535

/** One file of a log: level (or `entries`), index of the tile in its level, and how many hashes or entries it has (1 to 256). */
export interface Tile {
  readonly level: number | 'entries'
  readonly index: number
  readonly width: number
}

/** Path of a tile within its log: `tile/<level>/<index>`, and `.p/<width>` when partial. Throws `RangeError` outside the format. */
export function tilePath(level: number, index: number, width: number = tileWidth): string {
  return pathOf({ level, index, width })
}

/** Path of an entry bundle within its log: `tile/entries/<index>`, and `.p/<width>` when partial. */
export function entriesPath(index: number, width: number = tileWidth): string {
  return pathOf({ level: 'entries', index, width })
}

/** As `tilePath` and `entriesPath`, from a `Tile`. */
export function pathOf({ level, index, width }: Tile): string {
  const isLevel = level === 'entries' || (Number.isInteger(level) && level >= 0 && level <= 63)
  if (!isLevel || !Number.isSafeInteger(index) || index < 0) throw new RangeError('a tile outside the format')
  if (!Number.isInteger(width) || width < 1 || width > tileWidth) throw new RangeError('a tile holds 1 to 256')
  return `tile/${level}/${indexPath(index)}${width === tileWidth ? '' : `.p/${width}`}`
}

/** Index in groups of three digits, all but the last with an `x`: 1234067 is `x001/x234/067`. */
function indexPath(index: number): string {
  const digits = String(index)
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0')
  const groups = padded.match(/[0-9]{3}/g) ?? []
  return groups.map((group, place) => (place === groups.length - 1 ? group : `x${group}`)).join('/')
}

/** Reads what `pathOf` writes, and nothing else; `undefined` for any other name. */
export function parseTilePath(path: string): Tile | undefined {
  const match = /^tile\/(entries|0|[1-9][0-9]?)\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/.exec(path)
  const [, level, groups, width] = match ?? []
  if (level === undefined || groups === undefined) return undefined
  const tile = { level: level === 'entries' ? level : Number(level), index: Number(groups.replaceAll(/[x/]/g, '')), width: Number(width ?? tileWidth) } as const
  const inRange = tile.level === 'entries' || tile.level <= 63
  const legal = inRange && tile.width <= tileWidth && Number.isSafeInteger(tile.index)
  return legal && pathOf(tile) === path ? tile : undefined
}

/** Every hash tile of a tree of `size` leaves, level by level; partial ones last in their level. */
export function* tilesOf(size: number): Generator<Tile & { readonly level: number }> {
  let count = size
  for (let level = 0; count > 0; level += 1) {
    for (const { index, width } of rowOf(count)) yield { level, index, width }
    count = Math.floor(count / tileWidth)
  }
}

/** Every entry bundle of a log of `size` entries, in order. */
export function* bundlesOf(size: number): Generator<Tile & { readonly level: 'entries' }> {
  for (const { index, width } of rowOf(size)) yield { level: 'entries', index, width }
}

function* rowOf(count: number): Generator<{ readonly index: number; readonly width: number }> {
  const full = Math.floor(count / tileWidth)
  for (let index = 0; index < full; index += 1) yield { index, width: tileWidth }
  if (count % tileWidth > 0) yield { index: full, width: count % tileWidth }
}

/** An entry bundle: each entry behind its length as a big-endian uint16. Throws `Malformed` `tiles/entry` for one too long. */
export function encodeEntries(entries: readonly Uint8Array[]): Uint8Array {
  const bundle = new Uint8Array(entries.reduce((total, entry) => total + 2 + entry.length, 0))
  let at = 0
  for (const entry of entries) {
    if (entry.length > entryBytesMax) malformed('tiles/entry', `an entry has at most ${entryBytesMax} bytes`)
    bundle[at] = Math.floor(entry.length / 256)
    bundle[at + 1] = entry.length % 256
    bundle.set(entry, at + 2)
    at += 2 + entry.length
  }
  return bundle
}

/**
 * Takes an entry bundle apart; the entries are views of it, not copies. Throws `Malformed` `tiles/entries` unless it holds
 * exactly `count` entries and not one byte more.
 */
export function decodeEntries(bundle: Uint8Array, count: number): Uint8Array[] {
  const spans = spansOf(bundle, count)
  return Array.from({ length: count }, (_, place) => bundle.subarray(spans[place * 2], (spans[place * 2] ?? 0) + (spans[place * 2 + 1] ?? 0)))
}

/** Where each entry of a bundle begins and how long it is, two numbers an entry. Throws as `decodeEntries` does. */
export function spansOf(bundle: Uint8Array, count: number): Uint32Array {
  const spans = new Uint32Array(count * 2)
  let seen = 0
  let at = 0
  while (at < bundle.length) {
    const high = bundle[at]
    const low = bundle[at + 1]
    const length = (high ?? 0) * 256 + (low ?? 0)
    if (high === undefined || low === undefined || at + 2 + length > bundle.length) malformed('tiles/entries', 'a bundle that ends within an entry')
    if (seen === count) malformed('tiles/entries', 'a bundle with more entries than its log')
    spans[seen * 2] = at + 2
    spans[seen * 2 + 1] = length
    seen += 1
    at += 2 + length
  }
  return seen === count ? spans : malformed('tiles/entries', 'a bundle with fewer entries than its log')
}
