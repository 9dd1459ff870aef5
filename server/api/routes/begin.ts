import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { Unanswered } from '../problem.ts'
import { schemaOf, type RouteContext } from '../route.ts'

const body = z.strictObject({
  token: z.string().min(20).max(200), origin: z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/, 'a domain of yours, such as processor.example').max(200).describe('names the logs, and never changes'),
  name: z.string().trim().min(1).max(500), country: z.string().regex(/^[A-Z]{2}$/, 'a country code of two capitals'),
})

const hash = (text: string): Buffer => createHash('sha256').update(text).digest()

/** `/begin`: once, before anything is declared. */
export function addBegin(app: FastifyInstance, context: RouteContext): void {
  app.post('/begin', { schema: schemaOf('POST /begin', { summary: 'Begin, with the link that was printed at the first start: `processor.declared`', body, answer: z.object({ ok: z.literal(true) }) }), config: { rateLimit: { max: 20, timeWindow: 60_000 } } }, async (request, reply) => {
    const { token, ...begun } = request.body as z.output<typeof body>
    if (context.beginning === undefined) throw new Unanswered(409, 'begin/begun', 'this Bailee was begun already: sign in')
    if (!timingSafeEqual(hash(token), hash(context.beginning.token))) throw new Unanswered(401, 'begin/link', 'that is not the link that was printed when Bailee started')
    await context.beginning.begin(begun)
    return reply.header('cache-control', 'no-store').send({ ok: true })
  })
}
