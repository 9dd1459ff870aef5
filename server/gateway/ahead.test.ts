import { once } from 'node:events'
import { connect } from 'node:net'
import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { parseAddress } from './address.ts'
import { LoginsAhead, type Login } from './ahead.ts'
import { AttemptClient } from './corpus/client.ts'
import { listen, type Gateway } from './listen.ts'
import { createClientDatabase, MemoryDoorkeeper, planOf, type ClientDatabase } from './testing.ts'

import { reach } from './upstream.ts'
import { cancelPacket, message } from './wire/messages.ts'

let client: ClientDatabase
let gateway: Gateway
const doorkeeper = new MemoryDoorkeeper()
let admitted = ''
let proved: string | undefined

beforeAll(async () => {
  client = await createClientDatabase()
  for (const person of ['noa', 'ada']) doorkeeper.tokens.set(person, ['tok-noa'])
  doorkeeper.plans.set('INS-W', () => planOf(client.gatewayUrl, { instruction: 'INS-W', operations: ['read', 'write'] }))
  for (const instruction of ['INS-1', 'INS-2', 'INS-3', 'INS-4']) doorkeeper.plans.set(instruction, () => { const plan = planOf(client.gatewayUrl, { instruction, operations: ['read'] }); admitted = plan.id; return plan })
  gateway = await listen({ doorkeeper: Object.assign(doorkeeper, { proved: () => Promise.resolve(proved) }), at: { host: '127.0.0.1', port: 0 }, saltSecret: doorkeeper.secret, loginsAhead: true })
})
afterAll(async () => {
  await gateway.close()
  await client.stop()
})

async function enter(instruction = 'INS-1', person = 'noa'): Promise<{ session: pg.Client; backend: number; reported: string | undefined }> {
  const session = new pg.Client({ host: '127.0.0.1', port: gateway.port, user: `${person}+${instruction}`, password: 'tok-noa', database: 'crm' })
  session.on('error', () => undefined)
  let reported: string | undefined
  ;(session as unknown as { connection: { on(event: string, heard: (message: { parameterName: string; parameterValue: string }) => void): void } }).connection.on('parameterStatus', ({ parameterName, parameterValue }) => { if (parameterName === 'application_name') reported = parameterValue })
  await session.connect()
  return { session, backend: Number((await session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid), reported }
}

async function cancelled(process: number, secret: number): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port: gateway.port })
  await once(socket, 'connect')
  socket.end(cancelPacket(process, secret))
  await once(socket.resume(), 'close')
}

const waiting = async (): Promise<number[]> => (await client.run('SELECT pid FROM pg_stat_activity WHERE application_name = \'bailee waits\' ORDER BY pid')).rows.map(({ pid }) => Number(pid))
/** The one that waits, once the gateway knows that it is logged in: then nobody else can log in with its role. One that is still being made is waited for by whoever comes. */
const onlyWaiting = async (): Promise<number> => {
  await vi.waitFor(async () => {
    expect(await waiting()).toHaveLength(1)
    expect((await client.run('SELECT FROM pg_stat_activity a JOIN pg_roles r ON r.oid = a.usesysid WHERE a.application_name = \'bailee waits\' AND r.rolvaliduntil = \'-infinity\'')).rowCount).toBe(1)
  }, 30_000)
  return (await waiting())[0] ?? 0
}
/** A session whose transaction is open when it ends leaves nothing that the next could have. */
const leave = async (...sessions: readonly pg.Client[]): Promise<void> => {
  for (const session of sessions) {
    await session.query('BEGIN')
    await session.end()
  }
}
/** This login waits, and what was done to its role has been looked at: after it got its name the gateway's own login was asked something, and is asked nothing now. */
const lookedAt = async (backend: number): Promise<boolean> => (await client.run(`SELECT FROM pg_stat_activity w WHERE w.pid = ${backend} AND w.application_name = 'bailee waits' AND w.state = 'idle'
  AND EXISTS (SELECT FROM pg_stat_activity g WHERE g.application_name = 'bailee gateway' AND g.state_change > w.state_change)
  AND NOT EXISTS (SELECT FROM pg_stat_activity g WHERE g.application_name = 'bailee gateway' AND g.state <> 'idle')`)).rowCount === 1
/** The session that is given this login. That the gateway has heard what the look came to, the database cannot tell: it is asked again, twice at most. */
async function enterOn(backend: number, instruction = 'INS-1'): Promise<Awaited<ReturnType<typeof enter>>> {
  for (let tries = 1; ; tries += 1) {
    await vi.waitFor(async () => expect(await lookedAt(backend)).toBe(true), 30_000)
    const entered = await enter(instruction)
    if (entered.backend === backend || tries === 3) return entered
    await leave(entered.session)
  }
}
const roles = async (): Promise<number> => Number((await client.run('SELECT count(*) AS n FROM pg_roles WHERE rolname LIKE \'s\\_%\'')).rows[0]?.n)

test('the next session under an instruction has the login that waited, as a role of its own, under its own name and with nothing but its grants', async () => {
  const first = await enter()
  const backend = await onlyWaiting()
  const second = await enter()
  expect([second.backend, second.reported]).toEqual([backend, `bailee ${admitted}`])
  expect((await second.session.query('SHOW application_name')).rows).toEqual([{ application_name: `bailee ${admitted}` }])
  const name = async ({ session }: { session: pg.Client }): Promise<unknown> => (await session.query('SELECT session_user AS u')).rows[0]
  expect(await name(first)).not.toEqual(await name(second))
  await expect(second.session.query('SELECT email FROM crm.listener LIMIT 0')).rejects.toMatchObject({ code: '42501' })
  expect((await second.session.query('SELECT user_id FROM crm.listener LIMIT 2')).rows).toHaveLength(2)
  await leave(first.session, second.session)
})

test('where the login that waited does not answer any more, the session is opened anew', async () => {
  const backend = await onlyWaiting()
  process.kill(backend, 'SIGSTOP')
  const opened = await enter().finally(() => process.kill(backend, 'SIGCONT'))
  expect(opened.backend).not.toBe(backend)
  expect((await opened.session.query('SELECT user_id FROM crm.listener LIMIT 2')).rows).toHaveLength(2)
  await leave(opened.session)
})

test('it is not given to another instruction, nor where values are to be written otherwise; one that is gone is not waited for', async () => {
  const backend = await onlyWaiting()
  const other = await enter('INS-2')
  const { client: form } = await AttemptClient.logIn({ host: '127.0.0.1', port: gateway.port }, { user: 'noa+INS-1', database: 'crm', TimeZone: 'Asia/Tokyo' }, 'tok-noa')
  expect([other.backend, Number((await form.run({ by: 'query', sql: 'SELECT pg_backend_pid()' })).first)]).not.toContain(backend)
  await vi.waitFor(async () => expect(await waiting()).toHaveLength(3))
  await client.run(`SELECT pg_terminate_backend(${backend})`)
  const again = await enter()
  expect(again.backend).not.toBe(backend)
  await form.run({ by: 'query', sql: 'BEGIN' })
  form.end()
  await leave(other.session, again.session)
})

test('where the instruction is not proved, nobody gets a login that waited, and it does not stay', async () => {
  await vi.waitFor(async () => expect(await waiting()).toHaveLength(3))
  proved = 'ways out are open there'
  await expect(enter('INS-2')).rejects.toMatchObject({ code: '42501' })
  proved = undefined
  expect(doorkeeper.closings.find(({ session }) => session === admitted)?.because.code).toBe('not opened')
  await vi.waitFor(async () => expect(await waiting()).toHaveLength(2))
})

test('what a session leaves behind waits for the next of the same person, as after a login; another person, and who may write, begins anew', async () => {
  const [first, beside] = [await enter(), await enter()]
  await first.session.query('SET work_mem = \'5MB\'')
  await first.session.query('SET search_path = crm')
  await first.session.query('PREPARE mine AS SELECT 1')
  await first.session.query('DECLARE mine CURSOR WITH HOLD FOR SELECT user_id FROM crm.listener')
  await first.session.query({ name: 'named', text: 'SELECT 2' })
  await first.session.query('LISTEN anything')
  await first.session.end()
  await vi.waitFor(async () => expect(await waiting()).toContain(first.backend))
  const other = await enter('INS-1', 'ada')
  expect(other.backend).not.toBe(first.backend)
  const next = await enterOn(first.backend)
  expect([next.backend, next.reported]).toEqual([first.backend, `bailee ${admitted}`])
  expect((await next.session.query('SELECT current_setting(\'work_mem\') AS memory, current_setting(\'search_path\') AS path, (SELECT count(*)::int FROM pg_prepared_statements) AS prepared, (SELECT count(*)::int FROM pg_cursors WHERE is_holdable) AS held, (SELECT count(*)::int FROM pg_listening_channels()) AS listening')).rows)
    .toEqual((await beside.session.query('SELECT current_setting(\'work_mem\') AS memory, current_setting(\'search_path\') AS path, 0 AS prepared, 0 AS held, 0 AS listening')).rows)
  expect((await next.session.query({ name: 'named', text: 'SELECT user_id FROM crm.listener LIMIT 2' })).rows).toHaveLength(2)
  await leave(next.session, other.session, beside.session)
  const writing = await enter('INS-W')
  await writing.session.end()
  const again = await enter('INS-W')
  expect(again.backend).not.toBe(writing.backend)
  await leave(again.session)
})

test.each<[string, (session: pg.Client) => Promise<unknown>]>([
  ['in a transaction', (session) => session.query('BEGIN')],
  ['after its statement was cancelled', async (session) => {
    const { processID, secretKey } = session as unknown as { processID: number; secretKey: number }
    const running = session.query('SELECT count(*) FROM generate_series(1, 1000000000)').catch((error: unknown) => error)
    await vi.waitFor(async () => expect(Number((await client.run('SELECT count(*) AS n FROM pg_stat_activity WHERE state = \'active\' AND query LIKE \'%1000000000)\'')).rows[0]?.n)).toBe(1))
    await cancelled(processID, secretKey)
    await expect(running).resolves.toMatchObject({ code: '57014' })
  }],
  ['with a message sent in part', (session) => Promise.resolve((session as unknown as { connection: { stream: { write(bytes: Buffer): void } } }).connection.stream.write(message('S', Buffer.alloc(4)).subarray(0, 7)))],
])('a session that ends %s leaves no login behind', async (_how, work) => {
  const { session, backend } = await enter()
  await work(session)
  await session.end()
  await vi.waitFor(async () => expect(Number((await client.run(`SELECT count(*) AS n FROM pg_stat_activity WHERE pid = ${backend}`)).rows[0]?.n)).toBe(0))
})

test('one that is being made is given to the session that comes meanwhile, and to nobody where its role was doubted meanwhile', async () => {
  const made: ((login: Login) => void)[] = []
  const dropped: string[] = []
  const logins = new LoginsAhead({ make: () => new Promise((resolve) => { made.push(resolve) }), reset: (login) => Promise.resolve(login), drop: (role) => { dropped.push(role); return Promise.resolve() } }, { secondsMax: 60, countMax: 8 })
  const wanted = { compiled: 'ins_1', settings: {}, person: 'noa', edition: 0 }
  const login = async (role: string): Promise<Login> => ({ role, keptUntil: Infinity, upstream: { ...await reach(parseAddress(client.gatewayUrl), 5), parameters: Buffer.alloc(0), process: 0, secret: 0 } })
  logins.keep('ins_1', {})
  const taken = logins.take(wanted)
  logins.keep('ins_1', {})
  made[0]?.(await login('one'))
  expect(await taken).toMatchObject({ role: 'one' })
  logins.forget('ins_1')
  const refused = logins.take(wanted)
  expect(refused).toBeUndefined()
  made[1]?.(await login('two'))
  await vi.waitFor(() => expect(dropped).toEqual(['two']))
  expect(logins.take(wanted)).toBeUndefined()
  ;(await taken)?.upstream.socket.destroy()
  await logins.end()
})

test('a cancel request that comes when its session gave its login back is about no statement of the next', async () => {
  const first = await enter('INS-3')
  const { processID, secretKey } = first.session as unknown as { processID: number; secretKey: number }
  const { promise: recording, resolve: record } = Promise.withResolvers<void>()
  doorkeeper.close = async (...end) => {
    await recording
    return MemoryDoorkeeper.prototype.close.apply(doorkeeper, end)
  }
  try {
    await first.session.end()
    await vi.waitFor(async () => expect(await waiting()).toContain(first.backend))
    const next = await enterOn(first.backend, 'INS-3')
    expect(next.backend).toBe(first.backend)
    const running = next.session.query('SELECT count(*)::int AS n FROM generate_series(1, 20000000)').catch((error: unknown) => error)
    await vi.waitFor(async () => expect(Number((await client.run('SELECT count(*) AS n FROM pg_stat_activity WHERE state = \'active\' AND query LIKE \'%20000000)\'')).rows[0]?.n)).toBe(1))
    await cancelled(processID, secretKey)
    await expect(running).resolves.toMatchObject({ rows: [{ n: 20_000_000 }] })
    record()
    await leave(next.session)
  } finally {
    record()
    doorkeeper.close = (...end) => MemoryDoorkeeper.prototype.close.apply(doorkeeper, end)
  }
})

test('what a login goes back to names no session, least of all one before', async () => {
  const first = await enter('INS-4')
  expect(first.reported).toBe(`bailee ${admitted}`)
  await first.session.end()
  await vi.waitFor(async () => expect(await waiting()).toContain(first.backend))
  const next = await enterOn(first.backend, 'INS-4')
  expect([next.backend, next.reported]).toEqual([first.backend, `bailee ${admitted}`])
  for (const text of ['RESET application_name', 'RESET ALL', 'DISCARD ALL']) {
    await next.session.query(text)
    expect((await next.session.query('SHOW application_name')).rows, text).toEqual([{ application_name: 'bailee waits' }])
  }
  await leave(next.session)
})

test.each([
  ['ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC', 'SELECT count(*) AS n FROM pg_default_acl WHERE pg_get_userbyid(defaclrole) LIKE \'s\\_%\''],
  ['ALTER ROLE CURRENT_USER SET work_mem = \'5MB\'', 'SELECT count(*) AS n FROM pg_db_role_setting WHERE pg_get_userbyid(setrole) LIKE \'s\\_%\''],
])('a login whose session said %s is not given to the next, and nothing of it stays', async (text, left) => {
  const first = await enter('INS-4')
  await first.session.query(text)
  expect(Number((await client.run(left)).rows[0]?.n)).toBe(1)
  await first.session.end()
  await vi.waitFor(async () => expect(Number((await client.run(left)).rows[0]?.n)).toBe(0), 30_000)
  const next = await enter('INS-4')
  expect(next.backend).not.toBe(first.backend)
  await leave(next.session)
})

test('no more logins wait or are being taken back at once than may, and none that a session began with before its role was doubted', async () => {
  const resets: (() => void)[] = []
  const dropped: string[] = []
  const logins = new LoginsAhead({ make: () => Promise.reject(new Error('not asked for')), reset: (login) => new Promise((resolve) => { resets.push(() => resolve(login)) }), drop: (role) => { dropped.push(role); return Promise.resolve() } }, { secondsMax: 60, countMax: 2 })
  const login = async (role: string): Promise<Login> => ({ role, keptUntil: Infinity, upstream: { ...await reach(parseAddress(client.gatewayUrl), 5), parameters: Buffer.alloc(0), process: 0, secret: 0 } })
  const made = await Promise.all(['one', 'two', 'three', 'four', 'five'].map(login))
  const back = (at: number, edition = 0): boolean => logins.giveBack({ compiled: 'ins_1', settings: { TimeZone: String(at) }, person: 'noa', edition }, made[at]!)
  expect([back(0), back(1), back(2)]).toEqual([true, true, false])
  for (const reset of resets.splice(0)) reset()
  await vi.waitFor(() => expect(logins.take({ compiled: 'ins_1', settings: { TimeZone: '1' }, person: 'noa' })).toMatchObject({ role: 'two' }))
  logins.forget('ins_1')
  await vi.waitFor(() => expect(dropped).toEqual(['one']))
  expect([back(1), back(3, logins.editionOf('ins_1'))]).toEqual([false, true])
  for (const reset of resets.splice(0)) reset()
  for (const { upstream } of made) upstream.socket.destroy()
  await logins.end()
})

test('with a role that somebody is logged in with nobody else logs in, the first time and ahead', async () => {
  const { session } = await enter('INS-4')
  try {
    await vi.waitFor(async () => {
      const { rows } = await client.run('SELECT rolvaliduntil::text AS until FROM pg_roles WHERE rolname LIKE \'s\\_%\'')
      expect(rows.length).toBeGreaterThan(1)
      expect(rows.every((row: { until: string }) => row.until === '-infinity')).toBe(true)
    }, { timeout: 30_000 })
  } finally {
    await leave(session)
  }
})

test('when the gateway closes, no login and no role is left', async () => {
  expect(await roles()).toBeGreaterThan(0)
  await gateway.close()
  await vi.waitFor(async () => expect([await waiting(), await roles()]).toEqual([[], 0]))
})
