import type { RawBuilder } from 'kysely'
import { planningOnce, rows, sql, transaction, type Database, type Transaction } from '#database'
import { isDecision, isRefusal, ofTypes, stretchesOf, tableIn, tableOf, type Span } from './kinds/store.ts'

/** The databases' types, for the rest of this word. */
export type { Database, Transaction }
export { planningOnce, transaction }

export type ClockKind = 'machine' | 'replayed'
export interface HeadRow { readonly slot: number; readonly origin: string; readonly size: number; readonly frontier: Uint8Array }
export interface EntryRow { readonly slot: number; readonly index: number; readonly leaf: Uint8Array; readonly body: Uint8Array }
export interface PayloadRow { readonly slot: number; readonly index: number; readonly part: string; readonly keyId: string; readonly ciphertext: Uint8Array }

/** Locks the heads of these logs, lowest slot first (so that two writers never wait for each other), and reads them. */
export async function lockHeads(tx: Transaction, slots: readonly number[]): Promise<HeadRow[]> {
  return rows<HeadRow>(tx, sql`
    select head.slot, log.origin, head.size, head.frontier from head join log using (slot)
    where slot = any(${[...slots]}::integer[]) order by slot for update of head`)
}

/** Entries in the common log as committed now; 0 before the first. */
export async function commonSize(tx: Transaction): Promise<number> {
  return (await rows<{ size: number }>(tx, sql`select size from head where slot = 0`))[0]?.size ?? 0
}

/** Makes the next log. The caller holds the lock of slot 0, so that slots are given one at a time. */
export async function insertLog(tx: Transaction, log: { slot: number; origin: string; clock: ClockKind }): Promise<void> {
  await rows(tx, sql`insert into log (slot, origin, kind, clock) values (${log.slot}, ${log.origin}, ${log.slot === 0 ? 'common' : 'controller'}, ${log.clock})`)
}

/**
 * Held while a log is made; the head row of slot 0 is not there yet when the first one is. Not `exclusive`: that would also keep out the row
 * locks of foreign keys, and so deadlock with a writer that holds slot 0 and is about to insert its entries.
 */
export async function lockLogs(tx: Transaction): Promise<void> {
  await rows(tx, sql`lock table log in share row exclusive mode`)
}

export async function logs(executor: Database | Transaction): Promise<{ slot: number; origin: string; clock: ClockKind }[]> {
  return rows(executor, sql`select slot, origin, clock from log order by slot`)
}

/** Heads of these logs as committed, without their locks. */
export async function headsOf(executor: Database | Transaction, slots: readonly number[]): Promise<HeadRow[]> {
  return rows<HeadRow>(executor, sql`select head.slot, log.origin, head.size, head.frontier from head join log using (slot) where slot = any(${[...slots]}::integer[])`)
}

export async function heads(executor: Database | Transaction): Promise<HeadRow[]> {
  return rows<HeadRow>(executor, sql`select head.slot, log.origin, head.size, head.frontier from head join log using (slot) order by slot`)
}

/** Bodies and leaf hashes of entries `from` (included) to `to` (not included), in order. */
export async function entriesBetween(executor: Database | Transaction, range: { slot: number; from: number; to: number }): Promise<EntryRow[]> {
  return rows<EntryRow>(executor, sql`
    select slot, idx as index, leaf, body from entry where slot = ${range.slot} and idx >= ${range.from} and idx < ${range.to} order by idx`)
}

/** Leaf hashes of entries `from` (included) to `to` (not included), in order, one after the other: no object an entry. */
export async function leafHashesBetween(executor: Database | Transaction, range: { slot: number; from: number; to: number }): Promise<Uint8Array> {
  const found = await rows<{ leaves: Uint8Array | null }>(executor, sql`
    select string_agg(leaf, ''::bytea order by idx) as leaves from entry where slot = ${range.slot} and idx >= ${range.from} and idx < ${range.to}`)
  return found[0]?.leaves ?? new Uint8Array()
}

/** Entries `from` (included) to `to` (not included), in stretches of so many by index, each entry behind its length in two bytes: C2SP entry bundles, made where the entries are. */
export async function entryBundlesBetween(executor: Database | Transaction, range: { slot: number; from: number; to: number; width: number }): Promise<{ index: number; count: number; bytes: Uint8Array }[]> {
  return rows(executor, sql`
    select idx / ${range.width}::bigint as index, count(*) as count, string_agg(substring(int4send(length(body)) from 3) || body, ''::bytea order by idx) as bytes
    from entry where slot = ${range.slot} and idx >= ${range.from} and idx < ${range.to} group by 1 order by 1`)
}

/** Entries of one log that are looked through at once for those of some types. */
const typedStretch = 2_000

/** Entries of one log of these types, or of all, in order, those before `to`, a stretch of the log at a time. No index knows types, and the planner takes few entries for one of any: asked for the next thousand of all that are left, it would look at all that are left for each thousand. */
export async function* entriesOfTypes(executor: Database | Transaction, { slot, to, types }: { slot: number; to: number; types: readonly string[] | undefined }): AsyncGenerator<EntryRow[]> {
  for (let from = 0; from < to; from += typedStretch) {
    const found = await rows<EntryRow>(executor, sql`
      select slot, idx as index, leaf, body from ${tableOf(types)} where slot = ${slot} and idx >= ${from} and idx < ${Math.min(to, from + typedStretch)} and ${types === undefined ? sql`true` : ofTypes(types)} order by idx`)
    if (found.length > 0) yield found
  }
}

/** Entries that the head does not count; 0 when the two agree, also while others append. */
export async function entriesBeyondHead(executor: Database | Transaction, slot: number): Promise<number> {
  return (await rows<{ count: number }>(executor, sql`select count(*) as count from entry join head using (slot) where slot = ${slot} and idx >= size`))[0]?.count ?? 0
}

/** The first entry from an index on whose bytes are not those it was hashed from (RFC 6962: `SHA-256(0x00 || body)`). */
export async function firstAltered(executor: Database | Transaction, { slot, from }: { slot: number; from: number }): Promise<number | undefined> {
  const found = await rows<{ index: number }>(executor, sql`
    select idx as index from entry where slot = ${slot} and idx >= ${from} and leaf <> sha256('\\x00'::bytea || body) order by idx limit 1`)
  return found[0]?.index
}

export async function payloadsBetween(executor: Database | Transaction, range: { slot: number; from: number; to: number }): Promise<PayloadRow[]> {
  return rows<PayloadRow>(executor, sql`
    select slot, idx as index, part, key_id as "keyId", ciphertext from payload
    where slot = ${range.slot} and idx >= ${range.from} and idx < ${range.to} order by idx, part`)
}

export async function entryCount(executor: Database | Transaction, slot: number): Promise<number> {
  return (await rows<{ count: number }>(executor, sql`select count(*) as count from entry where slot = ${slot}`))[0]?.count ?? 0
}

export interface SnapshotRow { readonly index: number; readonly time: number; readonly slots: number; readonly body: Uint8Array }
export interface SnapshotHeadRow { readonly slot: number; readonly snapshot: number; readonly size: number; readonly root: Uint8Array }

/** Which signing key is the present one, and what it is by the ledger's word; the first of each purpose is in no row. */
export async function presentSigners(executor: Database | Transaction): Promise<Map<string, { number: number; publicKey: string }>> {
  const found = await rows<{ purpose: string; number: number; publicKey: string }>(executor, sql`select distinct on (purpose) purpose, number, public_key as "publicKey" from signing_key order by purpose, number desc`)
  return new Map(found.map(({ purpose, ...rest }) => [purpose, rest]))
}

/** One snapshot at a time, over all processes. */
export async function lockSnapshots(tx: Transaction): Promise<void> {
  await rows(tx, sql`lock table snapshot in exclusive mode`)
}

export async function lastSnapshot(executor: Database | Transaction): Promise<SnapshotRow | undefined> {
  return (await rows<SnapshotRow>(executor, sql`select idx as index, time, slots, body from snapshot order by idx desc limit 1`))[0]
}

/** A head as a snapshot fixed it, and what it was made of; null in rows from before that was kept. */
export interface FixedHeadRow extends SnapshotHeadRow { readonly frontier: Uint8Array | null }

/** The head of every slot as a snapshot fixed it, by slot: the newest at or before it. */
export async function headsFixed(executor: Database | Transaction, snapshot: number): Promise<FixedHeadRow[]> {
  return rows<FixedHeadRow>(executor, sql`
    select fixed.slot, snapshot, size, root, frontier
    from log cross join lateral (select * from snapshot_head where snapshot_head.slot = log.slot and snapshot <= ${snapshot} order by snapshot desc limit 1) as fixed order by slot`)
}

export async function insertSnapshot(tx: Transaction, snapshot: SnapshotRow, changed: readonly FixedHeadRow[]): Promise<void> {
  await rows(tx, sql`insert into snapshot (idx, time, slots, body) values (${snapshot.index}, ${snapshot.time}, ${snapshot.slots}, ${snapshot.body})`)
  await rows(tx, sql`
    insert into snapshot_head (slot, snapshot, size, root, frontier) select * from unnest(
      ${changed.map((head) => head.slot)}::integer[], ${changed.map((head) => head.snapshot)}::bigint[],
      ${changed.map((head) => head.size)}::bigint[], ${changed.map((head) => head.root)}::bytea[], ${changed.map((head) => head.frontier)}::bytea[])`)
}

export async function snapshots(executor: Database | Transaction): Promise<SnapshotRow[]> {
  return rows<SnapshotRow>(executor, sql`select idx as index, time, slots, body from snapshot order by idx`)
}

/** Every head that a snapshot up to `upTo` changed, in order. */
export async function changedHeads(executor: Database | Transaction, upTo: number): Promise<SnapshotHeadRow[]> {
  return rows<SnapshotHeadRow>(executor, sql`select slot, snapshot, size, root from snapshot_head where snapshot <= ${upTo} order by snapshot, slot`)
}

/** The name of the processor that this ledger belongs to; undefined before it has one. */
export async function originOf(executor: Database | Transaction): Promise<string | undefined> {
  return (await rows<{ origin: string }>(executor, sql`select origin from log where slot = 0`))[0]?.origin.replace(/[/]0$/, '')
}

/** Entries of all logs, in an order in which they fold as they were recorded: those of controllers before the entry of the common log that they did not know. */
export interface OrderedEntry extends EntryRow { readonly payloads: readonly PayloadRow[] }

const pageRows = 500
/** What entries that are read at once have sealed together, in bytes, at most: 8 MiB. One entry may hold more. */
export const pieceBytesMax = 8 * 1024 * 1024

/** What each of `wanted` (slot, idx) sealed. One at a time, each by the key of its table: joined with the view as a whole, PostgreSQL reads every part there is for whatever page, because it looks up nothing by a key behind its conditions. */
const sealedOf = (schema: string | undefined): RawBuilder<unknown> =>
  sql`cross join lateral (select part, key_id, ciphertext from ${schema === undefined ? sql.id('payload') : sql.id(schema, 'payload')} as one where one.slot = wanted.slot and one.idx = wanted.idx offset 0) as sealed`

/** What each entry sealed, beside it: from the tables of a schema, or from those that names mean. */
export async function withPayloads(executor: Database | Transaction, schema: string | undefined, page: readonly EntryRow[]): Promise<OrderedEntry[]> {
  const payloads = await rows<PayloadRow>(executor, sql`
    select slot, idx as index, part, key_id as "keyId", ciphertext from unnest(${page.map((row) => row.slot)}::integer[], ${page.map((row) => row.index)}::bigint[]) as wanted (slot, idx) ${sealedOf(schema)}`)
  const of = Map.groupBy(payloads, ({ slot, index }) => `${slot} ${index}`)
  return page.map((row) => ({ ...row, payloads: of.get(`${row.slot} ${row.index}`) ?? [] }))
}

/** The same, in order, as few at a time as have sealed no more than that together; one whose parts alone are longer comes by itself, or last. */
export async function* piecesWithPayloads(executor: Database | Transaction, schema: string, page: readonly EntryRow[], bytesMax = pieceBytesMax): AsyncGenerator<readonly OrderedEntry[], void> {
  for (let rest = page; rest.length > 0;) {
    const found = await rows<PayloadRow & { readonly stop: number | null }>(executor, sql`
      select slot, index, part, "keyId", ciphertext, stop from (
        select slot, index, part, "keyId", ciphertext, before, min(number) filter (where before >= ${bytesMax}) over () as stop from (
          select slot, idx as index, part, key_id as "keyId", ciphertext, number, sum(octet_length(ciphertext)) over (order by number) - sum(octet_length(ciphertext)) over (partition by number) as before
          from unnest(${rest.map((row) => row.slot)}::integer[], ${rest.map((row) => row.index)}::bigint[]) with ordinality as wanted (slot, idx, number) ${sealedOf(schema)}) as sized) as stopped
      where before < ${bytesMax}`)
    const of = Map.groupBy(found, ({ slot, index }) => `${slot} ${index}`)
    const count = (found[0]?.stop ?? rest.length + 1) - 1
    yield rest.slice(0, count).map((row) => ({ ...row, payloads: of.get(`${row.slot} ${row.index}`) ?? [] }))
    rest = rest.slice(count)
  }
}

/** Pages of all entries in that order, or of those stretches alone, in pieces that are bounded in bytes, or of those of some logs, or of all but decisions, from the tables of a schema. In a transaction: a cursor stands in it. */
export async function* entriesInOrder(tx: Transaction, schema: string, { slots, decisions, spans }: { readonly slots?: readonly number[] | undefined; readonly decisions: boolean; readonly spans?: readonly Span[] | undefined }): AsyncGenerator<readonly OrderedEntry[]> {
  if (spans?.length === 0) return
  await rows(tx, sql`
    declare entries_in_order no scroll cursor for select slot, idx as index, leaf, body from ${spans === undefined ? sql.id(schema, tableIn(decisions)) : stretchesOf(schema, tableIn(decisions), spans)} ${slots === undefined ? sql`` : sql`where slot in (${sql.join(slots.map((slot) => sql.lit(slot)))})`}
    order by case when slot = 0 then idx else (convert_from(body, 'UTF8')::jsonb->>'common')::bigint end, slot = 0, slot, idx`)
  try {
    for (;;) {
      const page = await rows<EntryRow>(tx, sql`fetch ${sql.lit(pageRows)} from entries_in_order`)
      if (page.length === 0) return
      yield* piecesWithPayloads(tx, schema, page)
    }
  } finally {
    await rows(tx, sql`close entries_in_order`)
  }
}

/** All that the ledger holds, as of one moment: whoever writes meanwhile is not seen. */
export async function asOfNow<Result>(database: Database, work: (tx: Transaction) => Promise<Result>): Promise<Result> {
  return transaction(database, async (tx) => {
    await rows(tx, sql`set transaction isolation level repeatable read`)
    return work(tx)
  })
}

export async function totalEntries(executor: Database | Transaction, schema: string, decisions: boolean): Promise<number> {
  return (await rows<{ count: number }>(executor, sql`select count(*) as count from ${sql.id(schema, tableIn(decisions))}`))[0]?.count ?? 0
}

/** The schema that names mean now. */
export async function schemaNow(tx: Transaction): Promise<string> {
  return (await rows<{ schema: string }>(tx, sql`select current_schema() as schema`))[0]?.schema ?? 'public'
}

/** Parts that belong to no entry: one that stands in the row of its entry belongs to it. */
export async function partsWithoutEntry(executor: Database | Transaction): Promise<number> {
  return (await rows<{ count: number }>(executor, sql`
    select count(*) as count from further_part as part where not exists (select from other_entry as one where one.slot = part.slot and one.idx = part.idx) and not exists (select from decision_entry as one where one.slot = part.slot and one.idx = part.idx)`))[0]?.count ?? 0
}

/** Decisions among other entries, or the other way round: they would be looked for in vain. */
export async function entriesInTheWrongTable(executor: Database | Transaction): Promise<number> {
  return (await rows<{ count: number }>(executor, sql`select (select count(*) from other_entry where ${isDecision}) + (select count(*) from decision_entry where not (${isDecision})) as count`))[0]?.count ?? 0
}

export async function entriesWithoutLog(executor: Database | Transaction): Promise<number> {
  return (await rows<{ count: number }>(executor, sql`select count(*) as count from entry where not exists (select from log where log.slot = entry.slot)`))[0]?.count ?? 0
}

/** Every head that a snapshot fixed of one log, in order. */
export async function snapshotHeadsOf(executor: Database | Transaction, slot: number): Promise<SnapshotHeadRow[]> {
  return rows<SnapshotHeadRow>(executor, sql`select slot, snapshot, size, root from snapshot_head where slot = ${slot} order by snapshot`)
}

/** Makes an empty schema of tables beside the live ones, by the migrations given; from here on names mean it. It is this connection's own, in a transaction that is never committed. */
export async function beginRebuilt(tx: Transaction, migrations: readonly string[]): Promise<{ readonly live: string; readonly rebuilt: string }> {
  const live = await schemaNow(tx)
  const rebuilt = (await rows<{ name: string }>(tx, sql`select 'bailee_rebuilt_' || pg_backend_pid() as name`))[0]?.name ?? ''
  await rows(tx, sql`set local client_min_messages = warning`)
  await rows(tx, sql`create schema ${sql.id(rebuilt)}`)
  await rows(tx, sql`set local search_path to ${sql.id(rebuilt)}`)
  for (const text of migrations) await rows(tx, sql.raw(text))
  return { live, rebuilt }
}

/** Rows of one table that the live one has and the rebuilt one has not, and the other way round; `shown`: what names the first of them. */
export interface TableDifference { readonly table: string; readonly onlyLive: number; readonly onlyRebuilt: number; readonly shown: readonly string[] }

const shownMax = 5

/** Columns of a rebuilt table, and which of them are its key. */
async function columnsOf(tx: Transaction, rebuilt: string, table: string): Promise<{ name: string; key: boolean }[]> {
  return rows(tx, sql`
    select attname as name, coalesce(attnum = any (conkey), false) as key from pg_attribute
    left join pg_constraint on conrelid = attrelid and contype = 'p'
    where attrelid = (select oid from pg_class where relname = ${table} and relnamespace = ${rebuilt}::regnamespace) and attnum > 0 and not attisdropped order by attnum`)
}

/** Compares one table, but for the columns named; undefined where it is the same. `personal` columns name people and are not shown. `keyOf`: another table with the columns that name its rows. */
export async function differenceOf(tx: Transaction, { table, except, personal, live, rebuilt, keyOf = table }: { table: string; except: readonly string[]; personal: readonly string[]; live: string; rebuilt: string; keyOf?: string }): Promise<TableDifference | undefined> {
  const columns = (await columnsOf(tx, rebuilt, table)).filter(({ name }) => !except.includes(name))
  const list = sql.join(columns.map(({ name }) => sql.id(name)))
  const keys = (keyOf === table ? columns : await columnsOf(tx, rebuilt, keyOf)).filter(({ name, key }) => key && !personal.includes(name) && !except.includes(name)).map(({ name }) => sql.id(name))
  const named = keys.length === 0 ? sql`''` : sql`concat_ws(' ', ${sql.join(keys)})`
  // However many rows differ, a few come here.
  const only = async (one: string, other: string): Promise<{ readonly count: number; readonly shown: readonly string[] }> =>
    (await rows<{ count: number; shown: string[] }>(tx, sql`
      with differing as materialized (select ${list} from ${sql.id(one, table)} except all select ${list} from ${sql.id(other, table)})
      select (select count(*) from differing)::integer as count, array(select distinct ${named} as named from differing order by 1 limit ${shownMax}) as shown`))[0] ?? { count: 0, shown: [] }
  const [onlyLive, onlyRebuilt] = [await only(live, rebuilt), await only(rebuilt, live)]
  if (onlyLive.count + onlyRebuilt.count === 0) return undefined
  return { table, onlyLive: onlyLive.count, onlyRebuilt: onlyRebuilt.count, shown: [...new Set([...onlyLive.shown, ...onlyRebuilt.shown])].filter((one) => one !== '').slice(0, shownMax) }
}

/** Reads in a transaction that goes on, and gives back the locks that this took; what was set meanwhile is as it was. */
export async function readAndLetGo<Result>(tx: Transaction, work: () => Promise<Result>): Promise<Result> {
  await rows(tx, sql`savepoint reading`)
  try {
    return await work()
  } finally {
    await rows(tx, sql`rollback to savepoint reading`)
    await rows(tx, sql`release savepoint reading`)
  }
}

/** Does work that may fail without ending the transaction: false, and nothing of it done, for what `forgives`. */
export async function inSavepoint(tx: Transaction, work: () => Promise<void>, forgives: (cause: unknown) => boolean): Promise<boolean> {
  await rows(tx, sql`savepoint work`)
  try {
    await work()
    await rows(tx, sql`release savepoint work`)
    return true
  } catch (cause) {
    if (!forgives(cause)) throw cause
    await rows(tx, sql`rollback to savepoint work`)
    await rows(tx, sql`release savepoint work`)
    return false
  }
}

/** Where names are looked up. */
export async function searchPath(tx: Transaction): Promise<string> {
  return (await rows<{ path: string }>(tx, sql`select current_setting('search_path') as path`))[0]?.path ?? ''
}

export async function setSearchPath(tx: Transaction, path: string): Promise<void> {
  await rows(tx, sql`select set_config('search_path', ${path}, true)`)
}

/** Gives live tables the rows of rebuilt ones and drops those. `tables` in an order in which none names rows of a later one. */
export async function takeRebuilt(tx: Transaction, { tables, live, rebuilt }: { tables: readonly { readonly name: string; readonly except?: readonly string[] }[]; live: string; rebuilt: string }): Promise<void> {
  const known: { name: string; columns: readonly string[]; key: readonly string[]; numbered: boolean }[] = []
  for (const { name, except = [] } of tables) {
    const columns = await columnsOf(tx, rebuilt, name)
    const key = columns.filter((column) => column.key).map((column) => column.name)
    known.push({ name, key, columns: columns.map((column) => column.name).filter((column) => !except.includes(column)), numbered: key.some((column) => except.includes(column)) })
  }
  const list = (names: readonly string[], of?: string): RawBuilder<unknown> => sql.join(names.map((name) => (of === undefined ? sql.id(name) : sql.id(of, name))))
  for (const { name, key, numbered, columns } of known.toReversed()) {
    const [mine, theirs] = [sql.id(live, name), sql.id(rebuilt, name)]
    // Rows that the database numbers have nothing to be known by: all of them are written anew, if any differs.
    if (numbered) await rows(tx, sql`delete from ${mine} where exists ((select ${list(columns)} from ${mine} except all select ${list(columns)} from ${theirs}) union all (select ${list(columns)} from ${theirs} except all select ${list(columns)} from ${mine}))`)
    else await rows(tx, sql`delete from ${mine} as mine where not exists (select from ${theirs} as theirs where (${list(key, 'mine')}) = (${list(key, 'theirs')}))`)
  }
  for (const { name, key, numbered, columns } of known) {
    const [mine, theirs] = [sql.id(live, name), sql.id(rebuilt, name)]
    const others = columns.filter((column) => !key.includes(column))
    const settled = others.length === 0 ? sql`nothing` : sql`update set ${sql.join(others.map((column) => sql`${sql.id(column)} = ${sql.id('excluded', column)}`))}`
    if (numbered) await rows(tx, sql`insert into ${mine} (${list(columns)}) select ${list(columns)} from ${theirs} where not exists (select from ${mine}) order by ${list(key)}`)
    else await rows(tx, sql`insert into ${mine} (${list(columns)}) select ${list(columns)} from ${theirs} except select ${list(columns)} from ${mine} on conflict (${list(key)}) do ${settled}`)
  }
  await dropRebuilt(tx, rebuilt)
}

/** Drops rebuilt tables that are not wanted. */
export async function dropRebuilt(tx: Transaction, rebuilt: string): Promise<void> {
  await rows(tx, sql`set local client_min_messages = warning`)
  await rows(tx, sql`drop schema ${sql.id(rebuilt)} cascade`)
}

/** Tables of the schema that names mean now. */
export async function tableNames(tx: Transaction): Promise<string[]> {
  return (await rows<{ name: string }>(tx, sql`select relname as name from pg_class where relnamespace = current_schema()::regnamespace and relkind = 'r' order by 1`)).map(({ name }) => name)
}

/** The newest entries of one log before an index, and none before `from`, recorded until a moment where one is given. `types` narrows to whole types. */
export async function newestEntries(executor: Database | Transaction, of: { slot: number; from?: number | undefined; before?: number | undefined; until?: number | undefined; limit: number; types?: readonly string[] | undefined }): Promise<EntryRow[]> {
  return rows<EntryRow>(executor, sql`
    select slot, idx as index, leaf, body from ${tableOf(of.types)}
    where slot = ${of.slot} and idx >= ${of.from ?? 0} and idx < ${of.before ?? Number.MAX_SAFE_INTEGER} and ${of.types === undefined ? sql`true` : ofTypes(of.types)} and ${of.until === undefined ? sql`true` : sql`entry_at(body) <= ${of.until}`}
    order by idx desc limit ${of.limit}`)
}

/** Where an entry stands among those of all logs, by time. */
export interface Place { readonly at: number; readonly slot: number; readonly index: number }

type Outcome = 'allowed' | 'refused'

/** The newest decisions of these logs, or of all, before a place, from a moment on and until another. */
export async function newestDecisions(executor: Database | Transaction, of: { slots?: readonly number[] | undefined; outcome?: Outcome | undefined; before?: Place | undefined; since?: number | undefined; until: number; limit: number }): Promise<EntryRow[]> {
  const { before } = of
  return rows<EntryRow>(executor, sql`
    select slot, idx as index, leaf, body from decision_entry
    where entry_at(body) <= ${of.until} and ${of.since === undefined ? sql`true` : sql`entry_at(body) >= ${of.since}`} and ${narrowed(of)} and ${before === undefined ? sql`true` : sql`(entry_at(body), slot, idx) < (${before.at}::bigint, ${before.slot}::integer, ${before.index}::bigint)`}
    order by entry_at(body) desc, slot desc, idx desc limit ${of.limit}`)
}

const narrowed = ({ slots, outcome }: { slots?: readonly number[] | undefined; outcome?: Outcome | undefined }): RawBuilder<unknown> =>
  sql`${slots === undefined ? sql`true` : sql`slot = any(${[...slots]}::integer[])`} and ${outcome === undefined ? sql`true` : outcome === 'refused' ? isRefusal : sql`not ${isRefusal}`}`

/** How many decisions they are; no more than `max` are counted. */
export async function decisionCount(executor: Database | Transaction, of: { slots?: readonly number[] | undefined; outcome?: Outcome | undefined; until: number; max: number }): Promise<number> {
  return (await rows<{ count: number }>(executor, sql`select count(*) as count from (select from decision_entry where entry_at(body) <= ${of.until} and ${narrowed(of)} limit ${of.max}) as counted`))[0]?.count ?? 0
}

/** Entries of one log, as its head counts them. */
export async function logSize(executor: Database | Transaction, slot: number): Promise<number> {
  return (await rows<{ size: number }>(executor, sql`select size from head where slot = ${slot}`))[0]?.size ?? 0
}

/** The newest snapshots, below an index and until a moment where they are given. */
export async function newestSnapshots(executor: Database | Transaction, { before, until, limit }: { before?: number | undefined; until?: number | undefined; limit: number }): Promise<{ snapshot: number; at: number; slots: number }[]> {
  return rows(executor, sql`select idx as snapshot, time as at, slots from snapshot where idx < ${before ?? Number.MAX_SAFE_INTEGER} and time <= ${until ?? Number.MAX_SAFE_INTEGER} order by idx desc limit ${limit}`)
}

/** The newest head of one log that a snapshot fixed. */
export async function lastFixed(executor: Database | Transaction, slot: number): Promise<SnapshotHeadRow | undefined> {
  return (await rows<SnapshotHeadRow>(executor, sql`select slot, snapshot, size, root from snapshot_head where slot = ${slot} order by snapshot desc limit 1`))[0]
}
