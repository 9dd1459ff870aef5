import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { z } from 'zod'
import { keepAddress } from '#composition'
import { allContracts, allControllers, theProcessor } from '#contract'
import { declare, type Declared } from '#estate'
import { allGrants, allInstructions } from '#instruction'
import { allDatasets, allEnvironments, allStores } from '#inventory'
import { allAccounts, allPeople, issueLink, openAccount, passkeysOf, signatoriesOf, waysOf } from '#people'
import { Misuse, Refused } from '#kit/errors'
import { formatInstant } from '#kit/time'
import { addChange, personOf, type Changing } from '../change.ts'
import type { Reading } from '../reading.ts'
import { addReading, mustBeThere, type RouteContext } from '../route.ts'
import { contractBody, controllerBody, datasetBody, invitation, invitationBody, meBody, recorded, shape, start, steps, storeBody, tryBody } from '../schemas/start.ts'
import { idParams } from '../schemas/shared.ts'
import { nameOf } from '../shown.ts'
import { mustBeOrdinary, shapeAt, shapeOf } from '../storeShape.ts'

type Start = z.output<typeof start>

/** What stands for an address of whoever started first, until they say it. */
const notTold = 'not told'

/** `/start`: from nothing to a first instruction. What is declared here goes the road of `bailee apply`. */
export function addStart(app: FastifyInstance, context: RouteContext): void {
  addReading(app, context, 'GET /start', { summary: 'What is still missing before work can begin, in order', answer: start, handle: (asked) => startOf(asked, context.bailee.database) })
  addStores(app, context)
  addParties(app, context)
}

/** `whole`: passkeys are by account, not in the fold. */
async function startOf({ bailee: { database }, principal }: Reading, whole: RouteContext['bailee']['database']): Promise<Start> {
  const [processor, accounts, contracts, datasets, instructions] = [await theProcessor(database), await allAccounts(database), await allContracts(database), await allDatasets(database), await allInstructions(database)]
  const me = (await allPeople(database)).find(({ id }) => id === principal.person)
  const open = new Set(accounts.filter(({ closedAt }) => closedAt === null).map(({ controller, name }) => `${controller ?? ''}\n${name}`))
  const controllers = await Promise.all((await allControllers(database)).map(async (one) => ({
    ...nameOf(one), signatories: (await signatoriesOf(database, one.id)).map(({ name }) => ({ name, account: open.has(`${one.id}\n${name}`) })), datasets: datasets.filter(({ controller }) => controller === one.id).length, contracts: contracts.filter(({ controller, endedAt }) => controller === one.id && endedAt === undefined).length,
  })))
  const accepted = instructions.filter(({ state }) => state === 'accepted').map(({ id }) => id)
  const stores = await allStores(database)
  const done: Readonly<Record<(typeof steps)[number], boolean>> = {
    passkey: (await passkeysOf(whole, principal.account.id)).length > 0, me: me !== undefined && me.contact !== notTold, store: stores.length > 0, controller: controllers.length > 0, dataset: datasets.length > 0, contract: controllers.some((one) => one.contracts > 0),
    instruction: instructions.length > 0, signatory: controllers.some(({ signatories }) => signatories.some(({ account }) => account)), acceptance: accepted.length > 0, grant: (await allGrants(database)).some(({ state, emergency }) => state === 'approved' && emergency === undefined),
  }
  const standsOn: Readonly<Record<(typeof steps)[number], boolean>> = { passkey: true, me: true, store: true, controller: true, dataset: done.store && done.controller, contract: done.controller, instruction: done.contract && done.dataset, signatory: done.controller, acceptance: done.instruction, grant: done.acceptance }
  const dpo = processor?.['dpo']
  return {
    steps: steps.map((step) => ({ step, done: done[step], may: standsOn[step] })), next: steps.find((step) => !done[step]) ?? null,
    processor: { name: processor?.name ?? '', country: processor?.country ?? '', origin: processor?.origin ?? '', dpo: dpo === undefined ? 'not told' : dpo === 'none' ? 'there is none' : 'told' },
    person: me === undefined ? null : nameOf(me), environments: (await allEnvironments(database)).map(({ id, class: kind }) => ({ id, class: kind })), stores: stores.map(({ id, environment }) => ({ id, environment })), controllers,
    proposed: instructions.filter(({ state }) => state === 'proposed').map(({ id, controller }) => ({ id, controller: controllers.find((one) => one.id === controller) ?? { id: controller, name: controller } })), accepted,
  }
}

async function record({ bailee: { ledger, references }, at }: Pick<Changing<unknown, unknown>, 'bailee' | 'at'>, declared: Declared, id: string): Promise<z.output<typeof recorded>> {
  return { id, changes: (await declare(ledger, references, declared, at)).changes.length }
}

function addStores(app: FastifyInstance, context: RouteContext): void {
  addChange(app, context, 'POST /start/stores/try', {
    summary: 'Look at the shape of a database: tables and columns, no row. Records and keeps nothing', body: tryBody, answer: shape,
    change: ({ bailee, body }) => shapeAt(bailee.references, mustBeOrdinary(body.address)),
  })
  addChange(app, context, 'POST /start/stores', {
    summary: 'Connect a store: `environment.declared`, `store.declared`. Its address is kept in a file of its own, and never answered', body: storeBody, answer: recorded,
    change: async (asked) => {
      const { bailee, body: { id, address, environment } } = asked
      await shapeAt(bailee.references, mustBeOrdinary(address)) // what does not answer is not declared
      const known = (await allEnvironments(bailee.database)).find((one) => one.id === environment.id)
      if (known !== undefined && known.class !== environment.class) throw new Misuse(`environment ${environment.id} is ${known.class}: name another one`)
      if ((await allStores(bailee.database)).some((one) => one.id === id)) throw new Misuse(`a store is called ${id} already: name this one otherwise`)
      const reference = address.startsWith('env:') ? address : keepAddress(bailee.directory, id, { address, random: randomBytes })
      const declared = known?.declared ?? { ...environment, operator: 'processor', protection: environment.class === 'production' ? 'high' as const : 'medium' as const }
      return record(asked, { environments: [declared as NonNullable<Declared['environments']>[number]], stores: [{ id, environment: environment.id, kind: 'postgres', gateway_url: reference, sweep_url: reference }] }, id)
    },
  })
  addReading(app, context, 'GET /start/stores/:id', {
    summary: 'The tables of a store and their columns, with what each may be about: suggested, never assumed', params: idParams, answer: shape,
    handle: async ({ bailee, params }) => shapeOf(bailee.references, mustBeThere((await allStores(bailee.database)).find((one) => one.id === params.id), 'store')),
  })
}

function addParties(app: FastifyInstance, context: RouteContext): void {
  addChange(app, context, 'POST /start/me', {
    summary: 'Say who you are: `people.declared`', body: meBody, answer: recorded,
    change: async (asked) => {
      const { bailee, principal, body: { name, contact, dpo } } = asked
      const id = personOf(principal)
      const [processor, { role }] = [await theProcessor(bailee.database), mustBeThere((await allPeople(bailee.database)).find((one) => one.id === id), 'person')]
      return record(asked, { people: [{ id, name, contact, role }], ...(dpo && processor !== undefined ? { processor: { ...processor, dpo: { name, contact } } as NonNullable<Declared['processor']> } : {}) }, id)
    },
  })
  addChange(app, context, 'POST /start/controllers', {
    summary: 'Add a controller and who signs for it: `controller.declared`, `people.signatory_declared`', body: controllerBody, answer: recorded,
    change: async (asked) => {
      const { body: { signatory, ...controller }, bailee } = asked
      if ((await allControllers(bailee.database)).some(({ id }) => id === controller.id)) throw new Misuse(`a controller is called ${controller.id} already: name this one otherwise`)
      return record(asked, { controllers: [{ ...controller, signatories: [signatory] }] }, controller.id)
    },
  })
  addChange(app, context, 'POST /start/datasets', {
    summary: 'Say which tables are a controller\'s, and what identifies people in them: `dataset.declared`, `dataset.checked`', body: datasetBody, answer: recorded,
    change: async (asked) => {
      if ((await allDatasets(asked.bailee.database)).some(({ id }) => id === asked.body.id)) throw new Misuse(`a dataset is called ${asked.body.id} already: name this one otherwise`)
      return record(asked, { datasets: [asked.body] }, asked.body.id)
    },
  })
  addChange(app, context, 'POST /start/contracts', {
    summary: 'Add what binds a controller and us: `contract.declared`', body: contractBody, answer: recorded,
    change: async (asked) => {
      const { body: { choice, withinDays, ...contract }, bailee } = asked
      if ((await allContracts(bailee.database)).some(({ id }) => id === contract.id)) throw new Misuse(`a contract is called ${contract.id} already: name this one otherwise`)
      return record(asked, { contracts: [{ ...contract, ...(choice === undefined && withinDays === undefined ? {} : { at_end: { ...(choice === undefined ? {} : { choice }), ...(withinDays === undefined ? {} : { within_days: withinDays }) } }) }] }, contract.id)
    },
  })
  addChange(app, context, 'POST /start/invitations', {
    summary: 'Invite a signatory: an account where there is none (`account.opened`), and a link that is good once. Where there is an account, for an owner alone', body: invitationBody, answer: invitation,
    change: async ({ bailee, at, principal, body: { controller: id, name } }) => {
      const controller = mustBeThere((await allControllers(bailee.database)).find((one) => one.id === id), 'controller')
      const known = (await allAccounts(bailee.database)).find((one) => one.controller === id && one.name === name && one.role === 'signatory' && one.closedAt === null)
      const ways = known === undefined ? undefined : (await waysOf(bailee.database, at)).find((one) => one.id === known.id)
      if (known !== undefined && ways !== undefined && (ways.passkeys > 0 || ways.linkedAt !== null)) throw new Misuse(`${name} signs in already; a new link is for an owner to make: bailee people account link ${known.id}`)
      if (known !== undefined && !principal.roles.includes('owner')) throw new Refused('account/owner-invites', `${name} was invited before, and whoever has a new link signs in as them: it is for an owner to make (bailee people account link ${known.id})`)
      const account = known ?? await openAccount(bailee.ledger, { who: name, role: 'signatory', controller: { id, slot: controller.slot } }, at, randomBytes)
      const { token, until } = await issueLink({ database: bailee.database, now: context.clock() }, account.id, randomBytes)
      return { name, path: `sign-in#link=${token}`, until: formatInstant(until) }
    },
    kept: (answer) => ({ ...answer, path: null }),
  })
}
