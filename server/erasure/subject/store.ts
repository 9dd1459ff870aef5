import { rows, sql, type Database, type Transaction } from '#database'
import { partOf, type Apply, type Entry } from '#ledger'
import { Refused } from '#kit/errors'
import type { SubjectOutcome, SubjectRecord, SubjectStep } from './types.ts'

const columns = sql.raw('id, slot, controller, kind, instruction, operator, opened_at as "openedAt", closed_at as "closedAt", outcome')

/** Requests of persons, oldest first. */
export async function allRequests(executor: Database | Transaction): Promise<SubjectRecord[]> {
  return rows<SubjectRecord>(executor, sql`select ${columns} from subject_request order by opened_at, controller, id`)
}

/** Places of one request, as far as they were worked on. */
export async function requestSteps(executor: Database | Transaction, { controller, id }: { controller: string; id: string }): Promise<SubjectStep[]> {
  return rows<SubjectStep>(executor, sql`select store, place, state, rows_found as "rowsFound", rows_erased as "rowsErased", because from subject_step where controller = ${controller} and request = ${id} order by store, place`)
}

interface Evidence { readonly request: string; readonly controller: string }

/** Folds `erasure.subject_*`. */
export const applySubject: Apply = async (tx, entry) => {
  const evidence = partOf<Evidence>(entry, 'evidence')
  if (evidence === undefined) return
  if (entry.type === 'erasure.subject_opened') return open(tx, entry, evidence as OpenedEvidence)
  if (entry.type === 'erasure.subject_closed') return close(tx, entry, evidence as Evidence & { outcome: SubjectOutcome })
  if (entry.type === 'erasure.subject_searched') return searched(tx, evidence as Evidence & { outcome: SubjectOutcome })
  return step(tx, entry, evidence as StepEvidence)
}

interface OpenedEvidence extends Evidence { readonly kind: string; readonly instruction: string; readonly operator: string }

async function open(tx: Transaction, entry: Entry, { request, controller, kind, instruction, operator }: OpenedEvidence): Promise<void> {
  await rows(tx, sql`insert into subject_request (id, slot, controller, kind, instruction, operator, opened_at) values (${request}, ${entry.slot}, ${controller}, ${kind}, ${instruction}, ${operator}, ${entry.at})`)
}

async function close(tx: Transaction, entry: Entry, { request, controller, outcome }: Evidence & { outcome: SubjectOutcome }): Promise<void> {
  const changed = await rows(tx, sql`update subject_request set closed_at = ${entry.at}, outcome = ${JSON.stringify(outcome)} where controller = ${controller} and id = ${request} and closed_at is null returning id`)
  if (changed.length !== 1) throw new Refused('erasure/subject-closed', `request ${request} is closed already`)
}

/** What it came to so far, while something could not be read. */
async function searched(tx: Transaction, { request, controller, outcome }: Evidence & { outcome: SubjectOutcome }): Promise<void> {
  const changed = await rows(tx, sql`update subject_request set outcome = ${JSON.stringify(outcome)} where controller = ${controller} and id = ${request} and closed_at is null returning id`)
  if (changed.length !== 1) throw new Refused('erasure/subject-closed', `request ${request} is closed already`)
}

interface StepEvidence extends Evidence { readonly store: string; readonly place: string; readonly rows_found: number; readonly rows_erased?: number; readonly because?: string }

async function step(tx: Transaction, entry: Entry, { request, controller, store, place, rows_found: found, rows_erased: erased, because }: StepEvidence): Promise<void> {
  const state = entry.type === 'erasure.subject_begun' ? 'begun' : entry.type === 'erasure.subject_erased' ? 'done' : 'blocked'
  await rows(tx, sql`
    insert into subject_step (controller, request, store, place, state, rows_found, rows_erased, because) values (${controller}, ${request}, ${store}, ${place}, ${state}, ${found}, ${erased ?? null}, ${because ?? null})
    on conflict (controller, request, store, place) do update set state = excluded.state, rows_found = excluded.rows_found, rows_erased = excluded.rows_erased, because = excluded.because`)
}
