/** What reading a table of a dataset gives, whatever its store. */
import type { Column } from './adapter/index.ts'

/** How a table can be read, when it can: only what changed since, where it has a watermark. */
export interface DatasetReader {
  /** The column that tells what changed; undefined where all is read. */
  readonly watermark: Column | undefined
  /** These columns of the rows, in this order, as CSV bytes without a header line: all rows, or those from a watermark on. Each call reads anew. */
  read(columns: readonly string[], since?: string): DatasetRows
}

export interface DatasetRows {
  readonly rows: AsyncIterable<Uint8Array>
  /** What the watermark showed, at the moment of which the rows are; known when they are read. */
  readonly seen: { value?: string | undefined; unmarked?: number | undefined }
  /** When they were read to the end: what of the table is not in them, in words. */
  partly?(): readonly string[]
}
