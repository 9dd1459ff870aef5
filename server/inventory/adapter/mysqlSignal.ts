/**
 * What tells that no row of a MariaDB table was changed between two listings. InnoDB keeps, for each table and until the server is started again, when the transaction began that was the last to change it and to end
 * (`update_time`, in whole seconds). One that ends later and began in another second leaves another value there; so whether any is open that began as early is asked as well. What is emptied at once, or
 * exchanged, leaves no time and gets other numbers inside the engine.
 */
import { createHash } from 'node:crypto'

export type Ask = <Row>(sql: string, values?: readonly string[]) => Promise<Row[]>

/** Seconds since 1970, as the server counts them. `updated` is null where nothing was changed since it started. */
export interface TableTimes { readonly db: string; readonly name: string; readonly engine: string; readonly created: string | null; readonly updated: string | null; readonly now: string }

/** Columns of `information_schema.tables` that are `TableTimes`; in a session whose time zone has no summer. */
export const timesColumns = 'unix_timestamp(create_time) as created, unix_timestamp(update_time) as updated, unix_timestamp() as now'

/** The clock of the server and that of its transactions may be read on both sides of a second. */
const settledSeconds = 2

/** Transactions tell when they began by the clock on the wall, which in autumn tells one hour twice. */
const wallSeconds = 3600

/** `numbers`: of each table and its partitions inside the engine, by `db/name`. */
interface ServerState { readonly oldest: number | null; readonly started: string; readonly allKnown: boolean; readonly numbers: ReadonlyMap<string, string> }

/**
 * The signals of tables whose times were asked for before. None of servers other than MariaDB, of other engines, while somebody writes who began before what was last written ended, and for accounts that
 * may not see transactions (PROCESS).
 */
export async function signalsOf(ask: Ask): Promise<(table: TableTimes) => string | undefined> {
  const state = await stateOf(ask)
  return (table) => (state === undefined || table.engine.toUpperCase() !== 'INNODB' ? undefined : signalOf(table, state))
}

function signalOf({ db, name, created, updated, now }: TableTimes, { oldest, started, allKnown, numbers }: ServerState): string | undefined {
  const own = numbers.get(`${db}/${name}`)
  if (own === undefined || created === null) return undefined
  if (updated === null) return allKnown ? `${own} ${created} not since ${started}` : undefined // or it was, and the server knows it no more
  const settled = Number(updated) <= Number(now) - settledSeconds && (oldest === null || oldest - wallSeconds > Number(updated))
  return settled ? `${own} ${created} ${updated}` : undefined
}

interface InnerTable { readonly name: string; readonly id: string | number; readonly space: string | number }

// The engine writes other letters of names in its own way, and partitions behind a number sign.
const innerName = /^([A-Za-z0-9_]+\/[A-Za-z0-9_]+)(?:#.*)?$/

function numbersOf(tables: readonly InnerTable[]): Map<string, string> {
  const named = Map.groupBy(tables, ({ name }) => innerName.exec(name)?.[1] ?? '')
  return new Map([...named].flatMap(([name, own]): [string, string][] => (name === '' ? [] : [[name, createHash('sha256').update(own.map((one) => `${one.name} ${one.id} ${one.space}\n`).sort().join('')).digest('hex').slice(0, 16)]])))
}

/** What is open, and whether the server still knows of every table when it was changed: it forgets tables beyond `table_definition_cache`. */
async function stateOf(ask: Ask): Promise<ServerState | undefined> {
  try {
    const [server] = await ask<{ version: string; started: string; room: string | number }>(`select version() as version, cast(unix_timestamp() - (select variable_value from information_schema.global_status where variable_name = 'UPTIME') as char) as started, @@global.table_definition_cache as room`)
    if (server === undefined || !/mariadb/i.test(server.version)) return undefined
    await ask(`set session time_zone = 'SYSTEM'`)
    const [open] = await ask<{ oldest: string | number | null }>('select min(unix_timestamp(trx_started)) as oldest from information_schema.innodb_trx where trx_is_read_only = 0')
    const tables = await ask<InnerTable>('select name, table_id as id, space from information_schema.innodb_sys_tables')
    if (open === undefined) return undefined
    return { oldest: open.oldest === null ? null : Number(open.oldest), started: server.started, allKnown: tables.length < Number(server.room), numbers: numbersOf(tables) }
  } catch {
    return undefined // without the right to see transactions nothing tells; the table is read all the same
  }
}
