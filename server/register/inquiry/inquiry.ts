/** What an authority asks of the processor (Art. 31, 58(1)(a) and (e)): what, until when, and what was handed over. What obliges to hand over a controller's data without its instruction is a compulsion (`compulsion.ts`), recorded beside it. */
import { createHash } from 'node:crypto'
import { findController, mustWorkHere } from '#contract'
import type { Json, Ledger } from '#ledger'
import { Misuse, Refused } from '#kit/errors'
import { formatDay, type Instant } from '#kit/time'
import { allInquiries, type AnswerNoted, type FileHandedOver, type Inquiry, type InquiryNoted } from './store.ts'

export interface Asked {
  readonly authority: string
  readonly controller?: string | undefined
  readonly asks: string
  readonly receivedAt: Instant
  readonly dueAt?: Instant | undefined
  readonly by: string
}

/**
 * Records what an authority asked, in the common log and sealed: no controller sees that it was asked. Idempotent. Throws `Misuse` for a day that is not there yet, for one by which it is due that lies before it came, and for whom nobody knows.
 */
export async function recordInquiry(ledger: Ledger, { authority, controller, asks, receivedAt, dueAt, by }: Asked, at: Instant): Promise<Inquiry> {
  if (controller !== undefined) await findController(ledger, controller)
  await mustWorkHere(ledger, by)
  if (authority.trim() === '' || asks.trim() === '') throw new Misuse('an inquiry has an authority, and says what it asks')
  if (receivedAt > at) throw new Misuse(`${formatDay(receivedAt)} is not there yet: name the day on which it came`)
  if (dueAt !== undefined && dueAt < receivedAt) throw new Misuse(`it came on ${formatDay(receivedAt)}, and cannot have been due on ${formatDay(dueAt)}`)
  const id = `RQ-${createHash('sha256').update(JSON.stringify([authority, controller ?? null, asks, receivedAt])).digest('hex').slice(0, 12)}`
  const known = (await allInquiries(ledger.database)).find((one) => one.id === id)
  if (known !== undefined) return known
  const evidence = { kind: 'inquiry', id, authority, controller: controller ?? null, asks, receivedAt, dueAt: dueAt ?? null, recordedBy: by } satisfies InquiryNoted & { [key: string]: Json }
  await ledger.append({ slot: 0, type: 'register.noted', at, parts: { evidence } })
  return findInquiry(ledger, id)
}

export interface Answering { readonly inquiry: string; readonly says: string; readonly files?: readonly FileHandedOver[]; /** More is still owed. */ readonly partly?: boolean; readonly by: string }

/** Records what was answered and handed over; files by their SHA-256. Said twice it is one answer. Throws `Refused` for an inquiry that is settled. */
export async function answerInquiry(ledger: Ledger, { inquiry: id, says, files = [], partly = false, by }: Answering, at: Instant): Promise<Inquiry> {
  const inquiry = await findInquiry(ledger, id)
  await mustWorkHere(ledger, by)
  if (says.trim() === '') throw new Misuse('say what was answered, in a sentence')
  const hashes = (of: readonly FileHandedOver[]): string => of.map(({ sha256 }) => sha256).join()
  if (inquiry.answers.some((one) => one.says === says && hashes(one.files) === hashes(files) && one.settles === !partly)) return inquiry
  if (isSettled(inquiry)) throw new Refused('register/inquiry-settled', `${id} is settled: record what came after it as an inquiry of its own`)
  const evidence = { kind: 'inquiry answered', inquiry: id, number: inquiry.answers.length + 1, says, files: files.map((one) => ({ ...one })), settles: !partly, answeredBy: by } satisfies AnswerNoted & { [key: string]: Json }
  await ledger.append({ slot: 0, type: 'register.noted', at, parts: { evidence } })
  return findInquiry(ledger, id)
}

async function findInquiry({ database }: Pick<Ledger, 'database'>, id: string): Promise<Inquiry> {
  const found = (await allInquiries(database)).find((one) => one.id === id)
  if (found === undefined) throw new Misuse(`no inquiry ${JSON.stringify(id)}; bailee register inquiry list has them`)
  return found
}

/** Whether nothing more is owed to the authority. */
export const isSettled = ({ answers }: Inquiry): boolean => answers.some(({ settles }) => settles)

/** Whether the day by which it was due has come and more is owed. */
export const isOverdue = (inquiry: Inquiry, at: Instant): boolean => !isSettled(inquiry) && inquiry.dueAt !== null && inquiry.dueAt <= at
