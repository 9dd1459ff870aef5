/** For tests and benchmarks: what a client's database holds, and a processor with people, instructions and a ledger. Needs no test runner. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { applies, compareWithLedger } from '#composition'
import type { Database } from '#database'
import { applyEstate, readEstate } from '#estate'
import { acceptInstruction, approveGrant, proposeGrant } from '#instruction'
import { openKeyStore, openLedger, rawPublicKey, type Ledger } from '#ledger'
import { commit, recordToken, train } from '#people'
import { machineClock, type Clock } from '#kit/time'
import type { Doorkeeper } from './doorkeeper.ts'
import { openDoorkeeper } from './recording.ts'
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

/** Lines of `pg_hba.conf`: the administrative login of the gateway, and its sessions. */
export const hba = ['local all bailee_gateway trust', 'local all +bailee_session scram-sha-256']

const estateOf = (instructions: number, people: number, secondPerson = false): string => `
bailee: 1
processor: { origin: processor.example, name: Processor, country: IL }
environments: [{ id: production, class: production, country: IE, operator: processor, protection: high }]
stores: [{ id: crm, environment: production, kind: postgres, gateway_url: "env:CRM", backups: none }]
controllers: [{ id: deezer, name: Deezer, country: FR, signatories: [{ name: C. Martin, contact: c@deezer.example }] }]
contracts: [{ id: deezer-2016, controller: deezer, starts: 2016-12-01, at_end: { choice: delete } }]
datasets:
  - { id: listeners, controller: deezer, store: crm, tables: [{ table: crm.listener, subject: user_id, columns: { user_id: { category: UID, identifies: true }, country: { category: Country }, plan: { category: Purchase }, email: { category: EMailAddress } } }] }
instructions:
${Array.from({ length: instructions }, (_, index) => `  - { id: INS-${index + 1}, contract: deezer-2016, text: "Segment.", purposes: [Marketing], operations: [read], data: { listeners: [user_id, country, plan] }, environments: [production], from: 2017-01-01, rows_per_session: 1000000000, rows_per_day: ${index === 1 ? 1_000 : 10_000_000_000}${secondPerson && index === instructions - 1 ? ', second_person: { uses: [session], minutes: 60 }' : ''} }`).join('\n')}
people:
  - { id: dana, name: Dana, contact: dana@processor.example, role: dpo }
${Array.from({ length: people }, (_, index) => `  - { id: p${index + 1}, name: P, contact: p${index + 1}@processor.example, role: analyst }`).join('\n')}
trainings: [{ id: client-data, title: Handling client data, valid_months: 12, required_for: [analyst] }]
`

export interface Control { readonly database: Database; readonly url: string; close(): Promise<void> }

export interface Processor {
  readonly ledger: Ledger
  readonly controlUrl: string
  readonly directory: string
  /** The password of everybody here. */
  readonly token: string
  doorkeeper(gateway?: string): Promise<Doorkeeper>
  /** Makes a grant that is approved; resolves to its id. */
  grant(person: string, instruction: string): Promise<string>
  close(): Promise<void>
}

/** Whatever was recorded: the tables are what the ledger says, row by row. */
export async function mustFold(ledger: Ledger): Promise<void> {
  const { differences } = await compareWithLedger({ ledger })
  if (differences.length > 0) throw new Error(`rows that the ledger does not give: ${JSON.stringify(differences)}`)
}

/**
 * A processor over a control database that is at this code's schema and empty, whose instructions `INS-1`... cover three columns of `crm.listener` and are granted to nobody yet;
 * people are `p1`..., committed and trained. `secondPerson`: the last instruction asks for one for each session. INS-2 has a budget of 1,000 rows a day. `clock` dates everything from here on. Closing it closes the database.
 */
export async function openProcessor(control: Control, size: { instructions: number; people: number; secondPerson?: boolean; gatewayUrl: string; clock: Clock }): Promise<Processor> {
  const { clock, gatewayUrl } = size
  const directory = mkdtempSync(join(tmpdir(), 'bailee-processor-'))
  const ledger = await openLedger({ database: control.database, keys: openKeyStore(join(directory, 'keys')), origin: 'processor.example', clock: 'replayed', applies }, clock() - 600)
  const at = clock() - 500
  await applyEstate(ledger, readEstate(estateOf(size.instructions, size.people, size.secondPerson), 'bailee.yaml'), { checked: [], unchecked: [] }, at)
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const key = { publicKey: Buffer.from(rawPublicKey(publicKey)).toString('base64'), custody: 'signatory' as const, sign: (bytes: Uint8Array) => sign(null, bytes, privateKey) }
  for (let index = 1; index <= size.instructions; index += 1) await acceptInstruction(ledger, { instruction: `INS-${index}`, signatory: 'C. Martin', key }, at)
  const token = randomBytes(24).toString('base64url')
  for (let index = 1; index <= size.people; index += 1) {
    const person = `p${index}`
    await commit(ledger, person, at)
    await train(ledger, { person, training: 'client-data' }, at)
    await recordToken(ledger, { id: `token-${person}`, person, verifier: makeVerifier(token, saltOf(ledger.keys.tokenSalt(), person)), expiresAt: machineClock() + 36_000 }, at)
  }
  return {
    ledger, directory, token, controlUrl: control.url,
    doorkeeper: (gateway = 'test') => openDoorkeeper({ ledger, gateway, references: { environment: { CRM: gatewayUrl }, directory }, clock }),
    grant: async (person, instruction) => {
      const { id, state } = await proposeGrant(ledger, { person, instruction, until: at - (at % 86_400) + 4_000 * 86_400, by: person }, at)
      if (state === 'proposed') await approveGrant(ledger, { grant: id, by: 'dana' }, at)
      return id
    },
    close: async () => {
      await mustFold(ledger)
      await control.close()
      rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    },
  }
}
