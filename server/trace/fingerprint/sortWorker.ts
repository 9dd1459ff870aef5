/**
 * The thread that keeps more tokens than fit into memory: it deals them into partitions by their first bits, writes those encrypted to the scratch
 * file, and sorts one partition at a time when asked. Several may read the file; one writes it.
 */
import { createCipheriv } from 'node:crypto'
import { readSync, writeSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { chunkTokens, partitionBits, partitions, type Partition, type Sorted, type SortWork } from './partitions.ts'
import { sortTokens, thin } from './tokens.ts'

export interface SortWorkerData {
  /** Of the scratch file. */
  readonly descriptor: number
  /** 32 bytes. */
  readonly key: Uint8Array
  /** Lists that this thread is given tokens of; zero for one that only sorts. */
  readonly regions: number
}

const { descriptor, key, regions } = workerData as SortWorkerData

// By region and partition: the chunk that is being filled, where in it, and the chunks of the file.
const filling: (Uint32Array<ArrayBuffer> | undefined)[] = new Array<undefined>(regions * partitions).fill(undefined)
const filled = new Uint32Array(regions * partitions)
const written: Partition[] = Array.from({ length: regions * partitions }, () => ({ chunks: [], length: 0 }))
let chunks = 0

function add(region: number, buffer: ArrayBuffer): void {
  const tokens = new Uint32Array(buffer)
  for (let at = 0; at < tokens.length; at += 2) {
    const high = tokens[at + 1]!
    const partition = region * partitions + (high >>> (32 - partitionBits))
    const chunk = (filling[partition] ??= new Uint32Array(chunkTokens * 2))
    const to = filled[partition]!
    chunk[to] = tokens[at]!
    chunk[to + 1] = high
    filled[partition] = to + 2
    if (to + 2 === chunk.length) write(partition)
  }
}

/** Chunk n stands at n times its size, encrypted with AES-256-CTR (NIST SP 800-38A); its number is the upper half of the counter. */
function cipherOf(chunk: number): ReturnType<typeof createCipheriv> {
  const counter = Buffer.alloc(16)
  counter.writeUIntBE(chunk, 2, 6)
  return createCipheriv('aes-256-ctr', key, counter)
}

function write(partition: number): void {
  const length = filled[partition]! / 2
  const bytes = cipherOf(chunks).update(new Uint8Array(filling[partition]!.buffer, 0, length * 8))
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at, bytes.length - at, chunks * chunkTokens * 8 + at)
  const place = written[partition]!
  place.chunks.push(chunks)
  place.length += length
  filled[partition] = 0
  chunks += 1
}

function end(): Partition[] {
  for (let partition = 0; partition < filled.length; partition += 1) if (filled[partition]! > 0) write(partition)
  filling.fill(undefined)
  return written
}

function sorted({ chunks: numbers, length }: Partition, frequencyMax: number): Sorted {
  const tokens = new BigUint64Array(length)
  const bytes = new Uint8Array(tokens.buffer)
  const sealed = Buffer.allocUnsafe(chunkTokens * 8)
  for (const [at, chunk] of numbers.entries()) {
    const size = Math.min(chunkTokens, length - at * chunkTokens) * 8
    for (let read = 0; read < size; ) {
      const more = readSync(descriptor, sealed, read, size - read, chunk * chunkTokens * 8 + read)
      if (more === 0) throw new Error('the scratch file ends early')
      read += more
    }
    bytes.set(cipherOf(chunk).update(sealed.subarray(0, size)), at * chunkTokens * 8)
  }
  const { tokens: kept, pairs, dropped } = thin(sortTokens(tokens, partitionBits), frequencyMax)
  return { tokens: kept as BigUint64Array<ArrayBuffer>, pairs, dropped }
}

parentPort?.on('message', (work: SortWork) => {
  if (work.do === 'add') {
    add(work.region, work.tokens)
    parentPort?.postMessage({ did: 'add' })
  } else if (work.do === 'end') parentPort?.postMessage({ did: 'end', partitions: end() })
  else {
    const done = sorted(work.partition, work.frequencyMax)
    parentPort?.postMessage({ did: 'sort', ...done }, [done.tokens.buffer])
  }
})
