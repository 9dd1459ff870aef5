/** From what a session ran to what is recorded of it: shapes for everybody who may see the log, texts sealed apart. */
import { createHash } from 'node:crypto'
import type { Draft, Json } from '#ledger'
import { knownNames, shapeOf, type KnownNames, type Shape } from './shape.ts'
import type { SessionPlan } from '../doorkeeper.ts'
import type { Tallied } from './tally.ts'

/** Shapes kept, by text: what a program sends again is not read again. */
const shapesMax = 2_000

export interface RecordedStatement {
  /** The first 16 hexadecimal digits of the SHA-256 of the shape. */
  readonly fingerprint: string
  /** Null: not understood, or beyond the limits of one record. */
  readonly shape: string | null
  readonly tables: readonly string[]
  readonly times: number
  readonly failed: number
  readonly rows: number
  readonly bytes: number
  readonly milliseconds: number
  readonly milliseconds_max: number
  readonly first_at: number
}

interface Read extends Shape { readonly fingerprint: string }

/** A number that stands by itself: no part of a name, of another number, or of anything that a sign begins. */
const wholeNumber = /(?<![\w$."'\\\u0080-\uffff])\d+(?![\w$."'\u0080-\uffff])/g

/**
 * The same text for all that differ in whole numbers alone, and so have the same shape: a program that asks for one row after another by its key is read once. Where names are quoted they may hold
 * such a number, and the text stays as it is.
 */
export const withoutNumbers = (text: string): string => (text.includes('"') ? text : text.replace(wholeNumber, '0'))

/** Makes entries of what was tallied; one for all sessions of a process that share the names of an instruction. */
export class StatementReader {
  private readonly shapes = new Map<string, Read>()
  private readonly names = new Map<string, KnownNames>()

  /** One entry: `access` says what was run, `statement` holds the texts, under a key of its own. */
  draft(of: { slot: number; session: string; tables: SessionPlan['tables'] }, tallied: readonly Tallied[], at: number): Draft {
    const key = JSON.stringify(of.tables)
    const names = this.names.get(key) ?? knownNames(of.tables)
    if (this.names.size < shapesMax) this.names.set(key, names)
    const byFingerprint = new Map<string, RecordedStatement>()
    const texts: { fingerprint: string; text: string }[] = []
    for (const one of tallied) {
      const read = this.read(key, one.text, names)
      const { fingerprint } = read
      byFingerprint.set(fingerprint, merged(byFingerprint.get(fingerprint), one, read))
      if (one.text !== '') texts.push({ fingerprint, text: Buffer.from(one.text, 'latin1').toString('utf8') })
    }
    const statements = [...byFingerprint.values()] as unknown as Json
    return { slot: of.slot, type: 'statement.recorded', at, parts: { access: { session: of.session, statements }, statement: { session: of.session, texts } } }
  }

  private read(tables: string, text: string, names: KnownNames): Read {
    const bare = withoutNumbers(text)
    const key = `${tables}\n${bare}`
    const known = this.shapes.get(key)
    if (known !== undefined) return known
    const shape = text === '' ? { text: undefined, tables: [] } : shapeOf(bare, names)
    const read = { ...shape, fingerprint: createHash('sha256').update(shape.text ?? 'not understood').digest('hex').slice(0, 16) }
    if (this.shapes.size >= shapesMax) this.shapes.clear()
    this.shapes.set(key, read)
    return read
  }
}

function merged(before: RecordedStatement | undefined, one: Tallied, shape: Read): RecordedStatement {
  return {
    fingerprint: shape.fingerprint, shape: shape.text ?? null, tables: shape.tables,
    times: (before?.times ?? 0) + one.times, failed: (before?.failed ?? 0) + one.failed, rows: (before?.rows ?? 0) + one.rows, bytes: (before?.bytes ?? 0) + one.bytes,
    milliseconds: Math.round((before?.milliseconds ?? 0) + one.milliseconds), milliseconds_max: Math.round(Math.max(before?.milliseconds_max ?? 0, one.millisecondsMax)),
    first_at: Math.min(before?.first_at ?? Infinity, Math.floor(one.firstAt / 1000)),
  }
}
