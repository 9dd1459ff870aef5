/** The planner's statistics of a table keep some of its values: neither TRUNCATE nor analysing an empty table takes them away. */
import { DatabaseError, type Client } from 'pg'
import { quoteIdentifier } from '#inventory'

// Whoever waits for a lock is told so, and the step is run again; all else leaves the statistics, which the search after the erasure finds and says.
const passing = new Set(['55P03', '40P01', '57014'])

/**
 * Takes the statistics of every column of a locked table away, in its transaction: the database drops them when a column is given a type, also its own
 * again (nothing is rewritten). A column that something depends on, such as a view, keeps its own.
 */
export async function clearStatistics(client: Client, { oid, from }: { readonly oid: number; readonly from: string }): Promise<void> {
  const { rows } = await client.query<{ name: string; type: string; collation: string | null }>(`
    select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, quote_ident(cn.nspname) || '.' || quote_ident(co.collname) as collation
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_stats s on s.schemaname = n.nspname and s.tablename = c.relname
    join pg_attribute a on a.attrelid = c.oid and a.attname = s.attname
    left join pg_collation co on co.oid = a.attcollation left join pg_namespace cn on cn.oid = co.collnamespace
    where c.oid = $1 order by a.attnum`, [oid])
  for (const { name, type, collation } of rows) {
    await client.query('savepoint statistics')
    try {
      await client.query(`alter table ${from} alter column ${quoteIdentifier(name)} type ${type}${collation === null ? '' : ` collate ${collation}`}`)
    } catch (cause) {
      if (!(cause instanceof DatabaseError) || passing.has(cause.code ?? '')) throw cause
      await client.query('rollback to savepoint statistics')
    }
  }
}
