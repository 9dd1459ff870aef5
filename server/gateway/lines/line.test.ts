import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { drawsOf } from '#kit/testing'
import { DirectLine } from './line.ts'
import { takeLines } from './take.ts'
import { watchOfProcess, type Watch } from './watch.ts'

const watch = watchOfProcess()
const here = process.platform === 'linux' && process.env['BAILEE_GATEWAY_RELAY'] !== 'streams'

test('on Linux the calls of the system are there', () => {
  expect(watch !== undefined).toBe(here)
})

/** Two lines that speak with each other. */
function pair(): [DirectLine, DirectLine] {
  const [one, other] = (watch as Watch).system.pair()
  return [new DirectLine(watch as Watch, one, Buffer.alloc(0)), new DirectLine(watch as Watch, other, Buffer.alloc(0))]
}

const closed = (line: { once(event: 'close', listener: () => void): unknown }): Promise<void> => new Promise((resolve) => void line.once('close', () => resolve()))

test.runIf(here)('every byte arrives once and in order, whatever the other side takes at a time', async () => {
  const [one, other] = pair()
  const draws = drawsOf('lines')
  const sent: Buffer[] = []
  const got: Buffer[] = []
  let handed: Buffer | undefined
  other.hand((chunk) => {
    if (handed !== undefined) got.push(handed) // as a session does that waits for a lease: it looks at the bytes when the next ones are there
    handed = draws.below(2) === 0 ? chunk : undefined
    if (handed === undefined) got.push(Buffer.from(chunk))
    if (draws.below(3) === 0) {
      other.pause()
      setTimeout(() => other.resume(), 1)
    }
    return handed !== undefined
  })
  one.resume()
  other.resume()
  for (let round = 0; round < 60; round += 1) {
    const bytes = draws.bytes(draws.between(1, 300_000))
    sent.push(bytes)
    if (!one.write(bytes)) {
      expect(one.writableNeedDrain).toBe(true)
      await new Promise<void>((resolve) => void one.once('drain', () => resolve()))
      expect(one.writableLength).toBe(0)
    }
  }
  const over = Promise.all([closed(one), closed(other)])
  one.end()
  expect(one.write(Buffer.from('late'))).toBe(false)
  await over
  if (handed !== undefined) got.push(handed)
  expect(Buffer.concat(got).equals(Buffer.concat(sent))).toBe(true)
})

test.runIf(here)('what waits is sent before the goodbye, and the other way stays open until its own', async () => {
  const [one, other] = pair()
  const heard: string[] = []
  let size = 0
  one.on('end', () => heard.push('one'))
  other.on('end', () => heard.push('other'))
  other.on('data', (chunk: Buffer) => { size += chunk.length })
  one.resume()
  one.write(Buffer.alloc(2_000_000))
  one.end()
  await sleep(20)
  expect(size).toBe(0)
  const over = Promise.all([closed(one), closed(other)])
  other.resume()
  await over
  expect([size, heard]).toEqual([2_000_000, ['other', 'one']])
})

test.runIf(here)('within a long read a line rests: what trickles, another line, and the end come all the same', async () => {
  const [[one, other], [near, far]] = [pair(), pair()]
  let [size, calls, beside] = [0, 0, 0]
  other.hand((chunk) => {
    size += chunk.length
    calls += 1
    return false
  })
  far.hear(() => { beside += 1 })
  for (const line of [one, other, near, far]) line.resume()
  let sent = 0
  for (let piece = 0; piece < 400; piece += 1) {
    sent += 8_192
    if (!one.write(Buffer.alloc(8_192))) await new Promise<void>((resolve) => void one.once('drain', () => resolve()))
    if (piece % 100 === 0) await sleep(5) // a rest that brings nothing
    if (piece % 40 === 0) near.write(Buffer.from('x'))
    await new Promise((resolve) => { setImmediate(resolve) })
  }
  await expect.poll(() => [size, beside]).toEqual([sent, 10])
  expect(calls).toBeLessThan(400)
  one.write(Buffer.from('the last'))
  const over = Promise.all([closed(one), closed(other)])
  one.end()
  await over
  expect(size).toBe(sent + 8)
  near.destroy()
  await closed(far)
})

test.runIf(here)('a connection that breaks is closed, once', async () => {
  const [one, other] = pair()
  let times = 0
  one.on('close', () => { times += 1 })
  one.resume()
  other.destroy()
  other.destroy()
  await closed(one)
  expect(one.write(Buffer.from('x'))).toBe(false)
  one.destroy()
  one.end()
  await sleep(5)
  expect([times, one.destroyed, one.writable]).toEqual([1, true, false])
})

test.runIf(here)('while lines wait, timers, promises and what was put off go on', async () => {
  const [one, other] = pair()
  one.resume()
  other.resume()
  // The best of some, and the one in the middle: a busy machine makes one or another late, lines that wait would make all.
  let turns = Infinity
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const from = performance.now()
    for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => { setImmediate(resolve) })
    turns = Math.min(turns, performance.now() - from)
  }
  expect(turns).toBeLessThan(400)
  const late: number[] = []
  for (let turn = 0; turn < 21; turn += 1) {
    const before = performance.now()
    await sleep(10)
    late.push(performance.now() - before - 10)
  }
  expect(late.sort((one, other) => one - other)[10]).toBeLessThan(100)
  one.destroy()
  other.destroy()
})

/** Two sockets of Node's that are connected with each other. */
async function sockets(): Promise<[Socket, Socket]> {
  const server = createServer({ pauseOnConnect: true })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve))
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const far = await accepted
  server.close()
  return [near, far]
}

test('connections are taken over with what was read before; where they cannot be, they stay as they are', async () => {
  const [person, client] = await sockets()
  const [database, upstream] = await sockets()
  person.write('before ')
  await sleep(20)
  client.unshift(Buffer.from('long '))
  let early = 'the login '
  const hand = (taker: (chunk: Buffer) => boolean): void => {
    if (early !== '') taker(Buffer.from(early))
    early = ''
    upstream.removeAllListeners('data').on('data', taker)
  }
  const lines = takeLines(client, { socket: upstream, hand })
  expect([lines.client instanceof DirectLine, client.destroyed, upstream.destroyed]).toEqual([here, here, here])
  const [asked, answered]: [string[], string[]] = [[], []]
  lines.client.on('data', (chunk) => { asked.push(chunk.toString()) })
  lines.hand((chunk) => {
    answered.push(chunk.toString())
    return false
  })
  lines.client.resume()
  lines.database.resume()
  person.write('after')
  database.write('and what followed')
  await expect.poll(() => [asked.join(''), answered.join('')]).toEqual(['long before after', 'the login and what followed'])
  person.resume().end()
  database.resume().end()
  await Promise.all([closed(person), closed(database)])
})
