-- Ways out: functions of the server, replication, transactions.

-- functions/query-xml: SQL text in a value
-- expect: refused 42501
SELECT query_to_xml('SELECT 1', true, true, '')

-- functions/query-xml-forbidden: what is forbidden, in a value
-- expect: refused 42501
SELECT query_to_xml_and_xmlschema('SELECT {forbidden} FROM {table} LIMIT 0', true, true, '')

-- functions/table-xml: a table as XML
-- expect: refused 42501
SELECT table_to_xml('pg_catalog.pg_am', true, true, '')

-- functions/schema-xml: a schema as XML
-- expect: refused 42501
SELECT schema_to_xmlschema('{schema}', true, true, '')

-- functions/database-xml: the database as XML
-- expect: refused 42501
-- in: corpus
SELECT database_to_xml(true, true, '')

-- functions/cursor-xml: a cursor as XML
-- expect: refused 42501
SELECT cursor_to_xml('c', 1, true, true, '')

-- functions/text-search: SQL text that a statistic runs
-- expect: refused 42501
SELECT ts_stat('SELECT NULL::tsvector WHERE false')

-- functions/rewrite: SQL text that a rewriting runs
-- expect: refused 42501
SELECT ts_rewrite('a'::tsquery, 'SELECT NULL::tsquery, NULL::tsquery WHERE false')

-- functions/sleep: a connection held for nothing
-- expect: refused 42501
SELECT pg_sleep(0)

-- functions/sleep-for: by an interval
-- expect: refused 42501
SELECT pg_sleep_for('0 s')

-- functions/sleep-until: until a moment
-- expect: refused 42501
SELECT pg_sleep_until('2000-01-01')

-- functions/advisory: a lock that others wait for
-- expect: refused 42501
SELECT pg_advisory_xact_lock(1)

-- functions/advisory-session: for the whole session
-- expect: refused 42501
SELECT pg_advisory_lock(1, 2)

-- functions/advisory-try: tried
-- expect: refused 42501
SELECT pg_try_advisory_xact_lock(1)

-- functions/advisory-shared: shared
-- expect: refused 42501
SELECT pg_try_advisory_lock_shared(1)

-- functions/snapshot: what one sees, lent to others
-- expect: refused 42501
SELECT pg_export_snapshot()

-- functions/terminate: other sessions ended
-- expect: zero
-- in: corpus
SELECT count(*) FROM (SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity WHERE usename <> session_user) t WHERE ended

-- functions/cancel: other statements stopped
-- expect: zero
-- in: corpus
SELECT count(*) FROM (SELECT pg_cancel_backend(pid) AS ended FROM pg_stat_activity WHERE usename <> session_user) t WHERE ended

-- functions/reload: the configuration read again
-- expect: refused 42501
SELECT pg_reload_conf()

-- functions/switch: the write-ahead log turned
-- expect: refused 42501
SELECT pg_switch_wal()

-- functions/promote: a standby made primary
-- expect: refused 42501
SELECT pg_promote()

-- functions/backup: a backup begun
-- expect: refused 42501
SELECT pg_backup_start('bailee_attempt')

-- functions/reset: what is counted, forgotten
-- expect: refused 42501
SELECT pg_stat_reset()

-- functions/memory: memory written to the log
-- expect: refused 42501
SELECT pg_log_backend_memory_contexts(pg_backend_pid())

-- functions/origin: a replication origin
-- expect: refused 42501
SELECT pg_replication_origin_create('bailee_attempt')

-- functions/upgrade: what only an upgrade may
-- expect: refused 42501 55000 55P02
SELECT binary_upgrade_set_next_pg_authid_oid(1)

-- functions/collations: collations of the machine
-- expect: refused 42501
SELECT pg_import_system_collations('pg_catalog')

-- functions/connect: another server through dblink
-- expect: refused 42501 42883
SELECT dblink_connect('host=192.0.2.1 connect_timeout=1')

-- functions/connect-query: a query there
-- expect: refused 42501 42883
SELECT * FROM dblink('host=192.0.2.1 connect_timeout=1', 'SELECT 1') AS t(x int)

-- functions/crosstab: SQL text that a pivot runs
-- expect: refused 42501 42883
SELECT crosstab('SELECT 1, 1, 1 WHERE false')

-- functions/page: a page of a table as it lies
-- expect: refused 42501 42883
SELECT get_raw_page('{schema}.bailee_attempt', 0)

-- functions/sequence: a sequence moved
-- expect: refused 42501 42P01
SELECT nextval('{schema}.bailee_attempt')

-- replication/slot: a slot that keeps every change
-- expect: refused 42501 55000
SELECT pg_create_logical_replication_slot('bailee_attempt', 'pgoutput', true)

-- replication/slot-physical: the whole server's
-- expect: refused 42501
SELECT pg_create_physical_replication_slot('bailee_attempt', false, true)

-- replication/changes: changes read from a slot
-- expect: refused 42501 42704 55000
SELECT pg_logical_slot_peek_changes('bailee_attempt', NULL, 1)

-- replication/drop: a slot away
-- expect: refused 42501 42704
SELECT pg_drop_replication_slot('bailee_attempt')

-- replication/command: a command of the replication protocol
-- expect: refused 42601
IDENTIFY_SYSTEM

-- replication/startup: a session that replicates
-- expect: turned away 28000
\startup replication=database

-- replication/startup-physical: the whole server
-- expect: turned away 28000
\startup replication=true

-- transactions/prepare: a transaction left behind
-- expect: refused 42501 55000 0A000 25P01
-- in: corpus
-- alone
BEGIN; PREPARE TRANSACTION 'bailee_attempt'

-- transactions/commit-prepared: somebody's transaction ended
-- expect: refused 42501 42704 55000 25001
-- in: corpus
-- alone
COMMIT PREPARED 'bailee_attempt'

-- transactions/snapshot: what another session sees
-- expect: refused 42501 22023 42704 0A000 25001
SET TRANSACTION SNAPSHOT '00000003-0000001B-1'
