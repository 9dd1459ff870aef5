/** SQLite files against SQLite, and Parquet files against DuckDB: each writes them, and reads them again. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { differ, rowParts, saysSo, sumOf, unexpected, type Format, type Made, type Sample, type Tools, type Verdict } from '../format.ts'
import { times, type Random } from '../random.ts'
import { valueOf, word } from '../values.ts'

const text = (random: Random): string => valueOf(random).toWellFormed().replaceAll(/[\u0000\ufeff]/g, '').slice(0, 20_000)
const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
const isPrintable = (bytes: Uint8Array): boolean => bytes.every((byte) => byte >= 32 || byte === 9 || byte === 10 || byte === 13) && Buffer.from(Buffer.from(bytes).toString('utf8')).equals(Buffer.from(bytes))

/** A value of a binary column as fields: its text, or its digits. */
function binaryFields(bytes: Uint8Array): string[] {
  if (isPrintable(bytes)) return [Buffer.from(bytes).toString()]
  const digits = Buffer.from(bytes).toString('hex')
  if (bytes.length > 64) return []
  return bytes.length === 16 ? [digits, digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')] : [digits]
}

type SqliteValue = null | string | number | bigint | Uint8Array

function sqliteValue(random: Random): SqliteValue {
  const kind = random.below(20)
  if (kind < 9) return text(random)
  if (kind < 12) return random.below(2 ** 31) - 2 ** 30
  if (kind === 12) return BigInt(random.below(2 ** 31)) * 4_294_967_296n
  if (kind === 13) return random.below(2 ** 31) / 128
  if (kind === 14) return random.bytes(random.pick([1, 4, 16, 16, 30]))
  if (kind === 15) return Buffer.from(word(random, 30))
  return kind === 16 ? random.pick([0, 1, -1, 127, 128, 32_768, 0.5]) : kind === 17 ? 'x'.repeat(random.below(9_000)) : null
}

const tableNames = ['person', 'a b', 'Tisch "x"', 'ö', 'select', 'x.y', 'sqlite']

function sqlite(random: Random, { folder }: Tools): Made {
  const file = join(folder, 'made.sqlite')
  const database = new DatabaseSync(file)
  try {
    database.exec(`pragma page_size = ${random.pick([512, 1024, 4096, 4096, 65_536])}; pragma journal_mode = off; pragma synchronous = off; pragma encoding = '${random.pick(['UTF-8', 'UTF-8', 'UTF-16le', 'UTF-16be'])}'; begin`)
    for (const name of [...new Set(times(1 + random.below(3), () => random.pick(tableNames)))]) {
      const width = 1 + random.below(6)
      const key = random.chance(0.3)
      database.exec(`create table ${quoted(name)} (${times(width, (at) => `c${at} ${at === 0 && key ? 'integer primary key' : random.pick(['', 'text', 'blob', 'integer', 'numeric'])}`).join(', ')}${random.chance(0.1) ? `, g text generated always as (case typeof(c${width - 1}) when 'blob' then null else c${width - 1} || '!' end) virtual` : ''})`)
      const insert = database.prepare(`insert into ${quoted(name)} values (${times(width, () => '?').join(', ')})`)
      for (let row = random.below(random.chance(0.05) ? 400 : 20); row > 0; row -= 1) insert.run(...times(width, (at) => (at === 0 && key ? row * 3 : sqliteValue(random))))
      if (random.chance(0.2)) database.exec(`delete from ${quoted(name)} where rowid % ${2 + random.below(4)} = 0`)
      if (random.chance(0.1)) database.exec(`create index ${quoted(`i ${name}`)} on ${quoted(name)} (c0)`)
    }
    database.exec('commit')
  } finally {
    database.close()
  }
  const bytes = readFileSync(file)
  const rows = sqliteRows(file)
  rmSync(file)
  return { bytes, rows }
}

/** Every row of every table, as SQLite reads them, without what it works out from others. */
function sqliteRows(file: string): string[][] {
  const database = new DatabaseSync(file, { readOnly: true })
  try {
    const names = (database.prepare('select name from sqlite_schema where type = \'table\'').all() as { name: string }[]).map(({ name }) => name)
    return names.flatMap((name) => {
      const held = (database.prepare('select name from pragma_table_xinfo(?) where hidden <> 2 order by cid').all(name) as { name: string }[]).map((column) => quoted(column.name))
      const statement = database.prepare(`select ${held.join(', ')} from ${quoted(name)}`)
      statement.setReadBigInts(true)
      return (statement.all() as Record<string, SqliteValue>[]).map((row) => Object.values(row).flatMap((value) => (value === null ? [''] : value instanceof Uint8Array ? binaryFields(value) : [String(value)])))
    })
  } finally {
    database.close()
  }
}

const ofTables = ({ read }: Sample) => sumOf(rowParts(read).filter(({ kind }) => kind === 'table of an SQLite file'))

function soundSqlite(bytes: Uint8Array, { folder }: Tools): boolean {
  const file = join(folder, 'damaged.sqlite')
  try {
    rmSync(file, { force: true })
    writeFileSync(file, bytes)
    const database = new DatabaseSync(file, { readOnly: true })
    try {
      return Object.values(database.prepare('pragma quick_check(1)').get() ?? {})[0] === 'ok'
    } finally {
      database.close()
    }
  } catch {
    return false
  } finally {
    if (existsSync(file)) rmSync(file)
  }
}

function judgeSqlite(sample: Sample, tools: Tools): Verdict {
  const { read, rows, damage, bytes } = sample
  const theirs = tools.count(rows!)
  if (damage === undefined) return unexpectedBut(sample) ?? differ(ofTables(sample), theirs)
  if (saysSo(read) || !read.parts.some(({ kind }) => kind.includes('SQLite')) || ofTables(sample).values >= theirs.values) return undefined
  return soundSqlite(bytes, tools) ? undefined : `damaged (${damage}), and nothing said: ${ofTables(sample).values} values of ${theirs.values}`
}

/** Deleted rows are looked for in pages, which say so; and so does a table with columns that are worked out from others. */
const unexpectedBut = ({ read }: Sample): string | undefined => unexpected({ ...read, parts: read.parts.filter(({ kind }) => kind !== 'database pages').map((part) => ({ ...part, partly: part.partly.filter((because) => !/^1 columns that are worked out/.test(because)) })) })

const columnTypes = ['varchar', 'varchar', 'varchar', 'bigint', 'double', 'boolean', 'date', 'decimal(12, 2)', 'blob', 'varchar[]', 'struct(a varchar, b integer)'] as const
type ColumnType = (typeof columnTypes)[number]

interface Cell { readonly sql: string; /** Beside its column, and behind the row. */ readonly fields: readonly string[] }
const literal = (value: string): string => `'${value.replaceAll('\'', '\'\'')}'`

function cellOf(random: Random, type: ColumnType): Cell {
  if (random.chance(0.12)) return { sql: 'null', fields: type.startsWith('struct') ? ['', ''] : [''] }
  const number = random.below(2 ** 31) - 2 ** 30
  switch (type) {
    case 'varchar': { const value = text(random); return { sql: literal(value), fields: [value] } }
    case 'bigint': return { sql: String(number), fields: [String(number)] }
    case 'double': { const value = random.chance(0.5) ? number : number / 64; return { sql: `${value}::double`, fields: [String(value)] } }
    case 'boolean': { const value = random.pick(['true', 'false']); return { sql: value, fields: [value] } }
    case 'date': { const value = new Date(random.below(2 ** 31) * 1000).toISOString().slice(0, 10); return { sql: `date '${value}'`, fields: [value] } }
    case 'decimal(12, 2)': { const value = `${random.below(100_000)}.${10 + random.below(90)}`; return { sql: value, fields: [value] } }
    case 'blob': {
      const bytes = random.chance(0.5) ? Buffer.from(word(random, 20)) : random.bytes(random.pick([1, 16, 30]))
      const printable = Buffer.from(bytes.toString('utf8')).equals(bytes)
      return { sql: `unhex('${bytes.toString('hex')}')`, fields: [printable ? bytes.toString() : bytes.toString('hex')] }
    }
    case 'varchar[]': { const values = times(random.below(4), () => text(random)); return { sql: `[${values.map(literal).join(', ')}]::varchar[]`, fields: values } }
    case 'struct(a varchar, b integer)': { const value = text(random); return { sql: `{a: ${literal(value)}, b: ${number}}`, fields: [value, String(number)] } }
  }
}

async function parquet(random: Random, { folder, duckdb }: Tools): Promise<Made> {
  const file = join(folder, 'made.parquet')
  const types = times(1 + random.below(6), () => random.pick(columnTypes))
  const cells = times(random.below(random.chance(0.05) ? 300 : 15) + 1, () => types.map((type) => cellOf(random, type)))
  const values = cells.map((row) => `(${row.map(({ sql }) => sql).join(', ')})`).join(', ')
  const names = types.map((_, at) => `${random.pick(['id', 'mail', 'a b', 'x""y', 'é'])}${at}`)
  const options = `format parquet, compression ${random.pick(['snappy', 'zstd', 'gzip', 'uncompressed', 'lz4_raw'])}, row_group_size ${random.pick([2048, 122_880])}, parquet_version ${random.pick(['v1', 'v2'])}`
  await duckdb.run(`copy (select ${types.map((type, at) => `c${at}::${type} as "${names[at]}"`).join(', ')} from (values ${values}) as t (${types.map((_, at) => `c${at}`).join(', ')})) to '${file}' (${options})`)
  const bytes = readFileSync(file)
  rmSync(file)
  return { bytes, rows: cells.map((row) => row.flatMap(({ fields }) => fields)) }
}

async function all<Item>(randoms: readonly Random[], make: (random: Random) => Promise<Item> | Item): Promise<Item[]> {
  const made: Item[] = []
  for (const random of randoms) made.push(await make(random))
  return made
}

export const databases: readonly Format[] = [
  {
    name: 'SQLite', oracle: 'SQLite (node:sqlite)', damagedShare: 0.3, judgesDamaged: true,
    make: (randoms, tools) => randoms.map((random) => sqlite(random, tools)), compare: (samples, tools) => samples.map((sample) => judgeSqlite(sample, tools)),
  },
  {
    name: 'Parquet', oracle: 'DuckDB, which wrote them, and what was written', damagedShare: 0.3, kind: /Parquet/, tells: (damage) => damage === 'cut',
    make: (randoms, tools) => all(randoms, (random) => parquet(random, tools)),
    compare: (samples, tools) => samples.map(({ read, rows }) => unexpected(read) ?? differ(sumOf(rowParts(read)), tools.count(rows!))),
  },
]
