/** For tests: one controller's database on a real server, hardened for the gateway, and a Bailee over it in which noa may derive. */
import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { applies, compareWithLedger, type Bailee } from '#composition'
import { openDatabase } from '#database'
import { applyEstate, readEstate } from '#estate'
import { harden } from '#gateway'
import { acceptInstruction, approveGrant, proposeGrant } from '#instruction'
import { openKeyStore, openLedger, rawPublicKey } from '#ledger'
import { commit } from '#people'
import { parseInstant } from '#kit/time'

/** Seconds of a date; throws for what is none. */
export function on(date: string): number {
  const at = parseInstant(date)
  if (at === undefined) throw new Error(`not a date: ${date}`)
  return at
}

const instruction = (id: string, more: string): string => `  - { id: ${id}, contract: deezer-2016, text: "Segment.", purposes: [Marketing], data: { listeners: [user_id, email, country, plan, newsletter, tracks_per_day] }, environments: [production, models], from: 2017-01-01, ${more} }`

const estate = `
bailee: 1
processor: { origin: processor.example, name: Processor, country: IL }
environments: [{ id: production, class: production, country: IE, operator: processor, protection: high }, { id: models, class: production, country: IE, operator: processor, protection: high }]
stores:
  - { id: crm, environment: production, kind: postgres, gateway_url: "file:gateway.url", sweep_url: "file:sweep.url", erase_url: "file:erase.url", results: { megabytes_max: 20 }, backups: none }
  - { id: models, environment: models, kind: files, path: models, backups: none }
controllers: [{ id: deezer, name: Deezer, country: FR, signatories: [{ name: C. Martin, contact: c@deezer.example }] }]
contracts: [{ id: deezer-2016, controller: deezer, starts: 2016-12-01, ends: 2020-12-01, at_end: { choice: delete, within_days: 30 } }]
datasets:
  - id: listeners
    controller: deezer
    store: crm
    tables:
      - { table: crm.listener, subject: user_id, columns: { user_id: { category: UID, identifies: true }, email: { category: EmailAddress, identifies: true }, country: { category: Country }, plan: { category: Purchase }, newsletter: { category: Preference }, tracks_per_day: { category: ServiceConsumptionBehaviour } } }
instructions:
${[instruction('INS-1', 'operations: [read, derive], rows_per_session: 200'), instruction('INS-2', 'operations: [read]'), instruction('INS-M', 'operations: [derive]')].join('\n')}
people: [{ id: noa, name: Noa, contact: noa@processor.example, role: analyst }, { id: dana, name: Dana, contact: dana@processor.example, role: dpo }]
`

const origin = 'processor.example'

/** Opens the Bailee of a world, also from another process. */
export async function openWorld(controlUrl: string, directory: string): Promise<Bailee> {
  const database = openDatabase(controlUrl)
  const ledger = await openLedger({ database, keys: openKeyStore(join(directory, 'keys')), origin, clock: 'replayed', applies }, on('2016-11-01'))
  return { directory, ledger, database, references: { environment: {}, directory }, close: () => database.destroy() }
}

export interface World {
  readonly bailee: Bailee
  readonly controlUrl: string
  /** As superuser, in the client's database. */
  run(sql: string): Promise<pg.QueryResult>
  close(): Promise<void>
}

/** Makes a world of 300 listeners. */
export async function createActivityWorld(): Promise<World> {
  const { createServerForTests, createTestDatabase } = await import('../database/testing.ts') // they speak with the test runner: not for the processes that tests kill
  const server = await createServerForTests({ hba: ['local all gateway,sweeper,eraser trust', 'local all +bailee_session scram-sha-256'] })
  const first = new pg.Client({ connectionString: server.url('postgres') })
  await first.connect()
  await first.query('create database crm')
  await first.end()
  const superuser = new pg.Client({ connectionString: server.url('crm') })
  await superuser.connect()
  await superuser.query(`create role owner nologin; create role gateway login createrole in role owner; create role sweeper login in role pg_read_all_data; create role eraser login in role owner;
    grant create on database crm to gateway; create schema crm authorization owner; set role owner;
    create table crm.listener (user_id text primary key, email text, country text, plan text, newsletter boolean, tracks_per_day integer, note text);
    insert into crm.listener select 'FR' || (10000 + i * 7), 'p' || i || '@listener.example', case i % 2 when 0 then 'FR' else 'DE' end, case i % 3 when 0 then 'premium' else 'free' end, i % 5 = 0, i % 90, 'likes it' from generate_series(1, 300) i;
    reset role; analyze`)
  await harden(server.url('crm'))
  await superuser.query('grant bailee_session to gateway with admin option; grant gateway to eraser')
  const directory = mkdtempSync(join(tmpdir(), 'bailee-activity-world-'))
  mkdirSync(join(directory, 'models'))
  for (const [name, role] of [['gateway', 'gateway'], ['sweep', 'sweeper'], ['erase', 'eraser']] as const) writeFileSync(join(directory, `${name}.url`), server.url('crm', role))
  const control = await createTestDatabase()
  const bailee = await openWorld(control.url, directory)
  await declare(bailee)
  return {
    bailee, controlUrl: control.url, run: (sql) => superuser.query(sql),
    close: async () => {
      const { differences } = await compareWithLedger(bailee)
      await bailee.close()
      await Promise.all([superuser.end(), control.close()])
      await server.stop()
      rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
      if (differences.length > 0) throw new Error(`rows that the ledger does not give: ${JSON.stringify(differences)}`)
    },
  }
}

async function declare({ ledger }: Bailee): Promise<void> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const key = { publicKey: Buffer.from(rawPublicKey(publicKey)).toString('base64'), custody: 'signatory' as const, sign: (message: Uint8Array) => sign(null, message, privateKey) }
  await applyEstate(ledger, readEstate(estate, 'bailee.yaml'), { checked: [], unchecked: [] }, on('2016-12-01'))
  await commit(ledger, 'noa', on('2017-01-01'))
  for (const id of ['INS-1', 'INS-2', 'INS-M']) {
    await acceptInstruction(ledger, { instruction: id, signatory: 'C. Martin', key }, on('2017-01-02'))
    await approveGrant(ledger, { grant: (await proposeGrant(ledger, { person: 'noa', instruction: id, until: on('2020-12-01') }, on('2017-01-03'))).id, by: 'dana' }, on('2017-01-04'))
  }
}

/** A file's name and text, as a command reads them. */
export const query = (text: string): { name: string; text: string } => ({ name: 'segment.sql', text })
