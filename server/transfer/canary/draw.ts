/** Draws that are the same each time for the same secret: HMAC-SHA-256 of what is drawn for, so that one draw does not hang on another. */
import { macUnder } from '../mac.ts'

export interface Draws {
  /** 64 hexadecimal digits. */
  readonly code: (what: string) => string
  /** From 0 to below 1. */
  readonly share: (what: string) => number
  /** From 0 to below `below`. */
  readonly whole: (what: string, below: number) => number
  /** For a generator that takes 32 bits. */
  readonly seed: (what: string) => number
}

/** Of 64 hexadecimal digits: 52 bits, as many as a number holds. */
const shareDigits = 13

export function drawsOf(secret: Uint8Array): Draws {
  const code = macUnder(secret)
  const share = (what: string): number => Number.parseInt(code(what).slice(0, shareDigits), 16) / 16 ** shareDigits
  return { code, share, whole: (what, below) => Math.floor(share(what) * below), seed: (what) => Number.parseInt(code(what).slice(0, 8), 16) }
}
