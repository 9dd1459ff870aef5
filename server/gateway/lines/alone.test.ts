import { expect, test } from 'vitest'
import { Alone } from './alone.ts'

/** Two connections answer each other so many times. */
function answering(alone: Alone, times: number): void {
  for (let time = 0; time < times; time += 1) alone.saw(7 + (time % 2), 1)
}

test('two connections that alone answer each other are looked at again, and no longer once a third has something', () => {
  const alone = new Alone(true)
  expect(alone.looks).toBe(false)
  answering(alone, 40)
  expect(alone.looks).toBe(true)
  alone.saw(9, 1)
  expect(alone.looks).toBe(false)
  answering(alone, 40)
  alone.saw(7, 2)
  expect(alone.looks).toBe(false)
})

test('a connection that only sends, as in a long read, is waited for', () => {
  const alone = new Alone(true)
  for (let time = 0; time < 100; time += 1) alone.saw(7, 1)
  expect(alone.looks).toBe(false)
})

test('where there is one processor only, nobody looks', () => {
  const alone = new Alone(false)
  answering(alone, 40)
  expect(alone.looks).toBe(false)
})

test('who looks in vain looks ever less, and as before once something was found', () => {
  const alone = new Alone(true)
  answering(alone, 40)
  const looks = (times: number, found: boolean): number => {
    let looked = 0
    for (let time = 0; time < times; time += 1) if (alone.looks) {
      alone.looked(found)
      looked += 1
    }
    return looked
  }
  expect(looks(10_000, false)).toBeLessThanOrEqual(14)
  while (!alone.looks) continue
  alone.looked(true)
  expect(looks(100, true)).toBe(100)
})
