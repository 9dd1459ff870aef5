/** Counting the rows that screening kept, by the scanner itself, in a table of what they can hit. */
import { modes } from '../scanner/machine.ts'
import { clear, countedIn, countedNow } from '../search/count.ts'
import { loadSegments, locatedRowBytes, locatedRowsMax, type Loaded } from '../search/load.ts'
import type { TokenSource } from '../search/table.ts'
import type { DatasetTally } from '../search/tally.ts'
import type { Attributed } from './attribute.ts'
import type { Fragment, Naming } from './places.ts'
import { entryWords, type Block } from './rows.ts'

/** What is known of the rows. */
export interface Holding {
  /** Those that the rows hit. */
  readonly datasets: readonly Attributed[]
  /** What the numbers of hits stand for, ascending. */
  readonly tokens: BigUint64Array
  /** By dataset and list of its links. */
  readonly links: readonly (readonly BigUint64Array[])[]
}

export interface Replaying { readonly epochKey: Uint8Array; readonly naming: Naming }

/** Counts the rows of one part of a place, in their order. */
export type Replay = (blocks: readonly Block[]) => Fragment

// A thousand datasets are hit in many fields; one thread counts, so that room costs little.
const fieldHitEntries = 262_144

const entryBytes = entryWords * 4
const entriesMax = (locatedRowsMax * locatedRowBytes) / entryBytes

/** Loads the table. Throws as `loadSegments` does. */
export async function createReplay({ datasets, tokens, links }: Holding, { epochKey, naming }: Replaying): Promise<Replay> {
  const sources = datasets.map((one, dataset) => sourceOf(one, tokens, links[dataset]!))
  const loaded = await loadSegments(sources, epochKey, { threads: 1, pieceBytes: 0, layout: 'wide', sparse: true, fieldHitEntries })
  const names = namesOf(loaded, datasets, { tokens, naming })
  return (blocks) => {
    feed(loaded, blocks)
    const { coverage, datasets: counted, marked } = countedIn(loaded, countedNow(loaded, 0, {}))
    clear(loaded)
    const named = Float64Array.from(marked.slots, (slot, at) => names[slot]! * 256 + marked.marks[at]!).sort()
    return {
      datasets: counted.map((one): DatasetTally => ({ ...one, dataset: datasets[one.dataset]!.source })), lost: coverage.lost,
      marked: { slots: Uint32Array.from(named, (one) => Math.floor(one / 256)), marks: Uint8Array.from(named, (one) => one % 256) },
    }
  }
}

/** The segment of a dataset with only what the rows can hit of it. */
function sourceOf({ header, lists }: Attributed, tokens: BigUint64Array, links: readonly BigUint64Array[]): TokenSource {
  const values = lists.map(({ numbers }) => BigUint64Array.from(numbers, (number) => tokens[number]!))
  const all = [...values.slice(0, header.columns.length), ...links, ...values.slice(header.columns.length)]
  return { header, counts: all.map(({ length }) => length), read: (take) => { for (const [list, own] of all.entries()) if (own.length > 0) take(list, own); return Promise.resolve() } }
}

function feed({ machine }: Loaded, blocks: readonly Block[]): void {
  machine.set('mode', modes.search)
  machine.begin({ delimiter: ',' })
  const out = machine.at('out')
  const room = new Uint32Array(machine.memory.buffer, out, entriesMax * entryWords)
  machine.inLane(0, (scanner) => {
    for (const block of blocks) {
      for (let at = 0; at < block.length; at += room.length) {
        const part = block.subarray(at, at + room.length)
        room.set(part)
        scanner.replay(out, part.length / entryWords, 0)
      }
    }
    scanner.replay(out, 0, 1)
  })
}

/** The name of the value in each slot. */
function namesOf({ machine, table, owners }: Loaded, datasets: readonly Attributed[], { tokens, naming }: { readonly tokens: BigUint64Array; readonly naming: Naming }): Uint32Array {
  const names = new Uint32Array(table.slots)
  const slots = new Uint32Array(machine.memory.buffer, machine.at('keys'), table.slots * 2)
  const halves = new Uint32Array(tokens.buffer, tokens.byteOffset, tokens.length * 2)
  for (const [number, { dataset, column, list }] of owners.entries()) {
    if (column === undefined) continue // a link
    const { source, header, lists } = datasets[dataset]!
    const own = list < header.columns.length ? list : list - header.links.length
    const { numbers, positions } = lists[own]!
    for (const [at, token] of numbers.entries()) {
      const slot = slotOf(slots, { low: halves[token * 2]!, high: halves[token * 2 + 1]!, owner: number })
      names[slot] = naming.bases[source]![own]! + positions[at]!
    }
  }
  return names
}

/** Where a token of an owner stands in a table of the wide layout (`assembly/table.ts`): the upper 32 bits of the product are its home. */
function slotOf(slots: Uint32Array, { low, high, owner }: { readonly low: number; readonly high: number; readonly owner: number }): number {
  const count = slots.length / 2
  let slot = Math.floor(((high >>> 16) * count + Math.floor(((high & 0xffff) * count) / 65_536)) / 65_536)
  for (; ; slot = slot + 1 === count ? 0 : slot + 1) {
    const upper = slots[slot * 2 + 1]!
    if (slots[slot * 2] === low && (upper & 0xff) === (high & 0xff) && ((upper >>> 8) & 0xffff) === owner + 1) return slot
  }
}

