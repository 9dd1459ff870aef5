/**
 * What of PostgreSQL's own functions a session may call, so that the statements which close the rest are *generated from the catalogue* of
 * each database, whatever its version, and asked for again at every opening. Pure: patterns over `pg_proc.proname`, with their reasons.
 *
 * Three answers are possible for a function that every role may call and that has effects (volatile): it is closed, it is known to give a
 * session nothing, or it is neither, which a newer PostgreSQL may bring; then it is closed too, because nobody has looked at it yet.
 */

/** Functions of PostgreSQL that a session has no use for, by what they would let it do. */
export const closedFunctions: readonly { readonly names: string; readonly because: string }[] = [
  { names: 'lo_.*|loread|lowrite', because: 'large objects park data where no grant of a table holds it' },
  { names: 'pg_notify|pg_logical_emit_message', because: 'a message beside the results, to other sessions or into the write-ahead log' },
  { names: 'pg_(try_)?advisory_.*', because: 'locks that others wait for, and a channel between sessions' },
  { names: 'pg_sleep.*', because: 'holds a connection for nothing' },
  { names: '(query|table|cursor|schema|database)_to_xml.*|ts_stat|ts_rewrite', because: 'runs SQL text that stands in a value, unseen' },
  { names: 'pg_export_snapshot', because: 'lends what this session sees to others' },
  { names: 'pg_read_file_old|pg_rotate_logfile_old|pg_sync_replication_slots|pg_import_system_collations', because: 'files and administration of the server' },
  { names: 'pg_available_wal_summaries|pg_wal_summary_contents|pg_get_wal_summarizer_state', because: 'which blocks of which table changed when, in every database of the server' },
  { names: 'pg_(clear|restore)_(relation|attribute)_stats', because: 'changes what the planner believes of a table' },
]

/**
 * Volatile functions that stay open, because they give a session nothing that its grants do not: they ask for a right of their own (ownership,
 * REPLICATION, superuser), tell of the session or the server as a whole, or are what drivers and tools call on every connection.
 */
const knownFunctions: readonly string[] = [
  // Of the moment and of chance.
  'clock_timestamp|timeofday|random|random_normal|setseed|gen_random_uuid|uuidv[0-9]+|array_(sample|shuffle)',
  // Of the session itself: `set_config` travels as ParameterStatus and is charged; the backends one may end are one's own.
  'set_config|current_query|currval|lastval|nextval|setval|pg_cancel_backend|pg_terminate_backend|pg_stat_clear_snapshot|pg_stat_force_next_flush',
  // Of sizes, positions and states, without content.
  'pg_(relation|table|indexes|total_relation|database|tablespace)_size|pg_sequence_last_value|pg_get_sequence_data|pg_partition_(ancestors|tree)',
  'pg_stat_get_.*|pg_lock_status|pg_blocking_pids|pg_safe_snapshot_blocking_pids|pg_isolation_test_session_is_blocked|pg_prepared_xact|pg_notification_queue_usage',
  'pg_(current|last)_.*|pg_is_.*|pg_get_wal_.*|pg_get_wait_events|pg_get_loaded_modules|pg_jit_available',
  'pg_control_.*|pg_xact_.*|txid_status|pg_get_multixact_members|pg_(database_)?collation_actual_version|currtid2',
  // Their owner, a replication role or a superuser only; the role's attributes are verified.
  'pg_(create|copy|drop)_(logical_|physical_)?replication_slot|pg_logical_slot_.*|pg_replication_slot_advance|brin_.*|gin_clean_pending_list',
  'binary_upgrade_.*|pg_nextoid|pg_stop_making_pinned_objects|pg_extension_config_dump',
  // How PostgreSQL calls itself; none can be called with a value of ours.
  'amvalidate|.*handler|bernoulli|system|dsnowball_.*|plpgsql_.*',
]

/** One pattern for all closed functions, as `~` takes it. */
export const closedPattern = `^(${closedFunctions.map(({ names }) => names).join('|')})$`

/** One pattern for what is known and stays open. */
export const knownPattern = `^(${knownFunctions.join('|')})$`

/** The closed functions that PostgreSQL does not call volatile, although they run what they are given. */
const closedAndStable = '%\\_to\\_xml%'

/** Condition on `pg_proc p`: this function of PostgreSQL must not be callable. Generated for every version alike. */
export const mustBeClosed = `p.pronamespace = 'pg_catalog'::regnamespace AND p.oid < 16384 AND (p.provolatile = 'v' OR p.proname LIKE '${closedAndStable}')
    AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype) AND (p.proname ~ '${closedPattern}' OR p.proname !~ '${knownPattern}')`

/**
 * Extensions that reach other databases, files or memory of the server: whatever of them PUBLIC may call is closed by hardening. Of every other extension
 * that is not known to be harmless it is reported, because its functions are the client's to close.
 */
export const reachingExtensions: readonly string[] = [
  'adminpack', 'dblink', 'file_fdw', 'http', 'lo', 'old_snapshot', 'pageinspect', 'pg_buffercache', 'pg_cron', 'pg_freespacemap', 'pg_net', 'pg_prewarm', 'pg_stat_statements',
  'pg_surgery', 'pg_visibility', 'pg_walinspect', 'pgrowlocks', 'pgstattuple', 'plperlu', 'plpython3u', 'pltclu', 'postgres_fdw', 'sslinfo', 'tablefunc', 'xml2',
]
