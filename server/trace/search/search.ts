/** The search of one place after another, and the list of the rows that are somebody's. */
import { Broken } from '#kit/errors'
import type { Segment, SegmentHeader } from '../fingerprint/index.ts'
import { modes } from '../scanner/machine.ts'
import { datasetBytes, fieldHitEntries, loadSegments, locatedRowBytes, markAt, ownerAt, slotBytes } from './load.ts'
import type { Loaded } from './load.ts'
import { barBitsOf, judge } from './verdict.ts'
import type { FieldHits, Tally, Verdict } from './verdict.ts'

export interface PlaceOptions {
  readonly delimiter?: string
  /** Leading fields that only name the row, such as ctid: not searched, and columns count from behind them. */
  readonly idFields?: number
  /** Shorter only in tests, to cut the stream anywhere. */
  readonly batchBytes?: number
}

/** What was read. Only whole fields are compared: text inside a field, and JSON in a cell, are not searched. */
export interface PlaceCoverage {
  readonly rows: number
  /** Fields that held anything. */
  readonly values: number
  readonly bytes: number
  /** The most fields of a row. */
  readonly fields: number
  /** Fields longer than any value, skipped. */
  readonly tooLong: number
  /** Fields that opened with a quote and did not close it: read as they stand. */
  readonly brokenQuotes: number
  /** Hits beyond what one row or one place may hold: not zero means counts are too low. */
  readonly lost: number
}

export interface DatasetResult extends Verdict {
  readonly dataset: string
  /** Hits by field of the place and column of the dataset: what the copy calls them, the caller knows. */
  readonly fields: readonly (Omit<FieldHits, 'column'> & { readonly column: string })[]
}

export interface PlaceResult {
  readonly coverage: PlaceCoverage
  /** Datasets with at least one value in the place, copies first. */
  readonly datasets: readonly DatasetResult[]
}

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
  /** Reads one place to its end and judges every dataset. An empty place is a result. */
  readonly search: (bytes: AsyncIterable<Uint8Array>, options?: PlaceOptions) => Promise<PlaceResult>
  /**
   * Lists the rows that are one of these datasets' in a place, under the rules of all datasets found there. Name all datasets of one
   * controller together: a row that two of its tables know is not ambiguous.
   */
  readonly locate: (bytes: AsyncIterable<Uint8Array>, targets: string | readonly string[], rules: readonly RowRule[], options?: PlaceOptions) => Promise<LocatedRows>
}

/**
 * Loads the segments; one search at a time. Throws as `loadSegments` does. Two segments may not name the same dataset.
 */
export function createSearcher(segments: readonly Segment[], epochKey: Uint8Array): Searcher {
  const loaded = loadSegments(segments, epochKey)
  const names = new Set(loaded.headers.map((header) => header.dataset))
  if (names.size !== loaded.headers.length) throw new Broken('trace/dataset-twice', 'two segments name the same dataset')
  let busy = false
  const alone = async <T>(work: () => Promise<T>): Promise<T> => {
    if (busy) throw new Broken('trace/search-busy', 'one search at a time')
    busy = true
    return work().finally(() => {
      clear(loaded)
      busy = false
    })
  }
  return {
    datasets: loaded.headers,
    memoryBytes: loaded.machine.memory.length,
    search: (bytes, options = {}) => alone(() => searchPlace(loaded, bytes, options)),
    locate: (bytes, targets, rules, options = {}) => alone(() => locateRows(loaded, bytes, { targets: typeof targets === 'string' ? [targets] : targets, rules, options })),
  }
}

async function searchPlace(loaded: Loaded, bytes: AsyncIterable<Uint8Array>, options: PlaceOptions): Promise<PlaceResult> {
  loaded.machine.set('mode', modes.search)
  const coverage = await cover(loaded, bytes, options)
  const fields = fieldHits(loaded)
  const seen = loaded.headers.map((_, dataset) => ({
    rows: coverage.rows, datasets: loaded.headers.length, fields: fields.get(dataset) ?? [], linked: histogram(loaded, dataset, 48), single: histogram(loaded, dataset, 1072),
  }))
  const marks = countMarks(loaded, loaded.headers.map((header, dataset) => barBitsOf(header, seen[dataset]!)))
  const results: DatasetResult[] = []
  for (const [dataset, header] of loaded.headers.entries()) {
    const tally: Tally = { ...seen[dataset]!, distinct: marks[dataset]! }
    if (tally.fields.length + tally.linked.size + tally.single.size === 0) continue
    const named = tally.fields.map(({ column, ...hits }) => ({ ...hits, column: header.columns[column]!.name }))
    results.push({ dataset: header.dataset, ...judge(header, tally), fields: named })
  }
  results.sort((a, b) => b.rows - a.rows || (a.dataset < b.dataset ? -1 : 1))
  return { coverage, datasets: results }
}

async function cover({ machine }: Loaded, bytes: AsyncIterable<Uint8Array>, options: PlaceOptions): Promise<PlaceCoverage> {
  const read = await machine.scan(bytes, { delimiter: ',', ...options })
  return {
    rows: machine.count('rows'), values: machine.count('values'), bytes: read, fields: machine.count('fieldsMax') - Math.min(options.idFields ?? 0, machine.count('fieldsMax')),
    tooLong: machine.count('tooLong'), brokenQuotes: machine.count('brokenQuotes'), lost: machine.count('fieldHitsLost') + machine.count('rowHitsLost'),
  }
}

/** Hits by dataset, from the scanner's counters (`assembly/row.ts`, count). */
function fieldHits({ machine, owners }: Loaded): Map<number, FieldHits[]> {
  const view = new DataView(machine.memory.buffer, machine.at('fieldHits'))
  const found = new Map<number, FieldHits[]>()
  for (let entry = 0; entry < fieldHitEntries; entry += 1) {
    const key = view.getUint32(entry * 16, true)
    if (key === 0) continue
    const { dataset, column } = owners[(key - 1) & 0xffff]!
    const hits = { field: (key - 1) >>> 16, column: column ?? 0, hits: view.getUint32(entry * 16 + 4, true), distinct: view.getUint32(entry * 16 + 8, true) }
    const list = found.get(dataset) ?? []
    found.set(dataset, list)
    list.push(hits)
  }
  for (const list of found.values()) list.sort((a, b) => a.field - b.field || a.column - b.column)
  return found
}

/** Different values by dataset and column: in rows of nobody else (mark 2 and more), and linked at the bar of their dataset. */
function countMarks(loaded: Loaded, barBits: readonly number[]): { hit: number; linked: number }[][] {
  const { machine, headers, owners } = loaded
  const { memory } = machine
  const keys = machine.at('keys')
  const bars = barBits.map((bits) => Math.min(255, bits + 3))
  const hit = new Float64Array(owners.length)
  const linked = new Float64Array(owners.length)
  const barOf = Uint8Array.from(owners, ({ dataset }) => bars[dataset]!)
  forEachTouched(loaded, (slot) => {
    const at = keys + slot * slotBytes
    const mark = memory[at + markAt]!
    const own = memory[at + ownerAt]! + memory[at + ownerAt + 1]! * 256 - 1
    if (mark >= 2) hit[own]! += 1
    if (mark >= barOf[own]!) linked[own]! += 1
  })
  const marks: { hit: number; linked: number }[][] = headers.map(() => [])
  for (const [number, { dataset, column }] of owners.entries()) {
    if (column !== undefined) marks[dataset]!.push({ hit: hit[number]!, linked: linked[number]! })
  }
  return marks
}

/** The slots that this search marked: from the journal while it suffices, else all. */
function forEachTouched({ machine, slots, touchedMax }: Loaded, visit: (slot: number) => void): void {
  const count = machine.count('touchedCount')
  if (count <= touchedMax) {
    const journal = new Uint32Array(machine.memory.buffer, machine.at('touched'), count)
    for (const slot of journal) visit(slot)
    return
  }
  const marks = machine.memory.subarray(machine.at('keys') + markAt)
  for (let slot = 0; slot < slots; slot += 1) if (marks[slot * slotBytes] !== 0) visit(slot)
}

function histogram({ machine }: Loaded, dataset: number, offset: number): Map<number, number> {
  const counts = new Uint32Array(machine.memory.buffer, machine.at('datasetInfo') + dataset * datasetBytes + offset, 256)
  const map = new Map<number, number>()
  for (const [mask, count] of counts.entries()) if (count > 0) map.set(mask, count)
  return map
}

/** Forgets one search, at the cost of what it touched. */
function clear(loaded: Loaded): void {
  const { machine, headers } = loaded
  const { memory } = machine
  const marks = machine.at('keys') + markAt
  forEachTouched(loaded, (slot) => { memory[marks + slot * slotBytes] = 0 })
  memory.fill(0, machine.at('fieldHits'), machine.at('fieldHits') + fieldHitEntries * 16)
  for (let dataset = 0; dataset < headers.length; dataset += 1) {
    const at = machine.at('datasetInfo') + dataset * datasetBytes
    memory.fill(0, at, at + 4)
    memory.fill(0, at + 48, at + datasetBytes)
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
  const coverage = await cover(loaded, bytes, how.options)
  take()
  loaded.onDrain.call = () => undefined
  return { coverage, matched: listOf(blocks, (others) => others === 0), ambiguous: listOf(blocks, (others) => others > 0), unowned: coverage.rows - machine.count('owned') }
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
