/** The search of one place after another, and the list of the rows that are somebody's. */
import { availableParallelism } from 'node:os'
import { Broken } from '#kit/errors'
import type { Segment, SegmentHeader } from '../fingerprint/index.ts'
import { modes } from '../scanner/machine.ts'
import { loadSegments, locatedRowBytes, datasetBytes } from './load.ts'
import type { Loaded } from './load.ts'
import { clear, countAlone, countedIn, countPlace, joined, judgeCounted } from './count.ts'
import { pieceBytes } from './crew.ts'
import { withOwners } from './judging.ts'
import type { Bytes, PlaceOptions, PlaceResult } from './result.ts'
import { sourceOf } from './table.ts'
import type { Layout, TokenSource } from './table.ts'
import type { PlaceCoverage, PlaceTally } from './tally.ts'

/** What makes a row a dataset's in one place: taken from that place's result. */
export interface RowRule {
  readonly dataset: string
  readonly barBits: number
  readonly singles: number
}

/** Rows of a place: ordinals count rows from 0; `starts` and `ends` are byte offsets in the stream, line end included. */
export interface RowList {
  readonly ordinals: Float64Array
  readonly starts: Float64Array
  readonly ends: Float64Array
}

export interface LocatedRows {
  readonly coverage: PlaceCoverage
  /** Rows of the datasets asked for, and of no other. */
  readonly matched: RowList
  /** Rows that are just as much another dataset's. */
  readonly ambiguous: RowList
  /** Rows that no rule matched. */
  readonly unowned: number
}

export interface Searcher {
  readonly datasets: readonly SegmentHeader[]
  /** Bytes of memory held. */
  readonly memoryBytes: number
  /** Reads one place to its end and judges every dataset: `judge` of its one tally. An empty place is a result. */
  readonly search: (bytes: Bytes, options?: PlaceOptions) => Promise<PlaceResult>
  /** Reads a place, or a part of one that begins at the start of a record and ends at the end of one, and counts. */
  readonly tally: (bytes: Bytes, options?: PlaceOptions) => Promise<PlaceTally>
  /**
   * Judges every dataset in one place by the tallies of all its parts; their order only numbers the samples. Throws `Broken` `trace/other-tally`
   * when one was made with other segments, or without any.
   */
  readonly judge: (tallies: readonly PlaceTally[]) => PlaceResult
  /**
   * Lists the rows that are one of these datasets' in a place, under the rules of all datasets found there. Name all datasets of one
   * controller together: a row that two of its tables know is not ambiguous.
   */
  readonly locate: (bytes: AsyncIterable<Uint8Array>, targets: string | readonly string[], rules: readonly RowRule[], options?: PlaceOptions) => Promise<LocatedRows>
  /** Ends its threads. Safe to call twice; no search after it. */
  readonly close: () => Promise<void>
}

// More only wait for each other's memory, and for the one that reads.
const threadsMax = 16

export interface SearcherOptions {
  /** Threads that search one place together; the cores of the machine when left out. */
  readonly threads?: number
  /** Shorter only in tests: bytes given to a thread at a time. */
  readonly pieceBytes?: number
  /** Leaves with each tally a sample of all values, known or not (`catalogue/sketch.ts`). */
  readonly sketch?: boolean
  /** Given only in tests; else by size. */
  readonly layout?: Layout
  /** Datasets asked about in all, when others are searched for by other searchers: the more are asked about, the more chance gives. */
  readonly datasets?: number
  /** Tallies tell whose each value is, so that they can be judged without the table (`judging.ts`). */
  readonly owners?: boolean
}

/**
 * Loads the segments, or reads them from their sources; one search at a time. Throws as `loadSegments` does. Two segments may not name the same dataset.
 */
export async function createSearcher(segments: readonly (Segment | TokenSource)[], epochKey: Uint8Array, options: SearcherOptions = {}): Promise<Searcher> {
  const sources = segments.map((segment) => ('read' in segment ? segment : sourceOf(segment)))
  const threads = Math.min(threadsMax, options.threads ?? availableParallelism())
  const loaded = await loadSegments(sources, epochKey, { threads, pieceBytes: options.pieceBytes ?? pieceBytes, layout: options.layout, sketch: options.sketch, datasets: options.datasets })
  const names = new Set(loaded.headers.map((header) => header.dataset))
  if (names.size !== loaded.headers.length) throw new Broken('trace/dataset-twice', 'two segments name the same dataset')
  const owners = options.owners === true
  let busy = false
  const alone = async <T>(work: () => Promise<T>): Promise<T> => {
    if (busy) throw new Broken('trace/search-busy', 'one search at a time')
    busy = true
    return work().finally(() => {
      clear(loaded)
      busy = false
    })
  }
  const count = (bytes: Bytes, options: PlaceOptions): ReturnType<typeof countPlace> => {
    loaded.machine.set('mode', modes.search)
    return countPlace(loaded, bytes, options)
  }
  return {
    datasets: loaded.headers,
    memoryBytes: loaded.machine.memory.length,
    search: (bytes, options = {}) => alone(async () => judgeCounted(loaded, [await count(bytes, options)])),
    tally: (bytes, how = {}) => alone(async () => {
      const tally = countedIn(loaded, await count(bytes, how))
      return owners ? withOwners(tally, loaded.table) : tally
    }),
    judge: (tallies) => {
      if (tallies.length === 0 || tallies.some((tally) => tally.segments !== loaded.name)) throw new Broken('trace/other-tally', 'a tally was made with other fingerprints, or there is none')
      return judgeCounted(loaded, tallies)
    },
    locate: (bytes, targets, rules, options = {}) => alone(() => locateRows(loaded, bytes, { targets: typeof targets === 'string' ? [targets] : targets, rules, options })),
    close: async () => { await loaded.crew?.close() },
  }
}

async function locateRows(loaded: Loaded, bytes: AsyncIterable<Uint8Array>, how: { targets: readonly string[]; rules: readonly RowRule[]; options: PlaceOptions }): Promise<LocatedRows> {
  const { machine, headers } = loaded
  const known = (target: string): boolean => headers.some((header) => header.dataset === target) && how.rules.some((rule) => rule.dataset === target)
  if (how.targets.length === 0 || !how.targets.every(known)) throw new Broken('trace/no-rule', 'rows can be located only for loaded datasets that have a rule')
  machine.set('mode', modes.locate)
  const view = new DataView(machine.memory.buffer)
  for (const [dataset, header] of headers.entries()) {
    const rule = how.rules.find((candidate) => candidate.dataset === header.dataset)
    const at = machine.at('datasetInfo') + dataset * datasetBytes
    view.setFloat32(at + 4, rule?.barBits ?? Infinity, true)
    view.setUint8(at + 2, rule?.singles ?? 0)
    view.setUint8(at + 3, how.targets.includes(header.dataset) ? 1 : 0)
  }
  const blocks: Float64Array[] = [] // four numbers a row: start, end, ordinal, other datasets
  const take = (): void => {
    const rows = machine.count('outCount')
    if (rows > 0) blocks.push(new Float64Array(machine.memory.buffer.slice(machine.at('out'), machine.at('out') + rows * locatedRowBytes)))
  }
  loaded.onDrain.call = take
  const { coverage } = await countAlone(loaded, joined([], bytes[Symbol.asyncIterator]()), how.options)
  take()
  loaded.onDrain.call = () => undefined
  return { coverage, matched: listOf(blocks, (others) => others === 0), ambiguous: listOf(blocks, (others) => others > 0), unowned: Math.max(0, coverage.rows - machine.count('owned')) }
}

function listOf(blocks: readonly Float64Array[], wanted: (others: number) => boolean): RowList {
  let count = 0
  for (const block of blocks) for (let at = 3; at < block.length; at += 4) if (wanted(block[at]!)) count += 1
  const list = { ordinals: new Float64Array(count), starts: new Float64Array(count), ends: new Float64Array(count) }
  let row = 0
  for (const block of blocks) {
    for (let at = 0; at < block.length; at += 4) {
      if (!wanted(block[at + 3]!)) continue
      list.starts[row] = block[at]!
      list.ends[row] = block[at + 1]!
      list.ordinals[row] = block[at + 2]!
      row += 1
    }
  }
  return list
}
