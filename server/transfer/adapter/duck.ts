/** DuckDB, which reads and writes tables in files: it streams, and holds no more than `memoryBytes`. */
import { DuckDBInstance, DuckDBTypeId, type DuckDBConnection, type DuckDBType } from '@duckdb/node-api'
import { Broken } from '#kit/errors'

const memoryBytes = 512 * 1024 ** 2

/** Lends a connection of its own. */
export async function withDuck<Result>(work: (connection: DuckDBConnection) => Promise<Result>): Promise<Result> {
  const duck = await openDuck()
  try {
    return await work(duck.connection)
  } finally {
    duck.close()
  }
}

export async function openDuck(): Promise<{ readonly connection: DuckDBConnection; close(): void }> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '2', memory_limit: `${memoryBytes / 1024 ** 2}MiB`, temp_directory: '', enable_external_file_cache: 'false', autoinstall_known_extensions: 'false', autoload_known_extensions: 'false', allow_community_extensions: 'false', lock_configuration: 'true',
  })
  const connection = await instance.connect()
  return { connection, close: () => { connection.closeSync(); instance.closeSync() } }
}

export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
/** DuckDB takes a path for a pattern: each of its signs in brackets means itself. */
export const pathOf = (file: string): string => literal(file.replaceAll(/[*?[]/g, '[$&]'))

/** DuckDB's own sentences may quote a value, or a name. */
export const kindOf = (cause: unknown): string => /^[A-Z]\w*(?: \w+)? Error/.exec(cause instanceof Error ? cause.message : '')?.[0] ?? 'no reason given'

/** The names and types of what a query gives. */
export async function describedBy(connection: DuckDBConnection, from: string): Promise<{ readonly name: string; readonly type: DuckDBType }[]> {
  const result = await connection.run(`select * from ${from} limit 0`)
  const types = result.columnTypes()
  return result.columnNames().map((name, at) => ({ name, type: types[at]! }))
}

const types: Partial<Record<DuckDBTypeId, string>> = {
  [DuckDBTypeId.BOOLEAN]: 'boolean', [DuckDBTypeId.TINYINT]: 'smallint', [DuckDBTypeId.UTINYINT]: 'smallint', [DuckDBTypeId.SMALLINT]: 'smallint', [DuckDBTypeId.USMALLINT]: 'integer', [DuckDBTypeId.INTEGER]: 'integer',
  [DuckDBTypeId.UINTEGER]: 'bigint', [DuckDBTypeId.BIGINT]: 'bigint', [DuckDBTypeId.UBIGINT]: 'numeric(20,0)', [DuckDBTypeId.HUGEINT]: 'numeric(39,0)', [DuckDBTypeId.UHUGEINT]: 'numeric(39,0)', [DuckDBTypeId.FLOAT]: 'real',
  [DuckDBTypeId.DOUBLE]: 'double precision', [DuckDBTypeId.VARCHAR]: 'text', [DuckDBTypeId.ENUM]: 'text', [DuckDBTypeId.UUID]: 'uuid', [DuckDBTypeId.DATE]: 'date', [DuckDBTypeId.TIME]: 'time without time zone', [DuckDBTypeId.BLOB]: 'bytea',
  [DuckDBTypeId.TIMESTAMP]: 'timestamp without time zone', [DuckDBTypeId.TIMESTAMP_S]: 'timestamp without time zone', [DuckDBTypeId.TIMESTAMP_MS]: 'timestamp without time zone', [DuckDBTypeId.TIMESTAMP_TZ]: 'timestamp with time zone',
}

/** What PostgreSQL calls a type of a Parquet file; of one that is not here, a name that no transform takes. */
export function typeOf(type: DuckDBType): string {
  if (type.typeId === DuckDBTypeId.DECIMAL) { const { width, scale } = type as unknown as { width: number; scale: number }; return `numeric(${width},${scale})` }
  return types[type.typeId] ?? `${DuckDBTypeId[type.typeId].toLowerCase()} of Parquet`
}

/** The text of a value as PostgreSQL writes it. */
export function textOf(value: string, type: DuckDBType): string {
  if (type.typeId === DuckDBTypeId.BOOLEAN) return `case when ${value} then 't' when not ${value} then 'f' end`
  if (type.typeId === DuckDBTypeId.TIMESTAMP_TZ) return `cast(make_timestamp(epoch_us(${value})) as varchar) || '+00'`
  if (type.typeId === DuckDBTypeId.FLOAT || type.typeId === DuckDBTypeId.DOUBLE) return `case when isnan(${value}) then 'NaN' when isinf(${value}) then case when ${value} > 0 then 'Infinity' else '-Infinity' end when ${value} = trunc(${value}) and abs(${value}) < 1e15 then cast(cast(${value} as bigint) as varchar) else cast(${value} as varchar) end`
  return `cast(${value} as varchar)`
}

const chunkCharacters = 256 * 1024

/** Rows of texts as CSV. Throws `Broken` when they cannot be read to their end. */
export async function* rowsOf(connection: DuckDBConnection, texts: readonly string[], from: string): AsyncGenerator<Uint8Array> {
  try {
    const field = (text: string): string => `coalesce('"' || replace(${text}, '"', '""') || '"', '')`
    const result = await connection.stream(`select ${texts.map(field).join(" || ',' || ")} from ${from}`)
    let text = ''
    for await (const chunk of result.yieldRows()) {
      for (const [row] of chunk) text += `${String(row)}\n`
      if (text.length < chunkCharacters) continue
      yield Buffer.from(text)
      text = ''
    }
    if (text !== '') yield Buffer.from(text)
  } catch (cause) {
    if (cause instanceof Broken) throw cause
    throw new Broken('transfer/file-unreadable', `a file that a copy is made of could not be read to its end: ${kindOf(cause)} of DuckDB`)
  }
}
