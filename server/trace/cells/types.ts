import type { Instant } from '#kit/time'

/** What codes are made with: SipHash-2-4 under a key of each column (`coding.ts`); HMAC-SHA-256, in logs that were begun with it. */
export type Coding = 'siphash' | 'hmac'

export interface Coder {
  /** Of what identifies somebody, by the column it stands in; 64 bits. */
  subject(column: string, value: string): bigint
  /** Of a value in a cell of a subject, 32 bits: it is compared only with what that same cell held at other times. */
  cell(subject: bigint, column: string, value: string | null): number
}

/** What held from a moment between `after` (not yet) and `by` (already) on; what held from the beginning has both at minus infinity. */
export interface Version { readonly after: Instant; readonly by: Instant; readonly value: number }

/** A cell of a row of a sample: what is seen there, and what the dataset held there at which times, oldest first. */
export interface SampledCell { readonly seen: number | undefined; readonly versions: readonly Version[] }

/** A row of a sample whose subject the log knows. */
export interface SampledRow {
  /** The code of the subject, in hexadecimal. */
  readonly subject: string
  /** 1 where it was in the dataset, 0 where it was not. */
  readonly presence: readonly Version[]
  /** By column of the dataset; those that the sample does not have are there with nothing seen. */
  readonly cells: ReadonlyMap<string, SampledCell>
}

/** Changes of cells, each seen first at a reading, with what the cell held before; by readings, oldest first. */
export interface Changes { readonly rows: Uint32Array; readonly columns: Uint16Array; readonly readings: Uint32Array; readonly before: Uint32Array }

/** Those who came (1) or were gone (0), each seen first at a reading; oldest first. */
export interface Movements { readonly rows: Uint32Array; readonly readings: Uint32Array; readonly present: Uint8Array }

/**
 * The log of cells of one table: what every cell held last, and what the few that ever changed held before, by readings. Rows are in the order of the codes of their subjects.
 * Cells that never changed carry no evidence, and nothing is kept of them but the last code.
 */
export interface CellLog {
  /** Keys the codes in it; random, and made with the log. It stands in the sealed file alone, and goes with it. */
  readonly key: Uint8Array
  /** What codes are made with under it. */
  readonly coding: Coding
  /** The table, as it was declared when the log began. */
  readonly table: string
  /** The column that counts a person, first of `identifiers`. */
  readonly identifiers: readonly string[]
  /** Columns whose cells are followed. */
  readonly columns: readonly string[]
  /** How often the sample of subjects was halved: too many cells are not followed, and of those left out nothing is known. */
  readonly halved: number
  /** When the table was read; each reading is as of one moment. */
  readonly readings: readonly Instant[]
  readonly subjects: BigUint64Array
  /** By identifier but the first, the code of what stands there; 0 for none. */
  readonly others: readonly BigUint64Array[]
  /** By row and column, what the cell held when it was seen last. */
  readonly cells: Uint32Array
  /** By row, whether it was there at the last reading. */
  readonly present: Uint8Array
  readonly changes: Changes
  readonly movements: Movements
}
