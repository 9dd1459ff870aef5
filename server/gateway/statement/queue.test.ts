import fc from 'fast-check'
import { expect, test } from 'vitest'
import { propertyRuns } from '../testing.ts'
import { message, strings } from '../wire/messages.ts'
import type { Standing } from './after.ts'
import { AnswerFilter } from './answers.ts'
import { StatementQueue } from './queue.ts'

const query = (text: string): Buffer => message('Q', strings(text))
const execute = message('E', Buffer.concat([strings(''), Buffer.alloc(4)]))
const [sync, row, copied] = [message('S', Buffer.alloc(0)), message('d', Buffer.from('1\n')), message('c', Buffer.alloc(0))]

/** The letters of whole messages. */
function letters(bytes: Buffer): string {
  let said = ''
  for (let at = 0; at + 5 <= bytes.length; at += 1 + bytes.readUInt32BE(at + 1)) said += String.fromCharCode(bytes[at] ?? 0)
  return said
}

function opened(): { queue: StatementQueue; sent: () => string } {
  const out: Buffer[] = []
  return { queue: new StatementQueue((bytes) => out.push(Buffer.from(bytes))), sent: () => letters(Buffer.concat(out.splice(0))) }
}

test('a Query goes on in the extended protocol, and is committed when it was charged', () => {
  const { queue, sent } = opened()
  queue.push(Buffer.concat([query('DELETE FROM t'), query('COMMIT')]))
  expect([sent(), queue.converting]).toEqual(['PBDEH', true])
  queue.ended()
  expect(sent()).toBe('S')
  queue.ready()
  expect(sent()).toBe('PBDEH')
  queue.refused()
  expect(sent()).toBe('S')
})

test('of several statements up to one Sync each waits for the one before; what is refused waits for nothing', () => {
  const { queue, sent } = opened()
  queue.push(Buffer.concat([execute, execute, sync, execute, execute, sync]))
  expect(sent()).toBe('EH')
  queue.ended()
  expect(sent()).toBe('EH')
  queue.ended()
  expect(sent()).toBe('S')
  queue.ready()
  expect(sent()).toBe('EH')
  queue.refused()
  expect([sent(), queue.converting]).toEqual(['ES', false])
})

const letter = (one: string, body = ''): Buffer => message(one, Buffer.from(body))

function asking(): ReturnType<typeof opened> & { unknown: () => number; stand: (now: Standing) => void } {
  const out: Buffer[] = []
  let unknown = 0
  let standing: Standing = 'none'
  const queue = new StatementQueue((bytes) => out.push(Buffer.from(bytes)), {
    standing: () => standing, failed: () => false, beforeCommit: () => letter('b'), anew: () => letter('a'), refuse: () => { unknown += 1 },
  })
  return { queue, stand: (now) => { standing = now }, sent: () => letters(Buffer.concat(out.splice(0))), unknown: () => unknown }
}

test('before what commits it is asked what would be kept; a refusal there ends the transaction, as a COMMIT that fails does', () => {
  const { queue, sent } = asking()
  queue.push(query('COMMIT'))
  expect([sent(), queue.measuring]).toEqual(['b', true])
  queue.measured()
  expect([sent(), queue.measuring]).toEqual(['PBDEH', false])
  queue.ended()
  expect(sent()).toBe('S')
  queue.ready(true)
  queue.push(query('/* again */ END'))
  expect(sent()).toBe('b')
  queue.refused()
  expect(sent()).toBe('SQ')
  expect(['Z', 'C', 'Z'].map((one) => queue.expected.takes(one.charCodeAt(0)))).toEqual([true, true, false])
  queue.ready(true)
  expect([sent(), queue.measuring]).toEqual(['aS', true]) // what was undone is not counted with what comes
  queue.push(query('SELECT 1'))
  expect(sent()).toBe('')
  queue.measured()
  expect(sent()).toBe('PBDEH')
})

test('a lone CALL runs in a transaction that the gateway begins and ends', () => {
  const { queue, sent } = asking()
  queue.push(query('CALL p()'))
  expect(sent()).toBe('CPBECCPBDEH')
  queue.ended()
  expect(sent()).toBe('CPBECCS')
  queue.ready(true)
  queue.push(query('CALL p()'))
  sent()
  queue.refused()
  expect(sent()).toBe('SQ')
})

test('a transaction that was begun around a CALL is committed only while it is nobody else\'s, and where that is not known no CALL is carried out', () => {
  const { queue, sent, unknown, stand } = asking()
  const call = [message('P', Buffer.concat([strings('', 'CALL p()'), Buffer.alloc(2)])), message('B', Buffer.concat([strings('', ''), Buffer.alloc(6)])), execute]
  queue.push(Buffer.concat([...call, execute, sync]))
  sent()
  queue.said(['CALL'])
  queue.ended()
  queue.said(['BEGIN'])
  queue.ended()
  expect([sent(), unknown()]).toEqual(['EHS', 0])
  for (const tag of ['ROLLBACK', 'COMMIT', 'PREPARE TRANSACTION', 'SAVEPOINT', 'RELEASE']) {
    const other = asking()
    other.queue.push(Buffer.concat([...call, execute]))
    other.queue.ended()
    other.queue.said([tag])
    expect(other.unknown(), tag).toBe(1)
  }
  queue.ready()
  stand('client')
  queue.push(Buffer.concat([...call, sync]))
  expect(sent()).toBe('PBEH')
  queue.ended()
  queue.ready()
  sent()
  stand('unknown')
  queue.push(Buffer.concat(call))
  expect([sent(), unknown()]).toEqual(['PB', 1])
})

test('a refusal of what was asked when the client had all its answers is told to nobody; any other is', () => {
  const { queue, sent } = asking()
  const filter = new AnswerFilter({ asked: () => queue.measuring, alone: () => queue.beginningAnew, refused: () => queue.refused(), take: () => undefined }, queue.expected)
  const refusal = letter('E', 'SERROR\0C57014\0\0')
  const ready = letter('Z', 'I')
  queue.push(query('SELECT 1'))
  expect(letters(filter.take(Buffer.concat([refusal, ready]), true))).toBe('EZ')
  queue.refused()
  queue.ready(true)
  queue.push(query('SELECT 2'))
  expect(sent()).toBe('PBDEHSaS')
  expect([letters(filter.take(refusal.subarray(0, 7), false)), letters(filter.take(Buffer.concat([refusal.subarray(7), ready]), true))]).toEqual(['', ''])
  expect([sent(), queue.measuring]).toEqual(['PBDEH', false])
  expect(letters(filter.take(refusal, true))).toBe('E')
})

test('a statement whose words or name were not seen is not executed; one without a name that was skipped does not hide the one before', () => {
  const { queue, sent, unknown } = asking()
  const parsed = (text: string): Buffer => message('P', Buffer.concat([strings('', text), Buffer.alloc(2)]))
  const bound = message('B', Buffer.concat([strings('', ''), Buffer.alloc(6)]))
  queue.push(Buffer.concat([parsed('COMMIT'), bound, execute]))
  expect(sent()).toBe('PBb')
  queue.refused()
  queue.push(Buffer.concat([parsed('SELECT 1'), sync]))
  expect(sent()).toBe('PSQ')
  queue.ready(true)
  queue.measured()
  queue.push(Buffer.concat([bound, execute]))
  expect([sent(), unknown()]).toEqual(['aSB', 1])
})

test('what the client asked before is answered to it, and what the gateway asked behind it is not', () => {
  const { queue } = asking()
  queue.push(Buffer.concat([message('P', Buffer.concat([strings('s', 'COMMIT'), Buffer.alloc(2)])), message('B', Buffer.concat([strings('', 's'), Buffer.alloc(6)])), execute]))
  const taken: string[] = []
  const filter = new AnswerFilter({ asked: () => queue.measuring, alone: () => queue.beginningAnew, refused: () => queue.refused(), take: (type) => { taken.push(String.fromCharCode(type)) } }, queue.expected)
  const warning = letter('N', 'SWARNING\0C25P01\0MSET CONSTRAINTS\0\0')
  const passed = filter.take(Buffer.concat([letter('1'), letter('2'), letter('3'), letter('1'), warning, letter('N', 'SNOTICE\0C00000\0Mheard\0\0'), letter('D', 'x'), letter('C', 'SELECT 1\0')]), false)
  expect([letters(passed), taken.join('')]).toEqual(['12N', '31DC'])
})

test('rows that are copied in pass while their statement runs, and a Sync that came before them is skipped, as PostgreSQL skips it', () => {
  const { queue, sent } = opened()
  queue.push(Buffer.concat([execute, sync, row, row]))
  expect(sent()).toBe('EH')
  queue.copies()
  expect(sent()).toBe('dd')
  queue.push(Buffer.concat([copied, sync]))
  expect(sent()).toBe('cH')
  queue.ended()
  expect(sent()).toBe('S')
})

test('cutting what a client sends anywhere changes nothing of what is sent on', () => fc.assert(fc.property(
  fc.array(fc.constantFrom(query('SELECT 1'), execute, sync, message('P', strings('', 'SELECT 1', '')), message('B', Buffer.alloc(300)))), fc.array(fc.nat(), { maxLength: 12 }), (messages, places) => {
    const stream = Buffer.concat(messages)
    const play = (pieces: readonly Buffer[]): string => {
      const out: Buffer[] = []
      const queue = new StatementQueue((bytes) => out.push(Buffer.from(bytes)))
      for (const piece of pieces) queue.push(piece)
      for (let turn = 0; turn < 2 * messages.length; turn += 1) { queue.ended(); queue.ready() }
      return Buffer.concat(out).toString('hex')
    }
    const cuts = [...new Set(places.map((place) => place % (stream.length + 1)))].sort((a, b) => a - b)
    expect(play([0, ...cuts].map((from, index) => stream.subarray(from, cuts[index] ?? stream.length)))).toBe(play([stream]))
  },
), { numRuns: propertyRuns }))

test('cutting what the database answers anywhere changes nothing of what is left out', () => fc.assert(fc.property(
  fc.array(fc.constantFrom('1', '2', 'n', 'C', 'D', 'Z')), fc.array(fc.nat(), { maxLength: 12 }), (kinds, places) => {
    const stream = Buffer.concat(kinds.map((kind) => message(kind, Buffer.alloc('12n'.includes(kind) ? 0 : 7))))
    const cuts = [...new Set(places.map((place) => place % (stream.length + 1)))].sort((a, b) => a - b)
    const filter = new AnswerFilter()
    const kept = Buffer.concat([0, ...cuts].map((from, index) => filter.take(stream.subarray(from, cuts[index] ?? stream.length), true)))
    expect(letters(kept)).toBe(kinds.filter((kind) => !'12n'.includes(kind)).join(''))
    expect(new AnswerFilter().take(stream, false)).toEqual(stream)
  },
), { numRuns: propertyRuns }))
