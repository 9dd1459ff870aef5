import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseEntry } from './entry.ts'
import { glanceAt } from './glance.ts'
import { Malformed } from './index.ts'

const runs = process.env['BAILEE_FULL'] === '1' ? 20_000 : process.env['BAILEE_LONG'] === '1' ? 5_000 : 500
const said = (read: () => unknown): unknown => {
  try {
    return read()
  } catch (error) {
    if (error instanceof Malformed) return error.code
    throw error
  }
}
/** What the strict reader of whole entries says of the same bytes. */
const slowly = (bytes: Uint8Array): unknown => said(() => {
  const { type, parts, common } = parseEntry(bytes)
  return common === undefined ? { type, parts: parts.length } : { type, parts: parts.length, common }
})
const quickly = (bytes: Uint8Array): unknown => {
  const around = Buffer.concat([Buffer.from('{"at":'), bytes, Buffer.from('"v":1}],]')]) // what stands around an entry is none of its own
  return said(() => glanceAt(around, 6, 6 + bytes.length))
}

const words = fc.constantFrom('a', 'note', 'evidence', 'a-b_1', '-a', 'A', 'é', 'x'.repeat(64), 'x'.repeat(65), '')
const numbers = fc.oneof(fc.nat(), fc.constantFrom('0', '01', '-1', '1.5', '1e3', '999999999999999', '9007199254740991', '9007199254740993'))
const commitments = fc.constantFrom('0'.repeat(64), `${'af09'.repeat(16)}`, 'F'.repeat(64), '0'.repeat(63))
const entries = fc.record({
  at: numbers, common: fc.option(numbers), type: fc.array(words, { minLength: 1, maxLength: 4 }).map((some) => some.join('.')), version: fc.constantFrom('1', '1', '1', '2'),
  parts: fc.array(fc.tuple(commitments, words), { maxLength: 4 }), gap: fc.constantFrom('', '', '', ' '), more: fc.constantFrom('', '', ',"log":"x"'),
}).map(({ at, common, type, version, parts, gap, more }) => `{"at":${at}${common === null ? '' : `,${gap}"common":${common}`},"parts":[${parts.map(([c, n]) => `{"c":"${c}","n":"${n}"}`).join(',')}],"type":"${type}","v":${version}${more}}`)

test('a glance says of any entry what reading it whole says', () => {
  fc.assert(fc.property(entries, (text) => { expect(quickly(Buffer.from(text))).toEqual(slowly(Buffer.from(text))) }), { numRuns: runs })
})

test('with any one byte changed, taken away or put in, too', () => {
  const common = `{"at":1555315200,"common":12,"parts":[{"c":"${'0a'.repeat(32)}","n":"evidence"},{"c":"${'b1'.repeat(32)}","n":"people"}],"type":"note.written","v":1}`
  fc.assert(fc.property(fc.nat(common.length), fc.nat(255), fc.constantFrom('change', 'remove', 'insert'), (place, byte, how) => {
    const bytes = Buffer.from(common)
    const changed = Buffer.concat([bytes.subarray(0, place), how === 'remove' ? Buffer.alloc(0) : Buffer.of(byte), bytes.subarray(how === 'insert' ? place : place + 1)])
    expect(quickly(changed)).toEqual(slowly(changed))
  }), { numRuns: runs * 2 })
})

test('two parts of one name are refused, wherever they stand', () => {
  const part = (name: string): string => `{"c":"${'0'.repeat(64)}","n":"${name}"}`
  for (const names of [['a', 'a'], ['a', 'b', 'a'], ['b', 'a', 'b']]) expect(quickly(Buffer.from(`{"at":1,"parts":[${names.map(part).join(',')}],"type":"a.b","v":1}`))).toBe('entry/parts')
  expect(quickly(Buffer.from(`{"at":1,"parts":[${['b', 'a'].map(part).join(',')}],"type":"a.b","v":1}`))).toEqual({ type: 'a.b', parts: 2 })
})
