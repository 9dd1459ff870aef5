import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { inject } from 'vitest'
import { Broken } from '#kit/errors'
import { clientOptions, openDatabase, patiently, type Database } from './connection.ts'
import { startServer, type Server, type Settings } from './embedded.ts'
import { ensureCluster } from './embedded/cluster.ts'
import { withLock } from './embedded/lock.ts'
import { findPlace, realDirectory } from './embedded/place.ts'
import { findRuntime } from './embedded/runtime.ts'
import { migrate, readMigrations } from './migrate.ts'

/** A run's data need not survive the machine, and statistics appear when a test asks for them; everything else is as in earnest. */
const testSettings: Settings = { autovacuum: false, fsync: false, synchronous_commit: false, full_page_writes: false, shared_buffers: '32MB', max_connections: 200 }

/** Another worker is making the cluster or the template: seconds, unless the machine is very busy. */
const lockMillisecondsMax = 300_000

/** A migrated database of one's own. */
export interface TestDatabase {
  readonly database: Database
  readonly url: string
  /** Closes its connections and drops it. */
  close(): Promise<void>
}

const randomName = (): string => randomBytes(6).toString('hex')

/** The lock that a run's workers share; a directory of each server beside it. */
const runLock = (): string => join(inject('testDirectory'), 'template.lock')

/** A directory of one's own in that of the run, which the user of a server may enter: what lies in it, and servers that are started there, go with the run at the latest. */
export function directoryForTests(name: string): string {
  const directory = mkdtempSync(join(inject('testDirectory'), `${name}-`))
  chmodSync(directory, 0o755)
  return directory
}

/** Copies the run's one initdb into `directory`, so that a server there costs a copy and a start. Does nothing where one is. */
export async function placeCluster(directory: string): Promise<void> {
  await withLock(runLock(), lockMillisecondsMax, async () => {
    if (existsSync(join(directory, 'cluster'))) return
    const template = findPlace(realDirectory(join(inject('testDirectory'), 'template')))
    await ensureCluster(findRuntime(template.account, template.base), template, ['--no-sync', '--wal-segsize', '1'])
    mkdirSync(directory, { recursive: true })
    const draft = join(directory, 'cluster.copy')
    rmSync(draft, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    const copied = spawnSync('cp', ['-a', template.cluster, draft], { encoding: 'utf8' })
    if (copied.status !== 0) throw new Broken('database/test-copy', copied.stderr)
    renameSync(draft, join(directory, 'cluster'))
  })
}

async function startShared(): Promise<Server> {
  const directory = join(inject('testDirectory'), 'shared')
  await placeCluster(directory)
  return startServer({ directory, settings: testSettings })
}

let shared: Promise<Server> | undefined

/** The one server of this test run, started by the first who asks. Nobody stops it; the run does at its end. */
export function testServer(): Promise<Server> {
  shared ??= startShared()
  return shared
}

/** Runs statements one by one as superuser, outside a transaction. */
async function administer(server: Server, ...statements: string[]): Promise<void> {
  const client = new pg.Client(clientOptions(server.url('postgres')))
  client.on('error', () => undefined)
  await patiently(server.url('postgres'), () => client.connect())
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

async function makeTemplate(server: Server): Promise<string> {
  const schema = createHash('sha256').update(JSON.stringify(readMigrations().map(({ name, sha256 }) => [name, sha256])))
  const name = `template_${schema.digest('hex').slice(0, 12)}`
  const marker = join(inject('testDirectory'), name)
  await withLock(runLock(), lockMillisecondsMax, async () => {
    if (existsSync(marker)) return
    await administer(server, `drop database if exists ${name}`, `create database ${name}`)
    await migrate(server.url(name))
    mkdirSync(marker)
  })
  return name
}

let template: Promise<string> | undefined

/** A fresh database at this code's schema, on the run's shared server. One a test file is usual; close it in `afterAll`. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = await testServer()
  template ??= makeTemplate(server)
  return createDatabase(server, await template)
}

async function createDatabase(server: Server, from: string): Promise<TestDatabase> {
  const name = `test_${randomName()}`
  await administer(server, `create database ${name} template ${from} strategy file_copy`)
  const database = openDatabase(server.url(name))
  const close = async (): Promise<void> => {
    await database.destroy()
    await administer(server, `drop database if exists ${name} with (force)`)
  }
  return { database, url: server.url(name), close }
}

/** A database with nothing in it, on the run's shared server: for what migrates or fills it itself. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return createDatabase(await testServer(), 'template1')
}

/** Lends a fresh database to `work` and drops it after, whatever happens. */
export async function withDatabase<Result>(work: (test: TestDatabase) => Promise<Result>): Promise<Result> {
  const test = await createTestDatabase()
  try {
    return await work(test)
  } finally {
    await test.close()
  }
}

export interface ServerForTestsOptions {
  /** Lines of `pg_hba.conf` before the default ones; the superuser `bailee` always gets in. */
  readonly hba?: readonly string[]
  readonly settings?: Settings
}

/**
 * A server of one's own, for a test that plays a client's database, changes roles or kills it. `stop()` removes its data too.
 * Costs about half a second.
 */
export async function createServerForTests(options: ServerForTestsOptions = {}): Promise<Server> {
  const directory = join(inject('testDirectory'), `own-${randomName()}`)
  await placeCluster(directory)
  const server = await startServer({ directory, ...options, settings: { ...testSettings, ...options.settings } })
  const stop = server.stop.bind(server)
  server.stop = async () => {
    await stop()
    rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
  return server
}
