import canonicalize from 'canonicalize'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jcs, leafBytes, type Json } from './entry.ts'

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

test('a part is written as RFC 8785 has it, whatever is in it', () => fc.assert(fc.property(fc.jsonValue({ maxDepth: 2, stringUnit: 'grapheme' }).filter((value) => JSON.stringify(value).isWellFormed()), fc.dictionary(fc.string({ unit: 'binary', maxLength: 12 }).filter((key) => key.isWellFormed()), fc.oneof(fc.string({ unit: 'binary', maxLength: 12 }).filter((value) => value.isWellFormed()), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null), fc.constant(undefined))), (any, flat) => {
  for (const value of [any, flat] as Json[]) expect(text(jcs(value))).toBe(canonicalize(value))
})))

test.each<[string, Json]>([['a lone surrogate', { note: '\ud800' }], ['one in a name', { '\udfff': 1 }], ['what is no number', { rows: Number.NaN }], ['what has no end', { rows: Number.POSITIVE_INFINITY }]])('%s is not written at all', (_, value) => {
  expect(() => jcs(value)).toThrow()
})

test('a leaf is JCS, its parts by name', () => {
  const [a, b] = ['0a'.repeat(32), '0b'.repeat(32)]
  const entry = { at: 1_790_000_014, common: 51, type: 'access.granted', parts: [{ name: 'people', commitment: a }, { name: 'evidence', commitment: b }] }
  expect(text(leafBytes(entry))).toBe(canonicalize({ at: entry.at, common: entry.common, parts: [{ c: b, n: 'evidence' }, { c: a, n: 'people' }], type: entry.type, v: 1 }))
  expect(text(leafBytes({ at: 0, type: 'ledger.opened', parts: [] }))).toBe('{"at":0,"parts":[],"type":"ledger.opened","v":1}')
})
