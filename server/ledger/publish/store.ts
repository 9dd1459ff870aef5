import { first, rows, sql, type Database, type Transaction } from '#database'
import { Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import type { Apply } from '../fold.ts'
import { partOf } from '../ledger.ts'

/** A token by which one controller's log may be followed. `hash` is SHA-256 of it, in base64 in the entry. */
export interface ReaderToken { readonly id: string; readonly slot: number; readonly issuedAt: Instant; readonly expiresAt: Instant; readonly revokedAt: Instant | null }

/** Folds `ledger.token_issued` and `ledger.token_revoked`, each in the log of its controller. */
export const applyReader: Apply = async (tx, entry) => {
  if (entry.type === 'ledger.token_issued') {
    const token = partOf<{ id: string; hash: string; expiresAt: Instant }>(entry, 'access')
    if (token !== undefined) await rows(tx, sql`insert into reader_token (id, slot, hash, issued_at, expires_at) values (${token.id}, ${entry.slot}, ${Buffer.from(token.hash, 'base64')}, ${entry.at}, ${token.expiresAt})`)
  } else if (entry.type === 'ledger.token_revoked') {
    const token = partOf<{ id: string }>(entry, 'evidence')
    if (token !== undefined) await rows(tx, sql`update reader_token set revoked_at = ${entry.at} where id = ${token.id} and slot = ${entry.slot} and revoked_at is null`)
  } else throw new Refused('ledger/unknown-entry', `the ledger does not know entries of type ${entry.type}`)
}

/** The slot that a token opens now; undefined for one that never was, is over, or was revoked. */
export async function slotOfToken(executor: Database, hash: Uint8Array, now: Instant): Promise<number | undefined> {
  return (await first<{ slot: number }>(executor, sql`select slot from reader_token where hash = ${hash} and expires_at > ${now} and revoked_at is null`))?.slot
}

/** Every token that was ever issued, newest first. */
export async function readerTokens(executor: Database): Promise<ReaderToken[]> {
  return rows<ReaderToken>(executor, sql`select id, slot, issued_at as "issuedAt", expires_at as "expiresAt", revoked_at as "revokedAt" from reader_token order by issued_at desc, id`)
}

export interface FixedHead { readonly slot: number; readonly size: number; readonly root: Uint8Array }

/** What a snapshot fixed of one log; undefined when it had no slot yet. */
export async function headAt(executor: Database, slot: number, snapshot: number): Promise<FixedHead | undefined> {
  return first<FixedHead>(executor, sql`select slot, size, root from snapshot_head where slot = ${slot} and snapshot <= ${snapshot} order by snapshot desc limit 1`)
}

/** Bodies of snapshots `from` (included) to `to` (not included). */
export async function snapshotBodies(executor: Database, from: number, to: number): Promise<Uint8Array[]> {
  return (await rows<{ body: Uint8Array }>(executor, sql`select body from snapshot where idx >= ${from} and idx < ${to} order by idx`)).map(({ body }) => body)
}

/** Hashes of one tile level of a controller's log or, above the leaves, of any. */
interface Stretch { readonly slot: number; readonly level: number; readonly from: number; readonly to: number }

/** Hashes of several stretches, each in order and one behind the other, by one question: a proof asks for five, and each question takes longer than its answer. Undefined where not all of a stretch stand in the tables. */
export async function stretchesOf(executor: Database, stretches: readonly Stretch[]): Promise<(Uint8Array | undefined)[]> {
  if (stretches.length === 0) return []
  const parts = stretches.map(({ slot, level, from, to }, place) => (level === 0
    ? sql`select ${sql.lit(place)} as place, count(*) as count, string_agg(leaf, ''::bytea order by idx) as hashes from entry where slot = ${slot}::integer and idx >= ${from}::bigint and idx < ${to}::bigint`
    : sql`select ${sql.lit(place)} as place, count(*) as count, string_agg(hash, ''::bytea order by idx) as hashes from subtree where slot = ${slot}::integer and level = ${level}::integer and idx >= ${from}::bigint and idx < ${to}::bigint`))
  const found = await rows<{ place: number; count: number; hashes: Uint8Array | null }>(executor, sql`${sql.join(parts, sql` union all `)}`)
  const byPlace = new Map(found.map((one) => [one.place, one]))
  return stretches.map(({ from, to }, place) => (byPlace.get(place)?.count === to - from ? byPlace.get(place)?.hashes ?? undefined : undefined))
}

/** Kept roots of subtrees of one tile level, by index. */
export async function subtreesBetween(executor: Database, { slot, level, from, to }: { slot: number; level: number; from: number; to: number }): Promise<Map<number, Uint8Array>> {
  const found = await rows<{ index: number; hash: Uint8Array }>(executor, sql`select idx as index, hash from subtree where slot = ${slot} and level = ${level} and idx >= ${from} and idx < ${to}`)
  return new Map(found.map(({ index, hash }) => [index, hash]))
}

/** Keeps roots of whole subtrees: they never change. */
export async function keepSubtrees(executor: Database | Transaction, { slot, level, hashes }: { slot: number; level: number; hashes: ReadonlyMap<number, Uint8Array> }): Promise<void> {
  await rows(executor, sql`
    insert into subtree (slot, level, idx, hash) select ${slot}, ${level}, idx, hash from unnest(${[...hashes.keys()]}::bigint[], ${[...hashes.values()]}::bytea[]) as kept (idx, hash) on conflict do nothing`)
}
