/** Arrays of 64-bit tokens: sorted, thinned, joined. All work on halves of tokens: 64-bit integers one by one would be ten times slower. */

/** Two numbers a token: low half, high half. */
function halvesOf(tokens: BigUint64Array): Uint32Array {
  return new Uint32Array(tokens.buffer, tokens.byteOffset, tokens.length * 2)
}

const digitBits = 11
const digits = 1 << digitBits

// Moves a token that are still cheaper than sorting by comparison: random tokens need far less than one.
const movesMax = 8

/**
 * Sorts in place, ascending. Tokens are as good as random: after two passes over 22 of the bits below the first `sameBits` (equal in all of them,
 * at most 10), neighbours are all but sorted, and insertion does the rest. Where they are not random, sorted by comparison: slow and right.
 */
export function sortTokens(tokens: BigUint64Array, sameBits = 0): BigUint64Array {
  if (tokens.length < digits) return tokens.sort()
  const halves = halvesOf(tokens)
  const spare = new Uint32Array(halves.length)
  const shift = 32 - sameBits - 2 * digitBits
  scatter(halves, spare, shift)
  scatter(spare, halves, shift + digitBits)
  return insertion(halves) ? tokens : tokens.sort()
}

/** One stable pass over eleven bits of the high halves. */
function scatter(from: Uint32Array, to: Uint32Array, shift: number): void {
  const starts = new Uint32Array(digits + 1)
  for (let at = 1; at < from.length; at += 2) starts[((from[at]! >>> shift) & (digits - 1)) + 1]! += 2
  for (let digit = 1; digit <= digits; digit += 1) starts[digit]! += starts[digit - 1]!
  for (let at = 0; at < from.length; at += 2) {
    const high = from[at + 1]!
    const digit = (high >>> shift) & (digits - 1)
    const where = starts[digit]!
    to[where] = from[at]!
    to[where + 1] = high
    starts[digit] = where + 2
  }
}

/** Resolves what little is out of order; false when it is too much. */
function insertion(halves: Uint32Array): boolean {
  let left = (halves.length / 2) * movesMax
  for (let at = 2; at < halves.length; at += 2) {
    const low = halves[at]!
    const high = halves[at + 1]!
    let to = at
    while (to > 0 && (halves[to - 1]! > high || (halves[to - 1] === high && halves[to - 2]! > low))) {
      halves[to] = halves[to - 2]!
      halves[to + 1] = halves[to - 1]!
      to -= 2
    }
    halves[to] = low
    halves[to + 1] = high
    left -= (at - to) / 2
    if (left < 0) return false
  }
  return true
}

export interface DistinctTokens {
  /** Ascending, each once. */
  readonly tokens: BigUint64Array
  /** Pairs of equal tokens before, those of dropped tokens included. */
  readonly pairs: number
  /** Tokens left out because they stood more often than `frequencyMax`; ascending. */
  readonly dropped: BigUint64Array
}

/** Keeps each token of a sorted array once. Works in place: `tokens` is a part of the same memory. */
export function thin(sorted: BigUint64Array, frequencyMax: number): DistinctTokens {
  const halves = halvesOf(sorted)
  const dropped: bigint[] = []
  let kept = 0
  let pairs = 0
  for (let from = 0; from < halves.length; ) {
    const low = halves[from]!
    const high = halves[from + 1]!
    let to = from + 2
    while (to < halves.length && halves[to] === low && halves[to + 1] === high) to += 2
    const count = (to - from) / 2
    if (count > 1) pairs += (count * (count - 1)) / 2
    if (count > frequencyMax) dropped.push(sorted[from / 2]!)
    else {
      halves[kept] = low
      halves[kept + 1] = high
      kept += 2
    }
    from = to
  }
  return { tokens: sorted.subarray(0, kept / 2), pairs, dropped: BigUint64Array.from(dropped) }
}

/** Tokens collected in parts. */
export interface TokenList {
  readonly parts: BigUint64Array[]
  length: number
}

export function emptyList(): TokenList {
  return { parts: [], length: 0 }
}

export function addPart(list: TokenList, part: BigUint64Array): void {
  list.parts.push(part)
  list.length += part.length
}

/** Sorts and thins a list, and empties it. */
export function distinct(list: TokenList, frequencyMax: number): DistinctTokens {
  list.length = 0
  return thin(sortTokens(concatenate(list.parts.splice(0))), frequencyMax)
}

/** Parts one behind the other. */
export function concatenate(parts: readonly BigUint64Array[]): BigUint64Array<ArrayBuffer> {
  const all = new BigUint64Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** Ascending tokens of either list, each once. Each list ascends and holds each token once. */
export function union(one: BigUint64Array, other: BigUint64Array): BigUint64Array {
  if (one.length === 0) return other
  if (other.length === 0) return one
  if (isFew(one, other)) return spliced(other, one, true)
  if (isFew(other, one)) return spliced(one, other, true)
  const out = new BigUint64Array(one.length + other.length)
  const [a, b, to] = [halvesOf(one), halvesOf(other), halvesOf(out)]
  let [i, j, at] = [0, 0, 0]
  while (i < a.length && j < b.length) {
    const order = a[i + 1]! - b[j + 1]! || a[i]! - b[j]!
    if (order <= 0) {
      to[at] = a[i]!
      to[at + 1] = a[i + 1]!
      i += 2
      if (order === 0) j += 2
    } else {
      to[at] = b[j]!
      to[at + 1] = b[j + 1]!
      j += 2
    }
    at += 2
  }
  to.set(a.subarray(i), at)
  at += a.length - i
  to.set(b.subarray(j), at)
  at += b.length - j
  return out.subarray(0, at / 2)
}

/** Tokens of `list` that are not in `without`; both ascend. */
export function difference(list: BigUint64Array, without: BigUint64Array): BigUint64Array {
  if (without.length === 0) return list
  if (isFew(without, list)) return spliced(list, without, false)
  if (isFew(list, without)) return list.filter((token) => !isIn(without, token))
  const out = new BigUint64Array(list.length)
  const [a, b, to] = [halvesOf(list), halvesOf(without), halvesOf(out)]
  let [j, at] = [0, 0]
  for (let i = 0; i < a.length; i += 2) {
    while (j < b.length && (b[j + 1]! - a[i + 1]! || b[j]! - a[i]!) < 0) j += 2
    if (j < b.length && b[j] === a[i] && b[j + 1] === a[i + 1]) continue
    to[at] = a[i]!
    to[at + 1] = a[i + 1]!
    at += 2
  }
  return out.subarray(0, at / 2)
}

/** Those whose lowest `bits` bits are zero: one in 2 to that power, the same of every list. */
export function sampleOf(tokens: BigUint64Array, bits: number): BigUint64Array {
  if (bits === 0) return tokens
  const mask = 2 ** Math.min(bits, 32) - 1
  const halves = halvesOf(tokens)
  const out = new BigUint64Array(tokens.length)
  const to = halvesOf(out)
  let kept = 0
  for (let at = 0; at < halves.length; at += 2) {
    if (((halves[at]! & mask) >>> 0) !== 0) continue
    to[kept] = halves[at]!
    to[kept + 1] = halves[at + 1]!
    kept += 2
  }
  return out.slice(0, kept / 2)
}

/** Tokens of one ascending list that are in another, too. */
export function intersection(list: BigUint64Array, other: BigUint64Array): BigUint64Array {
  const [few, many] = list.length < other.length ? [list, other] : [other, list]
  if (few.length === 0) return few
  return isFew(few, many) ? few.filter((token) => isIn(many, token)) : difference(few, difference(few, many))
}

// From here on it is cheaper to look each of the few up, and to copy what lies between them, than to go through the many.
const fewShare = 32

const isFew = (few: BigUint64Array, many: BigUint64Array): boolean => few.length * fewShare < many.length

const isIn = (tokens: BigUint64Array, token: bigint): boolean => tokens[countBefore(tokens, token)] === token

/** Many tokens with a few more, each once, or without a few. */
function spliced(many: BigUint64Array, few: BigUint64Array, more: boolean): BigUint64Array {
  const out = new BigUint64Array(many.length + (more ? few.length : 0))
  let [from, at] = [0, 0]
  const copy = (to: number): void => {
    out.set(many.subarray(from, to), at)
    at += to - from
  }
  for (const token of few) {
    const place = from + countBefore(many.subarray(from), token)
    copy(place)
    from = many[place] === token ? place + 1 : place
    if (more) out[at++] = token
  }
  copy(many.length)
  return out.subarray(0, at)
}

/** How many of these ascending tokens have a high half below `end`. */
export function countBelow(tokens: BigUint64Array, end: number): number {
  const halves = halvesOf(tokens)
  let [low, high] = [0, tokens.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (halves[middle * 2 + 1]! < end) low = middle + 1
    else high = middle
  }
  return low
}

/** How many of these ascending tokens are below this one. */
export function countBefore(tokens: BigUint64Array, token: bigint): number {
  let [low, high] = [0, tokens.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (tokens[middle]! < token) low = middle + 1
    else high = middle
  }
  return low
}

/** How many of them are not above this one, each of them there once. */
export function countUpTo(tokens: BigUint64Array, token: bigint): number {
  const before = countBefore(tokens, token)
  return tokens[before] === token ? before + 1 : before
}
