import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { revokeGrant, withdrawInstruction } from '#instruction'
import { machineClock } from '#kit/time'
import { listen, type Gateway } from './listen.ts'
import { endSession } from './recording.ts'
import { recentStatements } from './statement/store.ts'
import { recentSessions, rowsUsed, type SessionRow } from './store.ts'
import { createClientDatabase, createProcessor, timed, untilRunning, visitsOf, type ClientDatabase, type Processor, type Visits } from './testing.ts'
import { cancelPacket } from './wire/messages.ts'

// Real gateways over one control database: what ends a session, what they share, and what happens when one goes.

let client: ClientDatabase
let processor: Processor
let visits: Visits
const gateways: Gateway[] = []
/** Seconds by which the clock of the decisions is ahead. */
let ahead = 0
/** Until noon: no budget of a day begins anew while a test spends it. */
const toNoon = (86_400 + 43_200 - machineClock() % 86_400) % 86_400
const clock = (): number => machineClock() + toNoon + ahead

beforeAll(async () => {
  client = await createClientDatabase()
  processor = await createProcessor({ instructions: 6, people: 8 }, client.gatewayUrl, clock)
  visits = visitsOf(processor)
  for (const [person, instruction] of [['p1', 'INS-1'], ['p2', 'INS-2'], ['p3', 'INS-3'], ['p4', 'INS-4'], ['p7', 'INS-5'], ['p5', 'INS-1'], ['p6', 'INS-1']] as const) await processor.grant(person, instruction)
  gateways.push(await start(), await start())
})
afterAll(async () => {
  await Promise.all(gateways.map((gateway) => gateway.close()))
  await processor.close()
  await client.stop()
})

async function start(port = 0, drainSecondsMax = 5): Promise<Gateway> {
  return listen({ doorkeeper: await processor.doorkeeper(), at: { host: '127.0.0.1', port }, saltSecret: processor.ledger.keys.tokenSalt(), drainSecondsMax })
}

/** What a canary records of a way out that is open. */
const found = {
  store: 'crm', instruction: 'INS-5', canary: true, outcome: 'through', role: 'ins_any', list: 'any', held: 14, separation: 'a database of its own',
  through: [{ id: 'tables/other', says: 'a table that the instruction does not name', because: 'no error, 0 rows' }], notTried: [], findings: [],
}

const enter = (user: string, port = gateways[0]?.port ?? 0): Promise<pg.Client> => visits.enter(user, port)
const newest = (person: string): Promise<SessionRow> => visits.newest(person)
const closedRow = (id: string): Promise<SessionRow> => visits.closedRow(id)

test.each<[string, string, (session: string) => Promise<unknown>]>([
  ['ended by name', 'p1+INS-1', (session) => endSession(processor.ledger, { session, by: 'dana' }, clock())],
  ['whose grant was revoked', 'p3+INS-3', async () => revokeGrant(processor.ledger, { grant: await processor.grant('p3', 'INS-3'), by: 'dana' }, clock())],
  ['where a canary got through', 'p7+INS-5', () => processor.ledger.append({ slot: 1, type: 'gateway.proved', at: clock(), parts: { evidence: found } })],
  ['whose instruction was withdrawn', 'p4+INS-4', () => withdrawInstruction(processor.ledger, { instruction: 'INS-4', signatory: 'C. Martin' }, clock())],
])('a session %s is dead within a second, whatever it does, and is told why', async (_how, user, revoke) => {
  const session = await enter(user)
  const slow = session.query('SELECT count(*) FROM crm.listener a, crm.listener b, crm.listener c').then(() => undefined, (error: unknown) => error)
  await untilRunning(client, '%listener c')
  const { id } = await newest(user.slice(0, 2))
  await revoke(id)
  const { result, milliseconds } = await timed(() => slow)
  expect(result).toMatchObject({ severity: 'FATAL', code: '57P01', message: expect.stringContaining('has ended') as string })
  expect(milliseconds).toBeLessThan(1_000)
  expect((await closedRow(id)).because).toBe('revoked')
  await vi.waitFor(async () => expect((await client.run('SELECT FROM pg_stat_activity WHERE usename ~ \'^s_\' AND state = \'active\'')).rowCount).toBe(0))
})

test('the budget of a day is exact over two gateways, whatever way the rows take', async () => {
  const ports = gateways.map(({ port }) => port)
  let rows = 0
  const read = async (index: number): Promise<string> => {
    const session = await enter('p2+INS-2', ports[index % 2]).catch((error: { code: string }) => error.code)
    if (typeof session === 'string') return session
    for (;;) {
      const query = new pg.Query(`SELECT user_id FROM crm.listener LIMIT ${20 + index}`)
      query.on('row', () => { rows += 1 })
      const over = new Promise<string>((resolve) => { query.on('error', (error) => resolve((error as { code?: string }).code ?? 'lost')); query.on('end', () => resolve('')) })
      session.query(query)
      const code = await over
      if (code !== '') return code
    }
  }
  expect(new Set(await Promise.all([0, 1, 2, 3].map(read)))).toEqual(new Set(['53400']))
  // Whoever found nothing left while another still held some is over; what was given back is for the next.
  for (let index = 0; rows < 1_000 && index < 20; index += 1) expect(await read(index)).toBe('53400')
  expect(rows).toBe(1_000)
  await vi.waitFor(async () => expect(await recentSessions(processor.ledger.database, { person: 'p2', open: true })).toEqual([]), 30_000)
  expect(await rowsUsed(processor.ledger.database, { person: 'p2', instruction: 'INS-2', at: clock() })).toBe(1_000)
  await expect(enter('p2+INS-2')).rejects.toMatchObject({ code: '53400', message: expect.stringContaining('this day under instruction INS-2 is spent') as string })
})

test('a cancel request that arrives at another gateway cancels; one with a wrong key does nothing', async () => {
  const session = await enter('p5+INS-1', gateways[0]?.port)
  const { processID, secretKey } = session as unknown as { processID: number; secretKey: number }
  const slow = session.query('SELECT count(*) FROM crm.listener a, crm.listener b, crm.listener c').then(() => undefined, (error: unknown) => error)
  await untilRunning(client, '%listener c')
  const ask = (secret: number): Promise<unknown> => new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: gateways[1]?.port ?? 0 }, () => socket.write(cancelPacket(processID, secret)))
    socket.on('close', resolve).on('error', resolve).resume()
  })
  await ask(secretKey ^ 1)
  expect(await Promise.race([slow, sleep(200, 'still running')])).toBe('still running')
  await ask(secretKey)
  expect(await slow).toMatchObject({ code: '57014', severity: 'ERROR' })
  expect((await session.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }])
  await session.end()
})

test('what a session ran is recorded by shape, with rows, bytes and time; its text is sealed apart', async () => {
  const session = await enter('p5+INS-1')
  const { id } = await newest('p5')
  for (const country of ['FR', 'DE']) await session.query(`SELECT user_id FROM crm.listener WHERE country = '${country}' AND plan <> 'Ann Smith'`)
  for (const user of [1, 2, 3]) await session.query({ name: 'one', text: 'SELECT plan FROM crm.listener WHERE user_id = $1', values: [user] })
  await session.query('SELECT email FROM crm.listener').catch(() => undefined)
  await session.end()
  await closedRow(id)
  const statements = await recentStatements(processor.ledger.database, { session: id })
  expect(statements).toHaveLength(3)
  expect(statements).toEqual(expect.arrayContaining([
    expect.objectContaining({ person: 'p5', instruction: 'INS-1', store: 'crm', tables: ['crm.listener'], times: 2, failed: 0, rows: 3_333, shape: 'select user_id from crm.listener where country = ? and plan < > ?' }),
    expect.objectContaining({ times: 3, failed: 0, rows: 3, shape: 'select plan from crm.listener where user_id = ?' }),
    expect.objectContaining({ times: 1, failed: 1, rows: 0, shape: 'select _ from crm.listener' }),
  ]))
  expect(statements.reduce((sum, { bytes }) => sum + bytes, 0)).toBe((await closedRow(id)).counts?.bytes)
  const [entry] = (await processor.ledger.read(1, { types: ['statement.recorded'] })).slice(-1)
  expect(JSON.stringify(entry?.parts.access)).not.toContain('Ann')
  expect(JSON.stringify(entry?.parts.statement)).toContain('Ann Smith')
})

test('a gateway that closes takes nobody new and lets work be finished, while another stands at its address', async () => {
  const old = await start(0, 60)
  const [working, open, idle] = [await enter('p6+INS-1', old.port), await enter('p6+INS-1', old.port), await enter('p6+INS-1', old.port)]
  await open.query('BEGIN')
  const told = new Promise((resolve) => idle.on('error', resolve))
  const slow = working.query('SELECT count(*)::int AS n FROM crm.listener a, generate_series(1, 2000) b')
  await untilRunning(client, '%generate_series(1, 2000) b')
  const closing = old.close()
  expect(await told).toMatchObject({ code: '57P01', message: 'the gateway is closing' })
  const young = await start(old.port)
  gateways.push(young)
  const next = await enter('p6+INS-1', young.port)
  expect((await next.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }])
  await next.end()
  expect((await slow).rows).toEqual([{ n: 10_000_000 }])
  expect((await open.query('SELECT count(*)::int AS n FROM crm.listener')).rows).toEqual([{ n: 5_000 }])
  await open.query('COMMIT').catch(() => undefined)
  await closing
  const mine = (await recentSessions(processor.ledger.database, { person: 'p6' })).filter(({ because }) => because === 'gateway closing')
  expect(mine).toHaveLength(3)
})

test('training that lapses and a contract that ends take their sessions with them within a second', async () => {
  const trained = await enter('p5+INS-1')
  const error = new Promise<unknown>((resolve) => trained.on('error', resolve))
  ahead = 366 * 86_400
  const told = await timed(() => error)
  expect(told.result).toMatchObject({ code: '57P01' })
  expect(told.milliseconds).toBeLessThan(1_000)
  ahead = 0
  const bound = await enter('p5+INS-1')
  const over = new Promise<unknown>((resolve) => bound.on('error', resolve))
  await processor.ledger.append({ slot: 1, type: 'contract.ended', at: clock(), parts: { evidence: { contract: 'deezer-2016', because: 'termination' } } })
  const ended = await timed(() => over)
  expect(ended.result).toMatchObject({ code: '57P01' })
  expect(ended.milliseconds).toBeLessThan(1_000)
})
