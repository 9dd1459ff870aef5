import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { parseAddress } from '../address.ts'
import { compile, verify } from '../compile/index.ts'
import { resultSchemaOf, roleOf } from '../compile/statements.ts'
import { Administration } from '../compile/store.ts'
import { tryAll } from '../corpus/attempt.ts'
import { attemptsAtResults } from '../corpus/read.ts'
import { listen, type Gateway } from '../listen.ts'
import { tryPlan } from '../prove/try.ts'
import { createClientDatabase, MemoryDoorkeeper, planOf, type ClientDatabase } from '../testing.ts'

let client: ClientDatabase
let gateway: Gateway
let administration: Administration
const doorkeeper = new MemoryDoorkeeper()
const bytesMax = 4 * 1024 * 1024
const kept = { operations: ['derive'], results: { bytesMax } }

beforeAll(async () => {
  client = await createClientDatabase()
  await client.run('GRANT CREATE ON DATABASE crm TO bailee_gateway')
  administration = new Administration(parseAddress(client.gatewayUrl))
  doorkeeper.tokens.set('noa', ['tok-noa'])
  for (const instruction of ['INS-C', 'INS-O']) doorkeeper.plans.set(instruction, () => planOf(client.gatewayUrl, { instruction, ...kept }))
  gateway = await listen({ doorkeeper, at: { host: '127.0.0.1', port: 0 }, saltSecret: doorkeeper.secret })
})
afterAll(async () => {
  await gateway.close()
  await administration.end()
  await client.stop()
})

async function under(instruction: string, work: (session: pg.Client) => Promise<void>): Promise<void> {
  const session = new pg.Client({ host: '127.0.0.1', port: gateway.port, user: `noa+${instruction}`, password: 'tok-noa', database: 'crm' })
  session.on('error', () => undefined)
  await session.connect()
  await work(session)
  await session.end()
}

const roleFor = (instruction: string): string => roleOf({ ...planOf(client.gatewayUrl, { instruction, ...kept }), database: 'crm' })
const schemaFor = (instruction: string): string => resultSchemaOf(roleFor(instruction))
const no = (code: string): object => expect.objectContaining({ code }) as object
const one = async (sql: string): Promise<unknown> => Object.values((await client.run(sql)).rows[0] as object)[0]

test('no attempt to keep more than tables, or to open them to others, gets through, and none leaves anything', async () => {
  await under('INS-C', async (session) => { await session.query('CREATE TABLE own AS SELECT user_id, country FROM crm.listener LIMIT 10') })
  await under('INS-O', async (session) => {
    await expect(session.query(`SELECT * FROM ${schemaFor('INS-C')}.own`)).rejects.toEqual(no('42501'))
    await expect(session.query(`CREATE TABLE ${schemaFor('INS-C')}.mine (x int)`)).rejects.toEqual(no('42501'))
  })
  const attempts = attemptsAtResults()
  expect(attempts.length).toBeGreaterThan(40)
  const names = { table: 'crm.listener', column: 'user_id', schema: 'crm', forbidden: 'email', other: 'crm.payroll', gateway: 'bailee_gateway', database: 'crm', role: roleFor('INS-C') }
  const tried = await tryAll(attempts, { at: { host: '127.0.0.1', port: gateway.port }, user: 'noa+INS-C', password: 'tok-noa', store: 'crm', names, bytesMax })
  expect(tried.filter(({ outcome }) => outcome !== 'held')).toEqual([])
  const state = `SELECT string_agg(relname || relkind::text || coalesce(relacl::text, '') || relhasrules::text, ',' ORDER BY relname) FROM pg_class WHERE relnamespace = '${schemaFor('INS-C')}'::regnamespace AND relkind <> 't'`
  await vi.waitFor(async () => expect(await one(state)).toBe('ownrfalse'), 30_000)
  expect(await one(`SELECT count(*)::int FROM pg_proc WHERE pronamespace = '${schemaFor('INS-C')}'::regnamespace`)).toBe(0)
})

test('the instruction is proved with its results, and whatever others could reach there is found', async () => {
  const plan = planOf(client.gatewayUrl, { instruction: 'INS-P', ...kept })
  expect(await tryPlan({ plan, separation: 'a database of its own' })).toMatchObject({ outcome: 'held', through: [], findings: [] })
  const compiled = await compile(administration, plan, 'crm')
  await compile(administration, planOf(client.gatewayUrl, { instruction: 'INS-O', ...kept }), 'crm') // the role of another, to open something to
  if (compiled.outcome !== 'ready') throw new Error(JSON.stringify(compiled))
  const schema = resultSchemaOf(compiled.role)
  for (const [open, close] of [
    [`GRANT USAGE ON SCHEMA ${schema} TO PUBLIC`, `REVOKE USAGE ON SCHEMA ${schema} FROM PUBLIC`],
    [`CREATE TABLE ${schema}.t (x int); GRANT SELECT ON ${schema}.t TO ${roleFor('INS-O')}`, `DROP TABLE ${schema}.t`],
    [`CREATE VIEW ${schema}.v AS SELECT 1 AS x`, `DROP VIEW ${schema}.v`],
    [`CREATE FUNCTION ${schema}.f() RETURNS int LANGUAGE sql AS 'SELECT 1'`, `DROP FUNCTION ${schema}.f`],
    [`ALTER SCHEMA ${schema} OWNER TO bailee`, `ALTER SCHEMA ${schema} OWNER TO bailee_gateway`],
  ] as const) {
    await client.run(open)
    expect((await verify(administration, compiled, plan.tables)).map(({ code }) => code), open).toContain('results/opened')
    await client.run(close)
    expect(await verify(administration, compiled, plan.tables), close).toEqual([])
  }
})
