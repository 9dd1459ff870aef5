/** What the compiler writes, as SQL text: names, grants, policies, session roles. Pure. */
import { createHash } from 'node:crypto'
import type { TablePlan } from '../doorkeeper.ts'

/** The group of every role Bailee makes at a client database: `pg_hba.conf` admits it from the gateway only. */
export const sessionGroup = 'bailee_session'

/** What a compiled role is made from. */
export interface Scope {
  readonly instruction: string
  readonly database: string
  readonly tables: readonly TablePlan[]
  readonly operations: readonly string[]
  /** How much of results may be kept at the store; absent: nothing. */
  readonly results?: { readonly bytesMax: number } | undefined
}

/** What an instruction lets a session do with the columns it names. Everything else is absent, not forbidden: there is no grant for it. */
export interface Rights {
  readonly reads: boolean
  /** INSERT and UPDATE of exactly its columns. */
  readonly writes: boolean
  /** DELETE of rows: PostgreSQL knows no finer right. */
  readonly erases: boolean
  /** Tables of its own in the schema of its results. */
  readonly derives: boolean
}

/** Results are kept where the instruction covers `derive` and the store says how much: without either, `derive` reads. */
export function rightsOf({ operations, results }: Pick<Scope, 'operations' | 'results'>): Rights {
  const [derive, write, erase] = ['derive', 'write', 'erase'].map((operation) => operations.includes(operation)) as [boolean, boolean, boolean]
  return { reads: derive || operations.includes('read'), writes: write, erases: erase, derives: derive && results !== undefined }
}

/** The schema of the results of a compiled role. */
export function resultSchemaOf(role: string): string {
  return role.replace(/^ins_/, 'der_')
}

/** Makes the schema of results, which belongs to the login of `gateway_url` so that nobody else can open it. */
export function createResults(role: string, instruction: string): readonly string[] {
  const schema = name(resultSchemaOf(role))
  return [`CREATE SCHEMA ${schema}`, `COMMENT ON SCHEMA ${schema} IS ${literal(`Bailee: results derived under instruction ${instruction}`)}`]
}

/** Lets the compiled role make tables there. */
export function openResults(role: string): string {
  return `GRANT USAGE, CREATE ON SCHEMA ${name(resultSchemaOf(role))} TO ${name(role)}`
}

/** Takes it back when the instruction has ended; `drop` refuses while anything is in it. */
export function closeResults(schema: string): { revoke: string; drop: string } {
  return { revoke: `REVOKE ALL ON SCHEMA ${name(schema)} FROM ${name(schema.replace(/^der_/, 'ins_'))}`, drop: `DROP SCHEMA ${name(schema)} RESTRICT` }
}

/**
 * The role of an instruction at one database: `ins_<the instruction's id>_<hash>`. The hash covers the scope whole, so that another
 * reading of the instruction is another role and no open session changes under its user. Roles are shared by a cluster's databases.
 */
export function roleOf(scope: Scope): string {
  const tables = scope.tables
    .map(({ schema, table, columns, rows }) => [schema, table, [...columns].sort(), rows ?? null])
    .sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1))
  const { reads, writes, erases, derives } = rightsOf(scope)
  const more = writes || erases || derives ? [{ reads, writes, erases, ...(derives ? { derives } : {}) }] : []
  const hash = createHash('sha256').update(JSON.stringify([scope.instruction, scope.database, tables, ...more])).digest('hex')
  const word = scope.instruction.toLowerCase().replace(/[^a-z0-9]+/g, '_').slice(0, 30)
  return `ins_${word}_${hash.slice(0, 12)}`
}

/** A quoted identifier. */
export function name(text: string): string {
  return `"${text.replaceAll('"', '""').replaceAll('\0', '')}"`
}

/** A quoted literal, whatever standard_conforming_strings says. */
export function literal(text: string): string {
  const quoted = `'${text.replaceAll("'", "''").replaceAll('\0', '')}'`
  return text.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted
}

/** `"schema"."table"` */
export function qualified(table: Pick<TablePlan, 'schema' | 'table'>): string {
  return `${name(table.schema)}.${name(table.table)}`
}

/** Makes the compiled role where it is missing. */
export function createRole(role: string, instruction: string): readonly string[] {
  return [
    `CREATE ROLE ${name(role)} NOLOGIN IN ROLE ${name(sessionGroup)}`,
    `COMMENT ON ROLE ${name(role)} IS ${literal(`Bailee: what instruction ${instruction} covers, and nothing else`)}`,
  ]
}

/** Exactly these columns, whatever was granted before. */
export function grants(role: string, tables: readonly TablePlan[], rights: Rights): readonly string[] {
  const schemas = [...new Set(tables.map(({ schema }) => schema))]
  const byColumn = [...(rights.reads ? ['SELECT'] : []), ...(rights.writes ? ['INSERT', 'UPDATE'] : [])]
  return [
    ...schemas.map((schema) => `GRANT USAGE ON SCHEMA ${name(schema)} TO ${name(role)}`),
    ...tables.flatMap((table) => [
      `REVOKE ALL ON TABLE ${qualified(table)} FROM ${name(role)}`,
      ...byColumn.map((right) => `GRANT ${right} (${table.columns.map(name).join(', ')}) ON TABLE ${qualified(table)} TO ${name(role)}`),
      ...(rights.erases ? [`GRANT DELETE ON TABLE ${qualified(table)} TO ${name(role)}`] : []),
    ]),
  ]
}

/** A row policy that holds a compiled role to its controller's rows of a shared table. */
export interface RowPolicy {
  readonly policy: string
  /** As `pg_policy.polcmd` has it. */
  readonly command: 'r' | 'a' | 'w' | 'd'
  readonly statement: string
}

/** What a shared table needs: rows of others are not shown, not written, not moved from or to, not deleted. None for a table of one controller. */
export function policiesOf(role: string, table: TablePlan, rights: Rights): readonly RowPolicy[] {
  if (table.rows === undefined) return []
  const [using, check] = [`USING (${table.rows})`, `WITH CHECK (${table.rows})`]
  const made = (command: RowPolicy['command'], suffix: string, words: string, body: string): RowPolicy => {
    const policy = `bailee_${role}${suffix}`
    return { policy, command, statement: `CREATE POLICY ${name(policy)} ON ${qualified(table)} AS PERMISSIVE FOR ${words} TO ${name(role)} ${body}` }
  }
  return [
    ...(rights.reads ? [made('r', '', 'SELECT', using)] : []),
    ...(rights.writes ? [made('a', '_a', 'INSERT', check), made('w', '_w', 'UPDATE', `${using} ${check}`)] : []),
    ...(rights.erases ? [made('d', '_d', 'DELETE', using)] : []),
  ]
}

/** Made anew each time a process compiles, so that a policy changed behind our back does not outlive a restart. */
export function policies(role: string, table: TablePlan, rights: Rights): readonly string[] {
  return policiesOf(role, table, rights).flatMap(({ policy, statement }) => [`DROP POLICY IF EXISTS ${name(policy)} ON ${qualified(table)}`, statement])
}

/** A role that lives as long as one session. */
export interface SessionRole {
  readonly role: string
  readonly verifier: string
  /** Machine clock, milliseconds since 1970: PostgreSQL compares it with its own. */
  readonly until: number
  readonly compiled: string
}

export function createSession(session: SessionRole): string {
  return `CREATE ROLE ${name(session.role)} LOGIN CONNECTION LIMIT 1 PASSWORD ${literal(session.verifier)}`
    + ` VALID UNTIL ${literal(new Date(session.until).toISOString())} IN ROLE ${name(session.compiled)}, ${name(sessionGroup)}`
}

export function closeSession(role: string): string {
  return `ALTER ROLE ${name(role)} VALID UNTIL '-infinity'`
}

export function dropSession(role: string): string {
  return `DROP ROLE IF EXISTS ${name(role)}`
}

/** `s_<creation, seconds in hexadecimal>_<random>`: who finds it knows how old it is. `random`: hexadecimal. */
export function sessionName(now: number, random: string): string {
  return `s_${Math.floor(now / 1000).toString(16)}_${random}`
}

/** Seconds since 1970 at which a session role was made; undefined for a name that is not one. */
export function createdAt(role: string): number | undefined {
  const parts = /^s_([0-9a-f]{8,10})_[0-9a-f]{16,48}$/.exec(role)
  return parts?.[1] === undefined ? undefined : Number.parseInt(parts[1], 16)
}
