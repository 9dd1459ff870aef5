import { randomBytes } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildFingerprints, openFingerprints, openSegmentFile } from '../fingerprint/index.ts'
import type { Segment } from '../fingerprint/index.ts'
import { rowsIn } from '../rowText.ts'
import { createMachine } from '../scanner/machine.ts'
import { createSearcher, decodeTally, encodeTally, sourceOfFile } from './index.ts'
import type { PlaceResult, Searcher } from './index.ts'
import type { FileTask } from './scan.worker.ts'

const epochKey = Buffer.alloc(16, 3)
let folder: string
let segments: Segment[]
let alone: Searcher
let together: Searcher[]
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bailee-threads-'))
  segments = [await segment('people', people(0, 500), ['id', 'email', 'phone']), await segment('buyers', people(400, 300).map(([id, email]) => [`B${id}`, email!]), ['id', 'email'])]
  alone = await createSearcher(segments, epochKey, { threads: 1 })
  together = []
  for (const [threads, pieceBytes] of [[2, 100], [3, 256], [2, 4096]] as const) together.push(await createSearcher(segments, epochKey, { threads, pieceBytes }))
})
afterAll(async () => {
  for (const searcher of together) await searcher.close()
  rmSync(folder, { recursive: true })
})

function people(from: number, count: number): string[][] {
  return Array.from({ length: count }, (_, step) => [`P${from + step}`, `person${from + step}@mail.example`, `+40 7${String(((from + step) * 7_919_317) % 100_000_000).padStart(8, '0')}`])
}

async function* stream(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size))
}

async function segment(dataset: string, rows: string[][], columns: string[]): Promise<Segment> {
  const file = join(folder, dataset)
  await buildFingerprints({
    dataset, epochKey, sealKey: Buffer.alloc(32, 2), file, random: randomBytes, rows: stream(Buffer.from(rows.map((row) => `${row.join(',')}\n`).join('')), 1 << 16),
    columns: columns.map((name) => ({ name, identifies: true })),
  })
  return openFingerprints(file, Buffer.alloc(32, 2))
}

// Known values, strangers, and everything that makes quotes hard to count.
const known = people(390, 30)
const field = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...known.flat()) }, fc.constantFrom('', 'x', '5" pipe', '"', 'é', 'long '.repeat(30), '"a,b"', '"two\nlines"', '"he said ""no"""', '"open', 'shut"', '"\n"', `"${'{""a"":1} '.repeat(500)} ${known[3]![1]!}, ""${known[3]![0]!}"""`))
const rows = fc.array(fc.oneof(fc.constantFrom(...known.map((row) => row.join(','))), fc.array(field, { maxLength: 4 }).map((fields) => fields.join(','))), { maxLength: 60 })
const places = fc.tuple(fc.constantFrom('', '\uFEFF'), rows, fc.constantFrom('\n', '\r\n'), fc.constantFrom('', '\n')).map(([mark, lines, end, last]) => Buffer.from(mark + lines.join(end) + last))

const times = process.env['BAILEE_FULL'] === '1' ? 8 : process.env['BAILEE_LONG'] === '1' ? 3 : 1

describe('threads together find what one finds', () => {
  test('in any delimited text, however it arrives and is cut, read once or as often as need be', async () => {
    await fc.assert(fc.asyncProperty(places, fc.integer({ min: 1, max: 300 }), async (place, size) => {
      const expected = await alone.search(stream(place, size))
      const tally = await alone.tally(stream(place, size))
      for (const searcher of together) {
        expect(await searcher.search(stream(place, size))).toEqual(expected)
        expect(await searcher.search(() => stream(place, size))).toEqual(expected)
        expect(await searcher.tally(stream(place, size))).toEqual(tally)
      }
    }), { numRuns: 30 * times })
  })

  test('in a file that they read themselves, and in any part of it', async () => {
    const file = join(folder, 'place')
    await fc.assert(fc.asyncProperty(places, fc.nat({ max: 40 }), fc.nat({ max: 40 }), async (place, before, behind) => {
      writeFileSync(file, Buffer.concat([Buffer.alloc(before, 'x'), place, Buffer.alloc(behind, 'y')]))
      const expected = await alone.search(stream(place, 1000))
      const descriptor = openSync(file, 'r')
      try {
        for (const searcher of together) {
          const span = { descriptor, from: before, to: behind > 0 || before % 2 === 0 ? before + place.length : Infinity }
          expect(await searcher.search(() => stream(place, 1000), { span })).toEqual(expected)
        }
      } finally {
        closeSync(descriptor)
      }
    }), { numRuns: 30 * times })
  })

  test('a file that they read themselves is not read as a stream, unless it must be', async () => {
    const never = (): AsyncIterable<Uint8Array> => { throw new Error('read as a stream') }
    const searcher = await createSearcher(segments, epochKey, { threads: 2, pieceBytes: 64 * 1024 })
    const searched = async (text: string | Buffer, bytes: () => AsyncIterable<Uint8Array> = never): Promise<PlaceResult> => {
      const file = join(folder, 'direct')
      writeFileSync(file, text)
      const descriptor = openSync(file, 'r')
      try {
        return await searcher.search(bytes, { span: { descriptor, from: 0, to: Infinity } })
      } finally {
        closeSync(descriptor)
      }
    }
    try {
      const lines = Array.from({ length: 20_000 }, (_, at) => `${people(at % 500, 1)[0]!.join(',')},"note\n${at}"`)
      const text = `${lines.join('\n')}\n`
      expect(await searched(text)).toEqual(await alone.search(stream(Buffer.from(text), 1 << 16)))
      // No UTF-8, a record longer than a piece, and quotes that were counted wrongly: whoever hands over the bytes mends them.
      for (const odd of [Buffer.concat([Buffer.from(text), Buffer.from('P1,Jos\xe9\n', 'latin1')]), Buffer.from(`${text}"${'x'.repeat(100_000)}",P1\n`), Buffer.from(`${text}${text.replaceAll('+40', '5" +40')}`)]) {
        let times = 0
        const result = await searched(odd, () => { times += 1; return stream(odd, 1 << 16) })
        expect(times).toBeGreaterThan(0)
        expect(result).toEqual(await alone.search(stream(odd, 1 << 16)))
      }
    } finally {
      await searcher.close()
    }
  })

  test('what cannot be read from a descriptor is read as a stream, which says why', async () => {
    const descriptor = openSync(folder, 'r') // a folder has no bytes
    const failing = async function* (): AsyncGenerator<Uint8Array> { yield await Promise.reject(new Error('no bytes here')) }
    try {
      await expect(together[0]!.search(failing, { span: { descriptor, from: 0, to: Infinity } })).rejects.toThrow('no bytes here')
    } finally {
      closeSync(descriptor)
    }
  })

  test('in a place of megabytes, of which each piece holds copies', async () => {
    const strangers = Array.from({ length: 100 }, (_, at) => `S${at},stranger${at}@else.example,"a ""note"",\nof two lines",+40 9${at}`)
    const place = Buffer.from(Array.from({ length: 200 }, (_, at) => `${people(at % 500, 1)[0]!.join(',')}\n${strangers.join('\n')}\n`).join(''))
    const searcher = await createSearcher(segments, epochKey, { threads: 2, pieceBytes: 64 * 1024 })
    try {
      const expected = await alone.search(stream(place, 1 << 16))
      expect(expected.datasets[0]).toMatchObject({ dataset: 'people', records: 200, rows: 200 })
      expect(await searcher.search(() => stream(place, 1 << 16))).toEqual(expected)
      expect(await searcher.search(stream(place, 1 << 16))).toEqual(expected)
    } finally {
      await searcher.close()
    }
  })

  test('after a stream that broke off, which is let go', async () => {
    const place = Buffer.from(people(0, 100).map((row) => `${row.join(',')}\n`).join(''))
    const expected = await alone.search(stream(place, 50))
    let ended = 0
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      try {
        yield* stream(place.subarray(0, 2000), 50)
        throw new Error('the store went away')
      } finally {
        ended += 1
      }
    }
    for (const searcher of together) {
      await expect(searcher.search(failing)).rejects.toThrow('went away')
      expect(await searcher.search(stream(place, 50))).toEqual(expected)
    }
    expect(ended).toBe(together.length)
  })
})

describe('the lean layout finds what the wide one finds', () => {
  const withoutChance = ({ coverage, datasets }: PlaceResult) => ({ coverage, datasets: datasets.map(({ columns, reasons, ...rest }) => ({ ...rest, reasons: reasons.map((reason) => reason.replace(/chance gives .*/, '')), columns: columns.map(({ expected: _, excessBits: __, ...column }) => column) })) })

  test('in any delimited text, by one thread or several, whole or in parts', async () => {
    const lean = [await createSearcher(segments, epochKey, { threads: 1, layout: 'lean' }), await createSearcher(segments, epochKey, { threads: 2, pieceBytes: 200, layout: 'lean' })]
    try {
      await fc.assert(fc.asyncProperty(places, places, async (one, other) => {
        const place = Buffer.concat([one, Buffer.from('\n'), other])
        const expected = withoutChance(await alone.search(stream(place, 100)))
        for (const searcher of lean) {
          expect(withoutChance(await searcher.search(stream(place, 100)))).toEqual(expected)
          const tally = decodeTally(encodeTally(await searcher.tally(stream(place, 100))))
          expect(withoutChance(searcher.judge([tally]))).toEqual(expected)
          if (tally.endedInsideRecord) continue // twice the same bytes would read otherwise
          expect(withoutChance(searcher.judge([tally, tally])).datasets.map(({ records }) => records)).toEqual((await alone.search(stream(Buffer.concat([place, Buffer.from('\n'), place]), 100))).datasets.map(({ records }) => records))
        }
      }), { numRuns: 40 }) // no more in long runs: the lean layout takes one strange pair in 2^15 for linked, and would meet one
    } finally {
      for (const searcher of lean) await searcher.close()
    }
  })

  test('in a full copy, whose marks find no room among the first ones, and again afterwards', async () => {
    const many = await segment('many', people(0, 20_000), ['id', 'email', 'phone'])
    const lean = [await createSearcher([many], epochKey, { threads: 1, layout: 'lean' }), await createSearcher([many], epochKey, { threads: 2, layout: 'lean', pieceBytes: 50_000 })]
    const copy = (count: number): Buffer => Buffer.from(people(0, count).map((row) => `${row.join(',')}\n`).join('').repeat(2))
    for (const searcher of lean) {
      const counted = async (count: number) => (await searcher.search(stream(copy(count), 1 << 16))).datasets.map(({ rows: found, records }) => [found, records])
      expect([await counted(20_000), await counted(100), await counted(20_000)]).toEqual([[[40_000, 20_000]], [[200, 100]], [[40_000, 20_000]]])
      await searcher.close()
    }
  })

  test('of another layout a tally is refused', async () => {
    const lean = await createSearcher(segments, epochKey, { threads: 1, layout: 'lean' })
    const tally = await lean.tally(stream(Buffer.from('a\n'), 10))
    expect(() => alone.judge([tally])).toThrow(/other fingerprints/)
  })
})

test('strange values that the table takes for known ones are expected', async () => {
  const lean = await createSearcher(segments, epochKey, { threads: 1, layout: 'lean' })
  const place = Buffer.from(people(300, 50).map((row) => `${row.join(',')}\n`).join(''))
  const [wideColumn, leanColumn] = [alone, lean].map((searcher) => searcher.search(stream(place, 1000)))
  const expectedOf = async (result: Promise<PlaceResult> | undefined): Promise<number> => (await result)!.datasets[0]!.columns[1]!.expected
  const [wide, looser] = [await expectedOf(wideColumn), await expectedOf(leanColumn)]
  expect(looser).toBeGreaterThan(wide)
  expect(looser - wide).toBeLessThan(150 * 30 * 2 ** -28) // values looked up, slots looked at for each, and the bits that must agree
})

test('a stranger whose token has all bits that a slot of the lean layout keeps is nobody, in a table and in a text', async () => {
  const [segment] = segments
  const strangers = Array.from({ length: 500 }, (_, at) => `stranger${at}@else.example`)
  const machine = createMachine({ key: epochKey, regions: {} })
  const alike = strangers.map((value) => machine.token(Buffer.from(value))! ^ (1n << 33n)) // as near as two tokens can be, and another one's
  const emails = BigUint64Array.from([...segment!.columns[1]!, ...alike]).sort()
  const header = { ...segment!.header, columns: segment!.header.columns.map((column, at) => (at === 1 ? { ...column, distinct: emails.length } : column)) }
  const mixed = { ...segment!, header, columns: segment!.columns.map((column, at) => (at === 1 ? emails : column)) }
  const place = Buffer.from([...strangers.map((value) => `X,${value}`), ...people(0, 20).map((row) => row.join(','))].join('\n'))
  for (const threads of [1, 2]) {
    const lean = await createSearcher([mixed], epochKey, { threads, layout: 'lean', pieceBytes: 200 })
    for (const shape of ['rows', 'text'] as const) expect((await lean.search(stream(place, 1000), { shape })).datasets).toMatchObject([{ dataset: 'people', rows: 20, records: 20 }])
    await lean.close()
  }
})

test('in rows of COPY no quote parts or joins anything, by one thread or several, in a stream or in a file', async () => {
  const rows = people(0, 400).map(([id, email], at) => `${at % 3 === 0 ? '"' : at % 3 === 1 ? '"a" b' : 'x'}\t${email}\t${id}\t${at % 7 === 0 ? '"' : '\\N'}`)
  const place = Buffer.from(`${rows.join('\n')}\n\\.\n\n\n`)
  const file = join(folder, '3342.dat')
  writeFileSync(file, place)
  const descriptor = openSync(file, 'r')
  try {
    for (const searcher of [alone, ...together]) {
      for (const span of [undefined, { descriptor, from: 0, to: place.length }]) {
        const { coverage, datasets } = await searcher.search(() => stream(place, 1000), { delimiter: '\t\\', span })
        expect([coverage.rows, coverage.brokenQuotes, datasets.map(({ dataset, rows: found, records }) => `${dataset} ${found} ${records}`)]).toEqual([401, 0, ['people 400 400']])
      }
    }
    const ordinals: number[] = []
    for await (const row of rowsIn(stream(place, 777), '\t\\')) ordinals.push(row.fields().length)
    expect(ordinals).toEqual([...rows.map(() => 4), 1, 1, 1])
  } finally {
    closeSync(descriptor)
  }
})

test('a segment file is searched for without being in memory whole', async () => {
  const file = await openSegmentFile(join(folder, 'people'), Buffer.alloc(32, 2))
  const searcher = await createSearcher([sourceOfFile(file)], epochKey, { threads: 1 })
  await file.close()
  const place = Buffer.from(people(480, 40).map((row) => `${row.join(',')}\n`).join(''))
  expect((await searcher.search(stream(place, 100))).datasets).toMatchObject([{ dataset: 'people', records: 20, rows: 20 }])
})

test('a source that holds other than it says is refused', async () => {
  const [people] = segments
  const source = { header: people!.header, counts: [...people!.columns, ...people!.links].map((list) => list.length), read: (take: (list: number, tokens: BigUint64Array) => void) => { take(0, people!.columns[0]!.subarray(0, 10)); return Promise.resolve() } }
  await expect(createSearcher([source], epochKey, { threads: 1 })).rejects.toMatchObject({ code: 'trace/segment-malformed' })
})

test('a thread that is ended in its turn at a file costs that place, and nobody waits for it; the next place is searched whole', async () => {
  const searcher = await createSearcher(segments, epochKey, { threads: 3, pieceBytes: 4096 })
  const file = join(folder, 'long.csv')
  writeFileSync(file, people(480, 40).map((row) => `${row.join(',')}\n`).join('').repeat(2000))
  const descriptor = openSync(file, 'r')
  const whole = { descriptor, from: 0, to: Infinity }
  const bytes = (): AsyncIterable<Uint8Array> => stream(readFileSync(file), 1 << 16)
  const workers: Worker[] = []
  const see = (worker: Worker): void => { workers.push(worker) }
  process.on('worker', see)
  try {
    const expected = await searcher.search(bytes, { span: whole })
    expect(workers).toHaveLength(3)
    for (const worker of workers) {
      const post = worker.postMessage.bind(worker)
      // The first thread is given the turn before it begins, and is ended in it; the others begin to wait.
      worker.postMessage = (task: FileTask) => {
        if (workers[0] === worker) { Atomics.store(task.turns.flags, 0, task.thread); setTimeout(() => { void worker.terminate() }, 100) }
        post(task)
      }
    }
    await expect(searcher.search(bytes, { span: whole })).rejects.toMatchObject({ code: 'trace/thread-ended' })
    process.off('worker', see)
    for (const worker of workers) Reflect.deleteProperty(worker, 'postMessage')
    expect(await searcher.search(bytes, { span: whole })).toEqual(expected)
    expect(await alone.search(bytes())).toEqual(expected)
  } finally {
    process.off('worker', see)
    closeSync(descriptor)
    await searcher.close()
  }
}, 300_000)

test('a searcher that is closed twice is closed, and one that never searched has no thread', async () => {
  const searcher = await createSearcher(segments, epochKey, { threads: 2, pieceBytes: 100 })
  await searcher.close()
  await searcher.close()
})
