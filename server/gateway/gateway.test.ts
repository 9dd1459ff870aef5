import { mkdtempSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { SessionPlan } from './doorkeeper.ts'
import { listen, type Gateway } from './listen.ts'
import { createClientDatabase, MemoryDoorkeeper, planOf, untilRunning, type ClientDatabase, type Closing } from './testing.ts'
import { message, readMessage, strings } from './wire/messages.ts'

let client: ClientDatabase
let gateway: Gateway
const doorkeeper = new MemoryDoorkeeper()
const problems: string[] = []

beforeAll(async () => {
  client = await createClientDatabase()
  doorkeeper.tokens.set('noa', ['old-token', 'tok-noa'])
  gateway = await listen({ doorkeeper, at: { host: '127.0.0.1', port: 0 }, saltSecret: doorkeeper.secret, report: (problem) => problems.push(problem) })
})
afterAll(async () => {
  await gateway.close()
  await client.stop()
})
beforeEach(() => {
  doorkeeper.plans.clear()
  doorkeeper.leasing = () => Promise.resolve(true)
  allow('INS-1')
})

/** The session admitted last. */
let admitted = ''

function allow(instruction: string, changes: Partial<SessionPlan> = {}): void {
  doorkeeper.plans.set(instruction, () => {
    const plan = planOf(client.gatewayUrl, { instruction, ...changes })
    admitted = plan.id
    return plan
  })
}

interface As { user?: string; password?: string; options?: string; database?: string }

async function enter({ user = 'noa+INS-1', password = 'tok-noa', options, database = 'crm' }: As = {}): Promise<pg.Client> {
  const connection = new pg.Client({ host: '127.0.0.1', port: gateway.port, user, password, database, ...(options === undefined ? {} : { options }) })
  connection.on('error', () => undefined)
  await connection.connect()
  return connection
}

/** The record of a session's end, once it is there. */
async function closing(session: string): Promise<Closing> {
  return vi.waitFor(() => {
    const found = doorkeeper.closings.filter((end) => end.session === session)
    expect(found.length).toBe(1)
    return found[0] as Closing
  }, 300_000)
}

/** Runs `work` in a session and returns how it was recorded. */
async function recorded(work: (session: pg.Client) => Promise<void>, as: As = {}): Promise<Closing> {
  const session = await enter(as)
  const id = admitted
  await work(session)
  await session.end().catch(() => undefined)
  return closing(id)
}

const refusedWith = (code: string, rest: object = {}): object => expect.objectContaining({ code, ...rest })

test('an instruction is read by an ordinary client, counted, and recorded when it leaves', async () => {
  const end = await recorded(async (session) => {
    const { rows } = await session.query('SELECT user_id, country, plan FROM crm.listener ORDER BY user_id LIMIT 2')
    expect(rows).toEqual([{ user_id: 1, country: 'DE', plan: 'free' }, { user_id: 2, country: 'RO', plan: 'free' }])
    expect((await session.query('SELECT count(*)::int AS n FROM crm.listener WHERE country = $1', ['FR'])).rows).toEqual([{ n: 1666 }])
  })
  expect(end.because).toEqual({ code: 'client left' })
  expect(end.counts).toMatchObject({ statements: 2, rows: 3, charged: 3, errors: 0, refused: 0 })
  expect(end.counts.leasedRows).toBeGreaterThanOrEqual(end.counts.charged)
  expect(doorkeeper.admissions.at(-1)).toMatchObject({ person: 'noa', store: 'crm', instruction: 'INS-1', token: 'noa-1' })
})

test('instruction and purpose are taken from options or from the user name', async () => {
  for (const as of [{ user: 'noa', options: '-c bailee.instruction=INS-1 --bailee.purpose=Marketing' }, { user: 'noa+INS-1+Marketing' }]) {
    await (await enter(as)).end()
    expect(doorkeeper.admissions.at(-1)).toMatchObject({ instruction: 'INS-1', purpose: 'Marketing' })
  }
})

test('no instruction, or one that does not cover: refused with the failing dimensions, and nothing opened', async () => {
  admitted = ''
  for (const user of ['noa', 'noa+INS-9']) await expect(enter({ user })).rejects.toEqual(refusedWith('42501', { severity: 'FATAL', message: expect.stringContaining('purpose, operation, data') as string }))
  expect(admitted).toBe('')
})

test.each([
  ['a wrong token', { password: 'tok-eli' }, '28P01'],
  ['a person who does not exist', { user: 'nobody+INS-1' }, '28P01'],
  ['an option that is not ours', { options: '-c bailee.instruction=INS-1 -c role=postgres' }, '28000'],
  ['a store that is none', { database: 'a b' }, '28000'],
])('%s is turned away', async (_what, as, code) => {
  await expect(enter(as)).rejects.toEqual(refusedWith(code))
})

test('a column or a table outside the instruction is refused with dimension, instruction, article and what to do', async () => {
  const end = await recorded(async (session) => {
    for (const statement of ['SELECT email FROM crm.listener', 'SELECT * FROM crm.listener', 'SELECT name FROM crm.payroll', 'SELECT l::text FROM crm.listener l', 'SELECT ctid FROM crm.listener']) {
      await expect(session.query(statement)).rejects.toEqual(refusedWith('42501', {
        message: expect.stringMatching(/^permission denied for table/) as string,
        detail: 'Not covered by instruction INS-1: failing data (Art. 28(3)(a), 29 GDPR).',
        hint: expect.stringContaining('user_id, country, plan of crm.listener') as string,
      }))
    }
    for (const statement of ['INSERT INTO crm.listener (user_id) VALUES (1)', 'UPDATE crm.listener SET plan = \'x\'', 'DELETE FROM crm.listener', 'CREATE TABLE crm.mine (x int)']) {
      await expect(session.query(statement)).rejects.toEqual(refusedWith('42501', { detail: expect.stringContaining('failing operation') as string }))
    }
    await expect(session.query('SELECT email FROM crm.listener WHERE user_id = $1', [1])).rejects.toEqual(refusedWith('42501', { detail: expect.stringContaining('failing data (') as string }))
    expect((await session.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]) // the session goes on
  })
  expect(end.counts).toMatchObject({ errors: 10, refused: 10, rows: 1 })
})

test('nothing that changes the role gives more', async () => {
  const session = await enter()
  for (const statement of ['SET ROLE bailee', 'SET ROLE crm_owner', 'SET SESSION AUTHORIZATION bailee', 'SELECT set_config(\'role\', \'crm_owner\', false)']) {
    await expect(session.query(statement)).rejects.toEqual(refusedWith('42501'))
  }
  await session.query('RESET ROLE')
  await session.query('RESET SESSION AUTHORIZATION')
  await session.query('SET default_transaction_read_only = off')
  await expect(session.query('SET row_security = off; SELECT email FROM crm.listener')).rejects.toEqual(refusedWith('42501'))
  await expect(session.query('SELECT email FROM crm.listener')).rejects.toEqual(refusedWith('42501'))
  await session.end()
})

test.each([
  'SELECT lo_from_bytea(0, \'x\')', 'SELECT lo_create(0)', 'CREATE TEMP TABLE t AS SELECT user_id FROM crm.listener', 'DO $$BEGIN RAISE NOTICE \'x\'; END$$',
  'SELECT pg_notify(\'c\', \'x\')', 'SELECT pg_sleep(1)', 'SELECT pg_advisory_lock(1)', 'SELECT query_to_xml(\'SELECT 1\', true, true, \'\')', 'SELECT pg_read_file(\'/etc/passwd\')',
  'CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS \'SELECT 1\'', 'COPY crm.listener (user_id) FROM PROGRAM \'true\'', 'COPY crm.listener (user_id) TO PROGRAM \'true\'',
])('%s is refused by the database', async (statement) => {
  const session = await enter()
  await expect(session.query(statement)).rejects.toEqual(refusedWith('42501', { detail: expect.stringContaining('INS-1') as string }))
  await session.end()
})

test('COPY to the client ends the session before a byte of it', async () => {
  const end = await recorded(async (session) => {
    await expect(session.query('COPY crm.listener (user_id) TO STDOUT')).rejects.toEqual(refusedWith('0A000', { severity: 'FATAL' }))
  })
  expect(end).toMatchObject({ because: { code: 'protocol', findings: ['COPY to the client'] }, counts: { rows: 0, bytes: 0 } })
})

test('a notification ends the session before a byte of it', async () => {
  const end = await recorded(async (session) => {
    await session.query('LISTEN c')
    await expect(session.query('NOTIFY c, \'x\'')).rejects.toEqual(refusedWith('0A000'))
  })
  expect(end.because.code).toBe('protocol')
})

test('the budget is exact: a thousand rows pass, the next is cut, and the database is told to stop', async () => {
  allow('INS-1', { rowsMax: 1000 })
  const rows: unknown[] = []
  const end = await recorded(async (session) => {
    const query = new pg.Query('SELECT user_id FROM crm.listener')
    query.on('row', (row) => rows.push(row))
    const failed = new Promise<Error>((resolve) => query.on('error', resolve))
    session.query(query)
    expect(await failed).toEqual(refusedWith('53400', { severity: 'FATAL', message: expect.stringContaining('INS-1') as string }))
  })
  expect(rows.length).toBe(1000)
  expect(end).toMatchObject({ because: { code: 'budget spent' }, counts: { rows: 1000, charged: 1000, leasedRows: 1000 } })
})

test('the budget spans statements, and a statement within it passes whole', async () => {
  allow('INS-1', { rowsMax: 1000 })
  const end = await recorded(async (session) => {
    for (let part = 0; part < 3; part += 1) expect((await session.query('SELECT user_id FROM crm.listener LIMIT 300')).rowCount).toBe(300)
    await expect(session.query('SELECT user_id FROM crm.listener LIMIT 300')).rejects.toEqual(refusedWith('53400'))
  })
  expect(end.counts.rows).toBe(1000)
})

test('ten statements sent at once share the budget to the row, and the last word still arrives whole', async () => {
  allow('INS-1', { rowsMax: 1000 })
  const end = await recorded(async (session) => {
    const { stream } = (session as unknown as { connection: { stream: Socket } }).connection
    stream.removeAllListeners('data')
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    const closed = new Promise((resolve) => stream.on('close', resolve))
    stream.write(Buffer.concat(Array.from({ length: 10 }, () => message('Q', strings('SELECT user_id FROM crm.listener LIMIT 300')))))
    await closed
    const kinds = new Map<string, number>()
    let left: Buffer = Buffer.concat(chunks)
    for (let next = readMessage(left, 1e6); next !== undefined && next !== 'malformed'; next = readMessage(left, 1e6)) {
      kinds.set(next.type, (kinds.get(next.type) ?? 0) + 1)
      left = left.subarray(next.size)
    }
    expect(left.length).toBe(0)
    expect(Object.fromEntries(kinds)).toEqual({ T: 4, D: 1000, C: 3, Z: 4, E: 1 })
  })
  expect(end).toMatchObject({ because: { code: 'budget spent' }, counts: { rows: 1000, statements: 10 } })
})

test('rows packed into one message are charged by their bytes', async () => {
  allow('INS-1', { rowsMax: 100 })
  const end = await recorded(async (session) => {
    await expect(session.query('SELECT string_agg(user_id::text || country, \',\') FROM crm.listener')).rejects.toEqual(refusedWith('53400'))
  })
  expect(end.counts).toMatchObject({ rows: 0, charged: 0 })
})

test('settings that carry values are charged as rows are', async () => {
  allow('INS-1', { rowsMax: 3 })
  const end = await recorded(async (session) => {
    await expect((async () => {
      for (let i = 0; i < 4; i += 1) await session.query(`SET application_name = 'value${i}'`)
    })()).rejects.toEqual(refusedWith('53400'))
  })
  expect(end.counts).toMatchObject({ rows: 0, charged: 3 })
})

test('how far a cursor moved is charged as a row is: the query chooses that number, and no row carries it', async () => {
  allow('INS-1', { rowsMax: 3 })
  const counted: (number | null)[] = []
  const end = await recorded(async (session) => {
    await session.query('BEGIN')
    await expect((async () => {
      for (let i = 1; i <= 4; i += 1) {
        await session.query(`DECLARE c${i} CURSOR FOR SELECT FROM generate_series(1, (SELECT 1000 + user_id FROM crm.listener WHERE user_id = ${i}))`)
        counted.push((await session.query(`MOVE ALL IN c${i}`)).rowCount)
      }
    })()).rejects.toEqual(refusedWith('53400'))
  })
  expect(end.counts).toMatchObject({ rows: 0, charged: 3 })
  expect(counted).toHaveLength(3)
})

test('warnings are charged as rows are', async () => {
  allow('INS-1', { rowsMax: 2 })
  const end = await recorded(async (session) => {
    await expect((async () => {
      for (let i = 0; i < 3; i += 1) await session.query('ROLLBACK') // "there is no transaction in progress"
    })()).rejects.toEqual(refusedWith('53400'))
  })
  expect(end.counts).toMatchObject({ rows: 0, charged: 2 })
})

test('nothing is released that was not leased before', async () => {
  let granted = 0
  doorkeeper.leasing = () => Promise.resolve((granted += 1) <= 2)
  const rows: unknown[] = []
  const end = await recorded(async (session) => {
    const query = new pg.Query('SELECT user_id FROM crm.listener')
    query.on('row', (row) => rows.push(row))
    const failed = new Promise<Error>((resolve) => query.on('error', resolve))
    session.query(query)
    expect(await failed).toEqual(refusedWith('57P01'))
  })
  expect(end.because.code).toBe('lease refused')
  expect(rows.length).toBeLessThanOrEqual(2000)
  expect(rows.length).toBe(end.counts.rows)
  expect(end.counts.leasedRows).toBe(2000)
})

test('a slow ledger slows the rows and loses none', async () => {
  doorkeeper.leasing = async () => { await sleep(30); return true }
  const end = await recorded(async (session) => {
    expect((await session.query('SELECT user_id, country FROM crm.listener a CROSS JOIN generate_series(1, 4)')).rowCount).toBe(20_000)
  })
  expect(end.counts).toMatchObject({ rows: 20_000 })
  expect(end.counts.leasedRows - end.counts.charged).toBeLessThan(20_000)
})

test('a client that takes its rows by fits and starts gets each as it is, while leases wait too', async () => {
  allow('INS-1', { rowsMax: 10_000_000 })
  doorkeeper.leasing = async () => { await sleep(2); return true }
  const session = await enter()
  const { stream } = (session as unknown as { connection: { stream: Socket } }).connection
  const fits = setInterval(() => void (stream.isPaused() ? stream.resume() : stream.pause()), 60)
  const { rows } = await session.query<{ user_id: number; c: string }>('SELECT user_id, repeat(country, 20) AS c FROM crm.listener, generate_series(1, 40)')
  clearInterval(fits)
  expect(rows.reduce((sum, { user_id: id }) => sum + id, 0)).toBe(40 * 12_502_500)
  expect(rows.filter(({ user_id: id, c }) => c !== ['FR', 'DE', 'RO'][id % 3]?.repeat(20))).toEqual([])
  await session.end()
})

test('an unreachable ledger opens nothing', async () => {
  for (const answer of [() => Promise.reject(new Error('down')), () => Promise.resolve(false)]) {
    doorkeeper.leasing = answer
    await expect(enter()).rejects.toEqual(refusedWith('57P01'))
  }
})

test('a cursor and prepared statements work as with the database itself', async () => {
  const session = await enter()
  await session.query('BEGIN')
  await session.query('DECLARE c CURSOR FOR SELECT user_id FROM crm.listener ORDER BY user_id')
  expect((await session.query('FETCH 3 FROM c')).rows).toEqual([{ user_id: 1 }, { user_id: 2 }, { user_id: 3 }])
  await session.query('COMMIT')
  for (const id of [1, 2]) expect((await session.query({ name: 'one', text: 'SELECT user_id FROM crm.listener WHERE user_id = $1', values: [id] })).rows).toEqual([{ user_id: id }])
  await session.query('PREPARE p (int) AS SELECT country FROM crm.listener WHERE user_id = $1')
  expect((await session.query('EXECUTE p(3)')).rows).toEqual([{ country: 'FR' }])
  await session.end()
})

test('a running statement is cancelled by its client', async () => {
  const session = await enter()
  const slow = session.query('SELECT count(*) FROM crm.listener a, crm.listener b, crm.listener c')
  await untilRunning(client, '%listener c')
  const { processID, secretKey } = session as unknown as { processID: number; secretKey: number }
  const wrong = connect({ host: '127.0.0.1', port: gateway.port })
  wrong.end(cancelBytes(processID, secretKey ^ 1))
  const right = connect({ host: '127.0.0.1', port: gateway.port })
  right.end(cancelBytes(processID, secretKey))
  await expect(slow).rejects.toEqual(refusedWith('57014', { severity: 'ERROR' }))
  expect((await session.query('SELECT 1 AS n')).rowCount).toBe(1)
  await session.end()
})

function cancelBytes(process: number, secret: number): Buffer {
  const bytes = Buffer.alloc(16)
  for (const [index, value] of [16, 80_877_102, process, secret].entries()) bytes.writeInt32BE(value, 4 * index)
  return bytes
}

test('a statement beyond its time is stopped, whatever statement_timeout says', async () => {
  allow('INS-1', { statementSecondsMax: 1 }) // longer than a busy machine takes for what comes before
  const end = await recorded(async (session) => {
    for (const limit of ['statement_timeout', 'client_connection_check_interval']) await session.query(`SET ${limit} = 0`) // the second: the database's own look at its socket might end it
    await expect(session.query('SELECT count(*) FROM crm.listener a, crm.listener b, crm.listener c')).rejects.toEqual(refusedWith('57014', { severity: 'FATAL' }))
  })
  expect(end.because.code).toBe('statement time over')
  await vi.waitFor(async () => expect((await client.run('SELECT FROM pg_stat_activity WHERE usename ~ \'^s_\' AND state = \'active\'')).rowCount).toBe(0)) // cancelled: nothing else ends it today
})

test('a session and an open transaction end when their time is over', async () => {
  allow('INS-1', { sessionSecondsMax: 0.3 })
  expect((await recorded(async (session) => { await new Promise((resolve) => session.once('end', resolve)) })).because.code).toBe('session time over')
  allow('INS-1', { idleSecondsMax: 0.2 })
  expect((await recorded(async (session) => { await session.query('BEGIN'); await new Promise((resolve) => session.once('end', resolve)) })).because.code).toBe('idle in transaction')
})

test('a revoked session is ended by the next poll', async () => {
  const end = await recorded(async (session) => {
    const ended = new Promise<Error>((resolve) => session.on('error', resolve))
    const started = Date.now()
    doorkeeper.withdrawn.add(admitted)
    expect(await ended).toEqual(refusedWith('57P01'))
    expect(Date.now() - started).toBeLessThan(8_000) // it was cancelled, not waited for
  })
  expect(end.because.code).toBe('revoked')
})

test('roles of ended sessions are gone', async () => {
  await recorded(async (session) => { await session.query('SELECT 1') })
  await vi.waitFor(async () => expect((await client.run('SELECT FROM pg_roles WHERE rolname ~ \'^s_\'')).rowCount).toBe(0))
  await vi.waitFor(() => expect(gateway.sessions).toBe(0)) // the database may have dropped a role before the gateway hears of it
  expect(problems.filter((problem) => !problem.includes('gateway/open'))).toEqual([])
})

test('a database with a way out is not opened, and says which and what closes it', async () => {
  await client.run('CREATE FUNCTION crm.leak() RETURNS text SECURITY DEFINER LANGUAGE sql AS \'SELECT note FROM crm.listener LIMIT 1\'')
  allow('INS-2')
  await expect(enter({ user: 'noa+INS-2' })).rejects.toEqual(refusedWith('42501', {
    message: expect.stringContaining('function crm.leak() runs with its owner\'s rights') as string, hint: 'REVOKE EXECUTE ON FUNCTION crm.leak() FROM PUBLIC;',
  }))
  expect((await closing(admitted)).because).toMatchObject({ code: 'not opened' })
  await client.run('DROP FUNCTION crm.leak()')
})

test('a function call by number never reaches the database', async () => {
  const end = await recorded(async (session) => {
    const { stream } = (session as unknown as { connection: { stream: Socket } }).connection
    const ended = new Promise<Error>((resolve) => session.on('error', resolve))
    stream.write(message('F', strings('')))
    expect(await ended).toEqual(refusedWith('0A000'))
  })
  expect(end.because).toEqual({ code: 'protocol', findings: ['function calls by number'] })
})

test('a Unix socket serves the same sessions, and closing ends them with a record', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'bailee-gateway-'))
  const local = await listen({ doorkeeper, at: { directory, port: 6432 }, saltSecret: doorkeeper.secret })
  const session = new pg.Client({ host: directory, port: 6432, user: 'noa+INS-1', password: 'tok-noa', database: 'crm' })
  const ended = new Promise<Error>((resolve) => session.on('error', resolve))
  await session.connect()
  expect((await session.query('SELECT count(*)::int AS n FROM crm.listener')).rows).toEqual([{ n: 5000 }])
  const id = admitted
  await local.close()
  expect(await ended).toEqual(refusedWith('57P01'))
  expect((await closing(id)).because.code).toBe('gateway closing')
})

test('an address that others can reach needs TLS', async () => {
  await expect(listen({ doorkeeper, at: { host: '0.0.0.0', port: 0 }, saltSecret: doorkeeper.secret })).rejects.toThrow('in clear')
})
