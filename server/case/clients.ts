/**
 * The client databases of the case: a real PostgreSQL server of its own, with a production database each for Deezer and Chinook, a test database, and
 * the accounts that such a firm has: an owner, whose password too many people know; and those that Bailee is given.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { startServer, type Server } from '#database'
import { harden } from '#gateway'
import { inventedCustomers } from './customers.ts'
import type { Listeners } from './listeners.ts'
import { writeWhole } from './progress.ts'

export interface Clients {
  readonly server: Server
  /** URL of a database for one of its accounts. */
  url(database: Database, account: Account): string
}

export type Database = 'crm' | 'shop' | 'test'
export type Account = 'owner' | 'gateway' | 'sweep' | 'erase'
const accounts: readonly Account[] = ['owner', 'gateway', 'sweep', 'erase']
/** `owner` is the account that existed before Bailee, and that too many people know. */
const roleOf: Readonly<Record<Account, string>> = { owner: 'crm_owner', gateway: 'bailee_gateway', sweep: 'bailee_sweep', erase: 'bailee_erase' }
const databases: readonly Database[] = ['crm', 'shop', 'test']

/** Members of `bailee_session` prove their one-session password; everything else keeps the server's own rule. */
const hba = ['local all +bailee_session scram-sha-256']

/** Starts (or adopts) the client server in `directory` and makes its accounts and databases the first time. */
export async function openClients(directory: string): Promise<Clients> {
  // A server takes statistics of a table a minute after it was filled, and what they keep of people is found, too: on a slow machine before the night of the sweep, on a fast one after it. A story is the same each time.
  const server = await startServer({ directory: join(directory, 'client-server'), hba, settings: { wal_level: 'minimal', max_wal_senders: 0, max_wal_size: '2GB', shared_buffers: '256MB', autovacuum: 'off' } })
  const passwords = passwordsIn(join(directory, 'secrets'))
  const url = (database: Database, account: Account): string => {
    const address = new URL(server.url(database, roleOf[account]))
    address.password = passwords[account]
    return address.href
  }
  await asSuperuser(server, 'postgres', async (client) => {
    for (const account of accounts) await makeAccount(client, account, passwords[account])
    for (const database of databases) await makeDatabase(client, database)
  })
  return { server, url }
}

function passwordsIn(directory: string): Record<Account, string> {
  const file = join(directory, 'accounts.json')
  if (!existsSync(file)) {
    writeWhole(file, JSON.stringify(Object.fromEntries(accounts.map((account) => [account, randomBytes(18).toString('base64url')]))), 0o600)
  }
  return JSON.parse(readFileSync(file, 'utf8')) as Record<Account, string>
}

/** Runs statements as the server's superuser: what a database administrator does once. */
export async function asSuperuser<Result>(server: Server, database: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  return connected(server.url(database), work)
}

/** One connection for one piece of work. */
export async function connected<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

async function makeAccount(client: pg.Client, account: Account, password: string): Promise<void> {
  const role = roleOf[account]
  const exists = (await client.query('select 1 from pg_roles where rolname = $1', [role])).rowCount === 1
  if (!exists) await client.query(`create role ${role} login ${account === 'gateway' ? 'createrole' : ''}`)
  await client.query(`alter role ${role} password '${password}'`) // base64url: nothing to quote
  if (account === 'sweep') await client.query(`grant pg_read_all_data to ${role}`)
  if (account === 'gateway' || account === 'erase') await client.query(`grant crm_owner to ${role}`)
}

async function makeDatabase(client: pg.Client, database: Database): Promise<void> {
  const exists = (await client.query('select 1 from pg_database where datname = $1', [database])).rowCount === 1
  if (!exists) await client.query(`create database ${database} owner crm_owner`)
}

const listenerTable = `
  create schema if not exists crm;
  drop table if exists crm.listener;
  create table crm.listener (
    user_id text primary key, email text not null, first_name text, last_name text, gender char(1), birth_date date, country char(2) not null, city text, language char(2),
    newsletter boolean, plan text, payments integer, tracks_per_day integer, minutes_per_day integer, favourite_artists text[]
  )`

/** Loads the listeners into production; done once, whole. Resolves to how many there are. */
export async function loadListeners(clients: Clients, listeners: Listeners): Promise<number> {
  const rows = await connected(clients.url('crm', 'owner'), async (client) => {
    const there = (await client.query(`select to_regclass('crm.loaded') is not null as there`)).rows[0] as { there: boolean }
    if (!there.there) {
      await client.query('begin')
      await client.query(listenerTable) // a run that was killed while loading left nothing: one transaction
      await pipeline(Readable.from(listeners.csv()), client.query(copyFrom('copy crm.listener from stdin with (format csv, freeze)')))
      await client.query('create table crm.loaded as select now() as at')
      await client.query('commit')
      await client.query('analyze crm.listener')
    }
    return Number(((await client.query('select count(*) as count from crm.listener')).rows[0] as { count: string }).count)
  })
  await hardenDatabase(clients, 'crm')
  return rows
}

/** What an administrator does once per client database (`gateway/compile`): takes back what PostgreSQL gives everybody, and lets the gateway make sessions. */
async function hardenDatabase(clients: Clients, database: Database): Promise<void> {
  await harden(clients.server.url(database))
  await asSuperuser(clients.server, database, async (client) => {
    await client.query('grant bailee_session to bailee_gateway with admin option')
    await client.query(`grant create on database ${database} to bailee_gateway`) // a schema for the results of each instruction
  })
}

/** Loads Chinook's own script when it is there, invented customers of the same shape otherwise. Resolves to how many customers there are. */
export async function loadChinook(clients: Clients, script: string | undefined): Promise<number> {
  return connected(clients.url('shop', 'owner'), async (client) => {
    const there = (await client.query(`select to_regclass('public.customer') is not null as there`)).rows[0] as { there: boolean }
    if (!there.there) {
      await client.query('begin')
      await client.query(script === undefined ? inventedCustomers() : statementsOf(readFileSync(script, 'utf8')))
      await client.query('commit')
    }
    return Number(((await client.query('select count(*) as count from public.customer')).rows[0] as { count: string }).count)
  })
}

/** The script makes and enters a database of its own; ours exists already. */
function statementsOf(script: string): string {
  return script.replace(/^(DROP|CREATE) DATABASE .*$/gm, '').replace(/^\\c .*$/gm, '').replace(/^\uFEFF/, '')
}
