import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { allControllers } from '#contract'
import { allCertificates, allErasures, allRequests, environmentsLeft, exitsOf, stepsOf, subProcessorsShown, verdictOf, type CertificateRecord, type Erasure, type ExitShown, type SubjectRecord } from '#erasure'
import { allStores } from '#inventory'
import { allWorkers } from '#job'
import { allFindings } from '#trace'
import { listingOf, pageOf, pageQuery } from '../listing.ts'
import { reachOf } from '../reach.ts'
import type { Reading } from '../reading.ts'
import { addReading, mustBeThere, type RouteContext } from '../route.ts'
import { certificatePage, erasureItem, erasurePage, requestItem, type certificateItem } from '../schemas/erasure.ts'
import { idParams } from '../schemas/shared.ts'
import { controllersById, mayBeOf, minded, sawPlace, searchedBy, shownInstant } from '../shown.ts'
import { historyOf, termsOf } from './erasureHistory.ts'

type Item = z.output<typeof erasureItem>
type Named = (id: string) => { id: string; name: string }

/** `/erasures`, `/erasures/:id` and `/certificates/:id`. */
export function addErasures(app: FastifyInstance, context: RouteContext): void {
  addReading(app, context, 'GET /erasures', {
    summary: 'Exit cases, the most urgent first, and requests of single people', query: pageQuery.extend({ controller: z.string().max(200).optional() }), answer: listingOf(erasureItem).extend({ requests: z.array(requestItem) }),
    handle: async (asked) => {
      const { controller } = asked.query
      const [items, named] = [await erasuresOf(asked), controllersById(await allControllers(asked.bailee.database))]
      const reach = await reachOf(asked)
      const requests = minded(asked.principal, await allRequests(asked.bailee.database)).filter((one) => (controller === undefined || one.controller === controller) && (reach === undefined || reach.controllers.has(one.controller))).sort((one, other) => Number(one.closedAt !== null) - Number(other.closedAt !== null) || other.openedAt - one.openedAt)
      return { ...pageOf(items.filter((one) => controller === undefined || one.controller.id === controller), ({ id }) => id, asked.query), requests: requests.slice(0, 200).map((one) => shownRequest(one, named)) }
    },
  })
  addReading(app, context, 'GET /erasures/:id', {
    summary: 'One end of a contract: is it gone, and how is that known?', params: idParams, answer: erasurePage,
    handle: async (asked) => pageOfErasure(asked, mustBeThere((await erasuresOf(asked)).find(({ id }) => id === asked.params.id), 'erasure')),
  })
  addReading(app, context, 'GET /certificates/:id', {
    summary: 'What a certificate says, what it does not say, and whether it still holds', params: idParams, answer: certificatePage,
    handle: pageOfCertificate,
  })
}

async function erasuresOf(reading: Reading): Promise<Item[]> {
  const { bailee, principal, at } = reading
  const { database } = bailee
  const reach = await reachOf(reading)
  const [named, exits, certificates] = [controllersById(await allControllers(database)), new Map((await exitsOf(bailee, at)).map((one) => [one.erasure, one])), Map.groupBy(await allCertificates(database), ({ erasure }) => erasure)]
  const items: Item[] = []
  for (const erasure of minded(principal, await allErasures(database)).filter(({ controller }) => reach === undefined || reach.controllers.has(controller))) {
    const steps = (await stepsOf(database, erasure.id)).filter(({ round }) => round === erasure.plan?.round)
    items.push(shownErasure(erasure, { named, exit: exits.get(erasure.id), done: steps.filter(({ state }) => state === 'done').length, certificate: certificates.get(erasure.id)?.at(-1) }))
  }
  return items.sort((one, other) => Number(one.state === 'certified') - Number(other.state === 'certified') || (one.deadline < other.deadline ? -1 : one.deadline > other.deadline ? 1 : one.id < other.id ? -1 : 1))
}

function shownErasure(one: Erasure, { named, exit, done, certificate }: { named: Named; exit: ExitShown | undefined; done: number; certificate: CertificateRecord | undefined }): Item {
  return {
    id: one.id, controller: named(one.controller), contract: one.contract, cause: one.cause, state: one.state, standing: one.state === 'certified' && certificate !== undefined ? standingOf(certificate) : one.state === 'reopened' ? 'invalid' : 'pending',
    openedAt: shownInstant(one.openedAt) ?? '', deadline: shownInstant(exit?.deadline ?? one.deadline) ?? '', overdue: exit?.overdue ?? false, retrieveUntil: shownInstant(one.retrieveUntil), choice: exit?.choice ?? 'no choice', waits: exit?.waits ?? null,
    paused: one.pausedBy === null ? null : { by: one.pausedBy, at: shownInstant(one.pausedAt) }, places: one.plan?.items.length ?? 0, done, residual: one.again?.residual ?? null, certificate: certificate === undefined ? null : shownCertificate(certificate, named(one.controller)),
  }
}

/** What a certificate is worth now. One that is partial says itself what is not known. */
function standingOf({ status }: CertificateRecord): Item['standing'] {
  return status === 'invalidated' ? 'invalid' : status === 'partial' ? 'unknown' : status === 'pending_backup_expiry' ? 'pending' : 'verified'
}

/** A certificate as it is listed. */
export function shownCertificate(one: CertificateRecord, controller: { id: string; name: string }): z.output<typeof certificateItem> {
  return {
    id: one.id, erasure: one.erasure, controller, status: one.status, standing: standingOf(one), issuedAt: shownInstant(one.issuedAt) ?? '', entry: one.issuedEntry, invalidatedAt: shownInstant(one.invalidatedAt), invalidatedBecause: one.invalidatedBecause,
  }
}

async function pageOfErasure(reading: Reading, item: Item): Promise<z.output<typeof erasurePage>> {
  const { bailee, at, principal, past } = reading
  const { database } = bailee
  const one = mustBeThere((await allErasures(database)).find(({ id }) => id === item.id), 'erasure')
  const { today, subProcessors } = { today: await verdictOf(bailee.ledger, one, at), subProcessors: await subProcessorsShown(bailee.ledger, one, at) }
  const workers = past || principal.controller !== null ? [] : (await allWorkers(database)).filter(({ subject, progress }) => subject === one.id || progress?.work.includes(one.id) === true)
  const again = one.again === null ? null : searchedBy([{ slot: one.slot, id: one.again.sweep, sweptAt: one.again.at, purpose: '', coverage: one.again.coverage }], await allStores(database))
  const exit = (await exitsOf(bailee, at)).find(({ erasure }) => erasure === one.id)
  return {
    ...item, operator: one.operator, operators: [...(one.plan?.operators ?? [])], confirmedBy: one.confirmedBy, round: one.plan?.round ?? 0, placeList: await placesOf(reading, one),
    searchedAgain: again === null || again.at === null || again.sweep === null ? null : { sweep: again.sweep, at: again.at, stores: again.stores, searched: again.searched, notSeen: again.notSeen },
    blocked: [...(one.plan?.blocked ?? []), ...(past || one.state !== 'erasing' ? [] : (await environmentsLeft(bailee.ledger, one)).map((environment) => ({ store: '*', place: environment, because: 'nobody has erased there yet' })))],
    today: { status: today.status, obstacles: [...today.obstacles], backups: today.backups.map(({ store, expires }) => ({ store, until: expires })) },
    exceptions: (exit?.exceptions ?? []).map((each) => ({ id: each.id, store: each.store, place: each.place, rows: each.rows, jurisdiction: each.jurisdiction, statute: each.statute, until: shownInstant(each.expires) ?? '', by: each.by })),
    subProcessors: subProcessors.map(({ name, country, answer, remind }) => ({ name, country, standing: answer?.outcome === 'certificate' || answer?.outcome === 'statement' ? 'declared' as const : answer?.outcome === 'none' ? 'unknown' as const : 'pending' as const, askedAt: shownInstant(answer?.askedAt), outcome: answer?.outcome ?? null, says: answer?.says ?? null, remind })),
    workers: workers.flatMap(({ progress }) => (progress === null ? [] : [{ work: progress.work, store: progress.store, done: progress.done, total: progress.total, share: progress.share, secondsLeft: progress.secondsLeft }])),
    terms: await termsOf(reading, one), history: await historyOf(reading, one),
    certificates: (await allCertificates(database)).filter(({ erasure }) => erasure === one.id).map((certificate) => shownCertificate(certificate, item.controller)),
  }
}

/** Every place of the plan with what became of it. What blocks comes first. */
async function placesOf({ bailee: { database } }: Reading, one: Erasure): Promise<z.output<typeof erasurePage>['placeList']> {
  const steps = new Map((await stepsOf(database, one.id)).filter(({ round }) => round === one.plan?.round).map((step) => [step.number, step]))
  const left = (store: string, place: string): number | null => (one.again === null ? null : Math.max(0, ...one.again.places.filter((each) => each.store === store && mayBeOf(each.place, place)).map(({ records }) => records)))
  const rank = { blocked: 0, begun: 1, planned: 2, done: 3 } as const
  return (one.plan?.items ?? []).map((item) => {
    const step = steps.get(item.number)
    const residual = left(item.store, item.place)
    const searchedThere = residual !== null && sawPlace(one.again, item)
    const state: z.output<typeof erasurePage>['placeList'][number]['state'] = step?.state ?? 'planned'
    return {
      number: item.number, store: item.store, environment: item.environment, place: item.place, what: item.what, method: item.method, state, standing: state === 'blocked' ? 'unknown' as const : residual !== null && residual > 0 ? 'invalid' as const : state === 'done' && searchedThere ? 'verified' as const : residual !== null && !searchedThere ? 'unknown' as const : 'pending' as const,
      found: item.records, rows: item.rows, rowsErased: step?.rowsErased ?? null, left: searchedThere || (residual ?? 0) > 0 ? residual : null, because: step?.detail.because ?? null, begunAt: shownInstant(step?.begunAt), doneAt: shownInstant(step?.doneAt),
    }
  }).sort((first, second) => rank[first.state] - rank[second.state] || first.number - second.number)
}

async function pageOfCertificate({ bailee: { database }, principal, params }: Reading & { readonly params: { id: string } }): Promise<z.output<typeof certificatePage>> {
  const all = minded(principal, await allCertificates(database))
  const one = mustBeThere(all.find(({ id }) => id === params.id), 'certificate')
  const erasure = mustBeThere((await allErasures(database)).find(({ id }) => id === one.erasure), 'erasure')
  const envelope = Buffer.from(one.envelope)
  const document = JSON.parse(Buffer.from((JSON.parse(envelope.toString()) as { payload: string }).payload, 'base64').toString()) as Record<string, unknown>
  const findings = minded(principal, await allFindings(database)).filter(({ slot, state, openedAtEntry }) => slot === one.slot && state === 'open' && openedAtEntry > one.issuedEntry).map(({ id }) => id)
  return {
    ...shownCertificate(one, controllersById(await allControllers(database))(erasure.controller)), document, holds: one.status !== 'invalidated' && findings.length === 0, findings, erasureState: erasure.state, sha256: createHash('sha256').update(envelope).digest('hex'), envelope: envelope.toString('base64'),
    versions: all.filter((each) => each.erasure === one.erasure).map(({ id }) => id),
  }
}

function shownRequest(one: SubjectRecord, named: Named): z.output<typeof requestItem> {
  const left = one.outcome?.notSearched ?? []
  return {
    id: one.id, controller: named(one.controller), kind: one.kind, instruction: one.instruction, operator: one.operator, openedAt: shownInstant(one.openedAt) ?? '', closedAt: shownInstant(one.closedAt),
    standing: one.closedAt === null ? 'pending' : left.length > 0 || one.outcome === null ? 'unknown' : one.outcome.residual > 0 ? 'invalid' : 'verified', found: one.outcome?.found ?? null, erased: one.outcome?.erased ?? null, residual: one.outcome?.residual ?? null,
    notSeen: left.map(({ store, place, because }) => ({ place: `${store}: ${place}`, why: because })),
  }
}
