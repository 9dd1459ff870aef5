import type { FastifyInstance } from 'fastify'
import { witnessPolicy } from '#ledger'
import { allBreaches } from '#breach'
import { allContracts, allControllers } from '#contract'
import { recentSessions } from '#gateway'
import { day, formatInstant } from '#kit/time'
import { needsOf } from '../needs.ts'
import { addReading, type RouteContext } from '../route.ts'
import { today } from '../schemas/today.ts'
import { controllersById, minded, shownInstant } from '../shown.ts'
import { searchedFor } from './findings.ts'

/** What is shown at once: nobody does more in a day, and pages list the rest. */
const itemsMax = 100

/** `/today`. */
export function addToday(app: FastifyInstance, context: RouteContext): void {
  addReading(app, context, 'GET /today', {
    summary: 'What needs whom, by when', answer: today,
    handle: async (reading) => {
      const { bailee: { database }, at, principal } = reading
      const named = controllersById(await allControllers(database))
      const since = at - day
      const sessions = minded(principal, await recentSessions(database)).filter(({ openedAt }) => openedAt >= since && openedAt <= at)
      const next = (await allContracts(database)).filter(({ ends, endedAt }) => ends !== undefined && endedAt === undefined).sort((one, other) => (one.ends ?? 0) - (other.ends ?? 0))[0]
      const needs = await needsOf(reading)
      return {
        at: formatInstant(at), items: needs.slice(0, itemsMax), total: needs.length, searched: await searchedFor(reading),
        acts: { sessions: sessions.length, rows: sessions.reduce((sum, { counts, leasedRows }) => sum + (counts?.rows ?? leasedRows), 0), since: formatInstant(since) },
        clocks: { breaches: (await allBreaches(database)).length, nextEnd: next === undefined ? null : { contract: next.id, controller: named(next.controller), at: shownInstant(next.ends) ?? '' } },
        witnesses: { configured: (await witnessPolicy(database)).witnesses.length },
      }
    },
  })
}
