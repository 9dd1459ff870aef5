/** Many datasets' fingerprints in one table: one pass over a place asks about all of them. */
import { Broken, Misuse } from '#kit/errors'
import { epochOf } from '../fingerprint/index.ts'
import type { Segment, SegmentHeader } from '../fingerprint/index.ts'
import { shapesBytes } from '../fingerprint/layout.ts'
import { createMachine } from '../scanner/machine.ts'
import type { Machine, Setting } from '../scanner/machine.ts'
import { normVersion } from '../scanner/normal.ts'
import { nameSegments, startsMax } from './tally.ts'

/** A column, or a link of two, of one dataset: what a slot of the table belongs to. */
export interface Owner {
  readonly dataset: number
  /** Position in the dataset's columns; undefined for a link. */
  readonly column: number | undefined
}

export interface Loaded {
  readonly machine: Machine
  readonly headers: readonly SegmentHeader[]
  readonly owners: readonly Owner[]
  readonly slots: number
  /** Names these segments in this table. */
  readonly name: string
  /** Slots that one lane's journal of a search can name; with more, all slots are looked through. */
  readonly touchedMax: number
  /** Gives the tests and the locating search the rows the scanner lists. */
  readonly onDrain: { call: () => void }
}

// Numbers of assembly/row.ts and assembly/table.ts.
export const countsAt = 48
export const samplesAt = 2096
export const datasetBytes = samplesAt + 512 * startsMax * 8
export const locatedRowsMax = 65_536
export const locatedRowBytes = 32
export const fieldHitEntries = 16_384
export const fieldHitBytes = 8
const ownerWeak = 1
const ownerLink = 2
const ownerCloses = 4

// Slots that the journal of one lane can name. Beyond a sixteenth of the table, looking through all in order is faster than jumping to each.
const journalMax = 4_194_304

// Owners are 16-bit numbers in the table, zero meaning none.
const ownersMax = 65_535

// Above it, runs of full slots grow long.
const loadMax = 0.7

// WebAssembly addresses 4 GiB; what is left serves the window and the counters.
const tableBytesMax = 3.9 * 1024 ** 3
/** Of a slot: five of the token, two of its owner (plus one), one of its mark. */
export const slotBytes = 8
export const ownerAt = 5
export const markAt = 7

/**
 * Puts the segments into one scanner. Throws `Misuse` without segments, `Broken` when one was built under another epoch key or normal
 * form (it would never match, and look clean), or when they do not fit into memory.
 */
export function loadSegments(segments: readonly Segment[], epochKey: Uint8Array): Loaded {
  if (segments.length === 0) throw new Misuse('a search needs the fingerprints of at least one dataset')
  const epoch = epochOf(epochKey)
  for (const { header } of segments) {
    if (header.epoch !== epoch) throw new Broken('trace/other-epoch', `the fingerprints of ${header.dataset} belong to another epoch key`)
    if (header.norm !== normVersion) throw new Broken('trace/other-norm', `the fingerprints of ${header.dataset} belong to another normal form`)
  }
  const owners = ownersOf(segments)
  const tokens = segments.reduce((sum, { columns, links }) => sum + [...columns, ...links].reduce((total, list) => total + list.length, 0), 0)
  const slotBits = Math.max(10, Math.ceil(Math.log2(tokens / loadMax)))
  const slots = 2 ** slotBits
  if (slots * (slotBytes + 1) > tableBytesMax || owners.length > ownersMax) throw new Broken('trace/too-many-fingerprints', `${tokens} tokens of ${owners.length} columns do not fit into one search`)
  const touchedMax = Math.min(slots / 16, journalMax)
  const onDrain = { call: (): void => undefined }
  const machine = createMachine({ key: epochKey, regions: regionsOf(slots, owners.length, segments.length), drain: () => onDrain.call() })
  const settings: Partial<Record<Setting, number>> = { slotBits, fieldHitsMask: fieldHitEntries - 1, touchedMax, outRows: locatedRowsMax }
  for (const [name, value] of Object.entries(settings)) machine.set(name as Setting, value)
  writeOwners(machine, segments, owners)
  let owner = 0
  for (const { columns, links } of segments) for (const list of [...columns, ...links]) machine.insert(list, owner++)
  return { machine, headers: segments.map(({ header }) => header), owners, slots, name: nameSegments(segments), touchedMax, onDrain }
}

function regionsOf(slots: number, owners: number, datasets: number): Partial<Record<Setting, number>> {
  return {
    keys: slots * slotBytes, ownerInfo: owners * 8, datasetInfo: datasets * datasetBytes,
    fieldHits: fieldHitEntries * fieldHitBytes, touched: Math.min(slots / 16, journalMax) * 4, out: locatedRowsMax * locatedRowBytes,
  }
}

function ownersOf(segments: readonly Segment[]): Owner[] {
  return segments.flatMap(({ header }, dataset) => [
    ...header.columns.map((_, column) => ({ dataset, column })),
    ...header.links.map(() => ({ dataset, column: undefined })),
  ])
}

/** Whether another value of this column begins another record of a text: one that names people, or else the strongest there is. */
function partsRows({ columns }: SegmentHeader, column: number): boolean {
  if (columns.some(({ alone }) => alone)) return columns[column]!.alone
  return columns[column]!.bits >= Math.max(...columns.map(({ bits }) => bits))
}

function writeOwners(machine: Machine, segments: readonly Segment[], owners: readonly Owner[]): void {
  const view = new DataView(machine.memory.buffer)
  for (const [number, { dataset, column }] of owners.entries()) {
    const at = machine.at('ownerInfo') + number * 8
    view.setUint16(at, dataset, true)
    view.setUint8(at + 2, column ?? 0)
    const { header } = segments[dataset]!
    const flags = column === undefined ? ownerLink : (header.columns[column]?.weak === true ? ownerWeak : 0) | (partsRows(header, column) ? ownerCloses : 0)
    view.setUint8(at + 3, flags)
  }
  for (const [dataset, { header }] of segments.entries()) {
    const at = machine.at('datasetInfo') + dataset * datasetBytes
    for (const [column, { bits }] of header.columns.entries()) view.setFloat32(at + 8 + column * 4, bits, true)
    const shapes = Buffer.from(header.shapes, 'base64')
    for (let shape = 0; shape < shapesBytes; shape += 1) {
      if ((shapes[shape >> 3]! >> (shape & 7)) & 1) machine.memory[machine.at('shapes') + shape] = 1
    }
  }
}
