/**
 * Rows that datasets of several passes know. One search does not count a row that is one record of somebody for another who merely shares a value with it; passes do not
 * see each other's rows. So where a copy is found and more than one pass knew something, the place is read once more, for all that was known of it together.
 */
import type { Instant } from '#kit/time'
import type { SearchablePlace } from '../places.ts'
import type { SearchedPlace } from '../types.ts'
import { judgePlace } from './judge.ts'
import type { Passes } from './passes.ts'
import { readUnit, type Reading } from './readUnit.ts'
import type { UnitOutcome } from './unitFile.ts'

export interface Settling {
  /** What was read of the place. */
  readonly read: readonly UnitOutcome[]
  /** Units that the place was read in. */
  readonly units: readonly string[]
  readonly passes: Passes
  readonly through: Reading['through']
  readonly at: Instant
}

/** Said of a place whose rows could not be told apart. */
export const unsettled = 'more is known of it than one search holds, or it changed meanwhile: a row that several controllers share may count for each of them'

/** The place as one search of everything would judge it; as it was judged, with `unsettled` among what is partly, where that cannot be. */
export async function settle(place: SearchablePlace, searched: SearchedPlace, { read, units, passes, through, at }: Settling): Promise<SearchedPlace> {
  if (!passes.contested(searched.results, read.flatMap(({ parts }) => parts))) return searched
  const doubtful = { ...searched, partly: [...searched.partly, unsettled] }
  const together = passes.together(new Set(searched.results.map(({ dataset }) => dataset)))
  if (together === undefined || place.elsewhere === true) return doubtful
  const outcomes: UnitOutcome[] = []
  for (const unit of units) outcomes.push({ ...await (await readUnit(place, unit, { passes: together, through }))(), moment: null })
  const again = judgePlace(place, outcomes, { passes: together, readAt: at })
  const cut = outcomes.length > 1 && outcomes.some(({ parts }) => parts.some((part) => part.cut))
  return again.searched === undefined || again.unread.length > searched.unread || cut ? doubtful : { ...again.searched, ...(searched.told === undefined ? {} : { told: searched.told }) }
}
