import { randomBytes } from 'node:crypto'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { theProcessor } from '#contract'
import { beginRegistration, beginSignIn, findAccount, finishRegistration, finishSignIn, passkeysOf, relyingPartyAt, removePasskey, renamePasskey, type Account, type Passkey, type RelyingParty } from '#people'
import { Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import { addChange } from '../change.ts'
import { listingOf, pageOf, pageQuery } from '../listing.ts'
import { sessionCookie, type Principal } from '../principal.ts'
import { Unanswered } from '../problem.ts'
import { addReading, admits, admittedTo, mustBeThere, schemaOf, type RouteContext } from '../route.ts'
import { assertion, attestation, browserOptions, passkeyItem } from '../schemas/passkey.ts'
import { idParams } from '../schemas/shared.ts'
import { cookieOptions } from '../security.ts'
import { shownInstant } from '../shown.ts'

const done = z.object({ ok: z.literal(true) })
const nothing = z.strictObject({})

/** Somebody who found an open window does not make a key for it: passkeys are made soon after signing in. */
const freshSeconds = 900

/** Whom passkeys are made for here. */
export async function partyOf({ origin, bailee }: RouteContext): Promise<RelyingParty> {
  const processor = await theProcessor(bailee.database)
  return relyingPartyAt(origin, processor === undefined ? 'Bailee' : `Bailee, ${processor.name}`)
}

/** Hands a session to a browser. */
export function handSession(context: RouteContext, reply: FastifyReply, begun: { readonly token: string; readonly until: Instant }): FastifyReply {
  return reply.setCookie(sessionCookie(context.origin, context.base), begun.token, { ...cookieOptions(context.origin, context.base), maxAge: Math.max(0, begun.until - context.clock()) }).header('cache-control', 'no-store')
}

export const shownPasskey = ({ id, name, keySha256, backedUp, registeredAt, usedAt }: Passkey): z.output<typeof passkeyItem> => ({ id, name, keySha256, backedUp, registeredAt: shownInstant(registeredAt) ?? '', usedAt: shownInstant(usedAt) })

async function accountOf({ bailee }: RouteContext, { account }: Principal): Promise<Account> {
  return mustBeThere(await findAccount(bailee.database, account.id), 'account')
}

/** `/sign-in/passkey` and `/passkeys`: signing in with one, and one's own. */
export function addPasskeys(app: FastifyInstance, context: RouteContext): void {
  addSignIn(app, context)
  const { database } = context.bailee // not that of a reading: a controller's own people read no accounts, and these are one's own
  addReading(app, context, 'GET /passkeys', {
    summary: 'One\'s own passkeys, oldest first', query: pageQuery, answer: listingOf(passkeyItem),
    handle: async ({ principal, query }) => pageOf((await passkeysOf(database, principal.account.id)).map(shownPasskey), ({ id }) => id, query),
  })
  addChange(app, context, 'POST /passkeys/options', {
    summary: 'What a browser makes a passkey with. Within 15 minutes of signing in', body: nothing, answer: browserOptions,
    change: async ({ at, principal }) => {
      mustBeFresh(principal, at)
      return beginRegistration({ database, now: at }, await accountOf(context, principal), { party: await partyOf(context), random: randomBytes })
    },
  })
  addChange(app, context, 'POST /passkeys', {
    summary: 'Register the passkey that the browser made: `account.passkey_registered`, with the hash of its key', body: z.strictObject({ name: z.string().min(1).max(60), response: attestation }), answer: passkeyItem,
    change: async ({ bailee, at, principal, body: { name, response } }) => {
      mustBeFresh(principal, at)
      return shownPasskey(await finishRegistration({ ...bailee.ledger, database }, { account: await accountOf(context, principal), party: await partyOf(context), response, name }, at))
    },
  })
  addChange(app, context, 'POST /passkeys/:id/name', {
    summary: 'Give one\'s passkey another name', params: idParams, body: z.strictObject({ name: z.string().min(1).max(60) }), answer: done,
    change: async ({ params, body, principal }) => {
      await renamePasskey({ database }, { account: principal.account.id, id: params.id, name: body.name })
      return { ok: true as const }
    },
  })
  app.delete('/passkeys/:id', { schema: schemaOf('DELETE /passkeys/:id', { summary: 'Remove one\'s passkey for good: `account.passkey_removed`', params: idParams, answer: done }), onRequest: admits(context, 'DELETE /passkeys/:id') }, async (request, reply) => {
    const { principal, now } = admittedTo(request)
    await removePasskey(context.bailee.ledger, { account: principal.account.id, id: (request.params as z.output<typeof idParams>).id }, now)
    return reply.header('cache-control', 'no-store').send({ ok: true })
  })
}

function mustBeFresh({ session }: Principal, now: Instant): void {
  if (session === null || session.begunAt <= now - freshSeconds) throw new Refused('sign-in/not-fresh', 'a passkey is made within 15 minutes of signing in: sign out, sign in again, then make it')
}

function addSignIn(app: FastifyInstance, context: RouteContext): void {
  const asking = (): { database: RouteContext['bailee']['database']; now: Instant } => ({ database: context.bailee.database, now: context.clock() })
  app.post('/sign-in/passkey/options', { schema: schemaOf('POST /sign-in/passkey/options', { summary: 'What a browser signs in with', body: nothing, answer: browserOptions }) }, async (request, reply) => {
    context.tries.take(request, context.clock())
    return reply.header('cache-control', 'no-store').send(await beginSignIn(asking(), { party: await partyOf(context), random: randomBytes, asker: context.tries.askerOf(request) }))
  })
  const body = assertion
  app.post('/sign-in/passkey', { schema: schemaOf('POST /sign-in/passkey', { summary: 'Sign in with what a passkey signed', body, answer: done }) }, async (request, reply) => {
    const response = request.body as z.output<typeof body>
    context.tries.take(request, context.clock(), `passkey ${response.id}`)
    const begun = await finishSignIn(asking(), { party: await partyOf(context), response }, randomBytes).catch((cause: unknown) => {
      if (cause instanceof Refused) throw new Unanswered(401, cause.code, cause.message)
      throw cause
    })
    return handSession(context, reply, begun).send({ ok: true })
  })
}
