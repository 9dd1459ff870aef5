-- Ways out of an instruction, each of which must stay closed. Read by `corpus.ts`; run by the tests against a database made for it, and by
-- `bailee gateway prove` against a client's own. A way once found stays here for ever.
--
-- A blank line ends an attempt. `-- group/name: sentence` names it, `-- expect:` says how it is judged, by error code and number of rows only:
--   refused CODES     the last step fails with one of these SQLSTATEs, and the session goes on
--   cut CODES         the session is ended with one of these
--   zero              the last step answers with one row whose first value is 0, or is refused
--   nothing           the last step answers without a row, or is refused
--   harmless          the last step may succeed: then what is forbidden must still be refused
--   turned away CODES nobody gets in (\startup), or the connection is closed (\socket)
-- `-- in: corpus` is run by tests only: it could do harm where it gets through, or tries the gateway alone and says nothing of a database. `-- in: canary` is also in the short list of every hour.
-- Every attempt runs in a transaction that is rolled back, unless `-- alone` says that it cannot; those that are not `in: corpus` touch no row even where they
-- get through.
-- `-- unless: write` (or erase) is left out where the instruction covers that, `-- needs: forbidden` where it names every column;
-- `-- where: results` is tried only where the instruction keeps results.
-- A step is a line: SQL, sent as one Query; \extended SQL; \bytes HEX, sent as they are in an open session; \startup NAME=VALUE; \socket HEX.
-- Names filled in: {table}, {column} of the instruction; {forbidden}, a column of that table which it does not name; {other}, another table;
-- {schema} of the table; {gateway}, the login of gateway_url; {database}; {role}, the compiled one, where results are kept.

-- Ways out: reading and writing what the instruction does not name.

-- columns/select: a column that the instruction does not name
-- expect: refused 42501
-- in: canary
SELECT {forbidden} FROM {table} LIMIT 0

-- columns/star: all columns at once
-- expect: refused 42501
-- needs: forbidden
SELECT * FROM {table} LIMIT 0

-- columns/table-command: TABLE is SELECT *
-- expect: refused 42501
-- needs: forbidden
TABLE {table} LIMIT 0

-- columns/where: a column that is only compared
-- expect: refused 42501
SELECT {column} FROM {table} WHERE {forbidden} IS NULL LIMIT 0

-- columns/order: a column that is only sorted by
-- expect: refused 42501
SELECT {column} FROM {table} ORDER BY {forbidden} LIMIT 0

-- columns/group: a column that is only grouped by
-- expect: refused 42501
SELECT count(*) FROM {table} GROUP BY {forbidden} LIMIT 0

-- columns/count: a column that is only counted
-- expect: refused 42501
SELECT count({forbidden}) FROM {table} WHERE false

-- columns/distinct-on: a column that only tells rows apart
-- expect: refused 42501
SELECT DISTINCT ON ({forbidden}) {column} FROM {table} LIMIT 0

-- columns/join-using: a column that only joins
-- expect: refused 42501
SELECT 1 FROM {table} a JOIN {table} b USING ({forbidden}) LIMIT 0

-- columns/natural-join: columns that nobody wrote
-- expect: refused 42501
-- needs: forbidden
SELECT 1 FROM {table} a NATURAL JOIN {table} b LIMIT 0

-- columns/window: a column that only orders a window
-- expect: refused 42501
SELECT rank() OVER (ORDER BY {forbidden}) FROM {table} LIMIT 0

-- columns/filter: a column in the filter of an aggregate
-- expect: refused 42501
SELECT count(*) FILTER (WHERE {forbidden} IS NULL) FROM {table} WHERE false

-- columns/case: a column inside of CASE
-- expect: refused 42501
SELECT CASE WHEN {forbidden} IS NULL THEN 1 END FROM {table} LIMIT 0

-- columns/subquery: a column in a correlated subquery
-- expect: refused 42501
SELECT (SELECT {forbidden}) FROM {table} LIMIT 0

-- columns/exists: a column in EXISTS
-- expect: refused 42501
SELECT 1 WHERE EXISTS (SELECT FROM {table} WHERE {forbidden} IS NULL AND false)

-- columns/common-table: a column in a common table expression that is not used
-- expect: refused 42501
WITH c AS MATERIALIZED (SELECT {forbidden} AS x FROM {table} LIMIT 0) SELECT count(*) FROM c

-- columns/lateral: a column handed on to a function
-- expect: refused 42501
SELECT 1 FROM {table} t, LATERAL (SELECT t.{forbidden}::text) x LIMIT 0

-- columns/whole-row-text: the row as text
-- expect: refused 42501
-- needs: forbidden
SELECT t::text FROM {table} t LIMIT 0

-- columns/whole-row-json: the row as JSON
-- expect: refused 42501
-- needs: forbidden
SELECT row_to_json(t) FROM {table} t LIMIT 0

-- columns/whole-row-jsonb: the row as jsonb
-- expect: refused 42501
-- needs: forbidden
SELECT to_jsonb(t) FROM {table} t LIMIT 0

-- columns/whole-row-hash: a hash of the row
-- expect: refused 42501
-- needs: forbidden
SELECT hash_record(t) FROM {table} t LIMIT 0

-- columns/whole-row-aggregate: rows in an array
-- expect: refused 42501
-- needs: forbidden
SELECT array_agg(t) FROM {table} t WHERE false

-- columns/whole-row-compare: rows compared as wholes
-- expect: refused 42501
-- needs: forbidden
SELECT 1 FROM {table} a, {table} b WHERE a = b LIMIT 0

-- columns/whole-row-null: whether a row is null
-- expect: refused 42501
-- needs: forbidden
SELECT count(*) FROM {table} t WHERE t IS NULL AND false

-- columns/whole-row-format: the row through format
-- expect: refused 42501
-- needs: forbidden
SELECT format('%s', t) FROM {table} t LIMIT 0

-- columns/system: where a row lies
-- expect: refused 42501
SELECT ctid FROM {table} LIMIT 0

-- columns/system-transaction: which transaction wrote a row
-- expect: refused 42501
SELECT xmin FROM {table} LIMIT 0

-- columns/set-operation: a column behind UNION
-- expect: refused 42501
SELECT NULL UNION ALL (SELECT {forbidden}::text FROM {table} LIMIT 0)

-- columns/extended: a column by the extended protocol
-- expect: refused 42501
\extended SELECT {forbidden} FROM {table} LIMIT 0

-- columns/explain: the plan of a statement that may not run
-- expect: refused 42501
EXPLAIN SELECT {forbidden} FROM {table}

-- columns/explain-analyze: the same, run
-- expect: refused 42501
EXPLAIN (ANALYZE, FORMAT JSON) SELECT {forbidden} FROM {table} LIMIT 0

-- tables/other: a table that the instruction does not name
-- expect: refused 42501
-- in: canary
SELECT 1 FROM {other} LIMIT 0

-- tables/other-whole: its rows as wholes
-- expect: refused 42501
SELECT o::text FROM {other} o LIMIT 0

-- tables/other-sample: a sample of it
-- expect: refused 42501
SELECT 1 FROM {other} TABLESAMPLE SYSTEM (0.0001) LIMIT 0

-- tables/other-join: joined to the table that is named
-- expect: refused 42501
SELECT a.{column} FROM {table} a, {other} b LIMIT 0

-- tables/other-count: only counted
-- expect: refused 42501
SELECT count(*) FROM {other} WHERE false

-- tables/toast: where long values lie
-- expect: refused 42501
SELECT 1 FROM pg_toast.pg_toast_1255 LIMIT 0

-- tables/lock: a lock that stops everybody else
-- expect: refused 42501
-- in: corpus
LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE NOWAIT

-- tables/lock-share: a lock that stops writers
-- expect: refused 42501
-- in: corpus
LOCK TABLE {table} IN SHARE MODE NOWAIT

-- tables/for-update: rows locked by reading
-- expect: refused 42501
-- unless: write
SELECT {column} FROM {table} WHERE false FOR UPDATE

-- tables/for-key-share: rows locked a little
-- expect: refused 42501
-- unless: write
SELECT {column} FROM {table} WHERE false FOR KEY SHARE

-- many/second-statement: the forbidden one behind a harmless one (where rows may be written, two in one text are refused as such)
-- expect: refused 42501 42601
SELECT 1; SELECT {forbidden} FROM {table} LIMIT 0

-- many/in-transaction: inside of a transaction of its own
-- expect: refused 42501 42601
SAVEPOINT a; SELECT {forbidden} FROM {table} LIMIT 0; RELEASE a

-- many/prepared: prepared first
-- expect: refused 42501
PREPARE p AS SELECT {forbidden} FROM {table} LIMIT 0
EXECUTE p

-- many/explain-prepared: the plan of a prepared one
-- expect: refused 42501
PREPARE q AS SELECT {forbidden} FROM {table} LIMIT 0
EXPLAIN EXECUTE q

-- cursors/declare: a cursor over what is forbidden
-- expect: refused 42501
DECLARE c CURSOR FOR SELECT {forbidden} FROM {table} LIMIT 0

-- cursors/hold: one that outlives its transaction
-- expect: refused 42501
DECLARE c CURSOR WITH HOLD FOR SELECT {forbidden} FROM {table} LIMIT 0

-- cursors/update: one that locks its rows
-- expect: refused 42501
-- unless: write
DECLARE c CURSOR FOR SELECT {column} FROM {table} WHERE false FOR UPDATE

-- cursors/binary: one that answers in binary
-- expect: refused 42501
DECLARE c BINARY CURSOR FOR SELECT {forbidden} FROM {table} LIMIT 0

-- writes/insert: a row that nobody told to write
-- expect: refused 42501
-- unless: write
-- in: canary
INSERT INTO {table} ({column}) SELECT {column} FROM {table} WHERE false

-- writes/insert-default: a row of defaults
-- expect: refused 42501
-- unless: write
-- in: corpus
INSERT INTO {table} DEFAULT VALUES

-- writes/update: a value that nobody told to change
-- expect: refused 42501
-- unless: write
UPDATE {table} SET {column} = {column} WHERE false

-- writes/update-forbidden: a value that may not even be read
-- expect: refused 42501
UPDATE {table} SET {forbidden} = NULL WHERE false

-- writes/delete: rows away
-- expect: refused 42501
-- unless: erase
DELETE FROM {table} WHERE false

-- writes/delete-returning: rows away, and shown
-- expect: refused 42501
-- unless: erase
DELETE FROM {table} WHERE false RETURNING {column}

-- writes/truncate: all rows away
-- expect: refused 42501
-- in: corpus
TRUNCATE {table}

-- writes/merge: all of it in one statement
-- expect: refused 42501
-- unless: erase
MERGE INTO {table} t USING (SELECT 1 WHERE false) s ON true WHEN MATCHED THEN DELETE

-- writes/common-table: hidden in a common table expression
-- expect: refused 42501
-- unless: erase
WITH gone AS (DELETE FROM {table} WHERE false RETURNING {column}) SELECT count(*) FROM gone

-- writes/other: into another table
-- expect: refused 42501
DELETE FROM {other} WHERE false

-- writes/catalog: into the catalogue
-- expect: refused 42501
UPDATE pg_catalog.pg_class SET relname = relname WHERE false

-- writes/settings: into the view of settings, which turns off what it names
-- expect: refused 42501
UPDATE pg_settings SET setting = 'all' WHERE name = 'log_statement'
