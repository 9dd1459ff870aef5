/** What was said in defence in the published case, and what the law makes of it: recorded assessments, from the facts of the decision, each with its source. The replay's own numbers are elsewhere. */
import { recordAssessment, type FactValue, type RecordedAssessment, type SourcedFacts } from '#assessment'
import { day, parseInstant } from '#kit/time'
import { Broken } from '#kit/errors'
import type { Outcome, Scene } from './steps.ts'

/** Dates and figures of SAN-2025-014, and of what was reported of it. */
export const published = {
  copied: '2019-04-15', ended: '2020-12-01', notified: '2022-11-10', deleted: '2023-10-01', decided: '2025-12-11', fineEuros: 1_000_000, employees: 238,
  people: { world: 46_900_000, union: 21_574_775, france: 9_849_354 },
  /** Masked in the decision; the press has it in dollars, and nobody confirmed it. */
  turnover: { low: 30_000_000, high: 40_000_000 },
} as const

const on = (date: string): number => {
  const at = parseInstant(date)
  if (at === undefined) throw new Broken('case/date', `not a date: ${date}`)
  return at
}

/** Days between the end, the notice to the authority, and the day that the copy was declared deleted. */
export const daysOf = ({ ended, notified, deleted }: typeof published) => ({
  end_to_notification: (on(notified) - on(ended)) / day, end_to_declared_deletion: (on(deleted) - on(ended)) / day, notification_to_deletion: (on(deleted) - on(notified)) / day,
})

const decision = 'SAN-2025-014, as reported'
const from = (source: string, facts: Readonly<Record<string, FactValue>>): SourcedFacts => Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, { value, source }]))

interface Defence { readonly says: string; readonly question: string; readonly lawAt: string; readonly facts: SourcedFacts; readonly answer: string; readonly activity?: string }

/** In the order of the hearing. `answer`: the article that the defence meets. */
const defences: readonly Defence[] = [
  { says: 'the company is in Israel', question: 'scope', lawAt: published.copied, activity: 'INS-1', facts: from(decision, { subjects_in_union: true, relation: 'monitoring' }), answer: '3(2)(b)' },
  { says: 'Israel is adequate: comity leaves it to its authority', question: 'transfer', lawAt: published.copied, facts: from(decision, { country: 'IL', limits: ['automated'] }), answer: '45' },
  { says: 'fewer than 250 employees', question: 'exemption', lawAt: published.deleted, facts: from(decision, { employees: published.employees, risk: true, occasional: false, special: false }), answer: '30(5)' },
  { says: 'employees did it alone', question: 'attribution', lawAt: published.copied, facts: from(decision, { actor: 'staff', in_activity: true, management_knew: false }), answer: '29' },
  { says: 'improving the product is performing the contract', question: 'reuse', lawAt: published.copied, facts: from(decision, { written: false, specific: false, begins_on: published.copied, compatible: false, subjects_told: false, own_basis: false }), answer: '28(3)(a)' },
  { says: 'what was known of was deleted', question: 'end', lawAt: published.deleted, facts: from(decision, { choice: 'delete', ended_on: published.ended, done_on: published.deleted, every_environment_searched: false, sub_processors_confirmed: true, confirmed: true }), answer: '28(3)(g)' },
]

const exposure = (turnover: number): SourcedFacts => ({
  ...from('press, in dollars; masked in the decision; unverified', { turnover }), ...from(decision, { articles: ['28(3)(g)', '29', '30(2)'], linked: true, seriousness: 'high', factor_a: 'aggravating', factor_b: 'aggravating' }),
})

/** The defences. None holds: the one of adequacy answers another question than whether the law applies. */
export async function assessDefences({ bailee: { ledger } }: Scene): Promise<Outcome> {
  const at = on(published.decided)
  const record = ({ question, lawAt, facts, activity }: Pick<Defence, 'question' | 'lawAt' | 'facts' | 'activity'>): Promise<RecordedAssessment> => recordAssessment(ledger, { question, facts, controller: 'deezer', activity, by: 'dana', lawAt: on(lawAt) }, at)
  const answered: { readonly defence: Defence; readonly made: RecordedAssessment }[] = []
  for (const defence of defences) answered.push({ defence, made: await record(defence) })
  const fines = [await record({ question: 'fine', lawAt: published.decided, facts: exposure(published.turnover.low) }), await record({ question: 'fine', lawAt: published.decided, facts: exposure(published.turnover.high) })]
  const days = daysOf(published)
  const [least, most] = [Math.min(...fines.map(({ amounts }) => amounts!.euros[0])), Math.max(...fines.map(({ amounts }) => amounts!.euros[1]))]
  const ceiling = Math.max(...fines.map(({ amounts }) => amounts!.ceilingEuros))
  const contains = least <= published.fineEuros && published.fineEuros <= most
  const elsewhere = published.people.union - published.people.france
  return {
    ok: answered.every(({ defence, made }) => made.article === defence.answer && (made.question === 'scope' || made.question === 'transfer' ? made.verdict === 'yes' : made.verdict === 'no')) && contains,
    evidence: {
      facts_from: decision, defences: answered.map(({ defence: { says, question }, made: { id, article, verdict, outcome } }) => ({ says, question, article, verdict, outcome, assessment: id })), days, people: { ...published.people, union_without_france: elsewhere, replayed: false },
      exposure: { ceiling_euros: ceiling, euros: [least, most], contains_fine: contains, fine_euros: published.fineEuros, turnover: published.turnover, unconfirmed: fines[0]!.unconfirmed },
    },
    told: `of the published case: in scope (Art. 3(2)(b)), adequate all the same; register needed; the act is the firm's; ${days.end_to_declared_deletion.toLocaleString('en-GB')} days from the end to the declared deletion; EUR ${least.toLocaleString('en-GB')} to ${most.toLocaleString('en-GB')} on an unverified turnover, the fine within it`,
  }
}
