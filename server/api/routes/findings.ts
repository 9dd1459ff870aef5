import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { allControllers } from '#contract'
import { allDatasets, allStores } from '#inventory'
import { allFindings, latestSweeps, type Finding } from '#trace'
import { pageOf, pageQuery } from '../listing.ts'
import { reachOf } from '../reach.ts'
import type { Reading } from '../reading.ts'
import { addReading, type RouteContext } from '../route.ts'
import { findingListing, type findingItem } from '../schemas/finding.ts'
import { controllersById, minded, searchedBy, shownInstant, type SearchedShown } from '../shown.ts'

type Item = z.output<typeof findingItem>

const filters = pageQuery.extend({ controller: z.string().max(200).optional(), state: z.enum(['open', 'resolved']).optional(), store: z.string().max(200).optional() })

/** `/findings`. */
export function addFindings(app: FastifyInstance, context: RouteContext): void {
  addReading(app, context, 'GET /findings', {
    summary: 'What was found that no instruction covers, and what was searched for it', query: filters, answer: findingListing,
    handle: async (asked) => {
      const { controller, state, store } = asked.query
      const items = (await findingsOf(asked)).filter((one) => (controller === undefined || one.controller.id === controller) && (state === undefined || one.state === state) && (store === undefined || one.store === store))
      return { ...pageOf(items, ({ id }) => id, asked.query), searched: await searchedFor(asked, controller) }
    },
  })
}

/** Every finding that may be seen: open ones first, each newest first. */
export async function findingsOf(reading: Reading): Promise<Item[]> {
  const { bailee: { database }, principal } = reading
  const reach = await reachOf(reading)
  const all = await allFindings(database)
  const named = controllersById(await allControllers(database))
  const places = Map.groupBy(all, placeOf)
  return minded(principal, all).filter(({ controller }) => reach === undefined || reach.controllers.has(controller))
    .sort((one, other) => Number(one.state === 'resolved') - Number(other.state === 'resolved') || other.firstSeen - one.firstSeen || (one.id < other.id ? -1 : 1))
    .map((one) => shownFinding(one, named, new Set((places.get(placeOf(one)) ?? []).map(({ controller }) => controller)).size - 1))
}

const placeOf = ({ store, place }: Finding): string => `${store}\n${place}`

/** A finding as it is shown. `others`: controllers with a finding in the same place, as far as may be told. What is resolved was seen to be gone by a search. */
function shownFinding(one: Finding, named: ReturnType<typeof controllersById>, others: number): Item {
  const { detail } = one
  const mixed = detail.mixed ?? false
  return {
    id: one.id, controller: named(one.controller), store: one.store, environment: one.environment, place: one.place, people: one.records, rows: one.rows, share: detail.share ?? null,
    state: one.state, standing: one.state === 'open' ? 'invalid' : 'verified', because: one.because, firstSeen: shownInstant(one.firstSeen) ?? '', lastSeen: shownInstant(one.lastSeen) ?? '', entry: one.openedAtEntry,
    mixed, others: Math.max(others, mixed ? 1 : 0),
    madeAfter: shownInstant(detail.probablyMade?.after ?? detail.made?.after), madeBefore: shownInstant(detail.probablyMade?.before ?? detail.made?.before), madeBecause: detail.probablyMade?.because ?? detail.made?.because ?? null,
  }
}

/** What the newest searches read, for one controller or for all that may be seen. */
export async function searchedFor({ bailee: { database }, principal }: Reading, controller?: string): Promise<SearchedShown> {
  const slots = new Map((await allControllers(database)).map(({ id, slot }) => [id, slot]))
  const sweeps = minded(principal, await latestSweeps(database)).filter(({ slot }) => controller === undefined || slot === slots.get(controller))
  const stores = principal.controller === null ? await allStores(database) : minded(principal, await allDatasets(database)).map(({ store }) => ({ id: store }))
  return searchedBy(sweeps, stores)
}
