import { randomFillSync } from 'node:crypto'
import { appendLeaf, leafHash, type Frontier } from '@bailee/verifier'
import { failpoint } from '#kit/failpoint'
import { Broken } from '#kit/errors'
import type { Instant } from '#kit/time'
import { jcs, leafBytes, sealPart, type Draft, type Entry, type Json, type RetentionClass } from './entry.ts'
import { decodeFrontier, encodeFrontier } from './head.ts'
import type { KeyStore } from './keys.ts'
import * as store from './store.ts'
import type { ClockKind, Database, EntryRow, HeadRow, PayloadRow, Transaction } from './store.ts'

/** Folds one entry into the tables of the word that its type begins with. Called once per entry, in log order, inside the append's transaction. */
export type Apply = (tx: Transaction, entry: Entry) => Promise<void>

/** What one caller wants recorded, whole or not at all. `opens` gives a new slot and its genesis first; `first`: only when there is no log yet. */
export interface Change {
  readonly drafts: readonly Draft[] | ((slot: number) => readonly Draft[])
  readonly opens?: { readonly at: Instant; readonly first?: boolean }
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

/** Changes taken into one transaction. More only makes the first of them wait longer. */
const batchChangesMax = 1_000

interface Head { readonly slot: number; readonly origin: string; frontier: Frontier }
interface Written { readonly entries: EntryRow[]; readonly payloads: PayloadRow[]; readonly opened: Entry[][]; readonly heads: Map<number, Head> }

const yearOf = (at: Instant): number => new Date(at * 1000).getUTCFullYear()
const nounOf = (type: string): string => type.slice(0, type.indexOf('.'))
const typePattern = /^[a-z]+[.][a-z_]+$/

/**
 * The one writer of this process. Changes that arrive while a transaction commits wait and go into the next, in the order they came; each
 * resolves only after its commit. The head row is the lock, so any number of processes may append to one control database.
 */
export function createAppender(options: AppendOptions): (change: Change) => Promise<Entry[]> {
  const queue: Pending[] = []
  let running = false

  const drain = async (): Promise<void> => {
    running = true
    while (queue.length > 0) {
      const batch = queue.splice(0, batchChangesMax)
      try {
        const results = await commit(options, batch.map((pending) => pending.change))
        batch.forEach((pending, index) => pending.resolve(results[index] ?? []))
      } catch (cause) {
        if (batch.length === 1 || cause instanceof OutcomeUnknown) for (const pending of batch) pending.reject(cause)
        else await singly(options, batch)
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

/** Lost while committing: the entries may be there, so that trying again could record them twice. */
class OutcomeUnknown extends Broken {
  constructor(cause: unknown) {
    super('ledger/outcome-unknown', 'the database was lost while it committed, so this may be recorded or not; read the log before trying again', { cause })
  }
}

// One caller's refusal must not abort another's change that happened to share its batch.
async function singly(options: AppendOptions, batch: readonly Pending[]): Promise<void> {
  for (const pending of batch) {
    try {
      const [entries] = await commit(options, [pending.change])
      pending.resolve(entries ?? [])
    } catch (cause) {
      pending.reject(cause)
    }
  }
}

async function commit(options: AppendOptions, changes: readonly Change[]): Promise<Entry[][]> {
  let folded = false
  const opened = await store.transaction(options.database, async (tx) => {
    const written: Written = { entries: [], payloads: [], opened: [], heads: await lock(tx, changes) }
    const committed = await store.commonSize(tx)
    for (const change of changes) written.opened.push(await write(options, tx, { change, written, committed }))
    const heads = [...written.heads.values()].filter((head) => head.frontier.size > 0).map((head) => ({ slot: head.slot, size: head.frontier.size, frontier: encodeFrontier(head.frontier) }))
    await store.insertWritten(tx, { entries: written.entries, payloads: written.payloads, heads })
    for (const entry of written.opened.flat()) await applyOne(options, tx, entry)
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
  const found = await store.lockHeads(tx, [...slots].sort((one, other) => one - other))
  const heads = new Map(found.map((row: HeadRow) => [row.slot, { slot: row.slot, origin: row.origin, frontier: decodeFrontier(row.size, row.frontier) }]))
  return heads
}

interface Writing { readonly change: Change; readonly written: Written; readonly committed: number }

async function write(options: AppendOptions, tx: Transaction, writing: Writing): Promise<Entry[]> {
  const { change, written } = writing
  const drafts: Draft[] = []
  if (change.opens !== undefined) {
    const slot = (await store.logs(tx)).length
    if (change.opens.first === true && slot > 0) return [] // another process was first
    const origin = `${options.origin}/${slot}`
    await store.insertLog(tx, { slot, origin, clock: options.clock })
    written.heads.set(slot, { slot, origin, frontier: { size: 0, hashes: [] } })
    drafts.push({ slot, type: 'ledger.opened', at: change.opens.at, parts: { evidence: { clock: options.clock, origin } } })
    if (typeof change.drafts === 'function') drafts.push(...change.drafts(slot))
  }
  if (typeof change.drafts !== 'function') drafts.push(...change.drafts)
  return drafts.map((draft) => writeOne(options, draft, writing))
}

function writeOne(options: AppendOptions, draft: Draft, { written, committed }: Writing): Entry {
  const head = written.heads.get(draft.slot)
  if (head === undefined) throw new Broken('ledger/no-such-slot', `slot ${draft.slot} has no log`)
  if (!typePattern.test(draft.type)) throw new Broken('ledger/type', `not an entry type: ${draft.type}`)
  if (!Number.isSafeInteger(draft.at) || draft.at < 0) throw new Broken('ledger/at', 'the time of an entry is whole seconds since 1970; a verifier refuses anything else')
  const index = head.frontier.size
  const names = Object.keys(draft.parts) as RetentionClass[]
  const parts = names.map((name) => {
    const address = { origin: head.origin, index, part: name }
    const key = options.keys.payloadKey(draft.slot, name, yearOf(draft.at))
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
function freshBytes(options: AppendOptions): Uint8Array {
  const bytes = new Uint8Array(freshBytesCount)
  if (options.random === undefined) randomFillSync(bytes)
  else options.random(bytes)
  return bytes
}

/** Folds one entry into the tables of its word. Throws `Broken` `ledger/no-apply` when no word knows its type. */
export async function applyOne({ applies }: Pick<AppendOptions, 'applies'>, tx: Transaction, entry: Entry): Promise<void> {
  if (entry.type === 'ledger.opened') return
  const apply = applies[nounOf(entry.type)]
  if (apply === undefined) throw new Broken('ledger/no-apply', `no word folds entries of type ${entry.type}`)
  await apply(tx, entry)
}
