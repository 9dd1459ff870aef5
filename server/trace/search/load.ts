/** Many datasets' fingerprints in one table: one pass over a place asks about all of them. */
import { Broken, Misuse } from '#kit/errors'
import { addComponents, combinationKinds, componentBits, epochOf } from '../fingerprint/index.ts'
import type { SegmentHeader } from '../fingerprint/index.ts'
import { shapesBytes } from '../fingerprint/layout.ts'
import { createMachine } from '../scanner/machine.ts'
import type { Machine, Setting } from '../scanner/machine.ts'
import { normVersion } from '../scanner/normal.ts'
import { beginSketches, sketchRegions } from '../catalogue/sketch.ts'
import { createCrew, lanesOf, spareBytesOf } from './crew.ts'
import type { Crew } from './crew.ts'
import { fillTable, levelsOf, markOfBits, ownersOf, planTable, regionsOf, tableOf } from './table.ts'
import type { Layout, Owner, TokenSource, Table } from './table.ts'
import { startsMax } from './tally.ts'
import { bitsOf } from './verdict.ts'

export interface Loading {
  readonly threads: number
  /** Bytes given to a thread at a time. */
  readonly pieceBytes: number
  readonly layout?: Layout | undefined
  /** Leaves a sample of all values of each place. */
  readonly sketch?: boolean | undefined
  /** Datasets asked about in all, when others are searched for in other tables. */
  readonly datasets?: number | undefined
  /** Lists without tokens have no owner: of a thousand datasets few are asked about in a table of what one place hits. Such a table counts, and judges nothing. */
  readonly sparse?: boolean | undefined
  /** Pairs of field and owner that one place may hit; a power of two. */
  readonly fieldHitEntries?: number | undefined
}

export interface Loaded {
  readonly machine: Machine
  /** Threads that scan large places, when there are several. */
  readonly crew: Crew | undefined
  /** Bytes given to a thread at a time. */
  readonly pieceBytes: number
  /** A place smaller than this is scanned here alone. */
  readonly smallBytesMax: number
  readonly headers: readonly SegmentHeader[]
  readonly owners: readonly Owner[]
  readonly table: Table
  /** Names these segments in this table. */
  readonly name: string
  /** Datasets asked about at once, those of other tables included. */
  readonly asked: number
  /** Slots that one lane's journal of a search can name; with more, all slots are looked through. */
  readonly touchedMax: number
  /** Each place leaves a sample of all its values. */
  readonly sketches: boolean
  readonly fieldHitEntries: number
  /** Whether the marks of the search that runs are gone from the table already. */
  readonly marks: { taken: boolean }
  /** Gives the tests and the locating search the rows the scanner lists. */
  readonly onDrain: { call: () => void }
}

// Numbers of assembly/row.ts and assembly/table.ts.
const partnersAt = 40
export const countsAt = 48
export const samplesAt = 2096
const levelsAt = samplesAt + 512 * startsMax * 8
export const datasetBytes = levelsAt + 256
export const locatedRowsMax = 65_536
export const locatedRowBytes = 32
const fieldHitEntriesDefault = 16_384
export const fieldHitBytes = 8
const ownerWeak = 1
const ownerLink = 2
const ownerCloses = 4

// Filling a table with more takes longer than starting threads, which is done meanwhile.
const startTokens = 500_000

// Slots that the journal of one lane can name. Beyond a sixteenth of the table, looking through all in order is faster than jumping to each.
const journalMax = 4_194_304

/**
 * Puts the segments into one scanner. Throws `Misuse` without segments, `Broken` when one was built under another epoch key or normal
 * form (it would never match, and look clean), or when they do not fit into memory.
 */
export async function loadSegments(sources: readonly TokenSource[], epochKey: Uint8Array, { threads, pieceBytes, layout, sketch = false, datasets, sparse = false, fieldHitEntries = fieldHitEntriesDefault }: Loading): Promise<Loaded> {
  if (sources.length === 0) throw new Misuse('a search needs the fingerprints of at least one dataset')
  const epoch = epochOf(epochKey)
  const headers = sources.map(({ header }) => header)
  for (const header of headers) {
    if (header.epoch !== epoch) throw new Broken('trace/other-epoch', `the fingerprints of ${header.dataset} belong to another epoch key`)
    if (header.norm !== normVersion) throw new Broken('trace/other-norm', `the fingerprints of ${header.dataset} belong to another normal form`)
  }
  const owners = ownersOf(sources).filter(({ tokens }) => !sparse || tokens > 0)
  const plan = planTable(headers, owners, layout)
  const touchedMax = Math.min(Math.ceil(plan.slots / 16), journalMax)
  const onDrain = { call: (): void => undefined }
  const lanes = threads > 1 ? lanesOf(threads) : 1
  const regions: Partial<Record<Setting, number>> = {
    ...regionsOf(plan), ...(combinationKinds(headers) === 0 ? {} : { componentBits: 2 ** componentBits / 8 }), ownerInfo: owners.length * 8, datasetInfo: headers.length * datasetBytes,
    fieldHits: fieldHitEntries * fieldHitBytes, touched: touchedMax * 4, out: locatedRowsMax * locatedRowBytes, ...(sketch ? sketchRegions : {}),
  }
  const machine = createMachine({ key: epochKey, regions, drain: () => onDrain.call(), lanes, spareBytes: spareBytesOf(threads, pieceBytes) })
  const settings: Partial<Record<Setting, number>> = { fieldHitsMask: fieldHitEntries - 1, touchedMax, outRows: locatedRowsMax, combinations: combinationKinds(headers) }
  for (const [name, value] of Object.entries(settings)) machine.set(name as Setting, value)
  if (sketch) beginSketches(machine)
  writeOwners(machine, headers, owners)
  const crew = threads > 1 ? createCrew(machine, threads, pieceBytes) : undefined
  if (owners.reduce((sum, { tokens }) => sum + tokens, 0) > startTokens) crew?.start()
  const name = await fillTable(machine, plan, owners, sources).catch(async (cause: unknown) => {
    await crew?.close()
    throw cause
  })
  return { machine, crew, pieceBytes, smallBytesMax: pieceBytes / 2, headers, owners, table: tableOf(machine, plan, { owners, outBytes: locatedRowsMax * locatedRowBytes }), name, asked: datasets ?? headers.length, touchedMax, sketches: sketch, fieldHitEntries, marks: { taken: false }, onDrain }
}

/** Whether another value of this column begins another record of a text: one that names people, or else the strongest there is. */
function partsRows({ columns: all }: SegmentHeader, column: number): boolean {
  const columns = all.filter(({ kind }) => kind !== 'combination') // which are not looked for in text, and stand last
  if (column >= columns.length) return false
  if (columns.some(({ alone }) => alone)) return columns[column]!.alone
  return columns[column]!.bits >= Math.max(...columns.map(({ bits }) => bits))
}

function writeOwners(machine: Machine, headers: readonly SegmentHeader[], owners: readonly Owner[]): void {
  const view = new DataView(machine.memory.buffer)
  for (const [number, { dataset, column }] of owners.entries()) {
    const at = machine.at('ownerInfo') + number * 8
    view.setUint16(at, dataset, true)
    view.setUint8(at + 2, column ?? 0)
    const header = headers[dataset]!
    const flags = column === undefined ? ownerLink : (header.columns[column]?.weak === true ? ownerWeak : 0) | (partsRows(header, column) ? ownerCloses : 0)
    view.setUint8(at + 3, flags)
  }
  for (const [dataset, header] of headers.entries()) {
    const levels = levelsOf(header)
    for (const [lane] of machine.lanes.entries()) {
      const at = machine.at('datasetInfo', lane) + dataset * datasetBytes
      for (const [column, { bits }] of header.columns.entries()) view.setFloat32(at + 8 + column * 4, bits, true)
      for (const { a, b } of header.links) {
        view.setUint8(at + partnersAt + a, view.getUint8(at + partnersAt + a) | (1 << b))
        view.setUint8(at + partnersAt + b, view.getUint8(at + partnersAt + b) | (1 << a))
      }
      for (let mask = 0; mask < 256; mask += 1) view.setUint8(at + levelsAt + mask, Math.min(255, markOfBits(levels, bitsOf(header, mask))))
    }
    const shapes = Buffer.from(header.shapes, 'base64')
    for (let shape = 0; shape < shapesBytes; shape += 1) {
      if ((shapes[shape >> 3]! >> (shape & 7)) & 1) machine.memory[machine.at('shapes') + shape]! |= 1
    }
    addComponents(header, machine.memory.subarray(machine.at('shapes'), machine.at('shapes') + shapesBytes), machine.memory.subarray(machine.at('componentBits'), machine.at('componentBits') + 2 ** componentBits / 8))
  }
}
