/** Copies in SQLite files: tables of one file, in one transaction; what is erased is written over, and the file written anew. */
import { basename } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { csvFields, isStoreFileThere, mustNameNoOtherFile, parsePart, printPart, readableColumns, type DatasetTable } from '#inventory'
import { Broken, Refused } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import { isOf, partsOf, shortTexts } from './held.ts'
import type { CopiedColumn, CopySource, CopyTarget, SourceShapes, TableShape, TargetTable, Writing } from './kind.ts'

/** Rows that are written or read before others have their turn: a few milliseconds. */
const turnRows = 2_000
/** Bytes of a chunk of rows. */
const chunkCharacters = 256 * 1024
const lockMillisecondsMax = 5_000

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
const listed = (names: readonly string[]): string => names.map(quoted).join(', ')
const turn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve) })
const tableOf = (place: string): string => parsePart(place).name
const codeOf = (cause: unknown): number | undefined => (cause as { errcode?: unknown } | undefined)?.errcode as number | undefined

function open(file: string, mode: 'read' | 'write'): DatabaseSync {
  try {
    if (mode === 'write') mustNameNoOtherFile(file)
    const database = new DatabaseSync(file, { readOnly: mode === 'read', allowExtension: false, enableForeignKeyConstraints: false, timeout: lockMillisecondsMax })
    // Its schema is somebody else's, and must not run more than plain SQL; what is deleted is overwritten.
    database.exec(`pragma trusted_schema = off; pragma temp_store = memory${mode === 'write' ? '; pragma secure_delete = on; pragma synchronous = full' : ''}`)
    database.prepare('select count(*) from sqlite_schema').get()
    return database
  } catch (cause) {
    throw explained(cause)
  }
}

/** SQLite's own words may quote a value. */
function explained(cause: unknown): unknown {
  const code = codeOf(cause)
  if (typeof code !== 'number') return cause
  if ((code & 0xff) === 5 || (code & 0xff) === 6) return new Broken('transfer/locked', 'somebody is using an SQLite file that a copy goes to, lies in, or is made of; try again when they are done')
  return new Broken('transfer/store-unreachable', `an SQLite file that a copy goes to, lies in, or is made of, cannot be used: error ${code} of SQLite`)
}

/** As the table declares it: what is a text to SQLite stays the text it is, and says which type it had. Names hold no INT where no number is meant (SQLite, Datatypes, 3.1). */
function nativeOf({ type }: CopiedColumn): string | undefined {
  const { base, sizes } = partsOf(type)
  switch (base) {
    case 'smallint': case 'integer': case 'bigint': case 'boolean': case 'double precision': case 'real': case 'text': case 'character varying': case 'character': return type
    case 'numeric': case 'date': case 'uuid': case 'json': case 'jsonb': return `text ${type}`
    case 'timestamp without time zone': return 'text timestamp'
    case 'timestamp with time zone': return 'text timestamptz'
    case 'time without time zone': return 'text time'
    case 'unknown': return 'text'
    default: return shortTexts.has(base) && sizes.length === 0 ? 'text' : undefined
  }
}

type Bound = string | bigint | number | null

/** How a value is given to SQLite; undefined for one that it would not give back. */
function boundOf(base: string): (value: string) => Bound | undefined {
  switch (base) {
    case 'smallint': case 'integer': case 'bigint': return (value) => (/^-?\d{1,19}$/.test(value) ? BigInt(value) : undefined)
    case 'boolean': return (value) => (value === 't' ? 1n : value === 'f' ? 0n : undefined)
    case 'real': case 'double precision': return (value) => (value === 'NaN' || value === '-0' || value === '' || Number.isNaN(Number(value)) ? undefined : Number(value))
    default: return (value) => (value.includes('\0') ? undefined : value)
  }
}

const refusedValue = (column: string): Refused => new Refused('transfer/value', `a value of column ${column} cannot be held by SQLite as it is; nothing was copied. Declare another transform for it`)

async function fill(database: DatabaseSync, { place, columns, rows }: TargetTable): Promise<void> {
  const bounds = columns.map(({ type }) => boundOf(partsOf(type).base))
  const insert = database.prepare(`insert into ${quoted(tableOf(place))} values (${columns.map(() => '?').join(', ')})`)
  for await (const row of csvFields(rows())) {
    insert.run(...columns.map(({ name }, at): Bound => {
      const value = row[at] ?? null
      const bound = value === null ? null : bounds[at]!(value)
      if (bound === undefined) throw refusedValue(name)
      return bound
    }))
  }
}

function definitionOf({ place, columns, primaryKey, uniques, relations }: TargetTable): string {
  const parts = [
    ...columns.map(({ name, held }) => `${quoted(name)} ${held}${primaryKey.includes(name) ? ' not null' : ''}`), ...(primaryKey.length === 0 ? [] : [`primary key (${listed(primaryKey)})`]), ...uniques.map((names) => `unique (${listed(names)})`),
    ...relations.map((one) => `foreign key (${listed(one.columns)}) references ${quoted(tableOf(one.to))} (${listed(one.referenced)})`),
  ]
  return `create table ${quoted(tableOf(place))} (${parts.join(', ')})`
}

async function writeTables(file: string, tables: readonly TargetTable[], { mayCommit }: Writing): Promise<void> {
  const database = open(file, 'write')
  try {
    try { database.exec('begin immediate') } catch (cause) { throw explained(cause) }
    if (tables.some(({ place }) => isThere(database, tableOf(place)))) throw new Refused('transfer/exists', 'a table of that name is there already; a copy never writes into one. Choose another beginning of its names (--to STORE/NAME)')
    for (const table of tables) database.exec(definitionOf(table))
    failpoint('transfer/tables')
    for (const table of tables) await fill(database, table)
    if (database.prepare('pragma foreign_key_check').all().some((row) => tables.some(({ place }) => tableOf(place) === row['table']))) throw new Refused('transfer/not-whole', 'a foreign key would not hold in the copy; nothing of it is there')
    await mayCommit()
    database.exec('commit')
  } catch (cause) {
    if (database.isTransaction) database.exec('rollback')
    if (typeof codeOf(cause) !== 'number') throw cause
    throw new Refused('transfer/not-written', `the copy could not be written: error ${codeOf(cause)} of SQLite; nothing of it is there`)
  } finally {
    database.close()
  }
}

const isThere = (database: DatabaseSync, table: string): boolean => database.prepare('select 1 from sqlite_schema where name = ? collate nocase').get(table) !== undefined

function tablesThere(file: string, places: readonly string[]): boolean[] {
  if (!isStoreFileThere(file)) return places.map(() => false)
  const database = open(file, 'write') // so that what a killed writer left is undone first
  try {
    return places.map((place) => isThere(database, tableOf(place)))
  } finally {
    database.close()
  }
}

function dropTables(file: string, places: readonly string[]): void {
  if (!isStoreFileThere(file)) return
  const database = open(file, 'write')
  try {
    database.exec(`begin immediate; ${places.map((place) => `drop table if exists ${quoted(tableOf(place))};`).join(' ')} commit`)
    failpoint('transfer/not-rewritten')
    database.exec('vacuum')
    if ((database.prepare('pragma journal_mode').get() as { journal_mode: string }).journal_mode === 'wal' && (database.prepare('pragma wal_checkpoint(truncate)').get() as { busy: number }).busy !== 0) {
      throw new Broken('transfer/not-dropped', 'a copy was dropped, and still stands beside the SQLite file because somebody has it open; close that, and try again')
    }
  } catch (cause) {
    if (database.isTransaction) database.exec('rollback')
    throw explained(cause)
  } finally {
    database.close()
  }
}

/** An SQLite file that copies go to; it is made when it is not there. */
export function sqliteTarget(file: string): CopyTarget {
  return {
    called: 'SQLite',
    obstacle: () => Promise.resolve(undefined),
    place: (folder, name) => printPart(basename(file), `${folder}_${name}`),
    held: nativeOf,
    there: (places) => Promise.resolve().then(() => tablesThere(file, places)),
    write: (tables, writing) => writeTables(file, tables, writing),
    drop: (places) => Promise.resolve().then(() => dropTables(file, places)),
    beside: () => [],
  }
}

/** What PostgreSQL calls a column that is declared so; where SQLite holds anything in it, each value is looked at while it is read. */
function typeOf(declared: string): string {
  const text = declared.trim().toLowerCase().replaceAll(/\s+/g, ' ').replaceAll(/ ?([(,)]) ?/g, '$1')
  const said = /^text (numeric(?:\(-?\d+(?:,-?\d+)?\))?|date|uuid|jsonb?)$/.exec(text)?.[1]
  if (said !== undefined) return said
  const { base } = partsOf(text)
  if (text === 'text timestamp' || base === 'datetime' || base === 'timestamp') return 'timestamp without time zone'
  if (text === 'text timestamptz') return 'timestamp with time zone'
  if (text === 'text time') return 'time without time zone'
  if (['smallint', 'integer', 'bigint', 'boolean', 'real', 'double precision', 'date', 'uuid'].includes(text)) return text
  if (['character varying', 'character', 'numeric', 'decimal'].includes(base)) return text.replace('decimal', 'numeric')
  if (text === '') return 'unknown'
  if (text.includes('int')) return 'bigint'
  if (/char|clob|text/.test(text)) return 'text'
  if (text.includes('blob')) return 'bytea'
  return /real|floa|doub/.test(text) ? 'double precision' : 'unknown'
}

function shapesOf(file: string, tables: readonly DatasetTable[]): SourceShapes {
  const database = open(file, 'read')
  try {
    const shapes = new Map<string, TableShape | undefined>()
    const relations: SourceShapes['relations'][number][] = []
    for (const { table, rows } of tables) {
      if (rows !== undefined) throw new Broken('transfer/predicate', `the rows of ${table}: the rows of a shared table are told apart in PostgreSQL only, as yet`)
      const columns = database.prepare('select name, type, pk from pragma_table_xinfo(?) where hidden <> 1 order by cid').all(table) as { name: string; type: string; pk: number }[]
      shapes.set(table, columns.length === 0 ? undefined : { columns: columns.map(({ name, type }) => ({ name, type: typeOf(type) })), primaryKey: columns.filter(({ pk }) => pk > 0).sort((one, other) => one.pk - other.pk).map(({ name }) => name) })
    }
    const exact = (table: string, name: string): string => shapes.get(table)?.columns.find((column) => column.name.toLowerCase() === name.toLowerCase())?.name ?? name
    for (const { table } of tables) {
      const keys = database.prepare('select id, "table" as target, "from" as name, "to" as referenced from pragma_foreign_key_list(?) order by id, seq').all(table) as { id: number; target: string; name: string; referenced: string | null }[]
      for (const parts of Map.groupBy(keys, ({ id }) => id).values()) {
        const to = tables.find((one) => one.table.toLowerCase() === parts[0]!.target.toLowerCase())?.table
        if (to !== undefined) relations.push({ table, columns: parts.map(({ name }) => exact(table, name)), to, referenced: parts.map(({ referenced }, at) => (referenced === null ? shapes.get(to)?.primaryKey[at] ?? '' : exact(to, referenced))) })
      }
    }
    return { tables: shapes, relations }
  } finally {
    database.close()
  }
}

/** A value as PostgreSQL writes one of its type. Throws `Refused` for what is none of it. */
function writtenOf(type: string, column: string): (value: unknown) => string {
  const wrong = (): Refused => new Refused('transfer/value', `column ${column} of an SQLite file holds a value that is none of ${type}; nothing was copied. Declare another transform for it`)
  return (value) => {
    if (type === 'bytea') return `\\x${Buffer.from(value instanceof Uint8Array ? value : String(value)).toString('hex')}`
    if (value instanceof Uint8Array) throw wrong()
    const text = type === 'boolean' && (value === 0n || value === 1n) ? (value === 1n ? 't' : 'f') : String(value)
    if (text.includes('\uFFFD') || text.includes('\0') || !isOf(type, text)) throw wrong() // no UTF-8, or nobody can tell
    return text
  }
}

async function* rowsOf(statement: StatementSync, written: readonly ((value: unknown) => string)[]): AsyncGenerator<Uint8Array> {
  let [text, rows] = ['', 0]
  for (const row of statement.iterate() as unknown as Iterable<readonly unknown[]>) {
    text += `${row.map((value, at) => (value === null ? '' : `"${written[at]!(value).replaceAll('"', '""')}"`)).join(',')}\n`
    rows += 1
    if (rows % turnRows === 0) await turn()
    if (text.length < chunkCharacters) continue
    yield Buffer.from(text)
    text = ''
  }
  if (text !== '') yield Buffer.from(text)
}

/** Throws `Refused` for columns that are worked out while they are read. */
function mustBeHeld(database: DatabaseSync, table: string, columns: readonly string[]): void {
  const { held, workedOut } = readableColumns(database, table)
  if (held.length === 0 && workedOut.length > 0) throw refusedReading(`${table} of an SQLite file is a view or a virtual table, whose rows are`)
  const unreadable = new Set(workedOut.map((name) => name.toLowerCase())) // SQLite tells names apart without regard to their case
  const asked = columns.filter((name) => unreadable.has(name.toLowerCase()))
  if (asked.length > 0) throw refusedReading(`column ${asked.join(', ')} of an SQLite file is`)
}

const refusedReading = (what: string): Refused => new Refused('transfer/worked-out', `${what} worked out while it is read, by a definition that may have no end; nothing was copied. Leave it out, or keep its values in a table`)

/** An SQLite file that copies are made of; all tables as of one moment. */
export function sqliteSource(file: string): CopySource {
  return {
    nameOf: (table) => table,
    shapes: (tables) => Promise.resolve().then(() => shapesOf(file, tables)),
    open: () => Promise.resolve().then(() => {
      const database = open(file, 'read')
      database.exec('begin')
      return {
        read: async function* ({ table }: DatasetTable, columns: readonly string[]) {
          const types = new Map((database.prepare('select name, type from pragma_table_xinfo(?)').all(table) as { name: string; type: string }[]).map(({ name, type }) => [name, typeOf(type)]))
          mustBeHeld(database, table, columns)
          try {
            const statement = database.prepare(`select ${listed(columns)} from ${quoted(table)}`)
            statement.setReadBigInts(true)
            statement.setReturnArrays(true)
            yield* rowsOf(statement, columns.map((name) => writtenOf(types.get(name) ?? 'unknown', name)))
          } catch (cause) {
            throw explained(cause)
          }
        },
        close: () => { database.close(); return Promise.resolve() },
      }
    }),
  }
}
