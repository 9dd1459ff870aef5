/**
 * What a value is to a search inside a database engine: a normal form that every engine can make in SQL, and a digest of it under a key of this
 * search alone. Only values are compared whose form here is the scanner's own (`scanner/normal.ts`): e-mail addresses, numbers, IPv4
 * addresses, words, and digests in hex, in ASCII. All others are counted as not compared.
 */
import { createHash, hkdfSync } from 'node:crypto'

/** A value is compared when this matches what is left of it in lower case without white space around it. Read alike by POSIX, RE2 and JavaScript. */
export const comparedPattern = '^([a-z0-9._%+-]+@[a-z0-9.-]+|[0-9]+|[0-9]{1,3}([.][0-9]{1,3}){3}|[a-z][a-z0-9_.-]*|[0-9]+[a-wyz_][a-z0-9_]*|[1-9][0-9]*x[a-z0-9_]*|0[0-9]+x[a-z0-9_]*)$'

/** Lengths at which such a value may be a digest in base64, or a UUID, whose form SQL does not make. */
export const otherLengths = [36, 43] as const

/** Bytes of the longest value that is compared: the scanner's figure. */
export const comparedBytesMax = 512

/** Hexadecimal characters of a digest: the first eight bytes of SHA-256. */
export const digestLength = 16

const compared = new RegExp(comparedPattern)

const white = new Set('\t\n\v\f\r ')

/** The form of a value, or undefined when it is not compared. */
export function formOf(value: string): string | undefined {
  let [from, to] = [0, value.length]
  while (from < to && white.has(value[from]!)) from += 1
  while (from < to && white.has(value[to - 1]!)) to -= 1
  if (to - from > comparedBytesMax) return undefined
  const lower = value.slice(from, to).replace(/[A-Z]/g, (letter) => letter.toLowerCase())
  if ((otherLengths as readonly number[]).includes(lower.length) || !compared.test(lower)) return undefined
  return /^[0-9]+$/.test(lower) ? lower.replace(/^0+(?=.)/, '') : lower
}

/**
 * The key of one search, 32 hexadecimal characters, by HKDF-SHA-256 (RFC 5869). It stands in the text of the queries, and so in the logs of the
 * engine: `search` must never be used twice, and nothing but this search's digests can be tried with the key.
 */
export function searchKey(epochKey: Uint8Array, search: Uint8Array): string {
  return Buffer.from(hkdfSync('sha256', epochKey, search, 'bailee search inside an engine', 16)).toString('hex')
}

/** The digest of a form. */
export function digestOf(key: string, form: string): string {
  return createHash('sha256').update(key + form).digest('hex').slice(0, digestLength)
}
