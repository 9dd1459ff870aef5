import { expect, test } from 'vitest'
import { benchUnion, quickSize } from './union.ts'

test('the union is measured at a small size, and every figure holds', async () => {
  const results = await benchUnion(quickSize, () => undefined)
  expect(results.map(({ what, ok }) => [what, ok])).toEqual([['union of 2000000 tokens of 20 datasets', true], ['a place searched by the union', true], ['peak memory of the process', true]])
  expect(results.every(({ value }) => value > 0)).toBe(true)
})
