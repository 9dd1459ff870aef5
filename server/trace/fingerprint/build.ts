/** Building the fingerprints of a dataset from its rows, in one pass and without keeping a value. */
import { createHash } from 'node:crypto'
import { dirname } from 'node:path'
import { giveBackRows } from '#inventory'
import { Broken, Misuse } from '#kit/errors'
import { createMachine, modes } from '../scanner/machine.ts'
import type { Machine } from '../scanner/machine.ts'
import { normVersion, unicodeVersion } from '../scanner/normal.ts'
import { combinationPairs, combinationProfiles, combinationsFor, combinationsOf, componentsMax, componentsOf, createComponentCounter, type Combination, type CombineAs, type Component, type ComponentCounter } from './combine.ts'
import { columnsMax, frequencyMax, profileBytes, shapesBytes } from './layout.ts'
import { addHeaders, comparable, fullestOf, isForLayer, joinHeaders, listNames, writeJoined, writeLayer, writeRest, type Joining, type ListCount, type RestSummary } from './merge.ts'
import { profileOf } from './profile.ts'
import type { FormHeader, SegmentFile, SegmentHeader, WatermarkHeader } from './segment.ts'
import { createSorter, type TokenSorter } from './sorter.ts'

export interface DatasetColumn {
  readonly name: string
  readonly identifies: boolean
  /** It holds telephone numbers: their digests are findable too. */
  readonly telephone?: boolean | undefined
  /** It does not identify, and yet may in a combination with others. */
  readonly combine?: CombineAs | undefined
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
  readonly before?: SegmentFile | undefined
  /** The rows are some of the dataset's: what `before` knows stays known as it is, and must be `addable`. Where `before` stands in `file`, they become a layer on it, as a rule. */
  readonly adds?: boolean
  /** With `adds`, where it is known: how many rows more the dataset has than it had. Then who left is counted, too. */
  readonly more?: number | undefined
  /** How far the rows reach: asked when all were read. */
  readonly watermark?: () => Omit<WatermarkHeader, 'monthFirst'> | undefined
  /** Takes what came and went since `before`, of columns that it wants to know of. */
  readonly changes?: Joining['changes']
  /** Tokens held in memory before the scratch file is begun; fewer only in tests. */
  readonly memoryTokensMax?: number
  /**
   * Digests of e-mail addresses and telephone numbers, and the addresses without tags, beside the values themselves: three tokens more a spelling, and some
   * microseconds. On when left out; without them a copy that holds only digests is not found.
   */
  readonly forms?: boolean
}

/** Counts and hashes only: fit for the control plane. */
export interface FingerprintSummary extends Omit<SegmentHeader, 'shapes' | 'components' | 'watermark'> {
  /** False when no column can name a copy alone and no pair of them is strong enough: a search would find nothing, and mean nothing. */
  readonly findable: boolean
  /** Values of the fullest column that were not known before; where rows were added, records that are new at most. */
  readonly added: number
  readonly rowsRead: number
  /** Of the file that was written: of all, or of a layer on what was known. */
  readonly bytes: number
  /** Layers that now stand on the whole file. */
  readonly layers: number
  readonly sha256: string
}

// Tokens in each of the scanner's out regions: one hand-over for some thousand rows.
const outRows = 8192

// All pairs of up to this many columns are linked; with more, those with the hub, or the file would grow by the square.
const allPairsMax = 3

// Further lists of a column of e-mail addresses, in the order of assembly/forms.ts; telephone numbers have the first three.
const formsOfAddress = ['md5', 'sha1', 'sha256', 'bare'] as const
const formsOfTelephone = formsOfAddress.slice(0, 3)

// Columns, all pairs of them, and their forms: out regions; behind them stand those of components.
const listsMax = columnsMax * (1 + formsOfAddress.length) + (columnsMax * (columnsMax - 1)) / 2

// Bytes looked at first, to find the e-mail column that becomes the hub.
const peekBytes = 256 * 1024

/** Names an epoch key without telling it. */
export function epochOf(epochKey: Uint8Array): string {
  return createHash('sha256').update('bailee epoch\n').update(epochKey).digest('hex').slice(0, 16)
}

/** Whether tokens were made from the normal form that values are read in now: of another one, none is ever found. */
export const inThisForm = ({ alg, norm }: Pick<SegmentHeader, 'alg' | 'norm'>): boolean => alg === 'siphash-2-4' && norm === normVersion

/** Whether rows read under this key can be added to what these fingerprints know. */
export function addable(header: SegmentHeader, epochKey: Uint8Array): boolean {
  return comparable({ alg: 'siphash-2-4', norm: normVersion, epoch: epochOf(epochKey) }, header)
}

/**
 * Reads every row and leaves the sealed segment at `file`. Throws `Misuse` for columns that cannot be indexed, `Broken` when not one
 * value could be: an empty index would call every copy clean; and when rows are to be added to what they cannot be.
 */
export async function buildFingerprints(options: BuildOptions): Promise<FingerprintSummary> {
  return readRows(options, (reading) => write(reading))
}

/**
 * Leaves at `file` what stands in `before` and in none of the rows: who left, when the rows are all there are; everybody else, when they are somebody's. A value
 * that both hold is left out. Resolves to undefined, with no file, when nothing remains. Throws as `buildFingerprints`, and `Broken` when tokens do not compare.
 */
export async function subtractRows(options: BuildOptions & { readonly before: SegmentFile; readonly left: boolean }): Promise<RestSummary | undefined> {
  return readRows(options, async ({ sorter, names, pairs, forms }) => {
    const lists = listNames({ columns: names.map((name) => ({ name })), links: pairs.map(([a, b]) => ({ a, b })), forms })
    return writeRest(options.file, options, { sorter, lists, before: options.before, dataset: options.dataset, left: options.left })
  })
}

/** Gives the tokens of these fields of the rows as they are read, by the number of the column among those that identify. */
export async function readTokens({ epochKey, columns, rows, delimiter }: Pick<BuildOptions, 'epochKey' | 'columns' | 'rows'> & { readonly delimiter: string }, take: (column: number, tokens: BigUint64Array) => void): Promise<void> {
  const own = columns.filter(({ identifies }) => identifies).length
  const into: Into = { counter: createComponentCounter(0), sorter: { add: (region, tokens) => { if (region < own) take(region, tokens) } } }
  const machine = createMachine({
    key: epochKey, regions: { columnOfField: columns.length, profiles: profileBytes * own, componentBits: columnsMax * 4, out: (listsMax + componentsMax) * (8 + outRows * 8) }, drain: () => collect(machine, into),
  })
  prepare(machine, columns, [])
  await machine.scan(rows, { delimiter })
  collect(machine, into)
}

/** Hands over the tokens of all rows, not sorted yet. */
async function readRows<Result>(options: BuildOptions, work: (reading: Reading) => Promise<Result>): Promise<Result> {
  const own = options.columns.filter((column) => column.identifies).map((column) => column.name)
  const components = componentsOf(options.columns.filter((column) => !column.identifies))
  if (own.length + components.length === 0) throw new Misuse(`dataset ${options.dataset}: no column identifies a person`)
  if (own.length > columnsMax) throw new Misuse(`dataset ${options.dataset}: more than ${columnsMax} identifying columns`)
  const into: Into = { counter: createComponentCounter(components.length) }
  const machine = createMachine({
    key: options.epochKey,
    regions: { columnOfField: options.columns.length, profiles: profileBytes * own.length, componentBits: columnsMax * 4, out: (listsMax + componentsMax) * (8 + outRows * 8) },
    drain: () => collect(machine, into),
  })
  prepare(machine, options.columns, components)
  const delimiter = options.delimiter ?? ','
  const { first, rest } = await peek(options.rows)
  await machine.scan(once(first), { delimiter })
  collect(machine, into)
  const combinable = combinationsFor(components, into.counter, columnsMax - own.length)
  const before = knownTo(options, combinable.length > 0)
  const combinations = before === undefined ? combinable : combinationsOf(before, components)
  const names = [...own, ...combinations.map(({ name }) => name)]
  const hub = hubOf(machine, own.length)
  const pairs = linksOf(before, names) ?? [...pairsOf(own.length, hub), ...combinationPairs(combinations, own.length, own.length <= allPairsMax ? undefined : hub)]
  const forms = options.forms === false ? [] : formsOf(before, names, options.adds) ?? formsFor(machine, options.columns)
  reset(machine, { own: own.length, components, combinations, pairs, forms, monthFirst: options.adds === true ? before?.watermark?.monthFirst : undefined })
  const regions = names.length + pairs.length + forms.length
  const sorter = createSorter({ regions, directory: dirname(options.file), random: options.random, ...(options.memoryTokensMax === undefined ? {} : { memoryTokensMax: options.memoryTokensMax }) })
  into.sorter = sorter
  into.counter = createComponentCounter(components.length)
  try {
    await machine.scan(joined({ first, rest, sorter }), { delimiter })
    collect(machine, into)
    return await work({ machine, options, sorter, names, pairs, forms, components, combinations, counter: into.counter })
  } finally {
    await sorter.close()
  }
}

/** Where tokens go; none while peeking. */
interface Into { sorter?: Pick<TokenSorter, 'add'>; counter: ComponentCounter }

/**
 * Links, forms and combinations once chosen stay: another choice could not be joined, and could not be taken out again. With other columns than before, they are
 * chosen anew; and where there were no combinations and now are, unless people are to be taken out.
 */
function knownTo({ before, epochKey, columns, ...how }: BuildOptions, combines: boolean): SegmentHeader | undefined {
  if (before === undefined || before.header.epoch !== epochOf(epochKey)) return undefined
  if (how.adds === true) return before.header
  if (combines && !('left' in how) && before.header.components === undefined) return undefined
  return columns.every(({ name, identifies }) => !identifies || before.header.columns.some((column) => column.name === name)) ? before.header : undefined
}

function linksOf(before: SegmentHeader | undefined, names: readonly string[]): [number, number][] | undefined {
  const at = (column: number): number => names.indexOf(before?.columns[column]?.name ?? '')
  return before?.links.map(({ a, b }): [number, number] => [at(a), at(b)]).filter((pair) => !pair.includes(-1)).map(([a, b]) => (a < b ? [a, b] : [b, a]))
}

function formsOf(before: SegmentHeader | undefined, names: readonly string[], adds = false): Form[] | undefined {
  const at = (column: number): number => names.indexOf(before?.columns[column]?.name ?? '')
  if (before === undefined || (before.forms.length === 0 && !adds)) return undefined
  return before.forms.map(({ column, form }): Form => ({ column: at(column), form })).filter(({ column }) => column >= 0)
}

interface Reading {
  readonly machine: Machine
  readonly options: BuildOptions
  readonly sorter: TokenSorter
  readonly names: readonly string[]
  readonly pairs: readonly (readonly [number, number])[]
  readonly forms: readonly Form[]
  readonly components: readonly Component[]
  readonly combinations: readonly Combination[]
  readonly counter: ComponentCounter
}

/** Sorts, joins with what was known before, seals. */
async function write({ machine, options, sorter, ...listed }: Reading): Promise<FingerprintSummary> {
  const { names } = listed
  const of = { dataset: options.dataset, epoch: epochOf(options.epochKey), ...listed }
  const empty = headerOf(machine, of, [])
  const before = options.before !== undefined && comparable(empty, options.before.header) ? options.before : undefined
  const lists = listNames(empty).map(({ kind, name }) => ({ kind: kind as 'columns' | 'links' | 'forms', name, frequencyMax: kind === 'links' ? Number.MAX_SAFE_INTEGER : frequencyMax }))
  const adds = options.adds === true
  if (adds && before === undefined) throw new Broken('trace/not-comparable', 'the fingerprints known cannot be added to: compare all rows')
  let added = 0
  const joining: Joining = {
    sorter, lists, before, adds, changes: options.changes,
    header: (counts) => {
      const now = headerOf(machine, of, counts)
      const reaches = options.watermark?.()
      const marked = reaches === undefined ? {} : { watermark: { ...reaches, monthFirst: monthFirstOf(machine) } }
      if (adds && before !== undefined) {
        const joined = addHeaders(now, before.header, counts, options.more)
        added = joined.added
        return { ...joined.header, ...marked }
      }
      const columns = counts.slice(0, names.length)
      if (columns.every((column) => column.fresh === 0)) throw new Broken('trace/nothing-indexed', 'not one value of the dataset could be indexed')
      const fullest = fullestOf(columns.map((column) => column.fresh))
      added = (columns[fullest]?.distinct ?? 0) - (before?.header.columns.find((column) => column.name === names[fullest])?.distinct ?? 0)
      return { ...joinHeaders(now, before?.header, counts), ...marked }
    },
  }
  const layer = adds && before !== undefined && before.file === options.file && isForLayer(before, lists, sorter.length()) ? await writeLayer(options.file, options, { ...joining, before }) : undefined
  const { header, ...written } = layer ?? await writeJoined(options.file, options, joining)
  return { ...summaryOf(header, written), added, rowsRead: machine.count('rows'), layers: layer === undefined ? 0 : before!.files.length }
}

function summaryOf(header: SegmentHeader, written: { bytes: number; sha256: string }): Omit<FingerprintSummary, 'added' | 'rowsRead' | 'layers'> {
  const { format, alg, norm, unicode, epoch, dataset, records, former, columns, links, forms } = header
  const findable = columns.some(({ alone, distinct: kept }) => alone && kept > 0) || links.some(({ a, b, distinct: kept }) => kept > 0 && !(columns[a]?.weak === true && columns[b]?.weak === true))
  return { findable, format, alg, norm, unicode, epoch, dataset, records, former, columns, links, forms, ...written }
}

function prepare(machine: Machine, columns: readonly DatasetColumn[], components: readonly Component[]): void {
  let column = 0
  const fields = Uint8Array.from(columns, ({ identifies, name }) => {
    const component = components.findIndex((one) => one.name === name)
    return identifies ? column++ : component < 0 ? 0xff : 0x80 | component
  })
  machine.memory.set(fields, machine.at('columnOfField'))
  machine.set('mode', modes.build)
  machine.set('columnFieldsMax', fields.length)
  machine.set('columns', column)
  machine.set('outRows', outRows)
  machine.set('componentCount', components.length)
  machine.set('componentRegion', listsMax)
}

type Form = Omit<FormHeader, 'distinct'>

function formsFor(machine: Machine, columns: readonly DatasetColumn[]): Form[] {
  return columns.filter(({ identifies }) => identifies).flatMap(({ telephone }, column) => {
    const forms = profile(machine, column, 0).kind === 'e-mail' ? formsOfAddress : telephone === true ? formsOfTelephone : []
    return forms.map((form): Form => ({ column, form }))
  })
}

interface Lists {
  /** Columns that identify; combinations stand behind them. */
  readonly own: number
  readonly components: readonly Component[]
  readonly combinations: readonly Combination[]
  readonly pairs: readonly (readonly [number, number])[]
  readonly forms: readonly Form[]
  /** As it was found when all rows were read; without it, as the peek shows. */
  readonly monthFirst: number | undefined
}

// An order of day and month (`assembly/dayOrder.ts`): two counts of days, and whether the month stands first.
const orderBytes = 12
const ordersMax = 32

function monthFirstOf(machine: Machine): number {
  let bits = 0
  for (let order = 0; order < ordersMax; order += 1) if (machine.memory[machine.at('dayOrders') + order * orderBytes + 8] === 1) bits |= 1 << order
  return bits
}

/** Forgets what the peek saw, but for the order of days, and sets the links, forms and combinations. */
function reset(machine: Machine, { own, components, combinations, pairs, forms, monthFirst }: Lists): void {
  const columns = own + combinations.length
  const orders = new DataView(machine.memory.buffer, machine.at('dayOrders'))
  for (let order = 0; order < ordersMax; order += 1) {
    const at = order * orderBytes
    const seen = orders.getUint32(at, true) === 0 && orders.getUint32(at + 4, true) > 0 ? 1 : 0
    orders.setUint8(at + 8, monthFirst === undefined ? seen : (monthFirst >>> order) & 1)
  }
  const numbers = combinations.flatMap(({ of }) => Array.from({ length: 4 }, (_, at) => (at < of.length ? components.findIndex((one) => one.name === of[at]) : 0xff)))
  machine.memory.set(numbers, machine.at('componentBits'))
  machine.set('combinations', combinations.length)
  machine.set('columns', columns)
  for (const [list, { column, form }] of forms.entries()) if (form === formsOfAddress[0]) machine.memory[machine.at('forms') + column] = columns + pairs.length + list
  machine.memory.fill(0, machine.at('profiles'), machine.at('profiles') + profileBytes * own)
  machine.memory.fill(0, machine.at('shapes'), machine.at('shapes') + shapesBytes)
  machine.memory.set(pairs.flat(), machine.at('links'))
  machine.set('linkCount', pairs.length)
}

/** Takes the tokens that lie in the out regions; without a sorter, as while peeking, only components are counted. */
function collect(machine: Machine, { sorter, counter }: Into): void {
  const view = new DataView(machine.memory.buffer)
  for (let region = 0; region < listsMax + componentsMax; region += 1) {
    const base = machine.at('out') + region * (8 + outRows * 8)
    const count = view.getUint32(base, true)
    if (count === 0) continue
    const tokens = (): BigUint64Array => new BigUint64Array(machine.memory.slice(base + 8, base + 8 + count * 8).buffer)
    if (region >= listsMax) counter.add(region - listsMax, tokens())
    else sorter?.add(region, tokens())
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
  readonly forms: readonly Form[]
  readonly components: readonly Component[]
  readonly combinations: readonly Combination[]
  readonly counter: ComponentCounter
}

/** The header of what was read; without counts, of lists not sorted yet. */
function headerOf(machine: Machine, of: SegmentNames, counts: readonly ListCount[]): SegmentHeader {
  const own = of.names.length - of.combinations.length
  const combined = combinationProfiles(of.combinations, of.components, { counter: of.counter, pairs: counts.slice(own, of.names.length).map(({ pairs }) => pairs) })
  const profiles = [...of.names.slice(0, own).map((_, column) => profile(machine, column, counts[column]?.pairs ?? 0)), ...combined]
  const columns = of.names.map((name, column) => ({ name, ...profiles[column]!, ...(column < own ? {} : { of: of.combinations[column - own]!.of }), distinct: counts[column]?.fresh ?? 0, dropped: counts[column]?.dropped ?? 0 }))
  return {
    format: 2, alg: 'siphash-2-4', norm: normVersion, unicode: unicodeVersion, epoch: of.epoch, dataset: of.dataset, records: machine.count('rows'), former: 0,
    columns, links: of.pairs.map(([a, b], link) => ({ a, b, distinct: counts[of.names.length + link]?.fresh ?? 0 })), shapes: packShapes(machine, 1), ...(of.combinations.length === 0 ? {} : { components: { shapes: packShapes(machine, 2), known: of.counter.known() } }),
    forms: of.forms.map((form, at) => {
      const { fresh: distinct = 0, dropped = 0 } = counts[of.names.length + of.pairs.length + at] ?? {}
      return { ...form, distinct, ...(dropped === 0 ? {} : { dropped }) }
    }),
  }
}

function packShapes(machine: Machine, kind: number): string {
  const bits = Buffer.alloc(shapesBytes / 8)
  for (let shape = 0; shape < shapesBytes; shape += 1) if (machine.memory[machine.at('shapes') + shape]! & kind) bits[shape >> 3]! |= 1 << (shape & 7)
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

/** Every row, as fast as the sorter takes their tokens. */
async function* joined({ first, rest, sorter }: { first: readonly Uint8Array[]; rest: AsyncIterator<Uint8Array>; sorter: TokenSorter }): AsyncGenerator<Uint8Array> {
  yield* first
  for await (const piece of { [Symbol.asyncIterator]: () => rest }) {
    yield piece
    giveBackRows(piece)
    await sorter.ready()
  }
}
