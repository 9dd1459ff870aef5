/** What every answer carries, and what a request must show that would change something. */
import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { Unanswered } from './problem.ts'

/** Says who may run what in a page: nobody but we ourselves, and styles with the nonce of this one answer. No other party is asked for anything. */
export const pagePolicy = (nonce: string): string =>
  `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'`

/** Of what is no page. */
export const plainPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

export const makeNonce = (): string => randomBytes(16).toString('base64')

/** Headers of every answer. Over TLS a browser is told to come back over TLS only. */
export function securityHeaders(origin: URL): Readonly<Record<string, string>> {
  return {
    'content-security-policy': plainPolicy, 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer', 'cross-origin-opener-policy': 'same-origin', 'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=(), publickey-credentials-get=(self), publickey-credentials-create=(self)',
    ...(origin.protocol === 'https:' ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  }
}

const safe = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Throws unless a request that may change something comes from our own pages, or carries a token, which no browser adds by itself. Who has no cookie yet is held to
 * the same: a page elsewhere must not sign somebody in as somebody else.
 */
export function mustBeOurs(method: string, headers: IncomingHttpHeaders, origin: URL): void {
  if (safe.has(method) || (headers.authorization !== undefined && headers.cookie === undefined)) return
  // Every browser of today says where a request comes from; one that does not still says from which origin.
  const site = headers['sec-fetch-site']
  if (site === undefined ? headers.origin === origin.origin : site === 'same-origin') return
  throw new Unanswered(403, 'request/cross-site', 'what changes something is asked for from our own pages only, or with a token')
}

/** Whether a cookie may go without TLS: only where nobody else can listen. */
export const isLoopback = ({ protocol, hostname }: URL): boolean => protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname)

/** The attributes of the session's cookie. */
export function cookieOptions(origin: URL, base: string): { readonly httpOnly: true; readonly sameSite: 'strict'; readonly secure: boolean; readonly path: string } {
  return { httpOnly: true, sameSite: 'strict', secure: !isLoopback(origin), path: base === '' ? '/' : base }
}

/** The value of a cookie that a request carries, or undefined. */
export function valueOf(cookie: string | undefined, wanted: string): string | undefined {
  return cookie?.split(';').map((one) => one.trim().split('=')).find(([name]) => name === wanted)?.[1]
}
