/** For tests: a client's database as an estate set-up leaves it, and a doorkeeper that keeps its book in memory. */
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { createServerForTests } from '../database/testing.ts'
import { parseAddress } from './address.ts'
import { harden } from './compile/index.ts'
import { Administration } from './compile/store.ts'
import type { Admission, AdmissionRequest, CloseReason, Credential, Doorkeeper, SessionCounts, SessionPlan } from './doorkeeper.ts'
import { makeVerifier, saltOf } from './scram.ts'

/** Text of the statements that make the tables of the tests: 5,000 listeners of two controllers, and what nobody was told to read. */
export const estate = `
  CREATE ROLE crm_owner NOLOGIN;
  CREATE ROLE bailee_gateway LOGIN CREATEROLE IN ROLE crm_owner;
  CREATE SCHEMA crm AUTHORIZATION crm_owner;
  SET ROLE crm_owner;
  CREATE TABLE crm.listener (user_id int PRIMARY KEY, email text, country text, plan text, note text);
  INSERT INTO crm.listener SELECT i, 'p' || i || '@listener.example', CASE i % 3 WHEN 0 THEN 'FR' WHEN 1 THEN 'DE' ELSE 'RO' END, 'free', 'secret' || i
    FROM generate_series(1, 5000) i;
  CREATE TABLE crm.shared (client text, user_id int, city text);
  INSERT INTO crm.shared SELECT CASE i % 2 WHEN 0 THEN 'deezer' ELSE 'chinook' END, i, 'city' || i FROM generate_series(1, 1000) i;
  CREATE TABLE crm.payroll (name text, pay int);
  RESET ROLE;
  ANALYZE`

export interface ClientDatabase {
  readonly adminUrl: string
  readonly gatewayUrl: string
  /** As superuser. */
  run(sql: string): Promise<pg.QueryResult>
  stop(): Promise<void>
}

/** A server of its own with the estate above, hardened as superuser unless `stock`. */
export async function createClientDatabase(options: { stock?: boolean } = {}): Promise<ClientDatabase> {
  const server = await createServerForTests({ hba: ['local all bailee_gateway trust', 'local all +bailee_session scram-sha-256'] })
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
  readonly leases: { session: string; rows: number; bytes: number }[] = []
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

  lease(session: string, rows: number, bytes: number): Promise<boolean> {
    this.leases.push({ session, rows, bytes })
    return this.leasing()
  }

  close(session: string, counts: SessionCounts, because: CloseReason): Promise<void> {
    this.closings.push({ session, counts, because })
    return Promise.resolve()
  }

  revoked(open: readonly string[]): Promise<readonly string[]> {
    return Promise.resolve(open.filter((session) => this.withdrawn.has(session)))
  }
}
