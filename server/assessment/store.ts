import { rows, sql, type Database, type Transaction } from '#database'
import { partOf, type Apply } from '#ledger'
import { Refused } from '#kit/errors'
import type { Amounts, RecordedAssessment, SeenFact, SourcedFacts, Verdict } from './types.ts'

/** More in one answer would not be read. */
export const listedMax = 10_000

/** Every recorded assessment, newest first, at most `listedMax`. */
export async function allAssessments(executor: Database | Transaction): Promise<RecordedAssessment[]> {
  return rows<RecordedAssessment>(executor, sql`
    select id, slot, controller, activity, question, law_at as "lawAt", rule, article, verdict, outcome, facts, seen, reasons, unconfirmed, pending, amounts, note, made_by as "by", replaces, recorded_at as "recordedAt"
    from assessment order by recorded_at desc, law_at desc, id limit ${listedMax}`)
}

interface Told {
  readonly id: string
  readonly controller: string | null
  readonly activity: string | null
  readonly question: string
  readonly law_at: number
  readonly rule: string
  readonly article: string
  readonly verdict: Verdict
  readonly outcome: string
  readonly facts: SourcedFacts
  readonly reasons: readonly string[]
  readonly unconfirmed: readonly string[]
  readonly pending: readonly string[]
  readonly amounts: Amounts | null
  readonly replaces: string | null
  readonly seen?: readonly SeenFact[] | null
}

/** Folds `assessment.recorded`. */
export const applyAssessment: Apply = async (tx, entry) => {
  const told = partOf<Told>(entry, 'evidence')
  if (entry.type !== 'assessment.recorded' || told === undefined) return
  const by = partOf<{ by: string }>(entry, 'people')?.by ?? null
  const note = partOf<{ note: string | null }>(entry, 'instruction')?.note ?? null
  const made = await rows(tx, sql`
    insert into assessment (id, slot, controller, activity, question, law_at, rule, article, verdict, outcome, facts, reasons, unconfirmed, pending, amounts, note, made_by, replaces, recorded_at, seen)
    values (${told.id}, ${entry.slot}, ${told.controller}, ${told.activity}, ${told.question}, ${told.law_at}, ${told.rule}, ${told.article}, ${told.verdict}, ${told.outcome}, ${JSON.stringify(told.facts)}, ${JSON.stringify(told.reasons)},
      ${JSON.stringify(told.unconfirmed)}, ${JSON.stringify(told.pending)}, ${told.amounts === null ? null : JSON.stringify(told.amounts)}, ${note}, ${by}, ${told.replaces}, ${entry.at}, ${told.seen === undefined || told.seen === null ? null : JSON.stringify(told.seen)})
    on conflict do nothing returning id`)
  if (made.length === 0) throw new Refused('assessment/recorded', `${told.id} was recorded already: bailee register assessment ${told.id}`)
}
