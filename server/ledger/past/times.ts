/** How much of each log there was at a moment: looked up in memory, after the times of its entries were read once. */
import { Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import { wholeLeaf, type Ledger } from '../ledger.ts'
import * as store from './store.ts'

/** Entries of the logs that one answer of the past is folded from, at most: ten seconds of folding, once. */
export const foldedEntriesMax = 20_000

/** Logs as they were: how many entries of each count. */
export interface Stand {
  /** The same for two moments between which nothing was recorded, and another one after a key was destroyed: what it sealed is gone from the past, too. */
  readonly key: string
  /** Which logs; those with the same can be folded on from each other. */
  readonly scope: string
  readonly sizes: ReadonlyMap<number, number>
}

export interface Times {
  /** Entries that the logs named hold now: all logs when none is. */
  entries(slots?: readonly number[]): Promise<number>
  /** Throws `Refused` `ledger/past-too-long` for more entries than are folded for one answer. */
  standAt(until: Instant, slots?: readonly number[]): Promise<Stand>
}

interface Log { readonly at: Instant[]; readonly common: number[] }

const sum = (sizes: readonly { readonly size: number }[]): number => sizes.reduce((total, { size }) => total + size, 0)

/** Opens the times of one ledger. Nothing is read before somebody asks; afterwards, what was added since. */
export function openTimes(ledger: Pick<Ledger, 'database' | 'origin'>): Times {
  const logs = new Map<number, Log>()
  let destructions = 0
  let reading: Promise<unknown> = Promise.resolve()
  const readOn = async (sizes: readonly { slot: number; size: number }[]): Promise<void> => {
    const from = new Map(sizes.flatMap(({ slot, size }) => { const known = logs.get(slot)?.at.length ?? 0; return known < size ? [[slot, known] as const] : [] }))
    if (from.size === 0) return
    for (const row of await store.entriesFrom(ledger.database, from)) {
      const { at, common, type } = wholeLeaf(ledger, row)
      const log = logs.get(row.slot) ?? { at: [], common: [] }
      logs.set(row.slot, log)
      log.at.push(at)
      log.common.push(common ?? 0)
      if (type === 'key.destroyed') destructions += 1
    }
  }
  return {
    entries: async (slots) => sum(await store.logSizes(ledger.database, slots)),
    async standAt(until, slots) {
      const sizes = await store.logSizes(ledger.database, slots)
      const entries = sum(sizes)
      if (entries > foldedEntriesMax) throw new Refused('ledger/past-too-long', `the past of ${entries} entries is not folded for one answer; ask for one controller, or fold it in the terminal with --as-of`)
      reading = reading.catch(() => undefined).then(() => readOn(sizes)) // two that read on at once would read the same twice
      await reading
      const counted = countAt(logs, sizes.map(({ slot }) => slot).sort((one, other) => one - other), until)
      const scope = slots === undefined ? 'all' : [...slots].sort((one, other) => one - other).join(',')
      return { scope, sizes: counted, key: `${scope}/${destructions}/${[...counted].filter(([, size]) => size > 0).map(([slot, size]) => `${slot}:${size}`).join(',')}` }
    },
  }
}

/** Of each log the entries before its clock first passed the moment; of controllers' logs those that knew no later entry of the common one. */
function countAt(logs: ReadonlyMap<number, Log>, slots: readonly number[], until: Instant): Map<number, number> {
  const before = ({ at }: Log): number => { const passed = at.findIndex((one) => one > until); return passed === -1 ? at.length : passed }
  const none: Log = { at: [], common: [] }
  const common = before(logs.get(0) ?? none)
  return new Map(slots.map((slot) => {
    const log = logs.get(slot) ?? none
    const unknown = slot === 0 ? -1 : log.common.findIndex((one) => one > common)
    return [slot, Math.min(before(log), unknown === -1 ? log.at.length : unknown)]
  }))
}
