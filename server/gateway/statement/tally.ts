/** What a session ran, counted until it is recorded: the same text many times is one line. */
import { statementTextsBytesMax, statementTextsMax } from '../limits.ts'

/** One or several statements that the client sent together: what was done until the database was ready again. */
export interface Run {
  readonly text: string
  readonly rows: number
  readonly bytes: number
  readonly milliseconds: number
  readonly failed: boolean
}

export interface Tallied {
  /** As it was sent, in Latin-1, at its limit cut; empty for what came beyond the limits of a tally. */
  readonly text: string
  times: number
  failed: number
  rows: number
  bytes: number
  milliseconds: number
  millisecondsMax: number
  /** Milliseconds since 1970 of the first. */
  readonly firstAt: number
}

export class Tally {
  private readonly byText = new Map<string, Tallied>()
  private size = 0

  get empty(): boolean {
    return this.byText.size === 0
  }

  add(run: Run, now: number): void {
    const known = this.byText.get(run.text) ?? this.fresh(run.text, now)
    known.times += 1
    known.failed += run.failed ? 1 : 0
    known.rows += run.rows
    known.bytes += run.bytes
    known.milliseconds += run.milliseconds
    if (run.milliseconds > known.millisecondsMax) known.millisecondsMax = run.milliseconds
  }

  /** Beyond the limits statements are still counted, without their text. */
  private fresh(text: string, now: number): Tallied {
    const full = this.byText.size >= statementTextsMax || this.size + text.length > statementTextsBytesMax
    const key = full ? '' : text
    const known = this.byText.get(key)
    if (known !== undefined) return known
    const made: Tallied = { text: key, times: 0, failed: 0, rows: 0, bytes: 0, milliseconds: 0, millisecondsMax: 0, firstAt: now }
    this.byText.set(key, made)
    this.size += key.length
    return made
  }

  /** Gives out what was counted and begins anew. */
  take(): Tallied[] {
    const taken = [...this.byText.values()]
    this.byText.clear()
    this.size = 0
    return taken
  }
}
