import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import { allControllers } from '#contract'
import { allReviews, reviewsNamed, type Review } from '#instruction'
import { allPeople } from '#people'
import { listingOf, pageOf, pageQuery } from '../listing.ts'
import { addReading, mustBeThere, type RouteContext } from '../route.ts'
import { reviewItem, reviewPage } from '../schemas/review.ts'
import { idParams } from '../schemas/shared.ts'
import { controllersById, nameOf, shownInstant } from '../shown.ts'

type Named = ReturnType<typeof controllersById>

/** `/reviews` and `/reviews/:id`. */
export function addReviews(app: FastifyInstance, context: RouteContext): void {
  addReading(app, context, 'GET /reviews', {
    summary: 'Quarterly reviews of who holds what, open ones first', query: pageQuery, answer: listingOf(reviewItem),
    handle: async ({ query, bailee: { database } }) => {
      const named = controllersById(await allControllers(database))
      return pageOf((await allReviews(database)).map((one) => shownReview(one, named)).sort((one, other) => Number(one.closedAt !== null) - Number(other.closedAt !== null) || (one.openedAt < other.openedAt ? 1 : -1)), ({ id }) => id, query)
    },
  })
  addReading(app, context, 'GET /reviews/:id', {
    summary: 'One review: each grant, when it was last used, and what was said of it', params: idParams, answer: reviewPage,
    handle: async ({ params, bailee: { database } }) => {
      const review = mustBeThere((await reviewsNamed(database, [params.id]))[0], 'review')
      const people = new Map((await allPeople(database)).map((one) => [one.id, nameOf(one)]))
      return {
        ...shownReview(review, controllersById(await allControllers(database))),
        grants: review.items.map((one) => ({ grant: one.grant, person: people.get(one.person) ?? { id: one.person, name: one.person }, instruction: one.instruction, lastUsedAt: shownInstant(one.lastUsedAt), answer: one.answer ?? null, reason: one.reason ?? null, answeredBy: one.answeredBy ?? null, confirmedBy: one.confirmedBy ?? null, outcome: one.outcome ?? null })),
      }
    },
  })
}

const shownReview = ({ id, controller, openedAt, endsAt, closedAt, items }: Review, named: Named): z.output<typeof reviewItem> => ({ id, controller: named(controller), openedAt: shownInstant(openedAt) ?? '', endsAt: shownInstant(endsAt) ?? '', closedAt: shownInstant(closedAt), items: items.length, left: items.filter(({ outcome }) => outcome === undefined).length })
