/** When a schedule is due. Pure: the time is an argument. */
import { Cron } from 'croner'
import { Misuse } from '#kit/errors'
import { day, type Instant } from '#kit/time'
import type { Activity, Schedule } from './types.ts'

/** Due times that are counted, of those that nobody ran; whoever missed more missed at least so many. */
export const missedCountedMax = 366

/** Seconds after which what is due and was not begun is late. */
export const lateSeconds = 900

/** Tries after the first, at most. */
export const retriesMax = 5

/** Seconds from the end of a try that failed to the next one: a minute, four, sixteen, then an hour. `attempt`: the one that failed, from 1. */
export const retryAfterSeconds = (attempt: number): number => Math.min(60 * 4 ** (attempt - 1), 3_600)

/** When a run that failed is tried again; undefined: it is not, since it did not fail (what was refused or stopped is not tried again), was tried often enough, or something newer was due. */
export function retryAt({ id, settledUntil, retries }: Pick<Schedule, 'id' | 'settledUntil' | 'retries'>, last: Pick<Activity, 'schedule' | 'dueAt' | 'state' | 'endedAt' | 'attempt'> | undefined): Instant | undefined {
  if (last === undefined || last.schedule !== id || last.state !== 'failed' || last.endedAt === null || last.dueAt !== settledUntil || last.attempt > retries) return undefined
  return last.endedAt + retryAfterSeconds(last.attempt)
}

const times = ({ cron, zone }: Pick<Schedule, 'cron' | 'zone'>): Cron => new Cron(cron, { timezone: zone })

/** Throws `Misuse` for what is no cron expression of five parts, no time zone, or never due. */
export function mustBeCron(cron: string, zone: string, at: Instant): void {
  const because = problemOf(cron, zone, at)
  if (because !== undefined) throw new Misuse(`--cron takes minute, hour, day of the month, month and day of the week, such as "30 2 * * 1", and --zone a time zone, such as Europe/Paris: ${because}`)
}

function problemOf(cron: string, zone: string, at: Instant): string | undefined {
  if (cron.trim().split(/\s+/).length !== 5) return `${JSON.stringify(cron)} has no five parts`
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
  } catch {
    return `${JSON.stringify(zone)} is no time zone`
  }
  try {
    return nextDue({ cron, zone }, at) === undefined ? `${JSON.stringify(cron)} is never due` : undefined
  } catch {
    return `${JSON.stringify(cron)} cannot be read`
  }
}

const after = (cron: Cron, at: Instant): Instant | undefined => {
  const next = cron.nextRun(new Date(at * 1000))
  return next === null ? undefined : Math.floor(next.getTime() / 1000)
}

/** The first due time after a moment; undefined: never. */
export function nextDue(schedule: Pick<Schedule, 'cron' | 'zone'>, at: Instant): Instant | undefined {
  return after(times(schedule), at)
}

const windows = [3_600, day, 32 * day, 366 * day, Infinity]

/**
 * The newest due time after `settledUntil`, up to `at`, and how many came before it that nobody ran (at most `missedCountedMax`); undefined: nothing is due.
 */
export function dueOf(schedule: Pick<Schedule, 'cron' | 'zone' | 'settledUntil'>, at: Instant): { readonly dueAt: Instant; readonly missed: number } | undefined {
  const cron = times(schedule)
  const { settledUntil } = schedule
  const first = after(cron, settledUntil)
  if (first === undefined || first > at) return undefined
  const dueAt = newest(cron, { from: settledUntil, until: at })
  let missed = 0
  for (let one: Instant | undefined = first; one !== undefined && one < dueAt && missed < missedCountedMax; one = after(cron, one)) missed += 1
  return { dueAt, missed }
}

/** The last due time up to a moment, where there is one: looked for in ever longer windows, so that what is due every minute and was left for a year is found at once. */
function newest(cron: Cron, { from, until }: { from: Instant; until: Instant }): Instant {
  let last = from
  for (const window of windows) {
    const begin = Math.max(from, until - window)
    for (let one = after(cron, begin); one !== undefined && one <= until; one = after(cron, one)) last = one
    if (last > begin) return last
  }
  return last
}

/** Whether what is due was not begun in time. */
export const isLate = (schedule: Pick<Schedule, 'cron' | 'zone' | 'settledUntil'>, at: Instant): boolean => {
  const first = nextDue(schedule, schedule.settledUntil)
  return first !== undefined && first + lateSeconds <= at
}
