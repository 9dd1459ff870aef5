/** A client that speaks the protocol by the byte, so that it can also say what no driver would. It judges nothing. */
import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { clientFirst, finishClient } from '../scram.ts'
import { int32, message, readFields, readMessage, startupPacket, strings, type Message } from '../wire/messages.ts'
import { endpoint } from '../address.ts'
import type { Step } from './read.ts'

/** Milliseconds that one step may take before it counts as unanswered. */
const answerMillisecondsMax = 20_000

/** Bytes of one message that is looked at; what is longer than any budget here allows is not let through anyway. */
const messageBytesMax = 64 * 1024 * 1024

export interface At { readonly host: string; readonly port: number }

/** What came back. */
export interface Answer {
  /** SQLSTATE of the last error; undefined when there was none. */
  readonly code: string | undefined
  /** The connection is over. */
  readonly closed: boolean
  readonly rows: number
  /** The first value of the first row, as text. */
  readonly first: string | undefined
  readonly bytes: number
}

interface Taking { code: string | undefined; rows: number; first: string | undefined; bytes: number; readies: number; marked: boolean }

const marker = 'bailee: over'

export class AttemptClient {
  private readonly socket: Socket
  private held: Buffer = Buffer.alloc(0)
  private readonly queue: Message[] = []
  private over = false
  private wake: () => void = () => undefined

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => this.take(chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => { this.over = true; this.wake() })
  }

  get closed(): boolean {
    return this.over
  }

  /** Connects without a word. @throws the system's error. */
  static async reach(at: At): Promise<AttemptClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(endpoint(at))
      socket.once('error', reject)
      socket.once('connect', () => { socket.off('error', reject); socket.setNoDelay(true); resolve(new AttemptClient(socket)) })
    })
  }

  /** Logs in with SCRAM-SHA-256 and these startup parameters. An answer with a code, or closed, is a no. */
  static async logIn(at: At, parameters: Readonly<Record<string, string>>, password: string): Promise<{ client: AttemptClient; answer: Answer }> {
    const client = await AttemptClient.reach(at)
    client.socket.write(startupPacket(parameters))
    const nonce = randomBytes(18).toString('base64')
    const answer = await client.until((found, seen) => {
      if (found.type === 'R') client.authenticate(found.body, password, nonce)
      return found.type === 'Z' || seen.code !== undefined
    })
    return { client, answer }
  }

  private authenticate(body: Buffer, password: string, nonce: string): void {
    const [kind, rest] = [body.readInt32BE(0), body.subarray(4)]
    if (kind === 10) {
      const first = Buffer.from(clientFirst(nonce))
      this.socket.write(message('p', Buffer.concat([strings('SCRAM-SHA-256'), int32(first.length), first])))
    } else if (kind === 11) {
      const final = finishClient(rest.toString('latin1'), password, nonce)
      if (final.outcome === 'answered') this.socket.write(message('p', Buffer.from(final.message)))
      else this.socket.destroy()
    }
  }

  /** One statement or one piece of bytes, and everything that comes back of it. */
  async run(step: Exclude<Step, { by: 'startup' }>): Promise<Answer> {
    switch (step.by) {
      case 'query':
        this.socket.write(message('Q', strings(step.sql)))
        return this.until((found) => found.type === 'Z')
      case 'extended':
        this.socket.write(Buffer.concat([
          message('P', Buffer.concat([strings('', step.sql), Buffer.from([0, 0])])), message('B', Buffer.concat([strings('', ''), Buffer.alloc(6)])),
          message('D', strings('P')), message('E', Buffer.concat([strings(''), int32(0)])), message('S', Buffer.alloc(0)),
        ]))
        return this.until((found) => found.type === 'Z')
      case 'bytes':
        this.socket.write(Buffer.concat([step.bytes, message('S', Buffer.alloc(0)), message('Q', strings(`SELECT '${marker}'`))]))
        return this.until((found, seen) => found.type === 'Z' && seen.marked)
      case 'socket':
        this.socket.write(step.bytes)
        return this.until((_, seen) => seen.code !== undefined)
      default: return step satisfies never
    }
  }

  private take(chunk: Buffer): void {
    this.held = this.held.length === 0 ? chunk : Buffer.concat([this.held, chunk])
    for (;;) {
      const found = readMessage(this.held, messageBytesMax)
      if (found === undefined || found === 'malformed') break
      this.held = this.held.subarray(found.size)
      this.queue.push(found)
    }
    this.wake()
  }

  private async until(enough: (found: Message, seen: Taking) => boolean): Promise<Answer> {
    const seen: Taking = { code: undefined, rows: 0, first: undefined, bytes: 0, readies: 0, marked: false }
    let late = false
    const timer = setTimeout(() => { late = true; this.socket.destroy() }, answerMillisecondsMax)
    try {
      for (;;) {
        const found = this.queue.shift()
        if (found !== undefined) {
          this.note(found, seen)
          if (enough(found, seen)) break
        } else if (this.over || late) break
        else await new Promise<void>((resolve) => { this.wake = resolve })
      }
      // The last word of a session that is ended comes with its end.
      if (seen.code !== undefined && !this.over) await this.ending()
      return { code: seen.code, closed: this.over, rows: seen.rows, first: seen.first, bytes: seen.bytes }
    } finally {
      clearTimeout(timer)
    }
  }

  /** Gives a FATAL error's connection a moment to close. */
  private async ending(): Promise<void> {
    if (!this.fatal) return
    await new Promise<void>((resolve) => { this.wake = resolve; setTimeout(resolve, 1_000).unref() })
  }

  private fatal = false

  private note(found: Message, seen: Taking): void {
    seen.bytes += found.size
    if (found.type === 'E') {
      const fields = readFields(found.body)
      seen.code = fields?.get('C') ?? 'none'
      this.fatal = fields?.get('S') === 'FATAL'
    } else if (found.type === 'D') this.noteRow(found.body, seen)
    else if (found.type === 'G') this.socket.write(message('f', strings('nothing to copy'))) // COPY FROM STDIN was let in: end it
  }

  private noteRow(body: Buffer, seen: Taking): void {
    const size = body.length >= 6 ? body.readInt32BE(2) : -1
    const value = size < 0 ? undefined : body.subarray(6, 6 + size).toString()
    if (value === marker) seen.marked = true
    else {
      if (seen.rows === 0) seen.first = value
      seen.rows += 1
    }
  }

  end(): void {
    if (!this.over) this.socket.write(message('X', Buffer.alloc(0)))
    this.socket.end()
    setTimeout(() => this.socket.destroy(), 500).unref()
  }
}
