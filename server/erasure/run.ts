import { allContracts, allControllers, endOf, findContract, type Contract } from '#contract'
import { allDatasets, allStores, resolveReference, type Store } from '#inventory'
import type { Draft, Json, Ledger } from '#ledger'
import { standings } from '#people'
import { createSearcher, epoch, folderOf, matchesOf, openSegments, searchStores, sweep, takeFingerprints, type Match, type Searcher, type TraceContext } from '#trace'
import { Broken, Misuse, Refused } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import { day, type Instant } from '#kit/time'
import { unlinkFile } from './adapter/files.ts'
import { deleteDeclared, deleteFound, emptyTable, type Counted, type Erased } from './adapter/postgres.ts'
import { planErasure } from './plan.ts'
import { allErasures, stepsOf } from './store.ts'
import type { Erasure, PlanItem, SearchedAgain, Step, StepDetail } from './types.ts'

/** Days to erase when the contract names none: the month that the data act and good practice converge on. */
const withinDaysDefault = 30

/** Throws `Misuse` naming the exit cases there are. `id` may also be a contract's. */
export async function findErasure(ledger: Ledger, id: string): Promise<Erasure> {
  const known = await allErasures(ledger.database)
  const found = known.find((erasure) => erasure.id === id || erasure.contract === id)
  if (found === undefined) throw new Misuse(`no erasure ${id}; known are: ${known.map((erasure) => erasure.id).join(', ') || 'none'}. End a contract first: bailee contract end ID`)
  return found
}

/** The id of a contract's exit case. */
export const erasureId = (contract: string): string => `EXIT-${contract}`

/**
 * Ends a contract and opens its exit case, in one transaction. Fresh fingerprints are taken first, while the data are still where they belong: the end
 * is searched for by them. Idempotent. Throws `Refused` before the agreed end unless it was terminated.
 */
export async function endContract(context: TraceContext, ending: { contract: string; terminated: boolean }, at: Instant): Promise<Erasure> {
  const { ledger } = context
  const contract = await findContract(ledger, ending.contract)
  const known = (await allErasures(ledger.database)).find((erasure) => erasure.contract === contract.id)
  if (contract.endedAt !== undefined && known !== undefined) return known
  const ended = endOf(contract, at, ending.terminated ? 'termination' : 'agreed end')
  if (contract.declared.at_end?.choice === undefined) throw new Refused('erasure/no-choice', `contract ${contract.id} records no choice for its end (delete, return, send_on): ask the controller, nothing is assumed`)
  if (contract.declared.at_end.choice !== 'delete') throw new Refused('erasure/choice', `the choice of ${contract.id} is ${contract.declared.at_end.choice}; only delete can be carried out yet`)
  await takeFingerprints(context, at)
  const opened: Draft = { slot: contract.slot, type: 'erasure.opened', at, parts: { evidence: {
    erasure: erasureId(contract.id), controller: contract.controller, contract: contract.id, cause: 'end of contract', deadline: deadlineOf(contract, at),
  } } }
  await ledger.append([ended, opened])
  return findErasure(ledger, contract.id)
}

const deadlineOf = (contract: Contract, at: Instant): Instant => at + (contract.declared.at_end?.within_days ?? withinDaysDefault) * day

/**
 * Plans by searching, erases, searches again. Resumes where an earlier run stopped; a step that was done is never done again. Resolves to the state it
 * reached: `searched_again`, with what is left. Throws what the stores throw; then it can be run again.
 */
export async function runErasure(context: TraceContext, run: { erasure: string; operator: string }, at: Instant): Promise<Erasure> {
  const { ledger } = context
  if (!(await standings(ledger.database)).has(run.operator)) throw new Misuse(`nobody with id ${run.operator} is declared`)
  let erasure = await findErasure(ledger, run.erasure)
  if (erasure.state === 'opened' || erasure.state === 'reopened') erasure = await makePlan(context, erasure, run.operator, at)
  if (erasure.state === 'searched_again' && (erasure.again?.residual ?? 0) > 0) erasure = await makePlan(context, erasure, run.operator, at)
  if (erasure.state === 'planned') {
    await ledger.append({ slot: erasure.slot, type: 'erasure.started', at, parts: { evidence: { erasure: erasure.id } } })
    erasure = await findErasure(ledger, erasure.id)
  }
  if (erasure.state === 'erasing') {
    await erase(context, erasure, at)
    erasure = await searchAgain(context, erasure, at)
  }
  return erasure
}

async function makePlan(context: TraceContext, erasure: Erasure, operator: string, at: Instant): Promise<Erasure> {
  const { database } = context.ledger
  const [search, datasets, stores] = [await searchStores(context), await allDatasets(database), await allStores(database)]
  const round = (erasure.plan?.round ?? 0) + 1
  const plan = planErasure({ controller: erasure.controller, round, datasets, stores, matches: matchesOf(search, datasets), coverage: search.coverage })
  await context.ledger.append({ slot: erasure.slot, type: 'erasure.planned', at, parts: { evidence: { erasure: erasure.id, operator, plan: plan as unknown as Json } } })
  failpoint('erasure/after-plan')
  return findErasure(context.ledger, erasure.id)
}

interface Erasing { readonly context: TraceContext; readonly erasure: Erasure; readonly round: number; readonly searcher: Searcher; readonly targets: readonly string[]; readonly stores: readonly Store[]; readonly at: Instant }

async function erase(context: TraceContext, erasure: Erasure, at: Instant): Promise<void> {
  const opened = await openSegments(context)
  const searcher = createSearcher(opened.map((one) => one.segment), context.ledger.keys.epochKey(epoch))
  const targets = opened.filter((one) => one.record.slot === erasure.slot).map((one) => one.record.id)
  const round = erasure.plan?.round ?? 1
  const erasing: Erasing = { context, erasure, round, searcher, targets, stores: await allStores(context.ledger.database), at }
  const done = new Map((await stepsOf(context.ledger.database, erasure.id)).filter((step) => step.round === round).map((step) => [step.number, step]))
  const items = erasure.plan?.items ?? []
  for (const [index, item] of items.entries()) {
    context.progress?.({ work: 'erasing', place: `${item.store}: ${item.place}`, done: index, total: items.length, rows: 0 })
    if (done.get(item.number)?.state !== 'done') await eraseItem(erasing, item, done.get(item.number))
  }
}

async function eraseItem(erasing: Erasing, item: PlanItem, before: Step | undefined): Promise<void> {
  const { erasure, at, round } = erasing
  const step = (type: string, more: { readonly [key: string]: Json | undefined }): Draft => ({ slot: erasure.slot, type, at, parts: { evidence: {
    erasure: erasure.id, round, number: item.number, store: item.store, place: item.place, method: item.method, records: item.records, ...more,
  } } })
  // A step that was begun and finds nothing now was carried out, and only its answer was lost: what it counted then is what it erased.
  const carriedOut = (counted: Counted): boolean => before?.state === 'begun' && before.rowsFound > 0 && counted.rows === 0
  const begin = async (counted: Counted): Promise<void> => {
    if (carriedOut(counted)) return
    await erasing.context.ledger.append(step('erasure.step_begun', { rows_found: counted.rows, detail: detailOf(counted) }))
  }
  const erased = await carryOut(erasing, item, begin)
  failpoint('erasure/before-done')
  if (erased === undefined) {
    if (before?.state !== 'begun') await begin({ rows: 0, unowned: 0, ambiguous: 0 })
    await erasing.context.ledger.append(step('erasure.step_done', { rows_erased: before?.rowsFound ?? 0, detail: { because: 'the file is not there any more', countedBefore: true } }))
  } else if (erased.outcome === 'blocked') {
    await erasing.context.ledger.append(step('erasure.step_blocked', { rows_found: erased.counted.rows, detail: { ...detailOf(erased.counted), because: erased.because } }))
  } else {
    const again = carriedOut(erased.counted)
    const detail = again ? { ...before?.detail, countedBefore: true } : detailOf(erased.counted)
    await erasing.context.ledger.append(step('erasure.step_done', { rows_erased: again ? (before?.rowsFound ?? 0) : erased.rows, detail: detail as Json }))
  }
}

const detailOf = (counted: Counted): { [Key in keyof StepDetail]: StepDetail[Key] } & { readonly [key: string]: Json } => ({ unowned: counted.unowned, ambiguous: counted.ambiguous })

async function carryOut(erasing: Erasing, item: PlanItem, begin: (counted: Counted) => Promise<void>): Promise<Erased | undefined> {
  const { context, searcher, targets } = erasing
  const store = erasing.stores.find((one) => one.id === item.store)
  if (store === undefined) throw new Broken('erasure/no-store', `store ${item.store} is not declared any more`)
  if (item.method === 'unlink') return unlinkFile({ folder: folderOf(store, context.references) ?? '', place: item.place, searcher, targets }, begin)
  const table = { eraseUrl: urlOf(store, 'erase_url', context), sweepUrl: urlOf(store, 'sweep_url', context), place: item.place, searcher, targets }
  if (item.method === 'truncate') return emptyTable(table, begin)
  if (item.method === 'delete rows') return deleteDeclared(table, item.predicate ?? 'false', begin)
  return deleteFound(table, begin)
}

function urlOf(store: Store, which: 'erase_url' | 'sweep_url', context: TraceContext): string {
  const reference = store.declared[which]
  const url = reference === undefined ? undefined : resolveReference(reference, context.references)
  if (url === undefined) throw new Broken('erasure/no-url', `${which} of store ${store.id} is not set; set what it refers to and run the erasure again`)
  return url
}

/** The independent second search, of every store; resolves the findings that are gone and records what is left. */
async function searchAgain(context: TraceContext, erasure: Erasure, at: Instant): Promise<Erasure> {
  const report = await sweep(context, at, `search after ${erasure.id}`)
  const left: Match[] = matchesOf(report.search, await allDatasets(context.ledger.database)).filter((match) => match.controller === erasure.controller)
  const again: SearchedAgain = {
    sweep: report.sweep, at, residual: left.reduce((sum, match) => sum + match.records, 0),
    places: left.map(({ store, place, records }) => ({ store, place, records })), coverage: report.coverage,
  }
  await context.ledger.append({ slot: erasure.slot, type: 'erasure.searched_again', at, parts: { evidence: { erasure: erasure.id, again: again as unknown as Json } } })
  failpoint('erasure/after-search')
  return findErasure(context.ledger, erasure.id)
}

/** A second person, not the one who ran it, confirms what was erased and searched. */
export async function confirmErasure(ledger: Ledger, confirmation: { erasure: string; by: string }, at: Instant): Promise<Erasure> {
  const erasure = await findErasure(ledger, confirmation.erasure)
  const person = (await standings(ledger.database)).get(confirmation.by)
  if (person === undefined) throw new Misuse(`nobody with id ${confirmation.by} is declared`)
  if (confirmation.by === erasure.operator) throw new Refused('erasure/second-person', `${erasure.id} was run by ${erasure.operator}; a second person confirms it`)
  if (erasure.state === 'confirmed' && erasure.confirmedBy === confirmation.by) return erasure
  await ledger.append({ slot: erasure.slot, type: 'erasure.confirmed', at, parts: { evidence: { erasure: erasure.id, by: confirmation.by } } })
  return findErasure(ledger, erasure.id)
}

/** A controller's name and slot, for documents. */
export async function controllerOf(ledger: Ledger, erasure: Erasure) {
  const controller = (await allControllers(ledger.database)).find((one) => one.id === erasure.controller)
  const contract = (await allContracts(ledger.database)).find((one) => one.id === erasure.contract)
  if (controller === undefined || contract === undefined) throw new Broken('erasure/no-controller', `erasure ${erasure.id} names a controller or contract that is not there`)
  return { controller, contract }
}
