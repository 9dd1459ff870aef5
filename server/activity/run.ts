/** Runs an activity: decided, recorded as begun, done in a session of the gateway, its result registered before it is committed. */
import { createHash, randomBytes } from 'node:crypto'
import { allDerived } from '#inventory'
import { lookAtResults, openDoorkeeper } from '#gateway'
import { usedDraft } from '#instruction'
import type { Draft, Json } from '#ledger'
import { Misuse, Refused } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import type { Instant } from '#kit/time'
import { inSession, NotRun, type Ask } from './adapter/session.ts'
import { lineageOf } from './lineage.ts'
import { decided, planActivity, refusalOf, textCharactersMax, whoseOf, type Planned } from './plan.ts'
import { allActivities, holdActivity, isLeft } from './store.ts'
import type { Activity, ActivityContext, ActivityRequest, Lineage, Made } from './types.ts'

/** The due time that a run settles; `missed`: how many before it nobody ran. */
export interface Due { readonly schedule: string; readonly dueAt: Instant; readonly missed: number; /** Of the tries for that time, from 1. */ readonly attempt: number; /** Results that are kept, this one included. */ readonly keep: number | null }

export const sha256Of = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Throws `Misuse` for a text that is not one query as far as that is seen without reading it; the database says the rest. */
export function mustBeText(text: string): void {
  if (text.trim() === '') throw new Misuse('the file is empty; it holds one query')
  if (text.length > textCharactersMax || text.includes('\0')) throw new Misuse(`the file holds one query of at most ${textCharactersMax} characters`)
}

/**
 * Runs one query of an instruction, and keeps its rows as a table of the instruction's own: a derived dataset of the same controller. Throws `Refused` when it is not covered, does not run, or is not due any more; what
 * was refused or failed is recorded with its reason, and nothing of it is there.
 */
export async function runActivity(context: ActivityContext, request: ActivityRequest, at: Instant, due?: Due): Promise<Activity> {
  mustBeText(request.text)
  const planned = await planActivity(context, request, at)
  const { ledger } = context
  const { instruction, decision } = planned
  const id = `A-${randomBytes(5).toString('hex')}`
  const held = await holdActivity(ledger.database, id)
  try {
    const evidence = { id, kind: 'statement', ...whoseOf(planned, request), sha256: sha256Of(request.text), schedule: due?.schedule ?? null, dueAt: due?.dueAt ?? null, missed: due?.missed ?? 0, ...(due === undefined || due.attempt === 1 ? {} : { attempt: due.attempt }) }
    const because = refusalOf(planned)
    const draft = (type: string, more: Readonly<Record<string, Json>> = {}): Draft => ({ slot: instruction.slot, type, at, parts: { evidence: { ...evidence, ...more } } })
    if (because !== undefined) {
      await ledger.append([decided(planned, at), draft('activity.refused', { because })])
      throw new Refused('activity/not-covered', `nothing was run: ${because}${decision.outcome === 'refused' ? '; ask the controller for an instruction that covers it' : ''}`)
    }
    await ledger.append([decided(planned, at), ...usedDraft(instruction.slot, planned.act, `activity ${id}`), draft('activity.begun')])
    failpoint('activity/begun')
    const made = await make(context, { id, planned, request, due }, at).catch(async (cause: unknown) => {
      if (cause instanceof NotRun) await ledger.append({ slot: instruction.slot, type: 'activity.failed', at, parts: { evidence: { id, because: cause.because } } })
      throw cause
    })
    failpoint('activity/committed')
    await ledger.append({ slot: instruction.slot, type: 'activity.made', at, parts: { evidence: { id, made: made as unknown as Json } } })
    return (await allActivities(ledger.database)).find((one) => one.id === id)!
  } finally {
    await held.close()
  }
}

interface Making { readonly id: string; readonly planned: Planned; readonly request: ActivityRequest; readonly due: Due | undefined }

/** The table of an activity's result, in the schema of its instruction's results. */
export const tableOf = (id: string): string => id.toLowerCase().replace('-', '_')

async function make(context: ActivityContext, { id, planned, request, due }: Making, at: Instant): Promise<Made> {
  const { database } = context.ledger
  const { instruction, store, purpose, known } = planned
  const table = tableOf(id)
  const old = due === undefined || due.keep === null ? [] : await beyondKept(context, due.schedule, due.keep)
  const { result, session } = await inSession(context, { id, person: request.person, instruction: instruction.id, purpose, store: store.id }, at, async (ask) => {
    const done = await inTransaction(ask, async () => {
      const [creating, explaining] = [`create table ${table} as\n`, 'explain (verbose, format json) ']
      const [plan] = (await ask(`${explaining}${creating}${request.text}\n`, { before: explaining.length + creating.length, planned: true })).rows
      const { count } = await ask(`${creating}${request.text}\n`, { before: creating.length })
      const [measured] = (await ask(`select pg_catalog.pg_total_relation_size('${table}'::regclass) as bytes`)).rows
      for (const before of old) await ask(`drop table if exists ${before}`)
      failpoint('activity/uncommitted')
      return { plan: plan?.['QUERY PLAN'], rows: count ?? 0, bytes: Number(measured?.['bytes']) }
    })
    return { rows: done.rows, bytes: done.bytes, lineage: lineageOf(done.plan, known) satisfies Lineage }
  })
  const derived = (await allDerived(database)).find((one) => one.store === store.id && one.place.endsWith(`.${table}`) && one.droppedAt === null)
  if (derived === undefined) throw new NotRun('its result is not there', 'its result is not there any more: somebody dropped it, or its instruction ended')
  return { session, derived: derived.id, place: derived.place, columns: derived.columns, ...result }
}

async function inTransaction<Result>(ask: Ask, work: () => Promise<Result>): Promise<Result> {
  await ask('begin')
  const result = await work()
  await ask('commit')
  return result
}

/** Tables of older results of a schedule, beyond those that are kept beside a new one. */
async function beyondKept({ ledger: { database } }: ActivityContext, schedule: string, keep: number): Promise<string[]> {
  const there = new Set((await allDerived(database)).flatMap(({ id, droppedAt }) => (droppedAt === null ? [id] : [])))
  const made = (await allActivities(database)).filter((one) => one.schedule === schedule && one.made !== null && there.has(one.made.derived))
  return made.slice(0, Math.max(0, made.length - keep + 1)).map(({ id }) => tableOf(id))
}

/** Whoever opens a gateway closes the sessions of those that died: then what their sessions had not committed counts as gone. */
async function closeSessionsOfDead({ ledger, references }: ActivityContext, at: Instant): Promise<void> {
  const doorkeeper = await openDoorkeeper({ ledger, references, clock: () => at, gateway: 'activities that nobody works on' })
  await doorkeeper.stop?.()
}

export interface Settled { readonly id: string; readonly because: string }

/** Records the end of activities that nobody works on any more. What one of them committed is registered, and named. Safe at any time, by anybody. */
export async function settleActivities(context: ActivityContext, at: Instant): Promise<Settled[]> {
  const { ledger } = context
  const settled: Settled[] = []
  for (const one of (await allActivities(ledger.database)).filter(({ state }) => state === 'begun')) {
    if (!(await isLeft(ledger.database, one.id))) continue
    await closeSessionsOfDead(context, at)
    await lookAtResults(context, at, [one.store]).catch(() => undefined) // a store that is away is looked at by the next sweep
    const kept = (await allDerived(ledger.database)).find(({ store, place, droppedAt }) => store === one.store && place.endsWith(`.${tableOf(one.id)}`) && droppedAt === null)
    const because = `its process ended before it was done${kept === undefined ? '; nothing of it is known to be there' : `; ${kept.id} at ${kept.place} is registered, and erased as any result is`}`
    const recorded = await ledger.append({ slot: one.slot, type: 'activity.stopped', at, parts: { evidence: { id: one.id, because } } }).then(() => true, (cause: unknown) => { if (!(cause instanceof Refused)) throw cause; return false })
    if (recorded) settled.push({ id: one.id, because })
  }
  return settled
}
