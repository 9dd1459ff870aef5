/** When a sample was taken from a dataset, from the versions of values that it holds, whoever took it. Pure. */
import type { Instant } from '#kit/time'
import { mayHold, noise, sumOfLogs, type TellingRow } from './telling.ts'
import type { Evidence, TakenBetween } from './types.ts'

/** A stretch of time in which nothing of the sample changed; judged in its middle. */
interface Moment { readonly from: Instant; readonly at: Instant; readonly lasts: number }

/** What a time is not believed to be in: so little of all belief. */
const leftOut = 0.012

/** The stretches between the changes of what the sample holds. */
export function momentsIn(rows: readonly TellingRow[], { from, to }: Pick<Evidence, 'from' | 'to'>): Moment[] {
  const bounds = new Set<Instant>([from, to])
  const add = (at: Instant): void => { if (at > from && at < to) bounds.add(at) }
  for (const { presence, cells } of rows) for (const { after, by } of [...presence, ...cells.flatMap(({ versions }) => versions)]) { add(after); add(by) }
  const sorted = [...bounds].sort((a, b) => a - b)
  return sorted.length === 1 ? [{ from, at: from, lasts: 1 }] : sorted.slice(1).map((end, at) => ({ from: sorted[at]!, at: (sorted[at]! + end) / 2, lasts: end - sorted[at]! }))
}

/** The shortest stretch without gaps that holds nearly all belief; null where nothing of the sample ever changed. */
export function takenBetween(rows: readonly TellingRow[], { from, to }: Pick<Evidence, 'from' | 'to'>): TakenBetween | null {
  if (!rows.some(({ moved, cells }) => moved || cells.length > 0)) return null
  const moments = momentsIn(rows, { from, to })
  const [fits, misfits] = [Math.log(noise.valueKept), Math.log(noise.valueOfOtherTime)]
  const scores = moments.map(({ at, lasts }) => Math.log(Math.max(1, lasts)) + rows.reduce((sum, { moved, presence, cells }) =>
    sum + (moved ? (mayHold(presence, 1, at) ? fits : misfits) : 0) + cells.reduce((inner, { seen, versions }) => inner + (mayHold(versions, seen, at) ? fits : misfits), 0), 0))
  const all = sumOfLogs(scores)
  const shares = scores.map((score) => Math.exp(score - all))
  let [first, last, dropped] = [0, shares.length - 1, 0]
  while (first < last) {
    const [head, tail] = [shares[first]!, shares[last]!]
    if (dropped + Math.min(head, tail) > leftOut) break
    dropped += Math.min(head, tail)
    if (head <= tail) first += 1
    else last -= 1
  }
  const [begin, end] = [moments[first]!, moments[last]!]
  return { after: begin.from, by: end.from + end.lasts, beginsWithLog: first === 0, endsWithLog: last === moments.length - 1 }
}
