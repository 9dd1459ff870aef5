/**
 * What one pass over a place, or over a part of it, has counted. Tallies of parts merge exactly: rows are sums, and people are
 * distinct because a tally names every value it has seen by its slot in the table, which is the same for the same segments.
 */
import { createHash } from 'node:crypto'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { Broken } from '#kit/errors'
import type { Sketch } from '../catalogue/sketch.ts'
import type { FieldHits } from './verdict.ts'

/** What was read: whole fields, and what could be cut out of text. */
export interface PlaceCoverage {
  readonly rows: number
  /** Fields that held anything. */
  readonly values: number
  /** Of text, and of fields that hold text: runs, words and addresses compared. */
  readonly inner: number
  readonly bytes: number
  /** The most fields of a row. */
  readonly fields: number
  /** Fields longer than any value, skipped. */
  readonly tooLong: number
  /** Fields that opened with a quote and did not close it: read as they stand. */
  readonly brokenQuotes: number
  /** Hits beyond what one row or one place may hold: not zero means counts are too low. */
  readonly lost: number
}

/** Rows that hit one set of a dataset's columns. */
export interface ColumnSet {
  /** Bit mask of columns. */
  readonly mask: number
  /** One record of the dataset holds these values together; else they were hit without such agreement, in rows of no other dataset. */
  readonly linked: boolean
  readonly rows: number
  /** Where the first of these rows start: byte offsets in the stream, ascending, at most `startsMax`. */
  readonly starts: readonly number[]
}

/** Row starts kept of each set of columns: enough to show somebody where to look. */
export const startsMax = 4

export interface DatasetTally {
  /** Position among the searcher's datasets. */
  readonly dataset: number
  readonly sets: readonly ColumnSet[]
  readonly fields: readonly FieldHits[]
}

/** Values seen: slots of the table, ascending, and the mark of each: 1 in a row of nobody else, 2 + the level of the linked columns. */
export interface Marks {
  readonly slots: Uint32Array
  readonly marks: Uint8Array
}

export interface PlaceTally {
  /** Names the segments it was made with, and how they lie in the table: only tallies of the same merge. */
  readonly segments: string
  readonly coverage: PlaceCoverage
  /** Values looked up in the table. */
  readonly looks: number
  /** The bytes ended inside quotes: if they are not the end of the place, its parts must be read as one. */
  readonly endedInsideRecord: boolean
  readonly datasets: readonly DatasetTally[]
  readonly marked: Marks
  /** A sample of all values, where the searcher leaves sketches; not part of the tally as bytes. */
  readonly sketch?: Sketch
  /** Whose the marked values are (`judging.ts`): 16-bit numbers of owners in the order of `marked`, little-endian, zstd, base64. */
  readonly owners?: string
}

/** Coverage of parts together: sums, and the widest row. */
export function sumCoverage(parts: readonly PlaceCoverage[]): PlaceCoverage {
  const sum = (pick: (part: PlaceCoverage) => number): number => parts.reduce((total, part) => total + pick(part), 0)
  return {
    rows: sum((part) => part.rows), values: sum((part) => part.values), inner: sum((part) => part.inner), bytes: sum((part) => part.bytes), fields: Math.max(0, ...parts.map((part) => part.fields)),
    tooLong: sum((part) => part.tooLong), brokenQuotes: sum((part) => part.brokenQuotes), lost: sum((part) => part.lost),
  }
}

/** Hits of parts together, by field and column. */
export function sumFields(parts: readonly (readonly FieldHits[])[]): FieldHits[] {
  const sums = new Map<string, FieldHits>()
  for (const hits of parts.flat()) {
    const key = `${hits.field} ${hits.column} ${hits.form ?? ''}`
    sums.set(key, { ...hits, hits: hits.hits + (sums.get(key)?.hits ?? 0) })
  }
  return [...sums.values()].sort((a, b) => a.field - b.field || a.column - b.column || (a.form ?? -1) - (b.form ?? -1))
}

// Beyond it one byte for each slot of the table is quicker, and smaller, than sorting, as long as there are not many more slots than marks.
const sortedMarksMax = 1_000_000
const slotsAMarkMax = 64

/** Calls `visit` once for each value that any part has seen, with its highest mark. */
export function forEachMark(parts: readonly Marks[], slots: number, visit: (slot: number, mark: number) => void): void {
  const count = parts.reduce((sum, part) => sum + part.slots.length, 0)
  if (parts.length > 1 && count > sortedMarksMax && slots <= count * slotsAMarkMax) {
    const highest = new Uint8Array(slots)
    for (const { slots: own, marks } of parts) for (let at = 0; at < own.length; at += 1) if (marks[at]! > highest[own[at]!]!) highest[own[at]!] = marks[at]!
    for (let slot = 0; slot < slots; slot += 1) if (highest[slot]! > 0) visit(slot, highest[slot]!)
    return
  }
  if (parts.length === 1) {
    for (let at = 0; at < count; at += 1) visit(parts[0]!.slots[at]!, parts[0]!.marks[at]!)
    return
  }
  const all = new Float64Array(count) // slot * 256 + mark: the last of a slot is its highest
  let end = 0
  for (const { slots: own, marks } of parts) for (let at = 0; at < own.length; at += 1) all[end++] = own[at]! * 256 + marks[at]!
  all.sort()
  for (let at = 0; at < count; at += 1) {
    const slot = Math.floor(all[at]! / 256)
    if (at + 1 === count || Math.floor(all[at + 1]! / 256) !== slot) visit(slot, all[at]! % 256)
  }
}

const magic = Buffer.from('bailee tally 1\n')
const digestBytes = 32
const digestOf = (packed: Uint8Array): Buffer => createHash('sha256').update(packed).digest()

/** A tally as bytes. They hold counts and slots of the table, no value and no token; sealing them is the caller's. */
export function encodeTally(tally: PlaceTally): Uint8Array {
  const { marked: { slots, marks }, ...rest } = tally
  const json = Buffer.from(JSON.stringify({ ...rest, marked: slots.length, sketch: undefined }))
  const gaps = Buffer.allocUnsafe(slots.length * 5)
  let end = 0
  let before = 0
  for (let at = 0; at < slots.length; at += 1) {
    let gap = slots[at]! - before
    before = slots[at]!
    for (; gap > 127; gap >>>= 7) gaps[end++] = (gap & 127) | 128
    gaps[end++] = gap
  }
  const size = Buffer.alloc(4)
  size.writeUInt32LE(json.length)
  const packed = zstdCompressSync(Buffer.concat([size, json, gaps.subarray(0, end), marks]), { params: { [constants.ZSTD_c_compressionLevel]: 1 } })
  return Buffer.concat([magic, digestOf(packed), packed])
}

/** The inverse of `encodeTally`. Throws `Broken` `trace/tally-malformed` for anything else. */
export function decodeTally(bytes: Uint8Array): PlaceTally {
  try {
    if (!magic.equals(bytes.subarray(0, magic.length))) throw new RangeError('another format')
    const packed = bytes.subarray(magic.length + digestBytes)
    if (!digestOf(packed).equals(bytes.subarray(magic.length, magic.length + digestBytes))) throw new RangeError('altered, or cut short')
    const plain = zstdDecompressSync(packed)
    const length = plain.readUInt32LE(0)
    const { marked, ...rest } = JSON.parse(plain.subarray(4, 4 + length).toString()) as Omit<PlaceTally, 'marked'> & { marked: number }
    const slots = new Uint32Array(marked)
    let at = 4 + length
    let slot = 0
    for (let count = 0; count < marked; count += 1) {
      let scale = 1
      for (; plain[at]! > 127; scale *= 128) slot += (plain[at++]! - 128) * scale
      slot += plain[at++]! * scale
      slots[count] = slot
    }
    if (plain.length !== at + marked) throw new RangeError('another length')
    return { ...rest, marked: { slots, marks: new Uint8Array(plain.subarray(at)) } }
  } catch (cause) {
    throw new Broken('trace/tally-malformed', 'a tally cannot be read', { cause })
  }
}
