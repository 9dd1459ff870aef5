/** Whether anything that folds was recorded since somebody looked last. */
import type { Ledger } from '../ledger.ts'
import * as store from './store.ts'

export interface Grown {
  /** Whether it was, since the last time; the first time nobody knows, and it is. `nouns`: entries of these count for nothing. */
  look(): Promise<boolean>
}

/** Opens it. One question for as long as nothing at all is recorded, three when something was. */
export function openGrown({ database }: Pick<Ledger, 'database'>, { without }: { readonly without: readonly string[] }): Grown {
  let known: { readonly total: number; readonly sizes: ReadonlyMap<number, number> } | undefined
  return {
    async look() {
      const total = await store.allEntries(database)
      if (known?.total === total) return false
      const [before, sizes] = [known?.sizes, new Map((await store.logSizes(database)).map(({ slot, size }) => [slot, size]))]
      const grown = [...sizes].map(([slot, to]) => ({ slot, from: before?.get(slot) ?? 0, to })).filter(({ from, to }) => from < to)
      const folds = before === undefined || await store.holdsOtherNouns(database, grown, without)
      known = { total: [...sizes.values()].reduce((sum, size) => sum + size, 0), sizes }
      return folds
    },
  }
}
