import { rows, sql, type Database, type Transaction } from '#database'
import { partOf, type Apply } from '#ledger'
import { Refused } from '#kit/errors'
import type { ReminderSent } from './types.ts'

const columns = sql.raw(`id, slot, kind, channel, recipient_sha256 as "recipientSha256", message_id as "messageId", tries, begun_at as "begunAt", outcome, receipt, settled_at as "settledAt"`)

/** More are not listed. */
const listedMax = 1_000

/** What was sent, newest first, at most 1,000: a listing. */
export async function allReminders(executor: Database | Transaction): Promise<ReminderSent[]> {
  return rows<ReminderSent>(executor, sql`select ${columns} from reminder order by begun_at desc, id limit ${listedMax}`)
}

/** What became of these, by id. */
export async function remindersNamed(executor: Database | Transaction, ids: readonly string[]): Promise<Map<string, ReminderSent>> {
  return new Map((await rows<ReminderSent>(executor, sql`select ${columns} from reminder where id = any(${ids}::text[])`)).map((one) => [one.id, one]))
}

/** Folds `reminder.begun`, `reminder.sent` and `reminder.failed`. Whoever begins what another has begun is refused. */
export const applyReminder: Apply = async (tx, entry) => {
  const part = partOf<{ id: string; kind: string; channel: string; recipient_sha256: string; message_id: string; receipt: string; delivered: 'no' | 'unknown'; because: string }>(entry, 'evidence')
  if (part === undefined) return
  switch (entry.type) {
    case 'reminder.begun': {
      const changed = await rows(tx, sql`
        insert into reminder (id, slot, kind, channel, recipient_sha256, message_id, tries, begun_at, outcome)
        values (${part.id}, ${entry.slot}, ${part.kind}, ${part.channel}, ${part.recipient_sha256}, ${part.message_id}, 1, ${entry.at}, 'begun')
        on conflict (id) do update set channel = excluded.channel, recipient_sha256 = excluded.recipient_sha256, tries = reminder.tries + 1, begun_at = excluded.begun_at, outcome = 'begun', receipt = null, settled_at = null
          where reminder.outcome = 'not sent' returning id`)
      if (changed.length === 0) throw new Refused('reminder/begun', `${part.id} was sent, or is being sent by somebody else`)
      return
    }
    case 'reminder.sent': await rows(tx, sql`update reminder set outcome = 'sent', receipt = ${part.receipt}, settled_at = ${entry.at} where id = ${part.id} and outcome = 'begun'`); return
    case 'reminder.failed':
      await rows(tx, sql`update reminder set outcome = ${part.delivered === 'no' ? 'not sent' : 'unknown'}, receipt = ${part.because}, settled_at = ${entry.at} where id = ${part.id} and outcome = 'begun'`)
      return
    default: throw new Refused('reminder/unknown-entry', `reminder does not know entries of type ${entry.type}`)
  }
}
