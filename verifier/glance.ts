import { parseEntry } from './entry.ts'

/** What every entry of a long log is asked for in passing: its type, how many payloads it committed to, and the size of the common log it was decided on. */
export interface Glance {
  readonly type: string
  readonly parts: number
  readonly common?: number
}

/**
 * Reads an entry as `parseEntry` does, and refuses what it refuses; most are spelled in the one way that their writer has (JCS), and are read without
 * making objects of what nobody asks for. Whatever is spelled otherwise goes to `parseEntry`. Throws `Malformed` `entry/...`.
 */
export function glanceAt(data: Uint8Array, begin: number, end: number): Glance {
  const seen = reader.entry(data, begin, end)
  if (seen !== undefined) return seen
  const { type, parts, common } = parseEntry(data.subarray(begin, end))
  return common === undefined ? { type, parts: parts.length } : { type, parts: parts.length, common }
}

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (sign) => sign.charCodeAt(0))
const at = ascii('{"at":')
const common = ascii(',"common":')
const parts = ascii(',"parts":[')
const commitment = ascii('{"c":"')
const name = ascii('","n":"')
const partEnd = ascii('"}')
const type = ascii('],"type":"')
const version = ascii('","v":1}')
const [comma, bracket, quote, dot, dash, underscore, zero, nine, a, f, z] = [0x2c, 0x5d, 0x22, 0x2e, 0x2d, 0x5f, 0x30, 0x39, 0x61, 0x66, 0x7a]
const commitmentDigits = 64
/** Fifteen digits are always below 2^53. */
const digitsMax = 15
const nameLettersMax = 64

/** Types seen before, so that a log of a million entries has one text for each; more than these are made anew. */
const typesMax = 64
const types: { readonly bytes: Uint8Array; readonly text: string }[] = []

/** A place in an entry that moves on; every reader is `false` or negative, or `undefined`, where the spelling is another. */
class Reader {
  private data: Uint8Array = new Uint8Array()
  private end = 0
  private place = 0
  private last: Glance = { type: '', parts: 0 }

  /** What stands between two places, or `undefined`. Entries that say the same share one object. */
  entry(data: Uint8Array, begin: number, end: number): Glance | undefined {
    this.data = data
    this.place = begin
    this.end = end
    if (!this.literal(at) || this.number() < 0) return undefined
    const decided = this.data[this.place + 2] === common[2] && this.literal(common) ? this.number() : undefined
    if (decided !== undefined && decided < 0) return undefined
    if (!this.literal(parts)) return undefined
    const count = this.parts()
    if (count < 0 || !this.literal(type)) return undefined
    const named = this.type()
    if (named === undefined || !this.literal(version) || this.place !== this.end) return undefined
    if (this.last.type !== named || this.last.parts !== count || this.last.common !== decided) this.last = decided === undefined ? { type: named, parts: count } : { type: named, parts: count, common: decided }
    return this.last
  }

  private literal(text: Uint8Array): boolean {
    const { data, place } = this
    if (place + text.length > this.end) return false
    for (let step = 0; step < text.length; step += 1) if (data[place + step] !== text[step]) return false
    this.place = place + text.length
    return true
  }

  private number(): number {
    const { data, place: begin } = this
    let value = 0
    let place = begin
    for (; place < this.end; place += 1) {
      const digit = data[place]! - zero
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
    }
    const digits = place - begin
    if (digits === 0 || digits > digitsMax || (digits > 1 && data[begin] === zero)) return -1
    this.place = place
    return value
  }

  /** How many parts stand before the bracket; names must ascend, so that no two are one. */
  private parts(): number {
    if (this.data[this.place] === bracket) return 0
    let before = { begin: 0, end: 0 }
    for (let count = 1; ; count += 1) {
      if (!this.literal(commitment) || !this.digits() || !this.literal(name)) return -1
      const begin = this.place
      if (!this.word(nameLettersMax)) return -1
      const here = { begin, end: this.place }
      if (!this.literal(partEnd) || !this.ascends(before, here)) return -1
      before = here
      if (this.data[this.place] === bracket) return count
      if (this.data[this.place] !== comma) return -1
      this.place += 1
    }
  }

  private digits(): boolean {
    const { data, place } = this
    if (place + commitmentDigits > this.end) return false
    for (let step = 0; step < commitmentDigits; step += 1) {
      const sign = data[place + step]!
      if (!((sign >= zero && sign <= nine) || (sign >= a && sign <= f))) return false
    }
    this.place = place + commitmentDigits
    return true
  }

  private ascends(before: { begin: number; end: number }, here: { begin: number; end: number }): boolean {
    const { data } = this
    for (let step = 0; ; step += 1) {
      const [left, right] = [before.begin + step, here.begin + step]
      if (right >= here.end) return false
      if (left >= before.end) return true
      if (data[left] !== data[right]) return data[left]! < data[right]!
    }
  }

  /** A lower-case letter, then letters, digits, `_` and `-`. */
  private word(lettersMax: number): boolean {
    const { data, place: begin } = this
    let place = begin
    for (; place < this.end; place += 1) {
      const sign = data[place]!
      const letter = sign >= a && sign <= z
      if (!letter && (place === begin || !((sign >= zero && sign <= nine) || sign === dash || sign === underscore))) break
    }
    const letters = place - begin
    if (letters === 0 || letters > lettersMax) return false
    this.place = place
    return true
  }

  /** Words with dots between them, two at least, up to the quote. */
  private type(): string | undefined {
    const begin = this.place
    for (let words = 1; ; words += 1) {
      if (!this.word(Infinity)) return undefined
      if (this.data[this.place] === quote) return words > 1 ? textOf(this.data, begin, this.place) : undefined
      if (this.data[this.place] !== dot) return undefined
      this.place += 1
    }
  }
}

/** One for all: a check reads one entry at a time. */
const reader = new Reader()

function textOf(data: Uint8Array, begin: number, end: number): string {
  for (const { bytes, text } of types) if (bytes.length === end - begin && isAt(data, begin, bytes)) return text
  const bytes = data.slice(begin, end)
  const text = String.fromCharCode(...bytes)
  if (types.length < typesMax) types.push({ bytes, text })
  return text
}

function isAt(data: Uint8Array, begin: number, bytes: Uint8Array): boolean {
  for (let step = 0; step < bytes.length; step += 1) if (data[begin + step] !== bytes[step]) return false
  return true
}
