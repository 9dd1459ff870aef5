-- What ordinary clients, tools and libraries ask of a database, and must go on to be answered: written from what they are known to send. Read by `corpus.ts`, in
-- the form of `must-refuse/`. Each is run through the gateway and, as the same role, against PostgreSQL itself: both answer with as many rows.
-- `-- expect: passes`: no step fails. Names filled in: {table}, {column}, {schema}, {database}.

-- psql/list-tables: \dt
-- expect: passes
SELECT n.nspname as "Schema", c.relname as "Name", CASE c.relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'i' THEN 'index' WHEN 'S' THEN 'sequence' WHEN 't' THEN 'TOAST table' WHEN 'f' THEN 'foreign table' WHEN 'p' THEN 'partitioned table' WHEN 'I' THEN 'partitioned index' END as "Type", pg_catalog.pg_get_userbyid(c.relowner) as "Owner" FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam WHERE c.relkind IN ('r','p','') AND n.nspname <> 'pg_catalog' AND n.nspname !~ '^pg_toast' AND n.nspname <> 'information_schema' ORDER BY 1,2

-- psql/list-tables-sizes: \dt+
-- expect: passes
SELECT n.nspname, c.relname, pg_catalog.pg_size_pretty(pg_catalog.pg_table_size(c.oid)) as "Size", pg_catalog.obj_description(c.oid, 'pg_class') as "Description" FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r','p') AND n.nspname = '{schema}' ORDER BY 1,2

-- psql/describe: \d of a table, its first question
-- expect: passes
SELECT c.oid, n.nspname, c.relname FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = '{table}'::pg_catalog.regclass ORDER BY 2, 3

-- psql/describe-flags: its second
-- expect: passes
SELECT c.relchecks, c.relkind, c.relhasindex, c.relhasrules, c.relhastriggers, c.relrowsecurity, c.relforcerowsecurity, false AS relhasoids, c.relispartition, '', c.reltablespace, CASE WHEN c.reloftype = 0 THEN '' ELSE c.reloftype::pg_catalog.regtype::pg_catalog.text END, c.relpersistence, c.relreplident, am.amname FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_class tc ON (c.reltoastrelid = tc.oid) LEFT JOIN pg_catalog.pg_am am ON (c.relam = am.oid) WHERE c.oid = '{table}'::regclass

-- psql/describe-columns: its third
-- expect: passes
SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), (SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid, true) FROM pg_catalog.pg_attrdef d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.atthasdef), a.attnotnull, (SELECT c.collname FROM pg_catalog.pg_collation c, pg_catalog.pg_type t WHERE c.oid = a.attcollation AND t.oid = a.atttypid AND a.attcollation <> t.typcollation) AS attcollation, a.attidentity, a.attgenerated FROM pg_catalog.pg_attribute a WHERE a.attrelid = '{table}'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum

-- psql/describe-indexes: its indexes
-- expect: passes
SELECT c2.relname, i.indisprimary, i.indisunique, i.indisclustered, i.indisvalid, pg_catalog.pg_get_indexdef(i.indexrelid, 0, true), pg_catalog.pg_get_constraintdef(con.oid, true), contype, condeferrable, condeferred, i.indisreplident, c2.reltablespace FROM pg_catalog.pg_class c, pg_catalog.pg_class c2, pg_catalog.pg_index i LEFT JOIN pg_catalog.pg_constraint con ON (conrelid = i.indrelid AND conindid = i.indexrelid AND contype IN ('p','u','x')) WHERE c.oid = '{table}'::regclass AND c.oid = i.indrelid AND i.indexrelid = c2.oid ORDER BY i.indisprimary DESC, c2.relname

-- psql/describe-keys: its foreign keys
-- expect: passes
SELECT true as sametable, conname, pg_catalog.pg_get_constraintdef(r.oid, true) as condef, conrelid::pg_catalog.regclass AS ontable FROM pg_catalog.pg_constraint r WHERE r.conrelid = '{table}'::regclass AND r.contype = 'f' ORDER BY conname

-- psql/describe-policies: its policies
-- expect: passes
SELECT pol.polname, pol.polpermissive, CASE WHEN pol.polroles = '{0}' THEN NULL ELSE pg_catalog.array_to_string(array(select rolname from pg_catalog.pg_roles where oid = any (pol.polroles) order by 1),',') END, pg_catalog.pg_get_expr(pol.polqual, pol.polrelid), pg_catalog.pg_get_expr(pol.polwithcheck, pol.polrelid), pol.polcmd FROM pg_catalog.pg_policy pol WHERE pol.polrelid = '{table}'::regclass ORDER BY 1

-- psql/describe-statistics: its statistics
-- expect: passes
SELECT oid, stxrelid::pg_catalog.regclass, stxnamespace::pg_catalog.regnamespace::pg_catalog.text AS nsp, stxname, pg_catalog.pg_get_statisticsobjdef_columns(oid) AS columns FROM pg_catalog.pg_statistic_ext WHERE stxrelid = '{table}'::regclass ORDER BY nsp, stxname

-- psql/describe-triggers: its triggers
-- expect: passes
SELECT t.tgname, pg_catalog.pg_get_triggerdef(t.oid, true), t.tgenabled, t.tgisinternal FROM pg_catalog.pg_trigger t WHERE t.tgrelid = '{table}'::regclass AND NOT t.tgisinternal ORDER BY 1

-- psql/describe-publications: what publishes it
-- expect: passes
SELECT pubname FROM pg_catalog.pg_publication p JOIN pg_catalog.pg_publication_rel pr ON p.oid = pr.prpubid WHERE pr.prrelid = '{table}'::regclass UNION SELECT pubname FROM pg_catalog.pg_publication p WHERE p.puballtables ORDER BY 1

-- psql/describe-parents: its parents and children
-- expect: passes
SELECT c.oid::pg_catalog.regclass FROM pg_catalog.pg_class c, pg_catalog.pg_inherits i WHERE c.oid = i.inhparent AND i.inhrelid = '{table}'::regclass AND c.relkind != 'p' ORDER BY inhseqno

-- psql/list-databases: \l
-- expect: passes
SELECT d.datname as "Name", pg_catalog.pg_get_userbyid(d.datdba) as "Owner", pg_catalog.pg_encoding_to_char(d.encoding) as "Encoding", d.datcollate, d.datctype, pg_catalog.array_to_string(d.datacl, E'\n') AS "Access privileges" FROM pg_catalog.pg_database d ORDER BY 1

-- psql/list-roles: \du
-- expect: passes
SELECT r.rolname, r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin, r.rolconnlimit, r.rolvaliduntil, r.rolreplication, r.rolbypassrls FROM pg_catalog.pg_roles r WHERE r.rolname !~ '^pg_' ORDER BY 1

-- psql/list-schemas: \dn
-- expect: passes
SELECT n.nspname AS "Name", pg_catalog.pg_get_userbyid(n.nspowner) AS "Owner" FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1

-- psql/list-functions: \df
-- expect: passes
SELECT n.nspname, p.proname, pg_catalog.pg_get_function_result(p.oid), pg_catalog.pg_get_function_arguments(p.oid), CASE p.prokind WHEN 'a' THEN 'agg' WHEN 'w' THEN 'window' WHEN 'p' THEN 'proc' ELSE 'func' END FROM pg_catalog.pg_proc p LEFT JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE pg_catalog.pg_function_is_visible(p.oid) AND n.nspname <> 'pg_catalog' AND n.nspname <> 'information_schema' ORDER BY 1, 2, 4

-- psql/list-extensions: \dx
-- expect: passes
SELECT e.extname AS "Name", e.extversion AS "Version", n.nspname AS "Schema", c.description AS "Description" FROM pg_catalog.pg_extension e LEFT JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace LEFT JOIN pg_catalog.pg_description c ON c.objoid = e.oid AND c.classoid = 'pg_catalog.pg_extension'::pg_catalog.regclass ORDER BY 1

-- psql/list-privileges: \dp
-- expect: passes
SELECT n.nspname, c.relname, c.relkind, pg_catalog.array_to_string(c.relacl, E'\n') AS "Access privileges", pg_catalog.array_to_string(ARRAY(SELECT attname || E':\n  ' || pg_catalog.array_to_string(attacl, E'\n  ') FROM pg_catalog.pg_attribute a WHERE attrelid = c.oid AND NOT attisdropped AND attacl IS NOT NULL), E'\n') AS "Column privileges" FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r','v','m','S','f','p') AND n.nspname = '{schema}' ORDER BY 1, 2

-- psql/list-settings: \dconfig
-- expect: passes
SELECT s.name, pg_catalog.current_setting(s.name) FROM pg_catalog.pg_settings s WHERE s.source <> 'default' AND s.setting IS DISTINCT FROM s.boot_val ORDER BY 1

-- psql/complete-table: what the tab key asks
-- expect: passes
SELECT c.relname, NULL::pg_catalog.text FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'S', 'v', 'm', 'f', 'p') AND (c.relname) LIKE 'li%' AND pg_catalog.pg_table_is_visible(c.oid) LIMIT 1000

-- psql/connection: \conninfo and the prompt
-- expect: passes
SELECT session_user, current_user, current_database(), pg_catalog.inet_server_port(), pg_catalog.pg_backend_pid() > 0

-- jdbc/first: what the JDBC driver sets
-- expect: passes
SET extra_float_digits = 3
SET application_name = 'PostgreSQL JDBC Driver'

-- jdbc/tables: DatabaseMetaData.getTables
-- expect: passes
\extended SELECT NULL AS TABLE_CAT, n.nspname AS TABLE_SCHEM, c.relname AS TABLE_NAME, CASE n.nspname ~ '^pg_' OR n.nspname = 'information_schema' WHEN true THEN 'SYSTEM TABLE' ELSE 'TABLE' END AS TABLE_TYPE, d.description AS REMARKS FROM pg_catalog.pg_namespace n, pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_description d ON (c.oid = d.objoid AND d.objsubid = 0 and d.classoid = 'pg_class'::regclass) WHERE c.relnamespace = n.oid AND n.nspname LIKE '{schema}' AND c.relkind = 'r' ORDER BY TABLE_TYPE, TABLE_SCHEM, TABLE_NAME

-- jdbc/columns: DatabaseMetaData.getColumns
-- expect: passes
\extended SELECT * FROM (SELECT n.nspname, c.relname, a.attname, a.atttypid, a.attnotnull OR (t.typtype = 'd' AND t.typnotnull) AS attnotnull, a.atttypmod, a.attlen, t.typtypmod, row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum) AS attnum, nullif(a.attidentity, '') as attidentity, pg_catalog.pg_get_expr(def.adbin, def.adrelid) AS adsrc, dsc.description, t.typbasetype, t.typtype FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_class c ON (c.relnamespace = n.oid) JOIN pg_catalog.pg_attribute a ON (a.attrelid = c.oid) JOIN pg_catalog.pg_type t ON (a.atttypid = t.oid) LEFT JOIN pg_catalog.pg_attrdef def ON (a.attrelid = def.adrelid AND a.attnum = def.adnum) LEFT JOIN pg_catalog.pg_description dsc ON (c.oid = dsc.objoid AND a.attnum = dsc.objsubid) WHERE c.relkind in ('r','p','v','f','m') and a.attnum > 0 AND NOT a.attisdropped AND n.nspname LIKE '{schema}') c ORDER BY nspname, c.relname, attnum

-- jdbc/keys: DatabaseMetaData.getPrimaryKeys
-- expect: passes
\extended SELECT result.TABLE_NAME, result.COLUMN_NAME, result.KEY_SEQ FROM (SELECT ct.relname AS TABLE_NAME, a.attname AS COLUMN_NAME, (information_schema._pg_expandarray(i.indkey)).n AS KEY_SEQ, information_schema._pg_expandarray(i.indkey) AS KEYS, a.attnum AS A_ATTNUM FROM pg_catalog.pg_class ct JOIN pg_catalog.pg_attribute a ON (ct.oid = a.attrelid) JOIN pg_catalog.pg_namespace n ON (ct.relnamespace = n.oid) JOIN pg_catalog.pg_index i ON (a.attrelid = i.indrelid) JOIN pg_catalog.pg_class ci ON (ci.oid = i.indexrelid) WHERE i.indisprimary AND n.nspname = '{schema}') result WHERE result.A_ATTNUM = (result.KEYS).x ORDER BY 1, 3

-- jdbc/types: getTypeInfo
-- expect: passes
\extended SELECT t.typname, t.oid FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON (t.typnamespace = n.oid) WHERE n.nspname != 'pg_toast' AND (t.typrelid = 0 OR (SELECT c.relkind = 'c' FROM pg_catalog.pg_class c WHERE c.oid = t.typrelid))

-- odbc/types: what the ODBC driver asks first
-- expect: passes
SELECT oid, typbasetype FROM pg_catalog.pg_type WHERE typname = 'lo'

-- npgsql/types: what Npgsql loads, as Power BI does by it
-- expect: passes
SELECT ns.nspname, t.oid, t.typname, t.typtype, t.typnotnull, t.elemtypoid FROM (SELECT typ.oid, typ.typnamespace, typ.typname, typ.typtype, typ.typrelid, typ.typnotnull, typ.relkind, elemtyp.oid AS elemtypoid FROM (SELECT typ.oid, typnamespace, typname, typrelid, typnotnull, relkind, typelem, CASE WHEN proc.proname='array_recv' THEN 'a' ELSE typ.typtype END AS typtype FROM pg_type AS typ LEFT JOIN pg_class AS cls ON (cls.oid = typ.typrelid) LEFT JOIN pg_proc AS proc ON proc.oid = typ.typreceive) AS typ LEFT JOIN pg_type AS elemtyp ON elemtyp.oid = typ.typelem) AS t JOIN pg_namespace AS ns ON (ns.oid = t.typnamespace) WHERE typtype IN ('b', 'r', 'm', 'e', 'd') ORDER BY t.typname LIMIT 500

-- npgsql/enums: its enumerations and composites
-- expect: passes
SELECT pg_type.oid, enumlabel FROM pg_enum JOIN pg_type ON pg_type.oid=enumtypid ORDER BY oid, enumsortorder; SELECT typ.oid, att.attname, att.atttypid FROM pg_type AS typ JOIN pg_namespace AS ns ON (ns.oid = typ.typnamespace) JOIN pg_class AS cls ON (cls.oid = typ.typrelid) JOIN pg_attribute AS att ON (att.attrelid = typ.typrelid) WHERE (typ.typtype = 'c' AND cls.relkind='c') AND attnum > 0 AND NOT attisdropped ORDER BY typ.oid, att.attnum

-- npgsql/reset: between two uses of a pooled connection
-- expect: passes
-- alone
DISCARD ALL

-- pgjs/types: what postgres.js fetches once
-- expect: passes
\extended select b.oid, b.typarray from pg_catalog.pg_type a left join pg_catalog.pg_type b on b.oid = a.typelem where a.typcategory = 'A' group by b.oid, b.typarray order by b.oid

-- psycopg/types: what psycopg asks of a type
-- expect: passes
\extended SELECT typname AS name, oid, typarray AS array_oid, oid::regtype::text AS regtype, typdelim AS delimiter FROM pg_type t WHERE t.oid = to_regtype('hstore') ORDER BY t.oid

-- pgbouncer/reset: what poolers send between clients
-- expect: passes
-- alone
DISCARD ALL
RESET ALL

-- session/harmless: settings of form
-- expect: passes
SET search_path TO {schema}, public
SET DateStyle = 'ISO, MDY'
SET client_encoding = 'UTF8'
SET statement_timeout = '30s'
SET lock_timeout = 1000
SET idle_in_transaction_session_timeout = 60000
SET work_mem = '16MB'
SET enable_seqscan = on
SET plan_cache_mode = auto
SET TIME ZONE 'UTC'
SHOW ALL

-- session/transactions: reading in one view
-- expect: passes
-- alone
BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY
SELECT count(*) FROM {table}
COMMIT

-- session/serializable: the strictest
-- expect: passes
-- alone
BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE
SELECT count(*) FROM {table}
ROLLBACK

-- session/savepoints: back to a point
-- expect: passes
-- alone
BEGIN
SAVEPOINT a
SAVEPOINT b
ROLLBACK TO SAVEPOINT a
RELEASE SAVEPOINT a
COMMIT

-- session/scroll: a cursor both ways
-- expect: passes
DECLARE c SCROLL CURSOR FOR SELECT {column} FROM {table} ORDER BY {column} LIMIT 50
FETCH 10 FROM c
FETCH BACKWARD 5 FROM c
MOVE FORWARD 3 FROM c
FETCH ABSOLUTE 1 FROM c
CLOSE c

-- session/many: several statements at once
-- expect: passes
SELECT 1; SELECT 2; SELECT 3

-- session/empty: nothing at all
-- expect: passes
;

-- session/explain: the plan, measured
-- expect: passes
EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT count(*) FROM {table}

-- session/deallocate: all prepared away
-- expect: passes
DEALLOCATE ALL

-- session/unlisten: what drivers send though nothing listens
-- expect: passes
UNLISTEN *

-- read/join: the table with itself
-- expect: passes
SELECT count(*) FROM {table} a JOIN {table} b USING ({column})

-- read/window: windows and aggregates
-- expect: passes
SELECT {column}, row_number() OVER (ORDER BY {column}), lag({column}) OVER (ORDER BY {column}) FROM {table} LIMIT 20

-- read/recursive: a recursion
-- expect: passes
WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 100) SELECT sum(n) FROM t

-- read/grouping: grouping sets
-- expect: passes
SELECT {column}, count(*) FROM (SELECT {column} FROM {table} LIMIT 50) s GROUP BY ROLLUP ({column})

-- read/json: values as JSON
-- expect: passes
SELECT json_agg(json_build_object('v', {column})) FROM (SELECT {column} FROM {table} LIMIT 20) s

-- read/text-search: words
-- expect: passes
SELECT to_tsvector('simple', 'a b') @@ to_tsquery('simple', 'a & b')

-- read/sample: a sample
-- expect: passes
SELECT count(*) >= 0 FROM {table} TABLESAMPLE BERNOULLI (1)

-- read/prepared: with a value bound
-- expect: passes
PREPARE s (int) AS SELECT count(*) FROM {table} WHERE $1 = 1
EXECUTE s (1)
