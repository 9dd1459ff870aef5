/**
 * What a database lets run while it is read. To copy a table as it stands runs nothing that was made in the database; to plan a query of it does: the planner works out
 * what is constant in the expressions of indexes, statistics and partition keys, and calls the functions there as whoever reads (PostgreSQL documentation, "Function
 * Volatility Categories"). An account that may read everything must not lend that right to whoever may make a function.
 */
import type { Client } from 'pg'
import { Broken } from '#kit/errors'
import { codeOf } from './postgresCopy.ts'

// Built-in functions have numbers below 16384 (FirstNormalObjectId); compiled ones only a superuser makes. A range type brings functions of the language `internal`.
const own = `select p.oid from pg_proc p join pg_language l on l.oid = p.prolang where p.oid >= 16384 and l.lanname <> 'c'`

/** Tables of which an index, a statistic or a partition key calls what was made in this database, whoever made it: their numbers, as `oid`. */
export const codedTables = `
  select coalesce(i.indrelid, s.stxrelid, d.objid) as oid
  from pg_depend d left join pg_operator o on d.refclassid = 'pg_operator'::regclass and o.oid = d.refobjid
    left join pg_index i on d.classid = 'pg_class'::regclass and i.indexrelid = d.objid
    left join pg_statistic_ext s on d.classid = 'pg_statistic_ext'::regclass and s.oid = d.objid
  where d.classid in ('pg_class'::regclass, 'pg_statistic_ext'::regclass) and d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass)
    and coalesce(o.oprcode::oid, d.refobjid) in (${own})`

/** How a table may be read. */
export interface Reach {
  /** A query of it would run what was made in the database: it may be copied as it stands, and no query planned. */
  readonly coded: boolean
  /** Others inherit from it, or it is made of partitions. */
  readonly parent: boolean
  /** It is a partition, or inherits from another. */
  readonly child: boolean
  /** Its columns, but for those that are worked out from others: these a copy does not give. */
  readonly stored: readonly string[]
}

const reachQuery = `
  with tree as (select c.oid from pg_class c where c.oid = $1::regclass union select relid from pg_partition_tree($1::regclass)), coded as (${codedTables})
  select (pg_identify_object('pg_class'::regclass, $1::regclass, 0)).type in ('table', 'materialized view') as readable, exists (select from tree join coded using (oid)) as coded,
    exists (select from pg_inherits where inhparent = $1::regclass) or exists (select from pg_partitioned_table where partrelid = $1::regclass) as parent,
    exists (select from pg_inherits where inhrelid = $1::regclass) as child,
    array(select attname::text from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum) as stored`

/**
 * Takes hold of a table until the end of the transaction, and says how it may be read. `name` is quoted, `from` how a query names it. To prepare a query locks the table and plans nothing; what its name
 * stands for cannot change after that. Throws `Broken` when it is not there, or a view stands there now, whose query would be run.
 */
export async function takeHold(client: Client, name: string, from: string): Promise<Reach> {
  try {
    await client.query(`prepare bailee_hold as select from ${from}`)
    await client.query('deallocate bailee_hold')
    const { rows: [reach] } = await client.query<Reach & { readonly readable: boolean }>(reachQuery, [name])
    if (reach?.readable === true) return reach
  } catch (cause) {
    throw new Broken('inventory/table-unreadable', `a table could not be read: ${codeOf(cause)}`, { cause })
  }
  throw new Broken('inventory/table-unreadable', 'a view, or a table of another server, stands under its name: to read it would run a query of its owner')
}

/** Said of a table, or of some of its columns. */
export const codeRunsBecause = 'a query of it would run a function that was made in its database, which an index, a statistic or a partition key of it calls'

/** Why a query of this table is not made. */
export const runsCode = (): Broken => new Broken('inventory/runs-code', codeRunsBecause)
