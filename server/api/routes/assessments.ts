import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { questions, shapeText, standingsOf, type FactValue } from '#assessment'
import { listingOf, pageOf, pageQuery } from '../listing.ts'
import type { Reading } from '../reading.ts'
import { addReading, mustBeThere, type RouteContext } from '../route.ts'
import { assessmentPage, questionItem } from '../schemas/register.ts'
import { idParams } from '../schemas/shared.ts'
import { shownInstant } from '../shown.ts'
import { assessmentsOf, language, saidIn } from './register.ts'

/** `/assessments/:id` and `/questions`. */
export function addAssessments(app: FastifyInstance, context: RouteContext): void {
  addReading(app, context, 'GET /assessments/:id', { summary: 'One assessment: what it rests on, its reasons, and what changed since', params: idParams, query: z.object({ language }), answer: assessmentPage, handle: async (asked) => saidIn(asked.query.language, await pageOfAssessment(asked)) })
  addReading(app, context, 'GET /questions', {
    summary: 'What can be assessed, by which rules, from which facts', query: pageQuery, answer: listingOf(questionItem),
    handle: async ({ query }) => pageOf(questions.map(({ id, asks, obligations, rules, facts }) => ({ id, asks, obligations: [...obligations], rules: rules.map(({ name, from }) => ({ name, from })), facts: Object.entries(facts).map(([name, fact]) => ({ name, says: fact.says, shape: shapeText(fact), optional: fact.optional === true })) })), ({ id }) => id, query),
  })
}

const valueText = (value: FactValue): string => (typeof value === 'boolean' ? (value ? 'yes' : 'no') : typeof value === 'object' ? value.join(', ') : String(value))

async function pageOfAssessment(asked: Reading & { readonly params: { readonly id: string } }): Promise<z.output<typeof assessmentPage>> {
  const shown = mustBeThere((await assessmentsOf(asked)).find(({ id }) => id === asked.params.id), 'assessment')
  const recorded = (await standingsOf(asked.bailee.database, asked.at)).find((one) => one.recorded.id === shown.id)
  if (recorded === undefined) return { ...shown, question: null, verdict: null, facts: [], pending: [], note: null, by: null, recordedAt: null, replaces: null, activity: null, since: null }
  const { recorded: one, standing } = recorded
  const question = questions.find(({ id }) => id === one.question)
  return {
    ...shown, reasons: [...one.reasons], question: one.question, verdict: one.verdict, pending: [...one.pending], note: one.note, by: one.by, recordedAt: shownInstant(one.recordedAt), replaces: one.replaces, activity: one.activity,
    facts: Object.entries(one.facts).map(([name, { value, source }]) => ({ name, says: question?.facts[name]?.says ?? null, value: valueText(value), source })), since: { is: standing.is, says: [...standing.says], now: standing.now ?? null },
  }
}
