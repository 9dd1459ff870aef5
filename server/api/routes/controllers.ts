import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { allContracts, allControllers, choiceNow, choicesOf, type Contact, type Contract, type Controller } from '#contract'
import { allErasures } from '#erasure'
import { allInstructions, isInForce, isSuspended, type Instruction } from '#instruction'
import { allDatasets, allDerived, allEnvironments, allStores } from '#inventory'
import { signatoriesOf } from '#people'
import { allFindings, latestSweeps } from '#trace'
import { pageOf, pageQuery } from '../listing.ts'
import { reachOf } from '../reach.ts'
import type { Reading } from '../reading.ts'
import { addReading, mustBeThere, type RouteContext } from '../route.ts'
import { controllerListing, controllerPage, type controllerItem } from '../schemas/controller.ts'
import { idParams, type Standing } from '../schemas/shared.ts'
import { minded, peopleIn, searchedBy, shownInstant, type SearchedShown } from '../shown.ts'

type Item = z.output<typeof controllerItem>

/** `/controllers` and `/controllers/:id`. */
export function addControllers(app: FastifyInstance, context: RouteContext): void {
  addReading(app, context, 'GET /controllers', {
    summary: 'Whom data are held for', query: pageQuery.extend({ q: z.string().max(100).optional().describe('in the name or the id') }), answer: controllerListing,
    handle: async (asked) => {
      const wanted = asked.query.q?.toLowerCase()
      const all = (await controllersOf(asked)).filter(({ id, name }) => wanted === undefined || `${id} ${name}`.toLowerCase().includes(wanted))
      return { ...pageOf(all, ({ id }) => id, asked.query), found: all.filter(({ findings }) => findings.open > 0).length }
    },
  })
  addReading(app, context, 'GET /controllers/:id', {
    summary: 'One controller on a page', params: idParams, answer: controllerPage,
    handle: async (asked) => pageOfController(asked, mustBeThere((await controllersOf(asked)).find(({ id }) => id === asked.params.id), 'controller')),
  })
}

/** Every controller that may be seen, by name. */
async function controllersOf(reading: Reading): Promise<Item[]> {
  const { bailee: { database }, principal, at } = reading
  const reach = await reachOf(reading)
  const known = minded(principal, await allControllers(database)).filter(({ id }) => reach === undefined || reach.controllers.has(id))
  const by = <One extends { readonly slot: number }>(items: readonly One[]): Map<number, One[]> => Map.groupBy(items, ({ slot }) => slot)
  const [contracts, instructions, datasets, derived] = [by(await allContracts(database)), by(await allInstructions(database)), by(await allDatasets(database)), by(await allDerived(database))]
  const [findings, sweeps, erasures, stores] = [by(await allFindings(database)), by(await latestSweeps(database)), by(await allErasures(database)), await allStores(database)]
  return known.map((controller): Item => {
    const { slot } = controller
    const mine = { contracts: contracts.get(slot) ?? [], instructions: instructions.get(slot) ?? [], datasets: datasets.get(slot) ?? [] }
    const open = (findings.get(slot) ?? []).filter(({ state }) => state === 'open')
    // Its own people are told of the stores that its log names: what else the firm has is none of their business.
    const searched = searchedBy(sweeps.get(slot) ?? [], principal.controller === null ? stores : mine.datasets.map(({ store }) => ({ id: store })))
    const ends = mine.contracts.flatMap(({ ends: end, endedAt }) => (end === undefined || endedAt !== undefined ? [] : [end]))
    return {
      id: controller.id, name: controller.name, country: controller.declared.country, standing: standingOf(open.length, searched), nextEnd: ends.length === 0 ? null : shownInstant(Math.min(...ends)),
      contracts: { live: mine.contracts.filter(({ endedAt }) => endedAt === undefined).length, ended: mine.contracts.filter(({ endedAt }) => endedAt !== undefined).length },
      instructions: { inForce: mine.instructions.filter((one) => holds(one, mine.contracts, at)).length, proposed: mine.instructions.filter(({ state }) => state === 'proposed').length },
      datasets: mine.datasets.length, copies: (derived.get(slot) ?? []).filter(({ droppedAt }) => droppedAt === null).length, exits: (erasures.get(slot) ?? []).filter(({ state }) => state !== 'certified').length,
      findings: { open: open.length, people: peopleIn(open) }, searched,
    }
  }).sort((one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : one.id < other.id ? -1 : 1))
}

const holds = (instruction: Instruction, contracts: readonly Contract[], at: number): boolean => instruction.from <= at && !isSuspended(instruction, at) && isInForce(instruction, contracts.find(({ id }) => id === instruction.contract)?.endedAt, at)

/** Of where its data are. Nothing found is not nothing there. */
function standingOf(open: number, { at, notSeen }: SearchedShown): Standing {
  if (open > 0) return 'invalid'
  return at === null || notSeen.length > 0 ? 'unknown' : 'verified'
}

async function pageOfController(reading: Reading, item: Item): Promise<z.output<typeof controllerPage>> {
  const { bailee: { database }, at } = reading
  const controller = (await allControllers(database)).find(({ id }) => id === item.id) as Controller
  const contracts = (await allContracts(database)).filter(({ slot }) => slot === controller.slot)
  const reach = await reachOf(reading)
  const environments = new Map((await allStores(database)).map(({ id, environment }) => [id, environment]))
  const known = new Set((await allEnvironments(database)).map(({ id }) => id))
  return {
    ...item,
    contractList: await Promise.all(contracts.map(async (contract) => shownContract(contract, choiceNow(contract, await choicesOf(database, contract.id))))),
    signatories: (await signatoriesOf(database, controller.id)).map(({ name, custody }) => ({ name, key: custody ?? null })),
    datasetList: (await allDatasets(database)).filter(({ slot }) => slot === controller.slot).map(({ id, store, tables, checkedAt }) => {
      const environment = environments.get(store) ?? ''
      return { id, store, environment: known.has(environment) ? environment : '', tables: tables.length, columns: tables.reduce((sum, { columns }) => sum + Object.keys(columns).length, 0), checkedAt: shownInstant(checkedAt), standing: checkedAt === undefined ? 'declared' as const : 'verified' as const }
    }),
    subProcessors: subProcessorsOf(contracts), contacts: contactsOf(controller),
    instructionList: (await allInstructions(database)).filter(({ slot, id }) => slot === controller.slot && (reach === undefined || reach.instructions.has(id))).map((one) => ({ id: one.id, name: one.scope.text, state: one.state, inForce: holds(one, contracts, at) })),
  }
}

/** A contract as it is shown. */
export function shownContract({ id, starts, ends, endedAt, endedBecause }: Contract, choice: ReturnType<typeof choiceNow>): z.output<typeof controllerPage>['contractList'][number] {
  return {
    id, starts: shownInstant(starts) ?? '', ends: shownInstant(ends), endedAt: shownInstant(endedAt), endedBecause: endedBecause ?? null,
    choice: choice === undefined ? null : { choice: choice.choice, recipient: choice.recipient ?? null, from: choice.from },
  }
}

interface SubProcessors { readonly authorisation: 'general' | 'specific' | 'none'; readonly list?: readonly { readonly name: string; readonly country: string; readonly purpose?: string }[] }

/** Of the contracts that go on, or of all when none does. Null: no contract says anything of them. */
function subProcessorsOf(contracts: readonly Contract[]): z.output<typeof controllerPage>['subProcessors'] {
  const live = contracts.filter(({ endedAt }) => endedAt === undefined)
  const told = (live.length > 0 ? live : contracts).flatMap(({ declared }) => (declared['sub_processors'] === undefined ? [] : [declared['sub_processors'] as SubProcessors]))
  const [first] = told
  if (first === undefined) return null
  return { authorisation: first.authorisation, list: told.flatMap(({ list }) => list ?? []).map(({ name, country, purpose }) => ({ name, country, purpose: purpose ?? null })) }
}

const contactRoles = ['representative', 'dpo', 'contact'] as const

/** What a controller told of whom to write to: not told is not the same as none. */
function contactsOf({ declared }: Controller): z.output<typeof controllerPage>['contacts'] {
  return contactRoles.map((role) => {
    const told = declared[role] as Contact | string | undefined
    if (told === undefined) return { role, name: null, contact: null, told: 'not told' }
    if (told === 'none') return { role, name: null, contact: null, told: 'there is none' }
    return typeof told === 'string' ? { role, name: null, contact: told, told: 'told' } : { role, name: told.name, contact: told.contact, told: 'told' }
  })
}
