import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { draftsOf, dropDraft, findDraft, saveDraft, type InstructionDraft } from '#instruction'
import { addChange } from '../change.ts'
import { listingOf, pageOf, pageQuery } from '../listing.ts'
import { addReading, mustBeThere, type RouteContext } from '../route.ts'
import { draftId, draftItem, draftScope } from '../schemas/draft.ts'
import { idParams } from '../schemas/shared.ts'
import { shownInstant } from '../shown.ts'

const shown = ({ id, scope, changedAt }: InstructionDraft): z.output<typeof draftItem> => ({ id, scope: draftScope.parse(scope), changedAt: shownInstant(changedAt) ?? '' })

/** `/instructions/drafts`: what somebody is writing, by account. Nobody else is shown it, and nothing of it is recorded. */
export function addDrafts(app: FastifyInstance, context: RouteContext): void {
  const { database } = context.bailee // by account, not by log
  addReading(app, context, 'GET /instructions/drafts', {
    summary: 'Instructions that you are writing, the newest first', query: pageQuery, answer: listingOf(draftItem),
    handle: async ({ principal, query }) => pageOf((await draftsOf(database, principal.account.id)).map(shown), ({ id }) => id, query),
  })
  addReading(app, context, 'GET /instructions/drafts/:id', {
    summary: 'One that you are writing', params: idParams, answer: draftItem,
    handle: async ({ principal, params }) => shown(mustBeThere(await findDraft(database, { account: principal.account.id, id: params.id }), 'draft')),
  })
  addChange(app, context, 'POST /instructions/drafts', {
    summary: 'Keep what you are writing; nothing is recorded, and nobody is told', body: z.strictObject({ id: draftId, scope: draftScope }), answer: draftItem,
    change: async ({ at, principal, body }) => shown(await saveDraft(database, { id: body.id, account: principal.account.id, scope: body.scope, changedAt: at })),
  })
  addChange(app, context, 'POST /instructions/drafts/:id/discard', {
    summary: 'Throw away what you are writing', params: idParams, body: z.strictObject({}), answer: z.object({ ok: z.literal(true) }),
    change: async ({ principal, params }) => {
      await dropDraft(database, { account: principal.account.id, id: params.id })
      return { ok: true as const }
    },
  })
}
