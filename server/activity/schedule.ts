/** Activities that are due again and again: whoever works on them, one due time is run once. */
import { randomBytes } from 'node:crypto'
import { allContracts } from '#contract'
import { allInstructions, isInForce } from '#instruction'
import { destroyed, type Entry, type Json } from '#ledger'
import { Broken, Misuse, Refused } from '#kit/errors'
import { formatInstant, type Instant } from '#kit/time'
import { NotRun } from './adapter/session.ts'
import { dueOf, isLate, mustBeCron, nextDue, retriesMax, retryAt } from './due.ts'
import { decided, planActivity, refusalOf, whoseOf } from './plan.ts'
import { mustBeText, runActivity, settleActivities, sha256Of, type Due, type Settled } from './run.ts'
import { allActivities, allSchedules } from './store.ts'
import type { Activity, ActivityContext, ActivityRequest, Schedule } from './types.ts'

export interface ScheduleRequest extends ActivityRequest {
  readonly cron: string
  readonly zone: string
  /** Results that are kept; all without. */
  readonly keep?: number | undefined
  /** How often a run that failed is tried again; not at all without. */
  readonly retries?: number | undefined
}

/** From now on the query is due when the expression says. Its text is kept in the ledger, sealed as what was instructed is, so that no file need be there. Throws `Refused` when it is not covered today. */
export async function scheduleActivity({ ledger, references }: ActivityContext, request: ScheduleRequest, at: Instant): Promise<Schedule> {
  mustBeText(request.text)
  mustBeCron(request.cron, request.zone, at)
  if (!Number.isInteger(request.retries ?? 0) || (request.retries ?? 0) < 0 || (request.retries ?? 0) > retriesMax) throw new Misuse(`what failed is tried again from 0 to ${retriesMax} times, not ${request.retries}`)
  const planned = await planActivity({ ledger, references }, request, at)
  const because = refusalOf(planned)
  const { slot } = planned.instruction
  if (because !== undefined) {
    await ledger.append(decided(planned, at))
    throw new Refused('activity/not-covered', `nothing was scheduled: ${because}`)
  }
  const { cron, zone, keep = null, retries = 0, text } = request
  const id = `S-${randomBytes(5).toString('hex')}`
  const evidence = { id, ...whoseOf(planned, request), sha256: sha256Of(text), cron, zone, keep, ...(retries === 0 ? {} : { retries }) }
  await ledger.append([decided(planned, at), { slot, type: 'activity.scheduled', at, parts: { evidence, instruction: { id, text } } }])
  return (await allSchedules(ledger.database)).find((one) => one.id === id)!
}

/** Nothing of it is due any more; what it made stays, as long as its instruction lasts. */
export async function unscheduleActivity({ ledger }: ActivityContext, id: string, at: Instant, because = 'asked for'): Promise<void> {
  const found = (await allSchedules(ledger.database)).find((one) => one.id === id)
  if (found === undefined) throw new Misuse(`there is no schedule ${JSON.stringify(id)}; bailee activity due shows them`)
  await ledger.append({ slot: found.slot, type: 'activity.unscheduled', at, parts: { evidence: { id, because } } })
}

export interface DueReport {
  readonly made: readonly Activity[]
  /** What was due and was refused or failed: recorded, with its reason; what failed is tried again where its schedule says so. */
  readonly not: readonly { readonly schedule: string; readonly dueAt: Instant; readonly because: string }[]
  readonly settled: readonly Settled[]
  /** Schedules whose instruction is over: nothing of them is due any more. */
  readonly ended: readonly string[]
}

/**
 * Runs what is due, in all stores or in `stores` only: of each schedule the newest due time, once in all, however many processes do this at the same time. Times before it that nobody ran are counted as missed, and not made up
 * for. What failed is tried again, as often and as late as `retryAt` says. What another process took first is left to it.
 */
export async function runDue(context: ActivityContext, at: Instant, stores?: readonly string[]): Promise<DueReport> {
  const { ledger } = context
  const report = { made: [] as Activity[], not: [] as { schedule: string; dueAt: Instant; because: string }[], settled: await settleActivities(context, at), ended: await endOver(context, at) }
  for (const schedule of (await allSchedules(ledger.database)).filter(({ endedAt, store }) => endedAt === null && stores?.includes(store) !== false)) {
    const due = await dueNow(context, schedule, at)
    if (due === undefined) continue
    try {
      const { instruction, person, name, purpose, store, keep } = schedule
      report.made.push(await runActivity(context, { instruction, person, name, purpose, store, text: await textOf(context, schedule) }, at, { schedule: schedule.id, keep, ...due }))
    } catch (cause) {
      if (cause instanceof Refused && cause.code === 'activity/taken') continue
      const because = reasonOf(cause)
      report.not.push({ schedule: schedule.id, dueAt: due.dueAt, because })
      await settleDue(context, schedule, { ...due, because }, at).catch(() => undefined) // where nothing can be recorded it is due still, and so are the others
    }
  }
  return report
}

/** What is due first; else what failed and is to be tried again. */
async function dueNow({ ledger: { database } }: ActivityContext, schedule: Schedule, at: Instant): Promise<Tried | undefined> {
  const due = dueOf(schedule, at)
  if (due !== undefined) return { ...due, attempt: 1 }
  if (schedule.retries === 0) return undefined
  const last = lastOf(schedule, await allActivities(database))
  const again = retryAt(schedule, last)
  return last === undefined || again === undefined || again > at ? undefined : { dueAt: schedule.settledUntil, missed: 0, attempt: last.attempt + 1 }
}

type Tried = Omit<Due, 'schedule' | 'keep'>

const lastOf = ({ id }: Schedule, activities: readonly Activity[]): Activity | undefined =>
  activities.filter((one) => one.schedule === id).reduce<Activity | undefined>((last, one) => (last === undefined || (one.dueAt ?? 0) > (last.dueAt ?? 0) || (one.dueAt === last.dueAt && one.attempt > last.attempt) ? one : last), undefined)

/** Goes into logs: no word of the database's, which may be somebody's values. */
function reasonOf(cause: unknown): string {
  if (cause instanceof NotRun) return cause.because
  if (cause instanceof Refused || cause instanceof Broken || cause instanceof Misuse) return cause.message
  const { name, code } = cause as { name?: unknown; code?: unknown }
  return `it failed in a way that was not foreseen: ${[name, code].filter((one) => typeof one === 'string').join(' ')}`
}

/** What failed before it was begun is recorded as refused, and not due any more; of what was begun before it failed, the fold refuses this. */
async function settleDue({ ledger }: ActivityContext, { id: schedule, slot, controller, contract, instruction, store, person, purpose, name, sha256 }: Schedule, { dueAt, missed, attempt, because }: Tried & { readonly because: string }, at: Instant): Promise<void> {
  const evidence = { id: `A-${randomBytes(5).toString('hex')}`, kind: 'statement', controller, contract, instruction, store, person, purpose, name, sha256, schedule, dueAt, missed, ...(attempt === 1 ? {} : { attempt }), because }
  await ledger.append({ slot, type: 'activity.refused', at, parts: { evidence } })
}

/** The query of a schedule, out of the entry that holds it. */
async function textOf({ ledger }: ActivityContext, { id, slot, sha256 }: Schedule): Promise<string> {
  const held = (entry: Entry): { id?: Json; text?: Json } => { const part = entry.parts.instruction; return part === undefined || part === destroyed || typeof part !== 'object' || part === null ? {} : part as { id?: Json; text?: Json } }
  const text = (await ledger.read(slot, { types: ['activity.scheduled'] })).map(held).find((one) => one.id === id)?.text
  if (typeof text !== 'string' || sha256Of(text) !== sha256) throw new Broken('activity/no-text', `the query of ${id} cannot be read any more: schedule it again from its file`)
  return text
}

async function endOver(context: ActivityContext, at: Instant): Promise<string[]> {
  const { database } = context.ledger
  const contracts = new Map((await allContracts(database)).map(({ id, endedAt }) => [id, endedAt]))
  const covering = new Set((await allInstructions(database)).flatMap((one) => (isInForce(one, contracts.get(one.contract), at) ? [one.id] : [])))
  const over = (await allSchedules(database)).filter(({ endedAt, instruction }) => endedAt === null && !covering.has(instruction))
  const ended: string[] = []
  for (const { id } of over) await unscheduleActivity(context, id, at, 'its instruction is over').then(() => { ended.push(id) }, (cause: unknown) => { if (!(cause instanceof Refused)) throw cause })
  return ended
}

export interface ScheduleState {
  readonly schedule: Schedule
  readonly next: Instant | undefined
  /** What is due was not begun in time: no worker runs. */
  readonly late: boolean
  /** The first time at which nothing was begun; undefined: it is not late. */
  readonly lateFor: Instant | undefined
  readonly last: Activity | undefined
  /** When what failed is tried again; undefined: it is not. */
  readonly again: Instant | undefined
  /** Why somebody should look; none: all is as it should be. */
  readonly alarms: readonly string[]
}

/** How every schedule stands that is not ended. */
export async function schedulesAt({ ledger: { database } }: { readonly ledger: Pick<ActivityContext['ledger'], 'database'>; readonly references?: ActivityContext['references'] }, at: Instant): Promise<ScheduleState[]> {
  const activities = await allActivities(database)
  return (await allSchedules(database)).filter(({ endedAt }) => endedAt === null).map((schedule) => {
    const last = lastOf(schedule, activities)
    const again = retryAt(schedule, last)
    const late = isLate(schedule, at)
    const alarms = [
      ...(late ? ['what is due was not begun: run bailee worker or bailee serve, or bailee activity due --run'] : []),
      ...(last === undefined || last.state === 'made' || last.state === 'begun' ? [] : [`its last run, ${last.id}, was not made: ${last.state}, ${last.because ?? ''}${again === undefined ? '' : `; it is tried again ${formatInstant(again)}`}`]),
    ]
    return { schedule, next: nextDue(schedule, at), late, lateFor: late ? nextDue(schedule, schedule.settledUntil) : undefined, last, again, alarms }
  })
}
