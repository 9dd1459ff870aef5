/** Sends a notice that was drafted, because a person said so. That it is begun is recorded before it goes, and then what came of it, so that nobody is told twice unknowingly; nothing of any subject is in either. */
import { createHash } from 'node:crypto'
import { allControllers } from '#contract'
import { jcs, type Draft, type Json } from '#ledger'
import { signatoriesOf, standings } from '#people'
import type { TraceContext } from '#trace'
import { Broken, Misuse, Refused } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import { machineClock, type Clock, type Instant } from '#kit/time'
import { deliver, mustBeSafe, recipientsIn, type Delivered, type Message, type Way } from './deliver.ts'
import { findBreach } from './breach.ts'
import { plainText } from './notice.ts'
import { noticePdf } from './paper.ts'
import { noticesOf, sendingsOf } from './store.ts'
import type { Breach, BreachNotice, Sending } from './types.ts'

export interface SendingAsked {
  readonly breach: string
  readonly phase: number
  readonly by: string
  readonly way: Way
  /** Somebody asked, and it is to go once more: after a sending of which nothing is known, or one that arrived. */
  readonly again?: boolean
}

/**
 * Sends one phase. Throws `Misuse` for somebody who is not declared or a way that is not safe; `Refused` when that phase is not the newest, when it was sent to the same recipient already, or when nobody knows whether an earlier sending
 * arrived and `again` does not say that somebody asked; `Broken` when it did not go (`breach/not-sent`), or nobody knows whether it did (`breach/unknown-whether-delivered`). What came of it is in the ledger in each case.
 */
export async function sendNotice(context: TraceContext, asked: SendingAsked, at: Instant, clock: Clock = machineClock): Promise<Sending> {
  const { ledger } = context
  const { breach: id, phase, by, way } = asked
  const breach = await findBreach(context, id)
  if (!(await standings(ledger.database)).has(by)) throw new Misuse(`a notice is sent by a person: ${JSON.stringify(by)} is not declared (bailee people list)`)
  mustBeSafe(way)
  const notice = await newestNotice(context, id, phase)
  await mustBeTheirs(context, breach, way)
  const before = (await sendingsOf(ledger.database, id)).filter((one) => one.phase === phase)
  const recipient = createHash('sha256').update(way.channel === 'webhook' ? way.url : recipientsIn(way.to).join()).digest('hex')
  mustBeAsked(asked, before, recipient)
  const number = (before.at(-1)?.number ?? 0) + 1
  const messageId = `<${id.toLowerCase()}.${phase}@${ledger.origin}>`
  const about = { id, phase, number, channel: way.channel, by, recipient_sha256: recipient, message_id: messageId, sha256: notice.sha256 }
  const entry = (type: string, evidence: Record<string, string | number>): Draft[] => [{ slot: breach.slot, type, at, parts: { evidence } }]
  const open = before.filter(({ outcome }) => outcome === 'begun').flatMap((one) => entry('breach.sending_failed', { id, phase, number: one.number, delivered: 'unknown', because: 'nothing was recorded after it began' }))
  await ledger.append([...open, ...entry('breach.sending_begun', about)])
  failpoint('breach/before-sent')
  const delivered = await deliver(messageOf(notice), { way, messageId, at }, clock)
  failpoint('breach/after-sent')
  await ledger.append(delivered.delivered === 'yes' ? entry('breach.notice_sent', { ...about, receipt: delivered.receipt }) : entry('breach.sending_failed', { id, phase, number, delivered: delivered.delivered, because: delivered.because }))
  mustHaveGone(delivered, id)
  return (await sendingsOf(ledger.database, id)).find((one) => one.phase === phase && one.number === number)!
}

/** The notice in both languages, as text and as pages, with what it was made from. */
function messageOf(notice: BreachNotice): Message {
  const name = `${notice.breach}-${notice.phase}`
  return {
    subject: `${notice.document.text.en.title}: ${notice.breach}/${notice.phase}`, text: `${plainText(notice, 'en')}\n\n${plainText(notice, 'fr')}`,
    attachments: async () => [
      { filename: `${name}.json`, contentType: 'application/json', content: Buffer.from(jcs(notice.document as unknown as Json)) },
      ...await Promise.all((['en', 'fr'] as const).map(async (language) => ({ filename: `${name}.${language}.pdf`, contentType: 'application/pdf', content: Buffer.from(await noticePdf(notice, language)) }))),
    ],
    body: jcs({ type: 'breach.notice', sha256: notice.sha256, notice: notice.document as unknown as Json }), delivery: `${notice.breach}/${notice.phase}`,
  }
}

async function newestNotice({ ledger }: TraceContext, id: string, phase: number): Promise<BreachNotice> {
  const notices = await noticesOf(ledger.database, id)
  const notice = notices.find((one) => one.phase === phase)
  if (notice === undefined) throw new Misuse(`phase ${phase} of ${id} was not drafted; bailee breach notify ${id} drafts one`)
  if (phase !== notices.length) throw new Refused('breach/superseded', `phase ${phase} of ${id} was replaced by phase ${notices.length}; send that one`)
  return notice
}

const addresses = /[^\s"'<>,;:()]+@[^\s"'<>,;:()]+/g

/** One recipient is for the person who sends to answer for; of several each must be declared with the controller. */
async function mustBeTheirs({ ledger }: TraceContext, { controller, slot }: Breach, way: Way): Promise<void> {
  if (way.channel !== 'e-mail') return
  const recipients = recipientsIn(way.to)
  const known = [(await allControllers(ledger.database)).find((one) => one.slot === slot)?.declared ?? {}, (await signatoriesOf(ledger.database, controller)).map(({ contact }) => contact)]
  const declared = new Set(JSON.stringify(known).toLowerCase().match(addresses) ?? [])
  const others = recipients.filter((one) => !declared.has(one.toLowerCase()))
  if (recipients.length > 1 && others.length > 0) throw new Refused('breach/recipients', `${others.length} of ${recipients.length} recipients are not declared with ${controller}: send to one at a time, or declare them as its contacts`)
}

function mustBeAsked({ breach, phase, way, again }: SendingAsked, before: readonly Sending[], recipient: string): void {
  if (again === true) return
  const last = before.at(-1)
  // By hand it is recorded that it arrived: nothing goes anew.
  if (way.channel !== 'by hand' && (last?.outcome === 'begun' || last?.outcome === 'unknown')) {
    throw new Refused('breach/unknown-whether-delivered', `nobody knows whether sending ${last.number} of phase ${phase} of ${breach} arrived, or it is being sent now: ask whom it went to. If it arrived, record that (--receipt "how you know"); if not, send it anew (--again)`)
  }
  if (before.some((one) => one.outcome === 'sent' && one.recipientSha256 === recipient && one.channel === way.channel)) throw new Refused('breach/sent', `phase ${phase} of ${breach} was sent there already (bailee breach show ${breach}); --again sends it once more`)
}

function mustHaveGone(delivered: Delivered, id: string): void {
  if (delivered.delivered === 'yes') return
  const options = { cause: delivered.cause }
  if (delivered.delivered === 'no') throw new Broken('breach/not-sent', `the notice of ${id} did not go: ${delivered.because}. That is recorded; mend it and send it again`, options)
  throw new Broken('breach/unknown-whether-delivered', `nobody knows whether the notice of ${id} arrived: ${delivered.because}. That is recorded; ask whom it went to before you send it again (--again)`, options)
}
