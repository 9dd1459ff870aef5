import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { spokenKey } from './index.ts'

test('a key is eight words of five letters, the same every time, and another key is other words', () => {
  const words = spokenKey('processor.example/root+1451b66d+AQZC')
  expect(words).toHaveLength(8)
  expect(words.every((word) => /^[bdfghjklmnprstvz][aiou][bdfghjklmnprstvz][aiou][bdfghjklmnprstvz]$/.test(word))).toBe(true)
  expect(spokenKey('processor.example/root+1451b66d+AQZC\n')).toEqual(words)
  expect(spokenKey('processor.example/root+1451b66d+AQZD')).not.toEqual(words)
})

test('the words are the bits of the hash: read back, they give it', () => {
  const vkey = 'processor.example/root+1451b66d+AQZC'
  const value = (letter: string, alphabet: string): number => alphabet.indexOf(letter)
  const read = spokenKey(vkey).map((word) => [...word].reduce((bits, letter, place) => (place % 2 === 0 ? bits * 16 + value(letter, 'bdfghjklmnprstvz') : bits * 4 + value(letter, 'aiou')), 0).toString(16).padStart(4, '0'))
  expect(read.join('')).toBe(createHash('sha256').update(vkey).digest('hex').slice(0, 32))
})
