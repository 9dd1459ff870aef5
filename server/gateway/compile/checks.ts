/**
 * What is verified, by query, before an instruction is opened at a client database. Each check is a query that returns what is
 * wrong, one line each: `what` (a sentence naming objects, never a value) and `fix` (a statement for whoever administers the
 * database, or null). No line: nothing found.
 *
 * Parameters of every query: $1 the compiled role, $2 the tables as JSON `[{ schema, table, columns, reads, writes, erases, derives }]`, $3 the session group.
 * Written for PostgreSQL 15 to 18; privileges are asked with `has_*_privilege`, so that what PUBLIC, the group and every
 * inherited membership give counts as well.
 */

import { mustBeClosed, reachingExtensions } from './stock.ts'

export interface Check {
  /** Names the check in evidence. */
  readonly code: string
  readonly sql: string
}

/** What objects made after initdb have at least as their oid (FirstNormalObjectId). */
const firstOid = 16_384

/** Extensions whose functions compute from their arguments alone and reach nothing. Every other one must be closed to PUBLIC. */
const harmlessExtensions = [
  'plpgsql', 'btree_gin', 'btree_gist', 'citext', 'cube', 'earthdistance', 'fuzzystrmatch', 'hstore', 'intarray', 'isn', 'ltree', 'pg_trgm',
  'pgcrypto', 'seg', 'unaccent', 'uuid-ossp', 'vector',
]

const secretRelations = [
  'pg_authid', 'pg_shadow', 'pg_statistic', 'pg_statistic_ext_data', 'pg_user_mapping', 'pg_largeobject', 'pg_hba_file_rules', 'pg_file_settings',
  'pg_ident_file_mappings', 'pg_config', 'pg_backend_memory_contexts', 'pg_shmem_allocations', 'pg_replication_origin_status',
]

const list = (texts: readonly string[]): string => texts.map((text) => `'${text}'`).join(', ')

const plan = `plan AS (
  SELECT p.schema, p."table", p.columns, p.reads, p.writes, p.erases, p.derives, c.oid, c.relkind, c.relowner, c.reloptions
  FROM jsonb_to_recordset($2::jsonb) AS p(schema text, "table" text, columns jsonb, reads boolean, writes boolean, erases boolean, derives boolean)
  LEFT JOIN pg_namespace n ON n.nspname = p.schema LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = p."table")`

/** Of `pg_proc p`: the extension `e` that it came with, if any. */
const extensionOf = `LEFT JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass
      LEFT JOIN pg_extension e ON e.oid = d.refobjid`

/** Of `pg_proc p`: the word by which GRANT and REVOKE take it. */
const kindOfRoutine = `CASE p.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END`

/** The schema of the role's own results, where it has one; null otherwise. */
const results = `(SELECT 'der_' || substr(given.role, 5) FROM given WHERE EXISTS (SELECT FROM plan WHERE derives))`

/** The parts of the plan's tables, and their parts. */
const parts = `, parts AS (SELECT plan.schema, plan."table", i.inhrelid AS part FROM plan JOIN pg_inherits i ON i.inhparent = plan.oid
  UNION SELECT parts.schema, parts."table", i.inhrelid FROM parts JOIN pg_inherits i ON i.inhparent = parts.part)`

/** Every query mentions all three parameters, so that their types are always known. */
const given = (body: string): string => `WITH RECURSIVE given AS (SELECT $1::text AS role, $2::jsonb AS tables, $3::text AS grp), ${plan} ${body}`

/** Of `aclexplode(...) a`: whom something is granted to, and whether that is everybody or another role of ours. */
const grantee = `CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END`
const ofOthers = `(a.grantee = 0 OR pg_get_userbyid(a.grantee) <> given.role AND (pg_get_userbyid(a.grantee) = given.grp
        OR EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = a.grantee AND g.rolname = given.grp)))`

export const checks: readonly Check[] = [
  {
    code: 'role/attributes',
    sql: given(`SELECT format('role %I has an attribute that opens more than its grants', rolname) AS what,
      format('ALTER ROLE %I NOLOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB NOREPLICATION NOBYPASSRLS', rolname) AS fix
      FROM pg_roles, given WHERE rolname IN (given.role, given.grp) AND (rolcanlogin OR rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)`),
  },
  {
    code: 'role/memberships',
    sql: given(`SELECT format('role %I is a member of %I', m.rolname, g.rolname) AS what, format('REVOKE %I FROM %I', g.rolname, m.rolname) AS fix
      FROM given CROSS JOIN pg_auth_members a JOIN pg_roles m ON m.oid = a.member JOIN pg_roles g ON g.oid = a.roleid
      WHERE m.rolname IN (given.role, given.grp) AND NOT (m.rolname = given.role AND g.rolname = given.grp)`),
  },
  {
    code: 'table/missing',
    sql: given(`SELECT format('table %I.%I does not exist', schema, "table") AS what, null::text AS fix FROM plan WHERE oid IS NULL
      UNION ALL SELECT format('column %I of table %I.%I does not exist', k.name, schema, "table"), null
      FROM plan, LATERAL jsonb_array_elements_text(columns) AS k(name)
      WHERE oid IS NOT NULL AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = plan.oid AND a.attname = k.name AND a.attnum > 0 AND NOT a.attisdropped)`),
  },
  {
    code: 'table/kind',
    sql: given(`${parts} SELECT format('%I.%I is not a table; a view shows what its owner may read unless it is security_invoker', schema, "table") AS what, null::text AS fix
      FROM plan WHERE oid IS NOT NULL AND relkind NOT IN ('r', 'p')
      AND NOT (relkind = 'v' AND 'security_invoker=true' = ANY (coalesce(reloptions, '{}')))
      UNION ALL SELECT format('%s is a part of %I.%I and %s', c.oid::regclass, schema, "table", CASE WHEN c.relkind = 'f' THEN 'lies elsewhere (foreign table)' ELSE 'has row security of its own, which does not hold when it is read as a part' END), null
      FROM parts JOIN pg_class c ON c.oid = parts.part WHERE c.relkind = 'f' OR c.relrowsecurity
      UNION ALL SELECT format('rule %I of %I.%I does what its owner may', r.rulename, schema, "table"), format('DROP RULE %I ON %I.%I', r.rulename, schema, "table")
      FROM plan JOIN pg_rewrite r ON r.ev_class = plan.oid WHERE r.rulename <> '_RETURN' AND r.ev_enabled <> 'D' AND (writes OR erases)`),
  },
  {
    code: 'columns/exact',
    sql: given(`SELECT format('column %I of %I.%I can%s be read', a.attname, schema, "table", CASE WHEN reads AND columns ? a.attname THEN 'not' ELSE '' END) AS what,
      CASE WHEN reads AND columns ? a.attname THEN format('GRANT SELECT (%I) ON %I.%I TO %I', a.attname, schema, "table", given.role)
        ELSE format('REVOKE SELECT, SELECT (%1$I) ON %2$I.%3$I FROM PUBLIC, %4$I', a.attname, schema, "table", given.grp) END AS fix
      FROM given CROSS JOIN plan JOIN pg_attribute a ON a.attrelid = plan.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE has_column_privilege(given.role, plan.oid, a.attnum, 'SELECT') <> (reads AND columns ? a.attname)
      UNION ALL SELECT format('column %I of %I.%I can%s be written (%s)', a.attname, schema, "table", CASE WHEN writes AND columns ? a.attname THEN 'not' ELSE '' END, k.privilege),
        CASE WHEN writes AND columns ? a.attname THEN format('GRANT %s (%I) ON %I.%I TO %I', k.privilege, a.attname, schema, "table", given.role)
          ELSE format('REVOKE INSERT, UPDATE, REFERENCES ON %I.%I FROM PUBLIC', schema, "table") END
      FROM given CROSS JOIN plan JOIN pg_attribute a ON a.attrelid = plan.oid AND a.attnum > 0 AND NOT a.attisdropped CROSS JOIN (VALUES ('INSERT'), ('UPDATE')) AS k(privilege)
      WHERE has_column_privilege(given.role, plan.oid, a.attnum, k.privilege) <> (writes AND columns ? a.attname)
      UNION ALL SELECT format('column %I of %I.%I can be referred to', a.attname, schema, "table"), format('REVOKE REFERENCES ON %I.%I FROM PUBLIC', schema, "table")
      FROM given CROSS JOIN plan JOIN pg_attribute a ON a.attrelid = plan.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE has_column_privilege(given.role, plan.oid, a.attnum, 'REFERENCES')
      UNION ALL SELECT format('rows of %I.%I can%s be deleted', schema, "table", CASE WHEN erases THEN 'not' ELSE '' END),
        CASE WHEN erases THEN format('GRANT DELETE ON %I.%I TO %I', schema, "table", given.role) ELSE format('REVOKE DELETE ON %I.%I FROM PUBLIC', schema, "table") END
      FROM given CROSS JOIN plan WHERE plan.oid IS NOT NULL AND has_table_privilege(given.role, plan.oid, 'DELETE') <> erases
      UNION ALL SELECT format('table %I.%I is open as a whole, not by column', schema, "table"), format('REVOKE ALL ON %I.%I FROM PUBLIC', schema, "table")
      FROM given CROSS JOIN plan WHERE plan.oid IS NOT NULL AND has_table_privilege(given.role, plan.oid, 'SELECT, INSERT, UPDATE, TRUNCATE, REFERENCES, TRIGGER')`),
  },
  {
    code: 'schema/usage',
    sql: given(`SELECT DISTINCT format('schema %I cannot be used', schema) AS what, format('GRANT USAGE ON SCHEMA %I TO %I', schema, given.role) AS fix
      FROM given CROSS JOIN plan WHERE plan.oid IS NOT NULL AND NOT has_schema_privilege(given.role, schema, 'USAGE')
      UNION ALL SELECT format('database %I cannot be connected to', current_database()), format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), given.grp)
      FROM given WHERE NOT has_database_privilege(given.role, current_database(), 'CONNECT')`),
  },
  {
    code: 'relation/reachable',
    sql: given(`SELECT format('%s is open to every role (%s)', c.oid::regclass, CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
        WHEN 'f' THEN 'foreign table' WHEN 'S' THEN 'sequence' ELSE 'table' END) AS what,
      format('REVOKE ALL ON %s FROM PUBLIC, %I', c.oid::regclass, given.grp) AS fix
      FROM given CROSS JOIN pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
      AND c.oid NOT IN (SELECT oid FROM plan WHERE oid IS NOT NULL) AND NOT (n.nspname IS NOT DISTINCT FROM ${results} AND pg_get_userbyid(c.relowner) = given.role)
      AND CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(given.role, c.oid, 'USAGE, SELECT, UPDATE')
        ELSE has_table_privilege(given.role, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
          OR has_any_column_privilege(given.role, c.oid, 'SELECT, INSERT, UPDATE, REFERENCES') END`),
  },
  {
    code: 'catalog/opened',
    sql: given(`SELECT format('system catalogue %s is open', c.oid::regclass) AS what, format('REVOKE ALL ON %s FROM PUBLIC', c.oid::regclass) AS fix
      FROM given CROSS JOIN pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname IN ('pg_catalog', 'information_schema') AND c.relkind IN ('r', 'v')
      AND ((c.relname IN (${list(secretRelations)}) AND (has_table_privilege(given.role, c.oid, 'SELECT') OR has_any_column_privilege(given.role, c.oid, 'SELECT')))
        OR (c.relname <> 'pg_settings' AND has_table_privilege(given.role, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER')))
      UNION ALL SELECT format('system catalogue %s is open, which PostgreSQL keeps closed', i.objoid::regclass), format('REVOKE ALL ON %s FROM PUBLIC', i.objoid::regclass)
      FROM given CROSS JOIN pg_init_privs i JOIN pg_class c ON c.oid = i.objoid
      WHERE i.classoid = 'pg_class'::regclass AND i.objsubid = 0 AND i.privtype = 'i' AND c.relkind IN ('r', 'v') AND c.relname NOT IN (${list(secretRelations)})
      AND NOT EXISTS (SELECT FROM aclexplode(i.initprivs) a WHERE a.grantee = 0 AND a.privilege_type = 'SELECT') AND has_table_privilege(given.role, c.oid, 'SELECT')
      UNION ALL SELECT 'connection strings of subscriptions can be read', 'REVOKE SELECT (subconninfo) ON pg_catalog.pg_subscription FROM PUBLIC'
      FROM given WHERE has_column_privilege(given.role, 'pg_catalog.pg_subscription', 'subconninfo', 'SELECT')`),
  },
  {
    code: 'function/definer',
    sql: given(`SELECT format('function %s runs with its owner''s rights (SECURITY DEFINER)', p.oid::regprocedure) AS what,
      format('REVOKE EXECUTE ON %s %s FROM PUBLIC', ${kindOfRoutine}, p.oid::regprocedure) AS fix
      FROM given CROSS JOIN pg_proc p WHERE p.prosecdef AND has_function_privilege(given.role, p.oid, 'EXECUTE')`),
  },
  {
    code: 'function/reaching',
    sql: given(`SELECT format('function %s of extension %I can be called, which reaches outside the tables', p.oid::regprocedure, e.extname) AS what,
      format('REVOKE EXECUTE ON %s %s FROM PUBLIC', ${kindOfRoutine}, p.oid::regprocedure) AS fix
      FROM given CROSS JOIN pg_proc p ${extensionOf} WHERE e.extname IN (${list(reachingExtensions)}) AND has_function_privilege(given.role, p.oid, 'EXECUTE')`),
  },
  {
    code: 'function/foreign',
    sql: given(`SELECT format('function %s %s', p.oid::regprocedure, CASE WHEN e.extname IS NULL THEN 'is written in a language that reaches outside the database'
        ELSE 'belongs to extension ' || quote_ident(e.extname) || ', which is not known to be harmless' END) AS what,
      format('REVOKE EXECUTE ON %s %s FROM PUBLIC', ${kindOfRoutine}, p.oid::regprocedure) AS fix
      FROM given CROSS JOIN pg_proc p JOIN pg_language l ON l.oid = p.prolang ${extensionOf}
      WHERE p.oid >= ${firstOid} AND has_function_privilege(given.role, p.oid, 'EXECUTE')
      AND coalesce(e.extname::text, '') <> ALL (ARRAY[${list([...harmlessExtensions, ...reachingExtensions])}])
      AND (e.extname IS NOT NULL OR NOT l.lanpltrusted AND l.lanname <> 'sql')`),
  },
  {
    code: 'function/stock',
    sql: given(`SELECT format('function %s can be called', p.oid::regprocedure) AS what, format('REVOKE EXECUTE ON FUNCTION pg_catalog.%s FROM PUBLIC', p.oid::regprocedure) AS fix
      FROM given CROSS JOIN pg_proc p WHERE ${mustBeClosed} AND has_function_privilege(given.role, p.oid, 'EXECUTE')
      UNION ALL SELECT format('function %s can be called, which PostgreSQL keeps closed', p.oid::regprocedure), format('REVOKE EXECUTE ON FUNCTION pg_catalog.%s FROM PUBLIC', p.oid::regprocedure)
      FROM given CROSS JOIN pg_init_privs i JOIN pg_proc p ON p.oid = i.objoid
      WHERE i.classoid = 'pg_proc'::regclass AND i.privtype = 'i' AND NOT (${mustBeClosed})
      AND NOT EXISTS (SELECT FROM aclexplode(i.initprivs) a WHERE a.grantee = 0 AND a.privilege_type = 'EXECUTE') AND has_function_privilege(given.role, p.oid, 'EXECUTE')`),
  },
  {
    code: 'language/usage',
    sql: given(`SELECT format('language %I can be used (DO blocks, functions)', l.lanname) AS what, format('REVOKE USAGE ON LANGUAGE %I FROM PUBLIC', l.lanname) AS fix
      FROM given CROSS JOIN pg_language l WHERE l.lanpltrusted AND has_language_privilege(given.role, l.oid, 'USAGE')`),
  },
  {
    code: 'database/create',
    sql: given(`SELECT format('%s can be made in database %I', k.said, current_database()) AS what, format('REVOKE %s ON DATABASE %I FROM PUBLIC', k.privilege, current_database()) AS fix
      FROM given CROSS JOIN (VALUES ('TEMP', 'temporary tables'), ('CREATE', 'schemas')) AS k(privilege, said) WHERE has_database_privilege(given.role, current_database(), k.privilege)
      UNION ALL SELECT format('objects can be made in schema %I', n.nspname), format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC', n.nspname)
      FROM given CROSS JOIN pg_namespace n WHERE has_schema_privilege(given.role, n.oid, 'CREATE') AND n.nspname IS DISTINCT FROM ${results}
      UNION ALL SELECT format('objects can be made in tablespace %I', t.spcname), format('REVOKE CREATE ON TABLESPACE %I FROM PUBLIC', t.spcname)
      FROM given CROSS JOIN pg_tablespace t WHERE has_tablespace_privilege(given.role, t.oid, 'CREATE')`),
  },
  {
    code: 'foreign/usage',
    sql: given(`SELECT format('foreign server %I can be used', s.srvname) AS what, format('REVOKE USAGE ON FOREIGN SERVER %I FROM PUBLIC', s.srvname) AS fix
      FROM given CROSS JOIN pg_foreign_server s WHERE has_server_privilege(given.role, s.oid, 'USAGE')
      UNION ALL SELECT format('foreign-data wrapper %I can be used', w.fdwname), format('REVOKE USAGE ON FOREIGN DATA WRAPPER %I FROM PUBLIC', w.fdwname)
      FROM given CROSS JOIN pg_foreign_data_wrapper w WHERE has_foreign_data_wrapper_privilege(given.role, w.oid, 'USAGE')`),
  },
  {
    code: 'setting/granted',
    sql: given(`SELECT format('setting %s can be changed', p.parname) AS what, format('REVOKE ALL ON PARAMETER %s FROM PUBLIC', p.parname) AS fix
      FROM given CROSS JOIN pg_parameter_acl p, LATERAL aclexplode(p.paracl) a
      WHERE a.grantee = 0 OR a.grantee IN (SELECT r.oid FROM pg_roles r WHERE r.rolname IN (given.role, given.grp))`),
  },
  {
    code: 'setting/track-counts',
    sql: given(`SELECT 'rows that are written are not counted by this server (track_counts is off)' AS what, 'ALTER SYSTEM SET track_counts = on' AS fix
      FROM given WHERE NOT current_setting('track_counts')::bool AND EXISTS (SELECT FROM plan WHERE writes OR erases OR derives)`),
  },
  {
    code: 'object/large',
    sql: given(`SELECT format('large object %s is open to every role', o.oid) AS what, format('REVOKE ALL ON LARGE OBJECT %s FROM PUBLIC', o.oid) AS fix
      FROM given CROSS JOIN pg_largeobject_metadata o, LATERAL aclexplode(o.lomacl) a
      WHERE a.grantee = 0 OR a.grantee IN (SELECT r.oid FROM pg_roles r WHERE r.rolname IN (given.role, given.grp))
      UNION ALL SELECT 'large objects are open to every role (lo_compat_privileges)', 'ALTER SYSTEM SET lo_compat_privileges = off' FROM given
      WHERE current_setting('lo_compat_privileges')::bool`),
  },
  {
    code: 'default/granted',
    sql: given(`SELECT format('tables or sequences that role %I makes later will be open to every role', pg_get_userbyid(d.defaclrole)) AS what,
      format('ALTER DEFAULT PRIVILEGES FOR ROLE %I%s REVOKE ALL ON %s FROM PUBLIC', pg_get_userbyid(d.defaclrole),
        CASE WHEN n.nspname IS NULL THEN '' ELSE format(' IN SCHEMA %I', n.nspname) END, CASE d.defaclobjtype WHEN 'S' THEN 'SEQUENCES' ELSE 'TABLES' END) AS fix
      FROM given CROSS JOIN pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace, LATERAL aclexplode(d.defaclacl) a
      WHERE d.defaclobjtype IN ('r', 'S') AND (a.grantee = 0 OR a.grantee IN (SELECT r.oid FROM pg_roles r WHERE r.rolname IN (given.role, given.grp)))`),
  },
  {
    code: 'results/opened',
    sql: given(`SELECT format('schema %I of results belongs to %I, not to the login of gateway_url', n.nspname, pg_get_userbyid(n.nspowner)) AS what, format('ALTER SCHEMA %I OWNER TO %I', n.nspname, current_user) AS fix
      FROM given CROSS JOIN pg_namespace n WHERE n.nspname = ${results} AND pg_get_userbyid(n.nspowner) <> current_user
      UNION ALL SELECT format('schema %I of results cannot be used', ${results}), null FROM given WHERE ${results} IS NOT NULL
        AND NOT EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = ${results} AND has_schema_privilege(given.role, n.oid, 'USAGE') AND has_schema_privilege(given.role, n.oid, 'CREATE'))
      UNION ALL SELECT format('schema %I of results is open to %s', n.nspname, ${grantee}), format('REVOKE ALL ON SCHEMA %I FROM %s', n.nspname, ${grantee})
      FROM given CROSS JOIN pg_namespace n, LATERAL aclexplode(n.nspacl) a WHERE n.nspname = ${results} AND a.grantee <> n.nspowner AND ${ofOthers}
      UNION ALL SELECT format('%s, a result, is open to %s', c.oid::regclass, ${grantee}), format('REVOKE ALL ON %s FROM %s', c.oid::regclass, ${grantee})
      FROM given CROSS JOIN pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
        LATERAL (SELECT * FROM aclexplode(c.relacl) UNION ALL SELECT x.* FROM pg_attribute t, LATERAL aclexplode(t.attacl) x WHERE t.attrelid = c.oid) a
      WHERE n.nspname = ${results} AND a.grantee <> c.relowner AND ${ofOthers}
      UNION ALL SELECT format('%s lies among results and is more than a table', c.oid::regclass), null
      FROM given CROSS JOIN pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ${results} AND (c.relkind NOT IN ('r', 'i', 'S', 't') OR c.relhassubclass OR c.relhasrules
        OR EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid) OR EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal))
      UNION ALL SELECT format('function %s lies among results', p.oid::regprocedure), format('DROP ROUTINE %s', p.oid::regprocedure)
      FROM given CROSS JOIN pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = ${results}
      UNION ALL SELECT 'a transaction that is prepared would outlive its session, with results that nobody looked at', 'ALTER SYSTEM SET max_prepared_transactions = 0'
      FROM given WHERE ${results} IS NOT NULL AND current_setting('max_prepared_transactions')::int > 0`),
  },
]

/** PostgreSQL 17 and later: MAINTAIN opens VACUUM, ANALYZE, LOCK. */
export const maintainCheck: Check = {
  code: 'table/maintain',
  sql: given(`SELECT format('%s can be maintained (locked, analyzed)', c.oid::regclass) AS what, format('REVOKE MAINTAIN ON %s FROM PUBLIC', c.oid::regclass) AS fix
    FROM given CROSS JOIN pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND n.nspname IS DISTINCT FROM ${results} AND has_table_privilege(given.role, c.oid, 'MAINTAIN')`),
}

/** The policies of the plan's tables that apply to the compiled role: one line a policy or a table without row security. */
export const policyState = given(`SELECT plan.schema, plan."table", c.relrowsecurity AS enabled, p.polname AS policy, p.polpermissive AS permissive, p.polcmd AS command,
    concat(pg_get_expr(p.polqual, p.polrelid), ' / ', pg_get_expr(p.polwithcheck, p.polrelid)) AS predicate
  FROM given CROSS JOIN plan JOIN pg_class c ON c.oid = plan.oid LEFT JOIN pg_policy p ON p.polrelid = c.oid
    AND (0 = ANY (p.polroles) OR EXISTS (SELECT FROM pg_roles r WHERE r.oid = ANY (p.polroles) AND r.rolname IN (given.role, given.grp)))`)

/** Roles beside the owner, superusers and ours that hold a privilege on a table ($1 schema, $2 table, $3 the session group): row security would hide its rows from them. */
export const otherReaders = `SELECT DISTINCT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END AS reader
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
    LATERAL (SELECT * FROM aclexplode(c.relacl) UNION ALL SELECT x.* FROM pg_attribute t, LATERAL aclexplode(t.attacl) x WHERE t.attrelid = c.oid) a
  LEFT JOIN pg_roles r ON r.oid = a.grantee
  WHERE n.nspname = $1 AND c.relname = $2 AND a.grantee <> c.relowner AND NOT coalesce(r.rolsuper OR r.rolbypassrls, false)
    AND NOT EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = a.grantee AND g.rolname = $3)`

/** Columns of the plan's tables: their names and how many bytes a value takes as text, to know how wide a row is. */
export const columnWidths = given(`SELECT plan.schema, plan."table", a.attname AS column, plan.columns ? a.attname AS listed, t.typname AS type,
    CASE WHEN t.typname IN ('varchar', 'bpchar') AND a.atttypmod > 4 THEN a.atttypmod - 4 END AS declared, s.avg_width AS average
  FROM given CROSS JOIN plan JOIN pg_attribute a ON a.attrelid = plan.oid AND a.attnum > 0 AND NOT a.attisdropped JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_stats s ON s.schemaname = plan.schema AND s.tablename = plan."table" AND s.attname = a.attname AND NOT s.inherited`)
