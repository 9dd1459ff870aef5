/** A moment: whole seconds since 1970-01-01T00:00:00Z. Never read from the machine inside a word; always an argument. */
export type Instant = number

/** What tells the time: the machine's clock, or that of a replayed story. */
export type Clock = () => Instant

export const machineClock: Clock = () => Math.floor(Date.now() / 1000)

/** Milliseconds since some moment, of a clock that only goes on: between two of them is a time, and neither is a moment. */
export type Elapsed = () => number

export const machineElapsed: Elapsed = () => performance.now()

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

const months = ['janvier', 'février', 'mars', 'avril', 'mai', 'juin', 'juillet', 'août', 'septembre', 'octobre', 'novembre', 'décembre']

/** A day (UTC) as it stands in a text that people read: `2019-04-15` in English, which reads in one way only, and `15 avril 2019` in French. */
export function sayDay(language: 'en' | 'fr', at: Instant): string {
  if (language === 'en') return formatDay(at)
  const date = new Date(at * 1000)
  const number = date.getUTCDate()
  return `${number === 1 ? '1er' : number} ${months[date.getUTCMonth()]!} ${date.getUTCFullYear()}`
}

/** A moment as it stands in such a text: `2019-04-15T08:00:00Z`, and `15 avril 2019 à 08:00 UTC`, with seconds where there are any. */
export function sayInstant(language: 'en' | 'fr', at: Instant): string {
  if (language === 'en') return formatInstant(at)
  const clock = formatInstant(at).slice(11, 19)
  return `${sayDay(language, at)} à ${clock.endsWith(':00') ? clock.slice(0, 5) : clock} UTC`
}

export const day = 86_400
