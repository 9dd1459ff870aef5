-- What business intelligence tools, object-relational mappers and administration tools ask.

-- powerbi/tables: what Power BI lists
-- expect: passes
select TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE from INFORMATION_SCHEMA.tables where TABLE_SCHEMA not in ('information_schema', 'pg_catalog') order by TABLE_SCHEMA, TABLE_NAME

-- powerbi/columns: and of a table
-- expect: passes
select COLUMN_NAME, ORDINAL_POSITION, IS_NULLABLE, case when (data_type like '%unsigned%') then DATA_TYPE || ' unsigned' else DATA_TYPE end as DATA_TYPE from INFORMATION_SCHEMA.columns where TABLE_SCHEMA = '{schema}' order by TABLE_SCHEMA, TABLE_NAME, ORDINAL_POSITION

-- powerbi/keys: and its keys
-- expect: passes
select pkcol.COLUMN_NAME as PK_COLUMN_NAME, fkcol.TABLE_SCHEMA AS FK_TABLE_SCHEMA, fkcol.TABLE_NAME AS FK_TABLE_NAME, fkcol.COLUMN_NAME as FK_COLUMN_NAME, fkcol.ORDINAL_POSITION as ORDINAL from (select distinct constraint_catalog, constraint_schema, unique_constraint_schema, constraint_name, unique_constraint_name from INFORMATION_SCHEMA.REFERENTIAL_CONSTRAINTS) fkcon inner join INFORMATION_SCHEMA.KEY_COLUMN_USAGE fkcol on fkcon.CONSTRAINT_SCHEMA = fkcol.CONSTRAINT_SCHEMA and fkcon.CONSTRAINT_NAME = fkcol.CONSTRAINT_NAME inner join INFORMATION_SCHEMA.KEY_COLUMN_USAGE pkcol on fkcon.UNIQUE_CONSTRAINT_SCHEMA = pkcol.CONSTRAINT_SCHEMA and fkcon.UNIQUE_CONSTRAINT_NAME = pkcol.CONSTRAINT_NAME order by 1

-- tableau/first: what Tableau sets
-- expect: passes
BEGIN;SET TRANSACTION READ ONLY;COMMIT
SET DateStyle = 'ISO'; SET extra_float_digits = 2; show transaction_isolation

-- tableau/tables: what Tableau lists
-- expect: passes
select relname, nspname, relkind from pg_catalog.pg_class c, pg_catalog.pg_namespace n where relkind in ('r', 'v', 'm', 'f', 'p') and nspname not in ('pg_catalog', 'information_schema', 'pg_toast', 'pg_temp_1') and n.oid = relnamespace order by nspname, relname

-- tableau/cursor: how it reads
-- expect: passes
BEGIN;declare "SQL_CUR0x1" cursor with hold for SELECT 1 AS "Number of Records" LIMIT 1;fetch 2048 in "SQL_CUR0x1"
close "SQL_CUR0x1"; COMMIT

-- tableau/temporary-probe: whether it may make temporary tables, answered by a no that it lives with
-- expect: refused 42501
CREATE LOCAL TEMPORARY TABLE "#Tableau_1_Connect" ("COL" INTEGER) ON COMMIT PRESERVE ROWS

-- metabase/tables: what Metabase lists
-- expect: passes
SELECT "n"."nspname" AS "schema", "c"."relname" AS "name", CASE "c"."relkind" WHEN 'r' THEN 'TABLE' WHEN 'p' THEN 'PARTITIONED TABLE' WHEN 'v' THEN 'VIEW' WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE NULL END AS "type", "d"."description" AS "description", NULLIF("stat"."n_live_tup", 0) AS "estimated_row_count" FROM "pg_catalog"."pg_class" AS "c" INNER JOIN "pg_catalog"."pg_namespace" AS "n" ON "c"."relnamespace" = "n"."oid" LEFT JOIN "pg_catalog"."pg_description" AS "d" ON ("c"."oid" = "d"."objoid") AND ("d"."objsubid" = 0) AND ("d"."classoid" = 'pg_class'::regclass) LEFT JOIN "pg_stat_user_tables" AS "stat" ON ("n"."nspname" = "stat"."schemaname") AND ("c"."relname" = "stat"."relname") WHERE ("c"."relkind" IN ('r', 'p', 'v', 'f', 'm')) AND ("n"."nspname" !~ '^pg_') AND ("n"."nspname" <> 'information_schema') ORDER BY "type" ASC, "schema" ASC, "name" ASC

-- metabase/privileges: what it asks of its rights
-- expect: passes
with table_privileges as (select NULL as role, t.schemaname as schema, t.objectname as table, pg_catalog.has_any_column_privilege(current_user, '"' || replace(t.schemaname, '"', '""') || '"' || '.' || '"' || replace(t.objectname, '"', '""') || '"', 'update') as update, pg_catalog.has_any_column_privilege(current_user, '"' || t.schemaname || '"' || '.' || '"' || t.objectname || '"', 'select') as select from (select schemaname, tablename as objectname from pg_catalog.pg_tables union select schemaname, viewname as objectname from pg_catalog.pg_views union select schemaname, matviewname as objectname from pg_catalog.pg_matviews) t where t.schemaname !~ '^pg_' and t.schemaname <> 'information_schema' and pg_catalog.has_schema_privilege(current_user, t.schemaname, 'usage')) select t.* from table_privileges t where t.select or t.update

-- metabase/fields: what it asks of columns
-- expect: passes
SELECT c.column_name AS name, CASE WHEN c.udt_schema IN ('public', 'pg_catalog') THEN FORMAT('%s', c.udt_name) ELSE FORMAT('"%s"."%s"', c.udt_schema, c.udt_name) END AS "database-type", c.ordinal_position - 1 AS "database-position", c.table_schema, c.table_name, pk.column_name IS NOT NULL AS "pk?", COL_DESCRIPTION(CAST(CAST(FORMAT('%I.%I', CAST(c.table_schema AS TEXT), CAST(c.table_name AS TEXT)) AS REGCLASS) AS OID), c.ordinal_position) AS "field-comment" FROM information_schema.columns AS c LEFT JOIN (SELECT tc.table_schema, tc.table_name, kc.column_name FROM information_schema.table_constraints AS tc INNER JOIN information_schema.key_column_usage AS kc ON tc.constraint_name = kc.constraint_name AND tc.table_schema = kc.table_schema AND tc.table_name = kc.table_name WHERE tc.constraint_type = 'PRIMARY KEY') AS pk ON c.table_schema = pk.table_schema AND c.table_name = pk.table_name AND c.column_name = pk.column_name WHERE c.table_schema !~ '^information_schema|catalog_history|pg_' ORDER BY 4, 5, 3

-- metabase/timezone: the time zone of its reports
-- expect: passes
SET SESSION TIMEZONE TO 'Europe/Paris'
SELECT current_setting('TIMEZONE')

-- metabase/aggregate: a question
-- expect: passes
\extended SELECT DATE_TRUNC('month', now()) AS "m", COUNT(*) AS "count" FROM {table} GROUP BY 1 ORDER BY 1 ASC

-- superset/version: what Superset asks first
-- expect: passes
select pg_catalog.version()
show standard_conforming_strings

-- superset/explain: what a statement would cost
-- expect: passes
EXPLAIN SELECT {column} FROM {table} LIMIT 100

-- superset/schemas: its schemas
-- expect: passes
SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname NOT LIKE 'pg_%' ORDER BY nspname

-- grafana/tables: what Grafana lists
-- expect: passes
SELECT CASE WHEN table_schema = ANY (SELECT unnest(string_to_array(current_setting('search_path'), ','))) THEN quote_ident(table_name) ELSE quote_ident(table_schema) || '.' || quote_ident(table_name) END AS "table" FROM information_schema.tables WHERE quote_ident(table_schema) NOT IN ('information_schema', 'pg_catalog', '_timescaledb_cache', '_timescaledb_catalog') ORDER BY 1

-- grafana/version: what it asks of the version
-- expect: passes
SELECT current_setting('server_version_num')::int/100 as version, (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb') AS timescaledb

-- grafana/panel: a panel
-- expect: passes
\extended SELECT floor(extract(epoch from now())/60)*60 AS "time", count({column}) AS "value" FROM {table} GROUP BY time ORDER BY time

-- dbeaver/first: what DBeaver asks first
-- expect: passes
SELECT session_user, current_schema(), current_user; SHOW search_path; SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE

-- dbeaver/database: and of the database
-- expect: passes
SELECT db.oid, db.* FROM pg_catalog.pg_database db WHERE datname = current_database()

-- dbeaver/schemas: its schemas with words about them
-- expect: passes
SELECT n.oid, n.*, d.description FROM pg_catalog.pg_namespace n LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = n.oid AND d.objsubid = 0 AND d.classoid = 'pg_namespace'::regclass ORDER BY nspname

-- dbeaver/tables: its tables
-- expect: passes
SELECT c.oid, c.*, d.description, pg_catalog.pg_get_expr(c.relpartbound, c.oid) as partition_expr, pg_catalog.pg_get_partkeydef(c.oid) as partition_key FROM pg_catalog.pg_class c LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0 AND d.classoid = 'pg_class'::regclass WHERE c.relnamespace = '{schema}'::regnamespace AND c.relkind not in ('i', 'I', 'c')

-- dbeaver/columns: its columns
-- expect: passes
SELECT c.relname, a.*, pg_catalog.pg_get_expr(ad.adbin, ad.adrelid, true) as def_value, dsc.description, dep.objid FROM pg_catalog.pg_attribute a INNER JOIN pg_catalog.pg_class c ON (a.attrelid = c.oid) LEFT OUTER JOIN pg_catalog.pg_attrdef ad ON (a.attrelid = ad.adrelid AND a.attnum = ad.adnum) LEFT OUTER JOIN pg_catalog.pg_description dsc ON (c.oid = dsc.objoid AND a.attnum = dsc.objsubid) LEFT OUTER JOIN pg_depend dep on dep.refobjid = a.attrelid AND dep.deptype = 'i' and dep.refobjsubid = a.attnum and dep.classid = dep.refclassid WHERE NOT a.attisdropped AND c.oid = '{table}'::regclass ORDER BY a.attnum

-- dbeaver/sizes: its sizes
-- expect: passes
select c.oid, pg_catalog.pg_total_relation_size(c.oid) as total_rel_size, pg_catalog.pg_relation_size(c.oid) as rel_size FROM pg_class c WHERE c.relnamespace = '{schema}'::regnamespace AND c.relkind IN ('r', 'p')

-- dbeaver/keywords: what it colours
-- expect: passes
SELECT string_agg(word, ',') FROM pg_catalog.pg_get_keywords() WHERE word <> ALL ('{a,abs,absolute}'::text[])

-- pgadmin/first: what pgAdmin asks first
-- expect: passes
SELECT roles.oid as id, roles.rolname as name, roles.rolsuper as is_superuser, CASE WHEN roles.rolsuper THEN true ELSE roles.rolcreaterole END as can_create_role, CASE WHEN roles.rolsuper THEN true ELSE roles.rolcreatedb END as can_create_db FROM pg_catalog.pg_roles as roles WHERE rolname = current_user

-- pgadmin/recovery: and of the server
-- expect: passes
SELECT CASE WHEN usesuper THEN pg_catalog.pg_is_in_recovery() ELSE FALSE END as inrecovery FROM pg_catalog.pg_user WHERE usename = current_user

-- pgadmin/activity: its dashboard
-- expect: passes
SELECT pid, datname, usename, application_name, client_addr, pg_catalog.to_char(backend_start, 'YYYY-MM-DD HH24:MI:SS TZ') AS backend_start, state, wait_event_type FROM pg_catalog.pg_stat_activity WHERE datname = current_database() AND usename = current_user

-- sqlalchemy/first: what SQLAlchemy asks first
-- expect: passes
select pg_catalog.version()
select current_schema()
show standard_conforming_strings

-- sqlalchemy/has-table: whether a table is there
-- expect: passes
\extended SELECT pg_catalog.pg_class.relname FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace ON pg_catalog.pg_namespace.oid = pg_catalog.pg_class.relnamespace WHERE pg_catalog.pg_class.relname = 'listener' AND pg_catalog.pg_class.relkind = ANY (ARRAY['r', 'p', 'f', 'v', 'm']) AND pg_catalog.pg_namespace.nspname = '{schema}'

-- sqlalchemy/columns: its reflection
-- expect: passes
SELECT pg_catalog.pg_attribute.attname AS name, pg_catalog.format_type(pg_catalog.pg_attribute.atttypid, pg_catalog.pg_attribute.atttypmod) AS format_type, (SELECT pg_catalog.pg_get_expr(pg_catalog.pg_attrdef.adbin, pg_catalog.pg_attrdef.adrelid) AS pg_get_expr_1 FROM pg_catalog.pg_attrdef WHERE pg_catalog.pg_attrdef.adrelid = pg_catalog.pg_attribute.attrelid AND pg_catalog.pg_attrdef.adnum = pg_catalog.pg_attribute.attnum AND pg_catalog.pg_attribute.atthasdef) AS default, pg_catalog.pg_attribute.attnotnull AS not_null, pg_catalog.pg_class.relname AS table_name, pg_catalog.pg_description.description AS comment, pg_catalog.pg_attribute.attgenerated AS generated, (SELECT json_build_object('always', pg_catalog.pg_attribute.attidentity = 'a') FROM pg_catalog.pg_sequence LIMIT 0) AS identity_options FROM pg_catalog.pg_class LEFT OUTER JOIN pg_catalog.pg_attribute ON pg_catalog.pg_class.oid = pg_catalog.pg_attribute.attrelid AND pg_catalog.pg_attribute.attnum > 0 AND NOT pg_catalog.pg_attribute.attisdropped LEFT OUTER JOIN pg_catalog.pg_description ON pg_catalog.pg_description.objoid = pg_catalog.pg_attribute.attrelid AND pg_catalog.pg_description.objsubid = pg_catalog.pg_attribute.attnum JOIN pg_catalog.pg_namespace ON pg_catalog.pg_namespace.oid = pg_catalog.pg_class.relnamespace WHERE pg_catalog.pg_class.relkind = ANY (ARRAY['r', 'p', 'f', 'v', 'm']) AND pg_catalog.pg_namespace.nspname = '{schema}' ORDER BY pg_catalog.pg_class.relname, pg_catalog.pg_attribute.attnum

-- sqlalchemy/hstore: whether a type is there
-- expect: passes
SELECT t.oid, typarray FROM pg_type t JOIN pg_namespace ns ON typnamespace = ns.oid WHERE typname = 'hstore'

-- sqlalchemy/isolation: autocommit and back
-- expect: passes
SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED
SHOW TRANSACTION ISOLATION LEVEL

-- django/first: what Django sets
-- expect: passes
SELECT set_config('TimeZone', 'UTC', false)
SHOW client_encoding

-- django/tables: its introspection
-- expect: passes
SELECT c.relname, CASE WHEN c.relispartition THEN 'p' WHEN c.relkind IN ('m', 'v') THEN 'v' ELSE 't' END, obj_description(c.oid, 'pg_class') FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('f', 'm', 'p', 'r', 'v') AND n.nspname NOT IN ('pg_catalog', 'pg_toast')

-- django/constraints: and of constraints
-- expect: passes
SELECT c.conname, array(SELECT attname FROM unnest(c.conkey) WITH ORDINALITY cols(colid, arridx) JOIN pg_attribute AS ca ON cols.colid = ca.attnum WHERE ca.attrelid = c.conrelid ORDER BY cols.arridx), c.contype, (SELECT fkc.relname || '.' || fka.attname FROM pg_attribute AS fka JOIN pg_class AS fkc ON fka.attrelid = fkc.oid WHERE fka.attrelid = c.confrelid AND fka.attnum = c.confkey[1]), cl.reloptions FROM pg_constraint AS c JOIN pg_class AS cl ON c.conrelid = cl.oid WHERE cl.oid = '{table}'::regclass

-- django/savepoint: how it nests
-- expect: passes
SAVEPOINT "s140_x1"
SELECT {column} FROM {table} ORDER BY {column} ASC LIMIT 21
RELEASE SAVEPOINT "s140_x1"

-- django/server-cursor: how its iterator reads
-- expect: passes
DECLARE "_django_curs_1" NO SCROLL CURSOR WITH HOLD FOR SELECT {column} FROM {table} LIMIT 100
FETCH FORWARD 20 FROM "_django_curs_1"
CLOSE "_django_curs_1"

-- rails/first: what ActiveRecord sets
-- expect: passes
SET client_min_messages TO 'warning'
SET standard_conforming_strings = on
SET SESSION timezone TO 'UTC'
SELECT max(extract(epoch from now()))::int > 0; SET intervalstyle = 'iso_8601'

-- rails/types: its types
-- expect: passes
SELECT t.oid, t.typname, t.typelem, t.typdelim, t.typinput, r.rngsubtype, t.typtype, t.typbasetype FROM pg_type as t LEFT JOIN pg_range as r ON oid = rngtypid WHERE t.typname IN ('int2', 'int4', 'int8', 'oid', 'float4', 'float8', 'numeric', 'bool')

-- rails/columns: its columns
-- expect: passes
SELECT a.attname, format_type(a.atttypid, a.atttypmod), pg_get_expr(d.adbin, d.adrelid), a.attnotnull, a.atttypid, a.atttypmod, c.collname, col_description(a.attrelid, a.attnum) AS comment, attidentity AS identity, attgenerated as attgenerated FROM pg_attribute a LEFT JOIN pg_attrdef d ON a.attrelid = d.adrelid AND a.attnum = d.adnum LEFT JOIN pg_type t ON a.atttypid = t.oid LEFT JOIN pg_collation c ON a.attcollation = c.oid AND a.attcollation <> t.typcollation WHERE a.attrelid = '{table}'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum

-- rails/primary-key: its keys
-- expect: passes
SELECT a.attname FROM (SELECT indrelid, indkey, generate_subscripts(indkey, 1) idx FROM pg_index WHERE indrelid = '{table}'::regclass AND indisprimary) i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[i.idx] ORDER BY i.idx

-- rails/prepared: how it asks, and lets go
-- expect: passes
PREPARE a1 AS SELECT {column} FROM {table} LIMIT 1
EXECUTE a1
DEALLOCATE a1

-- prisma/tables: what Prisma's introspection asks
-- expect: passes
\extended SELECT tbl.relname AS table_name, namespace.nspname as namespace, (tbl.relhassubclass and tbl.relkind = 'p') as is_partition, (tbl.relhassubclass and tbl.relkind = 'r') as has_subclass, tbl.relrowsecurity as has_row_level_security, reloptions, obj_description(tbl.oid, 'pg_class') as description FROM pg_class AS tbl INNER JOIN pg_namespace AS namespace ON namespace.oid = tbl.relnamespace WHERE tbl.relkind IN ('r', 'p') AND namespace.nspname = ANY (ARRAY['{schema}']) ORDER BY namespace, table_name

-- prisma/columns: and of columns
-- expect: passes
\extended SELECT oid.namespace, info.table_name, info.column_name, format_type(att.atttypid, att.atttypmod) as formatted_type, info.numeric_precision, info.data_type, info.is_nullable FROM information_schema.columns info JOIN pg_attribute att on att.attname = info.column_name JOIN (SELECT pg_class.oid, relname, pg_namespace.nspname as namespace FROM pg_class JOIN pg_namespace on pg_namespace.oid = pg_class.relnamespace) as oid on oid.oid = att.attrelid and relname = info.table_name and namespace = info.table_schema WHERE namespace = ANY (ARRAY['{schema}']) ORDER BY namespace, table_name, ordinal_position

-- typeorm/tables: what TypeORM asks
-- expect: passes
SELECT * FROM "information_schema"."tables" WHERE "table_schema" = '{schema}'
SELECT * FROM current_schema()
SELECT columns.*, pg_catalog.col_description(('"' || table_catalog || '"."' || table_schema || '"."' || table_name || '"')::regclass::oid, ordinal_position) AS description, ('"' || "udt_schema" || '"."' || "udt_name" || '"')::"regtype" AS "regtype" FROM "information_schema"."columns" WHERE "table_schema" = '{schema}'

-- hibernate/sequences: what Hibernate asks
-- expect: passes
select * from information_schema.sequences
\extended select t1_0.{column} from {table} t1_0 where 1=1 order by t1_0.{column} fetch first 10 rows only

-- dbt/relations: what dbt lists
-- expect: passes
select '{database}' as database, tablename as name, schemaname as schema, 'table' as type from pg_tables where schemaname ilike '{schema}' union all select '{database}' as database, viewname as name, schemaname as schema, 'view' as type from pg_views where schemaname ilike '{schema}'

-- dbt/catalog: its documentation
-- expect: passes
select '{database}' as table_database, sch.nspname as table_schema, tbl.relname as table_name, case tbl.relkind when 'v' then 'VIEW' else 'BASE TABLE' end as table_type, tbl_desc.description as table_comment, col.attname as column_name, col.attnum as column_index, pg_catalog.format_type(col.atttypid, col.atttypmod) as column_type, pg_get_userbyid(tbl.relowner) as table_owner from pg_catalog.pg_namespace sch join pg_catalog.pg_class tbl on tbl.relnamespace = sch.oid join pg_catalog.pg_attribute col on col.attrelid = tbl.oid left outer join pg_catalog.pg_description tbl_desc on (tbl_desc.objoid = tbl.oid and tbl_desc.objsubid = 0) where sch.nspname = '{schema}' and not pg_is_other_temp_schema(sch.oid) and tbl.relpersistence in ('p', 'u') and tbl.relkind in ('r', 'v', 'f', 'p') and col.attnum > 0 and not col.attisdropped order by 2, 3, 7

-- dbt/dependencies: what rests on what
-- expect: passes
with relation as (select pg_rewrite.ev_class as class, pg_rewrite.oid as id from pg_rewrite), class as (select oid as id, relname as name, relnamespace as schema, relkind as kind from pg_class) select distinct pg_depend.refobjid as id, pg_depend.refclassid as ref, class.name from class join pg_depend on class.id = pg_depend.objid join relation on relation.id = pg_depend.objid limit 100
