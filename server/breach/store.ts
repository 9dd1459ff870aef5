import { rows, sql, type Database, type Transaction } from '#database'
import { partOf, type Apply, type Entry } from '#ledger'
import { Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import type { Census } from './count.ts'
import type { Attributed, Breach, BreachNotice, Cause, Counted, NoticeDocument, Sending, Terms } from './types.ts'

const columns = sql.raw(`id, slot, controller, contract, nature, cause, opened_by as "openedBy", aware_at as "awareAt", opened_at as "openedAt", terms, attribution, attributed_at as "attributedAt", counts, counted_at as "countedAt", effects, measures, delay, described_at as "describedAt"`)

/** Every breach, oldest first. */
export async function allBreaches(executor: Database | Transaction): Promise<Breach[]> {
  return rows<Breach>(executor, sql`select ${columns} from breach order by aware_at, id`)
}

/** The notices of a breach, by phase. */
export async function noticesOf(executor: Database | Transaction, breach: string): Promise<BreachNotice[]> {
  return rows<BreachNotice>(executor, sql`select breach, phase, document, sha256, drafted_at as "draftedAt" from breach_notice where breach = ${breach} order by phase`)
}

/** Every sending of a notice of a breach, in the order sent. */
export async function sendingsOf(executor: Database | Transaction, breach: string): Promise<Sending[]> {
  return rows<Sending>(executor, sql`select breach, phase, number, channel, sent_by as "sentBy", recipient_sha256 as "recipientSha256", begun_at as "begunAt", outcome, message_id as "messageId", receipt, settled_at as "settledAt" from breach_sending where breach = ${breach} order by phase, number`)
}

/** When the controller was told first, as far as a receipt shows. */
export const toldAt = (sendings: readonly Sending[]): Instant | null => sendings.filter(({ outcome }) => outcome === 'sent').map(({ settledAt, begunAt }) => settledAt ?? begunAt).sort((a, b) => a - b)[0] ?? null

/** Every count of the datasets of a controller, oldest first. One of nobody says nothing, and is none. */
export async function censusesOf(executor: Database | Transaction, controller: string): Promise<Census[]> {
  return rows<Census>(executor, sql`
    select dataset, taken_at as "takenAt", people, by_country as "byCountry", unknown, unnamed from breach_census where controller = ${controller} and people > 0 order by taken_at, dataset`)
}

/** The last reading of a table's values. `oneIn`: of so many people one is followed. */
export interface ValuesRead { readonly dataset: string; readonly table: string; readonly controller: string; readonly readAt: Instant; readonly readings: number; readonly subjects: number; readonly oneIn: number }

/** The last reading of every table that was ever read, by dataset and table. */
export async function readingsOf(executor: Database | Transaction): Promise<ValuesRead[]> {
  return rows<ValuesRead>(executor, sql`select dataset, source_table as "table", controller, read_at as "readAt", readings, subjects, one_in as "oneIn" from breach_reading order by dataset, source_table`)
}

/** That a dataset could not be recorded: so often in a row, last at that moment. */
export interface RecordingFailed { readonly dataset: string; readonly failedAt: Instant; readonly failures: number; readonly because: string }

/** The last failure of every dataset that ever could not be recorded, by dataset. */
export async function recordingFailures(executor: Database | Transaction): Promise<RecordingFailed[]> {
  return rows<RecordingFailed>(executor, sql`select dataset, failed_at as "failedAt", failures, because from breach_recording_failed order by dataset`)
}

/** Does `work` while no other process records this dataset; resolves to undefined, and does nothing, where one does. The lock goes with its connection, so that a killed process leaves none. */
export async function recordingAlone<Result>(database: Database, dataset: string, work: () => Promise<Result>): Promise<Result | undefined> {
  return database.connection().execute(async (connection) => {
    const key = sql`hashtextextended(${`bailee recording ${dataset}`}, 0)`
    const [tried] = await rows<{ got: boolean }>(connection, sql`select pg_try_advisory_lock(${key}) as got`)
    if (tried?.got !== true) return undefined
    return work().finally(() => rows(connection, sql`select pg_advisory_unlock(${key})`).catch(() => undefined)) // lost with its connection: then the lock is gone as well
  })
}

/** Folds `breach.opened`, `breach.attributed`, `breach.counted`, `breach.described`, `breach.notice_drafted`, `breach.sending_begun`, `breach.notice_sent`, `breach.sending_failed`, `breach.values_read`, `breach.census_taken` and `breach.recording_failed`. */
export const applyBreach: Apply = async (tx, entry) => {
  const fold = folds[entry.type]
  if (fold !== undefined) await fold(tx, entry)
}

const folds: Readonly<Record<string, (tx: Transaction, entry: Entry) => Promise<void>>> = {
  'breach.opened': async (tx, entry) => {
    const opened = partOf<{ id: string; controller: string; contract: string; nature: string; cause: Cause; by: string; aware_at: number; terms?: Terms }>(entry, 'evidence')
    if (opened === undefined) return
    const changed = await rows(tx, sql`
      insert into breach (id, slot, controller, contract, nature, cause, opened_by, aware_at, opened_at, terms)
      values (${opened.id}, ${entry.slot}, ${opened.controller}, ${opened.contract}, ${opened.nature}, ${JSON.stringify(opened.cause)}, ${opened.by}, ${opened.aware_at}, ${entry.at}, ${opened.terms === undefined ? null : JSON.stringify(opened.terms)}) on conflict do nothing returning id`)
    if (changed.length === 0) throw new Refused('breach/opened', `${opened.id} was opened already: bailee breach show ${opened.id}`)
  },
  'breach.attributed': async (tx, entry) => {
    const told = partOf<{ id: string; attribution: Attributed[] }>(entry, 'evidence')
    if (told !== undefined) await rows(tx, sql`update breach set attribution = ${JSON.stringify(told.attribution)}, attributed_at = ${entry.at} where id = ${told.id}`)
  },
  'breach.counted': async (tx, entry) => {
    const told = partOf<{ id: string; counts: Counted }>(entry, 'evidence')
    if (told !== undefined) await rows(tx, sql`update breach set counts = ${JSON.stringify(told.counts)}, counted_at = ${entry.at} where id = ${told.id}`)
  },
  'breach.described': async (tx, entry) => {
    const told = partOf<{ id: string; effects: string; measures: string; delay?: string }>(entry, 'evidence')
    if (told !== undefined) await rows(tx, sql`update breach set effects = ${told.effects}, measures = ${told.measures}, delay = coalesce(${told.delay ?? null}, delay), described_at = ${entry.at} where id = ${told.id}`)
  },
  'breach.notice_drafted': async (tx, entry) => {
    const told = partOf<{ id: string; phase: number; document: NoticeDocument; sha256: string }>(entry, 'evidence')
    if (told === undefined) return
    const changed = await rows(tx, sql`
      insert into breach_notice (breach, phase, document, sha256, drafted_at) values (${told.id}, ${told.phase}, ${JSON.stringify(told.document)}, ${told.sha256}, ${entry.at}) on conflict do nothing returning phase`)
    if (changed.length === 0) throw new Refused('breach/notice-drafted', `phase ${told.phase} of ${told.id} was drafted meanwhile: look at it (bailee breach show ${told.id})`)
  },
  'breach.sending_begun': async (tx, entry) => {
    const told = partOf<{ id: string; phase: number; number: number; channel: string; by: string; recipient_sha256: string; message_id: string }>(entry, 'evidence')
    if (told === undefined) return
    const changed = await rows(tx, sql`
      insert into breach_sending (breach, phase, number, channel, sent_by, recipient_sha256, message_id, begun_at, outcome)
      values (${told.id}, ${told.phase}, ${told.number}, ${told.channel}, ${told.by}, ${told.recipient_sha256}, ${told.message_id}, ${entry.at}, 'begun') on conflict do nothing returning number`)
    if (changed.length === 0) throw new Refused('breach/being-sent', `phase ${told.phase} of ${told.id} is being sent by somebody else: look at it first (bailee breach show ${told.id})`)
  },
  // One that was sent before sendings were recorded first has no other entry.
  'breach.notice_sent': async (tx, entry) => {
    const told = partOf<{ id: string; phase: number; number: number; channel: string; by: string; recipient_sha256: string; receipt: string }>(entry, 'evidence')
    if (told === undefined) return
    await rows(tx, sql`
      insert into breach_sending (breach, phase, number, channel, sent_by, recipient_sha256, receipt, begun_at, settled_at, outcome)
      values (${told.id}, ${told.phase}, ${told.number}, ${told.channel}, ${told.by}, ${told.recipient_sha256}, ${told.receipt}, ${entry.at}, ${entry.at}, 'sent')
      on conflict (breach, phase, number) do update set receipt = excluded.receipt, settled_at = excluded.settled_at, outcome = 'sent' where breach_sending.outcome <> 'sent'`)
  },
  'breach.sending_failed': async (tx, entry) => {
    const told = partOf<{ id: string; phase: number; number: number; delivered: 'no' | 'unknown'; because: string }>(entry, 'evidence')
    if (told === undefined) return
    await rows(tx, sql`
      update breach_sending set outcome = ${told.delivered === 'no' ? 'not sent' : 'unknown'}, receipt = ${told.because}, settled_at = ${entry.at}
      where breach = ${told.id} and phase = ${told.phase} and number = ${told.number} and outcome in ('begun', 'unknown')`)
  },
  'breach.values_read': async (tx, entry) => {
    const told = partOf<{ dataset: string; controller: string; table: string; read_at: number; readings: number; subjects: number; one_in: number }>(entry, 'evidence')
    if (told === undefined) return
    await rows(tx, sql`
      insert into breach_reading (dataset, source_table, slot, controller, read_at, readings, subjects, one_in)
      values (${told.dataset}, ${told.table}, ${entry.slot}, ${told.controller}, ${told.read_at}, ${told.readings}, ${told.subjects}, ${told.one_in})
      on conflict (dataset, source_table) do update set read_at = excluded.read_at, readings = excluded.readings, subjects = excluded.subjects, one_in = excluded.one_in where breach_reading.read_at <= excluded.read_at`)
  },
  'breach.recording_failed': async (tx, entry) => {
    const told = partOf<{ dataset: string; controller: string; failures: number; because: string }>(entry, 'evidence')
    if (told === undefined) return
    await rows(tx, sql`
      insert into breach_recording_failed (dataset, slot, controller, failed_at, failures, because) values (${told.dataset}, ${entry.slot}, ${told.controller}, ${entry.at}, ${told.failures}, ${told.because})
      on conflict (dataset) do update set failed_at = excluded.failed_at, failures = excluded.failures, because = excluded.because`)
  },
  'breach.census_taken': async (tx, entry) => {
    const told = partOf<{ dataset: string; controller: string; people: number; by_country: Record<string, number>; unknown: number; unnamed?: number }>(entry, 'evidence')
    if (told === undefined) return
    await rows(tx, sql`
      insert into breach_census (dataset, slot, controller, taken_at, people, by_country, unknown, unnamed)
      values (${told.dataset}, ${entry.slot}, ${told.controller}, ${entry.at}, ${told.people}, ${JSON.stringify(told.by_country)}, ${told.unknown}, ${told.unnamed ?? 0})
      on conflict (dataset, taken_at) do update set people = excluded.people, by_country = excluded.by_country, unknown = excluded.unknown, unnamed = excluded.unnamed`)
  },
}
