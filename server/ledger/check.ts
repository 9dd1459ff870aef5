/** The whole ledger against itself: every entry, head and snapshot derived once more from the entries' bytes, every part opened that still can be. */
import { appendLeaf, emptyFrontier, formatSnapshot, frontierRoot, leafHash, rootOf, subtreesOf, type Frontier } from '@bailee/verifier'
import { Broken } from '#kit/errors'
import { commitmentOf, leafBytesMax, openPart, parseLeaf } from './entry.ts'
import { encodeFrontier, headText } from './head.ts'
import type { KeyStore } from './keys.ts'
import { payloadKeyIds } from './retention/schedule.ts'
import { checkKept } from './publish/kept.ts'
import { keptOfNobody } from './publish/store.ts'
import { rootSlot } from './publish/tree.ts'
import { destroyedKeys, keysEmptying } from './retention/store.ts'
import { mustExtend, type SignedRoot } from './signed.ts'
import * as store from './store.ts'
import { isKept } from './versions/store.ts'
import type { Database, EntryRow, PayloadRow, SnapshotHeadRow, Transaction } from './store.ts'

export interface LedgerCheck {
  readonly logs: readonly { readonly slot: number; readonly origin: string; readonly entries: number }[]
  readonly entries: number
  readonly snapshots: number
  /** Snapshots that were signed: behind them nothing outside the database says what was recorded. */
  readonly signedSnapshots: number
  readonly parts: { readonly opened: number; readonly destroyed: number }
  /** Keys of which parts are still there though they were destroyed: they open with nothing, and are to be deleted. */
  readonly leftParts: readonly LeftParts[]
  /** Whether the past of all controllers is kept in tables, which nobody looked at here: `compareRebuilt` does. */
  readonly pastKept: boolean
  /** What does not follow from the entries, in words; empty when all does. At most `problemsMax`. */
  readonly problems: readonly string[]
  readonly problemsLeftOut: number
}

export interface LeftParts {
  readonly key: string
  readonly parts: number
  /** The first entry of which one is. */
  readonly first: string
  /** Whether they are being deleted, or will be by whatever opens the ledger next: that was begun, and may have been cut off. */
  readonly pending: boolean
}

export interface Checking {
  readonly database: Database
  readonly keys: KeyStore
  readonly progress?: ((done: number, of: number) => void) | undefined
}

const problemsMax = 100
const pageEntries = 1_000

interface State { common: number; readonly tx: Transaction; readonly keys: KeyStore; readonly recorded: ReadonlySet<string>; readonly left: Map<string, { parts: number; readonly first: string }>; opened: number; destroyed: number; readonly say: (problem: string) => void; readonly step: (entries: number) => void }

/**
 * Derives every leaf, head and snapshot again, and compares the newest snapshots with what was signed. Reads one moment; memory grows with snapshots, not
 * with entries. Never throws for what is wrong with it: that is in `problems`.
 */
export async function checkLedger({ database, keys, progress }: Checking): Promise<LedgerCheck> {
  const problems: string[] = []
  let leftOut = 0
  const signed = keys.signedRoots.last() // before the moment that is read: what others sign meanwhile is not expected of it
  const say = (problem: string): void => { if (problems.length < problemsMax) problems.push(problem); else leftOut += 1 }
  return store.asOfNow(database, async (tx) => {
    const total = await store.totalEntries(tx, await store.schemaNow(tx), true)
    let done = 0
    const recorded = await destroyedKeys(tx)
    for (const { id } of recorded) if (keys.isBack(id)) say(`key ${id} was destroyed, and is in the key store again`)
    const state: State = { common: 0, tx, keys, recorded: new Set(recorded.map(({ id }) => id)), left: new Map(), opened: 0, destroyed: 0, say, step: (entries) => { done += entries; progress?.(done, total) } }
    const heads = new Map((await store.heads(tx)).map((head) => [head.slot, head]))
    const known = await store.logs(tx)
    const logs: { slot: number; origin: string; entries: number }[] = []
    const strange = await store.partsWithoutEntry(tx)
    if (strange > 0) say(`${strange} parts belong to no entry`)
    const nobodys = await store.entriesWithoutLog(tx)
    if (nobodys > 0) say(`${nobodys} entries belong to no log`)
    const keptOfThem = await keptOfNobody(tx)
    if (keptOfThem > 0) say(`${keptOfThem} kept hashes belong to no log`)
    const misplaced = await store.entriesInTheWrongTable(tx)
    if (misplaced > 0) say(`${misplaced} entries stand in the table of another kind, where decisions, or what folds, are looked for in vain`)
    for (const [at, log] of known.entries()) {
      if (log.slot !== at) say(`log ${at} is missing`)
      const entries = await checkLog(state, log, heads.get(log.slot))
      if (log.slot === 0) state.common = entries
      logs.push({ slot: log.slot, origin: log.origin, entries })
    }
    const snapshots = await checkSnapshots(state, known, signed)
    const pending = new Set([...await keysEmptying(tx), ...keys.destroying().map(({ id }) => id)])
    const leftParts = [...state.left].map(([key, left]) => ({ key, ...left, pending: pending.has(key) }))
    return { leftParts, logs, entries: done, snapshots, parts: { opened: state.opened, destroyed: state.destroyed }, signedSnapshots: signed?.size ?? 0, pastKept: await isKept(tx), problems, problemsLeftOut: leftOut }
  })
}

interface Log { readonly slot: number; readonly origin: string }

async function checkLog(state: State, log: Log, head: store.HeadRow | undefined): Promise<number> {
  const fixed = await store.snapshotHeadsOf(state.tx, log.slot)
  const kept = checkKept(state.tx, log.slot, (problem) => state.say(`${log.origin}: ${problem}`))
  let [frontier, next, common]: [Frontier, number, number] = [emptyFrontier, 0, 0]
  for (;;) {
    const page = await store.entriesBetween(state.tx, { slot: log.slot, from: next, to: next + pageEntries })
    if (page.length === 0) break
    const payloads = Map.groupBy(await store.payloadsBetween(state.tx, { slot: log.slot, from: next, to: next + pageEntries }), ({ index }) => index)
    for (const row of page) {
      if (row.index < next) state.say(`${log.origin}: entry ${row.index} is there twice`)
      else if (row.index !== next) state.say(`${log.origin}: entry ${next} is missing`)
      common = checkEntry(state, log, { row, payloads: payloads.get(row.index) ?? [], common })
      const leaf = leafHash(row.body)
      frontier = appendLeaf(frontier, leaf)
      kept.add(leaf)
      next = row.index + 1
      if (frontier.size === fixed[0]?.size) checkRoot(state, log, frontier, fixed)
    }
    await kept.settle()
    state.step(page.length)
  }
  await kept.end(frontier.size)
  for (const { snapshot, size } of fixed) state.say(`${log.origin}: snapshot ${snapshot} fixes ${size} entries, and there are ${frontier.size}`)
  if (await store.entryCount(state.tx, log.slot) !== frontier.size) state.say(`${log.origin}: there are entries behind a gap of ${pageEntries} or more`)
  const same = head !== undefined && head.size === frontier.size && Buffer.from(head.frontier).equals(Buffer.from(encodeFrontier(frontier)))
  if (!same) state.say(`${log.origin}: its head says ${head?.size ?? 'nothing'} and does not follow from its ${frontier.size} entries`)
  return frontier.size
}

/** Takes the fixed heads of this size off the list. */
function checkRoot(state: State, log: Log, frontier: Frontier, fixed: SnapshotHeadRow[]): void {
  while (fixed[0]?.size === frontier.size) {
    const { snapshot, root } = fixed.shift()!
    if (!Buffer.from(root).equals(Buffer.from(frontierRoot(frontier)))) state.say(`${log.origin}: snapshot ${snapshot} fixes another root than that of its first ${frontier.size} entries`)
  }
}

/** A leaf as this program writes it; undefined for anything else. */
function leafOf(body: Uint8Array): ReturnType<typeof parseLeaf> | undefined {
  try {
    const leaf = parseLeaf(body)
    const right = Number.isSafeInteger(leaf.at) && leaf.at >= 0 && typeof leaf.type === 'string' && (leaf.common === undefined || Number.isSafeInteger(leaf.common))
    return right && leaf.parts.every(({ n, c }) => typeof n === 'string' && typeof c === 'string') ? leaf : undefined
  } catch {
    return undefined
  }
}

/** Returns how much of the common log this entry knew. */
function checkEntry(state: State, { slot, origin }: Log, { row, payloads, common }: { row: EntryRow; payloads: readonly PayloadRow[]; common: number }): number {
  const named = `${origin}: entry ${row.index}`
  if (!Buffer.from(leafHash(row.body)).equals(Buffer.from(row.leaf))) state.say(`${named} is not what was hashed`)
  if (row.body.length > leafBytesMax) state.say(`${named} is ${row.body.length} bytes long, and its length is written in two bytes: no tile and no bundle can hold it`)
  const leaf = leafOf(row.body)
  if (leaf === undefined) {
    state.say(`${named} is no entry`)
    return common
  }
  if ((row.index === 0) !== (leaf.type === 'ledger.opened')) state.say(`${named} is ${row.index === 0 ? 'not the one that opens a log' : 'a second one that opens the log'}`)
  if (slot !== 0 && (leaf.common === undefined || leaf.common < common)) state.say(`${named} knew less of the common log than the one before`)
  if (slot !== 0 && (leaf.common ?? 0) > state.common) state.say(`${named} knew more of the common log than there is`)
  for (const { n, c } of leaf.parts) checkPart(state, { named, origin, index: row.index, part: n, commitment: c, keyIds: payloadKeyIds(slot, n, leaf.at) }, payloads.find(({ part }) => part === n))
  if (new Set(payloads.map(({ part }) => part)).size < payloads.length) state.say(`${named} has a part more than once`)
  for (const { part } of payloads) if (leaf.parts.every(({ n }) => n !== part)) state.say(`${named} has a part ${part} that it never committed to`)
  return Math.max(common, leaf.common ?? 0)
}

interface Promised { readonly named: string; readonly origin: string; readonly index: number; readonly part: string; readonly commitment: string; readonly keyIds: readonly string[] }

function checkPart(state: State, { named, origin, index, part, commitment, keyIds }: Promised, payload: PayloadRow | undefined): void {
  if (payload !== undefined && !keyIds.includes(payload.keyId)) return state.say(`${named}: its part ${part} is sealed with another key than that of its slot, class and period`)
  const sealedWith = payload === undefined ? keyIds : [payload.keyId]
  if (sealedWith.some((id) => state.recorded.has(id) || state.keys.wasDestroyed(id))) {
    state.destroyed += 1
    if (payload !== undefined && state.recorded.has(payload.keyId)) noteLeft(state.left, payload.keyId, named)
    return
  }
  if (payload === undefined) return state.say(`${named}: its part ${part} is gone, and its key was not destroyed`)
  const key = state.keys.find(payload.keyId)
  if (key === undefined) return state.say(`${named}: the key of its part ${part} is not here, and no record says that it was destroyed`)
  try {
    const opened = openPart(payload.ciphertext, { origin, index, part }, key)
    if (commitmentOf(opened.salt, opened.payload) !== commitment) state.say(`${named}: its part ${part} is not what it committed to`)
    state.opened += 1
  } catch (cause) {
    if (!(cause instanceof Broken)) throw cause
    state.say(`${named}: its part ${part} does not open with its key`)
  }
}

function noteLeft(left: State['left'], key: string, named: string): void {
  const found = left.get(key)
  if (found === undefined) left.set(key, { parts: 1, first: named })
  else found.parts += 1
}

/** Every snapshot made again from the heads it fixed; and what was signed last must be among them. */
async function checkSnapshots({ tx, say }: State, logs: readonly Log[], signed: SignedRoot | undefined): Promise<number> {
  const all = await store.snapshots(tx)
  const changed = Map.groupBy(await store.changedHeads(tx, all.length), ({ snapshot }) => snapshot)
  const leaves: Uint8Array[] = []
  const kept = checkKept(tx, rootSlot, (problem) => say(`the root log: ${problem}`))
  let time = 0
  for (const [at, { index, time: taken, slots, body }] of all.entries()) {
    if (index !== at) say(`snapshot ${at} is missing`)
    if (!follows(body, () => {
      for (const { slot, size, root } of changed.get(index) ?? []) leaves[slot] = leafHash(Buffer.from(headText({ origin: logs.find((log) => log.slot === slot)?.origin ?? '', size, root })))
      return formatSnapshot({ time: taken, slots, root: rootOf(slots, subtreesOf(leaves)) })
    })) say(`snapshot ${index} is not what follows from the heads that it fixed`)
    if (taken < time) say(`snapshot ${index} is older than the one before it`)
    time = taken
    kept.add(leafHash(body))
  }
  await kept.end(all.length)
  try {
    mustExtend(signed, all.map(({ body }) => leafHash(body)))
  } catch (cause) {
    say((cause as Error).message)
  }
  return all.length
}

/** Whether this is what is made again; what cannot be made is not. */
function follows(body: Uint8Array, again: () => Uint8Array): boolean {
  try {
    return Buffer.from(again()).equals(Buffer.from(body))
  } catch {
    return false
  }
}
