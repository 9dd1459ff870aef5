/** How much of each log there was at a moment: looked up in memory, after the times of its entries were read once. */
import { Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import type { Ledger } from '../ledger.ts'
import * as store from './store.ts'

/** Entries that one answer of the past is folded from, at most: half a minute of folding, once. Those that fold into nothing are not among them. */
export const foldedEntriesMax = 40_000

/** Which entries fold, by their nouns. `recorded`: into nothing. `busy`: into tables of their own, which nothing else reads; they are left out where there are too many. */
export interface Nouns { readonly recorded: readonly string[]; readonly busy: readonly string[] }

/** Logs as they were: how many entries of each count. */
export interface Stand {
  /** The same for two moments between which nothing was recorded, and another one after a key was destroyed: what it sealed is gone from the past, too. */
  readonly key: string
  /** Which logs; those with the same can be folded on from each other. */
  readonly scope: string
  readonly sizes: ReadonlyMap<number, number>
  /** Whether busy nouns are folded as well. */
  readonly whole: boolean
}

export interface Times {
  /** Entries that the logs named hold now: all logs when none is. */
  entries(slots?: readonly number[]): Promise<number>
  /** Throws `Refused` `ledger/past-too-long` where more entries than are folded for one answer would have to be, without those of busy nouns. */
  standAt(until: Instant, slots?: readonly number[]): Promise<Stand>
}

/** Of one log, entry by entry: the latest time and the most of the common log up to there, so that both are looked up by halves; and how many of the entries up to there fold. */
interface Log { readonly latest: Instant[]; readonly known: number[]; readonly state: number[]; readonly busy: number[] }

const sum = (sizes: readonly { readonly size: number }[]): number => sizes.reduce((total, { size }) => total + size, 0)

/** Opens the times of one ledger. Nothing is read before somebody asks; afterwards, what was added since. */
export function openTimes(ledger: Pick<Ledger, 'database'>, nouns: Nouns, foldedMax = foldedEntriesMax): Times {
  const logs = new Map<number, Log>()
  let destructions = 0
  let reading: Promise<unknown> = Promise.resolve()
  const readOn = async (sizes: readonly { slot: number; size: number }[]): Promise<void> => {
    const from = new Map(sizes.flatMap(({ slot, size }) => { const known = logs.get(slot)?.latest.length ?? 0; return known < size ? [[slot, known] as const] : [] }))
    if (from.size === 0) return
    for (const { destructions: more, ...read } of await store.timesFrom(ledger.database, from, nouns)) {
      const log = logs.get(read.slot) ?? { latest: [], known: [], state: [], busy: [] }
      logs.set(read.slot, log)
      addTo(log, read)
      destructions += more
    }
  }
  return {
    entries: async (slots) => sum(await store.logSizes(ledger.database, slots)),
    async standAt(until, slots) {
      const sizes = await store.logSizes(ledger.database, slots)
      reading = reading.catch(() => undefined).then(() => readOn(sizes)) // two that read on at once would read the same twice
      await reading
      const counted = countAt(logs, sizes.map(({ slot }) => slot).sort((one, other) => one - other), until)
      const { state, busy } = foldingIn(logs, counted)
      if (state > foldedMax) throw new Refused('ledger/past-too-long', `the past of ${state} entries that fold is not folded for one answer; ask for one controller, or fold it in the terminal with --as-of`)
      const whole = state + busy <= foldedMax
      const scope = `${slots === undefined ? 'all' : [...slots].sort((one, other) => one - other).join(',')}${whole ? '' : ' without'}`
      return { scope, whole, sizes: counted, key: `${scope}/${destructions}/${[...counted].filter(([, size]) => size > 0).map(([slot, size]) => `${slot}:${size}`).join(',')}` }
    },
  }
}

function addTo({ latest, known, state, busy }: Log, { at, common, kinds }: Pick<store.LogTimes, 'at' | 'common' | 'kinds'>): void {
  const commons = common.split(' ')
  for (const [index, time] of at.split(' ').entries()) {
    latest.push(Math.max(latest.at(-1) ?? 0, Number(time)))
    known.push(Math.max(known.at(-1) ?? 0, Number(commons[index])))
    state.push((state.at(-1) ?? 0) + Number(kinds[index] === 's'))
    busy.push((busy.at(-1) ?? 0) + Number(kinds[index] === 'b'))
  }
}

/** How many of these, which never become less, are no more than `most`. */
function upTo(ascending: readonly number[], most: number): number {
  let [low, high] = [0, ascending.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ascending[middle] ?? 0) <= most) low = middle + 1
    else high = middle
  }
  return low
}

/** Entries that fold, of logs up to these sizes. */
function foldingIn(logs: ReadonlyMap<number, Log>, sizes: ReadonlyMap<number, number>): { readonly state: number; readonly busy: number } {
  let [state, busy] = [0, 0]
  for (const [slot, size] of sizes) {
    state += logs.get(slot)?.state[size - 1] ?? 0
    busy += logs.get(slot)?.busy[size - 1] ?? 0
  }
  return { state, busy }
}

/** Of each log the entries before its clock first passed the moment; of controllers' logs those that knew no later entry of the common one. */
function countAt(logs: ReadonlyMap<number, Log>, slots: readonly number[], until: Instant): Map<number, number> {
  const before = (slot: number): number => upTo(logs.get(slot)?.latest ?? [], until)
  const common = before(0)
  return new Map(slots.map((slot) => [slot, slot === 0 ? common : Math.min(before(slot), upTo(logs.get(slot)?.known ?? [], common))]))
}
