import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { parseAddress } from '../address.ts'
import { compile } from '../compile/index.ts'
import { Administration } from '../compile/store.ts'
import type { SessionPlan } from '../doorkeeper.ts'
import { listen, type Gateway } from '../listen.ts'
import { createClientDatabase, MemoryDoorkeeper, planOf, type ClientDatabase, type Closing } from '../testing.ts'
import { kindOfTag } from './keep.ts'

let client: ClientDatabase
let gateway: Gateway
let administration: Administration
const doorkeeper = new MemoryDoorkeeper()
let admitted = ''
const bytesMax = 4 * 1024 * 1024
const kept = { operations: ['derive'], results: { bytesMax } }

function allow(instruction: string, changes: Partial<SessionPlan>): void {
  doorkeeper.plans.set(instruction, () => { const plan = planOf(client.gatewayUrl, { instruction, ...changes }); admitted = plan.id; return plan })
}

beforeAll(async () => {
  client = await createClientDatabase()
  await client.run('GRANT CREATE ON DATABASE crm TO bailee_gateway')
  administration = new Administration(parseAddress(client.gatewayUrl))
  doorkeeper.tokens.set('noa', ['tok-noa'])
  allow('INS-D', kept)
  allow('INS-L', { ...kept, rowsMax: 1_000 })
  allow('INS-R', { operations: ['derive'] })
  gateway = await listen({ doorkeeper, at: { host: '127.0.0.1', port: 0 }, saltSecret: doorkeeper.secret })
})
afterAll(async () => {
  await gateway.close()
  await administration.end()
  await client.stop()
})

/** A session under an instruction, and the record of its end. */
async function under(instruction: string, work: (session: pg.Client) => Promise<void>): Promise<Closing> {
  const session = new pg.Client({ host: '127.0.0.1', port: gateway.port, user: `noa+${instruction}`, password: 'tok-noa', database: 'crm' })
  session.on('error', () => undefined)
  await session.connect()
  const id = admitted
  await work(session)
  await session.end().catch(() => undefined)
  return vi.waitFor(() => { const found = doorkeeper.closings.find((end) => end.session === id); if (found === undefined) throw new Error('not closed yet'); return found }, 30_000)
}

const no = (code: string): object => expect.objectContaining({ code }) as object
const one = async (sql: string): Promise<unknown> => Object.values((await client.run(sql)).rows[0] as object)[0]
const made = (): Promise<unknown> => one('SELECT coalesce(string_agg(relname, \',\' ORDER BY relname), \'\') FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname LIKE \'der\\_%\' AND relkind <> \'t\'')

test('results are made, filled, indexed, read back and dropped, by name alone, and outlive the session for the instruction\'s next one', async () => {
  const first = await under('INS-D', async (session) => {
    await session.query('CREATE TABLE by_country AS SELECT country, count(*)::int AS people FROM crm.listener GROUP BY country')
    await session.query('CREATE TABLE more (country text, people int DEFAULT 0)')
    await session.query('BEGIN')
    await session.query('INSERT INTO more SELECT country, people FROM by_country')
    await session.query('CREATE INDEX more_country ON more (country)')
    await session.query('COMMIT')
    await session.query({ name: 'p', text: 'INSERT INTO more VALUES ($1, $2)', values: ['XX', 1] })
    expect((await session.query('SELECT country, people FROM more ORDER BY country')).rows).toHaveLength(4)
    await session.query('SET ROLE NONE')
    await session.query('CREATE TABLE as_oneself AS SELECT user_id FROM crm.listener LIMIT 10')
  })
  expect(first.because.code).toBe('client left')
  // 3 rows made, 3 + 1 inserted, 10 made.
  expect(first.counts.written).toBe(17)
  await vi.waitFor(async () => expect(await one('SELECT count(*)::int FROM pg_roles WHERE rolname LIKE \'s\\_%\'')).toBe(0), 30_000)
  await under('INS-D', async (session) => {
    expect((await session.query('SELECT sum(people)::int AS people FROM by_country')).rows).toEqual([{ people: 5000 }])
    expect((await session.query('SELECT count(*)::int AS n FROM as_oneself')).rows).toEqual([{ n: 10 }])
    for (const table of ['by_country', 'more', 'as_oneself']) await session.query(`DROP TABLE ${table}`)
  })
  expect(await made()).toBe('')
})

test('a derive session of a store that gives no room for results only reads', async () => {
  await under('INS-R', async (session) => {
    expect(await session.query('SELECT country FROM crm.listener LIMIT 1; SELECT 1')).toHaveLength(2) // several statements in one text, as ever
    await expect(session.query('CREATE TABLE crm.kept AS SELECT country FROM crm.listener')).rejects.toEqual(no('42501'))
    await expect(session.query('CREATE TABLE kept AS SELECT country FROM crm.listener')).rejects.toEqual(no('42501'))
  })
})

test('rows of a result are charged as rows that are read are, and what goes beyond the budget is undone', async () => {
  const end = await under('INS-L', async (session) => {
    await expect(session.query('CREATE TABLE all_of_them AS SELECT user_id FROM crm.listener')).rejects.toEqual(no('53400'))
  })
  expect(end.because.code).toBe('budget spent')
  await vi.waitFor(async () => expect(await made()).toBe(''))
})

test.each<[string, (session: pg.Client) => Promise<unknown>]>([
  ['by many rows', (session) => session.query('CREATE TABLE wide AS SELECT repeat(md5(user_id::text), 60) AS x FROM crm.listener')],
  ['by one large row', (session) => session.query('CREATE TABLE wide AS SELECT string_agg(md5(random()::text), \'\') AS x FROM generate_series(1, 400000)')],
  ['with parameters', (session) => session.query('CREATE TABLE wide AS SELECT repeat(md5(user_id::text), 60) AS x FROM crm.listener WHERE $1', [true])],
  ['below an EXPLAIN', (session) => session.query('EXPLAIN ANALYZE CREATE TABLE wide AS SELECT repeat(md5(user_id::text), 60) AS x FROM crm.listener')],
  ['in a transaction', async (session) => {
    await session.query('BEGIN')
    await session.query('CREATE TABLE wide (x text)')
    await session.query('INSERT INTO wide SELECT repeat(md5(user_id::text), 60) FROM crm.listener')
    await session.query('COMMIT')
  }],
])('what takes more room than is given is undone: %s', async (_how, write) => {
  const end = await under('INS-D', async (session) => { await expect(write(session)).rejects.toEqual(no('53100')) })
  expect(end.because.code).toBe('results spent')
  await vi.waitFor(async () => expect(await made()).toBe(''))
})

test('where the login of gateway_url may not make a schema, nothing opens, and the answer says which statement was refused', async () => {
  await client.run('REVOKE CREATE ON DATABASE crm FROM bailee_gateway')
  const found = await compile(administration, planOf(client.gatewayUrl, { instruction: 'INS-Q', ...kept }), 'crm')
  expect(found).toMatchObject({ outcome: 'found', findings: [{ code: 'right/results' }] })
  await client.run('GRANT CREATE ON DATABASE crm TO bailee_gateway')
})

test('a tag that nobody has looked at is not let through', () => {
  expect(['CREATE TABLE', 'SELECT 3', 'INSERT 0 5', 'COPY 7'].map(kindOfTag)).toEqual(['measured', 'measured', 'measured', 'measured'])
  expect(['GRANT', 'CREATE VIEW', 'ALTER TABLE', 'CREATE SOMETHING NEW'].map(kindOfTag)).toEqual(['not kept', 'not kept', 'not kept', 'not kept'])
  expect(['BEGIN', 'COMMIT', 'DROP TABLE'].map(kindOfTag)).toEqual(['unchanged', 'unchanged', 'unchanged'])
  expect(['FETCH 1', 'MOVE 3'].map(kindOfTag)).toEqual(['measured', 'measured']) // a portal of the extended protocol may be anything
})
