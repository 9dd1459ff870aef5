/** Looking up many tokens in sorted lists that are read in parts. Works on halves of tokens: 64-bit integers one by one are ten times slower. */
import type { SegmentLists } from './source.ts'

/** Tokens asked about, ascending, each once; in memory that threads share. */
export interface Asked {
  readonly halves: Uint32Array<ArrayBufferLike>
  /** A bit for each value of the upper bits of a token: none that is asked about has those of a bit that is not set. */
  readonly bits: Uint8Array<ArrayBufferLike>
  readonly shift: number
}

/** What a list knows of the tokens asked about: numbers among those, ascending, and positions in the list. */
export interface Known { readonly numbers: Uint32Array<ArrayBuffer>; readonly positions: Uint32Array<ArrayBuffer> }

/** Of 16 million tokens asked about a bit in eight is set, and 16 MB are read in order. */
const bitsMax = 27
const bitsMin = 13

/** Makes tokens (ascending, each once) ready to be asked about by any thread. */
export function askedOf(tokens: BigUint64Array): Asked {
  const width = Math.min(bitsMax, Math.max(bitsMin, Math.ceil(Math.log2(tokens.length + 1)) + 4))
  const halves = new Uint32Array(new SharedArrayBuffer(tokens.length * 8))
  halves.set(new Uint32Array(tokens.buffer, tokens.byteOffset, tokens.length * 2))
  const bits = new Uint8Array(new SharedArrayBuffer(2 ** width / 8))
  const shift = 32 - width
  for (let at = 1; at < halves.length; at += 2) {
    const bit = halves[at]! >>> shift
    bits[bit >>> 3]! |= 1 << (bit & 7)
  }
  return { halves, bits, shift }
}

/** Lists with so few tokens asked about are read only around where each may stand: with more, every piece of the list is needed anyway. */
const rangesMax = 64

/** Asks a list of `length` tokens. Reads of it what it has to. */
export async function lookUp(lists: SegmentLists, { kind, number, length }: { readonly kind: 'columns' | 'forms' | 'links'; readonly number: number; readonly length: number }, asked: Asked): Promise<Known> {
  const found = createFound()
  if (length === 0 || asked.halves.length === 0) return found.known()
  for (const range of rangesOf(length, asked)) {
    let at = range.from
    for await (const part of lists.read(kind, number, range.from, range.to)) {
      const own = new Uint32Array(part.buffer, part.byteOffset, part.length * 2)
      if (at === range.from && !beginsInTime(own, range, asked)) break
      intersect(own, at, asked, found)
      at += part.length
      if (at === range.to && at < length && !endsInTime(own, range, asked)) at = -1
    }
    if (at === range.to) continue
    return wholeList(lists, { kind, number }, asked)
  }
  return found.known()
}

async function wholeList(lists: SegmentLists, { kind, number }: { readonly kind: 'columns' | 'forms' | 'links'; readonly number: number }, asked: Asked): Promise<Known> {
  const found = createFound()
  let at = 0
  for await (const part of lists.read(kind, number)) {
    intersect(new Uint32Array(part.buffer, part.byteOffset, part.length * 2), at, asked, found)
    at += part.length
  }
  return found.known()
}

/** A part of a list, and which of the tokens asked about may stand in it. */
interface Range { readonly from: number; to: number; readonly first: number; last: number }

/** How far from its place by even spread a token may stand: eight times the deviation of chance. */
export const slackOf = (length: number): number => Math.ceil(4 * Math.sqrt(length)) + 64

function rangesOf(length: number, { halves }: Asked): Range[] {
  const count = halves.length / 2
  if (count > rangesMax) return [{ from: 0, to: length, first: 0, last: count - 1 }]
  const slack = slackOf(length)
  const ranges: Range[] = []
  for (let number = 0; number < count; number += 1) {
    const middle = Math.floor((halves[number * 2 + 1]! / 2 ** 32) * length)
    const [from, to] = [Math.max(0, middle - slack), Math.min(length, middle + slack)]
    const before = ranges.at(-1)
    if (before !== undefined && from <= before.to) Object.assign(before, { to, last: number })
    else ranges.push({ from, to, first: number, last: number })
  }
  return ranges
}

const beginsInTime = (own: Uint32Array, { from, first }: Range, { halves }: Asked): boolean => from === 0 || !isBelow(halves, first, own[0]!, own[1]!)
const endsInTime = (own: Uint32Array, { last }: Range, { halves }: Asked): boolean => isBelow(halves, last, own.at(-2)!, own.at(-1)!)

interface Found { readonly add: (number: number, position: number) => void; readonly known: () => Known }

function createFound(): Found {
  let [numbers, positions] = [new Uint32Array(16), new Uint32Array(16)]
  let count = 0
  return {
    add: (number, position) => {
      if (count === numbers.length) [numbers, positions] = [grown(numbers), grown(positions)]
      numbers[count] = number
      positions[count++] = position
    },
    known: () => ({ numbers: numbers.slice(0, count), positions: positions.slice(0, count) }),
  }
}

function grown(list: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const longer = new Uint32Array(list.length * 2)
  longer.set(list)
  return longer
}

/** From this many tokens of the part for each that is asked about on, the part is asked, not the tokens. */
const sparseFrom = 8

/** Adds what a part of a list, at `base` in it, knows. */
export function intersect(own: Uint32Array, base: number, asked: Asked, found: Found): void {
  if (own.length === 0) return
  const { halves } = asked
  const first = firstNotBelow(halves, 0, own[0]!, own[1]!)
  const end = firstNotBelow(halves, first, own.at(-2)!, own.at(-1)!) + 1 // one too many at the most
  const last = Math.min(end, halves.length / 2)
  if (own.length / 2 > (last - first) * sparseFrom) askPart(own, base, { asked, first, last }, found)
  else askTokens(own, base, { asked, first, last }, found)
}

interface Span { readonly asked: Asked; readonly first: number; readonly last: number }

function askPart(own: Uint32Array, base: number, { asked: { halves }, first, last }: Span, found: Found): void {
  for (let number = first, at = 0; number < last && at * 2 < own.length; number += 1) {
    at = firstNotBelow(own, at, halves[number * 2]!, halves[number * 2 + 1]!)
    if (own[at * 2] === halves[number * 2] && own[at * 2 + 1] === halves[number * 2 + 1]) found.add(number, base + at)
  }
}

function askTokens(own: Uint32Array, base: number, { asked: { halves, bits, shift }, first, last }: Span, found: Found): void {
  for (let at = 0, number = first; at < own.length && number < last; at += 2) {
    const high = own[at + 1]!
    const bit = high >>> shift
    if ((bits[bit >>> 3]! & (1 << (bit & 7))) === 0) continue
    number = firstNotBelow(halves, number, own[at]!, high)
    if (halves[number * 2] === own[at] && halves[number * 2 + 1] === high) found.add(number, base + at / 2)
  }
}

/** Whether the token at a position is below one given by its halves. */
const isBelow = (list: Uint32Array, at: number, low: number, high: number): boolean => list[at * 2 + 1]! < high || (list[at * 2 + 1] === high && list[at * 2]! < low)

/** The first position from `from` on whose token is not below this one. Doubles its step until it is past it, then halves. */
export function firstNotBelow(list: Uint32Array, from: number, low: number, high: number): number {
  const length = list.length / 2
  let step = 1
  let start = from
  while (start + step < length && isBelow(list, start + step, low, high)) {
    start += step
    step *= 2
  }
  let end = Math.min(length, start + step + 1)
  while (start < end) {
    const middle = (start + end) >>> 1
    if (isBelow(list, middle, low, high)) start = middle + 1
    else end = middle
  }
  return start
}
