import { createHash } from 'node:crypto'
import { addressOf, listenAt, one, rows, sql, transaction, type Database, type Listening, type Transaction } from '#database'
import { partOf, type Apply, type Entry } from '#ledger'
import { Refused } from '#kit/errors'
import type { Activity, Made, Schedule } from './types.ts'

const columns = sql.raw(`id, kind, slot, controller, contract, instruction, store, person, purpose, name, sha256, schedule, due_at as "dueAt", attempt, state, begun_at as "begunAt", ended_at as "endedAt", because, made`)
const scheduleColumns = sql.raw(`id, slot, controller, contract, instruction, store, person, purpose, name, sha256, cron, zone, keep, retries, scheduled_at as "scheduledAt", settled_until as "settledUntil", missed, ended_at as "endedAt", because`)

/** Every activity, refused ones too, oldest first. */
export async function allActivities(executor: Database | Transaction): Promise<Activity[]> {
  return rows<Activity>(executor, sql`select ${columns} from activity order by begun_at, id`)
}

/** Every schedule, ended ones too, oldest first. */
export async function allSchedules(executor: Database | Transaction): Promise<Schedule[]> {
  return rows<Schedule>(executor, sql`select ${scheduleColumns} from activity_schedule order by scheduled_at, id`)
}

/** Numbers an advisory lock by an activity's id: 64 bits of its hash. */
const lockOf = (id: string): bigint => createHash('sha256').update(`bailee activity ${id}`).digest().readBigInt64BE()

/** Says that an activity is being worked on, for as long as this process lives, or until closed. */
export function holdActivity(database: Database, id: string): Promise<Listening> {
  return listenAt(addressOf(database), { channels: [], holds: lockOf(id), heard: () => undefined })
}

/** Whether nobody works on an activity any more. */
export async function isLeft(executor: Database | Transaction, id: string): Promise<boolean> {
  return transaction(executor, async (tx) => (await one<{ free: boolean }>(tx, sql`select pg_try_advisory_xact_lock(${lockOf(id).toString()}::bigint) as free`)).free)
}

type Begun = Omit<Activity, 'slot' | 'state' | 'begunAt' | 'endedAt' | 'because' | 'made' | 'attempt'> & { readonly attempt?: number; readonly because?: string; readonly missed?: number; readonly made?: Made }

const ends = { 'activity.made': 'made', 'activity.failed': 'failed', 'activity.stopped': 'stopped' } as const
const begins = { 'activity.begun': 'begun', 'activity.refused': 'refused', 'activity.registered': 'made' } as const

/** Folds what activities came to, and schedules. */
export const applyActivity: Apply = async (tx, entry) => {
  if (entry.type in ends) return ended(tx, entry, ends[entry.type as keyof typeof ends])
  if (entry.type in begins) return begun(tx, entry, begins[entry.type as keyof typeof begins])
  if (entry.type === 'activity.scheduled') return scheduled(tx, entry)
  const over = partOf<{ id: string; because: string }>(entry, 'evidence')
  if (over === undefined) return
  const changed = await rows(tx, sql`update activity_schedule set ended_at = ${entry.at}, because = ${over.because} where id = ${over.id} and ended_at is null returning id`)
  if (changed.length === 0) throw new Refused('activity/unscheduled', `${over.id} is not scheduled any more`)
}

async function ended(tx: Transaction, entry: Entry, state: Activity['state']): Promise<void> {
  const end = partOf<{ id: string; because?: string; made?: Made }>(entry, 'evidence')
  if (end === undefined) return
  const changed = await rows(tx, sql`update activity set state = ${state}, ended_at = ${entry.at}, because = ${end.because ?? null}, made = ${end.made === undefined ? null : JSON.stringify(end.made)} where id = ${end.id} and state = 'begun' returning id`)
  if (changed.length === 0) throw new Refused('activity/ended', `${end.id} was recorded as ended before`)
}

/** A due time is settled once, and each try of it is made once, in the order of the ledger: whoever comes later is refused, and nothing of theirs is recorded. */
async function begun(tx: Transaction, entry: Entry, state: Activity['state']): Promise<void> {
  const one = partOf<Begun>(entry, 'evidence')
  if (one === undefined) return
  if (one.schedule !== null) {
    const taken = await ((one.attempt ?? 1) === 1 ? rows(tx, sql`update activity_schedule set settled_until = ${one.dueAt}, missed = missed + ${one.missed ?? 0} where id = ${one.schedule} and ended_at is null and settled_until < ${one.dueAt} returning id`) : triedAgain(tx, one))
    if (taken.length === 0) throw new Refused('activity/taken', `what was due of ${one.schedule} is run by another process, or is not due any more`)
  }
  await rows(tx, sql`
    insert into activity (id, kind, slot, controller, contract, instruction, store, person, purpose, name, sha256, schedule, due_at, attempt, state, begun_at, ended_at, because, made)
    values (${one.id}, ${one.kind}, ${entry.slot}, ${one.controller}, ${one.contract}, ${one.instruction}, ${one.store}, ${one.person}, ${one.purpose}, ${one.name}, ${one.sha256}, ${one.schedule}, ${one.dueAt}, ${one.attempt ?? 1},
      ${state}, ${entry.at}, ${state === 'begun' ? null : entry.at}, ${one.because ?? null}, ${one.made === undefined ? null : JSON.stringify(one.made)})`)
}

/** The schedule, where the try before this one failed and it may be tried again; none where somebody else does so, or something newer was due. */
async function triedAgain(tx: Transaction, { schedule, dueAt, attempt = 1 }: Begun): Promise<readonly unknown[]> {
  return rows(tx, sql`
    select s.id from activity_schedule s join activity before on before.schedule = s.id and before.due_at = s.settled_until and before.attempt = ${attempt - 1} and before.state = 'failed'
    where s.id = ${schedule} and s.ended_at is null and s.settled_until = ${dueAt} and s.retries >= ${attempt - 1} and not exists (select from activity again where again.schedule = s.id and again.due_at = s.settled_until and again.attempt = ${attempt})
    for update of s`)
}

async function scheduled(tx: Transaction, entry: Entry): Promise<void> {
  const one = partOf<Omit<Schedule, 'slot' | 'retries' | 'scheduledAt' | 'settledUntil' | 'missed' | 'endedAt' | 'because'> & { readonly retries?: number }>(entry, 'evidence')
  if (one === undefined) return
  await rows(tx, sql`
    insert into activity_schedule (id, slot, controller, contract, instruction, store, person, purpose, name, sha256, cron, zone, keep, retries, scheduled_at, settled_until, missed)
    values (${one.id}, ${entry.slot}, ${one.controller}, ${one.contract}, ${one.instruction}, ${one.store}, ${one.person}, ${one.purpose}, ${one.name}, ${one.sha256}, ${one.cron}, ${one.zone}, ${one.keep}, ${one.retries ?? 0}, ${entry.at}, ${entry.at}, 0)`)
}
