import { expect, test } from 'vitest'
import { markerUnder } from '#inventory'
import { isShownAs, isTelling, marksIn, piecesIn, shownBy, spellingsOf, throughout } from './shown.ts'

const mark = markerUnder(Buffer.alloc(32, 1))
const shown = shownBy(mark)

test('an address or a telephone number in a name is a mark, the same for the same, another under another key', () => {
  expect(shown('export/ana.pop@mail.example.csv')).toMatch(/^export\/⟨address [0-9a-f]{12}⟩$/)
  expect(shown('ANA.POP@mail.example.csv'), 'another file').not.toBe(shown('ana.pop@mail.example.csv'))
  expect(shown('ana.pop%40mail.example')).toMatch(/^⟨address [0-9a-f]{12}⟩$/)
  expect(shown('calls of +40 721 555 123.csv')).toMatch(/^calls of ⟨telephone [0-9a-f]{12}⟩[.]csv$/)
  expect(shown('0721555123.wav')).toMatch(/^⟨telephone [0-9a-f]{12}⟩[.]wav$/)
  expect(shown('ana@mail.example')).not.toBe(shown('ion@mail.example'))
  expect(shownBy(markerUnder(Buffer.alloc(32, 2)))('ana@mail.example')).not.toBe(shown('ana@mail.example'))
  expect(shown(shown('a/ana@mail.example/+40 721 555 123'))).toBe(shown('a/ana@mail.example/+40 721 555 123'))
})

test('what names are full of stays as it is', () => {
  for (const name of ['crm.listener', 'logs/2019-04-01T10:20:30.log', 'part-00000-0123456789.parquet', '20190401123456.csv.gz', 'a.zip!/b.csv', 'c++20.txt', 'dump@2', '10.0.0.1:5432/x']) expect(shown(name)).toBe(name)
})

test('of a name, identifiers, long numbers and several words are asked about; a word, a year and a short number are not', () => {
  const pieces = (name: string): string[] => piecesIn(name).map(({ text }) => text)
  expect(pieces('exports/RO10007.csv')).toEqual(['RO10007.csv', 'RO10007'])
  expect(pieces('users.csv').filter((one) => one !== 'users.csv')).toEqual([])
  expect(pieces('2019')).toEqual([])
  expect(pieces('users/2019/p 17/v2')).toEqual([])
  expect(pieces('a/48151623/b')).toEqual(['48151623'])
  expect(pieces('7f9c24e8-3b12-4fef-91e0-6a2f1b0c9d55')).toContain('7f9c24e8-3b12-4fef-91e0-6a2f1b0c9d55')
  expect(piecesIn('cv/Ana_Pop').map(spellingsOf)).toEqual([['Ana_Pop', 'Ana Pop']])
  expect(pieces(shown('ana.pop@mail.example/⟨value 0123456789ab⟩')), 'marks are not').toEqual([])
})

test('a value tells somebody where its column does: not what may be a word, a year, or one of numbers that are counted up', () => {
  const column = { kind: 'text' as const, alone: false, weak: false, bits: 40, distinct: 1000 }
  const weak = { ...column, weak: true, bits: 18 }
  const identifier = { kind: 'identifier' as const, digits: 5 }
  expect([isTelling(identifier, column), isTelling(identifier, weak), isTelling({ ...identifier, digits: 1 }, weak)]).toEqual([true, true, false])
  const number = { kind: 'number' as const, digits: 8 }
  expect([isTelling(number, { ...column, kind: 'digits', bits: 33 }), isTelling(number, { ...column, kind: 'digits', bits: 26, distinct: 40_000_000 }), isTelling(number, weak)]).toEqual([true, false, false])
  const words = { kind: 'words' as const, digits: 0 }
  expect([isTelling(words, column), isTelling(words, { ...column, alone: true, bits: 66 })]).toEqual([false, true])
  expect(isTelling(identifier, { ...column, kind: 'combination', alone: true })).toBe(false)
})

test('known pieces are marks, the longest first, and a recorded name is found again by its marks alone', () => {
  const known = shownBy(mark, ({ text }) => ['RO10007', 'Ana_Pop', 'Ana_Pop_Ion'].includes(text))
  const name = 'RO10007/cv of Ana_Pop_Ion and Ana_Pop.zip!/RO10007 2019.csv'
  expect(known(name)).toMatch(/^(⟨value [0-9a-f]{12}⟩)\/cv of ⟨value [0-9a-f]{12}⟩ and ⟨value [0-9a-f]{12}⟩[.]zip!\/\1 2019[.]csv$/)
  expect(known(known(name)), 'shown twice is shown once').toBe(known(name))
  expect(marksIn([known(name), 'users.csv', shown('a@b.example')]).size).toBe(3)
  const isIt = isShownAs(mark, known(name))
  expect([isIt(name), isIt(name.replace('Ion', 'Ian')), isIt(name.toLowerCase()), isIt(`${name}.gz`)]).toEqual([true, false, false, false])
  expect(isShownAs(mark, shown('x/ana@mail.example'))('x/ana@mail.example')).toBe(true)
  expect([isShownAs(mark, 'users.csv')('users.csv'), isShownAs(mark, 'users.csv')('users.CSV')]).toEqual([true, false])
})

test('every text of what is recorded is shown, and nothing else is changed; nor what was declared', () => {
  const at = { places: [{ store: 'x@y.example', place: 'x@y.example', rows: 3, of: null }], partly: ['x@y.example: bytes'], whole: true }
  expect(throughout(shown, at)).toEqual({ places: [{ store: 'x@y.example', place: shown('x@y.example'), rows: 3, of: null }], partly: [`${shown('x@y.example')}: bytes`], whole: true })
})
