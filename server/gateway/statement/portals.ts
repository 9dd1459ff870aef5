/**
 * Which portals of a session certainly only read. PostgreSQL says what a statement wrote at its end alone: one that stopped half way (one row of a million
 * of `INSERT ... RETURNING` asked for) would be committed and never counted. Whatever is not known for certain may write.
 */
import { preparedMax } from '../limits.ts'
import { verbOf, type Verb } from './verb.ts'

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
  private readonly verbs = new Verbs()
  private readonly verbsOfPortals = new Verbs()
  /** A statement was seen that may give another meaning to a name: nothing is certain any more. */
  private lost = false

  /** A Parse. `text`: its beginning; `cut`: there is more of it; `skipped`: the database does not look at it, because it refused something before. */
  parsed(name: string, text: string, cut: boolean, skipped = false): void {
    const [upTo, word = ''] = beginning.exec(text) ?? []
    const known = upTo !== undefined && !(cut && upTo.length === text.length)
    const reads = known && reading.has(word.toLowerCase())
    if (!known || naming.has(word.toLowerCase()) || name.length > nameBytesMax) this.lost = true
    // Parsed again under its name, it may be refused and the older one stay.
    this.verbs.note(name, verbOf(text, cut), name === '' && !skipped)
    const before = name === '' ? true : this.statements.get(name) ?? true
    if (this.statements.size < preparedMax || this.statements.has(name)) this.statements.set(name, reads && before)
  }

  /** A Bind. `statement` is undefined where its name is too long to be seen. */
  bound(portal: string, statement: string | undefined): void {
    const reads = statement !== undefined && (this.statements.get(statement) ?? false)
    if (portal.length > nameBytesMax) this.lost = true
    if (this.portals.size >= preparedMax) this.portals.clear()
    this.portals.set(portal, reads)
    this.verbsOfPortals.note(portal, statement === undefined ? 'unknown' : this.verbs.of(statement), true)
  }

  /** What the statement of a portal does; 'other' too where it was prepared by SQL, which prepares none that commit or call. */
  verb(portal: string): Verb {
    return this.verbsOfPortals.of(portal)
  }

  onlyReads(portal: string): boolean {
    return !this.lost && this.portals.get(portal) === true
  }

  /** The database refused something, and skipped what came behind it: what was named there is not known. */
  forget(): void {
    this.statements.clear()
    this.portals.clear()
    this.verbs.note('', 'unknown', true) // a Parse without a name may have been skipped, and the one before it stay
  }
}

/** What is under a name may do at most. PostgreSQL tells names apart by their first 63 bytes. */
class Verbs {
  private readonly byName = new Map<string, Exclude<Verb, 'other'>>()
  private full = false

  /** `anew`: nothing that was under the name before is there any more. Otherwise what once ended a transaction, or called, is taken to do so again. */
  note(name: string, verb: Verb, anew: boolean): void {
    const key = name.slice(0, nameBytesMax)
    const before = anew ? undefined : this.byName.get(key)
    if (verb === 'other') {
      if (anew) this.byName.delete(key)
    } else if (this.byName.size >= preparedMax && !this.byName.has(key)) this.full = true
    else this.byName.set(key, before === undefined || before === verb ? verb : 'unknown')
  }

  of(name: string): Verb {
    return this.full ? 'unknown' : this.byName.get(name.slice(0, nameBytesMax)) ?? 'other'
  }
}
