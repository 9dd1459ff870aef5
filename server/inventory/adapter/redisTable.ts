/** Keys of Redis that begin alike, as a table: a hash is a row with its fields, and so is a string that holds an object in JSON. */
import { Broken } from '#kit/errors'
import { CsvRows } from './csvRows.ts'
import type { KeysTable } from './keyTables.ts'
import { unpackedCell } from './packedCell.ts'
import { connect, keysOf, wordOf, type Ask, type Reply } from './redis.ts'

/** The column of what stands in a key behind what all of them begin with. */
export const keyColumn = 'key'

/** A table, and where it is. */
export interface RedisTable extends KeysTable { readonly url: string; /** Of the keys that begin so, those that belong to no other table. */ readonly isMeant: (key: Buffer) => boolean }

/** Keys without fields, and of which types they are. */
export interface UnlikeKeys { keys: number; readonly types: Set<string> }

/**
 * These columns of every key of a table, as CSV; counts in `unlike` those that have no fields. A key that is written meanwhile is as it was when it was read. Throws `Broken` where the database cannot be read to its end, no
 * key begins so, or a column stands in none.
 */
export async function* readRedisTable({ url, database, prefix, isMeant }: RedisTable, columns: readonly string[], unlike: UnlikeKeys): AsyncGenerator<Uint8Array> {
  const { ask, close } = await connect(url, database)
  const csv = new CsvRows()
  const [known, there] = [new Set<string>(), new Set<string>()] // SCAN may give a key twice
  const begins = Buffer.byteLength(prefix)
  try {
    for await (const found of keysOf(ask, prefix)) {
      const keys = found.filter(({ key }) => isMeant(key) && !known.has(key.toString('latin1')))
      for (const { key } of keys) known.add(key.toString('latin1'))
      const records = await Promise.all(keys.map(({ key, type }) => recordOf(ask, { key, type }, columns)))
      for (const [at, record] of records.entries()) {
        const { key, type } = keys[at]!
        if (record === undefined) { unlike.keys += 1; unlike.types.add(type); continue }
        for (const name of columns) {
          const value = name === keyColumn ? key.subarray(begins) : record(name)
          if (value !== null) there.add(name)
          csv.field(value)
        }
        if (csv.row()) yield csv.take() ?? new Uint8Array()
      }
    }
    if (known.size === 0) throw new Broken('inventory/table-unreadable', 'no key begins so')
    const missing = columns.filter((name) => !there.has(name))
    if (missing.length > 0) throw new Broken('inventory/table-unreadable', `${missing.length} of its columns stand in none of its keys`)
    yield csv.take() ?? new Uint8Array()
  } catch (cause) {
    if (cause instanceof Broken) throw cause
    throw new Broken('inventory/keys-unreadable', `a Redis database could not be read to its end: ${wordOf(cause)}`, { cause })
  } finally {
    close()
  }
}

/** The value of a field; null where there is none. */
type RecordOf = (name: string) => Uint8Array | string | null

/** The fields of one key; undefined where it has none, or is gone. */
async function recordOf(ask: Ask, { key, type }: { readonly key: Buffer; readonly type: string }, columns: readonly string[]): Promise<RecordOf | undefined> {
  const packed = { packed: 0 }
  if (type === 'hash') {
    const values = await ask('HMGET', key, ...columns) as readonly Reply[]
    return (name) => { const value = values[columns.indexOf(name)]; return Buffer.isBuffer(value) ? unpackedCell(value, packed) : null }
  }
  const value = type === 'string' ? await ask('GET', key) : undefined
  const object = Buffer.isBuffer(value) ? objectIn(Buffer.from(unpackedCell(value, packed)).toString()) : undefined
  return object === undefined ? undefined : (name) => textOf(valueAt(object, name))
}

/** Numbers as they are written: an identifier may have more digits than a number of JavaScript keeps. */
class Written { readonly text: string; constructor(text: string) { this.text = text } }

const written = (_: string, value: unknown, context?: { readonly source?: string }): unknown => (typeof value === 'number' && context?.source !== undefined ? new Written(context.source) : value)

function objectIn(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text, written)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** A field by its name, or by the names on the way to it: `contact.mail`. */
function valueAt(object: object, name: string): unknown {
  const own = (of: unknown, field: string): unknown => (typeof of === 'object' && of !== null && Object.hasOwn(of, field) ? (of as Record<string, unknown>)[field] : undefined)
  return own(object, name) ?? name.split('.').reduce<unknown>(own, object)
}

function textOf(value: unknown): string | null {
  if (value === undefined || value === null) return null
  if (value instanceof Written) return value.text
  return typeof value === 'string' ? value : typeof value === 'boolean' ? String(value) : null
}
