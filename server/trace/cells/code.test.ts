import { expect, test } from 'vitest'
import { expectLinear } from '#kit/testing'
import { unwrap } from '../scanner/normal.ts'
import { coderUnder, spelled } from './code.ts'

test('one spelling of a value, whatever stands around it', () => {
  for (const text of ['Ann@mail.example', ' ann@MAIL.example\n', '"ann@mail.example"', '<mailto:ann@mail.example>', '\u00a0\'"\ufeffann@mail.example\u2003"\'']) expect(spelled(text)).toBe('ann@mail.example')
  for (const text of ['0042.50', '+42.5', '42.500', '00042.5']) expect(spelled(text)).toBe('42.5')
  expect(['0', '000', '-000.000', '-0.10', '7.'].map(spelled)).toEqual(['0', '0', '-0', '-0.1', '7'])
  for (const text of ['2019-04-03', '2019-04-03T00:00:00.000Z', '03/04/2019', '03.04.2019']) expect(spelled(text)).toBe('20190403')
  expect(unwrap('<\u0301>')).toBe('<\u0301>')
  const coder = coderUnder(Buffer.alloc(32, 1))
  const long = `Called on Monday. ${'x'.repeat(2000)}`
  expect(coder.cell(1n, 'note', `  ${long.toUpperCase()} `)).toBe(coder.cell(1n, 'note', long))
})

test.each([
  ['white space inside', (size: number) => `a${' '.repeat(size)}b`, 4_000], ['white space of Unicode inside', (size: number) => `a${'\u3000'.repeat(size)}b`, 4_000],
  ['noughts that are no number', (size: number) => `${'0'.repeat(size)}x`, 8_000], ['noughts behind a point', (size: number) => `1.${'0'.repeat(size)}x`, 8_000], ['noughts among digits behind a point', (size: number) => `1.${'01'.repeat(size)}x`, 8_000],
  ['quotes around quotes', (size: number) => `${'"'.repeat(size)}a${'"'.repeat(size)}`, 8_000], ['marks between quotes', (size: number) => `${'"\ufeff'.repeat(size)}a${'\ufeff"'.repeat(size)}`, 4_000],
  ['a scheme again and again', (size: number) => 'mailto:'.repeat(size), 4_000], ['marks on one letter', (size: number) => `a${'\u0301\u0323'.repeat(size)}`, 1_000],
])('a value that anybody may type takes no more than its length: %s', (_, value, size) => expectLinear(size, (length) => spelled(value(length))))
