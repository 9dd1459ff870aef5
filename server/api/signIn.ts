/** People sign in through `people`: this only reads what a request carries. */
import { allControllers } from '#contract'
import type { Database } from '#database'
import { endSession, findSession, redeemLink, type Randomness } from '#people'
import type { Clock } from '#kit/time'
import { sessionOf } from './security.ts'
import type { SignIn } from './principal.ts'

/** Sessions of this Bailee, in its database: they outlive this process. */
export function openSignIn(database: Database, clock: Clock, random: Randomness): SignIn {
  return {
    async authenticate({ cookie }) {
      const token = sessionOf(cookie)
      const found = token === undefined ? undefined : await findSession({ database, now: clock() }, token)
      if (found === undefined) return undefined
      const { account, session } = found
      const controller = account.controller === null ? null : (await allControllers(database)).find((one) => one.id === account.controller)
      if (controller === undefined) return undefined // somebody of a controller that is not there must not pass for staff
      return {
        account: { id: account.id, name: account.name }, person: account.person, roles: [account.role], scopes: null, session: { id: session.id, begunAt: session.begunAt }, until: session.until, language: 'en',
        controller: controller === null ? null : { id: controller.id, name: controller.name, slot: controller.slot },
      }
    },
    async end({ cookie }) {
      const token = sessionOf(cookie)
      if (token !== undefined) await endSession({ database }, token)
    },
    redeemLink: async (token) => redeemLink({ database, now: clock() }, token, random),
  }
}
