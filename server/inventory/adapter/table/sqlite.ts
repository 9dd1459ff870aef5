/** SQLite files, table by table, through SQLite itself: read-only and as they lie there, so that nothing is written beside the evidence. */
import { closeSync, createReadStream, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { Broken } from '#kit/errors'
import type { PartOrUnread } from '../part.ts'
import type { ByteSource } from './dump.ts'
import { pagesPart } from './pages.ts'
import { createRowWriter, type RowWriter } from './rows.ts'

/** A file on this machine, for formats that must seek in it. `name` is what its place calls it. */
export interface FileInput {
  readonly file: string
  readonly name: string
}

const flushBytes = 128 * 1024
// Binary values that wait while the rows of their table are read; the rest is fetched again. Bytes.
const binaryBytesMax = 4 * 1024 * 1024

/** Whether the first bytes of a file are those of an SQLite database. */
export const isSqlite = (sample: Uint8Array): boolean => Buffer.from(sample.subarray(0, 16)).toString('latin1') === 'SQLite format 3\0'

interface TableEntry {
  readonly name: string
  readonly kind: 'table' | 'shadow table' | 'virtual table'
  readonly columns: readonly string[]
  /** Columns that hold nothing: SQLite works them out by what the schema says, however much that makes of it. */
  readonly workedOut: number
  /** As SQL; in whatever order SQLite finds them when left out. */
  readonly order?: readonly string[]
}

/**
 * The parts of an SQLite file: every table with its rows, shadow tables of virtual ones included; its statements as text. Where SQLite
 * stops, and where rows were deleted, the pages themselves are read as well.
 */
export async function* partsOfSqlite(input: FileInput): AsyncGenerator<PartOrUnread> {
  const cut = missingBytes(input.file)
  const missing = [...besides(input.file), ...(cut > 0 ? [`the file is cut short: ${cut} bytes of its last pages are missing`] : [])]
  let database: DatabaseSync
  let tables: readonly TableEntry[]
  let statements: string
  try {
    database = openReadOnly(input.file)
  } catch (cause) {
    yield* withoutSqlite(input, `SQLite cannot open it (${reasonOf(cause)})`)
    return
  }
  try {
    try {
      tables = tablesOf(database)
      statements = statementsOf(database)
    } catch (cause) {
      yield* withoutSqlite(input, `SQLite cannot read its schema (${reasonOf(cause)})`)
      return
    }
    const problemsFound: string[] = []
    for (const table of tables) {
      if (table.kind === 'virtual table') {
        yield { name: table.name, because: 'a virtual table: its contents are read in its shadow tables' }
        continue
      }
      yield* partsOfTable(database, table, { missing, problemsFound })
    }
    if (problemsFound.length === 0 && !isSound(database, input.file, tables)) {
      problemsFound.push('')
      missing.push('SQLite finds it damaged: rows may be missing from its tables, and are found only as database pages')
    }
    // Deleted rows stand in free pages and in the gaps of others; and tables that SQLite stopped reading go on there.
    if (cut > 0 || problemsFound.length > 0 || freePages(database) > 0) yield pagesPart(streamed(input))
    yield { name: 'schema', kind: 'statements of an SQLite file', shape: 'text', delimiter: '\t', bytes: once(Buffer.from(statements)), partly: () => missing }
  } finally {
    database.close()
  }
}

const streamed = ({ file, name }: FileInput): ByteSource => ({ name, open: () => createReadStream(file, { highWaterMark: 1024 * 1024 }) })

/** A file that SQLite refuses: what its pages still hold, and its bytes. */
async function* withoutSqlite(input: FileInput, because: string): AsyncGenerator<PartOrUnread> {
  yield pagesPart(streamed(input))
  yield { name: 'bytes', kind: 'SQLite file as bytes', shape: 'bytes', delimiter: '\t', bytes: broken(streamed(input).open()), partly: () => [because] }
}

async function* broken(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes
  } catch (cause) {
    throw new Broken('inventory/file-unreadable', 'a file cannot be read on', { cause })
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes
}

/** What lies beside the file and is not read with it. */
function besides(file: string): readonly string[] {
  const found = (['-wal', '-journal'] as const).filter((suffix) => existsSync(file + suffix) && statSync(file + suffix).size > 0)
  return found.map((suffix) => `a file ${suffix} lies beside it: newer or older rows stand in that file, which is a place of its own`)
}

/** Bytes that a file lacks of the pages that it should have: SQLite itself reads the rest of its last page as zeros. */
function missingBytes(file: string): number {
  if (!existsSync(file)) return 0
  const header = Buffer.alloc(100)
  const descriptor = openSync(file, 'r')
  try {
    if (readSync(descriptor, header, 0, header.length, 0) < header.length) return 0 // SQLite refuses it
    const { size } = fstatSync(descriptor)
    const pageBytes = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16)
    if (pageBytes < 512) return 0
    const counted = header.readUInt32BE(24) === header.readUInt32BE(92) // else an old version wrote it, and its number of pages is not kept
    return Math.max(0, Math.max(counted ? header.readUInt32BE(28) : 0, Math.ceil(size / pageBytes)) * pageBytes - size)
  } finally {
    closeSync(descriptor)
  }
}

function openReadOnly(file: string): DatabaseSync {
  const url = pathToFileURL(file)
  url.searchParams.set('mode', 'ro')
  url.searchParams.set('immutable', '1')
  const database = new DatabaseSync(url, { readOnly: true, allowExtension: false, enableForeignKeyConstraints: false })
  try {
    // A schema is somebody else's: it may name functions, and must not run them.
    database.exec('pragma trusted_schema = off; pragma query_only = on; pragma ignore_check_constraints = on; pragma mmap_size = 0; pragma cache_size = -16384')
    return database
  } catch (cause) {
    database.close()
    throw cause
  }
}

// A file that is larger is not checked before its rows are believed. Bytes: a second or two of checking, while which nothing else is done.
const checkedBytesMax = 1024 ** 3

/** Whether its pages hold together: where they do not, SQLite may leave rows out without a word. To check a table with columns that are worked out works them out: it is left out. */
function isSound(database: DatabaseSync, file: string, tables: readonly TableEntry[]): boolean {
  if (statSync(file).size > checkedBytesMax) return true
  const checked = tables.filter(({ workedOut }) => workedOut === 0)
  const of = checked.length === tables.length ? ['1'] : checked.filter(({ kind }) => kind !== 'virtual table').map(({ name }) => quoted(name))
  try {
    return of.every((one) => Object.values(database.prepare(`pragma quick_check(${one})`).get() ?? {})[0] === 'ok')
  } catch {
    return false
  }
}

function freePages(database: DatabaseSync): number {
  try {
    return (database.prepare('pragma freelist_count').get() as { freelist_count: number }).freelist_count
  } catch {
    return 1
  }
}

const reasonOf = (cause: unknown): string => {
  const code = (cause as { errcode?: unknown } | undefined)?.errcode
  return typeof code === 'number' ? `error ${code}` : 'no code'
}

/** An SQL identifier of SQLite that means exactly this name. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/**
 * Columns of a table that can be read without working out from somebody else's definition what may have no end; `workedOut`: the others. Those of a view are, and those of a virtual table: its module may read another table or a view
 * in its place (`content` of fts5); what it holds itself stands in its shadow tables.
 */
export function readableColumns(database: DatabaseSync, table: string): { readonly held: readonly string[]; readonly workedOut: readonly string[] } {
  const columns = database.prepare('select name, hidden from pragma_table_xinfo(?) where hidden <> 1 order by cid').all(table) as { name: string; hidden: number }[]
  // As SQLite takes it: what `sqlite_schema` calls a table may be something else.
  const { type } = (database.prepare('select type from pragma_table_list where schema = \'main\' and lower(name) = lower(?)').get(table) ?? { type: 'table' }) as { type: string }
  if (type === 'virtual' || type === 'view') return { held: [], workedOut: columns.map(({ name }) => name) }
  const simple = columns.some(({ hidden }) => hidden === virtual) && isSimple((database.prepare('select sql from sqlite_schema where type = \'table\' and lower(name) = lower(?)').get(table) as { sql: string | null } | undefined)?.sql ?? '')
  const [held, workedOut] = [columns.filter(({ hidden }) => hidden !== virtual || simple), columns.filter(({ hidden }) => hidden === virtual && !simple)]
  return { held: held.map(({ name }) => name), workedOut: workedOut.map(({ name }) => name) }
}

function tablesOf(database: DatabaseSync): TableEntry[] {
  const listed = database.prepare('select name, type from pragma_table_list where schema = \'main\' and type <> \'view\' order by name').all() as { name: string; type: string }[]
  return listed.filter(({ name }) => name !== 'sqlite_schema').map(({ name, type }) => {
    const { held, workedOut } = readableColumns(database, name)
    return { name, kind: type === 'virtual' ? 'virtual table' : type === 'shadow' ? 'shadow table' : 'table', columns: held, workedOut: workedOut.length }
  })
}

/** Words that may stand before a bracket where columns are worked out from others without becoming much longer than those: of a definition, of types, and functions. */
const simpleWords = new Set(`as check key unique in values primary varchar char character nvarchar text decimal numeric float double real int integer bigint smallint timestamp datetime date time and or not case when then else
  lower upper substr substring trim ltrim rtrim coalesce ifnull nullif iif length abs round instr typeof unicode min max cast julianday strftime unixepoch json_extract like glob`.split(/\s+/))
/** Texts put behind one another; each may double what the one before gave. */
const joinsMax = 4
/** Characters of a definition that is looked at. */
const definitionMax = 64 * 1024

/** Whether what a table's columns are worked out from can make no long value of short ones; anything that is not sure to be is not. */
function isSimple(sql: string): boolean {
  if (sql.length > definitionMax || /\/\*|--|["'`\]]\s*\(/.test(sql) || sql.split('||').length - 1 > joinsMax) return false
  const own = /^create\s+table\s+\S+?\s*\(/i.exec(sql)?.[0] ?? ''
  return own !== '' && [...sql.slice(own.length).replaceAll(/\breferences\s+\w+\s*\(/gi, '').matchAll(/\b([A-Za-z_]\w*)\s*\(/g)].every(([, word = '']) => simpleWords.has(word.toLowerCase()))
}

/** A generated column that is not stored, as `pragma table_xinfo` has it. */
const virtual = 2

function statementsOf(database: DatabaseSync): string {
  const rows = database.prepare('select sql from sqlite_schema where sql is not null').all() as { sql: string }[]
  return rows.map(({ sql }) => `${sql};\n`).join('')
}

async function* partsOfTable(database: DatabaseSync, table: TableEntry, { missing, problemsFound }: { readonly missing: readonly string[]; readonly problemsFound: string[] }): AsyncGenerator<PartOrUnread> {
  const problems: string[] = [...missing]
  const notes = table.workedOut === 0 ? [] : [`${table.workedOut} columns that are worked out from others were not read, nor was it checked whether the pages of the table hold together`]
  const partly = (): string[] => [...notes, ...problems]
  const binaries: Uint8Array[] = []
  let held = 0
  let passed = 0
  const keep = (value: Uint8Array): void => {
    if (held > binaryBytesMax) { passed += 1; return }
    binaries.push(value)
    held += value.length
  }
  yield { name: table.name, kind: `${table.kind} of an SQLite file`, shape: 'rows', delimiter: '\t', columns: table.columns, bytes: rowsOf(database, table, { problems, keep }), partly }
  problemsFound.push(...problems.slice(missing.length))
  if (binaries.length === 0) return
  const bytes = passed === 0 ? heldBinaries(binaries) : allBinaries(database, table, problems)
  yield { name: `${table.name} binary values`, kind: 'binary values of an SQLite file', shape: 'bytes', delimiter: '\t', bytes, partly: () => problems }
}

async function* heldBinaries(binaries: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const value of binaries) yield Buffer.concat([value, Buffer.from('\n')])
}

async function* allBinaries(database: DatabaseSync, table: TableEntry, problems: string[]): AsyncGenerator<Uint8Array> {
  const found: Uint8Array[] = []
  const rows = rowsOf(database, table, { problems, keep: (value) => found.push(value) })
  while ((await rows.next()).done !== true) yield* heldBinaries(found.splice(0))
  yield* heldBinaries(found.splice(0))
}

interface Reading {
  readonly problems: string[]
  readonly keep: (value: Uint8Array) => void
}

/** One character of the text is no UTF-8, or really this one: then its bytes are asked for. */
const replaced = '\uFFFD'

async function* rowsOf(database: DatabaseSync, table: TableEntry, { problems, keep }: Reading): AsyncGenerator<Uint8Array> {
  const writer = createRowWriter(keep)
  try {
    let rows = 0
    let exact = false
    for (const row of selected(database, table, { exact, from: 0 })) {
      if (row.some((value) => typeof value === 'string' && value.includes(replaced))) { exact = true; break }
      for (const value of row) writeValue(writer, value)
      writer.endRow()
      rows += 1
      if (writer.ready > flushBytes) yield writer.take()
    }
    for (const row of exact ? selected(database, table, { exact, from: rows }) : []) {
      for (let at = 0; at < row.length; at += 2) writeExact(writer, row[at], row[at + 1])
      writer.endRow()
      if (writer.ready > flushBytes) yield writer.take()
    }
  } catch (cause) {
    problems.push(`SQLite stopped reading it (${reasonOf(cause)}): what follows is found only as database pages`)
  }
  if (writer.ready > 0) yield writer.take()
}

/** A table of an SQLite file that is open: how to read it, and how its rows are told apart. */
export interface SqliteTable {
  readonly kind: TableEntry['kind']
  readonly columns: readonly string[]
  /** What names one row, as SQL: the number that SQLite gives it, or the columns of its key. */
  readonly key: readonly string[]
  /** Its rows in the order of that key, as `partsOfSqlite` gives them. Throws `Broken` when SQLite stops reading. */
  read(): AsyncGenerator<Uint8Array>
  /** Binary values of those rows that are no text. Throws as `read` does. */
  readBinaries(): AsyncGenerator<Uint8Array>
}

/** The table of this name in a file that is open; undefined when it has none. Throws what SQLite throws. */
export function sqliteTableOf(database: DatabaseSync, name: string): SqliteTable | undefined {
  const table = tablesOf(database).find((one) => one.name === name)
  if (table === undefined) return undefined
  const named = database.prepare('select name from pragma_table_xinfo(?) where pk > 0 order by pk').all(name) as { name: string }[]
  const { withoutNumber } = database.prepare("select wr as withoutNumber from pragma_table_list(?) where schema = 'main'").get(name) as { withoutNumber: number }
  const number = ['rowid', '_rowid_', 'oid'].find((one) => !table.columns.some((column) => column.toLowerCase() === one))
  const key = withoutNumber === 1 || number === undefined ? named.map((column) => quoted(column.name)) : [number]
  const reading = async function* (keep: (value: Uint8Array) => void): AsyncGenerator<Uint8Array> {
    const problems: string[] = []
    yield* rowsOf(database, { ...table, order: key }, { problems, keep })
    if (problems.length > 0) throw new Broken('inventory/table-unreadable', 'SQLite stopped reading a table before its end')
  }
  return {
    kind: table.kind, columns: table.columns, key, read: () => reading(() => undefined),
    readBinaries: async function* () {
      const found: Uint8Array[] = []
      const rows = reading((value) => found.push(value))
      while ((await rows.next()).done !== true) yield* heldBinaries(found.splice(0))
      yield* heldBinaries(found.splice(0))
    },
  }
}

/** The rows from number `from`; when `exact`, before each value its type, and texts as their bytes. */
function selected(database: DatabaseSync, table: TableEntry, { exact, from }: { exact: boolean; from: number }): Iterable<readonly unknown[]> {
  const text = "case when typeof(%) = 'text' then cast(% as blob) else % end"
  const columns = table.columns.map(quoted).map((name) => (exact ? `typeof(${name}), ${text.replaceAll('%', () => name)}` : name))
  const order = table.order === undefined ? '' : ` order by ${table.order.join(', ')}`
  const statement = database.prepare(`select ${columns.join(', ')} from ${quoted(table.name)}${order} limit -1 offset ${from}`)
  statement.setReadBigInts(true)
  statement.setReturnArrays(true)
  return statement.iterate() as unknown as Iterable<readonly unknown[]>
}

function writeExact(writer: RowWriter, type: unknown, value: unknown): void {
  if (type === 'text' && value instanceof Uint8Array) writer.bytes(value, 0, value.length)
  else writeValue(writer, value)
}

function writeValue(writer: RowWriter, value: unknown): void {
  if (value === null) writer.nothing()
  else if (typeof value === 'string') writer.text(value)
  else if (value instanceof Uint8Array) writer.binary(value)
  else writer.text(String(value))
}
