/**
 * Changes, written by one transaction. Nearly always where the log was left: entries are made behind the heads as this process knows them, and the database writes them only if those heads are right.
 * What opens a log, or works while every log stands still, takes the locks first, and so does who found the heads moved again and again.
 */
import { failpoint } from '#kit/failpoint'
import { Broken } from '#kit/errors'
import type { Elapsed, Instant } from '#kit/time'
import type { Draft, Entry } from '../entry.ts'
import { applyOne, isFolded, type Apply } from '../fold.ts'
import type { KeyStore } from '../keys.ts'
import { periodOf } from '../retention/schedule.ts'
import { beginSealing } from '../seal/seal.ts'
import * as store from '../store.ts'
import type { ClockKind, Database, Transaction } from '../store.ts'
import { copiesOf, forget, headOf, keysKnown, learn, type Head, type Known } from './known.ts'
import { hashed, makeEntry, sealed, type Making } from './make.ts'
import { encodeWhereLeft, insertWhereLeft, insertWritten, isHeadMoved, isRefusal, type Encoded } from './store.ts'

/** What one caller wants recorded, whole or not at all. `opens` gives a new slot and its genesis first; `first`: only when there is no log yet. */
export interface Change {
  readonly drafts: readonly Draft[] | ((slot: number) => readonly Draft[])
  readonly opens?: { readonly at: Instant; readonly first?: boolean }
  readonly alone?: Alone
}

/**
 * Work while every log stands still. `begin` says what is to be recorded, before anything of this batch is sealed; nothing for nothing to do. `end` comes after the fold, before the commit. What takes long and waits for nobody is `before`: in the
 * same transaction, while others still append.
 */
export interface Alone {
  before?(tx: Transaction): Promise<void>
  begin(tx: Transaction): Promise<readonly Draft[]>
  end(tx: Transaction): Promise<void>
}

export interface AppendOptions {
  readonly database: Database
  readonly keys: KeyStore
  readonly origin: string
  readonly clock: ClockKind
  readonly applies: Readonly<Record<string, Apply>>
  readonly random?: (bytes: Uint8Array) => void
  /** By which a short time is told; the machine's when absent. */
  readonly elapsed?: Elapsed | undefined
}

export interface Writer extends AppendOptions { readonly known: Known; readonly elapsed: Elapsed }

/** Lost while committing: the entries may be there, so that trying again could record them twice. */
export class OutcomeUnknown extends Broken {
  constructor(cause: unknown) {
    super('ledger/outcome-unknown', 'the database was lost while it committed, so this may be recorded or not; read the log before trying again', { cause })
  }
}

/** Entries made, not written. Good for as long as nothing was forgotten since, and only behind what was made before it. `sent`: the database has all of them, and is at work. */
export interface Made { readonly edition: number; readonly rows: Encoded; readonly sent: Promise<void>; readonly folds: readonly Entry[]; readonly opened: Entry[][] }

interface PlainChange { readonly drafts: readonly Draft[] }
const arePlain = (changes: readonly Change[]): changes is readonly PlainChange[] => changes.every((change) => change.opens === undefined && change.alone === undefined && typeof change.drafts !== 'function')

/** The slots that are written, and the common log: every entry says how much of it was known. */
function slotsOf(changes: readonly PlainChange[]): number[] {
  const slots = new Set([0])
  for (const { drafts } of changes) for (const { slot } of drafts) slots.add(slot)
  return [...slots]
}

/** Makes entries without asking the database for anything; undefined where that cannot be, or fails: `commit` then makes them, and says why not. */
export function makeFromKnown(writer: Writer, changes: readonly Change[]): Made | undefined {
  if (!arePlain(changes)) return undefined
  const slots = slotsOf(changes)
  try {
    return slots.every((slot) => writer.known.heads.has(slot)) ? make(writer, changes, slots) : undefined
  } catch {
    return undefined
  }
}

/** The same, after reading the heads that are not known. */
export async function makeReady(writer: Writer, changes: readonly Change[]): Promise<Made | undefined> {
  if (!arePlain(changes)) return undefined
  await learn(writer.database, writer.known, slotsOf(changes)).catch(() => undefined)
  return makeFromKnown(writer, changes)
}

/** Whether what was made may still be written. */
export const isCurrent = ({ known }: Writer, made: Made | undefined): boolean => made?.edition === known.edition

/** Makes the entries of these changes behind the heads that are known, which from here on are those behind them. */
function make(writer: Writer, changes: readonly PlainChange[], slots: readonly number[]): Made {
  const { known, keys, random, elapsed } = writer
  const heads = copiesOf(known, slots)
  const common = heads.get(0)?.hashed.size ?? 0
  const making: Making = { keyOf: keysKnown(known, keys, elapsed()), random, heads, committed: common, entries: [], payloads: [], sealing: beginSealing() }
  const opened = madeOf(making, changes)
  const entries = hashed(making)
  const moved = [...heads.values()].filter(({ row, hashed }) => row.size !== hashed.size).sort((one, other) => one.slot - other.slot)
  const [before, after] = [moved.map(({ row }) => row), moved.map((head) => head.hashed)]
  for (const head of moved) {
    head.row = head.hashed
    known.heads.set(head.slot, head)
  }
  const { promise: sent, resolve } = Promise.withResolvers<void>()
  return {
    edition: known.edition, opened, folds: opened.flat().filter((entry) => isFolded(writer, entry)), sent,
    rows: { ...encodeWhereLeft({ entries, payloads: sealed(making), heads: after, before, common }), sent: resolve },
  }
}

/** Where one is refused, nothing that was taken to be sealed stays behind. */
function madeOf(making: Making, changes: readonly PlainChange[]): Entry[][] {
  try {
    return changes.map(({ drafts }) => drafts.map((draft) => makeEntry(making, draft)))
  } catch (cause) {
    making.sealing?.abandon()
    throw cause
  }
}

/** Times that heads may have moved under a batch before it takes their locks first: another process is as busy as this one. */
const movedMax = 3

/** Records these changes, all or none; `made`: their entries, where they are made already. Throws `OutcomeUnknown` where nobody can say whether they were recorded, and what refused them otherwise. */
export async function commit(writer: Writer, changes: readonly Change[], made?: Made): Promise<Entry[][]> {
  if (arePlain(changes)) {
    let next = made
    for (let attempt = 0; attempt < movedMax; attempt += 1) {
      const slots = slotsOf(changes)
      if (next === undefined) await learn(writer.database, writer.known, slots)
      const opened = await writeWhereLeft(writer, next ?? make(writer, changes, slots))
      if (opened !== undefined) return opened
      next = undefined
    }
  }
  forget(writer.known)
  return commitLocked(writer, changes)
}

/** Undefined, and nothing written, when a head is not where this process left it. */
async function writeWhereLeft(writer: Writer, { rows, folds, opened }: Made): Promise<Entry[][] | undefined> {
  let mayBeThere = false
  try {
    if (folds.length > 0) {
      await store.transaction(writer.database, async (tx) => {
        await insertWhereLeft(tx, rows)
        for (const entry of folds) await applyOne(writer, tx, entry)
        failpoint('ledger/before-commit')
        mayBeThere = true
      })
    } else {
      failpoint('ledger/before-commit')
      mayBeThere = true
      await insertWhereLeft(writer.database, rows)
    }
  } catch (cause) {
    forget(writer.known)
    if (isHeadMoved(cause)) return undefined
    throw mayBeThere && !isRefusal(cause) ? new OutcomeUnknown(cause) : cause
  }
  failpoint('ledger/after-commit')
  return opened
}

async function commitLocked(writer: Writer, changes: readonly Change[]): Promise<Entry[][]> {
  let folded = false
  const opened = await store.transaction(writer.database, async (tx) => {
    const { keys, random } = writer
    for (const { alone } of changes) await alone?.before?.(tx)
    const heads = await lock(tx, changes)
    const making: Making = { keyOf: (slot, part, at) => keys.payloadKey(slot, part, periodOf(part, at)), random, heads, committed: await store.commonSize(tx), entries: [], payloads: [] }
    const begun = new Map<Change, readonly Draft[]>()
    for (const change of changes) if (change.alone !== undefined) begun.set(change, await change.alone.begin(tx))
    const made: Entry[][] = []
    for (const change of changes) made.push((await draftsOf(writer, tx, { change, heads, begun: begun.get(change) })).map((draft) => makeEntry(making, draft)))
    await insertWritten(tx, { entries: hashed(making), payloads: sealed(making), heads: [...heads.values()].map((head) => head.hashed).filter(({ size }) => size > 0) })
    for (const entry of made.flat()) await applyOne(writer, tx, entry)
    for (const [change, drafts] of begun) if (drafts.length > 0) await change.alone?.end(tx)
    failpoint('ledger/before-commit')
    folded = true
    return made
  }).catch((cause: unknown) => {
    throw folded ? new OutcomeUnknown(cause) : cause
  })
  failpoint('ledger/after-commit')
  return opened
}

async function lock(tx: Transaction, changes: readonly Change[]): Promise<Map<number, Head>> {
  const slots = new Set<number>()
  for (const change of changes) {
    if (change.opens !== undefined) slots.add(0)
    if (typeof change.drafts !== 'function') for (const draft of change.drafts) slots.add(draft.slot)
  }
  if (changes.some((change) => change.opens !== undefined)) await store.lockLogs(tx)
  const isAlone = changes.some((change) => change.alone !== undefined)
  if (isAlone) for (const { slot } of await store.logs(tx)) slots.add(slot)
  const found = await store.lockHeads(tx, [...slots].sort((one, other) => one - other))
  // Whoever opens a log has the head of the common one: what was opened until that was had here is there now, behind all others.
  if (isAlone) found.push(...await store.lockHeads(tx, (await store.logs(tx)).flatMap(({ slot }) => (slots.has(slot) ? [] : [slot]))))
  return new Map(found.map((row) => [row.slot, headOf(row)]))
}

interface Drafting { readonly change: Change; readonly heads: Map<number, Head>; readonly begun: readonly Draft[] | undefined }

/** What a change records, its new log and genesis first. */
async function draftsOf(writer: Writer, tx: Transaction, { change: { opens, drafts }, heads, begun }: Drafting): Promise<readonly Draft[]> {
  const plain = begun ?? (typeof drafts === 'function' ? [] : drafts)
  if (opens === undefined) return plain
  const slot = (await store.logs(tx)).length
  if (opens.first === true && slot > 0) return [] // another process was first
  const origin = `${writer.origin}/${slot}`
  await store.insertLog(tx, { slot, origin, clock: writer.clock })
  const nothing = { slot, size: 0, frontier: new Uint8Array() }
  heads.set(slot, { slot, origin, size: 0, hashed: nothing, row: nothing })
  return [{ slot, type: 'ledger.opened', at: opens.at, parts: { evidence: { clock: writer.clock, origin } } }, ...(typeof drafts === 'function' ? drafts(slot) : plain)]
}
