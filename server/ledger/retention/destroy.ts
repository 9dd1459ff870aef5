import { Broken, Misuse } from '#kit/errors'
import { day, type Instant } from '#kit/time'
import type { Draft } from '../entry.ts'
import type { Ledger } from '../ledger.ts'
import { beginRefold, type FoldedTable, type Refolding } from '../rebuild.ts'
import { countDestroyed } from '../past/store.ts'
import { endVersions, endVersionsBefore } from '../versions/versions.ts'
import type { Apply } from '../fold.ts'
import { dueAt, parsePayloadKeyId, periodEnd, slotOfKey, type RetentionPolicy } from './schedule.ts'
import * as store from './store.ts'
import type { DestroyedKey, KeyHold } from './store.ts'

/** What entries fold into: when a key goes, so does what it fed. */
export interface Tables {
  readonly applies: Readonly<Record<string, Apply>>
  readonly migrations: readonly string[]
  readonly folded: readonly FoldedTable[]
}

/** A key, and why it goes. `isDue`: by the times for which keys are kept then, unless it is held: asked again when every log stands still. Without it, it is gone already. */
export interface Destroying { readonly id: string; readonly because: string; readonly isDue?: (policy: RetentionPolicy) => boolean }

const again = 'its file was back: the key store was restored from a backup, or copied'

/**
 * Destroys keys: shut, recorded, then what they sealed is deleted and they are unlinked. While it is recorded every log stands still: whatever was sealed with one of them is there before, or is sealed anew. The state is folded
 * once more with the keys that are left, in the same transaction: what was recorded before, while others append; the rest, and that the tables take it, while every log stands still. Killed anywhere, `settleKeys` finishes it; failed before it was recorded, nothing happened. Safe to call twice.
 * Answers the ids of those that are gone: what was held meanwhile, or is to be kept for longer, stays.
 */
export async function destroyKeys(ledger: Ledger, tables: Tables, wanted: readonly Destroying[], at: Instant): Promise<string[]> {
  const { keys } = ledger
  if (wanted.length === 0) return []
  let [feeding, count]: [boolean, number] = [false, 0]
  let [refolding, shut]: [Refolding | undefined, readonly Destroying[]] = [undefined, []]
  let [going, left] = [wanted, without(ledger, wanted)]
  // What is kept of the past goes first: whoever reads it is waited for before any log stands still.
  if ([...await store.partsSealedWith(ledger.database, wanted.map(({ id }) => id))].some(([id, parts]) => feeds(id, parts))) feeding = true
  if (feeding) await endVersionsBefore(ledger.database)
  try {
    await ledger.alone({
      ...(feeding ? { before: async (tx) => { left = without(ledger, wanted); refolding = await beginRefold({ ...left.ledger, database: tx }, tables, tx); await endVersionsBefore(ledger.database) } } : {}),
      begin: async (tx) => {
        const recorded = new Set((await store.destroyedKeys(tx)).map(({ id }) => id))
        const [policy, held] = [await store.retentionPolicy(tx), await store.keyHolds(tx)]
        going = wanted.filter((one) => recorded.has(one.id) || one.isDue === undefined || (one.isDue(policy) && heldBy(one.id, held).length === 0))
        const fresh = going.filter(({ id }) => !recorded.has(id))
        const parts = await store.partsSealedWith(tx, fresh.map(({ id }) => id))
        shut = fresh
        for (const { id, because } of fresh) keys.shut(id, because)
        feeding = fresh.some(({ id }) => feeds(id, parts.get(id) ?? 0))
        count = fresh.length
        // Another key that was destroyed meanwhile fed what was folded, or one that stays or was shut meanwhile fed nothing: it is folded again, while every log stands still.
        if (refolding !== undefined && (!feeding || count === 0 || going.length < wanted.length || !left.stands() || await countDestroyed(tx) !== refolding.destructions)) { await refolding.drop(); refolding = undefined }
        return fresh.map((one) => destroyedDraft(one, parts.get(one.id) ?? 0, { at, backupDays: policy.backupDays }))
      },
      end: async (tx) => {
        await store.noteEmptying(tx, going.map(({ id }) => id).filter(sealsParts))
        await endVersions(tx, { feeding, count })
        if (feeding) await (refolding ?? await beginRefold({ ...without(ledger, going).ledger, database: tx }, tables, tx)).finish()
      },
    })
  } catch (cause) {
    if (!(cause instanceof Broken && cause.code === 'ledger/outcome-unknown')) await reopen(ledger, shut)
    throw cause
  }
  await finish(ledger, going)
  return going.map(({ id }) => id)
}

/** What could not be recorded is as it was; what another process recorded meanwhile stays shut. */
async function reopen({ keys, database }: Ledger, shut: readonly Destroying[]): Promise<void> {
  const recorded = new Set((await store.destroyedKeys(database).catch(() => [])).map(({ id }) => id))
  for (const { id } of shut) if (!recorded.has(id)) keys.reopen(id)
}

/** The ledger with the keys as they will be when these are destroyed. `stands`: whether all others that were found destroyed still are: one that another process shut and could not record is open again. */
function without(ledger: Ledger, wanted: readonly Destroying[]): { readonly ledger: Ledger; stands(): boolean } {
  const { keys } = ledger
  const [gone, found] = [new Set(wanted.map(({ id }) => id)), new Set<string>()]
  const wasDestroyed = (id: string): boolean => {
    if (!gone.has(id) && !found.has(id) && keys.wasDestroyed(id)) found.add(id)
    return gone.has(id) || found.has(id)
  }
  return { ledger: { ...ledger, keys: { ...keys, wasDestroyed, find: (id) => (wasDestroyed(id) ? undefined : keys.find(id)) } }, stands: () => [...found].every((id) => keys.wasDestroyed(id)) }
}

/** After it was recorded, and again after a kill: the note that a key is being destroyed goes last. */
async function finish({ keys, database }: Ledger, recorded: readonly Destroying[]): Promise<void> {
  for (const { id, because } of recorded) keys.shut(id, because) // another process that wanted the same, and failed, may have opened it again
  await empty(database, recorded.map(({ id }) => id).filter(sealsParts))
  for (const { id } of recorded) keys.settle(id)
}

async function empty(database: Ledger['database'], ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await store.deleteSealedWith(database, ids)
  await store.noteEmptied(database, ids)
}

const sealsParts = (id: string): boolean => parsePayloadKeyId(id) !== undefined

/** Whether a key that seals so many parts fed a table. */
const feeds = (id: string, parts: number): boolean => parts > 0 && parsePayloadKeyId(id)?.retention !== 'statement'

function destroyedDraft({ id, because }: Destroying, parts: number, { at, backupDays }: { at: Instant; backupDays: number | null }): Draft {
  const named = parsePayloadKeyId(id)
  return { slot: slotOfKey(id), type: 'key.destroyed', at, parts: { evidence: {
    key: id, ...(named === undefined ? {} : { class: named.retention, period: named.period }), because, parts,
    method: 'the file of the key is unlinked and its directory synced; what it sealed is deleted from the control database',
    backups_until: backupDays === null ? null : at + backupDays * day,
  } } }
}

/**
 * Finishes what was interrupted, and destroys again what the ledger says was destroyed and is here: to be called whenever a ledger is opened. Resolves to the ids of
 * keys that were back.
 */
export async function settleKeys(ledger: Ledger, tables: Tables, at: Instant): Promise<string[]> {
  const { keys } = ledger
  const recorded = new Map((await store.destroyedKeys(ledger.database)).map(({ id, slot }) => [id, slot]))
  const pending = keys.destroying() // after the ledger was asked: who has recorded it has noted it before, and takes the note away last
  await destroyKeys(ledger, tables, pending.filter(({ id }) => !recorded.has(id)), at)
  await finish(ledger, pending.filter(({ id, because }) => recorded.has(id) && because !== again))
  await empty(ledger.database, await store.keysEmptying(ledger.database)) // as a backup has it that was made in between
  const back = [...recorded].filter(([id]) => (pending.some((one) => one.id === id) ? pending.some((one) => one.id === id && one.because === again) : keys.isBack(id)))
  for (const [id, slot] of back) {
    keys.shut(id, again)
    await ledger.append({ slot, type: 'key.destroyed_again', at, parts: { evidence: { key: id, because: again } } })
    keys.settle(id)
  }
  for (const id of recorded.keys()) if (!keys.wasDestroyed(id)) keys.settle(id) // a key store from before the key was made
  return back.map(([id]) => id)
}

/** Destroys what was marked as destroyed and is in no entry (as a ledger restored from a backup has it), and the payload keys that are due. `endOf`: when the last contract of a slot ended. */
export async function destroyDue(ledger: Ledger, tables: Tables, { endOf, at }: { readonly endOf: (slot: number) => Instant | undefined; readonly at: Instant }): Promise<{ readonly destroyed: string[]; readonly back: string[] }> {
  const back = await settleKeys(ledger, tables, at)
  const unrecorded = await unrecordedKeys(ledger)
  const due = (await listKeys(ledger, endOf)).filter((key) => key.dueAt !== undefined && key.dueAt <= at && key.destroyed === undefined && key.heldBy.length === 0 && !unrecorded.includes(key.id))
  const destroyed = await destroyKeys(ledger, tables, [...unrecorded.map((id) => ({ id, because: 'it was destroyed before, and no entry said so' })), ...due.map(({ id }) => ({ id, because: 'its time was over', isDue: (policy: RetentionPolicy) => isOver(id, { policy, endOf, at }) }))], at)
  return { destroyed, back }
}

function isOver(id: string, { policy, endOf, at }: { readonly policy: RetentionPolicy; readonly endOf: (slot: number) => Instant | undefined; readonly at: Instant }): boolean {
  const named = parsePayloadKeyId(id)
  const due = named === undefined ? undefined : dueAt(named, policy, endOf(named.slot))
  return due !== undefined && due <= at
}

/** Keys that were destroyed and that no entry tells of. */
export async function unrecordedKeys({ keys, database }: Ledger): Promise<string[]> {
  const recorded = new Set((await store.destroyedKeys(database)).map(({ id }) => id))
  return keys.ids().filter(({ id, destroyed }) => destroyed && !recorded.has(id)).map(({ id }) => id)
}

/** A key that seals parts of entries, as far as is known now. */
export interface ListedKey {
  readonly id: string
  readonly slot: number
  readonly retention: string
  readonly period: string
  readonly dueAt?: Instant
  readonly heldBy: readonly string[]
  readonly destroyed?: DestroyedKey
}

/** Ids of the holds that keep a key. */
const heldBy = (id: string, held: readonly KeyHold[]): string[] => {
  const named = parsePayloadKeyId(id)
  return named === undefined ? [] : held.filter((hold) => holds(hold, named)).map((hold) => hold.id)
}

const holds = (hold: KeyHold, key: { slot: number; retention: string }): boolean => hold.releasedAt === null && hold.slot === key.slot && (hold.retention === null || hold.retention === key.retention)

/** Every key that seals or sealed parts of entries, by slot, class and period. */
export async function listKeys({ keys, database }: Ledger, endOf: (slot: number) => Instant | undefined): Promise<ListedKey[]> {
  const policy: RetentionPolicy = await store.retentionPolicy(database)
  const held = await store.keyHolds(database)
  const gone = new Map((await store.destroyedKeys(database)).map((key) => [key.id, key]))
  const ids = new Set([...keys.ids().map(({ id }) => id), ...gone.keys()])
  return [...ids].sort().flatMap((id) => {
    const named = parsePayloadKeyId(id)
    if (named === undefined) return []
    const [due, destroyed] = [dueAt(named, policy, endOf(named.slot)), gone.get(id)]
    return [{ id, ...named, heldBy: heldBy(id, held), ...(due === undefined ? {} : { dueAt: due }), ...(destroyed === undefined ? {} : { destroyed }) }]
  })
}

/** Destroys one key before its day, because a person says so. Throws `Misuse` for a key that is none, seals evidence, is held, or whose period goes on. */
export async function destroyNow(ledger: Ledger, tables: Tables, { id, because, by, at }: Destroying & { readonly by: string; readonly at: Instant }): Promise<void> {
  const key = (await listKeys(ledger, () => undefined)).find((one) => one.id === id)
  if (key === undefined) throw new Misuse(`there is no key ${id}; bailee key list shows them`)
  if (key.destroyed !== undefined) throw new Misuse(`key ${id} was destroyed already`)
  if (key.retention === 'evidence') throw new Misuse(`key ${id} seals evidence, which shows that the rest was erased: it is never destroyed`)
  const isHeld = (by: readonly string[]): Misuse => new Misuse(`key ${id} is held (${by.join(', ')}); bailee key release ends a hold`)
  if (key.heldBy.length > 0) throw isHeld(key.heldBy)
  if (periodEnd(key.period) > at) throw new Misuse(`the period of key ${id} goes on, so that what is recorded today needs it; wait for its end`)
  if ((await destroyKeys(ledger, tables, [{ id, because: `${because} (by ${by})`, isDue: () => true }], at)).length === 0) throw isHeld(heldBy(id, await store.keyHolds(ledger.database)))
}
