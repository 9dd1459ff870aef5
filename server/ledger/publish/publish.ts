import { createHash } from 'node:crypto'
import { encodeEntries, formatHead, inclusionPath, leafHash, parseTilePath, rootOf, subtreesOf, tileWidth, type Tile } from '@bailee/verifier'
import { Broken } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import type { Clock, Instant } from '#kit/time'
import { standingOf } from '../cosign/cosign.ts'
import { headText } from '../head.ts'
import { serveHttp, type Asked, type Answered, type HttpOptions, type Serving } from '../http.ts'
import type { Ledger } from '../ledger.ts'
import { checkpointNote, signedCheckpoint, signRoot, type SignedRootLog } from '../root.ts'
import { entriesBetween, headsFixed, lastSnapshot } from '../store.ts'
import { asFixed, holdsRow, rests, type FixedTree as Fixed, type Reading } from './fixed.ts'
import { headAt, slotOfToken, snapshotBodies } from './store.ts'
import { hashOfToken } from './token.ts'
import { overTree, rootSlot, tileHashesBetween } from './tree.ts'

export interface PublishOptions extends Pick<HttpOptions, 'at' | 'tls' | 'report'> {
  readonly ledger: Ledger
  readonly clock: Clock
  /** Publishes the root log and no other. */
  readonly rootOnly?: boolean
}

/** Requests at work at once; more are told to come again. */
const requestsMax = 64
/** Logs whose last checked size is remembered. */
const checkedMax = 10_000

export interface Published extends Pick<SignedRootLog, 'size' | 'text' | 'line' | 'signer'> { readonly root: Uint8Array }

/** What the files of logs are made from, and what is remembered of it. */
export interface Publisher {
  readonly ledger: Ledger
  readonly clock: Clock
  signed: Published | undefined
  signing: Promise<Published | undefined> | undefined
  /** Why a root log of so many snapshots was not signed, and when: each time all of them are read. */
  unsigned: { readonly size: number; readonly at: Instant; readonly cause: Broken } | undefined
  /** By slot, the size at which its entries were last found to hash to the head that a snapshot fixed. */
  readonly checked: Map<number, number>
}

export const publisherOf = ({ ledger, clock }: Pick<Publisher, 'ledger' | 'clock'>): Publisher => ({ ledger, clock, signed: undefined, signing: undefined, unsigned: undefined, checked: new Map() })

/** A file of a log: text that changes, or bytes and text that never do. */
export interface LogFile { readonly kind: 'checkpoint' | 'text' | 'bytes'; readonly body: Uint8Array }

/**
 * Publishes logs as C2SP tlog-tiles lays them out, read-only: `/root/...` for everybody; `/0/...` and `/<slot>/...` for whoever has a token of that slot, with
 * `/<slot>/heads/<snapshot>` beside them, which binds a log to the root. Only what the newest snapshot fixed is there, and only after that snapshot was signed. Nothing is listed.
 */
export function publish(options: PublishOptions): Promise<Serving> {
  const serving: ServingLogs = { ...options, publisher: publisherOf(options), atWork: { count: 0 } }
  return serveHttp({ at: options.at, ...(options.tls === undefined ? {} : { tls: options.tls }), report: options.report, bodyBytesMax: 0, answer: (asked) => bounded(serving, asked) })
}

interface ServingLogs extends PublishOptions { readonly publisher: Publisher; readonly atWork: { count: number } }

async function bounded(serving: ServingLogs, asked: Asked): Promise<Answered> {
  const { atWork } = serving
  if (atWork.count >= requestsMax) return { status: 503, headers: { 'retry-after': '1' } }
  atWork.count += 1
  try {
    return await route(serving, asked)
  } finally {
    atWork.count -= 1
  }
}

const missing: Answered = { status: 404, headers: { 'cache-control': 'no-store' } }

async function route(serving: ServingLogs, asked: Asked): Promise<Answered> {
  const { publisher } = serving
  if (asked.method !== 'GET' && asked.method !== 'HEAD') return { status: 405, headers: { allow: 'GET, HEAD' } }
  const [, log, path] = /^\/(root|0|[1-9]\d{0,8})\/([a-z0-9./]{1,200})$/.exec(asked.target) ?? []
  if (log === undefined || path === undefined) return missing
  if (log === 'root') return answer(asked, { what: await ofRoot(publisher, path), scope: 'public' })
  if (serving.rootOnly === true) return missing
  const mine = await slotOf(serving, asked)
  if (mine === undefined) return { status: 401, headers: { 'www-authenticate': 'Bearer realm="ledger"', 'cache-control': 'no-store' } }
  const slot = Number(log)
  if (slot !== 0 && slot !== mine) return missing // whether there is such a log is not said
  return answer(asked, { what: await ofSlot(publisher, slot, path), scope: 'private' })
}

async function slotOf({ ledger, clock }: ServingLogs, asked: Asked): Promise<number | undefined> {
  const [, token] = /^Bearer ([A-Za-z0-9_-]{43})$/i.exec(asked.headers.authorization ?? '') ?? []
  return token === undefined ? undefined : slotOfToken(ledger.database, hashOfToken(token), clock())
}

/** The root log at its newest snapshot, signed, and remembered before it was. */
export async function current(publisher: Publisher): Promise<Published | undefined> {
  const newest = await lastSnapshot(publisher.ledger.database)
  if (newest === undefined) return undefined
  if (publisher.signed?.size === newest.index + 1) return publisher.signed
  const { unsigned, clock } = publisher
  if (unsigned?.size === newest.index + 1 && rests(unsigned, clock())) throw unsigned.cause
  publisher.signing ??= sign(publisher, newest.index + 1).finally(() => { publisher.signing = undefined })
  const signed = await publisher.signing
  failpoint('publish/signed')
  if (signed !== undefined && signed.size > (publisher.signed?.size ?? 0)) publisher.signed = { size: signed.size, root: signed.root, text: signed.text, line: signed.line, signer: signed.signer }
  return publisher.signed
}

async function sign(publisher: Publisher, size: number): Promise<Published | undefined> {
  try {
    return await signRoot(publisher.ledger)
  } catch (cause) {
    // What the snapshots say is the same when it is asked for again; a key that could not be had may be there then.
    if (cause instanceof Broken && otherThanSigned.includes(cause.code)) publisher.unsigned = { size, at: publisher.clock(), cause }
    throw cause
  }
}

/** Of a database that does not hold what was signed. */
const otherThanSigned = ['ledger/behind', 'ledger/two-histories']

export async function ofRoot(publisher: Publisher, path: string): Promise<LogFile | undefined> {
  const signed = await current(publisher)
  if (signed === undefined) return undefined
  const { database } = publisher.ledger
  if (path === 'checkpoint') return { kind: 'checkpoint', body: Buffer.from(checkpointNote(signed, (await standingOf(database, signed)).lines)) }
  return tileAt(publisher, { slot: rootSlot, size: signed.size, root: signed.root }, path)
}

export async function ofSlot(publisher: Publisher, slot: number, path: string): Promise<LogFile | undefined> {
  const { ledger } = publisher
  const signed = await current(publisher)
  const head = signed === undefined ? undefined : await headAt(ledger.database, slot, signed.size - 1)
  if (signed === undefined || head === undefined) return undefined
  const [, snapshot] = /^heads\/(0|[1-9]\d{0,14})$/.exec(path) ?? []
  if (snapshot !== undefined) return Number(snapshot) < signed.size ? headProof(publisher, slot, Number(snapshot)) : undefined
  if (path !== 'checkpoint') return tileAt(publisher, head, path)
  await mustHash(publisher, head)
  return { kind: 'checkpoint', body: Buffer.from(checkpointNote(signedCheckpoint({ origin: `${ledger.origin}/${slot}`, ...head }, signed.signer))) }
}

async function tileAt(publisher: Publisher, log: Fixed, path: string): Promise<LogFile | undefined> {
  const tile = parseTilePath(path)
  if (tile === undefined || !isWithin(tile, log.size)) return undefined
  const { level } = tile
  const reading = readingOf(publisher)
  const { database } = reading
  const range = { slot: log.slot, from: tile.index * tileWidth, to: tile.index * tileWidth + tile.width }
  const found = level === 'entries' ? await fixedEntries(reading, log, range) : await asFixed(reading, log, () => tileHashesBetween(database, { ...range, level }), (hashes) => holdsRow(database, log, { level: level * 8, from: range.from, hashes }))
  return { kind: 'bytes', body: found ?? differs(log) }
}

const readingOf = ({ ledger: { database }, clock }: Publisher): Reading => ({ database, now: clock() })

/** Entries as a bundle of them, where they hash to the root. */
async function fixedEntries(reading: Reading, log: Fixed, { slot, from, to }: { readonly slot: number; readonly from: number; readonly to: number }): Promise<Uint8Array | undefined> {
  const { database } = reading
  const rows = slot === rootSlot ? (await snapshotBodies(database, from, to)).map((body) => ({ body, leaf: leafHash(body) })) : await entriesBetween(database, { slot, from, to })
  const hashes = rows.map(({ body }) => leafHash(body))
  const [entries, holds] = [encodeEntries(rows.map(({ body }) => body)), () => holdsRow(database, log, { level: 0, from, hashes: Buffer.concat(hashes) })]
  // Where one is not what was hashed, no hashing of all entries tells more than what is kept.
  if (rows.some(({ leaf }, place) => !Buffer.from(leaf).equals(Buffer.from(hashes[place]!)))) return await holds() ? entries : undefined
  return asFixed(reading, log, () => Promise.resolve(entries), holds)
}

/** Partial tiles of any width that a log of that size begins with: what once was published stays there. */
function isWithin(tile: Tile, size: number): boolean {
  const count = tile.level === 'entries' ? size : Math.floor(size / tileWidth ** tile.level)
  return tile.index * tileWidth + tile.width <= count
}

/** Once for each head: what is published hashes to what is signed, or is not published. */
async function mustHash(publisher: Publisher, log: Fixed): Promise<void> {
  const [{ ledger, checked }, { slot, size, root }] = [publisher, log]
  if (checked.get(slot) === size) return
  const found = await asFixed(readingOf(publisher), log, () => overTree(ledger.database, slot, (subtree) => rootOf(size, subtree)), (one) => Buffer.from(one).equals(Buffer.from(root)))
  if (found === undefined) differs({ slot, size })
  if (checked.size >= checkedMax) checked.clear()
  checked.set(slot, size)
}

const differs = ({ slot, size }: Pick<Fixed, 'slot' | 'size'>): never => {
  throw new Broken('ledger/root-differs', `the ${size} entries of log ${slot === rootSlot ? 'root' : slot} do not hash to the head that was fixed; what does not is not published, and bailee ledger check says which`)
}

/** What a slot held in a snapshot, as in bundles; undefined when it was given later. */
async function headProof({ ledger }: Publisher, slot: number, snapshot: number): Promise<LogFile | undefined> {
  const heads = (await headsFixed(ledger.database, snapshot)).map((head) => ({ ...head, origin: `${ledger.origin}/${head.slot}` }))
  const mine = heads[slot]
  if (mine === undefined) return undefined
  const tree = subtreesOf(heads.map((head) => leafHash(Buffer.from(headText(head)))))
  return { kind: 'text', body: Buffer.from(formatHead({ snapshot, slot, slots: heads.length, path: inclusionPath(slot, heads.length, tree), checkpoint: mine })) }
}

function answer({ headers }: Asked, { what, scope }: { what: LogFile | undefined; scope: 'public' | 'private' }): Answered {
  if (what === undefined) return missing
  const tag = `"${createHash('sha256').update(what.body).digest('base64url')}"`
  const common = {
    etag: tag,
    'cache-control': what.kind === 'checkpoint' ? `${scope}, no-cache` : `${scope}, max-age=31536000, immutable`,
    'content-type': what.kind === 'bytes' ? 'application/octet-stream' : 'text/plain; charset=utf-8',
    ...(scope === 'private' ? { vary: 'authorization' } : {}),
  }
  const known = (headers['if-none-match'] ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''))
  return known.includes(tag) || known.includes('*') ? { status: 304, headers: common } : { status: 200, headers: common, body: what.body }
}
