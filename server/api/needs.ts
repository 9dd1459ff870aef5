/** What needs somebody: the list behind *today*, and the numbers beside the pages of the portal. Soonest first; what has no time set comes by how much harm it may do. */
import type { z } from 'zod'
import { allBreaches, clocksOf, sendingsOf, termsOf, toldAt } from '#breach'
import { allContracts, allControllers, choiceNow, choicesOf, type Controller } from '#contract'
import { monthsLater } from '#decision'
import { allErasures, exitsOf } from '#erasure'
import { allRoads } from '#gateway'
import { allGrants, allInstructions, openApprovals } from '#instruction'
import { allTrainings, standings } from '#people'
import { allFindings } from '#trace'
import { allTransfers } from '#transfer'
import { day, parseInstant, type Instant } from '#kit/time'
import { reachOf } from './reach.ts'
import type { Reading } from './reading.ts'
import type { need } from './schemas/today.ts'
import { controllersById, minded, peopleIn, shownInstant } from './shown.ts'

export type Need = z.output<typeof need>

/** Days ahead that something with a time is shown: of trainings and copies, and of the end of a contract that nobody chose for. */
const [aheadDays, choiceAheadDays] = [14, 60]

/** Those with the same harm and no time keep this order. */
const order: readonly Need['kind'][] = ['finding', 'breach', 'exit', 'road', 'proposal', 'choice', 'approval', 'grant', 'training', 'copy']

/** Everything that needs somebody, as far as this account may see it. */
export async function needsOf(reading: Reading): Promise<Need[]> {
  if (await reachOf(reading) !== undefined) return [] // engineers and analysts have a page of their own
  const known = await allControllers(reading.bailee.database)
  const own = reading.principal.controller !== null
  const found = [await ofFindings(reading, known), await ofInstructions(reading, known), await ofExits(reading, known), await ofChoices(reading, known), ...(own ? [] : [await ofGrants(reading, known), await ofApprovals(reading, known), await ofTrainings(reading), await ofCopies(reading, known), await ofBreaches(reading, known), await ofRoads(reading)])]
  const time = ({ due }: Need): number => (due === null ? Infinity : (parseInstant(due) ?? Infinity))
  // A finding and a breach are harm already: they do not wait behind what is due some day.
  const isNow = ({ kind }: Need): boolean => kind === 'finding' || kind === 'breach'
  return found.flat().sort((one, other) => Number(isNow(other)) - Number(isNow(one)) || time(one) - time(other) || order.indexOf(one.kind) - order.indexOf(other.kind))
}

/** How many of them belong to each page, and to *today* in all. */
export function countsOf(needs: readonly Need[]): Record<string, number> {
  const page: Record<Need['kind'], string> = { finding: 'findings', proposal: 'instructions', grant: 'people', approval: 'approvals', training: 'people', copy: 'copies', exit: 'erasures', choice: 'controllers', breach: 'breaches', road: 'stores' }
  const counts: Record<string, number> = { today: needs.length }
  for (const { kind, count } of needs) counts[page[kind]] = (counts[page[kind]] ?? 0) + count
  return counts
}

const nothing = { people: null, due: null, since: null, overdue: false, detail: null } as const

async function ofFindings({ bailee: { database }, principal }: Reading, known: readonly Controller[]): Promise<Need[]> {
  const named = controllersById(known)
  const open = minded(principal, await allFindings(database)).filter(({ state }) => state === 'open')
  return [...Map.groupBy(open, ({ controller }) => controller)].map(([controller, found]): Need => ({
    ...nothing, kind: 'finding', standing: 'invalid', controller: named(controller), ids: found.map(({ id }) => id), count: found.length, people: peopleIn(found), since: shownInstant(Math.min(...found.map(({ firstSeen }) => firstSeen))),
  }))
}

async function ofInstructions({ bailee: { database }, principal }: Reading, known: readonly Controller[]): Promise<Need[]> {
  const named = controllersById(known)
  return minded(principal, await allInstructions(database)).filter(({ state }) => state === 'proposed').map((one): Need => ({ ...nothing, kind: 'proposal', standing: 'pending', controller: named(one.controller), ids: [one.id], count: 1, detail: one.scope.text }))
}

async function ofGrants({ bailee: { database }, at }: Reading, known: readonly Controller[]): Promise<Need[]> {
  const of = new Map((await allInstructions(database)).map(({ id, controller }) => [id, controller]))
  const named = controllersById(known)
  return (await allGrants(database)).filter(({ state, until }) => state === 'proposed' && at < until).map((one): Need => ({ ...nothing, kind: 'grant', standing: 'pending', controller: named(of.get(one.instruction) ?? ''), ids: [one.id], count: 1, detail: `${one.person}, ${one.instruction}` }))
}

/** Of those that were asked for, each until it lapses: a day after. */
async function ofApprovals({ bailee: { database }, at }: Reading, known: readonly Controller[]): Promise<Need[]> {
  const of = new Map((await allInstructions(database)).map(({ id, controller }) => [id, controller]))
  const named = controllersById(known)
  return (await openApprovals(database)).filter(({ state, askedAt }) => state === 'asked' && at < askedAt + day).map((one): Need => ({ ...nothing, kind: 'approval', standing: 'pending', controller: named(of.get(one.instruction) ?? ''), ids: [one.id], count: 1, due: shownInstant(one.askedAt + day), since: shownInstant(one.askedAt), detail: `${one.person}, ${one.instruction}` }))
}

/** Of everybody who is here, each training that is required of them, lapses soon, has lapsed, or was never passed. */
async function ofTrainings({ bailee: { database }, at }: Reading): Promise<Need[]> {
  const [trainings, everybody] = [await allTrainings(database), await standings(database)]
  const needs: Need[] = []
  for (const training of trainings) {
    const due = [...everybody.values()].filter(({ person }) => person.leftAt === undefined && (training.requiredFor === '*' || training.requiredFor.includes(person.role)))
      .map(({ person, passed }) => ({ id: person.id, lapses: lapseOf(passed.filter((one) => one.training === training.id).map(({ passedAt }) => passedAt), training.validMonths) }))
      .filter(({ lapses }) => lapses < at + aheadDays * day)
    if (due.length === 0) continue
    const first = Math.min(...due.map(({ lapses }) => lapses))
    needs.push({ ...nothing, kind: 'training', standing: 'pending', controller: null, ids: due.map(({ id }) => id), count: due.length, due: first <= 0 ? null : shownInstant(first), overdue: first <= at, detail: training.title })
  }
  return needs
}

/** The first moment at which a training counts no longer; 0 for one that was never passed. */
function lapseOf(passed: readonly Instant[], months: number): Instant {
  return Math.max(0, ...passed.map((at) => monthsLater(at, months)))
}

async function ofCopies({ bailee: { database }, at, principal }: Reading, known: readonly Controller[]): Promise<Need[]> {
  const named = controllersById(known)
  return minded(principal, await allTransfers(database)).filter(({ state, expiresAt }) => state === 'made' && expiresAt !== null && expiresAt < at + aheadDays * day)
    .map((one): Need => ({ ...nothing, kind: 'copy', standing: 'pending', controller: named(one.controller), ids: [one.id], count: 1, due: shownInstant(one.expiresAt), overdue: (one.expiresAt ?? Infinity) <= at, detail: one.store }))
}

async function ofExits({ bailee, at, principal }: Reading, known: readonly Controller[]): Promise<Need[]> {
  const named = controllersById(known)
  const waits = new Map((await exitsOf(bailee, at)).map((one) => [one.erasure, one]))
  return minded(principal, await allErasures(bailee.database)).filter(({ state }) => state !== 'certified').map((one): Need => {
    const shown = waits.get(one.id)
    return { ...nothing, kind: 'exit', standing: 'pending', controller: named(one.controller), ids: [one.id], count: 1, due: shownInstant(shown?.deadline ?? one.deadline), since: shownInstant(one.openedAt), overdue: shown?.overdue ?? at >= one.deadline, detail: shown?.waits?.because ?? one.state }
  })
}

async function ofChoices({ bailee: { database }, at, principal }: Reading, known: readonly Controller[]): Promise<Need[]> {
  const named = controllersById(known)
  const needs: Need[] = []
  for (const contract of minded(principal, await allContracts(database))) {
    if (contract.endedAt !== undefined || contract.ends === undefined || at < contract.ends - choiceAheadDays * day || choiceNow(contract, await choicesOf(database, contract.id)) !== undefined) continue
    needs.push({ ...nothing, kind: 'choice', standing: 'pending', controller: named(contract.controller), ids: [contract.id], count: 1, due: shownInstant(contract.ends), overdue: at >= contract.ends })
  }
  return needs
}

/** Until its controller was told; then until it is described. */
async function ofBreaches({ bailee: { database, ledger }, at }: Reading, known: readonly Controller[]): Promise<Need[]> {
  const named = controllersById(known)
  const needs: Need[] = []
  for (const breach of await allBreaches(database)) {
    const told = toldAt(await sendingsOf(database, breach.id))
    if (told !== null && breach.measures !== null) continue
    const due = clocksOf(breach, await termsOf({ ledger }, breach), told).filter(({ of }) => of === 'processor to controller').flatMap((clock) => (clock.due === null ? [] : [clock.due]))[0] ?? null
    needs.push({ ...nothing, kind: 'breach', standing: 'invalid', controller: named(breach.controller), ids: [breach.id], count: 1, due: told === null ? due : null, since: shownInstant(breach.awareAt), overdue: told === null && due !== null && (parseInstant(due) ?? Infinity) <= at, detail: told === null ? 'not told yet' : 'not described yet' })
  }
  return needs
}

async function ofRoads({ bailee: { database } }: Reading): Promise<Need[]> {
  const open = (await allRoads(database)).filter(({ state }) => state === 'open')
  return [...Map.groupBy(open, ({ store }) => store)].map(([store, roads]): Need => ({ ...nothing, kind: 'road', standing: 'invalid', controller: null, ids: [store], count: new Set(roads.map(({ kind, name }) => `${kind} ${name}`)).size, since: shownInstant(Math.min(...roads.map(({ since }) => since))) }))
}
