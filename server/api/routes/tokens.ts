import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { allTokens, isGood, issueToken, revokeToken, tokenWithId, type ApiToken } from '#people'
import { Misuse } from '#kit/errors'
import { formatInstant, parseInstant } from '#kit/time'
import { addChange } from '../change.ts'
import { listingOf, pageOf, pageQuery } from '../listing.ts'
import { scopesOf } from '../permissions.ts'
import type { Principal } from '../principal.ts'
import { addReading, mustBeThere, type RouteContext } from '../route.ts'
import { idParams } from '../schemas/shared.ts'
import { tokenItem } from '../schemas/token.ts'
import { shownInstant } from '../shown.ts'

/** `/tokens`: an account's own; of the firm's and of everybody's, an owner's as well. */
export function addTokens(app: FastifyInstance, context: RouteContext): void {
  addReading(app, context, 'GET /tokens', {
    summary: 'Tokens by which machines ask as this account does, for less', query: pageQuery, answer: listingOf(tokenItem).extend({ scopes: z.array(z.string()).describe('that a token of this account may be given') }),
    handle: async ({ bailee: { database }, principal, at, query }) => ({ ...pageOf((await allTokens(database, principal.roles.includes('owner') ? undefined : principal.account.id)).map((one) => shownToken(one, at)), ({ id }) => id, query), scopes: scopesOf(principal.roles) }),
  })
  addChange(app, context, 'POST /tokens', {
    summary: 'Make a token for this account: `token.issued`. It is shown in this one answer and never again',
    body: z.strictObject({ name: z.string().min(1).max(100), scopes: z.array(z.string().max(60)).min(1).max(100), until: z.string().max(40) }), answer: z.object({ id: z.string(), token: z.string().nullable().describe('null where the request was sent again: it was shown once'), until: z.string() }),
    change: async ({ bailee, at, principal, body }) => {
      const until = parseInstant(body.until)
      if (until === undefined) throw new Misuse('until takes a date such as 2027-01-01: the first moment it is no good any more')
      mustBeScopes(principal, body.scopes)
      const { id, token } = await issueToken(bailee.ledger, { account: principal.account.id, name: body.name, scopes: body.scopes, until, by: principal.account.id, now: at }, at, randomBytes)
      return { id, token, until: formatInstant(until) }
    },
    kept: (answer) => ({ ...answer, token: null }),
  })
  addChange(app, context, 'POST /tokens/:id/revoke', {
    summary: 'End a token, from its next request on: `token.revoked`', params: idParams, body: z.strictObject({}), answer: z.object({ id: z.string(), state: z.literal('revoked') }),
    change: async ({ bailee, at, principal, params }) => {
      const found = await tokenWithId(bailee.database, params.id)
      mustBeThere(found !== undefined && (found.account === principal.account.id || principal.roles.includes('owner')) ? found : undefined, 'token')
      await revokeToken(bailee.ledger, { id: params.id, by: principal.account.id }, at)
      return { id: params.id, state: 'revoked' as const }
    },
  })
}

const shownToken = (one: ApiToken, at: number): z.output<typeof tokenItem> => ({
  id: one.id, account: one.account, name: one.name, scopes: [...one.scopes], issuedBy: one.issuedBy, issuedAt: shownInstant(one.issuedAt) ?? '', expiresAt: shownInstant(one.expiresAt) ?? '', revokedAt: shownInstant(one.revokedAt), usedAt: shownInstant(one.usedAt), good: isGood(one, at),
})

/** Throws `Misuse` for what a token of this account may not be given. */
function mustBeScopes({ roles }: Principal, scopes: readonly string[]): void {
  const may = scopesOf(roles)
  const beyond = scopes.filter((one) => !may.includes(one))
  if (beyond.length > 0) throw new Misuse(`scopes: ${beyond.join(', ')} is not among those of ${roles.join(' and ')}: ${may.join(', ')}`)
}
