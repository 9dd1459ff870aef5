/** What of the database's answers goes on to the client of a session that may write: not what the gateway asked itself, nor what only the extended protocol says where a simple Query was asked. */
import { errorBytesMax } from '../limits.ts'

const nothing: Buffer = Buffer.alloc(0)

const codesOf = (letters: string): number[] => [...letters].map((letter) => letter.charCodeAt(0))
const lettersOf = (letters: string): ReadonlySet<number> => new Set(codesOf(letters))

/** What answers Parse, Bind and Close. */
const answering = lettersOf('123')

const [error, notice, ready] = codesOf('ENZ')

/** What is still to be answered, in order: of the client's own, and of statements of the gateway's. */
export class Expected {
  /** Answers to Parse, Bind and Close of the client's: what the gateway asked is answered behind them. */
  unanswered = 0
  private dropping: number[] = []

  /** The next messages with these letters, in this order, are the gateway's own. */
  drop(letters: string): void {
    this.dropping.push(...codesOf(letters))
  }

  /** Whether a message is the gateway's own; asked once for each. */
  takes(type: number): boolean {
    if (this.unanswered > 0 && answering.has(type)) {
      this.unanswered -= 1
      return false
    }
    if (type === error) this.failed()
    if (this.dropping[0] !== type) return false
    this.dropping.shift()
    return true
  }

  /** The database refused something: nothing is answered any more up to its Sync. */
  failed(): void {
    this.unanswered = 0
    const end = this.dropping.indexOf(ready ?? 0)
    this.dropping = end < 0 ? [] : this.dropping.slice(end)
  }

  /** A unit of work is over. */
  clear(): void {
    this.unanswered = 0
    this.dropping = []
  }
}

/** Takes the answers to what the gateway asks itself. */
export interface OwnAnswers {
  /** Whether what comes now answers it. */
  asked(): boolean
  /** It was asked when the client had all its answers: a refusal is told to nobody either, since the client would take it for the answer to what it says next. */
  alone(): boolean
  refused(): void
  take(type: number, body: Buffer): void
}

/** What answers Parse, Bind, Execute and Close of a query; an error passes, and ends the unit of work, unless it was asked alone. */
const ownLetters = lettersOf('123DC')

const stripped = lettersOf('12n')

/** SQLSTATE of the warning that a statement is meant for a transaction: the gateway says SET CONSTRAINTS outside of one too. */
const noTransaction = Buffer.from('\0C25P01\0')

export class AnswerFilter {
  private remaining = 0
  private head = nothing
  private readonly own: OwnAnswers | undefined
  private readonly expected: Expected

  /** `own`: takes the answers to what the gateway asks itself. */
  constructor(own?: OwnAnswers, expected = new Expected()) {
    this.own = own
    this.expected = expected
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
      const end = at + 5 > bytes.length ? Infinity : at + 1 + bytes.readUInt32BE(at + 1)
      if (end > bytes.length && (end === Infinity || this.mayBeHidden(bytes[at] ?? 0, end - at))) {
        kept.push(bytes.subarray(from, at))
        this.head = Buffer.from(bytes.subarray(at)) // what was read is read over
        return joined(kept)
      }
      if (this.hides(bytes, at, end, converting)) {
        kept.push(bytes.subarray(from, at))
        from = end
      }
      this.remaining = Math.max(0, end - bytes.length)
      at = Math.min(end, bytes.length)
    }
    kept.push(bytes.subarray(from, at))
    return joined(kept)
  }

  /** Has to be seen whole. */
  private mayBeHidden(type: number, size: number): boolean {
    return this.own?.asked() === true && (ownLetters.has(type) || ((type === notice || (type === error && this.own.alone())) && size <= errorBytesMax))
  }

  private hides(bytes: Buffer, at: number, end: number, converting: boolean): boolean {
    const type = bytes[at] ?? 0
    const clients = this.expected.unanswered > 0 && answering.has(type)
    if (this.expected.takes(type)) return true
    if (!clients && this.own?.asked() === true) {
      if (ownLetters.has(type)) {
        this.own.take(type, bytes.subarray(at + 5, end))
        return true
      }
      if (type === error && end <= bytes.length && this.own.alone()) {
        this.own.refused()
        return true
      }
      if (type === notice && bytes.subarray(at + 5, end).includes(noTransaction)) return true
    }
    return converting && end - at === 5 && stripped.has(type)
  }
}

const joined = (kept: readonly Buffer[]): Buffer => (kept.length === 1 ? kept[0] ?? nothing : Buffer.concat(kept))
