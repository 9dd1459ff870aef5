/** The screening pass over a place: rows with a value that some dataset may hold, with the tokens of all their values. */
import { availableParallelism } from 'node:os'
import { Broken, Misuse } from '#kit/errors'
import { addComponents, combinationKinds, componentBits, epochOf } from '../fingerprint/index.ts'
import type { SegmentHeader } from '../fingerprint/index.ts'
import { shapesBytes } from '../fingerprint/layout.ts'
import { addPart, distinct, emptyList } from '../fingerprint/tokens.ts'
import { createMachine, modes } from '../scanner/machine.ts'
import type { Machine } from '../scanner/machine.ts'
import { normVersion } from '../scanner/normal.ts'
import { begin, joined } from '../search/count.ts'
import { createCrew, lanesOf, pieceBytes, spareBytesOf } from '../search/crew.ts'
import type { Crew } from '../search/crew.ts'
import type { Bytes, PlaceOptions } from '../search/result.ts'
import { sumCoverage } from '../search/tally.ts'
import type { PlaceCoverage } from '../search/tally.ts'
import { fillFilter } from './fill.ts'
import type { Filled } from './fill.ts'
import { filterRegions, shapeFor } from './filter.ts'
import { screenedTokens } from './source.ts'
import type { SegmentSource } from './source.ts'

/** Words of 32 bits of a logged token: its halves (low first), field and whether it passed (from bit 16), number of its row. */
export const logWords = 4

/** What one place holds that some dataset may know. */
export interface Screened {
  readonly coverage: PlaceCoverage
  /** Rows with a token that passed, whole, four words a token; undefined when there were more than `logBytesMax` holds. */
  readonly log: Uint32Array | undefined
  /** Different tokens that passed, ascending; undefined when there were more than `passedTokensMax`. */
  readonly passed: BigUint64Array | undefined
}

export interface ScreenOptions {
  /** Threads that build the filter and screen places; the cores of the machine when left out. */
  readonly threads?: number
  /** Bytes of tokens held while the filter is built. */
  readonly tokenBytes?: number
  /** Bytes of rows kept of one place; smaller only in tests. */
  readonly logBytesMax?: number
  /** Bytes given to a thread at a time; smaller only in tests. */
  readonly pieceBytes?: number
}

export interface Screen {
  readonly filled: Filled
  readonly memoryBytes: number
  /** Reads a place to its end. */
  readonly screen: (bytes: Bytes, options: PlaceOptions) => Promise<Screened>
  /** Ends its threads. */
  readonly close: () => Promise<void>
}

/** Rows kept of one place: a gigabyte of ordinary rows of which every fifth holds a known value. */
const logBytesDefault = 256 * 1024 * 1024

/** Passing tokens kept of one place when its rows are too many. */
const passedTokensMax = 16 * 1024 * 1024

/** Beside a filter of 2.3 GB for a billion tokens this stays below four. */
const tokenBytesDefault = 1024 ** 3

// Logged tokens that the scanner hands over at once.
const outTokens = 65_536

/**
 * Opens every segment, and puts its tokens into a filter that lives in this process's memory alone. Throws `Misuse` without segments,
 * `Broken` when one was built under another epoch key or normal form, or when they do not fit.
 */
export async function createScreen(sources: readonly SegmentSource[], epochKey: Uint8Array, options: ScreenOptions = {}): Promise<Screen> {
  if (sources.length === 0) throw new Misuse('a search needs the fingerprints of at least one dataset')
  const epoch = epochOf(epochKey)
  for (const { header } of sources) {
    if (header.epoch !== epoch) throw new Broken('trace/other-epoch', `the fingerprints of ${header.dataset} belong to another epoch key`)
    if (header.norm !== normVersion) throw new Broken('trace/other-norm', `the fingerprints of ${header.dataset} belong to another normal form`)
  }
  const shape = shapeFor(sources.reduce((sum, { header }) => sum + screenedTokens(header), 0))
  const regions = filterRegions(shape)
  const onDrain = { call: (): void => undefined }
  const threads = options.threads ?? availableParallelism()
  const piece = options.pieceBytes ?? pieceBytes
  const several = threads > 1 ? { lanes: lanesOf(threads), spareBytes: spareBytesOf(threads, piece) } : {}
  const kinds = combinationKinds(sources.map(({ header }) => header))
  const machine = createMachine({ key: epochKey, filter: shape, regions: { ...(kinds === 0 ? {} : { componentBits: 2 ** componentBits / 8 }), keys: regions.shared, touched: regions.own, out: outTokens * logWords * 4 }, drain: () => onDrain.call(), ...several })
  machine.set('mode', modes.screen)
  machine.set('outRows', outTokens)
  machine.set('combinations', kinds)
  for (const { header } of sources) addShapes(machine, header)
  const place = { shape, memory: machine.shared, at: { shared: machine.at('keys'), own: machine.at('touched') } }
  const filled = await fillFilter(place, sources, { threads, tokenBytes: options.tokenBytes ?? tokenBytesDefault })
  const keeper = { add: (_: Uint32Array): void => undefined }
  const crew = threads > 1 ? createCrew(machine, threads, piece, ({ screened }) => {
    for (const block of screened) keeper.add(block)
    if (screened.length > 0) keeper.add(boundary)
  }) : undefined
  onDrain.call = () => {
    const words = machine.count('outCount') * logWords
    if (words > 0) keeper.add(new Uint32Array(new Uint32Array(machine.memory.buffer, machine.at('out'), words)))
  }
  const screening = { machine, crew, keeper, handOver: onDrain, smallBytesMax: piece / 2, logBytesMax: options.logBytesMax ?? logBytesDefault }
  return { filled, memoryBytes: machine.memory.length, screen: (bytes, how) => screenPlace(screening, bytes, how), close: async () => { await crew?.close() } }
}

function addShapes(machine: Machine, header: SegmentHeader): void {
  const shapes = Buffer.from(header.shapes, 'base64')
  for (let shape = 0; shape < shapesBytes; shape += 1) if ((shapes[shape >> 3]! >> (shape & 7)) & 1) machine.memory[machine.at('shapes') + shape]! |= 1
  addComponents(header, machine.memory.subarray(machine.at('shapes'), machine.at('shapes') + shapesBytes), machine.memory.subarray(machine.at('componentBits'), machine.at('componentBits') + 2 ** componentBits / 8))
}

// Between what different threads kept: rows are numbered in each, and no token is zero.
const boundary = new Uint32Array([0, 0, 0, 0xffffffff])

interface Screening {
  readonly machine: Machine
  readonly crew: Crew | undefined
  /** Takes what is kept of the place that is being read. */
  readonly keeper: { add: (block: Uint32Array) => void }
  /** Hands over what lies in lane 0. */
  readonly handOver: { readonly call: () => void }
  readonly smallBytesMax: number
  readonly logBytesMax: number
}

async function screenPlace(screening: Screening, bytes: Bytes, options: PlaceOptions): Promise<Screened> {
  const { machine, keeper, logBytesMax } = screening
  let kept = createKept(logBytesMax)
  const forget = (): void => {
    kept = createKept(logBytesMax)
    keeper.add = kept.add
  }
  forget()
  try {
    const read = await scan(screening, bytes, options, forget)
    screening.handOver.call()
    const parts = machine.lanes.map((_, lane) => coverageOf(machine, lane, options.idFields ?? 0))
    return { coverage: { ...sumCoverage(parts), bytes: read }, log: kept.log(), passed: kept.passed() }
  } finally {
    keeper.add = () => undefined
  }
}

/** By all threads when there are many bytes, as the exact search reads them (`search/count.ts`). */
async function scan({ machine, crew, smallBytesMax }: Screening, bytes: Bytes, options: PlaceOptions, forget: () => void): Promise<number> {
  machine.set('mode', modes.screen)
  const how = { delimiter: ',', ...options }
  const once = typeof bytes === 'function' ? bytes() : bytes
  if (crew === undefined || options.batchBytes !== undefined || (options.shape ?? 'rows') !== 'rows') return machine.scan(once, how)
  const { parts, stream, ended } = await begin(once, smallBytesMax)
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
  const count = (which: Parameters<Machine['count']>[0]): number => machine.count(which, lane)
  return {
    rows: count('rows'), values: count('values'), inner: count('inner'), bytes: 0, fields: Math.max(0, count('fieldsMax') - idFields),
    tooLong: count('tooLong'), brokenQuotes: count('brokenQuotes'), lost: 0,
  }
}

/** What is kept of one place. */
function createKept(logBytesMax: number): { add: (block: Uint32Array) => void; log: () => Uint32Array | undefined; passed: () => BigUint64Array | undefined } {
  const blocks: Uint32Array[] = []
  const passed = createPassed()
  let logged = 0
  return {
    add: (block) => {
      logged += block.byteLength
      passed.add(block)
      if (logged <= logBytesMax) blocks.push(block)
      else blocks.length = 0
    },
    log: () => (logged <= logBytesMax ? connected(blocks) : undefined),
    passed: passed.tokens,
  }
}

function connected(blocks: readonly Uint32Array[]): Uint32Array {
  const log = new Uint32Array(blocks.reduce((sum, block) => sum + block.length, 0))
  let end = 0
  for (const block of blocks) {
    log.set(block, end)
    end += block.length
  }
  return log
}

/** Different tokens that passed, thinned out whenever they have doubled. */
function createPassed(): { add: (block: Uint32Array) => void; tokens: () => BigUint64Array | undefined } {
  const list = emptyList()
  let thinAt = 1024 * 1024
  let over = false
  const thin = (): BigUint64Array => {
    const { tokens } = distinct(list, Number.MAX_SAFE_INTEGER)
    addPart(list, tokens)
    if (tokens.length > passedTokensMax) {
      over = true
      list.parts.length = 0
      list.length = 0
    }
    thinAt = Math.max(1024 * 1024, tokens.length * 2)
    return tokens
  }
  return {
    add: (block) => {
      if (over) return
      const halves = new Uint32Array(block.length / 2)
      let end = 0
      for (let at = 0; at < block.length; at += logWords) {
        if ((block[at + 2]! & 0x10000) === 0) continue
        halves[end++] = block[at]!
        halves[end++] = block[at + 1]!
      }
      addPart(list, new BigUint64Array(halves.slice(0, end).buffer))
      if (list.length >= thinAt) thin()
    },
    tokens: () => {
      if (over) return undefined
      const tokens = thin()
      return over ? undefined : tokens
    },
  }
}
