import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { openSnapshot, predicateProblem, tableAt } from '#inventory'
import { Broken } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import type { Begin, Counted, Erased, TableToErase } from './erased.ts'
import { deleteTogether, isReferred, listHanging, makeList } from './hanging.ts'
import { foreignRowsIn, locateRows } from './located.ts'
import { inOneOrder, rowIdsAt } from './rowIds.ts'
import { asTheirs, transact, type Locked } from './transact.ts'

const countOf = async (client: Client, from: string, predicate = 'true'): Promise<number> =>
  Number(((await client.query(`select count(*) as count from ${from} where ${predicate}`)).rows[0] as { count: string }).count)

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
    return remove(locked, { table, counted, all: true })
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
    const { rowCount } = await locked.client.query(`insert into bailee_rows select tableoid, ctid from ${locked.from} where (${predicate})`)
    const counted = { rows: rowCount ?? 0, unowned: await unownedIn(locked, table, predicate), ambiguous: 0 }
    return remove(locked, { table, counted, all: false })
  })
}

/** Rows of a shared table that no declared predicate names: whose they are is not known. A predicate that cannot be used names none. */
async function unownedIn({ client, from }: Locked, { sweepUrl, place, neighbours = [] }: TableToErase, own: string): Promise<number> {
  const predicates = [own]
  for (const { predicate } of neighbours.filter((one) => one.place === place)) if (predicate !== undefined && await predicateProblem(sweepUrl, tableAt(place), predicate) === undefined) predicates.push(predicate)
  return countOf(client, from, `(${predicates.map((one) => `(${one})`).join(' or ')}) is not true`)
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
    const unowned = predicate === undefined ? 0 : await unownedIn(locked, table, predicate)
    const counted = { rows: await countOf(locked.client, 'bailee_rows'), unowned, ambiguous: 0 }
    return remove(locked, { table, counted, all: false })
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
    return remove(locked, { table, counted, all })
  })
}

interface Removing { readonly table: TableToErase; readonly counted: Counted; /** Every row of the table goes; otherwise those that were listed. */ readonly all: boolean }

/** Announces, deletes, and compares: as many rows as were counted, or none at all. Rows of other tables that hang on these go along, where the keys prove them to be the controller's. */
async function remove(locked: Locked, { table, counted: own, all }: Removing): Promise<Erased> {
  const whole = all && !await isReferred(locked)
  if (own.rows > 0 && all && !whole) {
    await locked.client.query(makeList.replace('table', 'table if not exists'))
    await locked.client.query(`truncate pg_temp.bailee_rows`)
    await locked.client.query(`insert into pg_temp.bailee_rows select tableoid, ctid from ${locked.from}`)
  }
  const { along, because } = own.rows === 0 || whole ? { along: [] } : await listHanging(locked, table)
  if (because !== undefined) return { outcome: 'blocked', counted: own, because, again: true }
  const counted = along.length === 0 ? own : { ...own, along }
  await locked.begin(counted)
  failpoint('erasure/after-begin')
  const deleted = counted.rows === 0 ? { own: 0, along: 0 } : await asTheirs(locked, () => (whole ? truncate(locked, counted.rows) : along.length > 0 ? deleteTogether(locked, along) : deleteListed(locked, counted.rows)))
  locked.along.push(...along.map(({ place }) => place))
  const together = counted.rows + along.reduce((sum, { rows }) => sum + rows, 0)
  if (deleted.own === counted.rows && deleted.own + deleted.along === together) return { outcome: 'erased', rows: deleted.own, counted }
  return { outcome: 'blocked', counted, because: `${together} rows were found and ${deleted.own + deleted.along} would have been deleted: a trigger or rule of the table keeps them; nothing was changed` }
}

/** Leaves nothing in the table's files; a table that others refer to does not allow it, and its rows are deleted instead. */
async function truncate(locked: Locked, rows: number): Promise<{ own: number; along: number }> {
  await locked.client.query(`truncate ${locked.from}`)
  locked.rewrite = false
  return { own: rows, along: 0 }
}

/** Rows whose ids the server is given at once, some 40 bytes each in its memory. Of these it goes through the pages in their order; joined to a list, each is looked for by a hash, in several times as long. */
const idsAtOnceMax = 5_000_000

/** Deletes the rows of `bailee_rows`. Exported for its test. */
export async function deleteListed({ client, from, oid }: Pick<Locked, 'client' | 'from' | 'oid'>, rows: number): Promise<{ own: number; along: number }> {
  const [parts] = (await client.query<{ several: boolean }>('select exists (select from pg_temp.bailee_rows where part <> $1) as several', [oid])).rows
  const joined = `delete from ${from} t using pg_temp.bailee_rows r where t.ctid operator(pg_catalog.=) r.id and t.tableoid operator(pg_catalog.=) r.part`
  // An id is one of a table's own rows: of a table whose partitions come along, another one's row may bear it as well.
  if (from.startsWith('only ') && parts?.several === false) {
    let own = 0
    for (const [first, end] of await pageRanges(client, rows)) own += (await client.query(`delete from ${from} t where t.ctid operator(pg_catalog.=) any (array(select id from pg_temp.bailee_rows where id operator(pg_catalog.>=) $1::tid and id operator(pg_catalog.<) $2::tid))`, [`(${first},0)`, `(${end},0)`])).rowCount ?? 0
    return { own, along: 0 }
  }
  await client.query('analyze pg_temp.bailee_rows')
  return { own: (await client.query(joined)).rowCount ?? 0, along: 0 }
}

/** Pages of a table, as ranges of some `idsAtOnceMax` listed rows each. */
async function pageRanges(client: Client, rows: number): Promise<[number, number][]> {
  const pagesMax = 2 ** 32 - 1 // as PostgreSQL counts them; no page has this number
  if (rows <= idsAtOnceMax) return [[0, pagesMax]]
  const { rows: found } = await client.query<{ page: string }>(`select split_part(trim('(' from id::text), ',', 1) as page from (select id, row_number() over (order by id) as number from pg_temp.bailee_rows) listed where number % $1 = 0`, [idsAtOnceMax])
  const starts = [0, ...new Set(found.map(({ page }) => Number(page)).filter((page) => page > 0))]
  return starts.map((first, at) => [first, starts[at + 1] ?? pagesMax])
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
