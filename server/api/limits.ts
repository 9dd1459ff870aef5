/** How much one account or token may ask in a minute: told with every answer (`RateLimit`, draft-ietf-httpapi-ratelimit-headers-10), so that a program can slow down by itself. */
import type { Instant } from '#kit/time'
import { Unanswered } from './problem.ts'
import type { Principal } from './principal.ts'

const windowSeconds = 60

/** A page of the portal asks for some ten things, and again what changed; a program has no page to show. */
export const perMinuteDefault = { account: 600, token: 300 } as const

export interface Limits {
  /** Counts a request. Answers the headers that say what is left. Throws a 429 that says when to come back. */
  take(principal: Principal, now: Instant): Readonly<Record<string, string>>
}

/** Counts in this process: several behind one address each let through as much. */
export function openLimits(perMinute: { readonly account: number; readonly token: number }): Limits {
  let counted = new Map<string, number>()
  let window = -1
  return {
    take({ account, token }, now) {
      const at = Math.floor(now / windowSeconds)
      if (at !== window) [counted, window] = [new Map(), at]
      const [what, key] = token === null ? ['account' as const, account.id] : ['token' as const, token]
      const count = (counted.get(key) ?? 0) + 1
      counted.set(key, count)
      const [quota, rest] = [perMinute[what], (at + 1) * windowSeconds - now]
      const headers = { 'ratelimit-policy': `"${what}";q=${quota};w=${windowSeconds}`, 'ratelimit': `"${what}";r=${Math.max(0, quota - count)};t=${rest}` }
      if (count > quota) throw new Unanswered(429, 'request/too-many', `this ${what} has asked ${quota} times within a minute; come back in ${rest} seconds`, { ...headers, 'retry-after': String(rest) })
      return headers
    },
  }
}
