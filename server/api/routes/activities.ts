import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { allActivities, allSchedules } from '#activity'
import { allControllers } from '#contract'
import { allPeople } from '#people'
import { pageOf, pageQuery } from '../listing.ts'
import { reachOf } from '../reach.ts'
import { addReading, type RouteContext } from '../route.ts'
import { activityListing } from '../schemas/activity.ts'
import { controllersById, minded, nameOf, shownInstant } from '../shown.ts'

const filters = pageQuery.extend({ controller: z.string().max(200).optional(), state: z.enum(['refused', 'begun', 'made', 'failed', 'stopped']).optional() })

/** `/activities`. */
export function addActivities(app: FastifyInstance, context: RouteContext): void {
  addReading(app, context, 'GET /activities', {
    summary: 'What was made from data of a controller, newest first, and what is due again', query: filters, answer: activityListing,
    handle: async (asked) => {
      const { bailee: { database }, principal, query } = asked
      const [named, reach] = [controllersById(await allControllers(database)), await reachOf(asked)]
      const people = new Map((await allPeople(database)).map((person) => [person.id, nameOf(person)]))
      const personOf = (id: string): { id: string; name: string } => people.get(id) ?? { id, name: id }
      const mine = <One extends { readonly slot: number; readonly controller: string; readonly instruction: string }>(items: readonly One[]): One[] =>
        minded(principal, items).filter((one) => (query.controller === undefined || one.controller === query.controller) && (reach === undefined || reach.instructions.has(one.instruction)))
      const items = mine(await allActivities(database)).filter(({ state }) => query.state === undefined || state === query.state).sort((one, other) => other.begunAt - one.begunAt || (one.id < other.id ? -1 : 1)).map((one) => ({
        id: one.id, kind: one.kind, controller: named(one.controller), instruction: one.instruction, store: one.store, person: personOf(one.person), purpose: one.purpose, name: one.name, sha256: one.sha256, schedule: one.schedule, state: one.state,
        standing: one.state === 'begun' ? 'pending' as const : one.kind === 'model' ? 'declared' as const : 'verified' as const, begunAt: shownInstant(one.begunAt) ?? '', endedAt: shownInstant(one.endedAt), because: one.because,
        made: one.made === null ? null : { derived: one.made.derived, place: one.made.place, columns: [...one.made.columns], rows: one.made.rows, bytes: one.made.bytes, from: [...new Set((one.made.lineage?.tables ?? []).map(({ dataset, derived, table }) => dataset ?? derived ?? table))] },
      }))
      const schedules = mine(await allSchedules(database)).map((one) => ({
        id: one.id, controller: named(one.controller), instruction: one.instruction, store: one.store, person: personOf(one.person), name: one.name, cron: one.cron, zone: one.zone, keep: one.keep, missed: one.missed, endedAt: shownInstant(one.endedAt), because: one.because,
      }))
      return { ...pageOf(items, ({ id }) => id, query), schedules }
    },
  })
}
