/** For tests: a client's database as an estate set-up leaves it, and a doorkeeper that keeps its book in memory. */
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, randomBytes, randomInt, sign } from 'node:crypto'
import { chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { expect, vi } from 'vitest'
import { machineClock, type Clock } from '#kit/time'
import { createServerForTests, createTestDatabase, type ServerForTestsOptions } from '../database/testing.ts'
import { parseAddress } from './address.ts'
import { harden } from './compile/index.ts'
import { Administration } from './compile/store.ts'
import type { Admission, AdmissionRequest, CloseReason, Credential, Doorkeeper, Lease, LeaseAnswer, SessionCounts, SessionPlan } from './doorkeeper.ts'
import { makeVerifier, saltOf } from './scram.ts'
import { recentSessions, type SessionRow } from './store.ts'
import { estate, hba, openProcessor, type Processor } from './testing.setup.ts'

export { estate } from './testing.setup.ts'
export type { Processor } from './testing.setup.ts'

export interface ClientDatabase {
  readonly adminUrl: string
  readonly gatewayUrl: string
  /** As superuser. */
  run(sql: string): Promise<pg.QueryResult>
  stop(): Promise<void>
}

/** DER: a tag, a length, a body. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const length = body.length < 128 ? [body.length] : body.length < 256 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}

/** A self-signed certificate for `localhost` and these IPv4 addresses (RFC 5280), made here so that no key lies in the repository. */
export function certificateFor(...addresses: readonly string[]): { key: string; cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const algorithm = der(0x30, Buffer.from('06082a8648ce3d040302', 'hex')) // ecdsa-with-SHA256
  const name = der(0x30, der(0x31, der(0x30, Buffer.from('0603550403', 'hex'), der(0x0c, Buffer.from('localhost')))))
  const validity = der(0x30, der(0x17, Buffer.from('200101000000Z')), der(0x17, Buffer.from('490101000000Z')))
  const alternatives = der(0x30, der(0x82, Buffer.from('localhost')), ...addresses.map((address) => der(0x87, Buffer.from(address.split('.').map(Number)))))
  const extensions = [
    der(0x30, Buffer.from('0603551d11', 'hex'), der(0x04, alternatives)),
    der(0x30, Buffer.from('0603551d13', 'hex'), der(0x01, Buffer.from([0xff])), der(0x04, der(0x30, der(0x01, Buffer.from([0xff]))))), // an authority of its own
  ]
  const body = der(0x30, der(0xa0, der(0x02, Buffer.from([2]))), der(0x02, randomSerial()), algorithm, name, validity, name, publicKey.export({ type: 'spki', format: 'der' }), der(0xa3, der(0x30, ...extensions)))
  const bytes = der(0x30, body, algorithm, der(0x03, Buffer.from([0]), sign('sha256', body, privateKey)))
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert: `-----BEGIN CERTIFICATE-----\n${bytes.toString('base64').replace(/.{64}/g, '$&\n').trimEnd()}\n-----END CERTIFICATE-----\n` }
}

const randomSerial = (): Buffer => Buffer.from([1, ...randomBytes(7)])

/** A server of its own with the estate above, hardened as superuser unless `stock`. */
export async function createClientDatabase(options: { stock?: boolean; binaries?: string } & ServerForTestsOptions = {}): Promise<ClientDatabase> {
  const own = { hba: [...hba, ...options.hba ?? []], settings: options.settings ?? {} }
  const server = options.binaries === undefined ? await createServerForTests(own) : startInstalled(options.binaries)
  const bootstrap = new pg.Client({ connectionString: server.url('postgres') })
  await bootstrap.connect()
  await bootstrap.query('CREATE DATABASE crm')
  await bootstrap.end()
  const adminUrl = server.url('crm')
  const admin = new pg.Client({ connectionString: adminUrl })
  await admin.connect()
  await admin.query(estate)
  if (options.stock !== true) await hardened(adminUrl)
  return {
    adminUrl, gatewayUrl: server.url('crm', 'bailee_gateway'), run: (sql) => admin.query(sql),
    stop: async () => { await admin.end(); await server.stop() },
  }
}

/** What tests of sessions ask of one processor's gateways. */
export interface Visits {
  /** Opens a session; a connection that is ended later is no error. */
  enter(user: string, port: number): Promise<pg.Client>
  /** The newest open session of a person, as recorded. */
  newest(person: string): Promise<SessionRow>
  /** A session as recorded, once it is closed. */
  closedRow(id: string): Promise<SessionRow>
}

/** The visits of a processor's people. */
export function visitsOf({ ledger, token }: Processor): Visits {
  return {
    enter: async (user, port) => {
      const session = new pg.Client({ host: '127.0.0.1', port, user, password: token, database: 'crm' })
      session.on('error', () => undefined)
      await session.connect()
      return session
    },
    newest: async (person) => (await recentSessions(ledger.database, { person, open: true, limit: 1 }))[0] as SessionRow,
    closedRow: (id) => vi.waitFor(async () => {
      const row = (await recentSessions(ledger.database)).find((one) => one.id === id)
      expect(row?.closedAt ?? null).not.toBeNull()
      return row as SessionRow
    }, 30_000),
  }
}

/** A server as above that also listens at a loopback address, encrypted; `analyst` logs in there with a password. */
export async function createEncryptedDatabase(pair: { key: string; cert: string }, address: string): Promise<ClientDatabase> {
  const client = await createClientDatabase({ hba: ['hostssl crm analyst all scram-sha-256'], settings: { listen_addresses: address } })
  const [{ data_directory: data }] = (await client.run('SHOW data_directory')).rows as [{ data_directory: string }]
  for (const [name, text] of [['server.key', pair.key], ['server.crt', pair.cert]] as const) {
    writeFileSync(join(data, name), text, { mode: 0o600 })
    if (process.getuid?.() === 0) chownSync(join(data, name), statSync(data).uid, statSync(data).gid)
  }
  for (const statement of ['ALTER SYSTEM SET ssl = on', 'SELECT pg_reload_conf()', 'CREATE ROLE analyst LOGIN PASSWORD \'tok-noa\'', 'GRANT USAGE ON SCHEMA crm TO analyst', 'GRANT SELECT (user_id, country, plan) ON crm.listener TO analyst']) await client.run(statement)
  return client
}

/** An address of the loopback for one server alone: PostgreSQL's own port may be taken at the usual one. Linux answers at all of them. */
export const loopbackOfOneself = (): string => `127.${randomInt(64, 250)}.${randomInt(1, 250)}.${randomInt(2, 250)}`

/** A server of an installed PostgreSQL, by its directory of binaries; as root it runs as the user `postgres`. */
function startInstalled(binaries: string): { url(database: string, user?: string): string; stop(): Promise<void> } {
  const directory = mkdtempSync(join(tmpdir(), 'bailee-installed-'))
  const root = process.getuid?.() === 0
  const as = root ? { uid: Number(execFileSync('id', ['-u', 'postgres'])), gid: Number(execFileSync('id', ['-g', 'postgres'])) } : {}
  if (as.uid !== undefined) chownSync(directory, as.uid, as.gid)
  const data = join(directory, 'data')
  const run = (program: string, ...parameters: string[]): void => {
    execFileSync(join(binaries, program), ['-D', data, ...parameters], { ...as, cwd: directory, stdio: 'ignore' })
  }
  run('initdb', '-U', 'bailee', '-A', 'trust', '--locale=C', '--no-sync')
  writeFileSync(join(data, 'pg_hba.conf'), ['local all bailee trust', ...hba].join('\n') + '\n')
  run('pg_ctl', '-w', '-l', join(directory, 'log'), '-o', `-k ${directory} -c listen_addresses= -c fsync=off`, 'start')
  return {
    url: (database, user = 'bailee') => `postgresql://${user}@${encodeURIComponent(directory)}:5432/${database}`,
    stop: () => {
      run('pg_ctl', '-w', '-m', 'immediate', 'stop')
      rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
      return Promise.resolve()
    },
  }
}

async function hardened(adminUrl: string): Promise<void> {
  const database = new Administration(parseAddress(adminUrl))
  await harden(database)
  await database.end()
  const admin = new pg.Client({ connectionString: adminUrl })
  await admin.connect()
  // The superuser's pass over the database made the group; the gateway's login administers it from here on.
  await admin.query('GRANT bailee_session TO bailee_gateway WITH ADMIN OPTION')
  await admin.end()
}

/** Waits until a statement like this runs at the client's database. */
export async function untilRunning({ run }: ClientDatabase, like: string): Promise<void> {
  await vi.waitFor(async () => expect((await run(`SELECT FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND query LIKE '${like}'`)).rowCount).toBeGreaterThan(0), 30_000)
}

/**
 * Milliseconds that this thread was ready to run and was given no processor, since it began; 0 where the system does not say. Linux: `/proc/thread-self/schedstat`, the second number, in nanoseconds
 * (Documentation/scheduler/sched-stats). Read synchronously, so that it is this thread that reads.
 */
function millisecondsNotRun(): number {
  try {
    const milliseconds = Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[1]) / 1e6
    return Number.isFinite(milliseconds) ? milliseconds : 0
  } catch {
    return 0
  }
}

/**
 * What came of waiting, and how many milliseconds it took, but for those in which this thread could have run and was given no processor: that the machine is busy with others is no fault of whoever is
 * waited for. What the thread itself was busy with counts, and so does what it slept: the gateway is of this process.
 */
export async function timed<Result>(waiting: () => Promise<Result>): Promise<{ readonly result: Result; readonly milliseconds: number }> {
  const [from, notRun] = [performance.now(), millisecondsNotRun()]
  const result = await waiting()
  return { result, milliseconds: performance.now() - from - (millisecondsNotRun() - notRun) }
}

let sessions = 0

/** What INS-1 covers: three columns of one table. */
export function planOf(clientUrl: string, changes: Partial<SessionPlan> = {}): SessionPlan {
  sessions += 1
  return {
    id: `session-${sessions}`, instruction: 'INS-1', clientUrl, operations: ['read', 'derive'], rowsMax: 1_000_000, sessionSecondsMax: 3600,
    tables: [{ schema: 'crm', table: 'listener', columns: ['user_id', 'country', 'plan'] }], ...changes,
  }
}

export interface Closing { readonly session: string; readonly counts: SessionCounts; readonly because: CloseReason }

/** Knows people by their tokens and instructions by their plans, and remembers everything it was asked. */
export class MemoryDoorkeeper implements Doorkeeper {
  readonly secret = randomBytes(32)
  readonly tokens = new Map<string, readonly string[]>()
  readonly plans = new Map<string, () => SessionPlan>()
  readonly admissions: AdmissionRequest[] = []
  readonly leases: ({ session: string } & Lease)[] = []
  readonly closings: Closing[] = []
  readonly withdrawn = new Set<string>()
  leasing: () => Promise<boolean> = () => Promise.resolve(true)

  credential(person: string): Promise<Credential | undefined> {
    const tokens = this.tokens.get(person)
    if (tokens === undefined) return Promise.resolve(undefined)
    const salt = saltOf(this.secret, person)
    return Promise.resolve({ tokens: tokens.map((token, index) => ({ id: `${person}-${index}`, verifier: makeVerifier(token, salt) })) })
  }

  admit(request: AdmissionRequest): Promise<Admission> {
    this.admissions.push(request)
    const plan = this.plans.get(request.instruction ?? '')
    if (plan === undefined) return Promise.resolve({ outcome: 'refused', because: 'failing: purpose, operation, data. No accepted instruction covers this (Art. 28(3)(a), 29 GDPR).', failing: ['purpose', 'operation', 'data'] })
    return Promise.resolve({ outcome: 'allowed', session: plan() })
  }

  async lease(session: string, asked: Lease): Promise<LeaseAnswer> {
    this.leases.push({ session, ...asked })
    return (await this.leasing()) ? { outcome: 'granted', ...asked } : { outcome: 'refused', because: 'ended' }
  }

  close(session: string, counts: SessionCounts, because: CloseReason): Promise<void> {
    this.closings.push({ session, counts, because })
    return Promise.resolve()
  }

  revoked(open: readonly string[]): Promise<readonly string[]> {
    return Promise.resolve(open.filter((session) => this.withdrawn.has(session)))
  }
}

/** Ways out of a database: what it is, the statement that opens it, the one that closes it again, and the check that must find it. */
export const ways: readonly [string, string, string, string][] = [
  ['a function that runs with its owner\'s rights', 'CREATE FUNCTION crm.leak() RETURNS text SECURITY DEFINER LANGUAGE sql AS \'SELECT note FROM crm.listener LIMIT 1\'', 'DROP FUNCTION crm.leak', 'function/definer'],
  ['a view of its owner', 'CREATE VIEW crm.all_of_it AS SELECT * FROM crm.listener; GRANT SELECT ON crm.all_of_it TO PUBLIC', 'DROP VIEW crm.all_of_it', 'relation/reachable'],
  ['a materialized view', 'CREATE MATERIALIZED VIEW crm.kept AS SELECT email FROM crm.listener; GRANT SELECT ON crm.kept TO PUBLIC', 'DROP MATERIALIZED VIEW crm.kept', 'relation/reachable'],
  ['another table open to everybody', 'GRANT SELECT ON crm.payroll TO PUBLIC', 'REVOKE SELECT ON crm.payroll FROM PUBLIC', 'relation/reachable'],
  ['a column open to everybody', 'GRANT SELECT (email) ON crm.listener TO PUBLIC', 'REVOKE SELECT (email) ON crm.listener FROM PUBLIC', 'columns/exact'],
  ['a column that can be written', 'GRANT UPDATE (plan) ON crm.listener TO PUBLIC', 'REVOKE UPDATE (plan) ON crm.listener FROM PUBLIC', 'columns/exact'],
  ['the table open as a whole to the group', 'GRANT SELECT ON crm.listener TO bailee_session', 'REVOKE SELECT ON crm.listener FROM bailee_session', 'columns/exact'],
  ['a table of another column grant', 'GRANT SELECT (name) ON crm.payroll TO bailee_session', 'REVOKE SELECT (name) ON crm.payroll FROM bailee_session', 'relation/reachable'],
  ['temporary tables', 'GRANT TEMP ON DATABASE crm TO PUBLIC', 'REVOKE TEMP ON DATABASE crm FROM PUBLIC', 'database/create'],
  ['a schema to make objects in', 'GRANT CREATE ON SCHEMA crm TO PUBLIC', 'REVOKE CREATE ON SCHEMA crm FROM PUBLIC', 'database/create'],
  ['DO blocks', 'GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC', 'REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC', 'language/usage'],
  ['large objects', 'GRANT EXECUTE ON FUNCTION lo_from_bytea(oid, bytea) TO PUBLIC', 'REVOKE EXECUTE ON FUNCTION lo_from_bytea(oid, bytea) FROM PUBLIC', 'function/stock'],
  ['a large object open to everybody', 'SELECT lo_create(4711); GRANT SELECT ON LARGE OBJECT 4711 TO PUBLIC', 'SELECT lo_unlink(4711)', 'object/large'],
  ['notifications', 'GRANT EXECUTE ON FUNCTION pg_notify(text, text) TO PUBLIC', 'REVOKE EXECUTE ON FUNCTION pg_notify(text, text) FROM PUBLIC', 'function/stock'],
  ['the table of passwords', 'GRANT SELECT ON pg_authid TO PUBLIC', 'REVOKE SELECT ON pg_authid FROM PUBLIC', 'catalog/opened'],
  ['statistics of all tables', 'GRANT SELECT ON pg_statistic TO PUBLIC', 'REVOKE SELECT ON pg_statistic FROM PUBLIC', 'catalog/opened'],
  ['the group in another role', 'GRANT pg_read_all_data TO bailee_session', 'REVOKE pg_read_all_data FROM bailee_session', 'role/memberships'],
  ['a group that bypasses row security', 'ALTER ROLE bailee_session BYPASSRLS', 'ALTER ROLE bailee_session NOBYPASSRLS', 'role/attributes'],
  ['a setting only superusers may change', 'GRANT SET ON PARAMETER session_preload_libraries TO PUBLIC', 'REVOKE SET ON PARAMETER session_preload_libraries FROM PUBLIC', 'setting/granted'],
  ['later tables', 'ALTER DEFAULT PRIVILEGES FOR ROLE crm_owner GRANT SELECT ON TABLES TO PUBLIC', 'ALTER DEFAULT PRIVILEGES FOR ROLE crm_owner REVOKE SELECT ON TABLES FROM PUBLIC', 'default/granted'],
  ['tables that can be locked', 'GRANT MAINTAIN ON crm.payroll TO PUBLIC', 'REVOKE MAINTAIN ON crm.payroll FROM PUBLIC', 'table/maintain'],
  ['a foreign server', 'CREATE FOREIGN DATA WRAPPER w; CREATE SERVER outside FOREIGN DATA WRAPPER w; GRANT USAGE ON FOREIGN SERVER outside TO PUBLIC', 'DROP FOREIGN DATA WRAPPER w CASCADE', 'foreign/usage'],
  ['a function that PostgreSQL keeps closed', 'GRANT EXECUTE ON FUNCTION pg_read_file(text) TO PUBLIC', 'REVOKE EXECUTE ON FUNCTION pg_read_file(text) FROM PUBLIC', 'function/stock'],
  ['SQL text inside of a text search', 'GRANT EXECUTE ON FUNCTION ts_rewrite(tsquery, text) TO PUBLIC', 'REVOKE EXECUTE ON FUNCTION ts_rewrite(tsquery, text) FROM PUBLIC', 'function/stock'],
  ['an extension that connects to other servers', 'CREATE EXTENSION dblink', 'DROP EXTENSION dblink', 'function/reaching'],
  ['an extension that is not known', 'CREATE EXTENSION bloom; CREATE EXTENSION amcheck; GRANT EXECUTE ON FUNCTION bt_index_check(regclass) TO PUBLIC', 'DROP EXTENSION bloom; DROP EXTENSION amcheck', 'function/foreign'],
]

/** How often a property is tried: 50 times, and in long runs 5,000. */
export const propertyRuns = process.env['BAILEE_FULL'] === '1' ? 5_000 : process.env['BAILEE_LONG'] === '1' ? 1_000 : 50


/** A processor as `openProcessor` makes it, with a control database of its own on the run's shared server. `clock` dates everything from here on. */
export async function createProcessor(size: { instructions: number; people: number; secondPerson?: boolean }, gatewayUrl: string, clock: Clock = machineClock): Promise<Processor> {
  return openProcessor(await createTestDatabase(), { ...size, gatewayUrl, clock })
}
