-- Ways out: making and changing objects.

-- create/table: a table
-- expect: refused 42501
CREATE TABLE {schema}.bailee_attempt (x int)

-- create/table-as: a table of what was read
-- expect: refused 42501
-- in: canary
CREATE TABLE {schema}.bailee_attempt AS SELECT {column} FROM {table} WITH NO DATA

-- create/public: in the schema that is everybody's
-- expect: refused 42501 3F000
CREATE TABLE public.bailee_attempt (x int)

-- create/temporary: a temporary table
-- expect: refused 42501
CREATE TEMP TABLE bailee_attempt (x int)

-- create/temporary-as: a temporary table of what was read
-- expect: refused 42501
CREATE TEMP TABLE bailee_attempt AS SELECT {column} FROM {table} WITH NO DATA

-- create/into: the same by SELECT INTO
-- expect: refused 42501
SELECT {column} INTO TEMP bailee_attempt FROM {table} WHERE false

-- create/temporary-view: a temporary view, which shadows a table
-- expect: refused 42501
CREATE TEMP VIEW bailee_attempt AS SELECT 1 AS x

-- create/temporary-sequence: a temporary sequence
-- expect: refused 42501
CREATE TEMP SEQUENCE bailee_attempt

-- create/view: a view
-- expect: refused 42501
CREATE VIEW {schema}.bailee_attempt AS SELECT {column} FROM {table}

-- create/materialized: a materialized view
-- expect: refused 42501
CREATE MATERIALIZED VIEW {schema}.bailee_attempt AS SELECT {column} FROM {table} WITH NO DATA

-- create/sequence: a sequence
-- expect: refused 42501
CREATE SEQUENCE {schema}.bailee_attempt

-- create/type: a type
-- expect: refused 42501
CREATE TYPE {schema}.bailee_attempt AS (x int)

-- create/domain: a domain, whose check runs on values of others
-- expect: refused 42501
CREATE DOMAIN {schema}.bailee_attempt AS int CHECK (value > 0)

-- create/function: a function in SQL
-- expect: refused 42501
CREATE FUNCTION pg_temp.bailee_attempt() RETURNS int LANGUAGE sql AS 'SELECT 1'

-- create/function-block: a function that can RAISE
-- expect: refused 42501
CREATE FUNCTION pg_temp.bailee_attempt() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'

-- create/function-c: a function of a library
-- expect: refused 42501
CREATE FUNCTION pg_temp.bailee_attempt() RETURNS int LANGUAGE c AS 'libc.so.6', 'system'

-- create/function-internal: a function of the server under another name
-- expect: refused 42501
CREATE FUNCTION pg_temp.bailee_attempt(text) RETURNS text LANGUAGE internal AS 'pg_read_file_all'

-- create/procedure: a procedure
-- expect: refused 42501
CREATE PROCEDURE pg_temp.bailee_attempt() LANGUAGE sql AS 'SELECT 1'

-- create/aggregate: an aggregate
-- expect: refused 42501
CREATE AGGREGATE {schema}.bailee_attempt(int) (SFUNC = int4pl, STYPE = int)

-- create/operator: an operator that leaks what a policy hides
-- expect: refused 42501
CREATE OPERATOR {schema}.<<< (LEFTARG = int, RIGHTARG = int, PROCEDURE = int4lt)

-- create/cast: a cast
-- expect: refused 42501 42P17 42710
CREATE CAST (int AS bytea) WITHOUT FUNCTION

-- create/collation: a collation
-- expect: refused 42501
CREATE COLLATION {schema}.bailee_attempt FROM "C"

-- create/trigger: a trigger
-- expect: refused 42501
CREATE TRIGGER bailee_attempt BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()

-- create/rule: a rule that answers instead
-- expect: refused 42501
CREATE RULE bailee_attempt AS ON UPDATE TO {table} DO INSTEAD NOTHING

-- create/policy: a policy that shows more
-- expect: refused 42501
CREATE POLICY bailee_attempt ON {table} USING (true)

-- create/index: an index
-- expect: refused 42501
CREATE INDEX bailee_attempt ON {table} ({column})

-- create/statistics: statistics over columns
-- expect: refused 42501
CREATE STATISTICS {schema}.bailee_attempt ON {column}, {forbidden} FROM {table}

-- create/schema: a schema
-- expect: refused 42501
CREATE SCHEMA bailee_attempt

-- create/extension: an extension
-- expect: refused 42501 0A000 58P01
CREATE EXTENSION dblink

-- create/extension-trusted: an extension that needs no superuser
-- expect: refused 42501 0A000 58P01
CREATE EXTENSION hstore

-- create/language: a language
-- expect: refused 42501
CREATE LANGUAGE bailee_attempt HANDLER plpgsql_call_handler

-- create/wrapper: a foreign-data wrapper
-- expect: refused 42501
CREATE FOREIGN DATA WRAPPER bailee_attempt

-- create/server: a foreign server
-- expect: refused 42501 42704
CREATE SERVER bailee_attempt FOREIGN DATA WRAPPER postgres_fdw

-- create/mapping: a login at a foreign server
-- expect: refused 42501 42704
CREATE USER MAPPING FOR CURRENT_USER SERVER bailee_attempt

-- create/foreign-table: a table that lies elsewhere
-- expect: refused 42501 42704
CREATE FOREIGN TABLE {schema}.bailee_attempt (x int) SERVER bailee_attempt

-- create/import: tables that lie elsewhere
-- expect: refused 42501 42704
IMPORT FOREIGN SCHEMA public FROM SERVER bailee_attempt INTO {schema}

-- create/publication: tables offered to other servers
-- expect: refused 42501
CREATE PUBLICATION bailee_attempt FOR TABLE {table}

-- create/publication-all: all tables offered
-- expect: refused 42501
CREATE PUBLICATION bailee_attempt FOR ALL TABLES

-- create/subscription: another server's tables taken
-- expect: refused 42501
CREATE SUBSCRIPTION bailee_attempt CONNECTION 'host=192.0.2.1' PUBLICATION p WITH (connect = false)

-- create/event-trigger: a trigger on what others define
-- expect: refused 42501
CREATE EVENT TRIGGER bailee_attempt ON ddl_command_end EXECUTE FUNCTION suppress_redundant_updates_trigger()

-- create/database: a database
-- expect: refused 42501
-- in: corpus
-- alone
CREATE DATABASE bailee_attempt

-- create/tablespace: a place of its own for files
-- expect: refused 42501
-- in: corpus
-- alone
CREATE TABLESPACE bailee_attempt LOCATION '/tmp'

-- create/access-method: a way of storing
-- expect: refused 42501
CREATE ACCESS METHOD bailee_attempt TYPE INDEX HANDLER bthandler

-- create/text-search: a configuration whose dictionary reads a file
-- expect: refused 42501
CREATE TEXT SEARCH CONFIGURATION {schema}.bailee_attempt (COPY = simple)

-- create/text-search-template: a template
-- expect: refused 42501
CREATE TEXT SEARCH TEMPLATE {schema}.bailee_attempt (LEXIZE = dsimple_lexize)

-- create/default-privileges: what one would make later, open to all
-- expect: harmless
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC

-- change/security: row security away
-- expect: refused 42501
ALTER TABLE {table} DISABLE ROW LEVEL SECURITY

-- change/owner: the table to oneself
-- expect: refused 42501
ALTER TABLE {table} OWNER TO CURRENT_USER

-- change/column: a column more
-- expect: refused 42501
ALTER TABLE {table} ADD COLUMN bailee_attempt int

-- change/inherit: a child that hands on its rows
-- expect: refused 42501
ALTER TABLE {table} NO INHERIT {table}

-- change/rename: another name
-- expect: refused 42501
ALTER TABLE {table} RENAME TO bailee_attempt

-- change/schema-owner: the schema to oneself
-- expect: refused 42501
ALTER SCHEMA {schema} OWNER TO CURRENT_USER

-- change/drop: the table away
-- expect: refused 42501
-- in: corpus
DROP TABLE {table}

-- change/comment: words about it
-- expect: refused 42501
COMMENT ON COLUMN {table}.{column} IS 'x'

-- change/label: a label on it
-- expect: refused 42501 22023
SECURITY LABEL ON TABLE {table} IS 'x'

-- change/cluster: sorted anew
-- expect: refused 42501
-- in: corpus
-- alone
CLUSTER {table}

-- change/reindex: its indexes made anew
-- expect: refused 42501
-- in: corpus
-- alone
REINDEX TABLE {table}

-- change/checkpoint: everything to disk
-- expect: refused 42501
CHECKPOINT
