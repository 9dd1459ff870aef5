/** How many people are concerned, by country: known, a range, or unknown. Pure. */
import type { Instant } from '#kit/time'

/** People of a dataset by country, counted while it could be read; `unknown`: people whose country it does not say. */
export interface Census { readonly dataset: string; readonly takenAt: Instant; readonly people: number; readonly byCountry: Readonly<Record<string, number>>; readonly unknown: number }

/** `country`: ISO code, `EU` for the Member States together, `*` for all. */
export type Figure =
  | { readonly country: string; readonly kind: 'known'; readonly people: number }
  | { readonly country: string; readonly kind: 'range'; readonly low: number; readonly high: number }
  | { readonly country: string; readonly kind: 'unknown' }

/** Member States since 2020-02-01. The United Kingdom was one before, and is counted by itself. */
export const memberStates: readonly string[] = ['AT', 'BE', 'BG', 'HR', 'CY', 'CZ', 'DK', 'EE', 'FI', 'FR', 'DE', 'GR', 'HU', 'IE', 'IT', 'LV', 'LT', 'LU', 'MT', 'NL', 'PL', 'PT', 'RO', 'SK', 'SI', 'ES', 'SE']

/**
 * Figures of a copy that held `copied` of the people of a census: a number, two that it lies between, or undefined for nobody knows. Known is only what neither an incomplete copy nor somebody of unknown country can change. A country
 * in which nobody was counted is left out: people of unknown country may live there all the same, and the sum says how many.
 */
export function figuresOf({ people, byCountry, unknown }: Pick<Census, 'people' | 'byCountry' | 'unknown'>, copied: number | { readonly low: number; readonly high: number } | undefined): Figure[] {
  const countries = Object.keys(byCountry).sort()
  const inUnion = countries.filter((country) => memberStates.includes(country)).reduce((sum, country) => sum + byCountry[country]!, 0)
  const groups: [string, number, number][] = [['*', people, 0], ...(inUnion > 0 || unknown > 0 ? [['EU', inUnion, unknown] as [string, number, number]] : []), ...countries.map((country): [string, number, number] => [country, byCountry[country]!, unknown])]
  if (copied === undefined) return groups.map(([country]) => ({ country, kind: 'unknown' }))
  const { low: least, high: most } = typeof copied === 'number' ? { low: copied, high: copied } : copied
  return groups.map(([country, certain, perhaps]): Figure => {
    const low = Math.max(0, Math.min(least, people) - (people - certain))
    const high = Math.min(most, certain + perhaps)
    return low === high ? { country, kind: 'known', people: low } : { country, kind: 'range', low, high }
  })
}

/** A figure in words. */
export function figureText(figure: Figure, locale: 'en-GB' | 'fr-FR'): string {
  const number = (value: number): string => value.toLocaleString(locale).replaceAll('\u202f', ' ')
  if (figure.kind === 'known') return number(figure.people)
  if (figure.kind === 'range') return locale === 'en-GB' ? `between ${number(figure.low)} and ${number(figure.high)}` : `entre ${number(figure.low)} et ${number(figure.high)}`
  return locale === 'en-GB' ? 'unknown' : 'inconnu'
}
