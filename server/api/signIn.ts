/** People sign in through `people`: this only reads what a request carries. */
import { allControllers } from '#contract'
import type { Database } from '#database'
import { endSession, findSession, findToken, redeemLink, type Account, type Randomness } from '#people'
import type { Clock } from '#kit/time'
import { sessionCookie, type Principal, type SignIn } from './principal.ts'
import { valueOf } from './security.ts'

/** Sessions of this Bailee, in its database: they outlive this process. `url`: where browsers find it, which names the cookie. */
export function openSignIn(database: Database, clock: Clock, random: Randomness, url: string): SignIn {
  const name = sessionCookie(new URL(url), new URL(url).pathname.replace(/\/+$/, ''))
  return {
    async authenticate({ cookie, authorization }) {
      const session = valueOf(cookie, name)
      const found = session === undefined ? undefined : await findSession({ database, now: clock() }, session)
      if (found !== undefined) return principalOf(database, found.account, { token: null, scopes: null, session: { id: found.session.id, begunAt: found.session.begunAt }, until: found.session.until })
      const sent = cookie === undefined ? /^Bearer ([A-Za-z0-9_-]{20,200})$/i.exec(authorization ?? '')?.[1] : undefined // a browser adds a cookie by itself, and no token
      const machine = sent === undefined ? undefined : await findToken({ database, now: clock() }, sent)
      return machine === undefined ? undefined : principalOf(database, machine.account, { token: machine.token.id, scopes: machine.token.scopes, session: null, until: machine.token.expiresAt })
    },
    async end({ cookie }) {
      const token = valueOf(cookie, name)
      if (token !== undefined) await endSession({ database }, token)
    },
    redeemLink: async (token) => redeemLink({ database, now: clock() }, token, random),
  }
}

/** An account as whoever asks; undefined for somebody of a controller that is not there: they must not pass for staff. */
async function principalOf(database: Database, account: Account, asked: Pick<Principal, 'token' | 'scopes' | 'session' | 'until'>): Promise<Principal | undefined> {
  const controller = account.controller === null ? null : (await allControllers(database)).find((one) => one.id === account.controller)
  if (controller === undefined) return undefined
  return { ...asked, account: { id: account.id, name: account.name }, person: account.person, roles: [account.role], language: 'en', controller: controller === null ? null : { id: controller.id, name: controller.name, slot: controller.slot } }
}
