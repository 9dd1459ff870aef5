import { addressOf, first, listenAt, one, rows, sql, transaction, type Database, type Listening, type Transaction } from '#database'
import { partOf, type Apply, type Entry } from '#ledger'
import { Refused } from '#kit/errors'
import type { SessionCounts } from './doorkeeper.ts'

/** A session as the ledger has it. `counts` are exact once it was closed; until then the leases say at most what left. */
export interface SessionRow {
  readonly id: string
  readonly slot: number
  readonly gateway: string
  readonly person: string
  readonly instruction: string
  readonly store: string
  readonly purpose: string
  readonly openedAt: number
  readonly leasedRows: number
  readonly leasedBytes: number
  readonly closedAt: number | null
  readonly because: string | null
  readonly counts: SessionCounts | null
}

const columns = sql.raw(`id, slot, gateway, person, instruction, store, purpose, opened_at as "openedAt", leased_rows as "leasedRows", leased_bytes as "leasedBytes", closed_at as "closedAt", because, counts`)

/** Sessions that one gateway opened and never closed. */
export async function openSessions(executor: Database | Transaction, gateway: string): Promise<SessionRow[]> {
  return rows<SessionRow>(executor, sql`select ${columns} from session where gateway = ${gateway} and closed_at is null order by id`)
}

/** Ids of every session that is open, at whichever gateway. */
export async function openSessionIds(executor: Database | Transaction): Promise<Set<string>> {
  return new Set((await rows<{ id: string }>(executor, sql`select id from session where closed_at is null`)).map(({ id }) => id))
}

/** The names of all gateways with sessions that are not closed. */
export async function gatewaysAtWork(executor: Database | Transaction): Promise<string[]> {
  return (await rows<{ gateway: string }>(executor, sql`select distinct gateway from session where closed_at is null order by gateway`)).map(({ gateway }) => gateway)
}

/** Whether nobody holds this advisory lock: whoever would, has died. */
export async function isFree(executor: Database | Transaction, lock: bigint): Promise<boolean> {
  // Within a transaction, so that it is given back on the connection that took it.
  return transaction(executor, async (tx) => (await one<{ free: boolean }>(tx, sql`select pg_try_advisory_xact_lock(${lock.toString()}::bigint) as free`)).free)
}

/** The newest sessions first, at most 1,000. */
export async function recentSessions(executor: Database | Transaction, filter: { person?: string | undefined; instruction?: string | undefined; open?: boolean | undefined; limit?: number | undefined } = {}): Promise<SessionRow[]> {
  const { person = null, instruction = null, open = false, limit = 1_000 } = filter
  return rows<SessionRow>(executor, sql`
    select ${columns} from session
    where (${person}::text is null or person = ${person}) and (${instruction}::text is null or instruction = ${instruction}) and (not ${open} or closed_at is null)
    order by opened_at desc, id limit ${Math.min(limit, 1_000)}`)
}

export async function findSession(executor: Database | Transaction, id: string): Promise<SessionRow | undefined> {
  return first<SessionRow>(executor, sql`select ${columns} from session where id = ${id}`)
}

/** Moves with every change of what acts are judged by. */
export async function judgedVersion(executor: Database | Transaction): Promise<number> {
  return (await one<{ version: number }>(executor, sql`/* prepared */ select version from judged`)).version
}

/** The version as above, and which of these sessions were closed, ended by name, or opened where a way out was found since. */
export async function judgedSessions(executor: Database | Transaction, sessions: readonly string[]): Promise<{ version: number; ended: string[] }> {
  return one(executor, sql`/* prepared */
    select version, array(
      select id from session where id = any(${[...sessions]}::text[]) and (closed_at is not null or revoked_at is not null
        or exists (select from proof where proof.store = session.store and proof.instruction = session.instruction and proof.state = 'through'))) as ended
    from judged`)
}

const secondsPerDay = 86_400

/** Rows that a person's sessions under an instruction used or hold on the day (UTC) of `at`. */
export async function rowsUsed(executor: Database | Transaction, of: { person: string; instruction: string; at: number }): Promise<number> {
  const day = Math.floor(of.at / secondsPerDay)
  const found = await first<{ used: number }>(executor, sql`/* prepared */
    select spent_rows + held_rows as used from budget where person = ${of.person} and instruction = ${of.instruction} and day = ${day}`)
  return found?.used ?? 0
}

const channels = { judged: 'bailee_judged', cancel: 'bailee_cancel' } as const

/** Hears what other processes say to gateways, and holds the lock that says that this one lives. */
export async function listenForGateways(database: Database, { holds, changed, cancelled }: { holds: bigint; changed: () => void; cancelled: (key: string) => void }): Promise<Listening> {
  return listenAt(addressOf(database), {
    channels: Object.values(channels), holds, connected: changed,
    heard: (channel, payload) => (channel === channels.cancel ? cancelled(payload) : changed()),
  })
}

/** Tells all gateways that whoever has this session is asked to cancel it. */
export async function passCancel(database: Database, key: string): Promise<void> {
  await rows(database, sql`select pg_notify(${channels.cancel}, ${key})`)
}

/** Folds `session.opened`, `session.revoked` and `session.closed`. */
export const applySession: Apply = async (tx, entry) => {
  if (entry.type === 'session.opened') return opened(tx, entry)
  if (entry.type === 'session.closed') return closed(tx, entry)
  const revoked = partOf<{ session: string }>(entry, 'access')
  if (revoked !== undefined) await mustBeOpen(rows(tx, sql`update session set revoked_at = ${entry.at} where id = ${revoked.session} and closed_at is null returning id`), revoked.session)
}

async function mustBeOpen(changed: Promise<readonly unknown[]>, session: string): Promise<void> {
  if ((await changed).length !== 1) throw new Refused('session/closed', `session ${session} is not open`)
}

interface OpenedPart extends Pick<SessionRow, 'id' | 'gateway' | 'person' | 'instruction' | 'store' | 'purpose'> { readonly sessions_max?: { readonly person: number; readonly instruction: number } }

async function opened(tx: Transaction, entry: Entry): Promise<void> {
  const part = partOf<OpenedPart>(entry, 'access')
  if (part === undefined) return
  const { person, instruction } = await one<{ person: number; instruction: number }>(tx, sql`/* prepared */
    with made as (
      insert into session (id, slot, gateway, person, instruction, store, purpose, opened_at)
      values (${part.id}, ${entry.slot}, ${part.gateway}, ${part.person}, ${part.instruction}, ${part.store}, ${part.purpose}, ${entry.at}))
    select (select count(*) from session where closed_at is null and person = ${part.person}) as person,
           (select count(*) from session where closed_at is null and instruction = ${part.instruction}) as instruction`)
  const max = part.sessions_max
  if (max === undefined) return
  if (person >= max.person) throw new Refused('session/too-many', `${part.person} has ${person} sessions open, and one person may have ${max.person}`)
  if (instruction >= max.instruction) throw new Refused('session/too-many', `${instruction} sessions are open under ${part.instruction}, and one instruction may have ${max.instruction}`)
}

/** What was leased on a day is used in the order of the days; what is left of it is given back. */
async function closed(tx: Transaction, entry: Entry): Promise<void> {
  const part = partOf<{ session: string; because: string; counts: SessionCounts }>(entry, 'access')
  if (part === undefined) return
  await mustBeOpen(rows(tx, sql`/* prepared */
    with ended as (
      update session set closed_at = ${entry.at}, because = ${part.because}, counts = ${JSON.stringify(part.counts)}
      where id = ${part.session} and closed_at is null returning id, person, instruction),
    leased as (delete from session_lease using ended where session = ended.id returning day, rows),
    used as (select day, rows, least(rows, greatest(0, ${part.counts.charged}::bigint - (sum(rows) over (order by day) - rows))) as spent from leased),
    moved as (
      update budget set held_rows = held_rows - used.rows, spent_rows = spent_rows + used.spent from used, ended
      where budget.person = ended.person and budget.instruction = ended.instruction and budget.day = used.day)
    select id from ended`), part.session)
}

/** Folds `lease.taken`: never beyond the day's budget that it names. */
export const applyLease: Apply = async (tx, entry) => {
  const lease = partOf<{ session: string; rows: number; bytes: number; rows_per_day_max?: number }>(entry, 'access')
  if (lease === undefined) return
  const day = Math.floor(entry.at / secondsPerDay)
  const found = await rows<{ used: number }>(tx, sql`/* prepared */
    with held as (
      update session set leased_rows = leased_rows + ${lease.rows}, leased_bytes = leased_bytes + ${lease.bytes}
      where id = ${lease.session} and closed_at is null returning id, person, instruction),
    part as (
      insert into session_lease (session, day, rows, bytes) select id, ${day}::integer, ${lease.rows}::bigint, ${lease.bytes}::bigint from held
      on conflict (session, day) do update set rows = session_lease.rows + excluded.rows, bytes = session_lease.bytes + excluded.bytes)
    insert into budget (person, instruction, day, held_rows) select person, instruction, ${day}::integer, ${lease.rows}::bigint from held
    on conflict (person, instruction, day) do update set held_rows = budget.held_rows + excluded.held_rows
    returning spent_rows + held_rows as used`)
  if (found[0] === undefined) throw new Refused('session/closed', `session ${lease.session} is not open`)
  if (lease.rows > 0 && lease.rows_per_day_max !== undefined && found[0].used > lease.rows_per_day_max) throw new Refused('lease/day-budget', 'the budget of this day is spent')
}

/** What was seen of sessions under one instruction: how many, rows that left in those that were closed, and between which moments. */
export interface SessionsSeen {
  readonly slot: number
  readonly instruction: string
  readonly sessions: number
  readonly rows: number
  readonly first: number
  readonly last: number
}

/** Sessions of all time by instruction; of one log, or under one instruction, where it is named. */
export async function sessionsSeen(executor: Database | Transaction, { slot = null, instruction = null }: { slot?: number | null | undefined; instruction?: string | null } = {}): Promise<SessionsSeen[]> {
  return rows<SessionsSeen>(executor, sql`
    select slot, instruction, count(*) as sessions, coalesce(sum((counts ->> 'rows')::bigint), 0)::bigint as rows, min(opened_at) as first, max(opened_at) as last
    from session where (${slot}::integer is null or slot = ${slot}) and (${instruction}::text is null or instruction = ${instruction}) group by slot, instruction order by slot, instruction`)
}
