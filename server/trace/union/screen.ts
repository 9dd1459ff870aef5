/** The screening pass over a place: rows with a value that some dataset may hold, with the tokens of all their values. */
import { availableParallelism } from 'node:os'
import { Broken, Misuse } from '#kit/errors'
import { epochOf } from '../fingerprint/index.ts'
import { shapesBytes } from '../fingerprint/layout.ts'
import { addPart, distinct, emptyList } from '../fingerprint/tokens.ts'
import { createMachine, modes } from '../scanner/machine.ts'
import type { Machine } from '../scanner/machine.ts'
import { normVersion } from '../scanner/normal.ts'
import type { PlaceOptions } from '../search/result.ts'
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
  /** Threads that build the filter; the cores of the machine when left out. */
  readonly threads?: number
  /** Bytes of tokens held while the filter is built. */
  readonly tokenBytes?: number
  /** Bytes of rows kept of one place; smaller only in tests. */
  readonly logBytesMax?: number
}

export interface Screen {
  readonly filled: Filled
  readonly memoryBytes: number
  /** Reads a place to its end. */
  readonly screen: (bytes: AsyncIterable<Uint8Array>, options: PlaceOptions) => Promise<Screened>
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
  const machine = createMachine({ key: epochKey, filter: shape, regions: { keys: regions.shared, touched: regions.own, out: outTokens * logWords * 4 }, drain: () => onDrain.call() })
  machine.set('mode', modes.screen)
  machine.set('outRows', outTokens)
  for (const { header } of sources) addShapes(machine, header.shapes)
  const place = { shape, memory: machine.shared, at: { shared: machine.at('keys'), own: machine.at('touched') } }
  const filled = await fillFilter(place, sources, { threads: options.threads ?? availableParallelism(), tokenBytes: options.tokenBytes ?? tokenBytesDefault })
  return { filled, memoryBytes: machine.memory.length, screen: (bytes, how) => screenPlace({ machine, onDrain, logBytesMax: options.logBytesMax ?? logBytesDefault }, bytes, how) }
}

function addShapes(machine: Machine, base64: string): void {
  const shapes = Buffer.from(base64, 'base64')
  for (let shape = 0; shape < shapesBytes; shape += 1) if ((shapes[shape >> 3]! >> (shape & 7)) & 1) machine.memory[machine.at('shapes') + shape] = 1
}

interface Screening { readonly machine: Machine; readonly onDrain: { call: () => void }; readonly logBytesMax: number }

async function screenPlace({ machine, onDrain, logBytesMax }: Screening, bytes: AsyncIterable<Uint8Array>, options: PlaceOptions): Promise<Screened> {
  const blocks: Uint32Array[] = []
  const passed = createPassed()
  let logged = 0
  const take = (): void => {
    const words = machine.count('outCount') * logWords
    if (words === 0) return
    const block = new Uint32Array(new Uint32Array(machine.memory.buffer, machine.at('out'), words))
    logged += block.byteLength
    passed.add(block)
    if (logged <= logBytesMax) blocks.push(block)
    else blocks.length = 0
  }
  onDrain.call = take
  const read = await machine.scan(bytes, { delimiter: ',', ...options })
  take()
  onDrain.call = () => undefined
  const coverage: PlaceCoverage = {
    rows: machine.count('rows'), values: machine.count('values'), inner: machine.count('inner'), bytes: read, fields: Math.max(0, machine.count('fieldsMax') - (options.idFields ?? 0)),
    tooLong: machine.count('tooLong'), brokenQuotes: machine.count('brokenQuotes'), lost: 0,
  }
  return { coverage, log: logged <= logBytesMax ? joined(blocks) : undefined, passed: passed.tokens() }
}

function joined(blocks: readonly Uint32Array[]): Uint32Array {
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
