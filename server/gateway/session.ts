/**
 * One open session: relays both ways, charges before it releases, and ends in one way whatever the cause.
 *
 * What the client database sent waits in `held` until it is charged against a lease that the ledger holds durably; then the bytes go
 * on as they came. Reading pauses while a lease is asked for and while the client does not take what it was sent.
 */
import type { CloseCode, CloseReason, LeaseAnswer, SessionCounts, SessionPlan } from './doorkeeper.ts'
import { countsOf, LeasePace, nextLease } from './lease.ts'
import { errorsMax, farewellSecondsMax, idleSecondsMax, leaseRowsMin, statementSecondsMax, statementsMilliseconds } from './limits.ts'
import type { Line } from './lines/line.ts'
import { soon } from './lines/watch.ts'
import { rightsOf } from './compile/statements.ts'
import type { SessionParts } from './parts.ts'
import { explainDenied, explainSeveral, farewell, kindOfMessage } from './refusals.ts'
import { After } from './statement/after.ts'
import { AnswerFilter } from './statement/answers.ts'
import { StatementQueue } from './statement/queue.ts'
import { Tally } from './statement/tally.ts'
import { ClientMeter } from './wire/client.ts'
import { errorResponse, readFields, readyIdle } from './wire/messages.ts'
import type { ServerMeter } from './wire/server.ts'

const nothing: Buffer = Buffer.alloc(0)

/** Bytes of what is left over that are copied, so that what was read need not be kept for them. */
const copiedBytesMax = 512

function leftOver(held: Buffer, at: number): Buffer {
  if (at === held.length) return nothing
  return held.length - at > copiedBytesMax ? held.subarray(at) : Buffer.from(held.subarray(at))
}

export class Session {
  readonly plan: SessionPlan
  /** Settles when everything is over: sockets, role, record. */
  readonly over: Promise<void>
  private readonly parts: SessionParts
  private readonly client: Line
  private readonly database: Line
  private readonly meter: ServerMeter
  private readonly statements = new ClientMeter()
  private readonly endsAt: number
  /** Of sessions that may write: what they send waits here until what was written before is charged. */
  private readonly queue: StatementQueue | undefined
  /** Of the same: what is asked after each statement. */
  private readonly after: After | undefined
  /** Goes on when what was written is leased. */
  private settle: (() => void) | undefined
  private readonly answers: AnswerFilter
  private readonly followed = { completed: 0, copies: 0, errors: 0, ready: 0 }
  private refused = 0
  private held = nothing
  private unsent = nothing
  private leasing = false
  /** The last lease was less than asked for: the rest of the day is near, and is only asked for when it is needed. */
  private scarce = false
  private readonly pace = new LeasePace()
  private waiting = false
  private clientFull = false
  private databaseGone = false
  private ending = false
  private readonly tally = new Tally()
  private tallySince = 0
  private readonly before = { rows: 0, bytes: 0, errors: 0 }
  private readySeen = 0
  private suspendedSeen = 0
  private workSince = Date.now()
  private finish: () => void = () => undefined

  constructor(parts: SessionParts) {
    this.parts = parts
    this.plan = parts.plan
    this.client = parts.lines.client
    this.database = parts.lines.database
    this.meter = parts.meter
    this.endsAt = Date.now() + parts.plan.sessionSecondsMax * 1000
    const { writes, erases, derives } = rightsOf(parts.plan)
    if (writes || erases || derives) {
      const after = this.askingAfter(derives ? parts.results : undefined)
      this.after = after
      this.queue = new StatementQueue((bytes) => this.toDatabase(bytes), {
        standing: () => after.standing, failed: () => parts.meter.status === 'E' && after.asSaid, beforeCommit: () => after.beforeCommit(), anew: () => after.anew(),
        refuse: (because) => this.end('protocol', because),
      })
      parts.meter.tags = []
    }
    this.answers = new AnswerFilter(this.after?.question, this.queue?.expected)
    this.over = new Promise((resolve) => { this.finish = resolve })
  }

  get counts(): SessionCounts {
    return countsOf(this.meter, this.statements.statements, this.refused)
  }

  /** Something runs, or a transaction is open. */
  get working(): boolean {
    return this.statements.working || this.meter.status !== 'I'
  }

  /** Begins to relay. The client has been told that it may speak. */
  start(): void {
    const { client, database } = this
    database.on('end', () => this.databaseLeft())
    database.on('close', () => this.databaseLeft())
    database.on('drain', () => { if (!this.ending && this.queue?.full !== true) client.resume() })
    client.on('end', () => this.end('client left'))
    client.on('close', () => this.end('client left'))
    client.on('drain', () => { this.clientFull = false; this.flow() })
    if (client.destroyed) this.end('client left')
    else if (database.destroyed) this.databaseLeft()
    else {
      this.parts.lines.hand((chunk) => this.fromDatabase(chunk))
      this.parts.lines.hear((chunk) => this.fromClient(chunk))
      client.resume()
      database.resume()
    }
  }

  /** Looks at the clocks; `now` in milliseconds. */
  tick(now: number): void {
    const { plan, meter, statements } = this
    const waited = (now - this.workSince) / 1000
    if (!this.tally.empty && now - this.tallySince >= statementsMilliseconds) void this.recordStatements()
    if (now >= this.endsAt) this.end('session time over')
    else if (statements.working) {
      if (waited > (plan.statementSecondsMax ?? statementSecondsMax)) this.end('statement time over')
    } else if (meter.status !== 'I' && waited > (plan.idleSecondsMax ?? idleSecondsMax)) this.end('idle in transaction')
  }

  /** True when bytes of `chunk` wait here, for a lease, or in the client's socket. */
  private fromDatabase(chunk: Buffer): boolean {
    if (this.ending) return this.unsentNeeded
    const answer = this.queue === undefined ? chunk : this.answers.take(chunk, this.queue.converting)
    if (this.ending) return this.unsentNeeded
    this.held = this.held.length === 0 ? answer : Buffer.concat([this.held, answer])
    if (!this.waiting) this.release()
    return this.held.length > copiedBytesMax || this.unsentNeeded
  }

  private get unsentNeeded(): boolean {
    return this.parts.lines.needsBytes && this.client.writableLength > 0
  }

  /** Releases what is charged and leased, up to the first thing that has to wait or must not pass. */
  private release(): void {
    const { meter, held } = this
    let from = 0
    let at = 0
    for (;;) {
      at = meter.walk(held, at)
      this.noteProgress()
      if (this.ending) return // what was just walked is not released either
      if (meter.stop !== 'error') break
      const size = meter.messageSize
      const explained = this.explain(held.subarray(at + 5, at + size))
      if (explained !== undefined) {
        this.send(held.subarray(from, at))
        this.send(explained)
        from = at + size
      }
      at += size
    }
    this.send(from === 0 && at === held.length ? held : held.subarray(from, at))
    this.held = leftOver(held, at)
    this.halted()
  }

  /** What the database answered, and is charged, lets the next statement go on. */
  private follow(queue: StatementQueue): void {
    const { followed, meter } = this
    const completed = meter.completedCount + meter.suspendedCount
    const [copies, refused, ended, ready] = [meter.copyCount > followed.copies, meter.errors > followed.errors, completed > followed.completed, meter.readyCount > followed.ready]
    Object.assign(followed, { completed, copies: meter.copyCount, errors: meter.errors, ready: meter.readyCount })
    queue.said(meter.tags ?? [])
    if (this.ending) return
    const measure = this.after?.look(meter)
    if (this.ending) return
    if (copies) queue.copies()
    if (refused) queue.refused()
    if (ended) queue.ended(measure)
    if (ready) this.after?.ready(meter.status === 'I')
    if (ready) queue.ready(meter.status === 'I')
    if (!queue.full && !this.database.writableNeedDrain) this.client.resume()
  }

  private askingAfter(results: string | undefined): After {
    const { parts } = this
    return new After({
      asking: () => this.queue?.measuring === true,
      anew: () => this.queue?.beginningAnew === true,
      refused: () => this.queue?.refused(),
      end: (code, finding) => this.end(code, finding),
      charge: (rows, then) => this.chargeWritten(rows, then),
      record: (tables) => {
        soon()
        return parts.doorkeeper.derived?.(parts.plan.id, { schema: results ?? '', tables }) ?? Promise.resolve()
      },
      goOn: () => { if (!this.ending) this.queue?.measured() },
    }, results === undefined ? undefined : { schema: results, bytesMax: parts.plan.results?.bytesMax ?? 0 })
  }

  /** What was written and not told of is charged as what is told is: before it is kept, against a lease that is durable. */
  private chargeWritten(rows: number, then: () => void): void {
    const { meter } = this
    if (this.ending) return
    if (meter.chargeWritten(rows)) return then()
    if (meter.stop === 'budget') return this.end('budget spent')
    this.settle = () => this.chargeWritten(rows, then)
    this.lease(meter.neededRows, meter.neededBytes)
  }

  /** Units of work that ended in what was walked: the clocks start anew, and what comes next is about the next unit. */
  private noteProgress(): void {
    const { readyCount, suspendedCount } = this.meter
    if (this.queue !== undefined && !this.ending) this.follow(this.queue)
    if (readyCount === this.readySeen && suspendedCount === this.suspendedSeen) return
    if (!this.ending && this.meter.errors > (this.plan.errorsMax ?? errorsMax)) return this.end('too many errors')
    this.workSince = Date.now()
    const { marks } = this.meter
    for (let at = 0; at + 2 < marks.length; at += 3) this.note(marks[at] as number, marks[at + 1] as number, marks[at + 2] as number)
    marks.length = 0
    this.readySeen = readyCount
    this.suspendedSeen = suspendedCount
  }

  /** A unit of work has ended: what it took goes to its text. */
  private note(rows: number, bytes: number, errors: number): void {
    const { before } = this
    const unit = this.statements.ended()
    if (unit !== undefined && unit.text !== '') {
      if (this.tally.empty) this.tallySince = this.workSince
      this.tally.add({ text: unit.text, rows: rows - before.rows, bytes: bytes - before.bytes, milliseconds: performance.now() - unit.sentAt, failed: errors > before.errors }, this.workSince)
    }
    before.rows = rows
    before.bytes = bytes
    before.errors = errors
  }

  /** What did not end is recorded too, with what it had sent until then. */
  private async recordStatements(): Promise<void> {
    if (this.ending && this.statements.working) this.note(this.meter.rows, this.meter.bytes, this.meter.errors + 1)
    const tallied = this.tally.take()
    if (tallied.length > 0) await this.parts.doorkeeper.statements?.(this.plan.id, tallied).catch(() => this.parts.lost())
  }

  private halted(): void {
    const { meter } = this
    switch (meter.stop) {
      case 'error':
      case 'more':
        if (this.databaseGone) this.end('database left')
        else this.leaseAhead()
        break
      case 'lease':
        this.waiting = true
        this.flow()
        this.lease(meter.neededRows, meter.neededBytes)
        break
      case 'budget': this.end('budget spent'); break
      case 'forbidden': this.end('protocol', kindOfMessage(meter.forbidden)); break
      case 'malformed': this.end('protocol', 'a message of impossible length'); break
      default: meter.stop satisfies never
    }
  }

  /** Asks before it is needed, so that a long read does not stop at every block. */
  private leaseAhead(): void {
    const { meter, pace } = this
    if (pace.enough(meter) || this.scarce || this.leasing) return
    const { rowsMax, bytesMax, rowBytes } = meter.budget
    const block = nextLease(meter, 1, 1, pace.rate(meter))
    if (meter.leasedRows < rowsMax && meter.charged > 0 && meter.leasedRows - meter.charged < block.rows / 2) return this.lease(1, 1, true)
    if (meter.leasedBytes < bytesMax && meter.leasedBytes - meter.bytes < Math.min(block.bytes, leaseRowsMin * rowBytes) / 2) return this.lease(0, 1, true)
    pace.wait(meter)
  }

  private lease(neededRows: number, neededBytes: number, ahead = false): void {
    if (this.leasing) return // what comes back makes `release` look again
    const asked = nextLease(this.meter, neededRows, neededBytes, this.pace.rate(this.meter))
    this.pace.asked(this.meter)
    this.leasing = true
    soon()
    const needed = ahead ? { rows: 0, bytes: 0 } : { rows: neededRows, bytes: neededBytes }
    this.parts.doorkeeper.lease(this.plan.id, asked, needed)
      .catch((): LeaseAnswer => ({ outcome: 'refused', because: 'ended' }))
      .then((answer) => this.leased(answer, asked.rows))
      .catch(() => this.end('lease refused'))
  }

  private leased(answer: LeaseAnswer, askedRows: number): void {
    this.leasing = false
    if (answer.outcome === 'granted') {
      this.meter.grant(answer.rows, answer.bytes)
      this.scarce = answer.rows < askedRows
    }
    if (this.ending) return
    if (answer.outcome === 'refused') return this.end(answer.because === 'day budget spent' ? 'day budget spent' : 'lease refused')
    const { settle } = this
    this.settle = undefined
    settle?.()
    if (!this.waiting || this.ending) return
    this.waiting = false
    this.release()
    this.flow()
  }

  /** The text of a refusal by the database, made useful; undefined: it passes as it is. */
  private explain(body: Buffer): Buffer | undefined {
    const fields = readFields(body)
    if (fields?.get('C') === '42601' && this.queue?.converting === true) return explainSeveral(fields)
    if (fields?.get('C') !== '42501') return undefined
    this.refused += 1
    return explainDenied(fields, this.plan, this.statements.current)
  }

  private send(bytes: Buffer): void {
    if (bytes.length === 0) return
    if (!this.client.write(bytes)) {
      this.clientFull = true
      this.flow()
    }
  }

  private flow(): void {
    if (this.ending) return
    if (this.waiting || this.clientFull) this.database.pause()
    else this.database.resume()
  }

  private fromClient(chunk: Buffer): void {
    if (this.ending) return
    const { statements } = this
    const bytes = this.unsent.length === 0 ? chunk : Buffer.concat([this.unsent, chunk])
    const idle = !statements.working
    const upTo = statements.walk(bytes)
    if (idle) this.workSince = Date.now()
    switch (statements.stop) {
      case 'more': break
      case 'forbidden': return this.end('protocol', kindOfMessage(statements.forbidden))
      case 'too long': return this.end('protocol', 'a statement that is too long')
      case 'malformed': return this.end('protocol', 'a message of impossible length')
      default: return statements.stop satisfies never
    }
    // What was read is read over: what waits here is copied.
    this.unsent = upTo === bytes.length ? nothing : Buffer.from(bytes.subarray(upTo))
    const leaves = statements.left && !statements.working
    const passed = leaves ? bytes.subarray(0, statements.leftAt) : upTo === bytes.length ? bytes : bytes.subarray(0, upTo)
    if (this.queue === undefined) this.toDatabase(passed)
    else this.queue.push(Buffer.from(passed))
    if (this.queue?.full === true) this.client.pause()
    if (leaves) this.end('client left') // it does not wait until the database has said goodbye too, and the database need not say it: another session may follow
  }

  /** Nothing is open or under way: whoever has the connection next begins as after a login. */
  private get clean(): boolean {
    const { statements, meter, database, queue } = this
    return statements.left && !statements.working && !statements.halfway && this.unsent.length === 0 && this.held.length === 0 && meter.status === 'I' && meter.remaining === 0 && queue === undefined && !this.databaseGone && !database.destroyed && database.writableLength === 0
  }

  private toDatabase(bytes: Buffer): void {
    if (bytes.length > 0 && !this.database.write(bytes)) this.client.pause()
  }

  private databaseLeft(): void {
    this.databaseGone = true
    if (!this.waiting) this.end(this.statements.left ? 'client left' : 'database left')
  }

  /** Ends the session; the first cause counts. Nothing more is released after this. */
  end(code: CloseCode, finding?: string): void {
    if (this.ending) return
    this.ending = true
    const clean = code === 'client left' && this.clean
    soon()
    const text = farewell(code, this.plan, finding)
    const { client } = this
    // In the middle of a message no other may begin: then the client only sees the connection end.
    // Many drivers only tell their user of an error once the server is ready again, and otherwise only that the connection ended.
    if (text !== undefined && this.meter.remaining === 0 && client.writable) client.write(this.statements.awaiting ? Buffer.concat([errorResponse(text), readyIdle]) : errorResponse(text))
    this.parts.lines.hear(() => undefined)
    client.resume() // unread bytes would make the system discard the last message
    if (this.meter.remaining === 0) client.end()
    else client.destroy()
    const late = setTimeout(() => client.destroy(), farewellSecondsMax * 1000)
    client.once('close', () => clearTimeout(late))
    this.held = this.unsent = nothing
    void this.wind({ code, ...(finding === undefined ? {} : { findings: [finding] }) }, clean)
  }

  private async wind(because: CloseReason, clean: boolean): Promise<void> {
    this.parts.lines.hand(() => false)
    const recorded = this.recordStatements()
    if (this.statements.working && !this.databaseGone) await this.parts.cancel()
    if (!clean || this.parts.giveBack?.() !== true) this.database.destroy()
    await Promise.all([recorded, this.parts.ended(because)])
    this.finish()
  }
}
