/** What is unusual for a person under an instruction, by medians and counts that anybody can check. Pure. */

/** Days of history below which nothing is said: fewer say nothing about habits. */
export const historyDaysMin = 10

/** Days looked back: two months, so that habits may change. */
export const historyDaysMax = 60

/** Sessions below which no hour is called unusual. */
const historySessionsMin = 30

/** A day is unusual beyond the median by so many times the usual distance from it. */
const distancesMax = 8

/** The usual distance counts as at least this part of the median: days that are all alike must not make the next one a finding. */
const distanceShareMin = 0.25

/** Row-equivalents of a day that are never a finding: a few looks. */
const rowsNeverUnusual = 1_000

const median = (sorted: readonly number[]): number => {
  const middle = sorted.length / 2
  return sorted.length % 2 === 1 ? (sorted[Math.floor(middle)] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

const ascending = (values: readonly number[]): number[] => [...values].sort((one, other) => one - other)

export interface VolumeLimit { readonly rowsMax: number; readonly says: string }

/** Beyond which rows a day is unusual, given the rows of earlier days on which there were any; undefined while there is too little history. */
export function unusualVolume(days: readonly number[]): VolumeLimit | undefined {
  if (days.length < historyDaysMin) return undefined
  const sorted = ascending(days)
  const usual = median(sorted)
  const distance = Math.max(median(ascending(sorted.map((rows) => Math.abs(rows - usual)))), usual * distanceShareMin)
  const rowsMax = Math.ceil(Math.max(rowsNeverUnusual, usual + distancesMax * distance, sorted.at(-1) ?? 0))
  return { rowsMax, says: `on ${days.length} earlier days half were at most ${Math.ceil(usual)} rows, and none above ${sorted.at(-1)}; more than ${rowsMax} is unusual` }
}

/** Why an hour (UTC) is unusual, given the hours of earlier sessions; undefined when it is not, or too little is known. */
export function unusualHour(hour: number, earlier: readonly { readonly hour: number; readonly day: number }[]): string | undefined {
  const days = new Set(earlier.map(({ day }) => day)).size
  if (days < historyDaysMin || earlier.length < historySessionsMin) return undefined
  const near = earlier.filter((one) => [0, 1, 23].includes((one.hour - hour + 24) % 24)).length
  if (near > 0) return undefined
  return `none of ${earlier.length} earlier sessions on ${days} days began within an hour of ${String(hour).padStart(2, '0')}:00 UTC`
}
