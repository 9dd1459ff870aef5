/** When a sample was taken from a dataset, from the versions of values that it holds, whoever took it. Pure. */
import type { Instant } from '#kit/time'
import { mayHold, noise, sumOfLogs, type TellingRow } from './telling.ts'
import type { Evidence, TakenBetween } from './types.ts'

/** A stretch of time in which nothing of the sample changed; judged in its middle. */
interface Moment { readonly from: Instant; readonly at: Instant; readonly lasts: number }

/** What a time is not believed to be in: so little of all belief. */
const leftOut = 0.018

/** The stretches between the changes of what the sample holds. */
export function momentsIn(rows: readonly TellingRow[], { from, to }: Pick<Evidence, 'from' | 'to'>): Moment[] {
  const bounds = new Set<Instant>([from, to])
  const add = (at: Instant): void => { if (at > from && at < to) bounds.add(at) }
  for (const { presence, cells } of rows) for (const { after, by } of [...presence, ...cells.flatMap(({ versions }) => versions)]) { add(after); add(by) }
  const sorted = [...bounds].sort((a, b) => a - b)
  return sorted.length === 1 ? [{ from, at: from, lasts: 1 }] : sorted.slice(1).map((end, at) => ({ from: sorted[at]!, at: (sorted[at]! + end) / 2, lasts: end - sorted[at]! }))
}

/** The shortest stretch that holds nearly all belief; null where nothing of the sample ever changed. */
export function takenBetween(rows: readonly TellingRow[], { from, to }: Pick<Evidence, 'from' | 'to'>): TakenBetween | null {
  if (!rows.some(({ moved, cells }) => moved || cells.length > 0)) return null
  const moments = momentsIn(rows, { from, to })
  const [fits, absent] = [Math.log(noise.valueKept), Math.log(noise.strayed)]
  const scores = moments.map(({ at, lasts }) => Math.log(Math.max(1, lasts)) + rows.reduce((sum, { moved, presence, cells }) =>
    sum + (moved ? (mayHold(presence, 1, at) ? fits : absent) : 0) + cells.reduce((inner, { seen, versions, strays }) => inner + (mayHold(versions, seen, at) ? fits : Math.log(strays)), 0), 0))
  const all = sumOfLogs(scores)
  return shortest(moments, scores.map((score) => Math.exp(score - all)))
}

/**
 * The shortest stretch with all belief but `leftOut`, which lies evenly within a moment: one of its ends is where something changed. The first moment and the last are taken whole: what was taken before the log
 * began looks as if it were of the first.
 */
function shortest(moments: readonly Moment[], shares: readonly number[]): TakenBetween {
  const before = [0]
  for (const share of shares) before.push(before.at(-1)! + share)
  const total = before.at(-1)!
  const wanted = total * (1 - leftOut)
  const last = moments.length - 1
  /** Where so much belief lies before. */
  const timeOf = (belief: number): Instant => {
    const at = Math.max(0, Math.min(last, before.findIndex((sum, index) => index > 0 && sum >= belief) - 1))
    return moments[at]!.from + (shares[at]! === 0 ? 0 : ((belief - before[at]!) / shares[at]!) * moments[at]!.lasts)
  }
  const end = moments[last]!.from + moments[last]!.lasts
  const stretches = [...moments.map((one) => one.from), end].flatMap((edge, at) => [
    ...(before[at]! + wanted <= total ? [{ after: edge, by: timeOf(before[at]! + wanted) }] : []), ...(before[at]! >= wanted ? [{ after: timeOf(before[at]! - wanted), by: edge }] : []),
  ])
  const { after, by } = stretches.reduce((one, other) => (other.by - other.after < one.by - one.after ? other : one), { after: moments[0]!.from, by: end })
  const [beginsWithLog, endsWithLog] = [after < moments[0]!.from + moments[0]!.lasts, by > moments[last]!.from]
  return { after: beginsWithLog ? moments[0]!.from : Math.floor(after), by: endsWithLog ? end : Math.ceil(by), beginsWithLog, endsWithLog }
}
