/**
 * Reading a Postgres store: which tables it holds, what their columns are, and their rows as CSV bytes. Everything is read in
 * REPEATABLE READ, READ ONLY transactions, and what this role cannot read whole is said, never skipped in silence.
 */
import type { Client } from 'pg'
import { Broken } from '#kit/errors'
import { codedTables, codeRunsBecause, runsCode, takeHold, type Reach } from './postgresCode.ts'
import { codeOf, copyOut, type RowChange } from './postgresCopy.ts'
import { borrow, giveBack, withClient } from './postgresSession.ts'
import { quotedRow, rewritten } from './postgresText.ts'

export interface TableName {
  readonly schema: string
  readonly name: string
}

export interface Column {
  readonly name: string
  /** As Postgres prints it: `integer`, `character varying(40)`. */
  readonly type: string
}

export interface Table extends TableName {
  readonly kind: 'table' | 'partition' | 'materialised view' | 'foreign table'
  readonly columns: readonly Column[]
  /** Those of type bytea. */
  readonly binary: readonly string[]
  /** Those that are worked out from others. */
  readonly generated: readonly string[]
  /** A query of it would run what was made in the database (`postgresCode.ts`): it is copied as it stands, in one piece, without `generated`. */
  readonly coded: boolean
  /** The planner's estimate; undefined when the table was never analysed. */
  readonly rowsEstimated: number | undefined
  /** On disk: heap, TOAST and indexes. */
  readonly bytes: number
  /** Pages that a scan of its own rows reads; undefined where row ids (`ctid`) are no ranges of pages: before PostgreSQL 14, and other than the heap. */
  readonly pages: number | undefined
  /** Of a partition: the table that it is in the end a part of. */
  readonly root?: TableName
  /** Equal at two listings: no row was changed in between (`signalOf`). */
  readonly signal: string | undefined
  /** True only if this role reads every column of every row. */
  readonly readable: boolean
  /** Why not, when `readable` is false. */
  readonly because?: string
}

/** Something in a store that is not a table this reader can search: an auditor must see it named. */
export interface NotRead {
  readonly place: string
  readonly because: string
}

export interface ReadOptions {
  /** In this order; every column when absent. */
  readonly columns?: readonly string[]
  /** First field of each row: the row's `ctid`, such as `(0,1)`. Valid inside the same snapshot only. */
  readonly withRowIds?: boolean
  /** Columns of bytes: the last fields of each row, in hexadecimal, with or without the prefix `\x`; for `change` to read. */
  readonly hexadecimal?: readonly string[]
  readonly change?: RowChange
  /** Delimited by tabs, not commas: cheaper for the server. Not with `hexadecimal`, nor of a single column, of which an empty row would be none. */
  readonly byTabs?: boolean
  /** Only rows of these pages: from the first up to, and without, the second; to the end without it. Needs `Table.pages`. */
  readonly pages?: { readonly from: number; readonly to: number | undefined }
  /** Rows of its partitions, and of tables that inherit from it, as well. */
  readonly withPartitions?: boolean
  /** Only rows of which this holds: a declared predicate, checked at the door to be comparisons of columns and constants (`isPlainPredicate`). */
  readonly rows?: string
  /** Only rows with this value in the column, or a higher one: as `highest` gave it. */
  readonly since?: { readonly column: string; readonly value: string }
}

/** One REPEATABLE READ transaction: every read sees the same moment. Reads run one after another; one stopped early or failed ends the snapshot. */
export interface Snapshot {
  read(table: TableName, options?: ReadOptions): AsyncIterable<Uint8Array>
  /**
   * The highest value of a column (`isWatermark`) among the rows that `read` gives for these options, as text; undefined when there is none. A moment that is yet to
   * come does not count: all that changes until then would lie below it. Without `since`, also how many rows have no value.
   */
  highest(table: TableName, column: Column, options?: ReadOptions): Promise<{ readonly value: string | undefined; readonly unmarked: number | undefined }>
  /** A name by which other sessions of the same database see this very moment, as long as this one is open. */
  exported(): Promise<string>
  /** Which transactions it holds, as `pg_current_snapshot` tells them; from PostgreSQL 13. */
  transactions(): Promise<string | undefined>
  close(): Promise<void>
}

/** Another word for `'a''b'`: an SQL string that means exactly this text. */
export const quoteLiteral = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** Another word for `"a""b"`: an SQL identifier that means exactly this name. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

interface TableRow {
  schema: string
  name: string
  kind: string
  partition: boolean
  temporary: boolean
  populated: boolean
  rows: string
  bytes: string
  pages: string | null
  signal: string | null
  root: TableName | null
  usable: boolean
  hidden: boolean
  coded: boolean
  copied: boolean
  columns: { name: string; type: string; readable: boolean; binary: boolean; generated: boolean }[]
}

// The signal: counts of changed rows since the server started, which it keeps itself. A change is counted when its transaction ends, and told up to a
// minute later: one that is missed at one listing shows at the next. They are exact only from PostgreSQL 15 (kept in memory), with track_counts, and not on
// a standby, where changes arrive as files.
// Partitioned parents hold no rows: their leaves are listed. Sizes come from the catalogue, so an unreadable table has one too.
const tablesQuery = `
  with coded as (${codedTables})
  select n.nspname as schema, c.relname as name, c.relkind as kind, c.relispartition as partition,
    c.relpersistence = 't' as temporary, c.relispopulated as populated, c.reltuples::text as rows,
    (case when c.relkind = 'f' then 0 else pg_total_relation_size(c.oid) end)::text as bytes,
    (case when c.relkind in ('r', 'm') and am.amname = 'heap' and current_setting('server_version_num')::int >= 140000
      then pg_relation_size(c.oid) / current_setting('block_size')::int end)::text as pages,
    (case when c.relkind in ('r', 'm') and current_setting('server_version_num')::int >= 150000 and current_setting('track_counts')::bool and not pg_is_in_recovery()
      then concat_ws(' ', c.oid, c.relfilenode, c.relnatts, pg_relation_size(c.oid), pg_stat_get_tuples_inserted(c.oid), pg_stat_get_tuples_updated(c.oid),
        pg_stat_get_tuples_deleted(c.oid), extract(epoch from pg_postmaster_start_time()), extract(epoch from pg_stat_get_db_stat_reset_time(d.oid))) end) as signal,
    (case when c.relispartition then (
      with recursive above (oid) as (select inhparent from pg_inherits where inhrelid = c.oid union all select i.inhparent from pg_inherits i join above on i.inhrelid = above.oid)
      select json_build_object('schema', pn.nspname, 'name', p.relname) from above join pg_class p on p.oid = above.oid join pg_namespace pn on pn.oid = p.relnamespace
      where not p.relispartition limit 1) end) as root,
    has_schema_privilege(n.oid, 'usage') as usable, row_security_active(c.oid) as hidden,
    c.oid in (select oid from coded) as coded, c.relkind = 'r' or current_setting('server_version_num')::int >= 180000 as copied,
    coalesce((select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
        'binary', 'bytea'::regtype in (t.oid, t.typbasetype), 'generated', a.attgenerated <> '', 'readable', has_column_privilege(c.oid, a.attnum, 'select')) order by a.attnum)
      from pg_attribute a join pg_type t on t.oid = a.atttypid where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), '[]') as columns
  from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_database d on d.datname = current_database() left join pg_am am on am.oid = c.relam
  where c.relkind in ('r', 'm', 'f') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
    and n.nspname !~ '^pg_toast_temp_' and ($1::text is null or n.nspname = $1) and ($2::text is null or c.relname = $2)
  order by n.nspname, c.relname`

/** What `listTables` lists, in a session that is open. */
export async function queryTables(client: Client, table?: TableName): Promise<Table[]> {
  const { rows } = await client.query<TableRow>(tablesQuery, [table?.schema ?? null, table?.name ?? null])
  return rows.map(tableOf)
}

function tableOf(row: TableRow): Table {
  const because = unreadable(row)
  const estimate = Number(row.rows)
  return {
    schema: row.schema,
    name: row.name,
    kind: row.kind === 'm' ? 'materialised view' : row.kind === 'f' ? 'foreign table' : row.partition ? 'partition' : 'table',
    columns: row.columns.map(({ name, type }) => ({ name, type })),
    binary: row.columns.filter(({ binary }) => binary).map(({ name }) => name),
    generated: row.columns.filter(({ generated }) => generated).map(({ name }) => name),
    coded: row.coded,
    rowsEstimated: estimate < 0 ? undefined : estimate,
    bytes: Number(row.bytes),
    ...(row.root === null ? {} : { root: row.root }),
    pages: row.pages === null || row.coded ? undefined : Number(row.pages),
    signal: row.signal ?? undefined,
    readable: because === undefined,
    ...(because === undefined ? {} : { because }),
  }
}

function unreadable(row: TableRow): string | undefined {
  const closed = row.columns.filter((column) => !column.readable).length
  if (row.kind === 'f') return 'a foreign table: its rows live in another store'
  if (row.temporary) return 'a temporary table of another session'
  if (!row.usable) return 'this role may not use the schema'
  if (closed > 0) return `this role may not select ${closed} of ${row.columns.length} columns`
  if (row.hidden) return 'row-level security hides rows from this role'
  if (row.coded && !row.copied) return codeRunsBecause
  if (row.kind === 'm' && !row.populated) return 'a materialised view that was never filled'
  return undefined
}

/**
 * Every ordinary table, partition leaf, materialised view and foreign table outside the system schemas, readable or not, by
 * schema and name. Throws `Broken` when the store cannot be opened.
 */
export async function listTables(url: string): Promise<Table[]> {
  return withClient(url, (client) => queryTables(client))
}

/** How a table may be read. Throws `Broken` when it is not there or cannot be read. */
export async function reachOf(url: string, table: TableName): Promise<Reach> {
  return withClient(url, (client) => takeHold(client, nameOf(table), nameOf(table)))
}

/** The columns of one table in their order; undefined when there is no such table. */
export async function columnsOf(url: string, table: TableName): Promise<readonly Column[] | undefined> {
  return withClient(url, async (client) => (await client.query<Column>(
    `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type
     from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
     where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p', 'm', 'v', 'f') and a.attnum > 0 and not a.attisdropped
     order by a.attnum`,
    [table.schema, table.name],
  )).rows).then((columns) => (columns.length === 0 ? undefined : columns))
}

/** Columns whose values the server compares by itself: of its own types, and of enumerations that nothing turns into another type. */
export async function columnsCompared(url: string, table: TableName): Promise<ReadonlySet<string>> {
  return withClient(url, (client) => comparedIn(client, table))
}

/** What `columnsCompared` tells, in a session that is open. */
export async function comparedIn(client: Client, table: TableName): Promise<ReadonlySet<string>> {
  return new Set((await client.query<{ name: string }>(
    `with recursive base as (
       select a.attname as name, t.oid, t.typtype, t.typbasetype from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
         join pg_type t on t.oid = a.atttypid where n.nspname = $1 and c.relname = $2 and a.attnum > 0 and not a.attisdropped
       union all select b.name, t.oid, t.typtype, t.typbasetype from base b join pg_type t on b.typtype = 'd' and t.oid = b.typbasetype)
     select name from base b where typtype <> 'd' and (b.oid < 16384 or typtype = 'e' and not exists (select from pg_cast where castsource = b.oid))`,
    [table.schema, table.name],
  )).rows.map(({ name }) => name))
}

/** What `template0` is left out for: made by the server for itself, closed, and as far as the server counted nothing was ever written in it, nor was the count begun anew. */
const untouched = `(datname = 'template0' and datistemplate and not datallowconn and not exists (select from pg_stat_database s where s.datid = d.oid and (s.tup_inserted + s.tup_updated > 0 or s.stats_reset is not null)))`

/** The other databases of the server, templates too: what is put into one is in every database that is made from it. */
export async function listBesides(url: string): Promise<(NotRead & { readonly name: string; readonly open: boolean })[]> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ name: string; open: boolean }>(
      `select datname as name, datallowconn as open from pg_database d where datname <> current_database() and not ${untouched} order by 1`)
    return rows.map(({ name, open }) => ({ name, open, place: `database ${name}`, because: `another database of this server, ${open ? 'not declared and not readable' : 'which lets nobody in; to have it read: alter database ... allow_connections true'}` }))
  })
}

/**
 * Opens one read-only moment of the store: now, or the one that another open snapshot of the same database `exported`. Throws `Broken` when it cannot be opened; a read throws `Broken` when the table cannot
 * be read to its end.
 */
export async function openSnapshot(url: string, moment?: string): Promise<Snapshot> {
  const client = await borrow(url)
  let reading = 0
  try {
    await client.query('begin isolation level repeatable read, read only')
    if (moment !== undefined) await client.query(`set transaction snapshot ${quoteLiteral(moment)}`)
  } catch (cause) {
    await client.end()
    throw new Broken('inventory/store-unreachable', `a Postgres store gives no snapshot: ${codeOf(cause)}`, { cause })
  }
  return {
    exported: async () => (await client.query<{ name: string }>('select pg_export_snapshot() as name')).rows[0]?.name ?? '',
    transactions: async () => (await client.query<{ moment: string | null }>(`select case when current_setting('server_version_num')::int >= 130000 then pg_current_snapshot()::text end as moment`)).rows[0]?.moment ?? undefined,
    read: async function* (table, options = {}) {
      reading += 1
      yield* copyTable(client, table, options)
      reading -= 1 // not reached when it is stopped early, or fails
    },
    highest: (table, column, options = {}) => highestOf(client, { table, column, options }),
    close: () => (reading === 0 ? giveBack(url, client) : client.end()), // an open transaction ends with its connection; nothing was written
  }
}

/**
 * The rows of one table as CSV bytes (RFC 4180 quoting, `\n` line ends, no header, NULL as an empty unquoted field), as of one
 * moment. Rows of inheriting tables are not included: they are tables of their own. Stopping early closes the connection.
 */
export async function* readTable(url: string, table: TableName, options: ReadOptions = {}): AsyncGenerator<Uint8Array> {
  const snapshot = await openSnapshot(url)
  try {
    yield* snapshot.read(table, options)
  } finally {
    await snapshot.close()
  }
}

async function* copyTable(client: Client, table: TableName, options: ReadOptions): AsyncGenerator<Uint8Array> {
  const reach = await takeHold(client, nameOf(table), sourceOf(table, options))
  const rows = reach.coded ? asItStands(table, options, reach) : queryOf(table, options)
  if (options.byTabs === true) yield* copyOut(client, `copy ${rows} to stdout (format text, null '', encoding 'UTF8')`, { with: rewritten, change: quotedRow })
  else yield* copyOut(client, `copy ${rows} to stdout (format csv, encoding 'UTF8')`, options.change)
}

function queryOf(table: TableName, options: ReadOptions): string {
  const columns = options.columns === undefined ? ['*'] : options.columns.map(quoteIdentifier)
  const hexadecimal = (options.hexadecimal ?? []).map((name) => `encode(${quoteIdentifier(name)}, 'hex')`)
  const selected = [...(options.withRowIds === true ? ['ctid'] : []), ...columns, ...hexadecimal].join(', ')
  return `(select ${selected} from ${sourceOf(table, options)}${whereOf(options)})`
}

/** The whole table without a plan. Throws `Broken` for what only a query gives: some of its rows, their ids, those of other tables. */
function asItStands(table: TableName, options: ReadOptions, { parent, stored }: Reach): string {
  if (options.withRowIds === true || whereOf(options) !== '' || (options.withPartitions === true && parent)) throw runsCode()
  return `${nameOf(table)} (${[...(options.columns ?? stored), ...(options.hexadecimal ?? [])].map(quoteIdentifier).join(', ')})`
}

/** As a statement names it. */
export const nameOf = (table: TableName): string => `${quoteIdentifier(table.schema)}.${quoteIdentifier(table.name)}`

const sourceOf = (table: TableName, { withPartitions }: ReadOptions): string => `${withPartitions === true ? '' : 'only '}${nameOf(table)}`

const momentTypes = /^(date|timestamp)\b/

/** Whether a column of this type can tell which rows were changed since: a moment or a whole number, which only grow. */
export const isWatermark = ({ type }: Column): boolean => momentTypes.test(type) || /^(smallint|integer|bigint)$/.test(type)

interface Highest { readonly table: TableName; readonly column: Column; readonly options: ReadOptions }

async function highestOf(client: Client, { table, column, options }: Highest): Promise<{ value: string | undefined; unmarked: number | undefined }> {
  const name = quoteIdentifier(column.name)
  const past = momentTypes.test(column.type) ? `${name} <= now()` : 'true'
  const asked = options.since === undefined ? `max(${name}) filter (where ${past})::text as value, count(*) filter (where ${name} is null) as unmarked` : `max(${name})::text as value`
  const where = options.since === undefined ? whereOf(options) : `${whereOf(options)} and ${past}`
  if ((await takeHold(client, nameOf(table), sourceOf(table, options))).coded) throw runsCode()
  try {
    const { rows: [row] } = await client.query<{ value: string | null; unmarked?: string }>(`select ${asked} from ${sourceOf(table, options)}${where}`)
    return { value: row?.value ?? undefined, unmarked: row?.unmarked === undefined ? undefined : Number(row.unmarked) }
  } catch (cause) {
    throw new Broken('inventory/table-unreadable', `a table could not be asked how far its rows reach: ${codeOf(cause)}`, { cause })
  }
}

function whereOf({ pages, rows, since }: ReadOptions): string {
  const conditions = [
    ...(pages === undefined ? [] : [`ctid >= '(${pages.from},0)'::tid`]), ...(pages?.to === undefined ? [] : [`ctid < '(${pages.to},0)'::tid`]),
    ...(rows === undefined ? [] : [`(${rows})`]), ...(since === undefined ? [] : [`${quoteIdentifier(since.column)} >= ${quoteLiteral(since.value)}`]),
  ]
  return conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`
}
