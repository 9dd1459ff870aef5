import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { relyingPartyAt } from '#people'
import { Refused } from '#kit/errors'
import { Unanswered } from '../problem.ts'
import { schemaOf, type RouteContext } from '../route.ts'
import { cookieOptions, valueOf } from '../security.ts'
import { handSession } from './passkeys.ts'

/** Carries who went to the provider. Sent along when they come back from there, which a cookie of the strict kind is not. */
const flowCookie = 'bailee_oidc'
/** Where the provider sends people back to, below `/api/v1`. */
export const oidcCallback = '/sign-in/oidc/callback'

const ways = z.object({ passkeys: z.boolean().describe('whether browsers make passkeys at this address'), oidc: z.object({ name: z.string() }).nullable().describe('the firm\'s own sign-in, as it is called; null: none is configured') })

/** `/sign-in/ways`, and the way to the firm's own sign-in and back: a browser is led there, so that these two answer with where to go. */
export function addOidc(app: FastifyInstance, context: RouteContext): void {
  const { oidc, base, origin } = context
  app.get('/sign-in/ways', { schema: schemaOf('GET /sign-in/ways', { summary: 'How people sign in here', answer: ways }) }, async (_request, reply) => reply.header('cache-control', 'no-store').send({ passkeys: canHavePasskeys(origin), oidc: oidc === undefined ? null : { name: oidc.name } }))
  const cookie = { ...cookieOptions(origin, base), sameSite: 'lax' as const, path: `${base}/api/v1/sign-in/oidc` }
  const limited = { schema: { hide: true } }
  const back = (code: string): string => `${base}/sign-in#problem=${encodeURIComponent(code)}`
  app.get('/sign-in/oidc/start', limited, async (request, reply) => {
    context.tries.take(request, context.clock())
    if (oidc === undefined) throw new Unanswered(404, 'request/none', 'no sign-in provider is configured here')
    try {
      const { location, browser, until } = await oidc.begin({ database: context.bailee.database, now: context.clock() }, randomBytes, context.tries.askerOf(request))
      return await reply.setCookie(flowCookie, browser, { ...cookie, maxAge: until - context.clock() }).header('cache-control', 'no-store').redirect(location, 303)
    } catch (cause) {
      if (cause instanceof Refused) return reply.header('cache-control', 'no-store').redirect(back(cause.code), 303)
      throw cause
    }
  })
  app.get(oidcCallback, limited, async (request, reply) => {
    context.tries.take(request, context.clock())
    if (oidc === undefined) throw new Unanswered(404, 'request/none', 'no sign-in provider is configured here')
    reply.clearCookie(flowCookie, cookie).header('cache-control', 'no-store')
    try {
      const begun = await oidc.finish(context.bailee.ledger, { search: new URL(request.url, origin).search, browser: valueOf(request.headers.cookie, flowCookie) }, { now: context.clock(), random: randomBytes })
      return await handSession(context, reply, begun).redirect(`${base}/`, 303)
    } catch (cause) {
      if (cause instanceof Refused) return reply.redirect(back(cause.code), 303)
      throw cause
    }
  })
}

/** Whether browsers make passkeys at an origin. */
export function canHavePasskeys(origin: URL): boolean {
  try {
    return relyingPartyAt(origin, '').id !== ''
  } catch (cause) {
    if (cause instanceof Refused) return false
    throw cause
  }
}
