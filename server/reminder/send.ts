/** Sends what is due to the processor's own people, each thing once: that it is begun is recorded before it goes, and then what came of it. */
import { createHash } from 'node:crypto'
import { deliver, isAddress, mustBeSafe, type Message, type Way } from '#breach'
import { jcs, type Draft, type Ledger } from '#ledger'
import { Refused } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import { formatInstant, machineClock, type Clock, type Instant } from '#kit/time'
import type { OpenInquiry } from './due.ts'
import { dueReminders } from './gather.ts'
import { remindersNamed } from './store.ts'
import type { Reminder, ReminderKind, ReminderSent } from './types.ts'

/** By e-mail to whom it concerns, or all to one webhook. */
export type Road = { readonly smtp: string; readonly from: string } | { readonly webhook: string; readonly signing: string }

export interface Reminding {
  /** Undefined: none is declared, and nothing goes. */
  readonly road: Road | undefined
  /** Only this kind: an alarm waits for nobody. */
  readonly only?: ReminderKind | undefined
  /** What authorities asked and is not settled. */
  readonly inquiries?: readonly OpenInquiry[]
}

/** `not`: what did not go now, and why. */
export interface Reminded { readonly sent: readonly ReminderSent[]; readonly not: readonly { readonly id: string; readonly because: string }[] }

/** Sent in one look; the rest in the next. */
const sentMax = 100

/** What did not go is tried again after an hour, so many times in all. */
const triesMax = 5
const againSeconds = 3_600

/** Sends what is due and was not told before. Safe to call at any time, and by several at once. What did not go is tried again later; what may have arrived is not. Throws `Misuse` for a road that others could read along. */
export async function sendReminders(ledger: Ledger, { road, only, inquiries }: Reminding, at: Instant, clock: Clock = machineClock): Promise<Reminded> {
  const due = (await dueReminders(ledger, at, inquiries)).filter(({ kind }) => kind === (only ?? kind))
  const before = await remindersNamed(ledger.database, due.map(({ id }) => id))
  const [ids, not]: [string[], { id: string; because: string }[]] = [[], []]
  for (const one of due) {
    const known = before.get(one.id)
    if (known !== undefined && !(known.outcome === 'not sent' && known.tries < triesMax && known.begunAt + againSeconds <= at)) continue
    if (ids.length >= sentMax) break
    const way = wayTo(road, one)
    if (typeof way === 'string') { not.push({ id: one.id, because: way }); continue }
    mustBeSafe(way)
    const because = await sendOne(ledger, { one, way }, at, clock)
    if (because !== undefined) not.push({ id: one.id, because })
    else ids.push(one.id)
  }
  return { sent: [...(await remindersNamed(ledger.database, ids)).values()], not }
}

function wayTo(road: Road | undefined, { to }: Reminder): Exclude<Way, { channel: 'by hand' }> | string {
  if (road === undefined) return 'no road is declared: processor.reminders in bailee.yaml'
  if ('webhook' in road) return { channel: 'webhook', url: road.webhook, secret: road.signing }
  if (to === undefined || !isAddress(to)) return 'whom it concerns has no address of e-mail declared'
  return { channel: 'e-mail', smtp: road.smtp, from: road.from, to }
}

/** Resolves to why it did not go, or did not certainly. */
async function sendOne(ledger: Ledger, { one, way }: { readonly one: Reminder; readonly way: Exclude<Way, { channel: 'by hand' }> }, at: Instant, clock: Clock): Promise<string | undefined> {
  const { id, slot, kind } = one
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
  const messageId = `<reminder.${hash(id).slice(0, 24)}@${ledger.origin}>`
  const entry = (type: string, evidence: Record<string, string>): Draft => ({ slot, type, at, parts: { evidence: { id, ...evidence } } })
  const begun = await ledger.append(entry('reminder.begun', { kind, channel: way.channel, recipient_sha256: hash(way.channel === 'webhook' ? way.url : way.to), message_id: messageId })).then(() => true, (cause: unknown) => {
    if (cause instanceof Refused && cause.code === 'reminder/begun') return false // somebody else was first
    throw cause
  })
  if (!begun) return undefined
  failpoint('reminder/before-sent')
  const delivered = await deliver(messageOf(one, at), { way, messageId, at }, clock)
  await ledger.append(delivered.delivered === 'yes' ? entry('reminder.sent', { receipt: delivered.receipt }) : entry('reminder.failed', { delivered: delivered.delivered, because: delivered.because }))
  return delivered.delivered === 'yes' ? undefined : delivered.because
}

function messageOf({ id, kind, says }: Reminder, at: Instant): Message {
  return {
    subject: `Bailee: ${kind === 'emergency' ? 'ALARM' : kind}`, text: `${says.en}\n\n${says.fr}\n`, attachments: () => Promise.resolve([]),
    body: jcs({ type: `reminder.${kind}`, id, at: formatInstant(at), says: { ...says } }), delivery: id,
  }
}
