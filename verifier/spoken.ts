import { sha256 } from './merkle.ts'

const [consonants, vowels] = ['bdfghjklmnprstvz', 'aiou']

/** Words of a key: 16 bits each. */
const count = 8

/**
 * A key as eight words that can be read aloud and compared in any language: the first 128 bits of the hash of its text (`name+hash+key`), each 16 of them as a
 * word of five letters (proquint, arXiv:0901.4016). Two keys with the same words would have to be searched for among 2^64 pairs, another one for a given key among 2^128.
 */
export function spokenKey(vkey: string): string[] {
  const hash = sha256(new TextEncoder().encode(vkey.trim()))
  return Array.from({ length: count }, (_, index) => wordOf(((hash[index * 2] ?? 0) << 8) | (hash[index * 2 + 1] ?? 0)))
}

/** Five letters: a consonant takes 4 bits, a vowel 2. */
const wordOf = (bits: number): string => [[12, consonants], [10, vowels], [6, consonants], [4, vowels], [0, consonants]].map(([shift, letters]) => String(letters)[(bits >> Number(shift)) & (String(letters).length - 1)]).join('')
