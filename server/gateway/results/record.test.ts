import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { applies } from '#composition'
import { applyEstate, readEstate } from '#estate'
import { acceptInstruction, approveGrant, proposeGrant, withdrawInstruction } from '#instruction'
import { allDerived, type DerivedDataset } from '#inventory'
import { openKeyStore, openLedger, rawPublicKey, type Ledger } from '#ledger'
import { commit, recordToken } from '#people'
import { machineClock } from '#kit/time'
import { createTestDatabase, type TestDatabase } from '../../database/testing.ts'
import type { Doorkeeper } from '../doorkeeper.ts'
import { listen, type Gateway } from '../listen.ts'
import { openDoorkeeper } from '../recording.ts'
import { makeVerifier, saltOf } from '../scram.ts'
import { recentSessions } from '../store.ts'
import { createClientDatabase, type ClientDatabase } from '../testing.ts'
import { lookAtResults } from './record.ts'

const estate = `
bailee: 1
processor: { origin: processor.example, name: Processor, country: IL }
environments: [{ id: production, class: production, country: IE, operator: processor, protection: high }]
stores: [{ id: crm, environment: production, kind: postgres, gateway_url: "env:CRM", results: { megabytes_max: 20 } }]
controllers: [{ id: deezer, name: Deezer, country: FR, signatories: [{ name: C. Martin, contact: c@deezer.example }] }]
contracts: [{ id: deezer-2016, controller: deezer, starts: 2016-12-01 }]
datasets:
  - { id: listeners, controller: deezer, store: crm, tables: [{ table: crm.listener, subject: user_id, columns: { user_id: { category: UID, identifies: true }, plan: { category: Purchase }, email: { category: EmailAddress } } }] }
instructions:
  - { id: INS-1, contract: deezer-2016, text: "Segment.", purposes: [Marketing], operations: [derive], data: { listeners: [user_id, plan] }, environments: [production], from: 2017-01-01 }
people: [{ id: noa, name: Noa, contact: noa@processor.example, role: analyst }, { id: dana, name: Dana, contact: dana@processor.example, role: dpo }]
`

let client: ClientDatabase
let control: TestDatabase
let ledger: Ledger
let doorkeeper: Doorkeeper
let gateway: Gateway
const directory = mkdtempSync(join(tmpdir(), 'bailee-results-'))
const secret = randomBytes(32)
const references = (): { environment: Record<string, string>; directory: string } => ({ environment: { CRM: client.gatewayUrl }, directory })

beforeAll(async () => {
  client = await createClientDatabase()
  await client.run('GRANT CREATE ON DATABASE crm TO bailee_gateway')
  control = await createTestDatabase()
  const at = machineClock()
  ledger = await openLedger({ database: control.database, keys: openKeyStore(join(directory, 'keys')), origin: 'processor.example', clock: 'machine', applies }, at)
  await applyEstate(ledger, readEstate(estate, 'bailee.yaml'), { checked: [], unchecked: [] }, at)
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const key = { publicKey: Buffer.from(rawPublicKey(publicKey)).toString('base64'), custody: 'signatory' as const, sign: (message: Uint8Array) => sign(null, message, privateKey) }
  await acceptInstruction(ledger, { instruction: 'INS-1', signatory: 'C. Martin', key }, at)
  await approveGrant(ledger, { grant: (await proposeGrant(ledger, { person: 'noa', instruction: 'INS-1', until: at + 86_400, by: 'noa' }, at)).id, by: 'dana' }, at)
  await commit(ledger, 'noa', at)
  await recordToken(ledger, { id: 'tok', person: 'noa', verifier: makeVerifier('tok-noa', saltOf(secret, 'noa')), expiresAt: at + 3600 }, at)
  doorkeeper = await openDoorkeeper({ ledger, references: references(), clock: machineClock, gateway: 'here' })
  Object.assign(doorkeeper, { proved: undefined }) // ways out are tried in tests of their own
  gateway = await listen({ doorkeeper, at: { host: '127.0.0.1', port: 0 }, saltSecret: secret })
})
afterAll(async () => {
  await gateway.close()
  await Promise.all([control.close(), client.stop()])
  rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
})

const there = async (): Promise<DerivedDataset[]> => (await allDerived(ledger.database)).filter(({ droppedAt }) => droppedAt === null)
const entries = async (type: string): Promise<number> => (await ledger.read(1)).filter((entry) => entry.type === type).length
const look = () => lookAtResults({ ledger, references: references() }, machineClock())
const schema = async (): Promise<string | undefined> => ((await client.run('SELECT nspname FROM pg_namespace WHERE nspname LIKE \'der\\_%\'')).rows[0] as { nspname: string } | undefined)?.nspname

async function session(work: (session: pg.Client) => Promise<void>): Promise<void> {
  const connection = new pg.Client({ host: '127.0.0.1', port: gateway.port, user: 'noa+INS-1', password: 'tok-noa', database: 'crm' })
  connection.on('error', () => undefined)
  await connection.connect()
  await work(connection)
  await connection.end()
  await vi.waitFor(() => expect(gateway.sessions).toBe(0), 30_000) // the gateway has looked by itself as well: nothing of it is under way any more
}

test('what a session derives is recorded before it is committed: whose, under what, from what, by whom; and once', async () => {
  await session(async (connection) => {
    await connection.query('BEGIN')
    await connection.query('CREATE TABLE by_plan AS SELECT plan, count(*) AS people FROM crm.listener GROUP BY plan')
    const [made, ...others] = await there()
    expect(others).toEqual([])
    expect(made).toMatchObject({ slot: 1, controller: 'deezer', contract: 'deezer-2016', instruction: 'INS-1', store: 'crm', place: `${await schema() ?? ''}.by_plan`, columns: ['plan', 'people'], from: ['listeners'], person: 'noa' })
    expect(made?.session).toBe((await recentSessions(ledger.database, { open: true }))[0]?.id)
    await connection.query('COMMIT')
  })
  await session(async (connection) => { expect((await connection.query('SELECT sum(people)::int AS people FROM by_plan')).rows).toEqual([{ people: 5000 }]) })
  expect(await there()).toHaveLength(1)
  expect([await entries('dataset.derived'), await entries('dataset.dropped')]).toEqual([1, 0])
})

test('what was undone is recorded as gone, what has other columns as derived anew, and a name that holds an address is shown with a mark', async () => {
  await session(async (connection) => {
    await connection.query('BEGIN')
    await connection.query('CREATE TABLE undone (x int)')
    await connection.query('ROLLBACK')
    await connection.query('DROP TABLE by_plan')
    await connection.query('CREATE TABLE by_plan AS SELECT plan FROM crm.listener LIMIT 1')
    await connection.query('CREATE TABLE "ana@people.example" (x int)')
  })
  await vi.waitFor(async () => expect((await there()).map(({ place, columns }) => [place.replace(/^[^.]+[.]/, '').replace(/ [0-9a-f]{12}/, ''), columns])).toEqual([['"⟨address⟩"', ['x']], ['by_plan', ['plan']]]), 30_000)
  expect((await allDerived(ledger.database)).find(({ place }) => place.endsWith('.undone'))?.droppedAt).not.toBeNull()
})

test('what no gateway saw is made up for by a look, which finds nothing more when it is repeated', async () => {
  const own = await schema() ?? ''
  await client.run(`DROP TABLE ${own}.by_plan; CREATE TABLE ${own}.unseen AS SELECT 1 AS n; ALTER TABLE ${own}.unseen OWNER TO ${own.replace('der_', 'ins_')}`)
  const looked = await look()
  expect([looked.derived.length, looked.dropped.length, looked.notSeen]).toEqual([1, 1, []])
  expect((await there()).find(({ place }) => place.endsWith('.unseen'))).toMatchObject({ columns: ['n'], from: ['listeners'], person: null, session: null })
  expect(await look()).toEqual({ derived: [], dropped: [], closed: [], notSeen: [] })
})

test('a table made again by a session that dropped it is recorded again, though its drop was recorded between', async () => {
  await session(async (connection) => { await connection.query('CREATE TABLE again AS SELECT 1 AS n') })
  await session(async (connection) => {
    await connection.query('SELECT 1')
    await connection.query('DROP TABLE again')
    expect((await look()).dropped).toHaveLength(1)
    await connection.query('CREATE TABLE again AS SELECT 1 AS n')
    expect((await there()).some(({ place }) => place.endsWith('.again'))).toBe(true)
    await connection.query('DROP TABLE again')
  })
  await look()
  expect((await there()).some(({ place }) => place.endsWith('.again'))).toBe(false)
})

test('under another owner, or in another database, what is recorded is not seen, and never gone', async () => {
  const own = await schema() ?? ''
  const before = await there()
  expect(before.length).toBeGreaterThan(1)
  await client.run(`ALTER SCHEMA ${own} OWNER TO CURRENT_USER`)
  expect(await look()).toMatchObject({ dropped: [], closed: [], notSeen: [{ store: 'crm', because: expect.stringContaining('another login') as string }] })
  await client.run(`ALTER SCHEMA ${own} OWNER TO bailee_gateway`)
  const elsewhere = new URL(client.gatewayUrl)
  elsewhere.pathname = '/postgres'
  const looked = await lookAtResults({ ledger, references: { environment: { CRM: elsewhere.href }, directory } }, machineClock())
  expect(looked).toMatchObject({ derived: [], dropped: [] })
  expect(looked.notSeen.length).toBe(before.length)
  expect(await there()).toEqual(before)
})

test('a table that cannot be recorded is not kept', async () => {
  const { derived } = doorkeeper
  Object.assign(doorkeeper, { derived: () => Promise.reject(new Error('the ledger is away')) })
  try {
    await session(async (connection) => { await expect(connection.query('CREATE TABLE unrecorded AS SELECT 1 AS n')).rejects.toMatchObject({ code: '57P01' }) })
  } finally {
    Object.assign(doorkeeper, { derived })
  }
  await vi.waitFor(async () => expect((await client.run('SELECT FROM pg_class WHERE relname = \'unrecorded\'')).rowCount).toBe(0))
})

test('the end of the instruction closes the schema, and takes it away when nothing is in it', async () => {
  const own = await schema() ?? ''
  await client.run(`GRANT USAGE ON SCHEMA ${own} TO pg_monitor`) // by somebody, to others: no reason to close it again and again
  await withdrawInstruction(ledger, { instruction: 'INS-1', signatory: 'C. Martin' }, machineClock())
  expect((await look()).closed).toEqual([{ store: 'crm', schema: own, dropped: false }])
  const closed = (await ledger.read(1, { types: ['dataset.closed'] })).map(({ parts }) => parts['evidence'])
  expect(closed).toEqual([{ store: 'crm', schema: own, instruction: 'INS-1' }])
  expect((await client.run(`SELECT has_schema_privilege('${own.replace('der_', 'ins_')}', '${own}', 'USAGE') AS open`)).rows).toEqual([{ open: false }])
  expect((await look()).closed).toEqual([])
  await client.run(`DROP TABLE ${own}.unseen, ${own}."ana@people.example"`)
  expect(await look()).toMatchObject({ closed: [{ store: 'crm', schema: own, dropped: true }] })
  expect(await schema()).toBeUndefined()
  expect(await there()).toEqual([])
})
