/** Reading no faster than asked: production comes first. */
import { setTimeout as wait } from 'node:timers/promises'

export interface Throttle {
  through(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>
  /** Counts bytes that were read in another way: only where there is no rate to keep to. */
  readonly direct: ((bytes: number) => void) | undefined
  /** Bytes that went through. */
  read(): number
}

/** Milliseconds that one pause lasts at least: shorter ones are not worth a timer. */
const pauseMilliseconds = 20

/**
 * Counts bytes, and pauses where they come faster than `bytesPerSecond` on average over all that goes through. `clock` tells milliseconds.
 */
export function createThrottle(bytesPerSecond: number | undefined, clock: () => number): Throttle {
  let read = 0
  let due = clock()
  async function* through(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of bytes) {
      read += piece.length
      if (bytesPerSecond !== undefined) {
        due = Math.max(due, clock()) + (piece.length / bytesPerSecond) * 1000 // what was not used while nothing was read is not saved up
        const early = due - clock()
        if (early > pauseMilliseconds) await wait(early)
      }
      yield piece
    }
  }
  return { through, direct: bytesPerSecond === undefined ? (bytes) => { read += bytes } : undefined, read: () => read }
}
