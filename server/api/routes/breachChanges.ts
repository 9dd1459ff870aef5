import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { countBreach, describeBreach, draftNotice, sendNotice } from '#breach'
import { traceContext } from '#composition'
import { acknowledgeNotice } from '#contract'
import { allCertificates, signedPages } from '#erasure'
import { addChange, personOf } from '../change.ts'
import { mustBeThere, type RouteContext } from '../route.ts'
import { idParams } from '../schemas/shared.ts'
import { minded } from '../shown.ts'
import { noticesFor } from './client.ts'

const nothing = z.strictObject({})
const text = (max: number) => z.string().trim().min(1).max(max)

/** What is recorded of a breach after it was opened, the pages of a certificate, and that a controller has read a notice. */
export function addBreachChanges(app: FastifyInstance, context: RouteContext): void {
  addChange(app, context, 'POST /breaches/:id/count', {
    summary: 'Count the people concerned, by country: `breach.counted`', params: idParams, body: nothing, answer: z.object({ id: z.string(), source: z.string() }),
    change: async ({ bailee, at, params }) => { const { id, counts } = await countBreach(traceContext(bailee), params.id, at); return { id, source: counts?.source ?? 'none' } },
  })
  addChange(app, context, 'POST /breaches/:id/describe', {
    summary: 'Record its likely consequences and what was done about it (Art. 33(5)): `breach.described`', params: idParams, body: z.strictObject({ effects: text(4_000), measures: text(4_000) }), answer: z.object({ id: z.string() }),
    change: async ({ bailee, at, params, body }) => ({ id: (await describeBreach(traceContext(bailee), { breach: params.id, ...body }, at)).id }),
  })
  addChange(app, context, 'POST /breaches/:id/notices', {
    summary: 'Draft the next phase of the notice to its controller; nothing is sent: `breach.notice_drafted`', params: idParams, body: nothing, answer: z.object({ phase: z.number().int(), sha256: z.string() }),
    change: async ({ bailee, at, params }) => draftNotice(traceContext(bailee), params.id, at),
  })
  addChange(app, context, 'POST /breaches/:id/send', {
    summary: 'Record that a person handed the newest phase over, and how that is known: `breach.notice_sent`', params: idParams, body: z.strictObject({ phase: z.number().int().min(1), to: text(300), receipt: text(300) }), answer: z.object({ phase: z.number().int(), number: z.number().int() }),
    change: async ({ bailee, at, params, body, principal }) => sendNotice(traceContext(bailee), { breach: params.id, phase: body.phase, by: personOf(principal), way: { channel: 'by hand', to: body.to, receipt: body.receipt } }, at),
  })
  addChange(app, context, 'POST /certificates/:id/pages', {
    summary: 'The pages of a certificate as signed PDF, in base64; their hash is recorded first: `certificate.rendered`', params: idParams, body: z.strictObject({ language: z.enum(['en', 'fr']) }), answer: z.object({ sha256: z.string(), pdf: z.string() }),
    change: async ({ bailee, at, params, body, principal }) => {
      const certificate = mustBeThere(minded(principal, await allCertificates(bailee.database)).find(({ id }) => id === params.id), 'certificate')
      const { bytes, sha256 } = await signedPages(bailee.ledger, { certificate, language: body.language }, at)
      return { sha256, pdf: Buffer.from(bytes).toString('base64') }
    },
  })
  addChange(app, context, 'POST /notices/acknowledge', {
    summary: 'A signatory says that a notice was read: `controller.notice_acknowledged`', body: z.strictObject({ notice: text(300) }), answer: z.object({ notice: z.string() }),
    change: async ({ bailee, at, body, principal }) => {
      const controller = mustBeThere(principal.controller ?? undefined, 'controller')
      mustBeThere((await noticesFor({ bailee, at, past: false, principal, log: bailee.ledger, query: {} })).find(({ id }) => id === body.notice), 'notice')
      await acknowledgeNotice(bailee.ledger, { notice: body.notice, slot: controller.slot, by: principal.account.name }, at)
      return { notice: body.notice }
    },
  })
}
