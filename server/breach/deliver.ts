/** Ways in which a message goes, such as a notice: by e-mail (RFC 5321, over TLS), as a signed webhook, or by hand. Tells what came of it: it went, it did not, or nobody knows. */
import { createHmac } from 'node:crypto'
import { Misuse } from '#kit/errors'
import type { Clock, Instant } from '#kit/time'

/** What goes. `body`: what a webhook is given, as JSON; `delivery` names it there. */
export interface Message {
  readonly subject: string
  readonly text: string
  /** Of a mail; made when they are needed. */
  readonly attachments: () => Promise<readonly { readonly filename: string; readonly contentType: string; readonly content: Buffer }[]>
  readonly body: Uint8Array
  readonly delivery: string
}

export type Way =
  | { readonly channel: 'e-mail'; readonly smtp: string; readonly from: string; readonly to: string }
  | { readonly channel: 'webhook'; readonly url: string; readonly secret: string }
  | { readonly channel: 'by hand'; readonly to: string; readonly receipt: string }

export type Delivered = { readonly delivered: 'yes'; readonly receipt: string } | { readonly delivered: 'no' | 'unknown'; readonly because: string; readonly cause: unknown }

export interface Delivering { readonly way: Way; /** The same for every sending of a phase, so that whoever gets it twice can see so. */ readonly messageId: string; readonly at: Instant }

const waitMilliseconds = 20_000

/** Throws `Misuse` for a way that is not safe, before anything goes. */
export async function deliver(message: Message, delivering: Delivering, clock: Clock): Promise<Delivered> {
  const { way } = delivering
  if (way.channel === 'by hand') return { delivered: 'yes', receipt: way.receipt }
  return way.channel === 'e-mail' ? mail(message, { ...delivering, way }) : call(message, way, clock)
}

/** Throws `Misuse` for a way over which others could read along, or that is none. */
export function mustBeSafe(way: Way): void {
  if (way.channel === 'webhook') targetOf(way.url)
  if (way.channel !== 'e-mail') return
  serverOf(way.smtp)
  for (const one of [...recipientsIn(way.to), way.from]) if (!address.test(one)) throw new Misuse('an address of e-mail stands alone, as in dpo@controller.example; several are parted by commas')
}

/** Addresses in a list, in order. Throws `Misuse`. */
export function recipientsIn(list: string): string[] {
  const found = list.split(/[,;]/).map((one) => one.trim()).filter((one) => one !== '')
  if (found.length === 0) throw new Misuse('--to says where the notice goes')
  return found
}

/** Whether a text is one address of e-mail alone. */
export const isAddress = (text: string): boolean => address.test(text)

const address = /^[^\s@<>,;:"'()]+@[^\s@<>,;:"'()]+$/

const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(host)

function parsedUrl(text: string, what: string, protocols: readonly string[]): URL {
  const url = URL.parse(text)
  if (url === null || !protocols.includes(url.protocol)) throw new Misuse(`${what} is no address of the form ${protocols.map((one) => `${one}//...`).join(' or ')}`)
  return url
}

/** TLS from the first byte (smtps) or before anything is said (STARTTLS, RFC 3207); without it only to this machine. Options in the address could switch that off, and are refused. */
function serverOf(smtp: string): Record<string, unknown> {
  const url = parsedUrl(smtp, 'the SMTP server', ['smtp:', 'smtps:'])
  if (url.search !== '' || url.hash !== '') throw new Misuse('the address of the SMTP server has options: give smtps://USER:PASSWORD@HOST:PORT alone')
  const [secure, local] = [url.protocol === 'smtps:', isLoopback(url.hostname)]
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: url.port === '' ? (secure ? 465 : 587) : Number(url.port), secure, requireTLS: !secure && !local, ignoreTLS: !secure && local,
    ...(url.username === '' ? {} : { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } }),
  }
}

async function mail(message: Message, { way: { smtp, from, to }, messageId, at }: Delivering & { readonly way: Extract<Way, { channel: 'e-mail' }> }): Promise<Delivered> {
  const recipients = recipientsIn(to)
  const { createTransport } = await import('nodemailer') // loaded by what uses it
  const transport = createTransport({ ...serverOf(smtp), connectionTimeout: waitMilliseconds, greetingTimeout: waitMilliseconds, socketTimeout: waitMilliseconds } as never)
  try {
    const sent = await transport.sendMail({
      from, to: recipients, messageId, date: new Date(at * 1000), subject: message.subject, text: message.text, disableFileAccess: true, disableUrlAccess: true,
      attachments: [...await message.attachments()],
    }) as { response?: string; rejected?: unknown[] }
    const refused = (sent.rejected ?? []).length
    const answer = `${String(sent.response ?? '').split(' ').slice(0, 2).join(' ')} ${messageId}`.trim()
    return { delivered: 'yes', receipt: refused === 0 ? answer : `${answer}; ${refused} of ${recipients.length} recipients were refused` }
  } catch (cause) {
    return { ...mailFailure(cause as MailError), cause }
  } finally {
    transport.close()
  }
}

type MailError = Error & { readonly code?: string; readonly responseCode?: number; readonly syscall?: string }

/** What went wrong before the mail was given over. Whoever is cut off after that, knows nothing. */
const beforeGiving: readonly string[] = ['EENVELOPE', 'EAUTH', 'ETLS', 'EDNS', 'EREQUIRETLS', 'ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH']

function mailFailure({ code = '', responseCode = 0, syscall }: MailError): { delivered: 'no' | 'unknown'; because: string } {
  if (responseCode >= 400) return { delivered: 'no', because: `the server answered ${responseCode}` }
  if (beforeGiving.includes(code) || syscall === 'connect' || syscall === 'getaddrinfo') return { delivered: 'no', because: code === 'ETLS' ? 'the server speaks no TLS that can be trusted' : `the server could not be used (${code})` }
  return { delivered: 'unknown', because: 'the server did not answer to the end' }
}

/** What a webhook is signed with: HMAC-SHA-256 (RFC 2104) of the seconds of the sending, a dot and the body. Whoever receives it compares, and refuses what is old. */
export function webhookSignature(secret: string, seconds: number, body: Uint8Array): string {
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.`).update(body).digest('hex')}`
}

function targetOf(text: string): URL {
  const url = parsedUrl(text, 'the webhook', ['https:', 'http:'])
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) throw new Misuse('the webhook is called over https: only one on this machine may do without')
  return url
}

async function call(message: Message, { url, secret }: Extract<Way, { channel: 'webhook' }>, clock: Clock): Promise<Delivered> {
  const { body } = message
  try {
    const answer = await fetch(targetOf(url), {
      method: 'POST', redirect: 'error', signal: AbortSignal.timeout(waitMilliseconds), body: Buffer.from(body),
      headers: { 'content-type': 'application/json', 'bailee-signature': webhookSignature(secret, clock(), body), 'bailee-delivery': message.delivery },
    })
    await answer.body?.cancel()
    if (answer.ok) return { delivered: 'yes', receipt: `HTTP ${answer.status}` }
    // Of those that say so it is certain that nothing was taken.
    return { delivered: answer.status < 500 || answer.status === 503 ? 'no' : 'unknown', because: `the webhook answered ${answer.status}`, cause: undefined }
  } catch (cause) {
    const code = String((cause as { cause?: { code?: unknown } }).cause?.code ?? '')
    return { delivered: ['ECONNREFUSED', 'ENOTFOUND'].includes(code) || code.startsWith('ERR_TLS') ? 'no' : 'unknown', because: code === '' ? 'the webhook did not answer' : `the webhook did not answer (${code})`, cause }
  }
}
