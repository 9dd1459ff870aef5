import { connect, createServer, type Server, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseAddress } from '../address.ts'
import { compile } from '../compile/index.ts'
import { Administration } from '../compile/store.ts'
import type { Admission, AdmissionRequest, SessionPlan } from '../doorkeeper.ts'
import { listen, type Gateway } from '../listen.ts'
import { dropSessionRole, makeSessionRole } from '../roles.ts'
import { createClientDatabase, MemoryDoorkeeper, planOf, type ClientDatabase } from '../testing.ts'
import { answersOf, tryAll, type Where } from './attempt.ts'
import { mustPass, mustRefuse, parseAttempts, type Names } from './read.ts'

/** Lets nobody into another database than the one that was prepared. */
class StoreDoorkeeper extends MemoryDoorkeeper {
  override admit(request: AdmissionRequest): Promise<Admission> {
    return request.store === 'crm' ? super.admit(request) : Promise.resolve({ outcome: 'refused', because: 'there is no such store', failing: [] })
  }
}

let client: ClientDatabase
let gateway: Gateway
let tap: Server
const doorkeeper = new StoreDoorkeeper()
const bytesMax = 384 * 1024
const names: Names = { table: 'crm.listener', column: 'user_id', schema: 'crm', forbidden: 'email', other: 'crm.payroll', gateway: 'bailee_gateway', database: 'crm' }
/** Everything that the gateway sent to anybody, in the order it came. */
const sent: Buffer[] = []

const plan = (changes: Partial<SessionPlan> = {}): SessionPlan => planOf(client.gatewayUrl, { rowsMax: 20_000, bytesMax, ...changes })

beforeAll(async () => {
  client = await createClientDatabase()
  doorkeeper.tokens.set('prover', ['tok-prover'])
  doorkeeper.plans.set('INS-1', () => plan())
  doorkeeper.plans.set('INS-2', () => plan({ instruction: 'INS-2', bytesMax: 16 * 1024 * 1024 }))
  gateway = await listen({ doorkeeper, at: { host: '127.0.0.1', port: 0 }, saltSecret: doorkeeper.secret })
  tap = createServer((near) => {
    const far = connect(gateway.port, '127.0.0.1')
    far.on('data', (chunk: Buffer) => sent.push(chunk))
    near.pipe(far).pipe(near)
    near.on('error', () => far.destroy())
    far.on('error', () => near.destroy())
  })
  await new Promise<void>((resolve) => tap.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  tap.close()
  await gateway.close()
  await client.stop()
})

const where = (instruction = 'INS-1'): Where => ({ at: { host: '127.0.0.1', port: (tap.address() as AddressInfo).port }, user: `prover+${instruction}`, password: 'tok-prover', store: 'crm', names, bytesMax })

test('every way out is closed, and not one value of anybody else came out', async () => {
  const attempts = mustRefuse()
  expect(attempts.length).toBeGreaterThanOrEqual(300)
  await client.run('INSERT INTO crm.payroll VALUES (\'Q. Payroll\', 4711)')
  sent.length = 0
  const tried = await tryAll(attempts, where())
  expect(tried.filter(({ outcome }) => outcome !== 'held')).toEqual([])
  const all = Buffer.concat(sent).toString('latin1')
  expect(all.length).toBeGreaterThan(100_000)
  for (const foreign of ['listener.example', 'secret1', 'Q. Payroll', 'SCRAM-SHA-256$4096', 'root:x:']) expect(all.includes(foreign), foreign).toBe(false)
})

test('nothing was changed by trying', async () => {
  expect((await client.run('SELECT count(*)::int AS n, count(DISTINCT plan)::int AS plans FROM crm.listener')).rows).toEqual([{ n: 5000, plans: 1 }])
  expect((await client.run('SELECT relname FROM pg_class WHERE relname ~ \'bailee_attempt\' UNION ALL SELECT rolname FROM pg_roles WHERE rolname ~ \'bailee_attempt\' UNION ALL SELECT slot_name FROM pg_replication_slots')).rows).toEqual([])
})

test('a way out that is open is found: the corpus can fail', async () => {
  await client.run('GRANT SELECT ON crm.payroll TO PUBLIC')
  try {
    // The compiler refuses such a database when it looks again, within a minute; until then, this is what finds it.
    const tried = await tryAll(mustRefuse().filter(({ id }) => id.startsWith('tables/other')), where())
    expect(tried.filter(({ outcome }) => outcome === 'through').map(({ id }) => id)).toContain('tables/other')
  } finally {
    await client.run('REVOKE SELECT ON crm.payroll FROM PUBLIC')
  }
})

test('what ordinary clients ask is answered through the gateway as PostgreSQL itself answers it', async () => {
  const attempts = mustPass()
  expect(attempts.length).toBeGreaterThanOrEqual(100)
  expect((await tryAll(attempts, where('INS-2'))).filter(({ outcome }) => outcome !== 'held')).toEqual([])
  const administration = new Administration(parseAddress(client.gatewayUrl))
  const compiled = await compile(administration, plan({ instruction: 'INS-2' }), 'crm')
  if (compiled.outcome !== 'ready') throw new Error(JSON.stringify(compiled.findings))
  const { host, port } = parseAddress(client.gatewayUrl)
  const compared = attempts.filter(({ id }) => !['psql/list-settings', 'psql/list-roles'].includes(id)) // each session is a role of its own, with settings of the gateway's
  const { role, password } = await makeSessionRole(administration, compiled.role, 60)
  const direct = await answersOf(compared, { ...where(), at: { host, port }, user: role, password })
  await dropSessionRole(administration, role)
  expect([...await answersOf(compared, where('INS-2'))]).toEqual([...direct])
  await administration.end()
})

test.each([
  ['-- a/b: no expectation\nSELECT 1'], ['-- a/b: no step\n-- expect: refused 42501'], ['-- a/b: x\n-- expect: perhaps\nSELECT 1'],
  ['-- a/b: x\n-- expect: zero\n\\startup nothing'], ['-- a/b: x\n-- expect: zero\nSELECT 1\n\n-- a/b: again\n-- expect: zero\nSELECT 1'],
])('an attempt that is not written as it must be is refused, never left out: %j', (text) => {
  expect(() => parseAttempts(text)).toThrow(/a\/b|nothing/)
})
