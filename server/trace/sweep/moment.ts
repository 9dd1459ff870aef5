/** Units of one place, read at one moment as far as one process reads them one after another. */
import type { Held } from '#inventory'
import type { SearchablePlace } from '../places.ts'
import { placeKey, wholePlace } from './plan.ts'

/** Seconds that a moment is held: a store cannot clean up behind its writers meanwhile. Units read after it see a later one. */
export const holdSecondsMax = 600

export interface Opener {
  readonly open: SearchablePlace['open']
  readonly moment: string | null
}

export interface Moments {
  /** How to open a unit of a place. Throws `Broken` when the store cannot be reached. */
  of(place: SearchablePlace, unit: string): Promise<Opener>
  /** Lets the store go. Safe to call twice. */
  end(): Promise<void>
}

/** `worker` names the moments; `clock` tells milliseconds. */
export function createMoments(worker: string, clock: () => number): Moments {
  let now: { readonly key: string; readonly held: Held; readonly moment: string; readonly since: number } | undefined
  let number = 0
  const end = async (): Promise<void> => {
    const ending = now
    now = undefined
    await ending?.held.close()
  }
  return {
    end,
    of: async (place, unit) => {
      const key = placeKey({ store: place.store.id, place: place.place })
      if (now !== undefined && (now.key !== key || clock() - now.since > holdSecondsMax * 1000)) await end()
      if (unit === wholePlace || place.hold === undefined) return { open: (wanted) => place.open(wanted), moment: null }
      now ??= { key, held: await place.hold(), moment: `${worker} ${number += 1}`, since: clock() }
      const { held, moment } = now
      return { open: (wanted) => held.open(wanted), moment }
    },
  }
}
