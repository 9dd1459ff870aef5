/** A processor's estate with one client of many people, a laboratory database and a shared folder, on a real server. */
import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { startServer, type Server } from '../../server/database/index.ts'
import { listenerColumns } from '../../server/case/listeners.ts'
import { among, type Person } from './people.ts'
import { csv } from './write.ts'

const year = 365 * 86_400_000
const dayOf = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 10)

const estate = `bailee: 1
processor: { origin: processor.example, name: Processor Ltd, country: IE, contact: privacy@processor.example, dpo: none }
environments:
  - { id: production, class: production, country: IE, operator: processor, protection: high }
  - { id: test, class: non-production, country: IE, operator: processor, protection: low }
stores:
  - { id: crm, environment: production, kind: postgres, sweep_url: "file:crm.url", backups: none }
  - { id: lab, environment: test, kind: postgres, sweep_url: "file:lab.url", backups: none }
  - { id: share, environment: test, kind: files, path: share, backups: none }
controllers:
  - { id: music, name: Music SA, country: FR, contact: legal@music.example, dpo: none, signatories: [{ name: A. Signer, contact: signer@music.example }] }
  - { id: chinook, name: Chinook Music Store, country: CA, contact: owner@chinook.example, dpo: none, signatories: [{ name: A. Adams, contact: owner@chinook.example }] }
contracts:
  - { id: music-1, controller: music, starts: ${dayOf(Date.now() - year)}, ends: ${dayOf(Date.now() + year)}, at_end: { choice: delete, within_days: 30 } }
  - { id: chinook-1, controller: chinook, starts: ${dayOf(Date.now() - year)}, ends: ${dayOf(Date.now() + year)}, at_end: { choice: delete, within_days: 30 } }
datasets:
  - id: customers
    controller: chinook
    store: crm
    tables:
      - table: public.customer
        subject: customer_id
        columns:
          customer_id: { category: UID, identifies: true }
          email: { category: EmailAddress, identifies: true }
          phone: { category: TelephoneNumber, identifies: true }
          first_name: { category: Name }
          last_name: { category: Name }
  - id: listeners
    controller: music
    store: crm
    tables:
      - table: public.listener
        subject: user_id
        columns:
          user_id: { category: UID, identifies: true }
          email: { category: EmailAddress, identifies: true }
          first_name: { category: Name }
          last_name: { category: Name }
          birth_date: { category: BirthDate }
`

export interface Estate {
  readonly directory: string
  readonly server: Server
  /** Runs `bailee` as a user does and returns its JSON; throws when it exits with 2 or 3. */
  bailee(...words: string[]): Promise<unknown>
}

/** Declares the estate in a directory and loads the dataset. */
export async function createEstate(directory: string, dataset: { csv(): AsyncGenerator<Buffer> }, customers: readonly (readonly string[])[]): Promise<Estate> {
  mkdirSync(join(directory, 'share'), { recursive: true })
  const server = await startServer({ directory: join(directory, 'stores'), settings: { fsync: false, full_page_writes: false, max_wal_size: '8GB', shared_buffers: '256MB' } })
  await query(server, 'postgres', 'create database crm; create database lab'.split('; '))
  const client = new pg.Client({ connectionString: server.url('crm') })
  await client.connect()
  await client.query(`create table listener (${listenerColumns.map((column) => `${column} text`).join(', ')})`)
  await pipeline(dataset.csv(), client.query(copyFrom('copy listener from stdin with (format csv)')))
  await client.query('vacuum analyze listener')
  await client.query('create table customer (customer_id text, email text, phone text, first_name text, last_name text)')
  for (const customer of customers) await client.query('insert into customer values ($1, $2, $3, $4, $5)', [...customer])
  await client.end()
  for (const database of ['crm', 'lab']) writeFileSync(join(directory, `${database}.url`), server.url(database))
  writeFileSync(join(directory, 'bailee.yaml'), estate)
  const bailee = (...words: string[]): Promise<unknown> => run(directory, words)
  await bailee('apply', '-f', 'bailee.yaml')
  return { directory, server, bailee }
}

async function query(server: Server, database: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: server.url(database) })
  await client.connect()
  for (const statement of statements) await client.query(statement)
  await client.end()
}

function run(directory: string, words: readonly string[]): Promise<unknown> {
  const child = spawn(join(import.meta.dirname, '..', '..', 'bailee'), [...words, '--json'], { cwd: directory, env: { ...process.env, BAILEE_DIR: directory }, stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, said] = ['', '']
  child.stdout.on('data', (bytes: Buffer) => { out += bytes.toString() })
  child.stderr.on('data', (bytes: Buffer) => { said = (said + bytes.toString()).slice(-2000) })
  return new Promise((resolve, reject) => {
    child.once('close', (code) => {
      if (code === 0 || code === 1) resolve(JSON.parse(out))
      else reject(new Error(`bailee ${words.join(' ')} exited ${code}: ${said}${out}`))
    })
  })
}

/** Copies in the laboratory database, by place; `heap` files go into the folder given. */
export async function hideInDatabase(estate: Estate, hidden: readonly Person[], { others, folder }: { others: readonly Person[]; folder: string }): Promise<Record<string, string>> {
  const { server } = estate
  const size = hidden.length
  const client = new pg.Client({ connectionString: server.url('lab') })
  await client.connect()
  const source = `mixed_${size}`
  await client.query(`create temporary table ${source} (id text, email text, first text, last text, born text, city text, plan text)`)
  const load = client.query(copyFrom(`copy ${source} from stdin with (format csv, header)`))
  await pipeline([csv(among(hidden, others.slice(0, size * 2)))], load)
  await client.query(`create table t_${size} as select plan as c1, upper(email) as c2, null::int as c3, id as c4 from ${source}`)
  await client.query(`create table j_${size} as select row_number() over () as n, jsonb_build_object('who', jsonb_build_object('id', id, 'mail', email)) as payload from ${source}`)
  await client.query(`create schema if not exists old; create table old.s_${size} as select * from ${source}`)
  await client.query(`create table e_${size} (id text, email text, first text, last text, born text, city text, plan text)`)
  const late = client.query(copyFrom(`copy e_${size} from stdin with (format csv, header)`))
  await pipeline([csv([...others.slice(0, 600), ...hidden])], late)
  await client.query(`create table b_${size} as select convert_to(email || ' ' || id, 'UTF8') as blob from ${source}`)
  await client.query(`select lo_from_bytea(0, convert_to(string_agg(id || ',' || email, e'\\n'), 'UTF8')) from ${source}`)
  await client.query(`create table h_${size} as select id, email, city from ${source}`)
  await client.query('checkpoint')
  const { rows } = await client.query<{ data: string; path: string }>(`select current_setting('data_directory') as data, pg_relation_filepath('h_${size}') as path`)
  copyFileSync(join(rows[0]?.data ?? '', rows[0]?.path ?? ''), join(folder, 'heap.dat'))
  await client.query(`drop table h_${size}`)
  await client.end()
  return { 'a table, renamed, capitals': `public.t_${size}`, 'a table of another schema': `old.s_${size}`, 'a table behind 600 rows of others': `public.e_${size}`, 'a jsonb column': `public.j_${size}`, 'a bytea column': `public.b_${size}` }
}
