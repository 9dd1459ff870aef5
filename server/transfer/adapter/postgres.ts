/** Copies in PostgreSQL: read as of one snapshot; written as tables of a schema, all of them in one transaction or none. */
import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import { Client, DatabaseError } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { columnsOf, openSnapshot, parsePlace, postgresReach, predicateProblem, printPlace, quoteIdentifier, tableAt, type DatasetTable, type TableName } from '#inventory'
import { Broken, Refused } from '#kit/errors'
import type { CopySource, CopyTarget, Relation, SourceShapes, TableShape, TargetTable, Writing } from './kind.ts'

async function withClient<Result>(url: string, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ ...postgresReach(url), application_name: 'bailee transfer' })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await client.query(`set search_path = pg_catalog; set datestyle = 'ISO, YMD'; set client_min_messages = warning`)
  } catch (cause) {
    await client.end().catch(() => undefined)
    throw new Broken('transfer/store-unreachable', 'a PostgreSQL store that a copy is made of, goes to, or lies in, cannot be opened; is it running, and are its erase_url and sweep_url right?', { cause })
  }
  try {
    return await work(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}

const nameOf = (place: string): string => { const { schema, name } = tableAt(place); return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}` }

/** Its driver's words may quote a value. */
function explained(cause: unknown): unknown {
  if (!(cause instanceof DatabaseError)) return cause
  if (cause.code === '42P07' || cause.code === '42P06') return new Refused('transfer/exists', 'a table of that name is there already; a copy never writes into one. Choose another schema (--to STORE/SCHEMA)')
  if (cause.code === '42501') return new Refused('transfer/not-allowed', 'the account of erase_url may not make a schema or table there; grant it CREATE on the database, or name a schema that it owns')
  if (cause.code === '42704') return new Refused('transfer/no-reader', 'an account that is to read the copy is not there in the target database: one of --reader, or that of its sweep_url; nothing of the copy is there')
  return new Broken('transfer/not-written', `the copy could not be written: SQLSTATE ${cause.code ?? 'unknown'}; nothing of it is there`, { cause })
}

const listed = (names: readonly string[]): string => names.map(quoteIdentifier).join(', ')

async function writeTables(url: string, tables: readonly TargetTable[], { readers, mayCommit }: Writing): Promise<void> {
  await withClient(url, async (client) => {
    try {
      await client.query('begin')
      for (const schema of new Set(tables.map(({ place }) => tableAt(place).schema))) {
        const { rows } = await client.query('select from pg_namespace where nspname = $1', [schema])
        if (rows.length === 0) await client.query(`create schema ${quoteIdentifier(schema)}`)
        for (const reader of readers) await client.query(`grant usage on schema ${quoteIdentifier(schema)} to ${quoteIdentifier(reader)}`)
      }
      for (const { place, columns, rows } of tables) {
        await client.query(`create table ${nameOf(place)} (${columns.map(({ name, held }) => `${quoteIdentifier(name)} ${held}`).join(', ')})`)
        for (const reader of readers) await client.query(`grant select on ${nameOf(place)} to ${quoteIdentifier(reader)}`)
        await pipeline(Readable.from(rows(), { objectMode: false }), client.query(copyFrom(`copy ${nameOf(place)} from stdin (format csv, encoding 'UTF8')`)))
      }
      for (const sql of keysOf(tables)) await client.query(sql)
      await mayCommit()
      await client.query('commit')
    } catch (cause) {
      await client.query('rollback').catch(() => undefined)
      throw explained(cause)
    }
  })
}

/** Keys come when the rows are there: first what others refer to. */
const keysOf = (tables: readonly TargetTable[]): string[] => [
  ...tables.flatMap(({ place, primaryKey, uniques }) => [
    ...(primaryKey.length === 0 ? [] : [`alter table ${nameOf(place)} add primary key (${listed(primaryKey)})`]), ...uniques.map((columns) => `alter table ${nameOf(place)} add unique (${listed(columns)})`),
  ]),
  ...tables.flatMap(({ place, relations }) => relations.map(({ columns, to, referenced }) => `alter table ${nameOf(place)} add foreign key (${listed(columns)}) references ${nameOf(to)} (${listed(referenced)})`)),
]

async function tablesThere(url: string, tables: readonly TableName[]): Promise<boolean[]> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ schema: string; name: string }>('select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = any($1) and c.relname = any($2)', [tables.map(({ schema }) => schema), tables.map(({ name }) => name)])
    return tables.map((table) => rows.some(({ schema, name }) => schema === table.schema && name === table.name))
  })
}

/** Drops the tables, and their schema when nothing else is in it; the files of tables are unlinked by the database. */
async function dropTables(url: string, places: readonly string[]): Promise<void> {
  await withClient(url, async (client) => {
    try {
      await client.query('begin')
      const { rows: there } = await client.query<{ name: string }>('select name from unnest($1::text[]) name where to_regclass(name) is not null', [places.map(nameOf)])
      if (there.length > 0) await client.query(`drop table ${there.map(({ name }) => name).join(', ')}`) // all at once: they refer to each other
      for (const schema of new Set(places.map((place) => tableAt(place).schema))) {
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

/** A PostgreSQL database that copies go to. `url`s are asked for when they are needed. */
export function postgresTarget(url: (account: 'erase' | 'sweep') => string): CopyTarget {
  return {
    called: 'PostgreSQL',
    obstacle: () => Promise.resolve(undefined),
    place: (schema, name) => printPlace({ schema, name }),
    held: ({ type }) => (type === 'unknown' ? 'text' : type),
    there: (places, account) => tablesThere(url(account), places.map(tableAt)),
    write: (tables, writing) => writeTables(url('erase'), tables, writing),
    drop: (places) => dropTables(url('erase'), places),
    beside: () => [],
  }
}

interface KeyRow { readonly kind: 'p' | 'f'; readonly schema: string; readonly name: string; readonly columns: string[]; readonly toSchema: string | null; readonly toName: string | null; readonly referenced: string[] | null }

const namesIn = (relation: string, numbers: string): string => `(select array_agg(a.attname::text order by k.ord) from unnest(${numbers}) with ordinality k(number, ord) join pg_attribute a on a.attrelid = ${relation} and a.attnum = k.number)`

async function keysIn(url: string, tables: readonly DatasetTable[]): Promise<{ primary: ReadonlyMap<string, readonly string[]>; relations: Relation[] }> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<KeyRow>(`
      select c.contype::text as kind, n.nspname as schema, t.relname as name, ${namesIn('c.conrelid', 'c.conkey')} as columns, fn.nspname as "toSchema", f.relname as "toName", ${namesIn('c.confrelid', 'c.confkey')} as referenced
      from pg_constraint c join pg_class t on t.oid = c.conrelid join pg_namespace n on n.oid = t.relnamespace left join pg_class f on f.oid = c.confrelid left join pg_namespace fn on fn.oid = f.relnamespace
      where c.contype in ('p', 'f') and c.convalidated order by c.conname`)
    const called = new Map(tables.map(({ table }) => [printPlace(tableAt(table)), table]))
    const at = (schema: string | null, name: string | null): string | undefined => (schema === null || name === null ? undefined : called.get(printPlace({ schema, name })))
    const mine = rows.flatMap((row) => { const table = at(row.schema, row.name); return table === undefined ? [] : [{ ...row, table }] })
    return {
      primary: new Map(mine.filter(({ kind }) => kind === 'p').map(({ table, columns }) => [table, columns])),
      relations: mine.flatMap(({ kind, table, columns, toSchema, toName, referenced }) => {
        const to = at(toSchema, toName)
        return kind === 'p' || to === undefined ? [] : [{ table, columns, to, referenced: referenced ?? [] }]
      }),
    }
  })
}

async function shapesOf(url: string, tables: readonly DatasetTable[]): Promise<SourceShapes> {
  const { primary, relations } = await keysIn(url, tables)
  const shapes = new Map<string, TableShape | undefined>()
  for (const { table, rows } of tables) {
    const problem = rows === undefined ? undefined : await predicateProblem(url, tableAt(table), rows)
    if (problem !== undefined) throw new Broken('transfer/predicate', `the rows of ${table}: ${problem}`)
    const columns = await columnsOf(url, tableAt(table))
    shapes.set(table, columns === undefined ? undefined : { columns, primaryKey: primary.get(table) ?? [] })
  }
  return { tables: shapes, relations }
}

/** A PostgreSQL database that copies are made of; all tables as of one moment. */
export function postgresSource(url: string): CopySource {
  return {
    nameOf: (table) => parsePlace(table)?.name,
    shapes: (tables) => shapesOf(url, tables),
    open: async () => {
      const snapshot = await openSnapshot(url)
      return { read: ({ table, rows }, columns) => snapshot.read(tableAt(table), { columns, withPartitions: true, ...(rows === undefined ? {} : { rows }) }), close: () => snapshot.close() }
    },
  }
}
