/**
 * What a Postgres database holds beside its tables: large objects, the values that the planner's statistics keep, and constants in comments and
 * definitions (PostgreSQL documentation, "System Catalogs", "System Views").
 */
import type { Client } from 'pg'
import { Broken } from '#kit/errors'
import { printPlace } from '../place.ts'
import { partsOfSource, type OpenOptions } from './document/open.ts'
import { isUnread, printPart, type PartOrUnread } from './part.ts'
import { quoteLiteral, type TableName } from './postgres.ts'
import { codeOf, copyOut } from './postgresCopy.ts'
import { borrow, giveBack, withClient } from './postgresSession.ts'
import { oneUnit, type ListedPlace } from './searchable.ts'

/** Bytes of a large object asked for at once. */
const pieceBytes = 1024 ** 2

export interface Besides { readonly url: string; readonly database: string | undefined; readonly options: Pick<OpenOptions, 'scratch'> }

/** The places of one database that are no tables of its own. Throws `Broken` when it cannot be opened. */
export async function placesBeside({ url, database, options }: Besides): Promise<ListedPlace[]> {
  const named = (name: string): string => printPlace({ schema: 'pg_catalog', name, ...(database === undefined ? {} : { database }) })
  const place = (name: string, read: (client: Client) => AsyncGenerator<PartOrUnread>): ListedPlace => ({ place: name, units: oneUnit, open: () => withSession(url, read) })
  return withClient(url, async (client) => {
    const objects = await client.query('select 1 from pg_largeobject_metadata limit 1')
    const described = await client.query<Described>(describedQuery)
    return [
      ...(objects.rows.length === 0 ? [] : [place(named('pg_largeobject'), (session) => largeObjects(session, options))]),
      ...described.rows.map((table) => ({
        ...place(printPart(named('pg_stats'), printPlace({ schema: table.schema, name: table.name })), (session) => statistics(session, table)),
        of: printPlace({ schema: table.root_schema, name: table.root_name, ...(database === undefined ? {} : { database }) }),
      })),
      place(named('definitions'), definitions),
    ]
  })
}

async function* withSession(url: string, read: (client: Client) => AsyncGenerator<PartOrUnread>): AsyncGenerator<PartOrUnread> {
  const client = await borrow(url)
  let whole = false
  try {
    await client.query('begin isolation level repeatable read, read only')
    yield* read(client)
    whole = true
  } catch (cause) {
    if (cause instanceof Broken) throw cause
    throw new Broken('inventory/table-unreadable', `what lies beside the tables of a database cannot be read to its end: ${codeOf(cause)}`, { cause })
  } finally {
    await (whole ? giveBack(url, client) : client.end())
  }
}

/** Each object by its number, as what it holds; one that this account may not read is an unread part. */
async function* largeObjects(client: Client, options: Pick<OpenOptions, 'scratch'>): AsyncGenerator<PartOrUnread> {
  const whole = (await client.query<{ may: boolean }>(`select has_table_privilege('pg_catalog.pg_largeobject', 'select') as may`)).rows[0]?.may === true
  const { rows } = await client.query<{ oid: string }>('select oid::text as oid from pg_largeobject_metadata order by pg_largeobject_metadata.oid')
  for (const { oid } of rows) {
    await client.query('savepoint object')
    for await (const part of partsOfSource({ name: '', open: () => bytesOf(client, { oid, whole }) }, options)) {
      const name = part.name === '' ? oid : `${oid}!/${part.name}`
      yield isUnread(part) ? { ...part, name } : { ...part, name }
    }
    await client.query('rollback to savepoint object')
  }
}

// Who may read every table reads the pages of all objects; anybody else those objects that were granted to him.
const byPages = 'select string_agg(data, $4::bytea order by pageno) as bytes from pg_largeobject where loid = $1::oid and pageno >= $2::int8 / 2048 and pageno < ($2::int8 + $3) / 2048'
const byGrant = 'select lo_get($1::oid, $2::int8, $3::int4) as bytes where $4::bytea is not null'

async function* bytesOf(client: Client, { oid, whole }: { oid: string; whole: boolean }): AsyncGenerator<Uint8Array> {
  try {
    const last = whole ? Number((await client.query<{ last: string | null }>('select max(pageno)::text as last from pg_largeobject where loid = $1::oid', [oid])).rows[0]?.last ?? -1) : undefined
    for (let at = 0; last === undefined || at <= last * 2048; at += pieceBytes) {
      const { rows } = await client.query<{ bytes: Buffer | null }>(whole ? byPages : byGrant, [oid, at, pieceBytes, Buffer.alloc(0)])
      const bytes = rows[0]?.bytes ?? Buffer.alloc(0) // pages that were never written are not kept: zeros
      if (last === undefined && bytes.length === 0) return
      if (bytes.length > 0) yield bytes
    }
  } catch (cause) {
    throw new Broken('inventory/object-unreadable', `a large object cannot be read: ${codeOf(cause)}`, { cause })
  }
}

// Expressions have statistics from PostgreSQL 14. Asked table by table: the views ask for the rights on every column that they are asked about, and the system's own are thousands.
const describedQuery = `
  select n.nspname as schema, c.relname as name, rn.nspname as root_schema, r.relname as root_name, current_setting('server_version_num')::int >= 140000 as expressions
  from pg_namespace n join pg_class c on c.relnamespace = n.oid
  join lateral (select from pg_stats where schemaname = n.nspname and tablename = c.relname union all select from pg_stats_ext where schemaname = n.nspname and tablename = c.relname limit 1) described on true
  join pg_class r on r.oid = coalesce(pg_partition_root(c.oid), c.oid) join pg_namespace rn on rn.oid = r.relnamespace
  where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') order by 1, 2`

interface Described extends TableName { readonly root_schema: string; readonly root_name: string; readonly expressions: boolean }

/**
 * Values that the planner keeps of each column of a table: the most common ones and a hundred in between, one a row. They outlive the rows that they were
 * taken from, until the table is analysed again with rows in it, or dropped.
 */
async function* statistics(client: Client, { schema, name, expressions }: Described): AsyncGenerator<PartOrUnread> {
  const of = `schemaname = ${quoteLiteral(schema)} and tablename = ${quoteLiteral(name)}`
  const from = (view: string): string[] => ['most_common_vals', 'histogram_bounds', 'most_common_elems'].map((column) => `select unnest(${column}::text::text[]) as value from ${view} where ${of}`)
  const all = [...from('pg_stats'), `select unnest(most_common_vals) from pg_stats_ext where ${of}`, ...(expressions ? from('pg_stats_ext_exprs') : [])]
  yield await Promise.resolve(rowsOf(client, { kind: 'statistics of a table', sql: `select value from (${all.join(' union all ')}) v where value is not null` }))
}

// Of objects that people made: theirs have numbers from 16384 (FirstNormalObjectId).
const texts = `
  select 'comment', description from pg_description where objoid >= 16384 union all select 'comment', description from pg_shdescription
  union all select 'view', pg_get_viewdef(oid) from pg_class where relkind in ('v', 'm') and oid >= 16384
  union all select 'function', prosrc from pg_proc where oid >= 16384
  union all select 'default', pg_get_expr(adbin, adrelid) from pg_attrdef where oid >= 16384
  union all select 'constraint', pg_get_constraintdef(oid) from pg_constraint where contype = 'c' and oid >= 16384
  union all select 'policy', concat_ws(' ', pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) from pg_policy
  union all select 'bound', pg_get_expr(relpartbound, oid) from pg_class where relpartbound is not null
  union all select 'value of an older row', attmissingval::text from pg_attribute where attmissingval is not null
  union all select 'label', enumlabel from pg_enum where oid >= 16384
  union all select 'rule', pg_get_ruledef(oid) from pg_rewrite where rulename <> '_RETURN' and oid >= 16384
  union all select 'trigger', pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
  union all select 'index', pg_get_indexdef(indexrelid) from pg_index where indexrelid >= 16384 and (indpred is not null or indexprs is not null)`

async function* definitions(client: Client): AsyncGenerator<PartOrUnread> {
  yield await Promise.resolve(rowsOf(client, { kind: 'comments and definitions', sql: texts }))
}

function rowsOf(client: Client, { kind, sql }: { kind: string; sql: string }): PartOrUnread {
  return { name: '', kind, shape: 'rows', delimiter: ',', bytes: copyOut(client, `copy (${sql}) to stdout (format csv, encoding 'UTF8')`), partly: () => [] }
}
