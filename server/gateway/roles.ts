/** A login role for each session, made before it and dropped after it, and the reaper of those that a crash left behind. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { roleSecondsMax, roleUnusedSecondsMax } from './limits.ts'
import { makeVerifier } from './scram.ts'
import { closeSession, createdAt, createSession, dropSession, literal, name, sessionGroup, sessionName } from './compile/statements.ts'
import { sqlState, type Administration } from './compile/store.ts'

/** The password is 32 random bytes used once: stretching it would only slow the login. */
const sessionIterations = 1

export interface Identity {
  readonly role: string
  readonly password: string
}

/**
 * Makes the login role of a session, a member of the compiled role and of `bailee_session`, with which one can log in for `loginSecondsMax`: a session may give its own role another
 * password, and no other end of it (`VALID UNTIL`), which comes as soon as somebody is logged in (`closeSessionRole`), so that it leads nowhere. Only its verifier reaches the database, so that no statement log holds a password. `aheadMilliseconds`: of the database's clock, by which it ends.
 */
export async function makeSessionRole(database: Administration, compiled: string, loginSecondsMax: number, aheadMilliseconds = 0): Promise<Identity> {
  const now = Date.now()
  const role = sessionName(now, randomBytes(12).toString('hex'))
  const password = randomBytes(32).toString('base64url')
  const verifier = makeVerifier(password, randomBytes(16), sessionIterations)
  await database.run(createSession({ role, verifier, until: now + aheadMilliseconds + loginSecondsMax * 1000, compiled }))
  return { role, password }
}

/** Milliseconds by which the database's clock is ahead of this machine's, or behind it (below 0). */
export async function clockAhead(database: Administration): Promise<number> {
  const before = Date.now()
  const [row] = await database.run(`SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now`)
  return Number(row?.['now']) - (before + Date.now()) / 2
}

/** Lets nobody log in with a session's role from now on, whatever password the session gives it; whoever is logged in stays. */
export async function closeSessionRole(database: Administration, role: string): Promise<void> {
  await database.run(closeSession(role))
}

/** Milliseconds between looks whether a session's own backend, whose connection was just closed, is gone by itself. */
const looksAfterMilliseconds = [0, 20, 60]
/** Milliseconds that backends which were told to end may take. */
const endMillisecondsMax = 2_000

async function isUsed(database: Administration, role: string): Promise<boolean> {
  for (const milliseconds of looksAfterMilliseconds) {
    if (milliseconds > 0) await sleep(milliseconds)
    const [row] = await database.run(`SELECT EXISTS (SELECT FROM pg_stat_activity a JOIN pg_roles r ON r.oid = a.usesysid WHERE r.rolname = $1) AS used`, [role])
    if (row?.['used'] !== true) return false
  }
  return true
}

/**
 * Drops a session's role, and ends first whoever is still logged in with it: a backend outlives its role. A user can make a role undroppable (`ALTER DEFAULT PRIVILEGES` for itself leaves a dependency); then what it left
 * in this database is dropped too. For both the administrative login joins the role for a moment.
 */
export async function dropSessionRole(database: Administration, role: string): Promise<void> {
  const join = `GRANT ${name(role)} TO CURRENT_USER`
  const end = `SELECT pg_terminate_backend(a.pid, ${endMillisecondsMax}) FROM pg_stat_activity a JOIN pg_roles r ON r.oid = a.usesysid WHERE r.rolname = ${literal(role)}`
  let failure = await isUsed(database, role) ? await database.together([join, end, dropSession(role)]) : await database.run(dropSession(role)).then(() => undefined, (error: unknown) => ({ error }))
  if (failure !== undefined && sqlState(failure.error) === '2BP01') failure = await database.together([join, end, ...(await handOver(database, role)), `DROP OWNED BY ${name(role)}`, dropSession(role)])
  if (failure !== undefined) throw failure.error
}

/** Whether nothing is bound to a session's role: no object, no grant, no default of later ones (`ALTER DEFAULT PRIVILEGES`), no setting. */
export async function isAsMade(database: Administration, role: string): Promise<boolean> {
  const [row] = await database.run(`SELECT EXISTS (SELECT FROM pg_shdepend d WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid) OR EXISTS (SELECT FROM pg_db_role_setting s WHERE s.setrole = r.oid) AS changed
    FROM pg_roles r WHERE r.rolname = $1`, [role])
  return row?.['changed'] === false
}

/** What a session made as itself (after SET ROLE NONE) among the results of its instruction, and has to outlive it, becomes the instruction's. */
async function handOver(database: Administration, role: string): Promise<string[]> {
  const rows = await database.run(`SELECT g.rolname AS compiled FROM pg_auth_members m JOIN pg_roles s ON s.oid = m.member JOIN pg_roles g ON g.oid = m.roleid
    JOIN pg_namespace n ON n.nspname = 'der_' || substr(g.rolname, 5) AND pg_get_userbyid(n.nspowner) = current_user
    WHERE s.rolname = $1 AND g.rolname LIKE 'ins\\_%' AND EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relowner = s.oid)`, [role])
  return rows.flatMap(({ compiled }) => [`GRANT ${name(String(compiled))} TO CURRENT_USER`, `REASSIGN OWNED BY ${name(role)} TO ${name(String(compiled))}`, `REVOKE ${name(String(compiled))} FROM CURRENT_USER`])
}

/**
 * Drops session roles that no session uses: those that are older than any session, and those without a connection that are older than any login takes. `live` are
 * the roles of this process; other gateways' are seen by their connections. `now`: milliseconds since 1970. Returns how many were dropped.
 */
export async function reap(database: Administration, live: ReadonlySet<string>, now = Date.now()): Promise<number> {
  const rows = await database.run(`SELECT r.rolname AS role, EXISTS (SELECT FROM pg_stat_activity a WHERE a.usesysid = r.oid) AS used FROM pg_roles r
    JOIN pg_auth_members m ON m.member = r.oid JOIN pg_roles g ON g.oid = m.roleid AND g.rolname = $1 WHERE r.rolcanlogin`, [sessionGroup])
  let dropped = 0
  for (const row of rows) {
    const role = String(row['role'])
    const created = createdAt(role)
    if (created === undefined || live.has(role)) continue
    if (now / 1000 - created < (row['used'] === true ? roleSecondsMax : roleUnusedSecondsMax)) continue
    await dropSessionRole(database, role)
    dropped += 1
  }
  return dropped
}
