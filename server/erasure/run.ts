import { allContracts, allControllers } from '#contract'
import { allDatasets, allDerived, allStores, describedTable, folderOf, parsePart, printPart, type Dataset, type Store } from '#inventory'
import type { Json, Ledger } from '#ledger'
import { standings } from '#people'
import { coverageFor, allFindings, derivedAt, holdTable, matchesOf, placeKey, recordedAs, searchStores, shownIn, sweep, type Finding, type Match, type Search, type TraceContext } from '#trace'
import { Broken, Misuse, Refused } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import type { Instant } from '#kit/time'
import { tablesInSqlite } from './adapter/sqlite.ts'
import { tellCutOff } from './cutOff.ts'
import { environmentsLeft, eraseEnvironment, mustGoOn, stillDerived, throwAll } from './environments.ts'
import { exceptionsInForce, isKept, keptTooLong, withoutKept } from './exception.ts'
import { mustBeErasable, takeLate } from './exit.ts'
import { foundBy, openCopies, openGoverned, searchedAgainFor } from './governed.ts'
import { judgeErasure, notSearchedAgain, stillHeld } from './judge.ts'
import { isSettled, leadsAgain, leadsOfPlan, leadsPlanned } from './leads.ts'
import { checkUnsettled, hindrances, type Unsettled } from './physically.ts'
import { planErasure } from './plan.ts'
import { allCertificates, allErasures, alone, stepsOf } from './store.ts'
import type { Erasure, LookAtResults, Obstacle, Plan, SearchedAgain, Step } from './types.ts'

/** Throws `Misuse` naming the exit cases there are. `id` may also be a contract's. */
export async function findErasure(ledger: Ledger, id: string): Promise<Erasure> {
  const known = await allErasures(ledger.database)
  const found = known.find((erasure) => erasure.id === id || erasure.contract === id)
  if (found === undefined) throw new Misuse(`no erasure ${id}; known are: ${known.map((erasure) => erasure.id).join(', ') || 'none'}. End a contract first: bailee contract end ID`)
  return found
}

/** Who runs which erasure. `hand`: leaves the erasing in these environments to others, who serve them, and whoever is done last has it run again. */
interface Run { readonly erasure: string; readonly operator: string; readonly look?: LookAtResults; readonly hand?: (environments: readonly string[], round: number) => Promise<void> }

/**
 * Plans by searching, erases, searches again. Resumes where an earlier run stopped; a step that was done is never done again. Resolves to the state it
 * reached: `searched_again`, with what is left. `look`: at what sessions derived, before it plans and before it searches again; without it, stores that keep results count as not seen. Run again when something still stood in the way, it plans anew. One process at a time. Throws what the
 * stores throw, when every place was tried; then it can be run again. Throws `Refused` while nobody chose that the data go, or something comes before that.
 */
export async function runErasure(context: TraceContext, run: Run, at: Instant): Promise<Erasure> {
  await mustBeHere(context.ledger, run.operator)
  const { id } = await findErasure(context.ledger, run.erasure)
  const held = holdTable()
  return alone(context.ledger.database, { erasure: id }, () => runAlone({ ...context, held }, { ...run, erasure: id }, at).finally(() => held.close()))
}

async function runAlone(context: TraceContext, run: Run, at: Instant): Promise<Erasure> {
  const { ledger } = context
  let erasure = await mustGoOn(context, run.erasure)
  await mustBeErasable(ledger, erasure, at)
  await tellCutOff(ledger, erasure, at)
  if (await mustPlan(context, erasure)) {
    await run.look?.(at)
    erasure = await makePlan(context, erasure, run.operator, at)
  }
  else if (erasure.state === 'planned' || erasure.state === 'erasing') erasure = await goOn(ledger, erasure, run.operator, at)
  if (erasure.state === 'planned') {
    await ledger.append({ slot: erasure.slot, type: 'erasure.started', at, parts: { evidence: { erasure: erasure.id } } })
    erasure = await findErasure(ledger, erasure.id)
  }
  if (erasure.state === 'erasing') {
    const left = await environmentsLeft(ledger, erasure)
    if (run.hand !== undefined && left.length > 0) {
      await run.hand(left, erasure.plan?.round ?? 1)
      return erasure
    }
    await eraseAll(context, { ...run, environments: left }, at)
    erasure = await searchAgain(context, await mustGoOn(context, erasure.id), at, await stillDerived(ledger, erasure))
  }
  return erasure
}

/** Goes through every environment, whatever becomes of the others. Databases of one server in several environments have the same files: those of the first are judged again when the last is erased. */
async function eraseAll(context: TraceContext, { erasure, environments, look }: Run & { readonly environments: readonly string[] }, at: Instant): Promise<void> {
  const failures: Broken[] = []
  const unsettled: Unsettled[] = []
  for (const environment of environments) {
    try {
      unsettled.push(...await eraseEnvironment(context, { erasure, environment, look }, at))
    } catch (cause) {
      if (!(cause instanceof Broken)) throw cause
      failures.push(cause)
    }
  }
  throwAll(failures, 'environments')
  if (unsettled.length === 0) return
  const now = await mustGoOn(context, erasure)
  const stores = await allStores(context.ledger.database)
  for (const one of unsettled) {
    const later = environments.slice(environments.indexOf(one.store.environment) + 1)
    await checkUnsettled({ context, erasure: now, round: now.plan?.round ?? 1, at }, [one], stores.filter(({ environment }) => later.includes(environment)))
  }
}

/** Throws `Misuse` for somebody who is not on the staff. */
async function mustBeHere(ledger: Ledger, id: string): Promise<void> {
  const known = (await standings(ledger.database)).get(id)
  if (known === undefined || known.person.leftAt !== undefined) throw new Misuse(`nobody with id ${id} is declared`)
}

/** What was found after the second search, before anything was certified: it contradicts that search. */
export async function foundSince(ledger: Ledger, erasure: Erasure): Promise<Finding[]> {
  const since = erasure.again?.entry ?? Infinity
  return (await allFindings(ledger.database)).filter((finding) => finding.slot === erasure.slot && finding.state === 'open' && finding.openedAtEntry > since)
}

async function mustPlan({ ledger, governed }: TraceContext, erasure: Erasure): Promise<boolean> {
  if (erasure.state === 'opened' || erasure.state === 'reopened') return true
  if (erasure.state !== 'searched_again' && erasure.state !== 'confirmed') return false
  if ((await foundSince(ledger, erasure)).length > 0 || await keptTooLong(ledger, erasure)) return true
  if (erasure.again?.governed === undefined && governed !== undefined) return true // searched before anybody looked for copies of governed copies
  if (erasure.state === 'confirmed') return false
  const { obstacles } = judgeErasure(erasure, await stepsOf(ledger.database, erasure.id), [], [...await hindrances(ledger, erasure), ...await openCopies(ledger, erasure)])
  return obstacles.some((one) => !isSettled(one, erasure)) || notSearchedAgain(erasure, await allStores(ledger.database)).length > 0
}

/** Whoever goes on with it becomes the one who ran it; only when the other left, or a second person who took part could confirm it. */
async function goOn(ledger: Ledger, erasure: Erasure, operator: string, at: Instant): Promise<Erasure> {
  if (erasure.operator === operator) return erasure
  const before = (await standings(ledger.database)).get(erasure.operator ?? '')
  if (before !== undefined && before.person.leftAt === undefined) throw new Refused('erasure/operator', `${erasure.id} is being run by ${erasure.operator}, who goes on with it: the second person who confirms it must not have taken part`)
  await ledger.append({ slot: erasure.slot, type: 'erasure.taken_over', at, parts: { evidence: { erasure: erasure.id, operator } } })
  return findErasure(ledger, erasure.id)
}

const erasedPlaces = async (ledger: Ledger, erasure: Erasure): Promise<ReadonlySet<string>> =>
  new Set((await stepsOf(ledger.database, erasure.id)).filter((step) => step.state === 'done').map(placeKey))

async function makePlan(context: TraceContext, erasure: Erasure, operator: string, at: Instant): Promise<Erasure> {
  const { ledger } = context
  const notTaken = await takeLate(context, erasure, at)
  const governed = await openGoverned(context, erasure.controller)
  const [search, datasets, stores] = [await searchStores(context, at, { purpose: `search for ${erasure.id}`, resume: true, leads: true, tells: governed.tells, erased: await erasedPlaces(ledger, erasure) }), await allDatasets(ledger.database), await allStores(ledger.database)]
  const round = (erasure.plan?.round ?? 0) + 1
  const leads = leadsPlanned(search.leads === undefined ? [] : leadsOfPlan(search.leads), erasure)
  const before = erasure.state === 'opened' || erasure.state === 'reopened' ? [] : [...(erasure.plan?.operators ?? []), erasure.operator ?? operator]
  const derived = (await allDerived(ledger.database)).filter(({ droppedAt }) => droppedAt === null)
  const planned = withoutKept(planErasure({ controller: erasure.controller, round, datasets, derived, stores, matches: matchesOf(search, datasets, derivedAt(context, derived)), coverage: coverageFor(erasure.controller, search.coverage, datasets), held: stillHeld(await stepsOf(ledger.database, erasure.id)), governed: foundBy(governed, search, erasure)?.places ?? [] }), await exceptionsInForce(ledger, erasure.id))
  const shown = await shownIn(context, { places: planned.items.map(({ place }) => place), blocked: planned.blocked })
  const items = planned.items.map((item, number) => ({ ...item, place: shown.places[number]! }))
  const plan: Plan = { ...planned, items, blocked: shown.blocked, operators: [...new Set([...before, operator])], leads, ...(notTaken.length === 0 ? {} : { not_taken: await shownIn(context, notTaken) }) }
  await ledger.append({ slot: erasure.slot, type: 'erasure.planned', at, parts: { evidence: { erasure: erasure.id, operator, plan: plan as unknown as Json } } })
  failpoint('erasure/after-plan')
  return findErasure(ledger, erasure.id)
}

/** The independent second search, of every store; resolves the findings that are gone and records what is left. */
async function searchAgain(context: TraceContext, erasure: Erasure, at: Instant, derived: readonly Obstacle[]): Promise<Erasure> {
  const { ledger } = context
  // Gone on with where it was interrupted: it begins only when everything of this round was erased, so that nothing it read is older than that.
  const governed = await openGoverned(context, erasure.controller)
  const report = await sweep(context, at, { purpose: `search after ${erasure.id}, round ${erasure.plan?.round ?? 1}`, about: erasure.controller, resume: true, leads: true, tells: governed.tells, erased: await erasedPlaces(ledger, erasure) })
  const datasets = await allDatasets(ledger.database)
  const found: Match[] = matchesOf(report.search, datasets, derivedAt(context, await allDerived(ledger.database))).filter((match) => match.controller === erasure.controller)
  const kept = found.filter((match) => isKept(erasure.plan?.kept, { ...match, place: describedTable(match.place) ?? match.place }))
  const left = found.filter((match) => !kept.includes(match))
  const copies = await searchedAgainFor(context, { governed, search: report.search, erasure }, at)
  const places = [...await shownIn(context, left.map(({ store, place, records }) => ({ store, place, records }))), ...copies.left]
  const again: SearchedAgain = {
    sweep: report.sweep, at, residual: places.reduce((sum, { records }) => sum + records, 0), places, ...(copies.again === undefined ? {} : { governed: copies.again }), coverage: coverageFor(erasure.controller, report.coverage, datasets),
    unsearched: unsearched(report.search, datasets.filter((dataset) => dataset.controller === erasure.controller)), gone: gone(context, { search: report.search, steps: await stepsOf(ledger.database, erasure.id), stores: await allStores(ledger.database) }),
    ...(kept.length === 0 ? {} : { kept: kept.map(({ store, place, records }) => ({ store, place, records })) }),
    ...(derived.length === 0 ? {} : { results: await shownIn(context, derived) }), leads: report.search.leads === undefined ? [] : leadsAgain(report.search.leads),
  }
  await ledger.append({ slot: erasure.slot, type: 'erasure.searched_again', at, parts: { evidence: { erasure: erasure.id, again: again as unknown as Json } } })
  failpoint('erasure/after-search')
  return findErasure(ledger, erasure.id)
}

/** Tables that no search can find copies of: nothing was ever taken to know them by, or only numbers that name nobody by themselves. */
function unsearched(search: Search, datasets: readonly Dataset[]): { store: string; place: string }[] {
  return datasets.flatMap((dataset) => {
    const identifying = dataset.tables.map((table) => Object.values(table.columns).some((column) => column.identifies === true))
    return dataset.tables.flatMap((table, number) => {
      const needed = identifying[number] === true || !identifying.includes(true)
      const id = `${dataset.id}.${number}`
      return needed && (!search.fingerprints.has(id) || search.unable.has(id)) ? [{ store: dataset.store, place: table.table }] : []
    })
  })
}

interface AfterErasing { readonly search: Search; readonly steps: readonly Step[]; readonly stores: readonly Store[] }

/** Places of earlier steps that are not there any more, of stores in which nothing was left unread: a place may stand in what was not read. */
function gone(context: TraceContext, { search, steps, stores }: AfterErasing): { store: string; place: string }[] {
  const named = Map.groupBy(search.searched, ({ store }) => store)
  // Of a table with partitions, these are what a search reads.
  const there = new Set(search.searched.flatMap(({ store, place, of }) => [placeKey({ store, place }), ...(of === undefined ? [] : [placeKey({ store, place: of })])]))
  const isThere = ({ store, place }: { store: string; place: string }): boolean => there.has(placeKey({ store, place })) || (place.includes('⟨') && (named.get(store) ?? []).map((one) => one.place).some(recordedAs(context, place)))
  const whole = new Set(search.coverage.filter((store) => store.not_read.length === 0).map((store) => store.store))
  const places = new Map(steps.map(({ store, place }) => [placeKey({ store, place }), { store, place }]))
  return [...places.values()].filter((one) => {
    const store = stores.find(({ id }) => id === one.store)
    if (store === undefined || !whole.has(store.id)) return false
    // A search names the logical databases of Redis, and not the tables in them: one of them may hold what it held, as long as its database is there.
    if (store.kind === 'redis') return !isThere({ store: store.id, place: parsePart(one.place).path })
    return store.kind === 'sqlite' ? !mayHoldTable(context, { store, place: one.place, read: named.get(store.id) ?? [] }) : !isThere(one)
  })
}

/** Whether a table may stand in an SQLite file: a search names the parts that hold somebody, and says nothing of the others. */
function mayHoldTable(context: TraceContext, { store, place, read }: { readonly store: Store; readonly place: string; readonly read: readonly { readonly place: string }[] }): boolean {
  const file = folderOf(store, context.references)
  if (read.length === 0) return false
  if (file === undefined || (context.environments !== undefined && !context.environments.includes(store.environment))) return true
  try {
    return tablesInSqlite(file).map((table) => printPart(parsePart(place).path, table)).some(recordedAs(context, place))
  } catch (cause) {
    if (!(cause instanceof Broken)) throw cause
    return true
  }
}

/**
 * Opens an erasure again whose certificate is not complete, because what stood in its way is gone. The certificate stays what it is; the next one follows it.
 * Throws `Refused` for a complete one: only a finding takes that back.
 */
export async function reopenErasure(ledger: Ledger, reopening: { erasure: string; by: string; because: string }, at: Instant): Promise<Erasure> {
  const erasure = await findErasure(ledger, reopening.erasure)
  await mustBeHere(ledger, reopening.by)
  const last = (await allCertificates(ledger.database)).findLast((certificate) => certificate.erasure === erasure.id)
  if (last?.status === 'complete') throw new Refused('erasure/complete', `certificate ${last.id} is complete; a finding takes it back, nobody else does`)
  await ledger.append({ slot: erasure.slot, type: 'erasure.reopened', at, parts: { evidence: { erasure: erasure.id, by: reopening.by, because: reopening.because } } })
  return findErasure(ledger, erasure.id)
}

/** Holds an erasure back: whoever works on it stops between two places or two pieces of a search, and nobody begins. Its deadline goes on. */
export async function pauseErasure(ledger: Ledger, pausing: { erasure: string; by: string }, at: Instant): Promise<Erasure> {
  return heldBack(ledger, { ...pausing, type: 'erasure.paused' }, at)
}

/** Lets an erasure that was held back go on. */
export async function resumeErasure(ledger: Ledger, resuming: { erasure: string; by: string }, at: Instant): Promise<Erasure> {
  return heldBack(ledger, { ...resuming, type: 'erasure.resumed' }, at)
}

async function heldBack(ledger: Ledger, { erasure: id, by, type }: { erasure: string; by: string; type: string }, at: Instant): Promise<Erasure> {
  const erasure = await findErasure(ledger, id)
  await mustBeHere(ledger, by)
  await ledger.append({ slot: erasure.slot, type, at, parts: { evidence: { erasure: erasure.id, by } } })
  return findErasure(ledger, erasure.id)
}

/** A second person, not the one who ran it, confirms what was erased and searched. */
export async function confirmErasure(ledger: Ledger, confirmation: { erasure: string; by: string }, at: Instant): Promise<Erasure> {
  const erasure = await findErasure(ledger, confirmation.erasure)
  await mustBeHere(ledger, confirmation.by)
  if (confirmation.by === erasure.operator || erasure.plan?.operators?.includes(confirmation.by) === true) throw new Refused('erasure/second-person', `${erasure.id} was run by ${[...new Set([...(erasure.plan?.operators ?? []), erasure.operator])].join(', ')}; a second person confirms it`)
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
