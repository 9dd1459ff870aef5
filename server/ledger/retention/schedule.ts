/** Which key seals what, and when it is due to be destroyed. Pure. */
import type { Instant } from '#kit/time'
import type { RetentionClass } from '../entry.ts'

/** A class is kept for ever, or so many months after its period ended, or after the controller's last contract did. */
export type Keep = 'always' | { readonly months: number; readonly after: 'period' | 'contract' }

/** How long parts stay readable. `evidence` is always kept: what shows that the others were erased is in it. */
export interface RetentionPolicy {
  readonly classes: Readonly<Record<Exclude<RetentionClass, 'evidence'>, Keep>>
  /** Days after which the last backup of the key store that holds a key is gone; null while nobody said. */
  readonly backupDays: number | null
}

/**
 * Until another is recorded. Who read what is kept 6 to 12 months (CNIL, deliberation 2021-122), in half-year periods; what was agreed and who agreed to it, as long as the
 * end of a contract can be argued about (5 years, the longest of the common periods of limitation).
 */
export const defaultPolicy: RetentionPolicy = {
  classes: { access: { months: 6, after: 'period' }, statement: { months: 6, after: 'period' }, instruction: { months: 60, after: 'contract' }, people: { months: 60, after: 'contract' } },
  backupDays: null,
}

const halfYears: readonly RetentionClass[] = ['access', 'statement']
const dateOf = (at: Instant): Date => new Date(at * 1000)
const yearOf = (at: Instant): string => String(dateOf(at).getUTCFullYear())

/** What a key seals together: a year, `2019`; of access logs half of one, `2019-1`, or nothing would be kept both 6 months and no longer than 12. */
export function periodOf(retention: RetentionClass, at: Instant): string {
  return halfYears.includes(retention) ? `${yearOf(at)}-${dateOf(at).getUTCMonth() < 6 ? 1 : 2}` : yearOf(at)
}

/** The key of a part, as an id. */
export const payloadKeyId = (slot: number, retention: RetentionClass, period: string | number): string => `payload/${slot}/${retention}/${period}`

/** Ids that the key of a part may have: as it is today, and a whole year's, as every class had once. */
export function payloadKeyIds(slot: number, retention: RetentionClass, at: Instant): string[] {
  return [...new Set([periodOf(retention, at), yearOf(at)])].map((period) => payloadKeyId(slot, retention, period))
}

export interface PayloadKeyName { readonly slot: number; readonly retention: RetentionClass; readonly period: string }

const payloadKey = /^payload[/](\d{1,9})[/](evidence|instruction|people|access|statement)[/](\d{4}(?:-[12])?)$/

/** Undefined for the id of any other key. */
export function parsePayloadKeyId(id: string): PayloadKeyName | undefined {
  const found = payloadKey.exec(id)
  return found === null ? undefined : { slot: Number(found[1]), retention: found[2] as RetentionClass, period: found[3] ?? '' }
}

/** Whose a key is: the slot in its id, 0 where it is the processor's own. What is recorded of a key goes into that log: the common one is shown to every controller. */
export function slotOfKey(id: string): number {
  return Number(/^(?:payload|segment|isolated|transfer|canaries)[/](\d{1,9})(?:[/-]|$)/.exec(id)?.[1] ?? 0)
}

const instantOf = (milliseconds: number): Instant => Math.floor(milliseconds / 1000)

/** The moment after the last of a period. */
export function periodEnd(period: string): Instant {
  const [year = 0, half = 2] = period.split('-').map(Number)
  return instantOf(Date.UTC(year, half * 6))
}

function monthsAfter(at: Instant, months: number): Instant {
  const date = dateOf(at)
  return instantOf(date.setUTCMonth(date.getUTCMonth() + months))
}

/** When a key is to be destroyed; undefined for never, as far as is known now. `ended`: when the last contract of its controller ended, undefined while one goes on. */
export function dueAt({ retention, period }: PayloadKeyName, policy: RetentionPolicy, ended: Instant | undefined): Instant | undefined {
  if (retention === 'evidence') return undefined
  const keep = policy.classes[retention]
  if (keep === 'always') return undefined
  if (keep.after === 'period') return monthsAfter(periodEnd(period), keep.months)
  return ended === undefined ? undefined : Math.max(periodEnd(period), monthsAfter(ended, keep.months)) // a period that goes on still seals
}

const months = /^(\d{1,4}) months? after the (period|contract)$/

/** Reads `always`, or `6 months after the period`; undefined for anything else. */
export function parseKeep(text: string): Keep | undefined {
  if (text === 'always') return 'always'
  const found = months.exec(text)
  return found === null ? undefined : { months: Number(found[1]), after: found[2] as 'period' | 'contract' }
}

/** As `parseKeep` reads it. */
export const formatKeep = (keep: Keep): string => (keep === 'always' ? 'always' : `${keep.months} month${keep.months === 1 ? '' : 's'} after the ${keep.after}`)
