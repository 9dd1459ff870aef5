/** Packings of one stream: gzip, zstd, bzip2 and xz, each as bytes in, bytes out, with memory that does not grow with either. */
import { createRequire } from 'node:module'
import type { Transform } from 'node:stream'
import { createGunzip, createInflateRaw, createZstdDecompress } from 'node:zlib'
import type * as Xz from 'xz-decompress'
import { Broken } from '#kit/errors'
import type { Packing } from '../format.ts'

/** The stream unpacked. Throws `Broken` `inventory/packing-damaged` for what is damaged or cut short. What is missing at its end goes to `notes`. */
export function unpacked(bytes: AsyncIterable<Uint8Array>, packing: Packing, notes: string[]): AsyncGenerator<Uint8Array> {
  switch (packing) {
    case 'gzip': return through(bytes, createGunzip({ chunkSize: outBytes }), { packing, notes })
    case 'deflate': return through(bytes, createInflateRaw({ chunkSize: outBytes }), { packing, notes })
    case 'zstd': return through(bytes, createZstdDecompress({ chunkSize: outBytes }), { packing, notes })
    case 'bzip2': return bunzip2(bytes)
    case 'xz': return unxz(bytes)
  }
}

const outBytes = 256 * 1024

const damaged = (packing: Packing, cause: unknown): Broken => {
  const code = (cause as { code?: unknown } | undefined)?.code
  return new Broken('inventory/packing-damaged', `the ${packing} is damaged or cut short${typeof code === 'string' ? ` (${code})` : ''}`, { cause })
}

interface Unpacking { readonly packing: Packing; readonly notes: string[] }

async function* through(bytes: AsyncIterable<Uint8Array>, stream: Transform & { readonly bytesWritten: number }, { packing, notes }: Unpacking): AsyncGenerator<Uint8Array> {
  const tail = { length: 0, failure: undefined as unknown }
  const feeding = feed(bytes, stream, tail)
  try {
    for await (const part of stream as AsyncIterable<Uint8Array>) yield part
    const behind = tail.length - stream.bytesWritten
    if (behind > 0) notes.push(`${behind} bytes behind the end of its ${packing} were not read`)
  } catch (cause) {
    if (tail.failure instanceof Broken) throw tail.failure
    throw damaged(packing, cause)
  } finally {
    stream.destroy()
    await feeding
  }
}

async function feed(source: AsyncIterable<Uint8Array>, stream: Transform, tail: { length: number; failure: unknown }): Promise<void> {
  try {
    for await (const part of source) {
      if (stream.destroyed) return
      tail.length += part.length
      if (!stream.write(part)) await drained(stream)
    }
    stream.end()
  } catch (cause) {
    tail.failure = cause
    stream.destroy(cause as Error)
  }
}

/** Until more can be written, or nothing ever will. Leaves no listener behind: a large file waits thousands of times. */
async function drained(stream: Transform): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      stream.off('drain', done).off('close', done)
      resolve()
    }
    stream.once('drain', done).once('close', done)
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
    throw damaged('xz', cause)
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
