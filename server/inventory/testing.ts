/** For tests: real servers of other kinds of stores, of the Debian packages that CI installs, each in a directory of its own and gone at the end. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { onDisk } from '../database/testing.memory.ts'
import { isUnread, type PartOrUnread } from './adapter/part.ts'

export interface OtherServer {
  readonly url: string
  /** Where its socket and data are. */
  readonly directory: string
  stop(): Promise<void>
}

const there = (command: string): boolean => spawnSync(command, ['--version']).status === 0

/** Whether MariaDB (Debian's mariadb-server) and Redis (redis-server) are installed. A test without its server skips, and says so. */
export const withoutMariadb = !there('mariadbd')
export const withoutRedis = !there('redis-server')

/** The number of an account of this machine; undefined where there is none. */
function accountOf(name: string): { user: number; group: number } | undefined {
  const [user, group] = ['-u', '-g'].map((flag) => Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout || 'NaN'))
  return user === undefined || group === undefined || Number.isNaN(user) ? undefined : { user, group }
}

/** These servers refuse to run as root, and as root another account is taken. */
function identity(name: string, directory: string): { uid?: number; gid?: number } {
  const account = process.getuid?.() === 0 ? accountOf(name) : undefined
  if (account === undefined) return {}
  chownSync(directory, account.user, account.group)
  return { uid: account.user, gid: account.group }
}

async function stopped(child: ChildProcess, directory: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL') // nothing of it is kept
    await exited
  }
  rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
}

async function until(ready: () => boolean, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 600 && child.exitCode === null; tries += 1) {
    if (ready()) return
    await wait(50)
  }
  throw new Error('a server for a test did not start')
}

// Its data need not survive the machine.
const careless = ['--innodb-flush-log-at-trx-commit=0', '--innodb-flush-method=nosync', '--innodb-doublewrite=0', '--innodb-log-file-size=8M']

/** `restart`: stops it slowly, as an operator does who wants everything written, and starts it with more settings. */
export interface MariadbServer extends OtherServer { restart(more: readonly string[]): Promise<void> }

/** A MariaDB server on a socket of its own, with nothing in it. `root` gets in without a password. About two seconds. */
export async function startMariadb(settings: readonly string[] = []): Promise<MariadbServer> {
  const directory = mkdtempSync(join(onDisk(), 'bailee-mariadb-'))
  const account = identity('mysql', directory)
  const [data, socket] = [join(directory, 'data'), join(directory, 'socket')]
  const made = spawnSync('mariadb-install-db', ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db', ...careless, ...settings], { ...account, cwd: directory, encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`mariadb-install-db: ${made.stderr}`)
  const start = async (more: readonly string[]): Promise<ChildProcess> => {
    const child = spawn('mariadbd', ['--no-defaults', `--datadir=${data}`, `--socket=${socket}`, '--skip-networking', '--innodb-buffer-pool-size=32M', ...careless, ...settings, ...more], { ...account, cwd: directory, stdio: 'ignore' })
    await until(() => spawnSync('mariadb-admin', ['--no-defaults', `--socket=${socket}`, '--user=root', 'ping']).status === 0, child)
    return child
  }
  let child = await start([])
  const url = `mysql://root@localhost/?socketPath=${encodeURIComponent(socket)}`
  const server = { url, directory, stop: () => stopped(child, directory) }
  const restart = async (more: readonly string[]): Promise<void> => {
    const exited = new Promise((resolve) => child.once('exit', resolve))
    runMariadb(server, 'set global innodb_fast_shutdown = 0; shutdown')
    await exited
    child = await start(more)
  }
  return { ...server, restart }
}

/** Runs statements in a server that `startMariadb` made. */
export function runMariadb(server: OtherServer, statements: string): string {
  const ran = spawnSync('mariadb', ['--no-defaults', `--socket=${join(server.directory, 'socket')}`, '--user=root', '--default-character-set=utf8mb4', '--batch', '--skip-column-names'], { input: statements, encoding: 'utf8', maxBuffer: 64 * 1024 ** 2 })
  if (ran.status !== 0) throw new Error(ran.stderr)
  return ran.stdout
}

/** A Redis server on a socket of its own, with nothing in it; it keeps nothing on disk unless told how. */
export async function startRedis(keeping: readonly string[] = ['--save', '', '--appendonly', 'no']): Promise<OtherServer> {
  const directory = mkdtempSync(join(tmpdir(), 'bailee-redis-'))
  const account = identity('redis', directory)
  const socket = join(directory, 'socket')
  const child = spawn('redis-server', ['--port', '0', '--unixsocket', socket, '--unixsocketperm', '777', ...keeping, '--dir', directory], { ...account, cwd: directory, stdio: 'ignore' })
  await until(() => spawnSync('redis-cli', ['-s', socket, 'ping'], { encoding: 'utf8' }).stdout.trim() === 'PONG', child)
  return { url: `unix://${socket}`, directory, stop: () => stopped(child, directory) }
}

/** For tests of readers: what a part held. */
export interface ReadPart { rows: string[][]; text: string; columns: readonly string[] | undefined; shape: string; partly: readonly string[] }

/** The fields of tab-separated rows, as the scanner tells them apart. */
export function fieldsOf(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^\t\n]*))(\t|\n)/g)) {
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
    if (end === '\n') { rows.push(row); row = [] }
  }
  return rows
}

/** Every part by its name, read whole. Throws when two have one name. */
export async function readParts(parts: AsyncGenerator<PartOrUnread>, encoding: BufferEncoding = 'utf8'): Promise<Map<string, ReadPart>> {
  const found = new Map<string, ReadPart>()
  for await (const part of parts) {
    if (found.has(part.name)) throw new Error('two parts of one name')
    if (isUnread(part)) { found.set(part.name, { rows: [], text: '', columns: undefined, shape: 'unread', partly: [part.because] }); continue }
    const chunks: Uint8Array[] = []
    for await (const chunk of part.bytes) chunks.push(Buffer.from(chunk))
    const text = Buffer.concat(chunks).toString(encoding)
    found.set(part.name, { rows: part.shape === 'rows' ? fieldsOf(text) : [], text, columns: part.columns, shape: part.shape, partly: part.partly() })
  }
  return found
}

/** The folder of Chinook, beside the repository or beside the folder of its worktrees; undefined where it is absent. */
export function chinookFolder(): string | undefined {
  return ['../../../shared/data/chinook', '../../../../shared/data/chinook'].map((path) => join(import.meta.dirname, path)).find((path) => existsSync(path))
}
