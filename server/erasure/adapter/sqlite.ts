/** Erasing in an SQLite file: rows of a table, counted and deleted while nobody else may touch the file, which is then written anew. Steps S0 to S4 of `erasure.md`. */
import { DatabaseSync } from 'node:sqlite'
import { isStoreFileThere, mustNameNoOtherFile, sqliteTableOf, type SqliteTable } from '#inventory'
import { Broken } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import type { Begin, Counted, Erased, Neighbour } from './erased.ts'
import { allRows, locateRows, mustBeAll, type Located, type Searched } from './located.ts'
import { deleteTogetherInSqlite, identifierOf as identifier, listHangingInSqlite, type SqliteHanging } from './sqliteHanging.ts'

export interface SqliteToErase extends Searched {
  readonly file: string
  /** A table of it, as it is called there. */
  readonly table: string
  /** It is declared to be this controller's alone: all its rows go. */
  readonly whole: boolean
  /** Milliseconds to wait for whoever uses the file; `lockMillisecondsMax` when left out. */
  readonly lockMilliseconds?: number
  /** What is declared, planned or obliged of another table of the file; nothing when left out. */
  readonly standing?: (table: string) => Neighbour | undefined
  /** The place of a table of the file, as steps name it; its name when left out. */
  readonly placeOf?: (table: string) => string
}

// This process does nothing else meanwhile.
const lockMillisecondsMax = 5_000

const how = { delimiter: '\t' }
const none: Counted = { rows: 0, unowned: 0, ambiguous: 0 }
const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`

/**
 * Deletes rows of a table of an SQLite file, in one exclusive transaction, then writes the file anew (VACUUM): deleting alone leaves them in its free pages. Blocked, with nothing changed,
 * when rows of others would go with them. Undefined: the file or the table is not there any more. Throws `Broken` for what may pass: somebody uses the file.
 */
export async function eraseSqliteRows(table: SqliteToErase, begin: Begin): Promise<Erased | undefined> {
  if (!isStoreFileThere(table.file)) return undefined
  const database = open(table)
  let erased: Erased | undefined
  try {
    erased = await transact(database, table, begin)
  } catch (cause) {
    if (database.isTransaction) database.exec('rollback')
    database.close()
    throw cause
  }
  try {
    if (erased?.outcome === 'erased') rewrite(database)
    return erased
  } finally {
    database.close()
  }
}

/** Drops a table that was derived, which was registered before its first row, and writes the file anew. Blocked while another table refers to it. Undefined: it is not there any more. Throws `Broken` when somebody uses the file. */
export async function dropSqliteTable({ file, table }: Pick<SqliteToErase, 'file' | 'table'>, begin: Begin): Promise<Erased | undefined> {
  if (!isStoreFileThere(file)) return undefined
  const database = open({ file })
  try {
    const found = sqliteTableOf(database, table)
    if (found === undefined) return undefined
    const counted = { ...none, rows: countOf(database, table) }
    await begin(counted)
    failpoint('erasure/after-begin')
    try {
      database.exec(`drop table ${identifier(table)}`)
    } catch (cause) {
      if (refused(cause) !== undefined) return { outcome: 'blocked', counted, because: 'another table refers to it; erase that first', again: true }
      throw explained(cause)
    }
    rewrite(database)
    return { outcome: 'erased', rows: counted.rows, counted }
  } finally {
    database.close()
  }
}

/** Writes the file anew, so that its free pages hold nothing of what was deleted from it. Undefined: it is not there any more. Throws `Broken` when somebody uses it. */
export async function rewriteSqliteFile(file: string, begin: Begin): Promise<Erased | undefined> {
  if (!isStoreFileThere(file)) return undefined
  const database = open({ file })
  try {
    await begin(none)
    rewrite(database)
    return { outcome: 'erased', rows: 0, counted: none }
  } finally {
    database.close()
  }
}

/** The names of the tables of a file; none when it is not there. Throws `Broken` when it cannot be opened. */
export function tablesInSqlite(file: string): string[] {
  if (!isStoreFileThere(file)) return []
  const database = open({ file })
  try {
    return (database.prepare("select name from pragma_table_list where schema = 'main' and type <> 'view'").all() as { name: string }[]).map(({ name }) => name)
  } catch (cause) {
    throw explained(cause)
  } finally {
    database.close()
  }
}

function open({ file, lockMilliseconds }: Pick<SqliteToErase, 'file' | 'lockMilliseconds'>): DatabaseSync {
  mustNameNoOtherFile(file)
  const database = new DatabaseSync(file, { allowExtension: false, enableForeignKeyConstraints: true, timeout: lockMilliseconds ?? lockMillisecondsMax })
  try {
    // Its schema is somebody else's, and must not run more than plain SQL. What is listed on the way stays in memory; what is deleted is overwritten.
    database.exec('pragma trusted_schema = off; pragma temp_store = memory; pragma secure_delete = on')
    // `persist` would keep old pages in the journal behind it.
    if (modeOf(database) !== 'wal') database.exec('pragma journal_mode = delete')
    return database
  } catch (cause) {
    database.close()
    throw explained(cause)
  }
}

const modeOf = (database: DatabaseSync): string => (database.prepare('pragma journal_mode').get() as { journal_mode: string }).journal_mode

async function transact(database: DatabaseSync, table: SqliteToErase, begin: Begin): Promise<Erased | undefined> {
  try {
    database.exec('begin exclusive')
  } catch (cause) {
    throw explained(cause)
  }
  const found = sqliteTableOf(database, table.table)
  if (found === undefined) {
    database.exec('rollback')
    return undefined
  }
  const erased = await erase({ database, found, table, begin })
  if (erased.outcome === 'blocked') database.exec('rollback')
  return erased
}

interface Erasing { readonly database: DatabaseSync; readonly found: SqliteTable; readonly table: SqliteToErase; readonly begin: Begin }

async function erase({ database, found, table, begin }: Erasing): Promise<Erased> {
  const blocked = (because: string, counted: Counted, again = false): Erased => ({ outcome: 'blocked', counted, because, ...(again ? { again } : {}) })
  if (found.kind !== 'table') return blocked(`it is a ${found.kind}: its rows are deleted through the one that it belongs to`, none)
  const rows = countOf(database, table.table)
  const located = table.whole ? await allRows(found.read(), table, rows, how) : await locateRows(() => found.read(), table, how)
  const counted = located?.counted ?? none
  mustBeAll(located, rows)
  if (table.whole && counted.ambiguous > 0) return blocked(`${counted.ambiguous} rows of another controller stand in a table that is declared to be this controller's alone`, counted)
  const chosen = counted.rows === 0 ? undefined : choose(database, { found, table, located: located! })
  const hanging = chosen === undefined ? undefined : await listHangingInSqlite(database, { searcher: table.searcher, targets: table.targets, table: table.table, standing: table.standing ?? (() => undefined) }, chosen)
  if (hanging?.because !== undefined) return blocked(hanging.because, counted, true)
  const together = withAlong(counted, hanging, table)
  await begin(together)
  failpoint('erasure/after-begin')
  try {
    const deleted = chosen === undefined ? 0 : hanging === undefined ? remove(database, { found, table, chosen }) : deleteTogetherInSqlite(database, hanging)?.own
    if (deleted !== counted.rows) return blocked(`${counted.rows} rows were found and ${deleted ?? 'others'} would have been deleted: a trigger of the table keeps them; nothing was changed`, counted)
    database.exec('commit')
    return { outcome: 'erased', rows: deleted, counted: together }
  } catch (cause) {
    const because = refused(cause)
    if (because === undefined) throw explained(cause)
    return blocked(because.because, counted, because.again)
  }
}

const withAlong = (counted: Counted, hanging: SqliteHanging | undefined, { placeOf = (name) => name }: SqliteToErase): Counted =>
  (hanging === undefined || hanging.along.length === 0 ? counted : { ...counted, along: hanging.along.map(({ place, rows }) => ({ place: placeOf(place), rows })) })

const countOf = (database: DatabaseSync, table: string): number => (database.prepare(`select count(*) as count from ${identifier(table)}`).get() as { count: number }).count

/** A query of the keys of the rows that go. */
function choose(database: DatabaseSync, { found, table, located }: { readonly found: SqliteTable; readonly table: SqliteToErase; readonly located: Located }): string {
  const [name, key] = [identifier(table.table), found.key.join(', ')]
  if (table.whole) return `select ${key} from ${name}`
  database.exec('create temporary table bailee_rows (number integer primary key)')
  const insert = database.prepare('insert into temp.bailee_rows values (?)')
  for (const ordinal of located.matched.ordinals) insert.run(ordinal)
  return `select ${key} from (select ${key}, row_number() over (order by ${key}) - 1 as bailee_number from ${name}) where bailee_number in (select number from temp.bailee_rows)`
}

function remove(database: DatabaseSync, { found, table, chosen }: { readonly found: SqliteTable; readonly table: SqliteToErase; readonly chosen: string }): number {
  const name = identifier(table.table)
  return Number(database.prepare(table.whole ? `delete from ${name}` : `delete from ${name} where (${found.key.join(', ')}) in (${chosen})`).run().changes)
}

const primary = (cause: unknown): number | undefined => (typeof (cause as { errcode?: unknown } | undefined)?.errcode === 'number' ? (cause as { errcode: number }).errcode & 0xff : undefined)
const [busy, locked, readOnly, cannotOpen, notADatabase, corrupt, constraint] = [5, 6, 8, 14, 26, 11, 19]
const foreignKey = 787

/** What SQLite does not allow here; undefined for what may pass. Its own words may quote values. */
function refused(cause: unknown): { because: string; again: boolean } | undefined {
  const code = (cause as { errcode?: unknown } | undefined)?.errcode
  if (code === foreignKey) return { because: 'rows of another table refer to these; erase those first', again: true }
  return primary(cause) === constraint ? { because: `a trigger or constraint of the table keeps its rows (SQLite error ${String(code)})`, again: false } : undefined
}

function explained(cause: unknown): unknown {
  const code = primary(cause)
  if (code === undefined) return cause
  if (code === busy || code === locked) return new Broken('erasure/locked', 'somebody is using an SQLite file that is to be erased from; run the erasure again when they are done')
  if (code === readOnly || code === cannotOpen) return new Broken('erasure/store-unreachable', 'an SQLite file that is to be erased from may not be written by this account; give it leave, or run the erasure as one that has it')
  if (code === notADatabase || code === corrupt) return new Broken('erasure/store-damaged', 'an SQLite file that is to be erased from is damaged; restore or remove it, and run the erasure again')
  return new Broken('erasure/store-failed', `SQLite answered with error ${code} while erasing; run the erasure again when that is put right`)
}

function rewrite(database: DatabaseSync): void {
  const held = (): Broken => new Broken('erasure/rows-held', 'rows were deleted, and still stand in the SQLite file or beside it, because somebody has it open; close that, and run the erasure again')
  try {
    // Statistics keep values of columns.
    if (database.prepare(`select 1 from pragma_table_list where schema = 'main' and name in (${['sqlite_stat1', 'sqlite_stat4'].map(literal).join(', ')})`).get() !== undefined) database.exec('analyze')
    database.exec('vacuum')
    if (modeOf(database) !== 'wal') return
    const { busy: kept } = database.prepare('pragma wal_checkpoint(truncate)').get() as { busy: number }
    if (kept !== 0) throw held()
  } catch (cause) {
    throw [busy, locked].includes(primary(cause) ?? -1) ? held() : explained(cause)
  }
}
