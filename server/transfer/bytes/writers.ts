/** What becomes of a field, byte by byte. The same as `changeOf` says of every value; what is not plain goes through it. */
import { messageBytesMax } from '../lanes/lanes.ts'
import type { Marker } from '../canary/mark.ts'
import type { Mac } from '../mac.ts'
import type { Pools } from '../synthetic/synthetic.ts'
import { changeOf, pseudonymDomain, rounderOf, type Change } from '../transform.ts'
import type { Transform } from '../types.ts'
import { quote, valueOf, type Field } from './fields.ts'
import type { Piece } from './piece.ts'

/** Writes what becomes of a field into the piece, beyond room that `Piece.begin` made for the row: 64 bytes and its own. */
export type Writer = (field: Field) => void

const [backslash, minus, dot, plus, space, colon, letterT] = [0x5c, 0x2d, 0x2e, 0x2b, 0x20, 0x3a, 0x54]
const [zero, nine, letterA, letterZ, lower] = [0x30, 0x39, 0x41, 0x5a, 0x20]
/** Digits that a number holds with room for what rounding adds to it. */
const digitsMax = 14
const dateDigits = [0, 1, 2, 3, 5, 6, 8, 9]
const dateBytes = 10

const isDigit = (code: number): boolean => code >= zero && code <= nine
const isSpace = (code: number): boolean => code === space || (code >= 9 && code <= 13)

export function writerOf(transform: Transform, { piece, mac, column, marker, pools }: { readonly piece: Piece; readonly mac: Mac; readonly column: string; readonly marker?: Marker | undefined; readonly pools?: Pools | undefined }): Writer {
  const slowly = byValue(changeOf(transform, mac, column, { marker, pools }), piece)
  if (transform.kind === 'constant') {
    const always = Buffer.from(quoted(transform.value))
    return () => { piece.putAll(always) }
  }
  const write = plainWriterOf(transform, piece, slowly)
  return (field) => { if (field.quoted || field.end > field.start) write(field) } // NULL stays NULL
}

function byValue(change: Change, piece: Piece): Writer {
  return (field) => {
    const value = change(valueOf(field))
    if (value !== null) piece.putAll(Buffer.from(quoted(value)))
  }
}

export const quoted = (value: string): string => `"${value.replaceAll('"', '""')}"`

function plainWriterOf(transform: Exclude<Transform, { kind: 'constant' }>, piece: Piece, slowly: Writer): Writer {
  switch (transform.kind) {
    case 'keep': return kept(piece, slowly)
    case 'drop': case 'null': return () => undefined
    case 'token': return coded(piece, slowly, { fill: fillWhole, asPhone: false, before: '', after: '' })
    case 'email': return coded(piece, slowly, { fill: fillAddress, asPhone: false, before: '', after: `@${pseudonymDomain}` })
    case 'phone': return coded(piece, slowly, { fill: fillNumber, asPhone: true, before: '+999', after: '' })
    case 'region': case 'm49': case 'noise': case 'synthetic': return slowly
    case 'truncate': return truncated(piece, slowly, transform.characters)
    case 'year': case 'month': return generalised(piece, slowly, transform.kind === 'year')
    case 'round': return rounded(piece, slowly, transform.step)
  }
}

/** As it was written; what some databases take for an end of data goes in quotes. */
function kept(piece: Piece, slowly: Writer): Writer {
  return (field) => {
    if (field.quoted) piece.put(field.bytes, field.start - 1, field.end + 1)
    else if (field.bytes[field.start] === backslash) slowly(field)
    else piece.put(field.bytes, field.start, field.end)
  }
}

/** `fill` writes the message of a field into a slot and returns its length, or -1 where it cannot. */
interface Coded { readonly fill: (field: Field, slots: Uint8Array, slot: number) => number; readonly asPhone: boolean; readonly before: string; readonly after: string }

function coded(piece: Piece, slowly: Writer, { fill, asPhone, before, after }: Coded): Writer {
  const [first, last] = [Buffer.from(before), Buffer.from(after)]
  return (field) => {
    if (field.end - field.start > messageBytesMax || field.doubled) return slowly(field)
    const length = fill(field, piece.lanes.slots, piece.slot())
    if (length < 0) {
      piece.wipe()
      return slowly(field)
    }
    piece.put(first, 0, first.length)
    piece.putCode(length, asPhone)
    piece.put(last, 0, last.length)
  }
}

function fillWhole({ bytes, start, end }: Field, slots: Uint8Array, slot: number): number {
  for (let at = start; at < end; at += 1) slots[slot + at - start] = bytes[at]!
  return end - start
}

function fillAddress({ bytes, start, end }: Field, slots: Uint8Array, slot: number): number {
  let [from, to] = [start, end]
  while (from < to && isSpace(bytes[from]!)) from += 1
  while (to > from && isSpace(bytes[to - 1]!)) to -= 1
  for (let at = from; at < to; at += 1) {
    const code = bytes[at]!
    if (code >= 0x80) return -1
    slots[slot + at - from] = code >= letterA && code <= letterZ ? code | lower : code
  }
  return to - from
}

function fillNumber({ bytes, start, end }: Field, slots: Uint8Array, slot: number): number {
  let length = 0
  for (let at = start; at < end; at += 1) if (isDigit(bytes[at]!) || bytes[at] === plus) slots[slot + length++] = bytes[at]!
  return length
}

function truncated(piece: Piece, slowly: Writer, characters: number): Writer {
  return (field) => {
    if (field.doubled) return slowly(field)
    const { bytes, start, end } = field
    let at = start
    for (let many = 0; many < characters && at < end; many += 1) {
      at += 1
      while (at < end && (bytes[at]! & 0xc0) === 0x80) at += 1 // the rest of a character in UTF-8
    }
    piece.putByte(quote)
    piece.put(bytes, start, at)
    piece.putByte(quote)
  }
}

function generalised(piece: Piece, slowly: Writer, toYear: boolean): Writer {
  const [month, day] = [Buffer.from('-01-01'), Buffer.from('-01')]
  return (field) => {
    if (!isPlainDate(field)) return slowly(field)
    const { bytes, start } = field
    piece.put(bytes, start, start + (toYear ? 4 : 7))
    if (toYear) piece.put(month, 0, month.length)
    else piece.put(day, 0, day.length)
  }
}

/** YYYY-MM-DD, alone or before a time. */
function isPlainDate({ bytes, start, end }: Field): boolean {
  if (end - start < dateBytes || bytes[start + 4] !== minus || bytes[start + 7] !== minus) return false
  for (const at of dateDigits) if (!isDigit(bytes[start + at]!)) return false
  if (end - start === dateBytes) return true
  if (end - start === dateBytes + 1 || (bytes[start + dateBytes] !== space && bytes[start + dateBytes] !== letterT)) return false
  for (let at = start + dateBytes + 1; at < end; at += 1) {
    const code = bytes[at]!
    if (!isDigit(code) && code !== colon && code !== dot && code !== plus && code !== minus) return false
  }
  return true
}

/** Plain numbers of few digits. */
function rounded(piece: Piece, slowly: Writer, step: string): Writer {
  const round = rounderOf(step)
  return (field) => {
    const { bytes, start, end } = field
    const negative = bytes[start] === minus
    let [number, digits, places] = [0, 0, -1]
    for (let at = negative ? start + 1 : start; at < end; at += 1) {
      const code = bytes[at]!
      if (code === dot && places < 0 && digits > 0) { places = 0; continue }
      if (!isDigit(code)) return slowly(field)
      number = number * 10 + code - zero
      digits += 1
      if (places >= 0) places += 1
    }
    const text = digits === 0 || digits > digitsMax || places === 0 ? undefined : round({ number, digits, places: Math.max(places, 0), negative })
    if (text === undefined) return slowly(field)
    for (let index = 0; index < text.length; index += 1) piece.putByte(text.charCodeAt(index))
  }
}
