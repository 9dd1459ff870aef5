import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { assess, frenchOf, inFrench, questions, standingsOf, type Assessment } from '#assessment'
import { allControllers, theProcessor } from '#contract'
import { checkRecord, driftOf, isCompliant, recordsOf, type RegisterRecord } from '#register'
import { formatDay } from '#kit/time'
import { listingOf, pageOf, pageQuery } from '../listing.ts'
import type { Reading } from '../reading.ts'
import { addReading, type RouteContext } from '../route.ts'
import { assessment, registerListing, type registerItem } from '../schemas/register.ts'
import { nameOf, shownInstant } from '../shown.ts'

/** `/register` and `/assessments`. */
export function addRegister(app: FastifyInstance, context: RouteContext): void {
  addReading(app, context, 'GET /register', {
    summary: 'The record of processing per controller (Art. 30(2)): what it holds, what it lacks, where declared and seen part', query: pageQuery.extend({ controller: z.string().max(200).optional() }), answer: registerListing,
    handle: async (asked) => {
      const all = await recordsShown(asked, asked.query.controller)
      const lacks = all.map((record) => checkRecord(record).filter(({ required }) => required).length).filter((count) => count > 0)
      const page = pageOf(all, ({ controller }) => controller.id, asked.query)
      return { ...page, items: page.items.map(shownRecord), lacking: { controllers: lacks.length, things: lacks.reduce((sum, count) => sum + count, 0) } }
    },
  })
  addReading(app, context, 'GET /assessments', {
    summary: 'What the law makes of what was declared, by the law of the moment shown: scope of the Regulation, and each transfer to a third country; then what was recorded (`A-...`), newest first, with what changed since among its reasons', query: pageQuery.extend({ language }), answer: listingOf(assessment),
    handle: async (asked) => { const page = pageOf(await assessmentsOf(asked), ({ id }) => id, asked.query); return { ...page, items: page.items.map((one) => saidIn(asked.query.language, one)) } },
  })
}

/** What the law's answers are read in. They are made and recorded in English. */
export const language = z.enum(['en', 'fr']).default('en')

const assumedOfPeople = ['that people in the Union are in the data, and that their behaviour is followed, is assumed: bailee register assess scope asks for both', 'que des personnes dans l’Union figurent dans les données et que leur comportement est suivi est supposé : bailee register assess scope demande les deux'] as const

/** An answer in that language; what has no French stays in English. */
export function saidIn<Shown extends z.output<typeof assessment>>(wanted: z.output<typeof language>, shown: Shown): Shown {
  if (wanted === 'en') return shown
  const { asks, unconfirmed } = shown
  return { ...inFrench({ ...shown, asks: asks ?? undefined }), asks: asks === null ? null : (frenchOf(asks) ?? asks), unconfirmed: unconfirmed.map((one) => (one === assumedOfPeople[0] ? assumedOfPeople[1] : (frenchOf(one) ?? one))) }
}

/** Records of all controllers that may be seen, or of one. */
export async function recordsShown({ bailee: { database }, principal, at }: Reading, controller: string | undefined): Promise<RegisterRecord[]> {
  if (await theProcessor(database) === undefined) return []
  const own = principal.controller?.id
  const controllers = (await allControllers(database)).map(({ id }) => id).filter((id) => (own === undefined || id === own) && (controller === undefined || id === controller)).sort()
  return controllers.length === 0 ? [] : recordsOf(database, { controllers }, at)
}

type Party = z.output<typeof registerItem>['processor']

const partyOf = ({ name, country, address, email, telephone, representative, dpo }: RegisterRecord['processor']): Party => ({ name, country, address, email, telephone, representative: contactOf(representative), dpo: contactOf(dpo) })
function contactOf(told: RegisterRecord['processor']['representative']): Party['dpo'] {
  return told.is === 'told' ? { is: 'told', value: { name: told.value.name, contact: told.value.contact, ...(told.value.country === undefined ? {} : { country: told.value.country }) } } : told
}

function shownRecord(record: RegisterRecord): z.output<typeof registerItem> {
  const missing = checkRecord(record)
  const { transfers, measures, subProcessors } = record
  return {
    controller: { ...partyOf(record.controller), id: record.controller.id }, processor: partyOf(record.processor), compliant: isCompliant(record), standing: missing.some(({ required }) => required) ? 'unknown' : 'declared',
    contracts: record.contracts.map((one) => ({ id: one.id, starts: shownInstant(one.starts) ?? '', ends: shownInstant(one.ends), endedAt: shownInstant(one.endedAt), subjectMatter: one.subjectMatter ?? null, choice: one.choice ?? null })),
    categories: record.categories.map((one) => ({
      instruction: one.instruction, contract: one.contract, state: one.state, purposes: [...one.purposes], operations: [...one.operations], environments: [...one.environments], from: shownInstant(one.from), until: shownInstant(one.until), inForce: one.inForce,
      observed: one.observed === undefined ? null : { sessions: one.observed.sessions, rows: one.observed.rows, first: shownInstant(one.observed.first) ?? '', last: shownInstant(one.observed.last) ?? '' },
    })),
    transfers: transfers.is === 'told' ? { is: 'told', value: transfers.value.map(({ contract, country, tool, declared, seen }) => ({ contract: contract ?? null, country, tool, declared, seen: [...seen] })) } : transfers,
    measures: measures.is === 'told' ? { is: 'told', value: measures.value.map(({ heading, text }) => ({ heading, text })) } : measures,
    subProcessors: subProcessors.is === 'told' ? { is: 'told', value: subProcessors.value.map(({ name, country, contact, purpose }) => ({ name, country, contact, purpose: purpose ?? null })) } : subProcessors,
    places: record.places.map((place) => ({ ...place, datasets: [...place.datasets] })), copies: record.copies.length, missing: missing.map(({ code, contract, required, says }) => ({ code, contract: contract ?? null, required, says })), drift: driftOf(record).map((one) => ({ ...one })),
  }
}

/** Questions that can be answered from what was declared. The others need facts that nobody declares: a route of its own asks for them. */
export async function assessmentsOf(reading: Reading): Promise<z.output<typeof assessment>[]> {
  const { bailee: { database }, at } = reading
  const processor = await theProcessor(database)
  if (processor === undefined) return []
  const scope = assess('scope', { country: processor.country, subjects_in_union: true, relation: 'monitoring' }, at)
  const shown = (one: Pick<Assessment, 'rule' | 'article' | 'at' | 'outcome' | 'reasons' | 'unconfirmed'>, id: string, controller: { id: string; name: string } | null): z.output<typeof assessment> => ({ id, controller, asks: null, rule: one.rule, article: one.article, at: one.at, outcome: one.outcome, standing: one.unconfirmed.length > 0 ? 'unknown' : 'declared', reasons: [...one.reasons], unconfirmed: [...one.unconfirmed], euros: null })
  const transfers = (await recordsShown(reading, undefined)).flatMap((record) => (record.transfers.is !== 'told' ? [] : record.transfers.value.filter(({ country }) => country !== 'unknown').map(({ country, tool, contract }) => {
    const answer = assess('transfer', { country, ...(tool.is === 'told' && ['standard_clauses', 'binding_rules', 'derogation'].includes(tool.value) ? { tool: tool.value } : {}) }, at)
    return shown(answer, `transfer ${record.controller.id} ${contract ?? ''} ${country}`, nameOf(record.controller))
  })))
  const named = new Map((await allControllers(database)).map((one) => [one.id, nameOf(one)]))
  const recorded = (await standingsOf(database, at)).map(({ recorded: one, standing }) => ({
    ...shown({ ...one, at: formatDay(one.lawAt), reasons: [...one.reasons, ...(standing.is === 'as it was' ? [] : [`${standing.is}: ${standing.says.join('; ')}`])] }, one.id, named.get(one.controller ?? '') ?? null), asks: questions.find(({ id }) => id === one.question)?.asks ?? null, euros: one.amounts === null || one.amounts === undefined ? null : { ceiling: one.amounts.ceilingEuros, least: one.amounts.euros[0], most: one.amounts.euros[1] },
  }))
  return [{ ...shown(scope, 'scope', null), unconfirmed: [...scope.unconfirmed, assumedOfPeople[0]] }, ...[...new Map(transfers.map((one) => [one.id, one])).values()], ...recorded]
}
