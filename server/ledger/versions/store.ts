/** Rows of all tables with the moments from which and until which they were so: two schemas beside the live one, which are made of the ledger alone and may be dropped at any time. */
import { addressOf, openDatabase, rows, sql, transaction, type Database, type Transaction } from '#database'
import type { Instant } from '#kit/time'
import { isNoDecision } from '../kinds/store.ts'
import { schemaNow } from '../store.ts'
import type { EntryPlace } from '../past/store.ts'
import { endComparing, pastLocks } from './comparing/store.ts'
export { beginComparing } from './comparing/store.ts'
export { planningOnce } from '#database'
export { entriesAt } from '../past/store.ts'
export { transaction }

/** The live schema; the one that rows are folded into; and the one whose views show them as they were at a moment. */
export interface Schemas { readonly live: string; readonly past: string; readonly seen: string }

export const schemasBeside = (live: string): Schemas => ({ live, past: `${live}_past`, seen: `${live}_past_seen` })

/** Connections on which what is kept is read: whoever records never waits for one of them. */
const readersMax = 4
/** A whole reading takes no longer, in seconds; then it is ended. */
export const readSecondsMax = 20
/** Whoever destroys a key waits so long for those who read or fold, in seconds: longer than either may take. */
const destroySecondsMax = 30

/** Transactions that have read or written heads of the ledger and are not over, without this one. `writing`: only those that write them. */
export async function withHeads(tx: Transaction | Database, { live }: Pick<Schemas, 'live'>, { writing }: { readonly writing: boolean }): Promise<ReadonlySet<string>> {
  const found = await rows<{ id: string }>(tx, sql`select virtualtransaction as id from pg_locks where locktype = 'relation' and database = (select oid from pg_database where datname = current_database()) and relation = ${`${quoted(live)}.head`}::regclass and granted and pid <> pg_backend_pid() ${writing ? sql`and mode <> 'AccessShareLock'` : sql``}`)
  return new Set(found.map(({ id }) => id))
}

/** A few connections beside those of the ledger. Nothing is connected before the first statement. */
export const openReaders = (of: Database): Database => openDatabase(addressOf(of), { connectionsMax: readersMax })

export async function schemasOf(executor: Database | Transaction): Promise<Schemas> {
  return schemasBeside(await schemaNow(executor as Transaction))
}

/** What may be folded further, or read. `identity`: of this making; `migrations`, `started`: of the program that made them, by which two programs tell who is newer. */
export interface StateRow {
  readonly identity: string
  readonly program: string
  /** Whether the database is of the version that it was folded with: another may order, compare or print otherwise. */
  readonly sameServer: boolean
  readonly migrations: number
  readonly started: number
  /** Since something was folded last. */
  readonly restedSeconds: number
  /** Whether it was made so short a time ago, for what is folded, that it is not to be made anew: of the time, folding takes a small part. */
  readonly isFresh: boolean
  /** How often keys had been destroyed before they were made, and by now. */
  readonly destructions: number
  readonly destroyed: number
  readonly lossy: readonly number[]
  /** The latest moment of any entry of a controller's log so far, -1 before the first. */
  readonly latest: number
  /** How much of the common log is folded. */
  readonly common: number
  readonly folded: number
}

/** Whether a past is kept beside the live tables, by whatever program. */
export async function isKept(tx: Database | Transaction): Promise<boolean> {
  return areThere(tx, (await schemasOf(tx)).past)
}

/** Entries folded, of which a second is let pass before all are folded anew because of one that knew less: so many take some thirtieth of that. So few are at any time. */
const [foldedForSecond, foldedAtOnce] = [100, 2_000]

/** What texts are compared and printed with: the version of PostgreSQL, but for its corrections, and of the collation that it has from the system. */
const server = sql.raw(`(select concat_ws(' ', current_setting('server_version_num')::integer / 10000, datlocprovider, datcollate, pg_database_collation_actual_version(oid)) from pg_database where datname = current_database())`)

/** Whether this program, on this database, may go on with it or show it. */
export const isOf = (state: StateRow | undefined, program: string): state is StateRow => state?.program === program && state.sameServer && state.destructions === state.destroyed

/** Undefined where there are none, or those of a program that kept it in another way. */
export async function readState(tx: Database | Transaction, { live, past }: Schemas): Promise<StateRow | undefined> {
  if (!await areThere(tx, past, 'made_at')) return undefined
  return (await rows<StateRow>(tx, sql`
    select identity, program, server = ${server} as "sameServer", extract(epoch from clock_timestamp() - made_at) < (folded - ${foldedAtOnce}) / ${foldedForSecond}::float8 as "isFresh", migrations, started, destructions, (select coalesce(sum(times), 0)::bigint from ${sql.id(live, 'key_destroyed')}) as destroyed, lossy, latest, common, folded,
      extract(epoch from clock_timestamp() - worked_at)::float8 as "restedSeconds" from ${sql.id(past, 'versions_state')}`))[0]
}

/** With a column of the state. */
async function areThere(tx: Database | Transaction, past: string, column = 'program'): Promise<boolean> {
  return (await rows<{ so: boolean }>(tx, sql`select exists (select from pg_attribute where attrelid = to_regclass(${`${quoted(past)}.versions_state`}) and attname = ${column}) as so`))[0]?.so === true
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Whether this transaction is the only one that folds; held until it ends. No statement of it takes long, and none waits long for another. */
export async function isAlone(tx: Transaction): Promise<boolean> {
  return (await rows<{ got: boolean }>(tx, sql`select pg_try_advisory_xact_lock(${pastLocks.folding}) as got, set_config('lock_timeout', '5s', true), set_config('statement_timeout', '20s', true)`))[0]?.got === true
}

/** Waits until nobody folds, so that what is being made is seen; nobody begins before this transaction ends. */
export async function keepFoldersOut(tx: Transaction): Promise<void> {
  await waiting(tx, async () => { await rows(tx, sql`select pg_advisory_xact_lock(${pastLocks.folding})`) })
}

/** With an end to what it waits for. */
async function waiting(tx: Transaction, work: () => Promise<void>): Promise<void> {
  const before = (await rows<{ timeout: string }>(tx, sql`select current_setting('lock_timeout') as timeout`))[0]?.timeout ?? '0'
  await rows(tx, sql`select set_config('lock_timeout', ${`${destroySecondsMax}s`}, true)`)
  await work()
  await rows(tx, sql`select set_config('lock_timeout', ${before}, true)`)
}

/** Whoever reads or folds has the one table first and until the end: with that locked nobody is inside any more, and no two wait for each other. Only for whoever keeps all others that fold out. A schema that only has the name is left. */
export async function dropVersions(tx: Transaction, { past, seen }: Schemas): Promise<void> {
  if (!await areThere(tx, past)) return
  await rows(tx, sql`set local client_min_messages = warning`)
  await waiting(tx, async () => {
    await endComparing(tx)
    await rows(tx, sql`lock table ${sql.id(past, 'versions_state')} in access exclusive mode`)
    await rows(tx, sql`drop schema if exists ${sql.id(seen)}, ${sql.id(past)} cascade`)
  })
}

/** Says that keys which fed no table were destroyed, so many; what was made before others were destroyed stays as it was, and is not read. */
export async function noteDestructions(tx: Transaction, { live, past }: Schemas, count: number): Promise<void> {
  await rows(tx, sql`update ${sql.id(past, 'versions_state')} set destructions = destructions + ${count} where destructions + ${count} = (select coalesce(sum(times), 0) from ${sql.id(live, 'key_destroyed')})`)
}

/**
 * A row that is changed or deleted stays, with the moment at which it was, among those that ended; unless it had been made at that very moment, so that nobody saw it. One that was made later than it is changed (two logs, of
 * which one's clock is ahead of the other's) is so from when it was made, and what lies between is noted: rows do not tell it.
 */
const keepVersion = sql`create function keep_version() returns trigger language plpgsql as $$
declare
  folding constant bigint := current_setting('bailee.folding')::bigint;
begin
  if tg_op = 'UPDATE' and new::text = old::text then return new; end if;
  if old.past_from > folding then
    execute format('insert into %I.versions_crossed values ($1, $2) on conflict (past_from) do update set past_to = greatest(excluded.past_to, versions_crossed.past_to)', tg_table_schema) using folding, old.past_from;
    if tg_op = 'DELETE' then return old; end if;
    new.past_from := old.past_from;
    return new;
  end if;
  if old.past_from < folding then execute format('insert into %I.%I select ($1).*, $2', tg_table_schema, 'ended_' || tg_table_name) using old, folding; end if;
  if tg_op = 'DELETE' then return old; end if;
  new.past_from := folding;
  return new;
end $$`

/** Makes them, empty. `tables`: those that entries fold into. */
export async function makeVersions(tx: Transaction, { live, past, seen }: Schemas, { migrations, tables, program, started }: { readonly migrations: readonly string[]; readonly tables: readonly string[]; readonly program: string; readonly started: number }): Promise<void> {
  const before = (await rows<{ path: string }>(tx, sql`select current_setting('search_path') as path`))[0]?.path ?? ''
  await rows(tx, sql`set local client_min_messages = warning`)
  await rows(tx, sql`create schema ${sql.id(past)}`)
  await rows(tx, sql`create schema ${sql.id(seen)}`)
  await rows(tx, sql`select set_config('search_path', ${quoted(past)}, true), set_config('bailee.folding', '0', true)`)
  for (const text of migrations) await rows(tx, sql.raw(text))
  await rows(tx, keepVersion)
  for (const table of tables) await keepVersionsOf(tx, { past, seen }, table)
  await rows(tx, sql`create table versions_state (identity uuid not null default gen_random_uuid(), program text not null, server text not null, migrations integer not null, started bigint not null, destructions bigint not null, lossy integer[] not null default '{}', latest bigint not null default -1, common bigint not null default 0, folded bigint not null default 0, looked bigint not null default 0, made_at timestamptz not null default clock_timestamp(), worked_at timestamptz not null default clock_timestamp())`)
  await rows(tx, sql`create table versions_log (slot integer primary key, size bigint not null, latest bigint not null, leaf bytea not null)`)
  await rows(tx, sql`create table versions_next (slot integer, idx bigint, common bigint not null, latest bigint not null, primary key (slot, idx))`)
  await rows(tx, sql`create index on versions_next (common, (slot = 0), latest, slot, idx)`)
  await rows(tx, sql`create index on versions_next (latest)`)
  await rows(tx, sql`create table versions_common (idx bigint primary key, latest bigint not null)`)
  await rows(tx, sql`create table versions_unclear (past_from bigint primary key, past_to bigint not null)`)
  await rows(tx, sql`create table versions_crossed (past_from bigint primary key, past_to bigint not null)`)
  await rows(tx, sql`create table versions_looked (past_from bigint primary key, number bigint not null)`)
  await rows(tx, sql`insert into versions_state (program, server, migrations, started, destructions) select ${program}, ${server}, ${migrations.length}, ${started}, coalesce(sum(times), 0) from ${sql.id(live, 'key_destroyed')}`)
  await rows(tx, sql`select set_config('search_path', ${before}, true)`)
}

async function keepVersionsOf(tx: Transaction, { past, seen }: Pick<Schemas, 'past' | 'seen'>, table: string): Promise<void> {
  const columns = await rows<{ name: string; key: boolean }>(tx, sql`
    select attname as name, coalesce(attnum = any (conkey), false) as key from pg_attribute left join pg_constraint on conrelid = attrelid and contype = 'p'
    where attrelid = ${`${quoted(past)}.${quoted(table)}`}::regclass and attnum > 0 and not attisdropped order by attnum`)
  const [mine, ended, keys] = [sql.id(past, table), sql.id(past, `ended_${table}`), columns.filter(({ key }) => key)]
  const list = sql.join(columns.map(({ name }) => sql.id(name)))
  const moment = sql.raw(`current_setting('bailee.moment')::bigint`)
  // What tells other processes of a change has nothing to tell of these.
  await rows(tx, sql`alter table ${mine} disable trigger user`)
  await rows(tx, sql`alter table ${mine} add column past_from bigint not null default current_setting('bailee.folding')::bigint`)
  await rows(tx, sql`create table ${ended} (like ${mine})`)
  await rows(tx, sql`alter table ${ended} add column past_to bigint not null`)
  // Of rows that ended the firm alone sees any.
  await rows(tx, sql`select hold_rows(${`${quoted(past)}.${quoted(`ended_${table}`)}`}::regclass)`)
  if (keys.length > 0) await rows(tx, sql`create index on ${ended} (${sql.join(keys.map(({ name }) => sql.id(name)))})`)
  // Of all that ever ended, what was there at a moment is found without reading the rest.
  await rows(tx, sql`create index on ${ended} using gist (int8range(past_from, past_to))`)
  await rows(tx, sql`create trigger keep_version before update or delete on ${mine} for each row execute function keep_version()`)
  await rows(tx, sql`create view ${sql.id(seen, table)} as select ${list} from ${mine} where past_from <= ${moment} union all select ${list} from ${ended} where int8range(past_from, past_to) @> ${moment}`)
}

/** How much of the common log there is. */
export async function commonSize(tx: Database | Transaction, { live }: Schemas): Promise<number> {
  return (await rows<{ size: number }>(tx, sql`select size from ${sql.id(live, 'head')} where slot = 0`))[0]?.size ?? 0
}

/** How much of the common log an entry knew, told from its first bytes (JCS: `at` is the first member, and `common`, where there is one, the second). */
const knownOf = sql.raw(`coalesce(nullif(split_part(split_part(encode(substring(body from 1 for 64), 'escape'), '"common":', 2), ',', 1), ''), '0')::bigint`)

/** Entries of a log that were not looked through yet: from the first on, before the second. */
export interface Stretch { readonly slot: number; readonly from: number; readonly to: number }

/** Of the common log its first entries, so many. */
export async function freshLogs(tx: Transaction, { live, past }: Schemas, common: number): Promise<Stretch[]> {
  return rows<Stretch>(tx, sql`
    select slot, "from", "to" from (select head.slot, coalesce(log.size, 0) as "from", case when head.slot = 0 then ${common}::bigint else head.size end as "to" from ${sql.id(live, 'head')} as head left join ${sql.id(past, 'versions_log')} as log using (slot)) as every
    where "to" > "from" order by slot`)
}

/** How far a stretch was looked through, the latest moment of its log there and the earliest at which one of its entries was recorded (who reads a log by its moments finds it there, though it counts later). */
export interface Looked { readonly slot: number; readonly to: number; readonly latest: number; readonly earliest: number }

/**
 * Notes which entries of these stretches fold, without those of some nouns. Of a controller's log only up to the first that knew more of the common log than so many entries of it, whose time is later than
 * `ahead`, or that folds and knew less than `folded`, so much of the common log as is folded: that one waits (for its day, or until all is made anew), and holds up no other log's. `early`: whether one waits that knew less.
 */
export async function lookThrough(tx: Transaction, { live, past }: Schemas, { stretches, common, folded, ahead, without }: { readonly stretches: readonly Stretch[]; readonly common: number; readonly folded: number; readonly ahead: Instant; readonly without: readonly string[] }): Promise<{ readonly looked: readonly Looked[]; readonly early: boolean }> {
  const log = sql.id(past, 'versions_log')
  const found = await rows<Looked | { readonly slot: null }>(tx, sql`
    with looked as materialized (
      select stretch.slot, idx, ${sql.id(live, 'entry_at')}(body) as at, case when stretch.slot = 0 then idx else ${knownOf} end as known,
        ${without.includes('decision') ? isNoDecision : sql`true`} and split_part(${sql.id(live, 'entry_type')}(body), '.', 1) <> all(${[...without]}::text[]) as folds
      from unnest(${stretches.map(({ slot }) => slot)}::integer[], ${stretches.map(({ from }) => from)}::bigint[], ${stretches.map(({ to }) => to)}::bigint[]) as stretch (slot, first, past)
      cross join lateral (select idx, body from ${sql.id(live, 'entry')} as one where one.slot = stretch.slot and one.idx >= stretch.first and one.idx < stretch.past offset 0) as entry
    ), cut as (select slot, min(idx) filter (where slot <> 0 and (known > ${common} or at > ${ahead} or folds and known < ${folded})) as stop from looked group by slot),
    taken as materialized (
      select looked.slot, idx, known, folds, at, greatest(coalesce(log.latest, 0), max(at) over (partition by looked.slot order by idx)) as latest from looked join cut using (slot) left join ${log} as log on log.slot = looked.slot where stop is null or idx < stop
    ), noted as (insert into ${sql.id(past, 'versions_next')} (slot, idx, common, latest) select slot, idx, known, latest from taken where folds),
    grown as (insert into ${sql.id(past, 'versions_common')} (idx, latest) select idx, latest from (
      select idx, latest, lag(latest, 1, coalesce((select latest from ${log} where slot = 0), -1)) over (order by idx) as before from taken where slot = 0) as common where latest > before)
    select slot, max(idx) + 1 as "to", max(latest) as latest, min(at) as earliest from taken group by slot
    union all select null, null, null, null from looked join cut on cut.slot = looked.slot and idx = stop where at <= ${ahead} and folds and known < ${folded}`)
  const looked = found.filter((one) => one.slot !== null)
  await rows(tx, sql`
    insert into ${log} (slot, size, latest, leaf) select slot, size, latest, leaf from unnest(${looked.map(({ slot }) => slot)}::integer[], ${looked.map(({ to }) => to)}::bigint[], ${looked.map(({ latest }) => latest)}::bigint[]) as fresh (slot, size, latest)
    join lateral (select leaf from ${sql.id(live, 'entry')} as one where one.slot = fresh.slot and one.idx = fresh.size - 1) as last on true on conflict (slot) do update set size = excluded.size, latest = excluded.latest, leaf = excluded.leaf`)
  await noteLooked(tx, { past }, looked)
  return { looked, early: looked.length < found.length }
}

/** What is told of a moment stays the same until entries that count then are looked through: of each moment, the number of the last look that may have changed it. Numbers grow with the moments from which on they hold. */
async function noteLooked(tx: Transaction, { past }: Pick<Schemas, 'past'>, looked: readonly Looked[]): Promise<void> {
  const [state] = await rows<{ number: number }>(tx, sql`update ${sql.id(past, 'versions_state')} set worked_at = clock_timestamp(), looked = looked + 1 returning looked as number`)
  if (looked.length === 0 || state === undefined) return
  const from = Math.min(...looked.map(({ earliest }) => earliest))
  await rows(tx, sql`delete from ${sql.id(past, 'versions_looked')} where past_from >= ${from}`)
  await rows(tx, sql`insert into ${sql.id(past, 'versions_looked')} (past_from, number) values (${from}, ${state.number})`)
}

/** An entry that folds: its place, and the moment from which on it counts: its log's, and that of the last entry of the common log that it knew. */
export interface Folding extends EntryPlace { readonly counts: number }

/** The next of them, in the order in which they fold, up to so many entries of the common log: of these, and of what knew no more, all were looked through. */
export async function nextFolding(tx: Transaction, { past }: Schemas, { common, limit }: { readonly common: number; readonly limit: number }): Promise<Folding[]> {
  return rows<Folding>(tx, sql`${foldingOf({ past }, { common, without: sql`` })} limit ${limit}`)
}

const foldingOf = ({ past }: Pick<Schemas, 'past'>, { common, without }: { readonly common: number; readonly without: ReturnType<typeof sql> }): ReturnType<typeof sql> => sql`
    select slot, idx as index, case when slot = 0 then latest else greatest(latest, (select known.latest from ${sql.id(past, 'versions_common')} as known where known.idx < next.common order by known.idx desc limit 1)) end as counts
    from ${sql.id(past, 'versions_next')} as next where (common < ${sql.lit(common)} or common = ${sql.lit(common)} and slot <> 0) ${without} order by common, slot = 0, latest, slot, idx`

/** Names mean the tables that are folded into. Everything is done by this session, which counts it. */
export async function beginFolding(tx: Transaction, { past }: Schemas): Promise<void> {
  await rows(tx, sql`select set_config('search_path', ${quoted(past)}, true), set_config('max_parallel_workers_per_gather', '0', true)`)
}

/** How often each table of what is kept was read or written in this session so far, also where nothing was found, by their names. Undefined where the database does not count. */
export async function usesOf(tx: Transaction, { past }: Pick<Schemas, 'past'>): Promise<ReadonlyMap<string, number> | undefined> {
  const found = await rows<{ name: string; uses: number; counts: boolean }>(tx, sql`
    select mine.relname as name, current_setting('track_counts')::boolean as counts,
      sum(pg_stat_get_xact_numscans(one.oid) + pg_stat_get_xact_tuples_inserted(one.oid) + pg_stat_get_xact_tuples_updated(one.oid) + pg_stat_get_xact_tuples_deleted(one.oid))::float8 as uses
    from pg_class as one left join pg_index on indexrelid = one.oid join pg_class as mine on mine.oid = coalesce(indrelid, one.oid) where one.relnamespace = ${quoted(past)}::regnamespace and one.relkind in ('r', 'i') group by 1`)
  return found[0]?.counts === true ? new Map(found.map(({ name, uses }) => [name, uses])) : undefined
}

/** The latest moment, behind this one, at which a row of these tables was made or ended; undefined where none was. */
export async function latestChange(tx: Transaction, { past }: Pick<Schemas, 'past'>, tables: readonly string[], moment: number): Promise<number | undefined> {
  if (tables.length === 0) return undefined
  const changes = tables.map((table) => sql`select max(past_from) as moment from ${sql.id(past, table)} where past_from > ${moment} union all select max(past_to) from ${sql.id(past, `ended_${table}`)} where past_to > ${moment}`)
  return (await rows<{ moment: number | null }>(tx, sql`select max(moment) as moment from (${sql.join(changes, sql` union all `)}) as changed`))[0]?.moment ?? undefined
}

/** What is folded from here on counts from this moment on. */
export async function setMoment(tx: Transaction, moment: number): Promise<void> {
  await rows(tx, sql`select set_config('bailee.folding', ${String(moment)}, true)`)
}

/** What was folded, and how much of the common log is now. `unclear`: moments from the first of each pair on, before the second, that rows do not tell: an entry of the common log that counts then was folded behind one of a controller's that does not, and looked at what that changed. */
export interface FoldedNow extends Pick<StateRow, 'lossy' | 'latest' | 'common'> { readonly places: readonly EntryPlace[]; readonly unclear: readonly (readonly [number, number])[] }

export async function noteState(tx: Transaction, { past }: Schemas, { lossy, latest, common, places, unclear }: FoldedNow): Promise<void> {
  await rows(tx, sql`delete from ${sql.id(past, 'versions_next')} as next using unnest(${places.map(({ slot }) => slot)}::integer[], ${places.map(({ index }) => index)}::bigint[]) as done (slot, idx) where next.slot = done.slot and next.idx = done.idx`)
  await rows(tx, sql`update ${sql.id(past, 'versions_state')} set lossy = ${[...lossy]}::integer[], latest = ${latest}, common = ${common}, folded = folded + ${places.length}, worked_at = clock_timestamp()`)
  const crossed = await rows<{ from: number; to: number }>(tx, sql`delete from ${sql.id(past, 'versions_crossed')} returning past_from as "from", past_to as "to"`)
  const stretches = [...unclear, ...crossed.map(({ from, to }) => [from, to] as const)]
  if (stretches.length > 0) await noteUnclear(tx, { past }, stretches)
}

/** Stretches of moments that meet become one, so that of any moment only the last one before it is to be looked at. */
async function noteUnclear(tx: Transaction, { past }: Pick<Schemas, 'past'>, unclear: FoldedNow['unclear']): Promise<void> {
  const table = sql.id(past, 'versions_unclear')
  const [first, last] = [Math.min(...unclear.map(([from]) => from)), Math.max(...unclear.map(([, to]) => to))]
  const there = await rows<{ from: number; to: number }>(tx, sql`delete from ${table} where past_from <= ${last} and past_to >= ${first} returning past_from as "from", past_to as "to"`)
  const merged: [number, number][] = []
  for (const [from, to] of [...unclear, ...there.map(({ from, to }) => [from, to] as const)].sort(([one], [other]) => one - other)) {
    const before = merged.at(-1)
    if (before !== undefined && from <= before[1]) before[1] = Math.max(before[1], to)
    else merged.push([from, to])
  }
  await rows(tx, sql`insert into ${table} select * from unnest(${merged.map(([from]) => from)}::bigint[], ${merged.map(([, to]) => to)}::bigint[])`)
}

/** What stands in the way of telling a moment: nothing, that the ledger is another than that which was folded (one that was restored), that entries which count then are not folded yet, or that it is unclear. `looked`: the number of the last look that may have changed what is told of it. */
export interface Telling { readonly other: boolean; readonly behind: boolean; readonly unclear: boolean; readonly looked: number }

export async function tellingOf(tx: Transaction, { live, past }: Schemas, moment: number): Promise<Telling> {
  const [head, entry, log] = [sql.id(live, 'head'), sql.id(live, 'entry'), sql.id(past, 'versions_log')]
  const [found] = await rows<Telling>(tx, sql`
    select coalesce((select past_to from ${sql.id(past, 'versions_unclear')} where past_from <= ${moment} order by past_from desc limit 1) > ${moment}, false) as unclear,
      exists (select from ${log} as log left join ${head} as head using (slot) left join lateral (select leaf from ${entry} as one where one.slot = log.slot and one.idx = log.size - 1 offset 0) as entry on true where log.size > coalesce(head.size, 0) or entry.leaf is distinct from log.leaf) as other,
      exists (select from ${sql.id(past, 'versions_next')} where latest <= ${moment})
        or exists (select from ${head} as head left join ${log} as log using (slot) join ${entry} as entry on entry.slot = head.slot and idx = coalesce(log.size, 0)
          where head.size > coalesce(log.size, 0) and coalesce(log.latest, 0) <= ${moment} and ${sql.id(live, 'entry_at')}(body) <= ${moment}) as behind,
      coalesce((select number from ${sql.id(past, 'versions_looked')} where past_from <= ${moment} order by past_from desc limit 1), 0) as looked`)
  return found!
}

/** Whoever only wants to read does not wait for a key that is being destroyed. */
export async function beginAsking(tx: Transaction): Promise<void> {
  await rows(tx, sql`select set_config('lock_timeout', '2s', true)`)
}

/** Names mean the tables as they were at a moment; nothing can be written. */
export async function beginSeeing(tx: Transaction, { past, seen }: Schemas, moment: number): Promise<void> {
  await rows(tx, sql`select set_config('search_path', ${`${quoted(seen)}, ${quoted(past)}`}, true), set_config('bailee.moment', ${String(moment)}, true), set_config('transaction_read_only', 'on', true), set_config('jit', 'off', true),
    set_config('statement_timeout', ${`${readSecondsMax}s`}, true), set_config('idle_in_transaction_session_timeout', ${`${readSecondsMax}s`}, true), case when current_setting('server_version_num')::integer >= 170000 then set_config('transaction_timeout', ${`${readSecondsMax}s`}, true) end`)
}

/** Entries of all logs. */
export async function allEntries(executor: Database): Promise<number> {
  return (await rows<{ total: number }>(executor, sql`select coalesce(sum(size), 0)::bigint as total from head`))[0]?.total ?? 0
}

/** How far what is kept had looked through each log, and which entries wait to be folded, by log; `identity` is that of the schema itself, which another of the same name has not. */
export interface KeptNow { readonly identity: number; readonly state: StateRow; readonly sizes: readonly { readonly slot: number; readonly size: number }[]; readonly waiting: readonly { readonly slot: number; readonly indices: readonly number[] }[] }

/** Undefined where nothing is kept that this program would show. */
export async function keptNow(tx: Transaction, schemas: Schemas, program: string): Promise<KeptNow | undefined> {
  const state = await readState(tx, schemas)
  const identity = await identityOf(tx, schemas)
  if (!isOf(state, program) || identity === undefined || (await tellingOf(tx, schemas, 0)).other) return undefined
  const sizes = await rows<{ slot: number; size: number }>(tx, sql`select slot, size from ${sql.id(schemas.past, 'versions_log')} order by slot`)
  const waiting = await rows<{ slot: number; indices: number[] }>(tx, sql`select slot, array_agg(idx::float8 order by idx) as indices from ${sql.id(schemas.past, 'versions_next')} group by slot`)
  return { identity, state, sizes, waiting }
}

/** Whether it was made, or dropped, since the moment that this transaction reads. */
export async function changedSince(tx: Transaction, schemas: Pick<Schemas, 'past'>): Promise<boolean> {
  const then = (await rows<{ oid: number }>(tx, sql`select oid::bigint as oid from pg_namespace where nspname = ${schemas.past}`))[0]?.oid
  return then !== await identityOf(tx, schemas)
}

/** What tells a schema from a later one of its name. */
export async function identityOf(tx: Transaction, { past }: Pick<Schemas, 'past'>): Promise<number | undefined> {
  return (await rows<{ oid: number | null }>(tx, sql`select to_regnamespace(${quoted(past)})::oid::bigint as oid`))[0]?.oid ?? undefined
}

/** All that is to be folded, in its order, but for what waits, which stays; a page at a time. Answers first how many there are. */
export async function* foldingInOrder(tx: Transaction, schemas: Schemas, { common, limit, waiting }: { readonly common: number; readonly limit: number; readonly waiting: KeptNow['waiting'] }): AsyncGenerator<readonly Folding[], void> {
  const { past } = schemas
  await rows(tx, sql`create table ${sql.id(past, 'versions_waiting')} (slot integer, idx bigint, primary key (slot, idx))`)
  for (const { slot, indices } of waiting) await rows(tx, sql`insert into ${sql.id(past, 'versions_waiting')} select ${slot}::integer, idx from unnest(${[...indices]}::bigint[]) as idx`)
  await rows(tx, sql`declare folding_in_order no scroll cursor for ${foldingOf(schemas, { common, without: sql`and not exists (select from ${sql.id(past, 'versions_waiting')} as waits where waits.slot = next.slot and waits.idx = next.idx)` })}`)
  for (;;) {
    const page = await rows<Folding>(tx, sql`fetch ${sql.lit(limit)} from folding_in_order`)
    if (page.length === 0) break
    yield page
  }
  await rows(tx, sql`close folding_in_order`)
  await rows(tx, sql`delete from ${sql.id(past, 'versions_next')} as next where not exists (select from ${sql.id(past, 'versions_waiting')} as waits where waits.slot = next.slot and waits.idx = next.idx)`)
  await rows(tx, sql`drop table ${sql.id(past, 'versions_waiting')}`)
}

/** Tables of what is kept, but for the one row that says how far it is, and the numbers of looks, which hang on how many entries there were at each. */
export async function tablesKept(tx: Transaction, { past }: Pick<Schemas, 'past'>): Promise<string[]> {
  return (await rows<{ name: string }>(tx, sql`select relname as name from pg_class where relnamespace = ${quoted(past)}::regnamespace and relkind in ('r', 'p') and not relispartition and relname not in ('versions_state', 'versions_looked') order by relname`)).map(({ name }) => name)
}

/** How many entries were folded, where no places were taken off the list one by one. */
export async function noteFolded(tx: Transaction, { past }: Pick<Schemas, 'past'>, folded: number): Promise<void> {
  await rows(tx, sql`update ${sql.id(past, 'versions_state')} set folded = ${folded}`)
}

/** What the one row says that hangs on what was folded. */
export async function differenceOfState(tx: Transaction, there: Pick<Schemas, 'past'>, fresh: Pick<Schemas, 'past'>): Promise<{ readonly table: string; readonly onlyLive: number; readonly onlyRebuilt: number; readonly shown: readonly string[] } | undefined> {
  const said = ({ past }: Pick<Schemas, 'past'>): Promise<{ said: string }[]> => rows<{ said: string }>(tx, sql`select concat_ws(' ', latest, common, folded, destructions, array(select unnest(lossy) order by 1)) as said from ${sql.id(past, 'versions_state')}`)
  const [one, other] = [await said(there), await said(fresh)]
  return JSON.stringify(one) === JSON.stringify(other) ? undefined : { table: 'versions_state', onlyLive: one.length, onlyRebuilt: other.length, shown: [] }
}
