import { expect, test } from 'vitest'
import { dictionary } from './dictionary.ts'
import { formatOf } from './format.ts'
import { inNumber, wordsOf } from './index.tsx'

/** Longest word of the dictionary in each language, in signs: marks, heads and the navigation are made for it. */
const signsMax = { en: 19, fr: 26 }

test('words of the dictionary are there in both languages, and fit where they stand', () => {
  const [english, french] = [Object.entries(dictionary.en), Object.entries(dictionary.fr)]
  expect(french.map(([name]) => name)).toEqual(english.map(([name]) => name))
  expect(english.filter(([, word]) => word.length > signsMax.en)).toEqual([])
  expect(french.filter(([, word]) => word.length > signsMax.fr)).toEqual([])
  expect(french.filter(([, word]) => word === '')).toEqual([])
})

test('numbers are grouped as each language does, and no range has a middle', () => {
  const [english, french] = [formatOf('en'), formatOf('fr')]
  expect([english.number(89_311), french.number(89_311)]).toEqual(['89,311', '89\u202f311'])
  expect([english.range(21_574_775, 23_000_000), english.range(5, 5), english.range(5, null), french.range(1, 2), french.range(5, null)]).toEqual(['21,574,775 to 23,000,000', '5', 'at least 5', '1 à 2', 'au moins 5'])
})

test('one of a thing is said as one, in each language, and in every word that takes a number', () => {
  for (const [said, is] of [['1 rows', '1 row'], ['**1** people', '**1** person'], ['1 copies, 1 places', '1 copy, 1 place'], ['21 rows', '21 rows'], ['1,001 rows', '1,001 rows'], ['0 rows', '0 rows'], ['1 columns-wide', '1 columns-wide'], ['v1 rows', 'v1 rows']] as const) expect(inNumber('en', said)).toBe(is)
  for (const [said, is] of [['1 lignes', '1 ligne'], ['0 personnes', '0 personne'], ['10 lignes', '10 lignes'], ['3\u202f001 lignes', '3\u202f001 lignes'], ['1 lieux', '1 lieu']] as const) expect(inNumber('fr', said)).toBe(is)
  const words = wordsOf({ count: (rows: string) => `${rows} rows`, inside: { of: (days: number) => `${days} days` }, plain: '1 rows' }, { count: (rows) => `${rows} lignes`, inside: { of: (days) => `${days} jours` }, plain: '1 lignes' })
  expect([words.en.count('1'), words.en.inside.of(2), words.en.plain, words.fr.count('1'), words.fr.inside.of(0)]).toEqual(['1 row', '2 days', '1 rows', '1 ligne', '0 jour'])
})

test('days, and how far away they are', () => {
  const [english, french] = [formatOf('en'), formatOf('fr')]
  const at = '2019-04-16T02:12:00Z'
  expect([english.day(at), french.day(at), english.shortDay(at), english.moment(at), english.weekday(at), french.weekday(at)]).toEqual(['16 April 2019', '16 avril 2019', '16 Apr', '16 Apr 2019, 02:12 UTC', 'Tuesday 16 April 2019', 'Mardi 16 avril 2019'])
  expect([english.away('2019-05-13T02:12:00Z', Date.parse(at)), french.away('2019-04-15T02:12:00Z', Date.parse(at))]).toEqual(['in 27 days', 'il y a 1 jour'])
  expect(english.moment(at, 'Europe/Paris')).toBe('16 Apr 2019, 04:12 Paris')
})
