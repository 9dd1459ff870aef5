import type { Instant } from '#kit/time'

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

/** One change of one cell: seen first at the reading `reading`, with what the cell held before. */
export interface CellChange { readonly row: number; readonly column: number; readonly reading: number; readonly before: number }

/** Somebody came (1) or was gone (0), seen first at the reading `reading`. */
export interface Movement { readonly row: number; readonly reading: number; readonly present: 0 | 1 }

/**
 * The log of cells of one table: what every cell held last, and what the few that ever changed held before, by readings. Rows are in the order of the codes of their subjects.
 * Cells that never changed carry no evidence, and nothing is kept of them but the last code.
 */
export interface CellLog {
  /** Keys the codes in it; random, and made with the log. It stands in the sealed file alone, and goes with it. */
  readonly key: Uint8Array
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
  /** By reading, oldest first. */
  readonly changes: readonly CellChange[]
  readonly movements: readonly Movement[]
}
