import fc from 'fast-check'
import { expect, test } from 'vitest'
import { propertyRuns } from '../testing.ts'
import { preAuthBytesMax } from '../limits.ts'
import { ClientMeter, kindOf, reads, unclear, writes } from './client.ts'
import { errorResponse, message, readFields, startupPacket, strings } from './messages.ts'
import { ServerMeter } from './server.ts'
import { parseStartup } from './startup.ts'

fc.configureGlobal({ numRuns: propertyRuns })

/** Feeds a stream in pieces as a session does, leases granted in blocks; what was released, and why it stopped. */
function released(pieces: readonly Buffer[], meter: ServerMeter, block = 3): { bytes: Buffer; stop: string } {
  const out: Buffer[] = []
  let held: Buffer = Buffer.alloc(0)
  for (const piece of pieces) {
    held = Buffer.concat([held, piece])
    let at = 0
    for (;;) {
      const upTo = meter.walk(held, at)
      out.push(held.subarray(at, upTo))
      at = upTo
      if (meter.stop === 'lease') meter.grant(Math.max(block, meter.neededRows), Math.max(100, meter.neededBytes))
      else if (meter.stop === 'error') { out.push(held.subarray(at, at + meter.messageSize)); at += meter.messageSize }
      else break
    }
    held = held.subarray(at)
    if (meter.stop !== 'more') break
  }
  return { bytes: Buffer.concat(out), stop: meter.stop }
}

const row = (size: number): Buffer => message('D', Buffer.alloc(size, 'x'))
const budget = (rowsMax: number, bytesMax = 1e9, rowBytes = 50): ServerMeter => new ServerMeter({ rowsMax, bytesMax, rowBytes })

/** Cuts a buffer at the given places. */
function split(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...cuts].map((from, index) => bytes.subarray(from, cuts[index] ?? bytes.length))
}

const serverMessage = fc.oneof(
  fc.nat(200).map(row),
  fc.constantFrom('I', 'T', 'E').map((status) => message('Z', Buffer.from(status))),
  fc.constant(errorResponse({ severity: 'ERROR', code: '42501', message: 'permission denied for table t' })),
  fc.nat(60).map((size) => message('N', Buffer.alloc(size, 'n'))),
  fc.nat(60).map((size) => message('C', Buffer.alloc(size, 'c'))),
)

test('splitting the stream anywhere changes nothing of what is released, counted or seen', () => fc.assert(fc.property(
  fc.array(serverMessage, { maxLength: 30 }), fc.array(fc.nat(), { maxLength: 20 }), fc.integer({ min: 1, max: 60 }), fc.integer({ min: 50, max: 4000 }),
  (messages, places, rowsMax, bytesMax) => {
    const stream = Buffer.concat(messages)
    const [whole, parts] = [budget(rowsMax, bytesMax), budget(rowsMax, bytesMax)]
    const one = released([stream], whole)
    const many = released(split(stream, places), parts)
    expect(many).toEqual(one)
    for (const name of ['rows', 'charged', 'bytes', 'errors', 'readyCount', 'status', 'remaining'] as const) expect(parts[name]).toBe(whole[name])
    expect(one.bytes.length).toBe(whole.bytes)
    expect(whole.charged).toBeLessThanOrEqual(Math.min(rowsMax, whole.leasedRows))
    expect(whole.bytes).toBeLessThanOrEqual(Math.min(bytesMax, whole.leasedBytes))
  },
)))

test('what is cut is cut between two messages', () => fc.assert(fc.property(fc.array(serverMessage, { maxLength: 30 }), fc.integer({ min: 1, max: 20 }), (messages, rowsMax) => {
  const { bytes } = released([Buffer.concat(messages)], budget(rowsMax))
  let at = 0
  for (const { length } of messages) if (at < bytes.length) at += length
  return at === bytes.length
})))

test('one message costs one row for each started width of a row', () => {
  for (const [size, rows] of [[0, 1], [45, 1], [46, 2], [95, 2], [96, 3], [495, 10]] as const) {
    const meter = budget(1000)
    released([row(size)], meter)
    expect(meter.charged).toBe(rows)
  }
})

test('a row beyond the budget is not begun, however long it is', () => {
  const meter = budget(3)
  const header = row(1_000_000).subarray(0, 5)
  expect(released([row(1), row(1), header], meter)).toEqual({ bytes: Buffer.concat([row(1), row(1)]), stop: 'budget' })
})

test.each(['H', 'W', 'A', 'V', 'd', 'c', 'R', 'K', 'v', '\0'])('message %j never passes, not even its header', (type) => {
  expect(released([row(1), message(type, Buffer.alloc(3)).subarray(0, 5)], budget(10))).toEqual({ bytes: row(1), stop: 'forbidden' })
})

test.each([0, 1, 3, 0xffffffff, 0x80000000])('the length %d is malformed', (length) => {
  const header = Buffer.from('D0000')
  header.writeUInt32BE(length, 1)
  expect(released([header], budget(10))).toEqual({ bytes: Buffer.alloc(0), stop: 'malformed' })
  const meter = new ClientMeter()
  header[0] = 'Q'.charCodeAt(0)
  expect(meter.walk(header)).toBe(0)
  expect(['malformed', 'too long']).toContain(meter.stop)
})

const clientMessage = fc.oneof(
  fc.constantFrom('SELECT 1', 'UPDATE t SET x = 1', '  -- c\n (select 2)', 'x'.repeat(600)).map((text) => message('Q', strings(text))),
  fc.constantFrom('', 'a', 'b').map((name) => message('P', Buffer.concat([strings(name, 'INSERT INTO t'), Buffer.alloc(2)]))),
  fc.constantFrom('', 'a').map((name) => message('B', Buffer.concat([strings('', name), Buffer.alloc(400)]))),
  fc.constantFrom('E', 'S', 'H', 'D', 'C').map((type) => message(type, Buffer.alloc(5))),
)

test('splitting what a client sends changes nothing of what is sent on or noted', () => fc.assert(fc.property(
  fc.array(clientMessage, { maxLength: 20 }), fc.array(fc.nat(), { maxLength: 20 }), (messages, places) => {
    const stream = Buffer.concat(messages)
    const [whole, parts] = [new ClientMeter(), new ClientMeter()]
    expect(whole.walk(stream)).toBe(stream.length)
    const out: Buffer[] = []
    let held: Buffer = Buffer.alloc(0)
    for (const piece of split(stream, places)) {
      held = Buffer.concat([held, piece])
      const upTo = parts.walk(held)
      out.push(held.subarray(0, upTo))
      held = held.subarray(upTo)
    }
    expect(Buffer.concat(out)).toEqual(stream)
    expect([parts.statements, parts.working, parts.current]).toEqual([whole.statements, whole.working, whole.current])
  },
)))

test.each(['F', 'p', 'W', '\0'])('the client message %j never passes', (type) => {
  const meter = new ClientMeter()
  const bytes = Buffer.concat([message('Q', strings('SELECT 1')), message(type, strings('x'))])
  expect(meter.walk(bytes)).toBe(14)
  expect(meter.stop).toBe('forbidden')
})

test.each([
  ['SELECT 1', reads], ['  /* x */ -- y\n((VALUES (1)', reads], ['TABLE t', reads], ['delete from t', writes], ['CREATE TABLE t ()', writes], ['WITH x AS (SELECT 1) DELETE FROM t', unclear],
  ['SELECT 1; DELETE FROM t', unclear], ['', unclear], ['SELECT 1;', reads],
])('%j is told apart', (text, kind) => {
  expect(kindOf(text, false)).toBe(kind)
})

test('a startup packet is read whole or not at all', () => fc.assert(fc.property(
  fc.dictionary(fc.stringMatching(/^[a-z_]{1,12}$/), fc.stringMatching(/^[\x20-\x7e]{0,20}$/), { maxKeys: 8 }), fc.nat(), (parameters, place) => {
    const packet = startupPacket(parameters)
    const parsed = parseStartup(packet)
    if (parsed.kind !== 'start') return false
    expect(Object.fromEntries(parsed.parameters)).toEqual({ ...parameters })
    expect(parseStartup(packet.subarray(0, place % packet.length)).kind).toBe('more')
    return parseStartup(Buffer.concat([packet, Buffer.from([0])])).kind === 'malformed'
  },
)))

test('no bytes at all make the reader of startup packets throw or believe a length', () => fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
  const parsed = parseStartup(Buffer.from(bytes))
  return parsed.kind !== 'more' || bytes.length < preAuthBytesMax
})))

test('error fields survive being read and written', () => fc.assert(fc.property(fc.string().filter((text) => !text.includes('\0')), (text) => {
  const bytes = errorResponse({ severity: 'ERROR', code: '42501', message: text, hint: 'next' })
  const fields = readFields(bytes.subarray(5))
  return Buffer.from(fields?.get('M') ?? '', 'latin1').toString() === Buffer.from(text).toString() && fields?.get('H') === 'next'
})))

test('error fields that do not end are malformed', () => {
  expect(readFields(Buffer.from('Mx\0'))).toBeUndefined()
  expect(readFields(Buffer.from('Mx'))).toBeUndefined()
  expect(readFields(Buffer.from('Mx\0\0y'))).toBeUndefined()
})
