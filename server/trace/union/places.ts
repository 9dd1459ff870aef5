/**
 * How tallies of a screening search name values: by where they stand among all values of all segments. Such a name is the same in every place and in every process that
 * searches for the same segments, whatever table counted it. Pure.
 */
import { createHash } from 'node:crypto'
import { Broken } from '#kit/errors'
import type { SegmentHeader } from '../fingerprint/index.ts'
import { judgeSeen } from '../search/count.ts'
import type { PlaceResult } from '../search/index.ts'
import type { Owner } from '../search/table.ts'
import { forEachMark, startsMax, sumCoverage, sumFields, type ColumnSet, type DatasetTally, type Marks, type PlaceTally } from '../search/tally.ts'
import { valueLists } from './source.ts'

/** Values that tallies can name: their names are 32-bit numbers. */
export const namedValuesMax = 2 ** 32 - 1

/** Where the values of each dataset's lists begin (`valueLists`), and how many there are. */
export interface Naming { readonly bases: readonly (readonly number[])[]; readonly values: number }

export function namingOf(headers: readonly SegmentHeader[]): Naming {
  let values = 0
  const bases = headers.map((header) => valueLists(header).map(({ length }) => {
    const base = values
    values += length
    return base
  }))
  return { bases, values }
}

/** Names the segments that a tally was made with. */
export const nameOf = (headers: readonly SegmentHeader[]): string => createHash('sha256').update(`bailee screened tally 1\n${JSON.stringify(headers)}`).digest('hex').slice(0, 32)

/** What was counted of one place, or of some of its rows. */
export interface Fragment { readonly datasets: readonly DatasetTally[]; readonly marked: Marks; readonly lost: number }

/** Fragments of one place together. */
export function joinFragments(fragments: readonly Fragment[], values: number): Fragment {
  if (fragments.length === 1) return fragments[0]!
  const byDataset = Map.groupBy(fragments.flatMap(({ datasets }) => datasets), ({ dataset }) => dataset)
  const datasets = [...byDataset].sort(([a], [b]) => a - b).map(([dataset, own]): DatasetTally => ({ dataset, sets: joinSets(own.flatMap(({ sets }) => sets)), fields: sumFields(own.map(({ fields }) => fields)) }))
  const slots = new Uint32Array(fragments.reduce((sum, { marked }) => sum + marked.slots.length, 0))
  const marks = new Uint8Array(slots.length)
  let end = 0
  forEachMark(fragments.map(({ marked }) => marked), values, (slot, mark) => {
    slots[end] = slot
    marks[end++] = mark
  })
  return { datasets, marked: { slots: slots.slice(0, end), marks: marks.slice(0, end) }, lost: fragments.reduce((sum, { lost }) => sum + lost, 0) }
}

function joinSets(sets: readonly ColumnSet[]): ColumnSet[] {
  return [...Map.groupBy(sets, ({ mask, linked }) => (linked ? mask : mask + 256)).values()].map((own): ColumnSet => ({
    mask: own[0]!.mask, linked: own[0]!.linked, rows: own.reduce((sum, { rows }) => sum + rows, 0), starts: own.flatMap(({ starts }) => starts).sort((a, b) => a - b).slice(0, startsMax),
  }))
}

/**
 * Judges a place by tallies that name values so; every dataset as one among all of them. Throws `Broken` `trace/other-tally` for tallies of other segments, or none.
 */
export function createNamedJudge(headers: readonly SegmentHeader[]): (tallies: readonly PlaceTally[]) => PlaceResult {
  const { bases, values } = namingOf(headers)
  const name = nameOf(headers)
  return (tallies) => {
    if (tallies.length === 0 || tallies.some(({ segments }) => segments !== name)) throw new Broken('trace/other-tally', 'a tally was made with other fingerprints, or there is none')
    const present = [...new Set(tallies.flatMap(({ datasets }) => datasets.map(({ dataset }) => dataset)))].sort((a, b) => a - b)
    if (present.length === 0) return { coverage: sumCoverage(tallies.map(({ coverage }) => coverage)), datasets: [] }
    const numbers = new Map(present.map((dataset, number) => [dataset, number]))
    const owners = present.flatMap((dataset, number): (Owner & { base: number })[] => valueLists(headers[dataset]!).map(({ column, length }, list) => ({ dataset: number, column, list, tokens: length, base: bases[dataset]![list]! })))
    const renumbered = tallies.map((tally) => ({ ...tally, datasets: tally.datasets.map((one) => ({ ...one, dataset: numbers.get(one.dataset)! })) }))
    const table = { ownerOf: (slot: number) => ownerAt(owners, slot), falseRate: () => 0 }
    return judgeSeen({ headers: present.map((dataset) => headers[dataset]!), owners, asked: headers.length, table }, renumbered, (visit) => forEachMark(tallies.map(({ marked }) => marked), values, visit))
  }
}

/** The owner whose values a name is among; owners ascend by where theirs begin. */
function ownerAt(owners: readonly { readonly base: number }[], slot: number): number {
  let [low, high] = [0, owners.length]
  while (low + 1 < high) {
    const middle = (low + high) >>> 1
    if (owners[middle]!.base <= slot) low = middle
    else high = middle
  }
  return low
}
