import { expect, test } from 'vitest'
import { shownThroughout, shownUnder } from './shown.ts'

const shown = shownUnder(Buffer.alloc(32, 1))

test('an address or a telephone number in a name is a mark, the same for the same, another under another key', () => {
  expect(shown('export/ana.pop@mail.example.csv')).toMatch(/^export\/⟨address [0-9a-f]{12}⟩$/)
  expect(shown('ANA.POP@mail.example.csv'), 'another file').not.toBe(shown('ana.pop@mail.example.csv'))
  expect(shown('ana.pop%40mail.example')).toMatch(/^⟨address [0-9a-f]{12}⟩$/)
  expect(shown('calls of +40 721 555 123.csv')).toMatch(/^calls of ⟨telephone [0-9a-f]{12}⟩[.]csv$/)
  expect(shown('0721555123.wav')).toMatch(/^⟨telephone [0-9a-f]{12}⟩[.]wav$/)
  expect(shown('ana@mail.example')).not.toBe(shown('ion@mail.example'))
  expect(shownUnder(Buffer.alloc(32, 2))('ana@mail.example')).not.toBe(shown('ana@mail.example'))
  expect(shown(shown('a/ana@mail.example/+40 721 555 123'))).toBe(shown('a/ana@mail.example/+40 721 555 123'))
})

test('what names are full of stays as it is', () => {
  for (const name of ['crm.listener', 'logs/2019-04-01T10:20:30.log', 'part-00000-0123456789.parquet', '20190401123456.csv.gz', 'a.zip!/b.csv', 'c++20.txt', 'dump@2', '10.0.0.1:5432/x']) expect(shown(name)).toBe(name)
})

test('every text of what is recorded is shown, and nothing else is changed', () => {
  const at = { places: [{ place: 'x@y.example', rows: 3, of: null }], partly: ['x@y.example: bytes'], whole: true }
  expect(shownThroughout(shown, at)).toEqual({ places: [{ place: shown('x@y.example'), rows: 3, of: null }], partly: [`${shown('x@y.example')}: bytes`], whole: true })
})
