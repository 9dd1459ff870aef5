/**
 * One scanner: the WASM module, its memory and what lies where in it. Nothing here knows datasets or files; a worker thread can
 * hold one as well as the main thread.
 */
import { readFileSync } from 'node:fs'
import { foldTable, normaliseText, textOf } from './normal.ts'

// The order of assembly/door.ts.
const settings = [
  'mode', 'delimiter', 'fieldBytesMax', 'idFields', 'scratch', 'side', 'fold', 'shapes', 'rowHits', 'keys', 'slotBits',
  'ownerInfo', 'datasetInfo', 'rowDatasets', 'fieldHits', 'fieldHitsMask', 'touched', 'touchedMax', 'out', 'outRows', 'columnOfField',
  'columnFieldsMax', 'columns', 'links', 'linkCount', 'profiles', 'rowTokens', 'waiting', 'waitingRows',
] as const
const counts = [
  'rows', 'values', 'tooLong', 'brokenQuotes', 'fieldsMax', 'probes', 'owned', 'fieldHitsLost', 'rowHitsLost', 'touchedCount', 'outCount',
] as const

export type Setting = (typeof settings)[number]
export type Count = (typeof counts)[number]
export const modes = { search: 0, locate: 1, build: 2 } as const

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
  scratch: 1024, side: 8192, fold: 4096, shapes: shapeBytes, rowHits: 4096, rowDatasets: 512, rowTokens: 64, links: 256, waiting: 1024 * 16, waitingRows: 1025 * 24,
}

interface Exports {
  set(setting: number, value: number): void
  count(which: number): number
  setKey(key0: bigint, key1: bigint): void
  begin(): void
  insert(from: number, count: number, owner: number): void
  normaliseOne(from: number, length: number): number
  tokenOne(length: number): bigint
  linkOne(a: bigint, b: bigint): bigint
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
}

export interface Machine {
  readonly memory: Uint8Array
  readonly at: (region: Setting) => number
  readonly set: (setting: Setting, value: number) => void
  readonly count: (which: Count) => number
  /** Scans a stream of bytes to its end and returns how many there were. */
  readonly scan: (bytes: AsyncIterable<Uint8Array>, options: ScanOptions) => Promise<number>
  /** Inserts sorted tokens for an owner. */
  readonly insert: (tokens: BigUint64Array, owner: number) => void
  /** The token of one value; undefined when its normal form is empty or too long. */
  readonly token: (value: Uint8Array) => bigint | undefined
  /** The normal form of one value, in bytes. */
  readonly normal: (value: Uint8Array) => Uint8Array
  readonly link: (a: bigint, b: bigint) => bigint
}

export interface ScanOptions {
  readonly delimiter: string
  readonly idFields?: number
  /** Shorter only in tests, to cut the stream anywhere. */
  readonly batchBytes?: number
}

// Node has it; the types of this project's libraries do not.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Memory: new (size: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer }
  readonly Instance: new (module: object, imports: object) => { readonly exports: object }
}

let compiled: object | undefined

function scannerModule(): object {
  compiled ??= new WebAssembly.Module(readFileSync(new URL('./scanner.wasm', import.meta.url)))
  return compiled
}

/** A scanner with its memory laid out and zeroed. Throws `RangeError` when the machine has not that much memory. */
export function createMachine(options: MachineOptions): Machine {
  const fieldMax = options.fieldBytesMax ?? fieldBytesMax
  const windowBytes = fieldMax + 2 * batchBytes + 64
  const places = layOut({ ...fixedRegions, ...options.regions })
  const window = places.end
  const pages = Math.ceil((window + windowBytes) / pageBytes) + 1
  const shared = new WebAssembly.Memory({ initial: pages, maximum: pages })
  const memory = new Uint8Array(shared.buffer)
  const at = (region: Setting): number => places.of.get(region) ?? 0
  const env = {
    memory: shared,
    abort: () => { throw new Error('the scanner stopped') },
    drain: () => options.drain?.(),
    normaliseText: (from: number, length: number) => writeNormal(memory, at('scratch'), memory.subarray(from, from + length)),
  }
  const scanner = new WebAssembly.Instance(scannerModule(), { env }).exports as unknown as Exports
  const set = (setting: Setting, value: number): void => scanner.set(settings.indexOf(setting), value)
  for (const [region, place] of places.of) set(region, place)
  set('fieldBytesMax', fieldMax)
  const key = new DataView(options.key.buffer, options.key.byteOffset, 16)
  scanner.setKey(key.getBigUint64(0, true), key.getBigUint64(8, true))
  memory.set(new Uint8Array(foldTable().buffer), at('fold'))
  const normal = (value: Uint8Array): number => {
    memory.set(value.subarray(0, fieldMax), window)
    return scanner.normaliseOne(window, Math.min(value.length, fieldMax))
  }
  return {
    memory,
    at,
    set,
    count: (which) => scanner.count(counts.indexOf(which)),
    scan: (bytes, how) => scanStream({ scanner, memory, window, windowBytes, set }, bytes, how),
    insert: (tokens, owner) => {
      const step = Math.floor(windowBytes / 8)
      for (let from = 0; from < tokens.length; from += step) {
        const part = tokens.subarray(from, from + step)
        memory.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), window)
        scanner.insert(window, part.length, owner)
      }
    },
    token: (value) => {
      const length = normal(value)
      return length === 0 ? undefined : BigInt.asUintN(64, scanner.tokenOne(length))
    },
    normal: (value) => {
      const length = normal(value)
      return memory.slice(at('scratch'), at('scratch') + length)
    },
    link: (a, b) => BigInt.asUintN(64, scanner.linkOne(a, b)),
  }
}

function layOut(regions: Readonly<Partial<Record<Setting, number>>>): { of: Map<Setting, number>; end: number } {
  const of = new Map<Setting, number>()
  let end = pageBytes // below lies the module's own state
  for (const setting of settings) {
    const bytes = regions[setting]
    if (bytes === undefined) continue
    of.set(setting, end)
    end += Math.ceil((bytes + 16) / 64) * 64
  }
  return { of, end }
}

function writeNormal(memory: Uint8Array, scratch: number, bytes: Uint8Array): number {
  const normal = Buffer.from(normaliseText(textOf(bytes)))
  if (normal.length > valueBytesMax) return 0
  memory.set(normal, scratch)
  return normal.length
}

interface Scanning {
  readonly scanner: Exports
  readonly memory: Uint8Array
  readonly window: number
  readonly windowBytes: number
  readonly set: (setting: Setting, value: number) => void
}

async function scanStream(machine: Scanning, bytes: AsyncIterable<Uint8Array>, options: ScanOptions): Promise<number> {
  const { scanner, memory, window } = machine
  const batch = options.batchBytes ?? batchBytes
  machine.set('delimiter', options.delimiter.charCodeAt(0))
  machine.set('idFields', options.idFields ?? 0)
  scanner.begin()
  let filled = 0 // bytes in the window
  let fresh = 0 // of them, bytes never scanned
  let offset = 0 // of the window's first byte within the stream
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
  return offset
}
