/**
 * The normal form, version 1: what two spellings of one value have in common. White space around it is trimmed, white space of
 * Unicode inside it is a space, it is NFC and case-folded (lower, upper, lower: the capital sharp s goes to `ss` only by way of the
 * small one; final sigma as sigma: close to the full fold of Unicode, and the same at indexing and at searching). This definition serves what the scanner's own tables do not hold.
 */
export const normVersion = 1

/** The Unicode version decides a few folds: an index says which one it was built with. */
export const unicodeVersion = process.versions['unicode'] ?? 'unknown'

const around = /^[\p{White_Space}\uFEFF]+|[\p{White_Space}\uFEFF]+$/gu
const insideSpace = /[^\P{White_Space}\t\n\v\f\r ]/gu

/** Text to its normal form, before numbers lose their separators. */
export function normaliseText(text: string): string {
  const folded = text.normalize('NFC').toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ').normalize('NFC')
  return folded.replace(around, '').replace(insideSpace, ' ')
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const western = new TextDecoder('windows-1252')

/** Bytes as text: UTF-8, or windows-1252 where they are not. */
export function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    return western.decode(bytes)
  }
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
