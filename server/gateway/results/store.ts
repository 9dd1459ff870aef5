/** Results of `derive` at a client database: what a session asks of its own schema, and what is asked of it from outside. */
import { closeResults, literal } from '../compile/statements.ts'
import type { Administration } from '../compile/store.ts'
import type { ResultTable } from '../doorkeeper.ts'

/** Bytes that the catalogue takes for a column, about. */
const columnBytes = 150

/**
 * Asked in the connection of a session, whose user chooses the search path: everything is named whole, nothing is cast. First the bytes of all relations with their indexes
 * and long values, and of what the catalogue keeps of them; then how many things are more than plain tables that are the instruction's alone: other
 * relations, tables with parts, rules, triggers, grants, row security, or columns of row types, and functions; then the tables as JSON, each with its columns.
 */
export function measureSql(schema: string): string {
  return `SELECT coalesce(pg_catalog.sum(CASE WHEN c.relkind IN ('r', 'p', 'm', 'S') THEN pg_catalog.pg_total_relation_size(c.oid) ELSE 0 END OPERATOR(pg_catalog.+) (c.relnatts OPERATOR(pg_catalog.*) ${columnBytes})
      OPERATOR(pg_catalog.+) (SELECT coalesce(pg_catalog.sum(pg_catalog.pg_column_size(d.adbin)), 0) FROM pg_catalog.pg_attrdef d WHERE d.adrelid OPERATOR(pg_catalog.=) c.oid)
      OPERATOR(pg_catalog.+) (SELECT coalesce(pg_catalog.sum(pg_catalog.pg_column_size(k.conbin)), 0) FROM pg_catalog.pg_constraint k WHERE k.conrelid OPERATOR(pg_catalog.=) c.oid)
      OPERATOR(pg_catalog.+) (SELECT coalesce(pg_catalog.sum(pg_catalog.pg_column_size(x.indexprs)), 0) OPERATOR(pg_catalog.+) coalesce(pg_catalog.sum(pg_catalog.pg_column_size(x.indpred)), 0) FROM pg_catalog.pg_index x WHERE x.indexrelid OPERATOR(pg_catalog.=) c.oid)), 0),
    pg_catalog.count(CASE WHEN c.relkind NOT IN ('r', 'i', 'S', 't') OR c.relhassubclass OR c.relhasrules OR c.relrowsecurity OR c.relacl IS NOT NULL
      OR EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid OPERATOR(pg_catalog.=) c.oid AND NOT t.tgisinternal)
      OR EXISTS (SELECT FROM pg_catalog.pg_attribute a, pg_catalog.pg_type t WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid AND t.oid OPERATOR(pg_catalog.=) a.atttypid
        AND (a.attacl IS NOT NULL OR t.typtype OPERATOR(pg_catalog.=) 'c' OR EXISTS (SELECT FROM pg_catalog.pg_type e WHERE e.oid OPERATOR(pg_catalog.=) t.typelem AND e.typtype OPERATOR(pg_catalog.=) 'c'))) THEN 1 END)
      OPERATOR(pg_catalog.+) (SELECT pg_catalog.count(*) FROM pg_catalog.pg_proc p, pg_catalog.pg_namespace m WHERE m.oid OPERATOR(pg_catalog.=) p.pronamespace AND m.nspname OPERATOR(pg_catalog.=) ${literal(schema)}),
    coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(c.relname, (SELECT coalesce(pg_catalog.json_agg(a.attname ORDER BY a.attnum), '[]') FROM pg_catalog.pg_attribute a
      WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped)) ORDER BY c.relname) FILTER (WHERE c.relkind NOT IN ('i', 'S', 't')), '[]')
    FROM pg_catalog.pg_class c, pg_catalog.pg_namespace n WHERE n.oid OPERATOR(pg_catalog.=) c.relnamespace AND n.nspname OPERATOR(pg_catalog.=) ${literal(schema)}`
}

/** A schema of results as its database has it. */
export interface ResultSchema {
  readonly schema: string
  /** The instruction that it was made for, by its comment; null: that is not there. */
  readonly instruction: string | null
  /** It belongs to the login of `gateway_url`. */
  readonly own: boolean
  /** The role of its instruction may use it. */
  readonly open: boolean
  readonly tables: readonly ResultTable[]
}

/** Every schema of results, whomever it belongs to, with what is in it, as it is committed. */
export async function listResults(database: Administration): Promise<ResultSchema[]> {
  const found = await database.run(`SELECT n.nspname AS schema, substring(obj_description(n.oid, 'pg_namespace') FROM '^Bailee: results derived under instruction (.+)$') AS instruction,
      pg_get_userbyid(n.nspowner) = current_user AS own,
      EXISTS (SELECT FROM aclexplode(n.nspacl) a JOIN pg_roles r ON r.oid = a.grantee WHERE r.rolname = 'ins_' || substring(n.nspname FROM 5)) AS open,
      coalesce(json_agg(json_build_object('name', c.relname, 'columns', (SELECT coalesce(json_agg(a.attname ORDER BY a.attnum), '[]') FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))
        ORDER BY c.relname) FILTER (WHERE c.relkind IN ('r', 'p', 'm', 'f', 'v')), '[]') AS tables
    FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid
    WHERE n.nspname LIKE 'der\\_%' GROUP BY n.oid ORDER BY n.nspname`)
  return found as unknown as ResultSchema[]
}

/** Takes a schema of results back from its instruction, or drops it; resolves to whether that was done. What fails is left to the next look. */
export async function closeSchema(database: Administration, schema: string, how: 'revoke' | 'drop'): Promise<boolean> {
  return await database.together([closeResults(schema)[how]]) === undefined
}
