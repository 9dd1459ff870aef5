/**
 * Sorts the tokens of many lists (regions) at once, in little memory: few stay in memory; more are dealt by their first bits into partitions in a scratch file,
 * encrypted under a random key that is never written, and sorted partition by partition while the rows before are still being sealed.
 */
import { closeSync, openSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { Broken } from '#kit/errors'
import { partitionBits, partitions, type Partition, type Sorted, type SortWork } from './partitions.ts'
import type { SortWorkerData } from './sortWorker.ts'
import { addPart, countBelow, distinct, emptyList, type DistinctTokens } from './tokens.ts'

// 64 MB: below it nothing is written to disk.
const memoryTokensMax = 8 * 1024 * 1024

// Hand-overs that may wait for the writing thread, 64 KiB each: more, and reading rows waits.
const waitingMax = 256

// Threads that sort while the main one seals, and partitions asked of each before they are needed.
const sortThreads = 2
const aheadMax = 2

/** Tokens of a list that stand in order behind those of the part before. */
export interface SortedPart extends DistinctTokens {
  /** High halves of this part's tokens are below it, and those of the next part are not. */
  readonly end: number
}

export interface TokenSorter {
  /** Takes tokens of one list, in any order. The array is the sorter's from now on. */
  add(region: number, tokens: BigUint64Array): void
  /** Tokens taken so far. */
  length(): number
  /** Resolves when the sorter has room: await it between pieces of input. Throws `Broken` when the scratch file cannot be written. */
  ready(): Promise<void>
  /** One list in ascending parts, thinned (`thin`); each list once. After the first, nothing may be added. Throws as `ready`. */
  sorted(region: number, frequencyMax: number): AsyncGenerator<SortedPart>
  /** Ends its threads and gives the scratch file's space back. Safe to call twice. */
  close(): Promise<void>
}

export interface SorterOptions {
  /** Lists: regions count from 0. */
  readonly regions: number
  /** Directory of the scratch file, which has no name in it from the moment it is made; beside the segment, where its like is kept. */
  readonly directory: string
  readonly random: (bytes: number) => Uint8Array
  /** Less only in tests. */
  readonly memoryTokensMax?: number
}

/** A sorter for this many lists. Nothing is written while they fit into memory. */
export function createSorter(options: SorterOptions): TokenSorter {
  const lists = Array.from({ length: options.regions }, emptyList)
  let tokens = 0
  let scratch: Scratch | undefined
  let ended: Promise<Partition[]> | undefined
  const spill = (): Scratch => {
    const begun = openScratch(options)
    for (const [region, list] of lists.entries()) for (const part of list.parts.splice(0)) begun.add(region, part)
    return begun
  }
  return {
    add: (region, part) => {
      tokens += part.length
      if (scratch === undefined && tokens <= (options.memoryTokensMax ?? memoryTokensMax)) addPart(lists[region]!, part)
      else (scratch ??= spill()).add(region, part)
    },
    length: () => tokens,
    ready: async () => scratch?.ready(),
    sorted: async function* (region, frequencyMax) {
      if (scratch === undefined) {
        yield* partsOf(distinct(lists[region]!, frequencyMax))
        return
      }
      ended ??= scratch.end()
      yield* scratch.sorted((await ended).slice(region * partitions, (region + 1) * partitions), frequencyMax)
    },
    close: async () => {
      const open = scratch
      scratch = undefined
      await open?.close()
    },
  }
}

/** A list in memory in as many parts as one in the scratch file: what it is compared with may be larger by far, and is held part by part. */
function* partsOf({ tokens, pairs, dropped }: DistinctTokens): Generator<SortedPart> {
  for (let partition = 0; partition < partitions; partition += 1) {
    const end = (partition + 1) * 2 ** (32 - partitionBits)
    const begin = partition * 2 ** (32 - partitionBits)
    const part = (list: BigUint64Array): BigUint64Array => list.subarray(countBelow(list, begin), countBelow(list, end))
    yield { tokens: part(tokens), pairs: partition === 0 ? pairs : 0, dropped: part(dropped), end }
  }
}

interface Scratch {
  add(region: number, part: BigUint64Array): void
  ready(): Promise<void>
  end(): Promise<Partition[]>
  sorted(list: readonly Partition[], frequencyMax: number): AsyncGenerator<SortedPart>
  close(): Promise<void>
}

function openScratch({ directory, random, regions }: SorterOptions): Scratch {
  const descriptor = unnamed(join(directory, `scratch-${Buffer.from(random(8)).toString('hex')}`))
  const data: SortWorkerData = { descriptor, key: random(32), regions }
  const first = createThread(data)
  const threads = [first]
  return {
    add: (region, { buffer, byteOffset, byteLength }) => {
      const bytes = (byteOffset === 0 && byteLength === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + byteLength)) as ArrayBuffer
      void first.ask({ do: 'add', region, tokens: bytes }, [bytes]).catch(() => undefined) // said by the next ready() or end()
    },
    ready: () => first.ready(waitingMax),
    end: async () => (await first.ask<{ partitions: Partition[] }>({ do: 'end' })).partitions,
    sorted: async function* (list, frequencyMax) {
      while (threads.length < sortThreads) threads.push(createThread({ ...data, regions: 0 }))
      const asked: (Promise<Sorted> | undefined)[] = []
      for (let partition = 0; partition < list.length; partition += 1) {
        while (asked.length < Math.min(list.length, partition + sortThreads * aheadMax)) {
          const next = threads[asked.length % sortThreads]!.ask<Sorted>({ do: 'sort', partition: list[asked.length]!, frequencyMax })
          next.catch(() => undefined) // thrown where it is awaited
          asked.push(next)
        }
        const { tokens, pairs, dropped } = await asked[partition]!
        asked[partition] = undefined
        yield { tokens, pairs, dropped, end: (partition + 1) * 2 ** (32 - partitionBits) }
      }
    },
    close: async () => {
      await Promise.all(threads.map((thread) => thread.end()))
      closeSync(descriptor)
    },
  }
}

/** A file that only this process can reach, and that is gone with it. */
function unnamed(path: string): number {
  try {
    const descriptor = openSync(path, 'wx+', 0o600)
    unlinkSync(path)
    return descriptor
  } catch (cause) {
    throw unwritable(cause)
  }
}

const unwritable = (cause: unknown): Broken => new Broken('trace/scratch-unwritable', 'tokens cannot be kept in the scratch file of the fingerprints: is the disk full?', { cause })

interface Thread {
  /** Answers come in the order of the questions. */
  ask<Answer>(work: SortWork, transfer?: readonly ArrayBuffer[]): Promise<Answer>
  /** Resolves when at most this many questions wait for their answer. */
  ready(max: number): Promise<void>
  end(): Promise<void>
}

function createThread(data: SortWorkerData): Thread {
  const worker = new Worker(new URL('./sortWorker.ts', import.meta.url), { workerData: data })
  const waiting: { resolve: (answer: unknown) => void; reject: (cause: unknown) => void }[] = []
  const room: (() => void)[] = []
  let failed: Broken | undefined
  const wake = (): void => {
    for (const one of room.splice(0)) one()
  }
  worker.on('message', (answer: unknown) => {
    waiting.shift()?.resolve(answer)
    wake()
  })
  worker.on('error', (cause) => {
    failed = unwritable(cause)
    for (const one of waiting.splice(0)) one.reject(failed)
    wake()
  })
  return {
    ask: (work, transfer = []) => new Promise((resolve, reject) => {
      if (failed !== undefined) return reject(failed)
      waiting.push({ resolve: resolve as (answer: unknown) => void, reject })
      worker.postMessage(work, transfer)
    }),
    ready: async (max) => {
      while (failed === undefined && waiting.length > max) await new Promise<void>((resolve) => room.push(resolve))
      if (failed !== undefined) throw failed
    },
    end: async () => { await worker.terminate() },
  }
}
