import { first, rows, sql, transaction, type Database } from '#database'
import type { Lead } from '#inventory'
import type { Instant } from '#kit/time'
import { ownPrefix } from '#kit/worker'
import type { SearchedPlace } from '../types.ts'

/**
 * A sweep while it runs. These tables are not folded from the ledger: they say what is still to be read, and are of no use once the sweep is recorded there.
 */
export interface Run {
  readonly id: string
  readonly purpose: string
  /** Ids of the stores asked; null: all. */
  readonly stores: readonly string[] | null
  /** SHA-256 over what is searched for: units read for other fingerprints cannot be used. */
  readonly fingerprints: string
  /** Looks for copies of governed copies as well. */
  readonly tells: boolean
  readonly coordinator: string
}

/** A piece of a place, to be read by whoever leases it. */
export interface Unit {
  readonly number: number
  readonly store: string
  readonly place: string
  readonly unit: string
  readonly bytes: number | null
  readonly signal: string | null
  readonly state: 'planned' | 'leased' | 'done' | 'unread'
  readonly attempts: number
  readonly readAt: Instant | null
  readonly file: string | null
  readonly sha256: string | null
  readonly because: string | null
}

export type PlannedUnit = Pick<Unit, 'store' | 'place' | 'unit' | 'bytes' | 'signal'>

/** Seconds that a lease lasts without being renewed: a machine that stops for longer has lost its unit to another. */
export const leaseSecondsMax = 60

/** Seconds since a sweep began after which it is not gone on with: what it read then says too little of now. */
export const resumeSecondsMax = 86_400

const unitColumns = sql.raw('number, store, place, unit, bytes, signal, state, attempts, read_at as "readAt", file, sha256, because')
const soon = sql`now() + make_interval(secs => ${leaseSecondsMax})`

/** Sweeps that have begun and not ended, oldest first; `young`: not too old to go on with; `held`: the lease of its coordinator still runs. */
export async function runningSweeps(database: Database): Promise<(Run & { young: boolean; held: boolean })[]> {
  return rows(database, sql`select id, purpose, stores, fingerprints, tells, coordinator, leased_until > now() as held, began_at > now() - make_interval(secs => ${resumeSecondsMax}) as young
    from sweep_run where state = 'running' order by began_at, id`)
}

/** Begins a sweep. */
export async function beginRun(database: Database, run: Run): Promise<void> {
  await rows(database, sql`insert into sweep_run (id, purpose, stores, fingerprints, tells, state, coordinator, leased_until)
    values (${run.id}, ${run.purpose}, ${run.stores}, ${run.fingerprints}, ${run.tells}, 'running', ${run.coordinator}, ${soon})`)
}

/** Takes over a sweep from `before`; false when another was faster. */
export async function takeOverRun(database: Database, run: Run, coordinator: string): Promise<boolean> {
  const taken = await rows(database, sql`update sweep_run set coordinator = ${coordinator}, leased_until = ${soon} where id = ${run.id} and state = 'running' and coordinator = ${run.coordinator} returning id`)
  return taken.length === 1
}

/** Ends a sweep whose result is recorded, and forgets its units. `carried`: places that were not read again. */
export async function completeRun(database: Database, id: string, { at, carried }: { at: Instant; carried: number }): Promise<void> {
  await transaction(database, async (tx) => {
    await rows(tx, sql`update sweep_run set state = 'completed', ended_at = ${at}, carried = ${carried} where id = ${id}`)
    await rows(tx, sql`delete from sweep_unit where sweep = ${id}`)
    await rows(tx, sql`delete from sweep_listing where sweep = ${id}`)
  })
}

/** Ends a sweep that nobody goes on with. */
export async function abandonRun(database: Database, id: string): Promise<void> {
  await transaction(database, async (tx) => {
    await rows(tx, sql`update sweep_run set state = 'abandoned' where id = ${id}`)
    await rows(tx, sql`delete from sweep_unit where sweep = ${id}`)
    await rows(tx, sql`delete from sweep_listing where sweep = ${id}`)
  })
}

/** When every place of every store was last read; undefined when that never was. */
export async function lastFullSweep(database: Database): Promise<Instant | undefined> {
  const found = await first<{ at: Instant | null }>(database, sql`select max(ended_at) as at from sweep_run where state = 'completed' and stores is null and carried = 0`)
  return found?.at ?? undefined
}

/** Whether a process that serves these stores (null: all) could read a unit of a sweep now. */
export async function hasFreeUnits(database: Database, sweep: string, stores: readonly string[] | null): Promise<boolean> {
  const free = await rows(database, sql`select from sweep_unit where sweep = ${sweep} and (state = 'planned' or (state = 'leased' and leased_until < now())) and (${stores}::text[] is null or store = any(${stores})) limit 1`)
  return free.length > 0
}

/** Renews what this process holds: a sweep that it coordinates, units that it reads, and stores that it lists. */
export async function renewLeases(database: Database, worker: string): Promise<void> {
  await rows(database, sql`update sweep_run set leased_until = ${soon} where coordinator = ${worker} and state = 'running'`)
  await rows(database, sql`update sweep_unit set leased_until = ${soon} where worker = ${worker} and state = 'leased'`)
  await rows(database, sql`update sweep_listing set leased_until = ${soon} where worker = ${worker} and listed is null`)
}

/** Units that a process leased which is known to have ended are free again. */
export async function releaseUnits(database: Database, worker: string): Promise<void> {
  await rows(database, sql`update sweep_unit set state = 'planned', worker = null, leased_until = null where worker = ${worker} and state = 'leased'`)
}

/** Processes with units under lease. */
export async function leasingWorkers(database: Database): Promise<string[]> {
  return (await rows<{ worker: string }>(database, sql`select distinct worker from sweep_unit where state = 'leased'`)).map(({ worker }) => worker)
}

/** Every unit of a sweep, by number. */
export async function unitsOf(database: Database, sweep: string): Promise<Unit[]> {
  return rows<Unit>(database, sql`select ${unitColumns} from sweep_unit where sweep = ${sweep} order by number`)
}

/** How many rows one statement inserts: its text stays small. */
const insertMax = 1_000

/** Replaces the plan: `dropped` units go, `planned` ones come, the others stay as they are. In one transaction. */
export async function changePlan(database: Database, sweep: string, { dropped, planned }: { dropped: readonly number[]; planned: readonly PlannedUnit[] }): Promise<void> {
  await transaction(database, async (tx) => {
    if (dropped.length > 0) await rows(tx, sql`delete from sweep_unit where sweep = ${sweep} and number = any(${dropped})`)
    const last = await first<{ last: number }>(tx, sql`select coalesce(max(number), 0)::int as last from sweep_unit where sweep = ${sweep}`)
    for (let from = 0; from < planned.length; from += insertMax) {
      const listed = planned.slice(from, from + insertMax).map((unit, index) => ({ ...unit, number: (last?.last ?? 0) + from + index + 1 }))
      await rows(tx, sql`insert into sweep_unit (sweep, number, store, place, unit, bytes, signal, state)
        select ${sweep}, number, store, place, unit, bytes, signal, 'planned'
        from jsonb_to_recordset(${JSON.stringify(listed)}::jsonb) as listed (number integer, store text, place text, unit text, bytes bigint, signal text)`)
    }
  })
}

/** Units leased together at most, and bytes that each of them may have: many small places are read and recorded in one step. */
export const batchUnitsMax = 64
export const smallBytesMax = 256 * 1024

/**
 * Leases what is next among the units that are free or whose lease ran out: one, or several small ones. A unit that was begun before is leased alone, since it may
 * be what ended the process that read it. Empty when there is none. `stores`: only of these; null for all.
 */
export async function leaseUnits(database: Database, { sweep, worker, stores = null }: { sweep: string; worker: string; stores?: readonly string[] | null | undefined }): Promise<Unit[]> {
  const leased = await rows<Unit>(database, sql`
    with free as (
      select number, attempts = 0 and coalesce(bytes, ${smallBytesMax} + 1) <= ${smallBytesMax} as small from sweep_unit
      where sweep = ${sweep} and (state = 'planned' or (state = 'leased' and leased_until < now())) and (${stores}::text[] is null or store = any(${stores}))
      order by number limit ${batchUnitsMax} for update skip locked),
    next as (select number, small from free order by number limit 1),
    chosen as (select number from next union select free.number from free, next where free.small and next.small)
    update sweep_unit set state = 'leased', worker = ${worker}, leased_until = ${soon}, attempts = attempts + 1
    where sweep = ${sweep} and number in (select number from chosen)
    returning ${unitColumns}`)
  return leased.sort((a, b) => a.number - b.number)
}

export interface Read { readonly numbers: readonly number[]; readonly file: string; readonly sha256: string; readonly readAt: Instant }

/** Ends units that this worker holds; those whose lease ran out and that another took stay with the other. */
export async function endUnits(database: Database, { sweep, worker }: { sweep: string; worker: string }, ended: { read?: Read | undefined; unread: readonly { number: number; because: string }[] }): Promise<void> {
  await transaction(database, async (tx) => {
    const { read } = ended
    if (read !== undefined) {
      await rows(tx, sql`update sweep_unit set state = 'done', file = ${read.file}, sha256 = ${read.sha256}, read_at = ${read.readAt}
        where sweep = ${sweep} and number = any(${read.numbers}) and worker = ${worker} and state = 'leased'`)
    }
    for (const { number, because } of ended.unread) {
      await rows(tx, sql`update sweep_unit set state = 'unread', because = ${because} where sweep = ${sweep} and number = ${number} and worker = ${worker} and state = 'leased'`)
    }
  })
}

/** How far a sweep is, in units and bytes. */
export async function progressOf(database: Database, sweep: string): Promise<{ done: number; total: number; bytesDone: number; bytes: number }> {
  const found = await first<{ done: number; total: number; bytesDone: number; bytes: number }>(database, sql`
    select count(*) filter (where state in ('done', 'unread'))::int as done, count(*)::int as total,
      coalesce(sum(bytes) filter (where state in ('done', 'unread')), 0)::bigint as "bytesDone", coalesce(sum(bytes), 0)::bigint as bytes
    from sweep_unit where sweep = ${sweep}`)
  return found ?? { done: 0, total: 0, bytesDone: 0, bytes: 0 }
}

export interface KeptPlace {
  readonly store: string
  readonly place: string
  readonly signal: string
  readonly fingerprints: string
  readonly readAt: Instant
  readonly result: SearchedPlace
}

/** What is known of every place from the sweep that read it last. */
export async function keptPlaces(database: Database): Promise<KeptPlace[]> {
  return rows<KeptPlace>(database, sql`select store, place, signal, fingerprints, read_at as "readAt", result from sweep_place`)
}

/**
 * Keeps what places held, in place of what was known of them, and forgets those of these stores that are not among `there`: they are gone, or were not
 * read whole.
 */
export async function keepPlaces(database: Database, { stores, there, kept }: { stores: readonly string[]; there: readonly Pick<KeptPlace, 'store' | 'place'>[]; kept: readonly KeptPlace[] }): Promise<void> {
  await transaction(database, async (tx) => {
    await rows(tx, sql`delete from sweep_place where store = any(${stores}) and not exists (
      select from jsonb_to_recordset(${JSON.stringify(there)}::jsonb) as there (store text, place text) where there.store = sweep_place.store and there.place = sweep_place.place)`)
    for (let from = 0; from < kept.length; from += insertMax) {
      await rows(tx, sql`insert into sweep_place (store, place, signal, fingerprints, read_at, result)
        select store, place, signal, fingerprints, "readAt", result
        from jsonb_to_recordset(${JSON.stringify(kept.slice(from, from + insertMax))}::jsonb) as kept (store text, place text, signal text, fingerprints text, "readAt" bigint, result jsonb)
        on conflict (store, place) do update set signal = excluded.signal, fingerprints = excluded.fingerprints, read_at = excluded.read_at, result = excluded.result
          where sweep_place.read_at <= excluded.read_at`)
    }
  })
}

/** Keeps where stores led when a sweep began, unless it was begun before; resolves to what is kept. */
export async function keepLeads(database: Database, sweep: string, leads: readonly Lead[]): Promise<readonly Lead[]> {
  const kept = await first<{ leads: Lead[] }>(database, sql`update sweep_run set leads = coalesce(leads, ${JSON.stringify(leads)}::jsonb) where id = ${sweep} returning leads`)
  return kept?.leads ?? leads
}

/** Slots in whose logs this sweep is recorded already. */
export async function recordedSlots(database: Database, sweep: string): Promise<ReadonlySet<number>> {
  return new Set((await rows<{ slot: number }>(database, sql`select slot from sweep where id = ${sweep}`)).map(({ slot }) => slot))
}

/** Gives up what this process holds, so that the next need not wait: its sweep can be gone on with at once. */
export async function letGoOf(database: Database, worker: string): Promise<void> {
  await releaseUnits(database, worker)
  await rows(database, sql`update sweep_run set leased_until = now() where coordinator = ${worker} and state = 'running'`)
}

/** Gives up whatever this process holds, under any of its names. */
export async function letGoOfUnits(database: Database): Promise<void> {
  const mine = `${ownPrefix().replaceAll(/[\\%_]/g, '\\$&')}%`
  await rows(database, sql`update sweep_unit set state = 'planned', worker = null, leased_until = null where worker like ${mine} and state = 'leased'`)
  await rows(database, sql`update sweep_run set leased_until = now() where coordinator like ${mine} and state = 'running'`)
}

/** The places of one store, as whoever serves it listed them, or where it leads. */
export interface ListedStore {
  readonly lead?: Lead
  readonly places: readonly { readonly place: string; readonly of: string | null; readonly bytes: number | null; readonly signal: string | null; readonly units: readonly string[] }[]
  readonly notRead: readonly { readonly place: string; readonly because: string }[]
}

interface Wanted { readonly sweep: string; readonly number: number; readonly store: string }

/** Asks whoever serves these stores to list them. Safe to call twice; what was listed for another coordinator of the same sweep is listed anew. */
export async function wantListings(database: Database, { sweep, number, stores }: { sweep: string; number: number; stores: readonly string[] }): Promise<void> {
  await transaction(database, async (tx) => {
    await rows(tx, sql`delete from sweep_listing where sweep = ${sweep} and number = ${number} and listed is not null`)
    await rows(tx, sql`insert into sweep_listing (sweep, number, store) select ${sweep}, ${number}, store from unnest(${stores}::text[]) as store on conflict do nothing`)
  })
}

/** What was listed so far, by store. */
export async function listedBy(database: Database, { sweep, number }: { sweep: string; number: number }): Promise<ReadonlyMap<string, ListedStore>> {
  const found = await rows<{ store: string; listed: ListedStore }>(database, sql`select store, listed from sweep_listing where sweep = ${sweep} and number = ${number} and listed is not null`)
  return new Map(found.map(({ store, listed }) => [store, listed]))
}

/** Leases a store to be listed, of any running sweep, to a process that serves it. */
export async function leaseListing(database: Database, { worker, stores }: { worker: string; stores: readonly string[] }): Promise<Wanted | undefined> {
  return first<Wanted>(database, sql`
    update sweep_listing set worker = ${worker}, leased_until = ${soon} where (sweep, number, store) in (
      select sweep, number, store from sweep_listing where listed is null and (leased_until is null or leased_until < now()) and store = any(${stores}) order by sweep, number, store limit 1 for update skip locked)
    returning sweep, number, store`)
}

/** Records what a store holds, for the sweep that waits for it. */
export async function recordListing(database: Database, { sweep, number, store, worker }: Wanted & { readonly worker: string }, listed: ListedStore): Promise<void> {
  await rows(database, sql`update sweep_listing set listed = ${JSON.stringify(listed)} where sweep = ${sweep} and number = ${number} and store = ${store} and worker = ${worker}`)
}

/** Frees stores that processes were to list which have ended. */
export async function freeListings(database: Database, ended: (worker: string) => boolean): Promise<void> {
  const held = await rows<{ worker: string }>(database, sql`select distinct worker from sweep_listing where listed is null and worker is not null`)
  for (const { worker } of held) if (ended(worker)) await rows(database, sql`update sweep_listing set worker = null, leased_until = null where worker = ${worker} and listed is null`)
}

/** A folder as it was last seen with files in it: which one it is, a hash of its path (null when that was not kept yet), and hashes of the names of some files in it. */
export interface FolderSeen { readonly folder: string; readonly led: string | null; readonly places: readonly string[] }

/** Which folder it was when a store of files was last seen with files in it (`Lead.of`). */
export async function folderSeen(database: Database, store: string): Promise<FolderSeen | undefined> {
  return first<FolderSeen>(database, sql`select folder, led, places from store_folder where store = ${store}`)
}

/** Keeps which folder that is; writes only what has changed. */
export async function keepFolder(database: Database, store: string, { folder, led, places }: FolderSeen): Promise<void> {
  await rows(database, sql`insert into store_folder (store, folder, led, places) values (${store}, ${folder}, ${led}, array(select jsonb_array_elements_text(${JSON.stringify(places)}::jsonb)))
    on conflict (store) do update set folder = excluded.folder, led = excluded.led, places = excluded.places
    where (store_folder.folder, store_folder.led, store_folder.places) is distinct from (excluded.folder, excluded.led, excluded.places)`)
}

/** Where stores are, as those tell who serve them; '' where they cannot. */
export async function knownAddresses(database: Database): Promise<ReadonlyMap<string, string>> {
  return new Map((await rows<{ store: string; address: string }>(database, sql`select store, address from store_address`)).map(({ store, address }) => [store, address]))
}

/** Tells where stores are; writes only what has changed. */
export async function publishAddresses(database: Database, told: readonly { readonly store: string; readonly address: string }[]): Promise<void> {
  await rows(database, sql`insert into store_address (store, address) select store, address from jsonb_to_recordset(${JSON.stringify(told)}::jsonb) as told (store text, address text)
    on conflict (store) do update set address = excluded.address where store_address.address <> excluded.address`)
}
