import { join } from 'node:path'
import { expect } from 'vitest'
import { rows, sql, type Database } from '#database'
import { applyEstate, readEstate } from '#estate'
import { checkLedger, openKeyStore, openLedger, type KeyStore, type Ledger } from '#ledger'
import { commit, recordToken } from '#people'
import { day } from '#kit/time'
import { createTestDatabase, type TestDatabase } from '../database/testing.ts'
import { smallEstate } from '../estate/testing.ts'
import { temporaryDirectory } from '../ledger/testing.ts'
import { folded } from './folded.ts'
import { applies, compareWithLedger, type Bailee } from './index.ts'

/** 2017-01-02 */
export const begun = Date.parse('2017-01-02T00:00:00Z') / 1000

/** The first of January 2017, and so many months later. */
export const months = (count: number): number => Date.UTC(2017, count) / 1000

/** All that the tables that are folded hold, by their names. */
export async function held(database: Database): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const { name, except = [] } of folded) found[name] = (await rows<{ rows: string }>(database, sql`select coalesce(string_agg(row, '|' order by row), '') as rows from (select (to_jsonb(one) - ${[...except]}::text[])::text as row from ${sql.id(name)} as one) as every`))[0]?.rows ?? ''
  return found
}

/** Opens the ledger of a test database with the keys in a directory. */
export async function openKept(database: TestDatabase['database'], directory: string): Promise<Bailee> {
  const ledger = await openLedger({ database, keys: openKeyStore(join(directory, 'keys')), origin: 'processor.example', clock: 'replayed', applies }, begun)
  return { directory, ledger, database, references: { environment: {}, directory }, close: () => Promise.resolve() }
}

/** A declared estate with two sessions, in January and in December 2017, each of which ends 200 days later. */
export interface Kept {
  readonly own: TestDatabase
  readonly directory: string
  readonly slot: number
  bailee: Bailee
  readonly ledger: Ledger
  readonly keys: KeyStore
  reopen(): Promise<void>
  session(id: string, when: number): Promise<void>
  sessions(): Promise<string[]>
  /** The ledger checks, and folds into what is there. */
  green(): Promise<void>
  close(): Promise<void>
}

/** Makes one. */
export async function keep(): Promise<Kept> {
  const directory = temporaryDirectory()
  const own = await createTestDatabase()
  const bailee = await openKept(own.database, directory.path)
  await applyEstate(bailee.ledger, readEstate(smallEstate, 'bailee.yaml'), { checked: [], unchecked: [] }, begun)
  const slot = (await rows<{ slot: number }>(own.database, sql`select slot from controller where id = 'acme'`))[0]?.slot ?? 0
  await commit(bailee.ledger, 'noa', begun)
  await recordToken(bailee.ledger, { id: 'first', person: 'noa', verifier: 'v', expiresAt: begun + 60 }, begun)
  const kept: Kept = {
    own, directory: directory.path, slot, bailee,
    get ledger() { return this.bailee.ledger },
    get keys() { return this.bailee.ledger.keys },
    async reopen() { this.bailee = await openKept(own.database, directory.path) },
    session: (id, when) => session(kept.ledger, { slot, id, when }),
    sessions: async () => (await rows<{ id: string }>(own.database, sql`select id from session order by id`)).map(({ id }) => id),
    green: async () => {
      expect((await compareWithLedger(kept.bailee)).differences).toEqual([])
      expect((await checkLedger({ database: own.database, keys: kept.keys })).problems).toEqual([])
    },
    close: async () => { await own.close(); directory.remove() },
  }
  for (const [id, when] of [['s1', begun], ['s2', months(11)]] as const) await kept.session(id, when)
  return kept
}

async function session(ledger: Ledger, { slot, id, when }: { slot: number; id: string; when: number }): Promise<void> {
  const counts = { rows: 1, bytes: 1, charged: 1 }
  const statement = { fingerprint: 'f', shape: 'select', tables: ['t'], first_at: when, times: 1, failed: 0, rows: 1, bytes: 1, milliseconds: 1, milliseconds_max: 1 }
  await ledger.append([
    { slot, type: 'session.opened', at: when, parts: { access: { id, gateway: 'g', person: 'noa', instruction: 'INS-1', store: 'crm', purpose: 'p' } } },
    { slot, type: 'lease.taken', at: when, parts: { access: { session: id, rows: 10, bytes: 10 } } },
    { slot, type: 'statement.recorded', at: when, parts: { access: { session: id, statements: [statement] }, statement: { session: id, texts: ['select 1'] } } },
    { slot, type: 'session.closed', at: when + 200 * day, parts: { access: { session: id, because: 'ended', counts } } },
  ])
}
