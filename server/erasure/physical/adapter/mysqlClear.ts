/** What deleting leaves behind in a MariaDB server, taken away by the server itself (`erasure.md`, M0 to M7). No page is ever written by us, and nothing is restarted. */
import { setTimeout as sleep } from 'node:timers/promises'
import { quoteName, tableAt, type MysqlSession } from '#inventory'
import type { Cleared, Clearing, MysqlFiles } from '../engine.ts'
import type { FileSeen, Hindrance, Offer } from '../types.ts'
import { numberOf, passOver } from './mysqlErrors.ts'
import { fill } from './mysqlFill.ts'
import { binary, redo, system, temporary, undo as undoLog, type Names } from './mysqlKinds.ts'

interface Server {
  readonly session: MysqlSession
  readonly store: MysqlFiles
  readonly names: Names
  readonly files: () => Promise<FileSeen[]>
  readonly schema: string
  /** Holds a change that is not committed, so that the undo log keeps what it changed. */
  readonly writer: MysqlSession
}

/** Clears what the erased rows left; what could not be cleared, and why, is a hindrance. Settings that it changes are put back. */
export async function clearMysql(server: Server, clearing: Clearing): Promise<Cleared> {
  const [done, hindrances]: [string[], Hindrance[]] = [[], []]
  const step = async (what: string, work: () => Promise<Hindrance[]>): Promise<void> => {
    const found = await work().catch((cause: unknown): Hindrance[] => { passOver(cause); return [{ place: what, because: `not done (error ${numberOf(cause) ?? 'unknown'}): the account of maintenance_url may be missing a right (docs/guide/erasure.md)` }] })
    hindrances.push(...found)
    if (found.length === 0) done.push(what)
  }
  hindrances.push(...await missing(server), ...await replicas(server))
  await step('old versions of rows taken away', () => purged(server))
  await step('tables made anew', () => rebuild(server, clearing))
  await step('statistics made anew', () => renewStatistics(server, clearing))
  const insideNow = (await numbersOf(server.session)).undoTablespaces === 0
  const movedOut = !insideNow && !clearing.before.some(({ kind }) => kind === undoLog)
  let filled = false
  await step('filler', async () => {
    await server.session.run(`create database if not exists ${quoteName(server.schema)}`)
    await plantOldVersion(server)
    const { done: over, hindrances: not } = await fill({ session: server.session, schema: server.schema, directory: server.store.dataDirectory, systemFile: server.names.system[0] ?? 'ibdata1', pageBytes: server.names.pageBytes, undo: clearing.undo }, { undoInside: movedOut })
    done.push(...over)
    filled = not.length === 0
    return not
  })
  await step('binary log begun anew', () => purgeBinaryLog(server, clearing)) // only now: the server keeps a file of it until what it tells of is in the tables' files
  hindrances.push(...await oldVersions(server, clearing, insideNow))
  // What was found clear stays so when all that may have held old pages since was written over.
  const rewritten = filled ? [redo, ...(movedOut ? [undoLog, system] : []), ...(clearing.clearBefore ?? []).filter((kind) => kind !== undoLog)] : []
  return { done: done.filter((what) => what !== 'filler'), hindrances, offered: await needsRestart(server, hindrances) ? [restart(insideNow)] : [], rewritten: [...new Set(rewritten)] }
}

/** A value whose old version the undo log keeps until it is committed: it must be seen there. */
async function plantOldVersion({ session, writer, schema }: Server): Promise<void> {
  const table = `${quoteName(schema)}.planted_version`
  await session.run(`create table ${table} (n int primary key, value varchar(100) not null) engine=innodb`)
  await session.run(`insert into ${table} select n.d + 10 * m.d, '${schema}' from (select 0 as d union all select 1 union all select 2 union all select 3) n, (select 0 as d union all select 1 union all select 2 union all select 3) m`)
  await writer.run('start transaction')
  await writer.run(`update ${table} set value = 'changed'`)
}

interface Numbers { readonly undoTablespaces: number; readonly logBin: boolean; readonly generalLog: boolean }

async function numbersOf(session: MysqlSession): Promise<Numbers> {
  const [said] = await session.ask<{ tablespaces: string; binlog: string; general: string }>(`select cast(@@global.innodb_undo_tablespaces as char) as tablespaces, cast(@@global.log_bin + 0 as char) as binlog, cast(@@global.general_log and find_in_set('FILE', @@global.log_output) > 0 as char) as general`)
  return { undoTablespaces: Number(said?.tablespaces ?? 0), logBin: said?.binlog === '1', generalLog: said?.general === '1' }
}

/** Files that the server keeps elsewhere are not searched, and must not count as if there were none. */
async function missing({ session, files }: Server): Promise<Hindrance[]> {
  const [there, { undoTablespaces, logBin, generalLog }] = [new Set((await files()).map(({ kind }) => kind)), await numbersOf(session)]
  const wanted = [redo, system, ...(undoTablespaces > 0 ? [undoLog] : []), ...(logBin ? [binary] : []), ...(generalLog ? ['server log'] : [])]
  return wanted.filter((kind) => !there.has(kind)).map((kind) => ({ place: `files: ${kind}`, because: 'none of it lies below the data_directory: the server keeps it elsewhere, where it was not searched' }))
}

async function replicas({ session }: Server): Promise<Hindrance[]> {
  const read = await session.ask<{ id: string | number }>(`select id from information_schema.processlist where command like 'Binlog Dump%'`)
  return read.map(({ id }) => ({ place: 'replicas', because: `a replica reads this server's binary log (thread ${id}) and keeps files of its own, which were not searched` }))
}

/** Old versions of rows go when no transaction may want to see them. Waited for, and named; never ended. */
async function purged({ session, store }: Server): Promise<Hindrance[]> {
  const deadline = Date.now() + Math.max(store.waitMilliseconds, purgeMillisecondsMin)
  for (;;) {
    const [history] = await session.ask<{ Value: string }>(`show global status like 'Innodb_history_list_length'`)
    const open = await session.ask<{ thread: string | number; since: string }>(`select trx_mysql_thread_id as thread, cast(trx_started as char) as since from information_schema.innodb_trx where trx_mysql_thread_id <> connection_id()`)
    const kept = Number(history?.Value ?? 0)
    if (kept === 0) return []
    if (Date.now() >= deadline && open.length === 0) return [{ place: undoLog, because: `the server has not taken away all old versions of rows in time (its history list is ${kept} long), though no open transaction keeps them; run the erasure again when less is written` }]
    if (Date.now() >= deadline) return open.map(({ thread, since }) => ({ place: undoLog, because: `an open transaction (thread ${thread}, since ${since}) keeps old versions of rows; run the erasure again when it has ended` }))
    await sleep(200)
  }
}

/** Milliseconds that the server takes to notice that nobody wants the old versions. */
const purgeMillisecondsMin = 10_000

interface Said { readonly Msg_type: string }

/** Makes the tables anew whose old files are there still. */
async function rebuild({ session, files }: Server, { places, before }: Clearing): Promise<Hindrance[]> {
  const old = new Set(before.filter(({ kind }) => ['table', 'Aria table', 'MyISAM table'].includes(kind)).map(({ identity }) => identity))
  const left = (await files()).some(({ identity }) => old.has(identity))
  const hindrances: Hindrance[] = []
  for (const place of left ? places : []) {
    const { schema, name } = tableAt(place)
    if ((await session.ask('select 1 from information_schema.tables where table_schema = ? and table_name = ?', [schema, name])).length === 0) continue
    const said = await session.ask<Said>(`optimize table ${quoteName(schema)}.${quoteName(name)}`)
    if (said.some(({ Msg_type: type }) => type.toLowerCase() === 'error')) hindrances.push({ place, because: 'not made anew: somebody holds the table, or the account of maintenance_url may not (ALTER, CREATE, INSERT, SELECT)' })
  }
  return hindrances
}

/** Deleted statistics stay in their file as rows do. */
async function renewStatistics({ session }: Server, { places }: Clearing): Promise<Hindrance[]> {
  for (const place of places) {
    const { schema, name } = tableAt(place)
    const kept = await session.ask('select 1 from mysql.column_stats where db_name = ? and table_name = ? limit 1', [schema, name])
    if (kept.length > 0) await session.ask(`analyze table ${quoteName(schema)}.${quoteName(name)} persistent for all`)
  }
  await session.run('alter table mysql.column_stats force')
  await session.run('flush tables mysql.column_stats')
  return []
}

/** Every deleted row stands in the binary log. The server keeps those files that a connected replica has not read. */
async function purgeBinaryLog({ session, files }: Server, { before }: Clearing): Promise<Hindrance[]> {
  if (!(await numbersOf(session)).logBin) return []
  await session.run('flush binary logs')
  const [now] = await session.ask<{ File: string }>('show master status')
  const old = new Set((await files()).filter(({ kind, path }) => kind === binary && !path.endsWith(now?.File ?? '')).map(({ identity }) => identity))
  for (const { kind, identity } of before) if (kind === binary) old.add(identity)
  let left = old.size
  for (const deadline = Date.now() + purgeMillisecondsMin; left > 0 && now !== undefined;) {
    await session.run(`purge binary logs to '${now.File.replaceAll(`'`, `''`)}'`)
    left = (await files()).filter(({ identity }) => old.has(identity)).length
    if (left > 0 && Date.now() > deadline) break
    if (left > 0) await sleep(200)
  }
  return left === 0 ? [] : [{ place: binary, because: `${left} of its files from before are still there: a replica has not read them, or somebody keeps them` }]
}

/** The undo log is never written over as a whole while the server runs: only new files of it, made by a restart that somebody agreed to, hold nothing of before. */
async function oldVersions({ files }: Server, { before, rows }: Clearing, insideNow: boolean): Promise<Hindrance[]> {
  const there = new Set((await files()).map(({ identity }) => identity))
  const left = before.filter(({ kind, identity }) => kind === undoLog && there.has(identity)).length
  if (!insideNow && left === 0) return []
  return [{ place: undoLog, because: `old versions of up to ${rows ?? 0} rows may remain in ${insideNow ? 'the system tablespace, where the undo log is kept,' : `${left} files of the undo log`} until they are written over; no date can be given. A restart that is offered makes it anew` }]
}

/** A temporary tablespace that holds rows is made anew by a restart alone, too. */
const needsRestart = async ({ files }: Server, hindrances: readonly Hindrance[]): Promise<boolean> => hindrances.some(({ place }) => place === undoLog) || (await files()).some(({ kind }) => kind === temporary)

/** How an operator agrees: by doing it. The next run looks whether the files are new. */
function restart(insideNow: boolean): Offer {
  const stop = 'SET GLOBAL innodb_fast_shutdown = 0, shut the server down'
  return insideNow
    ? { step: `a restart (${stop}, start it with innodb_undo_tablespaces = 3, and leave it so): the undo log gets files of its own. Then run the erasure again: it writes over what that left free`, cost: 'the server is down for as long as it takes to stop and start; then the system tablespace is filled once and grows by at least 64 MiB, for good' }
    : { step: `two restarts (${stop}, start it with innodb_undo_tablespaces = 0; the same again, and start it with the number from before): the undo log is made anew. Then run the erasure again: it looks whether the files are new`, cost: 'the server is down twice, for as long as it takes to stop and start' }
}
