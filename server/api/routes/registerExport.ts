import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { allControllers } from '#contract'
import { exportRegister, formats, layouts, recordExport, type Format } from '#register'
import { formatDay } from '#kit/time'
import { admits, admittedTo, mustBeThere, schemaOf, type RouteContext } from '../route.ts'
import { momentOf } from '../reading.ts'
import { registerFile } from '../schemas/register.ts'
import { recordsShown } from './register.ts'

const body = z.strictObject({ format: z.enum(formats), language: z.enum(['en', 'fr']).default('en'), layout: z.enum(layouts).optional(), controller: z.string().max(200).optional(), at: z.string().max(40).optional() })

const files: Readonly<Record<Format, readonly [ending: string, mediaType: string]>> = {
  xlsx: ['xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'], ods: ['ods', 'application/vnd.oasis.opendocument.spreadsheet'], pdf: ['pdf', 'application/pdf'], csv: ['csv', 'text/csv'], json: ['json', 'application/json'], dpv: ['jsonld', 'application/ld+json'],
}

/** `POST /register/export`: as `bailee register export` does, the file is handed out after its hash was recorded. */
export function addRegisterExport(app: FastifyInstance, context: RouteContext): void {
  app.post('/register/export', { schema: schemaOf('POST /register/export', { summary: 'A file of the register, as of any moment; its hash is recorded: `register.exported`', body, answer: registerFile }), onRequest: admits(context, 'POST /register/export') }, async (request, reply) => {
    const { principal, now } = admittedTo(request)
    const { format, language, layout, controller, at } = request.body as z.output<typeof body>
    const past = momentOf(at, now)
    const moment = past ?? now
    const { bytes, slot } = await context.readings.read({ principal, at: now, past }, async (reading) => {
      const found = controller === undefined ? undefined : mustBeThere((await allControllers(reading.bailee.database)).find(({ id }) => id === controller), 'controller')
      return { bytes: await exportRegister(await recordsShown(reading, controller), { format, language, layout }), slot: found?.slot ?? 0 }
    })
    const { sha256 } = await recordExport(context.bailee.ledger, { bytes, slot, asOf: moment, format, language, layout }, now)
    const [ending, mediaType] = files[format]
    return reply.header('cache-control', 'no-store').send({ name: `register-${controller ?? 'all'}-${formatDay(moment)}.${ending}`, mediaType, sha256, bytes: bytes.length, base64: Buffer.from(bytes).toString('base64'), entry: 'register.exported' })
  })
}
