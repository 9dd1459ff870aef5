/** A logical database of Redis key by key, as erasing needs it: what each key held when it was read, and a removal only while it still holds that. */
import { createHash } from 'node:crypto'
import { Broken } from '#kit/errors'
import { CsvRows } from './csvRows.ts'
import { unpackedCell, type PackedCells } from './packedCell.ts'
import { connect, entriesOf, keysOf, wordOf, writers, type Ask, type Reply } from './redis.ts'

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
}

/** What was read of a database: the keys in the order of their rows, and how many there are of types that are not known here, by type. */
export interface RedisKeys { readonly keys: RedisKey[]; readonly others: Map<string, number> }

const digestOf = (rows: Uint8Array): string => createHash('sha256').update(rows).digest('base64')

/** The elements of a key, in the order of its rows, and these as CSV. Undefined for a type that is not known. */
async function readKey(ask: Ask, key: Buffer, type: string): Promise<{ elements: Buffer[]; csv: Buffer } | undefined> {
  const write = writers[type]
  if (write === undefined) return undefined
  const csv = new CsvRows()
  const seen: PackedCells = { packed: 0 }
  const chunks: Uint8Array[] = []
  const elements: Buffer[] = []
  for await (const row of write(ask, key)) {
    for (const value of row) csv.field(value instanceof Uint8Array ? unpackedCell(value, seen) : value)
    elements.push(Buffer.from(row[1] ?? ''))
    if (csv.row()) chunks.push(csv.take() ?? new Uint8Array())
  }
  chunks.push(csv.take() ?? new Uint8Array())
  return { elements, csv: Buffer.concat(chunks) }
}

/** Rows of all keys, as a search reads them; `read` gets each key before its rows are given, once, in their order, and counts those of types that are not known: nothing of them is read. Throws `Broken` where the database cannot be read to its end. */
export async function* readRedisKeys(url: string, database: number, { keys, others }: RedisKeys): AsyncGenerator<Uint8Array> {
  const { ask, close } = await connect(url, database)
  const known = new Set<string>() // SCAN may give a key twice
  try {
    for await (const found of keysOf(ask)) {
      for (const { key, type } of found) {
        if (known.has(key.toString('latin1'))) continue
        known.add(key.toString('latin1'))
        const read = await readKey(ask, key, type)
        if (read === undefined) others.set(type, (others.get(type) ?? 0) + 1)
        if (read === undefined || read.elements.length === 0) continue // empty: gone since it was listed
        keys.push({ key, type, prefix: key.subarray(0, key.lastIndexOf(0x3a) + 1).toString('latin1'), divisible: removals[type] !== undefined || (type === 'stream' && !await hasGroups(ask, key)), rows: read.elements.length, bytes: read.csv.length, digest: digestOf(read.csv) })
        yield read.csv
      }
    }
  } catch (cause) {
    if (cause instanceof Broken) throw cause
    throw new Broken('inventory/keys-unreadable', `a Redis database could not be read to its end: ${wordOf(cause)}`, { cause })
  } finally {
    close()
  }
}

/** Whether somebody's place in a stream would be lost when it is written anew. */
const hasGroups = async (ask: Ask, key: Buffer): Promise<boolean> => ((await ask('XINFO', 'GROUPS', key)) as readonly Reply[]).length > 0

/**
 * What writes a stream anew without some of its entries, the others under their own ids: an entry that is deleted stays in its node, and in every file, as long as another of the node does. Undefined where
 * it has consumer groups, which would lose what they know.
 */
async function streamWithout(ask: Ask, key: Buffer, rows: ReadonlySet<number>): Promise<(string | Buffer)[][] | undefined> {
  if (await hasGroups(ask, key)) return undefined
  const told = await ask('XINFO', 'STREAM', key) as readonly Reply[]
  const valueOf = (name: string): Buffer | number | undefined => { const at = told.findIndex((one) => Buffer.isBuffer(one) && one.toString() === name); const value = at < 0 ? undefined : told[at + 1]; return Buffer.isBuffer(value) || typeof value === 'number' ? value : undefined }
  const ends = Number(await ask('PTTL', key))
  const kept: (string | Buffer)[][] = []
  let at = 0
  for await (const { id, fields } of entriesOf(ask, key)) {
    if (!rows.has(at)) kept.push(['XADD', key, id, ...fields])
    at += 1
  }
  const [last, added, deleted] = [valueOf('last-generated-id'), valueOf('entries-added'), valueOf('max-deleted-entry-id')]
  if (!Buffer.isBuffer(last)) return undefined
  const counted = added === undefined || !Buffer.isBuffer(deleted) ? [] : ['ENTRIESADDED', String(added), 'MAXDELETEDID', deleted] // Redis 7 counts them
  return [['UNLINK', key], ...kept, ['XSETID', key, last, ...counted], ...(ends < 0 ? [] : [['PEXPIRE', key, String(ends)]])]
}

const removals: Readonly<Record<string, (key: Buffer, elements: readonly Buffer[]) => (string | Buffer)[][]>> = {
  set: (key, elements) => [['SREM', key, ...elements]],
  zset: (key, elements) => [['ZREM', key, ...elements]],
  hash: (key, elements) => [['HDEL', key, ...elements]],
  list: (key, elements) => elements.map((element) => ['LREM', key, '1', element]),
}

/** Removes keys, or elements of them. */
export interface RedisRemover {
  /** `rows`: numbers of its rows that go; all when left out. False, with nothing changed, where it is not what it was when it was read. */
  remove(key: RedisKey, rows?: ReadonlySet<number>): Promise<boolean>
  close(): void
}

/** Throws `Broken` when the server cannot be opened. */
export async function openRedisRemover(url: string, database: number): Promise<RedisRemover> {
  const { ask, close } = await connect(url, database)
  const commit = async (commands: readonly (readonly (string | Buffer)[])[]): Promise<boolean> => {
    await ask('MULTI')
    for (const command of commands) await ask(...command)
    return (await ask('EXEC')) !== null // null: the key was written to since it was watched
  }
  return {
    close,
    remove: async ({ key, type, digest }, rows) => {
      try {
        await ask('WATCH', key)
        const now = String(await ask('TYPE', key)) === type ? await readKey(ask, key, type) : undefined
        if (now === undefined || digestOf(now.csv) !== digest) {
          await ask('UNWATCH')
          return false
        }
        const commands = rows === undefined ? [['UNLINK', key]] : type === 'stream' ? await streamWithout(ask, key, rows) : removals[type]!(key, now.elements.filter((_, at) => rows.has(at)))
        if (commands !== undefined) return await commit(commands)
        await ask('UNWATCH')
        return false
      } catch (cause) {
        if (cause instanceof Broken) throw cause
        throw new Broken('inventory/keys-unreadable', `keys of a Redis database could not be removed: ${wordOf(cause)}; nothing of this key was changed`, { cause })
      }
    },
  }
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
