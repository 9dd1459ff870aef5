/** The smallest way to sign in: a link for the owner, good once, that whoever starts the server is shown. Its sessions end with the process. */
import { createHash, randomBytes } from 'node:crypto'
import { day, type Clock, type Instant } from '#kit/time'
import { sessionOf } from './security.ts'
import type { SignIn } from './principal.ts'

/** Seconds that the link is good, and a session lasts. */
const [linkSeconds, sessionSeconds] = [day, day / 2]

const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url')
const makeToken = (): string => randomBytes(32).toString('base64url')

/** Opens it. `token` is what the link carries. */
export function openOwnerLink(clock: Clock): { readonly signIn: SignIn; readonly token: string } {
  const token = makeToken()
  let link: { readonly hash: string; readonly until: Instant } | undefined = { hash: hashOf(token), until: clock() + linkSeconds }
  const sessions = new Map<string, Instant>()
  const carried = (cookie: string | undefined): string => hashOf(sessionOf(cookie) ?? '')
  return {
    token,
    signIn: {
      async authenticate({ cookie }) {
        const until = sessions.get(carried(cookie))
        return until === undefined || until <= clock() ? undefined : { account: { id: 'owner', name: 'Owner' }, person: null, roles: ['owner'], controller: null, scopes: null, until, language: 'en' }
      },
      async end({ cookie }) { sessions.delete(carried(cookie)) },
      async redeemLink(given) {
        if (link === undefined || link.hash !== hashOf(given) || link.until <= clock()) return undefined
        link = undefined
        const session = { token: makeToken(), until: clock() + sessionSeconds }
        sessions.set(hashOf(session.token), session.until)
        return session
      },
    },
  }
}
