/** Results of `derive` at a client database: what a session asks of its own schema, and what is asked of it from outside. */
import { literal } from '../compile/statements.ts'

/**
 * Asked in the connection of a session, whose user chooses the search path: everything is named whole, nothing is cast. Bytes of all relations with their indexes and
 * long values, how many tables there are, and how many relations are more than a plain table.
 */
export function measureSql(schema: string): string {
  return `SELECT coalesce(pg_catalog.sum(CASE WHEN c.relkind IN ('r', 'p', 'm', 'S') THEN pg_catalog.pg_total_relation_size(c.oid) ELSE 0 END), 0),
    pg_catalog.count(CASE WHEN c.relkind NOT IN ('i', 'S', 't') THEN 1 END), pg_catalog.count(CASE WHEN c.relkind NOT IN ('r', 'i', 'S', 't') OR c.relhassubclass OR c.relhasrules THEN 1 END)
    FROM pg_catalog.pg_class c, pg_catalog.pg_namespace n WHERE n.oid OPERATOR(pg_catalog.=) c.relnamespace AND n.nspname OPERATOR(pg_catalog.=) ${literal(schema)}`
}
