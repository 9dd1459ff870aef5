-- Ways out: becoming somebody else, and settings.

-- roles/set-owner: as the login of the gateway
-- expect: refused 42501
-- in: canary
SET ROLE {gateway}

-- roles/set-local: for one transaction
-- expect: refused 42501
SET LOCAL ROLE {gateway}

-- roles/set-config: by a function
-- expect: refused 42501
SELECT set_config('role', trim('"' FROM '{gateway}'), false)

-- roles/set-predefined: as a role that reads everything
-- expect: refused 42501
SET ROLE pg_read_all_data

-- roles/set-monitor: as a role that sees all sessions
-- expect: refused 42501
SET ROLE pg_monitor

-- roles/session-authorization: as somebody else altogether
-- expect: refused 42501
SET SESSION AUTHORIZATION {gateway}

-- roles/session-authorization-config: by a function
-- expect: refused 42501
SELECT set_config('session_authorization', trim('"' FROM '{gateway}'), false)

-- roles/reset: back to whoever one was
-- expect: harmless
RESET ROLE

-- roles/none: to no role
-- expect: harmless
SET ROLE NONE

-- roles/reset-authorization: back to the login
-- expect: harmless
RESET SESSION AUTHORIZATION

-- roles/create: a role of one's own
-- expect: refused 42501
CREATE ROLE bailee_attempt

-- roles/create-user: a login of one's own
-- expect: refused 42501
CREATE USER bailee_attempt PASSWORD 'x' SUPERUSER

-- roles/superuser: oneself a superuser
-- expect: refused 42501
ALTER ROLE CURRENT_USER SUPERUSER

-- roles/bypass: oneself past row security
-- expect: refused 42501
ALTER ROLE CURRENT_USER BYPASSRLS

-- roles/createrole: oneself a maker of roles
-- expect: refused 42501
ALTER ROLE CURRENT_USER CREATEROLE

-- roles/replication: oneself a reader of the log
-- expect: refused 42501
ALTER ROLE CURRENT_USER REPLICATION

-- roles/longer: a login that does not end
-- expect: refused 42501
ALTER ROLE CURRENT_USER VALID UNTIL 'infinity'

-- roles/more: more than one connection
-- expect: refused 42501
ALTER ROLE CURRENT_USER CONNECTION LIMIT 100

-- roles/rename: another name
-- expect: refused 42501 0A000 42939
ALTER ROLE CURRENT_USER RENAME TO bailee_attempt

-- roles/alter-gateway: the gateway's login
-- expect: refused 42501
ALTER ROLE {gateway} PASSWORD 'x'

-- roles/setting-of-all: a setting for every role
-- expect: refused 42501
ALTER ROLE ALL SET search_path = pg_temp

-- roles/setting-of-self: a setting for the next session of this role, which there is none of
-- expect: harmless
ALTER ROLE CURRENT_USER SET search_path = pg_temp

-- roles/grant-self: a membership
-- expect: refused 42501
GRANT pg_read_all_data TO CURRENT_USER

-- roles/grant-group: the group to somebody else
-- expect: refused 42501
GRANT bailee_session TO {gateway}

-- roles/grant-table: what one holds to everybody
-- expect: zero 42501 25P02
GRANT SELECT ON {table} TO PUBLIC
SELECT count(*) FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = '{table}'::regclass AND a.grantee = 0

-- roles/grant-column: a column to everybody
-- expect: zero 42501 25P02
GRANT SELECT ({column}) ON {table} TO PUBLIC
SELECT count(*) FROM pg_attribute t, aclexplode(t.attacl) a WHERE t.attrelid = '{table}'::regclass AND a.grantee = 0

-- roles/revoke: what others hold
-- expect: refused 42501
REVOKE SELECT ON {table} FROM {gateway}

-- roles/drop: the gateway's login away
-- expect: refused 42501
-- in: corpus
DROP ROLE {gateway}

-- roles/reassign: what is another's to oneself
-- expect: refused 42501
-- in: corpus
REASSIGN OWNED BY {gateway} TO CURRENT_USER

-- roles/drop-owned: what is another's away
-- expect: refused 42501
-- in: corpus
DROP OWNED BY {gateway}

-- roles/comment: words about somebody else's role
-- expect: refused 42501
COMMENT ON ROLE {gateway} IS 'x'

-- settings/row-security: row security off
-- expect: harmless
SET row_security = off

-- settings/read-only: writing on
-- expect: harmless
SET default_transaction_read_only = off

-- settings/timeout: no timeout; the gateway keeps its own
-- expect: harmless
SET statement_timeout = 0

-- settings/search-path: names looked up elsewhere first
-- expect: harmless
SET search_path = pg_temp, public, pg_catalog

-- settings/replication-role: triggers and rules off
-- expect: refused 42501
SET session_replication_role = replica

-- settings/log: statements out of the log
-- expect: refused 42501
SET log_statement = 'none'

-- settings/preload: a library at the next login
-- expect: refused 42501 55P02
SET session_preload_libraries = 'x'

-- settings/local-preload: a library of one's own at the next login, which there is none of
-- expect: harmless
SET local_preload_libraries = 'x'

-- settings/library-path: libraries from elsewhere
-- expect: refused 42501
SET dynamic_library_path = '/tmp'

-- settings/load: a library now
-- expect: refused 42501 58P01
LOAD 'dblink'

-- settings/system-tables: the catalogue writable
-- expect: refused 42501
SET allow_system_table_mods = on

-- settings/damaged: damaged pages read as empty
-- expect: refused 42501
SET zero_damaged_pages = on

-- settings/large-objects: large objects without rights
-- expect: refused 42501
SET lo_compat_privileges = on

-- settings/track: oneself unseen
-- expect: refused 42501
SET track_activities = off

-- settings/system: the server's configuration
-- expect: refused 42501
-- in: corpus
-- alone
ALTER SYSTEM SET log_statement = 'none'

-- settings/database: the database's configuration
-- expect: refused 42501
ALTER DATABASE {database} SET search_path = pg_temp

-- settings/parameter-grant: the right to a setting
-- expect: refused 42501
GRANT SET ON PARAMETER log_statement TO CURRENT_USER
