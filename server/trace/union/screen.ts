/** The screening pass over a place: rows with a value that some dataset may hold, with the tokens of all their values, and where they start. */
import { availableParallelism } from 'node:os'
import { Broken, Misuse } from '#kit/errors'
import { addComponents, combinationKinds, componentBits, epochOf } from '../fingerprint/index.ts'
import type { SegmentHeader } from '../fingerprint/index.ts'
import { shapesBytes } from '../fingerprint/layout.ts'
import { beginSketches, clearSketches, sketchIn, sketchRegions, type Sketch } from '../catalogue/sketch.ts'
import { createMachine, modes } from '../scanner/machine.ts'
import type { Count, Machine } from '../scanner/machine.ts'
import { normVersion } from '../scanner/normal.ts'
import { begin, joined } from '../search/count.ts'
import { createCrew, lanesOf, pieceBytes, spareBytesOf } from '../search/crew.ts'
import type { Crew } from '../search/crew.ts'
import type { Bytes, PlaceOptions } from '../search/result.ts'
import { sumCoverage } from '../search/tally.ts'
import type { PlaceCoverage } from '../search/tally.ts'
import { fillFilter } from './fill.ts'
import { filterRegions, shapeFor } from './filter.ts'
import type { Hands } from './hands.ts'
import { entryWords, type Block } from './rows.ts'
import { screenedTokens } from './source.ts'
import { tokensAtOnce } from './tasks.ts'
import type { SegmentSource } from './source.ts'

/** What takes what is kept of one place: rows with a token that passed, whole, in blocks (`rows.ts`). */
export interface Keeper {
  readonly keep: (block: Block) => void
  /** What was kept so far means nothing: the place is read again. */
  readonly forget: () => void
  /** So much is kept that more has to wait: a stream is held back, and a file that threads read themselves is read as a stream. */
  readonly isFull: () => boolean
}

/** What was seen of one place. */
export interface Screened {
  readonly coverage: PlaceCoverage
  readonly looks: number
  /** It ended inside quotes. */
  readonly endedInsideRecord: boolean
  /** A sample of all values, where the screen leaves some. */
  readonly sketch?: Sketch
}

export interface ScreenOptions {
  /** Threads that build the filter and screen places; the cores of the machine when left out. */
  readonly threads?: number
  /** Leaves a sample of all values of each place. */
  readonly sketch?: boolean
  /** Bytes given to a thread at a time; smaller only in tests. */
  readonly pieceBytes?: number
}

export interface Screen {
  readonly memoryBytes: number
  /** Reads a place to its end; one at a time. */
  readonly screen: (bytes: Bytes, options: PlaceOptions, keeper: Keeper) => Promise<Screened>
  /** Ends its threads. */
  readonly close: () => Promise<void>
}

// Entries that the scanner hands over at once; while the filter is filled, tokens stand in their place.
const outEntries = 65_536

/** What a screen is made with: the key of the tokens, and who opens the segments. */
export interface ScreenWith { readonly epochKey: Uint8Array; readonly hands: Pick<Hands, 'fill' | 'threads'> }

/**
 * Opens every segment, and puts its tokens into a filter that lives in this process's memory alone. Throws `Misuse` without segments,
 * `Broken` when one was built under another epoch key or normal form, or when they do not fit.
 */
export async function createScreen(sources: readonly SegmentSource[], { epochKey, hands }: ScreenWith, options: ScreenOptions = {}): Promise<Screen> {
  if (sources.length === 0) throw new Misuse('a search needs the fingerprints of at least one dataset')
  const epoch = epochOf(epochKey)
  for (const { header } of sources) {
    if (header.epoch !== epoch) throw new Broken('trace/other-epoch', `the fingerprints of ${header.dataset} belong to another epoch key`)
    if (header.norm !== normVersion) throw new Broken('trace/other-norm', `the fingerprints of ${header.dataset} belong to another normal form`)
  }
  const tokens = sources.reduce((sum, { header }) => sum + screenedTokens(header), 0)
  const shape = shapeFor(tokens)
  const regions = filterRegions(shape)
  const onDrain = { call: (): void => undefined }
  const threads = options.threads ?? availableParallelism()
  const piece = options.pieceBytes ?? pieceBytes
  const several = threads > 1 ? { lanes: lanesOf(threads), spareBytes: spareBytesOf(threads, piece) } : {}
  const kinds = combinationKinds(sources.map(({ header }) => header))
  const machine = createMachine({ key: epochKey, filter: shape, regions: { ...(kinds === 0 ? {} : { componentBits: 2 ** componentBits / 8 }), keys: regions.shared, touched: regions.own, out: Math.max(outEntries * entryWords * 4, tokensAtOnce * 8), ...(options.sketch === true ? sketchRegions : {}) }, drain: () => onDrain.call(), ...several })
  machine.set('mode', modes.screen)
  machine.set('outRows', outEntries)
  machine.set('combinations', kinds)
  if (options.sketch === true) beginSketches(machine)
  for (const { header } of sources) addShapes(machine, header)
  const place = { shape, tokens, memory: machine.shared, at: { shared: machine.at('keys'), own: machine.at('touched') } }
  const kept = { keep: (_: Block): void => undefined }
  const crew = threads > 1 ? createCrew(machine, threads, piece, ({ screened }) => { for (const block of screened) kept.keep(block) }) : undefined
  crew?.start() // what the threads have to load, they load while the filter is filled
  try {
    await fillFilter(place, sources, { hands, rooms: machine.lanes.map((_, lane) => machine.at('out', lane)) })
  } catch (cause) {
    await crew?.close()
    throw cause
  }
  onDrain.call = () => {
    const words = machine.count('outCount') * entryWords
    if (words > 0) kept.keep(new Uint32Array(new Uint32Array(machine.memory.buffer, machine.at('out'), words)))
  }
  const screening = { machine, crew, kept, handOver: onDrain, smallBytesMax: piece / 2, sketches: options.sketch === true }
  return { memoryBytes: machine.memory.length, screen: (bytes, how, keeper) => screenPlace(screening, bytes, how, keeper), close: async () => { await crew?.close() } }
}

function addShapes(machine: Machine, header: SegmentHeader): void {
  const shapes = Buffer.from(header.shapes, 'base64')
  for (let shape = 0; shape < shapesBytes; shape += 1) if ((shapes[shape >> 3]! >> (shape & 7)) & 1) machine.memory[machine.at('shapes') + shape]! |= 1
  addComponents(header, machine.memory.subarray(machine.at('shapes'), machine.at('shapes') + shapesBytes), machine.memory.subarray(machine.at('componentBits'), machine.at('componentBits') + 2 ** componentBits / 8))
}

interface Screening {
  readonly machine: Machine
  readonly crew: Crew | undefined
  /** Takes what is kept of the place that is being read. */
  readonly kept: { keep: (block: Block) => void }
  /** Hands over what lies in lane 0. */
  readonly handOver: { readonly call: () => void }
  readonly smallBytesMax: number
  readonly sketches: boolean
}

async function screenPlace(screening: Screening, bytes: Bytes, options: PlaceOptions, { keep, forget, isFull }: Keeper): Promise<Screened> {
  const { machine, kept, sketches } = screening
  kept.keep = keep
  const startAgain = (): void => {
    forget()
    if (sketches) clearSketches(machine)
  }
  try {
    const read = await scan(screening, bytes, options, { forget: startAgain, isFull })
    screening.handOver.call()
    const parts = machine.lanes.map((_, lane) => coverageOf(machine, lane, options.idFields ?? 0))
    const sum = (which: Count): number => machine.lanes.reduce((all, _, lane) => all + machine.count(which, lane), 0)
    return { coverage: { ...sumCoverage(parts), bytes: read }, looks: sum('probes'), endedInsideRecord: sum('endedInside') > 0, ...(sketches ? { sketch: sketchIn(machine) } : {}) }
  } finally {
    kept.keep = () => undefined
    if (sketches) clearSketches(machine)
  }
}

/** By all threads when there are many bytes, as the exact search reads them (`search/count.ts`). */
async function scan({ machine, crew, smallBytesMax }: Screening, bytes: Bytes, options: PlaceOptions, { forget, isFull }: Omit<Keeper, 'keep'>): Promise<number> {
  machine.set('mode', modes.screen)
  const how = { delimiter: ',', ...options }
  if (crew === undefined || options.batchBytes !== undefined || (options.shape ?? 'rows') !== 'rows') return machine.scan(typeof bytes === 'function' ? bytes() : bytes, how)
  const { span } = options
  if (typeof bytes === 'function' && span !== undefined && span.to - span.from >= smallBytesMax) {
    machine.begin(how)
    const read = await crew.scanFile(span, (length) => {
      options.read?.(length)
      return !isFull()
    })
    if (read !== undefined) return read
    forget()
    machine.set('mode', modes.screen)
  }
  const { parts, stream, ended } = await begin(typeof bytes === 'function' ? bytes() : bytes, smallBytesMax)
  if (ended) return machine.scan(joined(parts), how)
  machine.begin(how)
  let read = await crew.scan(joined(parts, stream), how, typeof bytes === 'function' ? 'parity' : 'exact')
  if (read === undefined && typeof bytes === 'function') {
    forget()
    machine.set('mode', modes.screen)
    machine.begin(how)
    read = await crew.scan(bytes(), how, 'exact')
  }
  if (read === undefined) throw new Broken('trace/wrongly-cut', 'a place was cut inside a record')
  return read
}

function coverageOf(machine: Machine, lane: number, idFields: number): PlaceCoverage {
  const count = (which: Count): number => machine.count(which, lane)
  return {
    rows: count('rows'), values: count('values'), inner: count('inner'), bytes: 0, fields: Math.max(0, count('fieldsMax') - idFields),
    tooLong: count('tooLong'), brokenQuotes: count('brokenQuotes'), lost: 0,
  }
}
