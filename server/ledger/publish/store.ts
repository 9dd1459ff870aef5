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

/** Hashes of one kept level of any log or, at level 0, leaves of a controller's. */
interface Stretch { readonly slot: number; readonly level: number; readonly from: number; readonly to: number }

/** Hashes of several stretches, each in order and one behind the other, by one question: a proof asks for a dozen, and each question takes longer than its answer. Undefined where nothing stands in the tables; what is there of a stretch may be less than the whole. */
export async function stretchesOf(executor: Database, stretches: readonly Stretch[]): Promise<(Uint8Array | undefined)[]> {
  const parts = []
  const uppers = { places: '', slots: '', levels: '', firsts: '', beyonds: '' } // arrays as PostgreSQL reads them
  for (let place = 0; place < stretches.length; place += 1) {
    const { slot, level, from, to } = stretches[place]!
    if (level === 0) parts.push(sql`select ${place}::integer as place, string_agg(leaf, ''::bytea order by idx) as hashes from entry where slot = ${slot}::integer and idx >= ${from}::bigint and idx < ${to}::bigint`)
    else for (const [name, value] of [['places', place], ['slots', slot], ['levels', level], ['firsts', from], ['beyonds', to]] as const) uppers[name] += uppers[name] === '' ? value : `,${value}`
  }
  if (uppers.places !== '') {
    parts.push(sql`
      select place, hashes from unnest(${`{${uppers.places}}`}::integer[], ${`{${uppers.slots}}`}::integer[], ${`{${uppers.levels}}`}::integer[], ${`{${uppers.firsts}}`}::bigint[], ${`{${uppers.beyonds}}`}::bigint[]) as asked (place, of_slot, of_level, first, beyond),
        lateral (select string_agg(hash, ''::bytea order by idx) as hashes from subtree where slot = of_slot and level = of_level and idx >= first and idx < beyond) as found`)
  }
  if (parts.length === 0) return []
  const found = new Array<Uint8Array | undefined>(stretches.length)
  for (const { place, hashes } of await rows<{ place: number; hashes: Uint8Array | null }>(executor, sql`${sql.join(parts, sql` union all `)}`)) found[place] = hashes ?? undefined
  return found
}

/** Kept roots of subtrees of one level, one behind the other, and the place of each from the first asked for. */
export async function subtreesBetween(executor: Database, { slot, level, from, to }: Stretch): Promise<{ places: number[]; hashes: Uint8Array }> {
  const found = await first<{ places: number[] | null; hashes: Uint8Array | null }>(executor, sql`
    select array_agg((idx - ${from}::bigint)::integer order by idx) as places, string_agg(hash, ''::bytea order by idx) as hashes from subtree where slot = ${slot} and level = ${level} and idx >= ${from} and idx < ${to}`)
  return { places: found?.places ?? [], hashes: found?.hashes ?? new Uint8Array() }
}

/** Keeps roots of whole subtrees, from that index on, one behind the other: they never change. */
export async function keepSubtrees(executor: Database | Transaction, { slot, level, from, hashes }: { slot: number; level: number; from: number; hashes: Uint8Array }): Promise<void> {
  await rows(executor, sql`
    insert into subtree (slot, level, idx, hash) select ${slot}, ${level}, ${from}::bigint + place, substring(${hashes}::bytea from place * 32 + 1 for 32)
    from generate_series(0, ${hashes.length / 32 - 1}::integer) as place on conflict do nothing`)
}

/** A root over 16^level entries, as it follows from them. */
export interface DerivedHash { readonly level: number; readonly index: number; readonly hash: Uint8Array }

/** Which of these are kept as something else. */
export async function keptOtherwise(executor: Database | Transaction, slot: number, derived: readonly DerivedHash[]): Promise<{ level: number; index: number }[]> {
  return rows(executor, sql`
    select level, idx as index from subtree join unnest(${derived.map(({ level }) => level)}::integer[], ${derived.map(({ index }) => index)}::bigint[], ${derived.map(({ hash }) => hash)}::bytea[]) as derived (level, idx, hash) using (level, idx)
    where slot = ${slot} and subtree.hash <> derived.hash order by 1, 2`)
}

/** How many are kept that stand for more entries than a log has. */
export async function keptBeyond(executor: Database | Transaction, slot: number, size: number): Promise<number> {
  return (await first<{ count: number }>(executor, sql`select count(*) as count from subtree where slot = ${slot} and (idx::float8 + 1) * power(16::float8, least(level, 14)) > ${size}::float8`))?.count ?? 0
}

/** How many are kept of logs that there are not. */
export async function keptOfNobody(executor: Database | Transaction): Promise<number> {
  return (await first<{ count: number }>(executor, sql`select count(*) as count from subtree where slot <> -1 and not exists (select from log where log.slot = subtree.slot)`))?.count ?? 0
}

/** Forgets all that are kept of a log. */
export async function forgetSubtrees(executor: Database | Transaction, slot: number): Promise<void> {
  await rows(executor, sql`delete from subtree where slot = ${slot}`)
}
