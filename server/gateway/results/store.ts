/** Results of `derive` at a client database: what a session asks of its own schema, and what is asked of it from outside. */
import { literal } from '../compile/statements.ts'

/** Bytes that the catalogue takes for a column, about. */
const columnBytes = 150

/**
 * Asked in the connection of a session, whose user chooses the search path: everything is named whole, nothing is cast. First the bytes of all relations with their indexes
 * and long values, and of what the catalogue keeps of them; then how many tables there are; then how many things are more than plain tables that are the instruction's alone: other
 * relations, tables with parts, rules, triggers, grants, row security, or columns of row types, and functions.
 */
export function measureSql(schema: string): string {
  return `SELECT coalesce(pg_catalog.sum(CASE WHEN c.relkind IN ('r', 'p', 'm', 'S') THEN pg_catalog.pg_total_relation_size(c.oid) ELSE 0 END OPERATOR(pg_catalog.+) (c.relnatts OPERATOR(pg_catalog.*) ${columnBytes})
      OPERATOR(pg_catalog.+) (SELECT coalesce(pg_catalog.sum(pg_catalog.pg_column_size(d.adbin)), 0) FROM pg_catalog.pg_attrdef d WHERE d.adrelid OPERATOR(pg_catalog.=) c.oid)
      OPERATOR(pg_catalog.+) (SELECT coalesce(pg_catalog.sum(pg_catalog.pg_column_size(k.conbin)), 0) FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) c.oid)
      OPERATOR(pg_catalog.+) (SELECT coalesce(pg_catalog.sum(pg_catalog.pg_column_size(x.indexprs)), 0) OPERATOR(pg_catalog.+) coalesce(pg_catalog.sum(pg_catalog.pg_column_size(x.indpred)), 0) FROM pg_catalog.pg_index x WHERE x.indexrelid OPERATOR(pg_catalog.=) c.oid)), 0),
    pg_catalog.count(CASE WHEN c.relkind NOT IN ('i', 'S', 't') THEN 1 END),
    pg_catalog.count(CASE WHEN c.relkind NOT IN ('r', 'i', 'S', 't') OR c.relhassubclass OR c.relhasrules OR c.relrowsecurity OR c.relacl IS NOT NULL
      OR EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) c.oid AND NOT t.tgisinternal)
      OR EXISTS (SELECT FROM pg_catalog.pg_attribute a, pg_catalog.pg_type t WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid AND t.oid OPERATOR(pg_catalog.=) a.atttypid
        AND (a.attacl IS NOT NULL OR t.typtype OPERATOR(pg_catalog.=) 'c' OR EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.oid OPERATOR(pg_catalog.=) t.typelem AND e.typtype OPERATOR(pg_catalog.=) 'c'))) THEN 1 END)
      OPERATOR(pg_catalog.+) (SELECT pg_catalog.count(*) FROM pg_catalog.pg_proc p, pg_catalog.pg_namespace m WHERE m.oid OPERATOR(pg_catalog.=) p.pronamespace AND m.nspname OPERATOR(pg_catalog.=) ${literal(schema)})
    FROM pg_catalog.pg_class c, pg_catalog.pg_namespace n WHERE n.oid OPERATOR(pg_catalog.=) c.relnamespace AND n.nspname OPERATOR(pg_catalog.=) ${literal(schema)}`
}
