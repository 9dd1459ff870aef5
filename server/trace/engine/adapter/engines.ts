/** Running a search inside PostgreSQL, DuckDB and ClickHouse. Nothing is written but the digests, to a table that ends with the session. */
import type { DuckDBConnection } from '@duckdb/node-api'
import { printPlace, type Asking } from '#inventory'
import { Broken } from '#kit/errors'
import type { Engine, EngineListing, EngineTable, KnownDigests } from '../engine.ts'
import type { ClickHouse } from './clickhouse.ts'
import { tablesOfDuckDb } from './duckdb.ts'
import { answersOf, clickhouse, digestTable, duckdb, postgres, statements } from './sql.ts'
import type { AnswerRow, Dialect } from './sql.ts'

/** Digests in one insert. */
const insertMax = 20_000

/** How one engine is spoken with. */
interface Spoken {
  readonly dialect: Dialect
  readonly create: string
  readonly tables: () => Promise<EngineListing>
  /** Makes or fills the table of digests. */
  readonly keep: (statement: string) => Promise<unknown>
  readonly query: (table: EngineTable, queries: readonly string[]) => Promise<readonly (readonly AnswerRow[])[]>
  readonly close: () => Promise<void>
}

async function engineOf({ dialect, create, tables, keep, query, close }: Spoken, known: KnownDigests): Promise<Engine> {
  try {
    await guarded(keep(create))
    const digests = [...known.owners.keys()]
    for (let at = 0; at < digests.length; at += insertMax) {
      await guarded(keep(`insert into ${digestTable} values ${digests.slice(at, at + insertMax).map((digest) => `('${digest}')`).join(', ')}`))
    }
  } catch (cause) {
    await close().catch(() => undefined) // the first reason is the one to be told
    throw cause
  }
  return {
    tables: () => guarded(tables()),
    ask: async (table) => {
      const { coverage, hits } = statements(dialect, table, known.key)
      const [covered = [], found = []] = await guarded(query(table, [coverage, hits]))
      return answersOf(table.columns, covered, found)
    },
    close,
  }
}

async function guarded<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work
  } catch (cause) {
    if (cause instanceof Broken) throw cause
    throw new Broken('trace/engine-refused', 'the engine refused a statement of the search', { cause }) // its own words may quote values
  }
}

/** Inside a PostgreSQL server (11 and later). Ends the session when closed. Throws `Broken` when its account may make no temporary tables. */
export async function engineOfPostgres(asking: Asking, known: KnownDigests): Promise<Engine> {
  const named = (name: readonly string[]): { schema: string; name: string } => ({ schema: name[0] ?? '', name: name[1] ?? '' })
  return engineOf({
    dialect: postgres, create: `create temporary table ${digestTable} (digest text primary key)`,
    keep: (statement) => asking.keep(statement), query: ({ name, columns }, queries) => asking.ask(named(name), columns, queries), close: () => asking.close(),
    tables: async () => {
      const { tables, notRead } = await asking.tables()
      return {
        tables: tables.map(({ schema, name, root, columns, others }) => ({ name: [schema, name], columns, others, place: printPlace({ schema, name }), ...(root === undefined ? {} : { of: printPlace(root) }) })),
        notRead: notRead.map(({ table, because }) => ({ place: printPlace(table), because })),
      }
    },
  }, known)
}

/** Inside a DuckDB process, in the tables of its catalogue of that name. Disconnects when closed. */
export async function engineOfDuckDb(connection: DuckDBConnection, known: KnownDigests, catalogue = 'memory'): Promise<Engine> {
  const run = async (statement: string): Promise<readonly AnswerRow[]> => (await connection.runAndReadAll(statement)).getRowObjectsJson() as AnswerRow[]
  return engineOf({
    dialect: duckdb, create: `create temporary table ${digestTable} (digest varchar)`, keep: run, tables: () => tablesOfDuckDb(run, catalogue),
    query: async (_, queries) => inTurn(queries, run), close: () => { connection.disconnectSync(); return Promise.resolve() },
  }, known)
}

/** Inside a ClickHouse server by its HTTP interface; a Distributed table is searched on all its shards. */
export async function engineOfClickHouse(server: ClickHouse, known: KnownDigests): Promise<Engine> {
  return engineOf({
    dialect: clickhouse, create: `create temporary table ${digestTable} (digest String)`, keep: server.run, tables: server.tables,
    query: async (_, queries) => inTurn(queries, server.run), close: async () => { await server.run(`drop table ${digestTable}`) },
  }, known)
}

async function inTurn(queries: readonly string[], run: (statement: string) => Promise<readonly AnswerRow[]>): Promise<(readonly AnswerRow[])[]> {
  const answers: (readonly AnswerRow[])[] = []
  for (const query of queries) answers.push(await run(query))
  return answers
}
