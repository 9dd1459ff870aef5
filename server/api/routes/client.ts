import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { formatVerifierKey, spokenKey } from '@bailee/verifier'
import { allBreaches, noticesOf, plainText, sendingsOf } from '#breach'
import { acknowledgementsOf, allContracts, allControllers, allNotices, allSubProcessors, chainAt, choiceNow, choicesOf, theProcessor, type Controller } from '#contract'
import { allCertificates } from '#erasure'
import { recentSessions, sessionsSeen, type SessionRow } from '#gateway'
import { allInstructions, isInForce, isSuspended } from '#instruction'
import { allEnvironments } from '#inventory'
import { countDecisions, entryAt, exportedBundles, headsOf, newestSnapshots, rootOrigin, showWitnesses } from '#ledger'
import { allPeople } from '#people'
import { allFindings } from '#trace'
import { formatInstant } from '#kit/time'
import { copiesOf } from '../copies.ts'
import { listingOf, pageOf, pageQuery } from '../listing.ts'
import { needsOf } from '../needs.ts'
import type { Reading } from '../reading.ts'
import { addReading, mustBeThere, type RouteContext } from '../route.ts'
import { evidence, home, noticeItem, useListing } from '../schemas/client.ts'
import { controllersById, minded, nameOf, peopleIn, shownInstant } from '../shown.ts'
import { shownContract } from './controllers.ts'
import { shownCertificate } from './erasures.ts'
import { searchedFor } from './findings.ts'

/** Of the firm's own people, one controller is asked for by name; a controller's own people see theirs. */
const whose = z.object({ controller: z.string().max(200).optional().describe('left out by a controller\'s own people') })

async function controllerOf({ principal, bailee: { database } }: Reading, wanted: string | undefined): Promise<Controller> {
  const id = principal.controller?.id ?? wanted
  return mustBeThere((await allControllers(database)).find((one) => one.id === id && (wanted === undefined || one.id === wanted)), 'controller')
}

/** What a controller sees of itself: `/client/home`, `/client/use`, `/notices` and `/evidence`. */
export function addClient(app: FastifyInstance, context: RouteContext): void {
  addReading(app, context, 'GET /client/home', { summary: 'The state of one controller\'s data on a page', query: whose, answer: home, handle: async (asked) => homeOf(asked, await controllerOf(asked, asked.query.controller)) })
  addReading(app, context, 'GET /client/use', {
    summary: 'Who read what of a controller\'s data, under which instruction, newest first', query: pageQuery.extend({ ...whose.shape, instruction: z.string().max(200).optional() }), answer: useListing,
    handle: async (asked) => useOf(asked, await controllerOf(asked, asked.query.controller), asked.query),
  })
  addReading(app, context, 'GET /notices', {
    summary: 'What controllers are told, newest first', query: pageQuery.extend(whose.shape), answer: listingOf(noticeItem),
    handle: async (asked) => pageOf(await noticesFor(asked), ({ id }) => id, asked.query),
  })
  addReading(app, context, 'GET /evidence', { summary: 'The record of one controller, to be checked by itself', query: whose, answer: evidence, handle: async (asked) => evidenceOf(asked, await controllerOf(asked, asked.query.controller)) })
}

async function homeOf(reading: Reading, controller: Controller): Promise<z.output<typeof home>> {
  const { bailee: { database }, at, log } = reading
  const { slot } = controller
  const of = <One extends { readonly slot: number }>(items: readonly One[]): One[] => items.filter((one) => one.slot === slot)
  const processor = await theProcessor(database)
  const copies = (await copiesOf(reading, controller.id)).filter(({ gone }) => !gone)
  const [open, searched] = [of(await allFindings(database)).filter(({ state }) => state === 'open'), await searchedFor(reading, controller.id)]
  const countries = new Map((await allEnvironments(database)).map(({ id, declared }) => [id, typeof declared['country'] === 'string' ? declared['country'] : null]))
  const [contracts, seen] = [of(await allContracts(database)), new Map(of(await sessionsSeen(database, { slot })).map((one) => [one.instruction, one]))]
  const ended = new Map(contracts.map(({ id, endedAt }) => [id, endedAt]))
  const { size, fixed } = await headsOf(log, slot)
  const [by, chain] = [await readersOf(reading, slot), await allSubProcessors(database)]
  return {
    controller: nameOf(controller), processor: { name: processor?.name ?? '', country: processor?.country ?? '' }, at: formatInstant(at), standing: open.length > 0 ? 'invalid' : searched.at === null || searched.notSeen.length > 0 ? 'unknown' : 'verified',
    waits: (await needsOf(reading)).filter((need) => need.controller?.id === controller.id), places: { underInstruction: copies.filter(({ kind }) => kind !== 'finding').length, underNone: open.length, people: peopleIn(open) },
    countries: [...Map.groupBy(copies, ({ environment }) => countries.get(environment) ?? null)].map(([country, same]) => ({ country, places: same.length })),
    allowed: of(await allInstructions(database)).filter((one) => one.from <= at && !isSuspended(one, at) && isInForce(one, ended.get(one.contract), at)).map(({ id, scope, until }) => ({ id, text: scope.text, operations: [...scope.operations], until: shownInstant(until), sessions: seen.get(id)?.sessions ?? 0, rows: seen.get(id)?.rows ?? 0, by: by(id) })),
    ...await refusedOf(reading, slot), contracts: await Promise.all(contracts.map(async (one) => shownContract(one, choiceNow(one, await choicesOf(database, one.id))))), searched,
    checkpoint: { entries: size, fixed: fixed?.size ?? null, snapshot: fixed?.snapshot ?? null, witnesses: (await showWitnesses(log.database)).witnesses.length, at: shownInstant((await newestSnapshots(log, { limit: 1, ...(reading.past ? { until: at } : {}) }))[0]?.at) },
    objections: contracts.filter(({ endedAt }) => endedAt === undefined).flatMap((contract) => chainAt(contract, chain, at).filter(({ state, until }) => state === 'announced' && (until === null || at < until)).map(({ name, until }) => ({ contract: contract.id, name, until: shownInstant(until) }))),
    unread: (await noticesFor({ ...reading, query: { controller: controller.id } })).filter(({ acknowledged }) => acknowledged === null).length,
  }
}

/** Refused acts that are counted: of a long log each is looked up by itself. */
const refusedMax = 1_000

/** How many acts were refused until then. */
async function refusedOf({ log, at }: Reading, slot: number): Promise<{ readonly refused: number; readonly refusedMore: boolean }> {
  const { total, more } = await countDecisions(log, { slots: [slot], outcome: 'refused', until: at }, refusedMax)
  return { refused: total, refusedMore: more }
}

/** Sessions that are looked through: those of every controller, newest first. */
const sessionsMax = 1_000
/** Readers that are named of an instruction. */
const readersMax = 3

/** Who read most under each instruction. */
async function readersOf({ bailee: { database }, at }: Reading, slot: number): Promise<(instruction: string) => z.output<typeof home>['allowed'][number]['by']> {
  const people = new Map((await allPeople(database)).map((person) => [person.id, nameOf(person)]))
  const sessions = Map.groupBy((await recentSessions(database, { limit: sessionsMax })).filter((one) => one.slot === slot && one.openedAt <= at), ({ instruction }) => instruction)
  const rowsIn = (of: readonly SessionRow[]): number => of.reduce((sum, { counts, leasedRows }) => sum + (counts?.rows ?? leasedRows), 0)
  return (instruction) => [...Map.groupBy(sessions.get(instruction) ?? [], ({ person }) => person)].map(([person, of]) => ({ person: people.get(person) ?? { id: person, name: person }, rows: rowsIn(of) })).sort((one, other) => other.rows - one.rows).slice(0, readersMax)
}

async function useOf(reading: Reading, { slot }: Controller, asked: { limit: number; cursor?: string | undefined; instruction?: string | undefined }): Promise<z.output<typeof useListing>> {
  const { bailee: { database }, at, log } = reading
  const people = new Map((await allPeople(database)).map((person) => [person.id, nameOf(person)]))
  const all = await recentSessions(database, { instruction: asked.instruction, limit: sessionsMax })
  const mine = all.filter((one) => one.slot === slot && one.openedAt <= at)
  const begun = await entryAt(log, slot, 0)
  return {
    ...pageOf(mine.map((one) => ({
      id: one.id, person: people.get(one.person) ?? { id: one.person, name: one.person }, instruction: one.instruction, store: one.store, purpose: one.purpose, from: shownInstant(one.openedAt) ?? '', until: shownInstant(one.closedAt),
      rows: one.counts?.rows ?? one.leasedRows, bytes: one.counts?.bytes ?? one.leasedBytes, exact: one.counts !== null, because: one.because,
    })), ({ id }) => id, asked),
    watchedSince: shownInstant(begun?.at), ...await refusedOf(reading, slot), more: all.length === sessionsMax,
  }
}

/** Notices of the ledger, and those of breaches that were sent. A draft is nobody's but the firm's. */
export async function noticesFor({ bailee: { database }, principal, query }: Reading & { readonly query: { controller?: string | undefined } }): Promise<z.output<typeof noticeItem>[]> {
  const named = controllersById(await allControllers(database))
  const wanted = ({ controller }: { controller: string }): boolean => query.controller === undefined || controller === query.controller
  const told: { readonly at: number; readonly item: Omit<z.output<typeof noticeItem>, 'at' | 'acknowledged'> }[] = minded(principal, await allNotices(database)).filter(wanted).map((one) => ({ at: one.recordedAt, item: { id: one.id, controller: named(one.controller), about: one.about, says: one.says, breach: null, sent: false } }))
  for (const breach of minded(principal, await allBreaches(database)).filter(wanted)) {
    const drafted = await noticesOf(database, breach.id)
    for (const one of (await sendingsOf(database, breach.id)).filter(({ outcome }) => outcome === 'sent')) {
      const notice = drafted.find(({ phase }) => phase === one.phase)
      told.push({ at: one.settledAt ?? one.begunAt, item: { id: `${breach.id} ${one.phase} ${one.number}`, controller: named(breach.controller), about: 'breach', says: notice === undefined ? '' : plainText(notice, principal.language), breach: breach.id, sent: true } })
    }
  }
  const read = new Map(minded(principal, await acknowledgementsOf(database)).map((one) => [`${one.slot}\n${one.notice}`, one]))
  const slots = new Map((await allControllers(database)).map(({ id, slot }) => [id, slot]))
  return told.sort((one, other) => other.at - one.at || (one.item.id < other.item.id ? -1 : 1)).map(({ at, item }) => {
    const acknowledged = read.get(`${slots.get(item.controller.id)}\n${item.id}`)
    return { ...item, at: formatInstant(at), acknowledged: acknowledged === undefined ? null : { by: acknowledged.by, at: formatInstant(acknowledged.at) } }
  })
}

/** Bundles that are listed. */
const bundlesMax = 50

async function evidenceOf({ bailee: { database }, log, principal, at, past }: Reading, controller: Controller): Promise<z.output<typeof evidence>> {
  const { size, fixed } = await headsOf(log, controller.slot)
  const newest = (await newestSnapshots(log, { limit: 1, ...(past ? { until: at } : {}) }))[0]
  const { witnesses } = await showWitnesses(log.database)
  const snapshots = (newest?.snapshot ?? -1) + 1
  const vkey = formatVerifierKey(rootOrigin(log), log.keys.signer('log', 1).publicKey)
  const certificates = minded(principal, await allCertificates(database)).filter(({ slot }) => slot === controller.slot)
  return {
    controller: nameOf(controller), log: { origin: `${log.origin}/${controller.slot}`, size, fixed: fixed ?? null }, root: { origin: rootOrigin(log), snapshots }, witnesses: { configured: witnesses.length, cosigned: witnesses.filter(({ contact }) => contact?.size === snapshots).length },
    key: { name: rootOrigin(log), vkey, words: spokenKey(vkey) }, certificates: certificates.map((one) => shownCertificate(one, nameOf(controller))),
    bundles: (await exportedBundles(database, controller.slot, bundlesMax)).filter(({ exportedAt }) => exportedAt <= at).map((one) => ({ at: formatInstant(one.exportedAt), entries: one.entries, bytes: one.bytes, sha256: one.sha256, mine: one.account === principal.account.id })),
    commands: [`bailee ledger export --controller ${controller.id} --out bundle`, 'bailee-verify bundle'],
  }
}
