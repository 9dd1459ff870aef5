/** Sends a notice that was drafted, because a person said so: by e-mail or as a signed webhook. What came back is the receipt, recorded in the controller's log; nothing of any subject is in either. */
import { createHash, createHmac } from 'node:crypto'
import { jcs, type Json } from '#ledger'
import { standings } from '#people'
import type { TraceContext } from '#trace'
import { Broken, Misuse, Refused } from '#kit/errors'
import { machineClock, type Clock, type Instant } from '#kit/time'
import { findBreach } from './breach.ts'
import { plainText } from './notice.ts'
import { noticesOf, sendingsOf } from './store.ts'
import type { BreachNotice, Sending } from './types.ts'

export type Way =
  | { readonly channel: 'e-mail'; readonly smtp: string; readonly from: string; readonly to: string }
  | { readonly channel: 'webhook'; readonly url: string; readonly secret: string }
  | { readonly channel: 'by hand'; readonly to: string; readonly receipt: string }

const waitMilliseconds = 20_000

/**
 * Sends one phase and records it with what came back. A failure sends nothing twice by itself: it is thrown as `Broken`, and a person tries again. Throws `Misuse` for somebody who is not declared, `Refused` when that phase is not the newest.
 */
export async function sendNotice(context: TraceContext, { breach: id, phase, by, way }: { readonly breach: string; readonly phase: number; readonly by: string; readonly way: Way }, at: Instant, clock: Clock = machineClock): Promise<Sending> {
  const { ledger } = context
  const breach = await findBreach(context, id)
  if (!(await standings(ledger.database)).has(by)) throw new Misuse(`a notice is sent by a person: ${JSON.stringify(by)} is not declared (bailee people list)`)
  const notices = await noticesOf(ledger.database, id)
  const notice = notices.find((one) => one.phase === phase)
  if (notice === undefined) throw new Misuse(`phase ${phase} of ${id} was not drafted; bailee breach notify ${id} drafts one`)
  if (phase !== notices.length) throw new Refused('breach/superseded', `phase ${phase} of ${id} was replaced by phase ${notices.length}; send that one`)
  const receipt = await deliver(notice, way, clock)
  const number = (await sendingsOf(ledger.database, id)).filter((one) => one.phase === phase).length + 1
  const recipient = createHash('sha256').update(way.channel === 'webhook' ? way.url : way.to).digest('hex')
  await ledger.append({ slot: breach.slot, type: 'breach.notice_sent', at, parts: { evidence: { id, phase, number, channel: way.channel, by, recipient_sha256: recipient, receipt, sha256: notice.sha256 } } })
  return (await sendingsOf(ledger.database, id)).find((one) => one.phase === phase && one.number === number)!
}

async function deliver(notice: BreachNotice, way: Way, clock: Clock): Promise<string> {
  if (way.channel === 'by hand') return way.receipt
  return way.channel === 'e-mail' ? mail(notice, way) : call(notice, way, clock)
}

async function mail(notice: BreachNotice, { smtp, from, to }: Extract<Way, { channel: 'e-mail' }>): Promise<string> {
  const { createTransport } = await import('nodemailer') // loaded by what uses it
  const transport = createTransport({ url: smtp, connectionTimeout: waitMilliseconds, greetingTimeout: waitMilliseconds, socketTimeout: waitMilliseconds } as never)
  try {
    const { title } = notice.document.text.en
    const sent = await transport.sendMail({
      from, to, subject: `${title}: ${notice.breach}/${notice.phase}`, text: `${plainText(notice, 'en')}\n\n${plainText(notice, 'fr')}`, disableFileAccess: true, disableUrlAccess: true,
      attachments: [{ filename: `${notice.breach}-${notice.phase}.json`, contentType: 'application/json', content: Buffer.from(jcs(notice.document as unknown as Json)) }],
    }) as { messageId?: string; response?: string; rejected?: unknown[] }
    if ((sent.rejected ?? []).length > 0) throw new Error('the server refused the recipient')
    return `${String(sent.response ?? '').split(' ').slice(0, 2).join(' ')} ${String(sent.messageId ?? '')}`.trim()
  } catch (cause) {
    throw new Broken('breach/not-sent', 'the notice could not be sent by e-mail; nothing was recorded as sent. Look at the address of the SMTP server and try again', { cause })
  } finally {
    transport.close()
  }
}

/** What a webhook is signed with: HMAC-SHA-256 (RFC 2104) of the seconds of the sending, a dot and the body. Whoever receives it compares, and refuses what is old. */
export function webhookSignature(secret: string, seconds: number, body: Uint8Array): string {
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.`).update(body).digest('hex')}`
}

async function call(notice: BreachNotice, { url, secret }: Extract<Way, { channel: 'webhook' }>, clock: Clock): Promise<string> {
  const body = jcs({ type: 'breach.notice', sha256: notice.sha256, notice: notice.document as unknown as Json })
  const answer = await fetch(url, {
    method: 'POST', redirect: 'error', signal: AbortSignal.timeout(waitMilliseconds), body: Buffer.from(body),
    headers: { 'content-type': 'application/json', 'bailee-signature': webhookSignature(secret, clock(), body), 'bailee-delivery': `${notice.breach}/${notice.phase}` },
  }).catch((cause: unknown) => { throw new Broken('breach/not-sent', 'the webhook did not answer; nothing was recorded as sent. Try again', { cause }) })
  await answer.body?.cancel()
  if (!answer.ok) throw new Broken('breach/not-sent', `the webhook answered ${answer.status}; nothing was recorded as sent. Try again`)
  return `HTTP ${answer.status}`
}
