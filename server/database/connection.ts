import { setTimeout as sleep } from 'node:timers/promises'
import { CompiledQuery, Kysely, PostgresDialect, type RawBuilder, type Transaction as KyselyTransaction } from 'kysely'
import pg from 'pg'
import { Broken } from '#kit/errors'
import { learnWord, speakEnglish } from './refusal.ts'

/** No table is described to the compiler: SQL is written as SQL, and its constraints hold in the database. */
type Tables = unknown

/** A pool of connections. `destroy()` closes it. */
export type Database = Kysely<Tables>

/** One connection inside `begin` … `commit`. */
export type Transaction = KyselyTransaction<Tables>

/** Whatever can run a statement. */
export type Executor = Database | Transaction

export interface ConnectionParameters {
  /** The directory of a Unix socket. */
  readonly socketDirectory: string
  readonly port: number
  readonly user: string
  readonly database: string
}

/** A `postgresql://` URL, or a local socket. */
export type Address = string | ConnectionParameters

/** Enough for a server and its workers, and three on which the past stays folded; an embedded server admits 100. */
const connectionsMax = 13

/** A connection refused while the server starts, stops or is started again is tried until then: a restart takes up to 3 s. */
const connectMillisecondsMax = 10_000
const retryMilliseconds = 50

/** int8 (20) as a number, when a number can hold it. What would be rounded is an error and never a wrong answer. */
function parseInt8(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new Broken('database/unsafe-integer', 'an int8 beyond 2^53 was read as a number: cast it to text in the statement')
  return value
}

const int8 = 20
const parsers: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === int8 && format !== 'binary' ? parseInt8 : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
}

/** What `pg` takes for an address, with our parsers. Every connection Bailee opens to its own database is made from this. */
export function clientOptions(address: Address): pg.ClientConfig {
  const where =
    typeof address === 'string' ? { connectionString: address } : { host: address.socketDirectory, port: address.port, user: address.user, database: address.database }
  return { ...where, types: parsers, application_name: 'bailee' }
}

function isLocal(address: Address): boolean {
  return typeof address !== 'string' || /%2f/i.test(address.split('/', 3)[2] ?? '') || /[?&]host=(\/|%2f)/i.test(address)
}

/** Starting up, shutting down, ended by an administrator: the server will be back. The rest: a socket between two servers. */
const serverPassing = new Set(['57P03', '57P01'])
const socketPassing = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET'])

/** Tries `connect` again while the server is only passing through a restart; a socket that is not there counts when it is ours. */
export async function patiently<Result>(address: Address, connect: () => Promise<Result>): Promise<Result> {
  const deadline = Date.now() + connectMillisecondsMax
  const local = isLocal(address)
  for (;;) {
    try {
      return await connect()
    } catch (error) {
      const code = (error as { code?: string }).code ?? ''
      if (!(serverPassing.has(code) || (local && socketPassing.has(code))) || Date.now() > deadline) throw error
      await sleep(retryMilliseconds)
    }
  }
}

/** How a statement begins that is worth planning once a connection: it runs all the time, and only its values change. */
const preparedMark = '/* prepared */'

const namesOfStatements = new Map<string, string>()

/** Gives marked statements names, by which the server keeps their plans. */
function prepareOnce(client: pg.PoolClient): void {
  const plain = client.query.bind(client) as (...given: unknown[]) => unknown
  client.query = ((text: unknown, values?: unknown, ...rest: unknown[]) => {
    if (typeof text !== 'string' || !text.startsWith(preparedMark) || !Array.isArray(values)) return plain(text, values, ...rest)
    const name = namesOfStatements.get(text) ?? `bailee_${namesOfStatements.size}`
    namesOfStatements.set(text, name)
    return plain({ name, text, values }, ...rest)
  }) as typeof client.query
}

/** The pool waits for it, and gives the connection to nobody before. */
const beginEnglish = (client: pg.ClientBase): Promise<unknown> => client.query(speakEnglish).catch(learnWord)

class PatientPool extends pg.Pool {
  readonly #address: Address

  constructor(address: Address, max: number) {
    super({ ...clientOptions(address), max, onConnect: beginEnglish as (client: pg.ClientBase) => void })
    this.#address = address
    // A connection lost is said by the statement that misses it; unheard, Node would end the process.
    this.on('error', () => undefined)
    this.on('connect', (client) => {
      client.on('error', () => undefined)
      prepareOnce(client)
    })
  }

  // pg's overload with a callback is not used by kysely.
  override connect(): Promise<pg.PoolClient>
  override connect(callback: (error: Error | undefined, client: pg.PoolClient | undefined, done: (release?: unknown) => void) => void): void
  override connect(callback?: (error: Error | undefined, client: pg.PoolClient | undefined, done: (release?: unknown) => void) => void): Promise<pg.PoolClient> | void {
    if (callback !== undefined) return super.connect(callback)
    return patiently(this.#address, () => super.connect())
  }
}

/**
 * Opens a pool on a database; nothing is connected before the first statement. int8 arrives as a number (an unsafe one throws Broken
 * `database/unsafe-integer`), bytea as a Buffer, timestamptz as pg's Date.
 */
export function openDatabase(address: Address, options: { readonly connectionsMax?: number } = {}): Database {
  const pool = new PatientPool(address, options.connectionsMax ?? connectionsMax)
  const database = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) })
  addresses.set(database, address)
  pools.set(database, pool)
  return database
}

const addresses = new WeakMap<Database, Address>()
const pools = new WeakMap<Executor, pg.Pool>()

/** The connections of a database opened here; undefined for any other. */
export const poolOf = (database: Executor): pg.Pool | undefined => pools.get(database)

/** Where a database opened here is, for a connection beside its pool. Throws Broken for one that was opened elsewhere. */
export function addressOf(database: Database): Address {
  const address = addresses.get(database)
  if (address === undefined) throw new Broken('database/unknown', 'this database was not opened by openDatabase')
  return address
}

/** Gives a database the address of the one that it was made of. */
export function sameAddress(of: Database, made: Database): void {
  const address = addresses.get(of)
  if (address !== undefined) addresses.set(made, address)
}

/** Answers in the place of the database, or lets it answer: `plain`. */
type Answering = (executor: Executor, query: RawBuilder<unknown>, plain: () => Promise<unknown[]>) => Promise<unknown[]>

const answering = new WeakMap<Executor, Answering>()

/** From here on, `rows` of this database go through `by`; those of its transactions do not. */
export function remember<Of extends Executor>(database: Of, by: Answering): Of {
  answering.set(database, by)
  return database
}

/** The same transaction for whoever says the same few statements thousands of times: each is planned once. What they are made of must not hang on their values. */
export function planningOnce(executor: Transaction): Transaction {
  return remember(executor.withoutPlugins(), async (asked, query) => {
    const { sql: text, parameters } = query.compile(asked)
    try {
      return (await asked.executeQuery(CompiledQuery.raw(`${preparedMark} ${text}`, [...parameters]))).rows
    } catch (error) {
      throw withoutValues(error)
    }
  })
}

/** Data exceptions (class 22) quote the value in their very message ("invalid input syntax for type integer: …"); what a trigger raises (P0) says what its author liked. */
const quotesValues = /^(22|P0)/

/**
 * Takes out of a database error what may be a person's value: detail, context, and the message of a data exception. What decides is
 * kept: `code`, `constraint`, `table`, `column`.
 */
export function withoutValues(error: unknown): unknown {
  if (!(error instanceof pg.DatabaseError)) return error
  for (const field of ['detail', 'where', 'internalQuery'] as const) delete error[field]
  if (!quotesValues.test(error.code ?? '')) return error
  const said = error.message
  error.message = `a value was not accepted (SQLSTATE ${error.code})`
  error.stack = error.stack?.replaceAll(said, error.message) ?? ''
  return error
}

/**
 * Runs a statement and returns its rows. Throws `pg.DatabaseError` (`code` is the SQLSTATE) without the values it was about.
 */
export async function rows<Row>(executor: Executor, query: RawBuilder<unknown>): Promise<Row[]> {
  const by = answering.get(executor)
  return (by === undefined ? read(executor, query) : by(executor, query, () => read(executor, query))) as Promise<Row[]>
}

async function read(executor: Executor, query: RawBuilder<unknown>): Promise<unknown[]> {
  try {
    return (await query.execute(executor)).rows
  } catch (error) {
    throw withoutValues(error)
  }
}

/** The first row, or undefined when there is none. */
export async function first<Row>(executor: Executor, query: RawBuilder<unknown>): Promise<Row | undefined> {
  return (await rows<Row>(executor, query))[0]
}

/** The only row. Throws Broken `database/not-one-row` when there is none or more than one. */
export async function one<Row>(executor: Executor, query: RawBuilder<unknown>): Promise<Row> {
  const found = await rows<Row>(executor, query)
  const [row] = found
  if (found.length !== 1 || row === undefined) throw new Broken('database/not-one-row', `a statement that answers with one row answered with ${found.length}`)
  return row
}

/**
 * Runs `work` in one transaction (read committed): committed when it returns, rolled back when it throws. Given a transaction, it
 * joins that one.
 */
export async function transaction<Result>(executor: Executor, work: (transaction: Transaction) => Promise<Result>): Promise<Result> {
  if (executor.isTransaction) return work(executor as Transaction)
  try {
    return await executor.transaction().execute(work)
  } catch (error) {
    throw withoutValues(error)
  }
}
