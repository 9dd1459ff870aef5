/** Mails and mailboxes. */
import type { Encoding } from '../format.ts'
import type { PartOrUnread } from '../part.ts'
import type { Nest } from './nest.ts'
import type { Opening } from './source.ts'
import { textPart } from './text.ts'

/** A mail. */
export async function* mailParts(opening: Opening, encoding: Encoding, _nest: Nest): AsyncGenerator<PartOrUnread> {
  yield textPart(opening, { outcome: 'mail', encoding })
}

/** A mailbox. */
export async function* mailboxParts(opening: Opening, _nest: Nest): AsyncGenerator<PartOrUnread> {
  yield textPart(opening, { outcome: 'mailbox', encoding: 'utf-8' })
}
