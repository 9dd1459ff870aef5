/** From what two sketches share to what two places share, with an interval. Pure. */
import { oneIn } from './sketch.ts'

/** How many different values two sets share, to be read as: so many, and with 95 % at least `low` and at most `high`. */
export interface Overlap {
  readonly estimate: number
  readonly low: number
  readonly high: number
}

/** What was compared: tokens of the first set that are in its sketch, those found in the other's, and how many different values the first has, where that is known. */
export interface Shared {
  readonly sampled: number
  readonly found: number
  readonly level: number
  readonly distinct?: number | undefined
}

// Of the normal distribution: 97.5 % lie below.
const z = 1.959964

/**
 * Estimates the overlap. Every shared value is in both sketches with the chance 1 : `oneIn(level)`, so that the count found is binomial, all but Poisson: its
 * interval is Garwood's (1936), by the approximation of Wilson and Hilferty to the chi-square. Where the size of the first set is known, the share found of its
 * sample tells more, the more is shared: the interval is then that of Clopper and Pearson (1934) too, and the narrower of the two on each side.
 */
export function overlapOf({ sampled, found, level, distinct }: Shared): Overlap {
  const one = oneIn(level)
  const counted = { estimate: found * one, low: Math.max(found, poissonLow(found) * one), high: poissonHigh(found) * one }
  if (distinct === undefined || sampled === 0) return rounded(counted)
  return rounded({
    estimate: (found / sampled) * distinct,
    low: Math.max(found, shareLow(found, sampled) * distinct),
    high: Math.min(distinct - (sampled - found), shareHigh(found, sampled) * distinct),
  })
}

const rounded = ({ estimate, low, high }: Overlap): Overlap => ({ estimate: Math.round(estimate), low: Math.floor(low), high: Math.ceil(high) })

function poissonLow(count: number): number {
  return count === 0 ? 0 : count * Math.max(0, 1 - 1 / (9 * count) - z / (3 * Math.sqrt(count))) ** 3
}

function poissonHigh(count: number): number {
  if (count === 0) return 3.689 // -ln 0.025
  const next = count + 1
  return next * (1 - 1 / (9 * next) + z / (3 * Math.sqrt(next))) ** 3
}

const tail = 0.025

const shareLow = (found: number, of: number): number => (found === 0 ? 0 : bisect((share) => 1 - atMost(found - 1, of, share) < tail))

const shareHigh = (found: number, of: number): number => (found === of ? 1 : bisect((share) => atMost(found, of, share) > tail))

/** Where a condition that holds for small shares ends. */
function bisect(holds: (share: number) => boolean): number {
  let [low, high] = [0, 1]
  for (let step = 0; step < 40; step += 1) {
    const middle = (low + high) / 2
    if (holds(middle)) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** The chance of at most `found` among so many, each with that share: the terms around the largest, summed until they no longer count. */
function atMost(found: number, of: number, share: number): number {
  if (share <= 0) return 1
  if (share >= 1) return found >= of ? 1 : 0
  const mode = Math.min(found, Math.floor((of + 1) * share))
  const top = Math.exp(logFactorial(of) - logFactorial(mode) - logFactorial(of - mode) + mode * Math.log(share) + (of - mode) * Math.log1p(-share))
  const odds = share / (1 - share)
  let sum = top
  for (let at = mode, term = top; at > 0 && term > sum * 1e-12; at -= 1) sum += term *= at / ((of - at + 1) * odds)
  for (let at = mode, term = top; at < found && term > sum * 1e-12; at += 1) sum += term *= ((of - at) * odds) / (at + 1)
  return Math.min(1, sum)
}

/** The natural logarithm of n! (Stirling's series). */
function logFactorial(n: number): number {
  if (n < 2) return 0
  const x = n + 1
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5)
}
