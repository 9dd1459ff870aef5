/**
 * Marks of copies: the last four bytes of a token say, to whoever has the key, of which copy it is; no value is needed, and without the key a token looks like any other. HalfSipHash-2-4 (Aumasson and Bernstein,
 * 2012) of the bytes before them: some dozens of nanoseconds, where tokens are made by the million.
 */
import { createHmac } from 'node:crypto'

/** Bytes of a token that say which value it stands for. */
export const codeBytesMarked = 12

/** Of a copy: the four bytes of its mark for the twelve bytes of a code that begin at `at`. */
export type Marker = (bytes: Uint8Array, at: number) => number

/** The secret of a copy that its marks and its invented records are made with. `controllerKey`: `KeyStore.canaryKey`. */
export const canarySecret = (controllerKey: Uint8Array, copy: string): Uint8Array => createHmac('sha256', controllerKey).update(`copy\n${copy.toLowerCase()}`).digest()

/** The marker of a copy, by its secret. */
export function markerOf(secret: Uint8Array): Marker {
  const key = createHmac('sha256', secret).update('mark').digest()
  const [first, second] = [key.readInt32LE(0), key.readInt32LE(4)]
  return (bytes, at) => halfSipHash(first, second, bytes, at)
}

/** A code of 64 hexadecimal digits as a token of 32, with its mark. */
export function markedToken(code: string, marker: Marker | undefined): string {
  if (marker === undefined) return code.slice(0, 32)
  const bytes = Buffer.from(code.slice(0, 2 * codeBytesMarked), 'hex')
  return code.slice(0, 2 * codeBytesMarked) + (marker(bytes, 0) >>> 0).toString(16).padStart(8, '0')
}

const tokenPattern = /^([0-9a-f]{24})([0-9a-f]{8})(@pseudonym[.]example)?$/

/** Whether a value bears the mark of a copy: a token or an address of it, in capitals or not. Another value does once in four milliards. */
export function isMarked(value: string, marker: Marker): boolean {
  const [, code, mark] = tokenPattern.exec(value.trim().toLowerCase()) ?? []
  return code !== undefined && mark !== undefined && (marker(Buffer.from(code, 'hex'), 0) >>> 0) === Number.parseInt(mark, 16)
}

/** Of the twelve bytes from `at` on, under two words of a key. Its state is four words that stay variables: as an array, or in a function of their own, they cost five times as much. */
export function halfSipHash(first: number, second: number, bytes: Uint8Array, at: number): number {
  let [a, b, c, d] = [first, second, 0x6c796765 ^ first, 0x74656462 ^ second]
  const end = at + codeBytesMarked
  for (let word = at; word <= end + 4; word += 4) {
    const last = word > end // no more words: four rounds end it
    const value = last ? 0 : word === end ? codeBytesMarked << 24 : bytes[word]! | (bytes[word + 1]! << 8) | (bytes[word + 2]! << 16) | (bytes[word + 3]! << 24)
    if (last) c ^= 0xff
    d ^= value
    for (let round = last ? 4 : 2; round > 0; round -= 1) {
      a = (a + b) | 0
      b = ((b << 5) | (b >>> 27)) ^ a
      a = (a << 16) | (a >>> 16)
      c = (c + d) | 0
      d = ((d << 8) | (d >>> 24)) ^ c
      a = (a + d) | 0
      d = ((d << 7) | (d >>> 25)) ^ a
      c = (c + b) | 0
      b = ((b << 13) | (b >>> 19)) ^ c
      c = (c << 16) | (c >>> 16)
    }
    a ^= value
  }
  return b ^ d
}
