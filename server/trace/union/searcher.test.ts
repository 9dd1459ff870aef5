import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildFingerprints, openFingerprints } from '../fingerprint/index.ts'
import { writeSegment } from '../fingerprint/segment.ts'
import { createMachine } from '../scanner/machine.ts'
import { createSearcher } from '../search/index.ts'
import type { PlaceResult, Searcher } from '../search/index.ts'
import { createScreenedSearcher, openSource, searcherFor, sealedSource } from './index.ts'
import type { SegmentSource } from './index.ts'
import { fillFilter } from './fill.ts'
import { createHands } from './hands.ts'
import { attachFilter, filterRegions, shapeFor } from './filter.ts'
import { tokensAtOnce } from './tasks.ts'

const epochKey = Buffer.alloc(16, 7)
const datasets = 50
const recordsOf = (dataset: number): number => 40 + dataset * 20

type Row = string[]

/** A phone number, an address, or an identifier that looks like one of many; the same for the same numbers. */
const scattered = (seed: number, size: number): number => Math.imul((seed + 1) ^ 0x5bd1e995, 0x9e3779b1) >>> 0 % size
const phone = (seed: number): string => `07${String(scattered(seed, 2 ** 32)).padStart(10, '0')}`

/** Five kinds of tables: with e-mail; with e-mail and small numbers; numbers and phones that only count together; two weak columns and a phone; words alone. */
function row(dataset: number, record: number): Row {
  const seed = dataset * 100_000 + record
  switch (dataset % 5) {
    case 0: return [`person${seed}@mail${dataset}.example`, phone(seed)]
    case 1: return [String(record), `${seed}.buyer@shop.example`]
    case 2: return [phone(seed), `R${String(scattered(seed, 2 ** 32)).padStart(10, '0')}`]
    case 3: return [String(record + 1000), `K${record % 900}`, phone(seed)]
    default: return [`handle-${scattered(seed, 2 ** 32).toString(36)}-${scattered(seed + 7, 2 ** 32).toString(36)}-${seed}`, String(record)]
  }
}

const csv = (rows: readonly Row[]): string => rows.map((fields) => `${fields.join(',')}\n`).join('')
const stream = (text: string) => async function* (): AsyncGenerator<Uint8Array> { yield Buffer.from(text) }

let folder: string
const sealKeys = new Map<number, Buffer>()
const files = (dataset: number): string => join(folder, `d${dataset}`)
let sources: SegmentSource[]
let exact: Searcher
let screened: Searcher
let crowded: Searcher
let threaded: Searcher

async function build(dataset: number): Promise<void> {
  const rows = Array.from({ length: recordsOf(dataset) }, (_, record) => row(dataset, record))
  sealKeys.set(dataset, randomBytes(32))
  await buildFingerprints({
    dataset: `d${dataset}`, epochKey, sealKey: sealKeys.get(dataset)!, file: files(dataset), random: randomBytes, rows: stream(csv(rows))(),
    columns: rows[0]!.map((_, column) => ({ name: `c${column}`, identifies: true })),
  })
}

function keyOf(dataset: number): Buffer {
  const key = sealKeys.get(dataset)
  if (key === undefined) throw new Error('the key was destroyed')
  return key
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bailee-union-'))
  for (let dataset = 0; dataset < datasets; dataset += 1) await build(dataset)
  sources = await Promise.all(Array.from({ length: datasets }, (_, dataset) => sealedSource(files(dataset), () => keyOf(dataset))))
  const segments = await Promise.all(sources.map(({ open }) => open()))
  const inMemory = segments.map(openSource)
  exact = await createSearcher(segments, epochKey, { threads: 1 })
  screened = await createScreenedSearcher(inMemory, epochKey, { threads: 1 })
  crowded = await createScreenedSearcher(inMemory, epochKey, { threads: 1, waitingBytesMax: 64, exactTokensMax: 8000 })
  threaded = await createScreenedSearcher(sources, epochKey, { threads: 2, pieceBytes: 2048, waitingBytesMax: 4096 })
})
afterAll(async () => {
  await Promise.all([exact, screened, crowded, threaded].map((searcher) => searcher.close()))
  rmSync(folder, { recursive: true })
})

const copies = (result: PlaceResult) => result.datasets.filter(({ verdict }) => verdict === 'copy')

/** Everything of a copy but what weak columns have in rows without a stronger value. */
function essence(result: PlaceResult) {
  return copies(result).map(({ dataset, columns, fields, reasons: _, ...rest }) => {
    const weak = new Set(exact.datasets.find((one) => one.dataset === dataset)!.columns.filter((column) => column.weak).map(({ name }) => name))
    return { dataset, ...rest, columns: columns.filter(({ column }) => !weak.has(column)), fields: fields.filter(({ column }) => !weak.has(column)) }
  })
}
const found = (result: PlaceResult): [string, number, number][] => copies(result).map(({ dataset, records, rows }) => [dataset, records, rows])
const strangers = (count: number, seed: number): Row[] => Array.from({ length: count }, (_, at) => [String(at), `stranger${seed + at}@else.example`, phone(-seed - at), 'Iași', `K${at % 900}`])

// A place: some rows of some datasets, some of them with one value only, among strangers.
const place = fc.record({
  taken: fc.array(fc.record({ dataset: fc.nat({ max: datasets - 1 }), from: fc.nat({ max: 30 }), count: fc.integer({ min: 1, max: 10 }), only: fc.option(fc.nat({ max: 2 })), mixed: fc.boolean() }), { maxLength: 6 }),
  strangers: fc.record({ count: fc.nat({ max: 60 }), seed: fc.nat({ max: 1_000_000 }) }),
})

function rowsOf({ taken, strangers: { count, seed } }: typeof place extends fc.Arbitrary<infer T> ? T : never): Row[] {
  const rows = taken.flatMap(({ dataset, from, count: own, only, mixed }) => Array.from({ length: own }, (_, at) => {
    const fields = row(dataset, from + at)
    if (only !== null) return [fields[only % fields.length]!, 'x']
    return mixed ? ['note', ...fields.toReversed()] : fields
  }))
  return [...strangers(count, seed), ...rows]
}

describe('a search by the union of fifty datasets', () => {
  test('finds every copy that the exact search finds, with the same rows and people, and no other', async () => {
    let copiesSeen = 0
    await fc.assert(fc.asyncProperty(place, async (drawn) => {
      const bytes = stream(csv(rowsOf(drawn)))
      const expected = await exact.search(bytes)
      const got = await screened.search(bytes)
      copiesSeen += copies(expected).length
      expect(essence(got)).toEqual(essence(expected))
      expect(got.coverage).toEqual(expected.coverage)
    }), { numRuns: 60 })
    expect(copiesSeen).toBeGreaterThan(20)
  })

  test('finds the same where so much is kept of a place that it is attributed in several turns', async () => {
    await fc.assert(fc.asyncProperty(place, async (drawn) => {
      const text = csv(rowsOf(drawn))
      const pieces = async function* (): AsyncGenerator<Uint8Array> { for (let at = 0; at < text.length; at += 300) yield await Promise.resolve(Buffer.from(text.slice(at, at + 300))) }
      expect(essence(await crowded.search(pieces, { batchBytes: 200 }))).toEqual(essence(await exact.search(pieces)))
    }), { numRuns: 25 })
  })

  test('finds them by several threads, wherever the place is cut', async () => {
    const quoted = fc.constantFrom('"', '"two\nlines"', '"a ""b"" c"', 'a"b', '')
    await fc.assert(fc.asyncProperty(place, fc.array(quoted, { maxLength: 4 }), async (drawn, odd) => {
      const rows = rowsOf(drawn).flatMap((fields, at) => (at % 7 === 3 ? [[...fields, ...odd], fields] : [fields]))
      const bytes = stream(csv([...strangers(200, 4), ...rows, ...strangers(100, 9000)]))
      const expected = await exact.search(bytes)
      const got = await threaded.search(bytes)
      if (expected.coverage.lost === 0) expect(essence(got)).toEqual(essence(expected))
      // A quote that does not close makes one row of many: the exact search cannot keep all its hits, this one has fewer to keep.
      for (const { dataset, records } of copies(expected)) expect(copies(got).find((one) => one.dataset === dataset)?.records).toBeGreaterThanOrEqual(records)
      expect({ ...got.coverage, lost: 0 }).toEqual({ ...expected.coverage, lost: 0 })
    }), { numRuns: 8 })
  })

  test('finds three rows of each kind of table', async () => {
    for (const dataset of [45, 46, 49]) {
      const bytes = stream(csv([...strangers(500, 5), ...[3, 4, 5].map((record) => row(dataset, record))]))
      expect(found(await screened.search(bytes))).toEqual([[`d${dataset}`, 3, 3]])
    }
  })

  test('finds the rows of a table that is known only by numbers that go together', async () => {
    const bytes = stream(csv([...strangers(300, 9), ...Array.from({ length: 30 }, (_, record) => row(47, record))]))
    const expected = await exact.search(bytes)
    expect(found(expected)).toEqual([['d47', 30, 30]])
    expect(found(await screened.search(bytes))).toEqual([['d47', 30, 30]])
  })

  test('reads a place once, and a text with somebody\'s value twice', async () => {
    let reads = 0
    const counted = (text: string) => () => { reads += 1; return stream(text)() }
    expect(found(await screened.search(counted(csv(strangers(2000, 1)))))).toEqual([])
    expect(reads).toBe(1)
    expect(found(await screened.search(counted(csv([row(5, 1), row(5, 2), row(5, 3)]))))).toEqual([['d5', 3, 3]])
    expect(reads).toBe(2)
    expect(found(await screened.search(counted('nobody here\n'), { shape: 'text' }))).toEqual([])
    expect(reads).toBe(3)
    const text = [1, 2, 3].map((record) => row(5, record).join(' and ')).join('\n')
    expect(found(await screened.search(counted(text), { shape: 'text' }))).toEqual([['d5', 3, 3]])
    expect(reads).toBe(5)
    await expect(screened.search(stream(text)(), { shape: 'text' })).rejects.toMatchObject({ code: 'trace/read-again' })
  })

  test('does not depend on where the stream is cut, or on rows of more values than wait together', async () => {
    const wide = Array.from({ length: 1500 }, (_, at) => `person${at}@wide.example`)
    const rows = [...strangers(50, 3), [...wide.slice(0, 700), ...row(5, 1), ...wide.slice(700), ...row(5, 2)], row(5, 3), row(6, 9), row(6, 10)]
    const bytes = stream(csv(rows))
    const whole = await screened.search(bytes)
    expect(essence(whole)).toEqual(essence(await exact.search(bytes)))
    for (const batchBytes of [13, 100, 4096]) expect(await screened.search(bytes, { batchBytes })).toEqual(whole)
  })

  test('locates the rows that it found', async () => {
    const text = csv([...strangers(20, 2), row(7, 1), row(7, 2), row(5, 1), row(5, 2), row(5, 3)])
    const rules = copies(await screened.search(stream(text)))
    const { matched } = await screened.locate(stream(text)(), 'd5', rules)
    expect(Array.from(matched.ordinals)).toEqual([22, 23, 24])
  })

  test('finds in text what the exact search finds there', async () => {
    await fc.assert(fc.asyncProperty(place, async (drawn) => {
      const bytes = stream(rowsOf(drawn).map((fields) => `said ${fields.join(' and ')}, or so\n`).join(''))
      const expected = await exact.search(bytes, { shape: 'text' })
      expect(found(await screened.search(bytes, { shape: 'text' }))).toEqual(found(expected))
    }), { numRuns: 40 })
  })

  test('loses a controller whose key is destroyed, and no other', async () => {
    const text = csv([...strangers(100, 4), row(5, 1), row(5, 2), row(5, 3), row(10, 1), row(10, 2), row(10, 3)])
    expect(found(await screened.search(stream(text)))).toEqual([['d10', 3, 3], ['d5', 3, 3]])
    const kept = sealKeys.get(5)!
    sealKeys.delete(5)
    try {
      await expect(createScreenedSearcher(sources, epochKey, { threads: 1 })).rejects.toThrow('the key was destroyed') // its file is noise now
      await expect(openFingerprints(files(5), randomBytes(32))).rejects.toMatchObject({ code: 'trace/seal-refused' })
      const without = await createScreenedSearcher(sources.filter((_, dataset) => dataset !== 5), epochKey, { threads: 1 })
      expect(found(await without.search(stream(text)))).toEqual([['d10', 3, 3]])
      await without.close()
    } finally {
      sealKeys.set(5, kept)
    }
  })

  test('refuses what the exact search refuses, and what it cannot do', async () => {
    await expect(createScreenedSearcher([], epochKey)).rejects.toThrow(/at least one dataset/)
    await expect(createScreenedSearcher(sources, Buffer.alloc(16, 8))).rejects.toMatchObject({ code: 'trace/other-epoch' })
    await expect(createScreenedSearcher([sources[0]!, sources[0]!], epochKey)).rejects.toMatchObject({ code: 'trace/dataset-twice' })
    await expect(screened.tally(stream('a,b\n'))).rejects.toMatchObject({ code: 'trace/no-tally' })
    const running = screened.search(stream('a,b\n'))
    await expect(screened.search(stream('a,b\n'))).rejects.toMatchObject({ code: 'trace/search-busy' })
    await running
  })

  test('is chosen when the exact table would not hold all', async () => {
    const few = sources.slice(0, 3)
    const [table, union] = [await searcherFor(few, epochKey, { threads: 1 }), await searcherFor(few, epochKey, { threads: 1, exactTokensMax: 10 })]
    expect(await table.tally(stream('a,b\n'))).toMatchObject({ coverage: { rows: 1 } })
    await expect(union.tally(stream('a,b\n'))).rejects.toMatchObject({ code: 'trace/no-tally' })
    await table.close()
  })
})

test('a union of many tokens, filled by threads from a sealed file, misses none of them', async () => {
  const halves = new Uint32Array(5_000_000 * 2)
  for (let at = 0; at < halves.length; at += 1) halves[at] = Math.imul(at ^ (at >>> 15), 0x2c1b3c6d) ^ Math.imul(at, 0x85ebca6b)
  const tokens = new BigUint64Array(halves.buffer).sort()
  const { header: { columns: [column], ...header } } = await sources[0]!.open()
  const file = join(folder, 'many')
  const sealKey = randomBytes(32)
  await writeSegment(file, { header: { ...header, columns: [{ ...column!, distinct: tokens.length, dropped: 0 }], links: [], forms: [] }, columns: [tokens], links: [], forms: [], dropped: [new BigUint64Array()] }, { sealKey, random: randomBytes })
  const shape = shapeFor(tokens.length)
  const regions = filterRegions(shape)
  const machine = createMachine({ key: epochKey, filter: shape, lanes: 2, regions: { keys: regions.shared, touched: regions.own, out: tokensAtOnce * 8 } })
  const at = { shared: machine.at('keys'), own: machine.at('touched') }
  const hands = createHands(2)
  await fillFilter({ shape, tokens: tokens.length, memory: machine.shared, at }, [await sealedSource(file, () => sealKey)], { hands, rooms: [machine.at('out', 0), machine.at('out', 1)] })
  await hands.close()
  const filter = attachFilter(machine.shared, shape, at)
  expect(tokens.filter((token) => !filter.test(token))).toHaveLength(0)
})
