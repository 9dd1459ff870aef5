import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../server/kit/testing.ts'
import { bailee, liveEstate, must, root, serve, type LiveEstate, type Serving } from './estate.ts'

let estate: LiveEstate
let serving: Serving
let token: string

beforeAll(async () => {
  estate = await liveEstate()
  serving = await serve(estate.directory)
  token = must(estate.directory, 'people', 'token', 'noa').trim()
}, 300_000)

afterAll(async () => {
  await serving.stop()
  await estate.close()
})

const connectAs = async (more: Partial<pg.ClientConfig> = {}): Promise<pg.Client> => {
  const client = new pg.Client({ host: '127.0.0.1', port: serving.port, database: 'crm', user: 'noa', password: token, options: '-c bailee.instruction=INS-1', ...more })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

const refusal = (error: unknown): { code: string; text: string } => {
  const { code, message, detail, hint } = error as pg.DatabaseError
  return { code: code ?? '', text: [message, detail, hint].join(' ') }
}

test('an ordinary driver reads what the instruction names', async () => {
  const client = await connectAs()
  expect((await client.query('select plan, count(*)::int as members from member group by plan order by plan')).rows).toEqual([{ plan: 'free', members: 1666 }, { plan: 'paid', members: 3334 }])
  await client.end()
})

test('a column that it does not name is refused, with the dimension, the instruction and the articles', async () => {
  const client = await connectAs()
  const { code, text } = refusal(await client.query('select email from member').catch((error: unknown) => error))
  expect(code).toBe('42501')
  expect(text).toMatch(/data/)
  expect(text).toMatch(/INS-1/)
  expect(text).toMatch(/28\(3\)\(a\), 29/)
  await client.end()
})

test('writing is refused as an operation', async () => {
  const client = await connectAs()
  const { code, text } = refusal(await client.query(`update member set plan = 'paid'`).catch((error: unknown) => error))
  expect(code).toBe('42501')
  expect(text).toMatch(/operation/)
  await client.end()
})

test('the budget cuts a session at exactly its rows', async () => {
  const client = await connectAs()
  let rows = 0
  const query = new pg.Query('select id from member')
  query.on('row', () => { rows += 1 })
  const ended = new Promise<pg.DatabaseError>((resolve) => { query.on('error', (error) => resolve(error as pg.DatabaseError)) })
  client.query(query)
  expect((await ended).code).toBe('53400')
  expect(rows).toBe(1500)
})

test('somebody without a grant is refused at the door, and told what is missing', async () => {
  const other = must(estate.directory, 'people', 'token', 'eli').trim()
  const { code, text } = refusal(await connectAs({ user: 'eli', password: other }).catch((error: unknown) => error))
  expect(code).toBe('42501')
  expect(text).toMatch(/commitment, training, grant/)
})

test('without an instruction nobody comes in, and the answer says how to name one', async () => {
  const { code, text } = refusal(await connectAs({ options: '' }).catch((error: unknown) => error))
  expect(code).toBe('42501')
  expect(text).toMatch(/bailee\.instruction=INS-1/)
})

const psql = (sql: string, options: string) => spawnSync('psql', [`host=127.0.0.1 port=${serving.port} dbname=crm user=noa options='${options}'`, '-At', '-c', sql], { encoding: 'utf8', env: { ...process.env, PGPASSWORD: token } })
const withoutPsql = spawnSync('psql', ['--version']).status !== 0
if (withoutPsql) process.stderr.write('SKIPPED: psql is not installed, so no test with psql\n')

test.skipIf(withoutPsql)('psql speaks to it as to any PostgreSQL', () => {
  const allowed = psql('select count(id) from member', '-c bailee.instruction=INS-1')
  expect([allowed.stdout, allowed.stderr, allowed.status]).toEqual(['5000\n', '', 0])
  const described = psql('\\d member', '-c bailee.instruction=INS-1')
  expect(described.stdout).toMatch(/plan/)
  const forbidden = psql('select email from member', '-c bailee.instruction=INS-1')
  expect(forbidden.stderr).toMatch(/data/)
  expect(forbidden.status).toBe(1)
  expect(psql('copy member to stdout', '-c bailee.instruction=INS-1').stdout).toBe('')
})

test('a second gateway leaves the sessions of the first alone: at another address it serves, at the same one it does not begin', async () => {
  const client = await connectAs()
  await client.query('select id from member limit 10')
  const taken = bailee(estate.directory, 'serve', '--listen', `127.0.0.1:${serving.port}`)
  expect([taken.code, taken.err]).toEqual([2, expect.stringMatching(/something listens at 127[.]0[.]0[.]1 port \d+ already/)])
  const second = await serve(estate.directory, `127.0.0.1:${await freePort()}`)
  expect((await client.query('select id from member limit 1400')).rowCount).toBe(1400) // needs a lease, which a session that was closed does not get
  await second.stop()
  await client.end()
}, 300_000)

test('every way out is tried from the command line, and what leads around the gateway is named', () => {
  const proved = JSON.parse(must(estate.directory, 'gateway', 'prove', '--json')) as { ok: boolean; proved: { store: string; instruction: string; result: { outcome: string; held: number } }[] }
  expect(proved).toMatchObject({ ok: true, proved: [{ store: 'crm', instruction: 'INS-1', result: { outcome: 'held' } }] })
  expect(proved.proved[0]?.result.held).toBeGreaterThan(200)
  const roads = bailee(estate.directory, 'gateway', 'roads')
  expect([roads.code, roads.out]).toEqual([1, expect.stringContaining('declare it under break_glass') as string])
  expect(roads.out).toContain('! crm: not seen (pg_hba)') // none of this estate's logins may read pg_hba.conf
  expect(roads.out).toMatch(/✗ crm: role bailee can log in, is a superuser/)
}, 300_000)

test('a sweep that keeps watching finds a copy that was made, says when it is gone, and ends when it is told to', async () => {
  must(estate.directory, 'trace', 'refresh')
  const owner = new pg.Client({ connectionString: estate.url('crm_owner') })
  await owner.connect()
  await owner.query('create table public.old_list as select email, id from member limit 500')
  const watching = spawn(join(root, 'bailee'), ['trace', 'sweep', '--watch', '--every', '0.01', '--json'], { env: { ...process.env, BAILEE_DIR: estate.directory }, cwd: estate.directory })
  const ended = once(watching, 'exit')
  let said = ''
  watching.stdout.on('data', (bytes: Buffer) => { said += bytes.toString() })
  await expect.poll(() => [/"opened": \[\s+"F-/, /"place": "public[.]old_list"/, /"records": 500,/].map((pattern) => pattern.test(said)), { timeout: 60_000 }).toEqual([true, true, true])
  await owner.query('drop table public.old_list')
  await owner.end()
  await expect.poll(() => said, { timeout: 60_000 }).toMatch(/"resolved": \[\s+"F-/)
  watching.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
}, 300_000)

test('a withdrawn instruction ends an open session', async () => {
  const client = await connectAs()
  await client.query('select 1')
  const ended = new Promise<void>((resolve) => { client.once('end', () => resolve()) })
  must(estate.directory, 'instruction', 'withdraw', 'INS-1', '--as', 'A. Signer')
  const from = Date.now()
  await ended
  expect(Date.now() - from).toBeLessThan(20_000)
  const { code, text } = refusal(await connectAs().catch((error: unknown) => error))
  expect(code).toBe('42501')
  expect(text).not.toMatch(/undefined/)
})

test('what was done is in the controller\'s log, and its bundle verifies', () => {
  must(estate.directory, 'ledger', 'export', '--controller', 'acme', '--out', 'bundle')
  const verified = spawnSync(join(root, 'bailee-verify'), [join(estate.directory, 'bundle')], { encoding: 'utf8' })
  expect(verified.stdout).toMatch(/VERIFIED/)
  expect(verified.status).toBe(0)
  expect(bailee(estate.directory, 'ledger', 'export', '--controller', 'nobody', '--out', 'bundle').code).toBe(2)
})
