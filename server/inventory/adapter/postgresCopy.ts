/**
 * COPY ... TO STDOUT as a stream of bytes. The server sends every row as a message of its own; here whole messages are joined by the
 * thousand, so that no object is made for a row (PostgreSQL documentation, "Message Formats", CopyData).
 */
import type { Socket } from 'node:net'
import type { Client, Connection, Submittable } from 'pg'
import { Broken } from '#kit/errors'
import { gatherBytesMax, gatherer } from './copyRows.ts'
import { borrowFrom } from './postgresSocket.ts'

/** Bytes of one row: what the server itself can send in a message. */
const rowBytesMax = 1024 ** 3

/** Bytes of rows that are put together before they are handed on. */
const chunkBytes = 256 * 1024

/** Chunks that wait for the consumer before the socket is paused: a few, so that neither side waits for the other. */
const chunksWaitingMax = 4

const codes = { copyData: 0x64, copyDone: 0x63, copyOut: 0x48, error: 0x45, notice: 0x4e, parameter: 0x53 }

/**
 * Runs one COPY on a connection that does nothing else meanwhile. Every chunk holds whole rows. Stopping early, or a failure, closes the connection:
 * half a COPY is still under way on it. Throws `Broken` when the rows cannot be read to their end; the database's own words stay in the cause, since
 * they may quote values. `change` rewrites each row, or some, and costs a call for each of these.
 */
export async function* copyOut(client: Client, statement: string, change?: RowChange | SomeRows): AsyncGenerator<Uint8Array> {
  const copy = new CopyOut(statement, change)
  client.query(copy)
  try {
    for (let chunk = await copy.next(); chunk !== undefined; chunk = await copy.next()) yield chunk
  } catch (cause) {
    if (cause instanceof Broken) throw cause
    throw new Broken('inventory/table-unreadable', `a table could not be read to its end: ${codeOf(cause)}`, { cause })
  } finally {
    if (!copy.done) await client.end()
  }
}

/** A driver's error by its SQLSTATE or system code: its text may quote values, and those must not reach a log. */
export function codeOf(cause: unknown): string {
  const code = (cause as { code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : 'no code'
}

/** One row, its line end included, to what stands for it; its bytes are overwritten after the call. */
export type RowChange = (row: Buffer) => Uint8Array

/** Rows that hold one of these bytes are changed, all others stay. */
export interface SomeRows { readonly with: readonly number[]; readonly change: RowChange }

type Stream = Connection['stream']

/** Chunks that were read and wait to be filled again. */
const spareMax = 2 * chunksWaitingMax

/** Of a chunk that was handed on, who fills it again when it was read. Another view of its memory is none: who made one may have handed out others. */
const fillers = new WeakMap<Uint8Array, Buffer<ArrayBuffer>[]>()

/**
 * Gives back rows that nobody will look at any more, so that others take their place: new memory for all that a server sends would have the collector of garbage run again and again. Of
 * bytes that came from elsewhere, were given back already, or are another view of a chunk, it does nothing.
 */
export function giveBackRows(rows: Uint8Array): void {
  const spare = fillers.get(rows)
  if (spare === undefined) return
  fillers.delete(rows)
  if (spare.length < spareMax) spare.push(Buffer.from(rows.buffer as ArrayBuffer))
}

class CopyOut implements Submittable {
  /** The command is over, and the connection free. */
  done = false
  private readonly statement: string
  private readonly change: SomeRows | undefined
  private stream: Stream | undefined
  private parse: ((bytes: Buffer) => void) | undefined
  /** Of a message that is not whole yet. */
  private rest: Buffer[] = []
  private restBytes = 0
  private handedBack = false
  /** Rows that are put together, and how many bytes of them there are. */
  private chunk: Buffer<ArrayBuffer> = Buffer.alloc(0)
  private chunkEnd = 0
  private read = 0
  private readonly spare: Buffer<ArrayBuffer>[] = []
  private readonly waiting: Uint8Array[] = []
  private failure: unknown
  private wake: (() => void) | undefined

  constructor(statement: string, change: RowChange | SomeRows | undefined) {
    this.statement = statement
    this.change = typeof change === 'function' ? { with: [], change } : change
  }

  submit(connection: Connection): void {
    this.stream = connection.stream
    const [parse] = this.stream.listeners('data') as ((bytes: Buffer) => void)[]
    this.parse = parse
    this.stream.removeAllListeners('data')
    this.stream.on('data', this.take)
    borrowFrom(this.stream as unknown as Socket, this.take)
    connection.query(this.statement)
  }

  /** The next rows; undefined at the end. */
  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const chunk = this.waiting.shift()
      if (chunk !== undefined) {
        if (this.waiting.length === 0) this.stream?.resume()
        return chunk
      }
      if (this.failure !== undefined) throw this.failure
      if (this.done) return undefined
      await new Promise<void>((resolve) => { this.wake = resolve })
    }
  }

  /** Bytes as they come, which are the socket's again when this returns. */
  private readonly take = (bytes: Buffer): void => {
    let from = 0
    while (this.restBytes > 0 && from < bytes.length) { // the message that the bytes before did not end, by itself
      const part = bytes.subarray(from, from + this.wanted() - this.restBytes)
      from += part.length
      this.keep(part)
      if (this.restBytes < this.wanted()) continue
      const message = Buffer.concat(this.rest)
      this.rest = []
      this.restBytes = 0
      this.messages(message)
    }
    if (from === bytes.length) return
    if (this.handedBack) this.parse?.(Buffer.from(bytes.subarray(from)))
    else this.messages(bytes.subarray(from))
  }

  /** Bytes that the message in `rest` needs to be whole; 5 while even its length is not there. */
  private wanted(): number {
    const head = this.restBytes < 5 ? undefined : this.rest[0]!.length >= 5 ? this.rest[0]! : Buffer.concat(this.rest)
    return head === undefined ? 5 : head.readUInt32BE(1) + 1
  }

  private keep(bytes: Buffer): void {
    this.rest.push(Buffer.from(bytes))
    this.restBytes += bytes.length
  }

  /** Keeps the rows of whole messages, those that are to be changed as they then are. */
  private messages(bytes: Buffer): void {
    const { change } = this
    const gather = bytes.length > gatherBytesMax || change?.with.length === 0 ? undefined : gatherer(bytes, change?.with ?? [])
    let at = 0
    while (at + 5 <= bytes.length) {
      if (gather !== undefined) {
        const { rows, to } = gather(at)
        this.put(rows)
        at = to
        if (at + 5 > bytes.length) break
      }
      const length = bytes.readUInt32BE(at + 1)
      const code = bytes[at]
      if (code === codes.copyData) {
        if (length > rowBytesMax) { this.fail(new Broken('inventory/row-too-long', `a row is longer than ${rowBytesMax} bytes`)); return }
        if (at + 1 + length > bytes.length) break
        const row = bytes.subarray(at + 5, at + 1 + length)
        this.put(change !== undefined && (change.with.length === 0 || change.with.some((byte) => row.includes(byte))) ? change.change(row) : row)
      } else if (code === codes.copyOut || code === codes.notice || code === codes.parameter) {
        if (at + 1 + length > bytes.length) break
      } else {
        this.give()
        this.handBack(bytes.subarray(at))
        return
      }
      at += 1 + length
    }
    if (at < bytes.length) this.keep(bytes.subarray(at))
  }

  /** Keeps whole rows for the next chunk; the first chunks are small, since most tables are. */
  private put(rows: Uint8Array): void {
    if (rows.length > this.chunk.length - this.chunkEnd) {
      this.give()
      this.chunk = this.room(Math.max(rows.length, Math.min(chunkBytes, this.read)))
    }
    this.chunk.set(rows, this.chunkEnd)
    this.chunkEnd += rows.length
    this.read += rows.length
  }

  /** Room for so many bytes of rows; whole chunks are filled again once they are given back. */
  private room(bytes: number): Buffer<ArrayBuffer> {
    if (bytes !== chunkBytes) return Buffer.allocUnsafeSlow(bytes)
    return this.spare.pop() ?? Buffer.allocUnsafeSlow(bytes)
  }

  /** Hands on what was put together. */
  private give(): void {
    if (this.chunkEnd === 0) return
    const rows = this.chunk.subarray(0, this.chunkEnd)
    if (this.chunk.length === chunkBytes) fillers.set(rows, this.spare)
    this.waiting.push(rows)
    this.chunk = Buffer.alloc(0)
    this.chunkEnd = 0
    if (this.waiting.length >= chunksWaitingMax) this.stream?.pause()
    this.woken()
  }

  private handBack(bytes: Buffer): void {
    this.stream?.removeListener('data', this.take)
    borrowFrom(this.stream as unknown as Socket, undefined)
    this.handedBack = true
    if (this.parse === undefined) return
    this.stream?.on('data', this.parse)
    this.stream?.resume()
    this.parse(Buffer.from(bytes))
  }

  private fail(cause: unknown): void {
    this.failure ??= cause
    this.woken()
  }

  private woken(): void {
    this.wake?.()
    this.wake = undefined
  }

  handleError(cause: unknown): void { this.fail(cause) }
  handleReadyForQuery(): void {
    this.done = true
    this.woken()
  }
  handleCommandComplete(): void { /* the next message says that the connection is free */ }
  handleRowDescription(): void { /* a COPY has none */ }
  handleDataRow(): void { /* a COPY has none */ }
}
