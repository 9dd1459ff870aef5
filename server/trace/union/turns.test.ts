import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildFingerprints, openFingerprints, type Segment } from '../fingerprint/index.ts'
import { createSearcher, decodeTally, encodeTally, holdTable, type PlaceResult, type PlaceTally } from '../search/index.ts'
import { createTurns, openSource, type SegmentSource, type Turns } from './index.ts'

const epochKey = Buffer.alloc(16, 7)
const datasets = 12
const stream = (text: string) => async function* (): AsyncGenerator<Uint8Array> { yield Buffer.from(text) }
const row = (dataset: number, record: number): string[] => [`person${record}@mail${dataset}.example`, String(700_000_000 + dataset * 1000 + record), `K${record}`]
const csv = (rows: readonly (readonly string[])[]): string => rows.map((fields) => `${fields.join(',')}\n`).join('')

let folder: string
let segments: Segment[]
let sources: SegmentSource[]
let opened: number[]
let turns: Turns

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bailee-turns-'))
  segments = []
  opened = []
  for (let dataset = 0; dataset < datasets; dataset += 1) {
    const file = join(folder, `d${dataset}`)
    const sealKey = randomBytes(32)
    await buildFingerprints({
      dataset: `d${dataset}`, epochKey, sealKey, file, random: randomBytes, rows: stream(csv(Array.from({ length: 60 }, (_, record) => row(dataset, record))))(),
      columns: ['email', 'phone', 'code'].map((name) => ({ name, identifies: true })),
    })
    segments.push(await openFingerprints(file, sealKey))
  }
  sources = segments.map((segment, dataset) => ({ ...openSource(segment), open: () => { opened.push(dataset); return Promise.resolve(segment) } }))
  turns = createTurns([{ key: epochKey, sources }], { threads: 1, tableTokensMax: 2000, tablesBytesMax: 0 })
})
afterAll(async () => {
  await turns.close()
  rmSync(folder, { recursive: true })
})

/** The results of a place by all turns, from tallies of its parts that went through bytes. */
async function searched(parts: readonly string[]): Promise<PlaceResult> {
  const results: PlaceResult[] = []
  for (const turn of turns.turns[0]!) {
    const tallies: PlaceTally[] = []
    for (const part of parts) tallies.push(decodeTally(encodeTally(await turn.tally(stream(part)(), {}))))
    results.push(turn.judge(tallies))
  }
  return { coverage: results[0]!.coverage, datasets: results.flatMap((result) => result.datasets).sort((a, b) => b.rows - a.rows || (a.dataset < b.dataset ? -1 : 1)) }
}

describe('more datasets than one table holds', () => {
  test('take turns, each table loaded when its turn comes and given up for the next', async () => {
    expect(turns.turns[0]!.length).toBeGreaterThan(2)
    expect(turns.turns[0]!.flatMap((turn) => turn.datasets.map(({ dataset }) => dataset))).toEqual(segments.map(({ header }) => header.dataset))
    opened.length = 0
    const before = turns.loads()
    await searched([csv([row(0, 1)])])
    expect(turns.loads() - before).toBe(turns.turns[0]!.length)
    expect(opened).toEqual([...segments.keys()])
  })

  test('are found in every place as one table would find them, in one part or several', async () => {
    const exact = await createSearcher(segments, epochKey, { threads: 1 })
    try {
      const place = fc.array(fc.record({ from: fc.nat({ max: 40 }), count: fc.integer({ min: 1, max: 15 }), fields: fc.subarray([0, 1, 2], { minLength: 1 }) }), { maxLength: 3 })
      let copies = 0
      await fc.assert(fc.asyncProperty(fc.nat({ max: datasets - 1 }), place, fc.nat({ max: 30 }), async (dataset, taken, cut) => {
        const rows = [...taken.flatMap(({ from, count, fields }) => Array.from({ length: count }, (_, at) => fields.map((field) => row(dataset, from + at)[field]!))), ['nobody@else.example', '1', '2']]
        const parts = [csv(rows.slice(0, cut)), csv(rows.slice(cut))]
        const tallies: PlaceTally[] = []
        for (const part of parts) tallies.push(await exact.tally(stream(part)()))
        const expected = exact.judge(tallies)
        copies += expected.datasets.filter(({ verdict }) => verdict === 'copy').length
        const got = await searched(parts)
        // Another dataset that shares a code with these rows is named beside them by its own turn: it counts nothing.
        const ownOf = ({ datasets: all }: PlaceResult): unknown => all.filter((one) => one.dataset === `d${dataset}`)
        expect(ownOf(got)).toEqual(ownOf(expected))
        expect(got.datasets.filter(({ verdict }) => verdict === 'copy')).toEqual(expected.datasets.filter(({ verdict }) => verdict === 'copy'))
        expect(got.coverage).toEqual(expected.coverage)
      }), { numRuns: 40 })
      expect(copies).toBeGreaterThan(10)
    } finally {
      await exact.close()
    }
  })

  test('tallies of another turn, and those that do not tell whose their values are, are refused', async () => {
    const [one, other] = turns.turns[0]!
    const tally = await one!.tally(stream(csv([row(0, 1)]))(), {})
    expect(() => one!.judge([tally, { ...tally, segments: 'others' }])).toThrow(expect.objectContaining({ code: 'trace/other-tally' }) as Error)
    expect(() => one!.judge([])).toThrow(expect.objectContaining({ code: 'trace/other-tally' }) as Error)
    const silent = { ...tally, owners: Buffer.alloc(0).toString() }
    expect(() => other!.judge([silent])).toThrow(expect.objectContaining({ code: 'trace/other-tally' }) as Error)
  })

  test('chosen ones are asked about alone, as long as one table holds them', async () => {
    const only = turns.only(0, new Set(['d1', 'd11']))!
    expect(only.datasets.map(({ dataset }) => dataset)).toEqual(['d1', 'd11'])
    const result = only.judge([await only.tally(stream(csv([1, 2, 3].map((record) => row(11, record))))(), {})])
    expect(result.datasets.filter(({ verdict }) => verdict === 'copy')).toMatchObject([{ dataset: 'd11', rows: 3 }])
    expect(turns.only(0, new Set(segments.map(({ header }) => header.dataset)))).toBeUndefined()
  })
})

test('a table that a search gives back is taken by the next one that looks for the same fingerprints, and by no other', async () => {
  const held = holdTable()
  const known = (version: string): SegmentSource[] => sources.slice(0, 3).map((source, number) => ({ ...source, sha256: `${number} ${version}` }))
  const text = csv(Array.from({ length: 50 }, (_, record) => row(1, record)))
  const begin = (version = 'a'): Turns => createTurns([{ key: epochKey, sources: known(version), sketch: true }], { threads: 1, held })
  const results: PlaceResult[] = []
  const loadsOf = async (one: Turns): Promise<number> => { const [turn] = one.turns[0]!; results.push(turn!.judge([await turn!.tally(stream(text)(), {})])); return one.loads() }
  const [first, second] = [begin(), begin()]
  expect([await loadsOf(first), await loadsOf(second)], 'each has its own while the other is at work').toEqual([1, 1])
  await first.close()
  await second.close()
  const third = begin()
  expect(await loadsOf(third)).toBe(0)
  await third.close()
  const other = begin('b')
  expect(await loadsOf(other), 'fingerprints that were taken anew').toBe(1)
  await other.close()
  expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1)
  expect(results[0]!.datasets.filter(({ verdict }) => verdict === 'copy').map(({ dataset, verdict, records }) => [dataset, verdict, records])).toEqual([['d1', 'copy', 50]])
  await held.close()
  const last = begin('b')
  expect(await loadsOf(last)).toBe(1)
  await last.close()
})
