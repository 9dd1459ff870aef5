import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { theProcessor } from '#contract'
import { formatInstant } from '#kit/time'
import { countsOf, needsOf } from '../needs.ts'
import { sessionCookie } from '../principal.ts'
import { Unanswered } from '../problem.ts'
import { addReading, admits, schemaOf, type RouteContext } from '../route.ts'
import { session } from '../schemas/session.ts'
import { cookieOptions } from '../security.ts'
import { nameOf } from '../shown.ts'
import { handSession } from './passkeys.ts'

/** `/session`: who is signed in, and what needs them; its beginning by a link, and its end. */
export function addSession(app: FastifyInstance, context: RouteContext): void {
  addReading(app, context, 'GET /session', {
    summary: 'Who is signed in', answer: session,
    handle: async (reading) => {
      const { principal, bailee: { database } } = reading
      const processor = await theProcessor(database)
      return {
        account: nameOf(principal.account), person: principal.person, roles: [...principal.roles], controller: principal.controller === null ? null : nameOf(principal.controller),
        processor: { name: processor?.name ?? '', country: processor?.country ?? '' }, until: formatInstant(principal.until), language: principal.language, counts: countsOf(await needsOf(reading)),
      }
    },
  })
  const answer = z.object({ ok: z.literal(true) })
  app.delete('/session', { schema: schemaOf('DELETE /session', { summary: 'Sign out', answer }), onRequest: admits(context, 'DELETE /session') }, async (request, reply) => {
    await context.signIn.end(request.headers)
    return reply.clearCookie(sessionCookie(context.origin, context.base), cookieOptions(context.origin, context.base)).send({ ok: true })
  })
  const body = z.strictObject({ token: z.string().min(20).max(200) })
  app.post('/sign-in/link', { schema: schemaOf('POST /sign-in/link', { summary: 'Sign in with a link that is good once', body, answer }) }, async (request, reply) => {
    const { token } = request.body as z.output<typeof body>
    context.tries.take(request, context.clock(), `link ${token}`)
    const begun = await context.signIn.redeemLink(token)
    if (begun === undefined) throw new Unanswered(401, 'sign-in/link', 'that link was used already, or its time is over; ask for another')
    return handSession(context, reply, begun).send({ ok: true })
  })
}
