/** Entries for people to look at: a page at a time, newest first. */
import { openEntry, type Ledger } from './ledger.ts'
import type { Entry } from './entry.ts'
import type { Instant } from '#kit/time'
import * as store from './store.ts'

export interface NewestAsked {
  readonly slot: number
  /** Below this index; from the newest on when left out. */
  readonly before?: number | undefined
  /** None before this index is looked at; all when left out. No index knows types: a few among millions are found by passing all others. */
  readonly from?: number | undefined
  /** Recorded until then. */
  readonly until?: Instant | undefined
  readonly limit: number
  readonly types?: readonly string[] | undefined
}

type Reading = Pick<Ledger, 'database' | 'keys' | 'origin'>

/** The newest entries of one log, opened with the keys that still exist. */
export async function newestEntries(ledger: Reading, asked: NewestAsked): Promise<Entry[]> {
  return opened(ledger, await store.newestEntries(ledger.database, asked))
}

/** Entries read at a time while one is looked for. */
const lookedThrough = 100

/** The newest entry of these types that is the one looked for; undefined where there is none. A page at a time is held, however many there are. */
export async function newestWhere(ledger: Reading, { slot, types }: { readonly slot: number; readonly types: readonly string[] }, wanted: (entry: Entry) => boolean): Promise<Entry | undefined> {
  let before: number | undefined
  for (;;) {
    const page = await newestEntries(ledger, { slot, types, before, limit: lookedThrough })
    const found = page.find(wanted)
    if (found !== undefined || page.length < lookedThrough) return found
    before = page.at(-1)?.index
  }
}

async function opened(ledger: Reading, found: readonly store.EntryRow[]): Promise<Entry[]> {
  return (await store.withPayloads(ledger.database, undefined, found)).map((row) => openEntry(ledger, row, row.payloads))
}

export interface DecisionsAsked {
  /** Of these logs; of all when left out. */
  readonly slots?: readonly number[] | undefined
  readonly outcome?: 'allowed' | 'refused' | undefined
  /** Below this one. */
  readonly before?: store.Place | undefined
  /** Recorded from then on. */
  readonly since?: Instant | undefined
  readonly until: Instant
  readonly limit: number
}

/** The newest decisions over all logs. */
export async function newestDecisions(ledger: Reading, asked: DecisionsAsked): Promise<Entry[]> {
  return opened(ledger, await store.newestDecisions(ledger.database, asked))
}

/** How many there are, counted up to `max`; `more`: there are more than that. */
export async function countDecisions({ database }: Pick<Ledger, 'database'>, asked: Pick<DecisionsAsked, 'slots' | 'outcome' | 'until'>, max = Number.MAX_SAFE_INTEGER - 1): Promise<{ readonly total: number; readonly more: boolean }> {
  const counted = await store.decisionCount(database, { ...asked, max: max + 1 })
  return { total: Math.min(counted, max), more: counted > max }
}

/** The entry at an index; undefined where the log has none yet. */
export async function entryAt(ledger: Reading, slot: number, index: number): Promise<Entry | undefined> {
  return (await newestEntries(ledger, { slot, before: index + 1, limit: 1 })).find((entry) => entry.index === index)
}

/** What is hashed of an entry, and its hash: the bytes that are in the tree. Undefined where the log has none yet. */
export async function leafAt({ database }: Pick<Ledger, 'database'>, slot: number, index: number): Promise<{ readonly body: Uint8Array; readonly leaf: Uint8Array } | undefined> {
  return (await store.newestEntries(database, { slot, before: index + 1, limit: 1 })).find((row) => row.index === index)
}

export interface Checkpoint { readonly snapshot: number; readonly at: Instant; readonly slots: number }

/** The newest snapshots of the root log, below an index where one is given. */
export async function newestSnapshots({ database }: Pick<Ledger, 'database'>, asked: { before?: number | undefined; until?: Instant | undefined; limit: number }): Promise<Checkpoint[]> {
  return store.newestSnapshots(database, asked)
}

/** The size of a log now, and of it at its newest snapshot; undefined for a log that is in none yet. */
export async function headsOf({ database }: Pick<Ledger, 'database'>, slot: number): Promise<{ readonly size: number; readonly fixed: { readonly snapshot: number; readonly size: number; readonly root: string } | undefined }> {
  const fixed = await store.lastFixed(database, slot)
  return { size: await store.logSize(database, slot), fixed: fixed === undefined ? undefined : { snapshot: fixed.snapshot, size: fixed.size, root: Buffer.from(fixed.root).toString('hex') } }
}
