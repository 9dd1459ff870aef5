import type { Controller, Contract, Processor } from '#contract'
import type { Dataset, Environment, Store } from '#inventory'
import { grantId, type Grant, type Instruction, type Scope } from '#instruction'
import { jcs, noWitnesses, type Draft, type Json, type RetentionClass, type WitnessPolicy } from '#ledger'
import type { Person, Role, Signatory, Training } from '#people'
import { Misuse } from '#kit/errors'
import { parseInstant, type Instant } from '#kit/time'
import type { Path, ReadEstate } from './read.ts'
import type { Estate } from './schema.ts'

/** What the ledger holds now. */
export interface Present {
  readonly processor: Processor | undefined
  readonly witnessing: WitnessPolicy
  readonly environments: readonly Environment[]
  readonly stores: readonly Store[]
  readonly controllers: readonly Controller[]
  readonly signatories: ReadonlyMap<string, readonly Signatory[]>
  readonly contracts: readonly Contract[]
  readonly datasets: readonly Dataset[]
  readonly instructions: readonly Instruction[]
  readonly people: readonly Person[]
  readonly roles: readonly Role[]
  readonly trainings: readonly Training[]
  readonly grants: readonly Grant[]
}

/** One difference between the file and the ledger. `controller`: whose log it goes into; absent for the common log. */
export interface PlannedChange {
  readonly action: 'add' | 'change'
  readonly what: string
  readonly id: string
  readonly controller?: string
  readonly type: string
  readonly part: RetentionClass
  readonly payload: Json
}

export interface Plan {
  readonly changes: readonly PlannedChange[]
  /** In the ledger and not in the file: kept, because nothing is forgotten by leaving it out of a file. */
  readonly kept: readonly string[]
}

const same = (one: unknown, other: unknown): boolean => Buffer.from(jcs(one as Json)).equals(Buffer.from(jcs(other as Json)))

/** Compares the file with the state that the ledger holds; pure. Throws `Misuse` for what can no longer change, naming its line. */
export function planChanges(read: ReadEstate, present: Present): Plan {
  const { estate } = read
  refuseSettled(read, present)
  const changes: PlannedChange[] = [
    ...processorChange(estate, present),
    ...witnessChange(estate, present),
    ...differences(estate.environments, present.environments, { what: 'environment', type: 'environment.declared', part: 'evidence' }),
    ...differences(estate.stores, present.stores, { what: 'store', type: 'store.declared', part: 'evidence' }),
    ...differences(estate.people.filter(({ id }) => !gone(present).has(id)), present.people.map((person) => ({ id: person.id, declared: { id: person.id, name: person.name, contact: person.contact, role: person.role } })), { what: 'person', type: 'people.declared', part: 'people' }),
    ...differences(estate.roles, present.roles.map((role) => ({ id: role.id, declared: role })), { what: 'role', type: 'people.role_declared', part: 'evidence' }),
    ...trainingChanges(estate, present),
    ...controllerChanges(estate, present),
    ...differences(estate.contracts, present.contracts, { what: 'contract', type: 'contract.declared', part: 'evidence', controllerOf: (contract) => contract.controller }),
    ...differences(estate.datasets, present.datasets.map((dataset) => ({ id: dataset.id, declared: { id: dataset.id, controller: dataset.controller, store: dataset.store, tables: dataset.tables } })),
      { what: 'dataset', type: 'dataset.declared', part: 'evidence', controllerOf: (dataset) => dataset.controller }),
    ...instructionChanges(estate, present),
    ...grantChanges(estate, present),
  ]
  return { changes, kept: keptOnes(estate, present) }
}

interface Kind<Item> { readonly what: string; readonly type: string; readonly part: RetentionClass; readonly controllerOf?: (item: Item) => string }

function differences<Item extends { readonly id: string }>(declared: readonly Item[], present: readonly { readonly id: string; readonly declared: unknown }[], kind: Kind<Item>): PlannedChange[] {
  const known = new Map(present.map((item) => [item.id, item.declared]))
  return declared.flatMap((item) => {
    const before = known.get(item.id)
    if (before !== undefined && same(before, item)) return []
    const controller = kind.controllerOf?.(item)
    return [{ action: before === undefined ? 'add' : 'change', what: kind.what, id: item.id, type: kind.type, part: kind.part, payload: item as unknown as Json, ...(controller === undefined ? {} : { controller }) }]
  })
}

function processorChange(estate: Estate, present: Present): PlannedChange[] {
  if (present.processor !== undefined && same(present.processor, estate.processor)) return []
  return [{ action: present.processor === undefined ? 'add' : 'change', what: 'processor', id: estate.processor.origin, type: 'processor.declared', part: 'evidence', payload: estate.processor as unknown as Json }]
}

function witnessChange({ witnessing }: Estate, present: Present): PlannedChange[] {
  if (witnessing === undefined || same(present.witnessing, witnessing)) return []
  const names = witnessing.witnesses.map(({ name }) => name)
  return [{ action: same(present.witnessing, noWitnesses) ? 'add' : 'change', what: 'witnesses', id: names.join(', ') || 'none', type: 'witness.declared', part: 'evidence', payload: witnessing as unknown as Json }]
}

function trainingChanges(estate: Estate, present: Present): PlannedChange[] {
  const shaped = estate.trainings.map((training) => ({ id: training.id, title: training.title, validMonths: training.valid_months, requiredFor: training.required_for, ...(training.course === undefined ? {} : { course: training.course }) }))
  return differences(shaped, present.trainings.map((training) => ({ id: training.id, declared: training })), { what: 'training', type: 'training.declared', part: 'evidence' })
}

function controllerChanges(estate: Estate, present: Present): PlannedChange[] {
  return estate.controllers.flatMap((controller) => {
    const { signatories, ...declared } = controller
    const known = present.signatories.get(controller.id) ?? []
    return [
      ...differences([declared], present.controllers, { what: 'controller', type: 'controller.declared', part: 'evidence', controllerOf: (item) => item.id }),
      ...signatories.flatMap((signatory): PlannedChange[] => {
        const before = known.find((one) => one.name === signatory.name)
        const keyChanged = signatory.public_key !== undefined && signatory.public_key !== before?.publicKey
        if (before !== undefined && before.contact === signatory.contact && !keyChanged) return []
        const payload = { controller: controller.id, name: signatory.name, contact: signatory.contact, ...(signatory.public_key === undefined ? {} : { publicKey: signatory.public_key }) }
        return [{ action: before === undefined ? 'add' : 'change', what: 'signatory', id: `${controller.id}/${signatory.name}`, controller: controller.id, type: 'people.signatory_declared', part: 'people', payload }]
      }),
    ]
  })
}

function instructionChanges(estate: Estate, present: Present): PlannedChange[] {
  const controllers = new Map(estate.contracts.map((contract) => [contract.id, contract.controller]))
  const known = present.instructions.map((instruction) => ({ id: instruction.id, declared: instruction.scope }))
  return differences(estate.instructions, known, { what: 'instruction (proposed)', type: 'instruction.proposed', part: 'instruction', controllerOf: (instruction) => controllers.get(instruction.contract) ?? '' })
    .map((change) => ({ ...change, payload: { controller: change.controller, scope: change.payload } as Json }))
}

function grantChanges(estate: Estate, present: Present): PlannedChange[] {
  const known = new Set(present.grants.map((grant) => grant.id))
  const contracts = new Map(estate.contracts.map((contract) => [contract.id, contract.controller]))
  return estate.grants.flatMap((grant): PlannedChange[] => {
    const until = parseInstant(grant.until) ?? 0
    const id = grantId(grant.person, grant.instruction, until)
    if (known.has(id)) return []
    const controller = contracts.get(estate.instructions.find((instruction) => instruction.id === grant.instruction)?.contract ?? '') ?? ''
    return [{ action: 'add', what: 'grant (proposed)', id, controller, type: 'grant.proposed', part: 'evidence', payload: { grant: id, person: grant.person, instruction: grant.instruction, until } }]
  })
}

function refuseSettled(read: ReadEstate, present: Present): void {
  const { estate } = read
  const problem = (path: Path, text: string): string => `${read.at(path)}: ${text}`
  const settled = new Map(present.instructions.filter((instruction) => instruction.state !== 'proposed').map((instruction) => [instruction.id, instruction]))
  const problems = [
    ...(present.processor !== undefined && present.processor.origin !== estate.processor.origin ? [problem(['processor', 'origin'], `the ledger's origin is ${present.processor.origin} and never changes`)] : []),
    ...estate.instructions.flatMap((instruction, index) => {
      const before = settled.get(instruction.id)
      if (before === undefined || same(before.scope, instruction as unknown as Scope)) return []
      return [problem(['instructions', index, 'id'], `${instruction.id} is ${before.state}: what was agreed does not change. Propose a new id with \`supersedes: ${instruction.id}\``)]
    }),
    ...estate.instructions.flatMap((instruction, index) => supersession(read, present, { instruction, index })),
    ...estate.people.flatMap((person, index) => {
      const before = present.people.find(({ id, leftAt }) => id === person.id && leftAt === undefined)
      const granted = present.grants.some((one) => one.person === person.id && one.state !== 'revoked')
      return before === undefined || before.role === person.role || !granted ? [] : [problem(['people', index, 'role'], `${person.id} is ${before.role} in the ledger and holds grants: a change of role ends those that the new role does not cover, and a second person confirms it: bailee people move ${person.id} --role ROLE --as ID`)]
    }),
    ...estate.contracts.flatMap((contract, index) => {
      const before = present.contracts.find((one) => one.id === contract.id)
      if (before === undefined) return []
      if (before.endedAt !== undefined && !same(before.declared, contract)) return [problem(['contracts', index, 'id'], `${contract.id} has ended; nothing in it can change any more`)]
      const chosen = before.declared.at_end?.choice
      if (chosen !== undefined && contract.at_end?.choice !== chosen) return [problem(['contracts', index, 'at_end', 'choice'], `the contract says ${chosen}, and a signatory of its controller changes that: bailee contract choose ${contract.id} CHOICE --as NAME`)]
      return before.controller === contract.controller ? [] : [problem(['contracts', index, 'controller'], `${contract.id} binds ${before.controller}; a contract does not change hands`)]
    }),
    ...estate.datasets.flatMap((dataset, index) => {
      const before = present.datasets.find((one) => one.id === dataset.id)
      if (before === undefined) return []
      if (before.controller !== dataset.controller) return [problem(['datasets', index, 'controller'], `${dataset.id} is ${before.controller}'s; records do not change hands`)]
      const { id, controller, store, tables } = before
      return same(agreed({ id, controller, store, tables }), agreed(dataset)) ? [] : agreedOn(present, [dataset.id]).map((instruction) => problem(['datasets', index, 'id'], redefined(`dataset ${dataset.id}`, instruction)))
    }),
    ...estate.stores.flatMap((store, index) => {
      const before = present.stores.find((one) => one.id === store.id)
      if (before === undefined || (before.environment === store.environment && before.kind === store.kind)) return []
      const inIt = present.datasets.filter((dataset) => dataset.store === store.id).map((dataset) => dataset.id)
      return agreedOn(present, inIt).map((instruction) => problem(['stores', index, 'id'], redefined(`the environment of store ${store.id}`, instruction)))
    }),
  ]
  if (problems.length > 0) throw new Misuse(problems)
}

/** What only says how a table is read; of its dialect all but the header, which says what its columns are. */
interface ReadHow { readonly watermark?: string | undefined; readonly changes?: string | undefined; readonly retained_bytes_max?: number | undefined; readonly dialect?: { readonly header?: readonly string[] | undefined } | undefined }

/** A dataset without what only says how it is read. */
const agreed = <Tables extends { readonly tables: readonly ReadHow[] }>(dataset: Tables): unknown =>
  ({ ...dataset, tables: dataset.tables.map((table) => ({ ...table, watermark: null, changes: null, retained_bytes_max: null, dialect: table.dialect?.header ?? null })) })

/** Accepted instructions that name one of these datasets: what they were accepted for must not change under them. */
const agreedOn = (present: Present, datasets: readonly string[]): readonly Instruction[] =>
  present.instructions.filter((instruction) => instruction.state === 'accepted' && Object.keys(instruction.scope.data).some((dataset) => datasets.includes(dataset)))

const redefined = (what: string, instruction: Instruction): string =>
  `${what} is part of what was accepted with ${instruction.id} and does not change under it. Declare it under a new id, with an instruction that names it and \`supersedes: ${instruction.id}\``

/** An instruction stays its controller's, and supersedes one that exists, is another one, and is the same controller's. */
function supersession({ estate, at }: ReadEstate, present: Present, { instruction, index }: { instruction: Estate['instructions'][number]; index: number }): string[] {
  const declared = new Map(estate.contracts.map((contract) => [contract.id, contract.controller]))
  const controllers = new Map([...present.instructions.map((one) => [one.id, one.controller] as const),
    ...estate.instructions.filter((one) => present.instructions.every((known) => known.id !== one.id)).map((one) => [one.id, declared.get(one.contract)] as const)])
  const mine = declared.get(instruction.contract)
  const old = instruction.supersedes
  if (controllers.get(instruction.id) !== mine) return [`${at(['instructions', index, 'contract'])}: ${instruction.id} is ${controllers.get(instruction.id)}'s; an instruction does not change hands`]
  if (old === undefined || (old !== instruction.id && controllers.get(old) === mine)) return []
  const problem = old === instruction.id ? 'an instruction cannot supersede itself' : controllers.has(old) ? `${old} is another controller's` : `${old} is neither among instructions nor in the ledger`
  return [`${at(['instructions', index, 'supersedes'])}: ${problem}`]
}

/** Who left is not let in again by a file that still names them. */
const gone = (present: Present): ReadonlySet<string> => new Set(present.people.filter(({ leftAt }) => leftAt !== undefined).map(({ id }) => id))

function keptOnes(estate: Estate, present: Present): string[] {
  const left = (what: string, declared: readonly { id: string }[], known: readonly { id: string }[]): string[] => {
    const ids = new Set(declared.map((item) => item.id))
    return known.filter((item) => !ids.has(item.id)).map((item) => `${what} ${item.id}`)
  }
  const witnesses = estate.witnessing === undefined ? present.witnessing.witnesses.map(({ name }) => `witness ${name}`) : []
  return [
    ...witnesses, ...left('environment', estate.environments, present.environments), ...left('store', estate.stores, present.stores), ...left('controller', estate.controllers, present.controllers),
    ...left('contract', estate.contracts, present.contracts), ...left('dataset', estate.datasets, present.datasets), ...left('instruction', estate.instructions, present.instructions),
    ...left('person', estate.people, present.people),
    ...estate.people.filter(({ id }) => gone(present).has(id)).map(({ id }) => `person ${id} (left; bailee people join lets them in again)`),
  ]
}

/** The ledger entry of a planned change. */
export function draftOf(change: PlannedChange, slot: number, at: Instant): Draft {
  return { slot, type: change.type, at, parts: { [change.part]: change.payload } }
}
