import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { allControllers } from '#contract'
import { recentAnomalies, recentSessions } from '#gateway'
import { allGrants, allInstructions, type Grant } from '#instruction'
import { allPeople, allTrainings, standings, type Person, type Standing } from '#people'
import { monthsLater } from '#decision'
import { listingOf, pageOf, pageQuery } from '../listing.ts'
import type { Reading } from '../reading.ts'
import { addReading, mustBeThere, type RouteContext } from '../route.ts'
import { personItem, personPage } from '../schemas/people.ts'
import { idParams } from '../schemas/shared.ts'
import { controllersById, nameOf, shownInstant } from '../shown.ts'

type Item = z.output<typeof personItem>

/** `/people` and `/people/:id`: staff. Engineers and analysts see themselves alone. */
export function addPeopleRoutes(app: FastifyInstance, context: RouteContext): void {
  addReading(app, context, 'GET /people', {
    summary: 'Who may act, and whether they still should', query: pageQuery.extend({ here: z.stringbool({ truthy: ['true'], falsy: ['false'] }).optional(), q: z.string().max(100).optional() }), answer: listingOf(personItem),
    handle: async (asked) => {
      const wanted = asked.query.q?.toLowerCase()
      return pageOf((await peopleOf(asked)).filter((one) => (asked.query.here === undefined || one.here === asked.query.here) && (wanted === undefined || `${one.id} ${one.name} ${one.role}`.toLowerCase().includes(wanted))), ({ id }) => id, asked.query)
    },
  })
  addReading(app, context, 'GET /people/:id', {
    summary: 'One person: what they hold, and what they did', params: idParams, answer: personPage,
    handle: async (asked) => pageOfPerson(asked, mustBeThere((await peopleOf(asked)).find(({ id }) => id === asked.params.id), 'person')),
  })
}

export async function peopleOf({ bailee: { database }, principal, at }: Reading): Promise<Item[]> {
  const [trainings, known] = [await allTrainings(database), await standings(database)]
  const grants = Map.groupBy(await allGrants(database), ({ person }) => person)
  const all = principal.roles.some((role) => role === 'owner' || role === 'dpo' || role === 'auditor')
  return (await allPeople(database)).filter(({ id }) => all || id === principal.person).map((person): Item => {
    const standing = known.get(person.id)
    const mine = grants.get(person.id) ?? []
    const held = mine.filter((grant) => holds(grant, at)).length
    const passed = trainings.filter(({ requiredFor }) => requiredFor === '*' || requiredFor.includes(person.role)).map((training) => {
      const last = lastPassed(standing, training.id, at)
      const lapses = last === undefined ? undefined : monthsLater(last, training.validMonths)
      return { id: training.id, title: training.title, passedAt: shownInstant(last), lapsesAt: shownInstant(lapses), standing: lapses !== undefined && at < lapses ? 'verified' as const : 'invalid' as const }
    })
    return {
      ...nameOf(person), role: person.role, here: isHere(person, at), leftAt: shownInstant(person.leftAt), committedAt: shownInstant(standing?.committedAt), trainings: passed, grants: held, proposed: mine.filter(({ state, until }) => state === 'proposed' && at < until).length,
      standing: !isHere(person, at) || standing?.committedAt === undefined || passed.some((one) => one.standing === 'invalid') ? 'invalid' : held === 0 ? 'pending' : 'verified',
    }
  }).sort((one, other) => Number(other.here) - Number(one.here) || (one.name < other.name ? -1 : 1))
}

const isHere = ({ leftAt }: Person, at: number): boolean => at < (leftAt ?? Infinity)
const holds = ({ state, until }: Grant, at: number): boolean => state === 'approved' && at < until
const lastPassed = (standing: Standing | undefined, training: string, at: number): number | undefined => standing?.passed.filter((one) => one.training === training && one.passedAt <= at).at(-1)?.passedAt

/** Sessions and anomalies that are read of one person. */
const readMax = 1_000

export async function pageOfPerson({ bailee: { database }, at }: Reading, item: Item): Promise<z.output<typeof personPage>> {
  const person = mustBeThere((await allPeople(database)).find(({ id }) => id === item.id), 'person')
  const [named, of] = [controllersById(await allControllers(database)), new Map((await allInstructions(database)).map(({ id, controller }) => [id, controller]))]
  const sessions = (await recentSessions(database, { person: person.id, limit: readMax })).filter(({ openedAt }) => openedAt <= at)
  const use = [...Map.groupBy(sessions, ({ instruction, store }) => `${instruction}\n${store}`).values()].map((same) => ({
    instruction: same[0]?.instruction ?? '', store: same[0]?.store ?? '', sessions: same.length, rows: same.reduce((sum, { counts, leasedRows }) => sum + (counts?.rows ?? leasedRows), 0), last: shownInstant(Math.max(...same.map(({ openedAt }) => openedAt))) ?? '',
  }))
  return {
    ...item, contact: person.contact, use, openSessions: sessions.filter(({ closedAt }) => closedAt === null).length,
    grantList: (await allGrants(database)).filter((grant) => grant.person === person.id).map((grant) => ({
      id: grant.id, person: nameOf(person), instruction: grant.instruction, state: grant.state, until: shownInstant(grant.until) ?? '', holds: holds(grant, at), proposedBy: grant.proposedBy ?? null, approvedBy: grant.approvedBy ?? null,
      approvedAt: shownInstant(grant.approvedAt), revokedAt: shownInstant(grant.revokedAt), emergency: grant.emergency ?? null, reviewedBy: grant.reviewedBy ?? null, reviewedAt: shownInstant(grant.reviewedAt), controller: named(of.get(grant.instruction) ?? ''),
    })),
    anomalies: (await recentAnomalies(database, { person: person.id, limit: readMax })).filter((one) => one.at <= at).slice(0, 50).map((one) => ({ at: shownInstant(one.at) ?? '', instruction: one.instruction, kind: one.kind, says: one.says })),
  }
}
