/** Tables as files: CSV, JSON lines and Parquet. */
import { csvFields } from '#inventory'
import { Refused } from '#kit/errors'
import { partsOf, shortTexts } from './held.ts'
import type { CopiedColumn, TargetTable } from './kind.ts'

export const copyFormats = ['parquet', 'csv', 'jsonl'] as const
export type CopyFormat = (typeof copyFormats)[number]

/** In a message. */
export const formatCalled: Readonly<Record<CopyFormat, string>> = { parquet: 'Parquet', csv: 'CSV', jsonl: 'JSON lines' }

const plainTexts = new Set(['text', 'unknown', 'character varying', 'character', 'json', 'jsonb', 'uuid', ...shortTexts])
const dated: Readonly<Record<string, string>> = { date: 'date', 'timestamp without time zone': 'timestamp', 'timestamp with time zone': 'timestamptz', 'time without time zone': 'time' }

/** What a format calls the type of a column; undefined where it could not hold every value of it. */
export function heldIn(format: CopyFormat, { type, transform }: CopiedColumn): string | undefined {
  const { base, sizes: [precision, scale = 0] } = partsOf(type)
  const known = plainTexts.has(base) || dated[base] !== undefined || ['smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision', 'boolean'].includes(base)
  if (!known) return undefined
  if (format === 'csv') return 'text'
  if (format === 'jsonl') return ['smallint', 'integer', 'real', 'double precision'].includes(base) ? 'number' : base === 'boolean' ? 'boolean' : 'string'
  if (plainTexts.has(base)) return base === 'uuid' ? 'uuid' : 'varchar'
  if (base === 'numeric' && precision === undefined) return transform.kind === 'round' ? `decimal(30,${transform.step.split('.')[1]?.length ?? 0})` : undefined
  if (base === 'numeric') return precision! > 38 || scale < 0 || scale > precision! ? undefined : `decimal(${precision},${scale})`
  return dated[base] ?? { smallint: 'smallint', integer: 'integer', bigint: 'bigint', real: 'float', 'double precision': 'double', boolean: 'boolean' }[base]
}

const refusedValue = (column: string, format: CopyFormat): Refused => new Refused('transfer/value', `a value of column ${column} cannot be held by ${formatCalled[format]} as it is; nothing was copied. Declare another transform for it`)

const csvName = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** The bytes of a CSV file (RFC 4180, UTF-8, a line of names first; NULL is nothing, an empty text stands in quotes) or one of JSON lines. */
export async function* encoded(format: 'csv' | 'jsonl', { columns, rows }: Pick<TargetTable, 'columns' | 'rows'>): AsyncGenerator<Uint8Array> {
  if (format === 'csv') {
    yield Buffer.from(`${columns.map(({ name }) => csvName(name)).join(',')}\n`)
    return yield* rows()
  }
  const written = columns.map(({ name, held }) => {
    const key = JSON.stringify(name)
    return (value: string | null): string => {
      if (value === null) return `${key}:null`
      if (held === 'boolean') return `${key}:${value === 't' ? 'true' : 'false'}`
      if (held === 'string') return `${key}:${JSON.stringify(value)}`
      if (!Number.isFinite(Number(value))) throw refusedValue(name, format)
      return `${key}:${value}`
    }
  })
  let text = ''
  for await (const row of csvFields(rows())) {
    text += `{${written.map((write, at) => write(row[at] ?? null)).join(',')}}\n`
    if (text.length < chunkCharacters) continue
    yield Buffer.from(text)
    text = ''
  }
  if (text !== '') yield Buffer.from(text)
}

const chunkCharacters = 256 * 1024
/** One row held whole by DuckDB. Bytes. */
const rowBytesMax = 16 * 1024 ** 2

const shapes: Readonly<Record<string, string>> = {
  date: String.raw`\d{4}-\d\d-\d\d`, timestamp: String.raw`\d{4}-\d\d-\d\d[ T][\d:.]+`, timestamptz: String.raw`\d{4}-\d\d-\d\d[ T][\d:.]+([+-][\d:]+|Z)`, time: String.raw`[\d:.]+`, boolean: '[tf]',
}

function valueOf(name: string, held: string): string {
  if (held === 'varchar') return name
  const cast = held === 'boolean' ? `(${name} = 't')` : `cast(${name} as ${held})`
  const shape = shapes[held]
  return shape === undefined ? cast : `case when ${name} is null then null when regexp_full_match(${name}, '${shape}') then ${cast} else error('value') end`
}

/** Whether `valueOf` would fail. */
function beyondOf(name: string, held: string): string {
  const shape = shapes[held]
  const wrong = [...(held === 'boolean' ? [] : [`try_cast(${name} as ${held}) is null`]), ...(shape === undefined ? [] : [`not regexp_full_match(${name}, '${shape}')`])]
  return `${name} is not null and (${wrong.join(' or ')})`
}

const csvRead = (rows: string, names: readonly string[]): string =>
  `read_csv(${rows}, header = false, auto_detect = false, delim = ',', quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false, parallel = false, new_line = '\\n', max_line_size = ${rowBytesMax}, buffer_size = ${2 * rowBytesMax}, columns = {${names.map((name) => `${name}: 'VARCHAR'`).join(', ')}})`

/** Columns of which a value is beyond what their type can hold in Parquet. `rows`: a file of them as CSV. */
export async function notHeldIn({ columns }: Pick<TargetTable, 'columns'>, rows: string): Promise<ReadonlySet<string>> {
  const { kindOf, pathOf, withDuck } = await import('./duck.ts')
  const typed = columns.flatMap(({ name, held }, at) => (held === 'varchar' ? [] : [{ name, sql: `coalesce(bool_or(${beyondOf(`c${at}`, held)}), false)` }]))
  if (typed.length === 0) return new Set()
  return withDuck(async (connection) => {
    const told = await connection.runAndReadAll(`select ${typed.map(({ sql }) => sql).join(', ')} from ${csvRead(pathOf(rows), columns.map((_, at) => `c${at}`))}`).catch((cause: unknown) => {
      throw new Refused('transfer/value', `a row of the table is larger than ${rowBytesMax} bytes, which Parquet does not take here (${kindOf(cause)} of DuckDB); --format csv takes it`)
    })
    return new Set(typed.flatMap(({ name }, at) => (told.getRows()[0]?.[at] === true ? [name] : [])))
  })
}

/** Rows of a table (`rows`, a file of them as CSV) as a Parquet file. Throws `Refused` for a value that it cannot hold. */
export async function writeParquet(table: Pick<TargetTable, 'columns'>, { rows, file }: { readonly rows: string; readonly file: string }): Promise<void> {
  const { kindOf, literal, pathOf, quoted, withDuck } = await import('./duck.ts')
  await withDuck(async (connection) => {
    const names = table.columns.map((_, at) => `c${at}`)
    const read = csvRead(pathOf(rows), names)
    const values = table.columns.map(({ name, held }, at) => `${valueOf(`c${at}`, held)} as ${quoted(name)}`)
    try {
      await connection.run(`copy (select ${values.join(', ')} from ${read}) to ${literal(file)} (format parquet, compression zstd, use_tmp_file false)`)
    } catch (cause) {
      throw new Refused('transfer/value', `a table of the copy cannot be held by Parquet: one of its values is beyond what its type can hold there, or a row is larger than ${rowBytesMax} bytes (${kindOf(cause)} of DuckDB); nothing was copied`)
    }
  })
}
