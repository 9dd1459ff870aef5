/** Building the fingerprints of a dataset from its rows, in one pass and without keeping a value. */
import { createHash } from 'node:crypto'
import { Broken, Misuse } from '#kit/errors'
import { createMachine, modes } from '../scanner/machine.ts'
import type { Machine } from '../scanner/machine.ts'
import { normVersion, unicodeVersion } from '../scanner/normal.ts'
import { columnsMax, frequencyMax, profileBytes, shapesBytes } from './layout.ts'
import { comparable, fullestOf, mergeSegments } from './merge.ts'
import { profileOf } from './profile.ts'
import { writeSegment } from './segment.ts'
import type { Segment, SegmentHeader } from './segment.ts'
import { addPart, distinct, emptyList } from './tokens.ts'
import type { TokenList } from './tokens.ts'

export interface DatasetColumn {
  readonly name: string
  readonly identifies: boolean
}

export interface BuildOptions {
  /** Names the dataset in findings. */
  readonly dataset: string
  /** 16 bytes: the key of the tokens, one per processor and epoch. */
  readonly epochKey: Uint8Array
  /** In the order of the fields of `rows`. */
  readonly columns: readonly DatasetColumn[]
  /** Delimited bytes without a header line, as COPY ... TO STDOUT (FORMAT csv) gives them. */
  readonly rows: AsyncIterable<Uint8Array>
  readonly delimiter?: string
  /** 32 bytes: the key of the file. */
  readonly sealKey: Uint8Array
  readonly file: string
  readonly random: (bytes: number) => Uint8Array
  /** What was known of the dataset until now: it stays findable, where it is `comparable` to what is read. */
  readonly before?: Segment | undefined
}

/** Counts and hashes only: fit for the control plane. */
export interface FingerprintSummary extends Omit<SegmentHeader, 'shapes'> {
  /** False when no column can name a copy alone and no pair of them is strong enough: a search would find nothing, and mean nothing. */
  readonly findable: boolean
  /** Values of the fullest column that were not known before. */
  readonly added: number
  readonly bytes: number
  readonly sha256: string
}

// Tokens in each of the scanner's out regions: one hand-over for some thousand rows.
const outRows = 8192

// All pairs of up to this many columns are linked; with more, those with the hub, or the file would grow by the square.
const allPairsMax = 3

// Bytes looked at first, to find the e-mail column that becomes the hub.
const peekBytes = 256 * 1024

/** Names an epoch key without telling it. */
export function epochOf(epochKey: Uint8Array): string {
  return createHash('sha256').update('bailee epoch\n').update(epochKey).digest('hex').slice(0, 16)
}

/**
 * Reads every row and leaves the sealed segment at `file`. Throws `Misuse` for columns that cannot be indexed, `Broken` when not one
 * value could be: an empty index would call every copy clean.
 */
export async function buildFingerprints(options: BuildOptions): Promise<FingerprintSummary> {
  const names = options.columns.filter((column) => column.identifies).map((column) => column.name)
  if (names.length === 0) throw new Misuse(`dataset ${options.dataset}: no column identifies a person`)
  if (names.length > columnsMax) throw new Misuse(`dataset ${options.dataset}: more than ${columnsMax} identifying columns`)
  const lists: TokenList[] = []
  const pairsMax = (columnsMax * (columnsMax - 1)) / 2
  const machine = createMachine({
    key: options.epochKey,
    regions: { columnOfField: options.columns.length, profiles: profileBytes * names.length, out: (names.length + pairsMax) * (8 + outRows * 8) },
    drain: () => collect(machine, lists),
  })
  prepare(machine, options.columns)
  const delimiter = options.delimiter ?? ','
  const { first, rest } = await peek(options.rows)
  await machine.scan(once(first), { delimiter })
  const pairs = pairsOf(names.length, hubOf(machine, names.length))
  reset(machine, names.length, pairs)
  lists.push(...names.map(emptyList), ...pairs.map(emptyList))
  await machine.scan(joined(first, rest), { delimiter })
  collect(machine, lists)
  const segment = segmentOf(machine, lists, { dataset: options.dataset, epoch: epochOf(options.epochKey), names, pairs })
  if (segment.columns.every((column) => column.length === 0)) throw new Broken('trace/nothing-indexed', 'not one value of the dataset could be indexed')
  const before = options.before !== undefined && comparable(segment.header, options.before.header) ? options.before : undefined
  const whole = before === undefined ? segment : mergeSegments(segment, before)
  const written = await writeSegment(options.file, whole, options)
  return { ...summaryOf(whole.header, written), added: addedTo(segment.header, before?.header, whole.header) }
}

function addedTo({ columns }: SegmentHeader, before: SegmentHeader | undefined, whole: SegmentHeader): number {
  const fullest = fullestOf(columns)
  return (whole.columns[fullest]?.distinct ?? 0) - (before?.columns.find((one) => one.name === columns[fullest]?.name)?.distinct ?? 0)
}

function summaryOf(header: SegmentHeader, written: { bytes: number; sha256: string }): Omit<FingerprintSummary, 'added'> {
  const { format, alg, norm, unicode, epoch, dataset, records, former, columns, links, forms } = header
  const findable = columns.some(({ alone, distinct: kept }) => alone && kept > 0) || links.some(({ a, b, distinct: kept }) => kept > 0 && !(columns[a]?.weak === true && columns[b]?.weak === true))
  return { findable, format, alg, norm, unicode, epoch, dataset, records, former, columns, links, forms, ...written }
}

function prepare(machine: Machine, columns: readonly DatasetColumn[]): void {
  let column = 0
  const fields = Uint8Array.from(columns, ({ identifies }) => (identifies ? column++ : 0xff))
  machine.memory.set(fields, machine.at('columnOfField'))
  machine.set('mode', modes.build)
  machine.set('columnFieldsMax', fields.length)
  machine.set('columns', column)
  machine.set('outRows', outRows)
}

/** Forgets what the peek saw, and sets the links. */
function reset(machine: Machine, columns: number, pairs: readonly (readonly [number, number])[]): void {
  machine.memory.fill(0, machine.at('profiles'), machine.at('profiles') + profileBytes * columns)
  machine.memory.fill(0, machine.at('shapes'), machine.at('shapes') + shapesBytes)
  for (let region = 0; region < columns; region += 1) new DataView(machine.memory.buffer).setUint32(machine.at('out') + region * (8 + outRows * 8), 0, true)
  machine.memory.set(pairs.flat(), machine.at('links'))
  machine.set('linkCount', pairs.length)
}

/** Takes the tokens that lie in the out regions. */
function collect(machine: Machine, lists: readonly TokenList[]): void {
  const view = new DataView(machine.memory.buffer)
  const regions = lists.length === 0 ? columnsMax : lists.length // nothing is kept while peeking
  for (let region = 0; region < regions; region += 1) {
    const base = machine.at('out') + region * (8 + outRows * 8)
    const count = view.getUint32(base, true)
    const list = lists[region]
    if (list !== undefined && count > 0) addPart(list, new BigUint64Array(machine.memory.buffer.slice(base + 8, base + 8 + count * 8)))
    view.setUint32(base, 0, true)
  }
}

function hubOf(machine: Machine, columns: number): number {
  for (let column = 0; column < columns; column += 1) if (profile(machine, column, 0).kind === 'e-mail') return column
  return 0
}

function profile(machine: Machine, column: number, pairs: number) {
  const from = machine.at('profiles') + column * profileBytes
  return profileOf(machine.memory.subarray(from, from + profileBytes), pairs)
}

function pairsOf(columns: number, hub: number): [number, number][] {
  const pairs: [number, number][] = []
  for (let a = 0; a < columns; a += 1) {
    for (let b = a + 1; b < columns; b += 1) if (columns <= allPairsMax || a === hub || b === hub) pairs.push([a, b])
  }
  return pairs
}

interface SegmentNames {
  readonly dataset: string
  readonly epoch: string
  readonly names: readonly string[]
  readonly pairs: readonly (readonly [number, number])[]
}

function segmentOf(machine: Machine, lists: readonly TokenList[], of: SegmentNames): Segment {
  const columns = of.names.map((name, column) => {
    const { tokens, pairs, dropped } = distinct(lists[column]!, frequencyMax)
    return { tokens, dropped, header: { name, ...profile(machine, column, pairs), distinct: tokens.length, dropped: dropped.length } }
  })
  const links = of.pairs.map(([a, b], link) => {
    const { tokens } = distinct(lists[of.names.length + link]!, Number.MAX_SAFE_INTEGER)
    return { tokens, header: { a, b, distinct: tokens.length } }
  })
  const header: SegmentHeader = {
    format: 2, alg: 'siphash-2-4', norm: normVersion, unicode: unicodeVersion, epoch: of.epoch, dataset: of.dataset, records: machine.count('rows'), former: 0,
    columns: columns.map((column) => column.header), links: links.map((link) => link.header), forms: [], shapes: packShapes(machine),
  }
  return { header, columns: columns.map((column) => column.tokens), links: links.map((link) => link.tokens), forms: [], dropped: columns.map((column) => column.dropped) }
}

function packShapes(machine: Machine): string {
  const bits = Buffer.alloc(shapesBytes / 8)
  for (let shape = 0; shape < shapesBytes; shape += 1) if (machine.memory[machine.at('shapes') + shape] === 1) bits[shape >> 3]! |= 1 << (shape & 7)
  return bits.toString('base64')
}

async function peek(rows: AsyncIterable<Uint8Array>): Promise<{ first: Uint8Array[]; rest: AsyncIterator<Uint8Array> }> {
  const rest = rows[Symbol.asyncIterator]()
  const first: Uint8Array[] = []
  for (let bytes = 0; bytes < peekBytes; ) {
    const next = await rest.next()
    if (next.done === true) break
    first.push(next.value)
    bytes += next.value.length
  }
  return { first, rest }
}

async function* once(parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts
}

async function* joined(parts: readonly Uint8Array[], rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* parts
  yield* { [Symbol.asyncIterator]: () => rest }
}
