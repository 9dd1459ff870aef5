import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { macUnder } from './mac.ts'
import { m49 } from './m49.ts'
import { changeOf, isPseudonymous, parseTransform, typeAfter } from './transform.ts'
import type { Transform } from './types.ts'

const key = macUnder(Buffer.alloc(32, 1))
const change = (transform: Transform) => changeOf(transform, key, 'a')

test('a transform that is none of those there are is said', () => {
  for (const wrong of ['anonymise', 7, null, {}, { round: 0 }, { round: -1 }, { round: '10' }, { round: 1e-12 }, { truncate: 1.5 }, { truncate: 0 }, { constant: 7 }, { keep: true }, { round: 10, truncate: 2 }]) expect(typeof parseTransform(wrong), JSON.stringify(wrong)).toBe('string')
  expect([parseTransform('token'), parseTransform({ round: 0.5 }), parseTransform({ truncate: 2 })]).toEqual([{ kind: 'token' }, { kind: 'round', step: '0.5' }, { kind: 'truncate', characters: 2 }])
})

test('a type that a transform cannot take has no column in the copy', () => {
  expect(['integer', 'text', 'jsonb', 'bytea', 'public.mood', 'point', 'text[]', 'bytea[]'].map((type) => typeAfter({ kind: 'keep' }, type))).toEqual(['integer', 'text', 'jsonb', undefined, undefined, undefined, 'text[]', undefined])
  expect(['bigint', 'jsonb', 'text[]'].map((type) => typeAfter({ kind: 'token' }, type))).toEqual(['text', undefined, undefined])
  expect([typeAfter({ kind: 'year' }, 'text'), typeAfter({ kind: 'round', step: '10' }, 'text'), typeAfter({ kind: 'truncate', characters: 2 }, 'integer')]).toEqual([undefined, undefined, undefined])
})

test('the code of a text is that of RFC 2104', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ minLength: 900, maxLength: 3_000 })), { maxLength: 4 }), (secret, texts) => {
    const mac = macUnder(secret)
    expect(texts.map(mac)).toEqual(texts.map((text) => createHmac('sha256', secret).update(text).digest('hex')))
  }))
})

test('tokens: the same for the same value, another for another, of another key nothing alike, and NULL stays NULL', () => {
  fc.assert(fc.property(fc.string(), fc.string(), (one, other) => {
    const token = change({ kind: 'token' })
    expect(token(one)).toMatch(/^[0-9a-f]{32}$/)
    expect(token(one) === token(other)).toBe(one === other)
    expect(changeOf({ kind: 'token' }, macUnder(Buffer.alloc(32, 2)), 'a')(one)).not.toBe(token(one))
  }))
  for (const kind of ['token', 'email', 'phone', 'year', 'keep'] as const) expect(change({ kind })(null)).toBeNull()
})

test('an address stays an address that nobody has, a number a number that no network has, however they were written', () => {
  expect(change({ kind: 'email' })(' Ann@Mail.example ')).toBe(change({ kind: 'email' })('ann@mail.example'))
  expect(change({ kind: 'email' })('ann@mail.example')).toMatch(/^[0-9a-f]{32}@pseudonym\.example$/)
  expect(change({ kind: 'phone' })('+39 02 123-45')).toBe(change({ kind: 'phone' })('+390212345'))
  expect(change({ kind: 'phone' })('+390212345')).toMatch(/^\+999\d{11}$/)
})

test('rounding gives the nearest multiple, in decimal digits', () => {
  fc.assert(fc.property(fc.integer({ min: -1_000_000, max: 1_000_000 }), fc.constantFrom(1, 5, 10, 250), (value, step) => {
    const result = Number(change({ kind: 'round', step: String(step) })(String(value)))
    expect(Math.abs(result - value)).toBeLessThanOrEqual(step / 2)
    expect(Math.abs(result % step)).toBe(0)
  }))
  expect(['123456789012344', '123456789012346.5', '0.000000000000000000000001'].map(change({ kind: 'round', step: '10' }))).toEqual(['123456789012340', '123456789012350', '0'])
  expect(['0.3', '-0.25', '19.99', '-0.1'].map(change({ kind: 'round', step: '0.5' }))).toEqual(['0.5', '-0.5', '20', '0'])
  for (const value of ['NaN', 'Infinity', '1e400', '12345678901234567']) expect(() => change({ kind: 'round', step: '10' })(value)).toThrow(expect.objectContaining({ code: 'transfer/value', message: expect.not.stringContaining(value) as string }) as Error)
})

test('dates become the first of their year or month; what is no such date stops the copy', () => {
  expect([change({ kind: 'year' })('1984-07-09'), change({ kind: 'month' })('2019-04-15 10:11:12.5+02')]).toEqual(['1984-01-01', '2019-04-01'])
  for (const value of ['infinity', '0044-03-15 BC', '15/04/2019']) expect(() => change({ kind: 'month' })(value)).toThrow('nothing was copied')
})

test('what leaves part of a value is not enough for a column that identifies', () => {
  const all: Transform[] = [{ kind: 'keep' }, { kind: 'year' }, { kind: 'month' }, { kind: 'round', step: '10' }, { kind: 'truncate', characters: 1 }, { kind: 'drop' }, { kind: 'null' }, { kind: 'token' }, { kind: 'email' }, { kind: 'phone' }, { kind: 'constant', value: 'x' }]
  expect(all.map(isPseudonymous)).toEqual([false, false, false, false, false, true, true, true, true, true, true])
})

test('a country becomes a region of UN M49, each in one alone, and what is no country stops the copy', () => {
  const region = change({ kind: 'm49' })
  expect(['fr', 'EL', 'GB', 'IL', 'CY', 'EG', 'br', 'NZ', 'AQ', 'TW'].map(region)).toEqual(['Europe', 'Europe', 'Europe', 'Asia', 'Asia', 'Africa', 'Americas', 'Oceania', 'Antarctica', 'other'])
  for (const wrong of ['France', '', 'FRA']) expect(() => region(wrong)).toThrow('generalised')
  const codes = Object.values(m49).flatMap((all) => all.split(' '))
  expect([codes.length, new Set(codes).size]).toEqual([249, 249]) // 248 of ISO 3166-1, and EL
})

test('a country becomes a region, and what is no country stops the copy', () => {
  const region = change({ kind: 'region' })
  expect(['fr', 'GR', 'EL', 'no', 'GB', 'IL', 'CH'].map(region)).toEqual(['EU', 'EU', 'EU', 'EEA', 'other', 'other', 'other'])
  for (const wrong of ['France', '', 'F1', 'FRA']) expect(() => region(wrong)).toThrow('generalised')
  expect([typeAfter({ kind: 'region' }, 'text'), typeAfter({ kind: 'region' }, 'integer'), isPseudonymous({ kind: 'region' })]).toEqual(['text', undefined, false])
})

test('noise: Laplace of the declared scale, another draw in each row, the same again under the same key, with the digits that there were', () => {
  expect([parseTransform({ noise: 2.5 }), typeof parseTransform({ noise: 0 }), typeof parseTransform({ noise: '1' })]).toEqual([{ kind: 'noise', scale: 2.5 }, 'string', 'string'])
  const draws = (transform: Transform): number[] => { const noise = change(transform); return Array.from({ length: 20_000 }, () => Number(noise('100.00')) - 100) }
  const [one, again] = [draws({ kind: 'noise', scale: 5 }), draws({ kind: 'noise', scale: 5 })]
  expect(again).toEqual(one)
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  expect(Math.abs(mean(one))).toBeLessThan(0.3) // of Laplace: mean 0, mean distance the scale, and half of all within scale times ln 2
  expect(Math.abs(mean(one.map(Math.abs)) - 5)).toBeLessThan(0.25)
  expect(Math.abs(one.filter((value) => Math.abs(value) < 5 * Math.LN2).length / one.length - 0.5)).toBeLessThan(0.02)
  expect(new Set(one).size).toBeGreaterThan(1_000)
  expect(change({ kind: 'noise', scale: 1 })('7')).toMatch(/^-?\d+$/)
  for (const wrong of ['NaN', 'Infinity', '1234567890123456', '1e3', '']) expect(() => change({ kind: 'noise', scale: 1 })(wrong)).toThrow('blurred')
  expect(['smallint', 'numeric(8,2)', 'real', 'text'].map((type) => typeAfter({ kind: 'noise', scale: 1 }, type))).toEqual(['bigint', 'numeric', 'double precision', undefined])
})
