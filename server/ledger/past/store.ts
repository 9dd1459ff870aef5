import { rows, sql, transaction, type Database, type Transaction } from '#database'
import { withPayloads, type EntryRow, type OrderedEntry } from '../store.ts'

/** Entries of logs, each from an index on, in their order. */
export function entriesFrom(database: Database, from: ReadonlyMap<number, number>): Promise<EntryRow[]> {
  return rows<EntryRow>(database, sql`
    select entry.slot, idx as index, leaf, body from entry
    join unnest(${[...from.keys()]}::integer[], ${[...from.values()]}::bigint[]) as wanted (slot, first) on entry.slot = wanted.slot and idx >= first order by entry.slot, idx`)
}

export function logSizes(database: Database, slots: readonly number[] | undefined): Promise<{ slot: number; size: number }[]> {
  return rows<{ slot: number; size: number }>(database, slots === undefined ? sql`select slot, size from head` : sql`select slot, size from head where slot = any(${[...slots]})`)
}

/** Entries of logs between two sizes of each, in the order in which they fold, from the tables of a schema. */
export async function entriesBetween(tx: Transaction, schema: string, spans: readonly { readonly slot: number; readonly from: number; readonly to: number }[]): Promise<OrderedEntry[]> {
  const page = await rows<EntryRow>(tx, sql`
    select entry.slot, idx as index, leaf, body from ${sql.id(schema, 'entry')} as entry
    join unnest(${spans.map(({ slot }) => slot)}::integer[], ${spans.map(({ from }) => from)}::bigint[], ${spans.map(({ to }) => to)}::bigint[]) as span (slot, first, past) on entry.slot = span.slot and idx >= first and idx < past
    order by case when entry.slot = 0 then idx else (convert_from(body, 'UTF8')::jsonb->>'common')::bigint end, entry.slot = 0, entry.slot, idx`)
  return withPayloads(tx, schema, page)
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
