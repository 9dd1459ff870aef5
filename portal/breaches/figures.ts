/** Figures of a breach as rows of a range: both ends as recorded, none made up. Pure. */
import type { Answer } from '../client/shapes.ts'
import type { RangeRow } from '../components/range.tsx'

export type BreachPage = Answer<'/breaches/{id}'>
export type Figure = BreachPage['figures'][number]

/** The ends of one; null and null: unknown, which is a word and not 0; a high of null: at least so many. */
export function endsOf(figure: Figure): { readonly low: number | null; readonly high: number | null } {
  if (figure.kind === 'known') return { low: figure.people, high: figure.people }
  return figure.kind === 'range' ? { low: figure.low, high: figure.high } : { low: null, high: null }
}

/** The world first, then the Union, then countries, those with most people first. */
export function rowsOf(figures: readonly Figure[], name: (country: string) => string): RangeRow[] {
  const rank = ({ country }: Figure): number => (country === '*' ? 0 : country === 'EU' ? 1 : 2)
  return figures.toSorted((one, other) => rank(one) - rank(other) || (endsOf(other).high ?? 0) - (endsOf(one).high ?? 0) || (one.country < other.country ? -1 : 1)).map((figure) => ({ name: name(figure.country), ...endsOf(figure) }))
}
