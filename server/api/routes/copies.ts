import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { allContracts } from '#contract'
import { allDerived, allEnvironments, allStores } from '#inventory'
import { allPeople } from '#people'
import { allFindings, recentSweeps } from '#trace'
import { allDisclosures, allTransfers } from '#transfer'
import { formatInstant } from '#kit/time'
import { copiesOf, erasedPlaces, type Copy } from '../copies.ts'
import { pageOf, pageQuery } from '../listing.ts'
import type { Reading } from '../reading.ts'
import { addReading, mustBeThere, type RouteContext } from '../route.ts'
import { copyListing, copyPage } from '../schemas/copy.ts'
import { idParams } from '../schemas/shared.ts'
import { minded, nameOf, shownInstant, type SearchedShown } from '../shown.ts'
import { searchedFor } from './findings.ts'
import { refusalsNear } from './near.ts'

type Listing = z.output<typeof copyListing>

const filters = pageQuery.extend({
  limit: z.coerce.number().int().min(1).max(1_000).default(500), controller: z.string().max(200).optional(), kind: z.enum(['dataset', 'derived', 'transfer', 'finding']).optional(), store: z.string().max(200).optional(),
  gone: z.stringbool({ truthy: ['true'], falsy: ['false'] }).default(false).describe('`true`: those that are gone as well'),
})

/** Events that the slider steps through, at most: the newest. */
const momentsMax = 400

/** `/copies` and `/copies/:id`. */
export function addCopies(app: FastifyInstance, context: RouteContext): void {
  addReading(app, context, 'GET /copies', {
    summary: 'Where data of a controller are, and why', query: filters, answer: copyListing,
    handle: async (asked) => {
      const { controller, kind, store, gone } = asked.query
      const own = controller ?? asked.principal.controller?.id
      const all = await copiesOf(asked, own)
      const there = all.filter((one) => !one.gone)
      const wanted = all.filter((one) => (gone || !one.gone) && (kind === undefined || one.kind === kind) && (store === undefined || one.store === store))
      const searched = await searchedFor(asked, own)
      return {
        ...pageOf(wanted, ({ id }) => id, asked.query), searched, environments: await mapOf(asked, there, searched), underNone: there.filter((one) => one.kind === 'finding').length, underInstruction: there.filter((one) => one.kind !== 'finding').length,
        outside: await outsideOf(asked, own), moments: await momentsOf(asked, own),
      }
    },
  })
  addReading(app, context, 'GET /copies/:id', {
    summary: 'One copy: what it is, since when, under what, until when', params: idParams, answer: copyPage,
    handle: async (asked) => {
      const all = await copiesOf(asked)
      return pageOfCopy(asked, mustBeThere(all.find(({ id }) => id === asked.params.id), 'copy'), all)
    },
  })
}

/** Environments with their stores. A controller's people are told of those that hold something of theirs, or that a search for it named. */
async function mapOf({ bailee: { database }, principal }: Reading, copies: readonly Copy[], { at, notSeen }: SearchedShown): Promise<Listing['environments']> {
  const byStore = Map.groupBy(copies, ({ store }) => store)
  const unseen = new Map(notSeen.map(({ place }) => [place.split(': ', 1)[0] ?? '', true]))
  const stores = (await allStores(database)).filter(({ id }) => principal.controller === null || byStore.has(id) || unseen.has(id))
  return (await allEnvironments(database)).flatMap((one) => {
    const here = stores.filter(({ environment }) => environment === one.id)
    if (here.length === 0) return []
    const country = one.declared['country']
    return [{ id: one.id, class: one.class, country: typeof country === 'string' ? country : null, stores: here.map(({ id, kind }) => ({ id, kind, environment: one.id, standing: at === null || unseen.has(id) ? 'unknown' as const : 'verified' as const, copies: byStore.get(id)?.length ?? 0 })) }]
  })
}

interface SubProcessors { readonly list?: readonly { readonly name: string; readonly country: string }[] }

/** Sub-processors that a contract names or that something went to. What they hold is their word. */
async function outsideOf({ bailee: { database }, principal }: Reading, controller: string | undefined): Promise<Listing['outside']> {
  const mine = <One extends { readonly slot: number; readonly controller: string }>(items: readonly One[]): One[] => minded(principal, items).filter((one) => controller === undefined || one.controller === controller)
  const found = new Map<string, Listing['outside'][number]>()
  for (const { declared } of mine(await allContracts(database))) {
    for (const { name, country } of (declared['sub_processors'] as SubProcessors | undefined)?.list ?? []) found.set(name, { name, country, standing: 'declared', disclosures: 0, last: null })
  }
  for (const one of mine(await allDisclosures(database))) {
    const before = found.get(one.recipient)
    found.set(one.recipient, { name: one.recipient, country: one.country, standing: 'declared', disclosures: (before?.disclosures ?? 0) + 1, last: shownInstant(one.madeAt ?? one.begunAt) })
  }
  return [...found.values()].sort((one, other) => (one.name < other.name ? -1 : 1))
}

/** What changed the map, by when. What is gone is gone since the first search that did not see it any more. */
async function momentsOf(reading: Reading, controller: string | undefined): Promise<Listing['moments']> {
  const { bailee: { database }, principal } = reading
  const mine = <One extends { readonly slot: number; readonly controller: string }>(items: readonly One[]): One[] => minded(principal, items).filter((one) => controller === undefined || one.controller === controller)
  const moments: { at: number; what: Listing['moments'][number]['what']; about: string }[] = []
  const add = (at: number | null | undefined, what: Listing['moments'][number]['what'], about: string): void => { if (at !== null && at !== undefined) moments.push({ at, what, about }) }
  const [findings, transfers, derived, disclosures] = [mine(await allFindings(database)), mine(await allTransfers(database)), mine(await allDerived(database)), mine(await allDisclosures(database))]
  const sweeps = new Map<number, readonly { sweptAt: number; id: string }[]>()
  for (const slot of new Set([...findings, ...transfers, ...derived].map((one) => one.slot))) sweeps.set(slot, (await recentSweeps(database, slot)).toSorted((one, other) => one.sweptAt - other.sweptAt))
  for (const one of findings) { add(one.firstSeen, 'found', one.place); if (one.state === 'resolved') add(sweeps.get(one.slot)?.find(({ sweptAt }) => sweptAt > one.lastSeen)?.sweptAt, 'resolved', one.place) }
  for (const one of transfers) { add(one.madeAt, 'copied', one.store); add(one.erasedAt, 'erased', one.store) }
  for (const one of derived.filter(({ by }) => by !== 'transfer')) { add(one.derivedAt, 'derived', one.place); add(one.droppedAt, 'erased', one.place) }
  for (const one of disclosures) add(one.madeAt, 'disclosed', one.recipient)
  for (const one of await erasedPlaces(reading, controller)) add(one.at, 'erased', one.place)
  for (const all of sweeps.values()) for (const { sweptAt, id } of all) add(sweptAt, 'searched', id)
  const grouped = Map.groupBy(moments, ({ at, what }) => `${at} ${what}`)
  return [...grouped.values()].map((same) => ({ at: formatInstant(same[0]?.at ?? 0), what: same[0]?.what ?? 'declared', count: new Set(same.map(({ about }) => about)).size, about: same[0]?.about ?? '' })).sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0)).slice(-momentsMax)
}

async function pageOfCopy(reading: Reading, copy: Copy, all: readonly Copy[]): Promise<z.output<typeof copyPage>> {
  const { bailee: { database }, principal } = reading
  const people = new Map((await allPeople(database)).map((person) => [person.id, nameOf(person)]))
  const named = (id: string | null | undefined): { id: string; name: string } | null => (id === null || id === undefined ? null : (people.get(id) ?? { id, name: id }))
  const related = all.filter((one) => one.id !== copy.id && !one.gone && one.controller.id === copy.controller.id && one.from.some((source) => copy.from.includes(source) || copy.id.startsWith(`${source}.`))).map(({ id }) => id).slice(0, 100)
  const common = { ...copy, columns: [], person: null, purpose: null, because: null, madeAfter: null, madeBefore: null, related, peopleBounds: null, command: 'bailee dataset list', near: null }
  if (copy.kind === 'finding') {
    const one = mustBeThere(minded(principal, await allFindings(database)).find(({ id }) => id === copy.id), 'copy')
    const { probablyMade, made } = one.detail
    return {
      ...common, columns: (one.detail.columns ?? []).map(({ name, field, column, form }) => ({ name: name ?? `field ${field + 1}`, is: column, how: form })), because: one.because,
      madeAfter: shownInstant(probablyMade?.after ?? made?.after), madeBefore: shownInstant(probablyMade?.before ?? made?.before), command: `bailee trace finding ${one.id}`,
      near: await refusalsNear(reading, { controller: one.controller, firstSeen: one.firstSeen, made: probablyMade ?? made }),
    }
  }
  if (copy.kind === 'transfer') {
    const one = mustBeThere(minded(principal, await allTransfers(database)).find(({ id }) => copy.id === id || copy.id.startsWith(`${id}.`)), 'copy')
    return { ...common, columns: Object.entries(one.transforms).map(([name, how]) => ({ name, is: name, how: typeof how === 'string' ? how : JSON.stringify(how) })), person: named(one.person), purpose: one.purpose, command: `bailee transfer list` }
  }
  const derived = copy.kind === 'derived' ? minded(principal, await allDerived(database)).find(({ id }) => id === copy.id) : undefined
  return { ...common, columns: (derived?.columns ?? []).map((name) => ({ name, is: name, how: null })), person: named(derived?.person), command: derived === undefined ? common.command : 'bailee dataset list --derived' }
}
