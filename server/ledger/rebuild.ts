/**
 * The state as the ledger tells it: all entries folded once more, into fresh tables that nobody else sees and that are gone afterwards. What differs from the
 * tables that Bailee works with was changed beside the ledger.
 */
import { Broken, Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import { applyOne, type Apply, type ApplyMany } from './fold.ts'
import { destroyed, type Entry, type RetentionClass } from './entry.ts'
import { openEntry, wholeLeaf, type Ledger } from './ledger.ts'
import { countDestroyed, knewLess, type Span } from './past/store.ts'
import { payloadKeyIds } from './retention/schedule.ts'
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
  /** Entries of these logs alone; of all when absent. A controller's tables are a fold of its own log and the common one, of nothing else. */
  readonly slots?: readonly number[] | undefined
  /** Whether decisions are read as well, which fold into nothing: nearly all entries there are. Where a moment is given they are, for their times. */
  readonly decisions?: boolean | undefined
  /** Told every some hundred entries. */
  readonly progress?: ((done: number, of: number) => void) | undefined
}

export interface Rebuilt {
  /** Entries that were folded. */
  readonly entries: number
  /** Parts whose keys are gone: what they held is in no rebuilt table. */
  readonly destroyed: number
  /** Entries that change what was destroyed with a key, and so nothing. */
  readonly without: number
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
      const folded = await foldAll(ledger, rebuilding, { tx, live, lossy: new Set() })
      throw new Done(await work({ ...folded, live, rebuilt, tx }))
    })
    throw new Error('a transaction that is always ended was not')
  } catch (cause) {
    if (cause instanceof Done) return cause.result as Result
    throw cause
  }
}

type Folded = Pick<Rebuilt, 'entries' | 'destroyed' | 'without'>

/**
 * Folds all entries into the tables that names mean now. An entry that was recorded was allowed: where keys were destroyed before it in its log, or in the common one, and what it changes is not there, it is
 * that which is gone, and nothing is changed.
 */
async function foldAll(ledger: Ledger, { applies, until, slots, progress, ...rebuilding }: Rebuilding, { tx, live, lossy, spans }: Pick<Rebuilt, 'tx' | 'live'> & Pick<Into, 'lossy'> & { readonly spans?: readonly Span[] }): Promise<Folded> {
  const decisions = until !== undefined || rebuilding.decisions !== false
  const total = progress === undefined ? 0 : await store.totalEntries(tx, live, decisions)
  const isIn = upTo(until)
  const folding = store.planningOnce(tx) // as many statements as entries, of some dozen kinds
  let [read, entries, destroyedParts, without] = [0, 0, 0, 0]
  for await (const page of store.entriesInOrder(tx, live, { slots, decisions, spans })) {
    for (const row of page) {
      if (!isIn(row.slot, wholeLeaf(ledger, row))) continue
      const folded = await foldEntry(ledger, applies, { tx: folding, lossy }, row)
      entries += 1
      destroyedParts += folded.destroyed
      without += folded.without
    }
    read += page.length
    progress?.(read, total)
  }
  return { entries, destroyed: destroyedParts, without }
}

/** Folds one entry into the tables that names mean now. `lossy`: the logs that keys were destroyed in before it; it is added to them where its own are gone. */
export function foldEntry(ledger: Ledger, applies: Rebuilding['applies'], into: Into, row: store.OrderedEntry): Promise<Pick<Folded, 'destroyed' | 'without'>> {
  return foldOpened(ledger, applies, into, openEntry(ledger, row, row.payloads))
}

export interface Into { readonly tx: Transaction; readonly lossy: Set<number> }

/** Folds entries of one type at once, which no key was destroyed before or in; else one by one. */
export async function foldMany(ledger: Ledger, { applies, many }: { readonly applies: Rebuilding['applies']; readonly many: ApplyMany }, into: Into, entries: readonly [Entry, ...Entry[]]): Promise<void> {
  const plain = !into.lossy.has(0) && entries.every((entry) => !into.lossy.has(entry.slot) && mustBeDestroyed(ledger, entry) === 0)
  if (plain) return many(into.tx, entries).catch((cause: unknown) => { throw doesNotFold(ledger, entries[0], cause) })
  for (const entry of entries) await foldOpened(ledger, applies, into, entry)
}

export async function foldOpened(ledger: Ledger, applies: Rebuilding['applies'], { tx, lossy }: Into, entry: Entry): Promise<Pick<Folded, 'destroyed' | 'without'>> {
  const gone = mustBeDestroyed(ledger, entry)
  if (gone > 0) lossy.add(entry.slot)
  const folds = (): Promise<void> => applyOne({ applies }, tx, entry)
  const broken = (cause: unknown): never => { throw doesNotFold(ledger, entry, cause) }
  if (!lossy.has(0) && !lossy.has(entry.slot)) { await folds().catch(broken); return { destroyed: gone, without: 0 } }
  return { destroyed: gone, without: await store.inSavepoint(tx, folds, buildsOnNothing).catch(broken) ? 0 : 1 }
}

/** A move that is refused, or a row that names one which is not there. */
const buildsOnNothing = (cause: unknown): boolean => cause instanceof Refused || /^23[0-9A-Z]{3}$/.test((cause as { code?: string }).code ?? '')

/** Tables that take the place of the live ones when all that was recorded until then is in them. */
export interface Refolding {
  /** How often keys had been destroyed when it began: where others were since, what these sealed is in it, and nobody may be given it. */
  readonly destructions: number
  /** In a transaction in which nobody else appends: folds what was recorded since, and gives the live tables the rows that come out. */
  finish(): Promise<void>
  /** They are not wanted. */
  drop(): Promise<void>
}

/**
 * Folds the ledger once more, with the keys of `ledger`, while others append: what was fed by keys that are gone is in no row of it. In the transaction in which it is finished: nothing of it is there when that ends otherwise.
 */
export async function beginRefold(ledger: Ledger, rebuilding: Rebuilding & { readonly folded: readonly FoldedTable[] }, tx: Transaction): Promise<Refolding> {
  const sizes = new Map((await store.heads(tx)).map(({ slot, size }) => [slot, size]))
  const destructions = await countDestroyed(tx)
  const before = await store.searchPath(tx)
  const { live, rebuilt } = await store.beginRebuilt(tx, rebuilding.migrations)
  const lossy = new Set<number>()
  const fold = (spans: readonly Span[]): Promise<Folded> => foldAll(ledger, { ...rebuilding, decisions: false }, { tx, live, lossy, spans })
  await fold([...sizes].map(([slot, to]) => ({ slot, from: 0, to })))
  await store.setSearchPath(tx, before)
  return {
    destructions, drop: () => store.dropRebuilt(tx, rebuilt),
    async finish() {
      const since = (await store.heads(tx)).map(({ slot, size }) => ({ slot, from: sizes.get(slot) ?? 0, to: size })).filter(({ from, to }) => from < to)
      if (await knewLess(tx, since, sizes.get(0) ?? 0)) {
        await store.dropRebuilt(tx, rebuilt)
        await (await beginRefold(ledger, rebuilding, tx)).finish()
        return
      }
      await store.setSearchPath(tx, rebuilt)
      await fold(since)
      await store.setSearchPath(tx, before)
      await store.takeRebuilt(tx, { tables: rebuilding.folded, live, rebuilt })
    },
  }
}

/** How many parts went with their keys. One that is only gone would fold into nothing as if it had: it was taken away. */
function mustBeDestroyed({ keys, origin }: Ledger, { slot, index, at, parts }: Entry): number {
  const gone = (Object.keys(parts) as RetentionClass[]).filter((name) => parts[name] === destroyed)
  for (const name of gone) {
    if (!payloadKeyIds(slot, name, at).some((id) => keys.wasDestroyed(id))) throw new Broken('ledger/part-gone', `part ${name} of entry ${index} of ${origin}/${slot} is gone, and its key was not destroyed; nothing was compared. bailee ledger check says what else is wrong`)
  }
  return gone.length
}

/** Which entries were recorded up to a moment: of each log those before its clock first passed it, and of them only those that knew no later entry of the common log. */
function upTo(until: Instant | undefined): (slot: number, entry: Pick<Entry, 'at' | 'common'>) => boolean {
  if (until === undefined) return () => true
  const passed = new Set<number>()
  let common = 0
  return (slot, { at, common: known }) => {
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
  readonly without: number
  readonly tables: number
  readonly differences: readonly TableDifference[]
  /** What became of the tables that keep the past, where somebody looks at them. */
  readonly past?: PastComparison
}

/**
 * What is kept of the past against the ledger. `notCompared`: `none` is kept; it is of `another` program, ledger, or set of keys, so that this program shows none of it; or it was dropped or made anew `meanwhile`.
 */
export interface PastComparison {
  readonly notCompared?: 'none' | 'another' | 'meanwhile'
  /** Entries that were folded for it. */
  readonly entries: number
  readonly tables: number
  readonly differences: readonly TableDifference[]
}

/**
 * Folds the ledger into fresh tables and compares each with the live one, row by row. Throws what `withRebuilt` throws, and `Broken` for a table that
 * is neither among those folded nor among those that live outside the ledger: then nobody knows what it should hold. `past`: compares what is kept of the past, in the same moment of the database.
 */
export async function compareRebuilt(ledger: Ledger, rebuilding: Rebuilding & { readonly folded: readonly FoldedTable[]; readonly outside: readonly string[]; readonly past?: (rebuilt: Rebuilt) => Promise<PastComparison> }): Promise<Comparison> {
  return withRebuilt(ledger, rebuilding, async (folded) => {
    const { tx, live, rebuilt, entries, destroyed: gone, without } = folded
    const known = new Set([...rebuilding.folded.map(({ name }) => name), ...rebuilding.outside])
    const strange = (await store.tableNames(tx)).filter((name) => !known.has(name))
    if (strange.length > 0) throw new Broken('ledger/table-unknown', `it is not known what feeds these tables: ${strange.join(', ')}`)
    const differences: TableDifference[] = []
    for (const { name, except = [], personal = [] } of rebuilding.folded) {
      const difference = await store.differenceOf(tx, { table: name, except, personal, live, rebuilt })
      if (difference !== undefined) differences.push(difference)
    }
    return { entries, destroyed: gone, without, tables: rebuilding.folded.length, differences, ...(rebuilding.past === undefined ? {} : { past: await rebuilding.past(folded) }) }
  })
}
