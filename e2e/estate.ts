/** A small live estate for end-to-end tests: one client database with a gateway account, declared, accepted, granted through the real command line. */
import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { createServerForTests, directoryForTests } from '../server/database/testing.ts'

export const root = join(import.meta.dirname, '..')

export interface Run { readonly code: number; readonly out: string; readonly err: string }

/** Runs the real `./bailee` as a user would. */
export function bailee(directory: string, ...words: string[]): Run {
  const run = spawnSync(join(root, 'bailee'), words, { encoding: 'utf8', env: { ...process.env, BAILEE_DIR: directory }, cwd: directory })
  return { code: run.status ?? -1, out: run.stdout, err: run.stderr }
}

/** As `bailee`, and fails unless it exits 0. */
export function must(directory: string, ...words: string[]): string {
  const run = bailee(directory, ...words)
  if (run.code !== 0) throw new Error(`bailee ${words.join(' ')} exited ${run.code}: ${run.err}${run.out}`)
  return run.out
}

const year = 365 * 86_400_000
const dayOf = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 10)
export const started = dayOf(Date.now() - year)
export const over = dayOf(Date.now() + year)

const estate = `bailee: 1
processor: { origin: processor.example, name: Processor Ltd, country: IE, contact: privacy@processor.example, dpo: none }
environments:
  - { id: production, class: production, country: IE, operator: processor, protection: high }
stores:
  - { id: crm, environment: production, kind: postgres, gateway_url: "file:crm-gateway.url", sweep_url: "file:crm-sweep.url", erase_url: "file:crm-owner.url", backups: none }
controllers:
  - { id: acme, name: Acme, country: FR, contact: legal@acme.example, dpo: none, signatories: [{ name: A. Signer, contact: signer@acme.example }] }
contracts:
  - { id: acme-1, controller: acme, starts: ${started}, ends: ${over}, at_end: { choice: delete, within_days: 30 } }
datasets:
  - id: members
    controller: acme
    store: crm
    tables:
      - table: public.member
        subject: id
        columns:
          id: { category: UID, identifies: true }
          email: { category: EmailAddress, identifies: true }
          plan: { category: AccountIdentifier }
instructions:
  - { id: INS-1, contract: acme-1, text: "Count our members by plan.", purposes: [Marketing], operations: [read], data: { members: [id, plan] }, environments: [production], from: ${started}, until: ${over}, rows_per_session: 1500 }
people:
  - { id: noa, name: Noa N., contact: noa@processor.example, role: analyst }
  - { id: eli, name: Eli E., contact: eli@processor.example, role: engineer }
  - { id: dana, name: Dana D., contact: dana@processor.example, role: dpo }
trainings:
  - { id: client-data, title: Handling client data, valid_months: 12, required_for: "*" }
grants:
  - { person: noa, instruction: INS-1, until: ${over} }
`

export interface LiveEstate {
  readonly directory: string
  /** URL of the client database for one of its roles. */
  readonly url: (role: string) => string
  close(): Promise<void>
}

const roles = ['crm_owner', 'bailee_gateway', 'bailee_sweep'] as const

/** Makes the client database, declares the estate and takes every step that lets noa read under INS-1. */
export async function liveEstate(): Promise<LiveEstate> {
  const server = await createServerForTests({ hba: [...roles.map((role) => `local all ${role} trust`), 'local all +bailee_session scram-sha-256'] })
  const directory = directoryForTests('e2e')
  const admin = new pg.Client({ connectionString: server.url('postgres') })
  await admin.connect()
  for (const statement of ['create role crm_owner login', 'create role bailee_gateway login createrole', 'create role bailee_sweep login', 'grant pg_read_all_data to bailee_sweep', 'grant crm_owner to bailee_gateway', 'create database crm owner crm_owner']) await admin.query(statement)
  await admin.end()
  const owner = new pg.Client({ connectionString: server.url('crm', 'crm_owner') })
  await owner.connect()
  await owner.query(`create table public.member as select i as id, 'member' || i || '@acme.example' as email, case i % 3 when 0 then 'free' else 'paid' end as plan from generate_series(1, 5000) i`)
  await owner.end()
  writeFileSync(join(directory, 'crm-gateway.url'), server.url('crm', 'bailee_gateway'))
  writeFileSync(join(directory, 'crm-sweep.url'), server.url('crm', 'bailee_sweep'))
  writeFileSync(join(directory, 'crm-owner.url'), server.url('crm', 'crm_owner'))
  writeFileSync(join(directory, 'admin.url'), server.url('crm'))
  writeFileSync(join(directory, 'bailee.yaml'), estate)
  must(directory, 'gateway', 'harden', '--url', 'file:admin.url')
  const again = new pg.Client({ connectionString: server.url('crm') })
  await again.connect()
  await again.query('grant bailee_session to bailee_gateway with admin option')
  await again.end()
  must(directory, 'apply', '-f', 'bailee.yaml')
  must(directory, 'instruction', 'accept', 'INS-1', '--as', 'A. Signer')
  must(directory, 'people', 'commit', 'noa')
  must(directory, 'people', 'train', 'noa', 'client-data')
  must(directory, 'instruction', 'approve', `noa-INS-1-${over}`, '--as', 'dana')
  return {
    directory, url: (role) => server.url('crm', role),
    close: async () => {
      await server.stop()
      rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    },
  }
}

export interface Serving { readonly port: number; readonly process: ChildProcessWithoutNullStreams; stop(): Promise<void> }

/** Starts the real `bailee serve`, on a free port unless told where, and waits until it listens. */
export async function serve(directory: string, address = '127.0.0.1:0'): Promise<Serving> {
  const child = spawn(join(root, 'bailee'), ['serve', '--listen', address, '--json'], { env: { ...process.env, BAILEE_DIR: directory }, cwd: directory })
  let out = ''
  let err = ''
  child.stderr.on('data', (bytes: Buffer) => { err += bytes.toString() })
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.on('data', (bytes: Buffer) => {
      out += bytes.toString()
      try { resolve((JSON.parse(out) as { port: number }).port) } catch { /* not whole yet */ }
    })
    child.once('exit', () => reject(new Error(`serve ended: ${err}`)))
  })
  const ended = new Promise<void>((resolve) => { child.once('exit', () => resolve()) })
  return { port, process: child, stop: async () => { child.kill('SIGTERM'); await ended } }
}
