import { rows, sql, type Database, type Transaction } from '#database'
import { partOf, type Apply } from '#ledger'
import type { Instant } from '#kit/time'

/** A file that was handed over: what it was, and nothing of what it is called. */
export interface FileHandedOver { readonly sha256: string; readonly bytes: number }

export interface InquiryAnswer {
  readonly number: number
  /** In a sentence: what was answered, and what was handed over. */
  readonly says: string
  readonly files: readonly FileHandedOver[]
  /** Nothing more is owed. */
  readonly settles: boolean
  readonly answeredBy: string
  readonly answeredAt: Instant
}

/** What an authority asked of the processor. */
export interface Inquiry {
  readonly id: string
  readonly authority: string
  /** Whose processing it is about; null: the processor's own. */
  readonly controller: string | null
  readonly asks: string
  readonly receivedAt: Instant
  /** The first moment at which it is late; null: the authority named no day. */
  readonly dueAt: Instant | null
  readonly recordedBy: string
  readonly recordedAt: Instant
  readonly answers: readonly InquiryAnswer[]
}

/** Every one, the newest first. */
export async function allInquiries(executor: Database | Transaction): Promise<Inquiry[]> {
  return rows<Inquiry>(executor, sql`
    select id, authority, controller, asks, received_at as "receivedAt", due_at as "dueAt", recorded_by as "recordedBy", recorded_at as "recordedAt",
      coalesce((select jsonb_agg(jsonb_build_object('number', number, 'says', says, 'files', files, 'settles', settles, 'answeredBy', answered_by, 'answeredAt', answered_at) order by number) from register_inquiry_answer where inquiry = register_inquiry.id), '[]') as answers
    from register_inquiry order by received_at desc, id`)
}

export type InquiryNoted = { readonly kind: 'inquiry' } & Omit<Inquiry, 'recordedAt' | 'answers'>
export type AnswerNoted = { readonly kind: 'inquiry answered'; readonly inquiry: string } & Omit<InquiryAnswer, 'answeredAt'>

/** Folds what stands sealed in the common log as `register.noted`: its type tells nobody that an authority asked. */
export const applyInquiry: Apply = async (tx, entry) => {
  const one = partOf<InquiryNoted | AnswerNoted>(entry, 'evidence')
  if (one?.kind === 'inquiry') {
    await rows(tx, sql`
      insert into register_inquiry (id, authority, controller, asks, received_at, due_at, recorded_by, recorded_at)
      values (${one.id}, ${one.authority}, ${one.controller}, ${one.asks}, ${one.receivedAt}, ${one.dueAt}, ${one.recordedBy}, ${entry.at}) on conflict do nothing`)
  }
  if (one?.kind === 'inquiry answered') {
    await rows(tx, sql`
      insert into register_inquiry_answer (inquiry, number, says, files, settles, answered_by, answered_at)
      values (${one.inquiry}, ${one.number}, ${one.says}, ${JSON.stringify(one.files)}, ${one.settles}, ${one.answeredBy}, ${entry.at}) on conflict do nothing`)
  }
}
