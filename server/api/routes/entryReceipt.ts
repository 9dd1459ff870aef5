import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { allControllers } from '#contract'
import { cosign, leafAt, makeReceipt } from '#ledger'
import { admits, admittedTo, mustBeThere, schemaOf, type RouteContext } from '../route.ts'
import { idParams } from '../schemas/shared.ts'

/** Receipts from one address a minute: before each, the heads of all logs are fixed and witnesses asked. */
const receiptsPerMinute = 30

/** `POST /ledger/receipts/:id`: what its counterparty keeps of an entry, as `bailee ledger receipt` writes it. A snapshot is taken first, so it is asked for, not looked at. */
export function addEntryReceipt(app: FastifyInstance, context: RouteContext): void {
  const name = 'POST /ledger/receipts/:id'
  const schema = schemaOf(name, { summary: 'What its counterparty keeps of one entry of a controller\'s log, with what it says: checked without us, and held against later evidence', params: idParams, answer: z.unknown() })
  app.post('/ledger/receipts/:id', { schema, onRequest: admits(context, name), config: { rateLimit: { max: receiptsPerMinute, timeWindow: 60_000 } } }, async (request, reply) => {
    const { principal, now } = admittedTo(request)
    const { id } = request.params as z.output<typeof idParams>
    const { ledger } = context.bailee
    const [, slot = -1, index = -1] = (/^(\d{1,9})-(\d{1,15})$/.exec(id) ?? []).map(Number)
    const mine = principal.controller === null || principal.controller.slot === slot
    const controller = mustBeThere((await allControllers(ledger.database)).find((one) => mine && one.slot === slot), 'entry')
    mustBeThere(await leafAt(ledger, slot, index), 'entry')
    const { text } = await makeReceipt(ledger, { slot, index, at: now, cosign: (last) => cosign(ledger, { clock: context.clock, last }) })
    const file = `bailee-${controller.id.replaceAll(/[^A-Za-z0-9._-]/g, '_')}-${index}.receipt`
    return reply.headers({ 'cache-control': 'no-store', 'content-disposition': `attachment; filename="${file}"` }).type('text/plain; charset=utf-8').serializer((value: unknown) => String(value)).send(text)
  })
}
