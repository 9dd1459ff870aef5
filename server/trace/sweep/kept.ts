/** What the last sweeps found, as it is kept: for whoever has to look once more where only they can. */
import type { Database } from '#database'
import type { Search } from './search.ts'
import { keptPlaces } from './store.ts'

/** Every place of these stores that a sweep read whole, as the last one that did found it. */
export async function searchKept(database: Database, stores: readonly string[]): Promise<Pick<Search, 'searched'>> {
  return { searched: (await keptPlaces(database)).filter(({ store }) => stores.includes(store)).map(({ result }) => result) }
}
