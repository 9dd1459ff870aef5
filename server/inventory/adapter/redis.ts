/**
 * A Redis server as a store: each logical database is a place, and its keys with their values are rows. SCAN gives every key that is there from the
 * beginning to the end of a search at least once (Redis documentation, SCAN); values are as they are when their key is read.
 */
import { createClient, RESP_TYPES } from 'redis'
import { Broken } from '#kit/errors'
import { keyOwners, keysOfTable } from './keyTables.ts'
import { CsvRows } from './csvRows.ts'
import { partlyPacked, unpackedCell, type PackedCells } from './packedCell.ts'
import type { PartOrUnread } from './part.ts'
import type { NotRead } from './postgres.ts'
import { oneUnit, type ListedPlace, type Listing } from './searchable.ts'

/** Milliseconds to wait for a connection: a store that does not answer by then is reported as not read. */
const connectMillisecondsMax = 15_000

/** Keys asked for at once: few enough that the server is never busy with this search for long. */
const scanCount = 500

/** Elements of a collection, and bytes of a string, asked for at once: longer ones come in pieces. */
const elementsMax = 1000
const pieceBytes = 1024 ** 2

/** Bytes of one string. Redis itself holds no longer ones by default (proto-max-bulk-len). */
const stringBytesMax = 512 * 1024 ** 2

export type Reply = Buffer | number | null | readonly Reply[]
export type Ask = (...words: readonly (string | Buffer)[]) => Promise<Reply>
export interface Session { readonly ask: Ask; close(): void }

/** Throws `Broken` when the server cannot be opened. */
export async function connect(url: string, database: number): Promise<Session> {
  const client = clientOf(url, database)
  client.on('error', () => undefined) // the command that is under way reports it
  try {
    await client.connect()
  } catch (cause) {
    client.destroy()
    throw new Broken('inventory/store-unreachable', `the Redis store cannot be opened: ${wordOf(cause)}`, { cause })
  }
  const bytes = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer, [RESP_TYPES.SIMPLE_STRING]: Buffer })
  return { ask: (...words) => bytes.sendCommand<Reply>(words), close: () => { if (client.isOpen) client.destroy() } }
}

/** A database that the URL names would win over the one that is asked for: every one is searched. */
function clientOf(url: string, database: number) {
  const server = /^rediss?:/.test(url) && URL.canParse(url) ? Object.assign(new URL(url), { pathname: '' }).href : url.replace(/[?#].*$/s, '')
  try {
    return createClient({
      url: server, database, RESP: 2, name: 'bailee', disableOfflineQueue: true, maintNotifications: 'disabled',
      socket: { connectTimeout: connectMillisecondsMax, reconnectStrategy: false },
    })
  } catch (cause) {
    throw new Broken('inventory/store-unreachable', 'the URL of a Redis store is none', { cause })
  }
}

/** The first word of an answer (`NOPERM`, `WRONGTYPE`), or the system's code: its text may quote a key. */
export function wordOf(cause: unknown): string {
  const { code, message } = (cause ?? {}) as { code?: unknown; message?: unknown }
  return typeof code === 'string' ? code : (/^[A-Z]{3,20}(?= )/.exec(String(message))?.[0] ?? 'no code')
}

async function withSession<Result>(url: string, work: (ask: Ask) => Promise<Result>): Promise<Result> {
  const session = await connect(url, 0)
  try {
    return await work(session.ask)
  } catch (cause) {
    if (cause instanceof Broken) throw cause
    throw new Broken('inventory/store-unreachable', `the Redis store could not be asked: ${wordOf(cause)}`, { cause })
  } finally {
    session.close()
  }
}

/**
 * The logical databases that hold keys; keys of `tables` are a part of their own each. Throws `Broken` when the server cannot be opened, or is a node of a cluster, which holds a
 * share of the keys only.
 */
export async function listRedis(url: string, tables: readonly string[] = []): Promise<Listing> {
  return withSession(url, async (ask) => {
    const info = String(await ask('INFO'))
    if (/^redis_mode:(?!standalone)/m.test(info)) throw new Broken('inventory/redis-cluster', 'a Redis cluster or sentinel: only single servers are read')
    const numbers = [...info.matchAll(/^db(\d+):keys=/gm)].map(([, number]) => Number(number))
    const places = numbers.map((number): ListedPlace => ({ place: `db${number}`, units: oneUnit, open: () => partsOf(url, number, tables) }))
    return { places, notRead: await functionsOf(ask) }
  })
}

async function functionsOf(ask: Ask): Promise<NotRead[]> {
  const libraries = await ask('FUNCTION', 'LIST').catch((): Reply => []) // before Redis 7 there are none
  return Array.isArray(libraries) && libraries.length > 0 ? [{ place: 'functions', because: `${libraries.length} libraries of functions: their text is not read` }] : []
}

async function* partsOf(url: string, database: number, tables: readonly string[]): AsyncGenerator<PartOrUnread> {
  const own = tables.flatMap((table) => { const keys = keysOfTable(table); return keys?.database === database ? [{ table, prefix: keys.prefix }] : [] })
  const ownerOf = keyOwners(tables, database)
  for (const { table, prefix } of own) yield* partOf({ url, database, name: `${prefix}*`, beginning: prefix, isMeant: (key) => ownerOf(key) === table })
  yield* partOf({ url, database, name: '', isMeant: (key) => ownerOf(key) === undefined })
}

/** The keys of a database that are one part. */
interface KeysPart {
  readonly url: string
  readonly database: number
  readonly name: string
  /** What all of them begin with. */
  readonly beginning?: string
  readonly isMeant: (key: Buffer) => boolean
}

async function* partOf(meant: KeysPart): AsyncGenerator<PartOrUnread> {
  const others = new Map<string, number>()
  const seen: PackedCells = { packed: 0 }
  const bytes = rowsOf(meant, { others, seen })
  const { name } = meant
  try {
    yield { name, kind: 'keys and values', shape: 'rows', delimiter: ',', bytes, partly: () => partlyPacked(seen) }
  } finally {
    await bytes.return(undefined)
  }
  for (const [type, count] of others) yield { name: name === '' ? `type ${type}` : `${name} type ${type}`, because: `${count} keys of a type that is not known here` }
}

/** What stands for itself in a pattern of keys. */
const literal = (text: string): string => text.replaceAll(/[\\*?[\]^]/g, (character) => `\\${character}`)

/** The keys of a database with their types, some at a time, all or those that begin so; a key may come twice (SCAN), and one that is gone since it was listed does not come. */
export async function* keysOf(ask: Ask, beginning = ''): AsyncGenerator<readonly { readonly key: Buffer; readonly type: string }[]> {
  const match = beginning === '' ? [] : ['MATCH', `${literal(beginning)}*`]
  let cursor = '0'
  do {
    const [next, keys] = await ask('SCAN', cursor, ...match, 'COUNT', String(scanCount)) as readonly [Buffer, readonly Buffer[]]
    cursor = next.toString()
    const types = await Promise.all(keys.map((key) => ask('TYPE', key)))
    yield keys.map((key, index) => ({ key, type: String(types[index]) })).filter(({ type }) => type !== 'none')
  } while (cursor !== '0')
}

/** Row by row: a string beside its key, a small hash with its fields in one row, one element a row of everything else; the key stands in the first row. */
async function* rowsOf({ url, database, beginning, isMeant }: KeysPart, { others, seen }: { others: Map<string, number>; seen: PackedCells }): AsyncGenerator<Uint8Array> {
  const { ask, close } = await connect(url, database)
  const csv = new CsvRows()
  try {
    for await (const keys of keysOf(ask, beginning)) {
      for (const { key, type } of keys.filter((one) => isMeant(one.key))) {
        const write = writers[type]
        if (write === undefined) others.set(type, (others.get(type) ?? 0) + 1)
        else for await (const row of write(ask, key)) { if (writeRow(csv, row, seen)) yield* taken(csv) }
      }
      yield* taken(csv)
    }
  } catch (cause) {
    if (cause instanceof Broken) throw cause
    throw new Broken('inventory/keys-unreadable', `a Redis database could not be read to its end: ${wordOf(cause)}`, { cause })
  } finally {
    close()
  }
}

function* taken(csv: CsvRows): Generator<Uint8Array> {
  const chunk = csv.take()
  if (chunk !== undefined) yield chunk
}

function writeRow(csv: CsvRows, row: Row, seen: PackedCells): boolean {
  for (const value of row) csv.field(value instanceof Uint8Array ? unpackedCell(value, seen) : value)
  return csv.row()
}

export type Row = readonly (Buffer | string | null)[]
export type Writer = (ask: Ask, key: Buffer) => AsyncGenerator<Row>

/** Rows of a key, by its type; of others, none. */
export const writers: Readonly<Record<string, Writer>> = {
  string: strings, hash: hashes,
  list: (ask, key) => pieces(key, (start) => ask('LRANGE', key, String(start), String(start + elementsMax - 1))),
  set: (ask, key) => scanned(ask, { key, command: 'SSCAN', width: 1 }),
  zset: (ask, key) => scanned(ask, { key, command: 'ZSCAN', width: 2 }),
  stream: streams,
}

/** A long string comes in pieces, held together: a value that stands across two of them must be seen. */
async function* strings(ask: Ask, key: Buffer): AsyncGenerator<Row> {
  const length = Number(await ask('STRLEN', key))
  if (length > stringBytesMax) throw new Broken('inventory/value-too-long', `a value is longer than ${stringBytesMax} bytes`)
  if (length <= pieceBytes) { yield [key, bufferOf(await ask('GET', key))]; return }
  const held: Buffer[] = []
  for (let at = 0; at < length; at += pieceBytes) held.push(bufferOf(await ask('GETRANGE', key, String(at), String(at + pieceBytes - 1))) ?? Buffer.alloc(0))
  yield [key, Buffer.concat(held)]
}

/** A hash is a record: its key, then each field's name and value; a large one is a collection of pairs. */
async function* hashes(ask: Ask, key: Buffer): AsyncGenerator<Row> {
  if (Number(await ask('HLEN', key)) <= recordFieldsMax) yield [key, ...buffersOf(await ask('HGETALL', key))]
  else yield* scanned(ask, { key, command: 'HSCAN', width: 2 })
}

/** Fields of a hash that is read as one record: more is no record but an index of its own. */
const recordFieldsMax = 200

async function* scanned(ask: Ask, { key, command, width }: { key: Buffer; command: string; width: number }): AsyncGenerator<Row> {
  let cursor = '0'
  let first: Buffer | null = key
  do {
    const [next, elements] = await ask(command, key, cursor, 'COUNT', String(elementsMax)) as readonly [Buffer, Reply]
    cursor = next.toString()
    const flat = buffersOf(elements)
    for (let at = 0; at < flat.length; at += width) { yield [first, ...flat.slice(at, at + width)]; first = null }
  } while (cursor !== '0')
}

async function* pieces(key: Buffer, from: (start: number) => Promise<Reply>): AsyncGenerator<Row> {
  let first: Buffer | null = key
  for (let start = 0; ; start += elementsMax) {
    const elements = buffersOf(await from(start))
    for (const element of elements) { yield [first, element]; first = null }
    if (elements.length < elementsMax) return
  }
}

async function* streams(ask: Ask, key: Buffer): AsyncGenerator<Row> {
  let first: Buffer | null = key
  for await (const { fields } of entriesOf(ask, key)) { yield [first, ...fields]; first = null }
}

/** Entries of a stream, in their order, a page at a time; those behind `after`, where it is given. */
export async function* entriesOf(ask: Ask, key: Buffer, after?: string): AsyncGenerator<{ readonly id: Buffer; readonly fields: readonly Buffer[] }> {
  let from = after === undefined ? '-' : `(${after}`
  for (;;) {
    const entries = await ask('XRANGE', key, from, '+', 'COUNT', String(elementsMax)) as readonly (readonly [Buffer, Reply])[]
    for (const [id, fields] of entries) yield { id, fields: buffersOf(fields) }
    const last = entries.at(-1)
    if (last === undefined || entries.length < elementsMax) return
    from = `(${last[0].toString()}`
  }
}

const bufferOf = (reply: Reply): Buffer | null => (Buffer.isBuffer(reply) ? reply : null)

function buffersOf(reply: Reply): Buffer[] {
  if (Array.isArray(reply)) return (reply as readonly Reply[]).flatMap((one) => buffersOf(one))
  return Buffer.isBuffer(reply) ? [reply] : typeof reply === 'number' ? [Buffer.from(String(reply))] : []
}
