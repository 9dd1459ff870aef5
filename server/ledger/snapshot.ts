import { formatSnapshot, leafHash, rootOf, subtreesOf } from '@bailee/verifier'
import { failpoint } from '#kit/failpoint'
import type { Instant } from '#kit/time'
import { headRoot, headText } from './head.ts'
import * as store from './store.ts'
import type { Database } from './store.ts'

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/**
 * Fixes the head of every log at once in the root log (`ledger.md`, design 2). One at a time over all processes; time never runs backwards.
 * Resolves to the newest snapshot's index, which is the old one when no head moved since.
 */
export async function takeSnapshot(database: Database, at: Instant): Promise<number> {
  const taken = await store.transaction(database, async (tx) => {
    await store.lockSnapshots(tx)
    const last = await store.lastSnapshot(tx)
    const before = new Map((last === undefined ? [] : await store.headsFixed(tx, last.index)).map((head) => [head.slot, head]))
    const heads = (await store.heads(tx)).map((head) => ({ ...head, root: headRoot(head) }))
    const changed = heads.filter((head) => before.get(head.slot)?.size !== head.size)
    if (last !== undefined && changed.length === 0) return last.index
    const index = last === undefined ? 0 : last.index + 1
    const time = Math.max(at, last?.time ?? 0)
    const tree = subtreesOf(heads.map((head) => leafHash(bytesOf(headText(head)))))
    const body = formatSnapshot({ time, slots: heads.length, root: rootOf(heads.length, tree) })
    await store.insertSnapshot(tx, { index, time, slots: heads.length, body }, changed.map(({ slot, size, root, frontier }) => ({ slot, snapshot: index, size, root, frontier })))
    failpoint('snapshot/before-commit')
    return index
  })
  failpoint('snapshot/after-commit')
  return taken
}
