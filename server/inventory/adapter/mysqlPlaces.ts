/** A MariaDB or MySQL server as a store: the tables of every database that the account sees, those of the server itself, and the texts of its definitions. */
import { Broken } from '#kit/errors'
import { printPlace } from '../place.ts'
import { openMoment, readMysql, selectOf, withMysql, type KeyRange, type MysqlTable } from './mysql.ts'
import { quoteName, type MysqlColumn } from './mysqlName.ts'
import { partlyPacked, type PackedCells } from './packedCell.ts'
import type { PartOrUnread } from './part.ts'
import type { NotRead } from './postgres.ts'
import { signalsOf, timesColumns, type Ask, type TableTimes } from './mysqlSignal.ts'
import { oneUnit, wholeUnit, type Held, type ListedPlace, type Listing } from './searchable.ts'

/** Bytes of rows in one unit, as the engine estimates them: seconds to read, so that no snapshot is held long. */
const unitBytes = 256 * 1024 ** 2

/** Units of one place: more would only cost in keeping them. Beyond this they grow. */
const unitsMax = 1024

interface TableRow extends Omit<TableTimes, 'engine'> { readonly type: string; readonly engine: string | null; readonly bytes: string | number | null; readonly versioned: number }

// Engines whose rows lie elsewhere, or nowhere.
const elsewhere: Readonly<Record<string, string>> = {
  FEDERATED: 'its rows live in another store', CONNECT: 'its rows live in another store', SPIDER: 'its rows live in another store', S3: 'its rows live in a bucket',
  MRG_MYISAM: 'it has no rows of its own: those of other tables', BLACKHOLE: 'it keeps no rows',
}

/**
 * Every base table as a place, and what cannot be read. `unitBytes`: of one unit of a table whose primary key is one integer. Throws `Broken` when the
 * server cannot be opened.
 */
export async function listMysql(url: string, limits: { readonly unitBytes?: number } = {}): Promise<Listing> {
  return withMysql(url, async (ask) => {
    const places: ListedPlace[] = []
    const notRead: NotRead[] = await unseen(ask)
    const [columns, keys] = [await columnsOf(ask), await keysOf(ask)]
    const rows = await tablesOf(ask)
    const signalOf = await signalsOf(ask)
    for (const row of rows) {
      const place = printPlace({ schema: row.db, name: row.name })
      const because = row.engine === null ? 'its engine is not there, or the table is damaged' : elsewhere[row.engine.toUpperCase()]
      const mine = columns.get(`${row.db}\0${row.name}`)
      if (because !== undefined) notRead.push({ place, because })
      else if (mine === undefined) notRead.push({ place, because: 'this account may not see its columns' })
      else places.push(await placeOf(url, { ...tableOf(row, mine), key: keys.get(`${row.db}\0${row.name}`) }, { ask, unitBytes: limits.unitBytes ?? unitBytes, signal: signalOf({ ...row, engine: row.engine ?? '' }) }))
    }
    return { places: [...places, ...await definitionPlaces(url, ask)], notRead }
  })
}

/** What an account does not see, it is not told of: without SELECT on everything a listing may be too short. */
async function unseen(ask: Ask): Promise<NotRead[]> {
  const grants = (await ask<Record<string, string>>('show grants')).map((row) => String(Object.values(row)[0]))
  if (grants.some((grant) => /^GRANT (ALL PRIVILEGES|([A-Z ]+, )*SELECT(, [A-Z ]+)*) ON \*\.\* /.test(grant))) return []
  return [{ place: '*', because: 'this account may not select from every table of the server, and what it may not, it is not shown: grant it SELECT on *.*' }]
}

async function tablesOf(ask: Ask): Promise<TableRow[]> {
  await ask(`set session time_zone = '+00:00'`)
  return ask<TableRow>(`
  select table_schema as db, table_name as name, table_type as type, engine, coalesce(data_length, 0) as bytes, table_type = 'SYSTEM VERSIONED' as versioned, ${timesColumns}
  from information_schema.tables where table_type in ('BASE TABLE', 'SYSTEM VERSIONED') and table_schema not in ('information_schema', 'performance_schema')
  order by table_schema, table_name`)
}

const tableOf = (row: TableRow, columns: readonly MysqlColumn[]): MysqlTable =>
  ({ database: row.db, name: row.name, engine: row.engine ?? '', columns, bytes: Number(row.bytes), versioned: Number(row.versioned) === 1, key: undefined })

async function columnsOf(ask: Ask): Promise<Map<string, MysqlColumn[]>> {
  const rows = await ask<{ db: string; tab: string; name: string; type: string }>(`
    select table_schema as db, table_name as tab, column_name as name, data_type as type from information_schema.columns order by table_schema, table_name, ordinal_position`)
  return new Map([...Map.groupBy(rows, (row) => `${row.db}\0${row.tab}`)].map(([table, columns]) => [table, columns.map(({ name, type }) => ({ name, type: type.toLowerCase() }))]))
}

/** The primary keys of one integer column, by table. */
async function keysOf(ask: Ask): Promise<Map<string, string>> {
  const rows = await ask<{ db: string; tab: string; name: string }>(`
    select k.table_schema as db, k.table_name as tab, min(k.column_name) as name from information_schema.key_column_usage k
    join information_schema.columns c on c.table_schema = k.table_schema and c.table_name = k.table_name and c.column_name = k.column_name
    where k.constraint_name = 'PRIMARY' group by k.table_schema, k.table_name
    having count(*) = 1 and min(c.data_type) in ('tinyint', 'smallint', 'mediumint', 'int', 'bigint')`)
  return new Map(rows.map((row) => [`${row.db}\0${row.tab}`, row.name]))
}

interface Placing { readonly ask: Ask; readonly unitBytes: number; readonly signal: string | undefined }

async function placeOf(url: string, table: MysqlTable, { ask, unitBytes, signal }: Placing): Promise<ListedPlace> {
  const units = await unitsOf(table, { ask, unitBytes })
  const [kind, columns] = [`${table.engine} table`, table.columns.map(({ name }) => name)]
  return {
    place: printPlace({ schema: table.database, name: table.name }), bytes: table.bytes, signal, units: () => units,
    open: (unit) => partsOf({ read: (seen) => readMysql(url, selectOf(table, rangeOf(unit)), seen), kind, columns }),
    ...(transacts.has(table.engine.toUpperCase()) ? {
      hold: async (): Promise<Held> => {
        const moment = await openMoment(url)
        return { open: (unit) => partsOf({ read: (seen) => moment.read(selectOf(table, rangeOf(unit)), seen), kind, columns }), close: () => { moment.close(); return Promise.resolve() } }
      },
    } : {}),
  }
}

/** Engines whose tables are as of one moment in a transaction. */
const transacts = new Set(['INNODB', 'ROCKSDB', 'TOKUDB'])

/** Ranges of the key of equal width: `key 1000..2000`, the first and the last without an end, so that every row is in one. */
async function unitsOf(table: MysqlTable, { ask, unitBytes }: Omit<Placing, 'signal'>): Promise<readonly string[]> {
  const count = Math.min(unitsMax, Math.ceil(table.bytes / unitBytes))
  if (table.key === undefined || table.versioned || count <= 1) return oneUnit()
  const key = quoteName(table.key)
  const [ends] = await ask<{ low: string | null; high: string | null }>(`select cast(min(${key}) as char) as low, cast(max(${key}) as char) as high from ${quoteName(table.database)}.${quoteName(table.name)}`).catch(() => [])
  if (ends === undefined || ends.low === null || ends.high === null) return oneUnit()
  const [low, high] = [BigInt(ends.low), BigInt(ends.high)]
  const width = (high - low) / BigInt(count) + 1n
  const bounds = Array.from({ length: count - 1 }, (_, index) => low + width * BigInt(index + 1)).filter((bound) => bound <= high)
  return ['', ...bounds].map((from, index) => `key ${from}..${bounds[index] ?? ''}`)
}

const unitPattern = /^key (-?\d{1,20})?\.\.(-?\d{1,20})?$/

function rangeOf(unit: string): KeyRange {
  if (unit === wholeUnit) return { from: undefined, to: undefined }
  const match = unitPattern.exec(unit)
  if (match === null) throw new Broken('inventory/no-unit', 'a unit of a table is named as none is')
  return { from: match[1], to: match[2] }
}

interface Rows { readonly read: (seen: PackedCells) => AsyncGenerator<Uint8Array>; readonly kind: string; readonly columns: readonly string[] }

async function* partsOf({ read, kind, columns }: Rows): AsyncGenerator<PartOrUnread> {
  const seen: PackedCells = { packed: 0 }
  const bytes = read(seen)
  try {
    yield { name: '', kind, shape: 'rows', delimiter: ',', columns, bytes, partly: () => partlyPacked(seen) }
  } finally {
    await bytes.return(undefined)
  }
}

// Where constants are written into definitions; histograms of MySQL. MariaDB's statistics and events are tables of `mysql`.
const definitions: Readonly<Record<string, readonly string[]>> = {
  views: ['table_name', 'view_definition'], triggers: ['trigger_name', 'action_statement'], routines: ['routine_name', 'routine_definition', 'routine_comment'],
  events: ['event_name', 'event_definition', 'event_comment'], partitions: ['partition_description', 'partition_comment'], tables: ['table_comment'],
  columns: ['column_default', 'column_type', 'column_comment', 'generation_expression'], column_statistics: ['histogram'],
}

async function definitionPlaces(url: string, ask: Ask): Promise<ListedPlace[]> {
  const there = await ask<{ tab: string; name: string }>(`select lower(table_name) as tab, lower(column_name) as name from information_schema.columns where lower(table_schema) = 'information_schema'`)
  const found = Map.groupBy(there, ({ tab }) => tab)
  return Object.entries(definitions).flatMap(([view, wanted]): ListedPlace[] => {
    const columns = wanted.filter((name) => found.get(view)?.some((one) => one.name === name) === true)
    const sql = `select ${columns.map(quoteName).join(', ')} from information_schema.${view}${view === 'column_statistics' ? '' : ` where ${view === 'triggers' ? 'trigger_schema' : view === 'routines' ? 'routine_schema' : view === 'events' ? 'event_schema' : 'table_schema'} not in ('information_schema', 'performance_schema', 'sys')`}`
    return columns.length === 0 ? [] : [{ place: printPlace({ schema: 'information_schema', name: view }), units: oneUnit, open: () => partsOf({ read: (seen) => readMysql(url, sql, seen), kind: 'definitions', columns }) }]
  })
}
