/**
 * When a copy was probably made, from which changed values it holds: some came to the dataset after a moment, some had gone by one. What it holds is evidence by itself. What it lacks is
 * evidence only beside how much it holds of everything else, and none at all where only a part of it was read. A few strays are noise. Pure.
 */
import { formatDay, type Instant } from '#kit/time'
import type { MadeEvidence, ProbablyMade } from '../types.ts'

/** Not yet at `after` (null: not known), and by then. */
export interface Between { readonly after: Instant | null; readonly by: Instant }

/** Values of a column of the copy that came, went, or both, between the same moments of the dataset; null: it was there from the beginning, or is there still. */
export interface ChangeHeld {
  readonly came: Between | null
  readonly went: Between | null
  /** How many changed so, and how many of them the copy holds. */
  readonly changed: number
  readonly held: number
  /** How much the copy holds of all values of that column, 0 to 1: what it lacks of the changed ones says something only beside this. */
  readonly share: number
}

/** Values that a copy holds by chance, or of another source: of a hundred that it would hold, so many. */
const noise = 0.05

/** Fewer values than these show nothing. */
export const tellingMin = 5

// Of so many values a copy that was drawn at random lacks all once in 160,000 times; some hundred spans of moments are tried.
const expectedMin = 12

/** The moments that explain what a copy holds of the values that ever changed; `whole`: all of it was read. */
export function probablyMade(changes: readonly ChangeHeld[], { whole }: { readonly whole: boolean }): ProbablyMade {
  const [changed, held] = [sum(changes.map((change) => change.changed)), sum(changes.map((change) => change.held))]
  const cannot = (because: string): ProbablyMade => ({ after: null, before: null, afterBy: null, beforeBy: null, several: false, changed, held, because: `cannot tell: ${because}` })
  if (changed === 0) return cannot('no value in its columns is known to have changed')
  const [since, until] = [heldSince(changes), heldUntil(changes)]
  if (since !== null && until !== null && since.at >= until.at) {
    const because = `made at several moments, or of several sources: ${told(until, 'before', `by ${formatDay(until.at)}`)}, and ${told(since, 'after', `after ${formatDay(since.at)}`)}`
    return { after: since.at, before: null, afterBy: evidence(since), beforeBy: null, several: true, changed, held, because }
  }
  const [lackedBefore, lackedAfter] = whole ? [lackedUntil(changes), lackedSince(changes)] : [null, null]
  const after = tighter(since, lackedBefore, (a, b) => b.at > a.at && (until === null || b.at < until.at))
  const before = tighter(until, lackedAfter, (a, b) => b.at < a.at && (since === null || b.at > since.at))
  const agree = after === null || before === null || after.at < before.at
  const [from, to] = agree ? [after, before] : [since, until]
  if (from === null && to === null) return cannot(`it holds ${held} of ${changed} values that ever changed, and that fits every moment`)
  const said = [...(from === null ? [] : [`not before ${formatDay(from.at)} (${told(from, 'after')})`]), ...(to === null ? [] : [`not after ${formatDay(to.at)} (${told(to, 'before')})`])]
  return { after: from?.at ?? null, before: to?.at ?? null, afterBy: evidence(from), beforeBy: evidence(to), several: false, changed, held, because: `probably made ${said.join(' and ')}` }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

/** A bound, and the values that show it. */
interface Bound extends MadeEvidence { readonly at: Instant }

const evidence = (bound: Bound | null): MadeEvidence | null => (bound === null ? null : { kind: bound.kind, values: bound.values, held: bound.held })

/** Why a copy is not older than the one bound, or not younger than the other. */
function told({ kind, values, held }: Bound, bound: 'after' | 'before', when = bound === 'after' ? 'later' : 'by then'): string {
  const which = kind === 'holds' ? (bound === 'after' ? `came ${when}` : `were gone ${when}`) : bound === 'after' ? 'were there until then' : 'had come by then, and are still there'
  return `it holds ${held} of ${values} values that ${which}`
}

/** The bound that what is lacked gives, where it narrows what is held and does not contradict it. */
function tighter(held: Bound | null, lacked: Bound | null, narrows: (held: Bound, lacked: Bound) => boolean): Bound | null {
  return held === null || lacked === null ? held ?? lacked : narrows(held, lacked) ? lacked : held
}

const expectedOf = (changes: readonly ChangeHeld[]): number => sum(changes.map(({ changed, share }) => changed * share))
const heldOf = (changes: readonly ChangeHeld[]): number => sum(changes.map(({ held }) => held))

/** Values that the copy holds, and more than strays of them. */
const isHeld = (changes: readonly ChangeHeld[]): boolean => heldOf(changes) >= Math.max(tellingMin, noise * expectedOf(changes))

/** Values that it would hold, and lacks. */
const isLacked = (changes: readonly ChangeHeld[]): boolean => expectedOf(changes) >= expectedMin && heldOf(changes) <= noise * expectedOf(changes)

function boundOf(kind: MadeEvidence['kind'], at: Instant, changes: readonly ChangeHeld[]): Bound {
  return { kind, at, values: sum(changes.map(({ changed }) => changed)), held: heldOf(changes) }
}

const momentsOf = (moments: readonly (Instant | null | undefined)[]): Instant[] => [...new Set(moments.filter((at) => at !== null && at !== undefined))].sort((a, b) => a - b)

/** The latest moment after which values came that it holds. */
function heldSince(changes: readonly ChangeHeld[]): Bound | null {
  for (const at of momentsOf(changes.map(({ came }) => came?.after)).reverse()) {
    const later = changes.filter(({ came }) => came !== null && came.after !== null && came.after >= at)
    if (isHeld(later)) return boundOf('holds', at, later)
  }
  return null
}

/** The earliest moment by which values were gone that it holds. */
function heldUntil(changes: readonly ChangeHeld[]): Bound | null {
  for (const at of momentsOf(changes.map(({ went }) => went?.by))) {
    const earlier = changes.filter(({ went }) => went !== null && went.by <= at)
    if (isHeld(earlier)) return boundOf('holds', at, earlier)
  }
  return null
}

/** The earliest moment by which values had come, to stay, that it lacks: of those that came one after another, as many as tell. */
function lackedSince(changes: readonly ChangeHeld[]): Bound | null {
  const came = changes.flatMap((change) => (change.came !== null && change.went === null ? [{ change, from: change.came.after, to: change.came.by }] : []))
  for (const at of momentsOf(came.map(({ to }) => to))) {
    for (const from of momentsOf(came.map((one) => one.from)).reverse()) {
      const window = came.filter((one) => one.to <= at && one.from !== null && one.from >= from).map(({ change }) => change)
      if (isLacked(window)) return boundOf('lacks', at, window)
    }
  }
  return null
}

/** The latest moment until which values stood, from the beginning on, that it lacks. */
function lackedUntil(changes: readonly ChangeHeld[]): Bound | null {
  const gone = changes.flatMap((change) => (change.went !== null && change.came === null ? [{ change, from: change.went.after, to: change.went.by }] : []))
  for (const at of momentsOf(gone.map(({ from }) => from)).reverse()) {
    for (const to of momentsOf(gone.map((one) => one.to))) {
      const window = gone.filter((one) => one.to <= to && one.from !== null && one.from >= at).map(({ change }) => change)
      if (isLacked(window)) return boundOf('lacks', at, window)
    }
  }
  return null
}
