/** Running a search inside PostgreSQL, DuckDB and ClickHouse. Nothing is written but the digests, to a table that ends with the session. */
import { randomUUID } from 'node:crypto'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { Client } from 'pg'
import { Broken } from '#kit/errors'
import type { Engine, KnownDigests } from '../engine.ts'
import { answersOf, clickhouse, digestTable, duckdb, postgres, statements } from './sql.ts'
import type { AnswerRow, Dialect } from './sql.ts'

/** Digests in one insert. */
const insertMax = 20_000

type Run = (statement: string) => Promise<readonly AnswerRow[]>

async function engineOf(dialect: Dialect, known: KnownDigests, run: Run, setUp: { readonly create: string; readonly close: () => Promise<void> }): Promise<Engine> {
  const guarded: Run = (statement) => run(statement).catch((cause: unknown) => {
    throw new Broken('trace/engine-refused', 'the engine refused a statement of the search', { cause }) // its own words may quote values
  })
  await guarded(setUp.create)
  const digests = [...known.owners.keys()]
  for (let at = 0; at < digests.length; at += insertMax) {
    await guarded(`insert into ${digestTable} values ${digests.slice(at, at + insertMax).map((digest) => `('${digest}')`).join(', ')}`)
  }
  return {
    ask: async (table) => {
      const { coverage, hits } = statements(dialect, table, known.key)
      return answersOf(table.columns, await guarded(coverage), await guarded(hits))
    },
    close: setUp.close,
  }
}

/** Inside a PostgreSQL server (11 and later), in a session of its own that may make temporary tables. Ends the client when closed. */
export async function engineOfPostgres(client: Client, known: KnownDigests): Promise<Engine> {
  const run: Run = async (statement) => (await client.query<AnswerRow>(statement)).rows
  return engineOf(postgres, known, run, { create: `create temporary table ${digestTable} (digest text primary key)`, close: () => client.end() })
}

/** Inside a DuckDB process. Disconnects when closed. */
export async function engineOfDuckDb(connection: DuckDBConnection, known: KnownDigests): Promise<Engine> {
  const run: Run = async (statement) => (await connection.runAndReadAll(statement)).getRowObjectsJson() as AnswerRow[]
  return engineOf(duckdb, known, run, { create: `create temporary table ${digestTable} (digest varchar)`, close: () => { connection.disconnectSync(); return Promise.resolve() } })
}

/** Inside a ClickHouse server by its HTTP interface; a Distributed table is searched on all its shards. */
export async function engineOfClickHouse(url: URL, known: KnownDigests): Promise<Engine> {
  const session = new URL(url)
  session.searchParams.set('session_id', randomUUID())
  const run: Run = async (statement) => {
    const answer = await fetch(session, { method: 'POST', body: statement.startsWith('select') ? `${statement} format JSONEachRow` : statement })
    const text = await answer.text()
    if (!answer.ok) throw new Error(text)
    return text.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as AnswerRow)
  }
  return engineOf(clickhouse, known, run, { create: `create temporary table ${digestTable} (digest String)`, close: async () => { await run(`drop table ${digestTable}`) } })
}
