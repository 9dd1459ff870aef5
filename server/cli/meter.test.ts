import { expect, test } from 'vitest'
import { figuresOf } from './meter.ts'

test.each([
  [{ rows: 0, seconds: 10, done: {} }, ''],
  [{ rows: 5000, seconds: 10, done: {} }, '500 rows/s: '],
  [{ rows: 0, seconds: 10, done: { share: 0.25, bytes: 1e9 } }, '25 %, 100 MB/s, 30 s left: '],
  [{ rows: 0, seconds: 60, done: { share: 0.1, bytes: 6e6 } }, '10 %, 0.1 MB/s, 9 min left: '],
  [{ rows: 0, seconds: 3600, done: { share: 0.1, bytes: 0 } }, '10 %, 9.0 h left: '],
  [{ rows: 0, seconds: 10, done: { share: 0.001 } }, '0 %: '],
])('progress says share, rate and what is left, as far as they are known (%j)', ({ rows, seconds, done }, said) => {
  expect(figuresOf(rows, seconds, done)).toBe(said)
})
