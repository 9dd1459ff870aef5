/** Statements of the gateway's own in the connection of a session, under names that no client knows; their answers are taken out of what goes to the client. */
import { randomBytes } from 'node:crypto'
import { int32, message, strings } from '../wire/messages.ts'
import type { OwnAnswers } from './answers.ts'

const [row, closed] = [...'D3'].map((letter) => letter.charCodeAt(0))

/** What answers a statement of `ownStatement`, where no rows come of it. */
export const ownAnswers = '312C33'

/**
 * A statement, executed: Close, Parse, Bind, Execute and Close of both. The first Close is for one that was begun and refused; to close what is not there is no error.
 * Under a name of its own: what the client prepared without a name stays as it is.
 */
export function ownStatement(sql: string): Buffer {
  const name = `bailee_${randomBytes(12).toString('hex')}`
  return Buffer.concat([
    message('C', Buffer.concat([Buffer.from('S'), strings(name)])), message('P', Buffer.concat([strings(name, sql), Buffer.alloc(2)])), message('B', Buffer.concat([strings(name, name), Buffer.alloc(6)])),
    message('E', Buffer.concat([strings(name), int32(0)])), message('C', Buffer.concat([Buffer.from('P'), strings(name)])), message('C', Buffer.concat([Buffer.from('S'), strings(name)])),
  ])
}

const closesEach = 3
const flush = message('H', Buffer.alloc(0))

/** What is known of a question that was sent, and who hears of it. `answered`: the values of its row, as text, none where there was no row. */
export interface Told extends Pick<OwnAnswers, 'asked' | 'alone' | 'refused'> { answered(values: readonly string[]): void }

export class Question implements OwnAnswers {
  private readonly byItself: Buffer
  private readonly behindAnother: Buffer
  private readonly told: Told
  private values: readonly string[] = []
  private closesLeft = 0

  /** `sql`: a query that answers with one row; `before`: a statement that may be carried out before it. */
  constructor({ sql, before }: { sql: string; before: string }, told: Told) {
    this.told = told
    const query = ownStatement(sql)
    this.byItself = Buffer.concat([query, flush])
    this.behindAnother = Buffer.concat([ownStatement(before), query, flush])
  }

  /** What to send, now, when nothing else runs. `behind`: the other statement too. */
  ask(behind: boolean): Buffer {
    this.values = []
    this.closesLeft = closesEach * (behind ? 2 : 1)
    return behind ? this.behindAnother : this.byItself
  }

  asked(): boolean {
    return this.told.asked()
  }

  alone(): boolean {
    return this.told.alone()
  }

  refused(): void {
    this.told.refused()
  }

  take(type: number, body: Buffer): void {
    if (type === row) this.values = valuesIn(body)
    else if (type === closed && (this.closesLeft -= 1) === 0) this.told.answered(this.values)
  }
}

/** The values of a DataRow, as text; null is empty. */
function valuesIn(body: Buffer): string[] {
  const values: string[] = []
  for (let at = 2; at + 4 <= body.length;) {
    const size = Math.max(0, body.readInt32BE(at))
    values.push(body.toString('utf8', at + 4, at + 4 + size))
    at += 4 + size
  }
  return values
}
