import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { allContracts, allControllers } from '#contract'
import { recentSessions, type SessionRow } from '#gateway'
import { allGrants, allInstructions, nextInstructionId } from '#instruction'
import { allDatasets, allEnvironments, allStores, type Dataset } from '#inventory'
import { allPeople } from '#people'
import { reachOf } from '../reach.ts'
import type { Reading } from '../reading.ts'
import { addReading, type RouteContext } from '../route.ts'
import { choices, use } from '../schemas/choices.ts'
import { controllersById, minded, nameOf, shownInstant } from '../shown.ts'

/** `/instructions/choices`: what an instruction may be made of. `/instructions/use`: what was done under them. */
export function addChoices(app: FastifyInstance, context: RouteContext): void {
  addReading(app, context, 'GET /instructions/choices', { summary: 'What an instruction may be made of: contracts, datasets and their columns, environments', answer: choices, handle: choicesFor })
  addReading(app, context, 'GET /instructions/use', {
    summary: 'What was done under instructions, and by whom', answer: use,
    query: z.object({ controller: z.string().max(200).optional(), instruction: z.string().max(200).optional() }), handle: useFor,
  })
}

async function choicesFor(reading: Reading): Promise<z.output<typeof choices>> {
  const { bailee: { database }, principal, at } = reading
  const controllers = await allControllers(database)
  const [reach, named] = [await reachOf(reading), controllersById(controllers)]
  const seen = <One extends { readonly slot: number; readonly controller: string }>(items: readonly One[]): One[] => minded(principal, items).filter(({ controller }) => reach === undefined || reach.controllers.has(controller))
  const [instructions, stores] = [seen(await allInstructions(database)), new Map((await allStores(database)).map(({ id, environment }) => [id, environment]))]
  const [ids, alone] = [instructions.map(({ id }) => id), principal.controller === null && controllers.length === 1]
  const mine = new Set(instructions.map(({ id }) => id))
  const granted = new Set((await allGrants(database)).filter(({ instruction }) => mine.has(instruction)).map(({ person }) => person))
  return {
    contracts: seen(await allContracts(database)).filter(({ endedAt }) => endedAt === undefined || at < endedAt).map(({ id, controller, starts, ends }) => ({ id, controller: named(controller), starts: shownInstant(starts) ?? '', ends: shownInstant(ends), nextId: nextInstructionId(ids, { controller, alone }) })),
    environments: (await allEnvironments(database)).map(({ id, class: kind }) => ({ id, class: kind })),
    datasets: seen(await allDatasets(database)).map((one) => ({ id: one.id, controller: one.controller, store: one.store, environment: stores.get(one.store) ?? '', columns: columnsOf(one) })),
    purposes: [...new Set(instructions.flatMap(({ scope }) => scope.purposes))].sort(), taken: [...mine].sort(),
    people: (await allPeople(database)).filter(({ id, leftAt }) => at < (leftAt ?? Infinity) && (principal.controller === null && reach === undefined ? true : granted.has(id))).map(nameOf),
  }
}

/** Columns of all tables of a dataset, each once. */
function columnsOf({ tables }: Dataset): z.output<typeof choices>['datasets'][number]['columns'] {
  const columns = new Map(tables.flatMap((table) => Object.entries(table.columns).map(([name, { category, identifies }]) => [name, { name, category, identifies: identifies === true }] as const)))
  return [...columns.values()]
}

/** Sessions that are counted: the newest. */
const sessionsMax = 1_000

async function useFor(reading: Reading & { readonly query: { controller?: string | undefined; instruction?: string | undefined } }): Promise<z.output<typeof use>> {
  const { bailee: { database }, principal, at, query } = reading
  const [known, named] = [new Map(minded(principal, await allInstructions(database)).map(({ id, controller }) => [id, controller])), controllersById(await allControllers(database))]
  const people = new Map((await allPeople(database)).map((person) => [person.id, nameOf(person)]))
  const all = await recentSessions(database, { instruction: query.instruction, limit: sessionsMax })
  const sessions = all.filter((one) => one.openedAt <= at && known.has(one.instruction) && (query.controller === undefined || known.get(one.instruction) === query.controller))
  return {
    byInstruction: amounts(sessions, ({ instruction }) => instruction).map(([instruction, amount]) => ({ ...amount, instruction, controller: named(known.get(instruction) ?? '') })),
    byPerson: amounts(sessions, ({ person }) => person).map(([person, amount]) => ({ ...amount, person: people.get(person) ?? { id: person, name: person } })),
    since: shownInstant(sessions.at(-1)?.openedAt), more: all.length === sessionsMax,
  }
}

/** Sessions, rows and bytes by a key, most rows first. Of a session that is open, what it may have read at most. */
function amounts(sessions: readonly SessionRow[], keyOf: (session: SessionRow) => string): [string, { sessions: number; rows: number; bytes: number }][] {
  const total = (of: readonly SessionRow[], count: (one: SessionRow) => number): number => of.reduce((sum, one) => sum + count(one), 0)
  return [...Map.groupBy(sessions, keyOf)].map(([key, of]): [string, { sessions: number; rows: number; bytes: number }] => [key, { sessions: of.length, rows: total(of, ({ counts, leasedRows }) => counts?.rows ?? leasedRows), bytes: total(of, ({ counts, leasedBytes }) => counts?.bytes ?? leasedBytes) }])
    .sort(([one, a], [other, b]) => b.rows - a.rows || (one < other ? -1 : 1))
}
