import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseInstant } from '#kit/time'
import { probablyMade, type Between, type ChangeHeld } from './dating.ts'

const on = (date: string): number => parseInstant(date)!
const day = 86_400
const moments = ['2019-01-01', '2019-02-01', '2019-03-01', '2019-04-01', '2019-05-01', '2019-06-01'].map(on)
const [begin, end] = [moments[0]!, moments.at(-1)!]

/** A value, and when it truly stood in the dataset. */
interface Value { readonly from: number; readonly until: number }

/** Some that were there before all refreshes or are there still, and some that came and went again. */
const valueOf = (random: () => number): Value => {
  const [a, b] = [begin + random() * (end - begin), begin + random() * (end - begin)].sort((x, y) => x - y) as [number, number]
  const kind = random()
  return kind < 0.4 ? { from: -Infinity, until: a } : kind < 0.8 ? { from: a, until: Infinity } : { from: a, until: b }
}

const between = (at: number): Between => ({ after: moments.findLast((moment) => moment <= at)!, by: moments.find((moment) => moment > at)! })

/** As the change log knows the values, which saw them at its moments only, and the copy holds them. */
function logged(values: readonly Value[], holds: (value: Value) => boolean, share: number): ChangeHeld[] {
  const seen = values.filter(({ from, until }) => moments.some((moment) => from <= moment && moment < until)) // others lived and died between two refreshes
  const groups = Map.groupBy(seen, ({ from, until }) => JSON.stringify([from === -Infinity ? null : between(from), until === Infinity ? null : between(until)]))
  return [...groups].map(([key, same]) => {
    const [came, went] = JSON.parse(key) as [Between | null, Between | null]
    return { came, went, changed: same.length, held: same.filter(holds).length, share }
  })
}

/** Numbers below 1 from a seed, by the steps and multipliers of murmur3's last mixing. */
const randomOf = (seed: number) => {
  let state = seed
  return (): number => {
    let mixed = (state = (state + 0x9e3779b9) | 0)
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32
  }
}

const thereAt = (made: number) => ({ from, until }: Value): boolean => from <= made && made < until
const anyCopy = { seed: fc.integer({ min: 1 }), made: fc.integer({ min: begin - 60 * day, max: end + 60 * day }), share: fc.constantFrom(1, 0.6, 0.2, 0.02), count: fc.constantFrom(10, 100, 500) }

test('the bounds hold the moment at which a copy was made, drawn at random from what was there, with two in a hundred values altered', () => {
  fc.assert(fc.property(fc.record(anyCopy), ({ seed, made, share, count }) => {
    const random = randomOf(seed)
    const values = Array.from({ length: count }, () => valueOf(random))
    const copy = probablyMade(logged(values, (value) => thereAt(made)(value) && random() < share && random() < 0.98, share), { whole: true })
    expect(copy.several).toBe(false)
    expect(copy.after ?? -Infinity, copy.because).toBeLessThanOrEqual(made)
    expect(copy.before ?? Infinity, copy.because).toBeGreaterThanOrEqual(made)
  }), { numRuns: 60 })
})

test('a whole copy of a dataset in which much changes is dated to the refreshes beside it', () => {
  fc.assert(fc.property(fc.record({ seed: anyCopy.seed, span: fc.integer({ min: 0, max: moments.length - 2 }) }), ({ seed, span }) => {
    const random = randomOf(seed)
    const values = Array.from({ length: 1000 }, () => valueOf(random))
    const made = (moments[span]! + moments[span + 1]!) / 2
    expect(probablyMade(logged(values, thereAt(made), 1), { whole: true })).toMatchObject({ after: moments[span], before: moments[span + 1], afterBy: { kind: 'holds' }, beforeBy: { kind: 'holds' } })
  }), { numRuns: 15 })
})

test('what a copy holds bounds it however it was chosen: of a copy of old people only, nothing is concluded from the new ones that it lacks against what it holds', () => {
  fc.assert(fc.property(fc.record(anyCopy), ({ seed, made, count }) => {
    const random = randomOf(seed)
    const values = Array.from({ length: count }, () => valueOf(random))
    const chosen = (value: Value): boolean => thereAt(made)(value) && (value.until === Infinity || value.from === -Infinity) && value.from < begin + 40 * day
    const copy = probablyMade(logged(values, chosen, 0.9), { whole: true })
    if (copy.afterBy?.kind === 'holds') expect(copy.after).toBeLessThanOrEqual(made)
    if (copy.beforeBy?.kind === 'holds') expect(copy.before).toBeGreaterThanOrEqual(made)
    const part = probablyMade(logged(values, chosen, 0.9), { whole: false })
    expect([part.afterBy?.kind, part.beforeBy?.kind]).not.toContain('lacks') // a part of a copy lacks what stands in the rest
  }), { numRuns: 50 })
})

test('a place that holds two copies of different times says so, and bounds the newer', () => {
  const random = randomOf(7)
  const values = Array.from({ length: 1000 }, () => valueOf(random))
  const [old, young] = [thereAt(on('2019-01-15')), thereAt(on('2019-04-15'))]
  const copy = probablyMade(logged(values, (value) => old(value) || young(value), 1), { whole: true })
  expect(copy).toMatchObject({ several: true, after: on('2019-04-01'), before: null, because: expect.stringMatching(/^made at several moments, or of several sources: it holds \d+ of \d+ values that were gone by 2019-02-01, and it holds \d+ of \d+ values that came after 2019-04-01$/) as string })
})

const came = (from: number, changed: number, held: number, share = 1): ChangeHeld => ({ came: { after: moments[from]!, by: moments[from + 1]! }, went: null, changed, held, share })
const went = (from: number, changed: number, held: number, share = 1): ChangeHeld => ({ ...came(from, changed, held, share), came: null, went: { after: moments[from]!, by: moments[from + 1]! } })

test('where people only come, what a copy lacks is said to be why, and how much it is', () => {
  expect(probablyMade([came(0, 60, 60), came(1, 60, 60), came(2, 60, 0), came(3, 60, 1)], { whole: true })).toMatchObject({
    after: on('2019-02-01'), before: on('2019-04-01'), afterBy: { kind: 'holds', values: 180, held: 61 }, beforeBy: { kind: 'lacks', values: 60, held: 0 },
    because: 'probably made not before 2019-02-01 (it holds 61 of 180 values that came later) and not after 2019-04-01 (it holds 0 of 60 values that had come by then, and are still there)',
  })
  expect(probablyMade([came(0, 60, 60), came(1, 60, 0)], { whole: false })).toMatchObject({ after: on('2019-01-01'), before: null })
})

test('where people only leave, a copy that lacks those who left is younger', () => {
  expect(probablyMade([went(0, 60, 0), went(1, 60, 1), went(2, 60, 60)], { whole: true })).toMatchObject({
    after: on('2019-02-01'), before: on('2019-04-01'), afterBy: { kind: 'lacks' }, beforeBy: { kind: 'holds' },
  })
})

test('a few people tell by what they hold; of a small copy nothing is concluded from what it lacks; too few tell nothing', () => {
  expect(probablyMade([came(0, 1000, 5, 0.005), went(3, 1000, 5, 0.005)], { whole: true })).toMatchObject({ after: moments[0], before: moments[4] })
  expect(probablyMade([came(0, 1000, 5, 0.005), came(3, 1000, 0, 0.005)], { whole: true })).toMatchObject({ after: moments[0], before: null })
  expect(probablyMade([came(0, 1000, 4, 0.004)], { whole: true })).toMatchObject({ after: null, before: null, because: 'cannot tell: it holds 4 of 1000 values that ever changed, and that fits every moment' })
  expect(probablyMade([], { whole: true })).toMatchObject({ after: null, before: null, changed: 0, because: 'cannot tell: no value in its columns is known to have changed' })
})

test('a value that left before the log began says only that the copy is older than the moment at which that was seen', () => {
  expect(probablyMade([{ came: null, went: { after: null, by: moments[2]! }, changed: 100, held: 95, share: 1 }], { whole: true })).toMatchObject({ after: null, before: moments[2] })
  expect(probablyMade([{ came: { after: null, by: moments[2]! }, went: null, changed: 100, held: 95, share: 1 }], { whole: true })).toMatchObject({ after: null, before: null })
})
