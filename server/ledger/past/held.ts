/** Tables of the past that stay folded: they go from moment to moment by what was recorded between the two, forth by folding, back by undoing. */
import type { Entry } from '../entry.ts'
import type { ApplyMany } from '../fold.ts'
import { openEntry, type Ledger } from '../ledger.ts'
import { foldMany, foldOpened, type Rebuilding } from '../rebuild.ts'
import { beginRebuilt, type Transaction } from '../store.ts'
import * as store from './store.ts'

/** Places to come back to, at most: each is a part of the transaction of its own, of which the database keeps up to 64 at hand. */
const stepsMax = 48
/** Entries between two such places of a first fold, at least, and into how many parts it is cut. */
const [entriesBetweenStepsMin, firstSteps] = [8, 16]
/** Entries that are read at once. */
const pageEntries = 500

export interface HeldTables {
  /** Reads the tables by their usual names. */
  readonly tx: Transaction
  /** Makes them those of these sizes of the logs. Throws `Broken` for an entry that was altered, or that no longer folds. */
  moveTo(sizes: ReadonlyMap<number, number>): Promise<void>
  /** Whether they can be read still: a statement that fails ends the transaction they are in. */
  isWhole(): Promise<boolean>
  /** Lets them go. */
  close(): Promise<void>
}

export interface Holding extends Pick<Rebuilding, 'applies' | 'migrations'> {
  /** Entries of these nouns are not read: they fold into nothing, or into tables that nobody reads of these. */
  readonly without: readonly string[]
  /** How several entries of a type that follow each other fold at once, for types of which there are many. */
  readonly many: Readonly<Record<string, ApplyMany>>
  /** Done once the tables are there, and each time they are those of another moment; the latter is undone before they go on. */
  readonly whenMade?: (tx: Transaction) => Promise<void>
  readonly whenMoved?: (tx: Transaction) => Promise<void>
}

interface Step { readonly sizes: ReadonlyMap<number, number>; readonly lossy: ReadonlySet<number> }

/** Holds a connection, in a transaction that is never committed, until it is closed. */
export async function holdTables(ledger: Ledger, holding: Holding): Promise<HeldTables> {
  const { tx, end } = await store.openTransaction(ledger.database)
  try {
    const { live } = await beginRebuilt(tx, holding.migrations)
    await holding.whenMade?.(tx)
    const tables = new Moving(ledger, holding, { tx, live })
    return { tx, moveTo: (sizes) => tables.moveTo(sizes), isWhole: () => store.answers(tx), close: end }
  } catch (cause) {
    await end()
    throw cause
  }
}

class Moving {
  readonly #ledger: Ledger
  readonly #holding: Holding
  readonly #in: { readonly tx: Transaction; readonly live: string }
  /** What folds: as many statements as entries, of some dozen kinds. */
  readonly #folding: Transaction
  /** The first is that of empty tables. */
  readonly #steps: Step[] = []
  #now: { sizes: Map<number, number>; lossy: Set<number> } = { sizes: new Map(), lossy: new Set() }

  constructor(ledger: Ledger, holding: Holding, within: { readonly tx: Transaction; readonly live: string }) {
    this.#ledger = ledger
    this.#holding = holding
    this.#in = within
    this.#folding = store.planningOnce(within.tx)
  }

  async moveTo(wanted: ReadonlyMap<number, number>): Promise<void> {
    if (this.#steps.length === 0) await this.#mark()
    else await store.returnToStep(this.#in.tx, 'read')
    await this.#foldTo(wanted)
    await store.markStep(this.#in.tx, 'read')
    await this.#holding.whenMoved?.(this.#in.tx)
  }

  async #foldTo(wanted: ReadonlyMap<number, number>): Promise<void> {
    if (!isWithin(this.#now.sizes, wanted)) await this.#back(this.#steps.findLastIndex(({ sizes }) => isWithin(sizes, wanted)))
    const spans = [...wanted].flatMap(([slot, to]) => { const from = this.#now.sizes.get(slot) ?? 0; return from < to ? [{ slot, from, to }] : [] })
    if (spans.length === 0) return
    let places = await this.#placesBetween(spans)
    // Recorded beside an entry of the common log that is folded already: what it did not know must not be there yet.
    if (places.some(({ slot, common }) => slot !== 0 && common < (this.#now.sizes.get(0) ?? 0)) && spans.some(({ slot }) => slot === 0)) {
      await this.#back(0)
      places = await this.#placesBetween([...wanted].map(([slot, to]) => ({ slot, from: 0, to })))
    }
    const between = Math.max(entriesBetweenStepsMin, Math.ceil(places.length / firstSteps))
    let folded = 0
    for (let from = 0; from < places.length; from += pageEntries) {
      for await (const piece of store.entriesAt(this.#in.tx, this.#in.live, places.slice(from, from + pageEntries))) {
        const entries = piece.map((row) => openEntry(this.#ledger, row, row.payloads))
        for (let at = 0; at < entries.length;) {
          const run = this.#runAt(entries, at, between - (folded % between))
          await this.#fold(run)
          at += run.length
          folded += run.length
          if (folded % between === 0 && folded < places.length) await this.#mark()
        }
      }
    }
    // What was left out counts as well: these tables are those of these sizes.
    for (const { slot, to } of spans) this.#now.sizes.set(slot, Math.max(to, this.#now.sizes.get(slot) ?? 0))
    if (places.length > 0) await this.#mark()
  }

  #placesBetween(spans: readonly { readonly slot: number; readonly from: number; readonly to: number }[]): Promise<store.EntryPlace[]> {
    return store.placesBetween(this.#in.tx, this.#in.live, spans, this.#holding.without)
  }

  /** The entry there, and those of its type that follow where such fold at once; no more than so many. */
  #runAt(entries: readonly Entry[], at: number, most: number): readonly [Entry, ...Entry[]] {
    const first = entries[at]!
    let end = at + 1
    if (this.#holding.many[first.type] !== undefined) while (end < entries.length && end < at + most && entries[end]!.type === first.type) end += 1
    return [first, ...entries.slice(at + 1, end)]
  }

  async #fold(run: readonly [Entry, ...Entry[]]): Promise<void> {
    const { lossy, sizes } = this.#now
    const [into, many] = [{ tx: this.#folding, lossy }, this.#holding.many[run[0].type]]
    if (many !== undefined && run.length > 1) await foldMany(this.#ledger, { applies: this.#holding.applies, many }, into, run)
    else await foldOpened(this.#ledger, this.#holding.applies, into, run[0])
    for (const { slot, index } of run) sizes.set(slot, index + 1)
  }

  async #back(step: number): Promise<void> {
    await store.returnToStep(this.#in.tx, step)
    this.#steps.length = step + 1
    const { sizes, lossy } = this.#steps[step]!
    this.#now = { sizes: new Map(sizes), lossy: new Set(lossy) }
  }

  async #mark(): Promise<void> {
    if (this.#steps.length >= stepsMax) return
    await store.markStep(this.#in.tx, this.#steps.length)
    this.#steps.push({ sizes: new Map(this.#now.sizes), lossy: new Set(this.#now.lossy) })
  }
}

/** Whether nothing is in the one that is not in the other. */
const isWithin = (one: ReadonlyMap<number, number>, other: ReadonlyMap<number, number>): boolean => [...one].every(([slot, size]) => size <= (other.get(slot) ?? 0))
