import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { openSnapshot, predicateProblem, tableAt } from '#inventory'
import { Broken } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import type { Begin, Counted, Erased, TableToErase } from './erased.ts'
import { foreignRowsIn, locateRows } from './located.ts'
import { asTheirs, transact, type Locked } from './transact.ts'

const countOf = async (client: Client, from: string, predicate = 'true'): Promise<number> =>
  Number(((await client.query(`select count(*) as count from ${from} where ${predicate}`)).rows[0] as { count: string }).count)

/** Ids of rows to be deleted, and the table that each stands in: the same ids stand in every partition. */
const makeList = 'create temporary table bailee_rows (part oid, id tid) on commit drop'

/** Rows of another controller in this table, by fingerprints: emptying it would erase them too. */
async function foreignRows(table: TableToErase): Promise<number> {
  const snapshot = await openSnapshot(table.sweepUrl)
  try {
    return (await foreignRowsIn(snapshot.read(tableAt(table.place)), table, {})).foreign
  } finally {
    await snapshot.close()
  }
}

/**
 * Empties a table that is declared to be one controller's alone: counted, announced through `begin`, truncated, in one transaction. Blocked, with
 * nothing changed, when rows of another controller stand in it, or rows of other tables refer to it. Undefined: the table is not there any more.
 */
export async function emptyTable(table: TableToErase, begin: Begin): Promise<Erased | undefined> {
  return transact(table, begin, async (locked): Promise<Erased> => {
    const foreign = await foreignRows(table)
    const counted = { rows: await countOf(locked.client, locked.from), unowned: 0, ambiguous: foreign }
    if (foreign > 0) return { outcome: 'blocked', counted, because: `${foreign} rows of another controller stand in a table that is declared to be this controller's alone` }
    return remove(locked, counted, () => removeAll(locked, counted.rows))
  })
}

/** Drops a table that was derived: counted and announced as `emptyTable` does, blocked where it does, and with its statistics gone with it. */
export async function dropTable(table: TableToErase, begin: Begin): Promise<Erased | undefined> {
  return transact(table, begin, async (locked): Promise<Erased> => {
    const foreign = await foreignRows(table)
    const counted = { rows: await countOf(locked.client, locked.from), unowned: 0, ambiguous: foreign }
    if (foreign > 0) return { outcome: 'blocked', counted, because: `${foreign} rows of another controller stand in a table that was derived for this controller alone` }
    if (await isReferred(locked)) return { outcome: 'blocked', counted, because: 'another table refers to it; erase that first', again: true }
    await locked.begin(counted)
    failpoint('erasure/after-begin')
    await locked.client.query(`drop table ${locked.from.replace(/^only /, '')}`)
    locked.rewrite = false
    return { outcome: 'erased', rows: counted.rows, counted }
  })
}

/** Deletes a shared table's rows by the predicate that was declared and accepted for this controller, then rewrites the table. As `emptyTable` otherwise. */
export async function deleteDeclared(table: TableToErase, predicate: string, begin: Begin): Promise<Erased | undefined> {
  return transact(table, begin, async (locked): Promise<Erased> => {
    const problem = await predicateProblem(table.sweepUrl, tableAt(table.place), predicate)
    if (problem !== undefined) return { outcome: 'blocked', counted: { rows: 0, unowned: 0, ambiguous: 0 }, because: problem }
    await locked.client.query(makeList)
    await locked.client.query(`insert into bailee_rows select tableoid, ctid from ${locked.from} where (${predicate})`)
    const counted = { rows: await countOf(locked.client, 'bailee_rows'), unowned: 0, ambiguous: 0 }
    return remove(locked, counted, () => deleteListed(locked))
  })
}

/** Deletes the controller's rows of a table (all of them, or by the predicate of a shared one) but those that are to be kept, and rewrites it. Blocked where `emptyTable` or `deleteDeclared` is. */
export async function deleteBut(table: TableToErase, { predicate, keep }: { readonly predicate: string | undefined; readonly keep: string }, begin: Begin): Promise<Erased | undefined> {
  return transact(table, begin, async (locked): Promise<Erased> => {
    const foreign = predicate === undefined ? await foreignRows(table) : 0
    const problem = foreign > 0 ? `${foreign} rows of another controller stand in a table that is declared to be this controller's alone` : (await predicateProblem(table.sweepUrl, tableAt(table.place), predicate === undefined ? keep : `(${predicate}) and (${keep})`))
    if (problem !== undefined) return { outcome: 'blocked', counted: { rows: 0, unowned: 0, ambiguous: foreign }, because: problem }
    await locked.client.query(makeList)
    // What cannot be told (null) is not shown to be obliged: it goes.
    await locked.client.query(`insert into bailee_rows select tableoid, ctid from ${locked.from} where (${predicate ?? 'true'}) and (${keep}) is not true`)
    const counted = { rows: await countOf(locked.client, 'bailee_rows'), unowned: 0, ambiguous: 0 }
    return remove(locked, counted, () => deleteListed(locked))
  })
}

/**
 * Deletes, from a table that holds what it should not, the rows that are this controller's by fingerprints, and no others; then rewrites the table.
 * Rows that are just as much another controller's stay and are counted as ambiguous; rows that match nobody as unowned.
 */
export async function deleteFound(table: TableToErase, begin: Begin): Promise<Erased | undefined> {
  return transact(table, begin, async (locked): Promise<Erased> => {
    await locked.client.query(makeList)
    const counted = await locateInto(locked, table)
    const all = counted.rows > 0 && counted.rows === (await countOf(locked.client, locked.from))
    return remove(locked, counted, () => (all ? removeAll(locked, counted.rows) : deleteListed(locked)))
  })
}

/** Announces, deletes, and compares: as many rows as were counted, or none at all. */
async function remove(locked: Locked, counted: Counted, work: () => Promise<number>): Promise<Erased> {
  const holds = counted.rows === 0 ? undefined : await followers(locked)
  if (holds !== undefined) return { outcome: 'blocked', counted, because: holds, again: true }
  await locked.begin(counted)
  failpoint('erasure/after-begin')
  const deleted = counted.rows === 0 ? 0 : await asTheirs(locked, work)
  if (deleted === counted.rows) return { outcome: 'erased', rows: deleted, counted }
  return { outcome: 'blocked', counted, because: `${counted.rows} rows were found and ${deleted} would have been deleted: a trigger or rule of the table keeps them; nothing was changed` }
}

/** TRUNCATE leaves nothing in the table's files; a table that others refer to does not allow it, and its rows are deleted instead. */
async function removeAll(locked: Locked, rows: number): Promise<number> {
  if (await isReferred(locked)) return (await locked.client.query(`delete from ${locked.from}`)).rowCount ?? 0
  await locked.client.query(`truncate ${locked.from}`)
  locked.rewrite = false
  return rows
}

async function deleteListed({ client, from }: Locked): Promise<number> {
  await client.query('analyze pg_temp.bailee_rows')
  return (await client.query(`delete from ${from} t using pg_temp.bailee_rows r where t.ctid operator(pg_catalog.=) r.id and t.tableoid operator(pg_catalog.=) r.part`)).rowCount ?? 0
}

interface Reference { readonly child: string; readonly follows: boolean }

async function referencesTo({ client, oid }: Locked): Promise<Reference[]> {
  const { rows } = await client.query<Reference>(
    `select conrelid::regclass::text as child, confdeltype in ('c', 'n', 'd') as follows from pg_constraint where contype = 'f' and confrelid = $1 and conrelid <> confrelid`, [oid])
  return rows
}

const isReferred = async (locked: Locked): Promise<boolean> => (await referencesTo(locked)).length > 0

/** Rows of other tables that would be deleted or changed along with these: nobody counted them, and they may be somebody else's. */
async function followers(locked: Locked): Promise<string | undefined> {
  for (const { child, follows } of await referencesTo(locked)) {
    if (!follows) continue // without an action the database refuses by itself while rows refer to these
    const { rows } = await locked.client.query<{ any: boolean }>(`select exists(select from ${child}) as any`)
    if (rows[0]?.any === true) return `rows of ${child} refer to it and would be deleted or changed along with it; erase ${child} first`
  }
  return undefined
}

/**
 * Every read of a snapshot must give the rows in the same order, or offsets of one mean other rows in the next: a scan that joins another one
 * half-way, or is shared among workers, would let another controller's rows be deleted.
 */
export function inOneOrder(url: string): string {
  const address = new URL(url)
  const given = address.searchParams.get('options')
  address.searchParams.set('options', `${given === null ? '' : `${given} `}-c synchronize_seqscans=off -c max_parallel_workers_per_gather=0`)
  return address.href
}

/** Reads the table as one moment, finds which rows are the controller's, and lists their ids in `bailee_rows`. The table is locked against writers. */
async function locateInto({ client, oid }: Locked, table: TableToErase): Promise<Counted> {
  const snapshot = await openSnapshot(inOneOrder(table.sweepUrl))
  const read = (): AsyncIterable<Uint8Array> => snapshot.read(tableAt(table.place), { withRowIds: true })
  try {
    const located = await locateRows(read, table, { idFields: 1 })
    if (located === undefined) return { rows: 0, unowned: 0, ambiguous: 0 }
    await pipeline(Readable.from(rowIdsAt(read(), located.matched.starts)), client.query(copyFrom('copy bailee_rows (id) from stdin')))
    await client.query('update bailee_rows set part = $1::oid', [oid])
    const rows = await countOf(client, '(select distinct id from bailee_rows) listed')
    if (rows !== located.matched.ordinals.length) throw new Broken('erasure/count-differs', `${located.matched.ordinals.length} rows were found and ${rows} could be named; nothing was changed`)
    return located.counted
  } finally {
    await snapshot.close()
  }
}

const idBytesMax = 32
const pieceLines = 4_096

/**
 * The first field (`"(page,line)"`) of the rows that start at these offsets (ascending) of a stream, as lines for COPY. The stream must be the very
 * one that the offsets were taken from. Throws `Broken` when no row id stands there: then nothing may be deleted.
 */
export async function* rowIdsAt(bytes: AsyncIterable<Uint8Array>, starts: Float64Array): AsyncGenerator<string> {
  let next = 0
  let offset = 0
  let held = Buffer.alloc(0)
  let lines: string[] = []
  for await (const piece of bytes) {
    const window = held.length === 0 ? Buffer.from(piece.buffer, piece.byteOffset, piece.length) : Buffer.concat([held, piece])
    const begin = offset - held.length
    offset += piece.length
    while (next < starts.length && (starts[next] ?? 0) + idBytesMax <= offset) {
      lines.push(rowIdIn(window, (starts[next] ?? 0) - begin))
      next += 1
      if (lines.length >= pieceLines) { yield `${lines.join('\n')}\n`; lines = [] }
    }
    held = Buffer.from(window.subarray(Math.max(0, window.length - 2 * idBytesMax)))
  }
  for (; next < starts.length; next += 1) lines.push(rowIdIn(held, (starts[next] ?? 0) - (offset - held.length)))
  if (lines.length > 0) yield `${lines.join('\n')}\n`
}

function rowIdIn(window: Buffer, at: number): string {
  const found = at < 0 ? null : /^"(\(\d+,\d+\))"/.exec(window.toString('latin1', at, at + idBytesMax))
  // A row begins the stream or follows the end of another: an id in the middle of one is somebody's text.
  if (found === null || (at > 0 && window[at - 1] !== 0x0a)) throw new Broken('erasure/row-id', 'a row was not where the search had seen it; nothing was changed')
  return found[1] ?? ''
}

