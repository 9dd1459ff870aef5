import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { allControllers, type Controller } from '#contract'
import { compile, decide, type Act, type Decision } from '#decision'
import { recordsToJudge } from '#instruction'
import { countDecisions, entryAt, newestDecisions, partOf, type Entry } from '#ledger'
import { allPeople } from '#people'
import { pageOf, pageQuery, readCursor, writeCursor } from '../listing.ts'
import { Unanswered } from '../problem.ts'
import { reachOf } from '../reach.ts'
import type { Reading } from '../reading.ts'
import { addReading, mustBeThere, type RouteContext } from '../route.ts'
import { decided, decisionListing, decisionPage, type decisionItem } from '../schemas/decision.ts'
import { idParams } from '../schemas/shared.ts'
import { nameOf, shownInstant } from '../shown.ts'

type Item = z.output<typeof decisionItem>

/** Decisions among which somebody's own are looked for: who acted is sealed, so that no index tells. */
const ownMax = 2_000

/** Decisions that are counted: a number that nobody reads to its last digit is not worth reading every decision for, page by page. */
const countedMax = 10_000

/** `/decisions` and `/decisions/:id`. */
export function addDecisions(app: FastifyInstance, context: RouteContext): void {
  addReading(app, context, 'GET /decisions', {
    summary: 'Acts that were allowed or refused, newest first', query: pageQuery.extend({ controller: z.string().max(200).optional(), outcome: z.enum(['allowed', 'refused']).optional() }), answer: decisionListing,
    handle: async (asked) => {
      const { controller, outcome, cursor, limit } = asked.query
      const names = await namesOf(asked)
      const [slots, own] = [await slotsOf(asked, names.controllers, controller), ownOnly(asked)]
      if (own !== undefined) {
        const entries = await newestDecisions(asked.log, { slots, outcome, limit: ownMax, until: asked.at })
        return { more: entries.length === ownMax, ...pageOf(entries.map((entry) => shownDecision(entry, names)).filter(({ person }) => person?.id === own), ({ id }) => id, asked.query) }
      }
      const entries = await newestDecisions(asked.log, { slots, outcome, limit: limit + 1, until: asked.at, before: cursor === undefined ? undefined : placeIn(cursor) })
      const last = entries.length > limit ? entries[limit - 1] : undefined
      return { items: entries.slice(0, limit).map((entry) => shownDecision(entry, names)), next: last === undefined ? null : writeCursor(`${last.at} ${last.slot} ${last.index}`), ...await countDecisions(asked.log, { slots, outcome, until: asked.at }, countedMax) }
    },
  })
  addReading(app, context, 'GET /decisions/:id', {
    summary: 'One decision: what was asked for, what failed, what would be the way', params: idParams, answer: decisionPage,
    handle: async (asked) => {
      const [, slot, index] = /^(0|[1-9]\d{0,8})-(0|[1-9]\d{0,14})$/.exec(asked.params.id) ?? []
      const names = await namesOf(asked)
      const slots = await slotsOf(asked, names.controllers, undefined)
      const may = slot !== undefined && (slots === undefined || slots.includes(Number(slot)))
      const entry = may ? await entryAt(asked.log, Number(slot), Number(index)) : undefined
      const found = entry !== undefined && entry.at <= asked.at && /^decision[.](allowed|refused)$/.test(entry.type) ? shownDecision(entry, names) : undefined
      const own = ownOnly(asked)
      const item = mustBeThere(own !== undefined && found?.person?.id !== own ? undefined : found, 'decision')
      return pageOfDecision(asked, item, entry as Entry)
    },
  })
}

/** Engineers and analysts see their own acts, whoever else's are in the same log. */
export const ownOnly = ({ principal }: Reading): string | undefined => (principal.controller === null && !principal.roles.some((role) => role === 'owner' || role === 'dpo' || role === 'auditor') ? (principal.person ?? '') : undefined)

/** Logs that may be looked into: undefined for all. What was refused before it was known whose data were meant stands in the common log, and only the firm's own people see it. */
export async function slotsOf(reading: Reading, controllers: readonly Controller[], wanted: string | undefined): Promise<number[] | undefined> {
  const { principal } = reading
  const reach = await reachOf(reading)
  if (wanted === undefined && principal.controller === null && reach === undefined) return undefined
  return controllers.filter(({ id, slot }) => (wanted === undefined || id === wanted) && (principal.controller === null || slot === principal.controller.slot) && (reach === undefined || reach.controllers.has(id))).map(({ slot }) => slot)
}

function placeIn(cursor: string): { at: number; slot: number; index: number } {
  const [, at, slot, index] = /^(\d{1,12}) (\d{1,9}) (\d{1,15})$/.exec(readCursor(cursor)) ?? []
  if (index === undefined) throw new Unanswered(400, 'request/cursor', 'that cursor is not of this listing; begin again without it')
  return { at: Number(at), slot: Number(slot), index: Number(index) }
}

export interface Names { readonly controllers: readonly Controller[]; readonly people: ReadonlyMap<string, { readonly id: string; readonly name: string }> }

/** Whose data and which people decisions may name. */
export async function namesOf({ bailee: { database } }: Reading): Promise<Names> {
  return { controllers: await allControllers(database), people: new Map((await allPeople(database)).map((person) => [person.id, nameOf(person)])) }
}

interface Recorded { readonly act?: Partial<Act>; readonly decision?: Partial<Decision>; readonly because?: string }

/** What is recorded of a decision: in the log of a controller as evidence, in the common one, of somebody who asked for nothing that can be judged, as access. */
function recordedIn(entry: Entry): Recorded | undefined {
  const evidence = partOf<Recorded>(entry, 'evidence')
  if (evidence !== undefined) return evidence
  const access = partOf<{ asked?: Readonly<Record<string, unknown>>; because?: string }>(entry, 'access')
  if (access === undefined) return undefined
  const person = access.asked?.['person'] ?? access.asked?.['user']
  return { ...(access.because === undefined ? {} : { because: access.because }), act: typeof person === 'string' ? { person } : {} }
}

/** A decision as it is listed. */
export function shownDecision(entry: Entry, { controllers, people }: Names): Item {
  const recorded = recordedIn(entry)
  const { act = {}, decision = {} } = recorded ?? {}
  const controller = controllers.find(({ slot }) => slot === entry.slot)
  return {
    id: `${entry.slot}-${entry.index}`, at: shownInstant(entry.at) ?? '', controller: controller === undefined ? null : nameOf(controller), entry: entry.index, outcome: entry.type === 'decision.allowed' ? 'allowed' : 'refused',
    person: act.person === undefined ? null : (people.get(act.person) ?? { id: act.person, name: act.person }), purpose: act.purpose ?? null, operation: act.operation ?? null, environment: act.environment ?? null, datasets: Object.keys(act.data ?? {}),
    under: [...(decision.under ?? [])], failing: [...(decision.failing ?? [])], readable: recorded !== undefined,
  }
}

async function pageOfDecision({ bailee, at }: Reading, item: Item, entry: Entry): Promise<z.output<typeof decisionPage>> {
  const { act, decision, because = null } = recordedIn(entry) ?? {}
  const whole = act !== undefined && act.controller !== undefined && act.data !== undefined && act.operation !== undefined ? (act as Act) : undefined
  const world = await recordsToJudge(bailee.ledger)
  const index = compile(world)
  // Only what is asked for: whoever looks at a refusal wants to know which of the instructions there are is nearest, whichever it named.
  const roads = whole === undefined ? [] : world.instructions.filter(({ controller, acceptedAt, endedAt }) => controller === whole.controller && acceptedAt !== undefined && endedAt === undefined)
    .map(({ id, scope }) => ({ instruction: id, text: scope.text, failing: [...decide({ ...whole, at, instruction: id }, index).failing] })).sort((one, other) => one.failing.length - other.failing.length || (one.instruction < other.instruction ? -1 : 1))
  return {
    ...item, act: act === undefined ? null : { ...act }, decision: shownDecided(decision), because, now: whole === undefined ? null : shownDecided(decide({ ...whole, at }, index)), roads: roads.slice(0, 20),
  }
}

/** A decision's parts, where it was recorded with all of them. */
export function shownDecided(decision: Partial<Decision> | undefined): z.output<typeof decided> | null {
  const parsed = decided.safeParse(decision)
  return parsed.success ? parsed.data : null
}
