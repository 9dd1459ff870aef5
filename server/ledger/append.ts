import { randomFillSync } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { appendLeaf, leafHash, type Frontier } from '@bailee/verifier'
import { failpoint } from '#kit/failpoint'
import { Broken } from '#kit/errors'
import type { Instant } from '#kit/time'
import { jcs, leafBytes, sealPart, type Draft, type Entry, type Json, type RetentionClass, type SealingKey } from './entry.ts'
import { decodeFrontier, encodeFrontier } from './head.ts'
import type { KeyStore } from './keys.ts'
import { periodOf } from './retention/schedule.ts'
import * as store from './store.ts'
import type { ClockKind, Database, EntryRow, HeadRow, PayloadRow, Transaction } from './store.ts'
import { insertWhereLeft, insertWritten, isHeadMoved, type NewHead, type WrittenWhereLeft } from './write/store.ts'

/** Folds one entry into the tables of the word that its type begins with. Called once per entry, in log order, inside the append's transaction. */
export type Apply = (tx: Transaction, entry: Entry) => Promise<void>

/** What one caller wants recorded, whole or not at all. `opens` gives a new slot and its genesis first; `first`: only when there is no log yet. */
export interface Change {
  readonly drafts: readonly Draft[] | ((slot: number) => readonly Draft[])
  readonly opens?: { readonly at: Instant; readonly first?: boolean }
  readonly alone?: Alone
}

/** Work while every log stands still. `begin` says what is to be recorded, before anything of this batch is sealed; nothing for nothing to do. `end` comes after the fold, before the commit. */
export interface Alone {
  begin(tx: Transaction): Promise<readonly Draft[]>
  end(tx: Transaction): Promise<void>
}

interface Pending {
  readonly change: Change
  readonly resolve: (entries: Entry[]) => void
  readonly reject: (cause: unknown) => void
}

export interface AppendOptions {
  readonly database: Database
  readonly keys: KeyStore
  readonly origin: string
  readonly clock: ClockKind
  readonly applies: Readonly<Record<string, Apply>>
  readonly random?: (bytes: Uint8Array) => void
}

/** Changes taken into one transaction: more only makes the first of them wait longer. */
const batchChangesMax = 512
/** Of so many that wait, half are made ready while the others are written. */
const halvedMin = 64

/** A log's head; `row` is it as it stands in the database, or will. */
interface Head { readonly slot: number; readonly origin: string; frontier: Frontier; row: NewHead }
interface Written { readonly entries: EntryRow[]; readonly payloads: PayloadRow[]; readonly opened: Entry[][]; readonly heads: Map<number, Head> }

const nounOf = (type: string): string => type.slice(0, type.indexOf('.'))
const typePattern = /^[a-z]+[.][a-z_]+$/

/** What is written next; `prepared` where it is ready. */
interface Ahead { readonly batch: readonly Pending[]; readonly prepared: Prepared | undefined }

/**
 * The one writer of this process. Changes that arrive while a transaction commits wait and go into the next, in the order they came; each
 * resolves only after its commit. The head row is the lock, so any number of processes may append to one control database.
 */
export function createAppender(options: AppendOptions): (change: Change) => Promise<Entry[]> {
  const appending: Appending = { ...options, known: new Map(), keyed: new Map(), forgotten: 0 }
  const queue: Pending[] = []
  let running = false

  const drain = async (): Promise<void> => {
    running = true
    let ahead: Ahead | undefined
    const waitsToBeWritten = (next: Ahead | undefined): boolean => next?.prepared !== undefined // work that takes its time, such as destroying keys, is not waited for by who is done
    let answer: () => void = () => undefined // those whose changes were committed last
    while (ahead !== undefined || queue.length > 0) {
      const { batch, prepared } = ahead ?? { batch: takeBatch(queue, queue.length >= halvedMin ? Math.ceil(queue.length / 2) : queue.length), prepared: undefined }
      ahead = undefined
      const sent = async (): Promise<void> => { // the database is at work: so is this process
        answer()
        answer = () => undefined
        if (queue.length === 0) await nextTurn() // those who were answered may have more
        if (ahead !== undefined || queue.length === 0) return
        const next = takeBatch(queue, batchChangesMax)
        ahead = { batch: next, prepared: prepareAhead(appending, next.map(({ change }) => change)) }
      }
      try {
        const results = await commit(appending, batch.map((pending) => pending.change), { prepared, sent })
        answer()
        answer = () => batch.forEach((pending, index) => pending.resolve(results[index] ?? []))
      } catch (cause) {
        answer()
        answer = () => undefined
        if (batch.length === 1 || cause instanceof OutcomeUnknown) for (const pending of batch) pending.reject(cause)
        else await singly(appending, batch)
      }
      if (!waitsToBeWritten(ahead)) {
        answer()
        answer = () => undefined
        if (batch.length > 1 && ahead === undefined) await nextTurn() // those who were answered may have more: together, not the first of them alone
      }
    }
    running = false
  }
  return (change) =>
    new Promise((resolve, reject) => {
      queue.push({ change, resolve, reject })
      if (!running) void drain()
    })
}

/** The next of those who wait. Whoever works while every log stands still has a batch of its own: what it looks at holds what was folded before it. */
function takeBatch(queue: Pending[], max: number): Pending[] {
  const alone = queue.findIndex(({ change }) => change.alone !== undefined)
  return queue.splice(0, alone === 0 ? 1 : Math.min(batchChangesMax, max, alone === -1 ? max : alone))
}

/** Lost while committing: the entries may be there, so that trying again could record them twice. */
class OutcomeUnknown extends Broken {
  constructor(cause: unknown) {
    super('ledger/outcome-unknown', 'the database was lost while it committed, so this may be recorded or not; read the log before trying again', { cause })
  }
}

// One caller's refusal must not abort another's change that happened to share its batch.
async function singly(appending: Appending, batch: readonly Pending[]): Promise<void> {
  for (const pending of batch) {
    try {
      const [entries] = await commit(appending, [pending.change])
      pending.resolve(entries ?? [])
    } catch (cause) {
      pending.reject(cause)
    }
  }
}

/**
 * Beside the options, the heads as this process left them: right until another process appends, which the database says. So are the keys: one that is destroyed has an entry in the log
 * that it seals, written while every log stands still, so that its head has moved.
 */
interface Appending extends AppendOptions {
  readonly known: Map<number, Head>
  readonly keyed: Map<string, SealingKey>
  /** Times that `known` turned out to be wrong: what was made from it before is worth nothing. */
  forgotten: number
}

function forget(appending: Appending): void {
  appending.known.clear()
  appending.keyed.clear()
  appending.forgotten += 1
}

/** Times that heads may have moved under a batch before it takes their locks first: another process is as busy as this one. */
const movedMax = 3

interface PlainChange { readonly drafts: readonly Draft[] }
const isPlain = (change: Change): change is PlainChange => change.opens === undefined && change.alone === undefined && typeof change.drafts !== 'function'

/** Folds nothing: the entry itself is the record. */
export const recordedOnly: Apply = () => Promise.resolve()

interface Committing { readonly prepared: Prepared | undefined; readonly sent: () => Promise<void> }

async function commit(appending: Appending, changes: readonly Change[], { prepared, sent }: Committing = { prepared: undefined, sent: () => Promise.resolve() }): Promise<Entry[][]> {
  if (changes.every(isPlain)) {
    for (let attempt = 0; attempt < movedMax; attempt += 1) {
      const usable = prepared?.forgotten === appending.forgotten ? prepared : undefined
      const opened = await commitWhereLeft(appending, usable ?? prepare(appending, changes, await headsToWrite(appending, changes)), sent)
      if (opened !== undefined) return opened
    }
  }
  forget(appending)
  return commitLocked(appending, changes)
}

/** Entries made, and not yet written. */
interface Prepared { readonly rows: WrittenWhereLeft; readonly folds: readonly Entry[]; readonly opened: Entry[][]; readonly forgotten: number }

/** Makes the entries of these changes, behind these heads, and takes them for written from here on. */
function prepare(appending: Appending, changes: readonly PlainChange[], heads: Map<number, Head>): Prepared {
  const common = heads.get(0)?.frontier.size ?? 0
  const written: Written = { entries: [], payloads: [], opened: [], heads }
  const writing = { ...appending, keyOf: keysKnown(appending) }
  for (const change of changes) written.opened.push(change.drafts.map((draft) => writeOne(writing, draft, { written, committed: common })))
  const moved = [...heads.values()].filter(({ row, frontier }) => row.size !== frontier.size).sort((one, other) => one.slot - other.slot)
  const before = moved.map(({ row }) => row)
  for (const head of moved) appending.known.set(head.slot, { ...head, row: headRow(head) })
  return {
    rows: { entries: written.entries, payloads: written.payloads, heads: moved.map(({ slot }) => appending.known.get(slot)!.row), before, common },
    folds: written.opened.flat().filter((entry) => appending.applies[nounOf(entry.type)] !== recordedOnly), opened: written.opened, forgotten: appending.forgotten,
  }
}

/** The same while an earlier batch is being written; undefined where that needs the database, or fails: it is then made, and fails, when its turn comes. */
function prepareAhead(appending: Appending, changes: readonly Change[]): Prepared | undefined {
  try {
    if (!changes.every(isPlain)) return undefined
    const slots = slotsOf(changes)
    return slots.every((slot) => appending.known.has(slot)) ? prepare(appending, changes, copied(appending, slots)) : undefined
  } catch {
    return undefined
  }
}

/** Writes behind the heads as this process knows them. Undefined when one of them had moved: then nothing was written. */
async function commitWhereLeft(appending: Appending, { rows, folds, opened }: Prepared, sent: () => Promise<void>): Promise<Entry[][] | undefined> {
  const writing = insert(appending, rows, folds)
  writing.catch(() => undefined) // heard below
  await nextTurn() // a statement leaves this process a few steps later: then, while the database works, the next batch is made
  await sent()
  const done = await writing.catch((cause: unknown) => {
    forget(appending)
    throw cause
  })
  if (!done) {
    forget(appending)
    return undefined
  }
  failpoint('ledger/after-commit')
  return opened
}

/** False when a head had moved. Throws `OutcomeUnknown` where the database was lost when it may have committed. */
async function insert({ database, applies }: Appending, rows: WrittenWhereLeft, folds: readonly Entry[]): Promise<boolean> {
  let mayBeThere = false
  try {
    if (folds.length > 0) {
      await store.transaction(database, async (tx) => {
        await insertWhereLeft(tx, rows)
        for (const entry of folds) await applyOne({ applies }, tx, entry)
        failpoint('ledger/before-commit')
        mayBeThere = true
      })
    } else {
      failpoint('ledger/before-commit')
      mayBeThere = true
      await insertWhereLeft(database, rows)
    }
    return true
  } catch (cause) {
    if (isHeadMoved(cause)) return false
    throw mayBeThere && !isRefusal(cause) ? new OutcomeUnknown(cause) : cause
  }
}

/** What the server refused in words, by an SQLSTATE (which has a digit, as EPIPE has not), it has not done; one that was ended (57P0x), that says so (40003), or was lost (08, or no state at all), may have. */
const isRefusal = (cause: unknown): boolean => /^(?!57P0|08|40003)(?=.*\d)[0-9A-Z]{5}$/.test((cause as { code?: string }).code ?? '')

/** The slots that are written, and the common log: every entry says how much of it was known. */
const slotsOf = (changes: readonly PlainChange[]): number[] => [...new Set([0, ...changes.flatMap(({ drafts }) => drafts.map(({ slot }) => slot))])]

const copied = ({ known }: Appending, slots: readonly number[]): Map<number, Head> =>
  new Map(slots.flatMap((slot) => { const head = known.get(slot); return head === undefined ? [] : [[slot, { ...head }] as const] }))

async function headsToWrite(appending: Appending, changes: readonly PlainChange[]): Promise<Map<number, Head>> {
  const slots = slotsOf(changes)
  const missing = slots.filter((slot) => !appending.known.has(slot))
  if (missing.length > 0) for (const row of await store.headsOf(appending.database, missing)) appending.known.set(row.slot, headOf(row))
  return copied(appending, slots)
}

/** Each key asked for once, for as long as the heads are right; once a batch, whether it was destroyed: another process may have been killed after that, and before it recorded it. */
function keysKnown({ keyed, keys }: Appending): KeyOf {
  const looked = new Map<string, SealingKey>()
  return (slot, part, period) => {
    const name = `${slot} ${part} ${period}`
    let key = looked.get(name)
    if (key !== undefined) return key
    key = keyed.get(name)
    if (key === undefined || keys.wasDestroyed(key.id)) keyed.set(name, key = keys.payloadKey(slot, part, period))
    looked.set(name, key)
    return key
  }
}

type KeyOf = (slot: number, part: RetentionClass, period: string) => SealingKey

const headOf = (row: HeadRow): Head => ({ slot: row.slot, origin: row.origin, frontier: decodeFrontier(row.size, row.frontier), row })
const headRow = ({ slot, frontier }: Pick<Head, 'slot' | 'frontier'>): NewHead => ({ slot, size: frontier.size, frontier: encodeFrontier(frontier) })

async function commitLocked(options: AppendOptions, changes: readonly Change[]): Promise<Entry[][]> {
  let folded = false
  const opened = await store.transaction(options.database, async (tx) => {
    const written: Written = { entries: [], payloads: [], opened: [], heads: await lock(tx, changes) }
    const committed = await store.commonSize(tx)
    const begun = new Map<Change, readonly Draft[]>()
    for (const change of changes) if (change.alone !== undefined) begun.set(change, await change.alone.begin(tx))
    for (const change of changes) written.opened.push(await write(options, tx, { change, written, committed, drafts: begun.get(change) ?? change.drafts }))
    const heads = [...written.heads.values()].filter((head) => head.frontier.size > 0).map(headRow)
    await insertWritten(tx, { entries: written.entries, payloads: written.payloads, heads })
    for (const entry of written.opened.flat()) await applyOne(options, tx, entry)
    for (const [change, drafts] of begun) if (drafts.length > 0) await change.alone?.end(tx)
    failpoint('ledger/before-commit')
    folded = true
    return written.opened
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
  if (changes.some((change) => change.alone !== undefined)) for (const { slot } of await store.logs(tx)) slots.add(slot)
  const found = await store.lockHeads(tx, [...slots].sort((one, other) => one - other))
  return new Map(found.map((row) => [row.slot, headOf(row)]))
}

interface Writing { readonly change: Change; readonly drafts: Change['drafts']; readonly written: Written; readonly committed: number }

async function write(options: AppendOptions, tx: Transaction, writing: Writing): Promise<Entry[]> {
  const { change, written } = writing
  const drafts: Draft[] = []
  if (change.opens !== undefined) {
    const slot = (await store.logs(tx)).length
    if (change.opens.first === true && slot > 0) return [] // another process was first
    const origin = `${options.origin}/${slot}`
    await store.insertLog(tx, { slot, origin, clock: options.clock })
    written.heads.set(slot, { slot, origin, frontier: { size: 0, hashes: [] }, row: { slot, size: 0, frontier: new Uint8Array() } })
    drafts.push({ slot, type: 'ledger.opened', at: change.opens.at, parts: { evidence: { clock: options.clock, origin } } })
    if (typeof writing.drafts === 'function') drafts.push(...writing.drafts(slot))
  }
  if (typeof writing.drafts !== 'function') drafts.push(...writing.drafts)
  return drafts.map((draft) => writeOne(options, draft, writing))
}

function writeOne(options: AppendOptions & { readonly keyOf?: KeyOf }, draft: Draft, { written, committed }: Pick<Writing, 'written' | 'committed'>): Entry {
  const head = written.heads.get(draft.slot)
  if (head === undefined) throw new Broken('ledger/no-such-slot', `slot ${draft.slot} has no log`)
  if (!typePattern.test(draft.type)) throw new Broken('ledger/type', `not an entry type: ${draft.type}`)
  if (!Number.isSafeInteger(draft.at) || draft.at < 0) throw new Broken('ledger/at', 'the time of an entry is whole seconds since 1970; a verifier refuses anything else')
  const index = head.frontier.size
  const names = Object.keys(draft.parts) as RetentionClass[]
  const parts = names.map((name) => {
    const address = { origin: head.origin, index, part: name }
    const period = periodOf(name, draft.at)
    const key = options.keyOf?.(draft.slot, name, period) ?? options.keys.payloadKey(draft.slot, name, period)
    const sealed = sealPart(jcs(draft.parts[name] as Json), address, key, freshBytes(options))
    written.payloads.push({ slot: draft.slot, index, part: name, keyId: sealed.keyId, ciphertext: sealed.ciphertext })
    return { name, commitment: sealed.commitment }
  })
  const common = draft.slot === 0 ? undefined : (written.heads.get(0)?.frontier.size ?? committed)
  const body = leafBytes({ at: draft.at, type: draft.type, parts, ...(common === undefined ? {} : { common }) })
  const leaf = leafHash(body)
  head.frontier = appendLeaf(head.frontier, leaf)
  written.entries.push({ slot: draft.slot, index, leaf, body })
  return { slot: draft.slot, index, at: draft.at, type: draft.type, parts: draft.parts, ...(common === undefined ? {} : { common }) }
}

const freshBytesCount = 44
/** Asked of the system for many entries at once, and given out once each. */
const pool = { bytes: new Uint8Array(freshBytesCount * 512), at: freshBytesCount * 512 }

function freshBytes(options: AppendOptions): Uint8Array {
  if (options.random !== undefined) {
    const bytes = new Uint8Array(freshBytesCount)
    options.random(bytes)
    return bytes
  }
  if (pool.at === pool.bytes.length) {
    pool.bytes = randomFillSync(new Uint8Array(pool.bytes.length))
    pool.at = 0
  }
  return pool.bytes.subarray(pool.at, pool.at += freshBytesCount)
}

/** Folds one entry into the tables of its word. Throws `Broken` `ledger/no-apply` when no word knows its type. */
export async function applyOne({ applies }: Pick<AppendOptions, 'applies'>, tx: Transaction, entry: Entry): Promise<void> {
  if (entry.type === 'ledger.opened') return
  const apply = applies[nounOf(entry.type)]
  if (apply === undefined) throw new Broken('ledger/no-apply', `no word folds entries of type ${entry.type}`)
  await apply(tx, entry)
}
