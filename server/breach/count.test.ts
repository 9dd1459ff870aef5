import { expect, test } from 'vitest'
import { atAnyOf, figuresOf, figureText, populationOf, together, uncounted } from './count.ts'

const census = (people: number, byCountry: Record<string, number>, unknown = 0, unnamed = 0): ReturnType<typeof populationOf> => populationOf({ people, byCountry, unknown, unnamed })
const exactly = (count: number): { low: number; high: number } => ({ low: count, high: count })

test('a country is known, a range, or unknown: what is not known of a few widens every country', () => {
  const population = census(100, { FR: 40, BR: 50 }, 10)
  expect(figuresOf(population, exactly(100))).toEqual([{ country: '*', kind: 'known', people: 100 }, { country: 'EU', kind: 'range', low: 40, high: 50 }, { country: 'BR', kind: 'range', low: 50, high: 60 }, { country: 'FR', kind: 'range', low: 40, high: 50 }])
  expect(figuresOf(census(90, { FR: 40, BR: 50 }), exactly(80))).toContainEqual({ country: 'FR', kind: 'range', low: 30, high: 40 })
  expect(figuresOf(census(90, { FR: 40, BR: 50 }, 0, 5), exactly(90))).toContainEqual({ country: 'FR', kind: 'range', low: 35, high: 45 })
})

test('what nobody counted is unknown, or at least what was found; never nobody', () => {
  expect(figuresOf(uncounted, { low: 0, high: Infinity })).toEqual([{ country: '*', kind: 'unknown' }])
  const [all] = figuresOf(uncounted, { low: 50, high: Infinity })
  expect([all, figureText(all!, 'en-GB'), figureText(all!, 'fr-FR')]).toEqual([{ country: '*', kind: 'range', low: 50, high: null }, 'at least 50', 'au moins 50'])
  expect(figuresOf(together([census(90, { FR: 40, BR: 50 }), atAnyOf([])]), { low: 0, high: Infinity })).toEqual([{ country: '*', kind: 'unknown' }, { country: 'EU', kind: 'unknown' }, { country: 'BR', kind: 'unknown' }, { country: 'FR', kind: 'unknown' }])
})

test('a copy that holds more than were counted since is not made smaller by it', () => {
  expect(figuresOf(census(100, { FR: 40, BR: 60 }), exactly(300))).toEqual([{ country: '*', kind: 'known', people: 300 }, { country: 'EU', kind: 'range', low: 0, high: 240 }, { country: 'BR', kind: 'range', low: 0, high: 260 }, { country: 'FR', kind: 'range', low: 0, high: 240 }])
})

test('people of several datasets are from the largest to all of them, in every country; of one at several times between least and most', () => {
  const [app, shop] = [census(100, { FR: 40, BR: 60 }), census(30, { FR: 30 })]
  expect(figuresOf(together([app, shop]), { low: 0, high: 130 })).toContainEqual({ country: 'FR', kind: 'range', low: 0, high: 70 })
  expect(together([app, shop])).toMatchObject({ people: { low: 100, high: 130 }, groups: { FR: { low: 40, high: 70 }, EU: { low: 40, high: 70 }, BR: { low: 60, high: 60 } } })
  expect(atAnyOf([app, census(120, { FR: 70, DE: 50 })])).toMatchObject({ people: { low: 100, high: 120 }, groups: { FR: { low: 40, high: 70 }, DE: { low: 0, high: 50 }, EU: { low: 40, high: 120 }, BR: { low: 0, high: 60 } } })
})

test('the case: of 46.9 million people 21,574,775 in the Union and 9,849,354 in France, known with the whole copy, between others where the country of some is not', () => {
  const population = census(46_900_000, { FR: 9_849_354, DE: 11_725_421, BR: 25_325_225 })
  const figures = figuresOf(population, exactly(46_900_000))
  expect(figures).toContainEqual({ country: 'EU', kind: 'known', people: 21_574_775 })
  expect(figures).toContainEqual({ country: 'FR', kind: 'known', people: 9_849_354 })
  expect(figuresOf(census(46_900_000, { FR: 9_849_354, DE: 2_850_646, BR: 25_325_225 }, 8_874_775), exactly(46_900_000))).toContainEqual({ country: 'EU', kind: 'range', low: 12_700_000, high: 21_574_775 })
})
