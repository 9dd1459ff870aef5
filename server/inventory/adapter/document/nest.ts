/** What opening one place shares at every depth, and what is found inside one thing and opened like everything else. */
import type { FileSpan, PartOrUnread, Part } from '../part.ts'
import type { Dialect } from './declared.ts'
import type { Scratch } from './scratch.ts'
import type { Budget, Opening, Source } from './source.ts'

export interface Nest {
  readonly budget: Budget
  readonly scratch: Scratch
  /** JSON lines are read by the names of their fields. */
  readonly named: boolean
  /** Texts are tables that are written so. */
  readonly dialect: Dialect | undefined
  /** Parts of what was found inside: opened like everything else. A member that is damaged is an unread part, and what stands beside it is read. */
  inside(member: Member): AsyncGenerator<PartOrUnread>
}

/** Bytes found inside something else. Read once when only `stream` gives them, as often as wanted when `source` does. */
export interface Member {
  /** From the beginning of the place. */
  readonly name: string
  readonly depth: number
  readonly stream?: AsyncIterable<Uint8Array> | undefined
  readonly source?: Source | undefined
  readonly packings?: readonly string[] | undefined
  readonly file?: string | undefined
  readonly span?: FileSpan | undefined
  readonly notes?: (() => readonly string[]) | undefined
}

/** The name of a member of `outer`: `outer!/member`, or `member` in the place itself. */
export const memberName = (outer: string, member: string): string => (outer === '' ? member : member === '' ? outer : `${outer}!/${member}`)

/** A part of a reader that names its parts from its own beginning, as a part of the place. */
export function under(opening: Pick<Opening, 'name' | 'notes'>, part: PartOrUnread): PartOrUnread {
  const name = memberName(opening.name, part.name)
  if ('because' in part) return { ...part, name }
  const inner: Part = part
  return { ...inner, get columns() { return inner.columns }, name, partly: () => [...inner.partly(), ...opening.notes()] }
}

/**
 * Names of members as the parts of a place have them: a second one of a name is numbered, because every part is a place of its own. Remembers check
 * sums and not names: two different names with one check sum are numbered as well, which harms nobody.
 */
export function createNames(): (name: string) => string {
  const seen = new Map<number, number>()
  return (name) => {
    const mark = checkSum(name)
    const times = (seen.get(mark) ?? 0) + 1
    seen.set(mark, times)
    return times === 1 ? name : `${name} (${times})`
  }
}

/** 52 bits of a text: FNV-1a twice, from two beginnings. */
function checkSum(text: string): number {
  let [low, high] = [0x811c9dc5, 0x1b873593]
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    low = Math.imul(low ^ code, 0x01000193)
    high = Math.imul(high ^ code, 0x01000193) + at
  }
  return (low >>> 0) + (high & 0xfffff) * 0x1_0000_0000
}
