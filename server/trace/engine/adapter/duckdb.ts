/** Files that DuckDB reads: its own databases, Parquet and CSV. It is opened over one file, and reaches no other. */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { Broken, Misuse } from '#kit/errors'
import type { EngineListing, ListedTable } from '../engine.ts'
import type { AnswerRow } from './sql.ts'

type Run = (statement: string) => Promise<readonly AnswerRow[]>

// Of its own; what is larger fails with a reason instead of being written to disk, where it would stay.
const memoryLimit = '4GiB'

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`
const identifier = (text: string): string => `"${text.replaceAll('"', '""')}"`

/** The catalogue in which the tables of an opened file stand, and what ends it. */
export interface OpenedFile { readonly connection: DuckDBConnection; readonly catalogue: string; readonly close: () => void }

/** Opens a file for reading, by what is in it. Throws `Misuse` when it is not there, `Broken` when DuckDB cannot read it. */
export async function openDuckDb(file: string, threads: number): Promise<OpenedFile> {
  const path = resolve(file)
  if (!existsSync(path) || !statSync(path).isFile()) throw new Misuse(`there is no file ${file}; --duckdb takes a database of DuckDB, a Parquet file or a CSV file`)
  const kind = kindOf(path)
  const { DuckDBInstance } = await import('@duckdb/node-api') // two hundred modules that hardly anybody needs
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(threads), memory_limit: memoryLimit, temp_directory: '', preserve_insertion_order: 'false', autoinstall_known_extensions: 'false', autoload_known_extensions: 'false', allow_community_extensions: 'false',
  })
  const connection = await instance.connect()
  try {
    if (kind === 'database') await connection.run(`attach ${literal(path)} as searched (read_only)`)
    else await connection.run(`set allowed_paths = [${literal(path)}]`)
    await connection.run('set enable_external_access = false; set lock_configuration = true')
    if (kind !== 'database') await connection.run(`create view memory.main.${identifier(basename(path))} as select * from ${kind === 'parquet' ? `read_parquet(${literal(path)})` : `read_csv(${literal(path)}, all_varchar = true, header = false, skip = 0)`}`) // a first line that is taken for names may be somebody
  } catch (cause) {
    instance.closeSync()
    throw new Broken('trace/engine-unreadable', `DuckDB cannot read ${file}: it is damaged, of another version, in use by another process, or none of the kinds that --duckdb takes. A sweep of its folder reads more kinds`, { cause })
  }
  return { connection, catalogue: kind === 'database' ? 'searched' : 'memory', close: () => instance.closeSync() }
}

function kindOf(path: string): 'database' | 'parquet' | 'csv' {
  const head = Buffer.alloc(12)
  const opened = openSync(path, 'r')
  try {
    readSync(opened, head, 0, head.length, 0)
  } finally {
    closeSync(opened)
  }
  if (head.toString('latin1', 8, 12) === 'DUCK') return 'database'
  return head.toString('latin1', 0, 4) === 'PAR1' ? 'parquet' : 'csv'
}

/** The tables of a catalogue. In `memory` views are those that `openDuckDb` made of files; elsewhere they are not run. */
export async function tablesOfDuckDb(run: Run, catalogue: string): Promise<EngineListing> {
  const at = `database_name = ${literal(catalogue)} and not internal`
  const held = await run(`select schema_name, table_name from duckdb_tables() where ${at} and not temporary union all select schema_name, view_name from duckdb_views() where ${at} and ${String(catalogue === 'memory')} order by 1, 2`)
  const views = await run(`select schema_name, view_name as table_name from duckdb_views() where ${at} and ${String(catalogue !== 'memory')} order by 1, 2`)
  const columns = Map.groupBy(await run(`select schema_name, table_name, column_name, data_type from duckdb_columns() where ${at} order by column_index`), (row) => `${String(row['schema_name'])}\0${String(row['table_name'])}`)
  const named = (row: AnswerRow): [string, string] => [String(row['schema_name']), String(row['table_name'])]
  return {
    tables: held.map((row): ListedTable => {
      const [schema, name] = named(row)
      const all = columns.get(`${schema}\0${name}`) ?? []
      const isBytes = (column: AnswerRow): boolean => /^(BLOB|BIT)$/.test(String(column['data_type']))
      const names = (some: readonly AnswerRow[]): string[] => some.map((column) => String(column['column_name']))
      return { name: [catalogue, schema, name], place: `${schema}.${name}`, columns: names(all.filter((column) => !isBytes(column))), others: names(all.filter(isBytes)).map((own) => ({ name: own, because: 'of bytes' })) }
    }),
    notRead: views.map((row) => ({ place: named(row).join('.'), because: 'a view: what a query makes of other tables' })),
  }
}
