/** What the scanner's counters hold after a pass, as tallies; and from tallies to the results of a place. */
import { giveBackRows } from '#inventory'
import { Broken } from '#kit/errors'
import { clearSketches, sketchIn } from '../catalogue/sketch.ts'
import { datasetBytes, countsAt, fieldHitBytes, samplesAt } from './load.ts'
import type { Loaded } from './load.ts'
import type { Bytes, DatasetResult, PlaceOptions, PlaceResult, RowSample } from './result.ts'
import { scanSpan } from './spanScan.ts'
import { levelsOf, markOfBits } from './table.ts'
import type { Table } from './table.ts'
import { forEachMark, startsMax, sumCoverage, sumFields } from './tally.ts'
import type { ColumnSet, DatasetTally, Marks, PlaceCoverage, PlaceTally } from './tally.ts'
import { barBitsOf, bitsOf, judge } from './verdict.ts'
import type { FieldHits, Verdict } from './verdict.ts'

/** Rows shown of one dataset in one place. */
export const samplesMax = 16

/** A tally; without `marked`, its marks are those that stand in the table now. */
export type Counted = Omit<PlaceTally, 'marked'> & { readonly marked?: Marks }

/** Scans the bytes to their end in the mode that is set, by all threads when they are many; the marks stay in the table until `clear`. */
export async function countPlace(loaded: Loaded, bytes: Bytes, options: PlaceOptions): Promise<Counted> {
  const { crew, machine } = loaded
  const alone = options.batchBytes !== undefined || (options.shape ?? 'rows') !== 'rows' // in text, rows go across lines
  const how = { delimiter: ',', ...options }
  if (!alone && typeof bytes === 'function' && options.span !== undefined && options.span.to - options.span.from >= loaded.smallBytesMax) {
    machine.begin(how)
    const told = (length: number): undefined => void options.read?.(length)
    const read = await (crew?.scanFile(options.span, told) ?? scanSpan(machine, options.span, loaded.pieceBytes, told))
    if (read !== undefined) return countedNow(loaded, read, options)
    clear(loaded)
  }
  if (crew === undefined || alone) return countAlone(loaded, typeof bytes === 'function' ? bytes() : bytes, options)
  const { parts, stream, ended } = await begin(typeof bytes === 'function' ? bytes() : bytes, loaded.smallBytesMax)
  if (ended) return countAlone(loaded, joined(parts), options)
  machine.begin(how)
  let read = await crew.scan(joined(parts, stream), how, typeof bytes === 'function' ? 'parity' : 'exact')
  if (read === undefined && typeof bytes === 'function') {
    clear(loaded)
    machine.begin(how)
    read = await crew.scan(bytes(), how, 'exact')
  }
  if (read === undefined) throw new Broken('trace/wrongly-cut', 'a place was cut inside a record')
  return countedNow(loaded, read, options)
}

/** The same in this thread only. */
export async function countAlone(loaded: Loaded, bytes: AsyncIterable<Uint8Array>, options: PlaceOptions): Promise<Counted> {
  return countedNow(loaded, await loaded.machine.scan(bytes, { delimiter: ',', ...options }), options)
}

/** What the counters hold after `read` bytes. */
export function countedNow(loaded: Loaded, read: number, { idFields }: PlaceOptions): Counted {
  const { machine, name } = loaded
  const endedInsideRecord = machine.lanes.some((_, lane) => machine.count('endedInside', lane) > 0)
  const looks = machine.lanes.reduce((sum, _, lane) => sum + machine.count('probes', lane), 0)
  return { ...(loaded.sketches ? { sketch: sketchIn(machine) } : {}), segments: name, looks, coverage: coverageOf(loaded, read, idFields ?? 0), endedInsideRecord, datasets: datasetsOf(loaded) }
}

/** Reads the first bytes, to see whether there are many. */
export async function begin(bytes: AsyncIterable<Uint8Array>, smallBytesMax: number): Promise<{ parts: Uint8Array[]; stream: AsyncIterator<Uint8Array>; ended: boolean }> {
  const stream = bytes[Symbol.asyncIterator]()
  const parts: Uint8Array[] = []
  for (let read = 0; read < smallBytesMax; ) {
    const next = await stream.next()
    if (next.done === true) return { parts, stream, ended: true }
    parts.push(next.value)
    read += next.value.length
  }
  return { parts, stream, ended: false }
}

/** The stream from its first byte on, after `begin`; for whoever needs nothing of a piece any more when it asks for the next. */
export async function* joined(parts: readonly Uint8Array[], stream?: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for (const piece of parts) {
      yield piece
      giveBackRows(piece)
    }
    for (let next = await stream?.next(); next !== undefined && next.done !== true; next = await stream?.next()) {
      yield next.value
      giveBackRows(next.value)
    }
  } finally {
    await stream?.return?.() // also when it was stopped before its turn
  }
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
function fieldHits({ machine, headers, owners, fieldHitEntries }: Loaded, lane: number): Map<number, FieldHits[]> {
  const view = new DataView(machine.memory.buffer, machine.at('fieldHits', lane))
  const found = new Map<number, FieldHits[]>()
  for (let entry = 0; entry < fieldHitEntries; entry += 1) {
    const key = view.getUint32(entry * fieldHitBytes, true)
    if (key === 0) continue
    const { dataset, column, list: tokens } = owners[(key - 1) & 0xffff]!
    const { columns, links } = headers[dataset]!
    const form = tokens - columns.length - links.length
    const list = found.get(dataset) ?? []
    found.set(dataset, list)
    list.push({ field: (key - 1) >>> 16, column: column ?? 0, hits: view.getUint32(entry * fieldHitBytes + 4, true), ...(form < 0 ? {} : { form }) })
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

/** The same, with its marks, and whose they are where that was told along with them. They stay in the table until `clear`, or are gone from it already. */
export function countedIn(loaded: Loaded, counted: Counted): PlaceTally & { readonly ownersOfMarks?: Uint16Array } {
  const { table } = loaded
  if (table.takeMarks !== undefined && touchedIn(loaded) * slotsAMarkMax > table.slots) {
    const { slots, owners, marks } = table.takeMarks(touchedIn(loaded))
    loaded.marks.taken = true
    return { ...counted, marked: { slots, marks }, ownersOfMarks: owners }
  }
  const slots = touchedSlots(loaded).sort()
  const marks = new Uint8Array(slots.length)
  for (let at = 0; at < slots.length; at += 1) marks[at] = loaded.table.markOf(slots[at]!)
  return { ...counted, marked: { slots, marks } }
}

// Where more slots than one of so many have a mark, going through all in order is faster than sorting those.
const slotsAMarkMax = 100

const touchedIn = ({ machine }: Loaded): number => machine.lanes.reduce((sum, _, lane) => sum + machine.count('touchedCount', lane), 0)

/** The slots that this search marked, each once: from the journals while they suffice, else from all. */
function touchedSlots(loaded: Loaded): Uint32Array<ArrayBuffer> {
  const { machine, table } = loaded
  const counts = machine.lanes.map((_, lane) => machine.count('touchedCount', lane))
  const touched = new Uint32Array(counts.reduce((sum, count) => sum + count, 0))
  let end = 0
  if (journalled(loaded)) {
    for (const [lane, count] of counts.entries()) {
      touched.set(new Uint32Array(machine.memory.buffer, machine.at('touched', lane), count), end)
      end += count
    }
    return touched
  }
  table.forEachMark((slot) => { touched[end++] = slot })
  return touched
}

const journalled = ({ machine, touchedMax }: Loaded): boolean => machine.lanes.every((_, lane) => machine.count('touchedCount', lane) <= touchedMax)

/** Calls `visit` for each value that was seen, with its mark: as the tallies have them, or as they stand in the table. */
function forEachSeen(loaded: Loaded, parts: readonly Counted[], visit: (slot: number, mark: number) => void): void {
  const { table } = loaded
  if (parts.every((part) => part.marked !== undefined)) return forEachMark(parts.flatMap((part) => part.marked ?? []), table.slots, visit)
  if (journalled(loaded)) {
    for (const slot of touchedSlots(loaded)) visit(slot, table.markOf(slot))
    return
  }
  table.forEachMark(visit)
}

/** Forgets one search, at the cost of what it touched. */
export function clear(loaded: Loaded): void {
  const { machine, headers } = loaded
  const { memory } = machine
  if (loaded.sketches) clearSketches(machine)
  if (!loaded.marks.taken) clearMarks(loaded)
  loaded.marks.taken = false
  for (const [lane] of machine.lanes.entries()) {
    const hits = machine.at('fieldHits', lane)
    memory.fill(0, hits, hits + loaded.fieldHitEntries * fieldHitBytes)
    for (let dataset = 0; dataset < headers.length; dataset += 1) {
      const at = machine.at('datasetInfo', lane) + dataset * datasetBytes
      memory.fill(0, at, at + 4)
      memory.fill(0, at + countsAt, at + samplesAt) // a start counts only with its row
    }
  }
}

function clearMarks(loaded: Loaded): void {
  if (journalled(loaded)) for (const slot of touchedSlots(loaded)) loaded.table.clearMark(slot)
  else loaded.table.clearMarks()
}

/** What judging needs to know of a table. */
export type Judging = Pick<Loaded, 'headers' | 'owners' | 'asked'> & { readonly table: Pick<Table, 'ownerOf' | 'falseRate'> }

/** The results of one place from the tallies of its parts. */
export function judgeCounted(loaded: Loaded, parts: readonly Counted[]): PlaceResult {
  return judgeSeen(loaded, parts, (visit) => forEachSeen(loaded, parts, visit))
}

/** The same, where `forEach` calls its visitor once for each value seen, with its mark. */
export function judgeSeen(loaded: Judging, parts: readonly Counted[], forEach: ForEachSeen): PlaceResult {
  const coverage = sumCoverage(parts.map((part) => part.coverage))
  const chances = coverage.rows + coverage.inner // every value cut out of text may hit by chance, as every row may
  const seen = loaded.headers.map((_, dataset) => mergedOf(loaded, parts, dataset))
  const marks = countMarks({ loaded, forEach, barBits: loaded.headers.map((header, dataset) => barBitsOf(header, { ...seen[dataset]!, rows: chances })) })
  const looks = parts.reduce((sum, part) => sum + part.looks, 0)
  const falseHits = (dataset: number): number[] => loaded.owners.flatMap((owner, number) => (owner.dataset === dataset && owner.column !== undefined ? [looks * loaded.table.falseRate(number)] : []))
  const results: DatasetResult[] = []
  for (const [dataset, header] of loaded.headers.entries()) {
    const { fields, linked, single, datasets } = seen[dataset]!
    if (fields.length + linked.size + single.size === 0) continue
    const verdict = judge(header, { rows: chances, datasets, fields, linked, single, distinct: marks[dataset]!, falseHits: falseHits(dataset) })
    const named = fields.map(({ field, column, form, hits }) => ({ field, hits, column: header.columns[column]!.name, form: form === undefined ? null : header.forms[form]?.form ?? null }))
    results.push({ dataset: header.dataset, ...verdict, fields: named, samples: samplesOf(loaded, parts, { dataset, verdict }) })
  }
  results.sort((a, b) => b.rows - a.rows || (a.dataset < b.dataset ? -1 : 1))
  return { coverage, datasets: results }
}

/** `times`: so many values of one owner have this mark; one when left out. */
type ForEachSeen = (visit: (slot: number, mark: number, times?: number) => void) => void

interface Merged {
  readonly datasets: number
  readonly fields: readonly FieldHits[]
  readonly linked: ReadonlyMap<number, number>
  readonly single: ReadonlyMap<number, number>
}

function mergedOf(loaded: Judging, parts: readonly Counted[], dataset: number): Merged {
  const mine = parts.flatMap((part) => part.datasets.filter((one) => one.dataset === dataset))
  const rowsBy = (linked: boolean): Map<number, number> => {
    const sums = new Map<number, number>()
    for (const set of mine.flatMap((one) => one.sets)) if (set.linked === linked) sums.set(set.mask, set.rows + (sums.get(set.mask) ?? 0))
    return sums
  }
  return { datasets: loaded.asked, fields: sumFields(mine.map((one) => one.fields)), linked: rowsBy(true), single: rowsBy(false) }
}

function samplesOf(loaded: Judging, parts: readonly Counted[], { dataset, verdict }: { readonly dataset: number; readonly verdict: Verdict }): RowSample[] {
  const header = loaded.headers[dataset]!
  const counts = (set: ColumnSet): boolean => (set.mask & verdict.singles) !== 0 || (set.linked && bitsOf(header, set.mask) >= verdict.barBits)
  const samples = parts.flatMap(({ datasets }, part) => datasets.filter((one) => one.dataset === dataset).flatMap((one) => one.sets.filter(counts))
    .flatMap((set) => set.starts.map((offset): RowSample => ({ part, offset, columns: header.columns.filter((_, column) => (set.mask >> column) & 1).map(({ name }) => name) }))))
  return samples.sort((a, b) => a.part - b.part || a.offset - b.offset).slice(0, samplesMax)
}

/** Different values by dataset and column: in rows of nobody else, and linked at the bar of their dataset. */
function countMarks({ loaded, forEach, barBits }: { readonly loaded: Judging; readonly forEach: ForEachSeen; readonly barBits: readonly number[] }): { hit: number; linked: number }[][] {
  const { headers, owners, table } = loaded
  const bars = headers.map((header, dataset) => markOfBits(levelsOf(header), barBits[dataset]!))
  const hit = new Float64Array(owners.length)
  const linked = new Float64Array(owners.length)
  const barOf = Uint16Array.from(owners, ({ dataset }) => bars[dataset]!)
  forEach((slot, mark, times = 1) => {
    const own = table.ownerOf(slot)
    hit[own]! += times
    if (mark >= barOf[own]!) linked[own]! += times
  })
  const marks: { hit: number; linked: number }[][] = headers.map(() => [])
  for (const [number, { dataset, column }] of owners.entries()) {
    if (column === undefined) continue
    // Digests of people whose addresses stand there too are the same people: the fullest spelling counts.
    const of = marks[dataset]![column] ?? { hit: 0, linked: 0 }
    marks[dataset]![column] = { hit: Math.max(of.hit, hit[number]!), linked: Math.max(of.linked, linked[number]!) }
  }
  return marks
}
