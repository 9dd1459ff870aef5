/** A dataset compared with everything known: the samples of a thousand places, sealed on disk as a sweep leaves them, against plain sets in memory. */
import { getRandomValues, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keepSketch, readSketches, type CatalogueFolder, type FieldSketch, type PlaceSketch } from '../../server/trace/catalogue/files.ts'
import { likePlaces, type Asked } from '../../server/trace/catalogue/match.ts'
import { oneIn, sketchTokenBits } from '../../server/trace/catalogue/sketch.ts'
import { rounded, type Measured } from '../result.ts'

export interface CompareSize {
  readonly places: number
  /** Of each place, and of the dataset that is compared. */
  readonly columns: number
  /** Of each place: each of its values once. */
  readonly rows: number
  readonly rounds: number
}

export const wholeCompare: CompareSize = { places: 1_000, columns: 20, rows: 1_000_000, rounds: 5 }
export const quickCompare: CompareSize = { places: 20, columns: 4, rows: 50_000, rounds: 1 }

/** The first column of all of them counts from one, as tables do: every place shares it, and it tells nothing. */
const numbered = { bits: 20, alone: false }

/** Among the places, every such one holds half of the people in one of its columns. */
const copyEvery = 50

/** Seconds within which a comparison has to end, and what it may take of the time of plain sets: at small sizes little but opening files is measured. */
const secondsMax = 1
const ratioMax = 0.35
const placesForRatio = 100

/** Keeps the samples, and compares as `bailee trace compare` does: they are read, opened and looked through each time. */
export async function benchCompare(size: CompareSize, log: (line: string) => void): Promise<readonly Measured[]> {
  const directory = mkdtempSync(join(tmpdir(), 'bailee-compare-'))
  try {
    const folder: CatalogueFolder = { directory, key: Buffer.alloc(32, 3) }
    const asked = Array.from({ length: size.columns }, (_, at): Asked => ({ column: `column ${at}`, form: null, tokens: sample(size.rows), distinct: size.rows, profile: at === 0 ? numbered : { bits: 40, alone: true } }))
    for (let number = 0; number < size.places; number += 1) await keepSketch(folder, placeOf(number, size, asked), randomBytes)
    return await compareAll(folder, { size, asked, log })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

interface Comparing { readonly size: CompareSize; readonly asked: readonly Asked[]; readonly log: (line: string) => void }

async function compareAll(folder: CatalogueFolder, { size, asked, log }: Comparing): Promise<readonly Measured[]> {
  const { sketches } = await readSketches(folder) // for the sets; what is measured reads them again
  const seen = { compared: [] as number[], sets: [] as number[] }
  let right = true
  for (let round = 0; round < size.rounds; round += 1) {
    const compared = await timed(async () => likePlaces(asked, 0, (await readSketches(folder)).sketches))
    const sets = await timed(() => Promise.resolve(bySets(asked, sketches)))
    const telling = compared.result.filter(({ fields }) => fields.some((field) => field.telling)).map(({ place }) => place).sort()
    right &&= telling.length === Math.ceil(size.places / copyEvery) && JSON.stringify(telling) === JSON.stringify(sets.result)
    seen.compared.push(compared.seconds)
    seen.sets.push(sets.seconds)
  }
  const [compared, sets] = [median(seen.compared), median(seen.sets)]
  const tokens = sketches.reduce((sum, { fields }) => sum + fields.reduce((all, field) => all + field.tokens.length, 0), 0)
  log(`${size.places} places of ${tokens} tokens compared in ${rounded(compared)} s, ${rounded(Math.min(...seen.compared))} at the least; by sets in memory ${rounded(sets)} s`)
  return [{
    what: `${size.columns} columns compared with ${size.places} places of ${size.columns} columns and ${size.rows} rows, reading their samples`, value: rounded(compared), unit: 's',
    baseline: { what: 'sets of JavaScript over the same samples, in memory', value: rounded(sets) }, ratio: rounded(compared / sets), must: `<= ${secondsMax} s and ${ratioMax} of it, the copies and no other`, goal: '<= 0.5 s',
    ok: right && (size.places < placesForRatio || (compared <= secondsMax && compared / sets <= ratioMax)), // times mean nothing at less
  }]
}

/** Tokens of the sample of so many random values: as good as random, below the bound of the first level. */
function sample(values: number): BigUint64Array {
  const tokens = new BigUint64Array(Math.round(values / oneIn(0)))
  for (let at = 0; at < tokens.length; at += 8192) getRandomValues(tokens.subarray(at, at + 8192)) // at most 65,536 bytes at once
  return tokens.map((token) => token >> BigInt(64 - sketchTokenBits)).sort()
}

function placeOf(number: number, { columns, rows }: CompareSize, asked: readonly Asked[]): PlaceSketch {
  const holds = number % copyEvery === 0
  const fields = Array.from({ length: columns }, (_, field): FieldSketch => {
    const own = field === 0 ? asked[0]?.tokens ?? sample(rows) : sample(rows)
    const tokens = holds && field === 1 ? own.map((token, at) => (at % 2 === 0 ? asked[field]?.tokens[at] ?? token : token)).sort() : own
    return { part: '', field, name: `field ${field}`, tokens }
  })
  return { store: 'lake', environment: 'production', place: `tables/${number}.csv`, readAt: 0, partly: false, level: 0, fields }
}

/** The same question, asked in the plainest way: how many tokens of each field each column knows, and which places share more than a few with one. */
function bySets(asked: readonly Asked[], places: readonly PlaceSketch[]): string[] {
  const owners = new Map<bigint, number[]>()
  for (const [number, { tokens }] of asked.entries()) for (const token of tokens) owners.set(token, [...(owners.get(token) ?? []), number])
  return places.filter(({ fields }) => fields.some(({ tokens }) => {
    const counts = asked.map(() => 0)
    for (const token of tokens) for (const number of owners.get(token) ?? []) counts[number]! += 1
    return counts.some((count, number) => number > 0 && count > 2)
  })).map(({ place }) => place).sort()
}

const median = (values: readonly number[]): number => values.toSorted((one, other) => one - other)[values.length >> 1] ?? 0

async function timed<Result>(work: () => Promise<Result>): Promise<{ readonly result: Result; readonly seconds: number }> {
  const from = performance.now()
  const result = await work()
  return { result, seconds: (performance.now() - from) / 1000 }
}
