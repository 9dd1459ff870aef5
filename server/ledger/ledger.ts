import { leafHash } from '@bailee/verifier'
import { Broken } from '#kit/errors'
import type { Elapsed, Instant } from '#kit/time'
import { createAppender } from './append.ts'
import { commitmentOf, destroyed, openPart, parseLeaf, type Draft, type Entry, type Json, type Part, type RetentionClass } from './entry.ts'
import type { Signer } from './custody/custody.ts'
import type { Apply } from './fold.ts'
import type { KeyStore } from './keys.ts'
import { checkHeads, entryAltered } from './opening.ts'
import { mustExtend } from './signed.ts'
import { takeSnapshot } from './snapshot.ts'
import * as store from './store.ts'
import type { ClockKind, Database } from './store.ts'
import type { Alone, Change } from './write/commit.ts'

export interface LedgerOptions {
  readonly database: Database
  readonly keys: KeyStore
  /** DNS name of the processor; every log's origin begins with it. */
  readonly origin: string
  readonly clock: ClockKind
  /** By the noun that entry types begin with. */
  readonly applies: Readonly<Record<string, Apply>>
  /** By which a short time is told; the machine's when absent. */
  readonly elapsed?: Elapsed | undefined
}

export interface Ledger {
  readonly origin: string
  readonly keys: KeyStore
  readonly database: Database
  /** Records all of these or none; resolves when they are committed and applied. Throws what an `apply` throws, with nothing recorded. */
  append(drafts: Draft | readonly Draft[]): Promise<Entry[]>
  /** Gives the next slot and records its genesis and these entries in one transaction. */
  openSlot(at: Instant, drafts: (slot: number) => readonly Draft[]): Promise<Entry[]>
  /** Records what `begin` says while every log stands still, and folds it. */
  alone(work: Alone): Promise<Entry[]>
  /** The keys that sign now, and their numbers: asked anew for each signature, because another process may have rotated one. Throws `Broken` when it is not in the key store, or is another one. */
  signers(): Promise<Signers>
  /** Entries of one log in order, opened with the keys that still exist. `types` narrows to whole types. */
  read(slot: number, options?: { readonly types?: readonly string[] }): Promise<Entry[]>
  /** Fixes the heads of all logs in the root log; does nothing when none moved. Resolves to the index of the newest snapshot. */
  snapshot(at: Instant): Promise<number>
  size(slot: number): Promise<number>
}

/**
 * Opens the ledger: makes the common log the first time, and compares every head with what was signed last and the entries behind it.
 * Throws `Broken` when a head does not follow from its entries, or such an entry is not what was hashed: the tables were edited, or come from a damaged backup;
 * when the tables end before, or part from, what was signed last; and when the keys are not those that the ledger was begun with.
 */
export async function openLedger(options: LedgerOptions, at: Instant): Promise<Ledger> {
  const append = createAppender(options)
  const known = await store.logs(options.database)
  if (known.length === 0) mustExtend(options.keys.signedRoots.last(), []) // before a second history is begun
  if (known.length === 0) await append({ drafts: () => [], opens: { at, first: true } })
  checkOrigin(options, await store.logs(options.database))
  await checkKeys(options)
  await checkHeads(options)
  return {
    origin: options.origin,
    keys: options.keys,
    database: options.database,
    append: (drafts) => append({ drafts: Array.isArray(drafts) ? (drafts as readonly Draft[]) : [drafts as Draft] }),
    openSlot: (when, drafts) => append({ drafts, opens: { at: when } }),
    signers: () => signersOf(options),
    // What is long before it begins is not waited for by those who append here: it has a writer of its own, as another process has.
    alone: (work) => (work.before === undefined ? append : createAppender(options))({ drafts: [], alone: work }),
    read: (slot, filter) => readEntries(options, slot, filter?.types),
    snapshot: (when) => takeSnapshot(options.database, when),
    size: async (slot) => (await store.headsOf(options.database, [slot]))[0]?.size ?? 0,
  }
}

/** Whom the processor signs with. */
export interface Signers { readonly log: PresentSigner; readonly certificate: PresentSigner }
interface PresentSigner { readonly number: number; readonly signer: Signer }

async function signersOf({ database, keys }: LedgerOptions): Promise<Signers> {
  const present = await store.presentSigners(database)
  const of = (purpose: keyof Signers): PresentSigner => {
    const { number, publicKey } = present.get(purpose) ?? { number: 1, publicKey: undefined }
    const signer = keys.signer(purpose, number)
    if (publicKey !== undefined && Buffer.from(signer.publicKey).toString('base64') !== publicKey) throw new Broken('ledger/other-keys', `${purpose} key ${number} in the key store is not the one that the ledger says follows; nothing was signed`)
    return { number, signer }
  }
  return { log: of('log'), certificate: of('certificate') }
}

function checkOrigin(options: LedgerOptions, known: readonly { slot: number; origin: string; clock: ClockKind }[]): void {
  const common = known.find((log) => log.slot === 0)
  if (common?.origin !== `${options.origin}/0`) {
    throw new Broken('ledger/origin', `this ledger belongs to ${common?.origin.replace(/[/]0$/, '') ?? 'nobody'}, not to ${options.origin}; an origin never changes, so use another directory`)
  }
}

/** The entry that opened the common log must open with the keys given: others would seal what nobody finds again, and sign as somebody unknown. */
async function checkKeys({ database, keys, origin }: LedgerOptions): Promise<void> {
  for (const row of await store.payloadsBetween(database, { slot: 0, from: 0, to: 1 })) {
    if (keys.wasDestroyed(row.keyId)) continue
    const key = keys.find(row.keyId)
    try {
      if (key !== undefined) openPart(row.ciphertext, { origin: `${origin}/0`, index: 0, part: row.part }, key)
    } catch (cause) {
      throw otherKeys(origin, cause)
    }
    if (key === undefined) throw otherKeys(origin)
  }
}

const otherKeys = (origin: string, cause?: unknown): Broken =>
  new Broken('ledger/other-keys', `the keys in this directory are not those of the ledger of ${origin}; name the directory that it was begun in (--dir, BAILEE_DIR); if this is the one, the ledger was altered, and bailee ledger check says where. Nothing was written`, { cause })

/** The entries of one log, of these types where any are named, in order. Others than those asked for are neither sent nor opened. */
async function readEntries(options: LedgerOptions, slot: number, types: readonly string[] | undefined): Promise<Entry[]> {
  const found: Entry[] = []
  const total = (await store.headsOf(options.database, [slot]))[0]?.size ?? 0
  for await (const page of store.entriesOfTypes(options.database, { slot, to: total, types })) {
    for (const row of await store.withPayloads(options.database, undefined, page)) found.push(openEntry(options, row, row.payloads))
  }
  return found
}

/** An entry as it was recorded, opened with the keys that still exist. Throws `Broken` when its bytes are not what was hashed, or a part is not what it committed to. */
export function openEntry({ keys, origin }: Pick<LedgerOptions, 'keys' | 'origin'>, row: store.EntryRow, payloads: readonly store.PayloadRow[]): Entry {
  const name = `${origin}/${row.slot}`
  const leaf = wholeLeaf({ origin }, row)
  const { common } = leaf
  const parts = Object.fromEntries(leaf.parts.map(({ n, c }) => [n, openOne(keys, { origin: name, commitment: c }, payloads.find((payload) => payload.part === n))]))
  return { slot: row.slot, index: row.index, at: leaf.at, type: leaf.type, parts, ...(common === undefined ? {} : { common }) }
}

/** What stands in an entry as everybody may read it. Throws `Broken` for one that was altered. */
export function wholeLeaf({ origin }: Pick<LedgerOptions, 'origin'>, row: store.EntryRow): ReturnType<typeof parseLeaf> {
  if (!Buffer.from(leafHash(row.body)).equals(Buffer.from(row.leaf))) throw entryAltered(`${origin}/${row.slot}`, row.index)
  return parseLeaf(row.body)
}

/** What the leaf committed to, or `destroyed` when its key or its ciphertext is gone. */
function openOne(keys: KeyStore, promised: { origin: string; commitment: string }, payload: store.PayloadRow | undefined): Part {
  const key = payload === undefined ? undefined : keys.find(payload.keyId)
  if (payload === undefined || key === undefined) return destroyed
  return JSON.parse(new TextDecoder().decode(openPromised(promised, payload, key).payload)) as Json
}

/** A part, opened. Another than the entry committed to, or one of which it knows nothing, is never taken. Throws `Broken` `ledger/payload-altered`. */
export function openPromised({ origin, commitment }: { readonly origin: string; readonly commitment: string | undefined }, { ciphertext, index, part }: store.PayloadRow, key: Uint8Array): ReturnType<typeof openPart> {
  const opened = openPart(ciphertext, { origin, index, part }, key)
  if (commitmentOf(opened.salt, opened.payload) !== commitment) throw new Broken('ledger/payload-altered', `part ${part} of entry ${index} of ${origin} is not what its entry committed to; bailee ledger check says what else is wrong`)
  return opened
}

/** The part of an entry that must be there: undefined when its key was destroyed. */
export function partOf<Shape>(entry: Entry, name: RetentionClass): Shape | undefined {
  const part = entry.parts[name]
  return part === undefined || part === destroyed ? undefined : (part as unknown as Shape)
}

export type { Change }
