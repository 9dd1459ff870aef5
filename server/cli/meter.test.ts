import { expect, test } from 'vitest'
import { createMeter, figuresOf } from './meter.ts'

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

test('progress shows the name of a place, and does nothing that stands in it', () => {
  const written: string[] = []
  const out = { isTTY: true, columns: 200, write: (text: string) => written.push(text) > 0 } as unknown as NodeJS.WriteStream
  createMeter(out).show('searching 1/2 share: a\u001b]0;title\u0007\u001b[2Jb\r.csv', 0)
  expect(written.at(-1)).toBe('  searching 1/2 share: a\uFFFD]0;title\uFFFD\uFFFD[2Jb\uFFFD.csv')
})
