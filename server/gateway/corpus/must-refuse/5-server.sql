-- Ways out: what the server knows of others, and its files.

-- statistics/planner: values that the planner keeps
-- expect: refused 42501
-- in: canary
SELECT 1 FROM pg_statistic LIMIT 0

-- statistics/extended: values it keeps of several columns
-- expect: refused 42501
SELECT 1 FROM pg_statistic_ext_data LIMIT 0

-- statistics/view: the view of them, for a column that may not be read
-- expect: zero
SELECT count(*) FROM pg_stats WHERE format('%I.%I', schemaname, tablename) = '{table}' AND quote_ident(attname) = $bailee${forbidden}$bailee$

-- statistics/view-others: the view of them, for tables that may not be read
-- expect: zero
SELECT count(*) FROM pg_stats s WHERE s.schemaname NOT IN ('pg_catalog', 'information_schema') AND NOT has_column_privilege(format('%I.%I', s.schemaname, s.tablename)::regclass, s.attname::text, 'SELECT')

-- statistics/histogram: most common values of several columns
-- expect: zero
SELECT count(*) FROM pg_stats_ext WHERE NOT has_any_column_privilege(format('%I.%I', schemaname, tablename)::regclass, 'SELECT')

-- statistics/change: what the planner believes, changed
-- expect: refused 42501 42883
SELECT pg_clear_relation_stats('{schema}', 'bailee_attempt')

-- catalog/passwords: the verifiers of passwords
-- expect: refused 42501
-- in: canary
SELECT rolpassword FROM pg_authid LIMIT 0

-- catalog/shadow: the same by its view
-- expect: refused 42501
SELECT passwd FROM pg_shadow LIMIT 0

-- catalog/mappings: passwords of foreign servers
-- expect: refused 42501
SELECT umoptions FROM pg_user_mapping LIMIT 0

-- catalog/subscriptions: passwords of subscriptions
-- expect: refused 42501
SELECT subconninfo FROM pg_subscription LIMIT 0

-- catalog/admission: who may come in from where
-- expect: refused 42501
SELECT 1 FROM pg_hba_file_rules LIMIT 0

-- catalog/identities: who is whom
-- expect: refused 42501
SELECT 1 FROM pg_ident_file_mappings LIMIT 0

-- catalog/files: the server's configuration
-- expect: refused 42501
SELECT 1 FROM pg_file_settings LIMIT 0

-- catalog/build: how the server was built
-- expect: refused 42501
SELECT 1 FROM pg_config LIMIT 0

-- catalog/memory: what the server holds in memory
-- expect: refused 42501
SELECT 1 FROM pg_backend_memory_contexts LIMIT 0

-- catalog/shared-memory: and in shared memory
-- expect: refused 42501
SELECT 1 FROM pg_shmem_allocations LIMIT 0

-- catalog/activity: what others are asking, with the values in it
-- expect: zero
-- in: canary
SELECT count(*) FROM pg_stat_activity WHERE usename IS DISTINCT FROM session_user AND query NOT IN ('', '<insufficient privilege>')

-- catalog/activity-function: the same by its function
-- expect: zero
SELECT count(*) FROM pg_stat_get_activity(NULL) WHERE usesysid IS DISTINCT FROM (SELECT oid FROM pg_roles WHERE rolname = session_user) AND query NOT IN ('', '<insufficient privilege>')

-- catalog/backend-text: the text of another backend
-- expect: zero
SELECT count(*) FROM pg_stat_get_backend_idset() i WHERE pg_stat_get_backend_pid(i) <> pg_backend_pid() AND pg_stat_get_backend_activity(i) NOT IN ('<insufficient privilege>', '<backend information not available>', '<command string not enabled>', '')

-- catalog/addresses: where others come from
-- expect: zero
SELECT count(*) FROM pg_stat_activity WHERE usename IS DISTINCT FROM session_user AND (client_addr IS NOT NULL OR client_hostname IS NOT NULL)

-- catalog/replication: who replicates
-- expect: zero
SELECT count(*) FROM pg_stat_replication WHERE client_addr IS NOT NULL OR state IS NOT NULL

-- catalog/statements: everybody's statements
-- expect: refused 42501 42P01 55000
SELECT query FROM pg_stat_statements LIMIT 0

-- catalog/statements-function: the same by its function
-- expect: refused 42501 42883 55000
SELECT query FROM pg_stat_statements(true) LIMIT 0

-- catalog/columns: what the information schema says of a column that may not be read
-- expect: zero
SELECT count(*) FROM information_schema.columns WHERE format('%I.%I', table_schema, table_name) = '{table}' AND quote_ident(column_name) = $bailee${forbidden}$bailee$

-- catalog/mapping-options: options of user mappings
-- expect: zero
SELECT count(*) FROM pg_user_mappings WHERE umoptions IS NOT NULL

-- files/read: a file of the server
-- expect: refused 42501
-- in: canary
SELECT pg_read_file('PG_VERSION')

-- files/read-bytes: as bytes
-- expect: refused 42501
SELECT pg_read_binary_file('PG_VERSION')

-- files/old: by an old name
-- expect: refused 42501 42883
SELECT pg_read_file_old('PG_VERSION', 0, 1)

-- files/list: what is in a directory
-- expect: refused 42501
SELECT pg_ls_dir('.')

-- files/log: what the server's log holds
-- expect: refused 42501
SELECT pg_ls_logdir()

-- files/current-log: where it is
-- expect: refused 42501
SELECT pg_current_logfile()

-- files/wal: the write-ahead log
-- expect: refused 42501
SELECT pg_ls_waldir()

-- files/temporary: temporary files
-- expect: refused 42501
SELECT pg_ls_tmpdir()

-- files/stat: whether a file is there
-- expect: refused 42501
SELECT pg_stat_file('PG_VERSION')

-- files/xml-entity: a file through an entity of XML
-- expect: zero 0A000 2200M
SELECT count(*) FROM (SELECT xpath('/a/text()', xmlparse(document '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>'))::text AS x) t WHERE x LIKE '%root:%'
