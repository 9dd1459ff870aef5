import type { Socket } from 'node:net'
import { duplexPair, type Duplex } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { drawsOf } from '#kit/testing'
import type { Taker } from './feed.ts'
import { DirectLine, type Line } from './lines/line.ts'
import { hearingOf, type Lines } from './lines/take.ts'
import { watchOfProcess } from './lines/watch.ts'
import { Session } from './session.ts'
import { MemoryDoorkeeper, planOf } from './testing.ts'
import { ClientMeter } from './wire/client.ts'
import { message, readMessage } from './wire/messages.ts'
import { ServerMeter } from './wire/server.ts'

// What a database might send, in pieces of every kind, through a real session; and bytes of every kind through the frame walkers.

const rejections: unknown[] = []
const onRejection = (reason: unknown): void => { rejections.push(reason) }
beforeAll(() => { process.on('unhandledRejection', onRejection) })
afterAll(() => { process.off('unhandledRejection', onRejection) })

const [rowBytes, rowsMax, bytesMax] = [40, 60, 6_000]

/** Of each round its own. */
let draws = drawsOf('framings')

function anyMessage(): Buffer {
  switch (draws.below(14)) {
    case 0: return message('T', draws.bytes(draws.below(80)))
    case 1: return message('C', Buffer.from('SELECT 3\0'))
    case 2: return message('Z', Buffer.from('I'))
    case 3: return message('N', draws.bytes(draws.below(120)))
    case 4: return message('S', Buffer.from('application_name\0x\0'))
    case 5: return message('E', Buffer.from('SERROR\0C22012\0Mdivision by zero\0\0'))
    case 6: return draws.below(20) === 0 ? message('D', draws.bytes(draws.below(20_000))) : message('1', Buffer.alloc(0))
    case 7: return draws.below(30) === 0 ? message('HAdcWVRK'[draws.below(8)] ?? 'H', draws.bytes(draws.below(40))) : message('2', Buffer.alloc(0))
    case 8: return message('C', Buffer.from('INSERT 0 3\0'))
    default: return message('D', draws.bytes(draws.below(90)))
  }
}

const passing = new Set('DENS123CGIZnstT')

/** How many bytes of these messages may pass: counted by message, by somebody who knows nothing of streams. */
function allowed(messages: readonly Buffer[]): number {
  let [rows, bytes] = [0, 0]
  for (const one of messages) {
    const type = String.fromCharCode(one[0] ?? 0)
    if (!passing.has(type)) return bytes
    const written = type === 'C' && one.includes('INSERT') ? 3 : 0
    const cost = written + ('DENS'.includes(type) ? Math.max(1, Math.ceil(one.length / rowBytes)) : 0)
    if (rows + cost > rowsMax || bytes + one.length > bytesMax) return bytes
    rows += cost
    bytes += one.length
  }
  return bytes
}

/** Cuts a stream in pieces: single bytes, within a header, or whole. */
function* pieces(stream: Buffer): Generator<Buffer> {
  const most = [1, 3, 6, 50, 1_000, 70_000][draws.below(6)] ?? 1
  for (let at = 0; at < stream.length;) {
    const size = draws.between(1, most + 1)
    yield stream.subarray(at, at + size)
    at += size
  }
}

const drained = (stream: Line): Promise<Buffer> => new Promise((resolve) => {
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  stream.on('end', () => resolve(Buffer.concat(chunks)))
  stream.on('close', () => resolve(Buffer.concat(chunks)))
  stream.resume()
})

/** As from a socket whose buffer is read over: what is not needed any more is gone. */
function readingOver(stream: Duplex): (taker: Taker) => void {
  let taken: Taker = () => false
  stream.on('data', (piece: Buffer) => {
    const read = Buffer.from(piece)
    if (!taken(read)) read.fill('!')
  }).pause()
  return (taker) => { taken = taker }
}

interface Ends { readonly lines: Lines; readonly person: Line; readonly database: Line }

function streams(): Ends {
  const [client, person] = duplexPair()
  const [upstream, database] = duplexPair()
  return { lines: { client: client as unknown as Socket, database: upstream as unknown as Socket, hand: readingOver(upstream), hear: hearingOf(client as unknown as Socket), needsBytes: true }, person: person as unknown as Socket, database: (database.on('error', () => undefined)) as unknown as Socket }
}

function direct(): Ends {
  const watch = watchOfProcess()
  if (watch === undefined) throw new Error('the calls of the system are not there')
  const [client, person, upstream, database] = [...watch.system.pair(), ...watch.system.pair()].map((descriptor) => new DirectLine(watch, descriptor, Buffer.alloc(0))) as [DirectLine, DirectLine, DirectLine, DirectLine]
  return { lines: { client, database: upstream, hand: upstream.hand, hear: client.hear, needsBytes: false }, person, database }
}

async function through(messages: readonly Buffer[], rounds: { slow: boolean; ends: () => Ends }): Promise<Buffer> {
  const doorkeeper = new MemoryDoorkeeper()
  if (rounds.slow) doorkeeper.leasing = () => new Promise((resolve) => { setImmediate(() => resolve(true)) })
  const { lines, person, database } = rounds.ends()
  const meter = new ServerMeter({ rowsMax, bytesMax, rowBytes })
  const session = new Session({
    plan: planOf('', { rowsMax }), doorkeeper, lines, meter, cancel: () => Promise.resolve(), ended: () => Promise.resolve(), lost: () => undefined,
  })
  const got = drained(person)
  session.start()
  database.resume()
  for (const piece of pieces(Buffer.concat(messages))) {
    if (database.destroyed || lines.database.destroyed) break
    database.write(piece)
    if (draws.below(3) === 0) await new Promise((resolve) => { setImmediate(resolve) })
  }
  database.end()
  const bytes = await got
  await session.over
  person.end()
  expect(meter.charged).toBeLessThanOrEqual(Math.min(rowsMax, meter.leasedRows))
  expect(meter.bytes).toBeLessThanOrEqual(Math.min(bytesMax, meter.leasedBytes))
  return bytes
}

// Ten thousand (a fifth without `./bailee test --full`) where sessions in clear go; the others share all of it but the reading and writing.
const share = process.env['BAILEE_FULL'] === '1' ? 1 : 5
const ways: readonly (readonly [string, () => Ends, number])[] = process.platform === 'linux' ? [['lines of our own', direct, 10_000 / share], ['streams of Node\'s', streams, 3_000 / share]] : [['streams of Node\'s', streams, 10_000 / share]]

test.each(ways)('in thousands of framings through %s not one byte beyond the budget, and every byte within it', async (way, ends, framings) => {
  let [cut, whole] = [0, 0]
  for (let round = 0; round < framings; round += 1) {
    draws = drawsOf('framings', way, round)
    const messages = Array.from({ length: draws.between(1, 90) }, anyMessage)
    const may = allowed(messages)
    const got = await through(messages, { slow: round % 4 === 0, ends })
    const sent = Buffer.concat(messages)
    expect(got.subarray(0, may).equals(sent.subarray(0, may))).toBe(true)
    const rest = got.subarray(may) // at most the gateway's own last word
    const last = rest.length === 0 ? undefined : readMessage(rest, 10_000)
    if (rest.length > 0) expect(last).toMatchObject({ type: 'E', size: rest.length })
    if (may < sent.length) cut += 1
    else whole += 1
  }
  expect(Math.min(cut, whole)).toBeGreaterThan(framings / 20)
  expect(rejections).toEqual([])
})

test('streams of any bytes by the hundred thousand pass the frame walkers without a throw, and splitting them changes nothing that is charged', () => {
  draws = drawsOf('streams')
  const pool = draws.bytes(1 << 20)
  const types = Buffer.from('DENSTCZ123sI')
  for (let round = 0; round < 1_000_000 / share; round += 1) {
    const from = draws.below(pool.length - 80)
    const stream = Buffer.from(pool.subarray(from, from + draws.between(1, 65)))
    if (round % 2 === 0 && stream.length > 6) { // otherwise nearly every stream ends at its first byte
      stream[0] = types[round % types.length] ?? 0
      stream.writeUInt32BE(4 + (round % 40), 1)
    }
    const [once, twice] = [new ServerMeter({ rowsMax: 9, bytesMax: 300, rowBytes: 8 }), new ServerMeter({ rowsMax: 9, bytesMax: 300, rowBytes: 8 })]
    once.grant(9, 300)
    twice.grant(9, 300)
    const upTo = walkAll(once, stream)
    const cut = draws.below(stream.length)
    const first = walkAll(twice, stream.subarray(0, cut))
    const second = twice.stop === 'more' ? walkAll(twice, stream.subarray(first)) : 0
    if (first + second !== upTo || once.charged !== twice.charged || once.bytes !== twice.bytes) throw new Error(`cut at ${cut}: ${stream.toString('hex')}`)
    new ClientMeter().walk(stream)
  }
})

function walkAll(meter: ServerMeter, stream: Buffer): number {
  let at = 0
  for (;;) {
    at = meter.walk(stream, at)
    if (meter.stop !== 'error') return at
    at += meter.messageSize
  }
}
