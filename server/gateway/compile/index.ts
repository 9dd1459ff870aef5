/**
 * Makes a client database hold an instruction, and verifies by query that it does.
 *
 * PostgreSQL itself keeps columns and rows apart, if a session logs in *as* a role that holds nothing else. So an instruction
 * becomes, at each database, a role that cannot log in (`ins_...`) with exactly its columns granted and, for a table that several
 * controllers share, a row policy. Every session is a login role of its own (`s_...`) in that role, for as long as it lasts.
 *
 * A stock database gives every role far more than its grants: PUBLIC may make temporary tables, write large objects, run DO
 * blocks, call any SECURITY DEFINER function. `harden` takes the defaults of PostgreSQL back; what the client's own
 * objects open is reported and left to whoever owns them. Then `checks.ts` asks the database what the compiled role can reach,
 * with everything that PUBLIC, groups and memberships give. Any answer refuses to open the instruction, with its name and the
 * statement that would close it. Checked again at most every `verifiedSecondsMax` seconds, when a session opens.
 *
 * What `gateway_url` needs, and no more:
 *  - a login role with CREATEROLE, which makes `bailee_session`, the compiled roles and the session roles. From PostgreSQL 16 on it
 *    administers only roles that it made (it gets ADMIN OPTION by making them): if `bailee_session` exists already, a superuser runs
 *    `GRANT bailee_session TO bailee_gateway WITH ADMIN OPTION`. On 15, CREATEROLE is enough;
 *  - to grant columns: membership (with INHERIT) in the role that owns the schemas and tables, or SELECT on the tables WITH GRANT OPTION and USAGE on
 *    the schemas WITH GRANT OPTION. Row policies need the membership;
 *  - where results are kept (`results` of the store): CREATE on the database, to make a schema for those of each instruction;
 *  - a line of `pg_hba.conf` that lets it in, and before every other that matches: `host all +bailee_session <gateway> scram-sha-256`.
 * It must not be a superuser: nothing here needs it, but `harden` does for functions and languages of PostgreSQL itself, once, at
 * provisioning. Revoking from PUBLIC holds for the whole database: other applications that use advisory locks, large objects,
 * pg_notify, pg_sleep, temporary tables or DO blocks there need their own GRANT.
 */
import { isPlainPredicate } from '#inventory'
import { Broken } from '#kit/errors'
import type { SessionPlan, TablePlan } from '../doorkeeper.ts'
import { checks, columnWidths, maintainCheck, otherReaders, policyState } from './checks.ts'
import { createResults, createRole, grants, name, openResults, policies, policiesOf, qualified, resultSchemaOf, rightsOf, roleOf, sessionGroup, type Rights } from './statements.ts'
import { sqlState, type Administration, type Row } from './store.ts'
import { rowBytes, type Column } from './width.ts'

/** Something that would let a session reach what its instruction does not cover, or not reach what it does. */
export interface Finding {
  readonly code: string
  /** A sentence that names objects of the database, never a value. */
  readonly what: string
  /** The statement that closes it, for whoever administers the database. */
  readonly fix?: string
}

export type Compiled =
  | { readonly outcome: 'ready'; readonly role: string; readonly rights: Rights; readonly rowBytes: number; /** What each row policy said when it was made, by table and name. */ readonly policies: ReadonlyMap<string, string> }
  | { readonly outcome: 'found'; readonly findings: readonly Finding[] }

/** Statements that another process's same statement can make fail for a moment: a duplicate role, a catalogue row being updated. */
const passing = new Set(['42710', '23505', 'XX000', '40001', '40P01'])
const triesMax = 5

/** Operations that become grants of a session. The others are carried out by Bailee itself, or not yet. */
export const compiledOperations: ReadonlySet<string> = new Set(['read', 'derive', 'write', 'erase'])

/**
 * Makes the role of a plan where it is missing, grants what is missing, makes its row policies, and verifies. Idempotent, and safe against another
 * process that does the same. @throws Broken when the database cannot be reached.
 */
export async function compile(database: Administration, plan: SessionPlan, databaseName: string): Promise<Compiled> {
  const refused = shapeOf(plan)
  if (refused.length > 0) return { outcome: 'found', findings: refused }
  const [role, rights] = [roleOf({ ...plan, database: databaseName }), rightsOf(plan)]
  const before = [...(await missing(database, plan.tables)), ...(await shared(database, plan.tables))]
  if (before.length > 0) return { outcome: 'found', findings: before }
  const written = (await ensureRoles(database, role, plan.instruction)) ?? (await write(database, { role, rights }, plan.tables)) ?? (rights.derives ? await ensureResults(database, role, plan.instruction) : undefined)
  if (written !== undefined) return { outcome: 'found', findings: [written] }
  const made = new Map<string, string>()
  for (const state of await policyRows(database, role, plan.tables)) made.set(policyKey(state), String(state['predicate']))
  const columns = await database.run(columnWidths, parameters(role, plan.tables))
  const ready: Compiled = { outcome: 'ready', role, rights, rowBytes: rowBytes(columns.filter((row) => row['listed'] === true).map(columnOf)), policies: made }
  const findings = await verify(database, ready, plan.tables)
  return findings.length > 0 ? { outcome: 'found', findings } : ready
}

/** Everything `checks.ts` asks, and the row policies against those that were made. Empty: the role reaches exactly the plan. */
export async function verify(database: Administration, compiled: Extract<Compiled, { outcome: 'ready' }>, tables: readonly TablePlan[]): Promise<Finding[]> {
  const [version] = await database.run('SELECT current_setting(\'server_version_num\')::int AS number')
  const all = Number(version?.['number']) >= 170_000 ? [...checks, maintainCheck] : checks
  const sql = all.map(({ code, sql: body }) => `SELECT '${code}' AS code, what::text, fix::text FROM (${body}) AS "check"`).join('\nUNION ALL\n')
  const found = (await database.run(sql, parameters(compiled.role, tables, compiled.rights))).map(findingOf)
  return [...found, ...(await policyFindings(database, compiled, tables))]
}

/** Checks whose fixes take back what PostgreSQL itself and the extensions that reach outside give to PUBLIC. */
const stock = new Set(['function/stock', 'function/reaching', 'language/usage', 'database/create', 'catalog/opened'])

/**
 * The statements that would take back from PUBLIC what a stock database gives it, generated from the catalogue of this one, and none that
 * already hold. Changes nothing but the group, which is made when it is missing: what the bare group can do is what PUBLIC can do.
 */
export async function hardening(database: Administration): Promise<string[]> {
  await ensureGroup(database)
  const sql = checks.filter(({ code }) => stock.has(code)).map(({ sql: body }) => `SELECT fix FROM (${body}) AS "check" WHERE fix IS NOT NULL`).join('\nUNION\n')
  return (await database.run(sql, [sessionGroup, '[]', sessionGroup])).map((row) => String(row['fix'])).sort()
}

/**
 * Runs the statements of `hardening`, as far as the login may; safe to run again. For provisioning, as superuser or owner. Returns what was
 * done and what was refused, as statements. The client's own objects are left alone.
 */
export async function harden(database: Administration): Promise<{ done: string[]; refused: string[] }> {
  const done: string[] = []
  const refused: string[] = []
  for (const statement of await hardening(database)) {
    const worked = await database.run(statement).then(() => true, (error: unknown) => { if (sqlState(error) === undefined) throw error; return false })
    ;(worked ? done : refused).push(statement)
  }
  // A REVOKE without the right to it is only a warning: what is still open was refused.
  const open = new Set(await hardening(database))
  return { done: done.filter((statement) => !open.has(statement)), refused: [...new Set([...refused, ...open])] }
}

/** What is wrong with a plan before any database is asked. */
export function shapeOf(plan: SessionPlan): Finding[] {
  const findings: Finding[] = []
  if (!plan.operations.some((operation) => compiledOperations.has(operation))) findings.push({ code: 'plan/operation', what: 'the instruction names no operation that the gateway compiles (read, derive, write, erase)' })
  if (plan.tables.length === 0) findings.push({ code: 'plan/tables', what: 'the instruction names no table of this store' })
  for (const table of plan.tables) if (table.columns.length === 0) findings.push({ code: 'plan/columns', what: `the instruction names no column of ${qualified(table)}` })
  return findings
}

async function missing(database: Administration, tables: readonly TablePlan[]): Promise<Finding[]> {
  const check = checks.find(({ code }) => code === 'table/missing')
  if (check === undefined) throw new Broken('gateway/check-missing', 'the check for missing tables is gone')
  return (await database.run(check.sql, parameters('', tables))).map((row) => findingOf({ ...row, code: check.code }))
}

/** Whether row security may be switched on where it has to be: not when others would lose sight of their rows. */
async function shared(database: Administration, tables: readonly TablePlan[]): Promise<Finding[]> {
  const findings: Finding[] = []
  const columns = await database.run(columnWidths, parameters('', tables))
  for (const table of tables) {
    if (table.rows === undefined) continue
    const own = columns.filter((row) => row['schema'] === table.schema && row['table'] === table.table).map((row) => String(row['column']))
    if (!isPlainPredicate(table.rows, new Set(own))) {
      findings.push({ code: 'rows/predicate', what: `the row predicate of ${qualified(table)} is more than comparisons of its columns with constants` })
    }
    const [state] = await database.run('SELECT c.relrowsecurity AS enabled FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2', [table.schema, table.table])
    if (state?.['enabled'] === true) continue
    for (const row of await database.run(otherReaders, [table.schema, table.table, sessionGroup])) {
      findings.push({
        code: 'rows/others', what: `row security on ${qualified(table)} would hide its rows from ${String(row['reader'])}: its owner has to decide that`,
        fix: `ALTER TABLE ${qualified(table)} ENABLE ROW LEVEL SECURITY -- and a policy for each role that reads it`,
      })
    }
  }
  return findings
}

async function ensureGroup(database: Administration): Promise<void> {
  if ((await database.run('SELECT FROM pg_roles WHERE rolname = $1', [sessionGroup])).length > 0) return
  await database.run(`CREATE ROLE ${name(sessionGroup)} NOLOGIN`).catch((error: unknown) => { if (!passing.has(sqlState(error) ?? '')) throw error })
}

async function ensureRoles(database: Administration, role: string, instruction: string): Promise<Finding | undefined> {
  try {
    await ensureGroup(database)
  } catch (error) {
    if (sqlState(error) === undefined) throw error
    return { code: 'right/createrole', what: 'the login of gateway_url may not make roles', fix: 'ALTER ROLE <login of gateway_url> CREATEROLE' }
  }
  if ((await database.run('SELECT FROM pg_roles WHERE rolname = $1', [role])).length > 0) return undefined
  return attempt(database, createRole(role, instruction), 'right/createrole')
}

async function ensureResults(database: Administration, role: string, instruction: string): Promise<Finding | undefined> {
  const [known] = await database.run('SELECT pg_get_userbyid(nspowner) = current_user AS own FROM pg_namespace WHERE nspname = $1', [resultSchemaOf(role)])
  if (known?.['own'] === false) return undefined // found by `results/opened`
  return attempt(database, [...(known === undefined ? createResults(role, instruction) : []), openResults(role)], 'right/results')
}

async function write(database: Administration, { role, rights }: { role: string; rights: Rights }, tables: readonly TablePlan[]): Promise<Finding | undefined> {
  const statements = [...(await schemasUsed(database, role, grants(role, tables, rights)))]
  for (const table of tables) {
    if (table.rows === undefined) continue
    const [row] = await database.run('SELECT c.relrowsecurity AS enabled FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2', [table.schema, table.table])
    if (row?.['enabled'] !== true) statements.push(`ALTER TABLE ${qualified(table)} ENABLE ROW LEVEL SECURITY`)
    statements.push(...policies(role, table, rights))
  }
  return attempt(database, statements, 'right/grant')
}

/** Leaves out what holds already, so that a schema whose USAGE is PUBLIC's needs no right over it. */
async function schemasUsed(database: Administration, role: string, statements: readonly string[]): Promise<string[]> {
  const rows = await database.run('SELECT n.nspname AS schema FROM pg_namespace n WHERE has_schema_privilege($1::name, n.oid, \'USAGE\')', [role])
  const held = new Set(rows.map((row) => `GRANT USAGE ON SCHEMA ${name(String(row['schema']))} TO ${name(role)}`))
  return statements.filter((statement) => !held.has(statement))
}

async function attempt(database: Administration, statements: readonly string[], code: string): Promise<Finding | undefined> {
  for (let tries = 1; ; tries += 1) {
    const failure = await database.together(statements)
    const state = failure === undefined ? undefined : sqlState(failure.error)
    if (failure === undefined || (state === '42710' && tries > 1)) return undefined
    if (state === undefined || !passing.has(state) || tries === triesMax) {
      return { code, what: `the login of gateway_url may not do what the instruction needs (SQLSTATE ${state ?? 'unknown'})`, fix: failure.failed }
    }
  }
}

async function policyRows(database: Administration, role: string, tables: readonly TablePlan[]): Promise<readonly Row[]> {
  return database.run(policyState, parameters(role, tables))
}

async function policyFindings(database: Administration, compiled: Extract<Compiled, { outcome: 'ready' }>, tables: readonly TablePlan[]): Promise<Finding[]> {
  const findings: Finding[] = []
  const states = await policyRows(database, compiled.role, tables)
  for (const table of tables.filter(({ rows }) => rows !== undefined)) {
    const own = states.filter((state) => key(state) === key({ ...table }))
    const add = (what: string, fix?: string): void => { findings.push({ code: 'rows/policy', what: `${qualified(table)}: ${what}`, ...(fix === undefined ? {} : { fix }) }) }
    if (own.some((state) => state['enabled'] !== true)) add('row security is not enabled', `ALTER TABLE ${qualified(table)} ENABLE ROW LEVEL SECURITY`)
    const ours = policiesOf(compiled.role, table, compiled.rights)
    for (const { policy, command } of ours) {
      const state = own.find((one) => one['policy'] === policy)
      if (state === undefined) add(`the policy ${name(policy)} of the instruction is missing`)
      else if (state['command'] !== command || state['permissive'] !== true || state['predicate'] !== compiled.policies.get(policyKey(state))) add(`the policy ${name(policy)} of the instruction was changed`)
    }
    for (const state of own) {
      if (state['permissive'] === true && ours.every(({ policy }) => policy !== state['policy'])) add(`policy ${name(String(state['policy']))} shows more rows, or lets more be written`, `DROP POLICY ${name(String(state['policy']))} ON ${qualified(table)}`)
    }
  }
  return findings
}

const nothing: Rights = { reads: false, writes: false, erases: false, derives: false }

function parameters(role: string, tables: readonly TablePlan[], rights = nothing): [string, string, string] {
  return [role, JSON.stringify(tables.map(({ schema, table, columns }) => ({ schema, table, columns, ...rights }))), sessionGroup]
}

const policyKey = (state: Row): string => JSON.stringify([key(state), state['policy']])

function key(row: Row): string {
  return JSON.stringify([row['schema'], row['table']])
}

function findingOf(row: Row): Finding {
  const fix = row['fix']
  return { code: String(row['code']), what: String(row['what']), ...(typeof fix === 'string' ? { fix } : {}) }
}

function columnOf(row: Row): Column {
  const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)
  return { schema: String(row['schema']), table: String(row['table']), type: String(row['type']), declared: number(row['declared']), average: number(row['average']) }
}
