import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { openBreach } from '#breach'
import { reviewLeaks, handErasure, handSweep, traceContext } from '#composition'
import { allCertificates, endContract, confirmErasure, certify, reviewCertificates } from '#erasure'
import { approveGrant, proposeGrant, revokeGrant } from '#instruction'
import { openJobs, type Jobs } from '#job'
import { Misuse } from '#kit/errors'
import { parseInstant } from '#kit/time'
import { addChange, personOf } from '../change.ts'
import type { RouteContext } from '../route.ts'
import { idParams } from '../schemas/shared.ts'

const nothing = z.strictObject({})
const state = z.object({ id: z.string(), state: z.string() })
const id = z.string().min(1).max(200)

/** What the portal records: each through the function that stands behind the command. */
export function addChanges(app: FastifyInstance, context: RouteContext): void {
  addGrantChanges(app, context)
  addWork(app, context)
}

function addGrantChanges(app: FastifyInstance, context: RouteContext): void {
  addChange(app, context, 'POST /grants', {
    summary: 'Propose that a person may act under an instruction: `grant.proposed`; a second person approves', body: z.strictObject({ person: id, instruction: id, until: z.string().max(40) }), answer: state,
    change: async ({ bailee, at, body, principal }) => {
      const until = parseInstant(body.until)
      if (until === undefined) throw new Misuse('until takes a date such as 2020-12-01: the first day that is no longer granted')
      return proposeGrant(bailee.ledger, { person: body.person, instruction: body.instruction, until, by: personOf(principal) }, at)
    },
  })
  addChange(app, context, 'POST /grants/:id/approve', {
    summary: 'Approve a grant that another person proposed: `grant.approved`', params: idParams, body: nothing, answer: state,
    change: async ({ bailee, at, params, principal }) => approveGrant(bailee.ledger, { grant: params.id, by: personOf(principal) }, at),
  })
  addChange(app, context, 'POST /grants/:id/revoke', {
    summary: 'End a grant at once: `grant.revoked`', params: idParams, body: nothing, answer: state,
    change: async ({ bailee, at, params, principal }) => {
      await revokeGrant(bailee.ledger, { grant: params.id, by: personOf(principal) }, at)
      return { id: params.id, state: 'revoked' }
    },
  })
}

/** Does something with the queue of workers. */
async function withJobs({ bailee: { database } }: RouteContext, work: (jobs: Jobs) => Promise<void>): Promise<void> {
  const jobs = await openJobs(database)
  try {
    await work(jobs)
  } finally {
    await jobs.close()
  }
}

function addWork(app: FastifyInstance, context: RouteContext): void {
  addChange(app, context, 'POST /sweeps', {
    summary: 'Leave a search to the workers', body: z.strictObject({ stores: z.array(id).min(1).max(1_000).optional(), changed: z.boolean().default(false) }), answer: z.object({ state: z.literal('waiting') }),
    change: async ({ body }) => {
      await withJobs(context, (jobs) => handSweep(jobs, { stores: body.stores, changed: body.changed, catalogue: true }))
      return { state: 'waiting' as const }
    },
  })
  addChange(app, context, 'POST /contracts/:id/end', {
    summary: 'End a contract and open its exit case: `contract.ended`, `erasure.opened`', params: idParams, body: z.strictObject({ terminated: z.boolean().default(false) }), answer: state,
    change: async ({ bailee, at, params, body }) => endContract(traceContext(bailee), { contract: params.id, terminated: body.terminated }, at),
  })
  addChange(app, context, 'POST /erasures/:id/run', {
    summary: 'Leave an erasure to the workers, as far as it goes', params: idParams, body: nothing, answer: z.object({ state: z.literal('waiting') }),
    change: async ({ bailee, params, principal }) => {
      const operator = personOf(principal)
      await withJobs(context, (jobs) => handErasure(bailee, jobs, { erasure: params.id, operator }))
      return { state: 'waiting' as const }
    },
  })
  addChange(app, context, 'POST /erasures/:id/confirm', {
    summary: 'Confirm, as a second person, what was erased and searched: `erasure.confirmed`', params: idParams, body: nothing, answer: state,
    change: async ({ bailee, at, params, principal }) => confirmErasure(bailee.ledger, { erasure: params.id, by: personOf(principal) }, at),
  })
  addChange(app, context, 'POST /erasures/:id/certify', {
    summary: 'Issue the certificate of a confirmed erasure: `certificate.issued`', params: idParams, body: nothing, answer: z.object({ id: z.string(), status: z.string() }),
    change: async ({ bailee, at, params }) => {
      const certificate = await certify(traceContext(bailee), params.id, at)
      await reviewCertificates(bailee.ledger, at)
      return (await allCertificates(bailee.database)).find(({ id: other }) => other === certificate.id) ?? certificate // as it stands after what was found since
    },
  })
  addChange(app, context, 'POST /breaches', {
    summary: 'Open a breach of the controller of a finding, or of a controller that is named: `breach.opened`', body: z.strictObject({ finding: id.optional(), controller: id.optional(), nature: z.string().min(1).max(2_000), awareAt: z.string().max(40).optional() }), answer: z.object({ breaches: z.array(z.string()) }),
    change: async ({ bailee, at, body, principal }) => {
      const awareAt = body.awareAt === undefined ? undefined : parseInstant(body.awareAt)
      if (body.awareAt !== undefined && awareAt === undefined) throw new Misuse('awareAt takes a date such as 2022-11-06T09:00:00Z: the clocks run from here')
      const { breaches } = await openBreach(traceContext(bailee), { sample: undefined, finding: body.finding, controller: body.controller, nature: body.nature, by: personOf(principal), awareAt }, at)
      await reviewLeaks(bailee, at)
      return { breaches: breaches.map((one) => one.id) }
    },
  })
}
