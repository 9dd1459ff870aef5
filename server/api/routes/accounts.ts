import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { reminderRoad } from '#composition'
import { allControllers, theProcessor } from '#contract'
import { allAccounts, changeAccount, clientRoles, closeAccount, endSessionOf, issueLink, openAccount, sessionsOf, unlinkIdentity, staffRoles, waysOf, type Account } from '#people'
import { Misuse } from '#kit/errors'
import { formatInstant, parseInstant, type Instant } from '#kit/time'
import { addChange } from '../change.ts'
import { listingOf, pageOf, pageQuery } from '../listing.ts'
import type { Principal } from '../principal.ts'
import { addReading, admits, admittedTo, mustBeThere, schemaOf, type RouteContext } from '../route.ts'
import { accountItem, sessionItem, settings } from '../schemas/account.ts'
import { idParams } from '../schemas/shared.ts'
import { controllersById, shownInstant } from '../shown.ts'
import { canHavePasskeys, oidcCallback } from './oidc.ts'

const roleBody = z.enum([...staffRoles, ...clientRoles])
const until = z.string().max(40).optional().describe('the first day it is no good any more; an auditor must have one')
const state = z.object({ id: z.string(), state: z.string() })

/** `/accounts`, `/sessions` and `/settings`: who may sign in, who is, and how. Read from the tables of sign-in, which no policy shows to anybody: an account's own, or an owner's. */
export function addAccounts(app: FastifyInstance, context: RouteContext): void {
  const { database } = context.bailee
  addReading(app, context, 'GET /accounts', {
    summary: 'Who may sign in, as what, and in which ways', query: pageQuery, answer: listingOf(accountItem),
    handle: async ({ query, at }) => pageOf(await accountsOf(context, at), ({ id }) => id, query),
  })
  addReading(app, context, 'GET /settings', {
    summary: 'How people sign in here, and what is not set', answer: settings,
    handle: async () => ({ origin: context.origin.origin, passkeys: canHavePasskeys(context.origin), oidc: context.oidc === undefined ? null : { name: context.oidc.name, issuer: context.oidc.issuer, clientId: context.oidc.clientId }, callback: `${context.origin.origin}${context.base}/api/v1${oidcCallback}`, mail: await mailOf(context) }),
  })
  addAccountChanges(app, context)
  addReading(app, context, 'GET /sessions', {
    summary: 'One\'s own sessions, newest first', query: pageQuery, answer: listingOf(sessionItem),
    handle: async ({ principal, at, query }) => pageOf((await sessionsOf({ database, now: at }, principal.account.id)).map((one) => ({ id: one.id, account: one.account, way: one.way, begunAt: formatInstant(one.begunAt), usedAt: formatInstant(one.usedAt), until: formatInstant(one.until), current: one.id === principal.session?.id })), ({ id }) => id, query),
  })
  app.delete('/sessions/:id', { schema: schemaOf('DELETE /sessions/:id', { summary: 'End a session: one\'s own, or an owner anybody\'s', params: idParams, answer: z.object({ ok: z.literal(true) }) }), onRequest: admits(context, 'DELETE /sessions/:id') }, async (request, reply) => {
    const { principal, now } = admittedTo(request)
    const { id } = request.params as z.output<typeof idParams>
    mustBeThere((await sessionsOf({ database, now }, mayAll(principal) ? undefined : principal.account.id)).find((one) => one.id === id), 'session')
    await endSessionOf({ database }, id)
    return reply.header('cache-control', 'no-store').send({ ok: true })
  })
}

/** How the processor's people are reminded, as far as it is declared; never the address that it refers to. */
async function mailOf({ bailee }: RouteContext): Promise<z.output<typeof settings>['mail']> {
  const declared = (await theProcessor(bailee.database))?.['reminders'] as { readonly from?: string } | undefined
  if (declared === undefined) return null
  const road = await reminderRoad(bailee).catch((cause: unknown) => { if (cause instanceof Misuse) return undefined; throw cause })
  return { way: declared.from === undefined ? 'webhook' : 'e-mail', from: declared.from ?? null, set: road !== undefined }
}

const mayAll = ({ roles }: Principal): boolean => roles.includes('owner')

async function accountsOf({ bailee: { database } }: RouteContext, now: Instant): Promise<z.output<typeof accountItem>[]> {
  const named = controllersById(await allControllers(database))
  const sessions = Map.groupBy(await sessionsOf({ database, now }), ({ account }) => account)
  const ways = new Map((await waysOf(database, now)).map((one) => [one.id, one]))
  const shown = (one: Account): z.output<typeof accountItem> => ({
    id: one.id, name: one.name, role: one.role, controller: one.controller === null ? null : named(one.controller), person: one.person, endsAt: shownInstant(one.endsAt), openedAt: shownInstant(one.openedAt) ?? '', closedAt: shownInstant(one.closedAt),
    sessions: sessions.get(one.id)?.length ?? 0, passkeys: ways.get(one.id)?.passkeys ?? 0, linkedAt: shownInstant(ways.get(one.id)?.linkedAt), invitedUntil: shownInstant(ways.get(one.id)?.invitedUntil),
  })
  return (await allAccounts(database)).map(shown).sort((one, other) => Number(one.closedAt !== null) - Number(other.closedAt !== null) || (one.openedAt < other.openedAt ? -1 : 1))
}

function addAccountChanges(app: FastifyInstance, context: RouteContext): void {
  addChange(app, context, 'POST /accounts', {
    summary: 'Open an account: `account.opened`. Staff by their id; a controller\'s own people by name', answer: state,
    body: z.strictObject({ who: z.string().min(1).max(200), role: roleBody, controller: z.string().min(1).max(200).optional(), until }),
    change: async ({ bailee, at, body }) => {
      const controller = body.controller === undefined ? undefined : mustBeThere((await allControllers(bailee.database)).find(({ id }) => id === body.controller), 'controller')
      return { id: (await openAccount(bailee.ledger, { who: body.who, role: body.role, controller, endsAt: endOf(body.until) }, at, randomBytes)).id, state: 'open' }
    },
  })
  addChange(app, context, 'POST /accounts/:id/role', {
    summary: 'Give an account another role or end, and end its sessions: `account.changed`', params: idParams, body: z.strictObject({ role: roleBody, until }), answer: state,
    change: async ({ bailee, at, params, body }) => ({ id: params.id, state: (await changeAccount(bailee.ledger, { account: params.id, role: body.role, endsAt: endOf(body.until) }, at)).role }),
  })
  addChange(app, context, 'POST /accounts/:id/close', {
    summary: 'Close an account for good, and end its sessions: `account.closed`', params: idParams, body: z.strictObject({}), answer: state,
    change: async ({ bailee, at, params }) => {
      await closeAccount(bailee.ledger, params.id, at)
      return { id: params.id, state: 'closed' }
    },
  })
  addChange(app, context, 'POST /accounts/:id/unlink', {
    summary: 'End that an account is known at the sign-in provider: `account.identity_unlinked`', params: idParams, body: z.strictObject({}), answer: state,
    change: async ({ bailee, at, params }) => {
      await unlinkIdentity(bailee.ledger, params.id, at)
      return { id: params.id, state: 'open' }
    },
  })
  // Not as other changes are: what it answers is kept nowhere, so that a link is shown once.
  app.post('/accounts/:id/link', { schema: schemaOf('POST /accounts/:id/link', { summary: 'Make a link that signs in once. It is shown in this one answer and never again', params: idParams, body: z.strictObject({}), answer: z.object({ link: z.string(), until: z.string() }) }), onRequest: admits(context, 'POST /accounts/:id/link') }, async (request, reply) => {
    const { now } = admittedTo(request)
    const { token, until: end } = await issueLink({ database: context.bailee.database, now }, (request.params as z.output<typeof idParams>).id, randomBytes)
    return reply.header('cache-control', 'no-store').send({ link: `${context.origin.origin}${context.base}/sign-in#link=${token}`, until: formatInstant(end) })
  })
}

function endOf(text: string | undefined): Instant | undefined {
  const end = text === undefined ? undefined : parseInstant(text)
  if (text !== undefined && end === undefined) throw new Misuse('until takes a date such as 2030-01-01')
  return end
}
