import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { allApprovals, findApproval, giveApproval, refuseApproval, withdrawApproval, type Approval } from '#instruction'
import { addChange, personOf, type Changing } from '../change.ts'
import { listingOf, pageOf, pageQuery } from '../listing.ts'
import { addReading, mustBeThere, type RouteContext } from '../route.ts'
import { approvalItem } from '../schemas/approval.ts'
import { idParams } from '../schemas/shared.ts'
import { shownInstant } from '../shown.ts'

const shownApproval = ({ id, state, instruction, use, person, reason, what, whatSha256, minutes, times, used, askedAt, givenBy, givenAt, until, endedAt }: Approval): z.output<typeof approvalItem> => ({
  id, state, instruction, use, person, reason, what: what as Record<string, unknown> | null, whatSha256, minutes, times, used, askedAt: shownInstant(askedAt) ?? '', givenBy, givenAt: shownInstant(givenAt), until: shownInstant(until), endedAt: shownInstant(endedAt),
})

/** `/approvals`: what a second person is asked to approve, and their answer. Who answers is who signed in. */
export function addApprovals(app: FastifyInstance, context: RouteContext): void {
  addReading(app, context, 'GET /approvals', {
    summary: 'Approvals of a second person, the newest first, with all that a copy or a disclosure would do', query: pageQuery, answer: listingOf(approvalItem),
    handle: async ({ query, bailee: { database } }) => pageOf((await allApprovals(database)).map(shownApproval), ({ id }) => id, query),
  })
  const answered = async ({ bailee, params }: Pick<Changing<{ id: string }, unknown>, 'bailee' | 'params'>, answer: () => Promise<Approval>): Promise<z.output<typeof approvalItem>> => {
    mustBeThere(await findApproval(bailee.database, params.id), 'approval')
    return shownApproval(await answer())
  }
  addChange(app, context, 'POST /approvals/:id/give', {
    summary: 'Approve, as a second person, what was shown: `approval.given`', params: idParams, body: z.strictObject({ what: z.string().regex(/^[0-9a-f]{64}$/).nullable().describe('`whatSha256` as it was shown') }), answer: approvalItem,
    change: (asked) => answered(asked, () => giveApproval(asked.bailee.ledger, { approval: asked.params.id, by: personOf(asked.principal), what: asked.body.what ?? undefined }, asked.at)),
  })
  addChange(app, context, 'POST /approvals/:id/refuse', {
    summary: 'Do not approve it, and say why: `approval.refused`', params: idParams, body: z.strictObject({ reason: z.string().trim().min(1).max(2_000) }), answer: approvalItem,
    change: (asked) => answered(asked, () => refuseApproval(asked.bailee.ledger, { approval: asked.params.id, by: personOf(asked.principal), reason: asked.body.reason }, asked.at)),
  })
  addChange(app, context, 'POST /approvals/:id/withdraw', {
    summary: 'Take it back, asked for or given: `approval.withdrawn`; sessions under it end', params: idParams, body: z.strictObject({}), answer: approvalItem,
    change: (asked) => answered(asked, () => withdrawApproval(asked.bailee.ledger, { approval: asked.params.id, by: personOf(asked.principal) }, asked.at)),
  })
}
