import type { Database } from '#database'
import { Refused } from '#kit/errors'
import * as store from './store.ts'
import type { InstructionDraft } from './types.ts'

/** More at once are forgotten, not written. */
const draftsMax = 50

/** Keeps a draft as it is now; saved again it is the same one. Throws `Refused` for one that is another account's, and when somebody keeps too many. */
export async function saveDraft(database: Database, draft: InstructionDraft): Promise<InstructionDraft> {
  if (await store.countOthers(database, draft) >= draftsMax) throw new Refused('instruction/drafts', `you keep ${draftsMax} drafts already; propose one or throw one away first`)
  if (!await store.keepDraft(database, draft)) throw new Refused('instruction/not-yours', 'that draft is somebody else\'s')
  return draft
}
