import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { applies } from '#composition'
import { applyEstate, readEstate } from '#estate'
import { acceptInstruction, approveGrant, proposeGrant } from '#instruction'
import { openKeyStore, openLedger, rawPublicKey, type Json, type Ledger } from '#ledger'
import { commit, recordToken } from '#people'
import { createTestDatabase, type TestDatabase } from '../../database/testing.ts'
import { machineClock } from '#kit/time'
import { listen } from '../listen.ts'
import { openDoorkeeper } from '../recording.ts'
import { makeVerifier, saltOf } from '../scram.ts'
import { createClientDatabase, type ClientDatabase } from '../testing.ts'
import { allProofs, proveAll, proofOf } from './index.ts'
import { attemptsToProve } from './try.ts'

const estate = `
bailee: 1
processor: { origin: processor.example, name: Processor, country: IL }
environments: [{ id: production, class: production, country: IE, operator: processor, protection: high }]
stores: [{ id: crm, environment: production, kind: postgres, gateway_url: "env:CRM" }]
controllers: [{ id: deezer, name: Deezer, country: FR, signatories: [{ name: C. Martin, contact: c@deezer.example }] }, { id: chinook, name: Chinook, country: FR, signatories: [{ name: D. Durand, contact: d@chinook.example }] }]
contracts: [{ id: deezer-2016, controller: deezer, starts: 2016-12-01 }, { id: chinook-2016, controller: chinook, starts: 2016-12-01 }]
datasets:
  - { id: listeners, controller: deezer, store: crm, tables: [{ table: crm.listener, subject: user_id, columns: { user_id: { category: UID, identifies: true }, plan: { category: Purchase }, email: { category: EmailAddress } } }] }
  - { id: rows, controller: chinook, store: crm, tables: [{ table: crm.shared, subject: user_id, separation: shared_table, rows: "client = 'chinook'", columns: { user_id: { category: UID, identifies: true }, city: { category: City } } }] }
instructions:
  - { id: INS-1, contract: deezer-2016, text: "Segment.", purposes: [Marketing], operations: [read], data: { listeners: [user_id, plan] }, environments: [production], from: 2017-01-01 }
  - { id: INS-2, contract: chinook-2016, text: "Count cities.", purposes: [Marketing], operations: [read], data: { rows: [user_id, city] }, environments: [production], from: 2017-01-01 }
people: [{ id: noa, name: Noa, contact: noa@processor.example, role: analyst }, { id: dana, name: Dana, contact: dana@processor.example, role: dpo }]
`

let client: ClientDatabase
let control: TestDatabase
let ledger: Ledger
const directory = mkdtempSync(join(tmpdir(), 'bailee-proving-'))
const secret = randomBytes(32)

beforeAll(async () => {
  client = await createClientDatabase()
  control = await createTestDatabase()
  const at = machineClock()
  ledger = await openLedger({ database: control.database, keys: openKeyStore(join(directory, 'keys')), origin: 'processor.example', clock: 'machine', applies }, at)
  await applyEstate(ledger, readEstate(estate, 'bailee.yaml'), { checked: [], unchecked: [] }, at)
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const key = { publicKey: Buffer.from(rawPublicKey(publicKey)).toString('base64'), custody: 'signatory' as const, sign: (message: Uint8Array) => sign(null, message, privateKey) }
  for (const [instruction, signatory] of [['INS-1', 'C. Martin'], ['INS-2', 'D. Durand']] as const) {
    await acceptInstruction(ledger, { instruction, signatory, key }, at)
    const grant = await proposeGrant(ledger, { person: 'noa', instruction, until: at + 86_400, by: 'noa' }, at)
    await approveGrant(ledger, { grant: grant.id, by: 'dana' }, at)
  }
  await commit(ledger, 'noa', at)
  await recordToken(ledger, { id: 'tok', person: 'noa', verifier: makeVerifier('tok-noa', saltOf(secret, 'noa')), expiresAt: at + 3600 }, at)
})
afterAll(async () => {
  await Promise.all([control.close(), client.stop()])
  rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
})

const references = () => ({ environment: { CRM: client.gatewayUrl }, directory })
const entries = async (type: string) => (await ledger.read(1)).filter((entry) => entry.type === type)

/** A gateway that has not looked at any database yet, and one session of INS-1 through it. */
async function session(work: (session: pg.Client) => Promise<void>): Promise<void> {
  const doorkeeper = await openDoorkeeper({ ledger, references: references(), clock: machineClock, gateway: `gateway ${randomBytes(4).toString('hex')}` })
  const gateway = await listen({ doorkeeper, at: { host: '127.0.0.1', port: 0 }, saltSecret: secret })
  const connection = new pg.Client({ host: '127.0.0.1', port: gateway.port, user: 'noa+INS-1', password: 'tok-noa', database: 'crm' })
  connection.on('error', () => undefined)
  try {
    await connection.connect()
    await work(connection)
    await connection.end()
  } finally {
    await gateway.close()
  }
}

const read = async (connection: pg.Client): Promise<void> => { expect((await connection.query('SELECT count(*)::int AS n FROM crm.listener')).rows).toEqual([{ n: 5000 }]) }

test('the first opening tries every way out itself, and the next ones rest on that', async () => {
  expect(await allProofs(control.database)).toEqual([])
  await session(read)
  const proof = await proofOf(control.database, 'crm', 'INS-1')
  expect(proof).toMatchObject({ state: 'held', detail: { held: attemptsToProve().filter(({ atResults }) => !atResults).length, through: [], notTried: [] } })
  await session(read)
  expect(await entries('gateway.proved')).toHaveLength(1)
})

test('prove tries each instruction in force at its database, and says how strongly its controller is kept apart', async () => {
  const proved = await proveAll({ ledger, references: references() }, machineClock())
  expect(proved.map(({ instruction, result }) => [instruction, result?.outcome, result?.through, result?.separation])).toEqual([
    ['INS-1', 'held', [], 'tables of one database (weaker: its statistics and its catalogue are shared)'],
    ['INS-2', 'held', [], 'rows of shared tables (declared, weaker: row policies hold them apart, statistics do not)'],
  ])
  expect((await client.run('SELECT count(*)::int AS n FROM pg_class WHERE relname ~ \'bailee_attempt\'')).rows).toEqual([{ n: 0 }])
  expect((await client.run('SELECT count(*)::int AS n FROM pg_roles WHERE rolname ~ \'^s_\'')).rows).toEqual([{ n: 0 }])
  await expect(proveAll({ ledger, references: references() }, machineClock(), { store: 'nowhere' })).rejects.toThrow('no store is called "nowhere"')
  await expect(proveAll({ ledger, references: references() }, machineClock(), { instruction: 'INS-99' })).rejects.toThrow('no instruction is called "INS-99"')
})

test('what drifts closes the instruction at the next look, with the statement to run, and is proved anew once it is closed again', async () => {
  await client.run('GRANT TEMP ON DATABASE crm TO PUBLIC')
  await expect(session(read)).rejects.toMatchObject({ code: '42501', hint: 'REVOKE TEMP ON DATABASE crm FROM PUBLIC;' })
  expect((await proofOf(control.database, 'crm', 'INS-1'))?.state).toBe('drifted')
  expect((await proveAll({ ledger, references: references() }, machineClock(), { instruction: 'INS-1' }))[0]?.result).toMatchObject({ outcome: 'not compiled', findings: [{ what: 'temporary tables can be made in database crm' }] })
  await client.run('REVOKE TEMP ON DATABASE crm FROM PUBLIC')
  const before = (await entries('gateway.proved')).length
  await session(read)
  expect((await proofOf(control.database, 'crm', 'INS-1'))?.state).toBe('held')
  expect(await entries('gateway.proved')).toHaveLength(before + 1)
})

test('a way out that a canary got through opens nothing more, until the whole list holds again', async () => {
  const proof = await proofOf(control.database, 'crm', 'INS-1')
  const through = [{ id: 'tables/other', says: 'a table that the instruction does not name', because: 'no error, 0 rows' }]
  const found = { store: 'crm', instruction: 'INS-1', canary: true, outcome: 'through', role: proof?.role, list: proof?.list, held: 14, through, notTried: [], findings: [], separation: proof?.detail.separation }
  await ledger.append({ slot: 1, type: 'gateway.proved', at: machineClock(), parts: { evidence: found as unknown as Json } })
  await expect(session(read)).rejects.toMatchObject({ code: '42501', message: expect.stringContaining('tables/other') as string, hint: expect.stringContaining('bailee gateway prove --store crm') as string })
  expect((await proveAll({ ledger, references: references() }, machineClock(), { instruction: 'INS-1', canary: true }))[0]?.result?.outcome).toBe('held')
  await expect(session(read)).rejects.toMatchObject({ code: '42501' }) // the short list says too little to open what was closed
  await proveAll({ ledger, references: references() }, machineClock(), { instruction: 'INS-1' })
  await session(read)
})

test('a database that cannot be reached proves nothing, and takes nothing away', async () => {
  const proved = await proveAll({ ledger, references: { environment: { CRM: 'postgresql://gateway@127.0.0.1:1/crm?sslmode=disable' }, directory } }, machineClock(), { instruction: 'INS-1' })
  expect(proved).toMatchObject([{ result: undefined, because: expect.stringContaining('could not be reached') as string }])
  expect((await proofOf(control.database, 'crm', 'INS-1'))?.state).toBe('held')
})

test('a session\'s record says how its controller is kept apart', async () => {
  const opened = await entries('session.opened')
  expect(JSON.stringify(opened.at(-1)?.parts['access'])).toContain('tables of one database')
})
