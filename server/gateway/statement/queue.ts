/**
 * Sends the statements of a session that may write on one at a time: nothing follows a statement, and above all nothing that commits it, before what it
 * wrote is charged. PostgreSQL commits a lone statement of the extended protocol at its Sync, which is held back until then; one that comes as a simple Query would be
 * committed before its count is told, and so is sent on in the extended protocol, where PostgreSQL's own parser refuses several statements in one text.
 * When the budget is spent the connection ends with its transaction open, and PostgreSQL undoes it.
 */
import { statementHeadBytesMax } from '../limits.ts'
import { int32, message, strings } from '../wire/messages.ts'
import { Portals } from './portals.ts'

const [query, parse, bind, execute, sync, flush, copyData, copyDone, copyFail] = [...'QPBESHdcf'].map((letter) => letter.charCodeAt(0))
const flushMessage = message('H', Buffer.alloc(0))
const syncMessage = message('S', Buffer.alloc(0))
const nothing: Buffer = Buffer.alloc(0)

/** Bytes that wait before the client is asked to wait too. */
const heldBytesMax = 256 * 1024

/** What must be seen whole, because it is sent on in another form or begins a wait. */
const whole = new Set([query, execute, sync, copyDone, copyFail])

type Waiting =
  | 'nothing'
  | 'statement' // until the statement that runs has ended, and is charged
  | 'measure' // until what the session keeps was measured, in its own transaction
  | 'ready' // until the database says that it is ready

export class StatementQueue {
  private readonly send: (bytes: Buffer) => void
  private held = nothing
  /** Bytes still to come of a message that is sent on as it comes. */
  private remaining = 0
  private waiting: Waiting = 'nothing'
  private converted = false
  private copying = false
  /** The database answers nothing more of this unit of work, up to its Sync. */
  private failed = false
  private readonly portals = new Portals()

  /** `send`: to the database. */
  constructor(send: (bytes: Buffer) => void) {
    this.send = send
  }

  /** What is answered now was asked as a simple Query: the client does not expect the messages of the extended protocol. */
  get converting(): boolean {
    return this.converted
  }

  /** What the database answers now was asked by the gateway itself. */
  get measuring(): boolean {
    return this.waiting === 'measure'
  }

  /** So much waits that the client should. */
  get full(): boolean {
    return this.held.length > heldBytesMax
  }

  /** Takes what the client sent, checked frame by frame before, cut anywhere. */
  push(bytes: Buffer): void {
    this.held = this.held.length === 0 ? bytes : Buffer.concat([this.held, bytes])
    this.pass()
  }

  /** A statement has ended and was charged: completed, suspended, or the database had nothing to do. `measure`: what is asked of the database before it goes on. */
  ended(measure?: Buffer): void {
    this.copying = false
    if (this.waiting !== 'statement') return
    if (measure === undefined) return this.goOn()
    this.waiting = 'measure'
    this.send(measure)
  }

  /** What was measured is within its bounds. */
  measured(): void {
    if (this.waiting === 'measure') this.goOn()
  }

  /** The database refused something, and skips the rest of this unit of work. */
  refused(): void {
    this.copying = false
    this.failed = true
    this.portals.forget()
    if (this.waiting === 'statement' || this.waiting === 'measure') this.goOn()
  }

  /** The database waits for rows of a COPY. */
  copies(): void {
    this.copying = true
    this.pass()
  }

  /** The database is ready: the unit of work is over. */
  ready(): void {
    this.converted = this.failed = this.copying = false
    this.waiting = 'nothing'
    this.pass()
  }

  private goOn(): void {
    this.waiting = 'nothing'
    if (this.converted) this.commit()
    else this.pass()
  }

  private commit(): void {
    this.waiting = 'ready'
    this.send(syncMessage)
  }

  private pass(): void {
    let at = 0
    const { held } = this
    for (;;) {
      if (this.remaining > 0) {
        const part = Math.min(this.remaining, held.length - at)
        if (part > 0) this.send(held.subarray(at, at + part))
        this.remaining -= part
        at += part
      }
      if (at + 5 > held.length) break
      const type = held[at] ?? 0
      const size = 1 + held.readUInt32BE(at + 1)
      if (this.waiting !== 'nothing' && !this.belongsToCopy(type)) break
      if (whole.has(type) && at + size > held.length) break
      if (!whole.has(type)) {
        this.remaining = size
        if (type === parse || type === bind) this.note(type, held.subarray(at + 5, Math.min(at + size, at + 5 + statementHeadBytesMax)), size - 5 > statementHeadBytesMax)
      } else {
        this.take(type, held.subarray(at, at + size))
        at += size
      }
    }
    this.held = at === held.length ? nothing : held.subarray(at)
  }

  /** `head`: the beginning of what a Parse or Bind says; checked before that as much as this is there. */
  private note(type: number, head: Buffer, cut: boolean): void {
    const [one = '', other = ''] = namesIn(head)
    if (type === parse) this.portals.parsed(one, other, cut)
    else this.portals.bound(one, other)
  }

  /** While rows are copied in they pass; a Sync or Flush before them is skipped, as the database itself skips it in that mode. */
  private belongsToCopy(type: number): boolean {
    return this.copying && (type === copyData || type === copyDone || type === copyFail || type === sync || type === flush)
  }

  private take(type: number, bytes: Buffer): void {
    if (this.copying && type === sync) return
    if (type === sync) this.commit()
    else if (type === copyDone || type === copyFail) {
      this.copying = false
      this.send(Buffer.concat([bytes, flushMessage])) // or what came of it would only be told at the Sync
    } else if (type === query) {
      if (this.failed) return // as the database does until the Sync
      this.converted = true
      this.waiting = 'statement'
      this.portals.parsed('', bytes.toString('latin1', 5, 5 + statementHeadBytesMax), bytes.length - 5 > statementHeadBytesMax)
      this.portals.bound('', '')
      this.send(asExtended(bytes.subarray(5)))
    } else {
      this.send(this.failed ? bytes : Buffer.concat([this.portals.onlyReads(namesIn(bytes.subarray(5))[0] ?? '') ? bytes : toItsEnd(bytes), flushMessage]))
      if (!this.failed) this.waiting = 'statement'
    }
  }
}

/** The two texts, each ended by a zero, at the beginning of a Parse, Bind or Execute. */
const namesIn = (head: Buffer): string[] => head.toString('latin1').split('\0', 2)

/** An Execute that asks for all rows, however few the client wants at a time (`portals.ts` says why). */
function toItsEnd(execute: Buffer): Buffer {
  const whole = Buffer.from(execute)
  if (whole.length >= 10) whole.writeInt32BE(0, whole.length - 4)
  return whole
}

/** The text of a Query, with its closing zero, as Parse, Bind, Describe, Execute and Flush: unnamed, without parameters, everything as text. */
function asExtended(text: Buffer): Buffer {
  return Buffer.concat([
    message('P', Buffer.concat([strings(''), text, Buffer.alloc(2)])), message('B', Buffer.concat([strings('', ''), Buffer.alloc(6)])),
    message('D', strings('P')), message('E', Buffer.concat([strings(''), int32(0)])), flushMessage,
  ])
}

/** Takes the answers to what the gateway asks itself. */
export interface OwnAnswers {
  /** Whether what comes now answers it. */
  asked(): boolean
  take(type: number, body: Buffer): void
}

/** What answers Parse, Bind, Execute and Close of a query; an error passes, and ends the unit of work. */
const ownLetters = new Set([...'123DC'].map((letter) => letter.charCodeAt(0)))

const stripped = new Set([...'12n'].map((letter) => letter.charCodeAt(0)))

/** Takes out of the database's answers what only the extended protocol says, where a simple Query was asked. */
export class AnswerFilter {
  private remaining = 0
  private head = nothing
  private readonly own: OwnAnswers | undefined

  /** `own`: takes the answers to what the gateway asks itself. */
  constructor(own?: OwnAnswers) {
    this.own = own
  }

  /** What of `chunk`, and of a header that was not whole before, goes on. `converting` is asked for each message. */
  take(chunk: Buffer, converting: boolean): Buffer {
    const bytes = this.head.length === 0 ? chunk : Buffer.concat([this.head, chunk])
    this.head = nothing
    const kept: Buffer[] = []
    let at = Math.min(this.remaining, bytes.length)
    this.remaining -= at
    let from = 0
    while (at < bytes.length) {
      if (at + 5 > bytes.length) {
        this.head = Buffer.from(bytes.subarray(at)) // what was read is read over
        break
      }
      const length = bytes.readUInt32BE(at + 1)
      if (this.own?.asked() === true && ownLetters.has(bytes[at] ?? 0)) {
        kept.push(bytes.subarray(from, at))
        from = at
        if (at + 1 + length > bytes.length) {
          this.head = Buffer.from(bytes.subarray(at))
          break
        }
        this.own.take(bytes[at] ?? 0, bytes.subarray(at + 5, at + 1 + length))
        at = from = at + 1 + length
        continue
      }
      if (converting && length === 4 && stripped.has(bytes[at] ?? 0)) {
        kept.push(bytes.subarray(from, at))
        at += 5
        from = at
        continue
      }
      const end = at + 1 + length
      this.remaining = Math.max(0, end - bytes.length)
      at = Math.min(end, bytes.length)
    }
    kept.push(bytes.subarray(from, at))
    return kept.length === 1 ? kept[0] ?? nothing : Buffer.concat(kept)
  }
}
