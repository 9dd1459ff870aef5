/** How often somebody who is not known yet may ask, by where they ask from; and by that together with what they ask for, so that nobody keeps another from signing in. */
import { createHash, randomBytes } from 'node:crypto'
import { isIPv4, isIPv6 } from 'node:net'
import type { FastifyRequest } from 'fastify'
import type { Instant } from '#kit/time'
import { Unanswered } from './problem.ts'

const windowSeconds = 60
/** Of one passkey or link from one address: as many as somebody mistypes. Of all from one address: as many people as begin their day behind one. */
export const triesPerMinute = { same: 20, address: 120 } as const
/** Counted apart in a minute, and as many networks for what comes after. */
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

/** The network that an address is in: what comes from one hand, where addresses are too many to count. IPv6: what a site has (RFC 6177: a /48 at most). */
export function networkKey(ip: string): string {
  const address = addressKey(ip)
  return isIPv4(address) ? `${address.split('.').slice(0, 3).join('.')}.0/24` : address.endsWith('::/64') ? `${address.split(':').slice(0, 3).join(':')}::/48` : address
}

export interface Tries {
  /** Counts one. `same`: what is tried, such as the id of a passkey. Throws a 429 that says when to come back. */
  take(request: FastifyRequest, now: Instant, same?: string): void
  /** Where somebody asks from, as it is kept beside what they began: told apart, and not told. Another process, or this one begun again, calls it otherwise. */
  askerOf(request: FastifyRequest): string
}

/** Counts in this process. `most`: addresses and things tried that are counted at once, and networks beside them. */
export function openTries(perMinute: { readonly same: number; readonly address: number } = triesPerMinute, most = countedMax): Tries {
  const salt = randomBytes(32)
  let [counted, networks] = [new Map<string, number>(), new Map<string, number>()]
  let window = -1
  /** Whether there was a place to count it. */
  const count = (of: Map<string, number>, key: string, { max, rest }: { readonly max: number; readonly rest: number }): boolean => {
    const before = of.get(key)
    if (before === undefined && of.size >= most) return false
    of.set(key, (before ?? 0) + 1)
    if ((before ?? 0) >= max) throw new Unanswered(429, 'request/too-many', `too many tries; come back in ${rest} seconds`, { 'retry-after': String(rest) })
    return true
  }
  const hashOf = (text: string): string => createHash('sha256').update(salt).update(text).digest('hex').slice(0, 24)
  return {
    take({ ip }, now, same) {
      const at = Math.floor(now / windowSeconds)
      if (at !== window) [counted, networks, window] = [new Map(), new Map(), at]
      const [address, rest] = [addressKey(ip), (at + 1) * windowSeconds - now]
      // Whoever fills the one with many addresses must not keep out everybody new: they are counted by where they are. Where not even networks have a place, nobody new is: a common count would be a lock.
      if (!count(counted, address, { max: perMinute.address, rest })) count(networks, networkKey(ip), { max: perMinute.address, rest })
      if (same !== undefined) count(counted, hashOf(`${address} ${same}`), { max: perMinute.same, rest })
    },
    askerOf: ({ ip }) => hashOf(addressKey(ip)),
  }
}
