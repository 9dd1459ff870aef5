/** The planner's statistics of a table keep some of its values: neither TRUNCATE nor analysing an empty table takes them away. */
import { DatabaseError, type Client } from 'pg'
import { quoteIdentifier, tableAt } from '#inventory'

// Whoever waits for a lock is told so, and the step is run again; all else leaves the statistics, which the search after the erasure finds and says.
const passing = new Set(['55P03', '40P01', '57014'])

interface Relation { readonly oid: number; readonly from: string }

/**
 * Takes the statistics of every column of a locked table, of its partitions, and what is kept of its rows where it inherits from, away, in its transaction. Servers before PostgreSQL 18 drop them only when a column is given a type, also its own again (nothing is
 * rewritten): there a column that something depends on, such as a view, keeps its own, and so do partitions.
 */
export async function clearStatistics(client: Client, relation: Relation): Promise<void> {
  const { rows } = await client.query<{ version: number }>("select current_setting('server_version_num')::int as version")
  // Where databases are hardened nobody but their owners may call functions such as this.
  if ((rows[0]?.version ?? 0) < 180_000 || !(await clearAll(client, relation))) await clearByType(client, relation)
}

/** Of a table by its name; nothing where it is not there any more. */
export async function clearStatisticsAt(client: Client, place: string): Promise<void> {
  const { schema, name } = tableAt(place)
  const { rows } = await client.query<{ oid: number; kind: string }>('select c.oid::int8::int as oid, c.relkind as kind from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = $2', [schema, name])
  for (const { oid, kind } of rows) await clearStatistics(client, { oid, from: `${kind === 'p' ? '' : 'only '}${quoteIdentifier(schema)}.${quoteIdentifier(name)}` })
}

const itsOwn = `select $1::oid as oid union select relid from pg_partition_tree($1::oid::regclass)`
/** What it inherits from has statistics of its rows too. */
const ancestors = `with recursive up as (select inhparent as oid from pg_inherits where inhrelid = $1 union select i.inhparent from pg_inherits i join up on i.inhrelid = up.oid) select oid from up`

/** False where it may not. */
async function clearAll(client: Client, { oid }: Relation): Promise<boolean> {
  const clear = (of: string, inherited: string): Promise<boolean> => tried(client, () => client.query(`
    select pg_clear_attribute_stats(n.nspname::text, c.relname::text, a.attname::text, inherited)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped, (values ${inherited}) s(inherited)
    where c.oid in (${of}) and c.relkind in ('r', 'p', 'm')`, [oid]))
  if (!(await clear(itsOwn, '(false), (true)'))) return false
  await clear(ancestors, '(true)')
  return true
}

async function tried(client: Client, work: () => Promise<unknown>): Promise<boolean> {
  await client.query('savepoint statistics')
  try {
    await work()
    return true
  } catch (cause) {
    if (!(cause instanceof DatabaseError) || passing.has(cause.code ?? '')) throw cause
    await client.query('rollback to savepoint statistics')
    return false
  }
}

async function clearByType(client: Client, { oid, from }: Relation): Promise<void> {
  const { rows } = await client.query<{ name: string; type: string; collation: string | null }>(`
    select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, quote_ident(cn.nspname) || '.' || quote_ident(co.collname) as collation
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_stats s on s.schemaname = n.nspname and s.tablename = c.relname
    join pg_attribute a on a.attrelid = c.oid and a.attname = s.attname
    left join pg_collation co on co.oid = a.attcollation left join pg_namespace cn on cn.oid = co.collnamespace
    where c.oid = $1 order by a.attnum`, [oid])
  for (const { name, type, collation } of rows) await tried(client, () => client.query(`alter table ${from} alter column ${quoteIdentifier(name)} type ${type}${collation === null ? '' : ` collate ${collation}`}`))
}
