/** Tables in files that copies are made of: CSV, JSON lines and Parquet, read by DuckDB. CSV and JSON lines do not say of which types their values are. */
import { basename } from 'node:path'
import type { DatasetTable } from '#inventory'
import { Broken } from '#kit/errors'
import type { CopySource, TableShape } from './kind.ts'

const endings = /[.](csv|tsv|jsonl|ndjson|parquet)(?:[.](gz|zst))?$/i

/** What a table that lies in such a file is called in a copy; undefined for a file of another format. */
export const nameOfFile = (path: string): string | undefined => (endings.test(path) && !path.includes('!/') ? basename(path).replace(endings, '') : undefined)

/** Lends the file of a table on this machine; resolves to undefined when it is not there. */
export type LendFile = <Result>(table: string, work: (file: string) => Promise<Result>) => Promise<Result | undefined>

interface Reading { readonly from: string; readonly kind: 'csv' | 'jsonl' | 'parquet' }

async function readingOf(table: string, file: string): Promise<Reading> {
  const { pathOf } = await import('./duck.ts')
  const [, ending = '', packed] = endings.exec(table) ?? []
  const kind = ending.toLowerCase() === 'parquet' ? 'parquet' : /jsonl|ndjson/i.test(ending) ? 'jsonl' : 'csv'
  const compression = `compression = '${packed === undefined ? (kind === 'jsonl' ? 'uncompressed' : 'none') : packed.toLowerCase() === 'gz' ? 'gzip' : 'zstd'}'`
  if (kind === 'parquet') return { kind, from: `read_parquet(${pathOf(file)})` }
  // Names that come late in a file count as well: it is read once more for them.
  if (kind === 'jsonl') return { kind, from: `read_json(${pathOf(file)}, format = 'newline_delimited', records = true, maximum_depth = 1, sample_size = -1, ignore_errors = false, ${compression})` }
  return { kind, from: `read_csv(${pathOf(file)}, header = true, all_varchar = true, nullstr = '', allow_quoted_nulls = false, ignore_errors = false, ${compression})` }
}

/** A folder or buckets that copies are made of, whose files are lent. */
export function fileSource(lend: LendFile): CopySource {
  const mustBeRead = (table: string): void => {
    if (nameOfFile(table) === undefined) throw new Broken('transfer/no-format', `${table} is no CSV, JSON lines or Parquet file by the end of its name: no copy can be made of it`)
  }
  return {
    nameOf: nameOfFile,
    shapes: async (tables) => {
      const { describedBy, kindOf, typeOf, withDuck } = await import('./duck.ts')
      const shapes = new Map<string, TableShape | undefined>()
      for (const { table, rows } of tables) {
        mustBeRead(table)
        if (rows !== undefined) throw new Broken('transfer/predicate', `the rows of ${table}: the rows of a shared table are told apart in PostgreSQL only, as yet`)
        shapes.set(table, await lend(table, (file) => withDuck(async (connection) => {
          const { kind, from } = await readingOf(table, file)
          const columns = await describedBy(connection, from).catch((cause: unknown) => { throw new Broken('transfer/file-unreadable', `${table} cannot be read: ${kindOf(cause)} of DuckDB`) })
          return { columns: columns.map(({ name, type }) => ({ name, type: kind === 'parquet' ? typeOf(type) : 'unknown' })), primaryKey: [] }
        })))
      }
      return { tables: shapes, relations: [] }
    },
    open: () => Promise.resolve({ read: (table, columns) => readFrom(lend, table, columns), close: () => Promise.resolve() }),
  }
}

/** Lends the file for as long as it is read. */
async function* readFrom(lend: LendFile, { table }: DatasetTable, columns: readonly string[]): AsyncGenerator<Uint8Array> {
  const { describedBy, openDuck, quoted, rowsOf, textOf } = await import('./duck.ts')
  const given = Promise.withResolvers<string | undefined>()
  const done = Promise.withResolvers<void>()
  const lent = lend(table, async (file) => { given.resolve(file); await done.promise; return true }).then(() => { given.resolve(undefined) })
  lent.catch((cause: unknown) => { given.reject(cause) })
  const file = await given.promise
  if (file === undefined) throw new Broken('transfer/file-unreadable', `${table} is not there any more`)
  const duck = await openDuck()
  try {
    const { kind, from } = await readingOf(table, file)
    const types = new Map((await describedBy(duck.connection, from)).map(({ name, type }) => [name, type]))
    const textIn = (name: string): string => {
      const type = types.get(name)
      if (type === undefined) throw new Broken('transfer/file-unreadable', `${table} has no column ${name} any more`)
      if (kind === 'jsonl') return `case when json_type(${quoted(name)}) = 'VARCHAR' then ${quoted(name)} ->> '$' when json_type(${quoted(name)}) = 'NULL' then null else cast(${quoted(name)} as varchar) end`
      return kind === 'csv' ? quoted(name) : textOf(quoted(name), type)
    }
    yield* rowsOf(duck.connection, columns.map(textIn), from)
  } finally {
    duck.close()
    done.resolve()
    await lent
  }
}
