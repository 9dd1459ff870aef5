/** What a column's values look like, as numbers: how many, and among how many possible ones they were drawn. */
import { profileBytes } from './layout.ts'

export type ColumnKind = 'e-mail' | 'digits' | 'text' | 'combination'

export interface ColumnProfile {
  readonly kind: ColumnKind
  /** Values that were neither empty nor too long. */
  readonly values: number
  /** log2 of S, the effective number of values the column could hold. */
  readonly bits: number
  /** May name a copy by itself, when its hits exceed chance. Numbers never: they are sequential, or dense. */
  readonly alone: boolean
  /** So few possible values that it counts only beside a stronger column of the same record. */
  readonly weak: boolean
}

/** Effective number of e-mail addresses, from chance hits between unrelated address lists. */
const emailSize = 6e12

// Share of values that must look like an address for the column to be one: exports hold a few blanks and errors.
const emailShareMin = 0.9

// A text column is strong enough alone when two unrelated lists of a hundred million each share nothing by chance.
const aloneBitsMin = 60

// 16 million possible values: below it, a table of a million rows hits by chance.
const weakBits = 24

const positions = 64

/**
 * Reads the profile the scanner left in memory (`assembly/build.ts`). `pairs` = pairs of records that share a value: unrelated draws
 * from S values give about n * n / 2S of them, so they bound S from above; e-mail addresses repeat for other reasons.
 */
export function profileOf(bytes: Uint8Array, pairs: number): ColumnProfile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, profileBytes)
  const values = view.getFloat64(0, true)
  if (values === 0) return { kind: 'text', values, bits: 0, alone: false, weak: true }
  const kind = view.getFloat64(16, true) >= values * emailShareMin ? 'e-mail' : view.getFloat64(8, true) === values ? 'digits' : 'text'
  if (kind === 'e-mail') return { kind, values, bits: Math.log2(emailSize), alone: true, weak: false }
  const open = kind === 'digits' ? view.getUint32(32, true) * Math.log2(10) : positionBits(view, values)
  const bits = pairs === 0 ? open : Math.min(open, Math.log2((values * values) / (2 * pairs)))
  return { kind, values, bits: Math.max(0, bits), alone: kind === 'text' && bits >= aloneBitsMin, weak: bits < weakBits }
}

/** Sum over positions of log2(different bytes there), weighed by the share of values that reach it. */
function positionBits(view: DataView, values: number): number {
  let reaching = values
  let bits = 0
  for (let position = 0; position < positions; position += 1) {
    let different = 0
    for (let word = 0; word < 32; word += 4) different += ones(view.getUint32(296 + position * 32 + word, true))
    if (different > 1) bits += Math.log2(different) * (reaching / values)
    reaching -= view.getUint32(40 + position * 4, true)
  }
  return bits
}

function ones(word: number): number {
  let count = 0
  for (let rest = word; rest !== 0; rest &= rest - 1) count += 1
  return count
}
