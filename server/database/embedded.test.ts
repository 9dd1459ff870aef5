import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startServer, stopServer, type Server } from './embedded.ts'
import { isAlive } from './embedded/postmaster.ts'
import { machineDirectory } from './embedded/runtime.ts'
import { one, openDatabase, rows, sql, type Database } from './index.ts'
import { placeCluster, testServer } from './testing.ts'

/** What hangs, hangs longer; how long things take is measured elsewhere. */
const hangMilliseconds = 25_000

const root = process.getuid?.() === 0
const module = JSON.stringify(join(import.meta.dirname, 'embedded.ts'))

let directory: string
const children: ChildProcess[] = []
const databases: Database[] = []

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'embedded-'))
  chmodSync(directory, 0o755)
})

afterEach(async () => {
  for (const database of databases.splice(0)) await database.destroy()
  for (const child of children.splice(0)) child.kill('SIGKILL')
  if (!existsSync(directory)) return
  await stopServer(directory)
  rmSync(directory, { recursive: true, maxRetries: 5, retryDelay: 100 })
})

function open(server: Server, user = server.user): Database {
  const database = openDatabase(server.url('postgres', user))
  databases.push(database)
  return database
}

/** Another process that starts the server, says its state, and leaves when told. */
const member = `
  const { startServer } = await import(${module})
  const server = await startServer({ directory: process.argv[1] })
  process.stdout.write(JSON.stringify({ adopted: server.adopted, pid: server.pid, uid: process.getuid() }) + '\\n')
  process.stdin.once('data', async () => { await server.stop(); process.exit(0) })
`

function startProcess(script: string, environment: NodeJS.ProcessEnv = {}, command: string[] = [process.execPath], at = directory): ChildProcess {
  const [program = '', ...leading] = [...command, '--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script, at]
  const child = spawn(program, leading, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...environment }, cwd: '/' })
  children.push(child)
  return child
}

const ended = (child: ChildProcess): Promise<number | null> => new Promise((resolve) => child.once('exit', (code) => resolve(code)))

interface Said {
  readonly adopted: boolean
  readonly pid: number
  readonly uid: number
}

async function said(child: ChildProcess): Promise<Said> {
  for await (const chunk of child.stdout ?? []) return JSON.parse(String(chunk)) as Said
  throw new Error('the process ended without a word')
}

async function until(condition: () => boolean | Promise<boolean>, millisecondsMax: number): Promise<number> {
  const began = Date.now()
  while (!(await condition())) {
    if (Date.now() - began > millisecondsMax) throw new Error(`not within ${millisecondsMax} ms`)
    await sleep(5)
  }
  return Date.now() - began
}

test('a new server has checksums, bytes order, UTF-8, full durability, no network, and is not root', async () => {
  const server = await startServer({ directory })
  const database = open(server)
  const shown = ['data_checksums', 'server_encoding', 'fsync', 'full_page_writes', 'listen_addresses', 'TimeZone', 'lc_messages', 'log_min_error_statement']
  const found = await one<{ values: string[] }>(database, sql`select array(select current_setting(n) from unnest(${shown}::text[]) with ordinality as s(n, i) order by i) as values`)
  expect(found.values).toEqual(['on', 'UTF8', 'on', 'on', '', 'UTC', 'C', 'panic'])
  expect(await one(database, sql`select datcollate as collate from pg_database where datname = 'template1'`)).toEqual({ collate: 'C' })
  const socket = statSync(server.socketDirectory)
  expect(socket.mode & 0o777).toBe(0o700)
  expect(socket.uid).not.toBe(0)
  expect(statSync(join(directory, 'cluster')).uid).toBe(socket.uid)
  await server.stop()
  expect(existsSync(server.socketDirectory)).toBe(false)
})

test('the log never holds what a failed statement carried', async () => {
  await placeCluster(directory)
  const server = await startServer({ directory })
  const database = open(server)
  await rows(database, sql`create table person (mail text unique)`)
  for (let time = 0; time < 2; time++) await rows(database, sql`insert into person values ('mara@listener.example')`).catch(() => undefined)
  await rows(database, sql`select ${'mara@listener.example'}::int`).catch(() => undefined)
  await rows(database, sql`do $$ begin raise warning 'mara@listener.example'; end $$`)
  await database.destroy()
  await server.stop()
  const log = readFileSync(join(directory, 'postgres.log'), 'utf8')
  expect(log).toContain('shut down')
  expect(log).not.toContain('mara')
})

test('anybody but the superuser needs a password, and the caller decides by hba lines, also of a server that runs', async () => {
  await placeCluster(directory)
  const first = await startServer({ directory })
  await rows(open(first), sql.raw(`create role guest login password 'of course'`))
  await expect(rows(open(first, 'guest'), sql`select 1`)).rejects.toThrow(/password/)
  const second = await startServer({ directory, hba: ['local all guest trust', 'local all all reject'] })
  expect(second.adopted).toBe(true)
  await until(() => rows(open(second, 'guest'), sql`select 1`).then(() => true, () => false), hangMilliseconds)
  expect(await rows(open(second), sql`select 1 as x`)).toEqual([{ x: 1 }])
  await second.stop()
  await first.stop()
})

test('one who leaves does not take the server from another; the last one stops it', async () => {
  await placeCluster(directory)
  const first = await startServer({ directory })
  const second = await startServer({ directory })
  expect([first.adopted, second.adopted, second.pid]).toEqual([false, true, first.pid])
  await first.stop()
  await first.stop()
  expect(await rows(open(second), sql`select 1 as x`)).toEqual([{ x: 1 }])
  await databases.pop()?.destroy()
  await second.stop()
  expect(isAlive(second.pid)).toBe(false)
})

test('two processes share one server, whoever leaves first', async () => {
  await placeCluster(directory)
  for (const order of ['other first', 'we first']) {
    const other = startProcess(member)
    const their = await said(other)
    const ours = await startServer({ directory })
    expect([their.adopted, ours.adopted, ours.pid]).toEqual([false, true, their.pid])
    const gone = ended(other)
    if (order === 'other first') {
      other.stdin?.write('leave\n')
      expect(await gone).toBe(0)
      expect(await rows(open(ours), sql`select 1 as x`)).toEqual([{ x: 1 }])
      await databases.pop()?.destroy()
      await ours.stop()
    } else {
      await ours.stop()
      expect(isAlive(their.pid)).toBe(true)
      other.stdin?.write('leave\n')
      expect(await gone).toBe(0)
    }
    expect(isAlive(their.pid), order).toBe(false)
  }
})

test('four processes that start at once get one server', async () => {
  await placeCluster(directory)
  const four = Array.from({ length: 4 }, () => startProcess(member))
  const states = await Promise.all(four.map(said))
  expect(new Set(states.map(({ pid }) => pid)).size).toBe(1)
  expect(states.filter(({ adopted }) => !adopted).length).toBe(1)
  const gone = four.map(ended)
  for (const child of four) child.stdin?.write('leave\n')
  expect(await Promise.all(gone)).toEqual([0, 0, 0, 0])
  expect(isAlive(states[0]?.pid ?? 0)).toBe(false)
})

test('a killed postmaster is back within three seconds, with all that was committed, and a pool waits for it', async () => {
  await placeCluster(directory)
  const exits: number[] = []
  const server = await startServer({ directory, onExit: (pid) => exits.push(pid) })
  const database = open(server)
  await rows(database, sql`create table kept (x int)`)
  await rows(database, sql`insert into kept values (1)`)
  const killed = server.pid
  process.kill(killed, 'SIGKILL')
  const took = await until(() => rows(database, sql`select x from kept`).then((found) => found.length === 1 && server.pid !== killed, () => false), hangMilliseconds)
  expect(took).toBeLessThan(hangMilliseconds)
  expect(exits).toEqual([killed])
  await database.destroy()
  await server.stop()
})

test('a killed process leaves its server running, and the next one adopts it', async () => {
  await placeCluster(directory)
  const other = startProcess(member)
  const { pid } = await said(other)
  const gone = ended(other)
  other.kill('SIGKILL')
  await gone
  expect(isAlive(pid)).toBe(true)
  const server = await startServer({ directory })
  expect([server.adopted, server.pid]).toEqual([true, pid])
  await server.stop()
  expect(isAlive(pid)).toBe(false)
})

test('a process with nothing left to do ends, though it never left its server', async () => {
  await placeCluster(directory)
  const child = startProcess(`const { startServer } = await import(${module}); await startServer({ directory: process.argv[1] })`)
  expect(await ended(child)).toBe(0)
})

test('a pid file that names another living process, even another Postgres, is no obstacle and not harmed', async () => {
  await placeCluster(directory)
  const server = await startServer({ directory })
  await server.stop()
  const other = await testServer()
  for (const pid of [process.pid, other.pid]) {
    writeFileSync(join(directory, 'cluster', 'postmaster.pid'), `${pid}\n${join(directory, 'cluster')}\n1\n5432\n/nowhere\n`)
    const again = await startServer({ directory })
    expect(again.adopted).toBe(false)
    await again.stop()
  }
  expect(isAlive(other.pid)).toBe(true)
})

test('an initdb killed in the middle, or before it counts, leaves no half cluster', async () => {
  const atTheEnd = startProcess(member, { BAILEE_FAILPOINT: 'database/initdb-done' })
  await ended(atTheEnd)
  const drafts = (): string[] => readdirSync(directory).filter((name) => name.startsWith('cluster'))
  expect(drafts()).toEqual([expect.stringMatching(/^cluster\.new-/)])
  const inTheMiddle = startProcess(member)
  await until(() => drafts().length === 1 && existsSync(join(directory, drafts()[0] ?? '', 'PG_VERSION')), hangMilliseconds)
  const gone = ended(inTheMiddle)
  inTheMiddle.kill('SIGKILL')
  await gone
  expect(drafts()).not.toContain('cluster')
  const server = await startServer({ directory })
  expect(drafts()).toEqual(['cluster'])
  await server.stop()
})

test('a data directory of another major version is refused as it is', async () => {
  mkdirSync(join(directory, 'cluster'))
  writeFileSync(join(directory, 'cluster', 'PG_VERSION'), '17\n')
  await expect(startServer({ directory })).rejects.toMatchObject({ name: 'Refused', code: 'database/other-major' })
  expect(readdirSync(join(directory, 'cluster'))).toEqual(['PG_VERSION'])
})

test('a server that cannot start says why, soon, and leaves the directory to the next try', async () => {
  await placeCluster(directory)
  const failed = startServer({ directory, settings: { shared_buffers: '1 parsec' } })
  await expect(failed).rejects.toMatchObject({ name: 'Broken', code: 'database/start', message: expect.stringContaining('shared_buffers') })
  await (await startServer({ directory })).stop()
})

test('a socket directory that was cleaned away is made again', async () => {
  await placeCluster(directory)
  const server = await startServer({ directory })
  await server.stop()
  rmSync(server.socketDirectory, { recursive: true, force: true })
  const again = await startServer({ directory })
  expect(again.socketDirectory).toBe(server.socketDirectory)
  expect(Buffer.byteLength(`${again.socketDirectory}/.s.PGSQL.5432.lock`)).toBeLessThanOrEqual(103)
  await again.stop()
})

test('a socket directory that others may enter is refused', async () => {
  await placeCluster(directory)
  const server = await startServer({ directory })
  await server.stop()
  mkdirSync(server.socketDirectory, { mode: 0o777 })
  chmodSync(server.socketDirectory, 0o777)
  await expect(startServer({ directory })).rejects.toMatchObject({ name: 'Refused', code: 'database/foreign-socket-directory' })
  rmSync(server.socketDirectory, { recursive: true })
})

/** Any number that is nobody's here: an ordinary user. The one of `nobody` everywhere, so that it has a name, which initdb asks for. */
const ordinary = 65534
const become = ['--reuid', String(ordinary), '--regid', String(ordinary), '--clear-groups']
const asOrdinary = ['setpriv', ...become, process.execPath]
const setpriv = root && spawnSync('setpriv', [...become, 'test', '-r', import.meta.filename]).status === 0
if (!setpriv) console.warn('NOT TESTED here: root beside an ordinary user (needs root, setpriv, and a checkout that others may read)')

test.runIf(setpriv)('an ordinary user runs it as oneself, without a home if need be, and root joins and leaves it alone', async () => {
  chownSync(directory, ordinary, ordinary)
  const other = startProcess(member, { HOME: '/nonexistent', XDG_CACHE_HOME: '/nonexistent/cache' }, asOrdinary)
  const their = await said(other)
  expect(their.uid).toBe(ordinary)
  expect(existsSync(join(directory, 'postgres'))).toBe(true) // the programs, for want of a cache
  const ours = await startServer({ directory })
  expect([ours.adopted, ours.pid]).toEqual([true, their.pid])
  const gone = ended(other)
  other.stdin?.write('leave\n')
  expect(await gone).toBe(0)
  process.kill(ours.pid, 'SIGKILL')
  const killed = ours.pid
  await until(() => ours.pid !== killed, hangMilliseconds)
  await ours.stop()
  expect(statSync(join(directory, 'cluster')).uid).toBe(ordinary)
  const again = startProcess(member, { HOME: '/nonexistent', XDG_CACHE_HOME: '/nonexistent/cache' }, asOrdinary)
  expect((await said(again)).adopted).toBe(false)
  const left = ended(again)
  again.stdin?.write('leave\n')
  expect(await left).toBe(0)
})

test.runIf(setpriv)("somebody else's directory, cluster and socket directory are refused", async () => {
  await placeCluster(directory)
  const server = await startServer({ directory })
  await server.stop()
  const script = `const { startServer } = await import(${module}); await startServer({ directory: process.argv[1] }).catch((e) => process.stdout.write(JSON.stringify(e.code)))`
  expect(await said(startProcess(script, {}, asOrdinary))).toBe('database/foreign-directory')
  chmodSync(directory, 0o777)
  for (const name of readdirSync(directory)) if (name.endsWith('.lock')) chmodSync(join(directory, name), 0o666)
  expect(await said(startProcess(script, {}, asOrdinary))).toBe('database/foreign-cluster')
  mkdirSync(server.socketDirectory, { mode: 0o700 })
  chownSync(server.socketDirectory, ordinary, ordinary)
  await expect(startServer({ directory })).rejects.toMatchObject({ name: 'Refused', code: 'database/foreign-socket-directory' })
  rmSync(server.socketDirectory, { recursive: true })
})

test.runIf(root)("in a directory the server's user cannot enter, the cluster is the machine's, and a new directory of that name is empty", async () => {
  rmSync(directory, { recursive: true, maxRetries: 5, retryDelay: 100 })
  directory = mkdtempSync('/root/embedded-')
  const server = await startServer({ directory })
  await rows(open(server), sql`create table kept (x int)`)
  await databases.pop()?.destroy()
  await server.stop()
  const base = readFileSync(join(directory, 'location'), 'utf8').trim()
  expect(dirname(base)).toBe(join(machineDirectory, 'clusters'))
  expect(readdirSync(directory).sort()).toEqual(['change.lock', 'location', 'users.lock'])
  const noted = (): string => readFileSync(join(base, 'directory'), 'utf8').trim()
  expect(noted()).toBe(directory)
  const moved = `${directory}-moved`
  renameSync(directory, moved)
  const again = await startServer({ directory: moved })
  expect(await rows(open(again), sql`select from kept`)).toEqual([])
  await databases.pop()?.destroy()
  await again.stop()
  expect(noted()).toBe(moved)

  rmSync(moved, { recursive: true, maxRetries: 5, retryDelay: 100 })
  rmSync(directory, { force: true, recursive: true, maxRetries: 5, retryDelay: 100 })
  const fresh = await startServer({ directory })
  const other = readFileSync(join(directory, 'location'), 'utf8').trim()
  expect(other).not.toBe(base)
  await expect(rows(open(fresh), sql`select from kept`)).rejects.toMatchObject({ code: '42P01' })
  await databases.pop()?.destroy()
  await fresh.stop()
  for (const path of [base, other]) rmSync(path, { recursive: true })
  await expect(startServer({ directory })).rejects.toMatchObject({ name: 'Refused', code: 'database/lost-cluster' })
  rmSync(directory, { recursive: true, maxRetries: 5, retryDelay: 100 })
})
