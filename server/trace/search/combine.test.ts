import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildFingerprints, openFingerprints, openSegmentFile, subtractRows, type DatasetColumn, type Segment } from '../fingerprint/index.ts'
import { createScreenedSearcher, openSource } from '../union/index.ts'
import { createSearcher, type PlaceResult, type Searcher } from './index.ts'

const epochKey = Buffer.alloc(16, 1)
const sealKey = Buffer.alloc(32, 2)
const records = 50_000
const columns: DatasetColumn[] = [
  { name: 'id', identifies: true }, { name: 'first', identifies: false, combine: 'name' }, { name: 'last', identifies: false, combine: 'name' }, { name: 'born', identifies: false, combine: 'date' },
]

/** Numbers below one, the same for the same seed. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let x = Math.imul(state ^ (state >>> 15), state | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
  }
}

const syllables = ['ba', 'ren', 'to', 'mil', 'sa', 'vo', 'lin', 'der', 'ka', 'mo', 'ri', 'sten', 'pa', 'lou', 'gre', 'fi', 'nau', 'che', 'du', 'win']
const word = (at: number): string => syllables[at % 20]! + syllables[Math.floor(at / 20) % 20]! + (at >= 400 ? syllables[Math.floor(at / 400) % 20]! : '') + (at >= 8000 ? syllables[Math.floor(at / 8000) % 20]! : '')

interface Person { readonly first: string; readonly last: string; readonly year: number; readonly month: number; readonly day: number }

/** Names as often as in a country: few are common, most are rare; years of birth heaped around forty years ago. */
function person(random: () => number): Person {
  const common = (different: number): number => Math.floor(different * random() ** 2.5)
  return { first: word(common(2000)), last: `${word(common(30_000))}s`, year: 1940 + Math.floor(35 * (random() + random())), month: 1 + Math.floor(12 * random()), day: 1 + Math.floor(28 * random()) }
}

const two = (number: number): string => String(number).padStart(2, '0')
const iso = ({ year, month, day }: Person): string => `${year}-${two(month)}-${two(day)}`
const monthFirst = ({ year, month, day }: Person): string => `${two(month)}/${two(day)}/${year}`
const dayFirst = ({ year, month, day }: Person): string => `${day}.${month}.${year}`

function people(seed: number, count: number): Person[] {
  const random = numbers(seed)
  return Array.from({ length: count }, () => person(random))
}

async function* stream(text: string): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < text.length; at += 1 << 20) yield Buffer.from(text.slice(at, at + (1 << 20)))
}

const lines = (rows: readonly Person[], line: (person: Person, at: number) => string): string => rows.map((row, at) => `${line(row, at)}\n`).join('')
const source = (rows: readonly Person[], birth = iso): string => lines(rows, (row, at) => `${1_000_000 + at},${row.first},${row.last},${birth(row)}`)

let folder: string
let ours: Person[]
let segment: Segment
let searcher: Searcher
const build = async (name: string, rows: string, of = columns): Promise<Segment> => {
  const file = join(folder, name)
  await buildFingerprints({ dataset: name, epochKey, sealKey, file, random: randomBytes, columns: of, rows: stream(rows) })
  return openFingerprints(file, sealKey)
}
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bailee-combine-'))
  ours = people(1, records)
  segment = await build('members', source(ours))
  searcher = await createSearcher([segment], epochKey, { threads: 1 })
})
afterAll(async () => {
  await searcher.close()
  rmSync(folder, { recursive: true })
})

const copies = (result: PlaceResult): number[] => result.datasets.filter(({ verdict }) => verdict === 'copy').map((one) => one.records)

test('the combinations are columns behind those that identify, linked with these and not with each other', () => {
  const { columns: known, links } = segment.header
  expect(known.map(({ name, kind, of }) => [name, kind, of?.length])).toEqual([['id', 'digits', undefined], ['born + last + first', 'combination', 3]])
  expect(links.map(({ a, b }) => [a, b])).toEqual([[0, 1]])
  expect(known[1]!.distinct).toBeGreaterThan(records * 0.999)
})

describe('a hundred of fifty thousand people among a hundred thousand others', () => {
  const others = people(2, 100_000)
  const hidden = (count: number, line: (person: Person, at: number) => string): string => lines([...others.slice(0, 70_000), ...ours.slice(500, 500 + count), ...others.slice(70_000)], line)

  test.each<[string, (person: Person, at: number) => string]>([
    ['with another order of day and month', (row) => `x,${monthFirst(row)},${row.last.toUpperCase()},${row.first}`],
    ['with points in the dates, among other columns', (row, at) => `${row.first},${row.last},Paris,FR,m,${dayFirst(row)},premium,${at % 2 === 0},2020-01-01`],
    ['quoted, names reordered', (row) => `"${row.last}"," ${row.first} ","${iso(row)} 00:00:00"`],
  ])('are found by name and birth date alone, %s', async (_, line) => {
    const [count] = copies(await searcher.search(stream(hidden(100, line))))
    expect(count).toBeGreaterThanOrEqual(100)
    expect(count).toBeLessThanOrEqual(106) // namesakes of ours, born on their day
  })

  test('ten are not told from chance, and not reported; among ten thousand they are', async () => {
    const line = (row: Person): string => `${row.first};${row.last};${iso(row)}`
    expect(copies(await searcher.search(stream(hidden(10, line)), { delimiter: ';' }))).toEqual([])
    const [count] = copies(await searcher.search(stream(lines([...others.slice(0, 10_000), ...ours.slice(0, 10)], line)), { delimiter: ';' }))
    expect(count).toBeGreaterThanOrEqual(10)
    expect(count).toBeLessThanOrEqual(12)
  })

  test('beside an id of theirs every row agrees on one record', async () => {
    const line = (row: Person, at: number): string => `${row.first},${at >= 70_000 && at < 70_100 ? 1_000_500 + at - 70_000 : at},${row.last},${iso(row)}`
    const { datasets } = await searcher.search(stream(hidden(100, line)))
    expect(datasets[0]).toMatchObject({ verdict: 'copy', confirmedRows: 100 })
  })

  test('are found by the search of many controllers, too', async () => {
    const union = await createScreenedSearcher([openSource(segment)], epochKey)
    const result = await union.search(() => stream(hidden(100, (row) => `${monthFirst(row)},${row.last},${row.first}`)))
    expect(copies(result)[0]).toBeGreaterThanOrEqual(100)
    await union.close()
  })
})

test('a million people of another client, with the same names and years of birth, are no finding', async () => {
  const result = await searcher.search((async function* () {
    for (let part = 0; part < 20; part += 1) yield Buffer.from(lines(people(100 + part, 50_000), (row) => `${row.first},${row.last},${iso(row)}`))
  })())
  expect(result.coverage.rows).toBe(1_000_000)
  expect(copies(result)).toEqual([])
  for (const { distinct, expected } of result.datasets[0]!.columns.slice(1)) expect(distinct).toBeLessThan(expected) // as many by chance as reckoned with, or fewer
})

test('a column of dates with the month first is read so, where its values show it', async () => {
  const american = await build('american', source(ours, monthFirst))
  expect(american.columns[1]).toEqual(segment.columns[1])
})

test('people taken out are gone with their combinations', async () => {
  const file = join(folder, 'less')
  const before = await openSegmentFile(join(folder, 'members'), sealKey)
  const rest = await subtractRows({ dataset: 'less', epochKey, sealKey, file, random: randomBytes, columns, rows: stream(source(ours.slice(0, 100))), before, left: false })
  await before.close()
  expect(rest!.removed).toBe(100)
  const { columns: left, links } = await openFingerprints(file, sealKey)
  expect([left[1]!.length, links[0]!.length]).toEqual([segment.columns[1]!.length - 100, segment.links[0]!.length - 100])
})
