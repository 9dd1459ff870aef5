import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import { allContracts, allControllers, choiceNow, choicesOf, matrixOf, releasesOf, returnKeysOf, termsOf, type Contract } from '#contract'
import { allErasures } from '#erasure'
import { allInstructions, type Instruction } from '#instruction'
import { reachOf } from '../reach.ts'
import type { Reading } from '../reading.ts'
import { addReading, mustBeThere, type RouteContext } from '../route.ts'
import { contractPage } from '../schemas/contract.ts'
import { idParams } from '../schemas/shared.ts'
import { controllersById, minded, shownInstant } from '../shown.ts'
import { shownContract } from './controllers.ts'

type Page = z.output<typeof contractPage>

/** `/contracts/:id`. */
export function addContracts(app: FastifyInstance, context: RouteContext): void {
  addReading(app, context, 'GET /contracts/:id', {
    summary: 'What binds a controller and the processor: what it says, what it does not, when it ends', params: idParams, answer: contractPage,
    handle: async (asked) => {
      const reach = await reachOf(asked)
      const found = minded(asked.principal, await allContracts(asked.bailee.database)).find(({ id, controller }) => id === asked.params.id && (reach === undefined || reach.controllers.has(controller)))
      return pageOfContract(asked, mustBeThere(found, 'contract'))
    },
  })
}

async function pageOfContract({ bailee: { database } }: Reading, one: Contract): Promise<Page> {
  const [made, released, keys] = [await choicesOf(database, one.id), await releasesOf(database, one.id), await returnKeysOf(database, one.id)]
  const instructions = (await allInstructions(database)).filter(({ contract }) => contract === one.id)
  const erasure = (await allErasures(database)).find(({ contract }) => contract === one.id)
  const { declared: { at_end: end, ...declared } } = one
  const transfers = declared['transfers'] as readonly { readonly country: string; readonly tool: string }[] | undefined
  const key = keys.at(-1)
  return {
    ...shownContract(one, choiceNow(one, made)), controller: controllersById(await allControllers(database))(one.controller), document: textOf(declared['document']), subjectMatter: textOf(declared['subject_matter']),
    withinDays: end?.within_days ?? null, retrievalDays: end?.retrieval_days ?? null, clause: end?.clause ?? null, breachNoticeHours: typeof declared['breach_notice_hours'] === 'number' ? declared['breach_notice_hours'] : null, elements: elementsOf(one, instructions),
    terms: matrixOf(one, await termsOf(database)).map(({ term, asks, standing, clause, from }) => ({ term, asks, standing, clause: clause ?? null, from: from ?? null })),
    choices: made.map(({ choice, recipient, signatory, custody, madeAt }) => ({ choice, recipient, by: signatory, key: custody, at: shownInstant(madeAt) ?? '' })), released: released.map(({ how, signatory, releasedAt }) => ({ how, by: signatory, at: shownInstant(releasedAt) ?? '' })),
    returnKey: key === undefined ? null : { recipient: key.recipient, by: key.signatory, at: shownInstant(key.namedAt) ?? '' },
    instructions: instructions.map(({ id, scope, state }) => ({ id, name: scope.text, state })), erasure: erasure?.id ?? null, transfers: transfers === undefined ? null : transfers.map(({ country, tool }) => ({ country, tool })), deadline: shownInstant(erasure?.deadline),
  }
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)

/** Element by element. What is not declared here may stand in the signed text: only a person can say so. */
function elementsOf({ declared }: Contract, instructions: readonly Instruction[]): Page['elements'] {
  const document = textOf(declared['document'])
  const unsaid = document === null ? 'missing' as const : 'in the document' as const
  const subs = declared['sub_processors'] as { readonly authorisation: string } | undefined
  const told = (element: Page['elements'][number]['element'], says: string | null): Page['elements'][number] => ({ element, told: says === null ? unsaid : 'told', says })
  return [
    told('subject matter', textOf(declared['subject_matter'])), told('28(3)(a) instructions', instructions.length === 0 ? null : instructions.map(({ id }) => id).join(', ')), told('28(3)(b) confidentiality', null), told('28(3)(c) security', null), told('28(3)(d) sub-processors', subs?.authorisation ?? null),
    told('28(3)(e) rights of people', null), told('28(3)(f) assistance', typeof declared['breach_notice_hours'] === 'number' ? `${declared['breach_notice_hours']} h` : null), told('28(3)(g) end', declared.at_end?.choice ?? null), told('28(3)(h) audits', null),
  ]
}
