/** Sessions of a Postgres store in which a name means the server's own and nothing is hidden; a few kept open between looks while somebody searches. */
import { Client, DatabaseError } from 'pg'
import { Broken } from '#kit/errors'
import { postgresReach } from './encrypted.ts'
import { codeOf } from './postgresCopy.ts'
import { lendingSocket } from './postgresSocket.ts'

// Milliseconds to wait for a connection: a store that does not answer by then is reported as not read.
const connectMillisecondsMax = 15_000

// Milliseconds to wait behind somebody who holds a table for himself alone: then it is not read, and nobody queues behind this search for longer.
const lockMillisecondsMax = 30_000

/** Where a name without a schema is looked for: among the server's own alone, then among what this session made. */
export const serversPath = 'pg_catalog, pg_temp'

/**
 * Makes a session mean what it says: a database may be set so that a backslash ends a string, and anybody may make a function or an operator in `public` that fits a
 * call better than the server's own. Returns the path that the database would have had it look along. Throws as the driver does.
 */
export async function useServersOwn(client: Client): Promise<string> {
  const path = (await client.query<{ search_path: string }>('show search_path')).rows[0]?.search_path ?? ''
  await client.query(`set standard_conforming_strings = on; set search_path = ${serversPath}; set constraint_exclusion = off`)
  return path
}

// Milliseconds after which a server notices that whoever asked is gone, and does not go on reading or waiting for nobody. Servers before 14, and on some systems, cannot: there it ends when it has something to tell.
const goneMillisecondsMax = 2_000

async function prepare(client: Client): Promise<void> {
  await useServersOwn(client)
  await client.query(`select set_config('client_connection_check_interval', '${goneMillisecondsMax}', false) from pg_catalog.pg_settings where name = 'client_connection_check_interval'`).catch((cause: unknown) => {
    if (!(cause instanceof DatabaseError)) throw cause
  })
  // row_security off: a policy that would hide rows becomes an error instead of a shorter, cleaner-looking table.
  await client.query(`set row_security = off; set statement_timeout = 0; set lock_timeout = ${lockMillisecondsMax}; set idle_in_transaction_session_timeout = 0;
    set datestyle = 'ISO, YMD'; set intervalstyle = 'iso_8601'; set bytea_output = 'hex'; set extra_float_digits = 1`)
}

/** A session for reading, in which nothing is hidden; whoever asks ends it. Throws `Broken` when the store cannot be opened. */
export async function connect(url: string): Promise<Client> {
  const client = new Client({ ...postgresReach(url), stream: lendingSocket, connectionTimeoutMillis: connectMillisecondsMax, application_name: 'bailee' })
  client.on('error', () => undefined) // a connection that dies while idle; the next query reports it
  try {
    await client.connect()
    await prepare(client)
    return client
  } catch (cause) {
    await client.end().catch(() => undefined)
    throw new Broken('inventory/store-unreachable', `the Postgres store cannot be opened: ${codeOf(cause)}`, { cause })
  }
}

/** A session that somebody had before is kept this long, and so many of one store. */
const keptMilliseconds = 1_000
const keptMax = 4

/** What the driver has and its types do not tell: whether an open connection keeps the process alive. */
interface Counted { ref(): void; unref(): void }
const counted = (client: Client): Counted => client as unknown as Counted

interface Kept { readonly client: Client; readonly timer: NodeJS.Timeout }

let keepers = 0
const kept = new Map<string, Kept[]>()

/**
 * Sessions that are given back while `work` runs are lent again: a search looks at each database several times, and a new session costs the server more than the look.
 * None is open any more when it has ended. Throws what `work` throws.
 */
export async function keepingSessions<Result>(work: () => Promise<Result>): Promise<Result> {
  keepers += 1
  try {
    return await work()
  } finally {
    keepers -= 1
    if (keepers === 0) await Promise.all([...kept.keys()].flatMap((url) => take(url, Number.POSITIVE_INFINITY)).map((client) => client.end().catch(() => undefined)))
  }
}

/** Takes up to so many kept sessions of a store. */
function take(url: string, many: number): Client[] {
  const all = kept.get(url) ?? []
  const taken = all.splice(0, many)
  if (all.length === 0) kept.delete(url)
  for (const { client, timer } of taken) {
    clearTimeout(timer)
    counted(client).ref()
  }
  return taken.map(({ client }) => client)
}

/** A session as `connect` gives, or one that is kept; to be given back, or ended. Throws as `connect` does. */
export async function borrow(url: string): Promise<Client> {
  for (let [client] = take(url, 1); client !== undefined; [client] = take(url, 1)) {
    if (await client.query('select 1').then(() => true, () => false)) return client // a server that ended it, or was started again, says so now
    await client.end().catch(() => undefined)
  }
  return connect(url)
}

/** Ends a borrowed session, or, where somebody keeps sessions, makes it as new for the next. Only for one of which every statement was answered. */
export async function giveBack(url: string, client: Client): Promise<void> {
  if (keepers === 0 || (kept.get(url)?.length ?? 0) >= keptMax || !(await renewed(client)) || keepers === 0) return client.end()
  const all = kept.get(url) ?? []
  kept.set(url, all)
  const one: Kept = { client, timer: setTimeout(() => {
    all.splice(all.indexOf(one), 1)
    if (all.length === 0 && kept.get(url) === all) kept.delete(url)
    void client.end().catch(() => undefined)
  }, keptMilliseconds) }
  one.timer.unref()
  counted(client).unref() // nobody waits for it: it keeps no process alive
  all.push(one)
}

/** Nothing of a session is left for the next: no transaction, no temporary table, no setting. */
async function renewed(client: Client): Promise<boolean> {
  try {
    await client.query('rollback')
    await client.query('discard all')
    await prepare(client)
    return true
  } catch {
    return false
  }
}

/** Lends a session to `work`. Throws as `connect` does, and `Broken` when the server refuses or goes away: a database may be dropped while it is looked at. */
export async function withClient<T>(url: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await borrow(url)
  let whole = false
  try {
    const result = await work(client)
    whole = true
    return result
  } catch (cause) {
    if (cause instanceof DatabaseError || isLost(cause)) throw new Broken('inventory/store-unreadable', `the Postgres store cannot be examined: ${codeOf(cause)}`, { cause })
    throw cause
  } finally {
    await (whole ? giveBack(url, client) : client.end())
  }
}

/** A connection that ended under a query: with the system's code, or as the driver says it, which is a plain `Error`; a fault of ours is another kind. */
const isLost = (cause: unknown): boolean => cause instanceof Error && ('syscall' in cause || cause.constructor === Error)
