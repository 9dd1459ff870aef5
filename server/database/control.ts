import { join } from 'node:path'
import pg from 'pg'
import { Broken } from '#kit/errors'
import { clientOptions, openDatabase, patiently, type Database } from './connection.ts'
import { startServer, type Server } from './embedded.ts'
import { migrate } from './migrate.ts'

/** Bailee's own database, at the schema of this code. */
export interface ControlDatabase {
  readonly database: Database
  /** For a process started by this one. */
  readonly url: string
  /** The embedded server behind it; undefined when the database was given. */
  readonly server: Server | undefined
  /** Closes the connections and leaves the embedded server, which stops with its last user. */
  close(): Promise<void>
}

/** Where the control database lives in an embedded server. */
const name = 'bailee'

/** Lost a race against another process that created it. */
const alreadyThere = new Set(['42P04', '23505'])

/** Creates a database when it is missing. `identifier` is ours, never a user's. */
async function ensureDatabase(server: Server, identifier: string): Promise<void> {
  const client = await patiently(server.url('postgres'), async () => {
    const attempt = new pg.Client(clientOptions(server.url('postgres')))
    attempt.on('error', () => undefined)
    await attempt.connect()
    return attempt
  })
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [identifier])
    if (rowCount === 0) await client.query(`create database ${pg.escapeIdentifier(identifier)}`)
  } catch (error) {
    if (!alreadyThere.has((error as { code?: string }).code ?? '')) throw error
  } finally {
    await client.end()
  }
}

/** No such host, nobody there, no such database, not let in: what a URL gets wrong. */
const unreachable = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENOENT', '3D000', '28000', '28P01'])

/** Says which setting to look at, and never the URL: it may hold a password. */
function explain(error: unknown): never {
  const code = (error as { code?: string }).code ?? ''
  if (!unreachable.has(code)) throw error
  throw new Broken('database/unreachable', `the database of BAILEE_DATABASE_URL does not let Bailee in (${code}): check host, port, user, password, and that the database exists`, { cause: error })
}

/**
 * Opens the control database: the one at `url`, or, without, an embedded server in `directory`/postgres, with database `bailee` made
 * when missing. Migrates it. Throws what `startServer` and `migrate` throw, and Broken `database/unreachable`; then nothing is left
 * open.
 */
export async function openControlDatabase(options: { directory: string; url?: string | undefined; log?: (line: string) => void }): Promise<ControlDatabase> {
  const { url: given, log } = options
  if (given !== undefined) {
    await migrate(given).catch(explain)
    const database = openDatabase(given)
    return { database, url: given, server: undefined, close: () => database.destroy() }
  }
  const server = await startServer({ directory: join(options.directory, 'postgres'), ...(log === undefined ? {} : { log }) })
  try {
    await ensureDatabase(server, name)
    const url = server.url(name)
    await migrate(url)
    const database = openDatabase(url)
    const close = async (): Promise<void> => {
      await database.destroy()
      await server.stop()
    }
    return { database, url, server, close }
  } catch (error) {
    await server.stop()
    throw error
  }
}
