import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { openSnapshot, quoteIdentifier } from '#inventory'
import type { Searcher } from '#trace'
import { Broken } from '#kit/errors'
import { failpoint } from '#kit/failpoint'

export interface TableToErase {
  readonly eraseUrl: string
  readonly sweepUrl: string
  /** `schema.table` */
  readonly place: string
  readonly searcher: Searcher
  /** Ids of the controller's fingerprints. */
  readonly targets: readonly string[]
}

/** What is about to be erased, counted under the lock. */
export interface Counted { readonly rows: number; readonly unowned: number; readonly ambiguous: number }

export type Erased = { readonly outcome: 'erased'; readonly rows: number; readonly counted: Counted } | { readonly outcome: 'blocked'; readonly because: string; readonly counted: Counted }

const lockSecondsMax = 60

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url, application_name: 'bailee erasure' })
  client.on('error', () => undefined)
  try {
    await client.connect()
  } catch (cause) {
    throw new Broken('erasure/store-unreachable', 'a store to be erased could not be opened; is it running, and is its erase_url right?', { cause })
  }
  return client
}

const nameOf = (place: string): { schema: string; name: string; quoted: string } => {
  const [schema = '', name = ''] = [place.slice(0, place.indexOf('.')), place.slice(place.indexOf('.') + 1)]
  return { schema, name, quoted: `${quoteIdentifier(schema)}.${quoteIdentifier(name)}` }
}

/** Runs work in one transaction that holds a lock on the table; commits when it resolves to true. */
async function locked<Result>(url: string, lock: { quoted: string; mode: string }, work: (client: Client) => Promise<{ commit: boolean; result: Result }>): Promise<Result> {
  const client = await connect(url)
  try {
    await client.query('begin')
    await client.query(`set local lock_timeout = '${lockSecondsMax}s'`)
    await client.query(`lock table ${lock.quoted} in ${lock.mode} mode`)
    const { commit, result } = await work(client)
    await client.query(commit ? 'commit' : 'rollback')
    return result
  } finally {
    await client.end()
  }
}

const countOf = async (client: Client, quoted: string, predicate = 'true'): Promise<number> =>
  Number(((await client.query(`select count(*) as count from ${quoted} where ${predicate}`)).rows[0] as { count: string }).count)

/** Rows of another controller in this table, by fingerprints: emptying it would erase them too. */
async function foreignRows(table: TableToErase): Promise<number> {
  const { schema, name } = nameOf(table.place)
  const snapshot = await openSnapshot(table.sweepUrl)
  try {
    const found = await table.searcher.search(snapshot.read({ schema, name }))
    return found.datasets.filter((dataset) => dataset.verdict === 'copy' && !table.targets.includes(dataset.dataset)).reduce((sum, dataset) => sum + dataset.confirmedRows, 0)
  } finally {
    await snapshot.close()
  }
}

/**
 * Empties a table that is declared to be one controller's alone: counted, announced through `begin`, truncated, in one transaction. Blocked, with
 * nothing changed, when rows of another controller stand in it. `begin` must be durable when it resolves.
 */
export async function emptyTable(table: TableToErase, begin: (counted: Counted) => Promise<void>): Promise<Erased> {
  const { quoted } = nameOf(table.place)
  return locked<Erased>(table.eraseUrl, { quoted, mode: 'share row exclusive' }, async (client) => {
    const foreign = await foreignRows(table)
    const counted = { rows: await countOf(client, quoted), unowned: 0, ambiguous: foreign }
    if (foreign > 0) return { commit: false, result: { outcome: 'blocked', counted, because: `${foreign} rows of another controller stand in a table that is declared to be this controller's alone` } }
    await begin(counted)
    failpoint('erasure/after-begin')
    await client.query(`truncate ${quoted}`)
    return { commit: true, result: { outcome: 'erased', rows: counted.rows, counted } }
  })
}

/** Deletes a shared table's rows by the predicate that was declared and accepted for this controller, then rewrites the table. */
export async function deleteDeclared(table: TableToErase, predicate: string, begin: (counted: Counted) => Promise<void>): Promise<Erased> {
  const { quoted } = nameOf(table.place)
  const erased = await locked<Erased>(table.eraseUrl, { quoted, mode: 'share row exclusive' }, async (client) => {
    const counted = { rows: await countOf(client, quoted, `(${predicate})`), unowned: 0, ambiguous: 0 }
    await begin(counted)
    failpoint('erasure/after-begin')
    const deleted = (await client.query(`delete from ${quoted} where (${predicate})`)).rowCount ?? 0
    return { commit: deleted === counted.rows, result: { outcome: 'erased', rows: deleted, counted } }
  })
  await rewrite(table.eraseUrl, quoted)
  return erased
}

/**
 * Deletes, from a table that holds what it should not, the rows that are this controller's by fingerprints, and no others; then rewrites the table.
 * Rows that are just as much another controller's stay and are counted as ambiguous; rows that match nobody as unowned.
 */
export async function deleteFound(table: TableToErase, begin: (counted: Counted) => Promise<void>): Promise<Erased> {
  const { quoted } = nameOf(table.place)
  const erased = await locked<Erased>(table.eraseUrl, { quoted, mode: 'share row exclusive' }, async (client) => {
    await client.query('create temporary table bailee_rows (id tid) on commit drop')
    const located = await locateInto(client, table)
    await begin(located)
    failpoint('erasure/after-begin')
    const deleted = located.rows === 0 ? 0 : located.rows === (await countOf(client, quoted)) ? await truncateAll(client, quoted) : await deleteListed(client, quoted)
    if (deleted !== located.rows) throw new Broken('erasure/count-differs', `${located.rows} rows were found and ${deleted} would have been deleted; nothing was changed`)
    return { commit: true, result: { outcome: 'erased', rows: deleted, counted: located } }
  })
  await rewrite(table.eraseUrl, quoted)
  return erased
}

async function truncateAll(client: Client, quoted: string): Promise<number> {
  const rows = await countOf(client, quoted)
  await client.query(`truncate ${quoted}`)
  return rows
}

async function deleteListed(client: Client, quoted: string): Promise<number> {
  await client.query('analyze bailee_rows')
  return (await client.query(`delete from ${quoted} t using bailee_rows r where t.ctid = r.id`)).rowCount ?? 0
}

/** Reads the table as one moment, finds which rows are the controller's, and lists their ids in `bailee_rows`. The table is locked against writers. */
async function locateInto(client: Client, table: TableToErase): Promise<Counted> {
  const { schema, name } = nameOf(table.place)
  const snapshot = await openSnapshot(table.sweepUrl)
  const read = (): AsyncIterable<Uint8Array> => snapshot.read({ schema, name }, { withRowIds: true })
  try {
    const found = await table.searcher.search(read(), { idFields: 1 })
    const rules = found.datasets.filter((dataset) => dataset.verdict === 'copy').map(({ dataset, barBits, singles }) => ({ dataset, barBits, singles }))
    const counted = { rows: 0, unowned: found.coverage.rows, ambiguous: 0 }
    for (const target of table.targets.filter((one) => rules.some((rule) => rule.dataset === one))) {
      const located = await table.searcher.locate(read(), target, rules, { idFields: 1 })
      await pipeline(Readable.from(rowIdsAt(read(), located.matched.starts)), client.query(copyFrom('copy bailee_rows from stdin')))
      counted.unowned = located.unowned
      counted.ambiguous += located.ambiguous.ordinals.length
    }
    // Two tables of one controller may both know a row.
    if (table.targets.length > 1) await client.query('delete from bailee_rows one using bailee_rows other where one.ctid > other.ctid and one.id = other.id')
    return { ...counted, rows: Number(((await client.query('select count(*) as count from bailee_rows')).rows[0] as { count: string }).count) }
  } finally {
    await snapshot.close()
  }
}

const idBytesMax = 32
const pieceLines = 4_096

/**
 * The first field (`"(page,line)"`) of the rows that start at these offsets of a stream, as lines for COPY. The stream must be the very one that the
 * offsets were taken from. Throws `Broken` when no row id stands there: then nothing may be deleted.
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
  const found = /^"(\(\d+,\d+\))"/.exec(window.toString('latin1', at, at + idBytesMax))
  if (at < 0 || found === null) throw new Broken('erasure/row-id', 'a row was not where the search had seen it; nothing was changed')
  return found[1] ?? ''
}

/** VACUUM FULL: the only thing in PostgreSQL that leaves no dead rows in the table's files (`erasure.md`, P2). */
async function rewrite(url: string, quoted: string): Promise<void> {
  const client = await connect(url)
  try {
    await client.query(`vacuum (full, analyze) ${quoted}`)
  } finally {
    await client.end()
  }
}
