/** The tables of today for whoever reads again and again: what they held stays in memory until something is recorded that changes them. */
import { openRemembered, type Remembered } from '#database'
import { openGrown, type Grown } from '#ledger'
import type { Bailee } from './bailee.ts'
import { busyTables, folded, nouns, outside } from './folded.ts'

export interface Present {
  /** Bailee as its tables are now, to be read and not to be changed: rows are handed to several. */
  read(): Promise<Bailee>
  /** Forgets all rows. */
  forget(): void
}

/** Nothing is read before somebody asks. The database says each time how long the logs are: what another process recorded is seen as well. */
export function openPresent(bailee: Bailee): Present {
  // In an office that works those of the gateway change all the time, and some of what they hold is no fold.
  const never = new Set([...outside, ...busyTables, 'schema_migration'])
  const kept = new Set(folded.map(({ name }) => name).filter((name) => !never.has(name)))
  let opened: { readonly remembered: Remembered; readonly grown: Grown } | undefined
  return {
    async read() {
      opened ??= { remembered: openRemembered(bailee.database, (name) => (kept.has(name) ? true : never.has(name) ? false : undefined)), grown: openGrown(bailee.ledger, { without: [...nouns.recorded, ...nouns.busy] }) }
      if (await opened.grown.look()) opened.remembered.forget()
      return { ...bailee, database: opened.remembered.database }
    },
    forget: () => opened?.remembered.forget(),
  }
}
