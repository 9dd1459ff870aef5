import { malformed } from './malformed.ts'

/** Length of a SHA-256 hash, in bytes. */
export const hashBytes = 32

// A byte order mark is a character like any other here: taken away, two texts would read the same.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

/**
 * Reads bytes as text, strictly: what is not UTF-8 is refused rather than repaired, since two readers that repair
 * differently would read two texts. Throws `Malformed` with the code given.
 */
export function utf8Of(bytes: Uint8Array, code: string): string {
  try {
    return decoder.decode(bytes)
  } catch {
    return malformed(code, 'not valid UTF-8')
  }
}

/** The UTF-8 bytes of a text. */
export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text)
}

/** How many, with the words for one or for more. */
export const counted = (count: number, one: string, more: string): string => `${count} ${count === 1 ? one : more}`

/** A view of the same memory for numbers, never a copy. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The parts one after the other, in new memory. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((total, part) => total + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Lower-case hexadecimal. */
export function hexOf(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const values = new Int16Array(128).fill(-1)
for (let value = 0; value < 64; value += 1) values[alphabet.charCodeAt(value)] = value

/** Standard, padded base64 (RFC 4648 section 4). */
export function base64Of(bytes: Uint8Array): string {
  const pieces: string[] = []
  for (let at = 0; at < bytes.length; at += 3) {
    const [one, two, three] = [bytes[at] ?? 0, bytes[at + 1], bytes[at + 2]]
    const bits = one * 65_536 + (two ?? 0) * 256 + (three ?? 0)
    pieces.push(alphabet.charAt(bits >> 18), alphabet.charAt((bits >> 12) & 63), two === undefined ? '=' : alphabet.charAt((bits >> 6) & 63), three === undefined ? '=' : alphabet.charAt(bits & 63))
  }
  return pieces.join('')
}

/**
 * Decodes standard base64 in its one canonical spelling: padding present, no stray bits, no other alphabet. Throws
 * `Malformed` with the code given.
 */
export function base64Bytes(text: string, code: string): Uint8Array {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const digits = text.length - padding
  if (text.length % 4 !== 0) malformed(code, 'not canonical base64')
  const bytes = new Uint8Array((text.length / 4) * 3 - padding)
  let bits = 0
  let held = 0
  let out = 0
  for (let at = 0; at < digits; at += 1) {
    const value = values[text.charCodeAt(at)] ?? -1
    if (value < 0) malformed(code, 'not canonical base64')
    bits = ((bits << 6) | value) & 0xffff
    held += 6
    if (held < 8) continue
    held -= 8
    bytes[out] = bits >> held
    out += 1
  }
  if ((bits & ((1 << held) - 1)) !== 0) malformed(code, 'not canonical base64')
  return bytes
}

/** Decodes one base64 SHA-256 hash; throws `Malformed` with the code given when it is anything else. */
export function hashOf(text: string, code: string): Uint8Array {
  if (text.length !== 44) malformed(code, 'a SHA-256 hash has 44 base64 characters')
  const bytes = base64Bytes(text, code)
  return bytes.length === hashBytes ? bytes : malformed(code, 'not 32 bytes')
}

/** True if every hash is 32 bytes; the callers below take hashes from outside. */
export function areHashes(hashes: readonly Uint8Array[]): boolean {
  return hashes.every((hash) => hash.length === hashBytes)
}

/**
 * Reads a decimal: digits only, no sign, no leading zero, at most 2^53 - 1 (what a JavaScript number holds exactly).
 * Throws `Malformed` with the code given.
 */
export function decimalOf(text: string, code: string): number {
  const value = /^(0|[1-9][0-9]{0,15})$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(value) ? value : malformed(code, 'not a canonical decimal up to 2^53 - 1')
}

/** Equality of bytes. Everything compared here is public, so time does not matter. */
export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false
  const whole = left.byteOffset % 4 === 0 && right.byteOffset % 4 === 0 ? Math.floor(left.length / 4) : 0 // words, where both lie on them
  if (whole > 16) {
    const [one, other] = [new Int32Array(left.buffer, left.byteOffset, whole), new Int32Array(right.buffer, right.byteOffset, whole)]
    for (let at = 0; at < whole; at += 1) if (one[at] !== other[at]) return false
    return sameBytes(left.subarray(whole * 4), right.subarray(whole * 4))
  }
  for (let at = 0; at < left.length; at += 1) if (left[at] !== right[at]) return false
  return true
}
