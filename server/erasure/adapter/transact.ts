/** One transaction on a table to be erased, what may stand in its way, and the rewriting that leaves no dead rows behind. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Client, DatabaseError } from 'pg'
import { codeRunsBecause, openSnapshot, postgresReach, printPlace, quoteIdentifier, quoteLiteral, serversPath, tableAt, useServersOwn } from '#inventory'
import { Broken } from '#kit/errors'
import { Undone, type Begin, type Counted, type Erased, type TableToErase } from './erased.ts'
import { locateRows } from './located.ts'
import { inOneOrder } from './rowIds.ts'
import { clearStatistics, clearStatisticsAt } from './statistics.ts'

/** Milliseconds to wait for a lock: longer than ordinary statements, shorter than an operator's patience. */
const lockMillisecondsMax = 60_000

/** Milliseconds before a table is written anew once more, where deleted rows were carried along. */
export const againMilliseconds = [250, 1_500]

/** A table under our lock. */
export interface Locked {
  readonly client: Client
  readonly oid: number
  /** How statements name it: its own rows, never those of tables that inherit from it. */
  readonly from: string
  readonly begin: Begin
  /** Where this database looks for what its triggers name. */
  readonly theirPath: string
  /** Whether its files still hold what was deleted. */
  rewrite: boolean
  /** Tables from which rows were deleted along with its own. */
  readonly along: string[]
}

/** A session for erasing, and the path along which the database would have had it look for names. */
export interface Session { readonly client: Client; readonly theirPath: string }

/**
 * Opens a connection for erasing. All that is asked and counted in it is the server's own; triggers of the table run when rows are deleted, as they must: with the rights of this
 * account, which should have none beyond the tables. Throws `Broken` when the store cannot be opened.
 */
export async function connect(url: string): Promise<Session> {
  const client = new Client({ ...postgresReach(url), application_name: 'bailee erasure' })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const theirPath = await useServersOwn(client)
    await client.query('set row_security = off') // a policy that hides rows becomes an error instead of a smaller count
    return { client, theirPath }
  } catch (cause) {
    await client.end().catch(() => undefined)
    throw new Broken('erasure/store-unreachable', 'a store to be erased could not be opened; is it running, and is its erase_url right?', { cause })
  }
}

/** Changes rows as the database has it done: what triggers name without a schema is found where they look for it, though behind the server's own. `work` must name all it uses. */
export async function asTheirs<Result>({ client, theirPath }: Pick<Locked, 'client' | 'theirPath'>, work: () => Promise<Result>): Promise<Result> {
  await client.query(`select set_config('search_path', ${quoteLiteral(theirPath === '' ? serversPath : `pg_catalog, ${theirPath}`)}, true)`)
  const result = await work()
  await client.query(`set local search_path = ${serversPath}`)
  return result
}

/** A materialised view keeps what it was made from: made anew once that is erased, it holds what is left of it, in a new file. */
async function refresh({ client, theirPath }: Session, { oid, from, table, begin }: { readonly oid: number; readonly from: string; readonly table: TableToErase; readonly begin: Begin }): Promise<Erased> {
  const mine = async (): Promise<Counted> => {
    const snapshot = await openSnapshot(inOneOrder(table.sweepUrl))
    try {
      return (await locateRows(() => snapshot.read(tableAt(table.place), { withRowIds: true }), table, { idFields: 1 }))?.counted ?? none
    } finally {
      await snapshot.close()
    }
  }
  const counted = await mine()
  await begin(counted)
  await table.seen?.()
  await client.query('begin')
  await client.query(`set local lock_timeout = ${table.lockMilliseconds ?? lockMillisecondsMax}`)
  await asTheirs({ client, theirPath }, () => client.query(`refresh materialized view ${from}`))
  await clearStatistics(client, { oid, from })
  await client.query('commit')
  const left = await mine()
  if (left.rows > 0) return { outcome: 'blocked', counted: left, because: 'a materialised view that holds rows of this controller also when it is made anew: erase what it is made from first', again: true }
  return { outcome: 'erased', rows: counted.rows, counted: { ...counted, unowned: left.unowned, ambiguous: left.ambiguous } }
}

class NotRecorded extends Error {}

const none: Counted = { rows: 0, unowned: 0, ambiguous: 0 }

/**
 * Runs `work` in one transaction that keeps writers out of the table, and keys that would come to refer to its rows; commits only what was erased, then rewrites the table. What the database does
 * not allow becomes a blocked step with the reason; undefined: the table is not there any more. Throws `Broken` for what may pass: a lock that
 * somebody holds, a lost connection; then nothing was changed, or the next run goes on from there.
 */
export async function transact(table: TableToErase, begin: Begin, work: (locked: Locked) => Promise<Erased>): Promise<Erased | undefined> {
  const { client, theirPath } = await connect(table.eraseUrl)
  let counted = none
  let there = false
  let open = false
  try {
    const relation = await find(client, table.place)
    if (relation === undefined) return undefined
    if ('because' in relation) return { outcome: 'blocked', counted, because: relation.because }
    const announce: Begin = async (found) => {
      counted = found
      await begin(found).catch((cause: unknown) => { throw new NotRecorded('not recorded', { cause }) })
    }
    there = relation.picture === true
    if (there) return await refresh({ client, theirPath }, { ...relation, table, begin: announce })
    const locked: Locked = { client, ...relation, begin: announce, theirPath, rewrite: true, along: [...table.alongBefore ?? []] }
    await client.query('begin')
    open = true
    await client.query(`set local lock_timeout = ${table.lockMilliseconds ?? lockMillisecondsMax}; set local idle_in_transaction_session_timeout = 0`) // it waits for other looks at the same rows
    await client.query(`lock table ${relation.from} in exclusive mode`)
    there = true
    const erased = await work(locked)
    if (erased.outcome === 'erased') {
      await clearStatistics(client, relation)
      for (const place of locked.along) await clearStatisticsAt(client, place)
    }
    if (erased.outcome === 'erased') await asTheirs(locked, () => client.query('set constraints all immediate')) // triggers that wait for the end of the transaction
    if (erased.outcome === 'erased') await table.seen?.()
    await client.query(erased.outcome === 'erased' ? 'commit' : 'rollback')
    open = false
    if (erased.outcome === 'blocked') return { ...erased, undone: true }
    const held = [locked.rewrite ? await rewrite(table) : undefined]
    for (const place of new Set(locked.along)) held.push(await rewrite({ ...table, place }))
    const because = held.filter((one) => one !== undefined).join('; ')
    return because === '' ? erased : { ...erased, held: because }
  } catch (cause) {
    if (cause instanceof NotRecorded) throw cause.cause
    const undone = open && await isTakenBack(client)
    const blocked = told(cause, { there, undone })
    return blocked === undefined ? undefined : { outcome: 'blocked', counted, ...blocked, ...(undone ? { undone } : {}) }
  } finally {
    await client.end()
  }
}

/** Whether a transaction that failed is certainly taken back: its server is there, and ends it. Where it is not, what it was told last may have been done. */
const isTakenBack = (client: Client): Promise<boolean> => client.query('rollback').then(() => true, () => false)

/** As `explain`; what may pass and changed nothing says so. */
function told(cause: unknown, { there, undone }: { readonly there: boolean; readonly undone: boolean }): ReturnType<typeof explain> {
  try {
    return explain(cause, there)
  } catch (failure) {
    throw undone && failure instanceof Broken ? new Undone(failure.code, failure.message, { cause: failure.cause }) : failure
  }
}

async function find(client: Client, place: string): Promise<{ oid: number; from: string; picture?: true } | { because: string } | undefined> {
  const { schema, name } = tableAt(place)
  const { rows } = await client.query<{ oid: number; kind: string }>(
    'select c.oid::int8::int as oid, c.relkind as kind from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = $2', [schema, name])
  const found = rows[0]
  if (found === undefined) return undefined
  const quoted = `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`
  if (found.kind === 'p') return partitioned(client, { oid: found.oid, from: quoted })
  if (found.kind === 'm') return { oid: found.oid, from: quoted, picture: true }
  return found.kind === 'r' ? { oid: found.oid, from: `only ${quoted}` } : { because: 'not a table whose rows lie in this database' }
}

/** Its rows are in its partitions, and only there: unless one of these only shows what lies in another database. */
async function partitioned(client: Client, relation: { readonly oid: number; readonly from: string }): Promise<{ oid: number; from: string } | { because: string }> {
  const { rows } = await client.query<{ schema: string; name: string }>(
    `select n.nspname as schema, c.relname as name from pg_partition_tree($1::oid::regclass) t join pg_class c on c.oid = t.relid join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'f' order by 1, 2`, [relation.oid])
  return rows.length === 0 ? relation : { because: `its partition ${rows.map((row) => printPlace(row)).join(', ')} is a foreign table, whose rows lie elsewhere: detach it, and erase there` }
}

const blocking: Readonly<Record<string, { because: string; again?: boolean }>> = {
  '42501': { because: 'the account of erase_url may not do that' },
  '23503': { because: 'rows of another table refer to these; erase those first', again: true },
  '0A000': { because: 'the database does not allow it for this table' },
  '42809': { because: 'not a table whose rows can be deleted' },
}

/** The reason of a blocked step, by SQLSTATE: the words of the database may quote values. Undefined: the table is gone. `there`: it was locked before. Throws `Broken` for the rest. */
function explain(cause: unknown, there: boolean): { because: string; again?: boolean } | undefined {
  if (cause instanceof Broken && cause.code === 'inventory/runs-code') return { because: `${codeRunsBecause}; drop that, and run the erasure again` }
  if (!(cause instanceof DatabaseError)) throw cause instanceof Broken ? cause : new Broken('erasure/store-lost', 'the connection to a store was lost while erasing; run the erasure again', { cause })
  const code = cause.code ?? 'none'
  if (code === '42P01' || code === '3F000') return there ? { because: `a trigger of it names something that is not there (SQLSTATE ${code})` } : undefined
  if (code === '55P03' || code === '40P01') throw new Broken('erasure/locked', 'somebody is using a table that is to be erased; run the erasure again when they are done', { cause })
  const known = blocking[code]
  if (known === undefined) throw new Broken('erasure/store-failed', `a store answered with SQLSTATE ${code} while erasing; run the erasure again when that is put right`, { cause })
  return { ...known, because: `${known.because} (SQLSTATE ${code})` }
}

/**
 * VACUUM FULL: the only thing in PostgreSQL that leaves no dead rows in the table's files (`erasure.md`, P2). Resolves to why they stand there still: an older transaction made it
 * carry them along, or somebody holds the table. Throws `Broken` when the account was not allowed to do it, which the database only warns of.
 */
export async function rewrite(table: Pick<TableToErase, 'eraseUrl' | 'place' | 'lockMilliseconds'>): Promise<string | undefined> {
  const { schema, name } = tableAt(table.place)
  const quoted = `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`
  const { client } = await connect(table.eraseUrl)
  let dead = 0
  // Its first number is the count, in any language of the server's messages.
  client.on('notice', (notice) => { if (notice.routine === 'copy_table_data') dead += Number(/\d+/.exec(notice.detail ?? '')?.[0] ?? 0) })
  const fileOf = async (): Promise<string | null | undefined> => (await client.query<{ file: string | null }>('select pg_relation_filenode(to_regclass($1))::text as file', [quoted])).rows[0]?.file
  try {
    await client.query(`set lock_timeout = ${table.lockMilliseconds ?? lockMillisecondsMax}`)
    const before = await fileOf()
    await client.query(`vacuum (full, analyze, verbose) ${quoted}`)
    // A moment that ends by itself, such as the server's own analysing, makes it carry rows along as any older transaction does: on a busy machine that is a matter of chance.
    for (let wait = 0; dead > 0 && wait < againMilliseconds.length; wait += 1) {
      await sleep(againMilliseconds[wait])
      dead = 0
      await client.query(`vacuum (full, analyze, verbose) ${quoted}`)
    }
    if (before !== null && before === (await fileOf())) throw new Broken('erasure/not-rewritten', 'rows were deleted, but the account of erase_url may not rewrite the table (it must own it, or hold MAINTAIN): they still stand in its files')
    return dead === 0 ? undefined : `${dead} deleted rows still stand in a table's files, because an older transaction may want to see them; end it (pg_stat_activity, pg_prepared_xacts, pg_replication_slots) and run the erasure again`
  } catch (cause) {
    if (!(cause instanceof DatabaseError) || cause.code !== '55P03') throw cause
    return 'deleted rows still stand in its files, because somebody holds the table and it could not be rewritten; end that and run the erasure again'
  } finally {
    await client.end()
  }
}
