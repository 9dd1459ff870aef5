/**
 * The normal form, version 2: what two spellings of one value have in common. This is the definition; the scanner's own code
 * (`assembly/normal.ts`) does the common cases in place, and is tested against it. In this order:
 *
 * 1. white space, quotes, angle brackets, `mailto:` and `tel:` around the value are dropped;
 * 2. base64 of 16, 20 or 32 bytes that holds both cases (a digest) becomes lower-case hex;
 * 3. NFC and case folding; white space of Unicode around it is dropped, inside it is a space;
 * 4. `0x`, `\x`, `md5:`, `sha1:`, `sha256:` before hex are dropped, and the hyphens and braces of a UUID;
 * 5. a day in the orders and separators that people write becomes its eight digits, a time of midnight behind it is dropped;
 * 6. numbers lose their separators and leading zeros.
 */
export const normVersion = 2

/** The Unicode version decides a few folds: an index says which one it was built with. */
export const unicodeVersion = process.versions['unicode'] ?? 'unknown'

/** Values up to this many bytes in normal form are indexed and looked up; the scanner has the same figure. */
export const normalBytesMax = 512

const plain = /^[\x00-\x7f]*$/
const aroundSpace = /[\p{White_Space}\uFEFF]/u
const insideSpace = /[^\P{White_Space}\t\n\v\f\r ]/gu

const isPlainSpace = (text: string, at: number): boolean => { const code = text.charCodeAt(at); return code === 0x20 || (code >= 0x09 && code <= 0x0d) }
const isAnySpace = (text: string, at: number): boolean => isPlainSpace(text, at) || (text.charCodeAt(at) >= 0x80 && aroundSpace.test(text[at]!))

/** Drops what stands around a value, as often as it stands there. */
export const unwrap = (text: string): string => inside(text, isPlainSpace)

// From both ends inwards, so that each character is looked at once: a value may be as long as somebody cares to type.
function inside(text: string, isSpace: (text: string, at: number) => boolean): string {
  let [from, to] = [0, text.length]
  for (let before = -1; before !== to - from; ) {
    before = to - from
    while (from < to && isSpace(text, from)) from += 1
    while (from < to && isSpace(text, to - 1)) to -= 1
    for (const mark of ['"', '\'']) if (to - from > 1 && text[from] === mark && text[to - 1] === mark) { from += 1; to -= 1 }
    // What follows `<` must be ASCII: a combining mark would be one letter with it in NFC.
    if (to - from > 1 && text[from] === '<' && text[to - 1] === '>' && text.charCodeAt(from + 1) < 0x80) { from += 1; to -= 1 }
    if (mayBeScheme(text.charCodeAt(from))) from += /^(?:mailto|tel):/i.exec(text.slice(from, Math.min(from + 7, to)))?.[0].length ?? 0
  }
  return text.slice(from, to)
}

/** An m or a t, in either case. */
const mayBeScheme = (code: number): boolean => (code | 0x20) === 0x6d || (code | 0x20) === 0x74

/**
 * Steps 3 and 1 again: case by way of lower, upper, lower (the capital sharp s goes to `ss` only by way of the small one; final sigma as
 * sigma: close to the full fold of Unicode, and the same at indexing and at searching). Serves what the scanner's own tables do not hold.
 */
export const normaliseText = (text: string): string => (plain.test(text) ? inside(text.toLowerCase(), isPlainSpace) : normaliseAny(text))

/** Of any text. Of ASCII it comes to its small letters, which most values are. */
export function normaliseAny(text: string): string {
  const folded = composed(composed(text).toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ'))
  return inside(folded.replace(insideSpace, ' '), isAnySpace)
}

// More marks on one letter than any writing has (UAX 15, stream-safe text). To put n of them in order takes n² steps.
const crowded = /\p{M}{31}/u

/** In NFC; a long text that is crowded with marks as it stands. */
const composed = (text: string): string => (text.length > normalBytesMax && crowded.test(text) ? text : text.normalize('NFC'))

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const western = new TextDecoder('windows-1252')

/** Bytes as text: UTF-8, or windows-1252 where they are not. */
export function textOf(bytes: Uint8Array): string {
  return decoded(bytes).text
}

function decoded(bytes: Uint8Array): { text: string; bytesOf: (text: string) => number } {
  try {
    return { text: utf8.decode(bytes), bytesOf: (text) => Buffer.byteLength(text) }
  } catch {
    return { text: western.decode(bytes), bytesOf: (text) => text.length }
  }
}

/** The normal form of a value's bytes, whole; empty for nothing, or too long to be a value. */
export function normalForm(bytes: Uint8Array): Uint8Array {
  const { text, bytesOf } = decoded(bytes)
  const raw = unwrap(text)
  if (bytesOf(raw) > normalBytesMax) return new Uint8Array(0)
  const form = canonical(hexOfBase64(raw) ?? normaliseText(raw))
  return Buffer.byteLength(form) > normalBytesMax ? new Uint8Array(0) : Buffer.from(form)
}

/** Digests in base64 and base64url: with their padding, or 43 characters without, as of SHA-256. */
function hexOfBase64(text: string): string | undefined {
  if (!/^(?:[A-Za-z0-9+/]*|[A-Za-z0-9_-]*)={0,2}$/.test(text) || !/[A-Z]/.test(text) || !/[a-z]/.test(text)) return undefined
  if (!/^(?:[^=]{22}==|[^=]{27}=|[^=]{43}=?)$/.test(text)) return undefined
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text.replaceAll('=', '').replaceAll('+', '-').replaceAll('/', '_') ? bytes.toString('hex') : undefined
}

function canonical(text: string): string {
  const hex = /^(?:0x|\\x|md5:|sha1:|sha256:)((?:[0-9a-f]{2}){8,})$/.exec(text)?.[1] ?? uuidOf(text) ?? text
  return (hex.length > dayBytesMax ? undefined : dayOf(hex)?.day) ?? numberOf(hex)
}

const uuidOf = (text: string): string | undefined =>
  /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\})$/.test(text) ? text.replaceAll(/[{}-]/g, '') : undefined

/**
 * A value of digits, spaces, brackets, slashes and hyphens (`+` only in front) with at least seven digits becomes its digits; digits
 * lose leading zeros. Points stay: they part decimals and addresses, where two values would become one.
 */
function numberOf(text: string): string {
  const digits = text.replace(/[^0-9]/g, '')
  const isNumber = /^[0-9]+$/.test(text) || (/^[0-9+(][0-9 ()/-]*$/.test(text) && digits.length >= 7)
  return isNumber ? digits.replace(/^0+(?=.)/, '') : text
}

// The longest spelling of a day, with room for the noughts of a midnight.
const dayBytesMax = 40

const months = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december']
const month = `(${months.map((name) => `${name}|${name.slice(0, 3)}`).join('|')})`
const midnight = '(?:[ t]00:00(?::00(?:[.]0+)?)?(?:z|[+-]00(?::?00)?)?)?$'
const part = '([-/]|[.] ?)'
const yearFirst = new RegExp(`^([0-9]{4})${part}([0-9]{1,2})\\2([0-9]{1,2})[.]?${midnight}`)
const yearLast = new RegExp(`^([0-9]{1,2})${part}([0-9]{1,2})\\2([0-9]{4})[.]?${midnight}`)
const named = new RegExp(`^([0-9]{1,2})[ -]${month}[ -]([0-9]{4})${midnight}`)
const nameFirst = new RegExp(`^${month} ([0-9]{1,2}),? ([0-9]{4})${midnight}`)
const monthOf = (name: string): number => months.findIndex((full) => full.slice(0, 3) === name.slice(0, 3)) + 1

/**
 * A day as `yyyymmdd`, between 1800 and 2199, and its other reading where day and month may be changed over: `03/04/2019` is the third
 * of April, and may be the fourth of March.
 */
export function dayOf(text: string): { readonly day: string; readonly other?: string } | undefined {
  const first = yearFirst.exec(text)
  if (first !== null) return only(digitsOf(Number(first[1]), Number(first[3]), Number(first[4])))
  const written = named.exec(text)
  if (written !== null) return only(digitsOf(Number(written[3]), monthOf(written[2]!), Number(written[1])))
  const english = nameFirst.exec(text)
  if (english !== null) return only(digitsOf(Number(english[3]), monthOf(english[1]!), Number(english[2])))
  const last = yearLast.exec(text)
  if (last === null) return undefined
  const [a, b, year] = [Number(last[1]), Number(last[3]), Number(last[4])]
  const [day, other] = [digitsOf(year, b, a), digitsOf(year, a, b)]
  return day === undefined || other === undefined || day === other ? only(day ?? other) : { day, other }
}

const only = (day: string | undefined): { day: string } | undefined => (day === undefined ? undefined : { day })

function digitsOf(year: number, of: number, day: number): string | undefined {
  if (year < 1800 || year > 2199 || of < 1 || of > 12 || day < 1 || day > new Date(Date.UTC(year, of, 0)).getUTCDate()) return undefined
  return String(year * 10_000 + of * 100 + day)
}

/**
 * For each code point below U+0800 the one it folds to, 0 where that depends on its neighbours or is more than one: combining
 * marks, white space, and what folds to several letters. Such values take the road through `normaliseText`.
 */
export function foldTable(): Uint16Array {
  const table = new Uint16Array(0x800)
  for (let point = 1; point < 0x800; point += 1) {
    const text = String.fromCodePoint(point)
    if (/[\p{M}\p{White_Space}]/u.test(text)) continue
    const folded = normaliseText(text)
    if (folded.length === 1 && folded.charCodeAt(0) < 0x800) table[point] = folded.charCodeAt(0)
  }
  return table
}
