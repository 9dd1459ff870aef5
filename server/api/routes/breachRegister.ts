import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { breachRegister, type BreachRecord } from '#breach'
import { pageOf, pageQuery } from '../listing.ts'
import { addReading, type RouteContext } from '../route.ts'
import { breachRegisterListing, type breachRecord } from '../schemas/breach.ts'
import { shownInstant } from '../shown.ts'

/** `/breach-register`: the record of all breaches (Art. 33(5)), and what it lacks. */
export function addBreachRegister(app: FastifyInstance, context: RouteContext): void {
  addReading(app, context, 'GET /breach-register', {
    summary: 'The record of all breaches (Art. 33(5)): facts, effects, remedial action, and what it lacks; those that lack something first', query: pageQuery.extend({ controller: z.string().max(200).optional() }), answer: breachRegisterListing,
    handle: async ({ bailee: { database }, at, query }) => {
      const { breaches, processor } = await breachRegister(database, { controller: query.controller }, at)
      const shown = breaches.map(shownRecord).sort((one, other) => Number(other.lacks.length > 0) - Number(one.lacks.length > 0) || (one.awareAt < other.awareAt ? 1 : -1))
      return { ...pageOf(shown, ({ id }) => id, query), processor, lacking: breaches.filter(({ lacks }) => lacks.length > 0).length, late: breaches.filter(({ late }) => late).length }
    },
  })
}

function shownRecord({ id, controller, contract, facts, effects, remedialAction, notices, toldAt, hoursTaken, hoursGiven, late, delay, lacks }: BreachRecord): z.output<typeof breachRecord> {
  return {
    id, controller: { ...controller }, contract, nature: facts.nature, cause: facts.cause, openedBy: facts.openedBy, openedAt: shownInstant(facts.openedAt) ?? '', awareAt: shownInstant(facts.awareAt) ?? '', origin: { en: [...facts.attribution.en], fr: [...facts.attribution.fr] }, categories: facts.categories === null ? null : [...facts.categories],
    people: facts.counts?.figures.find(({ country }) => country === '*') ?? null, effects, remedialAction, notices: notices.length, toldAt: shownInstant(toldAt), hoursTaken, hoursGiven, late, delay, lacks: [...lacks],
  }
}
