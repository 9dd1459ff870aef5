/** What a search read and what it did not, for each store: whole for whoever goes on with it, bounded for what is recorded. */
import type { Dataset, Store } from '#inventory'
import type { SearchedPlace, StoreCoverage, Unread } from '../types.ts'

/** Reasons that are listed one by one for a store. What is beyond is counted by reason: a folder of a million broken files must still fit into an entry. */
export const reasonsListedMax = 100

/** The coverage of one store, every place that was not read by name. */
export function coverageOf(store: Store, searched: readonly SearchedPlace[], notRead: readonly Unread[]): StoreCoverage {
  const mine = searched.filter((place) => place.store === store.id)
  const sum = (pick: (place: SearchedPlace) => number): number => mine.reduce((total, place) => total + pick(place), 0)
  return {
    store: store.id, environment: store.environment, kind: store.kind, places: mine.length,
    rows: sum((place) => place.coverage.rows), values: sum((place) => place.coverage.values), bytes: sum((place) => place.coverage.bytes),
    not_read: notRead.filter((place) => place.store === store.id).map(({ place, because }) => ({ place, because })),
    partly_read: mine.filter((place) => place.partly.length > 0).map(({ place, partly }) => ({ place, because: partly.join('; ') })),
  }
}

/** The first reasons by place, and of the rest how many places had each reason, under a place `and N more`. */
function bounded(places: StoreCoverage['not_read']): StoreCoverage['not_read'] {
  if (places.length <= reasonsListedMax) return places
  const rest = Map.groupBy(places.slice(reasonsListedMax), ({ because }) => because)
  const counted = [...rest].sort(([, a], [, b]) => b.length - a.length)
  const listed = counted.slice(0, reasonsListedMax)
  const others = counted.slice(reasonsListedMax).reduce((sum, [, more]) => sum + more.length, 0)
  return [
    ...places.slice(0, reasonsListedMax), ...listed.map(([because, more]) => ({ place: `and ${more.length} more`, because })),
    ...(others === 0 ? [] : [{ place: `and ${others} more`, because: 'for other reasons' }]),
  ]
}

/** A coverage of a size that can be recorded and read. */
export function boundedCoverage(coverage: readonly StoreCoverage[]): StoreCoverage[] {
  return coverage.map((store) => ({ ...store, not_read: bounded(store.not_read), partly_read: bounded(store.partly_read) }))
}

/**
 * What one controller is told of a search: that every store was read or why not, but neither how much another controller has, nor what its tables are called
 * (no log names another controller, `contracts.md` 2).
 */
export function coverageFor(controller: string, coverage: readonly StoreCoverage[], datasets: readonly Dataset[]): StoreCoverage[] {
  const owners = Map.groupBy(datasets, (dataset) => dataset.store)
  return boundedCoverage(coverage).map((store) => {
    const own = (owners.get(store.store) ?? []).map((dataset) => dataset.controller)
    if (own.every((owner) => owner === controller)) return store
    const unnamed = (places: StoreCoverage['not_read']): StoreCoverage['not_read'] => (own.includes(controller) ? places : places.map(({ because }) => ({ place: '*', because })))
    return {
      store: store.store, environment: store.environment, kind: store.kind, places: store.places, withheld: 'how much was read: it holds others\' records as well',
      not_read: unnamed(store.not_read), partly_read: unnamed(store.partly_read),
    }
  })
}
