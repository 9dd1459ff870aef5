/** A Parquet file, written anew without some of its rows. */
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { Broken } from '#kit/errors'

const memoryBytes = 512 * 1024 ** 2
const listedAtOnce = 10_000

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`
/** DuckDB takes a path for a pattern: each of its signs in brackets means itself. */
const pathOf = (file: string): string => literal(file.replaceAll(/[*?[]/g, '[$&]'))

/**
 * Writes the rows that are not of these numbers, in their order, with the same columns and notes, to a file that is there already. Throws `Broken` where it would not be the same otherwise:
 * then what was written is of no use. Resolves to how many rows are left.
 */
export async function parquetWithout(file: string, numbers: Iterable<number>, draft: string): Promise<number> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '2', memory_limit: `${memoryBytes / 1024 ** 2}MiB`, temp_directory: '', enable_external_file_cache: 'false', autoinstall_known_extensions: 'false', autoload_known_extensions: 'false', allow_community_extensions: 'false', lock_configuration: 'true',
  })
  const connection = await instance.connect()
  try {
    return await write(connection, { file, numbers, draft })
  } catch (cause) {
    if (cause instanceof Broken) throw cause
    throw new Broken('erasure/not-rewritten', `a Parquet file could not be written anew: ${/^[A-Z]\w*(?: \w+)? Error/.exec(cause instanceof Error ? cause.message : '')?.[0] ?? 'no reason given'} of DuckDB`)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

async function write(connection: DuckDBConnection, { file, numbers, draft }: { readonly file: string; readonly numbers: Iterable<number>; readonly draft: string }): Promise<number> {
  const ask = async (sql: string): Promise<unknown[][]> => (await connection.runAndReadAll(sql)).getRowsJson() as unknown[][]
  await connection.run('create table gone (number bigint primary key)')
  const all = [...numbers]
  for (let at = 0; at < all.length; at += listedAtOnce) await connection.run(`insert into gone values ${all.slice(at, at + listedAtOnce).map((number) => `(${number})`).join(',')}`)
  const [from, to] = [pathOf(file), pathOf(draft)]
  const kept = `select * exclude (file_row_number) from read_parquet(${from}, file_row_number = true) where file_row_number not in (select number from gone)`
  const notes = await ask(`select decode(key), decode(value) from parquet_kv_metadata(${from})`)
  const compression = String((await ask(`select any_value(compression) from parquet_metadata(${from})`))[0]?.[0] ?? 'SNAPPY').toLowerCase()
  const options = ['format parquet', ...(['snappy', 'gzip', 'zstd', 'uncompressed', 'brotli', 'lz4', 'lz4_raw'].includes(compression) ? [`compression ${compression}`] : []),
    ...(notes.length === 0 ? [] : [`kv_metadata {${notes.map(([key, value]) => `${literal(String(key))}: ${literal(String(value))}`).join(', ')}}`])]
  await connection.run(`copy (${kept}) to ${literal(draft)} (${options.join(', ')})`)
  // What was written is held against what it should be, value by value as far as a sum of hashes tells.
  const shape = async (query: string): Promise<string> => JSON.stringify([await ask(`select column_name, column_type from (describe ${query})`), await ask(`select count(*), coalesce(sum(hash(t)), 0)::varchar from (${query}) t`)])
  if (await shape(kept) !== await shape(`select * from read_parquet(${to})`)) throw new Broken('erasure/not-rewritten', 'a Parquet file would not be the same without the rows; nothing was changed')
  return Number((await ask(`select count(*) from read_parquet(${to})`))[0]?.[0])
}
