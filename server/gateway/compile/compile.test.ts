import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { parseAddress } from '../address.ts'
import { roleSecondsMax, roleUnusedSecondsMax } from '../limits.ts'
import { clockAhead, closeSessionRole, dropSessionRole, makeSessionRole, reap } from '../roles.ts'
import { createClientDatabase, planOf, ways, type ClientDatabase } from '../testing.ts'
import { compile, harden, hardening, verify, type Compiled } from './index.ts'
import { closedPattern, mustBeClosed } from './stock.ts'
import { Administration } from './store.ts'

let client: ClientDatabase
let gateway: Administration

beforeAll(async () => {
  client = await createClientDatabase()
  gateway = new Administration(parseAddress(client.gatewayUrl))
})
afterAll(async () => {
  await gateway.end()
  await client.stop()
})

const compiled = (changes = {}): Promise<Compiled> => compile(gateway, planOf(client.gatewayUrl, changes), 'crm')
const codes = (result: Compiled): string[] => (result.outcome === 'found' ? [...new Set(result.findings.map(({ code }) => code))].sort() : [])

async function as(role: string, password: string): Promise<pg.Client> {
  const address = parseAddress(client.gatewayUrl)
  const session = new pg.Client({ host: address.host, port: address.port, user: role, password, database: 'crm' })
  await session.connect()
  return session
}

test('a hardened database opens, and opens again', async () => {
  const first = await compiled()
  expect(first).toMatchObject({ outcome: 'ready' })
  expect(await compiled()).toEqual(first)
})

test('a session role reads exactly the columns of its instruction', async () => {
  const ready = await compiled()
  if (ready.outcome !== 'ready') throw new Error(JSON.stringify(ready.findings))
  const { role, password } = await makeSessionRole(gateway, ready.role, 60)
  const session = await as(role, password)
  expect((await session.query('SELECT user_id, country, plan FROM crm.listener')).rowCount).toBe(5000)
  await expect(session.query('SELECT email FROM crm.listener')).rejects.toMatchObject({ code: '42501' })
  await expect(session.query('SELECT * FROM crm.payroll')).rejects.toMatchObject({ code: '42501' })
  await session.end()
  await dropSessionRole(gateway, role)
  expect((await client.run(`SELECT FROM pg_roles WHERE rolname = '${role}'`)).rowCount).toBe(0)
})

test('a stock database is refused with the ways out by name, and harden closes what is PostgreSQL\'s own', async () => {
  const stock = await createClientDatabase({ stock: true })
  const database = new Administration(parseAddress(stock.gatewayUrl))
  const open = await compile(database, planOf(stock.gatewayUrl), 'crm')
  expect(codes(open)).toEqual(['database/create', 'function/stock', 'language/usage'])
  const admin = new Administration(parseAddress(stock.adminUrl))
  expect(await hardening(admin)).toEqual(expect.arrayContaining(['REVOKE EXECUTE ON FUNCTION pg_catalog.pg_try_advisory_xact_lock(bigint) FROM PUBLIC', 'REVOKE TEMP ON DATABASE crm FROM PUBLIC']))
  expect((await harden(database)).refused.length).toBeGreaterThan(0) // not a superuser
  expect((await harden(admin)).refused).toEqual([])
  expect((await harden(admin)).done).toEqual([])
  expect(await compile(database, planOf(stock.gatewayUrl), 'crm')).toMatchObject({ outcome: 'ready' })
  await Promise.all([database.end(), admin.end()])
  await stock.stop()
})

test('every function of PostgreSQL that every role may call and that has effects is closed by name or known to give nothing', async () => {
  const { rows } = await client.run(`SELECT DISTINCT p.proname AS name FROM pg_proc p WHERE ${mustBeClosed} AND p.proname !~ '${closedPattern}' AND NOT EXISTS (SELECT FROM pg_init_privs i WHERE i.classoid = 'pg_proc'::regclass AND i.objoid = p.oid) ORDER BY 1`)
  expect(rows).toEqual([])
})

test('what hardening closes is read from the catalogue: no form of a closed function is left', async () => {
  const open = await client.run(`SELECT p.oid::regprocedure FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
    WHERE a.grantee = 0 AND a.privilege_type = 'EXECUTE' AND p.proname ~ '^(pg_(try_)?advisory|pg_sleep|lo_|loread|lowrite|pg_notify|pg_logical_emit|.*_to_xml)'`)
  expect(open.rows).toEqual([])
  const closed = await client.run(`SELECT count(*)::int AS n FROM pg_proc WHERE proname ~ '${closedPattern}'`)
  expect((closed.rows as { n: number }[])[0]?.n).toBeGreaterThan(60)
})

test.each(ways)('%s refuses the instruction until it is closed', async (_what, opening, closing, code) => {
  const ready = await compiled()
  if (ready.outcome !== 'ready') throw new Error(JSON.stringify(ready.findings))
  try {
    await client.run(opening)
  } catch (error) {
    if (['function/foreign', 'function/reaching'].includes(code) && (error as { code?: string }).code === '0A000') return // this build ships no extensions
    throw error
  }
  try {
    expect(codes(await compiled())).toContain(code)
    expect((await verify(gateway, ready, planOf('').tables)).map((finding) => finding.code)).toContain(code)
  } finally {
    await client.run(closing)
  }
  expect(codes(await compiled())).toEqual([])
})

test('what does not exist, is empty or is no reading is refused by name', async () => {
  const listener = { schema: 'crm', table: 'listener' }
  expect(codes(await compiled({ tables: [] }))).toEqual(['plan/tables'])
  expect(codes(await compiled({ tables: [{ ...listener, columns: [] }] }))).toEqual(['plan/columns'])
  expect(codes(await compiled({ tables: [{ ...listener, columns: ['nothing'] }] }))).toEqual(['table/missing'])
  expect(codes(await compiled({ tables: [{ schema: 'crm', table: 'nowhere', columns: ['a'] }] }))).toEqual(['table/missing'])
  expect(codes(await compiled({ operations: ['copy'] }))).toEqual(['plan/operation'])
})

const shared = (rows: string): object => ({ instruction: 'INS-S', tables: [{ schema: 'crm', table: 'shared', columns: ['user_id', 'city'], rows }] })

test('of a shared table a session sees its controller\'s rows, and a policy changed behind our back is found', async () => {
  const ready = await compiled(shared('client = \'deezer\''))
  if (ready.outcome !== 'ready') throw new Error(JSON.stringify(ready.findings))
  const { role, password } = await makeSessionRole(gateway, ready.role, 60)
  const session = await as(role, password)
  expect((await session.query('SELECT count(*)::int AS n FROM crm.shared')).rows).toEqual([{ n: 500 }])
  await session.end()
  await dropSessionRole(gateway, role)
  const tables = [{ schema: 'crm', table: 'shared', columns: ['user_id', 'city'], rows: 'client = \'deezer\'' }]
  expect(await verify(gateway, ready, tables)).toEqual([])
  await client.run(`ALTER POLICY "bailee_${ready.role}" ON crm.shared USING (true)`)
  expect((await verify(gateway, ready, tables)).map(({ code }) => code)).toEqual(['rows/policy'])
  expect(codes(await compiled(shared('client = \'deezer\'')))).toEqual([]) // compiled anew
  await client.run('CREATE POLICY everything ON crm.shared USING (true)')
  expect(codes(await compiled(shared('client = \'deezer\'')))).toEqual(['rows/policy'])
  await client.run('DROP POLICY everything ON crm.shared')
})

test('row security is not switched on over the head of another reader', async () => {
  await client.run('CREATE TABLE crm.busy (client text, x int); ALTER TABLE crm.busy OWNER TO crm_owner; CREATE ROLE app NOLOGIN; GRANT SELECT ON crm.busy TO app')
  expect(codes(await compiled({ tables: [{ schema: 'crm', table: 'busy', columns: ['x'], rows: 'client = \'a\'' }] }))).toEqual(['rows/others'])
  expect((await client.run('SELECT relrowsecurity AS on FROM pg_class WHERE relname = \'busy\'')).rows).toEqual([{ on: false }])
})

test.each(['true) OR (pg_sleep(1) IS NULL', 'client = lower(\'A\')', 'client = (SELECT 1)', 'other = 1', 'client = \'a\' --', 'client = E\'a\'', ''])('the row predicate %j is refused', async (rows) => {
  expect(codes(await compiled(shared(rows)))).toEqual(['rows/predicate'])
})

test('a column named as a value of PostgreSQL\'s own is meant only in quotes: bare, it would compare the role and show every row', async () => {
  await client.run(`CREATE TABLE crm.named ("user" text, x int); INSERT INTO crm.named VALUES ('a', 1), ('b', 2); ALTER TABLE crm.named OWNER TO crm_owner`)
  const of = (rows: string) => ({ tables: [{ schema: 'crm', table: 'named', columns: ['x'], rows }] })
  expect((await client.run(`SELECT x FROM crm.named WHERE user <> 'a'`)).rows).toHaveLength(2)
  for (const bare of [`user <> 'a'`, `NOT User = 'a'`, `x = 1 OR current_user <> 'a'`]) expect(codes(await compiled(of(bare))), bare).toEqual(['rows/predicate'])
  expect(codes(await compiled(of(`"user" <> 'a'`)))).toEqual([])
})

test('a role that its user made undroppable is dropped all the same', async () => {
  const ready = await compiled()
  if (ready.outcome !== 'ready') throw new Error(JSON.stringify(ready.findings))
  const { role, password } = await makeSessionRole(gateway, ready.role, 60)
  const session = await as(role, password)
  await session.query('ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC')
  await session.end()
  await dropSessionRole(gateway, role)
  expect((await client.run(`SELECT FROM pg_roles WHERE rolname = '${role}'`)).rowCount).toBe(0)
})

test('the reaper drops what a crash left and leaves what lives', async () => {
  const ready = await compiled()
  if (ready.outcome !== 'ready') throw new Error(JSON.stringify(ready.findings))
  const young = await makeSessionRole(gateway, ready.role, 60)
  const mine = await makeSessionRole(gateway, ready.role, 60)
  const used = await makeSessionRole(gateway, ready.role, 60)
  const session = await as(used.role, used.password)
  await client.run(`CREATE ROLE s_00000001_${'ab'.repeat(12)} LOGIN VALID UNTIL '2100-01-01' IN ROLE bailee_session`)
  expect(await reap(gateway, new Set([mine.role])).catch((error: unknown) => (error as Error).message)).toBe('permission denied to drop role')
  await client.run(`DROP ROLE s_00000001_${'ab'.repeat(12)}`)
  const left = async (later: number): Promise<string[]> => {
    await reap(gateway, new Set([mine.role]), Date.now() + later * 1000)
    return (await client.run('SELECT rolname FROM pg_roles WHERE rolname ~ \'^s_\'')).rows.map((row: { rolname: string }) => row.rolname).sort()
  }
  expect(await left(0)).toEqual([young.role, mine.role, used.role].sort())
  expect(await left(roleUnusedSecondsMax + 1), 'used, for as long as a session may be').toEqual([mine.role, used.role].sort())
  session.on('error', () => undefined)
  expect(await left(roleSecondsMax + 1)).toEqual([mine.role])
  await expect(session.query('SELECT 1'), 'and ended').rejects.toThrow()
  await dropSessionRole(gateway, mine.role)
})

test('a session that gives its role another password lets nobody in by it', async () => {
  const ready = await compiled()
  if (ready.outcome !== 'ready') throw new Error(JSON.stringify(ready.findings))
  const { role, password } = await makeSessionRole(gateway, ready.role, 60)
  const session = await as(role, password)
  await session.query(`ALTER ROLE CURRENT_USER PASSWORD 'known to somebody'`)
  await expect(as(role, 'known to somebody'), 'it is in use').rejects.toMatchObject({ code: '53300' })
  await expect(session.query(`ALTER ROLE CURRENT_USER VALID UNTIL 'infinity'`)).rejects.toMatchObject({ code: '42501' })
  const [{ rest }] = (await client.run(`SELECT extract(epoch FROM rolvaliduntil - now())::float8 AS rest FROM pg_roles WHERE rolname = '${role}'`)).rows as [{ rest: number }]
  expect([rest > 0, rest < 61]).toEqual([true, true])
  await client.run(`ALTER ROLE ${role} VALID UNTIL '${new Date(Date.now() - 1_000).toISOString()}'`) // as when its time has passed
  await session.end()
  await expect(as(role, 'known to somebody'), 'nobody logs in with it any more').rejects.toMatchObject({ code: '28P01' })
  await dropSessionRole(gateway, role)
})

test('once somebody is logged in nobody else will be, and whoever got in all the same is out before the role goes', async () => {
  const ready = await compiled()
  if (ready.outcome !== 'ready') throw new Error(JSON.stringify(ready.findings))
  for (const closes of [true, false]) {
    const { role, password } = await makeSessionRole(gateway, ready.role, 60)
    const session = await as(role, password)
    await session.query(`ALTER ROLE CURRENT_USER PASSWORD 'known to somebody'`)
    if (closes) await closeSessionRole(gateway, role)
    expect((await session.query('SELECT 1')).rowCount).toBe(1)
    await session.end()
    const direct = vi.waitFor(() => as(role, 'known to somebody').catch((error: unknown) => { if ((error as { code?: string }).code === '53300') throw error; return (error as { code?: string }).code }), { timeout: 30_000, interval: 20 })
    if (closes) expect(await direct).toBe('28P01')
    else { // the gateway was killed before it could
      const inside = await direct as pg.Client
      inside.on('error', () => undefined)
      await inside.query(`SET ROLE ${ready.role}`)
      await dropSessionRole(gateway, role)
      await expect(inside.query('SELECT count(*) FROM crm.listener')).rejects.toThrow()
    }
    await dropSessionRole(gateway, role)
    expect((await client.run(`SELECT FROM pg_roles WHERE rolname = '${role}'`)).rowCount).toBe(0)
  }
})

test('where the database has another time, its own counts for how long one can log in', async () => {
  const ready = await compiled()
  if (ready.outcome !== 'ready') throw new Error(JSON.stringify(ready.findings))
  expect(Math.abs(await clockAhead(gateway))).toBeLessThan(10_000)
  const real = Date.now.bind(Date)
  const behind = vi.spyOn(Date, 'now').mockImplementation(() => real() - 600_000)
  const { role, password } = await makeSessionRole(gateway, ready.role, 60, await clockAhead(gateway)).finally(() => { behind.mockRestore() })
  await (await as(role, password)).end()
  await dropSessionRole(gateway, role)
})
