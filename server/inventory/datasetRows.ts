import { advanceSlot, codeRunsBecause, columnsOf, createSlot, dropSlot, isWatermark, keyOwners, keysOfTable, mysqlWatermark, openSnapshot, reachOf, readMysqlTable, readRedisTable, readSlot, replicable, slotState, type Column, type ReadOptions } from './adapter/index.ts'
import { isFileKind } from './datasetPlace.ts'
import type { DatasetReader, DatasetReplication, DatasetRows } from './datasetReader.ts'
import { fileTable, type FileSource } from './fileTables.ts'
import { tableAt } from './place.ts'
import { predicateProblem } from './predicate.ts'
import type { DatasetTable, StoreKind } from './types.ts'

/** Kinds of servers whose tables can be read as datasets; those of files are `FileKind`. */
const servers = ['postgres', 'mysql', 'redis'] as const satisfies readonly StoreKind[]
export type ServerKind = (typeof servers)[number]

/** Whether such a store is a server whose tables can be read as datasets. */
export const isServerKind = (kind: StoreKind): kind is ServerKind => servers.some((one) => one === kind)

interface ServerSource {
  readonly kind: ServerKind
  readonly url: string
  readonly table: DatasetTable
  /** Of Redis: all tables that are declared in its store. A key belongs to one of them. */
  readonly tables?: readonly string[] | undefined
}

/** A table of a dataset, in a store that can be read. */
export type DatasetSource = ServerSource | FileSource

/**
 * Opens a table of a dataset, or resolves to why it cannot be read as it was declared. Throws `Broken` when the store cannot be asked. Of a table of MariaDB or MySQL
 * rows are read as they are now: earlier versions of them are people who left. A watermark is not used in Redis, nor in files.
 */
export async function rowsOfDataset(source: DatasetSource): Promise<DatasetReader | string> {
  return isFileSource(source) ? fileTable(source) : serverTable(source)
}

const isFileSource = (source: DatasetSource): source is FileSource => isFileKind(source.kind)

async function serverTable({ kind, url, table, tables }: ServerSource): Promise<DatasetReader | string> {
  if (kind !== 'postgres' && table.rows !== undefined) return 'the rows of a shared table are told apart in PostgreSQL only, as yet'
  if (kind === 'redis') return redisTable(url, table, tables)
  const name = tableAt(table.table)
  if (kind === 'mysql') {
    return mysqlTable(url, table, { database: name.schema, name: name.name })
  }
  const problem = table.rows === undefined ? undefined : await predicateProblem(url, name, table.rows)
  if (problem !== undefined) return problem
  const watermark = table.watermark === undefined ? undefined : (await columnsOf(url, name))?.find((column) => column.name === table.watermark)
  if (table.watermark !== undefined && (watermark === undefined || !isWatermark(watermark))) return `its watermark ${table.watermark} is no column of dates, timestamps or whole numbers`
  if (watermark === undefined && table.rows === undefined) return { watermark, ...(table.changes === undefined ? {} : { replication: replicationOf(url, table) }), read: (columns, since) => postgresRows({ url, table, watermark }, columns, since) }
  const { coded } = await reachOf(url, name)
  if (coded && table.rows !== undefined) return `a shared table is read by a query, and ${codeRunsBecause}`
  const used = coded ? undefined : watermark // all its rows are read then
  return { watermark: used, read: (columns, since) => postgresRows({ url, table, watermark: used }, columns, since) }
}

async function mysqlTable(url: string, { watermark: declared }: DatasetTable, name: { readonly database: string; readonly name: string }): Promise<DatasetReader | string> {
  const watermark = declared === undefined ? undefined : await mysqlWatermark(url, name, declared)
  if (declared !== undefined && watermark === undefined) return `its watermark ${declared} is no column of dates, timestamps or whole numbers`
  return {
    watermark,
    read: (columns, since) => {
      const seen: DatasetRows['seen'] = {}
      return { rows: readMysqlTable(url, name, columns, watermark === undefined ? undefined : { column: watermark, since, seen }), seen }
    },
  }
}

function redisTable(url: string, { table }: DatasetTable, tables: readonly string[] = [table]): DatasetReader | string {
  const keys = keysOfTable(table)
  if (keys === undefined) return 'it names no keys of Redis (db0!/user:*)'
  const ownerOf = keyOwners(tables, keys.database)
  return {
    watermark: undefined,
    read: (columns) => {
      const unlike = { keys: 0, types: new Set<string>() }
      return { rows: readRedisTable({ url, ...keys, isMeant: (key) => ownerOf(key) === table }, columns, unlike), seen: {}, partly: () => (unlike.keys === 0 ? [] : [`${unlike.keys} of its keys have no fields (${[...unlike.types].sort().join(', ')})`]) }
    },
  }
}

function replicationOf(url: string, { table }: DatasetTable): DatasetReplication {
  const name = tableAt(table)
  return {
    replicable: (columns) => replicable({ url, table: name, columns }),
    state: (slot, reached) => slotState(url, slot, reached),
    create: (slot) => createSlot(url, slot),
    drop: (slot) => dropSlot(url, slot),
    advance: (slot, position) => advanceSlot(url, slot, position),
    read: (columns, from) => readSlot({ url, table: name, columns }, from),
  }
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
      if (table.changes !== undefined) seen.moment = await snapshot.transactions()
      if (watermark !== undefined) Object.assign(seen, await snapshot.highest(tableAt(table.table), watermark, options))
      yield* snapshot.read(tableAt(table.table), options)
    } finally {
      await snapshot.close()
    }
  }
  return { rows: rows(), seen }
}
