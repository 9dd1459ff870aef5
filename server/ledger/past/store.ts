import { rows, sql, transaction, type Database, type Transaction } from '#database'
export { planningOnce } from '#database'
export type { Span } from '../kinds/store.ts'
import { isNoDecision, type Span } from '../kinds/store.ts'
import { piecesWithPayloads, type EntryRow, type OrderedEntry } from '../store.ts'

/** What is known of entries of one log, in their order: times, how much of the common log each knew, and what it is: a letter each. */
export interface LogTimes { readonly slot: number; readonly at: string; readonly common: string; readonly kinds: string }

/**
 * Times of entries of stretches of logs, told from their bytes (JCS: `at` is the first member, and `common`, where there is one, the second). A stretch is one row: its entries are not as many objects. `r`: only
 * recorded; `b`: of a busy noun; `s`: any other.
 */
export function timesOf(database: Database, spans: readonly Span[], { recorded, busy }: { readonly recorded: readonly string[]; readonly busy: readonly string[] }): Promise<LogTimes[]> {
  const noun = sql`split_part(entry_type(body), '.', 1)`
  return rows<LogTimes>(database, sql`
    select slot, string_agg(at, ' ' order by idx) as at, string_agg(common, ' ' order by idx) as common, string_agg(kind, '' order by idx) as kinds
    from (
      select entry.slot, idx, split_part(substr(head, 7), ',', 1)::bigint::text as at, coalesce(nullif(split_part(split_part(head, '"common":', 2), ',', 1), ''), '0') as common,
        case ${recorded.includes('decision') ? sql`when not ${isNoDecision} then 'r'` : sql``} when ${noun} = any(${[...recorded]}::text[]) then 'r' when ${noun} = any(${[...busy]}::text[]) then 'b' else 's' end as kind
      from unnest(${spans.map(({ slot }) => slot)}::integer[], ${spans.map(({ from }) => from)}::bigint[], ${spans.map(({ to }) => to)}::bigint[]) as wanted (slot, first, past) join entry on entry.slot = wanted.slot and idx >= first and idx < past
        cross join lateral (select encode(substring(body from 1 for 64), 'escape') as head offset 0) as read) as entries group by slot`)
}

/** The first entry of one log that was recorded after a moment, or that knew more than so many entries of the common log; undefined where there is none. Told from its bytes as above, and nothing of those before it is sent. */
export async function firstAfter(database: Database, { slot, size, until, common }: { readonly slot: number; readonly size: number; readonly until: number; readonly common: number | undefined }): Promise<number | undefined> {
  const known = sql`coalesce(nullif(split_part(split_part(encode(substring(body from 1 for 64), 'escape'), '"common":', 2), ',', 1), ''), '0')::bigint`
  const found = await rows<{ index: number }>(database, sql`
    select idx as index from entry where slot = ${slot} and idx < ${size} and (entry_at(body) > ${until} ${common === undefined ? sql`` : sql`or ${known} > ${common}`}) order by idx limit 1`)
  return found[0]?.index
}

export function logSizes(database: Database, slots: readonly number[] | undefined): Promise<{ slot: number; size: number }[]> {
  return rows<{ slot: number; size: number }>(database, slots === undefined ? sql`select slot, size from head` : sql`select slot, size from head where slot = any(${[...slots]})`)
}

/** How often a key was destroyed, in all logs: one that came back with a backup is again. */
export async function countDestroyed(database: Database | Transaction): Promise<number> {
  return (await rows<{ count: number }>(database, sql`select coalesce(sum(times), 0)::bigint as count from key_destroyed`))[0]?.count ?? 0
}

/** Whether an entry of these stretches knew fewer entries of the common log than that: it was being recorded beside one of them, and folds before it. */
export async function knewLess(tx: Transaction, spans: readonly Span[], common: number): Promise<boolean> {
  const found = await rows<{ so: boolean }>(tx, sql`
    select exists (select from unnest(${spans.map(({ slot }) => slot)}::integer[], ${spans.map(({ from }) => from)}::bigint[], ${spans.map(({ to }) => to)}::bigint[]) as span (slot, first, past)
      join other_entry as entry on entry.slot = span.slot and idx >= first and idx < past where span.slot <> 0 and coalesce((convert_from(body, 'UTF8')::jsonb->>'common')::bigint, 0) < ${common}) as so`)
  return found[0]?.so === true
}

/** An entry by its place, and how much of the common log it knew. */
export interface EntryPlace { readonly slot: number; readonly index: number; readonly common: number }

/**
 * Where the entries of logs between two sizes of each are, in an order in which they fold, from the tables of a schema; without those of some nouns. Of controllers' logs, which fold apart from each other, those
 * that were recorded earlier come first: what was folded up to a place is what there was at a moment, for all of them, and serves for coming back to it.
 */
export function placesBetween(tx: Transaction, schema: string, spans: readonly Span[], without: readonly string[]): Promise<EntryPlace[]> {
  return rows<EntryPlace>(tx, sql`
    select slot, index, common from (
      select entry.slot, idx as index, coalesce((convert_from(body, 'UTF8')::jsonb->>'common')::bigint, 0) as common, max(${sql.id(schema, 'entry_at')}(body)) over (partition by entry.slot order by idx) as latest from ${sql.id(schema, without.includes('decision') ? 'other_entry' : 'entry')} as entry
      join unnest(${spans.map(({ slot }) => slot)}::integer[], ${spans.map(({ from }) => from)}::bigint[], ${spans.map(({ to }) => to)}::bigint[]) as span (slot, first, past) on entry.slot = span.slot and idx >= first and idx < past
      where split_part(${sql.id(schema, 'entry_type')}(body), '.', 1) <> all(${[...without]}::text[])) as folding
    order by case when slot = 0 then index else common end, slot = 0, latest, slot, index`)
}

/** These entries, in this order, with what they sealed, in pieces that are bounded in bytes. */
export async function* entriesAt(tx: Transaction, schema: string, places: readonly EntryPlace[], bytesMax?: number): AsyncGenerator<readonly OrderedEntry[], void> {
  const page = await rows<EntryRow>(tx, sql`
    select entry.slot, idx as index, leaf, body from unnest(${places.map(({ slot }) => slot)}::integer[], ${places.map(({ index }) => index)}::bigint[]) with ordinality as wanted (slot, idx, number)
    join ${sql.id(schema, 'entry')} as entry using (slot, idx) order by number`)
  yield* piecesWithPayloads(tx, schema, page, bytesMax)
}

/** A step by its number, or the one that is made before the tables are read. */
type StepName = number | 'read'
const named = (step: StepName): string => `past_${step}`

/** A place to come back to. */
export async function markStep(tx: Transaction, step: StepName): Promise<void> {
  await rows(tx, sql`savepoint ${sql.id(named(step))}`)
}

/** Undoes all that was folded since a step, which stays. */
export async function returnToStep(tx: Transaction, step: StepName): Promise<void> {
  await rows(tx, sql`rollback to savepoint ${sql.id(named(step))}`)
}

/** Whether a transaction still answers. */
export async function answers(tx: Transaction): Promise<boolean> {
  return rows(tx, sql`select 1`).then(() => true, () => false)
}

/** A transaction that stays open until it is ended, and then leaves nothing. */
export async function openTransaction(database: Database): Promise<{ readonly tx: Transaction; end(): Promise<void> }> {
  const opened = Promise.withResolvers<Transaction>()
  const ended = Promise.withResolvers<never>()
  const whole = transaction(database, async (tx) => {
    opened.resolve(tx)
    return ended.promise
  }).catch((cause: unknown) => { opened.reject(cause) })
  const tx = await opened.promise
  return { tx, async end() { ended.reject(new Error('ended')); await whole } }
}
