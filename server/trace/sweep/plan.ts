/** Which units a sweep reads, which it has read already, and which places have not changed since another sweep read them. Pure. */
import { wholeUnit } from '#inventory'
import type { SearchablePlace } from '../places.ts'
import type { SearchedPlace } from '../types.ts'
import type { KeptPlace, PlannedUnit, Unit } from './store.ts'

export interface Planning {
  readonly places: readonly SearchablePlace[]
  /** Units of the sweep that is gone on with; none for a new one. */
  readonly units: readonly Unit[]
  /** What earlier sweeps found, where places that have not changed need not be read again. */
  readonly kept: readonly KeptPlace[]
  readonly fingerprints: string
}

export interface Plan {
  /** Numbers of units that are of no use any more. */
  readonly dropped: readonly number[]
  readonly planned: readonly PlannedUnit[]
  /** Places that are as they were, with the moment when they were read. */
  readonly carried: readonly SearchedPlace[]
}

/** A place of a store as one key, for sets and maps. */
export const placeKey = (place: { readonly store: string; readonly place: string }): string => `${place.store}\n${place.place}`

/**
 * Compares the places there are with what is planned or known of them. Units of a place that has changed, is cut into other units, or could not be read
 * are planned anew; those of a place that is gone are dropped. A result is carried over only under the same signal and the same fingerprints.
 */
export function planUnits({ places, units, kept, fingerprints }: Planning): Plan {
  const unitsOfPlace = Map.groupBy(units, placeKey)
  const known = new Map(kept.filter((place) => place.fingerprints === fingerprints).map((place) => [placeKey(place), place]))
  const useful = new Set<number>()
  const planned: PlannedUnit[] = []
  const carried: SearchedPlace[] = []
  for (const listed of places) {
    const key = placeKey({ store: listed.store.id, place: listed.place })
    const mine = unitsOfPlace.get(key) ?? []
    if (stillHolds(listed, mine)) { for (const unit of mine) useful.add(unit.number); continue }
    const before = known.get(key)
    if (before !== undefined && before.signal === listed.signal) carried.push({ ...before.result, readAt: before.readAt })
    else planned.push(...plannedOf(listed, listed.units()))
  }
  return { dropped: units.filter((unit) => !useful.has(unit.number)).map((unit) => unit.number), planned, carried }
}

function stillHolds(listed: SearchablePlace, units: readonly Unit[]): boolean {
  if (units.length === 0 || units.some((unit) => unit.state === 'unread' || unit.signal !== (listed.signal ?? null))) return false
  if (units.length === 1 && units[0]?.unit === wholePlace) return true
  const wanted = listed.units()
  return wanted.length === units.length && wanted.every((unit) => units.some((one) => one.unit === unit))
}

/** The unit that is a whole place: every place can be read by it. */
export const wholePlace = wholeUnit

/** Units as they are planned; the bytes of a place are shared out evenly, for the estimate of what is left. */
export function plannedOf(listed: SearchablePlace, units: readonly string[]): PlannedUnit[] {
  const bytes = listed.bytes === undefined ? null : Math.round(listed.bytes / units.length)
  return units.map((unit) => ({ store: listed.store.id, place: listed.place, unit, bytes, signal: listed.signal ?? null }))
}
