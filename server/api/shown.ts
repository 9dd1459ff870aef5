/** What several answers show in the same way. */
import type { Controller } from '#contract'
import type { Erasure } from '#erasure'
import { parsePart, type Store } from '#inventory'
import type { Finding, SweepRecord } from '#trace'
import { formatInstant, type Instant } from '#kit/time'
import type { Principal } from './principal.ts'

/** An instant as it is sent; null for one that is not there, or lies beyond what dates can say. */
export const shownInstant = (at: Instant | null | undefined): string | null => (at === null || at === undefined || Math.abs(at) > 8.64e12 ? null : formatInstant(at))

export const nameOf = ({ id, name }: { readonly id: string; readonly name: string }): { id: string; name: string } => ({ id, name })

/** A controller by its id, as far as it is told. */
export function controllersById(known: readonly Controller[]): (id: string) => { id: string; name: string } {
  const byId = new Map(known.map((one) => [one.id, nameOf(one)]))
  return (id) => byId.get(id) ?? { id, name: id }
}

/** Items of the logs that somebody may see: all, or those of one controller. Held in the database as well; where one of the two fails, the other still holds. */
export function minded<Item extends { readonly slot: number }>({ controller }: Principal, items: readonly Item[]): Item[] {
  return controller === null ? [...items] : items.filter(({ slot }) => slot === controller.slot)
}

export interface SearchedShown { readonly at: string | null; readonly sweep: string | null; readonly stores: number; readonly searched: number; readonly notSeen: { place: string; why: string }[] }

/**
 * What the newest sweeps read, and what not. `stores`: those that should have been: one that no sweep names was not searched. Of several sweeps, a store counts as searched
 * only if each of them read it whole, and the oldest says since when that holds.
 */
export function searchedBy(sweeps: readonly SweepRecord[], stores: readonly Pick<Store, 'id'>[]): SearchedShown {
  const oldest = sweeps.toSorted((one, other) => one.sweptAt - other.sweptAt)[0]
  const ids = new Set([...stores.map(({ id }) => id), ...sweeps.flatMap(({ coverage }) => coverage.map(({ store }) => store))])
  if (oldest === undefined) return { at: null, sweep: null, stores: ids.size, searched: 0, notSeen: [...ids].map((place) => ({ place, why: 'never searched' })) }
  const notSeen = new Map<string, { place: string; why: string }>()
  let searched = 0
  for (const id of ids) {
    const covered = sweeps.map(({ coverage }) => coverage.find(({ store }) => store === id))
    const left = covered.flatMap((one) => (one === undefined ? [{ place: '*', because: 'no search has looked into it yet' }] : [...one.not_read, ...one.partly_read]))
    if (left.length === 0) searched += 1
    for (const { place, because } of left) notSeen.set(`${id}\n${place}\n${because}`, { place: place === '*' ? id : `${id}: ${place}`, why: because })
  }
  return { at: formatInstant(oldest.sweptAt), sweep: oldest.id, stores: ids.size, searched, notSeen: [...notSeen.values()] }
}

/** People in several places: at least those of the largest, at most all of them. */
export function peopleIn(findings: readonly Pick<Finding, 'records'>[]): { atLeast: number; atMost: number } {
  return { atLeast: Math.max(0, ...findings.map(({ records }) => records)), atMost: findings.reduce((sum, { records }) => sum + records, 0) }
}

/** Whether the search that ends an erasure read a place, whole. A store that it does not name was not searched. */
export function sawPlace(again: Erasure['again'], { store, place }: { readonly store: string; readonly place: string }): boolean {
  const covered = again?.coverage.filter((one) => one.store === store) ?? []
  return covered.length > 0 && covered.every(({ not_read: unread, partly_read: partly }) => [...unread, ...partly].every((one) => !mayBeOf(one.place, place)))
}

/** Whether what is said of one place may be of another: of the same one, of a part of it, of what it is a part of or lies in, of a whole store, or of places that were only counted. */
export function mayBeOf(said: string, place: string): boolean {
  const [mine, theirs] = [parsePart(place), parsePart(said)]
  if (said.includes('*') || /^and \d+ more$/.test(said)) return true
  return mine.path === theirs.path ? mine.name === '' || theirs.name === '' || mine.name === theirs.name : mine.path.startsWith(`${theirs.path}/`)
}
