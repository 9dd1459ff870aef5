/**
 * The union filter: which tokens belong to any of many datasets, in 24 bits a token. A blocked Bloom filter (`scanner/assembly/filter.ts`): a token of the union always
 * passes; a strange one about once in 25,000 times.
 */
import { readFileSync } from 'node:fs'
import { Broken } from '#kit/errors'

/** Bits of the filter a token: with fewer, more strangers pass. */
const tokenBits = 24
const tokenBitsMin = 16

const blockBytes = 64

/** Beside it lie a window and counters, and WebAssembly addresses 4 GiB. */
const filterBytesMax = 3.25 * 1024 ** 3

/** Recently missed tokens that are not looked up again, as a power of two: 256 kB, a part of the second-level cache. */
const missBits = 15
const missBytes = 2 ** missBits * 8

/** Tokens looked up together at the most. */
export const screenTokensMax = 4096

/** Blocks of a filter. */
export interface FilterShape { readonly blocks: number }

/** The shape of a filter for this many tokens. Throws `Broken` when they are more than one filter tells apart. */
export function shapeFor(tokens: number): FilterShape {
  const blocks = Math.max(1, Math.ceil(Math.min(tokens * tokenBits / 8, filterBytesMax) / blockBytes))
  if ((blocks * blockBytes * 8) / Math.max(1, tokens) < tokenBitsMin && tokens > 1) throw new Broken('trace/too-many-fingerprints', `a filter does not hold ${tokens} tokens`)
  return { blocks }
}

/** Bytes of the filter. */
export const filterBytes = ({ blocks }: FilterShape): number => blocks * blockBytes

/** The block of a token by its upper half: sorted tokens have ascending blocks. */
export const blockOf = (upper: number, { blocks }: FilterShape): number => Number((BigInt(upper) * BigInt(blocks)) >> 32n)

interface Exports {
  regions(filter: number, blocks: number, misses: number, missBits: number, pending: number): void
  add(at: number, count: number, from: number, to: number): void
  test(token: bigint): number
  screen(at: number, count: number): number
  links(at: number, count: number): void
}

// Node has it; the types of this project's libraries do not.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Memory: new (size: { initial: number; maximum: number; shared: true }) => { readonly buffer: SharedArrayBuffer }
  readonly Instance: new (module: object, imports: object) => { readonly exports: object }
}

const pageBytes = 64 * 1024

let compiled: object | undefined

function instance(memory: object): Exports {
  compiled ??= new WebAssembly.Module(readFileSync(new URL('./filter.wasm', import.meta.url)))
  return new WebAssembly.Instance(compiled, { env: { memory, abort: () => { throw new Error('the filter stopped') } } }).exports as unknown as Exports
}

function memoryOf(bytes: number): { readonly buffer: SharedArrayBuffer } {
  const pages = Math.ceil(bytes / pageBytes) + 1
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
}

/** Bytes that a filter takes: what all threads share, and what each keeps for itself. The filter begins on a cache line. */
export function filterRegions(shape: FilterShape): { shared: number; own: number } {
  return { shared: filterBytes(shape) + blockBytes, own: missBytes + screenTokensMax * 4 }
}

/** Blocks of a filter, from one up to before another. */
export interface BlockRange { readonly from: number; readonly to: number }

/** A filter in a memory, as one thread uses it. */
export interface AttachedFilter {
  /** Looks up waiting tokens; see ../scanner/assembly/filter.ts. The instance's own function, so that the scanner calls it without a detour. */
  readonly screen: (waiting: number, count: number) => number
  readonly test: (token: bigint) => boolean
  /** Puts in those of `count` tokens at this address whose blocks are in the range: two threads may put into different ranges at a time. */
  readonly add: (at: number, count: number, range: BlockRange) => void
}

/** Attaches to the filter whose regions lie at these addresses of a shared memory, zeroed: nothing passes until it is put in. */
export function attachFilter(memory: { readonly buffer: ArrayBufferLike }, shape: FilterShape, at: { readonly shared: number; readonly own: number }): AttachedFilter {
  const filter = instance(memory)
  filter.regions(Math.ceil(at.shared / blockBytes) * blockBytes, shape.blocks, at.own, missBits, at.own + missBytes)
  return { screen: filter.screen, test: (token) => filter.test(token) !== 0, add: (from, count, range) => filter.add(from, count, range.from, range.to) }
}

/** A filter in a memory of its own: for tests and measurements. */
export interface Filter {
  readonly shape: FilterShape
  readonly test: (token: bigint) => boolean
  readonly add: (tokens: BigUint64Array, range?: BlockRange) => void
  /** Looks up tokens as the scanner does; a byte for each, 1 when it passes. */
  readonly screen: (tokens: BigUint64Array) => Uint8Array
}

/** An empty filter. */
export function createFilter(shape: FilterShape): Filter {
  const regions = filterRegions(shape)
  const own = Math.ceil((pageBytes + regions.shared) / blockBytes) * blockBytes
  const waiting = Math.ceil((own + regions.own) / blockBytes) * blockBytes
  const memory = memoryOf(waiting + screenTokensMax * 16)
  const { test, screen, add } = attachFilter(memory, shape, { shared: pageBytes, own })
  const room = new BigUint64Array(memory.buffer, waiting, screenTokensMax * 2)
  const bytes = new Uint8Array(memory.buffer)
  return {
    shape, test,
    add: (tokens, range = { from: 0, to: shape.blocks }) => {
      for (let from = 0; from < tokens.length; from += room.length) {
        const part = tokens.subarray(from, from + room.length)
        room.set(part)
        add(waiting, part.length, range)
      }
    },
    screen: (tokens) => {
      if (tokens.length > screenTokensMax) throw new RangeError(`more than ${screenTokensMax} tokens at once`)
      for (let token = 0; token < tokens.length; token += 1) room[token * 2] = tokens[token]!
      screen(waiting, tokens.length)
      return Uint8Array.from(tokens, (_, token) => bytes[waiting + token * 16 + 10]!)
    },
  }
}

// Sums turned into links at a time.
const linksAtOnce = 65_536

/** Turns sums of two tokens into the links of the two, in their place. */
export function createLinking(): (sums: BigUint64Array) => void {
  const memory = memoryOf(pageBytes + linksAtOnce * 8)
  const filter = instance(memory)
  const room = new BigUint64Array(memory.buffer, pageBytes, linksAtOnce)
  return (sums) => {
    for (let from = 0; from < sums.length; from += linksAtOnce) {
      const part = sums.subarray(from, from + linksAtOnce)
      room.set(part)
      filter.links(pageBytes, part.length)
      part.set(room.subarray(0, part.length))
    }
  }
}
