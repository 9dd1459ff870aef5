import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { allContracts, allControllers, allSubProcessors, chainAt, type ChainLink, type Contract } from '#contract'
import { allDisclosures, type Disclosure } from '#transfer'
import type { Instant } from '#kit/time'
import { pageOf, pageQuery } from '../listing.ts'
import type { Reading } from '../reading.ts'
import { addReading, type RouteContext } from '../route.ts'
import { subProcessorListing, type subProcessorItem } from '../schemas/subProcessor.ts'
import { controllersById, minded, shownInstant } from '../shown.ts'

type Item = z.output<typeof subProcessorItem>
const query = pageQuery.extend({ controller: z.string().max(200).optional().describe('left out by a controller\'s own people') })

/** `/sub-processors`: who works below the processor, by whose leave, and until when that may be objected to. */
export function addSubProcessors(app: FastifyInstance, context: RouteContext): void {
  addReading(app, context, 'GET /sub-processors', { summary: 'Who else gets data, under which contract, and until when its controller may object', query, answer: subProcessorListing, handle: listed })
}

interface Told { readonly authorisation: Item['authorisation']; readonly notice_days?: number; readonly list?: readonly unknown[] }
const toldIn = ({ declared }: Contract): Told | undefined => declared['sub_processors'] as Told | undefined

async function listed({ bailee: { database }, principal, at, query: asked }: Reading & { readonly query: z.output<typeof query> }): Promise<z.output<typeof subProcessorListing>> {
  const named = controllersById(await allControllers(database))
  const contracts = minded(principal, await allContracts(database)).filter(({ endedAt, controller }) => endedAt === undefined && (asked.controller === undefined || controller === asked.controller))
  const known = await allSubProcessors(database)
  const made = minded(principal, await allDisclosures(database)).filter(({ state }) => state === 'made')
  const items = contracts.flatMap((contract) => chainAt(contract, known, at).map((link) => itemOf(link, { contract, at, named, went: made.filter((one) => one.contract === contract.id && one.recipient === link.name) })))
  // What waits for an answer first, then what may not have data, then the rest.
  const rank = ({ mayObject, authorised, state }: Item): number => (mayObject ? 0 : state === 'withdrawn' ? 3 : authorised ? 2 : 1)
  return {
    ...pageOf(items.toSorted((one, other) => rank(one) - rank(other)), ({ contract, name }) => `${contract}\n${name}`, asked), open: items.filter(({ mayObject }) => mayObject).length,
    untold: contracts.filter((one) => toldIn(one) === undefined).map(({ id }) => id), none: contracts.filter((one) => toldIn(one) !== undefined && !items.some(({ contract, state }) => contract === one.id && state !== 'withdrawn')).map(({ id }) => id),
  }
}

function itemOf(link: ChainLink, { contract, at, named, went }: { contract: Contract; at: Instant; named: ReturnType<typeof controllersById>; went: readonly Disclosure[] }): Item {
  const { identity, state, until } = link
  const told = toldIn(contract)
  const mayObject = state === 'announced' && (until === null || at < until)
  return {
    name: link.name, country: identity.country, contact: identity.contact, address: identity.address ?? null, purpose: identity.purpose ?? null, engagedBy: identity.engaged_by ?? null, tier: link.tier, missing: [...link.missing],
    controller: named(contract.controller), contract: contract.id, authorisation: told?.authorisation ?? 'none', noticeDays: told?.notice_days ?? null, standing: mayObject ? 'pending' : link.authorised || state === 'withdrawn' ? 'declared' : 'invalid',
    state, since: shownInstant(link.since) ?? '', until: shownInstant(until), mayObject, authorised: link.authorised, because: link.because ?? null, signatory: link.signatory, reasons: link.reasons,
    disclosures: went.length, lastAt: shownInstant(went.at(-1)?.madeAt), rows: went.reduce((sum, { rows }) => sum + rows, 0),
  }
}
