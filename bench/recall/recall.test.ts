import { expect, test } from 'vitest'
import { quickSizes, tableOf } from '../recall.bench.ts'
import { expectAllFound, played } from './played.ts'

test('copies in every disguise are found whole, and clean sets give no finding', { timeout: 300_000 }, async () => {
  const result = await played(quickSizes)
  expectAllFound(result)
  expect(result.hidden.length).toBeGreaterThan(100)
  expect(tableOf(result).length).toBeGreaterThan(50)
  expect(result.patterns.flagged).toBeLessThan(result.patterns.copies)
})
