/** What a whole search read, and what it did not. */
import { Broken } from '#kit/errors'
import type { PlaceCoverage } from './search.ts'

export interface PlaceNotRead {
  readonly place: string
  readonly because: string
}

export interface Coverage {
  readonly places: number
  readonly rows: number
  readonly values: number
  readonly bytes: number
  readonly tooLong: number
  readonly brokenQuotes: number
  readonly lost: number
  readonly notRead: readonly PlaceNotRead[]
  /** What this kind of search does not look at, in words for a certificate. */
  readonly limits: readonly string[]
}

const limits = ['whole fields are compared: values inside longer texts and inside JSON cells are not searched']

/**
 * Adds up the places of a search. Throws `Broken` `trace/nothing-read` when no value was read anywhere: that is no clean result,
 * unless the caller knows of `emptyPlaces` that are read and hold nothing, and of none that could not be read.
 */
export function sumCoverage(places: readonly PlaceCoverage[], notRead: readonly PlaceNotRead[], expectEmpty = false): Coverage {
  const sum = (pick: (place: PlaceCoverage) => number): number => places.reduce((total, place) => total + pick(place), 0)
  const values = sum((place) => place.values)
  if (values === 0 && !(expectEmpty && notRead.length === 0 && places.length > 0)) throw new Broken('trace/nothing-read', `the search read nothing: ${notRead.length} places could not be read`)
  return {
    places: places.length, rows: sum((place) => place.rows), values, bytes: sum((place) => place.bytes), tooLong: sum((place) => place.tooLong),
    brokenQuotes: sum((place) => place.brokenQuotes), lost: sum((place) => place.lost), notRead, limits,
  }
}
