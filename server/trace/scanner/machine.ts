/**
 * The scanner: the WASM module, its memory and what lies where in it. Nothing here knows datasets or files. Several instances, each in
 * a thread of its own, may work in one memory: what is known is shared, and each has a lane, which is its state and its regions.
 */
import { readFileSync } from 'node:fs'
import { attachFilter, type FilterShape } from '../union/filter.ts'
import { foldTable, normaliseText, textOf } from './normal.ts'

// The order of assembly/door.ts.
const settings = [
  'mode', 'delimiter', 'fieldBytesMax', 'idFields', 'scratch', 'side', 'fold', 'shapes', 'rowHits', 'keys', 'slots',
  'ownerInfo', 'datasetInfo', 'rowDatasets', 'fieldHits', 'fieldHitsMask', 'touched', 'touchedMax', 'out', 'outRows', 'columnOfField',
  'columnFieldsMax', 'columns', 'links', 'linkCount', 'profiles', 'rowTokens', 'waiting', 'waitingRows', 'shape', 'decoded',
  'lean', 'tokenBits', 'marks', 'marksShift', 'linkInfo', 'linkLists', 'linkData', 'forms', 'sketch', 'sketchList', 'sketchMask', 'sketchMax',
  'components', 'componentBits', 'combinations', 'componentCount', 'componentRegion', 'dayOrders', 'bloom', 'bloomWords', 'sifted', 'tried', 'firstSlots', 'firstMarks', 'firstMask', 'checks', 'quoteless',
] as const
const counts = [
  'rows', 'values', 'tooLong', 'brokenQuotes', 'fieldsMax', 'probes', 'owned', 'fieldHitsLost', 'rowHitsLost', 'touchedCount', 'outCount', 'endedInside', 'inner', 'sketchCount', 'sketchBelow',
] as const

export type Setting = (typeof settings)[number]
export type Count = (typeof counts)[number]
export const modes = { search: 0, locate: 1, screen: 2, build: 3, cut: 4 } as const

/** How bytes are read: delimited rows, whose long fields are searched for values inside; text, out of which values are cut; or anything at all. */
export type Shape = 'rows' | 'text' | 'bytes'
const shapes: Readonly<Record<Shape, number>> = { rows: 0, text: 1, bytes: 2 }

/** A field this long is text, whatever it holds; a quote that does not close within it is no quote. */
export const fieldBytesMax = 1024 * 1024

/** Values up to this many bytes in normal form are indexed and looked up; the scanner has the same figure. */
export const valueBytesMax = 512

/** Bytes scanned at a time, beside an unfinished field: fits the second-level cache. */
const batchBytes = 256 * 1024

const pageBytes = 64 * 1024
const shapeBytes = 8192

/** Regions with a size that every scanner has. */
const fixedRegions: Readonly<Partial<Record<Setting, number>>> = {
  scratch: 1024, side: 8192, fold: 4096, shapes: shapeBytes, rowHits: 4096, rowDatasets: 512, rowTokens: 128, components: 128, dayOrders: 384, links: 256, waiting: 1024 * 16, waitingRows: 1025 * 24, decoded: 5248 + 4096, forms: 8, sifted: 1024 * 2, tried: 1024 * 16,
}

/** Regions of what is known: written before any scan, read by all lanes. All others are a lane's own. */
const sharedRegions: ReadonlySet<Setting> = new Set<Setting>(['fold', 'shapes', 'keys', 'ownerInfo', 'columnOfField', 'links', 'marks', 'linkInfo', 'linkData', 'componentBits', 'bloom', 'firstSlots', 'firstMarks', 'checks'])

/** The calls of one instance (`assembly/index.ts`). Addresses are those of the memory. */
export interface Scanner {
  stateBytes(): number
  place(state: number): void
  set(setting: number, value: number): void
  count(which: number): number
  setKey(key0: bigint, key1: bigint): void
  begin(): void
  resume(base: number): void
  endPiece(): number
  recordStart(): number
  countQuotes(from: number, to: number): number
  lastEvenLine(from: number, to: number, odd: number): number
  attachTable(): void
  replay(from: number, count: number, last: number): void
  clearSketch(): void
  endForms(): void
  insert(from: number, count: number, owner: number): void
  takeMarks(from: number, out: number, most: number): number
  takenTo(): number
  addLinks(list: number, from: number, count: number, held: number): void
  closeLinks(list: number): void
  normaliseOne(from: number, length: number): number
  tokenOne(length: number): bigint
  linkOne(a: bigint, b: bigint): bigint
  digestOne(kind: number, length: number): number
  scan(from: number, to: number, base: number, last: number): number
}

export interface MachineOptions {
  /** 16 bytes: the epoch key. */
  readonly key: Uint8Array
  /** Bytes of each further region. */
  readonly regions: Readonly<Partial<Record<Setting, number>>>
  /** Called when the scanner's out region is full. */
  readonly drain?: () => void
  /** Shorter only in tests. */
  readonly fieldBytesMax?: number
  /** Scanners that may work at once: one here, the others in threads. 1 when left out. */
  readonly lanes?: number
  /** For screening: the union filter then lies in `keys`, and what each lane keeps beside it in `touched`. */
  readonly filter?: FilterShape
  /** Bytes kept for whoever hands bytes to the other lanes, at `spareAt`. */
  readonly spareBytes?: number
}

/** Where the state and the regions of one scanner lie in the memory that all share. */
export interface Lane {
  readonly state: number
  readonly filter?: FilterShape
  readonly regions: Readonly<Partial<Record<Setting, number>>>
}

export interface Machine {
  readonly memory: Uint8Array
  /** To be handed to threads. */
  readonly shared: WebAssemblyMemory
  readonly lanes: readonly Lane[]
  readonly spareAt: number
  readonly at: (region: Setting, lane?: number) => number
  /** For all lanes. */
  readonly set: (setting: Setting, value: number) => void
  /** Of lane 0, when not told otherwise. */
  readonly count: (which: Count, lane?: number) => number
  /** Works in one lane from here: not while a thread does. */
  readonly inLane: <Result>(lane: number, work: (scanner: Scanner) => Result) => Result
  /** Forgets the stream before, in all lanes. */
  readonly begin: (options: ScanOptions) => void
  /** After `begin`: scans a stream, or from a record on the rest of one, to its end in lane 0, and returns at which offset that is. */
  readonly scanOn: (bytes: AsyncIterable<Uint8Array>, options: ScanOptions) => Promise<number>
  /** `begin` and `scanOn`: returns how many bytes there were. */
  readonly scan: (bytes: AsyncIterable<Uint8Array>, options: ScanOptions) => Promise<number>
  /** Inserts sorted tokens for an owner. */
  readonly insert: (tokens: BigUint64Array, owner: number) => void
  /** Appends sorted links to a list that holds so many already (`assembly/links.ts`). */
  readonly addLinks: (tokens: BigUint64Array, list: number, held: number) => void
  /** The token of one value; undefined when its normal form is empty or too long. */
  readonly token: (value: Uint8Array) => bigint | undefined
  /** The normal form of one value, in bytes. */
  readonly normal: (value: Uint8Array) => Uint8Array
  readonly link: (a: bigint, b: bigint) => bigint
  /** A digest of the normal form of a value, in hex. */
  readonly digest: (kind: 'md5' | 'sha1' | 'sha256', value: Uint8Array) => string
}

export interface ScanOptions {
  /** Its first character parts fields. With a backslash behind it no field is quoted, as in rows of COPY. */
  readonly delimiter: string
  /** Rows when left out. */
  readonly shape?: Shape
  readonly idFields?: number
  /** Offset of the first byte in the stream, when it is the rest of one. */
  readonly from?: number
  /** Shorter only in tests, to cut the stream anywhere. */
  readonly batchBytes?: number
}

/** A memory of WebAssembly that threads share. */
export interface WebAssemblyMemory { readonly buffer: ArrayBuffer }

// Node has it; the types of this project's libraries do not. The buffer is a SharedArrayBuffer, which does all that is asked of it here.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Memory: new (size: { initial: number; maximum: number; shared: boolean }) => WebAssemblyMemory
  readonly Instance: new (module: object, imports: object) => { readonly exports: object }
}

let compiled: object | undefined

function scannerModule(): object {
  compiled ??= new WebAssembly.Module(readFileSync(new URL('./scanner.wasm', import.meta.url)))
  return compiled
}

/** The number that `Scanner.set` knows a setting by. */
export const settingNumber = (setting: Setting): number => settings.indexOf(setting)

/** The number that `Scanner.count` knows a count by. */
export const countNumber = (count: Count): number => counts.indexOf(count)

/** An instance of the scanner at work in one lane of a memory: in a thread of its own, when it is not lane 0. */
export function attach(shared: WebAssemblyMemory, lane: Lane, drain?: () => void): Scanner {
  const memory = new Uint8Array(shared.buffer)
  const env = {
    memory: shared,
    abort: () => { throw new Error('the scanner stopped') },
    drain: () => drain?.(),
    screen: lane.filter === undefined ? () => 0 : attachFilter(shared, lane.filter, { shared: lane.regions.keys ?? 0, own: lane.regions.touched ?? 0 }).screen,
    normaliseText: (from: number, length: number) => writeNormal(memory, lane.regions.scratch ?? 0, memory.slice(from >>> 0, (from >>> 0) + length)),
  }
  const exports = new WebAssembly.Instance(scannerModule(), { env }).exports as unknown as Scanner
  // Addresses come as signed numbers: behind two gigabytes of tokens they are negative.
  const scanner: Scanner = { ...exports, scan: (...given) => exports.scan(...given) >>> 0, lastEvenLine: (...given) => exports.lastEvenLine(...given) >>> 0 }
  scanner.place(lane.state)
  return scanner
}

/** A scanner with its memory laid out and zeroed. Throws `RangeError` when the machine has not that much memory. */
export function createMachine(options: MachineOptions): Machine {
  const fieldMax = options.fieldBytesMax ?? fieldBytesMax
  const windowBytes = fieldMax + 2 * batchBytes + 64
  const { lanes, end } = layOut({ ...fixedRegions, ...options.regions }, options.lanes ?? 1, options.filter)
  const spareAt = end + windowBytes
  const pages = Math.ceil((spareAt + (options.spareBytes ?? 0)) / pageBytes) + 1
  const shared = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  const memory = new Uint8Array(shared.buffer)
  const scanner = attach(shared, lanes[0]!, options.drain)
  const at = (region: Setting, lane = 0): number => lanes[lane]?.regions[region] ?? 0
  const inLane = <Result>(lane: number, work: (own: Scanner) => Result): Result => {
    scanner.place(lanes[lane]!.state)
    const result = work(scanner)
    scanner.place(lanes[0]!.state)
    return result
  }
  const inLanes = (work: (lane: Lane) => void): void => { for (const [number, lane] of lanes.entries()) inLane(number, () => work(lane)) }
  const set = (setting: Setting, value: number): void => inLanes(() => scanner.set(settings.indexOf(setting), value))
  const key = new DataView(options.key.buffer, options.key.byteOffset, 16)
  inLanes((lane) => {
    for (const [region, place] of Object.entries(lane.regions)) scanner.set(settings.indexOf(region as Setting), place)
    scanner.setKey(key.getBigUint64(0, true), key.getBigUint64(8, true))
  })
  set('fieldBytesMax', fieldMax)
  memory.set(new Uint8Array(foldTable().buffer), at('fold'))
  const begin = ({ delimiter, idFields, shape }: ScanOptions): void => {
    set('shape', shapes[shape ?? 'rows'])
    set('delimiter', delimiter.charCodeAt(0))
    set('quoteless', delimiter.length > 1 ? 1 : 0)
    set('idFields', idFields ?? 0)
    inLanes(() => scanner.begin())
  }
  const streaming = { scanner, memory, window: end, windowBytes }
  return {
    memory, shared, lanes, spareAt, at, set, inLane, begin,
    count: (which, lane = 0) => inLane(lane, (own) => own.count(counts.indexOf(which))),
    scanOn: (bytes, how) => scanStream(streaming, bytes, how),
    scan: (bytes, how) => {
      begin(how)
      return scanStream(streaming, bytes, how)
    },
    ...singleValues(scanner, { memory, window: end, windowBytes, fieldMax, scratch: at('scratch') }),
  }
}

interface Window { readonly memory: Uint8Array; readonly window: number; readonly windowBytes: number; readonly fieldMax: number; readonly scratch: number }

function singleValues(scanner: Scanner, { memory, window, windowBytes, fieldMax, scratch }: Window): Pick<Machine, 'insert' | 'addLinks' | 'token' | 'normal' | 'link' | 'digest'> {
  const normal = (value: Uint8Array): number => {
    memory.set(value.subarray(0, fieldMax), window)
    return scanner.normaliseOne(window, Math.min(value.length, fieldMax))
  }
  const inSteps = (tokens: BigUint64Array, work: (count: number, from: number) => void): void => {
    const step = Math.floor(windowBytes / 8)
    for (let from = 0; from < tokens.length; from += step) {
      const part = tokens.subarray(from, from + step)
      memory.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), window)
      work(part.length, from)
    }
  }
  return {
    insert: (tokens, owner) => inSteps(tokens, (count) => scanner.insert(window, count, owner)),
    addLinks: (tokens, list, held) => inSteps(tokens, (count, from) => scanner.addLinks(list, window, count, held + from)),
    token: (value) => {
      const length = normal(value)
      return length === 0 ? undefined : BigInt.asUintN(64, scanner.tokenOne(length))
    },
    normal: (value) => {
      const length = normal(value)
      return new Uint8Array(memory.slice(scratch, scratch + length))
    },
    link: (a, b) => BigInt.asUintN(64, scanner.linkOne(a, b)),
    digest: (kind, value) => {
      const length = scanner.digestOne(['md5', 'sha1', 'sha256'].indexOf(kind), normal(value))
      return Buffer.from(memory.slice(scratch, scratch + length)).toString()
    },
  }
}

// Bytes of one lane's state: more than the class has (assembly/state.ts), checked by a test.
export const stateBytesMax = 1024

/** What is known first, then each lane's own: a state and its regions. */
function layOut(regions: Readonly<Partial<Record<Setting, number>>>, count: number, filter: FilterShape | undefined): { lanes: Lane[]; end: number } {
  let end = pageBytes // below lies the module's own data
  const take = (bytes: number): number => {
    const at = end
    end += Math.ceil((bytes + 16) / 64) * 64
    return at
  }
  const named = Object.entries(regions) as [Setting, number][]
  const known = named.filter(([region]) => sharedRegions.has(region)).map(([region, bytes]) => [region, take(bytes)] as const)
  const own = named.filter(([region]) => !sharedRegions.has(region))
  const lanes = Array.from({ length: count }, (): Lane => ({ state: take(stateBytesMax), ...(filter === undefined ? {} : { filter }), regions: Object.fromEntries([...known, ...own.map(([region, bytes]) => [region, take(bytes)] as const)]) }))
  return { lanes, end }
}

function writeNormal(memory: Uint8Array, scratch: number, bytes: Uint8Array): number {
  const normal = Buffer.from(normaliseText(textOf(bytes)))
  if (normal.length > valueBytesMax) return 0
  memory.set(normal, scratch)
  return normal.length
}

interface Scanning {
  readonly scanner: Scanner
  readonly memory: Uint8Array
  readonly window: number
  readonly windowBytes: number
}

async function scanStream({ scanner, memory, window }: Scanning, bytes: AsyncIterable<Uint8Array>, options: ScanOptions): Promise<number> {
  const batch = options.batchBytes ?? batchBytes
  let filled = 0 // bytes in the window
  let fresh = 0 // of them, bytes never scanned
  let offset = options.from ?? 0 // of the window's first byte within the stream
  if (offset > 0) scanner.resume(offset)
  const step = (last: boolean): void => {
    const used = scanner.scan(window, window + filled, offset, last ? 1 : 0) - window
    memory.copyWithin(window, window + used, window + filled)
    filled -= used
    offset += used
    fresh = 0
  }
  for await (const chunk of bytes) {
    for (let from = 0; from < chunk.length; ) {
      const part = chunk.subarray(from, from + batch - fresh)
      memory.set(part, window + filled)
      filled += part.length
      fresh += part.length
      from += part.length
      if (fresh >= batch) step(false)
    }
  }
  step(true)
  scanner.endForms()
  return offset
}
