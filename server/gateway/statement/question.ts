/** A question of the gateway's own in the connection of a session, under a name that no client knows; its answers are taken out of what goes to the client. */
import { randomBytes } from 'node:crypto'
import { int32, message, strings } from '../wire/messages.ts'
import type { OwnAnswers } from './queue.ts'

const [parsed, row, closed] = [...'1D3'].map((letter) => letter.charCodeAt(0))

export class Question implements OwnAnswers {
  /** Parse, Bind, Execute and Close of the query, to be sent when nothing else runs. */
  readonly bytes: Buffer
  private readonly asking: () => boolean
  private readonly answered: (values: readonly string[]) => void
  private values: readonly string[] = []
  private closes = 0

  /** `asking`: whether the question was sent; `answered`: told the values of the one row of the answer, as text, none where there was no row. */
  constructor(sql: string, asking: () => boolean, answered: (values: readonly string[]) => void) {
    const name = `bailee_${randomBytes(12).toString('hex')}`
    this.asking = asking
    this.answered = answered
    this.bytes = Buffer.concat([
      message('P', Buffer.concat([strings(name, sql), Buffer.alloc(2)])), message('B', Buffer.concat([strings(name, name), Buffer.alloc(6)])),
      message('E', Buffer.concat([strings(name), int32(0)])), message('C', Buffer.concat([Buffer.from('P'), strings(name)])), message('C', Buffer.concat([Buffer.from('S'), strings(name)])),
      message('H', Buffer.alloc(0)),
    ])
  }

  asked(): boolean {
    return this.asking()
  }

  take(type: number, body: Buffer): void {
    if (type === parsed) [this.values, this.closes] = [[], 0]
    else if (type === row) this.values = valuesIn(body)
    else if (type === closed && (this.closes += 1) === 2) this.answered(this.values)
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
