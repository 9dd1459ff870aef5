/** Erasing, one environment at a time: each by whoever serves it, alone there, and recorded when every place was tried. */
import { allDerived, allStores, type Store } from '#inventory'
import type { Json, Ledger } from '#ledger'
import { openRowSearcher, placeKey, shownIn, type TraceContext } from '#trace'
import { Broken, Refused } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import type { Instant } from '#kit/time'
import { Stopped } from '#kit/worker'
import { eraseItem, type ErasingAll } from './carry.ts'
import { mustBeErasable, takeBeforeErasing } from './exit.ts'
import { stillHeld } from './judge.ts'
import { checkAll, lookBeforeAll, unsettledIn, type Unsettled } from './physically.ts'
import { restoreSettings, type Looking } from './physical/index.ts'
import { allErasures, alone, environmentsErased, stepsOf } from './store.ts'
import type { Erasure, LookAtResults, Obstacle, PlanItem, Step } from './types.ts'

/** Throws `Refused` for an erasure that somebody holds back, and the reason when work is to stop. */
export async function mustGoOn(context: TraceContext, id: string): Promise<Erasure> {
  context.stopping?.throwIfAborted()
  const erasure = (await allErasures(context.ledger.database)).find((one) => one.id === id)
  if (erasure === undefined) throw new Broken('erasure/unknown', `no erasure ${id} is recorded any more`)
  if (erasure.pausedBy !== null) throw new Stopped(`${id} is held back by ${erasure.pausedBy}; to go on: bailee erasure resume ${id} --as ID`)
  return erasure
}

/** Stores in which sessions keep what they derive. */
const keepsResults = (store: Store): boolean => store.declared.results !== undefined

const environmentOf = (item: PlanItem, stores: readonly Store[]): string => stores.find(({ id }) => id === item.store)?.environment ?? item.environment

/** Stores in which something that sessions derived may be. */
async function mayKeep(ledger: Ledger, stores: readonly Store[]): Promise<Store[]> {
  const known = new Set((await allDerived(ledger.database)).map(({ store }) => store))
  return stores.filter((store) => keepsResults(store) || known.has(store.id))
}

/** Environments of this round that nobody has gone through yet: those of its plan, of stores in which an earlier round erased, and of stores that keep results. */
export async function environmentsLeft(ledger: Ledger, erasure: Erasure): Promise<string[]> {
  const { database } = ledger
  const stores = await allStores(database)
  const touched = new Set((await stepsOf(database, erasure.id)).map(({ store }) => store))
  const all = [...(erasure.plan?.items ?? []).map((item) => environmentOf(item, stores)), ...[...stores.filter(({ id }) => touched.has(id)), ...await mayKeep(ledger, stores)].map(({ environment }) => environment)]
  const done = new Set((await environmentsErased(database, erasure.id, erasure.plan?.round ?? 1)).map(({ environment }) => environment))
  return [...new Set(all)].filter((environment) => !done.has(environment))
}

/**
 * Erases what the plan names in one environment, has the files below its stores cleared and searched, and looks at what sessions derived there. Nobody else erases in that
 * environment meanwhile. Done already, it does nothing. Resolves to the stores in whose files erased values still stand. Throws what the stores throw, when every place was tried; then it can be begun again.
 */
export async function eraseEnvironment(context: TraceContext, { erasure: id, environment, look }: { erasure: string; environment: string; look: LookAtResults | undefined }, at: Instant): Promise<readonly Unsettled[]> {
  const { ledger } = context
  let unsettled: readonly Unsettled[] = []
  await alone(ledger.database, { environment }, async () => {
    const erasure = await mustGoOn(context, id)
    if (erasure.state !== 'erasing' || !(await environmentsLeft(ledger, erasure)).includes(environment)) return
    await mustBeErasable(ledger, erasure, at) // whoever serves it may come to it days later, when what is there is another contract's
    const stores = (await allStores(ledger.database)).filter((store) => store.environment === environment)
    await restoreSettings(context, stores)
    const items = await itemsIn(ledger, erasure, environment)
    await takeBeforeErasing(context, { erasure, stores }, at)
    unsettled = await eraseThere(context, { erasure, stores, items }, at)
    const keeping = (await mayKeep(ledger, stores)).map((store) => store.id)
    const notSeen = keeping.length === 0 || look === undefined ? [] : (await look(at, keeping)).notSeen
    failpoint('erasure/before-environment')
    const evidence = { erasure: erasure.id, round: erasure.plan?.round ?? 1, environment, looked: look !== undefined, not_seen: await shownIn(context, notSeen) }
    await ledger.append({ slot: erasure.slot, type: 'erasure.environment_erased', at, parts: { evidence: evidence as unknown as { [key: string]: Json } } })
    failpoint('erasure/after-environment')
  })
  return unsettled
}

async function itemsIn({ database }: Ledger, erasure: Erasure, environment: string): Promise<PlanItem[]> {
  const stores = await allStores(database)
  return (erasure.plan?.items ?? []).filter((item) => environmentOf(item, stores) === environment)
}

async function eraseThere(context: TraceContext, { erasure, stores, items }: { erasure: Erasure; stores: readonly Store[]; items: readonly PlanItem[] }, at: Instant): Promise<Unsettled[]> {
  const { searcher, records } = await openRowSearcher(context)
  const targets = records.filter(({ slot }) => slot === erasure.slot).map(({ id }) => id)
  const teller = items.some(({ copies }) => copies !== undefined) ? await context.governed?.() : undefined
  const erasing: ErasingAll = { context, erasure, round: erasure.plan?.round ?? 1, searcher, targets, stores, at, teller }
  let looking: ReadonlyMap<string, Looking> = new Map()
  try {
    looking = await lookBeforeAll(erasing, records.map(({ id }) => id))
    const seen = async (): Promise<void> => { for (const { ended } of looking.values()) await ended }
    // What was in the way of one place may be gone with another: those are tried again, as long as anything moves.
    await eraseOnce({ ...erasing, seen }, items, true)
    while (await eraseOnce({ ...erasing, seen }, items, false)) continue
    await mustGoOn(context, erasure.id)
    await checkAll(erasing, looking)
    return await unsettledIn(erasing, looking)
  } finally {
    await Promise.allSettled([...looking.values()].map(({ ended }) => ended))
    await searcher.close()
  }
}

/** Tries every place that is not done (later: that others were in the way of), whatever becomes of the rest. Resolves to whether any was erased. */
async function eraseOnce(erasing: ErasingAll, items: readonly PlanItem[], first: boolean): Promise<boolean> {
  const { context, erasure, round } = erasing
  const steps = await stepsOf(context.ledger.database, erasure.id)
  const known = new Map(steps.filter((step) => step.round === round).map((step): [number, Step] => [step.number, step]))
  const done = new Set([...known.values()].filter(({ state }) => state === 'done').map(({ number }) => number))
  const held = new Map(stillHeld(steps).map((step): [string, string | null] => [placeKey(step), step.detail.held ?? null]))
  const failures: Broken[] = []
  const rowsOf = (some: readonly PlanItem[]): number => some.reduce((sum, { rows }) => sum + rows, 0)
  let moved = false
  for (const [index, item] of items.entries()) {
    const before = known.get(item.number)
    if (before?.state === 'done' || (!first && before?.detail.again !== true)) continue
    await mustGoOn(context, erasure.id)
    context.progress?.({ work: 'erasing', place: `${item.store}: ${item.place}`, done: index, total: items.length, rows: 0, share: rowsOf(items.slice(0, index)) / Math.max(1, rowsOf(items)) })
    try {
      if (!await eraseItem({ ...erasing, known: { done, held } }, item, before)) continue
      done.add(item.number)
      moved = true
    } catch (cause) {
      if (!(cause instanceof Broken) || !/^(erasure|inventory|trace)[/]/.test(cause.code)) throw cause
      failures.push(cause)
    }
  }
  throwAll(failures, 'places')
  return moved
}

/** Throws the one failure, or all of them as one; nothing when there is none. */
export function throwAll(failures: readonly Broken[], what: string): void {
  const [failure] = failures
  if (failure !== undefined) throw failures.length === 1 ? failure : new Broken(failure.code, `${failures.length} ${what} could not be erased: ${failures.map((one) => one.message).join('; ')}`, { cause: failure })
}

/** What sessions derived of this controller's and is not gone, and stores where nobody could see whether there is more: no search need find people in it. */
export async function stillDerived({ database }: Ledger, erasure: Erasure): Promise<Obstacle[]> {
  const erased = await environmentsErased(database, erasure.id, erasure.plan?.round ?? 1)
  const there = (await allDerived(database)).filter(({ controller, droppedAt }) => controller === erasure.controller && droppedAt === null)
  const unlooked = (await allStores(database)).filter((store) => keepsResults(store) && erased.every(({ environment, looked }) => environment !== store.environment || !looked))
  return [
    ...there.map(({ store, place, instruction }) => ({ store, place, because: `it was derived under ${instruction} and is not known to be gone` })),
    ...[...erased.flatMap(({ notSeen }) => notSeen), ...unlooked.map(({ id }) => ({ store: id, because: 'nobody looked at it' }))].map(({ store, because }) => ({ store, place: 'results of derive', because: `not seen: ${because}` })),
  ]
}

/** Whether somebody else works on this erasure or erases in that environment now: no fault, and it will be over. */
export const isRunning = (cause: unknown): boolean => cause instanceof Refused && cause.code === 'erasure/running'
