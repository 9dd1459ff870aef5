import { expect, test } from 'vitest'
import { createNeedles, needleBytesMin } from './needles.ts'

const found = (values: readonly string[], text: string, after = 0): number[] => {
  const bytes = Buffer.from(text)
  const seen: number[] = []
  createNeedles(values.map((value) => Buffer.from(value))).find(bytes, bytes.length, after, (needle) => seen.push(needle))
  return seen.sort((one, other) => one - other)
}

test('every value is found wherever it stands, beginning and ending alike, and none that differs by a byte', () => {
  const values = Array.from({ length: 500 }, (_, index) => `person${index}@mail.example`)
  expect(found(values, values.join(''))).toEqual(values.map((_, index) => index))
  expect(found(values, values.map((value) => value.replace('@', '#')).join('\0'))).toEqual([])
  const sameStart = Array.from({ length: 50 }, (_, index) => `https://one.example/${index.toString().padStart(3, '0')}`)
  expect(found(sameStart, `\0${sameStart[7]}\0`)).toEqual([7])
  expect(found(['aaaaaaaaaa'], 'a'.repeat(12)), 'one that overlaps itself').toEqual([0, 0, 0])
  expect(found([], 'anything at all')).toEqual([])
})

test('what ends in bytes that were looked at before is not found twice', () => {
  expect(found(['0123456789'], '0123456789', 9)).toEqual([0])
  expect(found(['0123456789'], '0123456789', 10)).toEqual([])
})

test('a value too short to be told from chance is refused', () => {
  expect(() => createNeedles([Buffer.alloc(needleBytesMin - 1)])).toThrow(RangeError)
})

test('the same answers as a plain search, whatever the bytes', () => {
  let state = 7
  const next = (below: number): number => { state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff; return state % below }
  for (let round = 0; round < 200; round += 1) {
    const bytes = Buffer.from(Array.from({ length: 400 }, () => 97 + next(2)))
    const values = Array.from({ length: 20 }, () => { const at = next(380); return bytes.subarray(at, at + needleBytesMin + next(8)) }).concat([Buffer.from(Array.from({ length: 12 }, () => 97 + next(2)))])
    const plain = values.map((value) => bytes.includes(value))
    const seen = values.map(() => false)
    createNeedles(values).find(bytes, bytes.length, 0, (needle) => { seen[needle] = true })
    expect(seen).toEqual(plain)
  }
})
