-- Ways out that were thought of later: newer PostgreSQL, the compiled role itself, functions below views, states of the protocol.

-- later/field: a column as a field of its row
-- expect: refused 42501
-- needs: forbidden
SELECT (l).{forbidden} FROM {table} l LIMIT 0

-- later/row-populate: a row put into a row of its own type
-- expect: refused 42501
-- needs: forbidden
SELECT (json_populate_record(l, '{}')).{forbidden} FROM {table} l LIMIT 0

-- later/row-size: how long a row is
-- expect: refused 42501
-- needs: forbidden
SELECT pg_column_size(l) FROM {table} l LIMIT 0

-- later/row-table-function: a column handed to a function in FROM
-- expect: refused 42501
SELECT f FROM {table} l, ROWS FROM (unnest(ARRAY[l.{forbidden}::text])) f LIMIT 0

-- later/json-table: a column taken apart by JSON_TABLE
-- expect: refused 42501 42601
SELECT j.* FROM {table} l, JSON_TABLE(to_jsonb(l.{forbidden}), '$' COLUMNS (v text PATH '$')) j LIMIT 0

-- later/xml-table: a column taken apart by XMLTABLE
-- expect: refused 42501 0A000
SELECT x.* FROM {table} l, XMLTABLE('/r' PASSING xmlelement(name r, l.{forbidden}) COLUMNS v text PATH '.') x LIMIT 0

-- later/explain-generic: the plan of what has no values yet
-- expect: refused 42501 42601 22P02 08P01 42P02
EXPLAIN (GENERIC_PLAN) SELECT 1 FROM {table} WHERE {forbidden}::text = $1

-- later/explain-serialize: the plan, with what it would have sent
-- expect: refused 42501 42601 22023
EXPLAIN (ANALYZE, SERIALIZE) SELECT {forbidden} FROM {table} LIMIT 0

-- later/returning-old: what stood there before
-- expect: refused 42501 42601 42P01
-- unless: write
UPDATE {table} SET {column} = {column} WHERE false RETURNING old.*

-- later/merge-returning: rows of a MERGE
-- expect: refused 42501 42601
-- unless: write
MERGE INTO {table} t USING (SELECT 1) s ON false WHEN MATCHED THEN DELETE RETURNING t.{column}

-- later/current-version: where another table's row went
-- expect: refused 42501
SELECT currtid2('{other}', '(0,1)')

-- later/drop-own-grants: what the instruction's role holds, taken away from all of its sessions
-- expect: refused 42501 0A000
-- in: corpus
SELECT count(set_config('role', g.rolname, true)) FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles s ON s.oid = m.member WHERE s.rolname = session_user AND g.rolname LIKE 'ins%'
DROP OWNED BY CURRENT_USER

-- later/default-of-role: what the instruction's role would make later, open to all
-- expect: harmless
-- in: corpus
SELECT count(set_config('role', g.rolname, true)) FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles s ON s.oid = m.member WHERE s.rolname = session_user AND g.rolname LIKE 'ins%'
ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC

-- later/role-password: a password of one's own for the session's role
-- expect: harmless
-- in: corpus
ALTER ROLE CURRENT_USER PASSWORD 'x'

-- later/role-group: from the group of all sessions to another instruction
-- expect: refused 42501
SELECT set_config('role', 'bailee_session', true)
GRANT bailee_session TO {gateway}

-- later/analyze: what the planner knows, looked up anew
-- expect: harmless
-- in: corpus
-- alone
ANALYZE {other}

-- later/vacuum: a table locked and written anew
-- expect: harmless
-- in: corpus
-- alone
VACUUM FULL {table}

-- later/statistics-restore: what the planner believes, told
-- expect: refused 42501 42883 22023 0A000 55000
-- in: corpus
SELECT pg_restore_relation_stats('schemaname', '{schema}', 'relname', 'listener', 'relpages', 1)

-- later/statistics-clear: what it knows of a column, forgotten
-- expect: refused 42501 42883
-- in: corpus
SELECT pg_clear_attribute_stats('{schema}', 'listener', '{column}', false)

-- later/admission-function: who may come in from where, by its function
-- expect: refused 42501
SELECT count(*) FROM pg_hba_file_rules()

-- later/identities-function: who is whom, by its function
-- expect: refused 42501 42883
SELECT count(*) FROM pg_ident_file_mappings()

-- later/files-function: the server's configuration, by its function
-- expect: refused 42501
SELECT count(*) FROM pg_show_all_file_settings()

-- later/shared-memory-function: what lies in shared memory, by its function
-- expect: refused 42501
SELECT count(*) FROM pg_get_shmem_allocations()

-- later/memory-function: what a backend holds, by its function
-- expect: refused 42501
SELECT count(*) FROM pg_get_backend_memory_contexts()

-- later/origins: how far others replicate
-- expect: refused 42501
SELECT count(*) FROM pg_show_replication_origin_status()

-- later/asynchronous: what all backends read and write at this moment
-- expect: refused 42501 42P01
SELECT count(*) FROM pg_aios

-- later/asynchronous-function: the same by its function
-- expect: refused 42501 42883
SELECT count(*) FROM pg_get_aios()

-- later/wal-summary: which blocks of which table changed
-- expect: refused 42501 42883
SELECT count(*) FROM pg_wal_summary_contents(1, '0/0', '0/1')

-- later/wal-summaries-available: which of those there are
-- expect: refused 42501 42883
SELECT count(*) FROM pg_available_wal_summaries()

-- later/wal-summarizer: how far the server has come with them
-- expect: refused 42501 42883
SELECT * FROM pg_get_wal_summarizer_state()

-- later/wal-summaries: the files that say so
-- expect: refused 42501 42883
SELECT count(*) FROM pg_ls_summariesdir()

-- later/slot-files: what slots have written to disk
-- expect: refused 42501 42883
SELECT count(*) FROM pg_ls_logicalsnapdir()

-- later/slot-sync: slots taken over from another server
-- expect: refused 42501 42883
-- in: corpus
SELECT pg_sync_replication_slots()

-- later/slot-advance: a slot moved on
-- expect: refused 42501
-- in: corpus
SELECT pg_replication_slot_advance('bailee_attempt', '0/1')

-- later/slot-copy: a slot copied
-- expect: refused 42501
-- in: corpus
SELECT pg_copy_logical_replication_slot('bailee_attempt', 'bailee_attempt_2')

-- later/standby-snapshot: what runs, written to the log
-- expect: refused 42501 42883
-- in: corpus
SELECT pg_log_standby_snapshot()

-- later/backend-reset: what is counted of another session, forgotten
-- expect: refused 42501 42883
-- in: corpus
SELECT pg_stat_reset_backend_stats(1)

-- later/slru-reset: what is counted of the server, forgotten
-- expect: refused 42501
-- in: corpus
SELECT pg_stat_reset_slru(NULL)

-- later/primary: how a standby reaches its primary
-- expect: refused 42501
SHOW primary_conninfo

-- later/primary-setting: the same in the view of settings
-- expect: nothing
SELECT 1 FROM pg_settings WHERE name IN ('primary_conninfo', 'hba_file', 'data_directory', 'ssl_passphrase_command', 'unix_socket_directories')

-- later/sequence-data: how far sequences of others are
-- expect: refused 42501 42883 42P01
SELECT * FROM pg_get_sequence_data('bailee_attempt')

-- later/partition-trees: nothing of a table's content in its catalogue by a function that reads
-- expect: refused 42501
SELECT lo_get(loid) FROM (SELECT 1::oid AS loid) l

-- later/text-search-file: a dictionary made of a file of the server
-- expect: refused 42501
-- in: corpus
CREATE TEXT SEARCH DICTIONARY {schema}.bailee_attempt (TEMPLATE = simple, STOPWORDS = english)

-- later/cast-input: a type that reads a file when something is cast to it
-- expect: refused 42501
CREATE FUNCTION {schema}.bailee_attempt(text) RETURNS int LANGUAGE internal STRICT AS 'pg_read_file'

-- later/atomic-function: a function whose body is SQL that was understood when it was made
-- expect: refused 42501
CREATE FUNCTION {schema}.bailee_attempt() RETURNS bigint BEGIN ATOMIC SELECT count(*) FROM {table}; END

-- later/temporary-function: a function in the schema of temporary things
-- expect: refused 42501 3F000
CREATE FUNCTION pg_temp.bailee_attempt() RETURNS int BEGIN ATOMIC SELECT 1; END

-- later/publication-table: one table offered, without its owner
-- expect: refused 42501
CREATE PUBLICATION bailee_attempt FOR TABLES IN SCHEMA {schema}

-- later/extension-role: the right to make an extension in another's name
-- expect: refused 42501 0A000
CREATE EXTENSION IF NOT EXISTS file_fdw

-- later/database-copy: the database, copied with everything in it
-- expect: refused 42501
-- in: corpus
-- alone
CREATE DATABASE bailee_attempt TEMPLATE {database} STRATEGY wal_log

-- later/maintain: the right to lock and analyse, handed on: who does not hold it hands on nothing
-- expect: harmless
-- in: corpus
GRANT MAINTAIN ON {table} TO PUBLIC

-- later/set-option: membership with the right to become somebody
-- expect: refused 42501 42601
GRANT {gateway} TO CURRENT_USER WITH SET TRUE, INHERIT TRUE

-- later/discard: back to what a session begins with
-- expect: harmless
-- in: corpus
-- alone
SET row_security = off
DISCARD ALL

-- later/encoding: texts in an encoding whose bytes look like others
-- expect: cut 53400
-- in: corpus
SET client_encoding = 'SJIS'
SELECT repeat('x', 600000)

-- later/encoding-error: an error that says which bytes it could not write
-- expect: refused 22P05 42501 0A000
-- in: corpus
SET client_encoding = 'LATIN1'
SELECT U&'\4E2D'

-- later/debug-parallel: a worker in place of the session, which must be held as the session is
-- expect: refused 42501 25P02
-- in: corpus
SET debug_parallel_query = on
SELECT count({forbidden}) FROM {table}

-- later/many-errors: a value in each error of many
-- expect: cut 53400
-- in: corpus
\extended SELECT repeat(md5(i::text), 20000)::int FROM generate_series(1, 5) i

-- later/describe-wide: columns whose names are as long as they may be
-- expect: harmless
-- in: corpus
SELECT 1 AS "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 2 AS "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

-- later/startup-long-option: a long option
-- expect: turned away 28000
-- in: corpus
\startup options=--role={gateway}

-- later/startup-escaped: an option behind an escaped space
-- expect: turned away 28000
-- in: corpus
\startup options=-c bailee.instruction=INS-1\ -c\ role={gateway}

-- later/startup-parts: more in the user name than it may name
-- expect: turned away 28000
-- in: corpus
\startup user=prover+INS-1+Marketing+INS-2

-- later/startup-replication-off: the word alone
-- expect: turned away 28000 0A000 42501
-- in: corpus
\startup replication=false

-- later/cancel-long: a cancel with a key of two hundred bytes that is nobody's
-- expect: turned away
-- in: corpus
\socket 000000d4 04d2162e 00000001 0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000

-- later/cancel-short: a cancel whose key is cut
-- expect: turned away 08P01
-- in: corpus
\socket 0000000e 04d2162e 00000001 0000

-- later/startup-again: a startup packet inside of a session
-- expect: cut 0A000 08P01
-- in: corpus
\bytes 00 00000008 04d2162f

-- later/authentication-again: another answer to SCRAM inside of a session
-- expect: cut 0A000 08P01
-- in: corpus
\bytes 70 00000008 00000000
