/** What a format is to the fuzzer: how its random files are made, and what somebody else says is in them. */
import { spawnSync } from 'node:child_process'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { Damage } from './damage.ts'
import type { Random } from './random.ts'
import type { Counted, ReadPart, Reading } from './reading.ts'

/** One random file. */
export interface Made {
  readonly bytes: Uint8Array
  /** What was written: rows of values, for formats that hold tables. */
  readonly rows?: readonly (readonly string[])[]
  /** Values that stand in its texts. */
  readonly marks?: readonly string[]
  /** For the format's own comparison. */
  readonly hint?: unknown
  readonly damage?: Damage | undefined
}

export interface Sample extends Made {
  readonly number: number
  /** Where it lies. */
  readonly file: string
  readonly read: Reading
}

export interface Tools {
  readonly folder: string
  readonly duckdb: DuckDBConnection
  count(rows: readonly (readonly string[])[]): Counted
}

/** Whether the machine has a program. */
export const has = (program: string): boolean => spawnSync('which', [program]).status === 0

/** In words; undefined: the same. `refused`: the oracle did not read it, and nothing was compared. */
export type Verdict = string | 'refused' | undefined

export interface Format {
  readonly name: string
  /** Who says what is in a file. */
  readonly oracle: string
  /** Share of files that are damaged. */
  readonly damagedShare: number
  /** Files by their numbers, in order; many at once where that is quicker. */
  make(randoms: readonly Random[], tools: Tools): Promise<readonly Made[]> | readonly Made[]
  /** What is wrong with each, in order. Undamaged ones only, unless `judgesDamaged`. */
  compare(samples: readonly Sample[], tools: Tools): Promise<readonly Verdict[]> | readonly Verdict[]
  readonly judgesDamaged?: boolean
  /** What its parts are called: a damaged file that is read as something else is not the format's to tell about. */
  readonly kind?: RegExp
  /** Whether a file that lost something says so, by the format itself: a check sum, an end mark, a length. */
  tells?(damage: Damage, sample: Sample): boolean
  /** Whether the machine has the programs that it is made with; left out: none is needed. */
  needs?(): boolean
  /** Too slow for tests that run all the time. */
  readonly long?: boolean
  /** Ends what it started. */
  close?(): Promise<void>
}

/** Sums of all parts of one shape. */
export function sumOf(parts: readonly ReadPart[]): Counted {
  return {
    rows: parts.reduce((sum, part) => sum + part.rows, 0), values: parts.reduce((sum, part) => sum + part.values, 0),
    tokens: parts.some(({ tokens }) => tokens === undefined) ? undefined : parts.reduce((sum, part) => sum + (part.tokens ?? 0n), 0n) & ((1n << 64n) - 1n),
  }
}

export const rowParts = ({ parts }: Reading): readonly ReadPart[] => parts.filter(({ shape }) => shape === 'rows')

/** Two counts, as a difference in words. */
export function differ(ours: Counted, theirs: Counted): Verdict {
  if (ours.rows !== theirs.rows) return `${ours.rows} rows, not ${theirs.rows}`
  if (ours.values !== theirs.values) return `${ours.values} values, not ${theirs.values}`
  return ours.tokens === undefined || theirs.tokens === undefined || ours.tokens === theirs.tokens ? undefined : 'other values'
}

/** Whether a reading says that something is missing. */
export const saysSo = ({ parts, unread }: Reading): boolean => unread.length > 0 || parts.some(({ partly }) => partly.length > 0)

/** What was not to be said of a whole file. */
export function unexpected({ parts, unread }: Reading): string | undefined {
  if (unread.length > 0) return `not read: ${unread[0]!.because}`
  const part = parts.find(({ partly }) => partly.length > 0)
  return part === undefined ? undefined : `partly: ${part.partly[0]}`
}

/** Marks that stand in no part's text or bytes. */
export function missingMarks({ parts }: Reading, marks: readonly string[]): Verdict {
  const missing = marks.filter((mark) => !parts.some(({ content }) => content.includes(mark)))
  return missing.length === 0 ? undefined : `${missing.length} of ${marks.length} values are missing from its texts`
}
