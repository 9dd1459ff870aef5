/** What an activity would do, and whether an instruction covers it. Records nothing. */
import { compile, decide, type Act, type Decision } from '#decision'
import { allDerived, allStores, printPlace, resolveReference, type Dataset, type Store } from '#inventory'
import { goingBy, recordsToJudge, type Instruction } from '#instruction'
import { namesColumn, tablesOf } from '#gateway'
import type { Draft, Json } from '#ledger'
import { Misuse } from '#kit/errors'
import type { Instant } from '#kit/time'
import type { Known } from './lineage.ts'
import type { Activity, ActivityContext, ActivityRequest } from './types.ts'

export interface Planned {
  readonly instruction: Instruction
  readonly store: Store
  readonly purpose: string
  readonly act: Act
  readonly decision: Decision
  /** Why it could not run, whatever is decided. */
  readonly problems: readonly string[]
  readonly known: Known
}

/** Characters of a query at most: it is kept with its schedule, in one entry. */
export const textCharactersMax = 16_384

const plainName = /^[\w.-]{1,100}$/

/**
 * Plans and decides: every activity is a `derive`, whatever else its instruction names. `model`: what it makes is a file, made elsewhere. Throws `Misuse` for a request that names what is not declared.
 */
export async function planActivity({ ledger, references }: ActivityContext, request: Omit<ActivityRequest, 'text'>, at: Instant, model = false): Promise<Planned> {
  const records = await recordsToJudge(ledger)
  const { instructions, datasets } = records
  if (!plainName.test(request.name)) throw new Misuse('the name of the file is recorded: give it one of letters, digits, dots and dashes')
  const instruction = instructions.find(({ id }) => id === request.instruction)
  if (instruction === undefined) throw new Misuse(`there is no instruction ${JSON.stringify(request.instruction)}; bailee instruction list shows them`)
  const purpose = request.purpose ?? (instruction.scope.purposes.length === 1 ? instruction.scope.purposes[0] : undefined)
  if (purpose === undefined) throw new Misuse(`${instruction.id} has several purposes; name yours with --purpose: ${instruction.scope.purposes.join(', ')}`)
  const named = datasets.filter(({ id, controller }) => controller === instruction.controller && instruction.scope.data[id] !== undefined)
  const store = storeOf(await allStores(ledger.database), named, request.store, model)
  const here = model ? named : named.filter((dataset) => dataset.store === store.id)
  const data = Object.fromEntries(here.map(({ id }) => [id, instruction.scope.data[id] ?? []]))
  const act: Act = {
    person: request.person, controller: instruction.controller, purpose, operation: 'derive', data, environment: store.environment,
    identifiable: here.some((dataset) => dataset.tables.some(({ columns }) => Object.entries(columns).some(([name, column]) => column.identifies === true && namesColumn(data[dataset.id], name)))), at, instruction: instruction.id,
    ...goingBy(records, { instruction, person: request.person, use: 'session' }, at),
  }
  const derived = (await allDerived(ledger.database)).filter((one) => one.store === store.id && one.droppedAt === null)
  const readable = new Map(tablesOf(instruction, here).map(({ schema, table, columns }) => [printPlace({ schema, name: table }), columns]))
  return { instruction, store, purpose, act, decision: decide(act, compile(records)), problems: model ? [] : problemsAt(store, (reference) => resolveReference(reference, references)), known: { datasets: here, derived, readable } }
}

function storeOf(stores: readonly Store[], datasets: readonly Dataset[], wanted: string | undefined, model: boolean): Store {
  const ids = [...new Set(datasets.map(({ store }) => store))]
  const id = wanted ?? (ids.length === 1 ? ids[0] : undefined)
  if (id === undefined) throw new Misuse(ids.length === 0 ? 'this instruction names no dataset' : `this instruction names data in several stores; name one with --store: ${ids.join(', ')}`)
  const store = stores.find((one) => one.id === id)
  if (store === undefined || (!model && !ids.includes(id))) throw new Misuse(`this instruction names no dataset in a store ${JSON.stringify(id)}; it names data in ${ids.join(', ')}`)
  return store
}

function problemsAt(store: Store, resolved: (reference: string) => string | undefined): string[] {
  const { id, kind, declared } = store
  if (kind !== 'postgres') return [`store ${id} is of kind ${kind}: activities run in PostgreSQL, through the gateway`]
  return [
    ...(declared.gateway_url === undefined || resolved(declared.gateway_url) === undefined ? [`store ${id} has no gateway_url that is set; whoever runs Bailee declares one and sets what it refers to`] : []),
    ...(declared.results === undefined ? [`store ${id} gives no room to results: declare results: { megabytes_max: ... } in bailee.yaml`] : []),
  ]
}

/** Whose it is and under what. */
export const whoseOf = ({ instruction: { controller, contract, id }, store, purpose }: Planned, { person, name }: Pick<ActivityRequest, 'person' | 'name'>): Pick<Activity, 'controller' | 'contract' | 'instruction' | 'store' | 'person' | 'purpose' | 'name'> =>
  ({ controller, contract, instruction: id, store: store.id, person, purpose, name })

/** The decision, as it is recorded. */
export const decided = ({ instruction: { slot }, act, decision }: Planned, at: Instant): Draft => ({ slot, type: `decision.${decision.outcome}`, at, parts: { evidence: { act, decision } as unknown as Json } })

/** Why it may not be run, or cannot be; undefined: it may. */
export function refusalOf({ instruction, decision, problems }: Planned): string | undefined {
  if (decision.outcome === 'refused') return `not covered by ${instruction.id}: ${decision.failing.join(', ')} (Art. ${decision.articles.join(', ')} GDPR)`
  return problems.length === 0 ? undefined : problems.join('; ')
}
