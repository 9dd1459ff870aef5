/** Filling a union filter from segments, shard by shard, on several threads. */
import { Worker } from 'node:worker_threads'
import { Broken } from '#kit/errors'
import { attachFilter, createShardBuilder, shardOf } from './filter.ts'
import type { FilterShape } from './filter.ts'
import { screenedLists } from './source.ts'
import type { SegmentSource } from './source.ts'

/** Where a filter lies: in a memory that threads share. */
export interface FilterPlace {
  readonly shape: FilterShape
  readonly memory: { readonly buffer: ArrayBufferLike }
  readonly at: { readonly shared: number; readonly own: number }
}

export interface FillOptions {
  readonly threads: number
  /** Tokens held at once while shards are made, in bytes: with more to hold, segments are opened again for the next shards. */
  readonly tokenBytes: number
}

/** Below it a thread would cost more than it saves. */
const threadsFromTokens = 4_000_000

/** What was put: different tokens, and how often all segments were opened. */
export interface Filled { readonly tokens: number; readonly passes: number }

/**
 * Puts the tokens of all segments into the filter. Reads all segments once for every group of shards whose tokens fit `tokenBytes`. Throws
 * `Broken` when a segment cannot be opened or is another than its header said; then the filter must not be used.
 */
export async function fillFilter(place: FilterPlace, sources: readonly SegmentSource[], options: FillOptions): Promise<Filled> {
  const { shape } = place
  const shards = 2 ** shape.shardBits
  const builders = startBuilders(place, shape.shardBits === 0 || shape.keysMax * shards < threadsFromTokens ? 0 : options.threads)
  let tokens = 0
  let passes = 0
  // The filter grows as the tokens to come get fewer: later groups take what is left.
  const group = Math.max(1, Math.floor(options.tokenBytes / (shape.keysMax * 8)))
  try {
    for (let from = 0; from < shards; from += group) {
      const collected = await collect(sources, shape, from, Math.min(shards, from + group))
      passes += 1
      const built = await Promise.all(collected.map(({ list, length }, at) => builders.build(from + at, list.subarray(0, length))))
      tokens += built.reduce((sum, keys) => sum + keys, 0)
    }
  } finally {
    await builders.close()
  }
  return { tokens, passes }
}

interface Collected { readonly list: BigUint64Array<ArrayBuffer>; length: number }

/** The tokens of shards from `from` up to `to`. */
async function collect(sources: readonly SegmentSource[], shape: FilterShape, from: number, to: number): Promise<Collected[]> {
  const shards = Array.from({ length: to - from }, (): Collected => ({ list: new BigUint64Array(shape.keysMax), length: 0 }))
  for (const source of sources) {
    const segment = await source.open()
    if (segment.header.dataset !== source.header.dataset || segment.header.epoch !== source.header.epoch) throw new Broken('trace/other-segment', `the fingerprints of ${source.header.dataset} changed while they were read`)
    for (const list of screenedLists(segment)) scatter(list, shape.shardBits, { from, to, shards })
  }
  return shards
}

interface Wanted { readonly from: number; readonly to: number; readonly shards: readonly Collected[] }

/** Lists are sorted: each shard takes a run of them. */
function scatter(list: BigUint64Array, shardBits: number, { from, to, shards }: Wanted): void {
  const halves = new Uint32Array(list.buffer, list.byteOffset, list.length * 2)
  let at = firstOf(halves, from, shardBits, 0)
  while (at < list.length) {
    const shard = shardOf(halves[at * 2 + 1]!, shardBits)
    if (shard >= to) return
    const end = firstOf(halves, shard + 1, shardBits, at)
    const own = shards[shard - from]!
    if (own.length + end - at > own.list.length) throw new Broken('trace/filter-crowded', 'a shard of the filter holds more tokens than chance gives: they are no keyed tokens')
    own.list.set(list.subarray(at, end), own.length)
    own.length += end - at
    at = end
  }
}

/** Where the tokens of a shard or of a later one begin, not before `low`. */
function firstOf(halves: Uint32Array, shard: number, shardBits: number, low: number): number {
  let high = halves.length / 2
  while (low < high) {
    const middle = (low + high) >>> 1
    if (shardOf(halves[middle * 2 + 1]!, shardBits) < shard) low = middle + 1
    else high = middle
  }
  return low
}

interface Builders {
  /** Builds one shard and puts it; gives the number of its different tokens. */
  readonly build: (shard: number, tokens: BigUint64Array<ArrayBuffer>) => Promise<number>
  readonly close: () => Promise<void>
}

/** What a thread is given to work with, what it is asked, and what it answers. */
export interface BuilderData { readonly place: FilterPlace }
export interface BuildRequest { readonly shard: number; readonly tokens: BigUint64Array }
export type BuildAnswer = { readonly shard: number; readonly keys: number } | { readonly shard: number; readonly code: string; readonly message: string }

function startBuilders(place: FilterPlace, threads: number): Builders {
  if (threads <= 0) {
    const builder = createShardBuilder(place.shape)
    const { put } = attachFilter(place.memory, place.shape, place.at)
    return {
      build: (shard, tokens) => {
        const built = builder.build(tokens)
        put(shard, built)
        return Promise.resolve(built.keys)
      },
      close: () => Promise.resolve(),
    }
  }
  const waiting = new Map<number, { resolve: (keys: number) => void; reject: (cause: unknown) => void }>()
  const fail = (cause: unknown): void => { for (const { reject } of waiting.values()) reject(new Broken('trace/filter-unbuilt', 'a thread that builds the filter stopped', { cause })) }
  const workers = Array.from({ length: threads }, () => {
    const worker = new Worker(new URL('./fill.worker.ts', import.meta.url), { workerData: { place } satisfies BuilderData })
    worker.on('message', (answer: BuildAnswer) => {
      const own = waiting.get(answer.shard)
      waiting.delete(answer.shard)
      if ('keys' in answer) own?.resolve(answer.keys)
      else own?.reject(new Broken(answer.code, answer.message))
    })
    worker.on('error', fail)
    return worker
  })
  return {
    build: (shard, tokens) => new Promise((resolve, reject) => {
      waiting.set(shard, { resolve, reject })
      workers[shard % threads]!.postMessage({ shard, tokens } satisfies BuildRequest, [tokens.buffer])
    }),
    close: async () => { await Promise.all(workers.map((worker) => worker.terminate())) },
  }
}
