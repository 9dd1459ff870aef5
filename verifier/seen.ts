import { parseCheckpointBody } from './checkpoint.ts'
import { checkPrefix } from './evidence.ts'
import type { WholeLog } from './log.ts'
import { malformed } from './malformed.ts'
import { parseNote } from './note.ts'
import type { Shown } from './walk.ts'

/** Signed checkpoints that whoever checks kept from an earlier look, as they were: of the root log, and of the controller's. */
export interface SeenBefore {
  readonly root: string
  readonly client: string
}

/**
 * Holds the logs against what was seen before: both must go on from there. They were checked when they were kept, so that their signatures are not asked for again. What is older than what was seen
 * shows nothing of that; the other log does, all the same. Throws `Malformed` `seen/prefix` where another history is shown.
 */
export function checkSeen(seen: SeenBefore, logs: { readonly root: WholeLog; readonly client: WholeLog }): Shown<undefined> {
  const before = { root: readSeen(seen.root), client: readSeen(seen.client) }
  if (logs.root.checkpoint.size < before.root.size && logs.client.checkpoint.size > before.client.size) malformed('seen/prefix', 'fewer snapshots than you saw before fix more entries')
  let older = false
  for (const name of ['root', 'client'] as const) {
    if (before[name].size > logs[name].checkpoint.size) older = true
    else checkPrefix(before[name], logs[name], 'seen')
  }
  if (older) return { value: undefined, showed: `this is older than what you saw before: ${before.client.size} entries then, ${logs.client.checkpoint.size} here`, absent: true }
  return { value: undefined, showed: `the ${before.client.size} entries of your last visit are the first of this log` }
}

const readSeen = (note: string): ReturnType<typeof parseCheckpointBody> => parseCheckpointBody(parseNote(note).text)
