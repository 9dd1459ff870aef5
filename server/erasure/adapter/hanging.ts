/** Rows of other tables that hang on rows to be erased by foreign keys: which they are, whether the keys prove them to be the same controller's, and erasing all of them at once. */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { openSnapshot, printPlace, quoteIdentifier } from '#inventory'
import { Broken } from '#kit/errors'
import type { Along, Neighbour, TableToErase } from './erased.ts'
import { isSomebodys, leadsTo, mayGoAlong, whatStands } from './keyRules.ts'
import { inOneOrder, rowIdsAt } from './rowIds.ts'
import type { Locked } from './transact.ts'

/** Ids of the table's own rows to be deleted, and the table that each stands in: the same ids stand in every partition. */
export const makeList = 'create temporary table bailee_rows (part oid, id tid) on commit drop'

interface Named {
  readonly oid: number
  /** As `printPlace` writes it. */
  readonly place: string
  /** How statements name it: rows of a partitioned table are in its partitions; those of tables that inherit are not its own. */
  readonly from: string
}

interface Key {
  readonly child: Named
  readonly parent: Named
  /** How rows of both meet, `c` being the one that refers and `p` the one that it refers to. */
  readonly meet: string
  /** A row cannot be there without what it refers to, or is declared to go with it. */
  readonly hangs: boolean
  /** Of a span of time, which several rows may cover together. */
  readonly spans: boolean
}

interface Described { readonly oid: string; readonly schema: string; readonly name: string; readonly kind: string }
const described = (oid: string): string => `(select json_build_object('oid', c.oid::text, 'schema', n.nspname, 'name', c.relname, 'kind', c.relkind) from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = ${oid})`
const namedBy = ({ oid, schema, name, kind }: Described): Named => ({ oid: Number(oid), place: printPlace({ schema, name }), from: `${kind === 'p' ? '' : 'only '}${quoteIdentifier(schema)}.${quoteIdentifier(name)}` })

async function keysWhere(client: Client, condition: string, given: unknown): Promise<Key[]> {
  const { rows } = await client.query<Omit<Key, 'child' | 'parent'> & { child: Described; parent: Described }>(`
    select ${described('f.conrelid')} as child, ${described('f.confrelid')} as parent,
      (select string_agg(format('p.%I operator(%I.%s) c.%I', pa.attname, n.nspname, o.oprname, ca.attname), ' and ')
       from generate_subscripts(f.conkey, 1) i join pg_attribute ca on ca.attrelid = f.conrelid and ca.attnum = f.conkey[i]
       join pg_attribute pa on pa.attrelid = f.confrelid and pa.attnum = f.confkey[i] join pg_operator o on o.oid = f.conpfeqop[i] join pg_namespace n on n.oid = o.oprnamespace) as meet,
      f.confdeltype = 'c' or not exists (select from pg_attribute a where a.attrelid = f.conrelid and a.attnum = any(f.conkey) and not a.attnotnull) as hangs,
      coalesce(to_jsonb(f) ->> 'conperiod', 'false') = 'true' as spans
    from pg_constraint f where f.contype = 'f' and f.conparentid = 0 and (${condition}) order by f.oid`, [given])
  return rows.map((row) => ({ ...row, child: namedBy(row.child), parent: namedBy(row.parent) }))
}

/** A table with its partitions, and what it is a partition of: a key of any of them holds for its rows. */
const family = (oid: string): string => `(select ${oid}::oid as oid union select relid from pg_partition_tree(${oid}::oid::regclass) union select relid from pg_partition_ancestors(${oid}::oid::regclass))`

/** Every key that leads to this table, over however many tables. */
async function keysTo(client: Client, oid: number): Promise<Key[]> {
  const keys = new Map<string, Key>()
  const seen = new Set<number>()
  for (let next = [oid]; next.length > 0;) {
    for (const one of next) seen.add(one)
    const found = await keysWhere(client, `f.confrelid in (select m.oid from unnest($1::int8[]) t(o), lateral ${family('t.o')} m)`, next)
    for (const key of found) keys.set(`${key.child.oid} ${key.parent.oid} ${key.meet}`, key)
    next = [...new Set(found.map(({ child }) => child.oid))].filter((child) => !seen.has(child))
  }
  return [...keys.values()]
}

/** Names of tables whose rows may hang on those of this one, over however many tables. */
export async function tablesHangingOn(client: Client, oid: number): Promise<string[]> {
  return [...new Set((await keysTo(client, oid)).map(({ child }) => child.place))]
}

/** Whether other tables refer to this one. */
export async function isReferred({ client, oid }: Pick<Locked, 'client' | 'oid'>): Promise<boolean> {
  const { rows } = await client.query<{ any: boolean }>(`select exists (select from pg_constraint f where f.contype = 'f' and f.conrelid <> f.confrelid and f.confrelid in (select oid from ${family('$1')} m) and f.conrelid not in (select oid from ${family('$1')} m)) as any`, [oid])
  return rows[0]?.any === true
}

export interface Hanging { readonly along: readonly Along[]; readonly because?: string }

interface Reading { readonly locked: Locked; readonly table: TableToErase; readonly keys: readonly Key[]; readonly own: ReadonlySet<number> }

/**
 * Lists in `bailee_hanging` the rows of other tables that hang on those in `bailee_rows`, over however many tables and in circles. `because`: rows refer to these that may not go with them; then nothing
 * may be deleted. Keeps writers out of every table that it lists rows of.
 */
export async function listHanging(locked: Locked, table: TableToErase): Promise<Hanging> {
  const { client, oid } = locked
  const keys = await keysTo(client, oid)
  if (keys.length === 0) return { along: [] }
  const own = new Set((await client.query<{ oid: number }>(`select oid::int8::int as oid from ${family('$1')} m`, [oid])).rows.map((row) => row.oid))
  const reading: Reading = { locked, table, keys, own }
  await client.query('create temporary table bailee_hanging (part oid, id tid, child oid, primary key (part, id)) on commit drop')
  await client.query('analyze pg_temp.bailee_rows')
  for (let moved = true; moved;) {
    moved = false
    for (const key of keys) {
      if (await isEmpty(client, key.child.from)) continue
      const because = await obstacleOf(reading, key)
      if (because !== undefined) return { along: [], because }
      if (await take(client, key) > 0) moved = true
    }
  }
  const along = (await client.query<{ table: Described; rows: string }>(`select ${described('h.child')} as table, h.rows from (select child, count(*) as rows from pg_temp.bailee_hanging group by child) h order by h.child`)).rows
    .map(({ table: one, rows }) => ({ child: namedBy(one), place: namedBy(one).place, rows: Number(rows) }))
  for (const one of along) {
    const because = await alsoOthers(reading, one.child)
    if (because !== undefined) return { along: [], because }
  }
  return { along: along.map(({ place, rows }) => ({ place, rows })) }
}

const isEmpty = async (client: Client, from: string): Promise<boolean> => (await client.query<{ any: boolean }>(`select exists (select from ${from}) as any`)).rows[0]?.any !== true

/** Rows that go: the table's own, and those that hang on them. */
const going = '(select part, id from pg_temp.bailee_rows union all select part, id from pg_temp.bailee_hanging)'
const referring = ({ child, parent, meet }: Key): string => `${child.from} c join ${parent.from} p on ${meet} join ${going} g on g.part = p.tableoid and g.id operator(pg_catalog.=) p.ctid
  where not exists (select from pg_temp.bailee_rows r where r.part = c.tableoid and r.id operator(pg_catalog.=) c.ctid)`

async function take(client: Client, key: Key): Promise<number> {
  const added = (await client.query(`insert into pg_temp.bailee_hanging select distinct c.tableoid, c.ctid, ${key.child.oid}::oid from ${referring(key)} on conflict do nothing`)).rowCount ?? 0
  if (added > 0) await client.query('analyze pg_temp.bailee_hanging')
  return added
}

/** Why rows that refer by this key may not go with what they refer to; undefined where they may, or there are none. */
async function obstacleOf({ locked: { client }, table, keys, own }: Reading, key: Key): Promise<string | undefined> {
  const standing = await standingOf(client, table, key.child)
  const inCircle = leadsTo(keys.map(({ child, parent }) => ({ child: child.oid, parent: parent.oid })), own, key.child.oid)
  if (mayGoAlong(standing, { hangs: key.hangs, inCircle }) && !key.spans && !own.has(key.child.oid)) {
    await client.query(`lock table ${key.child.from} in exclusive mode`)
    return undefined
  }
  const { rows } = await client.query<{ any: boolean }>(key.spans ? `select exists (select from ${key.child.from}) as any` : `select exists (select from ${referring(key)}) as any`)
  if (rows[0]?.any !== true) return undefined
  if (own.has(key.child.oid)) return `rows of ${key.child.place} that are not known to be this controller's refer to rows that are; they would be deleted or changed along with those, or keep them`
  return `rows of ${key.child.place} refer to rows that are to go${own.has(key.parent.oid) ? '' : ` (of ${key.parent.place})`}: ${key.spans ? 'by a key over spans of time, of which it is not known row by row what hangs on what; erase them first' : whatStands(standing, key.child.place)}`
}

/** What is known of a table, its partitions and what it is a partition of: that one of them is another's, or kept, holds before what the others are. */
async function standingOf(client: Client, { neighbours = [] }: TableToErase, { oid, place }: Named): Promise<Neighbour | undefined> {
  const { rows } = await client.query<{ table: Described }>(`select ${described('m.oid')} as table from ${family('$1')} m`, [oid])
  const places = [place, ...rows.map((row) => namedBy(row.table).place).filter((one) => one !== place)]
  const known = places.flatMap((one) => neighbours.find((neighbour) => neighbour.place === one) ?? [])
  return known.find(({ standing }) => standing !== 'mine') ?? known[0]
}

/** Whether rows that hang on ours hang just as much on what stays, or hold another controller's people by fingerprints. */
async function alsoOthers(reading: Reading, child: Named): Promise<string | undefined> {
  const { locked: { client }, table } = reading
  const { place } = child
  for (const key of await keysWhere(client, `f.conrelid in (select oid from ${family('$1')} m)`, child.oid)) {
    if (!await leadsToSomebodys(reading, key.parent.oid)) continue
    const { rows } = await client.query<{ any: boolean }>(`select exists (select from ${key.child.from} c join pg_temp.bailee_hanging h on h.part = c.tableoid and h.id operator(pg_catalog.=) c.ctid join ${key.parent.from} p on ${key.meet}
      where not exists (select from ${going} g where g.part = p.tableoid and g.id operator(pg_catalog.=) p.ctid)) as any`)
    if (rows[0]?.any === true) return `rows of ${place} refer to rows that are to go, and as well to rows of ${key.parent.place} that stay: have it settled whose they are`
  }
  const foreign = await foreignAmong(client, { table, child: child.oid })
  return foreign === 0 ? undefined : `${foreign} rows of ${place} refer to rows that are to go, and hold another controller's people: have it settled whose they are`
}

/** Whether what a key leads to may belong to somebody, over however many tables. */
async function leadsToSomebodys({ locked: { client }, table, keys, own }: Reading, oid: number): Promise<boolean> {
  const { rows } = await client.query<{ table: Described; first: boolean }>(`
    with recursive up(oid, first) as (select m.oid, true from ${family('$1')} m union select f.confrelid, false from up join pg_constraint f on f.conrelid = up.oid and f.contype = 'f')
    select ${described('up.oid')} as table, up.first from up`, [oid])
  return isSomebodys(rows.map(({ table: row, first }) => {
    const { oid: one, place } = namedBy(row)
    return { first, own: own.has(one), hanging: keys.some((key) => key.child.oid === one), standing: table.neighbours?.find((neighbour) => neighbour.place === place) }
  }))
}

async function foreignAmong(client: Client, { table, child }: { readonly table: TableToErase; readonly child: number }): Promise<number> {
  const { rows: parts } = await client.query<{ part: number; schema: string; name: string }>(
    'select distinct h.part::int8::int as part, n.nspname as schema, c.relname as name from pg_temp.bailee_hanging h join pg_class c on c.oid = h.part join pg_namespace n on n.oid = c.relnamespace where h.child = $1', [child])
  let foreign = 0
  for (const part of parts) {
    const snapshot = await openSnapshot(inOneOrder(table.sweepUrl))
    const read = (): AsyncIterable<Uint8Array> => snapshot.read(part, { withRowIds: true })
    try {
      const found = (await table.searcher.search(read(), { idFields: 1 })).datasets.filter(({ verdict }) => verdict === 'copy')
      const others = found.map(({ dataset }) => dataset).filter((dataset) => !table.targets.includes(dataset))
      if (others.length === 0) continue
      const { matched, ambiguous } = await table.searcher.locate(read(), others, found.map(({ dataset, barBits, singles }) => ({ dataset, barBits, singles })), { idFields: 1 })
      await client.query('create temporary table if not exists bailee_foreign (id tid) on commit drop')
      await client.query('truncate pg_temp.bailee_foreign')
      const starts = Float64Array.from([...matched.starts, ...ambiguous.starts]).sort()
      await pipeline(Readable.from(rowIdsAt(read(), starts)), client.query(copyFrom('copy pg_temp.bailee_foreign (id) from stdin')))
      const { rows } = await client.query<{ count: string }>('select count(*) as count from pg_temp.bailee_hanging h join (select distinct id from pg_temp.bailee_foreign) f on f.id operator(pg_catalog.=) h.id where h.part = $1', [part.part])
      foreign += Number(rows[0]?.count)
    } finally {
      await snapshot.close()
    }
  }
  return foreign
}

/**
 * Deletes the listed rows and those that hang on them in one statement, at whose end the keys are looked at: so rows in a circle go together. Resolves to how many of the table's own went. Throws
 * `Broken` where others went than were listed: then nothing is changed.
 */
export async function deleteTogether({ client, from }: Locked, along: readonly Along[]): Promise<{ readonly own: number; readonly along: number }> {
  const { rows: listed } = await client.query<{ table: Described }>(`select ${described('h.child')} as table from (select distinct child from pg_temp.bailee_hanging) h`)
  const tables = listed.map(({ table }) => namedBy(table))
  const deleting = (name: string, target: string, list: string): string => `${name} as (delete from ${target} t using ${list} r where t.ctid operator(pg_catalog.=) r.id and t.tableoid operator(pg_catalog.=) r.part returning 1)`
  const steps = [deleting('own', from, 'pg_temp.bailee_rows'), ...tables.map((one, number) => deleting(`h${number}`, one.from, `(select part, id from pg_temp.bailee_hanging where child = ${one.oid})`))]
  const counts = ['(select count(*) from own) as own', `${tables.map((_, number) => `(select count(*) from h${number})`).join(' + ') || '0'} as along`]
  const { rows } = await client.query<{ own: string; along: string }>(`with ${steps.join(', ')} select ${counts.join(', ')}`)
  if (tables.length !== along.length) throw new Broken('erasure/count-differs', 'rows that hang on rows to be erased changed while they were counted; nothing was changed')
  return { own: Number(rows[0]?.own), along: Number(rows[0]?.along) }
}
