import { rmdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Broken } from '#kit/errors'
import { ensureCluster, superuser, writeHba } from './embedded/cluster.ts'
import { tryLock, withLock, type FileLock } from './embedded/lock.ts'
import { findPlace, locksOf, port, realDirectory, socketDirectoryOf, type Locks, type Place } from './embedded/place.ts'
import { findPostmaster, isAlive, launch, logTail, probe, reload, type Postmaster, type Settings } from './embedded/postmaster.ts'
import { findRuntime, type Runtime } from './embedded/runtime.ts'

export type { Settings } from './embedded/postmaster.ts'

export interface ServerOptions {
  /** Made when missing. One server per directory, whoever asks. */
  readonly directory: string
  /** Postgres settings over the defaults; they count for the process that starts the server, not for one that joins it. */
  readonly settings?: Settings
  /** Lines of `pg_hba.conf`, before the last (`local all all scram-sha-256`). Given to a running server, they replace its lines. */
  readonly hba?: readonly string[]
  /** One line an event: started, adopted, gone, stopped. */
  readonly log?: (line: string) => void
  /** Called when the server was found gone without having been asked to, before it is started again. */
  readonly onExit?: (pid: number) => void
}

export interface Server {
  readonly socketDirectory: string
  readonly port: number
  /** The superuser's name. */
  readonly user: string
  /** True when the server ran already, whoever had started it. */
  readonly adopted: boolean
  /** The postmaster's process; another one after an unexpected exit. */
  readonly pid: number
  /** `postgresql://user@socket:port/database`, as libpq and pg read it. */
  url(database: string, user?: string): string
  /** Leaves the server; the last process to leave stops it. Safe to call twice. */
  stop(): Promise<void>
}

/** Waiting for another process to start or stop the server: the longest of either, a recovery. */
const changeMillisecondsMax = 11 * 60_000
/** A server that answers "starting up" replays at most `max_wal_size` of log: minutes on a slow disk. */
const recoveryMillisecondsMax = 10 * 60_000
/** Starts are tried again while orphans of a killed postmaster hold its shared memory (up to 2 s) or its files. */
const startMillisecondsMax = 30_000
/** A start that fails for another reason than those orphans is tried this often: the reason is told soon. */
const startsMax = 3
/** A living postmaster whose socket is missing has this long to make it; then its directory was taken away and it must be replaced. */
const socketMillisecondsMax = 5_000
/** A fast shutdown writes a checkpoint; after this the server is stopped as by a power cut, which it survives. */
const stopMillisecondsMax = 60_000
/** How often a living server is looked at: one signal 0 each time, and a restart well within 3 s of a kill. */
const watchMilliseconds = 200
const pollMilliseconds = 20
/** Each look at a server that starts is a line in its log: ever fewer of them while a long recovery runs. */
const pollMillisecondsMax = 500

/** All that is settled about a server before it runs. */
interface Site {
  readonly place: Place
  readonly runtime: Runtime
  readonly locks: Locks
  readonly options: ServerOptions
}

interface Running {
  readonly pid: number
  readonly socketDirectory: string
  readonly adopted: boolean
}

/** An empty socket directory has no use; a full one is not removed, whoever filled it. */
function removeSocketDirectory({ socketDirectory }: Postmaster): void {
  try {
    if (socketDirectory !== '') rmdirSync(socketDirectory)
  } catch {
    // Cleaned by somebody else, or holding what is not ours: either is fine, the next start makes or refuses it.
  }
}

async function stopPostmaster(pid: number): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    try {
      process.kill(pid, signal)
    } catch {
      return // gone already
    }
    const deadline = Date.now() + stopMillisecondsMax
    while (Date.now() < deadline) {
      if (!isAlive(pid)) return
      await sleep(pollMilliseconds)
    }
  }
  throw new Broken('database/will-not-stop', `the embedded Postgres (process ${pid}) does not end`)
}

const pause = (began: number): Promise<void> => sleep(Math.min(pollMillisecondsMax, pollMilliseconds + (Date.now() - began) / 10))

/** Joins a living postmaster, or sees it end. Undefined: there is none (any more), start one. */
async function adopt({ place }: Site): Promise<Running | undefined> {
  const started = Date.now()
  let lastHeard = started
  for (;;) {
    const found = findPostmaster(place.cluster)
    if (found === undefined) return undefined
    const answer = found.socketDirectory === '' ? 'nothing' : await probe(found.socketDirectory, place.cluster)
    if (answer === 'ours') return { ...found, adopted: true }
    if (answer === 'busy') lastHeard = Date.now()
    // Alive and unreachable, or its socket was taken over: whatever we were told there would not be ours.
    if (Date.now() - lastHeard > socketMillisecondsMax) await stopPostmaster(found.pid)
    if (Date.now() - started > recoveryMillisecondsMax) throw new Broken('database/recovery', `the embedded Postgres has been starting for ${recoveryMillisecondsMax / 60_000} min; see ${place.logFile}`)
    await pause(started)
  }
}

/** One try: the server is ready, or it ended (undefined) and may be tried again. */
async function startOnce({ place, runtime, options }: Site): Promise<Running | undefined> {
  const socketDirectory = socketDirectoryOf(place)
  const ended = launch(runtime, place, socketDirectory, options.settings ?? {})
  const started = Date.now()
  while (!ended()) {
    const found = findPostmaster(place.cluster)
    if (found !== undefined && (await probe(socketDirectory, place.cluster)) === 'ours') return { pid: found.pid, socketDirectory, adopted: false }
    if (Date.now() - started > recoveryMillisecondsMax) throw new Broken('database/recovery', `the embedded Postgres has been starting for ${recoveryMillisecondsMax / 60_000} min; see ${place.logFile}`)
    await pause(started)
  }
  return undefined
}

/** How Postgres (in locale C) names what a killed postmaster left behind for a moment. */
const orphans = /pre-existing shared memory block|lock file .* already exists/

/** Call it holding the lock `change`. */
async function ensureRunning(site: Site): Promise<Running> {
  const deadline = Date.now() + startMillisecondsMax
  for (let failures = 1; ; failures++) {
    const running = (await adopt(site)) ?? (await startOnce(site))
    if (running !== undefined) return running
    if (Date.now() > deadline || (failures >= startsMax && !orphans.test(logTail(site.place)))) throw new Broken('database/start', `the embedded Postgres does not start; the end of ${site.place.logFile}:\n${logTail(site.place)}`)
    await sleep(100)
  }
}

/** Looks after the server until it is left: another process or this one starts it again when it is gone. */
class Supervisor implements Server {
  readonly port = port
  readonly user = superuser
  readonly adopted: boolean
  #running: Running
  readonly #site: Site
  readonly #membership: FileLock
  readonly #timer: NodeJS.Timeout
  #restarting: Promise<void> | undefined
  #leaving: Promise<void> | undefined

  constructor(site: Site, running: Running, membership: FileLock) {
    this.#site = site
    this.#running = running
    this.adopted = running.adopted
    this.#membership = membership
    this.#timer = setInterval(() => this.#watch(), watchMilliseconds)
    this.#timer.unref() // a process that has nothing else to do may end
  }

  get pid(): number {
    return this.#running.pid
  }

  get socketDirectory(): string {
    return this.#running.socketDirectory
  }

  url(database: string, user: string = superuser): string {
    return `postgresql://${encodeURIComponent(user)}@${encodeURIComponent(this.socketDirectory)}:${port}/${encodeURIComponent(database)}`
  }

  stop(): Promise<void> {
    this.#leaving ??= this.#leave()
    return this.#leaving
  }

  #log(line: string): void {
    this.#site.options.log?.(line)
  }

  #watch(): void {
    if (this.#restarting !== undefined || this.#leaving !== undefined || isAlive(this.#running.pid)) return
    this.#site.options.onExit?.(this.#running.pid)
    this.#log(`embedded Postgres (process ${this.#running.pid}) is gone`)
    this.#restarting = this.#restart().finally(() => (this.#restarting = undefined))
  }

  async #restart(): Promise<void> {
    try {
      this.#running = await withLock(this.#site.locks.change, changeMillisecondsMax, () => ensureRunning(this.#site))
      this.#log(`embedded Postgres is back (process ${this.#running.pid})`)
    } catch (error) {
      this.#log(`embedded Postgres could not be started again: ${(error as Error).message}`) // the next look tries again
    }
  }

  async #leave(): Promise<void> {
    clearInterval(this.#timer)
    await this.#restarting
    const { locks, place } = this.#site
    await withLock(locks.change, changeMillisecondsMax, async () => {
      this.#membership.release()
      if (await stopIfUnused(locks, place)) this.#log('embedded Postgres stopped')
    })
  }
}

/** Stops what runs, if anything does. Call it holding the lock `change`. */
async function stopWhole(place: Place): Promise<boolean> {
  const found = findPostmaster(place.cluster)
  if (found === undefined) return false
  await stopPostmaster(found.pid)
  removeSocketDirectory(found)
  return true
}

async function stopIfUnused(locks: Locks, place: Place): Promise<boolean> {
  const alone = tryLock(locks.users, 'exclusive')
  if (alone === undefined) return false
  try {
    return await stopWhole(place)
  } finally {
    alone.release()
  }
}

async function start(directory: string, locks: Locks, options: ServerOptions): Promise<Server> {
  const place = findPlace(directory)
  const runtime = findRuntime(place.account, place.base)
  await ensureCluster(runtime, place)
  const site: Site = { place, runtime, locks, options }
  const changed = options.hba !== undefined || findPostmaster(place.cluster) === undefined ? writeHba(place, options.hba ?? []) : false
  const membership = tryLock(locks.users, 'shared')
  if (membership === undefined) throw new Broken('database/users-lock', `${locks.users} is held exclusively, which no Bailee does for long`)
  try {
    const running = await ensureRunning(site)
    if (running.adopted && changed) reload(running.pid)
    options.log?.(`embedded Postgres ${runtime.version} ${running.adopted ? 'adopted' : 'started'} (process ${running.pid})`)
    return new Supervisor(site, running, membership)
  } catch (error) {
    membership.release()
    throw error
  }
}

/**
 * The embedded PostgreSQL of `directory`: made (initdb), started or adopted, then watched and started again when it is gone. Listens
 * on a private Unix socket only. Several processes may use one directory; the last to leave stops the server, and one that is killed
 * leaves it running for the next. Safe to call several times in one process.
 *
 * Throws Refused (`database/foreign-directory`, `/foreign-cluster`, `/other-major`, `/lost-cluster`, `/no-account`, `/foreign-socket-directory`) for what
 * the operator must settle, Broken (`database/start`, `/initdb`, `/no-binaries`, `/no-runtime`, `/lock-wait`) otherwise.
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const directory = realDirectory(options.directory)
  const locks = locksOf(directory)
  return withLock(locks.change, changeMillisecondsMax, () => start(directory, locks, options))
}

/** Stops the server of a directory though others may use it: for the end of a test run. Nothing happens when there is none. */
export async function stopServer(directory: string): Promise<void> {
  const real = realDirectory(directory)
  await withLock(locksOf(real).change, changeMillisecondsMax, () => stopWhole(findPlace(real)))
}
