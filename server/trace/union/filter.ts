/**
 * The union filter: which tokens belong to any of many datasets, in 18 bits a token. Binary fuse filters of 16-bit fingerprints (Graf
 * and Lemire, 2022), one a shard of the token space. A token of the union always passes; a strange one once in 65,536 times.
 */
import { readFileSync } from 'node:fs'
import { Broken } from '#kit/errors'

/** Keys of a shard, about: small enough that a shard is built, and its three positions looked up, near the processor. */
export const shardKeysTarget = 1024 * 1024

/** More than this many tries for one shard means that its keys are not what they should be. Each fails once in some ten tries at the most. */
const attemptsMax = 100

/** Recently missed tokens that are not looked up again, as a power of two: 256 kB, a part of the second-level cache. */
const missBits = 15
const missBytes = 2 ** missBits * 8

/** Tokens looked up together at the most. */
export const screenTokensMax = 4096

/** How every shard of a filter is laid out. */
export interface FilterShape {
  readonly shardBits: number
  /** Length of a segment, as a power of two. */
  readonly segmentBits: number
  /** Positions that may be a key's first. */
  readonly starts: number
  /** Fingerprints of a shard. */
  readonly slots: number
  /** Keys that one shard has room for. */
  readonly keysMax: number
}

/** The shape of a filter for this many tokens, none of them known: shards differ by chance, and all have room for the largest. */
export function shapeFor(tokens: number, shardKeys = shardKeysTarget): FilterShape {
  const shardBits = Math.max(0, Math.ceil(Math.log2(Math.max(1, tokens) / shardKeys)))
  const mean = tokens / 2 ** shardBits
  const keysMax = Math.ceil(mean + (shardBits === 0 ? 0 : 8 * Math.sqrt(mean))) + 8
  // Lengths as the paper gives them for three positions.
  const segmentBits = Math.min(15, Math.max(2, Math.floor(Math.log(keysMax) / Math.log(3.33) + 2.25)))
  const factor = Math.max(1.125, 0.875 + (0.25 * Math.log(1e6)) / Math.log(keysMax))
  const segments = Math.max(1, Math.ceil((keysMax * factor) / 2 ** segmentBits) - 2)
  const starts = segments * 2 ** segmentBits
  return { shardBits, segmentBits, starts, slots: starts + 2 * 2 ** segmentBits, keysMax }
}

/** Bytes of all fingerprints. */
export function filterBytes(shape: FilterShape): number {
  return 2 ** shape.shardBits * shape.slots * 2
}

/** The shard that a token's upper half belongs to. */
export function shardOf(upper: number, shardBits: number): number {
  return shardBits === 0 ? 0 : upper >>> (32 - shardBits)
}

interface Exports {
  shape(shardBits: number, segmentBits: number, starts: number): void
  regions(filter: number, attempts: number, misses: number, missBits: number, pending: number): void
  work(which: number, at: number): void
  build(count: number, attempt: number, bucketBits: number, out: number): number
  test(token: bigint): number
  screen(at: number, count: number): number
}

// Node has it; the types of this project's libraries do not.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Memory: new (size: { initial: number; maximum: number; shared: true }) => { readonly buffer: SharedArrayBuffer }
  readonly Instance: new (module: object, imports: object) => { readonly exports: object }
}

const pageBytes = 64 * 1024
const pagesMax = 65_536

let compiled: object | undefined

function instance(memory: object): Exports {
  compiled ??= new WebAssembly.Module(readFileSync(new URL('./filter.wasm', import.meta.url)))
  return new WebAssembly.Instance(compiled, { env: { memory, abort: () => { throw new Error('the filter stopped') } } }).exports as unknown as Exports
}

function memoryOf(bytes: number): { readonly buffer: SharedArrayBuffer } {
  const pages = Math.ceil(bytes / pageBytes) + 1
  if (pages > pagesMax) throw new Broken('trace/too-many-fingerprints', `a filter of ${bytes} bytes does not fit into one search`)
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
}

/** Lays regions one behind another from `from`, on whole cache lines. */
function layOut(from: number, sizes: readonly number[]): { at: number[]; end: number } {
  let end = from
  const at = sizes.map((bytes) => {
    const start = end
    end += Math.ceil((bytes + 16) / 64) * 64
    return start
  })
  return { at, end }
}

/** One shard, built. */
export interface BuiltShard {
  /** `slots` fingerprints; the builder's own memory, to be copied before the next. */
  readonly fingerprints: Uint16Array
  readonly attempt: number
  /** Different keys in it. */
  readonly keys: number
}

export interface ShardBuilder {
  /** Builds the shard of these tokens, in any order and each any number of times. Throws `Broken` when there is no room for them. */
  readonly build: (tokens: BigUint64Array) => BuiltShard
}

/** A builder of shards of one shape, in a memory of its own: about 50 bytes a key. */
export function createShardBuilder(shape: FilterShape): ShardBuilder {
  const { keysMax, slots } = shape
  const bucketBits = Math.max(1, Math.ceil(Math.log2(keysMax / 8)))
  const { at, end } = layOut(pageBytes, [keysMax * 8, keysMax * 8, (2 ** bucketBits + 1) * 4, slots * 8, slots, keysMax * 8, keysMax, (slots + 4) * 4, slots * 2])
  const memory = memoryOf(end)
  const { buffer } = memory
  const filter = instance(memory)
  filter.shape(shape.shardBits, shape.segmentBits, shape.starts)
  for (const [which, region] of at.slice(0, -1).entries()) filter.work(which, region)
  const keys = new BigUint64Array(buffer, at[0], keysMax)
  const out = at.at(-1)!
  return {
    build: (tokens) => {
      if (tokens.length > keysMax) throw new Broken('trace/filter-crowded', 'a shard of the filter holds more tokens than chance gives: they are no keyed tokens')
      keys.set(tokens)
      for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
        const kept = filter.build(tokens.length, attempt, bucketBits, out)
        if (kept >= 0) return { fingerprints: new Uint16Array(buffer, out, slots), attempt, keys: kept }
      }
      throw new Broken('trace/filter-unbuilt', `a shard of the filter could not be built in ${attemptsMax} attempts`)
    },
  }
}

/** Bytes that a filter takes: what all threads share, and what each keeps for itself. */
export function filterRegions(shape: FilterShape): { shared: number; own: number } {
  return { shared: filterBytes(shape) + attemptsBytes(shape), own: missBytes + screenTokensMax * 4 }
}

/** One number a shard, on whole cache lines. */
const attemptsBytes = (shape: FilterShape): number => Math.ceil(2 ** shape.shardBits / 64) * 64

/** A filter in a memory, as one thread asks it. */
export interface AttachedFilter {
  /** Looks up waiting tokens; see ../scanner/assembly/filter.ts. The instance's own function, so that the scanner calls it without a detour. */
  readonly screen: (waiting: number, count: number) => number
  readonly test: (token: bigint) => boolean
  readonly put: (shard: number, built: Pick<BuiltShard, 'fingerprints' | 'attempt'>) => void
}

/** Attaches to the filter whose regions lie at these addresses of a shared memory, zeroed: nothing passes a shard but by chance until it is put. */
export function attachFilter(memory: { readonly buffer: ArrayBufferLike }, shape: FilterShape, at: { readonly shared: number; readonly own: number }): AttachedFilter {
  const filter = instance(memory)
  const attempts = at.shared
  const fingerprints = attempts + attemptsBytes(shape)
  filter.shape(shape.shardBits, shape.segmentBits, shape.starts)
  filter.regions(fingerprints, attempts, at.own, missBits, at.own + missBytes)
  return {
    screen: filter.screen,
    test: (token) => filter.test(token) !== 0,
    put: (shard, built) => {
      new Uint16Array(memory.buffer, fingerprints + shard * shape.slots * 2, shape.slots).set(built.fingerprints)
      new Uint8Array(memory.buffer)[attempts + shard] = built.attempt
    },
  }
}

/** A filter in a memory of its own: for tests and measurements. */
export interface Filter extends Pick<AttachedFilter, 'put' | 'test'> {
  readonly shape: FilterShape
  /** Looks up tokens as the scanner does; a byte for each, 1 when it passes. */
  readonly screen: (tokens: BigUint64Array) => Uint8Array
}

/** An empty filter. */
export function createFilter(shape: FilterShape): Filter {
  const regions = filterRegions(shape)
  const { at, end } = layOut(pageBytes, [regions.shared, regions.own, screenTokensMax * 16])
  const memory = memoryOf(end)
  const { buffer } = memory
  const [shared, own, waiting] = at as [number, number, number]
  const { put, test, screen } = attachFilter(memory, shape, { shared, own })
  const bytes = new Uint8Array(buffer)
  const entries = new BigUint64Array(buffer, waiting, screenTokensMax * 2)
  return {
    shape, put, test,
    screen: (tokens) => {
      if (tokens.length > screenTokensMax) throw new RangeError(`more than ${screenTokensMax} tokens at once`)
      for (let token = 0; token < tokens.length; token += 1) entries[token * 2] = tokens[token]!
      screen(waiting, tokens.length)
      return Uint8Array.from(tokens, (_, token) => bytes[waiting + token * 16 + 10]!)
    },
  }
}
