import { createHash } from 'node:crypto'
import { accessSync, chmodSync, constants, existsSync, lchownSync, lstatSync, mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { Refused } from '#kit/errors'
import { canEnter, chooseAccount, runsAsRoot, type Account } from './account.ts'
import { machineDirectory } from './runtime.ts'

/** Where one embedded server keeps what it keeps, and whom it runs as. */
export interface Place {
  readonly account: Account
  /** The directory asked for, or one of the machine's when the server's user cannot enter that. */
  readonly base: string
  /** Postgres' own data directory: exists whole or not at all. */
  readonly cluster: string
  readonly logFile: string
}

export interface Locks {
  /** Held by whoever starts, adopts or stops the server. */
  readonly change: string
  /** Shared by every process that uses the server; who can take it alone is the last. */
  readonly users: string
}

const fingerprint = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)

/** Makes `directory` if missing. Returns it without symbolic links, so that two spellings of one place are one place. */
export function realDirectory(directory: string): string {
  mkdirSync(directory, { recursive: true })
  return realpathSync(directory)
}

function refuseUnwritable(path: string): void {
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
  } catch (cause) {
    throw new Refused('database/foreign-directory', `${path} is not writable: run as its owner or as root, or choose another directory`, { cause })
  }
}

/**
 * The lock files, in the directory asked for. They belong to its owner, who may come back without root's rights. Throws Refused
 * `database/foreign-directory` when the directory is for others to write.
 */
export function locksOf(directory: string): Locks {
  const locks = { change: join(directory, 'change.lock'), users: join(directory, 'users.lock') }
  refuseUnwritable(directory)
  const owner = statSync(directory)
  for (const path of Object.values(locks)) {
    if (!existsSync(path)) {
      writeFileSync(path, '', { flag: 'a' })
      if (runsAsRoot()) lchownSync(path, owner.uid, owner.gid)
    }
    refuseUnwritable(path)
  }
  return locks
}

/**
 * A base for a directory the server's user cannot enter. Never one that exists: it may hold the data of a directory that was moved
 * away from this path, and whose `location` still leads there.
 */
function relocate(directory: string): string {
  const clusters = join(machineDirectory, 'clusters')
  mkdirSync(clusters, { recursive: true })
  for (const path of [machineDirectory, clusters]) chmodSync(path, 0o755)
  for (let number = 1; ; number++) {
    const base = join(clusters, fingerprint(directory) + (number === 1 ? '' : `-${number}`))
    try {
      mkdirSync(base)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue
      throw error
    }
    chmodSync(base, 0o755)
    noteDirectory(base, directory)
    writeFileSync(join(directory, 'location'), base + '\n')
    return base
  }
}

/** Beside a cluster that lies elsewhere, for whoever wonders whose it is: the directory may have been moved since. */
function noteDirectory(base: string, directory: string): void {
  const note = join(base, 'directory')
  try {
    if (!existsSync(note) || readFileSync(note, 'utf8').trim() !== directory) writeFileSync(note, directory + '\n')
  } catch {
    // Whoever has no right there starts the server all the same: nothing rests on this.
  }
}

function recordedBase(directory: string): string | undefined {
  try {
    return readFileSync(join(directory, 'location'), 'utf8').trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Settles where the server of `directory` (see `realDirectory`) lives and whom it runs as. Call it holding the lock `change`.
 * Throws Refused `database/lost-cluster` when the recorded place is gone, and what `chooseAccount` throws.
 */
export function findPlace(directory: string): Place {
  const recorded = recordedBase(directory)
  if (recorded !== undefined && !existsSync(recorded)) {
    throw new Refused('database/lost-cluster', `${directory}/location names ${recorded}, which is gone: restore it, or remove the file \`location\` to begin with an empty database`)
  }
  const existing = join(recorded ?? directory, 'cluster')
  if (recorded !== undefined) noteDirectory(recorded, directory)
  const account = chooseAccount(existsSync(existing) ? existing : undefined)
  const base = recorded ?? (canEnter(account, directory) ? directory : relocate(directory))
  return { account, base, cluster: join(base, 'cluster'), logFile: join(base, 'postgres.log') }
}

/** A Unix socket's whole path: 107 bytes on Linux, 103 on macOS (sun_path less its final zero). */
export const socketPathBytesMax = 103

/** The port that never is one: it only names the socket file. */
export const port = 5432

/** Where sockets go, the first that is short and that Postgres' list syntax leaves alone. */
function socketParent(): string {
  const longest = `/bailee-0123456789abcdef/.s.PGSQL.${port}.lock`
  const parent = realpathSync(tmpdir())
  return Buffer.byteLength(parent + longest) <= socketPathBytesMax && /^[\w./-]+$/.test(parent) ? parent : '/tmp'
}

function refuseForeign(path: string, account: Account): void {
  const found = lstatSync(path)
  if (!found.isDirectory() || found.uid !== account.uid || (found.mode & 0o077) !== 0) {
    throw new Refused('database/foreign-socket-directory', `${path} exists and is not a private directory of the server's user: remove it, or set TMPDIR to a directory of your own`)
  }
}

/**
 * The directory of the server's socket: private to its user (0700; root passes too), so that reaching it is the proof of identity.
 * Remembered in `base/socket`, since another process may have another TMPDIR; made again when a cleaner took it.
 * Throws Refused `database/foreign-socket-directory` when the name is somebody else's.
 */
export function socketDirectoryOf(place: Place): string {
  const memo = join(place.base, 'socket')
  const name = `bailee-${fingerprint(place.cluster)}`
  const text = existsSync(memo) ? readFileSync(memo, 'utf8').trim() : ''
  const remembered = basename(text) === name && existsSync(dirname(text)) ? text : undefined
  const path = remembered ?? join(socketParent(), name)
  try {
    mkdirSync(path, { mode: 0o700 })
    if (runsAsRoot()) lchownSync(path, place.account.uid, place.account.gid)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  refuseForeign(path, place.account)
  if (remembered === undefined) writeFileSync(memo, path + '\n')
  return path
}
