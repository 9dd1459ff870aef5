/** The rows of an INSERT and the lines of a COPY, from bytes to the writer of rows. */
import type { RowWriter } from './rows.ts'
import { cellsOf, literalEnd, textOfLiteral, type Cell } from './literal.ts'

/** A row or a line does not end within the bytes held. */
export const needsMore = -1
/** What stands there is no row. */
export const noRow = -2

export interface TupleOptions {
  readonly end: number
  readonly escaped: boolean
  /** Called where an expression was not worked out since it makes too much of what stands in it. */
  readonly tooFar?: (() => void) | undefined
}

/** Behind white space and comments; `end` when nothing else comes. */
export function skipSpace(bytes: Uint8Array, at: number, end: number): number {
  let i = at
  for (; i < end; i += 1) {
    const byte = bytes[i]!
    if (byte === 0x20 || byte >= 0x09 && byte <= 0x0d) continue
    if (byte === 0x2d && bytes[i + 1] === 0x2d) {
      while (i < end && bytes[i] !== 0x0a) i += 1
      continue
    }
    if (byte === 0x2f && bytes[i + 1] === 0x2a) {
      i += 2
      while (i < end && !(bytes[i] === 0x2a && bytes[i + 1] === 0x2f)) i += 1
      i += 1
      continue
    }
    return i
  }
  return end
}

/** Writes the row that opens with the bracket at `at`; returns where it ends, `needsMore` or `noRow`. */
export function writeTuple(bytes: Buffer, at: number, writer: RowWriter, options: TupleOptions): number {
  let i = at + 1
  for (;;) {
    i = skipSpace(bytes, i, options.end)
    i = writeValue(bytes, i, writer, options)
    if (i < 0) break
    i = skipSpace(bytes, i, options.end)
    if (i >= options.end) { i = needsMore; break }
    const byte = bytes[i]!
    i += 1
    if (byte === 0x2c) continue
    if (byte !== 0x29) { i = noRow; break }
    writer.endRow()
    return i
  }
  writer.dropRow()
  return i
}

function writeValue(bytes: Buffer, at: number, writer: RowWriter, options: TupleOptions): number {
  const { end, escaped, tooFar } = options
  if (at >= end) return needsMore
  if (bytes[at] === 0x27) {
    const close = literalEnd(bytes, at, { end, escaped })
    if (close < 0) return needsMore
    const next = skipSpace(bytes, close, end)
    if (next >= end) return needsMore
    if (bytes[next] === 0x2c || bytes[next] === 0x29) {
      const text = textOfLiteral(bytes.subarray(at, close), escaped)
      writeText(text, writer)
      return next
    }
  }
  const to = expressionEnd(bytes, at, options)
  if (to < 0) return to
  if (isSimple(bytes, at, to)) writer.bytes(bytes, at, trimmed(bytes, at, to))
  else writeCells(cellsOf(bytes.subarray(at, to), escaped, tooFar), writer)
  return to
}

/** Numbers, as they stand: neither NULL, nor hexadecimal digits, nor an expression. */
function isSimple(bytes: Uint8Array, at: number, to: number): boolean {
  for (let i = at; i < to; i += 1) {
    const byte = bytes[i]!
    if (!(byte >= 0x30 && byte <= 0x39 || byte === 0x2d || byte === 0x2e || byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09)) return false
  }
  return true
}

function trimmed(bytes: Uint8Array, at: number, to: number): number {
  let end = to
  while (end > at && bytes[end - 1]! <= 0x20) end -= 1
  return end
}

function writeCells([first, ...others]: readonly Cell[], writer: RowWriter): void {
  if (first === undefined || first.kind === 'null') writer.nothing()
  else if (first.kind === 'binary') writer.binary(first.bytes)
  else writer.bytes(first.bytes, 0, first.bytes.length)
  for (const cell of others) if (cell.kind !== 'null') writer.further(cell.bytes)
}

/** Where the comma or bracket stands that ends an expression. */
function expressionEnd(bytes: Buffer, at: number, { end, escaped }: TupleOptions): number {
  let depth = 0
  for (let i = at; i < end; i += 1) {
    const byte = bytes[i]!
    if (byte === 0x27 || byte === 0x22 || byte === 0x60) {
      const prefixed = byte === 0x27 && i > at && (bytes[i - 1]! | 0x20) === 0x65 && !(i - 1 > at && /[\w]/.test(String.fromCharCode(bytes[i - 2]!)))
      const close = literalEnd(bytes, i, { end, escaped: byte === 0x27 && (escaped || prefixed) })
      if (close < 0) return needsMore
      i = close - 1
    } else if (byte === 0x28 || byte === 0x5b) depth += 1
    else if ((byte === 0x29 || byte === 0x2c) && depth === 0) return i
    else if (byte === 0x29 || byte === 0x5d) depth -= 1
    else if (byte === 0x3b && depth === 0) return noRow
  }
  return needsMore
}

const [tab, newline, backslash, quote] = [0x09, 0x0a, 0x5c, 0x22]
const letters: Readonly<Record<number, number>> = { 0x6e: 0x0a, 0x74: 0x09, 0x72: 0x0d, 0x62: 0x08, 0x66: 0x0c, 0x76: 0x0b }

/** Writes the line of COPY text that stands from `at` to `end` (its line end not included). */
export function writeCopyLine(bytes: Buffer, at: number, end: number, writer: RowWriter): void {
  const line = bytes.subarray(at, end)
  if (!line.includes(backslash)) {
    for (let from = 0; from <= line.length; ) {
      const next = line.indexOf(tab, from)
      const to = next < 0 ? line.length : next
      writer.bytes(line, from, to)
      from = to + 1
    }
    return writer.endRow()
  }
  for (let from = 0; from <= line.length; ) {
    const next = line.indexOf(tab, from)
    const to = next < 0 ? line.length : next
    const escape = line.indexOf(backslash, from)
    if (escape < 0 || escape >= to) writer.bytes(line, from, to)
    else if (to === from + 2 && line[from + 1] === 0x4e) writer.nothing()
    else writeText(unescaped(line, from, to), writer)
    from = to + 1
  }
  writer.endRow()
}

/** A `bytea` is printed as `\x` and digits. */
function writeText(field: Uint8Array, writer: RowWriter): void {
  const digits = field[0] === backslash && field[1] === 0x78 && field.length % 2 === 0 ? Buffer.from(field.subarray(2)).toString('latin1') : ''
  if (digits !== '' && /^[0-9a-f]+$/.test(digits)) writer.binary(Buffer.from(digits, 'hex'))
  else writer.bytes(field, 0, field.length)
}

function unescaped(bytes: Buffer, from: number, to: number): Buffer {
  const out = Buffer.allocUnsafe(to - from)
  let at = 0
  for (let i = from; i < to; i += 1) {
    if (bytes[i] !== backslash || i + 1 >= to) { out[at++] = bytes[i]!; continue }
    i += 1
    const code = /^(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3}))/.exec(bytes.toString('latin1', i, Math.min(i + 3, to)))
    if (code === null) { out[at++] = letters[bytes[i]!] ?? bytes[i]!; continue }
    out[at++] = code[1] === undefined ? Number.parseInt(code[2]!, 8) & 0xff : Number.parseInt(code[1], 16)
    i += code[0].length - 1
  }
  return out.subarray(0, at)
}

/** Whether lines of COPY text are rows for the scanner as they stand: without escapes, and without a quote at which a field could open. */
export function isPlainCopy(bytes: Buffer, at: number, end: number): boolean {
  const block = bytes.subarray(at, end)
  return !block.includes(backslash) && !block.includes(quote) && !block.includes('\r') && block[0] !== newline && !block.includes('\n\n')
}
