/** Numbers that look random and come from a name: the same name gives the same file on every machine. */
import { createHash } from 'node:crypto'

export interface Random {
  /** A whole number from 0, below `end`. */
  below(end: number): number
  /** Whether something happens that happens in `share` of all cases. */
  chance(share: number): boolean
  pick<Item>(items: readonly Item[]): Item
  bytes(length: number): Buffer
}

/** The sequence of a name: sfc32 by Chris Doty-Humphrey, begun with its digest. */
export function randomOf(name: string): Random {
  const start = createHash('sha256').update(name).digest()
  let [a, b, c, d] = [start.readInt32LE(0), start.readInt32LE(4), start.readInt32LE(8), start.readInt32LE(12)]
  const next = (): number => {
    const sum = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  const below = (end: number): number => Math.floor((next() / 2 ** 32) * end)
  return {
    below, chance: (share) => next() < share * 2 ** 32, pick: (items) => items[below(items.length)]!,
    bytes: (length) => { const made = Buffer.allocUnsafe(length); for (let at = 0; at < length; at += 1) made[at] = next(); return made },
  }
}

/** So many of what `make` makes. */
export const times = <Item>(count: number, make: (at: number) => Item): Item[] => Array.from({ length: count }, (_, at) => make(at))
