/**
 * Which portals of a session certainly only read. PostgreSQL says what a statement wrote at its end alone: one that stopped half way (one row of a million
 * of `INSERT ... RETURNING` asked for) would be committed and never counted. Whatever is not known for certain may write.
 */
import { preparedMax } from '../limits.ts'
import { verbOf } from '../wire/client.ts'

const reading = new Set(['select', 'table', 'values'])

/** What neither makes nor drops prepared statements by name, beside what reads. */
const plain = new Set(['insert', 'update', 'delete', 'merge', 'with', 'begin', 'start', 'commit', 'end', 'rollback', 'abort', 'savepoint', 'release', 'set', 'reset', 'show', 'explain', 'declare', 'fetch', 'move', 'close', 'lock', 'copy', ''])

export class Portals {
  private statements = new Map<string, boolean>()
  private portals = new Map<string, boolean>()
  /** A statement was seen that may give another meaning to a name: nothing is certain any more. */
  private lost = false

  /** A Parse. `text`: its beginning. */
  parsed(name: string, text: string): void {
    const verb = verbOf(text)
    const reads = reading.has(verb)
    if (!reads && !plain.has(verb)) this.lost = true
    // Parsed again under its name, it may be refused and the older one stay.
    const before = name === '' ? true : this.statements.get(name) ?? true
    if (this.statements.size < preparedMax || this.statements.has(name)) this.statements.set(name, reads && before)
  }

  /** A Bind. */
  bound(portal: string, statement: string): void {
    const reads = this.statements.get(statement) ?? false
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
