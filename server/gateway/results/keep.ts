/**
 * What a session with results may do among them, held by what the database itself says of each statement: its command tag, and a measurement in the same
 * transaction, both before anything that could commit it is sent on. No SQL is parsed here. What is not known to be a table, an index or their content ends the
 * session with its transaction open, and PostgreSQL undoes it.
 */
import { randomBytes } from 'node:crypto'
import { int32, message, strings } from '../wire/messages.ts'
import type { OwnAnswers } from '../statement/queue.ts'
import { measureSql } from './store.ts'

/** Tables of one instruction's results at a store, at most. */
export const resultTablesMax = 200

/** Command tags after which nothing can be larger than before, and among which some may not be followed by a query yet (SET TRANSACTION). */
const unchanged = new Set([
  '', 'BEGIN', 'START TRANSACTION', 'COMMIT', 'ROLLBACK', 'SAVEPOINT', 'RELEASE', 'SET', 'SET CONSTRAINTS', 'RESET', 'SHOW', 'PREPARE', 'DEALLOCATE', 'DEALLOCATE ALL', 'DISCARD ALL',
  'DISCARD PLANS', 'DISCARD SEQUENCES', 'DISCARD TEMP', 'DECLARE CURSOR', 'CLOSE CURSOR', 'CLOSE CURSOR ALL', 'LOCK TABLE', 'DROP TABLE', 'DROP INDEX', 'TRUNCATE TABLE',
  'LISTEN', 'UNLISTEN', 'NOTIFY',
])

/**
 * Command tags that make or fill tables and indexes, or read; a FETCH or MOVE runs whatever a portal of the extended protocol was bound to. Every other one (views, rules, triggers, functions, grants, ALTER...) is not let through.
 */
const measured = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE', 'COPY', 'EXPLAIN', 'FETCH', 'MOVE', 'CREATE TABLE', 'CREATE TABLE AS', 'CREATE INDEX', 'REINDEX', 'ANALYZE', 'VACUUM'])

export type KindOfTag = 'unchanged' | 'measured' | 'not kept'

/** What a command tag means for results. `tag` as the database says it, with its counts. */
export function kindOfTag(tag: string): KindOfTag {
  const words = tag.replace(/( [0-9]+)+$/, '')
  return unchanged.has(words) ? 'unchanged' : measured.has(words) ? 'measured' : 'not kept'
}

/** What is kept, as the session's own transaction sees it. */
export interface Kept { readonly bytes: number; readonly tables: number; /** What is neither a plain table nor an index of one. */ readonly odd: number }

/** Measures what a session keeps: asks in its connection, under a name that no client knows, and takes the answers out of what goes to the client. */
export class Measuring implements OwnAnswers {
  /** Parse, Bind, Execute and Close of the query, to be sent when nothing else runs. */
  readonly question: Buffer
  private readonly asking: () => boolean
  private readonly answered: (kept: Kept | undefined) => void
  private kept: Kept | undefined
  private closed = 0

  /** `asking`: whether the question was sent; `answered`: told what was measured, undefined when the answer cannot be read. */
  constructor(schema: string, asking: () => boolean, answered: (kept: Kept | undefined) => void) {
    const name = `bailee_${randomBytes(12).toString('hex')}`
    this.asking = asking
    this.answered = answered
    this.question = Buffer.concat([
      message('P', Buffer.concat([strings(name, measureSql(schema)), Buffer.alloc(2)])), message('B', Buffer.concat([strings(name, name), Buffer.alloc(6)])),
      message('E', Buffer.concat([strings(name), int32(0)])), message('C', Buffer.concat([Buffer.from('P'), strings(name)])), message('C', Buffer.concat([Buffer.from('S'), strings(name)])),
      message('H', Buffer.alloc(0)),
    ])
  }

  asked(): boolean {
    return this.asking()
  }

  take(type: number, body: Buffer): void {
    if (type === '1'.charCodeAt(0)) [this.kept, this.closed] = [undefined, 0]
    else if (type === 'D'.charCodeAt(0)) this.kept = keptIn(body)
    else if (type === '3'.charCodeAt(0) && (this.closed += 1) === 2) this.answered(this.kept)
  }
}

/** Three numbers as text, out of a DataRow. */
function keptIn(body: Buffer): Kept | undefined {
  const values: number[] = []
  for (let at = 2; at + 4 <= body.length;) {
    const size = body.readInt32BE(at)
    values.push(size < 0 ? Number.NaN : Number(body.toString('latin1', at + 4, at + 4 + size)))
    at += 4 + Math.max(0, size)
  }
  const [bytes, tables, odd] = values
  return values.length === 3 && values.every(Number.isFinite) ? { bytes: bytes as number, tables: tables as number, odd: odd as number } : undefined
}
