/** Every place that an exit case has anything to say of, in one list: what is counted on the page is counted from it, so that the parts add up. Pure. */
import type { Answer, StandingName } from '../client/shapes.ts'

export type ExitPage = Answer<'/erasures/{id}'>
type Planned = ExitPage['placeList'][number]

export interface ExitPlace {
  readonly key: string
  readonly kind: 'place' | 'sub-processor' | 'backup' | 'not searched'
  readonly name: string
  readonly where: string
  readonly standing: StandingName
  /** People. Null: unknown, which is a word and never 0. */
  readonly found: number | null
  readonly left: number | null
  readonly planned?: Planned
  readonly answer?: ExitPage['subProcessors'][number]
  readonly until?: string
  readonly because?: string
}

const rank: Readonly<Record<StandingName, number>> = { invalid: 0, unknown: 1, declared: 2, pending: 3, verified: 4 }

/** What blocks comes first; what is verified last. */
export function placesOf(page: ExitPage): ExitPlace[] {
  const planned = page.placeList.map((one): ExitPlace => ({ key: `place ${one.number}`, kind: 'place', name: `${one.store} · ${one.place}`, where: one.environment, standing: one.standing, found: one.found, left: one.left, planned: one }))
  const subs = page.subProcessors.map((one): ExitPlace => ({ key: `sub ${one.name}`, kind: 'sub-processor', name: one.name, where: one.country, standing: one.standing, found: null, left: null, answer: one }))
  const backups = page.today.backups.map(({ store, until }): ExitPlace => ({ key: `backup ${store}`, kind: 'backup', name: store, where: '', standing: 'pending', found: null, left: null, until }))
  const known = new Set(planned.map(({ planned: one }) => `${one?.store ?? ''}: ${one?.place ?? ''}`))
  const unseen = new Map([...page.blocked.map(({ store, place, because }) => [place === '*' || store === '*' ? (store === '*' ? place : store) : `${store}: ${place}`, because] as const), ...(page.searchedAgain?.notSeen ?? []).map(({ place, why }) => [place, why] as const)])
  const missing = [...unseen].filter(([place]) => !known.has(place)).map(([place, because]): ExitPlace => ({ key: `unseen ${place}`, kind: 'not searched', name: place, where: '', standing: 'unknown', found: null, left: null, because }))
  return [...planned, ...subs, ...backups, ...missing].map((one, index) => ({ one, index })).sort((first, second) => rank[first.one.standing] - rank[second.one.standing] || first.index - second.index).map(({ one }) => one)
}

/** How many stand how. They add up to the number of places by making. */
export function countsOf(places: readonly ExitPlace[]): { readonly verified: number; readonly invalid: number; readonly declared: number; readonly pending: number; readonly notSearched: number } {
  const of = (standing: StandingName): number => places.filter((one) => one.standing === standing).length
  return { verified: of('verified'), invalid: of('invalid'), declared: of('declared'), pending: of('pending'), notSearched: of('unknown') }
}

/** What was not searched, with the reason. */
export const notSeenOf = (places: readonly ExitPlace[]): { place: string; why: string }[] =>
  places.filter(({ standing }) => standing === 'unknown').map(({ name, because, planned }) => ({ place: name, why: because ?? planned?.because ?? '' }))

/** Whole days between two moments. */
export const daysBetween = (from: string, to: string): number => Math.ceil((Date.parse(to) - Date.parse(from)) / 86_400_000)
