/** Where a copy goes: tables of a schema in a PostgreSQL database, all of them in one transaction or none. */
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { Client, DatabaseError } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { quoteIdentifier } from '#inventory'
import { Broken, Refused } from '#kit/errors'

export interface TargetTable {
  readonly schema: string
  readonly name: string
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** CSV as `COPY` reads it, in UTF-8. */
  readonly rows: () => AsyncIterable<Uint8Array>
}

async function withClient<Result>(url: string, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ connectionString: url, application_name: 'bailee transfer' })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query(`set search_path = pg_catalog; set datestyle = 'ISO, YMD'; set client_min_messages = warning`)
  } catch (cause) {
    await client.end().catch(() => undefined)
    throw new Broken('transfer/store-unreachable', 'the store that a copy goes to, or lies in, cannot be opened; is it running, and is its erase_url right?', { cause })
  }
  try {
    return await work(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}

const nameOf = ({ schema, name }: Pick<TargetTable, 'schema' | 'name'>): string => `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`

/** Its driver's words may quote a value. */
function explained(cause: unknown): unknown {
  if (!(cause instanceof DatabaseError)) return cause
  if (cause.code === '42P07' || cause.code === '42P06') return new Refused('transfer/exists', 'a table of that name is there already; a copy never writes into one. Choose another schema (--to STORE/SCHEMA)')
  if (cause.code === '42501') return new Refused('transfer/not-allowed', 'the account of erase_url may not make a schema or table there; grant it CREATE on the database, or name a schema that it owns')
  if (cause.code === '42704') return new Refused('transfer/no-reader', 'an account that is to read the copy is not there in the target database: one of --reader, or that of its sweep_url; nothing of the copy is there')
  return new Broken('transfer/not-written', `the copy could not be written: SQLSTATE ${cause.code ?? 'unknown'}; nothing of it is there`, { cause })
}

/**
 * Makes the tables, which must not be there, and fills them; `readers` are accounts that may read them. All in one transaction, so that whoever is killed leaves none of them. Asks `mayCommit` before it commits; what that throws undoes all.
 * Throws `Refused` when one is there or may not be made, `Broken` when the store fails, and what the rows throw; then nothing is there.
 */
export async function writeTables(url: string, tables: readonly TargetTable[], { readers, mayCommit }: { readonly readers: readonly string[]; readonly mayCommit: () => Promise<void> }): Promise<void> {
  await withClient(url, async (client) => {
    try {
      await client.query('begin')
      for (const schema of new Set(tables.map((table) => table.schema))) {
        const { rows } = await client.query('select from pg_namespace where nspname = $1', [schema])
        if (rows.length === 0) await client.query(`create schema ${quoteIdentifier(schema)}`)
        for (const reader of readers) await client.query(`grant usage on schema ${quoteIdentifier(schema)} to ${quoteIdentifier(reader)}`)
      }
      for (const table of tables) {
        await client.query(`create table ${nameOf(table)} (${table.columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`).join(', ')})`)
        for (const reader of readers) await client.query(`grant select on ${nameOf(table)} to ${quoteIdentifier(reader)}`)
        await pipeline(Readable.from(table.rows(), { objectMode: false }), client.query(copyFrom(`copy ${nameOf(table)} from stdin (format csv, encoding 'UTF8')`)))
      }
      await mayCommit()
      await client.query('commit')
    } catch (cause) {
      await client.query('rollback').catch(() => undefined)
      throw explained(cause)
    }
  })
}

/** Which of the tables are there. */
export async function tablesThere(url: string, tables: readonly Pick<TargetTable, 'schema' | 'name'>[]): Promise<boolean[]> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ schema: string; name: string }>('select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = any($1) and c.relname = any($2)', [tables.map(({ schema }) => schema), tables.map(({ name }) => name)])
    return tables.map((table) => rows.some(({ schema, name }) => schema === table.schema && name === table.name))
  })
}

/** Drops the tables, and their schema when nothing else is in it; the files of tables are unlinked by the database. Those that are gone already are passed over. Throws `Broken` when the database does not let them go. */
export async function dropTables(url: string, tables: readonly Pick<TargetTable, 'schema' | 'name'>[]): Promise<void> {
  await withClient(url, async (client) => {
    try {
      await client.query('begin')
      for (const table of tables) await client.query(`drop table if exists ${nameOf(table)}`)
      for (const schema of new Set(tables.map((table) => table.schema))) {
        const { rows } = await client.query<{ drop: boolean }>(
          `select n.nspowner = (select oid from pg_roles where rolname = current_user) and n.nspname <> 'public' and not exists (select from pg_class c where c.relnamespace = n.oid) and not exists (select from pg_proc p where p.pronamespace = n.oid)
             and not exists (select from pg_type t where t.typnamespace = n.oid) as drop from pg_namespace n where n.nspname = $1`, [schema])
        if (rows[0]?.drop === true) await client.query(`drop schema ${quoteIdentifier(schema)}`)
      }
      await client.query('commit')
    } catch (cause) {
      await client.query('rollback').catch(() => undefined)
      throw new Broken('transfer/not-dropped', `a copy that is to be erased could not be dropped: SQLSTATE ${(cause as { code?: string }).code ?? 'unknown'}; when something else refers to it, drop that first`, { cause })
    }
  })
}
