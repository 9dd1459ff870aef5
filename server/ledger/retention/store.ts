import { first, rows, sql, type Database, type Transaction } from '#database'
import { Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import type { Apply } from '../fold.ts'
import type { Entry, RetentionClass } from '../entry.ts'
import { partOf } from '../ledger.ts'
import { logSize } from '../store.ts'
import { defaultPolicy, slotOfKey, type RetentionPolicy } from './schedule.ts'

/** As last recorded; the default before. */
export async function retentionPolicy(executor: Database | Transaction): Promise<RetentionPolicy> {
  return (await first<{ detail: RetentionPolicy }>(executor, sql`select detail from key_retention`))?.detail ?? defaultPolicy
}

/** Why keys of a controller are kept beyond their day; of all classes when none is named. */
export interface KeyHold {
  readonly id: string
  readonly slot: number
  readonly retention: RetentionClass | null
  readonly because: string
  readonly by: string
  readonly at: Instant
  readonly releasedBy: string | null
  readonly releasedAt: Instant | null
}

/** Every hold, oldest first, released ones too. */
export async function keyHolds(executor: Database | Transaction): Promise<KeyHold[]> {
  return rows<KeyHold>(executor, sql`
    select id, slot, class as retention, because, held_by as by, held_at as at, released_by as "releasedBy", released_at as "releasedAt" from key_hold order by held_at, id`)
}

/** A key that the ledger says was destroyed. `times` counts how often it had to be, because it was back. */
export interface DestroyedKey { readonly id: string; readonly slot: number; readonly because: string; readonly at: Instant; readonly times: number }

/** Every key that the ledger says was destroyed, by id. */
export async function destroyedKeys(executor: Database | Transaction): Promise<DestroyedKey[]> {
  return rows<DestroyedKey>(executor, sql`select id, slot, because, destroyed_at as at, times from key_destroyed order by id`)
}

/** Folds `key.*`. */
export const applyKey: Apply = async (tx, entry) => {
  switch (entry.type) {
    case 'key.retention_set': return setRetention(tx, entry)
    case 'key.held': return hold(tx, entry)
    case 'key.released': return release(tx, entry)
    case 'key.destroyed': return destroy(tx, entry)
    case 'key.destroyed_again': return destroyAgain(tx, entry)
    default: throw new Refused('ledger/unknown-entry', `the ledger does not know entries of type ${entry.type}`)
  }
}

async function setRetention(tx: Transaction, entry: Entry): Promise<void> {
  const policy = partOf<RetentionPolicy>(entry, 'evidence')
  if (policy !== undefined) await rows(tx, sql`
    insert into key_retention (detail, declared_at) values (${JSON.stringify(policy)}, ${entry.at})
    on conflict (only_one) do update set detail = excluded.detail, declared_at = excluded.declared_at`)
}

async function hold(tx: Transaction, entry: Entry): Promise<void> {
  const held = partOf<{ hold: string; class?: RetentionClass; because: string; by: string }>(entry, 'evidence')
  if (held !== undefined) await rows(tx, sql`
    insert into key_hold (id, slot, class, because, held_by, held_at) values (${held.hold}, ${entry.slot}, ${held.class ?? null}, ${held.because}, ${held.by}, ${entry.at})`)
}

async function release(tx: Transaction, entry: Entry): Promise<void> {
  const released = partOf<{ hold: string; by: string }>(entry, 'evidence')
  if (released === undefined) return
  const changed = await rows(tx, sql`
    update key_hold set released_at = ${entry.at}, released_by = ${released.by} where id = ${released.hold} and slot = ${entry.slot} and released_at is null returning id`)
  if (changed.length !== 1) throw new Refused('ledger/not-held', `there is no hold ${released.hold}, or it was released already`)
}

async function destroy(tx: Transaction, entry: Entry): Promise<void> {
  const gone = partOf<{ key: string; because: string }>(entry, 'evidence')
  if (gone !== undefined) await rows(tx, sql`insert into key_destroyed (id, slot, because, destroyed_at) values (${gone.key}, ${entry.slot}, ${gone.because}, ${entry.at}) on conflict (id) do nothing`)
}

async function destroyAgain(tx: Transaction, entry: Entry): Promise<void> {
  const gone = partOf<{ key: string }>(entry, 'evidence')
  if (gone !== undefined) await rows(tx, sql`update key_destroyed set times = times + 1 where id = ${gone.key}`)
}

/** A key of parts seals those of one log alone, whose entries are found by their key and not by looking through all. */
const sealedWith = (keys: readonly string[]): ReturnType<typeof sql> => sql`slot = any(${[...new Set(keys.map(slotOfKey))]}::integer[]) and key_id = any(${[...keys]}::text[])`

/** How many parts these keys sealed, by key. */
export async function partsSealedWith(tx: Database | Transaction, keys: readonly string[]): Promise<Map<string, number>> {
  const found = await rows<{ id: string; parts: number }>(tx, sql`select key_id as id, count(*) as parts from payload where ${sealedWith(keys)} group by 1`)
  return new Map(found.map(({ id, parts }) => [id, parts]))
}

/** Entries that are looked through at a time. */
const takenAtOnce = 10_000

/**
 * What keys that are gone sealed is noise: it goes too, and with it what a copy of the key could still open here. Some entries at a time, each a transaction of its own, while others append; safe to begin again.
 */
export async function deleteSealedWith(database: Database, keys: readonly string[]): Promise<void> {
  for (const [slot, own] of Map.groupBy(keys, slotOfKey)) {
    const size = await logSize(database, slot)
    for (let from = 0; from < size; from += takenAtOnce) {
      const where = sql`slot = ${slot} and idx >= ${from} and idx < ${from + takenAtOnce} and key_id = any(${[...own]}::text[])`
      for (const table of ['other_entry', 'decision_entry']) await rows(database, sql`update ${sql.id(table)} set part = null, key_id = null, ciphertext = null where ${where}`)
      await rows(database, sql`delete from further_part where ${where}`)
    }
  }
}

/** Notes that what these keys sealed is still to be deleted: in the transaction that records their destruction, so that whatever backup has the one has the other. */
export async function noteEmptying(tx: Transaction, keys: readonly string[]): Promise<void> {
  await rows(tx, sql`insert into key_emptying (id) select unnest(${[...keys]}::text[]) on conflict do nothing`)
}

/** Keys of which what they sealed is still to be deleted. */
export async function keysEmptying(executor: Database | Transaction): Promise<string[]> {
  return (await rows<{ id: string }>(executor, sql`select id from key_emptying order by id`)).map(({ id }) => id)
}

/** What these sealed is deleted. */
export async function noteEmptied(database: Database, keys: readonly string[]): Promise<void> {
  await rows(database, sql`delete from key_emptying where id = any(${[...keys]}::text[])`)
}
