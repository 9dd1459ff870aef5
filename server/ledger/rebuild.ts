/**
 * The state as the ledger tells it: all entries folded once more, into fresh tables that nobody else sees and that are gone afterwards. What differs from the
 * tables that Bailee works with was changed beside the ledger.
 */
import { Broken } from '#kit/errors'
import type { Instant } from '#kit/time'
import { applyOne, type Apply } from './append.ts'
import { destroyed, type Entry, type RetentionClass } from './entry.ts'
import { payloadKeyId } from './keys.ts'
import { openEntry, type Ledger } from './ledger.ts'
import * as store from './store.ts'
import type { TableDifference, Transaction } from './store.ts'

/** Which tables entries fold into, and what of them does not come from entries. */
export interface FoldedTable {
  readonly name: string
  /** Columns that live outside the ledger: counts under way, numbers given by the database. */
  readonly except?: readonly string[]
  /** Columns of the key that name people: never shown. */
  readonly personal?: readonly string[]
}

export interface Rebuilding {
  readonly applies: Readonly<Record<string, Apply>>
  /** The texts of all migrations, in order. */
  readonly migrations: readonly string[]
  /** Entries recorded up to then, this moment included; all when absent. */
  readonly until?: Instant | undefined
  /** Told every some hundred entries. */
  readonly progress?: ((done: number, of: number) => void) | undefined
}

export interface Rebuilt {
  /** Entries that were folded. */
  readonly entries: number
  /** Parts whose keys are gone: what they held is in no rebuilt table. */
  readonly destroyed: number
  /** The schema that the live tables are in, and that of these. */
  readonly live: string
  readonly rebuilt: string
  /** Reads the rebuilt tables by their usual names; never committed. */
  readonly tx: Transaction
}

/** What ends the transaction that rebuilt tables live in. */
class Done<Result> extends Error {
  readonly result: Result
  constructor(result: Result) {
    super('done')
    this.result = result
  }
}

/**
 * Folds the ledger into fresh tables, and gives them to `work`; they are gone when it returns. Reads one moment of the database: whoever appends meanwhile neither waits nor
 * is seen. Throws `Broken` for an entry that was altered, or that no longer folds.
 */
export async function withRebuilt<Result>(ledger: Ledger, rebuilding: Rebuilding, work: (rebuilt: Rebuilt) => Promise<Result>): Promise<Result> {
  try {
    await store.asOfNow(ledger.database, async (tx) => {
      const { live, rebuilt } = await store.beginRebuilt(tx, rebuilding.migrations)
      const folded = await foldAll(ledger, rebuilding, { tx, live })
      throw new Done(await work({ ...folded, live, rebuilt, tx }))
    })
    throw new Error('a transaction that is always ended was not')
  } catch (cause) {
    if (cause instanceof Done) return cause.result as Result
    throw cause
  }
}

async function foldAll(ledger: Ledger, { applies, until, progress }: Rebuilding, { tx, live }: Pick<Rebuilt, 'tx' | 'live'>): Promise<Pick<Rebuilt, 'entries' | 'destroyed'>> {
  const total = await store.totalEntries(tx, live)
  const isIn = upTo(until)
  let [read, entries, destroyedParts] = [0, 0, 0]
  for await (const page of store.entriesInOrder(tx, live)) {
    for (const row of page) {
      const entry = openEntry(ledger, row, row.payloads)
      if (!isIn(entry)) continue
      entries += 1
      destroyedParts += mustBeDestroyed(ledger, entry)
      await applyOne({ applies }, tx, entry).catch((cause: unknown) => { throw doesNotFold(ledger, entry, cause) })
    }
    read += page.length
    progress?.(read, total)
  }
  return { entries, destroyed: destroyedParts }
}

/** How many parts went with their keys. One that is only gone would fold into nothing as if it had: it was taken away. */
function mustBeDestroyed({ keys, origin }: Ledger, { slot, index, at, parts }: Entry): number {
  const gone = (Object.keys(parts) as RetentionClass[]).filter((name) => parts[name] === destroyed)
  for (const name of gone) {
    if (!keys.wasDestroyed(payloadKeyId(slot, name, new Date(at * 1000).getUTCFullYear()))) throw new Broken('ledger/part-gone', `part ${name} of entry ${index} of ${origin}/${slot} is gone, and its key was not destroyed; nothing was compared. bailee ledger check says what else is wrong`)
  }
  return gone.length
}

/** Which entries were recorded up to a moment: of each log those before its clock first passed it, and of them only those that knew no later entry of the common log. */
function upTo(until: Instant | undefined): (entry: Entry) => boolean {
  if (until === undefined) return () => true
  const passed = new Set<number>()
  let common = 0
  return ({ slot, at, common: known }) => {
    if (at > until || (known ?? 0) > common) passed.add(slot)
    if (passed.has(slot)) return false
    if (slot === 0) common += 1
    return true
  }
}

const doesNotFold = ({ origin }: Ledger, { slot, index, type }: Entry, cause: unknown): Broken =>
  new Broken('ledger/does-not-fold', `entry ${index} of ${origin}/${slot} (${type}) no longer folds into the tables of this Bailee: ${cause instanceof Error ? cause.message : 'no reason given'}`, { cause })

export interface Comparison {
  readonly entries: number
  readonly destroyed: number
  readonly tables: number
  readonly differences: readonly TableDifference[]
}

/**
 * Folds the ledger into fresh tables and compares each with the live one, row by row. Throws what `withRebuilt` throws, and `Broken` for a table that
 * is neither among those folded nor among those that live outside the ledger: then nobody knows what it should hold.
 */
export async function compareRebuilt(ledger: Ledger, rebuilding: Rebuilding & { readonly folded: readonly FoldedTable[]; readonly outside: readonly string[] }): Promise<Comparison> {
  return withRebuilt(ledger, rebuilding, async ({ tx, live, rebuilt, entries, destroyed: gone }) => {
    const known = new Set([...rebuilding.folded.map(({ name }) => name), ...rebuilding.outside])
    const strange = (await store.tableNames(tx)).filter((name) => !known.has(name))
    if (strange.length > 0) throw new Broken('ledger/table-unknown', `it is not known what feeds these tables: ${strange.join(', ')}`)
    const differences: TableDifference[] = []
    for (const { name, except = [], personal = [] } of rebuilding.folded) {
      const difference = await store.differenceOf(tx, { table: name, except, personal, live, rebuilt })
      if (difference !== undefined) differences.push(difference)
    }
    return { entries, destroyed: gone, tables: rebuilding.folded.length, differences }
  })
}
