import { createReadStream } from 'node:fs'
import { documentLimits, keyOwners, openRedisRemover, parsePart, readRedisKeys, spool, type RedisKey, type RedisKeys } from '#inventory'
import { Broken } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import type { Begin, Counted, Erased } from './erased.ts'
import { allRows, locateRows, mustBeAll, type LocatedByRules, type Searched } from './located.ts'

export interface KeysToErase extends Searched {
  /** Of an account that may read and remove keys. */
  readonly url: string
  /** `db0`: the keys of a logical database that are in none of its declared tables; `db0!/user:*`: those of one of them. */
  readonly place: string
  /** Declared tables of its store. */
  readonly tables?: readonly string[]
  /** Every key of the table goes: it is declared to be the controller's alone. */
  readonly whole?: boolean
  /** An earlier step at this place may have deleted entries of streams that stand in their nodes still. */
  readonly heldBefore?: boolean
  readonly scratch: string | undefined
}

/** Keys with the numbers of their rows that go; without numbers, all of them. */
interface Going { readonly key: RedisKey; readonly rows?: ReadonlySet<number> }

/**
 * Removes, from a logical database, what is the controller's by fingerprints: keys all of whose rows are, and of sets, sorted sets, lists, large hashes and streams the elements that are. Rows that match
 * nobody count where they stand under a prefix (`user:`) of which something goes: other keys of a cache are of other things. Keys of types that are not known are named, and stay. Throws `Broken` where keys change meanwhile; the
 * next run goes on. Where an earlier step may have left deleted entries in the nodes of streams (`heldBefore`), these are written anew too, whatever is found. Of a whole table all keys go, unless rows of another controller stand among them.
 */
export async function eraseRedisKeys({ url, place, scratch, tables = [], whole = false, heldBefore = false, ...searched }: KeysToErase, begin: Begin): Promise<Erased | undefined> {
  const { path, name } = parsePart(place)
  const database = Number(/^db(\d+)$/.exec(path)?.[1] ?? NaN)
  if (Number.isNaN(database) || (name !== '' && !tables.includes(place))) return { outcome: 'blocked', counted: nothing, because: name === '' ? 'it is no database of keys: take it away there' : 'no such keys are declared any more: search again, and plan anew' }
  const ownerOf = keyOwners(tables, database)
  const found: RedisKeys = { keys: [], others: new Map(), isMeant: (key) => ownerOf(key) === (name === '' ? undefined : place) }
  const { keys } = found
  const rows = await spool(readRedisKeys(url, database, found), { folder: scratch, limits: documentLimits })
  try {
    const read = (): AsyncIterable<Uint8Array> => createReadStream(rows.file, { highWaterMark: 1024 * 1024 })
    if (whole) return await eraseWhole({ url, database, found, read, heldBefore }, searched, begin)
    const located = keys.length === 0 ? undefined : await locateRows(read, searched, { delimiter: ',' })
    const unread = unreadOf(found)
    if (located === undefined) {
      await begin({ ...nothing, ...unread })
      const renewed = heldBefore && keys.length > 0 ? heldOf(await removeAll({ url, database, going: [], renewing: keys })) : {}
      return { outcome: 'erased', rows: 0, counted: { ...nothing, ...unread }, ...renewed }
    }
    mustBeAll(located, keys.reduce((sum, key) => sum + key.rows, 0))
    const going = goingOf(keys, located)
    const counted = { ...await countAround({ going, keys, located, file: rows.file }, searched), ...unread }
    const stuck = going.filter(({ key, rows: some }) => some !== undefined && !key.divisible)
    if (stuck.length > 0) return { outcome: 'blocked', counted, because: `${stuck.length} keys out of which nothing can be taken alone (${[...new Set(stuck.map(({ key }) => (key.type === 'stream' ? 'stream with consumer groups' : key.type)))].join(', ')}) hold others' values as well: take it out there` }
    await begin(counted)
    failpoint('erasure/after-begin')
    return { outcome: 'erased', rows: counted.rows, counted, ...heldOf(await removeAll({ url, database, going, renewing: heldBefore ? keys : [] })) }
  } finally {
    await rows.remove()
  }
}

const heldOf = (streams: number): { readonly held?: string } => (streams === 0 ? {} : { held: `entries of ${streams} streams that are written to all the time, or have consumer groups, were deleted, and may stand in their nodes and files: run the erasure again in a quieter moment, when they have no groups` })

interface WholeTable { readonly url: string; readonly database: number; readonly found: RedisKeys; readonly read: () => AsyncIterable<Uint8Array>; readonly heldBefore: boolean }

/** All keys of a table. */
async function eraseWhole({ url, database, found, read, heldBefore }: WholeTable, searched: Searched, begin: Begin): Promise<Erased> {
  const { keys } = found
  const counted = { ...(keys.length === 0 ? nothing : (await allRows(read(), searched, keys.reduce((sum, key) => sum + key.rows, 0), { delimiter: ',' })).counted), ...unreadOf(found) }
  if (counted.ambiguous > 0) return { outcome: 'blocked', counted, because: `${counted.ambiguous} rows of another controller stand in a table that is declared to be this controller's alone` }
  await begin(counted)
  failpoint('erasure/after-begin')
  return { outcome: 'erased', rows: counted.rows, counted, ...heldOf(await removeAll({ url, database, going: keys.map((key) => ({ key })), renewing: heldBefore ? keys : [] })) }
}

const nothing: Counted = { rows: 0, unowned: 0, ambiguous: 0 }

/** Keys of types that are not known stay as they are; the search after it names them as not read, which keeps the certificate from being complete. */
const unreadOf = ({ others }: RedisKeys): { readonly unread?: string } =>
  (others.size === 0 ? {} : { unread: `keys of types that are not known here: ${[...others].map(([type, count]) => `${count} of ${type}`).join(', ')}` })

interface Removing { readonly url: string; readonly database: number; readonly going: readonly Going[]; /** Keys whose streams may hold what was deleted before. */ readonly renewing: readonly RedisKey[] }

/** Resolves to how many streams may hold what was deleted. */
async function removeAll({ url, database, going, renewing }: Removing): Promise<number> {
  const remover = await openRedisRemover(url, database)
  const gone = new Set(going.map(({ key }) => key))
  let [changed, deleted] = [0, 0]
  try {
    for (const { key, rows } of going) {
      const removed = await remover.remove(key, rows)
      if (removed === 'changed') changed += 1
      if (removed === 'deleted') deleted += 1
    }
    for (const key of renewing.filter((one) => one.type === 'stream' && !gone.has(one))) if (await remover.renew(key) !== 'gone') deleted += 1
  } finally {
    remover.close()
  }
  if (changed > 0) throw new Broken('erasure/keys-changed', `${changed} of ${going.length} keys were written to, or expired, while they were erased; the others are gone. Run the erasure again`)
  return deleted
}

function goingOf(keys: readonly RedisKey[], { matched }: LocatedByRules): Going[] {
  const going: Going[] = []
  let [from, at] = [0, 0]
  for (const key of keys) {
    const rows = new Set<number>()
    for (; at < matched.ordinals.length && matched.ordinals[at]! < from + key.rows; at += 1) rows.add(matched.ordinals[at]! - from)
    from += key.rows
    if (rows.size > 0) going.push(rows.size === key.rows ? { key } : { key, rows })
  }
  return going
}

/** Counts once more among keys under the prefixes of those that go. */
async function countAround({ going, keys, located, file }: { readonly going: readonly Going[]; readonly keys: readonly RedisKey[]; readonly located: LocatedByRules; readonly file: string }, { searcher, wholeRowsOnly: strict = false }: Searched): Promise<Counted> {
  if (going.length === 0 || strict) return { ...located.counted, unowned: 0 } // what is left of another's table is theirs
  const prefixes = new Set(going.map(({ key }) => key.prefix))
  const around = await searcher.locate(rowsOf(file, keys, ({ prefix }) => prefixes.has(prefix)), located.wanted, located.rules, { delimiter: ',' })
  return { rows: located.counted.rows, unowned: around.unowned, ambiguous: located.counted.ambiguous }
}

async function* rowsOf(file: string, keys: readonly RedisKey[], wanted: (key: RedisKey) => boolean): AsyncGenerator<Uint8Array> {
  let [from, to] = [0, 0]
  for (const key of [...keys, undefined]) {
    if (key !== undefined && wanted(key)) { to += key.bytes; continue }
    if (to > from) yield* createReadStream(file, { start: from, end: to - 1 }) as AsyncIterable<Uint8Array>
    from = to += key?.bytes ?? 0
  }
}
