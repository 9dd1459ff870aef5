import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { allContracts, allControllers } from '#contract'
import { sessionsSeen } from '#gateway'
import { allGrants, allInstructions, allWarnings, isInForce, isSuspended, proposalHash, type Grant, type Instruction } from '#instruction'
import { allPeople } from '#people'
import { listingOf, pageOf, pageQuery } from '../listing.ts'
import { reachOf } from '../reach.ts'
import type { Reading } from '../reading.ts'
import { addReading, mustBeThere, type RouteContext } from '../route.ts'
import { instructionItem, instructionPage } from '../schemas/instruction.ts'
import { idParams } from '../schemas/shared.ts'
import { controllersById, minded, nameOf, shownInstant } from '../shown.ts'

type Item = z.output<typeof instructionItem>

const filters = pageQuery.extend({
  controller: z.string().max(200).optional(), state: z.enum(['proposed', 'accepted', 'superseded', 'withdrawn']).optional(), inForce: z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional().describe('`true` or `false`'), q: z.string().max(100).optional().describe('in the id, the text or a purpose'),
})

/** `/instructions` and `/instructions/:id`. */
export function addInstructions(app: FastifyInstance, context: RouteContext): void {
  addReading(app, context, 'GET /instructions', {
    summary: 'What controllers told the processor to do', query: filters, answer: listingOf(instructionItem),
    handle: async (asked) => {
      const { controller, state, inForce, q } = asked.query
      const wanted = q?.toLowerCase()
      const { items } = await instructionsOf(asked)
      return pageOf(items.filter((one) => (controller === undefined || one.controller.id === controller) && (state === undefined || one.state === state) && (inForce === undefined || one.inForce === inForce)
        && (wanted === undefined || [one.id, one.text, ...one.purposes].some((text) => text.toLowerCase().includes(wanted)))), ({ id }) => id, asked.query)
    },
  })
  addReading(app, context, 'GET /instructions/:id', {
    summary: 'One instruction: its scope, who may act on it, its use', params: idParams, answer: instructionPage,
    handle: async (asked) => {
      const { items, known } = await instructionsOf(asked)
      const item = mustBeThere(items.find(({ id }) => id === asked.params.id), 'instruction')
      return pageOfInstruction(asked, item, known)
    },
  })
}

/** Every instruction that may be seen: proposals first, then those in force, each by id. */
export async function instructionsOf(reading: Reading): Promise<{ items: Item[]; known: readonly Instruction[] }> {
  const { bailee: { database }, principal, at } = reading
  const reach = await reachOf(reading)
  const known = minded(principal, await allInstructions(database)).filter(({ id }) => reach === undefined || reach.instructions.has(id))
  const ended = new Map((await allContracts(database)).map(({ id, endedAt }) => [id, endedAt]))
  const named = controllersById(await allControllers(database))
  const grants = Map.groupBy((await allGrants(database)).filter((grant) => isHeld(grant, at)), ({ instruction }) => instruction)
  const items = known.map((one): Item => ({
    ...scopeShown(one), id: one.id, controller: named(one.controller), contract: one.contract, state: one.state, inForce: one.from <= at && !isSuspended(one, at) && isInForce(one, ended.get(one.contract), at), standing: standingOf(one),
    acceptedAt: shownInstant(one.acceptedAt), acceptedBy: one.acceptedBy ?? null, acceptedWith: one.acceptedWith ?? null, endedAt: shownInstant(one.endedAt), supersededBy: one.supersededBy ?? null, endedReason: one.endedReason ?? null, grants: grants.get(one.id)?.length ?? 0,
  }))
  const rank = ({ state, inForce }: Item): number => (state === 'proposed' ? 0 : inForce ? 1 : 2)
  return { items: items.sort((one, other) => rank(one) - rank(other) || (one.id < other.id ? -1 : 1)), known }
}

const isHeld = ({ state, until }: Grant, at: number): boolean => state === 'approved' && at < until

function scopeShown({ scope, from, until }: Instruction): Pick<Item, 'text' | 'purposes' | 'operations' | 'environments' | 'recipients' | 'identifiable' | 'data' | 'from' | 'until' | 'rowsPerSession' | 'rowsPerDay' | 'supersedes'> {
  return {
    text: scope.text, purposes: [...scope.purposes], operations: [...scope.operations], environments: [...scope.environments], recipients: [...(scope.recipients ?? [])], identifiable: scope.identifiable ?? null,
    data: Object.entries(scope.data).map(([dataset, columns]) => ({ dataset, columns: columns === '*' ? columns : [...columns] })),
    from: shownInstant(from), until: shownInstant(until), rowsPerSession: scope.rows_per_session ?? null, rowsPerDay: scope.rows_per_day ?? null, supersedes: scope.supersedes ?? null,
  }
}

/** Of its acceptance: whose key signed it. What was never accepted is what somebody says. */
function standingOf({ state, acceptedAt, acceptedWith }: Instruction): Item['standing'] {
  if (acceptedAt === undefined) return state === 'proposed' ? 'pending' : 'declared'
  return acceptedWith === undefined || acceptedWith === 'this machine' ? 'declared' : 'verified'
}

async function pageOfInstruction({ bailee: { database }, principal, at }: Reading, item: Item, known: readonly Instruction[]): Promise<z.output<typeof instructionPage>> {
  const one = mustBeThere(known.find(({ id }) => id === item.id), 'instruction')
  const people = new Map((await allPeople(database)).map((person) => [person.id, nameOf(person)]))
  const use = minded(principal, await sessionsSeen(database, { instruction: item.id })).find(({ instruction }) => instruction === item.id)
  return {
    ...item, scope: { ...one.scope }, scopeSha256: proposalHash(one.scope),
    grantList: minded(principal, await allGrants(database)).filter(({ instruction }) => instruction === item.id).map((grant) => ({
      id: grant.id, person: people.get(grant.person) ?? { id: grant.person, name: grant.person }, instruction: grant.instruction, state: grant.state, until: shownInstant(grant.until) ?? '', holds: isHeld(grant, at),
      proposedBy: grant.proposedBy ?? null, approvedBy: grant.approvedBy ?? null, approvedAt: shownInstant(grant.approvedAt), revokedAt: shownInstant(grant.revokedAt),
      emergency: grant.emergency ?? null, reviewedBy: grant.reviewedBy ?? null, reviewedAt: shownInstant(grant.reviewedAt),
    })),
    warnings: (await allWarnings(database)).filter(({ instruction }) => instruction === item.id).reverse().map((warning) => ({
      number: warning.number, provision: warning.provision, reasons: warning.reasons, by: people.get(warning.warnedBy)?.name ?? warning.warnedBy, at: shownInstant(warning.warnedAt) ?? '', suspended: warning.suspended, answer: warning.answer, answerSays: warning.answerSays, endedAt: shownInstant(warning.endedAt),
    })),
    use: use === undefined ? null : { sessions: use.sessions, rows: use.rows, first: shownInstant(use.first) ?? '', last: shownInstant(use.last) ?? '' },
    versions: versionsOf(one, known).map(({ id, state }) => ({ id, state })),
  }
}

/** The line of versions that an instruction stands in, oldest first. Ends where one names itself again. */
function versionsOf(one: Instruction, known: readonly Instruction[]): Instruction[] {
  const byId = new Map(known.map((each) => [each.id, each]))
  const line = [one]
  for (let before = byId.get(one.scope.supersedes ?? ''); before !== undefined && !line.includes(before); before = byId.get(before.scope.supersedes ?? '')) line.unshift(before)
  for (let after = byId.get(one.supersededBy ?? ''); after !== undefined && !line.includes(after); after = byId.get(after.supersededBy ?? '')) line.push(after)
  return line
}
