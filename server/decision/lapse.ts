/** Whose access ends by itself, and when: commitments that lack, trainings that lack, lapse soon or have lapsed. Pure. */
import type { Standing, Training } from '#people'
import type { Instant } from '#kit/time'
import { monthsLater } from './compile.ts'

/** Seconds of a day. */
const day = 86_400

/** Days before a training lapses at which its owner is reminded. */
export const reminderDays = [30, 7] as const

/** `lacks`: never signed or passed. `lapsed`: suspended at the gateway until renewed. `soon`: `days` left, rounded up; `level` says which reminder it is. */
export interface Lapse {
  readonly person: string
  readonly what: 'commitment' | 'training'
  readonly training?: string
  readonly state: 'lacks' | 'lapsed' | 'soon'
  readonly until?: Instant
  readonly days?: number
  readonly level?: (typeof reminderDays)[number]
}

/** What is due at `at`, by person; nobody who left. Throws nothing. */
export function lapsesOf(standings: Iterable<Standing>, trainings: readonly Training[], at: Instant): Lapse[] {
  return [...standings].filter(({ person }) => person.leftAt === undefined).flatMap((standing) => [
    ...(standing.committedAt === undefined || standing.committedAt > at ? [{ person: standing.person.id, what: 'commitment', state: 'lacks' } as const] : []),
    ...trainings.filter(({ requiredFor }) => requiredFor === '*' || requiredFor.includes(standing.person.role)).flatMap((training) => lapseOf(standing, training, at)),
  ])
}

function lapseOf({ person, passed }: Standing, training: Training, at: Instant): Lapse[] {
  const ends = passed.filter((one) => one.training === training.id && one.passedAt <= at).map(({ passedAt }) => monthsLater(passedAt, training.validMonths))
  const about = { person: person.id, what: 'training', training: training.id } as const
  if (ends.length === 0) return [{ ...about, state: 'lacks' }]
  const until = Math.max(...ends)
  if (until <= at) return [{ ...about, state: 'lapsed', until }]
  const days = Math.ceil((until - at) / day)
  const level = reminderDays.findLast((one) => days <= one)
  return level === undefined ? [] : [{ ...about, state: 'soon', until, days, level }]
}
