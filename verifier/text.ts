import { isUtf8 } from 'node:buffer'
import { malformed } from './malformed.ts'

/** Length of a SHA-256 hash, in bytes. */
export const hashBytes = 32

/**
 * Reads bytes as text, strictly: what is not UTF-8 is refused rather than repaired, since two readers that repair
 * differently would read two texts. Throws `Malformed` with the code given.
 */
export function utf8Of(bytes: Uint8Array, code: string): string {
  if (!isUtf8(bytes)) malformed(code, 'not valid UTF-8')
  return viewOf(bytes).toString('utf8')
}

/** The UTF-8 bytes of a text. */
export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'utf8')
}

/** A Buffer over the same memory, never a copy. */
export function viewOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Standard, padded base64 (RFC 4648 section 4). */
export function base64Of(bytes: Uint8Array): string {
  return viewOf(bytes).toString('base64')
}

/**
 * Decodes standard base64 in its one canonical spelling: padding present, no stray bits, no other alphabet. Throws
 * `Malformed` with the code given.
 */
export function base64Bytes(text: string, code: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) malformed(code, 'not canonical base64')
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
  return left.length === right.length && viewOf(left).equals(right)
}
