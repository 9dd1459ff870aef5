/** A table of MariaDB or MySQL by the names of its columns, as a dataset is declared: all of its rows, or those that changed since. */
import { Broken } from '#kit/errors'
import { openMoment, readMysql, selectOf, withMysql, type MysqlTable, type Moment } from './mysql.ts'
import { quoteName, type MysqlColumn } from './mysqlName.ts'
import { codeOf } from './postgresCopy.ts'

type Named = Pick<MysqlTable, 'database' | 'name'>

/** Columns of a table; none where it is not there, or this account may not see it. Throws `Broken` when the store cannot be asked. */
export async function mysqlColumnsOf(url: string, table: Named): Promise<MysqlColumn[]> {
  return withMysql(url, (ask) => ask<MysqlColumn>('select column_name as name, lower(data_type) as type from information_schema.columns where table_schema = ? and table_name = ?', [table.database, table.name]))
}

const momentTypes = ['date', 'datetime', 'timestamp']

/** Whether a column of this type can tell which rows were changed since: a moment or a whole number, which only grow. */
export const isMysqlWatermark = ({ type }: MysqlColumn): boolean => momentTypes.includes(type) || /^(tiny|small|medium|big)?int$/.test(type)

/** What tells which rows changed. */
export interface MysqlMarked {
  readonly column: MysqlColumn
  /** Only rows with this value in the column, or a higher one: as `seen` had it. All when left out. */
  readonly since: string | undefined
  /** What the column showed at the moment of which the rows are: its highest value that is not yet to come; where all rows were read, how many have none. */
  readonly seen: { value?: string | undefined; unmarked?: number | undefined }
}

/**
 * Columns of one table in this order, its rows as they are now. Throws as `readMysql` does, and `Broken` when the table or a column is not there or not to be seen by
 * this account.
 */
export async function* readMysqlTable(url: string, table: Named, columns: readonly string[], marked?: MysqlMarked): AsyncGenerator<Uint8Array> {
  const there = await mysqlColumnsOf(url, table)
  const found = columns.flatMap((name) => there.find((column) => column.name === name) ?? [])
  if (found.length < columns.length) throw new Broken('inventory/table-unreadable', there.length === 0 ? 'the table is not there, or this account may not see it' : `${columns.length - found.length} of its columns are not there, or this account may not see them`)
  const sql = selectOf({ ...table, engine: '', columns: found, bytes: 0, versioned: false, key: undefined }, { from: undefined, to: undefined })
  if (marked === undefined) yield* readMysql(url, sql)
  else yield* readMarked(url, { table, sql }, marked)
}

async function* readMarked(url: string, { table, sql }: { readonly table: Named; readonly sql: string }, marked: MysqlMarked): AsyncGenerator<Uint8Array> {
  const moment = await openMoment(url)
  try {
    Object.assign(marked.seen, await highestIn(moment, table, marked).catch((cause: unknown) => {
      throw new Broken('inventory/table-unreadable', `the watermark of a table could not be asked for: ${codeOf(cause)}`, { cause })
    }))
    yield* moment.read(`${sql}${sinceOf(marked)}`)
  } finally {
    moment.close()
  }
}

/** A value of the column as it was read: digits, and what stands between those of a moment. */
function sinceOf({ column, since }: MysqlMarked): string {
  if (since === undefined) return ''
  if (!/^[-0-9:. ]+$/.test(since)) throw new Broken('inventory/table-unreadable', 'the watermark that was kept is none')
  return ` where ${quoteName(column.name)} >= ${momentTypes.includes(column.type) ? `'${since}'` : since}`
}

/** Timestamps are written and compared in one zone of time, whatever the server's is by then. */
async function highestIn(moment: Moment, table: Named, marked: MysqlMarked): Promise<MysqlMarked['seen']> {
  const { column, since } = marked
  if (column.type === 'timestamp') await moment.ask("set time_zone = '+00:00'")
  const name = quoteName(column.name)
  const past = momentTypes.includes(column.type) ? `${name} <= ${column.type === 'date' ? 'current_date()' : 'now(6)'}` : 'true'
  const where = since === undefined ? '' : `${sinceOf(marked)} and ${past}`
  const [row] = await moment.ask<{ value: string | null; unmarked: string | number }>(`select cast(max(case when ${past} then ${name} end) as char) as value, sum(${name} is null) as unmarked from ${quoteName(table.database)}.${quoteName(table.name)}${where}`)
  return { value: row?.value ?? undefined, ...(since === undefined ? { unmarked: Number(row?.unmarked ?? 0) } : {}) }
}
