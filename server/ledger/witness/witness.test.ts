import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { formatNote, parseNote, parseVerifierKey, verifyCosignature } from '@bailee/verifier'
import { makeTestLog, noon, temporaryDirectory, type TestLog } from '../testing.ts'
import type { Serving } from '../http.ts'
import { formatAddCheckpoint, parseAddCheckpoint, requestBytesMax } from './request.ts'
import { logKey, openWitnessDirectory, readLogs, serveWitness, type WitnessDirectory } from './serve.ts'
import { createWitness, type Answer } from './witness.ts'

const log = makeTestLog('processor.example/root')
const another = log.fork(0)
const bytes = (text: string): Uint8Array => Buffer.from(text)

let directory: ReturnType<typeof temporaryDirectory>
let own: WitnessDirectory
let ask: (body: Uint8Array) => Answer
let now = noon
const witnessOf = (watched: readonly TestLog[] = [log]): typeof ask => {
  own = openWitnessDirectory(directory.path, 'witness.example')
  return createWitness({ ...own, logs: watched.map((one) => one.key), clock: () => now })
}
beforeEach(() => { directory = temporaryDirectory(); now = noon; ask = witnessOf() })
afterEach(() => directory.remove())

/** The time of a cosignature that verifies over that checkpoint. */
function cosignedAt(answer: Answer, checkpoint: string, vkey = own.vkey): number | undefined {
  expect(answer.status, answer.body).toBe(200)
  const { text } = parseNote(checkpoint)
  const [signature] = parseNote(formatNote(text, [answer.body])).signatures
  const key = parseVerifierKey(vkey)
  return signature?.name === key.name && signature.keyHash === key.keyHash ? verifyCosignature(key, signature, text) : undefined
}

test('a log that grows is cosigned, each time at the witness\'s own time, and its size is kept', () => {
  expect(cosignedAt(ask(log.request(0, 1)), log.note(1))).toBe(noon)
  now = noon + 60
  expect(cosignedAt(ask(log.request(1, 200)), log.note(200))).toBe(noon + 60)
  expect(cosignedAt(ask(log.request(200, 200)), log.note(200))).toBe(noon + 60)
  expect(cosignedAt(ask(log.request(200, 257)), log.note(257))).toBe(noon + 60)
  expect(own.records.latest(log.key.name)).toMatchObject({ size: 257, sequence: 3 })
})

test('any growth is cosigned, and whatever does not continue what was seen never is', () => fc.assert(fc.property(fc.array(fc.record({ size: fc.integer({ min: 1, max: 300 }), old: fc.option(fc.integer({ min: 0, max: 300 }), { nil: undefined }), forked: fc.boolean() }), { maxLength: 8 }), (offers) => {
  const place = temporaryDirectory()
  const fresh = openWitnessDirectory(place.path, 'witness.example')
  const offer = createWitness({ ...fresh, logs: [log.key], clock: () => noon })
  let seen: { size: number; from: TestLog } | undefined
  for (const { size, old, forked } of offers) {
    const from = forked ? another : log
    const said = old ?? seen?.size ?? 0
    if (said > size) { expect(offer(formatAddCheckpoint({ old: said, proof: [], checkpoint: from.note(size) })).status).toBe(400); continue }
    const { status } = offer(from.request(said, size))
    const right = said === (seen?.size ?? 0) && (seen === undefined || seen.from === from)
    expect(status === 200).toBe(right)
    if (right) seen = { size, from }
  }
  place.remove()
}), { numRuns: 10 }))

describe('refused, with the status that tlog-witness gives it', () => {
  beforeEach(() => { expect(ask(log.request(0, 100)).status).toBe(200) })
  const other = makeTestLog('processor.example/root') // the same name, another key
  const forged = (): string => log.note(120).replace(/(\u2014 \S+ \S{20})(.)/, (_, head: string, letter: string) => `${head}${letter === 'A' ? 'B' : 'A'}`)
  const rows: readonly (readonly [string, () => Uint8Array, number])[] = [
    ['a log that it does not watch', () => makeTestLog('other.example/root').request(0, 1), 404],
    ['a key that it does not know', () => other.request(100, 120), 403],
    ['a forged signature', () => formatAddCheckpoint({ old: 100, proof: log.proof(100, 120), checkpoint: forged() }), 403],
    ['no signature at all', () => bytes(`old 100\n\n${parseNote(log.note(120)).text}\n`), 400],
    ['an old size beyond the checkpoint', () => formatAddCheckpoint({ old: 130, proof: [], checkpoint: log.note(120) }), 400],
    ['an old size that is not the last one', () => log.request(50, 120), 409],
    ['an old size of nought', () => log.request(0, 120), 409],
    ['a smaller tree', () => log.request(50, 60), 409],
    ['a proof that is cut', () => formatAddCheckpoint({ old: 100, proof: log.proof(100, 120).slice(1), checkpoint: log.note(120) }), 422],
    ['no proof', () => formatAddCheckpoint({ old: 100, proof: [], checkpoint: log.note(120) }), 422],
    ['a proof where none is due', () => formatAddCheckpoint({ old: 100, proof: log.proof(99, 100), checkpoint: log.note(100) }), 422],
    ['another history', () => log.fork(50).request(100, 120), 422],
    ['another tree of the same size', () => log.fork(50).request(100, 100), 409],
    ['a checkpoint with a line more', () => bytes(Buffer.from(log.request(100, 120)).toString().replace('\n120\n', '\n120\nmore\n')), 400],
    ['nothing', () => bytes(''), 400],
    ['no empty line', () => bytes('old 100\n'), 400],
    ['a size with a nought before it', () => bytes(Buffer.from(log.request(100, 120)).toString().replace('old 100', 'old 0100')), 400],
    ['a size with a sign', () => bytes(Buffer.from(log.request(100, 120)).toString().replace('old 100', 'old +100')), 400],
    ['a size that no number holds', () => bytes(Buffer.from(log.request(100, 120)).toString().replace('old 100', 'old 9007199254740993')), 400],
    ['a hash that is too short', () => bytes('old 100\nAAAA\n\n'), 400],
    ['more hashes than any tree is high', () => formatAddCheckpoint({ old: 100, proof: Array.from({ length: 64 }, () => Buffer.alloc(32)), checkpoint: log.note(120) }), 400],
    ['what is not UTF-8', () => Buffer.concat([log.request(100, 120), Buffer.of(0xff)]), 400],
    ['what is too long', () => Buffer.concat([log.request(100, 120), Buffer.alloc(requestBytesMax, 65)]), 400],
  ]
  test.each(rows)('%s', (_, body, status) => {
    const answer = ask(body())
    expect(answer.status, answer.body).toBe(status)
    if (status === 409) expect([answer.type, answer.body]).toEqual(['text/x.tlog.size', '100\n'])
    expect(own.records.latest(log.key.name)).toMatchObject({ size: 100, sequence: 1 })
    expect(ask(log.request(100, 120)).status, 'and what is right is still taken').toBe(200)
  })
})

test('what it knows survives a restart; a checkpoint that proves a second history is kept, within bounds', () => {
  ask(log.request(0, 100))
  const fork = log.fork(50)
  ask = witnessOf()
  expect(ask(fork.request(0, 100)).status).toBe(409)
  expect(ask(fork.request(100, 120)).status).toBe(422)
  for (let size = 101; size < 220; size += 1) ask(fork.request(100, size))
  expect([own.records.refused(log.key.name, 'refused'), own.records.refused(log.key.name, 'unproven')]).toEqual([1, 100])
  expect(ask(log.request(100, 120)).status).toBe(200)
})

test('whoever sends true checkpoints with wrong proofs makes no second history of them, and takes no room from one', () => {
  ask(log.request(0, 100))
  const wrong = (size: number): Uint8Array => formatAddCheckpoint({ old: 100, proof: [Buffer.alloc(32)], checkpoint: log.note(size) })
  expect(ask(wrong(100)).status, 'the very tree that was cosigned').toBe(422)
  for (let size = 101; size < 230; size += 1) expect(ask(wrong(size)).status).toBe(422)
  const kept = (): number[] => [own.records.refused(log.key.name, 'refused'), own.records.refused(log.key.name, 'unproven')]
  expect(kept()).toEqual([0, 100])
  expect(ask(log.fork(50).request(0, 100)).status).toBe(409)
  expect(kept()).toEqual([1, 100])
  expect(ask(log.request(100, 140)).status).toBe(200)
  const both = [own.records.refusedIn(log.key.name, 'refused'), join(own.records.refusedIn(log.key.name, 'refused'), '../cosigned')].map((folder) => readdirSync(folder).map((name) => parseNote(readFileSync(join(folder, name))).text))
  expect(both, 'it takes both to prove a second history, whatever was cosigned since').toEqual([[parseNote(log.fork(50).note(100)).text], [parseNote(log.note(100)).text]])
  expect(kept()).toEqual([1, 99])
  expect(ask(log.request(140, 150)).status, 'one that is proven after all is kept no longer').toBe(200)
  expect(kept()).toEqual([1, 98])
})

test('one tree is kept once, however it is signed besides', () => {
  ask(log.request(0, 100))
  const besides = (name: string): string => `${log.note(120)}— ${name} AAAAAAAA\n`
  for (const name of ['one.example', 'two.example', 'three.example']) expect(ask(formatAddCheckpoint({ old: 100, proof: [Buffer.alloc(32)], checkpoint: besides(name) })).status).toBe(422)
  expect(own.records.refused(log.key.name, 'unproven')).toBe(1)
})

test('a record that cannot be read stops it for that log, and for no other', () => {
  const other = makeTestLog('other.example/root')
  ask = witnessOf([log, other])
  ask(log.request(0, 100))
  const folder = join(directory.path, 'logs', createHash('sha256').update(log.key.name).digest('hex'))
  expect(readdirSync(folder)).toEqual(['1'])
  writeFileSync(join(folder, '1'), log.note(100).slice(0, 20))
  expect(() => ask(log.request(0, 300))).toThrow(expect.objectContaining({ code: 'witness/record' }))
  writeFileSync(join(folder, '1'), other.note(100))
  expect(() => ask(log.request(0, 300))).toThrow(expect.objectContaining({ code: 'witness/record' }))
  expect(ask(other.request(0, 100)).status).toBe(200)
})

test('of several processes over one memory, each sees what another cosigned, also when it looked before', () => {
  const second = createWitness({ ...openWitnessDirectory(directory.path), logs: [log.key], clock: () => now })
  ask(log.request(0, 100))
  expect(second(log.request(0, 300))).toMatchObject({ status: 409, body: '100\n' })
  expect(second(log.request(100, 120)).status).toBe(200)
  // One that read the state, was overtaken twice (so that its number is free again) and only then writes: it must not go back.
  const { records } = own
  const stale = (records.latest(log.key.name)?.sequence ?? 0) + 1
  ask(log.request(120, 140))
  ask(log.request(140, 160))
  expect(records.advance(log.key.name, stale, log.note(130))).toBe(false)
  expect(records.latest(log.key.name)?.size).toBe(160)
  expect(records.advance(log.key.name, stale + 1, log.note(150))).toBe(false)
  expect(records.latest(log.key.name)?.size).toBe(160)
})

test('its name belongs to its key, and lists of logs are read strictly', () => {
  expect(() => openWitnessDirectory(directory.path, 'another.example')).toThrow(/is called witness.example/)
  expect(() => openWitnessDirectory(join(directory.path, 'new'))).toThrow(/--name/)
  expect(() => openWitnessDirectory(join(directory.path, 'new'), 'two words')).toThrow(/no space/)
  expect(openWitnessDirectory(directory.path).vkey).toBe(own.vkey)
  expect(readLogs(`# mine\n\n${log.vkey}\n`, 'logs')).toEqual([log.key])
  expect(() => readLogs(`${log.vkey}\nx\n`, 'logs')).toThrow(/^logs:2: /)
  expect(() => logKey(own.vkey, '--log')).toThrow(/the key of a witness/)
})

test('a request reads back as it was written', () => {
  const written = { old: 100, proof: log.proof(100, 120), checkpoint: log.note(120) }
  const read = parseAddCheckpoint(formatAddCheckpoint(written))
  expect({ ...read, proof: read.proof.map((hash) => Buffer.from(hash).toString('hex')) }).toEqual({ ...written, proof: written.proof.map((hash) => Buffer.from(hash).toString('hex')) })
})

describe('over HTTP', () => {
  let serving: Serving
  const problems: string[] = []
  beforeEach(async () => { problems.length = 0; serving = await serveWitness({ at: { host: '127.0.0.1', port: 0 }, witness: own, logs: [log.key], clock: () => now, report: (problem) => problems.push(problem) }) })
  afterEach(() => serving.close())

  const send = (path: string, method: string, body: Uint8Array): Promise<{ status: number | undefined; type: string | undefined; body: string }> => new Promise((resolve, reject) => {
    const sent = httpRequest({ host: '127.0.0.1', port: serving.port, path, method, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => { text += piece }).on('end', () => resolve({ status: response.statusCode, type: response.headers['content-type'], body: text }))
    })
    sent.on('error', reject).end(body)
  })

  test('POST /add-checkpoint is answered, and nothing else is there', async () => {
    expect((await send('/add-checkpoint', 'POST', log.request(0, 100))).status).toBe(200)
    expect(await send('/add-checkpoint', 'POST', log.request(0, 100))).toEqual({ status: 409, type: 'text/x.tlog.size', body: '100\n' })
    expect((await send('/add-checkpoint', 'GET', bytes(''))).status).toBe(405)
    expect((await send('/', 'GET', bytes(''))).status).toBe(404)
    expect((await send('/add-checkpoint/', 'POST', log.request(100, 120))).status).toBe(404)
    expect((await send('/add-checkpoint', 'POST', Buffer.alloc(requestBytesMax + 1))).status).toBe(413)
    expect(problems).toEqual([])
  })

  test('of many at once for one size, one tree is cosigned and no other', async () => {
    const forks = Array.from({ length: 10 }, (_, from) => log.fork(from))
    const answers = await Promise.all(forks.map((one) => send('/add-checkpoint', 'POST', one.request(0, 50))))
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, ...Array.from({ length: 9 }, () => 409)])
  })

  test('what is not HTTP, or never comes to its end, costs a connection and nothing else', async () => {
    const socket = connect(serving.port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write('POST /add-checkpoint HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nold')
    const nonsense = connect(serving.port, '127.0.0.1')
    nonsense.on('error', () => undefined)
    nonsense.write('\u0000\u0001\r\n\r\n')
    expect((await send('/add-checkpoint', 'POST', log.request(0, 100))).status).toBe(200)
    socket.destroy()
    nonsense.destroy()
  })

  test('a machine that cannot write is answered 500, and nothing is signed', async () => {
    const broken = await serveWitness({ at: { host: '127.0.0.1', port: 0 }, witness: { ...own, records: { ...own.records, advance: () => { throw new Error('ENOSPC: noa@acme.example') } } }, logs: [log.key], clock: () => now, report: (problem) => problems.push(problem) })
    const port = serving.port
    await serving.close()
    serving = broken
    expect(port).not.toBe(broken.port)
    expect(await send('/add-checkpoint', 'POST', log.request(0, 100))).toMatchObject({ status: 500, body: '' })
    expect(problems).toEqual(['a request could not be answered: Error'])
  })
})

test('which logs it saw is told by what it kept: cosigned ones, and those of which it refused everything', () => {
  const other = makeTestLog('other.example/root')
  expect(own.records.origins()).toEqual([])
  own.records.keepRefused(other.key.name, other.note(3), 'unproven')
  ask(log.request(0, 5))
  expect(own.records.origins()).toEqual(['other.example/root', 'processor.example/root'])
  expect(own.records.refusedIn(other.key.name, 'refused')).toMatch(/[/]logs[/][0-9a-f]{64}[/]refused$/)
})
