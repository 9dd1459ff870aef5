import { expect, test } from 'vitest'
import { encodeWhereLeft } from './store.ts'

const entry = (index: number, isDecision = false) => ({ slot: 1, index, leaf: Buffer.alloc(32), body: Buffer.from('{}'), isDecision })
const part = (index: number, name: string) => ({ slot: 1, index, part: name, keyId: `payload/1/${name}/2019`, ciphertext: Buffer.from(name) })
const head = { slot: 1, size: 3, frontier: Buffer.alloc(64) }
const encoded = (payloads: ReturnType<typeof part>[]) => encodeWhereLeft({ entries: [entry(1), entry(2, true)], payloads, heads: [head], before: [{ size: 1, frontier: Buffer.alloc(32) }], common: 1 })

test('first parts go beside their entries, and the rest by themselves', () => {
  const values = encoded([part(1, 'evidence'), part(1, 'people'), part(2, 'access')]).values.map((value) => Buffer.from(value).toString('latin1'))
  expect([10, 17, 22].map((place) => values[place]?.replace(/[^a-z]/g, ''))).toEqual(['evidence', 'access', 'people'])
})

test.each([
  ['of an entry before the one that it follows', [part(2, 'access'), part(1, 'evidence')]],
  ['of no entry among these', [part(1, 'evidence'), part(7, 'evidence')]],
])('a part %s is refused, not left out', (_, payloads) => {
  expect(() => encoded(payloads)).toThrow('follows another entry')
})
