/** How many people are concerned, by country: known, a range, or unknown. Pure. */
import type { Instant } from '#kit/time'

/** People of a dataset by country, counted while it could be read. `unknown`: those whose country it does not say; `unnamed`: rows that do not say who they are of, so that each may be one person more. */
export interface Census { readonly dataset: string; readonly takenAt: Instant; readonly people: number; readonly byCountry: Readonly<Record<string, number>>; readonly unknown: number; readonly unnamed: number }

/** Between two numbers; a `high` of infinity: nobody counted. */
export interface Span { readonly low: number; readonly high: number }

/** Among whom those of a copy are. `groups`: by country, and `EU`, those certainly of it; `elsewhere`: how many more may be of any of them. */
export interface Population { readonly people: Span; readonly groups: Readonly<Record<string, Span>>; readonly elsewhere: number }

/** `country`: ISO code, `EU` for the Member States together, `*` for all. A `high` of null: at least so many. */
export type Figure =
  | { readonly country: string; readonly kind: 'known'; readonly people: number }
  | { readonly country: string; readonly kind: 'range'; readonly low: number; readonly high: number | null }
  | { readonly country: string; readonly kind: 'unknown' }

/** Member States since 2020-02-01. The United Kingdom was one before, and is counted by itself. */
export const memberStates: readonly string[] = ['AT', 'BE', 'BG', 'HR', 'CY', 'CZ', 'DK', 'EE', 'FI', 'FR', 'DE', 'GR', 'HU', 'IE', 'IT', 'LV', 'LT', 'LU', 'MT', 'NL', 'PL', 'PT', 'RO', 'SK', 'SI', 'ES', 'SE']

const exactly = (count: number): Span => ({ low: count, high: count })

/** Nobody counted. */
export const uncounted: Population = { people: { low: 0, high: Infinity }, groups: {}, elsewhere: Infinity }

/** The people of one census. */
export function populationOf({ people, byCountry, unknown, unnamed }: Omit<Census, 'dataset' | 'takenAt'>): Population {
  const inUnion = Object.entries(byCountry).reduce((sum, [country, count]) => sum + (memberStates.includes(country) ? count : 0), 0)
  return { people: { low: people, high: people + unnamed }, groups: { EU: exactly(inUnion), ...Object.fromEntries(Object.entries(byCountry).map(([country, count]) => [country, exactly(count)])) }, elsewhere: unknown + unnamed }
}

const namesIn = (populations: readonly Population[]): string[] => [...new Set(populations.flatMap(({ groups }) => Object.keys(groups)))]
const none: Span = { low: 0, high: 0 }

/** One dataset at any of several times: between the least and the most that it held. */
export function atAnyOf(populations: readonly Population[]): Population {
  if (populations.length === 0) return uncounted
  const between = (spans: readonly Span[]): Span => ({ low: Math.min(...spans.map(({ low }) => low)), high: Math.max(...spans.map(({ high }) => high)) })
  return { people: between(populations.map(({ people }) => people)), groups: Object.fromEntries(namesIn(populations).map((name) => [name, between(populations.map(({ groups }) => groups[name] ?? none))])), elsewhere: Math.max(...populations.map(({ elsewhere }) => elsewhere)) }
}

/** Several datasets together. Who is in more than one of them is not known: from as many as the largest holds, to as many as all hold. */
export function together(populations: readonly Population[]): Population {
  const joined = (spans: readonly Span[]): Span => ({ low: Math.max(0, ...spans.map(({ low }) => low)), high: spans.reduce((sum, { high }) => sum + high, 0) })
  return { people: joined(populations.map(({ people }) => people)), groups: Object.fromEntries(namesIn(populations).map((name) => [name, joined(populations.map(({ groups }) => groups[name] ?? none))])), elsewhere: populations.reduce((sum, { elsewhere }) => sum + elsewhere, 0) }
}

/**
 * Figures of a copy that held `copied` people, among a population. Known is only what neither an incomplete copy nor somebody of unknown country can change. Where the copy held more people than were counted, as many of those counted
 * may be missing from it, and all that are more may be of any country. A country in which nobody was counted is left out: people of unknown country may live there all the same, and the sum says how many.
 */
export function figuresOf({ people, groups, elsewhere }: Population, copied: Span): Figure[] {
  const beyond = Math.max(0, (Number.isFinite(copied.high) ? copied.high : copied.low) - people.high)
  const shown = Object.keys(groups).filter((name) => groups[name]!.high > 0 || (name === 'EU' && elsewhere > 0)).sort((a, b) => Number(b === 'EU') - Number(a === 'EU') || (a < b ? -1 : 1))
  const inGroup = ({ low, high }: Span): Span => ({ low: Math.max(0, Math.min(copied.low, people.high) - (people.high - low) - beyond), high: Math.min(copied.high, high + elsewhere + beyond) })
  return [figureOf('*', copied), ...shown.map((name) => figureOf(name, inGroup(groups[name]!)))]
}

function figureOf(country: string, { low, high }: Span): Figure {
  if (low === high) return { country, kind: 'known', people: low }
  if (Number.isFinite(high)) return { country, kind: 'range', low, high }
  return low === 0 ? { country, kind: 'unknown' } : { country, kind: 'range', low, high: null }
}

/** A figure in words. */
export function figureText(figure: Figure, locale: 'en-GB' | 'fr-FR'): string {
  const number = (value: number): string => value.toLocaleString(locale).replaceAll('\u202f', ' ')
  const english = locale === 'en-GB'
  if (figure.kind === 'known') return number(figure.people)
  if (figure.kind === 'unknown') return english ? 'unknown' : 'inconnu'
  if (figure.high === null) return `${english ? 'at least' : 'au moins'} ${number(figure.low)}`
  return english ? `between ${number(figure.low)} and ${number(figure.high)}` : `entre ${number(figure.low)} et ${number(figure.high)}`
}
