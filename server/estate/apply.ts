import { allContracts, allControllers, theProcessor } from '#contract'
import { allDatasets, allEnvironments, allStores, columnsOf, isPlainPredicate, isWatermark, resolveReference, tableAt, type References } from '#inventory'
import { allGrants, allInstructions } from '#instruction'
import { noWitnesses, witnessPolicy, type Draft, type Ledger } from '#ledger'
import { allPeople, allRoles, allTrainings, signatoriesOf } from '#people'
import { Broken, Misuse } from '#kit/errors'
import type { Instant } from '#kit/time'
import { draftOf, planChanges, type Plan, type PlannedChange, type Present } from './plan.ts'
import type { ReadEstate } from './read.ts'

/** What the ledger holds now of all that is declared. */
export async function present(ledger: Ledger): Promise<Present> {
  const { database } = ledger
  const controllers = await allControllers(database)
  const signatories = new Map<string, Awaited<ReturnType<typeof signatoriesOf>>>()
  for (const controller of controllers) signatories.set(controller.id, await signatoriesOf(database, controller.id))
  return {
    controllers, signatories, processor: await theProcessor(database), witnessing: await witnessPolicy(database), environments: await allEnvironments(database), stores: await allStores(database),
    contracts: await allContracts(database), datasets: await allDatasets(database), instructions: await allInstructions(database),
    people: await allPeople(database), roles: await allRoles(database), trainings: await allTrainings(database), grants: await allGrants(database),
  }
}

/** What comparing the declared columns with the live stores showed. */
export interface ColumnCheck {
  readonly checked: readonly string[]
  /** Declared only, with the reason: nothing reads a dataset until it was checked. */
  readonly unchecked: readonly { readonly dataset: string; readonly because: string }[]
}

/**
 * Compares the columns of every dataset with its live store. Throws `Misuse`, naming file and line, for a table or column that is not there, and
 * `Broken` when a store whose URL is set cannot be reached. A store without a URL leaves its datasets *declared*.
 */
export async function checkColumns(read: ReadEstate, references: References): Promise<ColumnCheck> {
  const problems: string[] = []
  const checked: string[] = []
  const unchecked: { dataset: string; because: string }[] = []
  for (const [index, dataset] of read.estate.datasets.entries()) {
    const store = read.estate.stores.find((one) => one.id === dataset.store)
    const url = [store?.sweep_url, store?.gateway_url, store?.erase_url].flatMap((reference) => (reference === undefined ? [] : (resolveReference(reference, references) ?? [])))[0]
    if (store?.kind !== 'postgres') unchecked.push({ dataset: dataset.id, because: `columns of a store of kind ${store?.kind} cannot be checked yet` })
    else if (url === undefined) unchecked.push({ dataset: dataset.id, because: `no URL of store ${store.id} is set` })
    else {
      problems.push(...await missingColumns(read, { index, url }))
      checked.push(dataset.id)
    }
  }
  if (problems.length > 0) throw new Misuse(problems)
  return { checked, unchecked }
}

async function missingColumns(read: ReadEstate, { index, url }: { index: number; url: string }): Promise<string[]> {
  const dataset = read.estate.datasets[index]
  const problems: string[] = []
  for (const [number, table] of (dataset?.tables ?? []).entries()) {
    const path = ['datasets', index, 'tables', number]
    const live = await columnsOf(url, tableAt(table.table)).catch((cause: unknown) => {
      throw new Broken('estate/store-unreachable', `store ${dataset?.store} could not be asked for its columns; is it running, and is its URL right?`, { cause })
    })
    const names = live?.map((column) => column.name)
    if (names === undefined) problems.push(`${read.at([...path, 'table'])}: there is no table ${table.table} in store ${dataset?.store}`)
    else for (const column of Object.keys(table.columns)) if (!names.includes(column)) problems.push(`${read.at([...path, 'columns', column])}: table ${table.table} has no column ${column}; it has: ${names.join(', ')}`)
    const watermark = live?.find((column) => column.name === table.watermark)
    if (names !== undefined && table.watermark !== undefined && watermark === undefined) problems.push(`${read.at([...path, 'watermark'])}: table ${table.table} has no column ${table.watermark}; it has: ${names.join(', ')}`)
    if (watermark !== undefined && !isWatermark(watermark)) problems.push(`${read.at([...path, 'watermark'])}: ${watermark.name} is ${watermark.type}; a watermark is a date, a timestamp or a whole number that grows with every change`)
    if (names !== undefined && table.rows !== undefined && !isPlainPredicate(table.rows, new Set(names))) {
      problems.push(`${read.at([...path, 'rows'])}: a predicate compares columns of ${table.table} with constants, joined by and, or, not, in, is null; nothing else is let through`)
    }
  }
  return problems
}

const nothingYet: Present = {
  processor: undefined, witnessing: noWitnesses, environments: [], stores: [], controllers: [], signatories: new Map(), contracts: [], datasets: [], instructions: [], people: [], roles: [], trainings: [], grants: [],
}

/** What a first apply would record, where no ledger was begun yet; needs none. */
export function planFirst(read: ReadEstate): Plan {
  return planChanges(read, nothingYet)
}

/** The differences between the file and the ledger; records nothing. */
export async function plan(ledger: Ledger, read: ReadEstate): Promise<Plan> {
  return planChanges(read, await present(ledger))
}

/**
 * Records every difference, one entry a change: first what is common, then each controller's in one transaction, its slot given when it is new.
 * Applying the same file again records nothing.
 */
export async function applyEstate(ledger: Ledger, read: ReadEstate, checks: ColumnCheck, at: Instant): Promise<Plan> {
  const planned = await plan(ledger, read)
  const common = planned.changes.filter((change) => change.controller === undefined)
  if (common.length > 0) await ledger.append(common.map((change) => draftOf(change, 0, at)))
  for (const [controller, changes] of Map.groupBy(planned.changes.filter((change) => change.controller !== undefined), (change) => change.controller ?? '')) {
    await recordController(ledger, { controller, changes }, at)
  }
  await recordChecks(ledger, checks, at)
  return planned
}

async function recordController(ledger: Ledger, { controller, changes }: { controller: string; changes: readonly PlannedChange[] }, at: Instant): Promise<void> {
  const known = (await allControllers(ledger.database)).find((one) => one.id === controller)
  const drafts = (slot: number): Draft[] => changes.map((change) => draftOf(change, slot, at))
  if (known === undefined) await ledger.openSlot(at, drafts)
  else await ledger.append(drafts(known.slot))
}

async function recordChecks(ledger: Ledger, checks: ColumnCheck, at: Instant): Promise<void> {
  const fresh = (await allDatasets(ledger.database)).filter((dataset) => dataset.checkedAt === undefined && checks.checked.includes(dataset.id))
  if (fresh.length > 0) await ledger.append(fresh.map((dataset) => ({ slot: dataset.slot, type: 'dataset.checked', at, parts: { evidence: { dataset: dataset.id } } })))
}
