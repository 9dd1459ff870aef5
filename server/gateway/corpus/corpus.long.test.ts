import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { promisify } from 'node:util'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listen, type Gateway } from '../listen.ts'
import { createClientDatabase, MemoryDoorkeeper, planOf, type ClientDatabase } from '../testing.ts'
import { tryAll } from './attempt.ts'
import { filled, mustPass, mustRefuse, type Attempt, type Names, type Step } from './read.ts'

const run = promisify(execFile)
const psql = '/usr/bin/psql'
const names: Names = { table: 'crm.listener', column: 'user_id', schema: 'crm', forbidden: 'email', other: 'crm.payroll', gateway: 'bailee_gateway', database: 'crm' }
const bytesMax = 384 * 1024

let client: ClientDatabase
let gateway: Gateway
const doorkeeper = new MemoryDoorkeeper()

beforeAll(async () => {
  client = await createClientDatabase()
  doorkeeper.tokens.set('prover', ['tok-prover'])
  doorkeeper.plans.set('INS-1', () => planOf(client.gatewayUrl, { rowsMax: 20_000, bytesMax }))
  gateway = await listen({ doorkeeper, at: { host: '127.0.0.1', port: 0 }, saltSecret: doorkeeper.secret })
})
afterAll(async () => {
  await gateway.close()
  await client.stop()
})

const statements = (attempts: readonly Attempt[]): { attempt: Attempt; sql: string[] }[] => attempts.flatMap((written) => {
  const attempt = filled(written, names)
  const steps = attempt?.steps ?? []
  const queries = steps.filter((step): step is Extract<Step, { sql: string }> => step.by === 'query' || step.by === 'extended')
  return attempt === undefined || queries.length !== steps.length ? [] : [{ attempt, sql: queries.map(({ sql }) => sql) }]
})

const refusing = (): { attempt: Attempt; sql: string[] }[] => statements(mustRefuse()).filter(({ attempt }) => attempt.expected === 'refused' || attempt.expected === 'cut')

/** What an ordinary client hears: the last SQLSTATE, or none. */
// skipped: where no psql is installed; node-postgres and the byte-level client run the same list
test.skipIf(!existsSync(psql))('psql hears the same no, and prints no value of anybody else', async () => {
  const failed: string[] = []
  const one = async ({ attempt, sql }: { attempt: Attempt; sql: string[] }): Promise<void> => {
    const lines = [...(attempt.alone ? [] : ['BEGIN;']), ...sql.map((line) => `${line};`)]
    const said = await run(psql, ['-X', '-q', '-v', 'VERBOSITY=verbose', '-h', '127.0.0.1', '-p', String(gateway.port), '-U', 'prover+INS-1', 'crm', ...lines.flatMap((line) => ['-c', line])], { env: { ...process.env, PGPASSWORD: 'tok-prover' }, maxBuffer: 64 * 1024 * 1024 })
      .catch((error: unknown) => error as { stdout: string; stderr: string })
    const codes = [...said.stderr.matchAll(/(?:ERROR|FATAL): +([0-9A-Z]{5}):/g)].map((found) => found[1] ?? '')
    const wanted = codes.some((code) => attempt.codes.includes(code))
    if (!wanted) failed.push(`${attempt.id}: ${codes.join()}`)
    expect(`${said.stdout}${said.stderr}`, attempt.id).not.toMatch(/listener\.example|secret1/)
    expect(said.stdout.length, attempt.id).toBeLessThan(bytesMax)
  }
  const left = refusing()
  await Promise.all(Array.from({ length: 4 }, async () => { for (let next = left.pop(); next !== undefined; next = left.pop()) await one(next) }))
  expect(failed).toEqual([])
}, 300_000)

test('node-postgres hears the same no', async () => {
  const failed: string[] = []
  for (const { attempt, sql } of refusing()) {
    const session = new pg.Client({ host: '127.0.0.1', port: gateway.port, user: 'prover+INS-1', password: 'tok-prover', database: 'crm' })
    session.on('error', () => undefined)
    await session.connect()
    if (!attempt.alone) await session.query('BEGIN')
    let code: string | undefined
    for (const line of sql) code = await session.query({ text: line, queryMode: attempt.steps[0]?.by === 'extended' ? 'extended' : 'simple' } as pg.QueryConfig).then(() => undefined, (error: unknown) => (error as { code?: string }).code)
    if (code === undefined || !attempt.codes.includes(code)) failed.push(`${attempt.id}: ${code ?? 'no error'}`)
    await session.end().catch(() => undefined)
  }
  expect(failed).toEqual([])
}, 300_000)

const place = '/usr/lib/postgresql'
const versions = existsSync(place) ? readdirSync(place).filter((version) => Number(version) >= 15 && existsSync(`${place}/${version}/bin/initdb`)) : []

test.each(versions)('PostgreSQL %s, as it is installed here: every way out is closed, and what tools ask is answered', async (version) => {
  const other = await createClientDatabase({ binaries: `${place}/${version}/bin` })
  doorkeeper.plans.set('INS-V', () => planOf(other.gatewayUrl, { instruction: 'INS-V', rowsMax: 20_000, bytesMax }))
  doorkeeper.plans.set('INS-W', () => planOf(other.gatewayUrl, { instruction: 'INS-W', rowsMax: 1_000_000 }))
  const where = { at: { host: '127.0.0.1', port: gateway.port }, user: 'prover+INS-V', password: 'tok-prover', store: 'crm', names, bytesMax }
  try {
    const refused = await tryAll(mustRefuse().filter(({ id }) => id !== 'startup/other-store'), where)
    expect(refused.filter(({ outcome }) => outcome !== 'held')).toEqual([])
    const passed = await tryAll(mustPass(), { ...where, user: 'prover+INS-W', bytesMax: 64 * 1024 * 1024 })
    expect(passed.filter(({ outcome }) => outcome !== 'held')).toEqual([])
  } finally {
    await other.stop()
  }
}, 300_000)
