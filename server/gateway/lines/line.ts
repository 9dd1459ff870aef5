/** One end of a session while it relays: a socket of Node's, or a connection that we read and write ourselves. */
import { EventEmitter } from 'node:events'
import type { Taker } from '../feed.ts'
import { readable, unasked, writable } from './system.ts'
import type { Resting, Watch } from './watch.ts'

/** What a session needs of either; every socket of Node's has it. */
export interface Line {
  readonly destroyed: boolean
  readonly writable: boolean
  /** Bytes that wait to be sent. */
  readonly writableLength: number
  readonly writableNeedDrain: boolean
  /** False: something waits, and 'drain' will tell when nothing does. A socket of Node's needs the bytes until then, and a line of ours has copied them. */
  write(bytes: Buffer): boolean
  /** Sends what waits, then says goodbye. */
  end(): unknown
  destroy(): unknown
  pause(): unknown
  resume(): unknown
  on(event: 'end' | 'close' | 'drain', listener: () => void): unknown
  on(event: 'data', listener: (chunk: Buffer) => void): unknown
  once(event: 'close', listener: () => void): unknown
  removeAllListeners(event: 'data'): Pick<Line, 'on'>
}

const nothing: Buffer = Buffer.alloc(0)

/** Bytes of a buffer that is kept though nothing waits in it. */
const keptBytesMax = 256 * 1024

/** PostgreSQL sends a long answer in pieces of this size (PQ_SEND_BUFFER_SIZE). */
const pieceBytes = 8 * 1024

/** A read of so many pieces one after another is a long one: a quarter of a megabyte. */
const longReads = 32

/**
 * Within a long read the line rests after each piece, so that more of them come at once: each that is waited for wakes us, and then the client, and costs all three
 * more than carrying it does. Milliseconds at most, and at least (below that nothing is won); and the bytes that a rest should bring.
 */
const [restMillisecondsMax, restMillisecondsMin, restedBytesMin, restedBytesMax] = [1, 0.06, 32 * 1024, 96 * 1024]

/** A line whose descriptor is ours alone: it behaves as Node's sockets do, and costs a system call for a read and one for a write. */
export class DirectLine extends EventEmitter implements Line, Resting {
  destroyed = false
  writableLength = 0
  private readonly watch: Watch
  private readonly descriptor: number
  private early: Buffer
  private taker: Taker | undefined
  /** What waits to be sent is copied here: used again and again, so that a long read into a slow client allocates nothing. */
  private unsent = nothing
  private unsentFrom = 0
  private interest = 0
  private reading = false
  /** Reads of whole pieces one after another. */
  private pieces = 0
  private restMilliseconds = restMillisecondsMax / 8
  restsUntil = 0
  /** The other side said that it sends nothing more; we are about to say so; we have said so. */
  private heardEnd = false
  private ending = false
  private saidEnd = false

  /** `early`: what was read from it before. */
  constructor(watch: Watch, descriptor: number, early: Buffer) {
    super()
    this.watch = watch
    this.descriptor = descriptor
    this.early = early
  }

  get writable(): boolean {
    return !this.ending && !this.destroyed
  }

  get writableNeedDrain(): boolean {
    return this.writableLength > 0
  }

  /** What is read goes to `taker` from now on, and is no longer emitted. */
  readonly hand = (taker: Taker): void => {
    this.taker = taker
  }

  /** The same for a taker that needs nothing after it returned. */
  readonly hear = (taker: (chunk: Buffer) => void): void => {
    this.taker = (chunk) => {
      taker(chunk)
      return false
    }
  }

  write(bytes: Buffer): boolean {
    if (!this.writable) return false
    const sent = this.writableLength === 0 ? this.send(bytes) : 0
    if (sent === bytes.length) return true
    if (this.destroyed) return false
    this.keep(bytes, sent)
    this.await()
    return false
  }

  private keep(bytes: Buffer, from: number): void {
    const { unsent, unsentFrom, writableLength } = this
    const waiting = writableLength + bytes.length - from
    if (unsentFrom + waiting > unsent.length) {
      this.unsent = waiting > unsent.length ? Buffer.allocUnsafeSlow(Math.max(waiting, 2 * unsent.length)) : unsent
      unsent.copy(this.unsent, 0, unsentFrom, unsentFrom + writableLength)
      this.unsentFrom = 0
    }
    bytes.copy(this.unsent, this.unsentFrom + writableLength, from)
    this.writableLength = waiting
  }

  end(): this {
    if (this.ending || this.destroyed) return this
    this.ending = true
    if (this.writableLength === 0) this.sayEnd()
    return this
  }

  destroy(): this {
    if (this.destroyed) return this
    this.destroyed = true
    this.unsent = nothing
    this.writableLength = 0
    this.await()
    this.watch.system.close(this.descriptor)
    this.watch.soon()
    process.nextTick(() => this.emit('close'))
    return this
  }

  pause(): this {
    this.reading = false
    this.restsUntil = 0
    this.await()
    return this
  }

  resume(): this {
    if (this.reading || this.destroyed) return this
    this.reading = true
    this.await()
    if (this.early.length > 0) process.nextTick(() => this.takeEarly())
    return this
  }

  /** Called by the watch. What is unread comes before what went wrong. */
  ready(events: number): void {
    if ((events & writable) !== 0) this.flush()
    if ((events & ~writable) === 0 || this.destroyed) return
    if (this.reading) this.read()
    else if ((this.interest & writable) !== 0) this.flush()
  }

  private takeEarly(): void {
    if (!this.reading || this.destroyed || this.early.length === 0) return
    const { early } = this
    this.early = Buffer.alloc(0)
    if (this.taker === undefined) this.emit('data', early)
    else this.taker(early)
  }

  private read(): void {
    const { watch } = this
    this.takeEarly()
    if (!this.reading || this.destroyed) return
    const size = watch.system.receive(this.descriptor, watch.buffer)
    if (size < 0) {
      if (!watch.system.mayTryAgain()) this.destroy()
    } else if (size === 0) this.hearEnd()
    else if (this.taker === undefined) this.emit('data', Buffer.from(watch.buffer.subarray(0, size)))
    else {
      const needed = this.taker(watch.buffer.subarray(0, size))
      if (needed) watch.renewBuffer()
      if (size >= pieceBytes) this.tookPiece(size)
      else this.pieces = 0
    }
  }

  private tookPiece(size: number): void {
    this.pieces += 1
    if (this.pieces < longReads || !this.reading || this.destroyed) return
    if (size < restedBytesMin) this.restMilliseconds = Math.min(restMillisecondsMax, this.restMilliseconds * 1.5)
    else if (size > restedBytesMax) this.restMilliseconds = Math.max(restMillisecondsMin, this.restMilliseconds / 1.5)
    if (size > restedBytesMax && this.restMilliseconds === restMillisecondsMin) return
    this.restsUntil = performance.now() + this.restMilliseconds
    this.watch.rest(this)
    this.await()
  }

  /** Called by the watch. */
  rested(): void {
    this.restsUntil = 0
    if (!this.reading || this.destroyed) return
    this.read()
    this.await()
  }

  private hearEnd(): void {
    this.heardEnd = true
    this.await()
    this.watch.soon()
    this.emit('end')
    if (this.saidEnd) this.destroy()
    else this.end()
  }

  private sayEnd(): void {
    this.saidEnd = true
    this.watch.system.finish(this.descriptor)
    if (this.heardEnd) this.destroy()
  }

  /** Bytes that the system took; a connection that can take none any more is destroyed. */
  private send(bytes: Buffer): number {
    if (bytes.length === 0) return 0
    const sent = this.watch.system.send(this.descriptor, bytes)
    if (sent >= 0) return sent
    if (!this.watch.system.mayTryAgain()) this.destroy()
    return 0
  }

  private flush(): void {
    if (this.writableLength === 0) return
    const sent = this.send(this.unsent.subarray(this.unsentFrom, this.unsentFrom + this.writableLength))
    if (this.destroyed) return
    this.writableLength -= sent
    this.unsentFrom += sent
    if (this.writableLength > 0) return
    this.unsentFrom = 0
    if (this.unsent.length > keptBytesMax) this.unsent = nothing
    this.await()
    if (this.ending && !this.saidEnd) this.sayEnd()
    else this.emit('drain')
  }

  /** Tells the watch what this line waits for now. */
  private await(): void {
    const heard = this.reading && !this.heardEnd ? (this.restsUntil > 0 ? unasked : readable) : 0
    const interest = this.destroyed ? 0 : heard | (this.writableLength > 0 ? writable : 0)
    const was = this.interest
    this.interest = interest
    if (this.watch.change(this.descriptor, this, was, interest) || this.destroyed) return
    this.interest = was
    this.destroy()
  }
}
