/**
 * Reading a MariaDB or MySQL server: its tables, and their rows as CSV bytes over the text protocol, so that every value comes as the server writes it.
 * Each table is read in one consistent, read-only snapshot; tables of engines without transactions are as they are while they are read.
 */
import mysql from 'mysql2'
import { Broken } from '#kit/errors'
import { CsvRows } from './csvRows.ts'
import { mysqlReach } from './encrypted.ts'
import { unpackedCell, type PackedCells } from './packedCell.ts'
import { quoteName, selectOfMysql, type MysqlColumn } from './mysqlName.ts'
import { endMysqlReadings, noteMysqlReading } from './mysqlReadings.ts'
import { codeOf } from './postgresCopy.ts'

type Connection = mysql.Connection

export interface MysqlTable {
  readonly database: string
  readonly name: string
  readonly engine: string
  readonly columns: readonly MysqlColumn[]
  /** Of rows and of indexes, as the engine estimates them. */
  readonly bytes: number
  /** Rows that were changed or deleted are kept by the server, and are read as well. */
  readonly versioned: boolean
  /** The one integer column that is its primary key: by it the table is read in ranges. */
  readonly key: string | undefined
}

/** From the first value up to, and without, the second; whole numbers in decimal. */
export interface KeyRange {
  readonly from: string | undefined
  readonly to: string | undefined
}

/** Milliseconds to wait for a connection: a store that does not answer by then is reported as not read. */
const connectMillisecondsMax = 15_000

/** Seconds that the server waits for a reader that is busy with what it has, and for a table that somebody holds for himself alone. */
const writeSecondsMax = 3600
const lockSecondsMax = 30

/** Chunks that wait for the consumer before the server is. */
const chunksWaitingMax = 4

/** What to call when a session is over. */
const over = new WeakMap<Connection, () => void>()

function end(connection: Connection): void {
  over.get(connection)?.()
  connection.destroy()
}

/** Ends all sessions that this process kept (`keepMysqlReadings`), with what their servers do for them, in so many milliseconds at most. Never throws. */
export const endReadings = (milliseconds: number): Promise<void> => endMysqlReadings((url, work) => withMysql(url, work), milliseconds)

/** A session for reading. Throws `Broken` when the store cannot be opened. */
async function connect(url: string): Promise<Connection> {
  // LOCAL INFILE: a server must not be able to ask this machine for its files.
  const connection = mysql.createConnection({ ...mysqlReach(url), connectTimeout: connectMillisecondsMax, charset: 'utf8mb4', flags: ['-LOCAL_FILES'], multipleStatements: false })
  connection.on('error', () => undefined) // a connection that dies while idle; the next query reports it
  try {
    await new Promise<void>((resolve, reject) => { connection.connect((cause) => { if (cause === null) resolve(); else reject(cause) }) })
    await rowsOf(connection, `set session net_write_timeout = ${writeSecondsMax}, session lock_wait_timeout = ${lockSecondsMax}`)
    over.set(connection, await noteMysqlReading(url, (sql, values) => rowsOf(connection, sql, values)))
    return connection
  } catch (cause) {
    connection.destroy()
    throw new Broken('inventory/store-unreachable', `the MariaDB or MySQL store cannot be opened: ${codeOf(cause)}`, { cause })
  }
}

async function rowsOf<Row>(connection: Connection, sql: string, values: readonly string[] = []): Promise<Row[]> {
  return new Promise((resolve, reject) => {
    connection.query({ sql, values: [...values], supportBigNumbers: true, bigNumberStrings: true }, (cause, rows) => { if (cause === null) resolve(rows as Row[]); else reject(cause) })
  })
}

/** Lends a session to `work`, and ends it. Throws `Broken` when the store cannot be opened or asked. */
export async function withMysql<Result>(url: string, work: (ask: <Row>(sql: string, values?: readonly string[]) => Promise<Row[]>) => Promise<Result>): Promise<Result> {
  const connection = await connect(url)
  try {
    return await work((sql, values) => rowsOf(connection, sql, values))
  } catch (cause) {
    if (cause instanceof Broken) throw cause
    throw new Broken('inventory/store-unreachable', `the MariaDB or MySQL store could not be asked: ${codeOf(cause)}`, { cause })
  } finally {
    end(connection)
  }
}

/** A session that changes a server: for erasing. */
export interface MysqlSession {
  ask<Row>(sql: string, values?: readonly string[]): Promise<Row[]>
  /** Rows that the statement changed. */
  run(sql: string): Promise<number>
  /** As `readMysql` gives them, in this session: what it has locked, it may read. */
  read(sql: string): AsyncGenerator<Uint8Array>
  close(): void
}

/** Opens one, which finds no name but in full. Statements reject with what the driver says. Throws `Broken` when the store cannot be opened. */
export async function openMysqlSession(url: string): Promise<MysqlSession> {
  const connection = await connect(url)
  return {
    ask: (sql, values) => rowsOf(connection, sql, values),
    run: async (sql) => (await rowsOf(connection, sql) as unknown as { affectedRows?: number }).affectedRows ?? 0,
    read: (sql) => csvOf(connection, sql, { packed: 0 }),
    close: () => end(connection),
  }
}

/** The statement that reads a table, invisible columns and earlier versions of rows included. */
export function selectOf(table: MysqlTable, range: KeyRange): string {
  const key = table.key === undefined ? '' : quoteName(table.key)
  const conditions = [...(range.from === undefined ? [] : [`${key} >= ${range.from}`]), ...(range.to === undefined ? [] : [`${key} < ${range.to}`])]
  return `select ${selectOfMysql(table.columns)} from ${quoteName(table.database)}.${quoteName(table.name)}${table.versioned ? ' for system_time all' : ''}${conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`}`
}

/** Rows of one statement as CSV bytes, each chunk of whole rows; what is packed is unpacked, or counted in `seen`. Throws `Broken` when they cannot be read to their end. Stopping early ends the session. */
export async function* readMysql(url: string, sql: string, seen: PackedCells = { packed: 0 }): AsyncGenerator<Uint8Array> {
  const moment = await openMoment(url)
  try {
    yield* moment.read(sql, seen)
  } finally {
    moment.close()
  }
}

/** One moment of the server: statements that are read through it, one after another, see the same rows of tables whose engine keeps transactions. */
export interface Moment {
  /** As `readMysql`. Stopping early ends the session, and nothing more can be read through it. */
  read(sql: string, seen?: PackedCells): AsyncGenerator<Uint8Array>
  /** A statement that answers few rows. Rejects with what the driver says. */
  ask<Row>(sql: string): Promise<Row[]>
  close(): void
}

/** Opens a moment, which is now. Throws `Broken` when the store cannot be opened. */
export async function openMoment(url: string): Promise<Moment> {
  const connection = await connect(url)
  try {
    await rowsOf(connection, 'set session transaction isolation level repeatable read')
    await rowsOf(connection, 'start transaction with consistent snapshot, read only')
  } catch (cause) {
    end(connection)
    throw new Broken('inventory/store-unreachable', `a MariaDB or MySQL store gives no snapshot: ${codeOf(cause)}`, { cause })
  }
  let ended = false
  const close = (): void => {
    ended = true
    end(connection)
  }
  const read = async function* (sql: string, seen: PackedCells = { packed: 0 }): AsyncGenerator<Uint8Array> {
    if (ended) throw new Broken('inventory/table-unreadable', 'the session that read the table has ended')
    let whole = false
    try {
      yield* csvOf(connection, sql, seen)
      whole = true
    } catch (cause) {
      if (cause instanceof Broken) throw cause
      throw new Broken('inventory/table-unreadable', `a table could not be read to its end: ${codeOf(cause)}`, { cause })
    } finally {
      if (!whole) close() // its rows are still on their way
    }
  }
  return { read, ask: (sql) => rowsOf(connection, sql), close }
}

async function* csvOf(connection: Connection, sql: string, seen: PackedCells): AsyncGenerator<Uint8Array> {
  const csv = new CsvRows()
  const waiting: Uint8Array[] = []
  const state: { ended: boolean; failure: unknown; wake: (() => void) | undefined } = { ended: false, failure: undefined, wake: undefined }
  const give = (): void => {
    const chunk = csv.take()
    if (chunk !== undefined) waiting.push(chunk)
    if (waiting.length >= chunksWaitingMax) connection.pause()
    state.wake?.()
  }
  connection.query({ sql, rowsAsArray: true, typeCast: false })
    .on('result', (row: unknown) => {
      for (const value of row as (Buffer | null)[]) csv.field(value === null ? null : unpackedCell(value, seen))
      if (csv.row()) give()
    })
    .on('error', (cause) => { state.failure = cause; state.wake?.() })
    .on('end', () => { state.ended = true; give() })
  for (;;) {
    const chunk = waiting.shift()
    if (chunk !== undefined) {
      if (waiting.length === 0) connection.resume()
      yield chunk
    } else if (state.failure !== undefined) throw state.failure
    else if (state.ended) return
    else await new Promise<void>((resolve) => { state.wake = resolve })
  }
}
