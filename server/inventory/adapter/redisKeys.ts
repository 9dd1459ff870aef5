/** A logical database of Redis key by key, as erasing needs it: what each key held when it was read, and a removal only while it still holds that. */
import { createHash } from 'node:crypto'
import { Broken } from '#kit/errors'
import { CsvRows } from './csvRows.ts'
import { unpackedCell, type PackedCells } from './packedCell.ts'
import { connect, entriesOf, keysOf, wordOf, writers, type Ask, type Reply, type Row } from './redis.ts'
import { execute, hasGroups, mayHoldDeleted, rewriteStream, StreamIds, type Removed } from './redisStream.ts'

/** One key as it was read: its rows stand one behind another in the order of keys. */
export interface RedisKey {
  readonly key: Buffer
  readonly type: string
  /** Its text up to the last colon: what applications tell kinds of records by. */
  readonly prefix: string
  /** Single elements can be taken out of it; else the whole key goes, or nothing. */
  readonly divisible: boolean
  readonly rows: number
  readonly bytes: number
  /** Of its rows. */
  readonly digest: string
  /** Of a stream: which entry each row is. */
  readonly ids?: StreamIds
}

/** What was read of a database: the keys in the order of their rows, and how many there are of types that are not known here, by type. */
export interface RedisKeys { readonly keys: RedisKey[]; readonly others: Map<string, number>; /** Which keys are meant; all when left out. */ readonly isMeant?: (key: Buffer) => boolean }

/** A key that is being read. */
interface Reading { readonly key: Buffer; readonly type: string; rows: number; bytes: number; readonly hash: ReturnType<typeof createHash>; readonly ids: StreamIds; /** Told of each element, where one is wanted. */ readonly element: ((element: Buffer) => void) | undefined }

const readingOf = (key: Buffer, type: string, element?: (element: Buffer) => void): Reading => ({ key, type, rows: 0, bytes: 0, hash: createHash('sha256'), ids: new StreamIds(), element })

/** Rows of a stream with the ids of their entries. */
async function* streamRows(ask: Ask, { key, ids }: Reading): AsyncGenerator<Row> {
  let first: Buffer | null = key
  for await (const { id, fields } of entriesOf(ask, key)) { ids.add(id); yield [first, ...fields]; first = null }
}

/** The rows of a key as CSV, some at a time: nothing of a long one is held. Undefined for a type that is not known. */
function readKey(ask: Ask, reading: Reading): AsyncGenerator<Buffer> | undefined {
  const write = writers[reading.type]
  if (write === undefined) return undefined
  return csvOf(reading.type === 'stream' ? streamRows(ask, reading) : write(ask, reading.key), reading)
}

async function* csvOf(rows: AsyncIterable<Row>, reading: Reading): AsyncGenerator<Buffer> {
  const csv = new CsvRows()
  const seen: PackedCells = { packed: 0 }
  const taken = (): Buffer => {
    const chunk = Buffer.from(csv.take() ?? new Uint8Array())
    reading.hash.update(chunk)
    reading.bytes += chunk.length
    return chunk
  }
  for await (const row of rows) {
    for (const value of row) csv.field(value instanceof Uint8Array ? unpackedCell(value, seen) : value)
    reading.element?.(Buffer.from(row[1] ?? ''))
    reading.rows += 1
    if (csv.row()) yield taken()
  }
  yield taken()
}

/** Rows of all keys, as a search reads them; `read` gets each key when its rows were given, once, in their order, and counts those of types that are not known: nothing of them is read. Throws `Broken` where the database cannot be read to its end. */
export async function* readRedisKeys(url: string, database: number, { keys, others, isMeant = () => true }: RedisKeys): AsyncGenerator<Uint8Array> {
  const { ask, close } = await connect(url, database)
  const known = new Set<string>() // SCAN may give a key twice
  try {
    for await (const found of keysOf(ask)) {
      for (const { key, type } of found) {
        if (known.has(key.toString('latin1')) || !isMeant(key)) continue
        known.add(key.toString('latin1'))
        const reading = readingOf(key, type)
        const rows = readKey(ask, reading)
        if (rows === undefined) { others.set(type, (others.get(type) ?? 0) + 1); continue }
        for await (const chunk of rows) if (chunk.length > 0) yield chunk
        if (reading.rows === 0) continue // empty: gone since it was listed
        keys.push({ key, type, prefix: key.subarray(0, key.lastIndexOf(0x3a) + 1).toString('latin1'), divisible: removals[type] !== undefined || (type === 'stream' && !await hasGroups(ask, key)), rows: reading.rows, bytes: reading.bytes, digest: reading.hash.digest('base64'), ...(type === 'stream' ? { ids: reading.ids } : {}) })
      }
    }
  } catch (cause) {
    if (cause instanceof Broken) throw cause
    throw new Broken('inventory/keys-unreadable', `a Redis database could not be read to its end: ${wordOf(cause)}`, { cause })
  } finally {
    close()
  }
}

const removals: Readonly<Record<string, (key: Buffer, elements: readonly Buffer[]) => (string | Buffer)[][]>> = {
  set: (key, elements) => [['SREM', key, ...elements]],
  zset: (key, elements) => [['ZREM', key, ...elements]],
  hash: (key, elements) => [['HDEL', key, ...elements]],
  list: (key, elements) => elements.map((element) => ['LREM', key, '1', element]),
}

/** Removes keys, or elements of them. */
export interface RedisRemover {
  /** `rows`: numbers of its rows that go; all when left out. *Changed* where it is not what it was when it was read: then it is as it was. Entries of a stream go whatever was added since. */
  remove(key: RedisKey, rows?: ReadonlySet<number>): Promise<Removed>
  /** Leaves behind what was deleted before out of a stream and may stand in its nodes. *Changed* where it has consumer groups, and *deleted* where others write to it all the time: then it may stand there still. */
  renew(key: RedisKey): Promise<Removed>
  close(): void
}

/** Throws `Broken` when the server cannot be opened. */
export async function openRedisRemover(url: string, database: number): Promise<RedisRemover> {
  const { ask, close } = await connect(url, database)
  const told = async (work: () => Promise<Removed>): Promise<Removed> => {
    try {
      return await work()
    } catch (cause) {
      if (cause instanceof Broken) throw cause
      throw new Broken('inventory/keys-unreadable', `keys of a Redis database could not be removed: ${wordOf(cause)}; run the erasure again`, { cause })
    }
  }
  return {
    close,
    remove: (key, rows) => told(async () => {
      if (key.ids !== undefined && key.type === 'stream') return removeEntries(ask, key, rows)
      return await removeElements(ask, key, rows) ? 'gone' : 'changed'
    }),
    renew: ({ key }) => told(async () => (String(await ask('TYPE', key)) === 'stream' && await mayHoldDeleted(ask, key) ? rewriteStream(ask, key, new Set()) : 'gone')),
  }
}

/** A key as it was read, or elements of it; every element of a list or set is compared before. */
async function removeElements(ask: Ask, { key, type, digest }: RedisKey, rows: ReadonlySet<number> | undefined): Promise<boolean> {
  await ask('WATCH', key)
  const elements: Buffer[] = []
  const reading = readingOf(key, type, rows === undefined ? undefined : (element) => elements.push(element))
  const now = String(await ask('TYPE', key)) === type ? readKey(ask, reading) : undefined
  while (now !== undefined && (await now.next()).done !== true) continue
  const commands = now === undefined || reading.hash.digest('base64') !== digest ? undefined : rows === undefined ? [['UNLINK', key]] : removals[type]?.(key, elements.filter((_, at) => rows.has(at)))
  if (commands !== undefined) return execute(ask, commands)
  await ask('UNWATCH')
  return false
}

/** Entries never change: those that were read go by their ids, whatever was added since. A whole stream with consumer groups goes only while it holds just these. */
async function removeEntries(ask: Ask, { key, rows: count, ids }: RedisKey, rows: ReadonlySet<number> | undefined): Promise<Removed> {
  if (String(await ask('TYPE', key)) !== 'stream') return 'changed'
  if (rows === undefined) {
    await ask('WATCH', key)
    const last = (await ask('XREVRANGE', key, '+', '-', 'COUNT', '1') as readonly (readonly [Buffer, Reply])[])[0]?.[0].toString()
    if (Number(await ask('XLEN', key)) === count && last === ids?.at(count - 1) && await execute(ask, [['UNLINK', key]])) return 'gone'
    await ask('UNWATCH')
  }
  return rewriteStream(ask, key, new Set((rows === undefined ? Array.from({ length: count }, (_, row) => row) : [...rows]).map((row) => ids!.at(row))))
}

/** What the physical check asks of a server: one command after another. */
export interface RedisServer {
  ask(...words: readonly string[]): Promise<string>
  /** A field of INFO; undefined when there is none. */
  info(field: string): Promise<string | undefined>
  close(): void
}

/** Throws `Broken` when the server cannot be opened, or refuses a command, by its first word. */
export async function openRedisServer(url: string): Promise<RedisServer> {
  const session = await connect(url, 0)
  const told = (reply: Reply): string => (Array.isArray(reply) ? (reply as readonly Reply[]).map(told).join('\n') : String(reply))
  const ask = async (...words: readonly string[]): Promise<string> => {
    try {
      return told(await session.ask(...words))
    } catch (cause) {
      throw new Broken('inventory/store-unreachable', `a Redis server refused ${words.slice(0, 2).join(' ')}: ${wordOf(cause)}`, { cause })
    }
  }
  return { ask, close: session.close, info: async (field) => new RegExp(`^${field}:(.*?)\\r?$`, 'm').exec(await ask('INFO'))?.[1] }
}
