/** Erasing rows of a table of MariaDB or MySQL: counted and deleted under a lock that keeps everybody else out, then the table is made anew. Steps M1, M3 and M4 of `erasure.md`. */
import { openMysqlSession, quoteName, selectOfMysql, tableAt, type MysqlSession } from '#inventory'
import { Broken } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import type { Along, Begin, Counted, Erased, Neighbour } from './erased.ts'
import { allRows, locateRows, mustBeAll, type Searched } from './located.ts'
import { deleteMysqlTogether, listMysqlHanging, listNumbers, mysqlKeysNow, mysqlTablesUnseen, numberedRows, openMysqlHanging, type MysqlHanging } from './mysqlHanging.ts'

export interface MysqlToErase extends Searched {
  /** Of an account that may lock, delete from, truncate and alter the table. */
  readonly url: string
  /** Of the account that searches: it may see tables that this one does not. */
  readonly sweepUrl?: string
  /** As `printPlace` writes it. */
  readonly place: string
  /** It is declared to be this controller's alone: all its rows go. */
  readonly whole: boolean
  /** Seconds to wait for a lock that somebody else holds; `lockSecondsMax` when left out. */
  readonly lockSeconds?: number
  /** Other tables of its store of which something is declared, planned or obliged: what rows of those that refer to its rows are. */
  readonly neighbours?: readonly Neighbour[]
  /** Tables from which an earlier run, which was cut off, deleted rows along with these. */
  readonly alongBefore?: readonly string[]
}

const lockSecondsMax = 60
const how = { delimiter: ',' }
const none: Counted = { rows: 0, unowned: 0, ambiguous: 0 }

interface Described {
  readonly database: string
  readonly name: string
  /** How statements name it. */
  readonly from: string
  readonly engine: string
  readonly versioned: boolean
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** Columns of its primary key; none where it has no such key. */
  readonly key: readonly string[]
  /** What may hang on its rows; undefined where no foreign key leads to it. */
  readonly hanging: MysqlHanging | undefined
  /** As they were before it was locked. */
  readonly keys: string
}

/** What the server answers when a table is to be dropped that another refers to. */
const isReferred = (cause: unknown): boolean => [1217, 1451, 3730].includes(Number((cause as { errno?: unknown } | undefined)?.errno))

/** Drops a table that was derived, which was registered before its first row. Blocked while another table refers to it. Undefined: it is not there any more. Throws `Broken` for what may pass. */
export async function dropMysqlTable({ url, place }: Pick<MysqlToErase, 'url' | 'place'>, begin: Begin): Promise<Erased | undefined> {
  const { schema, name } = tableAt(place)
  const session = await openMysqlSession(url)
  try {
    if ((await session.ask('select 1 from information_schema.tables where table_schema = ? and table_name = ?', [schema, name])).length === 0) return undefined
    const from = `${quoteName(schema)}.${quoteName(name)}`
    const counted = { ...none, rows: Number((await session.ask<{ rows: string }>(`select count(*) as \`rows\` from ${from}`))[0]?.rows ?? 0) }
    await begin(counted)
    failpoint('erasure/after-begin')
    await session.run(`drop table ${from}`)
    return { outcome: 'erased', rows: counted.rows, counted }
  } catch (cause) {
    if (isReferred(cause)) return { outcome: 'blocked', counted: none, because: 'another table refers to it; erase that first', again: true }
    throw cause instanceof Broken ? cause : new Broken('erasure/store-failed', 'a table that was derived could not be dropped; run the erasure again when its server answers', { cause })
  } finally {
    session.close()
  }
}

/**
 * Deletes rows of a table, or all of them, then makes the table anew: deleting alone leaves them in its pages. Blocked, with nothing changed, when rows of others would go with them.
 * Undefined: the table is not there any more. Throws `Broken` for what may pass: a lock that somebody holds, a lost connection.
 */
export async function eraseMysqlRows(table: MysqlToErase, begin: Begin): Promise<Erased | undefined> {
  const session = await openMysqlSession(table.url).catch((cause: unknown) => {
    throw new Broken('erasure/store-unreachable', 'a store to be erased could not be opened; is it running, and is its erase_url right?', { cause })
  })
  let counted = none
  const announce: Begin = async (found) => {
    counted = found
    await begin(found).catch((cause: unknown) => { throw new NotRecorded('not recorded', { cause }) })
  }
  try {
    const seconds = table.lockSeconds ?? lockSecondsMax
    await session.run(`set session lock_wait_timeout = ${seconds}, session innodb_lock_wait_timeout = ${seconds}, session foreign_key_checks = 1`)
    const described = await describe(session, tableAt(table.place))
    if (described === undefined) return undefined
    const unseen = table.sweepUrl === undefined ? [] : await mysqlTablesUnseen(session, table.sweepUrl, tableAt(table.place))
    if (unseen.length > 0) return { outcome: 'blocked', counted: none, because: `rows of ${unseen.join(', ')} may refer to its rows, and erase_url may not see them: what goes with it would not be known. Grant it rights there, then run the erasure again; nothing was changed` }
    await lock(session, described)
    failpoint('erasure/mysql-locked')
    if (await mysqlKeysNow(session, tableAt(table.place)) !== described.keys) throw new Broken('erasure/key-changed', 'columns or foreign keys of a table, or of what hangs on it, were changed while it was being locked; nothing was changed. Run the erasure again')
    const erased = await erase({ session, described, table, begin: announce })
    await session.run(erased.outcome === 'erased' ? 'commit' : 'rollback')
    await session.run('unlock tables')
    if (erased.outcome === 'erased') {
      await session.run('set session autocommit = 1')
      await rewrite(session, described)
      const along = new Set([...erased.counted.along ?? [], ...(table.alongBefore ?? []).map((place) => ({ place }))].map(({ place }) => place))
      for (const { schema, name } of [...along].map((place) => tableAt(place))) await rewrite(session, { database: schema, name, from: `${quoteName(schema)}.${quoteName(name)}`, versioned: false })
    }
    return erased
  } catch (cause) {
    // Undone before anybody is told so, and not when the server notices that the session is gone.
    await session.run('rollback').then(() => session.run('unlock tables')).catch(() => undefined)
    if (cause instanceof NotRecorded) throw cause.cause
    return { outcome: 'blocked', counted, ...explain(cause) }
  } finally {
    session.close()
  }
}

class NotRecorded extends Error {}

async function describe(session: MysqlSession, { schema: database, name }: { schema: string; name: string }): Promise<Described | undefined> {
  const at = [database, name]
  const [found] = await session.ask<{ engine: string | null; type: string }>('select engine, table_type as type from information_schema.tables where table_schema = ? and table_name = ?', at)
  if (found === undefined) return undefined
  const columns = await session.ask<{ name: string; type: string }>('select column_name as name, lower(data_type) as type from information_schema.columns where table_schema = ? and table_name = ? order by ordinal_position', at)
  const key = await session.ask<{ name: string }>("select column_name as name from information_schema.key_column_usage where table_schema = ? and table_name = ? and constraint_name = 'PRIMARY' order by ordinal_position", at)
  return {
    database, name, from: `${quoteName(database)}.${quoteName(name)}`, engine: (found.engine ?? '').toUpperCase(), versioned: found.type === 'SYSTEM VERSIONED', columns, key: key.map((column) => quoteName(column.name)),
    keys: await mysqlKeysNow(session, { schema: database, name }), hanging: await openMysqlHanging(session, { schema: database, name }),
  }
}

/** Keeps everybody else out until the session unlocks it, or ends. What statements call it besides its own name has to be locked as well. */
async function lock(session: MysqlSession, { database, from, hanging }: Described): Promise<void> {
  await session.run('set session autocommit = 0')
  await session.run(`use ${quoteName(database)}`) // what is derived in a statement stands in a database, too
  for (const list of ['bailee_rows', 'bailee_foreign']) await session.run(`create temporary table ${quoteName(database)}.${list} (number bigint primary key)`)
  await session.run(`lock tables ${[`${from} write`, `${from} as bailee_target write`, `${from} as ${source} read`, ...hanging?.locks ?? []].join(', ')}`)
}

interface Erasing { readonly session: MysqlSession; readonly described: Described; readonly table: MysqlToErase; readonly begin: Begin }

async function erase({ session, described, table, begin }: Erasing): Promise<Erased> {
  const blocked = (because: string, counted: Counted, again = false): Erased => ({ outcome: 'blocked', counted, because, ...(again ? { again } : {}) })
  const { from, key, columns, versioned } = described
  const everything = versioned ? `${from} for system_time all` : from
  const read = (): AsyncGenerator<Uint8Array> => session.read(`select ${selectOfMysql(columns)} from ${everything}${key.length === 0 ? '' : ` order by ${key.join(', ')}`}`)
  const rows = await countOf(session, everything)
  const located = table.whole ? await allRows(read(), table, rows, how) : await locateRows(read, table, how)
  const own = located?.counted ?? none
  mustBeAll(located, rows)
  if (table.whole && own.ambiguous > 0) return blocked(`${own.ambiguous} rows of another controller stand in a table that is declared to be this controller's alone`, own)
  const all = own.rows === rows
  if (!all && own.rows > 0 && versioned) return blocked('the server keeps earlier versions of its rows, and others\' rows are among them: they cannot be deleted one by one. Take its versioning away (alter table ... drop system versioning), and run the erasure again', own)
  if (!all && own.rows > 0 && key.length === 0) return blocked('it has no primary key, so that its rows cannot be told apart: give it one, and run the erasure again', own)
  if (!all && own.rows > 0) await listNumbers(session, listOf(described), located!.matched.ordinals)
  const listing = described.hanging === undefined || own.rows === 0 ? undefined : { ...table, session, hanging: described.hanging, neighbours: table.neighbours ?? [], own: all ? undefined : numberedRows({ from, key, source }, listOf(described)) }
  const { along, because } = listing === undefined ? { along: [] as readonly Along[] } : await listMysqlHanging(listing)
  if (because !== undefined) return blocked(because, own, true)
  const counted = along.length === 0 ? own : { ...own, along }
  await begin(counted)
  failpoint('erasure/after-begin')
  const removeOwn = async (): Promise<number> => (counted.rows === 0 ? 0 : all ? removeAll(session, described, rows) : removeListed(session, described))
  const deleted = listing === undefined ? { own: await removeOwn(), along: 0 } : await deleteMysqlTogether(listing, along, removeOwn)
  const [found, gone] = [counted.rows + along.reduce((sum, one) => sum + one.rows, 0), deleted.own + deleted.along]
  if (deleted.own === counted.rows && found === gone) return { outcome: 'erased', rows: deleted.own, counted }
  if (!transactional.has(described.engine)) throw new Broken('erasure/count-differs', `${found} rows were found and ${gone} deleted, in a table without transactions (${described.engine}); run the erasure again`)
  return blocked(`${found} rows were found and ${gone} would have been deleted: a trigger of the table keeps them; nothing was changed`, counted)
}

const source = 'bailee_source'
const listOf = ({ database }: Described): string => `${quoteName(database)}.bailee_rows`

const transactional = new Set(['INNODB', 'ROCKSDB', 'TOKUDB'])

const countOf = async (session: MysqlSession, from: string): Promise<number> => Number((await session.ask<{ count: string | number }>(`select count(*) as count from ${from}`))[0]?.count ?? 0)

/** TRUNCATE leaves nothing in the table's file; a table that others refer to, or of which earlier versions of rows are kept, does not allow it, and its rows are deleted instead. */
async function removeAll(session: MysqlSession, { from, hanging, versioned }: Described, rows: number): Promise<number> {
  if (versioned) {
    await session.run(`delete from ${from}`) // which makes earlier versions of them
    await session.run(`delete history from ${from}`)
    return rows - await countOf(session, `${from} for system_time all`)
  }
  if (hanging !== undefined) return session.run(`delete from ${from}`)
  await session.run(`truncate table ${from}`)
  return rows
}

/** The rows are numbered by the server as they were read: in the order of their key. */
async function removeListed(session: MysqlSession, described: Described): Promise<number> {
  const { from, key } = described
  return session.run(`delete bailee_target from ${from} as bailee_target join (${numberedRows({ from, key, source }, listOf(described))}) as bailee_going on ${key.map((column) => `bailee_going.${column} = bailee_target.${column}`).join(' and ')}`)
}

interface Said { readonly Msg_type: string }

/** Makes the table anew, without what was deleted from its pages, and its statistics, which keep values. Throws `Broken` when the account may not. */
async function rewrite(session: MysqlSession, { database, name, from, versioned }: Pick<Described, 'database' | 'name' | 'from' | 'versioned'>): Promise<void> {
  if (versioned) await session.run('set session system_versioning_alter_history = keep') // else no such table is made anew
  const said = await session.ask<Said>(`optimize table ${from}`).catch((cause: unknown): Said[] => {
    explain(cause) // what may pass is thrown as such
    return [{ Msg_type: 'error' }]
  })
  if (said.some(({ Msg_type: type }) => type.toLowerCase() === 'error')) throw new Broken('erasure/not-rewritten', 'rows were deleted, but the table could not be made anew (the account of erase_url needs ALTER, INSERT, SELECT and CREATE on it): they still stand in its file')
  // MariaDB's own statistics; an account that may not look at them is not asked to change them.
  const kept = await session.ask('select 1 from mysql.column_stats where db_name = ? and table_name = ? limit 1', [database, name]).catch(() => [])
  if (kept.length > 0) await session.ask<Said>(`analyze table ${from} persistent for all`)
}

const refusedBecause: Readonly<Record<number, { because: string; again?: boolean }>> = {
  1451: { because: 'rows of another table refer to these; erase those first', again: true },
  1701: { because: 'rows of another table refer to these; erase those first', again: true },
  1044: { because: 'the account of erase_url may not do that' }, 1142: { because: 'the account of erase_url may not do that' }, 1143: { because: 'the account of erase_url may not do that' }, 1227: { because: 'the account of erase_url may not do that' },
  1347: { because: 'it is no table whose rows can be deleted' }, 1288: { because: 'it is no table whose rows can be deleted' }, 1036: { because: 'it is read-only' }, 1290: { because: 'the server is read-only' },
  1644: { because: 'a trigger of it refuses' }, 1146: { because: 'a trigger of it names something that is not there' },
}
const [lockWait, deadlock] = [1205, 1213]

/** The reason of a blocked step, by the server's number: its words may quote values. Throws `Broken` for what may pass. */
function explain(cause: unknown): { because: string; again?: boolean } {
  if (cause instanceof Broken) throw cause
  const number = (cause as { errno?: unknown } | undefined)?.errno
  if (typeof number !== 'number' || number < 1000) throw new Broken('erasure/store-lost', 'the connection to a store was lost while erasing; run the erasure again', { cause })
  if (number === lockWait || number === deadlock) throw new Broken('erasure/locked', 'somebody is using a table that is to be erased; run the erasure again when they are done', { cause })
  const known = refusedBecause[number]
  if (known === undefined) throw new Broken('erasure/store-failed', `a store answered with error ${number} while erasing; run the erasure again when that is put right`, { cause })
  return { ...known, because: `${known.because} (error ${number})` }
}
