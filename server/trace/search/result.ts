/** What a search of one place is asked, and what it answers. */
import type { FileSpan } from '#inventory'
import type { FormHeader } from '../fingerprint/index.ts'
import type { Shape } from '../scanner/machine.ts'
import type { PlaceCoverage } from './tally.ts'
import type { FieldHits, Verdict } from './verdict.ts'

/** Bytes to be read once; or the way to read them from the start as often as need be. */
export type Bytes = AsyncIterable<Uint8Array> | (() => AsyncIterable<Uint8Array>)

export interface PlaceOptions {
  readonly delimiter?: string
  /**
   * Rows when left out: fields are compared whole, and values are cut out of those that hold text. Text has no delimiter: a row of it is what
   * lies between two values of one column, within 4 KiB; its rows in the coverage are its lines.
   */
  readonly shape?: Shape
  /** Leading fields that only name the row, such as ctid: not searched, and columns count from behind them. */
  readonly idFields?: number
  /** The same bytes as they stand in a file that is open, and stays so until the search has ended: several threads then read it themselves, when it is UTF-8. */
  readonly span?: FileSpan | undefined
  /** Told of bytes of the span as they are searched. */
  readonly read?: ((bytes: number) => void) | undefined
  /** Shorter only in tests, to cut the stream anywhere. */
  readonly batchBytes?: number
}

export interface DatasetResult extends Verdict {
  readonly dataset: string
  /** Hits by field of the place and column of the dataset: what the copy calls them, the caller knows. `form`: digests of the column's values, or another spelling of them. */
  readonly fields: readonly (Omit<FieldHits, 'column' | 'form'> & { readonly column: string; readonly form: FormHeader['form'] | null })[]
  /** The first of its rows, at most `samplesMax`: where to look. */
  readonly samples: readonly RowSample[]
}

/** One row that counts: where it starts, and by which of the dataset's columns it was recognised. */
export interface RowSample {
  /** Which of the judged tallies; 0 for a place searched whole. */
  readonly part: number
  /** Byte offset in the stream of that part. */
  readonly offset: number
  readonly columns: readonly string[]
}

export interface PlaceResult {
  readonly coverage: PlaceCoverage
  /** Datasets with at least one value in the place, copies first. */
  readonly datasets: readonly DatasetResult[]
}
