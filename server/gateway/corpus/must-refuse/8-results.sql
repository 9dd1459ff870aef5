-- Ways out: from the schema of results. Tried only where an instruction keeps some (`-- where: results`), in a search path that begins with it. What the gateway does
-- not let through there ends the session, and its transaction is undone.

-- results/view: a view runs functions with the rights of whoever reads it
-- where: results
-- expect: cut 0A000 42501
CREATE VIEW bailee_attempt AS SELECT 1 AS x

-- results/view-alone: the same outside of a transaction
-- where: results
-- in: canary
-- alone
-- expect: cut 0A000 42501
CREATE VIEW bailee_attempt AS SELECT 1 AS x

-- results/view-extended: the same in the extended protocol
-- where: results
-- alone
-- expect: cut 0A000 42501
\extended CREATE VIEW bailee_attempt AS SELECT 1 AS x

-- results/view-recursive: a recursive view
-- where: results
-- expect: cut 0A000 42501
CREATE RECURSIVE VIEW bailee_attempt (n) AS VALUES (1)

-- results/materialized: a materialized view
-- where: results
-- expect: cut 0A000 42501
CREATE MATERIALIZED VIEW bailee_attempt AS SELECT 1 AS x

-- results/materialized-empty: a materialized view without data
-- where: results
-- expect: cut 0A000 42501
CREATE MATERIALIZED VIEW bailee_attempt AS SELECT 1 AS x WITH NO DATA

-- results/materialized-explained: a materialized view below EXPLAIN ANALYZE
-- where: results
-- expect: cut 0A000 42501
EXPLAIN ANALYZE CREATE MATERIALIZED VIEW bailee_attempt AS SELECT 1 AS x

-- results/materialized-alone: the same outside of a transaction
-- where: results
-- alone
-- expect: cut 0A000 42501
EXPLAIN ANALYZE CREATE MATERIALIZED VIEW bailee_attempt AS SELECT 1 AS x

-- results/rule: a rule on one's own table
-- where: results
-- expect: cut 0A000 42501
CREATE TABLE bailee_attempt (x int)
CREATE RULE r AS ON INSERT TO bailee_attempt DO ALSO NOTIFY bailee_attempt

-- results/rule-view: a rule that makes a table into a view
-- where: results
-- expect: refused 42501 42809 55000
CREATE TABLE bailee_attempt (x int)
CREATE RULE "_RETURN" AS ON SELECT TO bailee_attempt DO INSTEAD SELECT 1 AS x

-- results/trigger: a trigger of a function that PostgreSQL brings
-- where: results
-- expect: cut 0A000 42501
CREATE TABLE bailee_attempt (x int)
CREATE TRIGGER t BEFORE UPDATE ON bailee_attempt FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()

-- results/policy: a policy, which runs functions with the rights of whoever reads the table
-- where: results
-- expect: cut 0A000 42501
CREATE TABLE bailee_attempt (x int)
CREATE POLICY p ON bailee_attempt USING (true)

-- results/function: a function
-- where: results
-- expect: cut 0A000 42501
CREATE FUNCTION bailee_attempt() RETURNS int LANGUAGE sql RETURN 1

-- results/function-plpgsql: a function of another language
-- where: results
-- expect: cut 0A000 42501
CREATE FUNCTION bailee_attempt() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'

-- results/function-internal: a function of PostgreSQL itself under another name, with its owner's rights
-- where: results
-- expect: cut 0A000 42501
CREATE FUNCTION bailee_attempt(float8) RETURNS void LANGUAGE internal SECURITY DEFINER AS 'pg_sleep'

-- results/procedure: a procedure, which could commit by itself
-- where: results
-- expect: cut 0A000 42501
CREATE PROCEDURE bailee_attempt() LANGUAGE sql AS ''

-- results/do: a DO block
-- where: results
-- expect: cut 0A000 42501
DO 'BEGIN END'

-- results/aggregate: an aggregate of PostgreSQL's own functions
-- where: results
-- expect: cut 0A000 42501
CREATE AGGREGATE bailee_attempt(int) (sfunc = int4pl, stype = int)

-- results/operator: an operator
-- where: results
-- expect: cut 0A000 42501
CREATE OPERATOR ### (leftarg = int, rightarg = int, function = int4pl)

-- results/type: a type
-- where: results
-- expect: cut 0A000 42501
CREATE TYPE bailee_attempt AS (x int)

-- results/domain: a domain
-- where: results
-- expect: cut 0A000 42501
CREATE DOMAIN bailee_attempt AS int

-- results/enum: values in a type
-- where: results
-- expect: cut 0A000 42501
CREATE TYPE bailee_attempt AS ENUM ('x')

-- results/sequence: a sequence of its own
-- where: results
-- expect: cut 0A000 42501
CREATE SEQUENCE bailee_attempt

-- results/collation: a collation
-- where: results
-- expect: cut 0A000 42501
CREATE COLLATION bailee_attempt FROM "C"

-- results/configuration: a text search configuration
-- where: results
-- expect: cut 0A000 42501
CREATE TEXT SEARCH CONFIGURATION bailee_attempt (copy = pg_catalog.simple)

-- results/statistics: extended statistics
-- where: results
-- expect: cut 0A000 42501
CREATE TABLE bailee_attempt (x int, y int)
CREATE STATISTICS s ON x, y FROM bailee_attempt

-- results/grant-everybody: one's own table to everybody
-- where: results
-- in: canary
-- expect: cut 0A000 42501
CREATE TABLE bailee_attempt (x int)
GRANT SELECT ON bailee_attempt TO PUBLIC

-- results/grant-alone: the same outside of a transaction, so that it would be kept
-- where: results
-- alone
-- expect: cut 0A000 42501
GRANT SELECT ON ALL TABLES IN SCHEMA pg_catalog TO PUBLIC

-- results/grant-column: a column to the gateway's login
-- where: results
-- expect: cut 0A000 42501
CREATE TABLE bailee_attempt (x int)
GRANT SELECT (x) ON bailee_attempt TO {gateway}

-- results/grant-group: to every session
-- where: results
-- expect: cut 0A000 42501
CREATE TABLE bailee_attempt (x int)
GRANT ALL ON bailee_attempt TO bailee_session WITH GRANT OPTION

-- results/grant-schema: the schema itself
-- where: results
-- expect: cut 0A000 42501
GRANT USAGE ON SCHEMA {schema} TO PUBLIC

-- results/grant-role: the role of the instruction to another
-- where: results
-- expect: refused 42501
GRANT {role} TO {gateway}

-- results/default-privileges: to everybody, from now on
-- where: results
-- expect: cut 0A000 42501
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC

-- results/owner: one's own table to the gateway's login
-- where: results
-- expect: refused 42501
CREATE TABLE bailee_attempt (x int)
ALTER TABLE bailee_attempt OWNER TO {gateway}

-- results/owned: everything to the gateway's login
-- where: results
-- expect: refused 42501
REASSIGN OWNED BY CURRENT_USER TO {gateway}

-- results/drop-owned: the grants of the instruction itself
-- where: results
-- expect: cut 0A000 42501
DROP OWNED BY CURRENT_USER

-- results/alter: a column more
-- where: results
-- expect: cut 0A000 42501
CREATE TABLE bailee_attempt (x int)
ALTER TABLE bailee_attempt ADD y int

-- results/rename: another name
-- where: results
-- expect: cut 0A000 42501
CREATE TABLE bailee_attempt (x int)
ALTER TABLE bailee_attempt RENAME TO y

-- results/security: row security of one's own
-- where: results
-- expect: cut 0A000 42501
CREATE TABLE bailee_attempt (x int)
ALTER TABLE bailee_attempt ENABLE ROW LEVEL SECURITY

-- results/comment: text in a comment
-- where: results
-- expect: cut 0A000 42501
CREATE TABLE bailee_attempt (x int)
COMMENT ON TABLE bailee_attempt IS 'x'

-- results/role-setting: a setting that outlives the session
-- where: results
-- expect: cut 0A000 42501
ALTER ROLE CURRENT_USER SET work_mem = '1MB'

-- results/partitioned: a table in partitions
-- where: results
-- expect: cut 0A000 42501
CREATE TABLE bailee_attempt (x int) PARTITION BY RANGE (x)

-- results/inherits: a table that others inherit from
-- where: results
-- expect: cut 0A000 42501
CREATE TABLE bailee_attempt (x int)
CREATE TABLE bailee_attempt_part () INHERITS (bailee_attempt)

-- results/inherits-theirs: a part of the client's own table
-- where: results
-- expect: refused 42501
CREATE TABLE bailee_attempt () INHERITS ({table})

-- results/partition-theirs: a partition of the client's own table
-- where: results
-- expect: refused 42501 42P17
CREATE TABLE bailee_attempt PARTITION OF {table} DEFAULT

-- results/references: a foreign key to the client's own table, which tells what is in it
-- where: results
-- expect: refused 42501 42830
CREATE TABLE bailee_attempt (x int REFERENCES {table})

-- results/like: the shape of the client's own table, with its defaults
-- where: results
-- expect: refused 42501
-- needs: forbidden
CREATE TABLE bailee_attempt (LIKE {table} INCLUDING ALL)

-- results/forbidden: a table of what the instruction does not name
-- where: results
-- expect: refused 42501
CREATE TABLE bailee_attempt AS SELECT {forbidden} FROM {table} LIMIT 0

-- results/forbidden-generated: what is not named, as a default
-- where: results
-- expect: refused 42501 0A000
CREATE TABLE bailee_attempt (x text DEFAULT (SELECT {forbidden} FROM {table} LIMIT 1))

-- results/forbidden-shadowed: a table of the same name shows nothing of the other
-- where: results
-- expect: refused 42501
CREATE TABLE bailee_attempt (x int)
SELECT b.{forbidden} FROM {table} AS b, bailee_attempt LIMIT 0

-- results/foreign: a foreign table
-- where: results
-- expect: refused 42501 42704
CREATE FOREIGN TABLE bailee_attempt (x int) SERVER nowhere

-- results/temporary: a temporary table
-- where: results
-- expect: refused 42501
CREATE TEMP TABLE bailee_attempt (x int)

-- results/elsewhere: a table in the schema of the client
-- where: results
-- expect: refused 42501
CREATE TABLE {schema}.bailee_attempt (x int)

-- results/moved: one's own table into the schema of the client
-- where: results
-- expect: refused 42501
CREATE TABLE bailee_attempt (x int)
ALTER TABLE bailee_attempt SET SCHEMA {schema}

-- results/oneself: as the role of the session, a view
-- where: results
-- expect: cut 0A000 42501
SET ROLE NONE
CREATE VIEW bailee_attempt AS SELECT 1 AS x

-- results/shadowed-names: the measurement is not misled by names of one's own before PostgreSQL's
-- where: results
-- expect: cut 0A000 42501
CREATE TABLE pg_class (x int)
CREATE TABLE pg_namespace (x int)
SELECT pg_catalog.set_config('search_path', pg_catalog.current_schema() || ', pg_catalog', true)
CREATE MATERIALIZED VIEW bailee_attempt AS SELECT 1 AS x

-- results/prepared-names: nor by having prepared everything away
-- where: results
-- expect: cut 0A000 42501
DEALLOCATE ALL
CREATE VIEW bailee_attempt AS SELECT 1 AS x
