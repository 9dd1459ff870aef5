import { rows, sql, type Database, type Transaction } from '#database'
import { partOf, type Apply, type Entry } from '#ledger'
import type { RecordedStatement } from './record.ts'
import { historyDaysMax } from './unusual.ts'

/** Statements of one shape that a session ran between two records. Never their text. */
export interface StatementRow {
  readonly session: string
  readonly person: string
  readonly instruction: string
  readonly store: string
  readonly fingerprint: string
  readonly shape: string | null
  readonly tables: readonly string[]
  readonly firstAt: number
  readonly times: number
  readonly failed: number
  readonly rows: number
  readonly bytes: number
  readonly milliseconds: number
  readonly millisecondsMax: number
}

export interface StatementFilter { readonly session?: string | undefined; readonly person?: string | undefined; readonly instruction?: string | undefined; readonly limit?: number | undefined }

/** The newest first, at most 1,000. */
export async function recentStatements(executor: Database | Transaction, filter: StatementFilter = {}): Promise<StatementRow[]> {
  const { session: id = null, person = null, instruction = null, limit = 1_000 } = filter
  return rows<StatementRow>(executor, sql`
    select session, person, instruction, store, fingerprint, shape, tables, first_at as "firstAt", times, failed, statement.rows, bytes, milliseconds, milliseconds_max as "millisecondsMax"
    from statement join session on session.id = statement.session
    where (${id}::text is null or session = ${id}) and (${person}::text is null or person = ${person}) and (${instruction}::text is null or instruction = ${instruction})
    order by number desc limit ${Math.min(limit, 1_000)}`)
}

/** Folds `statement.recorded`. */
export const applyStatement: Apply = async (tx, entry) => {
  const part = partOf<{ session: string; statements: RecordedStatement[] }>(entry, 'access')
  if (part === undefined) return
  await rows(tx, sql`
    insert into statement (session, fingerprint, shape, tables, first_at, times, failed, rows, bytes, milliseconds, milliseconds_max)
    select ${part.session}, fingerprint, shape, coalesce((select array_agg(value order by value) from jsonb_array_elements_text(tables)), '{}'), first_at, times, failed, rows, bytes, milliseconds, milliseconds_max
    from jsonb_to_recordset(${JSON.stringify(part.statements)}::jsonb)
      as one (fingerprint text, shape text, tables jsonb, first_at bigint, times bigint, failed bigint, rows bigint, bytes bigint, milliseconds bigint, milliseconds_max bigint)`)
}

/** Something a person did that is unlike what the same person did before under the same instruction. */
export interface AnomalyRow {
  readonly slot: number
  readonly session: string
  readonly person: string
  readonly instruction: string
  readonly kind: 'volume' | 'hour'
  readonly says: string
  readonly at: number
}

/** The newest first, at most 1,000. */
export async function recentAnomalies(executor: Database | Transaction, filter: StatementFilter = {}): Promise<AnomalyRow[]> {
  const { person = null, instruction = null, limit = 1_000 } = filter
  return rows<AnomalyRow>(executor, sql`
    select slot, session, person, instruction, kind, says, at from anomaly
    where (${person}::text is null or person = ${person}) and (${instruction}::text is null or instruction = ${instruction})
    order by at desc, session, kind limit ${Math.min(limit, 1_000)}`)
}

/** Folds `gateway.anomaly_seen`; one of a kind a session. */
export async function applyAnomaly(tx: Transaction, entry: Entry): Promise<void> {
  const seen = partOf<Omit<AnomalyRow, 'slot' | 'at'>>(entry, 'access')
  if (seen === undefined) return
  await rows(tx, sql`
    insert into anomaly (slot, session, person, instruction, kind, says, at)
    values (${entry.slot}, ${seen.session}, ${seen.person}, ${seen.instruction}, ${seen.kind}, ${seen.says}, ${entry.at}) on conflict (session, kind) do nothing`)
}

const secondsPerDay = 86_400

/** Rows a day that a person took under an instruction before the day of `at`, on days with any; and when sessions of it began. */
export async function habits(executor: Database | Transaction, of: { person: string; instruction: string; at: number }): Promise<{ days: number[]; hours: { hour: number; day: number }[] }> {
  const today = Math.floor(of.at / secondsPerDay)
  const days = await rows<{ rows: number }>(executor, sql`
    select spent_rows + held_rows as rows from budget
    where person = ${of.person} and instruction = ${of.instruction} and day < ${today} and day >= ${today - historyDaysMax} and spent_rows + held_rows > 0`)
  const hours = await rows<{ hour: number; day: number }>(executor, sql`
    select (opened_at / 3600 % 24)::integer as hour, (opened_at / ${secondsPerDay}::bigint)::integer as day from session
    where person = ${of.person} and instruction = ${of.instruction} and opened_at < ${today * secondsPerDay} and opened_at >= ${(today - historyDaysMax) * secondsPerDay} order by opened_at desc limit 2000`)
  return { days: days.map((day) => day.rows), hours }
}

/** What objects made after initdb have at least as their oid (FirstNormalObjectId). */
const firstOid = 16_384

/**
 * Asked in the connection of a session, whose user chooses the search path: everything is named whole, nothing is cast. Nothing; the rows that were inserted, updated or deleted since counters were handed in last, by this session,
 * in tables outside of the schema `own` (a literal) and in it; then what `more` answers in three columns. The first column asks that the counters are handed in when this transaction is over, so
 * that those of the next begin at zero. Rows of a failed statement count, since it is carried on with; one that moves to another partition counts as a row out and a row in.
 */
export function writtenSql(own: string | undefined, more: string | undefined): string {
  const written = `pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid) OPERATOR(pg_catalog.+) pg_catalog.pg_stat_get_xact_tuples_updated(c.oid) OPERATOR(pg_catalog.+) pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid)`
  const ofResults = own === undefined ? 'false' : `c.relnamespace OPERATOR(pg_catalog.=) (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.=) ${own})`
  const counted = `SELECT pg_catalog.pg_stat_force_next_flush(), coalesce(pg_catalog.sum(CASE WHEN ${ofResults} THEN 0 ELSE ${written} END), 0), coalesce(pg_catalog.sum(CASE WHEN ${ofResults} THEN ${written} ELSE 0 END), 0),
      (SELECT pg_catalog.count(*) FROM pg_catalog.pg_cursor() AS k WHERE k.is_holdable)
    FROM pg_catalog.pg_class c WHERE (c.relkind OPERATOR(pg_catalog.=) 'r' OR c.relkind OPERATOR(pg_catalog.=) 'p') AND c.oid OPERATOR(pg_catalog.>=) ${firstOid}`
  return more === undefined ? counted : `SELECT w.*, m.* FROM (${counted}) AS w (asked, others, own, held), (${more}) AS m (bytes, odd, tables)`
}
