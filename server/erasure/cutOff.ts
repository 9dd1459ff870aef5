/** Steps that were cut off and blocked afterwards, when blocked steps did not say yet what had been counted before: of their places nothing else tells that something may stand in their files. */
import { partOf, type Entry, type Ledger } from '#ledger'
import { placeKey } from '#trace'
import type { Instant } from '#kit/time'
import { stepsOf } from './store.ts'
import type { Erasure, StepDetail } from './types.ts'

interface Told { readonly erasure: string; readonly round: number; readonly number: number; readonly store: string; readonly place: string; readonly method: string; readonly rows_found?: number; readonly rows_erased?: number; readonly detail: StepDetail }

/** A place, and how many rows were counted when erasing it was begun. */
interface CutOff extends Pick<Told, 'store' | 'place' | 'method'> { readonly begun: number }

/** Places at which something was begun that no later step says anything of: neither that it was taken back, nor what had been counted, nor that rows went there since. Pure. */
export function cutOffUntold(entries: readonly { readonly type: string; readonly step: Told }[]): CutOff[] {
  const open = new Map<string, number[]>()
  const untold = new Map<string, CutOff>()
  for (const { type, step } of entries) {
    const [key, place] = [`${step.round} ${step.number}`, placeKey(step)]
    const begun = open.get(key) ?? []
    if (type === 'erasure.step_begun') { open.set(key, [...begun, step.rows_found ?? 0]); continue }
    if (type === 'erasure.step_done') {
      if ((step.rows_erased ?? 0) > 0) untold.delete(place)
    } else if (step.detail.begun !== undefined) untold.delete(place)
    else {
      if (step.detail.undone === true) begun.pop() // what was begun last was taken back
      const rows = begun.findLast((found) => found > 0)
      if (rows !== undefined) untold.set(place, { store: step.store, place: step.place, method: step.method, begun: rows })
    }
    open.delete(key)
  }
  return [...untold.values()]
}

/** Says in the ledger what those steps did not, so that their places are gone through once more, and keep the exit from being complete until then. Does nothing where there are none. */
export async function tellCutOff(ledger: Ledger, { id, slot, plan }: Pick<Erasure, 'id' | 'slot' | 'plan'>, at: Instant): Promise<void> {
  if (plan === null) return
  const entries = (await ledger.read(slot, { types: ['erasure.step_begun', 'erasure.step_blocked', 'erasure.step_done'] })).flatMap((entry: Entry) => {
    const step = partOf<Told>(entry, 'evidence')
    return step?.erasure === id ? [{ type: entry.type, step }] : []
  })
  const steps = await stepsOf(ledger.database, id)
  const untold = cutOffUntold(entries)
  const free = 1 + Math.max(-1, ...plan.items.map(({ number }) => number), ...steps.filter(({ round }) => round === plan.round).map(({ number }) => number))
  if (untold.length > 0) await ledger.append(untold.map(({ store, place, method, begun }, index) => ({ slot, type: 'erasure.step_blocked', at, parts: { evidence: {
    erasure: id, round: plan.round, number: free + index, store, place, method, records: 0, rows_found: 0, detail: { because: 'an earlier version was cut off here, was blocked afterwards, and did not look at what was left', begun },
  } } })))
}
