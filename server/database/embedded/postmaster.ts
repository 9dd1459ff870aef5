import { spawn, spawnSync } from 'node:child_process'
import { closeSync, constants, existsSync, fchownSync, openSync, readFileSync, readlinkSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { runsAsRoot } from './account.ts'
import { serverEnvironment, superuser } from './cluster.ts'
import { port, type Place } from './place.ts'
import type { Runtime } from './runtime.ts'

export type Settings = Readonly<Record<string, string | number | boolean>>

/**
 * Modest memory, full durability, UTC, no network. Nothing a statement carries reaches the log: a failed one would be written there
 * with its values, and the log is kept with fewer precautions than the data.
 */
export const defaultSettings: Settings = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  shared_buffers: '128MB',
  max_wal_size: '1GB',
  max_connections: 100,
  fsync: true,
  full_page_writes: true,
  synchronous_commit: true,
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_parameter_max_length: 0,
  log_parameter_max_length_on_error: 0,
  log_checkpoints: false,
  jit: false,
  cluster_name: 'bailee',
}

/** `postgres.log` is set aside when it has grown to this many bytes at a start; one older one is kept. */
const logBytesMax = 16 * 1024 * 1024

/** The first and fifth line of `postmaster.pid`: the process, and the directory of its socket. */
export interface Postmaster {
  readonly pid: number
  readonly socketDirectory: string
}

/** A killed process whose parent does not collect it still has a number, and nothing else. */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')
  } catch {
    return false
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return !isZombie(pid)
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}

/**
 * Whether that process is the cluster's postmaster: numbers are reused, after a restart of the machine almost surely, and the new
 * owner may be another Postgres. A postmaster works in its data directory; only its own user and root may ask, and we are one.
 */
function isPostmasterOf(pid: number, cluster: string): boolean {
  if (existsSync('/proc/self/cwd')) return readLink(`/proc/${pid}/cwd`) === realpathSync(cluster)
  const answer = spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8', cwd: '/' })
  return answer.error !== undefined || answer.stdout.includes(`-D ${cluster}`) // when nobody can tell, assume it is
}

/**
 * The postmaster of a cluster if its process lives; undefined when there is none. A `postmaster.pid` that names a living process
 * which is no postgres is removed, since Postgres itself would refuse to start; what still holds shared memory it finds anyway.
 */
export function findPostmaster(cluster: string): Postmaster | undefined {
  const path = join(cluster, 'postmaster.pid')
  let lines: string[]
  try {
    lines = readFileSync(path, 'utf8').split('\n')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const pid = Number(lines[0])
  if (!Number.isSafeInteger(pid) || pid <= 0 || !isAlive(pid)) return undefined
  if (!isPostmasterOf(pid, cluster)) {
    if (isAlive(pid)) rmSync(path, { force: true }) // else it ended between the two questions, and Postgres knows how to follow
    return undefined
  }
  return { pid, socketDirectory: lines[4] ?? '' }
}

/**
 * What answered at a socket: our cluster; somebody else's; a server on its way up or down (or full), which is worth waiting for; or
 * nothing at all.
 */
export type Answer = 'ours' | 'another' | 'busy' | 'nothing'

/** SQLSTATEs: starting up or shutting down; ended by an administrator; too many connections. */
const passing = new Set(['57P03', '57P01', '53300'])

/** One connection as superuser, one question, at most two seconds. */
export async function probe(socketDirectory: string, cluster: string): Promise<Answer> {
  const client = new pg.Client({ host: socketDirectory, port, user: superuser, database: 'postgres', connectionTimeoutMillis: 2000, query_timeout: 2000 })
  client.on('error', () => undefined) // the failure of the call below says it
  try {
    await client.connect()
    const { rows } = await client.query<{ directory: string }>(`select current_setting('data_directory') as directory`)
    const directory = rows[0]?.directory ?? ''
    return existsSync(directory) && realpathSync(directory) === realpathSync(cluster) ? 'ours' : 'another'
  } catch (error) {
    const code = (error as { code?: string }).code ?? ''
    return code === 'ENOENT' || code === 'ECONNREFUSED' ? 'nothing' : passing.has(code) || code === '' || code === 'ECONNRESET' ? 'busy' : 'another'
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Asks the running server to read `pg_hba.conf` again. */
export function reload(pid: number): void {
  process.kill(pid, 'SIGHUP')
}

function openLog(place: Place): number {
  if (existsSync(place.logFile) && statSync(place.logFile).size > logBytesMax) renameSync(place.logFile, `${place.logFile}.1`)
  const handle = openSync(place.logFile, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
  if (runsAsRoot()) fchownSync(handle, place.account.uid, place.account.gid)
  return handle
}

/**
 * Starts a postmaster that outlives this process: its own session (a Ctrl-C is not for it), output to the log, nothing inherited.
 * Returns a function that tells whether it has ended; being started is not being ready, see `probe`.
 */
export function launch(runtime: Runtime, place: Place, socketDirectory: string, settings: Settings): () => boolean {
  const log = openLog(place)
  const options = Object.entries({ ...defaultSettings, ...settings }).flatMap(([name, value]) => ['-c', `${name}=${spell(value)}`])
  const child = spawn(join(runtime.binaries, 'postgres'), ['-D', place.cluster, '-k', socketDirectory, '-p', String(port), ...options], {
    cwd: '/',
    env: serverEnvironment,
    detached: true,
    stdio: ['ignore', log, log],
    ...place.account.change,
  })
  closeSync(log)
  let ended = false
  child.once('exit', () => (ended = true))
  child.once('error', () => (ended = true))
  child.unref()
  return () => ended
}

function spell(value: string | number | boolean): string {
  return typeof value === 'boolean' ? (value ? 'on' : 'off') : String(value)
}

/** The end of the server's log, for the message of a start that failed. */
export function logTail(place: Place): string {
  if (!existsSync(place.logFile)) return ''
  return readFileSync(place.logFile, 'utf8').trimEnd().split('\n').slice(-5).join('\n')
}
