import { expect, test } from 'vitest'
import { day } from '#kit/time'
import { nearTo } from './routes/near.ts'

const seen = Date.parse('2019-04-16T02:00:00Z') / 1000

test.each([
  ['known between two searches', { after: seen - day, before: seen }, { from: seen - 2 * day, to: seen }],
  ['known by its values, which end before it was seen', { after: seen - 10 * day, before: seen - 3 * day }, { from: seen - 11 * day, to: seen - 3 * day }],
  ['nobody knows after when', { after: undefined, before: null }, { from: seen - 8 * day, to: seen }],
  ['made long before it was seen, by nobody knows when', { after: seen - 400 * day, before: null }, { from: seen - 31 * day, to: seen }],
  ['an end behind the search is none', { after: seen - day, before: seen + 5 * day }, { from: seen - 2 * day, to: seen }],
])('a refusal is near in time to a copy, %s', (_, known, expected) => {
  expect(nearTo({ firstSeen: seen, ...known })).toEqual(expected)
})
