/** What the scanner's counters hold after a pass, as tallies; and from tallies to the results of a place. */
import { datasetBytes, countsAt, fieldHitBytes, fieldHitEntries, markAt, ownerAt, samplesAt, slotBytes } from './load.ts'
import type { Loaded } from './load.ts'
import type { DatasetResult, PlaceOptions, PlaceResult, RowSample } from './result.ts'
import { forEachMark, startsMax, sumCoverage, sumFields } from './tally.ts'
import type { ColumnSet, DatasetTally, Marks, PlaceCoverage, PlaceTally } from './tally.ts'
import { barBitsOf, bitsOf, judge } from './verdict.ts'
import type { FieldHits, Verdict } from './verdict.ts'

/** Rows shown of one dataset in one place. */
export const samplesMax = 16

/** A tally; without `marked`, its marks are those that stand in the table now. */
export type Counted = Omit<PlaceTally, 'marked'> & { readonly marked?: Marks }

/** Scans the bytes to their end in the mode that is set; the marks stay in the table until `clear`. */
export async function countPlace(loaded: Loaded, bytes: AsyncIterable<Uint8Array>, options: PlaceOptions): Promise<Counted> {
  const { machine } = loaded
  const read = await machine.scan(bytes, { delimiter: ',', ...options })
  return { segments: loaded.name, coverage: coverageOf(loaded, read, options.idFields ?? 0), endedInsideRecord: machine.count('endedInside') > 0, datasets: datasetsOf(loaded) }
}

function coverageOf({ machine }: Loaded, bytes: number, idFields: number): PlaceCoverage {
  const parts = machine.lanes.map((_, lane): PlaceCoverage => {
    const count = (which: Parameters<typeof machine.count>[0]): number => machine.count(which, lane)
    return {
      rows: count('rows'), values: count('values'), inner: count('inner'), bytes: 0, fields: Math.max(0, count('fieldsMax') - idFields),
      tooLong: count('tooLong'), brokenQuotes: count('brokenQuotes'), lost: count('fieldHitsLost') + count('rowHitsLost'),
    }
  })
  return { ...sumCoverage(parts), bytes }
}

function datasetsOf(loaded: Loaded): DatasetTally[] {
  const lanes = loaded.machine.lanes.map((_, lane) => fieldHits(loaded, lane))
  return loaded.headers.map((_, dataset): DatasetTally => ({
    dataset, sets: columnSets(loaded, dataset), fields: sumFields(lanes.map((fields) => fields.get(dataset) ?? [])),
  })).filter(({ sets, fields }) => sets.length + fields.length > 0)
}

/** Hits by dataset, from the scanner's counters (`assembly/row.ts`, count). */
function fieldHits({ machine, owners }: Loaded, lane: number): Map<number, FieldHits[]> {
  const view = new DataView(machine.memory.buffer, machine.at('fieldHits', lane))
  const found = new Map<number, FieldHits[]>()
  for (let entry = 0; entry < fieldHitEntries; entry += 1) {
    const key = view.getUint32(entry * fieldHitBytes, true)
    if (key === 0) continue
    const { dataset, column } = owners[(key - 1) & 0xffff]!
    const list = found.get(dataset) ?? []
    found.set(dataset, list)
    list.push({ field: (key - 1) >>> 16, column: column ?? 0, hits: view.getUint32(entry * fieldHitBytes + 4, true) })
  }
  return found
}

/** Rows by set of columns, of all lanes together. */
function columnSets({ machine }: Loaded, dataset: number): ColumnSet[] {
  const places = machine.lanes.map((_, lane) => machine.at('datasetInfo', lane) + dataset * datasetBytes)
  const counts = places.map((at) => new Uint32Array(machine.memory.buffer, at + countsAt, 512))
  const sets: ColumnSet[] = []
  for (let set = 0; set < 512; set += 1) {
    const rows = counts.reduce((sum, own) => sum + own[set]!, 0)
    if (rows === 0) continue
    const starts = places.flatMap((at, lane) => [...new Float64Array(machine.memory.buffer, at + samplesAt + set * startsMax * 8, Math.min(startsMax, counts[lane]![set]!))])
    sets.push({ mask: set & 255, linked: set < 256, rows, starts: starts.sort((a, b) => a - b).slice(0, startsMax) })
  }
  return sets
}

/** The same, with the marks taken out of the table. */
export function countedIn(loaded: Loaded, counted: Counted): PlaceTally {
  const { memory } = loaded.machine
  const marks = loaded.machine.at('keys') + markAt
  const slots = touchedSlots(loaded).sort()
  return { ...counted, marked: { slots, marks: Uint8Array.from(slots, (slot) => memory[marks + slot * slotBytes]!) } }
}

/** The slots that this search marked, each once: from the journals while they suffice, else from all. */
function touchedSlots({ machine, slots, touchedMax }: Loaded): Uint32Array<ArrayBuffer> {
  const counts = machine.lanes.map((_, lane) => machine.count('touchedCount', lane))
  const touched = new Uint32Array(counts.reduce((sum, count) => sum + count, 0))
  let end = 0
  if (counts.every((count) => count <= touchedMax)) {
    for (const [lane, count] of counts.entries()) {
      touched.set(new Uint32Array(machine.memory.buffer, machine.at('touched', lane), count), end)
      end += count
    }
    return touched
  }
  const marks = machine.memory.subarray(machine.at('keys') + markAt)
  for (let slot = 0; slot < slots; slot += 1) if (marks[slot * slotBytes] !== 0) touched[end++] = slot
  return touched.slice(0, end)
}

/** Calls `visit` for each value that was seen, with its mark: as the tallies have them, or as they stand in the table. */
function forEachSeen(loaded: Loaded, parts: readonly Counted[], visit: (slot: number, mark: number) => void): void {
  if (parts.every((part) => part.marked !== undefined)) return forEachMark(parts.flatMap((part) => part.marked ?? []), loaded.slots, visit)
  const { memory } = loaded.machine
  const marks = loaded.machine.at('keys') + markAt
  if (loaded.machine.lanes.every((_, lane) => loaded.machine.count('touchedCount', lane) <= loaded.touchedMax)) {
    for (const slot of touchedSlots(loaded)) visit(slot, memory[marks + slot * slotBytes]!)
    return
  }
  for (let slot = 0; slot < loaded.slots; slot += 1) {
    const mark = memory[marks + slot * slotBytes]!
    if (mark !== 0) visit(slot, mark)
  }
}

/** Forgets one search, at the cost of what it touched. */
export function clear(loaded: Loaded): void {
  const { machine, headers, slots, touchedMax } = loaded
  const { memory } = machine
  const marks = machine.at('keys') + markAt
  if (machine.lanes.every((_, lane) => machine.count('touchedCount', lane) <= touchedMax)) for (const slot of touchedSlots(loaded)) memory[marks + slot * slotBytes] = 0
  else for (let slot = 0; slot < slots; slot += 1) memory[marks + slot * slotBytes] = 0
  for (const [lane] of machine.lanes.entries()) {
    const hits = machine.at('fieldHits', lane)
    memory.fill(0, hits, hits + fieldHitEntries * fieldHitBytes)
    for (let dataset = 0; dataset < headers.length; dataset += 1) {
      const at = machine.at('datasetInfo', lane) + dataset * datasetBytes
      memory.fill(0, at, at + 4)
      memory.fill(0, at + countsAt, at + samplesAt) // a start counts only with its row
    }
  }
}

/** The results of one place from the tallies of its parts. */
export function judgeCounted(loaded: Loaded, parts: readonly Counted[]): PlaceResult {
  const coverage = sumCoverage(parts.map((part) => part.coverage))
  const chances = coverage.rows + coverage.inner // every value cut out of text may hit by chance, as every row may
  const seen = loaded.headers.map((_, dataset) => mergedOf(loaded, parts, dataset))
  const marks = countMarks(loaded, parts, loaded.headers.map((header, dataset) => barBitsOf(header, { ...seen[dataset]!, rows: chances })))
  const results: DatasetResult[] = []
  for (const [dataset, header] of loaded.headers.entries()) {
    const { fields, linked, single, datasets } = seen[dataset]!
    if (fields.length + linked.size + single.size === 0) continue
    const verdict = judge(header, { rows: chances, datasets, fields, linked, single, distinct: marks[dataset]! })
    const named = fields.map(({ column, ...hits }) => ({ ...hits, column: header.columns[column]!.name }))
    results.push({ dataset: header.dataset, ...verdict, fields: named, samples: samplesOf(loaded, parts, { dataset, verdict }) })
  }
  results.sort((a, b) => b.rows - a.rows || (a.dataset < b.dataset ? -1 : 1))
  return { coverage, datasets: results }
}

interface Merged {
  readonly datasets: number
  readonly fields: readonly FieldHits[]
  readonly linked: ReadonlyMap<number, number>
  readonly single: ReadonlyMap<number, number>
}

function mergedOf(loaded: Loaded, parts: readonly Counted[], dataset: number): Merged {
  const mine = parts.flatMap((part) => part.datasets.filter((one) => one.dataset === dataset))
  const rowsBy = (linked: boolean): Map<number, number> => {
    const sums = new Map<number, number>()
    for (const set of mine.flatMap((one) => one.sets)) if (set.linked === linked) sums.set(set.mask, set.rows + (sums.get(set.mask) ?? 0))
    return sums
  }
  return { datasets: loaded.headers.length, fields: sumFields(mine.map((one) => one.fields)), linked: rowsBy(true), single: rowsBy(false) }
}

function samplesOf(loaded: Loaded, parts: readonly Counted[], { dataset, verdict }: { readonly dataset: number; readonly verdict: Verdict }): RowSample[] {
  const header = loaded.headers[dataset]!
  const counts = (set: ColumnSet): boolean => (set.mask & verdict.singles) !== 0 || (set.linked && bitsOf(header, set.mask) >= verdict.barBits)
  const samples = parts.flatMap(({ datasets }, part) => datasets.filter((one) => one.dataset === dataset).flatMap((one) => one.sets.filter(counts))
    .flatMap((set) => set.starts.map((offset): RowSample => ({ part, offset, columns: header.columns.filter((_, column) => (set.mask >> column) & 1).map(({ name }) => name) }))))
  return samples.sort((a, b) => a.part - b.part || a.offset - b.offset).slice(0, samplesMax)
}

/** Different values by dataset and column: in rows of nobody else, and linked at the bar of their dataset. */
function countMarks(loaded: Loaded, parts: readonly Counted[], barBits: readonly number[]): { hit: number; linked: number }[][] {
  const { machine, headers, owners } = loaded
  const { memory } = machine
  const keys = machine.at('keys')
  const bars = barBits.map((bits) => Math.min(255, bits + 2))
  const hit = new Float64Array(owners.length)
  const linked = new Float64Array(owners.length)
  const barOf = Uint8Array.from(owners, ({ dataset }) => bars[dataset]!)
  forEachSeen(loaded, parts, (slot, mark) => {
    const at = keys + slot * slotBytes
    const own = memory[at + ownerAt]! + memory[at + ownerAt + 1]! * 256 - 1
    hit[own]! += 1
    if (mark >= barOf[own]!) linked[own]! += 1
  })
  const marks: { hit: number; linked: number }[][] = headers.map(() => [])
  for (const [number, { dataset, column }] of owners.entries()) {
    if (column !== undefined) marks[dataset]!.push({ hit: hit[number]!, linked: linked[number]! })
  }
  return marks
}
