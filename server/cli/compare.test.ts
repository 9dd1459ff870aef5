import { expect, test } from 'vitest'
import { linesOf } from './compare.ts'

const nothing = { places: [], known: 20, damaged: 0, asked: [], notCompared: [] }
const warning = expect.stringContaining('so few values') as string

test('a file of which nothing is in the sample is not said to be unlike every place without a warning', () => {
  expect(linesOf(nothing, [])).toContainEqual(warning)
  expect(linesOf({ ...nothing, asked: [{ column: 'field 1', form: null, sampled: 3, distinct: 3072 }] }, [])).toContainEqual(warning)
  expect(linesOf({ ...nothing, asked: [{ column: 'field 1', form: null, sampled: 30, distinct: 30_720 }] }, [])).not.toContainEqual(warning)
})

test('where no place is known there is nothing to warn of', () => {
  expect(linesOf({ ...nothing, known: 0 }, [])).not.toContainEqual(warning)
})
