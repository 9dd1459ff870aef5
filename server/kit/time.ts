/** A moment: whole seconds since 1970-01-01T00:00:00Z. Never read from the machine inside a word; always an argument. */
export type Instant = number

/** What tells the time: the machine's clock, or that of a replayed story. */
export type Clock = () => Instant

export const machineClock: Clock = () => Math.floor(Date.now() / 1000)

const pattern = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?Z)?$/

/** Reads `2019-04-15` (midnight UTC) or `2019-04-15T08:00:00Z`; undefined for anything else, dates that do not exist included. */
export function parseInstant(text: string): Instant | undefined {
  if (!pattern.test(text)) return undefined
  const milliseconds = Date.parse(text)
  if (Number.isNaN(milliseconds) || new Date(milliseconds).toISOString().slice(0, 10) !== text.slice(0, 10)) return undefined
  return Math.floor(milliseconds / 1000)
}

/** `2019-04-15T08:00:00Z` */
export function formatInstant(at: Instant): string {
  return new Date(at * 1000).toISOString().replace('.000Z', 'Z')
}

/** `2019-04-15` */
export function formatDay(at: Instant): string {
  return formatInstant(at).slice(0, 10)
}

export const day = 86_400
