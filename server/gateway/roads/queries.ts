/**
 * What is asked of a client database about the roads that lead to it. Each query returns `name`, and what its kind needs to be said. All but two may be
 * asked by every role; what is refused is reported as not seen. $1: the session group; $2: the declared tables as JSON `[{ schema, table }]`.
 */
import { reachingExtensions } from '../compile/stock.ts'
import type { RoadKind } from './types.ts'

const given = 'WITH given AS (SELECT $1::text AS grp, $2::jsonb AS tables)'

/** Memberships that read or write beyond every grant of a table. */
const powers = ['pg_read_all_data', 'pg_write_all_data', 'pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program', 'pg_maintain']

const list = (texts: readonly string[]): string => texts.map((text) => `'${text}'`).join(', ')

/** By kind. Ours are left out only where the database itself can tell: what is in the session group was made by the gateway. */
export const roadQueries: Readonly<Record<RoadKind, string>> = {
  role: `${given} SELECT r.rolname AS name, r.rolcanlogin AS login, has_database_privilege(r.oid, current_database(), 'CONNECT') AS connects,
      array_remove(ARRAY[CASE WHEN r.rolsuper THEN 'is a superuser' END, CASE WHEN r.rolbypassrls THEN 'bypasses row security' END,
        CASE WHEN r.rolcreaterole THEN 'makes roles' END, CASE WHEN r.rolreplication THEN 'may replicate' END], NULL) AS attributes,
      ARRAY(SELECT p.rolname::text FROM pg_roles p WHERE NOT r.rolsuper AND p.rolname IN (${list(powers)}) AND pg_has_role(r.oid, p.oid, 'MEMBER') ORDER BY 1) AS powers,
      EXISTS (SELECT FROM jsonb_to_recordset(given.tables) AS t(schema text, "table" text) JOIN pg_namespace n ON n.nspname = t.schema
        JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t."table" WHERE has_any_column_privilege(r.oid, c.oid, 'SELECT')) AS reads
    FROM given CROSS JOIN pg_roles r
    WHERE (r.rolcanlogin OR r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolreplication) AND r.rolname !~ '^pg_'
    AND NOT EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid AND g.rolname = given.grp WHERE m.member = r.oid AND r.rolname ~ '^(s|ins)_') ORDER BY 1`,
  pg_hba: `${given} SELECT concat_ws(' ', type, array_to_string(database, ','), array_to_string(user_name, ','), address, nullif(netmask, '255.255.255.255'), auth_method) AS name,
      type, database, user_name AS users, auth_method AS method FROM given CROSS JOIN pg_hba_file_rules
    WHERE error IS NULL AND auth_method <> 'reject' AND (database && ARRAY['all', 'sameuser', 'samerole', 'samegroup', 'replication', current_database()::text] OR EXISTS (SELECT FROM unnest(database) d WHERE d LIKE '/%'))`,
  'replication slot': `${given} SELECT slot_name AS name, slot_type AS type, plugin, active, database IS NULL AS whole FROM given CROSS JOIN pg_replication_slots WHERE database IS NULL OR database = current_database() ORDER BY 1`,
  subscription: `${given} SELECT s.subname AS name, s.subenabled AS active FROM given CROSS JOIN pg_subscription s JOIN pg_database d ON d.oid = s.subdbid AND d.datname = current_database() ORDER BY 1`,
  publication: `${given} SELECT p.pubname AS name, p.puballtables AS whole FROM given CROSS JOIN pg_publication p ORDER BY 1`,
  'foreign server': `${given} SELECT s.srvname AS name, w.fdwname AS wrapper, (SELECT count(*)::int FROM pg_user_mappings m WHERE m.srvid = s.oid) AS mappings
    FROM given CROSS JOIN pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw ORDER BY 1`,
  extension: `${given} SELECT extname AS name FROM given CROSS JOIN pg_extension WHERE extname IN (${list(reachingExtensions)}) ORDER BY 1`,
  language: `${given} SELECT lanname AS name FROM given CROSS JOIN pg_language WHERE NOT lanpltrusted AND lanname NOT IN ('internal', 'c') ORDER BY 1`,
  'event trigger': `${given} SELECT evtname AS name, pg_get_userbyid(evtowner) AS owner, evtevent AS event FROM given CROSS JOIN pg_event_trigger WHERE evtenabled <> 'D' ORDER BY 1`,
  session: `${given} SELECT a.usename AS name, count(*)::int AS number, bool_or(a.backend_type = 'walsender') AS replicates
    FROM given CROSS JOIN pg_stat_activity a WHERE a.usename IS NOT NULL AND a.pid <> pg_backend_pid() AND (a.datname = current_database() OR a.backend_type = 'walsender')
    AND NOT EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid AND g.rolname = given.grp WHERE m.member = a.usesysid AND a.usename ~ '^s_') GROUP BY 1 ORDER BY 1`,
}

/** Whether other roles' sessions are seen whole; without it a physical replication connection stays unseen. */
export const seesSessionsWhole = `SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS whole`

/** What lets a role see a kind that is refused to everybody. */
export const seeing: Partial<Record<RoadKind, string>> = {
  pg_hba: 'GRANT SELECT ON pg_hba_file_rules TO <login of sweep_url>; GRANT EXECUTE ON FUNCTION pg_hba_file_rules() TO <login of sweep_url>',
  session: 'GRANT pg_read_all_stats TO <login of sweep_url>',
}
