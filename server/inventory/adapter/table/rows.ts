/**
 * Rows of a table as the bytes that the scanner reads: tab-separated, a field quoted only where it must be, NULL as an empty field, no
 * header. Values are copied byte for byte; bytes that are no UTF-8 stay what they are, since the scanner reads those as windows-1252.
 */
import { gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'

/** A longer field goes on in further fields behind the last column, so that no field is longer than the scanner looks into. Bytes. */
export const fieldBytesMax = 256 * 1024

// Repeated at the seam of two such fields: more than any value holds, so that each value stands whole in one of them.
const seamBytes = 1024

/** One compressed cell unpacked: a document, not an archive; what is larger stays as it is. Bytes. */
export const cellBytesMax = 16 * 1024 * 1024

const [tab, newline, carriageReturn, quote] = [0x09, 0x0a, 0x0d, 0x22]

export interface RowWriter {
  /** One field of text: the bytes from `from` to `to`. */
  bytes(source: Uint8Array, from: number, to: number): void
  text(value: string): void
  /** One field that is NULL. */
  nothing(): void
  /** One field of a binary column: its text where it holds text, even compressed; digits of its bytes where it is short. */
  binary(value: Uint8Array): void
  /** A field that stands behind the last column. */
  further(value: Uint8Array): void
  endRow(): void
  /** Forgets the fields since the last `endRow`. */
  dropRow(): void
  /** Bytes of ended rows. */
  readonly ready: number
  /** The ended rows, which the writer forgets. */
  take(): Uint8Array
}

/** A writer of rows; `onBinary` gets each binary value that is not text, whole, once its row has ended. */
export function createRowWriter(onBinary: (value: Uint8Array) => void = () => undefined): RowWriter {
  let out = Buffer.allocUnsafe(64 * 1024)
  let at = 0
  let rowStart = 0
  let fields = 0
  let behind: Uint8Array[] = []
  let binaries: Uint8Array[] = []
  const reserve = (bytes: number): void => {
    if (at + bytes <= out.length) return
    const larger = Buffer.allocUnsafe(Math.max(out.length * 2, at + bytes))
    out.copy(larger, 0, 0, at)
    out = larger
  }
  const put = (source: Uint8Array, from: number, to: number): void => {
    reserve(2 * (to - from) + 4)
    if (fields > 0) out[at++] = tab
    fields += 1
    at = writeField(out, at, source.subarray(from, to))
  }
  const bytes = (source: Uint8Array, from: number, to: number): void => {
    if (to - from <= fieldBytesMax) return put(source, from, to)
    const pieces = cut(source.subarray(from, to))
    put(pieces[0]!, 0, pieces[0]!.length)
    behind.push(...pieces.slice(1))
  }
  const dropRow = (): void => { at = rowStart; fields = 0; behind = []; binaries = [] }
  return {
    bytes,
    text: (value) => { const encoded = Buffer.from(value); bytes(encoded, 0, encoded.length) },
    nothing: () => put(out, 0, 0),
    binary: (value) => {
      const text = textOfBinary(value)
      if (text !== undefined) return bytes(text, 0, text.length)
      const digits = digitsOf(value)
      put(digits[0] ?? value, 0, digits[0]?.length ?? 0)
      behind.push(...digits.slice(1))
      binaries.push(value)
    },
    further: (value) => { behind.push(...cut(value)) },
    endRow: () => {
      for (const piece of behind) put(piece, 0, piece.length)
      reserve(3)
      if (at === rowStart) { out[at++] = quote; out[at++] = quote } // an empty line would be no row
      out[at++] = newline
      rowStart = at
      for (const value of binaries) onBinary(value)
      dropRow()
    },
    dropRow,
    get ready() { return rowStart },
    take: () => {
      const taken = Buffer.from(out.subarray(0, rowStart))
      out.copyWithin(0, rowStart, at)
      at -= rowStart
      rowStart = 0
      return taken
    },
  }
}

function writeField(out: Uint8Array, start: number, value: Uint8Array): number {
  let at = start
  let quoted = value[0] === quote
  for (let i = 0; i < value.length; i += 1) {
    const byte = value[i]!
    if (byte === tab || byte === newline || byte === carriageReturn) { quoted = true; break }
    out[at++] = byte
  }
  if (!quoted) return at
  at = start
  out[at++] = quote
  for (let i = 0; i < value.length; i += 1) {
    const byte = value[i]!
    if (byte === quote) out[at++] = quote
    out[at++] = byte
  }
  out[at++] = quote
  return at
}

function cut(value: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let from = 0; ; from += fieldBytesMax - seamBytes) {
    const start = boundary(value, from)
    pieces.push(value.subarray(start, boundary(value, from + fieldBytesMax)))
    if (from + fieldBytesMax >= value.length) return pieces
  }
}

/** The next place at or before `at` where no character of UTF-8 is cut. */
function boundary(value: Uint8Array, at: number): number {
  if (at >= value.length) return value.length
  for (let back = at; back > at - 4 && back > 0; back -= 1) if ((value[back]! & 0xc0) !== 0x80) return back
  return at
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Whether the bytes are UTF-8 without control characters other than white space. */
export function isText(value: Uint8Array): boolean {
  for (let i = 0; i < value.length; i += 1) {
    const byte = value[i]!
    if (byte < 32 && byte !== tab && byte !== newline && byte !== carriageReturn) return false
  }
  try {
    utf8.decode(value)
    return true
  } catch {
    return false
  }
}

function textOfBinary(value: Uint8Array): Uint8Array | undefined {
  if (isText(value)) return value
  const unpacked = unpackCell(value)
  if (unpacked !== undefined && isText(unpacked)) return unpacked
  return undefined
}

/** What a compressed cell holds (gzip, zlib, zstd, and MySQL's COMPRESS: four bytes of length, then zlib); undefined when it is none of them, or too large. */
export function unpackCell(value: Uint8Array): Uint8Array | undefined {
  const limit = { maxOutputLength: cellBytesMax }
  const [a, b, c, d] = value
  try {
    if (a === 0x1f && b === 0x8b) return gunzipSync(value, limit)
    if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return zstdDecompressSync(value, limit)
    if (a === 0x78 && ((a << 8) + b!) % 31 === 0) return inflateSync(value, limit)
    if (value[4] === 0x78 && value.length > 10 && ((0x78 << 8) + value[5]!) % 31 === 0) return inflateSync(value.subarray(4), limit)
  } catch {
    return undefined // not what it looked like
  }
  return undefined
}

const digitsBytesMax = 64

/** Short binary values by their hexadecimal digits, as keys and digests are printed; sixteen bytes also as a UUID. */
function digitsOf(value: Uint8Array): Uint8Array[] {
  if (value.length > digitsBytesMax) return []
  const digits = Buffer.from(value).toString('hex')
  if (value.length !== 16) return [Buffer.from(digits)]
  return [Buffer.from(digits), Buffer.from(digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'))]
}
