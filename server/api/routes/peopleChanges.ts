import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { reassess } from '#assessment'
import { leave } from '#composition'
import { allContracts, recordTerm, termCodes } from '#contract'
import { allGrants, answerReview, confirmReview, findReview } from '#instruction'
import { allPeople, findTraining, readCourse, takeCourse } from '#people'
import { Misuse, Refused } from '#kit/errors'
import { addChange, personOf } from '../change.ts'
import { mustBeThere, type RouteContext } from '../route.ts'
import { idParams } from '../schemas/shared.ts'

const id = z.string().min(1).max(200)
const state = z.object({ id: z.string(), state: z.string() })

/** What is recorded of people, of what contracts say and of assessments: each through the function that stands behind the command. */
export function addPeopleChanges(app: FastifyInstance, context: RouteContext): void {
  addReviewChanges(app, context)
  addChange(app, context, 'POST /people/:id/leave', {
    summary: 'End at once everything that a person holds: `people.left`, `grant.revoked`', params: idParams, body: z.strictObject({ grants: z.number().int().min(0).describe('that were shown to end: with others now, nothing ends') }), answer: z.object({ id: z.string(), ended: z.array(z.object({ what: z.string(), id: z.string() })) }),
    change: async ({ bailee, at, params, body, principal }) => {
      mustBeThere((await allPeople(bailee.database)).find((one) => one.id === params.id), 'person')
      const held = (await allGrants(bailee.database)).filter((one) => one.person === params.id && one.state === 'approved' && at < one.until).length
      if (held !== body.grants) throw new Refused('people/changed', `${params.id} holds ${held} grants now, not ${body.grants}: look again before they end`)
      return { id: params.id, ended: (await leave(bailee.ledger, { person: params.id, by: personOf(principal) }, at)).map((one) => ({ what: one.what, id: one.id })) }
    },
  })
  addChange(app, context, 'POST /trainings/:id/answers', {
    summary: 'Give the answers of a training, all at once: `training.passed` or `training.failed`, with the score and never the answers', params: idParams, body: z.strictObject({ language: z.enum(['en', 'fr']).default('en'), answers: z.record(id, id) }),
    answer: z.object({ passed: z.boolean(), score: z.number().int(), questions: z.number().int(), wrong: z.array(z.object({ question: z.string(), because: z.string() })) }),
    change: async ({ bailee, at, params, body, principal }) => {
      const { course } = await findTraining(bailee.ledger, params.id)
      if (course === undefined) throw new Misuse(`training ${params.id} names no course: it is passed elsewhere`)
      const { passed, score, questions, wrong } = await takeCourse(bailee.ledger, { person: personOf(principal), training: params.id, course: readCourse(course, body.language), answers: new Map(Object.entries(body.answers)), via: 'sign-in' }, at)
      return { passed, score, questions, wrong: wrong.map(({ question, because }) => ({ question, because })) }
    },
  })
  addChange(app, context, 'POST /assessments/:id/reassess', {
    summary: 'Assess once more, by the law of today, from what is declared now and what is stated: `assessment.recorded`', params: idParams, answer: z.object({ id: z.string(), outcome: z.string() }),
    body: z.strictObject({ facts: z.record(z.string().max(60), z.strictObject({ value: z.union([z.boolean(), z.number(), z.string().max(500), z.array(z.string().max(500)).max(100)]), source: z.string().min(1).max(2_000) })).default({}), note: z.string().max(2_000).optional() }),
    change: async ({ bailee, at, params, body, principal }) => { const made = await reassess(bailee.ledger, { id: params.id, by: personOf(principal), facts: body.facts, note: body.note }, at); return { id: made.id, outcome: made.outcome } },
  })
  addChange(app, context, 'POST /contracts/:id/terms', {
    summary: 'Say in which clause a mandatory term stands, or that it stands in none: `contract.term_recorded`', params: idParams, body: z.strictObject({ term: z.enum(termCodes), clause: z.string().min(1).max(200) }), answer: state,
    change: async ({ bailee, at, params, body, principal }) => {
      mustBeThere((await allContracts(bailee.database)).find((one) => one.id === params.id), 'contract')
      await recordTerm(bailee.ledger, { contract: params.id, term: body.term, clause: body.clause, by: personOf(principal) }, at)
      return { id: params.id, state: 'recorded' }
    },
  })
}

function addReviewChanges(app: FastifyInstance, context: RouteContext): void {
  addChange(app, context, 'POST /reviews/:id/answers', {
    summary: 'Say of a grant under review that it is kept or revoked, and why: `review.answered`; a second person confirms', params: idParams, body: z.strictObject({ grant: id, answer: z.enum(['keep', 'revoke']), reason: z.string().min(1).max(2_000) }), answer: state,
    change: async ({ bailee, at, params, body, principal }) => {
      await answerReview(bailee.ledger, { review: params.id, grant: body.grant, answer: body.answer, reason: body.reason, by: personOf(principal) }, at)
      return { id: body.grant, state: body.answer }
    },
  })
  addChange(app, context, 'POST /reviews/:id/confirmations', {
    summary: 'Confirm, as a second person, what was said of a grant: `review.confirmed`', params: idParams, body: z.strictObject({ grant: id }), answer: state,
    change: async ({ bailee, at, params, body, principal }) => {
      await confirmReview(bailee.ledger, { review: params.id, grant: body.grant, by: personOf(principal) }, at)
      return { id: body.grant, state: (await findReview(bailee.ledger, params.id)).items.find((one) => one.grant === body.grant)?.outcome ?? 'confirmed' }
    },
  })
}
