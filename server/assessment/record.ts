/** Assessments as records: which facts the estate declares by itself, recording, looking again. */
import { createHash } from 'node:crypto'
import { allContracts, findController, theProcessor, type Contract } from '#contract'
import { findInstruction } from '#instruction'
import { jcs, type Json, type Ledger } from '#ledger'
import { Misuse } from '#kit/errors'
import { formatDay, type Instant } from '#kit/time'
import { assess, findQuestion, ruleAt, ruleText } from './assess.ts'
import { readFacts } from './facts.ts'
import { holdAgainst } from './seen.ts'
import { allAssessments } from './store.ts'
import type { Assessment, FactValue, Observation, RecordedAssessment, Sourced, SourcedFacts, Standing } from './types.ts'

type Executor = Ledger['database']

/** What of the estate is a fact of some question. */
interface Estate { readonly processor: Readonly<Record<string, unknown>>; readonly contracts: readonly Contract[] }

const estateIn = async (database: Executor): Promise<Estate> => ({ processor: (await theProcessor(database)) ?? {}, contracts: await allContracts(database) })

interface Asking { readonly question: string; readonly controller?: string | undefined; readonly country?: FactValue | undefined }

/** Facts of a question that the estate declares, with where: of the processor, and, of a transfer, the tool that contracts of the controller name for `country`. */
function declaredIn({ processor, contracts }: Estate, { question, controller, country }: Asking): SourcedFacts {
  const { facts } = findQuestion(question)
  const dpo = processor['dpo'] as 'none' | object | undefined
  const representative = processor['representative'] as 'none' | { readonly country: string } | undefined
  const terms = contracts.filter((one) => one.controller === controller).flatMap(({ id, declared }) => ((declared['transfers'] ?? []) as readonly { country: string; tool: string }[]).map((term) => ({ id, ...term })))
  const term = question === 'transfer' ? terms.find((one) => one.country === country) : undefined
  const told: readonly (readonly [name: string, value: FactValue | undefined, path: string])[] = [
    ['country', question === 'transfer' ? undefined : (processor['country'] as string | undefined), 'processor.country'], ['employees', processor['employees'] as number | undefined, 'processor.employees'],
    ['appointed', dpo === undefined ? undefined : dpo !== 'none', 'processor.dpo'], ['representative_country', representative === 'none' ? 'none' : representative?.country, 'processor.representative'],
    ['tool', (facts['tool']?.shape as readonly string[] | undefined)?.includes(term?.tool ?? '') === true ? term?.tool : undefined, `contracts[${term?.id}].transfers[${term?.country}]`],
  ]
  return Object.fromEntries(told.filter(([name, value]) => name in facts && value !== undefined).map(([name, value, path]) => [name, { value: value!, source: `declared: ${path}` }]))
}

export interface Recording {
  readonly question: string
  /** What somebody states, each with where it is known from. What is declared and not stated is taken from there. */
  readonly facts: SourcedFacts
  /** What Bailee saw of them; left out: nobody looked. It is held against the facts, and changes none. */
  readonly observed?: readonly Observation[] | undefined
  readonly controller?: string | undefined
  /** The instruction whose work it is about. */
  readonly activity?: string | undefined
  readonly note?: string | undefined
  readonly by: string
  /** The day whose law it is; that of recording when left out. */
  readonly lawAt?: Instant | undefined
  readonly replaces?: string | undefined
}

const values = (facts: SourcedFacts): Record<string, FactValue> => Object.fromEntries(Object.entries(facts).map(([name, { value }]) => [name, value]))
const charactersMax = 2_000

/** What a question answers from stated and declared facts together, without recording it. Throws `Misuse`. */
export async function answerOf(database: Executor, of: Pick<Recording, 'question' | 'facts' | 'controller'>, lawAt: Instant): Promise<{ readonly assessment: Assessment; readonly facts: SourcedFacts }> {
  const question = findQuestion(of.question)
  const facts: SourcedFacts = { ...declaredIn(await estateIn(database), { question: of.question, controller: of.controller, country: of.facts['country']?.value }), ...of.facts }
  const read = readFacts(question, values(facts))
  return { assessment: assess(of.question, read, lawAt), facts: Object.fromEntries(Object.entries(facts).map(([name, { source }]) => [name, { value: read[name]!, source }])) }
}

/**
 * Records an assessment in the log of its controller, or in the common one when it is about the processor as a whole. The same facts, day and rule are one assessment: recording it again
 * records nothing and gives the first one. Throws `Misuse` for facts that do not fit, and for a controller or an instruction that is not known.
 */
export async function recordAssessment(ledger: Ledger, recording: Recording, at: Instant): Promise<RecordedAssessment> {
  const { question, controller, activity, note, replaces } = recording
  const slot = controller === undefined ? 0 : (await findController(ledger, controller)).slot
  if (activity !== undefined && (await findInstruction(ledger, activity)).controller !== controller) throw new Misuse(`${activity} is not an instruction of ${controller ?? 'the processor as a whole'}: name its controller`)
  const tooLong = [note ?? '', ...Object.values(recording.facts).map(({ source }) => source)].some((text) => text.length > charactersMax || !text.isWellFormed() || text.includes('\u0000'))
  if (tooLong) throw new Misuse(`a note or a source is longer than ${charactersMax} characters, or no text`)
  const lawAt = recording.lawAt ?? at
  const { assessment, facts } = await answerOf(ledger.database, recording, lawAt)
  const { rule, article, verdict, outcome, reasons, unconfirmed, pending, amounts } = assessment
  const told = { controller: controller ?? null, activity: activity ?? null, question, law_at: lawAt, rule, facts: facts as unknown as Json, replaces: replaces ?? null }
  const id = `A-${createHash('sha256').update(jcs(told)).digest('hex').slice(0, 12)}`
  const before = (await allAssessments(ledger.database)).find((one) => one.id === id)
  if (before !== undefined) return before
  const evidence = { id, ...told, article, verdict, outcome, reasons, unconfirmed, pending, amounts: (amounts ?? null) as unknown as Json, ...(recording.observed === undefined ? {} : { seen: holdAgainst(values(facts), recording.observed) as unknown as Json }) }
  await ledger.append({ slot, type: 'assessment.recorded', at, parts: { evidence, people: { by: recording.by }, ...(note === undefined ? {} : { instruction: { note } }) } })
  return findAssessment(ledger, id)
}

/** The recorded assessment of that id. Throws `Misuse`. */
export async function findAssessment({ database }: Pick<Ledger, 'database'>, id: string): Promise<RecordedAssessment> {
  const found = (await allAssessments(database)).find((one) => one.id === id)
  if (found === undefined) throw new Misuse(`there is no assessment ${JSON.stringify(id)}; bailee register assessments shows them`)
  return found
}

const isDeclared = ({ source }: Sourced): boolean => source.startsWith('declared: ')
const same = (one: FactValue | undefined, other: FactValue | undefined): boolean => JSON.stringify(one) === JSON.stringify(other)
const shown = (value: FactValue | undefined): string => (value === undefined ? 'not declared' : typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value))

/** The facts of a recorded assessment as they would be today: what was stated stays, what is declared is read again. */
function factsNow(estate: Estate, one: RecordedAssessment): SourcedFacts {
  const declared = declaredIn(estate, { question: one.question, controller: one.controller ?? undefined, country: one.facts['country']?.value })
  const stated = Object.fromEntries(Object.entries(one.facts).filter(([, fact]) => !isDeclared(fact)))
  return { ...declared, ...stated }
}

/** Every recorded assessment, newest first, with how it stands at a moment: whether it was replaced, what it rested on has changed, or the law of that moment answers otherwise. */
export async function standingsOf(database: Executor, at: Instant): Promise<{ readonly recorded: RecordedAssessment; readonly standing: Standing }[]> {
  const all = await allAssessments(database)
  const estate = await estateIn(database)
  const replacing = new Map(all.filter(({ replaces }) => replaces !== null).map((one) => [one.replaces, one]))
  return all.map((recorded) => ({ recorded, standing: standingOf(recorded, { estate, by: replacing.get(recorded.id) }, at) }))
}

function standingOf(one: RecordedAssessment, { estate, by }: { readonly estate: Estate; readonly by: RecordedAssessment | undefined }, at: Instant): Standing {
  if (by !== undefined) return { is: 'replaced', says: [`by ${by.id} of ${formatDay(by.recordedAt)}`] }
  const facts = factsNow(estate, one)
  const names = [...new Set([...Object.keys(one.facts), ...Object.keys(facts)])]
  const inputs = names.filter((name) => !same(one.facts[name]?.value, facts[name]?.value)).map((name) => `${name}: ${shown(one.facts[name]?.value)} then, ${shown(facts[name]?.value)} now`)
  const now = answerNow(one.question, facts, at)
  const rule = ruleNow(one.question, at)
  const rules = rule !== one.rule ? [`rule then: ${one.rule}; now: ${rule}`] : []
  const otherwise = now !== undefined && now.outcome === one.outcome && now.article === one.article ? undefined : now === undefined ? 'the question takes other facts now' : `${now.outcome} (Art. ${now.article})`
  if (inputs.length > 0) return { is: 'inputs changed since', says: [...inputs, ...rules], now: otherwise }
  if (rules.length > 0 || otherwise !== undefined) return { is: 'rule changed since', says: rules.length > 0 ? rules : ['the law of today answers otherwise from the same facts'], now: otherwise }
  return { is: 'as it was', says: [] }
}

function ruleNow(id: string, at: Instant): string {
  const question = findQuestion(id)
  return ruleText(ruleAt(question, at) ?? question.rules[0]!)
}

function answerNow(question: string, facts: SourcedFacts, at: Instant): Assessment | undefined {
  try {
    return assess(question, values(facts), at)
  } catch (cause) {
    if (cause instanceof Misuse) return undefined
    throw cause
  }
}

/** Assesses once more by the law of `at`, with what is declared today and what was stated then, or is stated now in its place; the new one replaces the old. Throws `Misuse` where another has replaced it already. */
export async function reassess(ledger: Ledger, of: { readonly id: string; readonly by: string; readonly facts?: SourcedFacts; readonly note?: string | undefined; readonly observed?: readonly Observation[] | undefined }, at: Instant): Promise<RecordedAssessment> {
  const one = await findAssessment(ledger, of.id)
  const next = (await allAssessments(ledger.database)).find(({ replaces }) => replaces === one.id)
  if (next !== undefined) throw new Misuse(`${one.id} was replaced by ${next.id}: assess that one again`)
  const facts = { ...Object.fromEntries(Object.entries(one.facts).filter(([, fact]) => !isDeclared(fact))), ...of.facts }
  return recordAssessment(ledger, { question: one.question, facts, controller: one.controller ?? undefined, activity: one.activity ?? undefined, note: of.note, by: of.by, observed: of.observed, replaces: one.id }, at)
}
