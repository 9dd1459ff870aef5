import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import {
  encodeEntries, entriesPath, formatHead, formatProof, formatVerifierKey, inclusionPath, leafHash, leafHashesOf, rootOf, spansOf, subtreesOf, tilePath, tilesOf, tileWidth, type SubtreeHash,
} from '@bailee/verifier'
import { Broken, Misuse } from '#kit/errors'
import type { Instant } from '#kit/time'
import { parseLeaf } from './entry.ts'
import { growTiles } from './exported/tiles.ts'
import type { Signer } from './custody/custody.ts'
import { openPromised, type Ledger } from './ledger.ts'
import { headText } from './head.ts'
import { satisfiedPolicy, standingOf, type Standing } from './cosign/cosign.ts'
import { checkpointNote, signedCheckpoint, signRoot } from './root.ts'
import { successionNotes } from './rotation/rotate.ts'
import { takeSnapshot } from './snapshot.ts'
import * as store from './store.ts'

/** Levels of the tree that one level of tiles stands for. */
const tileLevels = 8
const hashBytes = 32
/** Entries read at a time: some bundles, a few megabytes. */
const pageEntries = 32 * tileWidth
/** The same, for payloads: they are longer, and each is opened. */
const pagePayloads = 4 * tileWidth
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

export interface BundleOptions {
  readonly slot: number
  readonly at: Instant
  /** Where the bundle is to be. A bundle that is there, or an empty directory, is replaced whole; nothing else is. */
  readonly directory: string
  /** Entry types whose receipts go along. */
  readonly receiptsFor: readonly string[]
  /** DSSE envelopes by certificate id. */
  readonly certificates: ReadonlyMap<string, Uint8Array>
  /** Asks witnesses about the snapshot taken, before it is written; what they did not answer by then is not in the bundle. */
  readonly cosign?: (snapshot: number) => Promise<unknown>
}

export interface BundleSummary {
  readonly directory: string
  readonly entries: number
  readonly snapshots: number
  readonly receipts: number
  readonly disclosed: number
  /** Names of the witnesses whose cosignatures go along, of how many declared, and whether they make the declared quorum. */
  readonly witnesses: { readonly cosigned: readonly string[]; readonly of: number; readonly enough: boolean }
}

/**
 * Writes a controller's evidence as `ledger.md` "Bundle" and `contracts.md` 3 lay it down: its whole log, the common log, the whole root log, a head
 * proof for every snapshot, receipts, opened payloads, certificates. A snapshot is taken first, so `client/checkpoint` has exactly the size it fixes.
 * Written beside its place and moved there when whole. Readable by its owner alone, because it
 * holds opened payloads. Throws `Broken` when the slot has no log, something of it was altered or the disk takes no more, `Misuse` when something else than a bundle is in its place or nothing can be made there.
 */
export async function exportBundle(ledger: Ledger, options: BundleOptions): Promise<BundleSummary> {
  mustBeReplaceable(options.directory)
  const snapshot = await takeSnapshot(ledger.database, options.at)
  const heads = await headsAt(ledger, snapshot)
  const mine = heads.at(-1)?.[options.slot]
  const common = heads.at(-1)?.[0]
  if (mine === undefined || common === undefined) throw new Broken('ledger/no-such-slot', `slot ${options.slot} has no log`)
  const draft = `${options.directory}.writing`
  makeDraft(draft)
  try {
    const written = await writeBundle(ledger, options, { snapshot, heads, mine, common, put: writer(draft), read: (path) => readFileSync(join(draft, path)) })
    replaceDirectory(draft, options.directory)
    return { directory: options.directory, entries: mine.size, snapshots: heads.length, ...written }
  } catch (cause) {
    rmSync(draft, { recursive: true, force: true }) // it holds opened payloads
    throw cause
  }
}

interface Writing { readonly snapshot: number; readonly heads: readonly Head[][]; readonly mine: Head; readonly common: Head; readonly put: Put; readonly read: (path: string) => Uint8Array }

async function writeBundle(ledger: Ledger, options: BundleOptions, { snapshot, heads, mine, common, put, read }: Writing): Promise<Pick<BundleSummary, 'receipts' | 'disclosed' | 'witnesses'>> {
  const { log: { signer }, certificate } = await ledger.signers()

  await options.cosign?.(snapshot)
  const standing = await writeRoot(ledger, snapshot, put)
  put('client.vkey', vkey(`${ledger.origin}/${options.slot}`, signer))
  const client = await writeLog(ledger, mine, { folder: 'client', put, read, signer })
  writeHeads(heads, options.slot, (index, text) => put(`heads/${index}`, bytesOf(text)))
  put('common.vkey', vkey(`${ledger.origin}/0`, signer))
  await writeLog(ledger, common, { folder: 'common', put, read, signer })
  writeHeads(heads, 0, (index, text) => put(`common-heads/${index}`, bytesOf(text)))
  const receipts = await writeReceipts(ledger, { head: mine, tree: client, types: options.receiptsFor, put, signer })
  const disclosed = await writeDisclosures(ledger, mine, put)
  for (const [id, envelope] of options.certificates) put(`certificates/${id}.dsse.json`, envelope)
  if (options.certificates.size > 0) put('certificate.vkey', vkey(`${ledger.origin}/certificate`, certificate.signer))

  for (const [index, note] of (await successionNotes(ledger, heads.length)).entries()) put(`keys/${index}`, bytesOf(note))
  return { receipts, disclosed, witnesses: { cosigned: standing.cosigned, of: standing.policy.witnesses.length, enough: standing.enough } }
}

const vkey = (name: string, signer: Signer): Uint8Array => bytesOf(`${formatVerifierKey(name, signer.publicKey)}\n`)

type Put = (path: string, bytes: Uint8Array) => void
const writer = (root: string): Put => {
  const made = new Set<string>()
  return (path, bytes) => {
    const file = join(root, path)
    const folder = dirname(file)
    try {
      if (!made.has(folder)) mkdirSync(folder, { recursive: true })
      made.add(folder)
      writeFileSync(file, bytes)
    } catch (cause) {
      throw new Broken('ledger/bundle-write', `the bundle could not be written to ${root} (${codeOf(cause)}), and what was there of it is removed; make room, or name another directory with --out, and export again`, { cause })
    }
  }
}

const codeOf = (cause: unknown): string => (cause as NodeJS.ErrnoException).code ?? 'unknown fault'

function makeDraft(draft: string): void {
  try {
    rmSync(draft, { recursive: true, force: true })
    mkdirSync(draft, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new Misuse(`${draft} cannot be made (${codeOf(cause)}), where a bundle is written before it is moved to its place; name a directory with --out beside which something may be made`)
  }
}

/** What is replaced is deleted: a directory named by mistake (a home, the state of this very processor) must survive it. */
function mustBeReplaceable(directory: string): void {
  const found = statSync(directory, { throwIfNoEntry: false })
  if (found === undefined) return
  const bundle = found.isDirectory() && (readdirSync(directory).length === 0 || ['policy', 'client.vkey', join('root', 'checkpoint')].every((name) => existsSync(join(directory, name))))
  if (!bundle) throw new Misuse(`${directory} exists and is not an evidence bundle, so it is not replaced; name a directory that does not exist yet`)
}

function replaceDirectory(draft: string, directory: string): void {
  rmSync(`${directory}.replaced`, { recursive: true, force: true })
  if (existsSync(directory)) renameSync(directory, `${directory}.replaced`)
  renameSync(draft, directory)
  const parent = openSync(dirname(directory), 'r')
  fsyncSync(parent)
  closeSync(parent)
  rmSync(`${directory}.replaced`, { recursive: true, force: true })
}

interface Head { readonly slot: number; readonly origin: string; readonly size: number; readonly root: Uint8Array }

/** For each snapshot up to `last`, the head of every slot that existed then. */
async function headsAt(ledger: Ledger, last: number): Promise<Head[][]> {
  const bySnapshot = Map.groupBy(await store.changedHeads(ledger.database, last), (row) => row.snapshot)
  const present: Head[] = []
  return Array.from({ length: last + 1 }, (_, index) => {
    for (const row of bySnapshot.get(index) ?? []) present[row.slot] = { slot: row.slot, origin: `${ledger.origin}/${row.slot}`, size: row.size, root: row.root }
    return [...present]
  })
}

function writeHeads(heads: readonly Head[][], slot: number, put: (index: number, text: string) => void): void {
  heads.forEach((all, snapshot) => {
    const head = all[slot]
    if (head === undefined) return // the slot was given later
    const tree = subtreesOf(all.map((one) => leafHash(bytesOf(headText(one)))))
    put(snapshot, formatHead({ snapshot, slot, slots: all.length, path: inclusionPath(slot, all.length, tree), checkpoint: head }))
  })
}

async function writeRoot(ledger: Ledger, last: number, put: Put): Promise<Standing> {
  const signed = await signRoot(ledger, last)
  if (signed === undefined) throw new Broken('ledger/no-snapshot', 'the snapshot that was taken is gone; nothing was exported')
  putEntries('root', { first: 0, bodies: signed.bodies, put })
  putTiles('root', { size: signed.size, tree: signed.tree, put })
  const standing = await standingOf(ledger.database, signed)
  put('root/checkpoint', bytesOf(checkpointNote(signed, standing.lines)))
  put('policy', bytesOf(satisfiedPolicy(ledger, signed.signer, standing)))
  return standing
}

const signedNote = (head: Head, signer: Signer): string => checkpointNote(signedCheckpoint(head, signer))

const rootDiffers = (head: Head): Broken => new Broken('ledger/root-differs', `the entries of ${head.origin} no longer hash to the head that a snapshot fixed; nothing was exported`)

/** Writes a log in C2SP tlog-tiles form, some pages of entries at a time. */
async function writeLog(ledger: Ledger, head: Head, to: { folder: string; put: Put; read: (path: string) => Uint8Array; signer: Signer }): Promise<SubtreeHash> {
  const tiles = growTiles(head.size, { put: (path, bytes) => to.put(`${to.folder}/${path}`, bytes), read: (path) => to.read(`${to.folder}/${path}`) })
  for (let first = 0; first < head.size; first += pageEntries) {
    const bundles = await store.entryBundlesBetween(ledger.database, { slot: head.slot, from: first, to: Math.min(head.size, first + pageEntries), width: tileWidth })
    if (bundles.length !== Math.ceil(Math.min(pageEntries, head.size - first) / tileWidth)) throw rootDiffers(head)
    for (const [place, { index, count, bytes }] of bundles.entries()) {
      if (index !== first / tileWidth + place || count !== Math.min(tileWidth, head.size - index * tileWidth)) throw rootDiffers(head)
      tiles.add(bytes, leafHashesOf(bytes, spansOf(bytes, count)))
    }
  }
  const tree = tiles.end()
  const root = rootOf(head.size, tree)
  if (!Buffer.from(root).equals(Buffer.from(head.root))) throw rootDiffers(head)
  to.put(`${to.folder}/checkpoint`, bytesOf(signedNote(head, to.signer)))
  return tree
}

/** `first` stands at the beginning of a bundle of entries. */
function putEntries(folder: string, { first, bodies, put }: { first: number; bodies: readonly Uint8Array[]; put: Put }): void {
  for (let from = 0; from < bodies.length; from += tileWidth) {
    const page = bodies.slice(from, from + tileWidth)
    put(`${folder}/${entriesPath((first + from) / tileWidth, page.length)}`, encodeEntries(page))
  }
}

function putTiles(folder: string, { size, tree, put }: { size: number; tree: SubtreeHash; put: Put }): void {
  for (const { level, index, width } of tilesOf(size)) {
    const tile = new Uint8Array(width * hashBytes)
    for (let place = 0; place < width; place += 1) tile.set(tree(level * tileLevels, index * tileWidth + place), place * hashBytes)
    put(`${folder}/${tilePath(level, index, width)}`, tile)
  }
}

async function writeReceipts(ledger: Ledger, from: { head: Head; tree: SubtreeHash; types: readonly string[]; put: Put; signer: Signer }): Promise<number> {
  const { head: { slot, size }, tree, types, put } = from
  const checkpoint = signedNote(from.head, from.signer)
  let written = 0
  // What was made after the snapshot is not in it.
  for await (const page of types.length === 0 ? [] : store.entriesOfTypes(ledger.database, { slot, to: size, types })) {
    for (const { index, body } of page) {
      put(`proofs/${index}.leaf`, body)
      put(`proofs/${index}.tlog-proof`, bytesOf(formatProof({ index, path: inclusionPath(index, size, tree), checkpoint })))
    }
    written += page.length
  }
  return written
}

/** Parts whose keys are still there. One that is another than its entry committed to would have all of it refused before whoever checks it. */
async function writeDisclosures(ledger: Ledger, head: Head, put: Put): Promise<number> {
  let written = 0
  for (let first = 0; first < head.size; first += pagePayloads) {
    const range = { slot: head.slot, from: first, to: Math.min(head.size, first + pagePayloads) }
    const payloads = await store.payloadsBetween(ledger.database, range)
    const bodies = new Map((payloads.length === 0 ? [] : await store.entriesBetween(ledger.database, range)).map(({ index, body }) => [index, body]))
    for (const row of payloads) {
      const key = ledger.keys.find(row.keyId)
      if (key === undefined) continue // destroyed: the commitment stays, the words are gone
      const body = bodies.get(row.index)
      const commitment = body === undefined ? undefined : parseLeaf(body).parts.find(({ n }) => n === row.part)?.c
      const { salt, payload } = openPromised({ origin: head.origin, commitment }, row, key)
      put(`disclosed/${row.index}.${row.part}`, Buffer.concat([salt, payload]))
      written += 1
    }
  }
  return written
}
