/**
 * Walks what the client sends: refuses the kinds of message that never pass and lengths that cannot be, and notes what was asked in each
 * unit of work: of which kind it is, to tell later which dimension a refusal failed on, and its text, for the record. Parameters are neither kept nor copied.
 */
import { bindBytesMax, messageBytesMax, preparedMax, statementBytesMax, statementHeadBytesMax, statementTextBytesMax } from '../limits.ts'

export type ClientStop =
  | 'more' // the rest is not a whole header, or not enough of a statement
  | 'forbidden' // the next message never passes: `forbidden`
  | 'too long' // the next message is longer than its kind may be
  | 'malformed'

/** What kinds of statement were seen, as bits. */
export const reads = 1
export const writes = 2
export const unclear = 4

const query = 'Q'.charCodeAt(0)
const parse = 'P'.charCodeAt(0)
const bind = 'B'.charCodeAt(0)
const execute = 'E'.charCodeAt(0)
const sync = 'S'.charCodeAt(0)
const terminate = 'X'.charCodeAt(0)

/** Longest length of each kind; 0: never passes. F is a function call by number, p a late password. */
const longest = new Float64Array(256)
for (const type of 'CDEHSXcfd') longest[type.charCodeAt(0)] = messageBytesMax
longest[query] = longest[parse] = statementBytesMax
longest[bind] = bindBytesMax

/** What was sent until the database answers that it is ready: a Query, or everything up to a Sync. */
export interface Unit {
  /** Undefined: of a Query that nobody asked about yet. */
  readonly kind: number | undefined
  /** In Latin-1, cut at its limit. */
  readonly text: string
  /** There was more of the text than this. */
  readonly longer: boolean
  /** By `performance.now()`. */
  readonly sentAt: number
}

interface Prepared { readonly kind: number; readonly text: string }

/** Where the next zero is, or the end. */
function zeroAt(bytes: Buffer, from: number): number {
  let at = from
  while (at < bytes.length && bytes[at] !== 0) at += 1
  return at
}

/** Whether these bytes are the text, in Latin-1. */
function isText(bytes: Buffer, from: number, to: number, text: string): boolean {
  if (to - from !== text.length) return false
  for (let at = from; at < to; at += 1) if (bytes[at] !== text.charCodeAt(at - from)) return false
  return true
}

export class ClientMeter {
  statements = 0
  stop: ClientStop = 'more'
  forbidden = ''
  left = false
  /** Where the goodbye stands in what was walked last. */
  leftAt = 0
  private remaining = 0
  private unit = 0
  private unitText = ''
  private lastText = ''
  private unitSince = 0
  private busy = false
  /** Units of work that the database has not ended with ReadyForQuery yet, oldest first. */
  private units: Unit[] = []
  private readonly prepared = new Map<string, Prepared>()
  /** The name that was bound last: it mostly is the next one too. */
  private boundName = ''

  /** Something was sent that the database has not finished. */
  get working(): boolean {
    return this.busy || this.units.length > 0
  }

  /** A message was sent in part. */
  get halfway(): boolean {
    return this.remaining > 0
  }

  /** The client waits for the database to be ready: it sent a Query or a Sync. */
  get awaiting(): boolean {
    return this.units.length > 0
  }

  /** The kinds of the statements of which the database speaks now. */
  get current(): number {
    const [unit] = this.units
    return (unit === undefined ? this.unit : unit.kind ?? kindOfText(unit.text, unit.longer)) || unclear
  }

  /** The database said that it is ready: the oldest unit of work has ended, and is given out. */
  ended(): Unit | undefined {
    return this.units.length === 1 ? this.units.pop() : this.units.shift()
  }

  /** Walks `chunk` from its start (what an earlier call left over, then what came); returns the index up to which it may be sent on. */
  walk(chunk: Buffer): number {
    let at = Math.min(this.remaining, chunk.length)
    this.remaining -= at
    while (at + 5 <= chunk.length) {
      const type = chunk[at] ?? 0
      const length = chunk.readUInt32BE(at + 1)
      const limit = longest[type] ?? 0
      if (limit === 0) {
        this.forbidden = String.fromCharCode(type)
        return this.halt('forbidden', at)
      }
      if (length < 4) return this.halt('malformed', at)
      if (length > limit) return this.halt('too long', at)
      const end = at + 1 + length
      const head = Math.min(end, at + 5 + (type === bind ? statementHeadBytesMax : statementTextBytesMax))
      if (head > chunk.length && (type === query || type === parse || type === bind)) return this.halt('more', at)
      if (type === query || type === parse || type === bind) this.noteText(type, chunk.subarray(at + 5, head), end > head)
      else this.note(type, at)
      this.remaining = Math.max(0, end - chunk.length)
      at = Math.min(end, chunk.length)
    }
    return this.halt('more', at)
  }

  private halt(stop: ClientStop, at: number): number {
    this.stop = stop
    return at
  }

  private noteText(type: number, head: Buffer, longer: boolean): void {
    if (type === query) {
      const text = head.toString('latin1', 0, longer ? head.length : Math.max(0, head.length - 1))
      this.statements += 1
      this.close(undefined, text, longer)
      return
    }
    this.begin()
    if (type === parse) {
      const [name = '', text = ''] = head.toString('latin1').split('\0', 2)
      const prepared = { kind: kindOfText(text, longer), text }
      this.unit |= prepared.kind
      if (this.prepared.size < preparedMax || this.prepared.has(name)) this.prepared.set(name, prepared)
    } else {
      const from = Math.min(head.length, zeroAt(head, 0) + 1)
      const to = zeroAt(head, from)
      if (!isText(head, from, to, this.boundName)) this.boundName = head.toString('latin1', from, to)
      const prepared = this.prepared.get(this.boundName)
      this.unit |= prepared?.kind ?? unclear
      if (prepared !== undefined) this.unitText = this.unitText === '' ? prepared.text : `${this.unitText}; ${prepared.text}`.slice(0, statementTextBytesMax)
    }
  }

  private note(type: number, at: number): void {
    if (type === terminate) {
      if (!this.left) this.leftAt = at
      this.left = true
      return
    }
    this.begin()
    if (type === execute) {
      this.statements += 1
      if (this.unitText === '') this.unitText = this.lastText // more of a portal that was bound before
    } else if (type === sync) this.close(this.unit, this.unitText, false)
  }

  private begin(): void {
    if (!this.busy) this.unitSince = performance.now()
    this.busy = true
  }

  private close(kind: number | undefined, text: string, longer: boolean): void {
    this.units.push({ kind, text, longer, sentAt: this.busy ? this.unitSince : performance.now() })
    this.lastText = text
    this.unit = 0
    this.unitText = ''
    this.busy = false
  }
}

const readVerbs = new Set(['select', 'table', 'values', 'fetch', 'declare', 'show', 'explain'])
const openVerbs = new Set(['with', 'copy', 'execute', 'prepare', 'begin', 'start', 'close', 'commit', 'rollback', ''])

function kindOfText(text: string, longer: boolean): number {
  return kindOf(text.slice(0, statementHeadBytesMax), longer || text.length > statementHeadBytesMax)
}

/** Reading, writing, or unclear, from the first word of a statement and whether another one follows. Used for words in a refusal, never to allow. */
export function kindOf(text: string, longer: boolean): number {
  const bare = text.replace(/\0[^]*$/, '').replace(/^(\s+|--[^\n]*(\n|$)|\/\*[^]*?\*\/|\()+/, '')
  const verb = /^[A-Za-z]+/.exec(bare)?.[0].toLowerCase() ?? ''
  const several = /;\s*\S/.test(bare)
  if (openVerbs.has(verb) || several) return unclear
  if (readVerbs.has(verb)) return longer && verb === 'explain' ? unclear : reads
  return writes
}
