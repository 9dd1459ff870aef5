/** For tests: three controllers' databases on a real server, a folder, and a Bailee over them, small enough to be made in a second. */
import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pg from 'pg'
import { applies, compareWithLedger } from '#composition'
import { openDatabase, type Server } from '#database'
import { applyEstate, readEstate } from '#estate'
import { acceptInstruction } from '#instruction'
import { openKeyStore, openLedger, rawPublicKey, type Ledger } from '#ledger'
import { takeFingerprints, type TraceContext } from '#trace'
import { inventedTeller } from '#transfer'
import { parseInstant } from '#kit/time'

/** Seconds of a date; throws for what is none. */
export function on(date: string): number {
  const at = parseInstant(date)
  if (at === undefined) throw new Error(`not a date: ${date}`)
  return at
}

const origin = 'processor.example'

const ledgerOf = (url: string, directory: string): { ledger: Promise<Ledger>; database: ReturnType<typeof openDatabase> } => {
  const database = openDatabase(url)
  return { database, ledger: openLedger({ database, keys: openKeyStore(join(directory, 'keys')), origin, clock: 'replayed', applies }, on('2016-11-01')) }
}

const contextOf = (ledger: Ledger, directory: string): TraceContext => ({ ledger, references: { environment: {}, directory }, directory: join(directory, 'fingerprints'), governed: () => inventedTeller(ledger) })

/** Opens the Bailee of a world from another process. */
export async function openWorld(controlUrl: string, directory: string): Promise<{ context: TraceContext; close: () => Promise<void> }> {
  const { ledger, database } = ledgerOf(controlUrl, directory)
  return { context: contextOf(await ledger, directory), close: () => database.destroy() }
}

export const listeners = 300
export const customers = 60
export const members = 40

const column = '{ category: UID, identifies: true }'
const tableOf = (name: string, subject: string): string => `
      - table: ${name}
        subject: ${subject}
        columns: { ${subject}: ${column}, email: ${column}, phone: ${column}, plan: { category: Purchase } }`

/** What the processor of the tests declares. */
export const estate = `
bailee: 1
processor: { origin: ${origin}, name: Processor, country: IL }
environments:
  - { id: production, class: production, country: IE, operator: processor, protection: high }
  - { id: test, class: non-production, country: IL, operator: processor, protection: low }
stores:
  - { id: crm, environment: production, kind: postgres, sweep_url: "file:crm-sweep.url", erase_url: "file:crm-erase.url", backups: none }
  - { id: shop, environment: production, kind: postgres, sweep_url: "file:shop-sweep.url", erase_url: "file:shop-erase.url", backups: none }
  - { id: lab, environment: test, kind: postgres, sweep_url: "file:lab-sweep.url", erase_url: "file:lab-erase.url", backups: none }
  - { id: share, environment: test, kind: files, path: share, backups: none }
controllers:
  - { id: deezer, name: Deezer, country: FR, signatories: [{ name: C. Martin, contact: c@deezer.example }] }
  - { id: chinook, name: Chinook, country: CA, signatories: [{ name: A. Adams, contact: a@chinook.example }] }
  - { id: aria, name: Aria, country: IT, signatories: [{ name: B. Bossi, contact: b@aria.example }] }
contracts:
  - { id: deezer-2016, controller: deezer, starts: 2016-12-01, ends: 2020-12-01, at_end: { choice: delete, within_days: 30, fingerprints: { keep_until: 2023-12-01, instruction: INS-3 } } }
  - { id: chinook-2017, controller: chinook, starts: 2017-01-01, at_end: { choice: delete } }
  - { id: aria-2017, controller: aria, starts: 2017-01-01 }
datasets:
  - id: listeners
    controller: deezer
    store: crm
    tables:${tableOf('crm.listener', 'user_id')}
  - id: customers
    controller: chinook
    store: shop
    tables:${tableOf('public.customer', 'customer_id')}
  - id: members
    controller: aria
    store: shop
    tables:${tableOf('public.member', 'member_id')}
instructions:
  - { id: INS-3, contract: deezer-2016, text: "Keep fingerprints to search.", purposes: [LegalCompliance], operations: [search], data: { listeners: "*" }, environments: [production, test], from: 2016-12-01, until: 2023-12-01 }
people:
  - { id: eli, name: Eli, contact: eli@processor.example, role: engineer }
  - { id: dana, name: Dana, contact: dana@processor.example, role: dpo }
  - { id: noa, name: Noa, contact: noa@processor.example, role: analyst }
`

const people = (table: string, subject: string, { prefix, domain, count }: { prefix: string; domain: string; count: number }): string => `
  create table ${table} (${subject} text primary key, email text, phone text, plan text);
  insert into ${table} select '${prefix}' || (10000 + i * 7), 'p' || i || '@${domain}', '+39 02 ' || (${count}0000000 + i * 7919), 'free' from generate_series(1, ${count}) i;`

export interface World {
  readonly context: TraceContext
  readonly ledger: Ledger
  /** Of Bailee's own database, for another process. */
  readonly controlUrl: string
  readonly directory: string
  /** As superuser, in one of the client databases. */
  run(database: ClientDatabase, sql: string): Promise<pg.QueryResult>
  /** The URL of a client database for one of its accounts. */
  url(database: string, account?: Account): string
  /** Writes a file into the shared folder. */
  put(file: string, content: string | Uint8Array): void
  close(): Promise<void>
}

export type ClientDatabase = 'crm' | 'shop' | 'lab' | 'attic'
/** `helper` exists only where a test makes it. */
export type Account = 'sweeper' | 'eraser' | 'helper' | 'bailee'

/** The last database is on the same server, and nobody declared it. */
const databases: readonly ClientDatabase[] = ['crm', 'shop', 'lab', 'attic']

/**
 * Makes a world: databases filled, estate (`change`d) declared, the instruction to keep fingerprints accepted, and every fingerprint taken
 * on 2019-04-01. One at a time in a test file: the server's databases are made anew.
 */
export async function createWorld(options: { change?: (estate: string) => string; settings?: Record<string, string>; fingerprints?: boolean } = {}): Promise<World> {
  const server = await serverOf(options.settings ?? {})
  const connections = new Map<string, pg.Client>()
  const run = async (database: string, sql: string): Promise<pg.QueryResult> => {
    const known = connections.get(database) ?? new pg.Client({ connectionString: server.url(database) })
    if (!connections.has(database)) {
      connections.set(database, known)
      known.on('error', () => undefined)
      await known.connect()
    }
    return known.query(sql)
  }
  for (const database of databases) {
    await run('postgres', `drop database if exists ${database} with (force)`)
    await run('postgres', `create database ${database} owner eraser`)
    await run(database, 'set role eraser')
  }
  await run('crm', `create schema crm; ${people('crm.listener', 'user_id', { prefix: 'FR', domain: 'listener.example', count: listeners })}`)
  await run('shop', people('public.customer', 'customer_id', { prefix: 'C-', domain: 'customer.example', count: customers }) + people('public.member', 'member_id', { prefix: 'M-', domain: 'member.example', count: members }))
  const directory = mkdtempSync(join(tmpdir(), 'bailee-world-'))
  mkdirSync(join(directory, 'share'))
  for (const database of ['crm', 'shop', 'lab']) {
    writeFileSync(join(directory, `${database}-sweep.url`), server.url(database, 'sweeper'))
    writeFileSync(join(directory, `${database}-erase.url`), server.url(database, 'eraser'))
  }
  const { createTestDatabase } = await import('../database/testing.ts')
  const control = await createTestDatabase()
  const { ledger: opening, database } = ledgerOf(control.url, directory)
  const ledger = await opening
  const context = contextOf(ledger, directory)
  await applyEstate(ledger, readEstate((options.change ?? ((text) => text))(estate), 'bailee.yaml'), { checked: [], unchecked: [] }, on('2016-12-01'))
  await accept(ledger)
  if (options.fingerprints !== false) await takeFingerprints(context, on('2019-04-01'))
  return {
    context, ledger, controlUrl: control.url, directory, run, url: (name, account = 'bailee') => server.url(name, account),
    put: (file, content) => {
      mkdirSync(dirname(join(directory, 'share', file)), { recursive: true })
      writeFileSync(join(directory, 'share', file), content)
    },
    close: async () => {
      for (const connection of connections.values()) await connection.end()
      const { differences } = await compareWithLedger({ ledger }).finally(() => database.destroy())
      await control.close()
      rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
      // Whatever a test did: the tables are what the ledger says, row by row.
      if (differences.length > 0) throw new Error(`rows that the ledger does not give: ${JSON.stringify(differences)}`)
    },
  }
}

let held: { readonly file: string | undefined; readonly server: Promise<Server> } | undefined

/** One a test file, made with the settings that its first world asks for; a world that begins takes the databases of the one before. The server of the file before is stopped: roles and settings were changed there. */
async function serverOf(settings: Record<string, string>): Promise<Server> {
  const { expect } = await import('vitest') // the runner's: not for the processes that tests kill
  const file = expect.getState().testPath
  if (held !== undefined && held.file === file) return held.server
  await held?.server.then((server) => server.stop(), () => undefined)
  held = { file, server: startOne(settings) }
  return held.server
}

async function startOne(settings: Record<string, string>): Promise<Server> {
  const { createServerForTests } = await import('../database/testing.ts') // it speaks with the test runner: not for the processes that tests kill
  const started = await createServerForTests({ hba: ['local all sweeper,eraser,helper trust'], settings })
  const client = new pg.Client({ connectionString: started.url('postgres') })
  await client.connect()
  await client.query('create role sweeper login in role pg_read_all_data; create role eraser login')
  await client.end()
  return started
}

async function accept(ledger: Ledger): Promise<void> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const key = { publicKey: Buffer.from(rawPublicKey(publicKey)).toString('base64'), custody: 'signatory' as const, sign: (message: Uint8Array) => sign(null, message, privateKey) }
  await acceptInstruction(ledger, { instruction: 'INS-3', signatory: 'C. Martin', key }, on('2016-12-02'))
}

/** Copies, under names that say nothing, everybody's rows into one table of the test database; `unowned` rows more match nobody. */
export async function copyMixed(world: World, table: string, unowned = 0): Promise<void> {
  await world.run('lab', `create schema if not exists lab; create table ${table} (n serial, contact text, ref text, tel text)`)
  const insert = async (rows: readonly { id: string; email: string; phone: string }[]): Promise<unknown> => world.run('lab', `insert into ${table} (contact, ref, tel) values ${rows.map((row) => `('${row.email.toUpperCase()}', '${row.id}', '${row.phone}')`).join(',')}`)
  const listed = async (database: ClientDatabase, from: string, id: string): Promise<{ id: string; email: string; phone: string }[]> => (await world.run(database, `select ${id} as id, email, phone from ${from}`)).rows as { id: string; email: string; phone: string }[]
  const nobody = Array.from({ length: unowned }, (_, index) => ({ id: `X${index}`, email: `nobody${index}@else.example`, phone: `+1 555 ${index}` }))
  const all = [...await listed('crm', 'crm.listener', 'user_id'), ...await listed('shop', 'public.customer', 'customer_id'), ...await listed('shop', 'public.member', 'member_id'), ...nobody]
  await insert(all.sort((one, other) => (one.phone < other.phone ? -1 : 1)))
}

/** A CSV of the listeners, with a header. */
export async function listenersCsv(world: World): Promise<string> {
  const { rows } = await world.run('crm', 'select email, user_id, phone from crm.listener')
  return ['mail,u,tel', ...(rows as { email: string; user_id: string; phone: string }[]).map((row) => `${row.email},${row.user_id},${row.phone}`)].join('\n') + '\n'
}
