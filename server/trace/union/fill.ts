/** Filling a union filter from segments, on several threads: each puts in the tokens of its own part of the filter. */
import type { FilterShape } from './filter.ts'
import type { FilterPlace, Hands } from './hands.ts'
import type { SegmentSource } from './source.ts'

export type { FilterPlace } from './hands.ts'

export interface FillOptions {
  /** Who opens the segments, and how many threads that are. */
  readonly hands: Pick<Hands, 'fill' | 'threads'>
  /** Addresses of room for tokens in the filter's memory, `tokensAtOnce` each: as many threads can put in at a time. */
  readonly rooms: readonly number[]
}

/** Below it a thread would cost more than it saves. */
const threadsFromTokens = 4_000_000

/**
 * Puts the tokens of all segments into the filter. Opens every segment once for each thread, and reads of it what belongs to that. Throws `Broken` when a segment cannot
 * be opened or is another than its header said; then the filter must not be used.
 */
export async function fillFilter(place: FilterPlace, sources: readonly SegmentSource[], { hands, rooms }: FillOptions): Promise<void> {
  const several = place.tokens >= threadsFromTokens ? Math.max(1, Math.min(hands.threads, rooms.length)) : 1
  await Promise.all(rangesOf(place.shape, several).map(async (range, number) => {
    for (const source of sources) await hands.fill(source, { place, range, room: rooms[number]! })
  }))
}

const rangesOf = ({ blocks }: FilterShape, count: number): { from: number; to: number }[] =>
  Array.from({ length: count }, (_, number) => ({ from: Math.floor((blocks * number) / count), to: Math.floor((blocks * (number + 1)) / count) }))
