/** Trials of attribution: a sample of a copy that is registered, or of one that is not, scored against all that are. */
import { attribute } from '../../server/breach/attribution/score.ts'
import { momentsIn, takenBetween } from '../../server/breach/attribution/taken.ts'
import { tellingOf } from '../../server/breach/attribution/telling.ts'
import type { Attribution } from '../../server/breach/attribution/types.ts'
import { candidateOf, day, domain, makeCopy, random, rowsOf, span, takeSample, unknownOf, type Copy, type Kind, type Person } from './world.ts'

export interface Trial { readonly kind: Kind; readonly copies: readonly Copy[]; readonly people: readonly Person[]; readonly rows: number; readonly noisy: boolean; readonly trials: number; readonly registered: boolean; readonly seed: number }

export interface Tally {
  trials: number
  inSet: number
  distinguishable: number
  rightThere: number
  named: number
  identified: number
  wronglyNamed: number
  holds: number
  cannotTell: number
  readonly days: number[]
  readonly milliseconds: number[]
}

/** Likelihoods that differ by less than a factor of e tell two copies apart by nothing but how many rows each had. */
const alikeWithin = 1

const nameIn = ({ answer }: Attribution): string | undefined => ('copy' in answer ? answer.copy : undefined)

const chance = new Map(Object.entries(domain).map(([column, values]) => [column, 1 / values]))

/** Runs them; `identified` and `wronglyNamed` count what is said of copies that are not the truth as well. */
export function run({ kind, copies, people, rows, noisy, trials, registered, seed }: Trial): Tally {
  const draw = random(seed)
  const tally: Tally = { trials: 0, inSet: 0, distinguishable: 0, rightThere: 0, named: 0, identified: 0, wronglyNamed: 0, holds: 0, cannotTell: 0, days: [], milliseconds: [] }
  while (tally.trials < trials) {
    const copy = registered ? copies[Math.floor(draw() * copies.length)]! : makeCopy(kind, people, draw, 'nobody recorded it')
    const sample = takeSample(copy, people, { rows, noisy }, draw)
    if (sample === undefined) continue
    const evidence = { rows: rowsOf(sample), notFound: 0, columns: sample.columns, alike: chance, subjects: people.length, from: 0, to: span, unknown: unknownOf(sample, people), marked: [] }
    const candidates = copies.map((one) => candidateOf(one, sample))
    const from = performance.now()
    const found = attribute(evidence, candidates)
    tally.milliseconds.push(performance.now() - from)
    count(tally, found, copy, registered)
  }
  return tally
}

function count(tally: Tally, found: Attribution, copy: Copy, registered: boolean): void {
  tally.trials += 1
  const [first, second] = found.fits
  if (found.fits.some((fit) => fit.copy === copy.id)) tally.inSet += 1
  const truth = found.fits.find((fit) => fit.copy === copy.id)
  const alike = truth !== undefined && found.fits.some((fit) => fit !== truth && Math.abs(Math.log(fit.share / truth.share)) < alikeWithin)
  if (registered && truth !== undefined && !alike) {
    tally.distinguishable += 1
    if (first === truth && (second === undefined || second.share < truth.share)) tally.rightThere += 1
  }
  const name = nameIn(found)
  if (name === copy.id) tally.named += 1
  if (name !== undefined && name !== copy.id) tally.wronglyNamed += 1
  if (found.answer.kind === 'identified') tally.identified += 1
  if (found.answer.kind === 'cannot tell') tally.cannotTell += 1
  if (found.taken !== null && found.taken.after <= copy.at && copy.at <= found.taken.by) tally.holds += 1
  if (found.taken === null) tally.holds += 1 // nothing was said
  else tally.days.push((found.taken.by - found.taken.after) / day)
}

export interface TakenTally { trials: number; holds: number; readonly days: number[]; /** Days about the moment in which nothing that the sample holds changed. */ readonly gaps: number[] }

/** Takes noisy samples of copies made anew each time, and has each dated. */
export function runTaken({ kind, people, rows, trials, seed }: Pick<Trial, 'kind' | 'people' | 'rows' | 'trials' | 'seed'>): TakenTally {
  const draw = random(seed)
  const tally: TakenTally = { trials: 0, holds: 0, days: [], gaps: [] }
  while (tally.trials < trials) {
    const copy = makeCopy(kind, [], draw, 'one')
    const sample = takeSample(copy, people, { rows, noisy: true }, draw)
    if (sample === undefined) continue
    const told = tellingOf({ rows: rowsOf(sample), columns: sample.columns, alike: chance })
    const taken = takenBetween(told.rows, { from: 0, to: span })
    if (taken === null) continue
    const { lasts } = momentsIn(told.rows, { from: 0, to: span }).find(({ from, lasts: length }) => from <= copy.at && copy.at <= from + length)!
    tally.trials += 1
    tally.days.push((taken.by - taken.after) / day)
    tally.gaps.push(lasts / day)
    if (taken.after <= copy.at && copy.at <= taken.by) tally.holds += 1
  }
  return tally
}

export const median = (values: readonly number[]): number => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0
