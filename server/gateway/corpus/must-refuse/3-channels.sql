-- Ways out: carrying values out beside or inside of what is counted.

-- packing/text: a table in one row
-- expect: cut 53400
-- in: canary
SELECT string_agg(i::text, ',') FROM generate_series(1, 100000) i

-- packing/array: a table in one array, which no revoke closes
-- expect: cut 53400
SELECT ARRAY(SELECT i FROM generate_series(1, 100000) i)

-- packing/array-aggregate: the same by an aggregate
-- expect: cut 53400
-- in: corpus
SELECT array_agg(i) FROM generate_series(1, 100000) i

-- packing/json: a table as JSON
-- expect: cut 53400
-- in: corpus
SELECT json_agg(i) FROM generate_series(1, 100000) i

-- packing/jsonb-object: a table as the keys of one object
-- expect: cut 53400
-- in: corpus
SELECT jsonb_object_agg(i, i) FROM generate_series(1, 60000) i

-- packing/bytes: a table as bytes
-- expect: cut 53400
-- in: corpus
SELECT decode(repeat('ab', 600000), 'hex')

-- packing/wide: many columns of one row
-- expect: cut 53400
-- in: corpus
SELECT repeat('a', 200000), repeat('b', 200000), repeat('c', 200000), repeat('d', 200000)

-- packing/rows: many short rows
-- expect: cut 53400
-- in: corpus
SELECT i FROM generate_series(1, 100000) i

-- packing/extended: in one row, by the extended protocol
-- expect: cut 53400
\extended SELECT string_agg(i::text, ',') FROM generate_series(1, 100000) i

-- packing/cursor: fetched at once
-- expect: cut 53400
-- in: corpus
DECLARE c CURSOR FOR SELECT i FROM generate_series(1, 100000) i
FETCH ALL FROM c

-- packing/explain: in the text of a plan
-- expect: cut 53400
-- in: corpus
EXPLAIN (VERBOSE) SELECT repeat('a', 600000)

-- packing/show: in a setting that is shown
-- expect: cut 53400
-- in: corpus
SELECT set_config('bailee.packed', repeat('a', 600000), false) IS NULL
SHOW bailee.packed

-- messages/error: in the text of an error
-- expect: cut 53400
-- in: corpus
SELECT repeat('a', 600000)::int

-- messages/error-json: in the context of an error
-- expect: cut 53400
-- in: corpus
SELECT ('"' || repeat('a', 600000))::json

-- messages/debug: in the notices of a session that debugs itself, which are charged as rows are
-- expect: harmless
SET LOCAL client_min_messages = log
SET LOCAL debug_print_plan = on
SELECT 1

-- messages/raise: in notices of a block
-- expect: refused 42501
DO $$BEGIN RAISE NOTICE 'x'; END$$

-- messages/raise-sql: a block in SQL
-- expect: refused 42501 0A000 42704
DO LANGUAGE sql $$SELECT 1$$

-- messages/status: in a setting that is reported
-- expect: cut 53400
-- in: corpus
SELECT set_config('application_name', i::text, false) FROM generate_series(1, 100000) i

-- messages/move: in how far a cursor moved
-- expect: harmless
DECLARE c CURSOR FOR SELECT FROM generate_series(1, 1234)
MOVE ALL IN c

-- messages/notify: to whoever listens
-- expect: refused 42501
-- in: canary
SELECT pg_notify('bailee_attempt', 'x')

-- messages/listen: listened to by oneself
-- expect: cut 0A000
-- in: corpus
-- alone
LISTEN bailee_attempt
NOTIFY bailee_attempt, 'x'

-- messages/logical: into the write-ahead log, for whoever decodes it
-- expect: refused 42501
SELECT pg_logical_emit_message(true, 'bailee', 'x')

-- messages/logical-bytes: the same as bytes
-- expect: refused 42501
SELECT pg_logical_emit_message(false, 'bailee', '\x00'::bytea)

-- copy/out: to the client
-- expect: cut 0A000
-- in: canary
COPY (SELECT 1) TO STDOUT

-- copy/out-table: a table to the client
-- expect: cut 0A000
COPY {table} ({column}) TO STDOUT

-- copy/out-binary: in binary
-- expect: cut 0A000
COPY (SELECT 1) TO STDOUT (FORMAT binary)

-- copy/out-extended: by the extended protocol
-- expect: cut 0A000
\extended COPY (SELECT 1) TO STDOUT

-- copy/out-behind: behind a harmless statement
-- expect: cut 0A000 42601
SELECT 1; COPY (SELECT 1) TO STDOUT

-- copy/out-forbidden: what may not be read
-- expect: refused 42501
COPY {table} ({forbidden}) TO STDOUT

-- copy/out-whole: a table whole
-- expect: refused 42501
-- needs: forbidden
COPY {table} TO STDOUT

-- copy/out-other: another table
-- expect: refused 42501
COPY {other} TO STDOUT

-- copy/file: to a file of the server
-- expect: refused 42501
COPY (SELECT 1) TO '/tmp/bailee_attempt'

-- copy/program: to a program at the server
-- expect: refused 42501
COPY (SELECT 1) TO PROGRAM 'true'

-- copy/from-file: a file of the server into a table
-- expect: refused 42501
COPY {table} ({column}) FROM '/dev/null'

-- copy/from-program: a program's words into a table
-- expect: refused 42501
COPY {table} ({column}) FROM PROGRAM 'true'

-- copy/in: from the client into a table
-- expect: refused 42501
-- unless: write
COPY {table} ({column}) FROM STDIN

-- large/create: a large object, where data is parked
-- expect: refused 42501
-- in: canary
SELECT lo_create(0)

-- large/creat: by its old name
-- expect: refused 42501
SELECT lo_creat(-1)

-- large/from-bytes: filled at once
-- expect: refused 42501
SELECT lo_from_bytea(0, 'x')

-- large/put: written into
-- expect: refused 42501 42704
SELECT lo_put(1, 0, 'x')

-- large/get: read from
-- expect: refused 42501 42704
SELECT lo_get(1)

-- large/open: opened
-- expect: refused 42501 42704
SELECT lo_open(1, 131072)

-- large/read: read by descriptor
-- expect: refused 42501
SELECT loread(0, 1)

-- large/write: written by descriptor
-- expect: refused 42501
SELECT lowrite(0, 'x')

-- large/unlink: thrown away
-- expect: refused 42501 42704
SELECT lo_unlink(1)

-- large/import: a file of the server
-- expect: refused 42501
SELECT lo_import('/etc/passwd')

-- large/export: to a file of the server
-- expect: refused 42501
SELECT lo_export(1, '/tmp/bailee_attempt')

-- large/content: their content in the catalogue
-- expect: refused 42501
SELECT 1 FROM pg_largeobject LIMIT 0
