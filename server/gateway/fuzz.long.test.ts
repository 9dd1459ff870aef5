import { connect, type Socket } from 'node:net'
import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { drawsOf, type Draws } from '#kit/testing'
import { listen, type Gateway } from './listen.ts'
import { createClientDatabase, MemoryDoorkeeper, planOf, type ClientDatabase } from './testing.ts'
import { message, startupPacket, strings } from './wire/messages.ts'

let client: ClientDatabase
let gateway: Gateway
const doorkeeper = new MemoryDoorkeeper()
const rejections: unknown[] = []
const onRejection = (reason: unknown): void => { rejections.push(reason) }

beforeAll(async () => {
  process.on('unhandledRejection', onRejection)
  client = await createClientDatabase()
  doorkeeper.tokens.set('noa', ['tok-noa'])
  doorkeeper.plans.set('INS-1', () => planOf(client.gatewayUrl, { rowsMax: 500 }))
  gateway = await listen({ doorkeeper, at: { host: '127.0.0.1', port: 0 }, saltSecret: doorkeeper.secret })
})
afterAll(async () => {
  await gateway.close()
  await client.stop()
  process.off('unhandledRejection', onRejection)
})

/** Writes bytes in random pieces. */
async function dribble(socket: Socket, bytes: Buffer, draws: Draws): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const size = draws.between(1, 40)
    socket.write(bytes.subarray(at, at + size))
    at += size
    if (draws.below(4) === 0) await new Promise((resolve) => setImmediate(resolve))
  }
}

const damaged = (bytes: Buffer, draws: Draws): Buffer => {
  const copy = Buffer.from(bytes)
  for (let i = draws.between(0, 4); i > 0; i -= 1) copy[draws.below(copy.length)] = draws.below(256)
  return copy
}

/** A fifth of it without `./bailee test --full`. */
const share = process.env['BAILEE_FULL'] === '1' ? 1 : 5

test('broken openings by the hundred leave no connection, no rejection and a gateway that works', async () => {
  for (let round = 0; round < 100 / share; round += 1) {
    await Promise.all(Array.from({ length: 20 }, async (_, number) => {
      const draws = drawsOf('openings', round, number)
      const socket = connect({ host: '127.0.0.1', port: gateway.port })
      socket.on('error', () => undefined)
      socket.resume()
      const opening = [
        draws.bytes(draws.between(1, 200)), damaged(startupPacket({ user: 'noa+INS-1', database: 'crm' }), draws),
        Buffer.concat([startupPacket({ user: 'noa+INS-1', database: 'crm' }), damaged(message('p', strings('SCRAM-SHA-256', 'n,,n=,r=abc')), draws)]),
      ][draws.below(3)] ?? Buffer.alloc(1)
      const closed = new Promise((resolve) => socket.on('close', resolve))
      await dribble(socket, opening, draws)
      setTimeout(() => socket.destroy(), 200)
      await closed
    }))
  }
  const session = new pg.Client({ host: '127.0.0.1', port: gateway.port, user: 'noa+INS-1', password: 'tok-noa', database: 'crm' })
  await session.connect()
  expect((await session.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }])
  await session.end()
  expect(rejections).toEqual([])
})

test('no rows beyond the budget and no hang, whatever a proved client sends', async () => {
  for (let round = 0; round < 300 / share; round += 1) {
    const draws = drawsOf('sessions', round)
    const session = new pg.Client({ host: '127.0.0.1', port: gateway.port, user: 'noa+INS-1', password: 'tok-noa', database: 'crm' })
    session.on('error', () => undefined)
    await session.connect()
    const { stream } = (session as unknown as { connection: { stream: Socket } }).connection
    stream.removeAllListeners('data')
    let got = 0
    stream.on('data', (chunk: Buffer) => { got += chunk.length })
    const parts = Array.from({ length: draws.between(1, 12) }, () => [
      message('Q', strings('SELECT user_id FROM crm.listener')), message('Q', strings('SELECT string_agg(plan, country) FROM crm.listener')),
      message('P', Buffer.concat([strings('', 'SELECT country FROM crm.listener'), Buffer.alloc(2)])), message('B', Buffer.concat([strings('', ''), Buffer.alloc(6)])),
      message('E', Buffer.concat([strings(''), Buffer.alloc(4)])), message('S', Buffer.alloc(0)), damaged(message('Q', strings('SELECT 1')), draws), draws.bytes(draws.between(1, 30)),
    ][draws.below(8)] ?? Buffer.alloc(0))
    const closed = new Promise((resolve) => stream.on('close', resolve))
    await dribble(stream, Buffer.concat(parts), draws)
    const late = setTimeout(() => stream.destroy(), 150)
    await closed
    clearTimeout(late)
    expect(got).toBeLessThan(500 * 400 + 1024 * 1024)
  }
  while (gateway.sessions > 0) await new Promise((resolve) => setTimeout(resolve, 20))
  for (const { counts } of doorkeeper.closings) {
    expect(counts.rows).toBeLessThanOrEqual(500)
    expect(counts.charged).toBeLessThanOrEqual(Math.min(500, counts.leasedRows))
  }
  await vi.waitFor(() => expect(doorkeeper.closings.length).toBe(300 / share + 1))
  expect(rejections).toEqual([])
  await vi.waitFor(async () => expect((await client.run('SELECT FROM pg_roles WHERE rolname ~ \'^s_\'')).rowCount).toBe(0))
})
