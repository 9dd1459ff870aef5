import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { AttemptClient } from './corpus/client.ts'
import { listen, type Gateway } from './listen.ts'
import { createClientDatabase, MemoryDoorkeeper, planOf, type ClientDatabase } from './testing.ts'

let client: ClientDatabase
let gateway: Gateway
const doorkeeper = new MemoryDoorkeeper()
let admitted = ''
let proved: string | undefined

beforeAll(async () => {
  client = await createClientDatabase()
  doorkeeper.tokens.set('noa', ['tok-noa'])
  for (const instruction of ['INS-1', 'INS-2']) doorkeeper.plans.set(instruction, () => { const plan = planOf(client.gatewayUrl, { instruction, operations: ['read'] }); admitted = plan.id; return plan })
  gateway = await listen({ doorkeeper: Object.assign(doorkeeper, { proved: () => Promise.resolve(proved) }), at: { host: '127.0.0.1', port: 0 }, saltSecret: doorkeeper.secret, loginsAhead: true })
})
afterAll(async () => {
  await gateway.close()
  await client.stop()
})

async function enter(instruction = 'INS-1'): Promise<{ session: pg.Client; backend: number; reported: string | undefined }> {
  const session = new pg.Client({ host: '127.0.0.1', port: gateway.port, user: `noa+${instruction}`, password: 'tok-noa', database: 'crm' })
  session.on('error', () => undefined)
  let reported: string | undefined
  ;(session as unknown as { connection: { on(event: string, heard: (message: { parameterName: string; parameterValue: string }) => void): void } }).connection.on('parameterStatus', ({ parameterName, parameterValue }) => { if (parameterName === 'application_name') reported = parameterValue })
  await session.connect()
  return { session, backend: Number((await session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid), reported }
}

const waiting = async (): Promise<number[]> => (await client.run('SELECT pid FROM pg_stat_activity WHERE application_name = \'bailee waits\' ORDER BY pid')).rows.map(({ pid }) => Number(pid))
const onlyWaiting = async (): Promise<number> => {
  await vi.waitFor(async () => expect(await waiting()).toHaveLength(1))
  return (await waiting())[0] ?? 0
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
  await Promise.all([first.session.end(), second.session.end()])
})

test('where the login that waited does not answer any more, the session is opened anew', async () => {
  const backend = await onlyWaiting()
  process.kill(backend, 'SIGSTOP')
  const opened = await enter().finally(() => process.kill(backend, 'SIGCONT'))
  expect(opened.backend).not.toBe(backend)
  expect((await opened.session.query('SELECT user_id FROM crm.listener LIMIT 2')).rows).toHaveLength(2)
  await opened.session.end()
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
  form.end()
  await Promise.all([other, again].map(({ session }) => session.end()))
})

test('where the instruction is not proved, nobody gets a login that waited, and it does not stay', async () => {
  await vi.waitFor(async () => expect(await waiting()).toHaveLength(3))
  proved = 'ways out are open there'
  await expect(enter('INS-2')).rejects.toMatchObject({ code: '42501' })
  proved = undefined
  expect(doorkeeper.closings.find(({ session }) => session === admitted)?.because.code).toBe('not opened')
  await vi.waitFor(async () => expect(await waiting()).toHaveLength(2))
})

test('when the gateway closes, no login and no role is left', async () => {
  expect(await roles()).toBeGreaterThan(0)
  await gateway.close()
  await vi.waitFor(async () => expect([await waiting(), await roles()]).toEqual([[], 0]))
})
