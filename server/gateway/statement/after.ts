/**
 * What is asked of the database after each statement of a session that may write, in its own transaction and before anything that could commit it goes on: how many rows
 * were written, whatever wrote them, and what is kept of results. The tag of a statement does not tell of rows that a WITH writes below a SELECT, or a cascade, a
 * trigger, a function, EXPLAIN ANALYZE; the counters that PostgreSQL itself keeps of each table do.
 */
import { literal } from '../compile/statements.ts'
import type { CloseCode, ResultTable } from '../doorkeeper.ts'
import { beyondRoom, keptOf, kindOfTag } from '../results/keep.ts'
import { measureSql } from '../results/store.ts'
import type { ServerMeter } from '../wire/server.ts'
import { Question } from './question.ts'
import { writtenSql } from './store.ts'

/** What the session does with what was answered. */
export interface Port {
  /** The question was sent, and not answered yet. */
  asking(): boolean
  /** What is answered is of what was undone: the counters begin anew. */
  anew(): boolean
  /** What was asked of what was undone was refused. */
  refused(): void
  end(code: CloseCode, finding?: string): void
  /** Charges rows that no message told of, then goes on. */
  charge(rows: number, then: () => void): void
  /** Records what is about to be kept. */
  record(tables: readonly ResultTable[]): Promise<void>
  /** All of it is charged, recorded, and within its bounds. */
  goOn(): void
}

/** Tags of statements that write nothing themselves and after which it is asked all the same: what was put off until the end of a transaction was written; rows that were counted are gone. */
const askedAfter = new Set(['COMMIT', 'TRUNCATE TABLE', 'DROP TABLE', 'SET CONSTRAINTS', 'DECLARE CURSOR'])

/**
 * Tags of statements that end a transaction. One to a savepoint has the same tag as one of all, and one that begins the next (AND CHAIN) as one that does not: both are taken for the
 * end of all; then deferred triggers fire early, and nothing is missed. Where it matters whose transaction is open, it is unknown until the database says.
 */
export const ends: ReadonlySet<string> = new Set(['COMMIT', 'ROLLBACK', 'PREPARE TRANSACTION'])

/** Tags of statements that begin a transaction, or make the one that is open the client's. */
export const begins: ReadonlySet<string> = new Set(['BEGIN', 'START TRANSACTION'])

/** Whose transaction is open: nobody's, the client's, or it is not certain. */
export type Standing = 'none' | 'client' | 'unknown'

export class After {
  readonly question: Question
  private readonly port: Port
  private readonly results: { readonly schema: string; readonly bytesMax: number } | undefined
  /** What was kept when it was recorded last; undefined: it may have been recorded as gone since. */
  private keptShape: string | undefined = '[]'
  /** The counters when they were asked last in this transaction: of the client's tables, and of those of the results. */
  private before = { others: 0, own: 0 }
  /** Rows that statements said they wrote, at that time, and now. */
  private toldBefore = 0
  private told = 0
  /** The client began a transaction, and did not end it, as far as tags tell. */
  private inBlock = false
  /** Something completed since the database was ready last: then what it said of its transaction may be over. */
  private moved = false
  /** Something that ends a transaction did. */
  private endSeen = false

  /** `results`: where those of the session are kept, and how much of them; undefined: none are. */
  constructor(port: Port, results: { readonly schema: string; readonly bytesMax: number } | undefined) {
    this.port = port
    this.results = results
    const sql = writtenSql(results === undefined ? undefined : literal(results.schema), results === undefined ? undefined : measureSql(results.schema))
    this.question = new Question({ sql, before: 'SET CONSTRAINTS ALL IMMEDIATE' }, { asked: () => port.asking(), alone: () => port.anew(), refused: () => port.refused(), answered: (values) => this.answered(values) })
  }

  /** No transaction that the client began is open: what its statements write is kept at their Sync. */
  get lone(): boolean {
    return !this.inBlock
  }

  get standing(): Standing {
    if (this.inBlock) return 'client'
    return this.endSeen ? 'unknown' : 'none'
  }

  /** Whether what the database said last of its transaction still holds: in one that has failed nothing completes but what ends it, or goes back to a savepoint. */
  get asSaid(): boolean {
    return !this.moved
  }

  /** What is asked before a transaction is committed, when its deferred triggers have fired: what they write is charged before it is kept. */
  beforeCommit(): Buffer {
    return this.question.ask(true)
  }

  /** What hands in the counters of what was undone. */
  anew(): Buffer {
    return this.question.ask(false)
  }

  /** What to ask before what the database says was done may be kept; undefined: nothing. */
  look({ tags, written }: ServerMeter): Buffer | undefined {
    this.told = written
    if (tags === undefined || tags.length === 0) return undefined
    const kinds = tags.map(kindOfTag)
    const other = this.results === undefined ? undefined : tags[kinds.indexOf('not kept')]
    if (tags.includes('DROP TABLE') || tags.includes('ROLLBACK')) this.keptShape = undefined
    const asked = kinds.some((kind) => kind !== 'unchanged') || tags.some((tag) => askedAfter.has(tag))
    for (const tag of tags) this.inBlock = begins.has(tag) || (this.inBlock && !ends.has(tag))
    this.moved ||= tags.some((tag) => tag !== '')
    this.endSeen ||= tags.some((tag) => ends.has(tag))
    tags.length = 0
    if (other !== undefined) this.port.end('not kept', other)
    return asked ? this.question.ask(this.lone) : undefined
  }

  /** The database is ready. Without a transaction the counters were handed in (the question asks for that), and begin anew. */
  ready(idle: boolean): void {
    this.inBlock = !idle
    this.moved = this.endSeen = false
    if (!idle) return
    this.before = { others: 0, own: 0 }
    this.toldBefore = this.told
  }

  private answered([, others = '', own = '', held = '', ...kept]: readonly string[]): void {
    if (this.port.anew()) return this.port.goOn()
    if (!/^\d+$/.test(others) || !/^\d+$/.test(own) || !/^\d+$/.test(held)) return this.port.end('database left')
    if (held !== '0') return this.port.end('protocol', 'a cursor WITH HOLD where a session may write (its query runs when it is committed, and what it calls would be kept uncounted); declare it in a transaction, without HOLD')
    const now = { others: Number(others), own: Number(own) }
    const rows = Math.max(0, now.others - this.before.others) + Math.max(0, now.own - this.before.own) - (this.told - this.toldBefore)
    const untold = Math.max(0, rows)
    this.before = now
    this.told += untold // what is charged here counts as told from then on, once
    this.toldBefore = this.told
    this.port.charge(untold, () => this.keep(kept))
  }

  /** Recorded first: nothing that commits it goes on before the ledger knows of a table. */
  private keep(values: readonly string[]): void {
    const { port, results } = this
    if (results === undefined) return port.goOn()
    const kept = keptOf(values)
    if (kept === undefined) return port.end('database left')
    const beyond = beyondRoom(kept, results.bytesMax)
    if (beyond !== undefined) return port.end(beyond.code, beyond.finding)
    const shape = JSON.stringify(kept.tables)
    if (shape === this.keptShape) return port.goOn()
    port.record(kept.tables).then(() => { this.keptShape = shape; port.goOn() }).catch(() => port.end('lease refused'))
  }
}
