import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createMachine, modes } from './machine.ts'

const key = Uint8Array.from({ length: 16 }, (_, at) => at)
const times = process.env['BAILEE_FULL'] === '1' ? 8 : process.env['BAILEE_LONG'] === '1' ? 3 : 1
const slots = 1024
const machine = createMachine({ key, regions: { keys: slots * 8, fieldHits: 16_384 * 8, datasetInfo: 32_768, touched: 4096, out: 64, ownerInfo: 64 } })
machine.set('mode', modes.search)
machine.set('slots', slots)
machine.set('fieldHitsMask', 16_383)
machine.inLane(0, (scanner) => scanner.attachTable())

/** The definition: length, OR of the high halves, AND of bits 4 to 6. */
const shapeOf = (normal: Uint8Array): number => Math.min(63, normal.length) * 128 + (normal.reduce((or, byte) => or | (byte >> 4), 0) & 15) * 8 + (normal.reduce((and, byte) => and & (byte >> 4), 7) & 7)

/** Looks that a field costs when the values of these normal forms are the only ones known. */
async function looksOf(field: Uint8Array, known: readonly Uint8Array[]): Promise<number> {
  const shapes = machine.at('shapes')
  machine.memory.fill(0, shapes, shapes + 8192)
  for (const normal of known) machine.memory[shapes + shapeOf(normal)] = 1
  await machine.scan((async function* () { yield await Promise.resolve(Buffer.concat([field, Buffer.from('\n')])) })(), { delimiter: ',' })
  return machine.count('probes')
}

const digits = (min: number, max: number): fc.Arbitrary<string> => fc.array(fc.constantFrom(...'0123456789'), { minLength: min, maxLength: max }).map((all) => all.join(''))
const parting = fc.constantFrom('', ' ', '-', '/', '.', '(', ')', ' (', '+', '. ')
const pieces = fc.array(fc.oneof(digits(1, 4), parting), { minLength: 1, maxLength: 9 }).map((all) => all.join(''))
const days = fc.tuple(fc.constantFrom('-', '/', '.', ' ', '. '), digits(1, 2), fc.oneof(digits(1, 2), fc.constantFrom('Mar', 'august', 'MAY')), digits(4, 4), fc.constantFrom('', ' 00:00', 'T00:00:00Z', ' 12:30:00'), fc.boolean())
  .map(([mark, one, two, year, time, first]) => (first ? [year, two, one] : [one, two, year]).join(mark) + time)
const months = fc.tuple(fc.constantFrom('March', 'apr', 'December', 'Sep'), digits(1, 2), digits(4, 4)).map(([month, day, year]) => `${month} ${day}, ${year}`)
const hex = fc.tuple(fc.constantFrom('', '0x', '\\x', 'md5:', 'SHA1:', 'sha256:'), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0 })).map(([prefix, bytes, seed]) => prefix + Buffer.alloc(bytes, String(seed)).toString('hex'))
const base64 = fc.tuple(fc.uint8Array({ minLength: 14, maxLength: 22 }), fc.boolean()).map(([bytes, padded]) => padded ? Buffer.from(bytes).toString('base64') : Buffer.from(bytes).toString('base64url'))
const words = fc.string({ unit: fc.constantFrom(...'abmtxzAMTZ019 @._:<>"\'-=[{éßſșΐﬁ\u00a0\u212a\ufeff'), minLength: 1, maxLength: 40 })
const wrapped = fc.tuple(fc.constantFrom('mailto:', 'tel:', 'TEL:', '<', '\'', ' ', '\t', ''), fc.oneof(words, pieces, days, hex), fc.constantFrom('>', '\'', ' ', '\v', '\u00a0', '')).map((all) => all.join(''))
const fields = fc.oneof(pieces, days, months, hex, base64, words, wrapped, fc.string({ unit: 'binary', maxLength: 40 }))
  .map((text) => text.replaceAll(/[,"\r\n]/g, '')).filter((text) => text !== '').map((text) => Buffer.from(text))

test('a field whose normal form has a known shape is looked up when no other value is known', () => fc.assert(fc.asyncProperty(fields, async (field) => {
  const normal = machine.normal(field)
  fc.pre(normal.length > 0)
  expect(await looksOf(field, [normal])).toBeGreaterThanOrEqual(1)
}), { numRuns: 4000 * times }))

test('it is looked up whatever else is known', () => fc.assert(fc.asyncProperty(fields, fc.array(fields, { maxLength: 4 }), async (field, others) => {
  const known = [field, ...others].map((one) => machine.normal(one)).filter((one) => one.length > 0)
  fc.pre(machine.normal(field).length > 0)
  expect(await looksOf(field, known)).toBeGreaterThanOrEqual(1)
}), { numRuns: 2000 * times }))

test.each([
  ['03/04/2019', '20190304'], ['03/04/2019', '20190403'], // both readings of a day
  ['XUFAKrxLKna5cZ2REBfFkg==', '5d41402abc4b2a76b9719d911017c592'], ['qvTGHdzF6KLavt4PO0gs2a6pQ00=', 'aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d'],
  ['1B2M2Y8AsgTpgAmY7PhCfg', 'd41d8cd98f00b204e9800998ecf8427e'], ['2jmj7l5rSw0yVb_vlWAYkK_YBwk', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
])('the other reading of %s is looked up', async (field, normal) => {
  expect(await looksOf(Buffer.from(field), [Buffer.from(normal)])).toBeGreaterThanOrEqual(1)
})

test.each(['f', 'SK', 'student', '1994-07-10', '9469', '2032-12-18 13:55:00', 'hip hop'])('%s is not looked up among addresses and long numbers', async (field) => {
  const known = ['ana@mail.example', '146.41.53.109', '10.20.30.1', '2233298527', '407932715609'].map((one) => machine.normal(Buffer.from(one)))
  expect(await looksOf(Buffer.from(field), known)).toBe(0)
})
