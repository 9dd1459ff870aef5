/** Administrative statements at a client database: the only place of the gateway that speaks SQL of its own. */
import pg from 'pg'
import { Broken } from '#kit/errors'
import type { Address } from '../address.ts'

/** Administrative connections to one client database: sessions open and close faster than they are used. */
const connectionsMax = 4

/** Seconds an administrative statement may wait for a lock: a table that is being rewritten is not worth more. */
const lockSecondsMax = 5

/** Seconds an administrative statement may take. */
const statementSecondsMax = 20

export type Row = Readonly<Record<string, unknown>>

/** SQLSTATE of an error of the database; undefined for any other. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined
}

export class Administration {
  private readonly pool: pg.Pool

  constructor(address: Address) {
    this.pool = new pg.Pool({
      host: address.host, port: address.port, user: address.user, database: address.database, max: connectionsMax,
      ...(address.password === undefined ? {} : { password: address.password }),
      ssl: address.tls === undefined ? false : { rejectUnauthorized: address.tls.verify, ...(address.tls.ca === undefined ? {} : { ca: address.tls.ca }) },
      application_name: 'bailee gateway', idleTimeoutMillis: 30_000, connectionTimeoutMillis: statementSecondsMax * 1000, allowExitOnIdle: true,
      options: `-c lock_timeout=${lockSecondsMax}s -c statement_timeout=${statementSecondsMax}s -c search_path=pg_catalog,pg_temp -c client_min_messages=error -c jit=off`,
    })
    this.pool.on('error', () => undefined) // an idle connection was lost; the next statement makes another and reports what it meets
  }

  /** One statement; several in one text are refused by the protocol. @throws pg.DatabaseError; Broken when the database cannot be reached. */
  async run(sql: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    try {
      const query = { text: sql, values: [...values], queryMode: 'extended' }
      return (await this.pool.query<Row>(query)).rows
    } catch (cause) {
      if (sqlState(cause) !== undefined) throw cause
      throw unreachable(cause)
    }
  }

  /** All or none. The error of a statement that fails carries that statement in `failed`, when it is one of these. */
  async together(statements: readonly string[]): Promise<{ failed: string; error: unknown } | undefined> {
    const client = await this.pool.connect().catch((cause: unknown) => { throw unreachable(cause) })
    let at = ''
    try {
      await client.query('BEGIN')
      for (at of statements) await client.query({ text: at, values: [], queryMode: 'extended' } as pg.QueryConfig)
      await client.query('COMMIT')
      client.release()
      return undefined
    } catch (error) {
      await client.query('ROLLBACK').then(() => client.release(), () => client.release(true))
      if (sqlState(error) === undefined) throw unreachable(error)
      return { failed: at, error }
    }
  }

  async end(): Promise<void> {
    await this.pool.end()
  }
}

function unreachable(cause: unknown): Broken {
  return new Broken('gateway/database-unreachable', 'the client database could not be reached with its gateway_url', { cause })
}
