import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isUnread, openParts } from '../../inventory/adapter/index.ts'
import { buildFingerprints, openFingerprints } from '../fingerprint/index.ts'
import type { Segment } from '../fingerprint/index.ts'
import { createSearcher, decodeTally, encodeTally } from './index.ts'
import type { PlaceResult, RowRule, Searcher } from './index.ts'
import { excess } from './verdict.ts'

const epochKey = Buffer.alloc(16, 1)
const sealKey = Buffer.alloc(32, 2)
let folder: string
let listeners: Segment
let customers: Segment
let both: Searcher
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bailee-search-'))
  listeners = await segment('listeners', listenerRows(0, 2000), ['*user_id', '*email', 'first', 'last', 'city'])
  customers = await segment('customers', customerRows(0, 59), ['*id', '*email', 'company'])
  both = await createSearcher([listeners, customers], epochKey)
})
afterAll(() => rmSync(folder, { recursive: true }))

type Row = string[]
const firsts = ['Ștefan', 'József', 'Ana', 'Zoë', 'Ion']
const lasts = ['Nagy', 'Popescu', 'Tóth', 'Ionescu', 'Müller', 'Kovács', 'Radu']
const cities = ['Iași', 'Cluj-Napoca', 'Pécs', 'Oradea']
const pick = (list: string[], at: number): string => list[at % list.length]!

function listenerRows(from: number, count: number, domain = 'mail.example'): Row[] {
  return Array.from({ length: count }, (_, step) => {
    const at = from + step
    const [first, last] = [pick(firsts, at), pick(lasts, at * 3)]
    return [`${at % 2 === 0 ? 'RO' : 'HU'}${at}`, `${first}.${last}${at}@${domain}`, first, last, pick(cities, at)]
  })
}

function customerRows(from: number, count: number): Row[] {
  return Array.from({ length: count }, (_, step) => [String(from + step + 1), `buyer${from + step}@shop.example`, `Company ${(from + step) % 7}`])
}

const quoted = (field: string): string => (/[",;\t\n|]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)
const csv = (rows: Row[], delimiter = ','): string => rows.map((row) => `${row.map(quoted).join(delimiter)}\n`).join('')

async function* stream(text: string | Uint8Array, size = 1 << 16): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** Columns with a star identify. */
async function segment(dataset: string, rows: Row[], columns: string[], key = epochKey): Promise<Segment> {
  const file = join(folder, dataset)
  await buildFingerprints({
    dataset, epochKey: key, sealKey, file, random: randomBytes, rows: stream(csv(rows)), columns: columns.map((name) => ({ name: name.replace('*', ''), identifies: name.startsWith('*') })),
  })
  return openFingerprints(file, sealKey)
}

async function searchFile(searcher: Searcher, content: string | Uint8Array): Promise<PlaceResult> {
  writeFileSync(join(folder, 'place'), content)
  for await (const part of openParts(folder, 'place')) {
    if (isUnread(part)) throw new Error(part.because)
    return await searcher.search(part.bytes, { delimiter: part.delimiter })
  }
  throw new Error('no parts')
}

const found = (result: PlaceResult): [string, number, number][] =>
  result.datasets.filter(({ verdict }) => verdict === 'copy').map(({ dataset, records, rows }) => [dataset, records, rows])
const rulesOf = (result: PlaceResult): RowRule[] => result.datasets.filter(({ verdict }) => verdict === 'copy')

describe('a copy of 100 people among 2,000 strangers is found, whole and exactly', () => {
  const copied = listenerRows(500, 100)
  const strangers = listenerRows(1_000_000, 2000, 'else.example')
  const mixed = [...strangers.slice(0, 700), ...copied, ...strangers.slice(700)]
  const mapped = (change: (row: Row) => Row): Row[] => mixed.map(change)
  const disguises: Record<string, () => string | Uint8Array> = {
    'as it is': () => csv(mixed),
    'with other names and another order': () => csv([['x1', 'x2', 'x3', 'x4', 'x5', 'x6'], ...mapped(([id, mail, first, last, city]) => [city!, 'note', last!, mail!, id!, first!])]),
    'without most columns': () => csv(mapped(([id, mail]) => [mail!, id!])),
    'as a list of e-mail addresses': () => csv(mapped(([, mail]) => [mail!])),
    'in capitals': () => csv(mapped((row) => row.map((field) => field.toUpperCase()))),
    'padded': () => csv(mapped((row) => row.map((field) => `  ${field}\t `))),
    'padded with other spaces': () => csv(mapped((row) => row.map((field) => `\u00A0${field}\u2003`))),
    'quoted': () => mixed.map((row) => `"${row.join('","')}"\r\n`).join(''),
    'with semicolons': () => csv(mixed, ';'),
    'with tabs': () => csv(mixed, '\t'),
    'with bars': () => csv(mixed, '|'),
    'in gzip': () => gzipSync(csv(mixed)),
    'as JSON lines': () => mixed.map(([id, mail, ...rest]) => `${JSON.stringify({ rest, contact: { mail, id } })}\n`).join(''),
    'as JSON lines in gzip': () => gzipSync(mixed.map((row) => JSON.stringify(row)).join('\n')),
    'with accents taken apart': () => csv(mixed).normalize('NFD'),
    'in UTF-16': () => Buffer.from(`\uFEFF${csv(mixed)}`, 'utf16le'),
    'with a byte order mark and Windows line ends': () => `\uFEFF${csv(mixed).replaceAll('\n', '\r\n')}`,
    'beside values of two lines': () => csv(mapped((row) => ['a "quoted"\n, note', ...row])),
  }
  test.each(Object.keys(disguises))('%s', async (disguise) => {
    const result = await searchFile(both, disguises[disguise]!())
    expect(found(result)).toEqual([['listeners', 100, 100]])
    expect(result.coverage).toMatchObject({ brokenQuotes: 0, tooLong: 0, lost: 0 })
    expect(result.coverage.rows - mixed.length).toBeLessThanOrEqual(1) // a header line counts as a row
    expect(result.datasets[0]!.reasons.length).toBeGreaterThan(0)
  })

  test('a person in two rows counts once, in two places as in one', async () => {
    const result = await both.search(stream(csv([...copied, ...copied, ...strangers])))
    expect(found(result)).toEqual([['listeners', 100, 200]])
  })
})

describe('what is no copy is not called one', () => {
  test('ten sets of strangers with the same kinds of ids, names and cities', async () => {
    for (let set = 1; set <= 10; set += 1) {
      const strangers = listenerRows(set * 100_000, 5000, 'else.example').map(([, mail, ...rest], at) => [String(at), mail!, ...rest, `HU${at}`])
      const result = await both.search(stream(csv(strangers)))
      expect(found(result)).toEqual([])
      expect(result.datasets.every(({ records, rows }) => records === 0 && rows === 0)).toBe(true)
    }
  })

  test('sequential ids alone, however many', async () => {
    const result = await both.search(stream(csv(listenerRows(0, 2000).map(([id]) => [id!]))))
    expect(result.datasets).toMatchObject([{ dataset: 'listeners', verdict: 'chance', records: 0, rows: 0 }])
    expect(result.datasets[0]!.reasons).toEqual([expect.stringContaining('2000 rows share values below the bar')])
  })

  test('values of different records in one row', async () => {
    const people = listenerRows(0, 2)
    const result = await both.search(stream(csv([[people[0]![0]!, people[1]![1]!]])))
    expect(found(result)).toEqual([])
  })

  test('customers that two controllers share, in the rows of the other', async () => {
    const own = listenerRows(0, 300).map(([, mail], at) => [`C-${at}`, mail!, `+40 21 55${String(at).padStart(5, '0')}`])
    const shop = await segment('shop', [...own, ...listenerRows(1_000_000, 3000, 'else.example').map(([, mail], at) => [`C-${at + 300}`, mail!, `+40 22 55${String(at).padStart(5, '0')}`])], ['*id', '*mail', '*phone'])
    const searcher = await createSearcher([listeners, shop], epochKey)
    const result = await searcher.search(stream(csv(own)))
    expect(found(result)).toEqual([['shop', 300, 300]])
    const place = csv([...own, ...listenerRows(1000, 5).map(([, mail]) => [mail!])])
    const mixed = await searcher.search(stream(place))
    expect(found(mixed)).toEqual([['shop', 300, 300], ['listeners', 5, 5]])
    const located = await searcher.locate(stream(place), 'listeners', rulesOf(mixed))
    expect([Array.from(located.matched.ordinals), located.ambiguous.ordinals.length]).toEqual([[300, 301, 302, 303, 304], 0])
  })
})

describe('a table of several controllers', () => {
  const strangers = listenerRows(1_000_000, 80, 'else.example')
  const content: Row[] = []
  const [ours, theirs] = [listenerRows(100, 300), customerRows(0, 40)]
  for (let at = 0; at < 300; at += 1) {
    content.push([...ours[at]!, ''])
    if (at < 40) content.push(['', theirs[at]![1]!, '', '', theirs[at]![0]!, 'x'])
    if (at < 80) content.push([...strangers[at]!, ''])
  }
  const table = content.map((row, at) => [`(${Math.floor(at / 50)},${(at % 50) + 1})`, ...row])

  test('names each with its own count', async () => {
    const result = await both.search(stream(csv(content)))
    expect(found(result)).toEqual([['listeners', 300, 300], ['customers', 40, 40]])
    expect(result.coverage).toMatchObject({ rows: 420, fields: 6, bytes: Buffer.byteLength(csv(content)) })
    expect(result.datasets[0]!.fields).toEqual([{ field: 0, column: 'user_id', hits: 300, form: null }, { field: 1, column: 'email', hits: 300, form: null }])
  })

  test('gives up the rows of one, and the other is untouched', async () => {
    const text = csv(table)
    const result = await both.search(stream(text), { idFields: 1 })
    const located = await both.locate(stream(text), 'listeners', rulesOf(result), { idFields: 1 })
    expect([located.matched.ordinals.length, located.ambiguous.ordinals.length, located.unowned]).toEqual([300, 0, 80])
    const bytes = Buffer.from(text)
    const ids = Array.from(located.matched.starts, (start, row) => bytes.subarray(start, located.matched.ends[row]).toString().split('"')[1]!)
    const expected = table.filter((row) => ours.some(([id]) => id === row[1])).map((row) => row[0]!)
    expect(ids).toEqual(expected)
    expect(Array.from(located.matched.ordinals)).toEqual(expected.map((id) => table.findIndex((row) => row[0] === id)))
    const rest = await both.search(stream(csv(table.filter((row) => !ids.includes(row[0]!)))), { idFields: 1 })
    expect(found(rest)).toEqual([['customers', 40, 40]])
  })

  test('calls a row ambiguous that is just as much another controller\'s', async () => {
    const again = await segment('again', ours.slice(0, 7), ['*user_id', '*email', 'first', 'last', 'city'])
    const searcher = await createSearcher([listeners, again], epochKey)
    const result = await searcher.search(stream(csv(content)))
    const located = await searcher.locate(stream(csv(content)), 'listeners', rulesOf(result))
    expect([located.matched.ordinals.length, located.ambiguous.ordinals.length]).toEqual([293, 7])
    const together = await searcher.locate(stream(csv(content)), ['listeners', 'again'], rulesOf(result)) // two tables of one controller
    expect([together.matched.ordinals.length, together.ambiguous.ordinals.length]).toEqual([300, 0])
    await expect(searcher.locate(stream(''), 'nobody', rulesOf(result))).rejects.toMatchObject({ code: 'trace/no-rule' })
  })
})

describe('results do not depend on', () => {
  const field = fc.constantFrom('', 'x', '"', 'a,b', '\n', 'RO4', 'HU5', ...listenerRows(3, 4).flat(), ...customerRows(0, 3).flat())
  const tables = fc.array(fc.array(field, { minLength: 1, maxLength: 5 }), { maxLength: 12 })

  test('where the stream is cut', async () => {
    await fc.assert(fc.asyncProperty(tables, fc.integer({ min: 1, max: 90 }), async (rows, batchBytes) => {
      const text = `${csv(rows)}${csv(listenerRows(10, 5))}`
      const whole = await both.search(stream(text))
      expect(await both.search(stream(text, 7), { batchBytes })).toEqual(whole)
      const rules = rulesOf(whole)
      expect(rules.map(({ dataset }) => dataset)).toContain('listeners')
      expect(await both.locate(stream(text, 7), 'listeners', rules, { batchBytes })).toEqual(await both.locate(stream(text), 'listeners', rules))
    }), { numRuns: 50 })
  })

  test('the search before, even one that broke off', async () => {
    const text = csv(listenerRows(0, 50))
    const first = await both.search(stream(text))
    const failing = (async function* () { yield Buffer.from(text.slice(0, 501)); throw new Error('the store went away') })()
    await expect(both.search(failing)).rejects.toThrow('went away')
    expect(await both.search(stream(text))).toEqual(first)
    expect(found(await both.search(stream(csv(customerRows(0, 5)))))).toEqual([['customers', 5, 5]])
  })
})

describe('tallies of parts', () => {
  const rows = fc.array(fc.constantFrom('x', 'RO4,first', ...listenerRows(3, 6).map((row) => csv([row]).trim()), ...customerRows(0, 4).map((row) => csv([row]).trim()), ...listenerRows(9, 3).map(([, mail]) => mail!)), { maxLength: 40 })

  test('merge to what the whole place gives, in any cut at line ends and any order, and survive being written down', async () => {
    await fc.assert(fc.asyncProperty(fc.array(rows, { minLength: 1, maxLength: 4 }), async (parts) => {
      const texts = parts.map((part) => part.map((row) => `${row}\n`).join(''))
      const whole = await both.search(stream(texts.join('')))
      const tallies = []
      for (const text of texts) tallies.push(decodeTally(encodeTally(await both.tally(() => stream(text)))))
      const withoutSamples = ({ coverage, datasets }: PlaceResult) => ({ coverage, datasets: datasets.map(({ samples: _, ...rest }) => rest) })
      expect(withoutSamples(both.judge(tallies))).toEqual(withoutSamples(whole))
      expect(withoutSamples(both.judge(tallies.toReversed()))).toEqual(withoutSamples(whole))
      expect(tallies.map(({ endedInsideRecord }) => endedInsideRecord)).toEqual(texts.map(() => false))
    }), { numRuns: 40 })
  })

  test('say when their bytes ended inside quotes', async () => {
    expect((await both.tally(stream('a,"b\n'))).endedInsideRecord).toBe(true)
    expect((await both.tally(stream('a,"b"\n"c')))).toMatchObject({ endedInsideRecord: true, coverage: { rows: 2, brokenQuotes: 1 } })
    expect((await both.tally(stream('a,"b\n"'))).endedInsideRecord).toBe(false)
  })

  test('of other fingerprints, or none, are not judged, and altered bytes are no tally', async () => {
    const alone = await createSearcher([listeners], epochKey)
    const tally = await alone.tally(stream(csv(listenerRows(0, 5))))
    expect(() => both.judge([tally])).toThrow(/other fingerprints/)
    expect(() => both.judge([])).toThrow(/there is none/)
    expect(found(alone.judge([tally]))).toEqual([['listeners', 5, 5]])
    const bytes = encodeTally(tally)
    for (const changed of [bytes.subarray(0, -1), Buffer.from('no tally'), bytes.with(bytes.length - 1, bytes.at(-1)! ^ 1)]) expect(() => decodeTally(changed)).toThrow(/cannot be read/)
  })

  test('show where rows stand that count, and by which columns', async () => {
    const result = await both.search(stream(`a,b\n${csv(listenerRows(0, 30))}`))
    expect(result.datasets[0]!.samples).toHaveLength(4)
    expect(result.datasets[0]!.samples[0]).toEqual({ part: 0, offset: 4, columns: ['user_id', 'email'] })
  })
})

describe('a dataset without e-mail addresses', () => {
  const phone = (at: number): string => `+40 7${String((at * 7_919_317) % 100_000_000).padStart(8, '0')}`
  const callers = Array.from({ length: 3000 }, (_, at) => [`R${at}`, phone(at)])

  test('is found where numbers and ids go together beyond chance, in any spelling', async () => {
    const searcher = await createSearcher([await segment('callers', callers, ['*id', '*phone'])], epochKey)
    const spelt = callers.slice(0, 200).map(([id, number]) => [number!.replace('+', '00').replaceAll(' ', '-'), 'x', id!.toLowerCase()])
    const others = Array.from({ length: 200_000 }, (_, at) => [phone(at + 1_000_003), 'y', `R${at}`])
    const result = await searcher.search(stream(csv([...spelt, ...others])))
    expect(found(result)).toEqual([['callers', 200, 200]])
    expect(result.datasets[0]!.barBits).toBeLessThan(Math.log2(3000 * 200_200) + 20) // each row alone stays below it
    const located = await searcher.locate(stream(csv([...spelt, ...others])), 'callers', rulesOf(result))
    expect(Array.from(located.matched.ordinals)).toEqual(spelt.map((_, row) => row))
    expect(found(await searcher.search(stream(csv(others))))).toEqual([])
  })

  test('is not found by sequential numbers that go together in everybody\'s tables', async () => {
    const coded = Array.from({ length: 3000 }, (_, at) => [String(at), `C${String(at).padStart(6, '0')}`])
    const searcher = await createSearcher([await segment('coded', coded, ['*id', '*code'])], epochKey)
    expect(found(await searcher.search(stream(csv(coded))))).toEqual([])
  })
})

test('rows are located by the hundred thousand', async () => {
  const text = csv(listenerRows(0, 2000)).repeat(50)
  const rules = rulesOf(await both.search(stream(text)))
  const { matched } = await both.locate(stream(text), 'listeners', rules)
  expect(matched.ordinals).toHaveLength(100_000)
  expect(matched.ordinals.every((ordinal, row) => ordinal === row)).toBe(true)
  expect(matched.starts.every((start, row) => start === (row === 0 ? 0 : matched.ends[row - 1]))).toBe(true)
  expect(matched.ends.at(-1)).toBe(Buffer.byteLength(text))
})

describe('a search refuses to look clean', () => {
  test('with fingerprints of another epoch key, or none', async () => {
    const other = await segment('other', customerRows(0, 5), ['id', '*email', 'company'], Buffer.alloc(16, 9))
    await expect(createSearcher([listeners, other], epochKey)).rejects.toThrow(/another epoch key/)
    await expect(createSearcher([], epochKey)).rejects.toThrow(/at least one dataset/)
    await expect(createSearcher([listeners, listeners], epochKey)).rejects.toThrow(/same dataset/)
  })

  test('while another search runs', async () => {
    const running = both.search(stream('a,b\n'))
    await expect(both.search(stream('a,b\n'))).rejects.toMatchObject({ code: 'trace/search-busy' })
    await running
  })
})

test('the excess over chance bounds the Poisson tail, summed by hand', () => {
  for (const [seen, mean] of [[1, 0.001], [5, 0.5], [30, 10], [120, 78]] as const) {
    let term = Math.exp(-mean)
    let below = 0
    for (let count = 0; count < seen; count += 1) { below += term; term *= mean / (count + 1) }
    expect(excess(seen, mean)).toBeGreaterThan(0)
    expect(excess(seen, mean)).toBeLessThanOrEqual(-Math.log2(1 - below) + 1e-6)
  }
  expect(excess(78, 78)).toBe(0)
})
