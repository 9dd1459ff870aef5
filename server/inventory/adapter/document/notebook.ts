/** Notebooks. */
import type { Encoding } from '../format.ts'
import type { PartOrUnread } from '../part.ts'
import type { Nest } from './nest.ts'
import type { Opening } from './source.ts'
import { textPart } from './text.ts'

/** A notebook. */
export async function* notebookParts(opening: Opening, encoding: Encoding, _nest: Nest): AsyncGenerator<PartOrUnread> {
  yield textPart(opening, { outcome: 'json', encoding })
}
