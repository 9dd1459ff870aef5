/** What this process knows of logs and keys between one transaction and the next: right until another process appends, which the database says. */
import type { Instant } from '#kit/time'
import type { RetentionClass, SealingKey } from '../entry.ts'
import type { KeyStore } from '../keys.ts'
import { periodOf } from '../retention/schedule.ts'
import { headsOf, type Database, type HeadRow } from '../store.ts'
import type { NewHead } from './store.ts'

/** A log's head: `size` with the entries that were made, `hashed` with those that were hashed; `row` is it as it stands in the database, or will when all that was made is written. */
export interface Head { readonly slot: number; readonly origin: string; size: number; hashed: NewHead; row: NewHead }

/**
 * A key is known as long as the heads are: one that is destroyed has an entry in the log that it seals, so that its head has moved.
 * `edition` counts the times that all was forgotten: what was made in an earlier one is worth nothing. `mayBeShut`: a key was being destroyed when that was looked at last, at `lookedAt` by the clock that only goes on.
 */
export interface Known { readonly heads: Map<number, Head>; readonly keys: Map<number, readonly KnownKey[]>; edition: number; mayBeShut: boolean; lookedAt: number }

/** A key that seals parts of one log, class and period. */
interface KnownKey { readonly part: RetentionClass; readonly period: string; readonly key: SealingKey }

export const nothingKnown = (): Known => ({ heads: new Map(), keys: new Map(), edition: 0, mayBeShut: false, lookedAt: -Infinity })

export function forget(known: Known): void {
  known.heads.clear()
  known.keys.clear()
  known.edition += 1
  known.lookedAt = -Infinity
}

export const headOf = (row: HeadRow): Head => ({ slot: row.slot, origin: row.origin, size: row.size, hashed: row, row })

/** Reads the heads of these logs that are not known yet. */
export async function learn(database: Database, { heads }: Known, slots: readonly number[]): Promise<void> {
  const missing = slots.filter((slot) => !heads.has(slot))
  if (missing.length > 0) for (const row of await headsOf(database, missing)) heads.set(row.slot, headOf(row))
}

/** Heads to build on, apart from those that are known; a log that was never opened has none. */
export function copiesOf({ heads }: Known, slots: readonly number[]): Map<number, Head> {
  const copies = new Map<number, Head>()
  for (const slot of slots) {
    const head = heads.get(slot)
    if (head !== undefined) copies.set(slot, { slot, origin: head.origin, size: head.size, hashed: head.hashed, row: head.row })
  }
  return copies
}

export type KeyOf = (slot: number, part: RetentionClass, at: Instant) => SealingKey

/** Milliseconds for which it holds that no key is being destroyed: asking the file system takes a single caller as long as sealing does. What is sealed in them goes with the key, as what was sealed just before. */
const lookHolds = 100

/**
 * Keys for one batch: each asked for once an edition. Whether any is being destroyed is looked at now and then, because another process may have been killed after it shut a key and before it recorded that; where one is, each key is asked
 * for once a batch. `now`: milliseconds of a clock that only goes on.
 */
export function keysKnown(known: Known, keys: KeyStore, now: number): KeyOf {
  if (now >= known.lookedAt + lookHolds) {
    known.mayBeShut = keys.destroying().length > 0
    known.lookedAt = now
  }
  const looked = new Set<KnownKey>()
  return (slot, part, at) => {
    const period = periodAt(part, at)
    const own = known.keys.get(slot) ?? []
    let found: KnownKey | undefined
    for (const one of own) if (one.part === part && one.period === period) found = one
    if (found === undefined || (known.mayBeShut && !looked.has(found) && keys.wasDestroyed(found.key.id))) {
      const others = own.filter((one) => one !== found)
      known.keys.set(slot, others)
      found = { part, period, key: keys.payloadKey(slot, part, period) }
      known.keys.set(slot, [...others, found])
    }
    if (known.mayBeShut) looked.add(found)
    return found.key
  }
}

/** The period of the last time that was asked for, by class: entries of one batch are of one moment. */
const periods = new Map<RetentionClass, { readonly at: Instant; readonly period: string }>()

function periodAt(part: RetentionClass, at: Instant): string {
  const last = periods.get(part)
  if (last?.at === at) return last.period
  const period = periodOf(part, at)
  periods.set(part, { at, period })
  return period
}
