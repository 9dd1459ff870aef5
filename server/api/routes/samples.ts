import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { attributeBreach, openBreach } from '#breach'
import { reviewLeaks, traceContext } from '#composition'
import { Misuse } from '#kit/errors'
import { parseInstant } from '#kit/time'
import { personOf } from '../change.ts'
import type { RouteName } from '../permissions.ts'
import { admits, admittedTo, schemaOf, type RouteContext } from '../route.ts'
import { idParams } from '../schemas/shared.ts'

/** Some of what leaked: of a whole leak a part says as much. The terminal reads more. */
const sampleBytesMax = 16 * 1024 * 1024

const opening = z.strictObject({ nature: z.string().trim().min(1).max(2_000), controller: z.string().min(1).max(200).optional(), awareAt: z.string().max(40).optional() })
const binary = z.unknown().describe('the file: delimited text, JSON or JSON lines, gzipped or not, at most 16 MiB, as application/octet-stream. It is read in memory, and kept nowhere')

/** A sample of what leaked, sent as it is: a breach is opened for everybody whose people it holds, or it is attributed to one that is open. */
export function addSamples(app: FastifyInstance, context: RouteContext): void {
  void app.register(async (scope) => {
    scope.addContentTypeParser('application/octet-stream', { parseAs: 'buffer', bodyLimit: sampleBytesMax }, (_request, body, done) => { done(null, body) })
    const route = (name: RouteName, shape: { summary: string; params?: z.ZodObject; query?: z.ZodObject; answer: z.ZodType }) => ({ schema: { ...schemaOf(name, { ...shape, body: binary }), consumes: ['application/octet-stream'] }, onRequest: admits(context, name), bodyLimit: sampleBytesMax, attachValidation: false })
    scope.post('/breaches/samples', route('POST /breaches/samples', { summary: 'Open a breach for each controller whose people a sample holds: `breach.opened`', query: opening, answer: z.object({ breaches: z.array(z.string()), rows: z.number().int(), sha256: z.string() }) }), async (request, reply) => {
      const { principal, now } = admittedTo(request)
      const { nature, controller, awareAt } = request.query as z.output<typeof opening>
      const aware = awareAt === undefined ? undefined : parseInstant(awareAt)
      if (awareAt !== undefined && aware === undefined) throw new Misuse('awareAt takes a date such as 2022-11-06T09:00:00Z: the clocks run from here')
      const { breaches, sample } = await openBreach(traceContext(context.bailee), { sample: sampleIn(request), controller, nature, by: personOf(principal), awareAt: aware }, now)
      await reviewLeaks(context.bailee, now)
      return reply.header('cache-control', 'no-store').send({ breaches: breaches.map(({ id }) => id), rows: sample?.rows ?? 0, sha256: sample?.sha256 ?? '' })
    })
    scope.post('/breaches/:id/samples', route('POST /breaches/:id/samples', { summary: 'Attribute a sample to a breach that is open: `breach.attributed`', params: idParams, answer: z.object({ id: z.string() }) }), async (request, reply) => {
      const { now } = admittedTo(request)
      const { id } = await attributeBreach(traceContext(context.bailee), { breach: (request.params as z.output<typeof idParams>).id, sample: sampleIn(request) }, now)
      await reviewLeaks(context.bailee, now)
      return reply.header('cache-control', 'no-store').send({ id })
    })
  })
}

function sampleIn({ body }: FastifyRequest): Uint8Array {
  if (!(body instanceof Uint8Array) || body.length === 0) throw new Misuse('send the sample as application/octet-stream')
  return body
}
