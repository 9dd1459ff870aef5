/**
 * Counts what the client database sends, frame by frame, and says how far it may be released. No message is parsed, nothing is
 * copied or allocated for a row: type and length of each frame are enough to charge it.
 *
 * What is charged: bytes for every message; row-equivalents for whatever can carry a value. One DataRow can hold a whole table
 * (`string_agg`), so a row costs one for each started width of a row, and so does a notice, an error, a reported setting or the count of a MOVE.
 */
import { errorBytesMax } from '../limits.ts'

export type Stop =
  | 'more' // the rest of the chunk is not a whole header (or not a whole message of a kind that must be seen whole)
  | 'lease' // the next message is within the budget, but not yet leased: `neededRows`, `neededBytes`
  | 'budget' // the next message is beyond the budget
  | 'error' // the next message is an ErrorResponse, whole, charged; `messageSize` bytes long
  | 'forbidden' // the next message is of a kind that never passes: `forbidden`
  | 'malformed' // the next length cannot be

export type TransactionStatus = 'I' | 'T' | 'E'

const letter = (text: string): number => text.charCodeAt(0)
const dataRow = letter('D')
const ready = letter('Z')
const error = letter('E')
const suspended = letter('s')
const complete = letter('C')
const empty = letter('I')
const copyIn = letter('G')

/** Bytes of a CommandComplete at most: its tag has 64 (COMPLETION_TAG_BUFSIZE). A longer one is charged as rows unread. */
const completeBytesMax = 128
const moveTag = Buffer.from('MOVE ')

/** What passes, and how it is charged: 1 as bytes, 2 as row-equivalents too. Everything else is forbidden: copy out (H, W, d, c), notifications (A), function results (V), late authentication (R, K, v). */
const charge = new Uint8Array(256)
for (const type of 'DENS') charge[letter(type)] = 2
for (const type of '123CGIZnstT') charge[letter(type)] = 1

export interface Budget { readonly rowsMax: number; readonly bytesMax: number; /** Bytes of one row-equivalent. */ readonly rowBytes: number }

export class ServerMeter {
  readonly budget: Budget
  /** Bytes still to come of a message already charged. */
  remaining = 0
  rows = 0
  /** Rows that the database says were written: each is charged as a row that is read is. */
  written = 0
  charged = 0
  bytes = 0
  errors = 0
  leasedRows = 0
  leasedBytes = 0
  stop: Stop = 'more'
  neededRows = 0
  neededBytes = 0
  messageSize = 0
  forbidden = ''
  status: TransactionStatus = 'I'
  /** ReadyForQuery messages and suspended portals seen so far: the ends of work. */
  readyCount = 0
  suspendedCount = 0
  /** Statements that were completed or empty, and times the database asked for rows of a COPY. */
  completedCount = 0
  copyCount = 0
  /**
   * Of sessions that keep results: the tags of statements since they were last looked at. A SELECT that made a table (CREATE TABLE AS) says how many rows it
   * has, and sends none: they are charged as written.
   */
  tags: string[] | undefined
  private rowsBefore = 0
  /** At each ReadyForQuery since they were last looked at: rows, bytes and errors until then, three numbers each. */
  readonly marks: number[] = []

  constructor(budget: Budget) {
    this.budget = budget
  }

  /** Adds to what may be released. */
  grant(rows: number, bytes: number): void {
    this.leasedRows += rows
    this.leasedBytes += bytes
  }

  /** Charges rows that were written and that no message told of. False: `stop` says whether they are beyond the budget, or not leased yet (then call again). */
  chargeWritten(rows: number): boolean {
    if (rows > 0 && !this.pay(false, 0, rows)) return false
    this.written += rows
    return true
  }

  /**
   * Walks `chunk` from `from` and returns the index up to which it may be released; `stop` says why not further. Call again from
   * there: with the lease granted ('lease'), from behind the message ('error': add `messageSize`), with more bytes appended ('more').
   * Always returns at a frame boundary or inside a message that is charged whole.
   */
  walk(chunk: Buffer, from: number): number {
    let at = from
    if (this.remaining > 0) {
      const part = Math.min(this.remaining, chunk.length - at)
      this.remaining -= part
      at += part
    }
    const length = chunk.length
    while (at + 5 <= length) {
      const type = chunk[at] as number
      const size = 1 + (((chunk[at + 1] as number) << 24) | ((chunk[at + 2] as number) << 16) | ((chunk[at + 3] as number) << 8) | (chunk[at + 4] as number))
      if (size < 5) return this.halt('malformed', at)
      const how = charge[type]
      if (how === 0) {
        this.forbidden = String.fromCharCode(type)
        return this.halt('forbidden', at)
      }
      if (type !== dataRow && at + size > length && this.mustBeWhole(type, size)) return this.halt('more', at)
      const written = type === complete ? writtenBy(chunk, at, size) + (this.tags === undefined ? 0 : this.keptBy(chunk, at, size)) : 0
      if (!this.pay(how === 2 || (type === complete && carriesValue(chunk, at, size)), size, written)) return at
      this.written += written
      if (type === dataRow) this.rows += 1
      else if (this.look(type, size, chunk, at)) return at
      at += size
      if (at > length) {
        this.remaining = at - length
        at = length
      }
    }
    return this.halt('more', at)
  }

  private halt(stop: Stop, at: number): number {
    this.stop = stop
    return at
  }

  private mustBeWhole(type: number, size: number): boolean {
    return (type === ready && size === 6) || (type === error && size <= errorBytesMax) || (type === complete && size <= completeBytesMax)
  }

  private pay(asRows: boolean, size: number, written: number): boolean {
    const rows = written + (asRows ? Math.max(1, Math.ceil(size / this.budget.rowBytes)) : 0)
    const charged = this.charged + rows
    const bytes = this.bytes + size
    if (charged > this.budget.rowsMax || bytes > this.budget.bytesMax) {
      this.stop = 'budget'
      return false
    }
    if (charged > this.leasedRows || bytes > this.leasedBytes) {
      this.stop = 'lease'
      this.neededRows = Math.max(0, charged - this.leasedRows)
      this.neededBytes = Math.max(0, bytes - this.leasedBytes)
      return false
    }
    this.charged = charged
    this.bytes = bytes
    return true
  }

  private keptBy(chunk: Buffer, at: number, size: number): number {
    const count = size > completeBytesMax ? undefined : /^SELECT ([0-9]{1,15})$/.exec(chunk.toString('latin1', at + 5, at + size - 1))?.[1]
    return count === undefined ? 0 : Math.max(0, Number(count) - (this.rows - this.rowsBefore))
  }

  /** Notes what the timers and the counts need; true when the relay must look at the message itself. */
  private look(type: number, size: number, chunk: Buffer, at: number): boolean {
    if (type === ready) {
      const status = String.fromCharCode(chunk[at + 5] ?? 0)
      if (status === 'I' || status === 'T' || status === 'E') this.status = status
      this.readyCount += 1
      this.marks.push(this.rows, this.bytes, this.errors)
    } else if (type === suspended) {
      this.suspendedCount += 1
      this.rowsBefore = this.rows
      this.tags?.push('SELECT') // what it wrote, it has written
    } else if (type === complete || type === empty) {
      this.completedCount += 1
      this.rowsBefore = this.rows
      this.tags?.push(type === empty ? '' : size > completeBytesMax ? 'a tag that is too long' : chunk.toString('latin1', at + 5, at + size - 1))
    } else if (type === copyIn) this.copyCount += 1
    else if (type === error) {
      this.errors += 1
      this.rowsBefore = this.rows
      if (size <= errorBytesMax) {
        this.stop = 'error'
        this.messageSize = size
        return true
      }
    }
    return false
  }
}

/**
 * How far a cursor moved is a number that the query chose: `MOVE ALL` over `generate_series(1, <a value>)` answers with that value and sends no
 * row. The counts of all other statements that pass are those of rows already charged.
 */
function carriesValue(chunk: Buffer, at: number, size: number): boolean {
  return size > completeBytesMax || (chunk[at + 5] === moveTag[0] && chunk.subarray(at + 5, at + 5 + moveTag.length).equals(moveTag))
}

/** The number at the end of the tags of INSERT, UPDATE, DELETE, MERGE and COPY from the client; 0 for every other. */
function writtenBy(chunk: Buffer, at: number, size: number): number {
  const first = chunk[at + 5]
  if (size > completeBytesMax || (first !== letter('I') && first !== letter('U') && first !== letter('D') && first !== letter('M') && first !== letter('C'))) return 0
  const tag = chunk.toString('latin1', at + 5, at + size - 1)
  const count = /^(?:INSERT 0|UPDATE|DELETE|MERGE|COPY) ([0-9]{1,15})$/.exec(tag)?.[1]
  return count === undefined ? 0 : Number(count)
}
