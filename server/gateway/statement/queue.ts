/**
 * Sends the statements of a session that may write on one at a time: nothing follows a statement, and above all nothing that commits it, before what it
 * wrote is charged. PostgreSQL commits a lone statement of the extended protocol at its Sync, which is held back until then; one that comes as a simple Query would be
 * committed before its count is told, and so is sent on in the extended protocol, where PostgreSQL's own parser refuses several statements in one text.
 * When the budget is spent the connection ends with its transaction open, and PostgreSQL undoes it.
 */
import { statementHeadBytesMax, statementTextBytesMax } from '../limits.ts'
import { int32, message, strings } from '../wire/messages.ts'
import { begins, ends, type Standing } from './after.ts'
import { Expected } from './answers.ts'
import { Portals } from './portals.ts'
import { ownAnswers, ownStatement } from './question.ts'

const [query, parse, bind, execute, sync, flush, close, copyData, copyDone, copyFail] = [...'QPBESHCdcf'].map((letter) => letter.charCodeAt(0))
const flushMessage = message('H', Buffer.alloc(0))
const syncMessage = message('S', Buffer.alloc(0))
const rollback = message('Q', strings('ROLLBACK'))
const nothing: Buffer = Buffer.alloc(0)

/** Bytes that wait before the client is asked to wait too. */
const heldBytesMax = 256 * 1024

/** What must be seen whole, because it is sent on in another form or begins a wait. */
const whole = new Set([query, execute, sync, copyDone, copyFail])

type Waiting =
  | 'nothing'
  | 'statement' // until the statement that runs has ended, and is charged
  | 'measure' // until what the session keeps was measured, in its own transaction
  | 'anew' // until the counters of the database begin anew
  | 'ready' // until the database says that it is ready

/** What is asked besides, of whoever knows how a transaction stands. */
export interface Asking {
  /** Whose transaction is open. */
  standing(): Standing
  /** The transaction has failed: to commit it undoes it. */
  failed(): boolean
  /** What is to be asked before a transaction is committed. */
  beforeCommit(): Buffer
  /** What hands in the counters of what was undone. */
  anew(): Buffer
  /** What is to be executed cannot be: the session ends, and says why. */
  refuse(because: string): void
}

const unseen = 'a statement whose first words do not come within its first eight thousand bytes, or whose name is not known'
const notAlone = 'a CALL sent in one piece with what ends or divides a transaction, where a session may write (whose transaction is open is not known); wait for the answer between them'

/** Tags of what divides a transaction: outside of one PostgreSQL refuses it. */
const divides: ReadonlySet<string> = new Set(['SAVEPOINT', 'RELEASE'])

export class StatementQueue {
  /** What the database's answers are read by. */
  readonly expected = new Expected()
  private readonly send: (bytes: Buffer) => void
  private readonly asking: Asking | undefined
  private held = nothing
  /** Bytes still to come of a message that is sent on as it comes. */
  private remaining = 0
  private waiting: Waiting = 'nothing'
  private converted = false
  private copying = false
  /** The database answers nothing more of this unit of work, up to its Sync. */
  private failed = false
  /** What commits, and waits until what its triggers wrote is charged. */
  private committing: Buffer | undefined
  /** A transaction was begun around a CALL: what it calls cannot commit by itself, and is charged before it is kept. */
  private begun = false
  /** A refusal came of what was asked before a commit: as a COMMIT that fails does, it ends the transaction. */
  private undo = false
  /** Something was refused since the counters were asked last: they may hold what was undone. */
  private doubtful = false
  private readonly portals = new Portals()

  /** `send`: to the database. */
  constructor(send: (bytes: Buffer) => void, asking?: Asking) {
    this.send = send
    this.asking = asking
  }

  /** What is answered now was asked as a simple Query: the client does not expect the messages of the extended protocol. */
  get converting(): boolean {
    return this.converted
  }

  /** What the database answers now was asked by the gateway itself. */
  get measuring(): boolean {
    return this.waiting === 'measure' || this.waiting === 'anew'
  }

  /** What it answers is of what was undone. */
  get beginningAnew(): boolean {
    return this.waiting === 'anew'
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

  /**
   * What statements of the client's say that they have done. A transaction that was begun around a CALL is the client's from its own BEGIN on, and stays open; what else may
   * end it or divide it is refused: the COMMIT that is sent at the end must be about nothing but what was begun here.
   */
  said(tags: readonly string[]): void {
    if (!this.begun) return
    if (tags.some((tag) => begins.has(tag))) this.begun = false
    else if (tags.some((tag) => ends.has(tag) || divides.has(tag))) this.asking?.refuse(notAlone)
  }

  /** A statement has ended and was charged: completed, suspended, or the database had nothing to do. `measure`: what is asked of the database before it goes on. */
  ended(measure?: Buffer): void {
    this.copying = false
    if (this.waiting !== 'statement') return
    if (measure === undefined) return this.goOn()
    this.waiting = 'measure'
    this.doubtful = false
    this.send(measure)
  }

  /** What was measured is within its bounds. */
  measured(): void {
    const { committing } = this
    this.committing = undefined
    if (this.waiting === 'anew') {
      this.waiting = 'nothing'
      this.pass()
    } else if (this.waiting === 'measure' && committing !== undefined) {
      this.waiting = 'statement'
      this.send(committing)
    } else if (this.waiting === 'measure') this.goOn()
  }

  /** The database refused something, and skips the rest of this unit of work. */
  refused(): void {
    const { waiting } = this
    this.copying = false
    this.doubtful = true
    if (waiting === 'anew') {
      this.waiting = 'nothing'
      return this.pass()
    }
    this.failed = true
    this.undo = this.committing !== undefined
    this.committing = undefined
    this.expected.failed()
    this.portals.forget()
    if (waiting === 'statement' || waiting === 'measure') this.goOn()
  }

  /** The database waits for rows of a COPY. */
  copies(): void {
    this.copying = true
    this.pass()
  }

  /** The database is ready: the unit of work is over. `idle`: no transaction is open. */
  ready(idle = false): void {
    this.converted = this.failed = this.copying = this.begun = this.undo = false
    this.waiting = 'nothing'
    this.expected.clear()
    if (!idle || !this.doubtful || this.asking === undefined) return this.pass()
    this.doubtful = false
    this.waiting = 'anew'
    this.expected.drop('Z')
    this.send(Buffer.concat([this.asking.anew(), syncMessage]))
  }

  private goOn(): void {
    this.waiting = 'nothing'
    if (this.converted) this.commit()
    else this.pass()
  }

  private commit(): void {
    const { begun, undo, failed } = this
    this.waiting = 'ready'
    this.begun = this.undo = false
    if (failed && (begun || undo)) {
      this.expected.drop('ZC')
      this.send(Buffer.concat([syncMessage, rollback]))
    } else if (begun) {
      this.expected.drop(ownAnswers)
      this.send(Buffer.concat([ownStatement('COMMIT'), syncMessage]))
    } else this.send(syncMessage)
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
      if (at + neededOf(type, size) > held.length) break
      if (!whole.has(type)) {
        this.remaining = size
        this.note(type, held.subarray(at + 5, at + neededOf(type, size)), size)
      } else {
        this.take(type, held.subarray(at, at + size))
        at += size
      }
    }
    this.held = at === held.length ? nothing : held.subarray(at)
  }

  /** `head`: the beginning of what a Parse or Bind says. */
  private note(type: number, head: Buffer, size: number): void {
    if (type !== parse && type !== bind && type !== close) return
    if (!this.failed) this.expected.unanswered += 1
    if (type === close) return
    const [one = '', other, more] = namesIn(head)
    if (type === parse) this.portals.parsed(one, other ?? '', size - 5 > head.length, this.failed)
    else this.portals.bound(one, more === undefined ? undefined : other)
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
      this.portals.parsed('', bytes.toString('latin1', 5, 5 + statementTextBytesMax), bytes.length - 5 > statementTextBytesMax)
      this.portals.bound('', '')
      this.begin('', asExtended(bytes.subarray(5)))
    } else if (this.failed) this.send(bytes)
    else {
      const [portal = ''] = namesIn(bytes.subarray(5))
      this.begin(portal, Buffer.concat([this.portals.onlyReads(portal) ? bytes : toItsEnd(bytes), flushMessage]))
    }
  }

  /** Sends on what executes a statement, when that may be. */
  private begin(portal: string, bytes: Buffer): void {
    const { asking } = this
    const verb = asking === undefined ? 'other' : this.portals.verb(portal)
    this.waiting = 'statement'
    if (verb === 'unknown') asking?.refuse(unseen)
    else if ((verb === 'commits' && this.begun) || (verb === 'calls' && !this.begun && asking?.standing() === 'unknown')) asking?.refuse(notAlone)
    else if (verb === 'commits' && asking?.failed() === false) {
      this.committing = bytes
      this.waiting = 'measure'
      this.doubtful = false
      this.send(asking.beforeCommit())
    } else if (verb === 'calls' && asking?.standing() === 'none' && !this.begun) {
      this.begun = true
      this.expected.drop(ownAnswers)
      this.send(Buffer.concat([ownStatement('BEGIN'), bytes]))
    } else this.send(bytes)
  }
}

/** The texts, each ended by a zero, at the beginning of a Parse, Bind or Execute. */
const namesIn = (head: Buffer): string[] => head.toString('latin1').split('\0', 3)

/** Bytes of a message that must be there before it is looked at. */
function neededOf(type: number, size: number): number {
  if (whole.has(type)) return size
  return type === parse ? Math.min(size, 5 + statementTextBytesMax) : type === bind ? Math.min(size, 5 + statementHeadBytesMax) : 5
}

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
