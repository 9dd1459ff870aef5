/** What reading a table of a dataset gives, whatever its store. */
import type { Because, Column, Replicable, SlotState, TableChanges } from './adapter/index.ts'

/** How a table can be read, when it can: only what changed since, where it has a watermark. */
export interface DatasetReader {
  /** The column that tells what changed; undefined where all is read. */
  readonly watermark: Column | undefined
  /** Where the table declares that its changes are read by replication. */
  readonly replication?: DatasetReplication
  /** These columns of the rows, in this order, as CSV bytes without a header line: all rows, or those from a watermark on. Each call reads anew. */
  read(columns: readonly string[], since?: string): DatasetRows
}

export interface DatasetRows {
  readonly rows: AsyncIterable<Uint8Array>
  /** What the watermark showed, at the moment of which the rows are; known when they are read. */
  readonly seen: {
    value?: string | undefined
    unmarked?: number | undefined
    /** Where changes are read by replication: which transactions are in the rows (`isVisibleIn`). */
    moment?: string | undefined
  }
  /** When they were read to the end: what of the table is not in them, in words. */
  partly?(): readonly string[]
}

/** A replication slot for a table, by its name. Everything throws as the store's adapter does. */
export interface DatasetReplication {
  /** Whether changes of these columns can be told by one. */
  replicable(columns: readonly string[]): Promise<Replicable | Because>
  state(name: string, reached?: string): Promise<SlotState | undefined>
  create(name: string): Promise<string | Because>
  drop(name: string): Promise<void>
  advance(name: string, position: string): Promise<void>
  read(columns: readonly string[], from: { readonly name: string; readonly definition: string; readonly moment: string | undefined }): Promise<TableChanges | Because>
}
