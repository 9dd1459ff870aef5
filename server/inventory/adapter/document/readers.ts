/** Formats that hold tables, by what they begin with: each has a reader of its own, and one that is not here is said to be not read. */
import type { Seeking, TextFormat, Encoding } from '../format.ts'
import type { PartOrUnread } from '../part.ts'
import type { Opening } from './source.ts'
import { textPart } from './text.ts'

/** A reader of a format that seeks: `file` holds the document and nothing else; `name` is for messages. Names its parts from its own beginning. */
export type Reader = (input: { readonly file: string; readonly name: string }) => AsyncGenerator<PartOrUnread>

export const readers: Partial<Readonly<Record<Seeking | 'XLSX', Reader>>> = {}

/** A dump of a database as statements. */
export async function* dumpParts(opening: Opening, format: TextFormat & { readonly encoding: Encoding }): AsyncGenerator<PartOrUnread> {
  yield textPart(opening, format)
}
