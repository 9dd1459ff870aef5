/**
 * What comes from the client database, read into one buffer again and again: a bulk read allocates nothing. Whoever takes a piece says whether it still
 * needs it, because it waits for a lease or for the client; only then is the next one read elsewhere.
 */
import type { OnReadOpts } from 'node:net'

/** Takes what was read; true when the bytes are still needed after it returned. */
export type Taker = (chunk: Buffer) => boolean

/** Bytes of the buffer of a session that asks little, and of one whose answers fill it. */
const [smallBytes, largeBytes] = [16 * 1024, 128 * 1024]

export class Feed {
  /** For `net.connect`. */
  readonly onread: OnReadOpts = { buffer: () => this.buffer, callback: (size, buffer) => this.take(size, buffer as Buffer) }
  private buffer: Buffer = Buffer.allocUnsafeSlow(smallBytes)
  private early: Buffer = Buffer.alloc(0)
  private taker: Taker | undefined

  /** From now on everything goes to `taker`; at once what came before there was one. */
  hand(taker: Taker): void {
    const { early } = this
    this.taker = taker
    this.early = Buffer.alloc(0)
    if (early.length > 0) taker(early)
  }

  private take(size: number, buffer: Buffer): boolean {
    const chunk = buffer.subarray(0, size)
    const needed = this.taker === undefined ? this.keep(chunk) : this.taker(chunk)
    const bytes = size === buffer.length ? largeBytes : buffer.length
    if (needed || bytes !== buffer.length) this.buffer = Buffer.allocUnsafeSlow(bytes)
    return true
  }

  private keep(chunk: Buffer): boolean {
    this.early = Buffer.concat([this.early, chunk])
    return false
  }
}
