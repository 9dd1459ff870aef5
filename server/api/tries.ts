/** How often somebody who is not known yet may ask, by where they ask from; and by that together with what they ask for, so that nobody keeps another from signing in. */
import { createHash, randomBytes } from 'node:crypto'
import { isIPv6 } from 'node:net'
import type { FastifyRequest } from 'fastify'
import type { Instant } from '#kit/time'
import { Unanswered } from './problem.ts'

const windowSeconds = 60
/** Of one passkey or link from one address: as many as somebody mistypes. Of all from one address: as many people as begin their day behind one. */
export const triesPerMinute = { same: 20, address: 120 } as const
/** Counted apart in a minute; what comes after shares one count. */
const countedMax = 100_000

/** What limits go by: an address; of IPv6 its network, as one household or machine has all of it (RFC 6177: a /64 at least). */
export function addressKey(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1]
  if (mapped !== undefined) return mapped
  if (!isIPv6(ip)) return ip
  const [before = '', after] = (ip.split('%')[0] ?? '').split('::')
  const [head, tail] = [before.split(':').filter((one) => one !== ''), (after ?? '').split(':').filter((one) => one !== '')]
  const groups = after === undefined ? head : [...head, ...Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0'), ...tail]
  return `${groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`
}

export interface Tries {
  /** Counts one. `same`: what is tried, such as the id of a passkey. Throws a 429 that says when to come back. */
  take(request: FastifyRequest, now: Instant, same?: string): void
  /** Where somebody asks from, as it is kept beside what they began: told apart, and not told. Another process, or this one begun again, calls it otherwise. */
  askerOf(request: FastifyRequest): string
}

/** Counts in this process. */
export function openTries(perMinute: { readonly same: number; readonly address: number } = triesPerMinute): Tries {
  const salt = randomBytes(32)
  let counted = new Map<string, number>()
  let window = -1
  const count = (key: string, most: number, rest: number): void => {
    const kept = counted.has(key) || counted.size < countedMax ? key : ''
    const now = (counted.get(kept) ?? 0) + 1
    counted.set(kept, now)
    if (now > most) throw new Unanswered(429, 'request/too-many', `too many tries; come back in ${rest} seconds`, { 'retry-after': String(rest) })
  }
  const hashOf = (text: string): string => createHash('sha256').update(salt).update(text).digest('hex').slice(0, 24)
  return {
    take({ ip }, now, same) {
      const at = Math.floor(now / windowSeconds)
      if (at !== window) [counted, window] = [new Map(), at]
      const [address, rest] = [addressKey(ip), (at + 1) * windowSeconds - now]
      count(address, perMinute.address, rest)
      if (same !== undefined) count(hashOf(`${address} ${same}`), perMinute.same, rest)
    },
    askerOf: ({ ip }) => hashOf(addressKey(ip)),
  }
}
