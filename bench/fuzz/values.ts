/** Values that break readers: quotes, delimiters and line ends inside, letters of every kind, nothing at all, and far too much. */
import { times, type Random } from './random.ts'

const plain = ['x', '42', 'ann@mail.example', '+40 21 123 4567', 'Zoë Müller', 'O\'Neil', '0', '007', '2019-04-15', '24.40', '1e5', '-', '日本語', '🙂', 'e\u0301', 'ß', 'İ', 'naïve', '\u00a0', 'a b', '12345678901234567890', 'true', 'null', 'NULL', '\\N']
const nasty = ['a "quoted" word', '"', '""', '"a', 'b"', 'two\nlines', 'two\r\nlines', '\n', ' leading', 'trailing ', 'com,ma', 'semi;colon', 'tab\there', 'pi|pe', ',', ';', '\t', '|', '""",""', '\',\'', '\\', '\\"', 'a\\', '\'\'', '--', '/*', '*/', ');', '<b>', '&amp;', ']]>', '=1+1', '{"a":1}', '[1,2]', '\u2028', '\ufeff', '$$', '\\.', '%00', 'From x', '--b', '=?utf-8?q?=41?=']
const letters = [...'abcdefghijklmnopqrstuvwxyzABCXYZ0123456789 .-_@éöüñșțЖ語🙂']

/** Of letters alone. */
export const word = (random: Random, lengthMax: number): string => times(1 + random.below(lengthMax), () => random.pick(letters)).join('')

/** A value as random files hold them; empty in some cases. */
export function valueOf(random: Random): string {
  const kind = random.below(100)
  if (kind < 12) return ''
  if (kind < 50) return random.pick(plain)
  if (kind < 70) return random.pick(nasty)
  if (kind < 98) return word(random, 16)
  if (kind < 99) return times(1 + random.below(4), () => random.pick(nasty) + random.pick(plain)).join('')
  return random.chance(0.02) ? random.pick(['x', 'a"', 'é ', 'y\n']).repeat(1 + random.below(200_000)) : word(random, 300)
}

/** A value without anything that a format could mistake. */
export const plainOf = (random: Random): string => (random.chance(0.5) ? random.pick(plain) : word(random, 12))

/** A value that stands in no other file: an address. */
export const markOf = (random: Random): string => `m${random.below(2 ** 31).toString(36)}.${random.below(2 ** 31).toString(36)}@mail.example`

/** Rows of as many fields each. */
export const tableOf = (random: Random, { rowsMax, widthMax }: { rowsMax: number; widthMax: number }, value: (random: Random) => string = valueOf): string[][] => {
  const width = 1 + random.below(widthMax)
  return times(1 + random.below(rowsMax), () => times(width, () => value(random)))
}
