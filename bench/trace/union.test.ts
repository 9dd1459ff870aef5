import { expect, test } from 'vitest'
import { benchUnion, quickSize } from './union.ts'

test('the union is measured at a small size, and every figure holds', async () => {
  const results = await benchUnion(quickSize, () => undefined)
  expect(results.filter(({ ok }) => !ok)).toEqual([])
  expect(results).toHaveLength(5)
  expect(results.every(({ value }) => value > 0)).toBe(true)
})
