/** What deleting leaves behind in a PostgreSQL server, taken away by the server itself: dead rows, statistics, and its log. No page is ever written by us. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DatabaseError, type Client } from 'pg'
import { quoteIdentifier, quoteLiteral, tableAt } from '#inventory'
import { Broken } from '#kit/errors'
import { againMilliseconds, rewrite } from '../../adapter/transact.ts'
import { clearStatistics as clearStatisticsOf } from '../../adapter/statistics.ts'
import type { Cleared, Clearing, PostgresFiles } from '../engine.ts'
import { failpoint } from '#kit/failpoint'
import { createNeedles, needleBytesMin } from '../needles.ts'
import { listIdentities } from '../search.ts'
import type { FileSeen, Hindrance } from '../types.ts'
import { wal } from './postgresKinds.ts'

interface Server { readonly client: Client; readonly store: PostgresFiles; readonly files: () => Promise<FileSeen[]> }

/** Rounds of switching the log beyond one for each of its files: a server that works beside us makes more. */
const roundsMore = 10
/** Milliseconds for the checkpointer to read its new settings. */
const reloadMilliseconds = 300
/** Milliseconds to wait for a lock on the statistics. */
const lockMillisecondsMax = 10_000

/** Clears what the erased rows left; what could not be cleared, and why, is a hindrance. Settings that it changes are put back. */
export async function clearPostgres(server: Server, clearing: Clearing): Promise<Cleared> {
  const done: string[] = []
  const hindrances: Hindrance[] = [...await archiving(server), ...await replicas(server.client)]
  const step = async (what: string, work: () => Promise<Hindrance[]>): Promise<void> => {
    const found = await work()
    hindrances.push(...found)
    if (found.length === 0) done.push(what)
  }
  await step('tables rewritten', () => rewriteTables(server, clearing))
  await step('statistics rewritten', () => clearStatistics(server, clearing))
  await step('write-ahead log replaced', () => replaceLog(server, clearing))
  return { done, hindrances, offered: [] }
}

/** Whoever keeps an older state of the database: a rewrite would carry the dead rows along for them. Waited for, and named; never ended. */
async function holders({ client, store }: Server): Promise<string[]> {
  const deadline = Date.now() + store.waitMilliseconds
  for (;;) {
    const { rows } = await client.query<{ who: string }>(`
      select 'an open snapshot of session ' || pid || ' (' || coalesce(state, 'unknown') || ')' as who from pg_stat_activity where backend_xmin is not null and pid <> pg_backend_pid() and datname = current_database() and backend_type = 'client backend'
      union all select 'a prepared transaction since ' || to_char(prepared at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') from pg_prepared_xacts where database = current_database()
      union all select 'replication slot ' || slot_name || ' (xmin)' from pg_replication_slots where xmin is not null
      union all select 'feedback of a standby (session ' || pid || ')' from pg_stat_replication where backend_xmin is not null`)
    if (rows.length === 0 || Date.now() >= deadline) return rows.map(({ who }) => who)
    await sleep(200)
  }
}

/** Rewrites the tables whose old files are there still. */
async function rewriteTables(server: Server, { places, held = new Set(), before }: Clearing): Promise<Hindrance[]> {
  const old = new Set(before.filter(({ kind }) => ['table', 'TOAST', 'index'].includes(kind)).map(({ identity }) => identity))
  await server.client.query('checkpoint').catch(mayNot)
  const left = new Set((await server.files()).filter(({ identity }) => old.has(identity)).map(({ path }) => path.replace(/[.]\d+$/, '')))
  const hindrances: Hindrance[] = []
  for (const place of left.size === 0 ? held : places) {
    const { schema, name } = tableAt(place)
    const quoted = `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`
    const { rows } = await server.client.query<{ path: string | null }>(`select pg_relation_filepath(relid) as path from pg_partition_tree(to_regclass($1)) union select pg_relation_filepath(to_regclass($1))`, [quoted])
    if (!held.has(place) && !rows.some(({ path }) => path !== null && left.has(path))) continue
    const by = await holders(server)
    if (by.length > 0) { hindrances.push({ place, because: `not rewritten: ${by.join(', ')} keeps its deleted rows; run the erasure again when that has ended` }); continue }
    try {
      const because = await rewrite({ eraseUrl: server.store.url, place })
      if (because !== undefined) hindrances.push({ place, because: `not rewritten: ${because}` })
    } catch (cause) {
      if (!(cause instanceof Broken)) throw new Broken('erasure/store-failed', 'a table could not be rewritten during the physical check; run the erasure again', { cause })
      hindrances.push({ place, because: `not rewritten: ${cause.message}` })
    }
  }
  return hindrances
}

const mayNot = (cause: unknown): undefined => { if (!(cause instanceof DatabaseError)) throw cause; return undefined }
const codeOf = (cause: unknown): string => (cause instanceof DatabaseError ? (cause.code ?? 'none') : 'none')

/** The planner's statistics are rows like others: changed, they leave dead ones. What they say now is asked in SQL, since what is compressed no search of bytes sees. */
async function clearStatistics({ client }: Server, { values, places }: Clearing): Promise<Hindrance[]> {
  const hindrances: Hindrance[] = []
  await client.query(`set lock_timeout = ${lockMillisecondsMax}`)
  if (await said(client, values) > 0) for (const place of places) await forget(client, place)
  for (const table of ['pg_statistic', 'pg_statistic_ext_data']) {
    const fileOf = async (): Promise<string | undefined> => (await client.query<{ file: string }>('select pg_relation_filenode($1::regclass)::text as file', [`pg_catalog.${table}`])).rows[0]?.file
    const was = await fileOf()
    let dead = 0
    const count = (notice: { routine: string | undefined; detail?: string | undefined }): void => { if (notice.routine === 'copy_table_data') dead += Number(/\d+/.exec(notice.detail ?? '')?.[0] ?? 0) }
    client.on('notice', count)
    const vacuum = (): Promise<string | undefined> => client.query(`vacuum (full, verbose) pg_catalog.${table}`).then(() => undefined, (cause: unknown) => { mayNot(cause); return codeOf(cause) })
    let failed = await vacuum()
    // As of a table of the controller's: for a moment that ends by itself, rows are carried along by chance.
    for (const milliseconds of againMilliseconds) {
      if (dead === 0) break
      await sleep(milliseconds)
      dead = 0
      failed = await vacuum()
    }
    client.off('notice', count)
    if (dead > 0) hindrances.push({ place: `pg_catalog.${table}`, because: `${dead} deleted rows of it were carried along, because an older transaction or a replication slot may want to see them` })
    if (failed !== undefined || was === await fileOf()) hindrances.push({ place: `pg_catalog.${table}`, because: `not rewritten (SQLSTATE ${failed ?? 'none'}): the account of maintenance_url must own the database, or be a superuser` })
  }
  if ((await client.query(`select from pg_extension where extname = 'pg_stat_statements'`)).rowCount === 1) {
    const [where] = (await client.query<{ schema: string }>(`select n.nspname as schema from pg_extension e join pg_namespace n on n.oid = e.extnamespace where extname = 'pg_stat_statements'`)).rows
    await client.query(`select from ${quoteIdentifier(where?.schema ?? 'public')}.pg_stat_statements_reset()`).catch(mayNot)
  }
  const left = await said(client, values)
  if (left > 0) hindrances.push({ place: 'pg_stats', because: `the planner's statistics still say ${left} of the erased values: a table that holds them was not analysed anew` })
  return hindrances
}

/** Analysing an empty table leaves its statistics as they were: they are dropped first. */
async function forget(client: Client, place: string): Promise<void> {
  const { schema, name } = tableAt(place)
  const from = `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`
  const [table] = (await client.query<{ oid: number | null }>('select to_regclass($1)::oid::int8::int as oid', [from])).rows
  if (table === undefined || table.oid === null) return
  try {
    await client.query('begin')
    await clearStatisticsOf(client, { oid: table.oid, from })
    await client.query('commit')
    await client.query(`analyze ${from}`)
  } catch (cause) {
    mayNot(cause) // what stays is counted by whoever asks next
    await client.query('rollback')
  }
}

/** How many of the values the planner's statistics say. */
async function said(client: Client, values: readonly Uint8Array[]): Promise<number> {
  const needles = createNeedles(values)
  const found = new Set<number>()
  const { rows } = await client.query<{ said: string }>(`select concat_ws(' ', most_common_vals::text, histogram_bounds::text, most_common_elems::text) as said from pg_stats where schemaname not in ('pg_catalog', 'information_schema')`)
  for (const { said: text } of rows) {
    const bytes = Buffer.from(text)
    if (bytes.length >= needleBytesMin) needles.find(bytes, bytes.length, 0, (needle) => found.add(needle))
  }
  return found.size
}

/** Archived log holds what the log held; where it goes, nobody here can see. */
async function archiving({ client, store }: Server): Promise<Hindrance[]> {
  const [archive] = (await client.query<{ mode: string; failing: boolean; failed: string }>(
    `select current_setting('archive_mode') as mode, failed_count > 0 and last_failed_time > coalesce(last_archived_time, '-infinity') as failing, failed_count::text as failed from pg_stat_archiver`)).rows
  if (archive === undefined || archive.mode === 'off') return []
  if (archive.failing) return [{ place: 'archive', because: `archiving of the log fails (${archive.failed} times): no file of the log goes before it was archived` }]
  return store.archiveExpires === true ? [] : [{ place: 'archive', because: 'the log is archived (archive_mode is on), and when what was archived goes is not declared (`backups:` of the store)' }]
}

async function replicas(client: Client): Promise<Hindrance[]> {
  const { rows } = await client.query<{ pid: number }>('select pid from pg_stat_replication')
  return rows.map(({ pid }) => ({ place: 'replicas', because: `a replica reads this server's log (session ${pid}) and keeps files of its own, which were not searched` }))
}

/** Settings of the server's own file, as they were before: what stood there is put back, what did not is taken out. */
async function restoring({ store }: Server, settings: readonly string[]): Promise<string[]> {
  const file = await readFile(join(store.dataDirectory, 'postgresql.auto.conf'), 'utf8').catch(() => '')
  return [...settings.map((name) => {
    const was = new RegExp(`^${name} = '((?:[^']|'')*)'$`, 'm').exec(file)?.[1]
    return was === undefined ? `alter system reset ${name}` : `alter system set ${name} = ${quoteLiteral(was.replaceAll(`''`, `'`))}`
  }), 'select pg_reload_conf()']
}

/** Moves the log on until none of its files is one that was there before: recycled, a file keeps old records under a new name. */
async function replaceLog(server: Server, { before, undo }: Clearing): Promise<Hindrance[]> {
  const { client } = server
  const old = new Set(before.filter(({ kind }) => kind === wal).map(({ identity }) => identity))
  const left = async (): Promise<number> => (await listIdentities(join(server.store.dataDirectory, 'pg_wal'), () => wal)).filter(({ identity }) => old.has(identity)).length
  const present = old.size === 0 ? 0 : await left()
  if (present === 0) return []
  const stopped = await keepers(client, { standing: true })
  if (stopped.length > 0) return [{ place: wal, because: `${present} files of the log from before are still there: ${stopped.join(', ')}` }]
  const restore = await restoring(server, ['wal_recycle', 'min_wal_size'])
  await undo.note(restore)
  const [segment] = (await client.query<{ bytes: number }>(`select setting::int4 as bytes from pg_settings where name = 'wal_segment_size'`)).rows
  try {
    await client.query('alter system set wal_recycle = off')
    await client.query(`alter system set min_wal_size = '${Math.max(2, Math.ceil((2 * (segment?.bytes ?? 0)) / 2 ** 20))}MB'`)
    await client.query('select pg_reload_conf()')
    await sleep(reloadMilliseconds)
    failpoint('erasure/physical-changed')
    await client.query('set wal_init_zero = off').catch(mayNot) // files that are made on the way need not be filled with zeros before they are written
    let remaining = await left()
    for (let round = old.size + roundsMore; remaining > 0 && round > 0; round -= 1) {
      await moveOn(client, Math.min(remaining, switchesMax))
      await client.query('checkpoint')
      remaining = await left()
    }
    return remaining === 0 ? [] : [{ place: wal, because: `${remaining} of ${old.size} files of the log from before are still there: ${(await keepers(client, { standing: false })).join(', ') || 'others write beside us; run the erasure again'}` }]
  } catch (cause) {
    mayNot(cause)
    return [{ place: wal, because: `not replaced (SQLSTATE ${codeOf(cause)}): the account of maintenance_url must be a superuser, or hold ALTER SYSTEM on wal_recycle and min_wal_size, EXECUTE on pg_switch_wal and pg_reload_conf, and pg_checkpoint` }]
  } finally {
    for (const statement of restore) await client.query(statement).catch(mayNot)
    await undo.clear()
  }
}

/** Files of the log that are gone through between two checkpoints: what stands in them has to be written again after a crash, which is next to nothing. */
const switchesMax = 64

/** Ends so many files of the log. One in which nothing stands is not ended: a message to nobody stands in each. */
async function moveOn(client: Client, files: number): Promise<void> {
  await client.query('select pg_switch_wal()')
  for (let more = 1; more < files; more += 1) {
    const may = await client.query(`select pg_logical_emit_message(false, 'bailee', '')`).then(() => true, (cause: unknown) => { mayNot(cause); return false })
    if (!may) return
    await client.query('select pg_switch_wal()')
  }
}

/** Who keeps the log from going; `standing`: only those who would keep it however long we go on. */
async function keepers(client: Client, { standing }: { readonly standing: boolean }): Promise<string[]> {
  const { rows } = await client.query<{ who: string }>(`
    select 'replication slot ' || slot_name || ' holds it from ' || restart_lsn || case when active then '' else ' and nobody reads it' end as who from pg_replication_slots where restart_lsn is not null and (not $1 or not active)
    union all select 'wal_keep_size is ' || current_setting('wal_keep_size') from pg_settings where name = 'wal_keep_size' and setting <> '0'
    union all select 'archiving fails (' || failed_count || ' times)' from pg_stat_archiver where current_setting('archive_mode') <> 'off' and failed_count > 0 and last_failed_time > coalesce(last_archived_time, '-infinity')`, [standing])
  return rows.map(({ who }) => who)
}
