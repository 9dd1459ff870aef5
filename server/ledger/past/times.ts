/** How much of each log there was at a moment: looked up in memory, after the times of its entries up to there were read once. */
import { Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import type { Ledger } from '../ledger.ts'
import { openSteps, upTo, type Steps } from './steps.ts'
import * as store from './store.ts'

/** Entries that one answer of the past is folded from, at most: half a minute of folding, once. Those that fold into nothing are not among them. */
export const foldedEntriesMax = 40_000
/** Entries whose times are read at once: a few megabytes of text. */
const stretchEntries = 50_000

/** Which entries fold, by their nouns. `recorded`: into nothing. `busy`: into tables of their own, which nothing else reads; they are left out where there are too many. */
export interface Nouns { readonly recorded: readonly string[]; readonly busy: readonly string[] }

/** Logs as they were: how many entries of each count. */
export interface Stand {
  /** The same for two moments between which nothing was recorded. */
  readonly key: string
  /** How often keys were destroyed, whenever: what they sealed is gone from every past. */
  readonly destructions: number
  /** Which logs; those with the same can be folded on from each other. */
  readonly scope: string
  readonly sizes: ReadonlyMap<number, number>
  /** Whether busy nouns are folded as well. */
  readonly whole: boolean
  /** The same without what busy nouns fold into, where they are many: whoever reads none of it has it sooner. */
  readonly lighter?: Stand
  /** The moment, where tables as they were then are kept and need not be folded. */
  readonly moment?: Instant
}

export interface Times {
  /** Entries that the logs named hold now: all logs when none is. */
  entries(slots?: readonly number[]): Promise<number>
  /** Throws `Refused` `ledger/past-too-long` where more entries than are folded for one answer would have to be, without those of busy nouns. */
  standAt(until: Instant, slots?: readonly number[]): Promise<Stand>
}

/** Of the entries of one log that were read: the latest time and the most of the common log up to each, and which of them fold. Of busy ones no more than one over what is folded: then they are left out. */
interface Log { size: number; readonly latest: Steps; readonly known: Steps; readonly state: number[]; readonly busy: number[] }

/** How often keys were destroyed, in all logs, until now: what was made before the last of them may hold what it sealed. */
export const countDestructions = ({ database }: Pick<Ledger, 'database'>): Promise<number> => store.countDestroyed(database)

/** Busy entries that are folded with the rest without asking. */
const busyFew = 1_000

const sum = (sizes: readonly { readonly size: number }[]): number => sizes.reduce((total, { size }) => total + size, 0)

/** `few`: busy entries that are folded without asking. */
export interface TimesBounds { readonly foldedMax?: number | undefined; readonly stretch?: number | undefined; readonly few?: number | undefined }

/**
 * Opens the times of one ledger. Nothing is read before somebody asks; then by stretches of `stretch` entries, no further than to the moment asked for, nor past what is folded for one answer; afterwards, from
 * there on.
 */
export function openTimes(ledger: Pick<Ledger, 'database'>, nouns: Nouns, { foldedMax = foldedEntriesMax, stretch = stretchEntries, few = busyFew }: TimesBounds = {}): Times {
  const logs = new Map<number, Log>()
  let reading: Promise<unknown> = Promise.resolve()
  const counted = (slots: readonly number[], until: Instant): Map<number, number> => {
    const sizes = countAt(logs, slots, until)
    if (foldingIn(logs, sizes).state > foldedMax) throw new Refused('ledger/past-too-long', `the past of more than ${foldedMax} entries that fold is not folded for one answer; ask for one controller, or fold it in the terminal with --as-of`)
    return sizes
  }
  /** Those of the common log first: of what is read, no more counts than of all. */
  const readOn = async (sizes: readonly { readonly slot: number; readonly size: number }[], until: Instant): Promise<Map<number, number>> => {
    const slots = sizes.map(({ slot }) => slot)
    for (;;) {
      const already = counted(slots, until)
      const spans = nextSpans(logs, sizes, { until, stretch })
      if (spans.length === 0) return already
      for (const read of await store.timesOf(ledger.database, spans, nouns)) {
        const log = logs.get(read.slot) ?? { size: 0, latest: openSteps(), known: openSteps(), state: [], busy: [] }
        logs.set(read.slot, log)
        addTo(log, read, foldedMax)
      }
    }
  }
  return {
    entries: async (slots) => sum(await store.logSizes(ledger.database, slots)),
    async standAt(until, slots) {
      const logSizes = (await store.logSizes(ledger.database, slots)).sort((one, other) => one.slot - other.slot)
      const read = reading.catch(() => undefined).then(() => readOn(logSizes, until)) // two that read on at once would read the same twice
      reading = read
      const sizes = await read
      const destructions = await countDestructions(ledger)
      const { state, busy } = foldingIn(logs, sizes)
      const logsOf = slots === undefined ? 'all' : [...slots].sort((one, other) => one - other).join(',')
      const stand = (whole: boolean): Stand => {
        const scope = `${logsOf}${whole ? '' : ' without'}`
        return { scope, whole, sizes, destructions, key: `${scope}/${[...sizes].filter(([, size]) => size > 0).map(([slot, size]) => `${slot}:${size}`).join(',')}` }
      }
      if (state + busy > foldedMax) return stand(false)
      return busy > few ? { ...stand(true), lighter: stand(false) } : stand(true)
    },
  }
}

/**
 * What counted of all logs at a moment, without what busy nouns fold into, for whoever asks once: nothing is kept of the times of entries, and however many there are, nothing of them is sent.
 */
export async function standOnce(ledger: Pick<Ledger, 'database'>, until: Instant): Promise<Stand> {
  const logSizes = (await store.logSizes(ledger.database, undefined)).sort((one, other) => one.slot - other.slot)
  const sizes = new Map<number, number>()
  let common: number | undefined
  for (const { slot, size } of logSizes) {
    sizes.set(slot, await store.firstAfter(ledger.database, { slot, size, until, common }) ?? size)
    if (slot === 0 && sizes.get(0)! < size) common = sizes.get(0) // whoever knew of all of it is behind nothing
  }
  return { scope: 'once', key: `once/${until}`, whole: false, sizes, destructions: await countDestructions(ledger) }
}

/** What of logs, in their order, is to be read next: no more than a stretch in all, and of none whose clock has passed the moment. */
function nextSpans(logs: ReadonlyMap<number, Log>, sizes: readonly { readonly slot: number; readonly size: number }[], { until, stretch }: { readonly until: Instant; readonly stretch: number }): store.Span[] {
  const spans: store.Span[] = []
  let room = stretch
  for (const { slot, size } of sizes) {
    const log = logs.get(slot)
    const from = log?.size ?? 0
    if (from >= size || (log?.latest.last() ?? 0) > until) continue
    const to = Math.min(size, from + room)
    spans.push({ slot, from, to })
    room -= to - from
    if (room === 0) break
  }
  return spans
}

function addTo(log: Log, { at, common, kinds }: Omit<store.LogTimes, 'slot'>, foldedMax: number): void {
  const commons = common.split(' ')
  for (const [offset, time] of at.split(' ').entries()) {
    const index = log.size
    log.latest.add(index, Number(time))
    log.known.add(index, Number(commons[offset]))
    if (kinds[offset] === 's') log.state.push(index)
    if (kinds[offset] === 'b' && log.busy.length <= foldedMax) log.busy.push(index)
    log.size += 1
  }
}

/** Entries that fold, of logs up to these sizes. */
function foldingIn(logs: ReadonlyMap<number, Log>, sizes: ReadonlyMap<number, number>): { readonly state: number; readonly busy: number } {
  let [state, busy] = [0, 0]
  for (const [slot, size] of sizes) {
    const log = logs.get(slot)
    if (log === undefined) continue
    state += upTo(log.state, log.state.length, size - 1)
    busy += upTo(log.busy, log.busy.length, size - 1)
  }
  return { state, busy }
}

/** Of each log the entries before its clock first passed the moment; of controllers' logs those that knew no later entry of the common one. */
function countAt(logs: ReadonlyMap<number, Log>, slots: readonly number[], until: Instant): Map<number, number> {
  const before = (slot: number, of: 'latest' | 'known', most: number): number => { const log = logs.get(slot); return log === undefined ? 0 : log[of].firstOver(most) ?? log.size }
  const common = before(0, 'latest', until)
  return new Map(slots.map((slot) => [slot, slot === 0 ? common : Math.min(before(slot, 'latest', until), before(slot, 'known', common))]))
}
