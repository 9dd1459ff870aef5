/** Packings of one stream: gzip, zlib, zstd, bzip2 and xz, each as bytes in, bytes out, with memory that does not grow with either. */
import { createRequire } from 'node:module'
import type { Transform } from 'node:stream'
import { createGunzip, createInflate, createInflateRaw, createZstdDecompress } from 'node:zlib'
import type * as Xz from 'xz-decompress'
import { Broken } from '#kit/errors'
import type { Packing } from '../format.ts'
import { ZstdFrames } from './zstdFrames.ts'

/** The stream unpacked. Throws `Broken` `inventory/packing-damaged` for what is damaged or cut short. What is missing at its end goes to `notes`. */
export function unpacked(bytes: AsyncIterable<Uint8Array>, packing: Packing, notes: string[]): AsyncGenerator<Uint8Array> {
  switch (packing) {
    case 'gzip': case 'zlib': case 'deflate': case 'zstd': return through(bytes, { packing, notes })
    case 'bzip2': return bunzip2(bytes)
    case 'xz': return unxz(bytes)
  }
}

const outBytes = 256 * 1024

const damaged = (packing: Packing, cause: unknown): Broken => {
  const code = (cause as { code?: unknown } | undefined)?.code
  return new Broken('inventory/packing-damaged', `the ${packing} is damaged or cut short${typeof code === 'string' ? ` (${code})` : ''}`, { cause })
}

interface Unpacking { readonly packing: 'gzip' | 'zlib' | 'deflate' | 'zstd'; readonly notes: string[] }

/** What was given to a decompressor and not yet used by it, and what follows. */
interface Given { readonly source: AsyncIterator<Uint8Array>; recent: Uint8Array[]; total: number; failure: unknown }

type Decompressor = Transform & { readonly bytesWritten: number }
const decompressors: Readonly<Record<Unpacking['packing'], () => Decompressor>> = {
  gzip: () => createGunzip({ chunkSize: outBytes }), zlib: () => createInflate({ chunkSize: outBytes }), deflate: () => createInflateRaw({ chunkSize: outBytes }), zstd: () => createZstdDecompress({ chunkSize: outBytes }),
}

async function* through(bytes: AsyncIterable<Uint8Array>, { packing, notes }: Unpacking): AsyncGenerator<Uint8Array> {
  const frames = new ZstdFrames()
  const given: Given = { source: (packing === 'zstd' ? observed(bytes, frames) : bytes)[Symbol.asyncIterator](), recent: [], total: 0, failure: undefined }
  try {
    // The library's zstd stops behind one frame, and large files have many.
    for (let more = true; more;) {
      const rest = given.recent
      given.recent = []
      given.total = 0
      yield* oneFrame(decompressors[packing](), given, rest)
      more = packing === 'zstd' && isFrame(await ahead(given, 4))
    }
    let behind = 0
    for (let part = given.recent.shift(); part !== undefined; part = given.recent.shift() ?? await nextOf(given)) behind += part.some((byte) => byte !== 0) ? part.length : 0
    if (packing === 'zstd' && !frames.whole) throw damaged(packing, undefined) // the library ends a cut frame like a whole one
    if (behind > 0) notes.push(`${behind} bytes behind the end of its ${packing} were not read`)
  } catch (cause) {
    if (given.failure instanceof Broken) throw given.failure
    throw cause instanceof Broken ? cause : damaged(packing, cause)
  } finally {
    await given.source.return?.()
  }
}

async function* observed(bytes: AsyncIterable<Uint8Array>, frames: ZstdFrames): AsyncGenerator<Uint8Array> {
  for await (const part of bytes) {
    frames.push(part)
    yield part
  }
}

async function* oneFrame(stream: Decompressor, given: Given, rest: Uint8Array[]): AsyncGenerator<Uint8Array> {
  const feeding = feed(stream, given, rest)
  try {
    for await (const part of stream as AsyncIterable<Uint8Array>) yield part
  } finally {
    stream.destroy()
    await feeding
  }
  const unused = given.total - stream.bytesWritten
  const all = Buffer.concat([...given.recent, ...rest])
  given.recent = unused > 0 ? [all.subarray(all.length - unused - lengthOf(rest))] : [...rest]
}

const lengthOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, part) => sum + part.length, 0)
const isFrame = (start: Buffer): boolean => start.length === 4 && (start.readUInt32LE() === 0xfd2fb528 || (start.readUInt32LE() & 0xfffffff0) >>> 0 === 0x184d2a50)

async function nextOf(given: Given): Promise<Uint8Array | undefined> {
  const next = await given.source.next()
  return next.done === true ? undefined : next.value
}

/** The next few bytes, which stay where they are. */
async function ahead(given: Given, count: number): Promise<Buffer> {
  while (lengthOf(given.recent) < count) {
    const next = await nextOf(given)
    if (next === undefined) break
    given.recent.push(next)
  }
  return Buffer.concat(given.recent).subarray(0, count)
}

async function feed(stream: Decompressor, given: Given, rest: Uint8Array[]): Promise<void> {
  try {
    while (!stream.destroyed && !stream.readableEnded) {
      const part = rest.shift() ?? await nextOf(given)
      if (part === undefined) break
      while (given.recent.length > 0 && given.total - lengthOf(given.recent) + given.recent[0]!.length <= stream.bytesWritten) given.recent.shift()
      given.recent.push(part)
      given.total += part.length
      if (!stream.destroyed && !stream.write(part)) await drained(stream)
    }
    if (!stream.destroyed) stream.end()
  } catch (cause) {
    given.failure = cause
    stream.destroy(cause as Error)
  }
}

/** Until more can be written, or nothing ever will. Leaves no listener behind: a large file waits thousands of times. */
export async function drained(stream: Pick<NodeJS.EventEmitter, 'once' | 'off'>): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      stream.off('drain', done).off('end', done).off('close', done)
      resolve()
    }
    stream.once('drain', done).once('end', done).once('close', done)
  })
}

async function* unxz(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let failure: unknown
  const source = (async function* () {
    try {
      yield* bytes
    } catch (cause) {
      failure = cause
      throw cause
    }
  })()
  try {
    for await (const part of new XzReadableStream(ReadableStream.from(source)) as AsyncIterable<Uint8Array>) if (part.length > 0) yield Uint8Array.from(part)
  } catch (cause) {
    if (failure instanceof Broken) throw failure
    throw new Broken('inventory/packing-damaged', 'the xz is damaged or cut short, or needs a dictionary larger than is given to it', { cause })
  } finally {
    await source.return(undefined)
  }
}

type BitReader = ((count: number | null) => number) & { bytesRead: number }
interface Bzip2 {
  header(bits: BitReader): number
  /** One block, byte by byte; the check sum so far, or null behind the last block of a stream. */
  decompress(bits: BitReader, write: (byte: number) => void, buffer: Int32Array, size: number, sum: number): number | null
}
const require = createRequire(import.meta.url)
const { XzReadableStream } = require('xz-decompress') as typeof Xz // a CommonJS package whose names Node cannot see
const bzip2 = require('unbzip2-stream/lib/bzip2.js') as Bzip2
const bitIterator = require('unbzip2-stream/lib/bit_iterator.js') as (next: () => Uint8Array | undefined) => BitReader

// A block of level 9 as it may at most be packed, and what the library asks to have at hand.
const blockPackedMax = 25_000 + 100_000 * 9

interface BlockState { bits: BitReader | undefined; size: number; sum: number; buffer: Int32Array }

/**
 * The package's own stream unpacks all it was given before anybody can read it, so a small file could fill the memory: its parts are driven here
 * block by block (at most 46 MB each) instead.
 */
async function* bunzip2(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const waiting: Uint8Array[] = []
  const source = bytes[Symbol.asyncIterator]()
  const state: BlockState = { bits: undefined, size: 0, sum: 0, buffer: new Int32Array(0) }
  let given = 0
  const take = (): Uint8Array => {
    const next = waiting.shift()
    if (next === undefined) throw damaged('bzip2', undefined)
    return next
  }
  try {
    for (let ended = false; ;) {
      while (!ended && given - (state.bits?.bytesRead ?? 0) < blockPackedMax) {
        const next = await source.next()
        if (next.done === true) ended = true
        else if (next.value.length > 0) {
          waiting.push(next.value)
          given += next.value.length
        }
      }
      state.bits ??= bitIterator(take)
      if (given <= state.bits.bytesRead) break
      const block = nextBlock(state.bits, state)
      if (block !== undefined) yield block
    }
    if (state.size !== 0) throw damaged('bzip2', undefined)
  } finally {
    await source.return?.()
  }
}

/** The next block, or undefined for the beginning or the end of a stream. */
function nextBlock(bits: BitReader, state: BlockState): Uint8Array | undefined {
  let block = Buffer.allocUnsafe(state.buffer.length + 1024)
  let length = 0
  const write = (byte: number): void => {
    if (length === block.length) block = Buffer.concat([block], block.length * 2)
    block[length] = byte
    length += 1
  }
  try {
    if (state.size === 0) {
      state.size = bzip2.header(bits)
      state.sum = 0
      if (state.buffer.length !== state.size * 100_000) state.buffer = new Int32Array(state.size * 100_000)
      return undefined
    }
    const sum = bzip2.decompress(bits, write, state.buffer, state.buffer.length, state.sum)
    if (sum === null) state.size = 0
    else state.sum = sum
  } catch (cause) {
    throw cause instanceof Broken ? cause : damaged('bzip2', cause)
  }
  return length === 0 ? undefined : block.subarray(0, length)
}
