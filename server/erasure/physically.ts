/** The physical check as a part of an erasure: of which stores, when, and what it came to. */
import { allStores, type Store } from '#inventory'
import type { Ledger } from '#ledger'
import { placeOf, type ErasingAll } from './carry.ts'
import { checkStore, filesAt, hindrancesOf, lookBefore, notReached, onlyTheirs, type Before, type Checking, type ErasedItem, type Looking, type Offer, type StoreOutcome } from './physical/index.ts'
import { erasedSome, heldBecause, stillHeld } from './judge.ts'
import { alone, physicalChecksOf, stepsOf } from './store.ts'
import type { Erasure, Obstacle, PhysicalCheck, Step } from './types.ts'

const checkingOf = ({ context, erasure, round, at }: Pick<ErasingAll, 'context' | 'erasure' | 'round' | 'at'>): Checking => ({ context, erasure: erasure.id, slot: erasure.slot, round, at })

const reached = (stores: readonly Store[]): Store[] => stores.filter((store) => notReached(store) === undefined)

/** Looks at the files of every store of the plan that can be reached, before anything more is erased. What was erased by an earlier run is not there to be seen. The search of the files goes on when this resolves. `datasets`: ids of all fingerprints. */
export async function lookBeforeAll(erasing: ErasingAll, datasets: readonly string[]): Promise<Map<string, Looking>> {
  const { context, erasure, searcher, targets } = erasing
  const done = new Set((await stepsOf(context.ledger.database, erasure.id)).filter(({ state, round }) => state === 'done' && round === erasing.round).map(({ number }) => number))
  const seen = new Map<string, Looking>()
  for (const store of reached(erasing.stores)) {
    const items = []
    for (const item of erasure.plan?.items ?? []) {
      if (item.store !== store.id || done.has(item.number)) continue
      const place = await placeOf(context, store, item.place)
      if (place !== undefined) items.push({ number: item.number, place })
    }
    // Values that stand where law obliges to keep them would be found again: there, only the files of what was erased can show that it is gone.
    const keeps = erasure.plan?.kept?.some((kept) => kept.store === store.id) === true
    const before = await lookBefore(checkingOf(erasing), store, { items, mine: (values) => (keeps ? Promise.resolve([]) : onlyTheirs(searcher, values, { targets, datasets })) })
    if (before === undefined) continue
    before.ended.catch(() => undefined) // thrown where it is waited for
    seen.set(store.id, before)
  }
  return seen
}

/** Clears and searches the files of every store in which rows were erased, in this round or, where something hindered its check then, in an earlier one. */
export async function checkAll(erasing: ErasingAll, before: ReadonlyMap<string, Looking>): Promise<void> {
  const { context, erasure, round } = erasing
  const { database } = context.ledger
  const all = await stepsOf(database, erasure.id)
  const [steps, some] = [all.filter(({ state }) => state === 'done'), erasedSome(all)]
  for (const store of reached(erasing.stores)) {
    const last = (await physicalChecksOf(database, erasure.id)).findLast((check) => check.store === store.id && check.outcome !== null)
    const erased = some.filter((step) => step.store === store.id)
    const settled = last?.outcome !== undefined && last.outcome !== null && erased.every((step) => isCovered(step, last)) && (last.round === round || hindrancesOf(last.outcome).length === 0)
    if (erased.length === 0 || settled) continue
    await checkOne(erasing, store, { steps, erased, before: await before.get(store.id)?.ended, last })
  }
}

type Beneath = Pick<ErasingAll, 'context' | 'erasure' | 'round' | 'at'>

/** `steps`: those that are done; `erased`: those of this store that erased anything. */
async function checkOne(erasing: Beneath, store: Store, { steps, erased, before, last }: { readonly steps: readonly Step[]; readonly erased: readonly Step[]; readonly before: Before | undefined; readonly last: PhysicalCheck | undefined }): Promise<void> {
  const items: ErasedItem[] = []
  const held = new Set(stillHeld(steps))
  for (const step of erased) items.push({ round: step.round, number: step.number, rows: step.rowsErased ?? 0, held: held.has(step), along: (step.detail.along ?? []).map(({ place }) => place), place: (await placeOf(erasing.context, store, step.place)) ?? step.place })
  await checkStore(checkingOf(erasing), store, { items, before, clearBefore: stillClear(last, erased) })
}

/** A store in whose files erased values still stood when it was checked, with what was seen there before. */
export interface Unsettled { readonly store: Store; readonly before: Before }

/** Stores of which that is so in this round, by their checks. */
export async function unsettledIn({ context, erasure, round, stores }: ErasingAll, before: ReadonlyMap<string, Looking>): Promise<Unsettled[]> {
  const checks = await physicalChecksOf(context.ledger.database, erasure.id)
  const found: Unsettled[] = []
  for (const store of stores) {
    const outcome = checks.find((check) => check.store === store.id && check.round === round)?.outcome
    const seen = await before.get(store.id)?.ended
    if (seen !== undefined && outcome?.performed === true && outcome.kinds.some(({ standing }) => standing === 'residual')) found.push({ store, before: seen })
  }
  return found
}

/** Checks them once more, with the values that were drawn before anything was erased, where the files are also those of a store in `later`, which was erased since: until then its rows stood in them. */
export async function checkUnsettled(erasing: Beneath, unsettled: readonly Unsettled[], later: readonly Store[]): Promise<void> {
  const { context, erasure } = erasing
  const { database } = context.ledger
  for (const { store, before } of unsettled) {
    const files = filesAt(store, context.references)
    if (files === undefined || !later.some((one) => one.environment !== store.environment && filesAt(one, context.references) === files)) continue
    await alone(database, { environment: store.environment }, async () => {
      const all = await stepsOf(database, erasure.id)
      const last = (await physicalChecksOf(database, erasure.id)).findLast((check) => check.store === store.id && check.outcome !== null)
      await checkOne(erasing, store, { steps: all.filter(({ state }) => state === 'done'), erased: erasedSome(all).filter((step) => step.store === store.id), before, last })
    })
  }
}

/** Whether a check came after a step. Of one round some may be erased after it: what was in their way then, a run that was cut off, or gone on with, found gone. Pure. */
const isCovered = ({ round, number }: Pick<Step, 'round' | 'number'>, check: PhysicalCheck): boolean => check.covers?.some((one) => one.round === round && one.number === number) ?? round <= check.round

/** Kinds that the last check searched for values and found to hold none. None when anything was erased since: what that left may stand in files that nobody wrote over. Pure. */
export function stillClear(last: PhysicalCheck | undefined, erased: readonly Pick<Step, 'round' | 'number'>[]): string[] {
  if (last?.outcome?.performed !== true || last.outcome.values === 0 || !erased.every((step) => isCovered(step, last))) return []
  return last.outcome.kinds.filter(({ standing }) => standing === 'clear').map(({ kind }) => kind)
}

/** What the last check of each store came to. */
export async function outcomesOf(ledger: Ledger, erasure: Erasure): Promise<StoreOutcome[]> {
  const last = new Map((await physicalChecksOf(ledger.database, erasure.id)).flatMap(({ store, outcome }) => (outcome === null ? [] : [[store, outcome] as const])))
  return [...last.values()]
}

/** What the physical checks put in the way of *complete*. A store whose files are not declared to be within reach is none: the certificate says that they were not examined. */
export async function hindrances(ledger: Ledger, erasure: Erasure): Promise<Obstacle[]> {
  const { database } = ledger
  const stores = await allStores(database)
  const known = new Set(stores.map(({ id }) => id))
  const told = (await outcomesOf(ledger, erasure)).filter(({ store }) => known.has(store)).flatMap((outcome) => hindrancesOf(outcome).map((one) => ({ store: outcome.store, ...one })))
  return [...told, ...notExamined(await stepsOf(database, erasure.id), stores, await physicalChecksOf(database, erasure.id))]
}

/** Stores whose files are declared to be within reach, and that no check went through since rows were last erased in them. Pure. */
export function notExamined(steps: readonly Step[], stores: readonly Store[], checks: readonly PhysicalCheck[]): Obstacle[] {
  return reached(stores).flatMap(({ id }) => {
    const erased = erasedSome(steps).filter(({ store }) => store === id)
    const last = checks.findLast(({ store, outcome }) => store === id && outcome !== null)
    if (erased.length === 0 || (last !== undefined && erased.every((step) => isCovered(step, last)))) return []
    return [{ store: id, place: 'physical check', because: 'its files are declared to be within reach, and nobody examined them since rows were erased' }]
  })
}

/** What the files below the stores, and below PostgreSQL's tables, still keep from being complete; and what is offered, with its cost, and not taken unasked. */
export async function filesOf(ledger: Ledger, erasure: Erasure): Promise<{ readonly hindrances: readonly Obstacle[]; readonly offered: readonly (Offer & { readonly store: string })[] }> {
  const held = stillHeld(await stepsOf(ledger.database, erasure.id)).map(heldBecause)
  const offered = (await outcomesOf(ledger, erasure)).flatMap((outcome) => (outcome.performed ? outcome.offered.map((one) => ({ store: outcome.store, ...one })) : []))
  return { hindrances: [...held, ...await hindrances(ledger, erasure)], offered }
}

/** Stores in which something was erased and no file examined, with the reason. */
export function unexamined(steps: readonly Step[], stores: readonly Store[], outcomes: readonly StoreOutcome[]): StoreOutcome[] {
  const touched = new Set(steps.filter(({ state }) => state === 'done').map(({ store }) => store))
  return stores.filter(({ id }) => touched.has(id) && !outcomes.some(({ store }) => store === id)).map((store) => ({ store: store.id, performed: false, because: notReached(store) ?? (steps.some((step) => step.store === store.id && (step.rowsErased ?? 0) > 0) ? 'nobody examined them' : 'nothing was erased in it'), hindrances: [] }))
}
