/** The physical check of a PostgreSQL store: its files, values of its tables, and what must be seen in each kind of file. */
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseError, type Client } from 'pg'
import { quoteIdentifier, quoteLiteral, tableAt } from '#inventory'
import { Broken } from '#kit/errors'
import { tablesHangingOn } from '../../adapter/hanging.ts'
import { connect } from '../../adapter/transact.ts'
import type { Drawn, Engine, PostgresFiles } from '../engine.ts'
import { needleBytesMax, needleBytesMin } from '../needles.ts'
import { listIdentities } from '../search.ts'
import type { BlindColumn, FileSeen, Hindrance } from '../types.ts'
import { clearPostgres } from './postgresClear.ts'
import { postgresKind, postgresRules, postgresShared } from './postgresKinds.ts'

/** Rows that are looked at for values; of a larger table, that many of its rows taken by chance pages. */
const rowsMax = 50_000

/** Opens a store's server and its data directory. Throws `Broken` when either cannot be reached, or they do not belong together. */
export async function openPostgresFiles(store: PostgresFiles): Promise<Engine> {
  const { client } = await connect(store.url)
  try {
    await mustBelong(client, store.dataDirectory)
    return engineOf(client, store)
  } catch (cause) {
    await client.end()
    throw cause
  }
}

/** A copy of a data directory, or another server's, would prove nothing. */
async function mustBelong(client: Client, directory: string): Promise<void> {
  const control = await readFirst(join(directory, 'global/pg_control'))
  const started = (await readFile(join(directory, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  const [server] = (await client.query<{ identifier: string; port: string; started: string }>(
    `select system_identifier::text as identifier, current_setting('port') as port, floor(extract(epoch from pg_postmaster_start_time()))::int8::text as started from pg_control_system()`)).rows
  const same = server !== undefined && control.readBigUInt64LE(0).toString() === server.identifier
  // A server that was copied with its files keeps the identifier: which of them runs here is in the file that its postmaster wrote.
  if (!same || started[3] !== server.port || Math.abs(Number(started[2]) - Number(server.started)) > 5) throw new Broken('erasure/other-server', 'the data_directory of a store is not that of the server its url leads to')
}

async function readFirst(path: string): Promise<Buffer> {
  try {
    const file = await open(path, 'r')
    const bytes = Buffer.alloc(8)
    await file.read(bytes, 0, 8, 0).finally(() => file.close())
    return bytes
  } catch (cause) {
    throw new Broken('erasure/data-directory', `the data_directory of a store cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'}); Bailee must run where it is, as an account that may read it`, { cause })
  }
}

function engineOf(client: Client, store: PostgresFiles): Engine {
  let planted: string | undefined
  const files = async (): Promise<FileSeen[]> => listIdentities(store.dataDirectory, postgresKind(store.dataDirectory, await kindsOf(client)))
  return {
    directory: store.dataDirectory, rules: postgresRules, shared: postgresShared, files,
    holding: async (place) => {
      const paths = await pathsOf(client, place)
      return (await files()).filter(({ path }) => paths.has(path.replace(/[.]\d+$/, '')))
    },
    hangingOn: (place) => hangingOn(client, place),
    flush: async () => { await client.query('checkpoint').catch(passOver) },
    draw: (place, most) => draw(client, place, most),
    clear: (clearing) => clearPostgres({ client, store, files }, clearing),
    plant: async (control, undo) => {
      planted = `bailee_control_${control.slice(-12)}`
      return plant(client, { schema: planted, control, undo })
    },
    uproot: async () => { if (planted !== undefined) await client.query(`drop schema if exists ${quoteIdentifier(planted)} cascade`).catch(passOver) },
    restore: async (statements) => { for (const statement of statements) await client.query(statement).catch(passOver) },
    close: () => client.end(),
  }
}

/** What an account may not do is said where it matters; what breaks is thrown. */
function passOver(cause: unknown): void {
  if (!(cause instanceof DatabaseError)) throw new Broken('erasure/store-lost', 'the connection to a store was lost during the physical check; run the erasure again', { cause })
}

async function kindsOf(client: Client): Promise<Map<string, string>> {
  const { rows } = await client.query<{ path: string; kind: string }>(`
    select pg_relation_filepath(c.oid) as path, case
      when c.relname in ('pg_statistic', 'pg_statistic_ext_data') and c.relnamespace = 'pg_catalog'::regnamespace or t.oid is not null then 'statistics'
      when c.relkind = 't' then 'TOAST' when c.relkind in ('i', 'S') then 'index' else 'table' end as kind
    from pg_class c left join pg_class t on t.reltoastrelid = c.oid and t.relname in ('pg_statistic', 'pg_statistic_ext_data') and t.relnamespace = 'pg_catalog'::regnamespace
    where pg_relation_filepath(c.oid) is not null`)
  return new Map(rows.map(({ path, kind }) => [path, kind]))
}

/** First files of a table, its partitions, their indexes, and what they keep apart. */
async function hangingOn(client: Client, place: string): Promise<string[]> {
  const { schema, name } = tableAt(place)
  const { rows } = await client.query<{ oid: number | null }>('select to_regclass($1)::oid::int8::int as oid', [`${quoteIdentifier(schema)}.${quoteIdentifier(name)}`])
  return typeof rows[0]?.oid === 'number' ? tablesHangingOn(client, rows[0].oid) : []
}

async function pathsOf(client: Client, place: string): Promise<Set<string>> {
  const { schema, name } = tableAt(place)
  const { rows } = await client.query<{ path: string }>(`
    with own as (select to_regclass($1)::oid as oid union select relid::oid from pg_partition_tree(to_regclass($1))),
    heaps as (select oid from own union select reltoastrelid from pg_class where oid in (select oid from own) and reltoastrelid <> 0)
    select pg_relation_filepath(oid) as path from (select oid from heaps union select indexrelid from pg_index where indrelid in (select oid from heaps)) all_of where pg_relation_filepath(oid) is not null`,
  [`${quoteIdentifier(schema)}.${quoteIdentifier(name)}`])
  return new Set(rows.map(({ path }) => path))
}

interface Column { readonly name: string; readonly type: string; readonly long: boolean }

/** Values of the columns that are kept as text; the others, and compressed values, are named as blind. */
async function draw(client: Client, place: string, most: number): Promise<Drawn> {
  const { schema, name } = tableAt(place)
  const quoted = `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`
  const { rows: columns } = await client.query<Column>(`select a.attname as name, format_type(a.atttypid, null) as type, a.attlen = -1 as long from pg_attribute a where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped order by a.attnum`, [quoted])
  const [size] = (await client.query<{ rows: number; kind: string }>('select greatest(reltuples, 0)::float8 as rows, relkind as kind from pg_class where oid = to_regclass($1)', [quoted])).rows
  if (size === undefined || !['r', 'p'].includes(size.kind)) return { values: [], blind: [] }
  const some = size.rows <= rowsMax ? '' : ` tablesample system (${Math.min(100, (100 * rowsMax) / size.rows).toFixed(6)})`
  const from = `${size.kind === 'r' ? 'only ' : ''}${quoted}${some}`
  const values = new Set<string>()
  const blind: BlindColumn[] = []
  const texts = columns.filter(({ type }) => ['text', 'character varying', 'character'].includes(type))
  for (const column of columns) {
    const identifier = quoteIdentifier(column.name)
    if (column.long && await compressed(client, from, identifier)) blind.push({ place, column: column.name, because: 'values in it are compressed' })
    else if (!texts.includes(column)) blind.push({ place, column: column.name, because: `kept as ${column.type}, not as text` })
    if (!texts.includes(column)) continue
    const { rows } = await client.query<{ value: string }>(`select value from (select distinct ${identifier}::text as value from ${from} where octet_length(${identifier}) between ${needleBytesMin} and ${needleBytesMax}) drawn limit ${Math.ceil(most / texts.length)}`)
    for (const { value } of rows) values.add(value)
  }
  return { values: [...values], blind }
}

async function compressed(client: Client, from: string, identifier: string): Promise<boolean> {
  return (await client.query(`select from ${from} where pg_column_compression(${identifier}) is not null limit 1`)).rowCount === 1
}

/** A table of our own, for as long as the search takes: its value stands as it is in a page, apart from it, in an index, in statistics and in the log. */
async function plant(client: Client, { schema, control, undo }: { schema: string; control: string; undo: { note(restore: readonly string[]): Promise<void> } }): Promise<Hindrance[]> {
  const name = quoteIdentifier(schema)
  const value = quoteLiteral(control)
  await undo.note([`drop schema if exists ${name} cascade`])
  try {
    await client.query(`
      create schema ${name};
      create table ${name}.planted (value text, apart text);
      alter table ${name}.planted alter column apart set storage external;
      insert into ${name}.planted (value) select ${value} from generate_series(1, 200);
      insert into ${name}.planted (apart) values (${value} || repeat('.', 4000));
      create index on ${name}.planted (value)`)
    await client.query(`analyze ${name}.planted`)
    await client.query(`do $$begin raise log 'bailee looks for its own mark in this file: %', ${value}; end$$`)
    await client.query('checkpoint')
    return []
  } catch (cause) {
    passOver(cause)
    return [{ place: 'physical check', because: `no value could be planted for the search to see (SQLSTATE ${(cause as DatabaseError).code ?? 'none'}): the account of maintenance_url needs CREATE on the database, and pg_checkpoint` }]
  }
}
