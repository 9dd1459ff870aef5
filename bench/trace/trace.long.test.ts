import { expect, test } from 'vitest'
import { benchChanges, quickChanges } from './changes.ts'
import { benchCompare, quickCompare } from './compare.ts'
import { benchLayers, quickLayers } from './layers.ts'
import { measure } from './measure.ts'

test('the benchmark of the search measures all it promises, at a small size', async () => {
  const lines: string[] = []
  const results = await measure({ suspectRows: 50_000, people: 50_000, largePeople: 60_000, largeSuspectRows: 120_000, rounds: 1, threads: 2 }, (line) => lines.push(line))
  expect(results.filter(({ ok, what }) => !ok && !/core/.test(what))).toEqual([]) // rates mean nothing at this size
  expect(results.length).toBeGreaterThan(10)
  expect(lines.length).toBeGreaterThan(3)
})

test('what layers save is measured, and each is small', async () => {
  const results = await benchLayers(quickLayers, () => undefined)
  expect(results.filter(({ ok }) => !ok)).toEqual([])
})

test('a refresh by replication, by watermark and by comparing all read what changed, and no more', async () => {
  const results = await benchChanges(quickChanges, () => undefined)
  expect(results.filter(({ ok }) => !ok)).toEqual([])
})

test('a comparison with what is known finds the copies, and no other place', async () => {
  const results = await benchCompare(quickCompare, () => undefined)
  expect(results.filter(({ ok }) => !ok)).toEqual([])
  expect(results.every(({ ratio }) => (ratio ?? 0) > 0)).toBe(true)
})
