import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createMachine, type Machine, type Shape } from '../scanner/machine.ts'
import { overlapOf } from './overlap.ts'
import { likePlaces } from './match.ts'
import { bounded, type PlaceSketch } from './files.ts'
import { beginSketches, clearSketches, decodeSketch, encodeSketch, fieldOf, oneIn, sketchIn, sketchRegions, tokenOf, unite, type Sketch } from './sketch.ts'

const key = Buffer.alloc(16, 7)
const machine = createMachine({ key, regions: sketchRegions })

async function* stream(text: string, step = text.length): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step)
}

async function sketch(text: string, { shape = 'rows', tokensMax, on = machine, step }: { shape?: Shape; tokensMax?: number; on?: Machine; step?: number } = {}): Promise<Sketch> {
  beginSketches(on, tokensMax)
  await on.scan(stream(text, step), { delimiter: ',', shape })
  return sketchIn(on)
}

/** What the sketch of these values must be, by its definition. */
function expected(fields: readonly (readonly string[])[], level = 0): bigint[] {
  const bound = 1n << BigInt(54 - level)
  const tokens = fields.flatMap((values, field) => values.flatMap((value) => {
    const token = machine.token(Buffer.from(value))
    return token === undefined || token >= bound || value.length < 5 ? [] : [token | (BigInt(field) << 54n)]
  }))
  return [...new Set(tokens)].sort((a, b) => (a < b ? -1 : 1))
}

const address = (number: number): string => `p${number}@people.example`
const code = (number: number): string => `code-${number * 17}-ş`
const rows = (from: number, to: number): string => Array.from({ length: to - from }, (_, at) => `${address(from + at)},${code(from + at)},free,x\n`).join('')

test('a sketch holds the tokens of one in 1,024 of all values, each once a field, whatever their shape and however often they stand there', async () => {
  const numbers = Array.from({ length: 20_000 }, (_, at) => at)
  const { level, entries } = await sketch(rows(0, 20_000) + rows(5_000, 9_000), { step: 1000 })
  expect(level).toBe(0)
  expect([...entries]).toEqual(expected([numbers.map(address), numbers.map(code)]))
  expect(entries.length).toBeGreaterThan(20)
})

test.each<Shape>(['text', 'bytes'])('values are sampled in %s as well', async (shape) => {
  const numbers = Array.from({ length: 20_000 }, (_, at) => at)
  const { entries } = await sketch(numbers.map((number) => `at ${number} o'clock <${address(number)}> wrote\n`).join(''), { shape })
  for (const entry of expected([numbers.map(address)])) expect(entries).toContain(entry)
})

test('with more values than there is room for, the sample is that of half as many, exactly', async () => {
  const numbers = Array.from({ length: 60_000 }, (_, at) => at)
  const { level, entries } = await sketch(rows(0, 60_000), { tokensMax: 40 })
  expect(level).toBeGreaterThan(0)
  expect(entries.length).toBeLessThanOrEqual(40)
  expect([...entries]).toEqual(expected([numbers.map(address), numbers.map(code)], level))
  expect(expected([numbers.map(address), numbers.map(code)], level - 1).length).toBeGreaterThan(40)
  beginSketches(machine)
  expect(sketchIn(machine)).toEqual({ level: 0, entries: new BigUint64Array() })
})

test('the sketch of a place is the same however it is cut into parts', async () => {
  const whole = await sketch(rows(0, 30_000), { tokensMax: 30 })
  const parts = []
  for (const [from, to] of [[20_000, 30_000], [0, 9_000], [8_000, 20_000]] as const) parts.push(await sketch(rows(from, to), { tokensMax: 30 }))
  expect(unite(parts, 30)).toEqual(whole)
  expect(unite(parts.map((part) => decodeSketch(encodeSketch(part))), 30)).toEqual(whole)
})

test('uniting is a union: any order, any grouping, nothing twice', () => {
  const sketches = fc.record({ level: fc.nat(3), tokens: fc.array(fc.bigInt({ min: 1n, max: (1n << 51n) - 1n }), { maxLength: 20 }) })
    .map(({ level, tokens }): Sketch => unite([{ level, entries: BigUint64Array.from(tokens.filter((token) => token < 1n << BigInt(54 - level))).sort() }]))
  fc.assert(fc.property(sketches, sketches, sketches, (a, b, c) => {
    expect(unite([unite([a, b], 25), c], 25)).toEqual(unite([c, unite([b, a], 25)], 25))
    expect(unite([a, a])).toEqual(a)
  }))
})

test('a sketch that was cut short is refused', () => {
  const bytes = encodeSketch({ level: 1, entries: BigUint64Array.of(5n, 6n) })
  expect(() => decodeSketch(bytes.subarray(0, bytes.length - 1))).toThrow(expect.objectContaining({ code: 'trace/sketch-malformed' }) as Error)
  expect(() => decodeSketch(new Uint8Array())).toThrow(expect.objectContaining({ code: 'trace/sketch-malformed' }) as Error)
})

/** Numbers from 0 to 1, the same in every run (mulberry32). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let x = Math.imul(state ^ (state >>> 15), state | 1)
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61)
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32
  }
}

/** How many of so many are drawn, each with chance 1 in 1,024: by the gaps between them. */
function drawn(of: number, random: () => number): number {
  const log = Math.log1p(-1 / 1024)
  let count = 0
  for (let at = Math.floor(Math.log(random()) / log); at < of; at += 1 + Math.floor(Math.log(random()) / log)) count += 1
  return count
}

test.each([[500, 100_000], [5_000, 100_000], [30_000, 100_000], [100_000, 100_000], [300_000, 1_000_000]])('the interval holds the truth at least 19 times in 20: %i shared of %i', (shared, distinct) => {
  const random = generator(shared)
  const [times, inside] = [2_000, [0, 0]]
  let sum = 0
  for (let time = 0; time < times; time += 1) {
    const found = drawn(shared, random)
    const sampled = found + drawn(distinct - shared, random)
    for (const [which, known] of [undefined, distinct].entries()) {
      const overlap = overlapOf({ sampled, found, level: 0, distinct: known })
      if (overlap.low <= shared && shared <= overlap.high) inside[which]! += 1
      if (which === 0) sum += overlap.estimate
      expect(overlap.low).toBeLessThanOrEqual(overlap.estimate)
      expect(overlap.high).toBeGreaterThanOrEqual(overlap.estimate)
    }
  }
  expect(Math.min(...inside)).toBeGreaterThan(times * 0.945)
  expect(Math.abs(sum / times / shared - 1)).toBeLessThan(5 * Math.sqrt(1024 / shared / times))
})

test('a whole copy is known to be one, and no overlap is bounded from above', () => {
  expect(overlapOf({ sampled: 98, found: 98, level: 0, distinct: 100_000 })).toMatchObject({ estimate: 100_000, high: 100_000 })
  expect(overlapOf({ sampled: 98, found: 0, level: 0, distinct: 100_000 })).toMatchObject({ estimate: 0, low: 0 })
  expect(overlapOf({ sampled: 98, found: 0, level: 0, distinct: 100_000 }).high).toBeGreaterThan(2_000)
  expect(overlapOf({ sampled: 10, found: 3, level: 1 }).estimate).toBe(3 * oneIn(1))
})

const placeOf = (place: string, { level, entries }: Sketch): PlaceSketch => ({
  store: 'share', environment: 'test', place, readAt: 1, partly: false, level,
  fields: [...Map.groupBy(entries, fieldOf)].map(([field, own]) => ({ part: '', field, name: null, tokens: BigUint64Array.from(own, tokenOf) })),
})

test('places that share values are listed by how much, at the level of the thinner sketch, and places that share none are not', async () => {
  const asked = { column: 'email', form: null, tokens: BigUint64Array.from((await sketch(rows(0, 50_000))).entries.filter((entry) => fieldOf(entry) === 0), tokenOf), distinct: 50_000, profile: { bits: 42, alone: true } }
  const half = placeOf('half', await sketch(rows(25_000, 90_000)))
  const thin = placeOf('thin', await sketch(rows(0, 50_000), { tokensMax: 60 }))
  const other = placeOf('other', await sketch(rows(200_000, 260_000)))
  const found = likePlaces([asked], 0, [other, half, thin])
  expect(thin.level).toBeGreaterThan(0)
  expect(found.map(({ place, fields }) => [place, fields.length, fields[0]?.field, fields[0]?.telling])).toEqual([['thin', 1, 0, true], ['half', 1, 0, true]])
  expect(found[0]?.fields[0]).toMatchObject({ estimate: 50_000, share: 1 })
  expect(found[1]?.fields[0]?.low).toBeLessThanOrEqual(25_000)
  expect(found[1]?.fields[0]?.high).toBeGreaterThanOrEqual(25_000)
})

test('numbers that stand everywhere are no sign of a copy', async () => {
  const numbers = Array.from({ length: 40_000 }, (_, at) => String(10_000 + at)).join('\n')
  const place = placeOf('ids', await sketch(numbers))
  const asked = { column: 'id', form: null, tokens: place.fields[0]?.tokens ?? new BigUint64Array(), distinct: 40_000 }
  expect(likePlaces([{ ...asked, profile: { bits: 16.6, alone: false } }], 0, [place])[0]?.fields[0]).toMatchObject({ share: 1, telling: false })
})

test('a place keeps a bounded number of fields and tokens', async () => {
  const place = placeOf('wide', await sketch(rows(0, 60_000)))
  const small = bounded(place, { tokensMax: 20 })
  expect(small.level).toBeGreaterThan(0)
  expect(small.fields.flatMap(({ tokens }) => [...tokens]).length).toBeLessThanOrEqual(20)
  const one = bounded(place, { fieldsMax: 1 })
  expect(one.fields).toMatchObject([{ field: null }])
  expect(new Set(one.fields[0]?.tokens)).toEqual(new Set(place.fields.flatMap(({ tokens }) => [...tokens])))
})

test('what was sampled before does not stand in the next sketch', async () => {
  await sketch(rows(0, 30_000))
  clearSketches(machine)
  expect(sketchIn(machine).entries).toHaveLength(0)
  expect([...(await sketch(rows(70_000, 90_000))).entries]).toEqual(expected([0, 1].map((field) => Array.from({ length: 20_000 }, (_, at) => (field === 0 ? address : code)(70_000 + at)))))
})
