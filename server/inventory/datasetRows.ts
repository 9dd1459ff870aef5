import { columnsOf, isWatermark, openSnapshot, readMysqlTable, type Column, type ReadOptions } from './adapter/index.ts'
import { tableAt } from './place.ts'
import { predicateProblem } from './predicate.ts'
import type { DatasetTable, StoreKind } from './types.ts'

/** Kinds of stores whose tables can be read as datasets. */
const readable = ['postgres', 'mysql'] as const satisfies readonly StoreKind[]
export type DatasetKind = (typeof readable)[number]

/** Whether the tables of such a store can be read as datasets. */
export const isDatasetKind = (kind: StoreKind): kind is DatasetKind => readable.some((one) => one === kind)

/** A table of a dataset, in a store that can be read. */
export interface DatasetSource {
  readonly kind: DatasetKind
  readonly url: string
  readonly table: DatasetTable
}

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
}

/**
 * Opens a table of a dataset, or resolves to why it cannot be read as it was declared. Throws `Broken` when the store cannot be asked. A table of MariaDB or MySQL is
 * read whole, as it is now: earlier versions of its rows are people who left, and a watermark is not used there.
 */
export async function rowsOfDataset({ kind, url, table }: DatasetSource): Promise<DatasetReader | string> {
  const name = tableAt(table.table)
  if (kind === 'mysql') {
    if (table.rows !== undefined) return 'the rows of a shared table are told apart in PostgreSQL only, as yet'
    return { watermark: undefined, read: (columns) => ({ rows: readMysqlTable(url, { database: name.schema, name: name.name }, columns), seen: {} }) }
  }
  const problem = table.rows === undefined ? undefined : await predicateProblem(url, name, table.rows)
  if (problem !== undefined) return problem
  const watermark = table.watermark === undefined ? undefined : (await columnsOf(url, name))?.find((column) => column.name === table.watermark)
  if (table.watermark !== undefined && (watermark === undefined || !isWatermark(watermark))) return `its watermark ${table.watermark} is no column of dates, timestamps or whole numbers`
  return { watermark, read: (columns, since) => postgresRows({ url, table, watermark }, columns, since) }
}

interface PostgresTable { readonly url: string; readonly table: DatasetTable; readonly watermark: Column | undefined }

function postgresRows({ url, table, watermark }: PostgresTable, columns: readonly string[], since: string | undefined): DatasetRows {
  const seen: DatasetRows['seen'] = {}
  const options: ReadOptions = {
    columns, withPartitions: true, ...(table.rows === undefined ? {} : { rows: table.rows }),
    ...(since === undefined || watermark === undefined ? {} : { since: { column: watermark.name, value: since } }),
  }
  const rows = async function* (): AsyncGenerator<Uint8Array> {
    const snapshot = await openSnapshot(url)
    try {
      if (watermark !== undefined) Object.assign(seen, await snapshot.highest(tableAt(table.table), watermark, options))
      yield* snapshot.read(tableAt(table.table), options)
    } finally {
      await snapshot.close()
    }
  }
  return { rows: rows(), seen }
}
