/** Rows of all tables with the moments from which and until which they were so: two schemas beside the live one, which are made of the ledger alone and may be dropped at any time. */
import { rows, sql, transaction, type Database, type Transaction } from '#database'
import { isNoDecision, schemaNow } from '../store.ts'
import type { EntryPlace } from '../past/store.ts'
export { planningOnce } from '#database'
export { entriesAt } from '../past/store.ts'
export { transaction }

/** The live schema; the one that rows are folded into; and the one whose views show them as they were at a moment. */
export interface Schemas { readonly live: string; readonly past: string; readonly seen: string }

const schemasBeside = (live: string): Schemas => ({ live, past: `${live}_past`, seen: `${live}_past_seen` })

export async function schemasOf(executor: Database | Transaction): Promise<Schemas> {
  return schemasBeside(await schemaNow(executor as Transaction))
}

/** `program`: which program folded them; `destructions`: how often keys had been destroyed before; `latest`: the latest moment of any entry of a controller's log so far, -1 before the first; `restedSeconds`: since something was folded last. */
export interface StateRow { readonly program: string; readonly restedSeconds: number; readonly destructions: number; readonly lossy: readonly number[]; readonly latest: number; readonly common: number; readonly folded: number }

/** Undefined where there are none. */
export async function readState(tx: Database | Transaction, { past }: Schemas): Promise<StateRow | undefined> {
  const [there] = await rows<{ so: boolean }>(tx, sql`select to_regclass(${`${quoted(past)}.versions_state`}) is not null as so`)
  return there?.so === true ? (await rows<StateRow>(tx, sql`select program, destructions, lossy, latest, common, folded, extract(epoch from clock_timestamp() - worked_at)::float8 as "restedSeconds" from ${sql.id(past, 'versions_state')}`))[0] : undefined
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** Any number that nobody else uses for an advisory lock in this database: the bytes of "past". */
const pastLock = 0x70617374

/** Whether this transaction is the only one that folds; held until it ends. */
export async function isAlone(tx: Transaction): Promise<boolean> {
  return (await rows<{ got: boolean }>(tx, sql`select pg_try_advisory_xact_lock(${pastLock}) as got`))[0]?.got === true
}

/** Whoever reads or folds reads the state before anything else: once nobody does, nobody waits for a table in here while this waits for one of theirs. */
export async function dropVersions(tx: Transaction, { past, seen }: Schemas): Promise<void> {
  const [there] = await rows<{ so: boolean }>(tx, sql`select to_regclass(${`${quoted(past)}.versions_state`}) is not null as so`)
  if (there?.so === true) await rows(tx, sql`lock table ${sql.id(past, 'versions_state')} in access exclusive mode`)
  await rows(tx, sql`set local client_min_messages = warning`)
  await rows(tx, sql`drop schema if exists ${sql.id(seen)}, ${sql.id(past)} cascade`)
}

/** Says that keys which fed no table were destroyed. */
export async function noteDestructions(tx: Transaction, { live, past }: Schemas): Promise<void> {
  await rows(tx, sql`update ${sql.id(past, 'versions_state')} set destructions = (select coalesce(sum(times), 0) from ${sql.id(live, 'key_destroyed')})`)
}

/** A row that is changed or deleted stays, with the moment at which it was, among those that ended; unless it had been made at that very moment, so that nobody saw it. */
const keepVersion = sql`create function keep_version() returns trigger language plpgsql as $$
declare
  folding constant bigint := current_setting('bailee.folding')::bigint;
begin
  if tg_op = 'UPDATE' and new::text = old::text then return new; end if;
  if old.past_from > folding then raise exception 'a row of % is changed before it was made', tg_table_name; end if;
  if old.past_from < folding then execute format('insert into %I.%I select ($1).*, $2', tg_table_schema, 'ended_' || tg_table_name) using old, folding; end if;
  if tg_op = 'DELETE' then return old; end if;
  new.past_from := folding;
  return new;
end $$`

/** Makes them, empty. `tables`: those that entries fold into. */
export async function makeVersions(tx: Transaction, { live, past, seen }: Schemas, { migrations, tables, program }: { readonly migrations: readonly string[]; readonly tables: readonly string[]; readonly program: string }): Promise<void> {
  const before = (await rows<{ path: string }>(tx, sql`select current_setting('search_path') as path`))[0]?.path ?? ''
  await rows(tx, sql`set local client_min_messages = warning`)
  await rows(tx, sql`create schema ${sql.id(past)}`)
  await rows(tx, sql`create schema ${sql.id(seen)}`)
  await rows(tx, sql`select set_config('search_path', ${quoted(past)}, true), set_config('bailee.folding', '0', true)`)
  for (const text of migrations) await rows(tx, sql.raw(text))
  await rows(tx, keepVersion)
  for (const table of tables) await keepVersionsOf(tx, { past, seen }, table)
  await rows(tx, sql`create table versions_state (program text not null, destructions bigint not null, lossy integer[] not null default '{}', latest bigint not null default -1, common bigint not null default 0, folded bigint not null default 0, worked_at timestamptz not null default clock_timestamp())`)
  await rows(tx, sql`create table versions_log (slot integer primary key, size bigint not null, latest bigint not null)`)
  await rows(tx, sql`create table versions_common (idx bigint primary key, latest bigint not null)`)
  await rows(tx, sql`create table versions_unclear (past_from bigint not null, past_to bigint not null)`)
  await rows(tx, sql`insert into versions_state (program, destructions) select ${program}, coalesce(sum(times), 0) from ${sql.id(live, 'key_destroyed')}`)
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
  if (keys.length > 0) await rows(tx, sql`create index on ${ended} (${sql.join(keys.map(({ name }) => sql.id(name)))})`)
  await rows(tx, sql`create trigger keep_version before update or delete on ${mine} for each row execute function keep_version()`)
  await rows(tx, sql`create view ${sql.id(seen, table)} as select ${list} from ${mine} where past_from <= ${moment} union all select ${list} from ${ended} where past_from <= ${moment} and past_to > ${moment}`)
}

/** How much of the common log there is. */
export async function commonSize(tx: Database | Transaction, { live }: Schemas): Promise<number> {
  return (await rows<{ size: number }>(tx, sql`select size from ${sql.id(live, 'head')} where slot = 0`))[0]?.size ?? 0
}

/** How much of the common log an entry knew, told from its first bytes (JCS: `at` is the first member, and `common`, where there is one, the second). */
const knownOf = sql.raw(`coalesce(nullif(split_part(split_part(encode(substring(body from 1 for 64), 'escape'), '"common":', 2), ',', 1), ''), '0')::bigint`)

/** How far each log is to be folded, its latest moment there, and how little of the common log an entry that is not folded yet knew. */
export interface End { readonly slot: number; readonly from: number; readonly to: number; readonly latest: number; readonly known: number }

/** Of the common log its first entries, so many; of each other those that knew no more. Logs of which nothing is new are not among them. */
export async function endsOf(tx: Transaction, { live, past }: Schemas, common: number): Promise<End[]> {
  return rows<End>(tx, sql`
    select slot, size as from, max(idx) + 1 as to, greatest(before, max(at)) as latest, min(known) as known from (
      select head.slot, coalesce(log.size, 0) as size, coalesce(log.latest, 0) as before, idx, ${sql.id(live, 'entry_at')}(body) as at, case when head.slot = 0 then idx + 1 else ${knownOf} end as known
      from ${sql.id(live, 'head')} as head left join ${sql.id(past, 'versions_log')} as log using (slot)
      join ${sql.id(live, 'entry')} as entry on entry.slot = head.slot and idx >= coalesce(log.size, 0) and idx < head.size where head.size > coalesce(log.size, 0)) as fresh
    where known <= ${common} group by slot, size, before order by slot`)
}

/** How much of a log is folded. */
export async function foldedOf(tx: Transaction, { past }: Schemas, slot: number): Promise<number> {
  return (await rows<{ size: number }>(tx, sql`select size from ${sql.id(past, 'versions_log')} where slot = ${slot}`))[0]?.size ?? 0
}

/** Notes the moments of the common log up to a size, where they grew. */
export async function noteCommon(tx: Transaction, { live, past }: Schemas, common: number): Promise<void> {
  await rows(tx, sql`
    insert into ${sql.id(past, 'versions_common')} (idx, latest)
    select idx, latest from (select idx, latest, lag(latest, 1, -1) over (order by idx) as before from (
      select idx, greatest((select latest from ${sql.id(past, 'versions_common')} order by idx desc limit 1), max(${sql.id(live, 'entry_at')}(body)) over (order by idx)) as latest from ${sql.id(live, 'entry')}
      where slot = 0 and idx >= (select common from ${sql.id(past, 'versions_state')}) and idx < ${common}) as fresh) as grown
    where latest > before on conflict (idx) do nothing`)
  await rows(tx, sql`update ${sql.id(past, 'versions_state')} set common = greatest(common, ${common}), worked_at = clock_timestamp()`)
}

/** An entry that folds: its place, and the moment from which on it counts: its log's, and that of the last entry of the common log that it knew. */
export interface Folding extends EntryPlace { readonly latest: number; readonly counts: number }

/** The next of them, in the order in which they fold, without those of some nouns. */
export async function nextFolding(tx: Transaction, { live, past }: Schemas, { ends, without, limit }: { readonly ends: readonly End[]; readonly without: readonly string[]; readonly limit: number }): Promise<Folding[]> {
  return rows<Folding>(tx, sql`
    select slot, index, common, latest, case when slot = 0 then latest else greatest(latest, (select known.latest from ${sql.id(past, 'versions_common')} as known where known.idx < folding.common order by known.idx desc limit 1)) end as counts from (
      select entry.slot, idx as index, case when entry.slot = 0 then idx else ${knownOf} end as common, greatest(log.latest, max(${sql.id(live, 'entry_at')}(body)) over (partition by entry.slot order by idx)) as latest,
        ${without.includes('decision') ? isNoDecision : sql`true`} and split_part(${sql.id(live, 'entry_type')}(body), '.', 1) <> all(${[...without]}::text[]) as folds
      from unnest(${ends.map(({ slot }) => slot)}::integer[], ${ends.map(({ to }) => to)}::bigint[]) as until (slot, past) left join ${sql.id(past, 'versions_log')} as log using (slot)
      join ${sql.id(live, 'entry')} as entry on entry.slot = until.slot and idx >= coalesce(log.size, 0) and idx < until.past) as folding
    where folds order by common, slot = 0, latest, slot, index limit ${limit}`)
}

/** Names mean the tables that are folded into. */
export async function beginFolding(tx: Transaction, { past }: Schemas): Promise<void> {
  await rows(tx, sql`select set_config('search_path', ${quoted(past)}, true)`)
}

/** What is folded from here on counts from this moment on. */
export async function setMoment(tx: Transaction, moment: number): Promise<void> {
  await rows(tx, sql`select set_config('bailee.folding', ${String(moment)}, true)`)
}

export async function noteLogs(tx: Transaction, { past }: Schemas, logs: readonly { readonly slot: number; readonly size: number; readonly latest: number }[]): Promise<void> {
  await rows(tx, sql`
    insert into ${sql.id(past, 'versions_log')} (slot, size, latest) select * from unnest(${logs.map(({ slot }) => slot)}::integer[], ${logs.map(({ size }) => size)}::bigint[], ${logs.map(({ latest }) => latest)}::bigint[])
    on conflict (slot) do update set size = excluded.size, latest = excluded.latest`)
}

/** Moments from the first of each pair on, before the second, that rows do not tell: an entry of the common log that counts then was folded behind one of a controller's that does not. */
export async function noteState(tx: Transaction, { past }: Schemas, { lossy, latest, folded, unclear }: Pick<StateRow, 'lossy' | 'latest'> & { readonly folded: number; readonly unclear: readonly (readonly [number, number])[] }): Promise<void> {
  await rows(tx, sql`update ${sql.id(past, 'versions_state')} set lossy = ${[...lossy]}::integer[], latest = ${latest}, folded = folded + ${folded}, worked_at = clock_timestamp()`)
  if (unclear.length > 0) await rows(tx, sql`insert into ${sql.id(past, 'versions_unclear')} select * from unnest(${unclear.map(([from]) => from)}::bigint[], ${unclear.map(([, to]) => to)}::bigint[])`)
}

/** What stands in the way of telling a moment: nothing, that it is unclear, or that entries which count then are not folded yet; how often keys were destroyed; and how many entries all logs hold. */
export interface Telling { readonly unclear: boolean; readonly behind: boolean; readonly destructions: number; readonly total: number }

export async function tellingOf(tx: Transaction, { live, past }: Schemas, moment: number): Promise<Telling> {
  const [found] = await rows<Telling>(tx, sql`
    select exists (select from ${sql.id(past, 'versions_unclear')} where past_from <= ${moment} and past_to > ${moment}) as unclear,
      exists (select from ${sql.id(live, 'head')} as head left join ${sql.id(past, 'versions_log')} as log using (slot) join ${sql.id(live, 'entry')} as entry on entry.slot = head.slot and idx = coalesce(log.size, 0)
        where head.size > coalesce(log.size, 0) and coalesce(log.latest, 0) <= ${moment} and ${sql.id(live, 'entry_at')}(body) <= ${moment}) as behind,
      (select coalesce(sum(times), 0)::bigint from ${sql.id(live, 'key_destroyed')}) as destructions, (select coalesce(sum(size), 0)::bigint from ${sql.id(live, 'head')}) as total`)
  return found!
}

/** Names mean the tables as they were at a moment; nothing can be written. */
export async function beginSeeing(tx: Transaction, { past, seen }: Schemas, moment: number): Promise<void> {
  await rows(tx, sql`select set_config('search_path', ${`${quoted(seen)}, ${quoted(past)}`}, true), set_config('bailee.moment', ${String(moment)}, true), set_config('transaction_read_only', 'on', true), set_config('jit', 'off', true)`)
}

/** Entries of all logs. */
export async function allEntries(executor: Database): Promise<number> {
  return (await rows<{ total: number }>(executor, sql`select coalesce(sum(size), 0)::bigint as total from head`))[0]?.total ?? 0
}
