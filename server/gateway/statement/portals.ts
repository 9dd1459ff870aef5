/**
 * Which portals of a session certainly only read. PostgreSQL says what a statement wrote at its end alone: one that stopped half way (one row of a million
 * of `INSERT ... RETURNING` asked for) would be committed and never counted. Whatever is not known for certain may write.
 */
import { preparedMax } from '../limits.ts'

const reading = new Set(['select', 'table', 'values'])

/** What makes or drops prepared statements by name, or may. */
const naming = new Set(['prepare', 'deallocate', 'discard', 'do', 'call'])

/** What stands up to the end of the first word; nothing behind a comment: where one ends is PostgreSQL's to say (they nest, and a line ends at more than one character). */
const beginning = /^[\s(;]*([A-Za-z]+|$|\0)/

/** Longest name that PostgreSQL tells apart. */
const nameBytesMax = 63

export class Portals {
  private statements = new Map<string, boolean>()
  private portals = new Map<string, boolean>()
  /** A statement was seen that may give another meaning to a name: nothing is certain any more. */
  private lost = false

  /** A Parse. `text`: its beginning; `cut`: there is more of it. */
  parsed(name: string, text: string, cut: boolean): void {
    const [upTo, word = ''] = beginning.exec(text) ?? []
    const known = upTo !== undefined && !(cut && upTo.length === text.length)
    const reads = known && reading.has(word.toLowerCase())
    if (!known || naming.has(word.toLowerCase()) || name.length > nameBytesMax) this.lost = true
    // Parsed again under its name, it may be refused and the older one stay.
    const before = name === '' ? true : this.statements.get(name) ?? true
    if (this.statements.size < preparedMax || this.statements.has(name)) this.statements.set(name, reads && before)
  }

  /** A Bind. */
  bound(portal: string, statement: string): void {
    const reads = this.statements.get(statement) ?? false
    if (portal.length > nameBytesMax) this.lost = true
    if (this.portals.size >= preparedMax) this.portals.clear()
    this.portals.set(portal, reads)
  }

  onlyReads(portal: string): boolean {
    return !this.lost && this.portals.get(portal) === true
  }

  /** The database refused something, and skipped what came behind it: what was named there is not known. */
  forget(): void {
    this.statements.clear()
    this.portals.clear()
  }
}
