/** November 2022: fifty rows of the copy of April 2019 are for sale. From which copy they come, whom it concerns, what its one controller is told and by when, and to what it may lead. */
import { join } from 'node:path'
import { recordAssessment, type FactValue, type SourcedFacts } from '#assessment'
import { allBreaches, attributedText, clocksOf, countBreach, describeBreach, draftNotice, figureText, noticePdf, noticesOf, openBreach, sendingsOf, sendNotice, termsOf, toldAt, type Breach, type BreachNotice } from '#breach'
import { traceContext, type Bailee } from '#composition'
import { formatDay, formatInstant, parseInstant, type Instant } from '#kit/time'
import { Broken } from '#kit/errors'
import { published } from './defences.ts'
import { writeWhole } from './progress.ts'
import { leakFile, type Outcome, type Scene } from './steps.ts'

const moment = (text: string): Instant => {
  const at = parseInstant(text)
  if (at === undefined) throw new Broken('case/date', `not a date: ${text}`)
  return at
}

const aware = moment('2022-11-06T09:00:00Z')
const told = moment('2022-11-06T15:00:00Z')

/** The readings before the last change that the sample holds, and after the first that it does not: weekly ones tell two weeks. */
const week = { after: moment('2019-04-07'), by: moment('2019-04-21') }

const opened = async ({ database }: Bailee): Promise<Breach | undefined> => (await allBreaches(database)).find(({ controller, awareAt }) => controller === 'deezer' && awareAt === aware)

/** The breach, opened where no earlier run of this step did. */
async function breachOf({ bailee, directory }: Scene): Promise<Breach> {
  const before = await opened(bailee)
  if (before !== undefined) return before
  const { breaches } = await openBreach(traceContext(bailee), { sample: join(directory, leakFile), nature: 'Fifty rows of a file of user data are offered for sale on a forum', by: 'dana', awareAt: aware }, aware)
  if (breaches.length !== 1) throw new Broken('case/breaches', `${breaches.length} controllers were found in a sample of one`)
  return breaches[0]!
}

/**
 * The sample is attributed to one of the two copies that were found that night, or one that nobody registered and that was made in the same two weeks: which of them it is, nothing in it tells. Everybody whom it may concern is counted by country, from what was
 * recorded before the erasure. Of few people too little ever changed to tell a time by; that is said then.
 */
export async function attributeLeak(scene: Scene): Promise<Outcome> {
  const { bailee, before } = scene
  const breach = await countBreach(traceContext(bailee), (await breachOf(scene)).id, aware)
  const [attribution, counts] = [breach.attribution![0]!, breach.counts!]
  const findings = ((before['e']?.['findings'] ?? []) as readonly { controller: string; id: string }[]).filter(({ controller }) => controller === 'deezer').map(({ id }) => id)
  const { answer, taken } = attribution
  const named = 'copy' in answer ? [answer.copy] : answer.kind === 'one of' ? answer.copies : []
  const dated = taken !== null && taken.after >= week.after && taken.by <= week.by
  const counted = ((before['f']?.['counted_before'] ?? []) as readonly string[]).includes('listeners')
  return {
    ok: named.every((copy) => findings.includes(copy)) && (answer.kind === 'cannot tell' || (named.length > 0 && dated)) && counts.source === (counted ? 'recorded earlier' : 'none') && counts.figures.every(({ kind }) => kind !== 'known'),
    evidence: {
      breach: breach.id, controllers: [breach.controller], rows: attribution.rows, answer: answer.kind, copies: named, taken: taken === null ? null : { after: formatInstant(taken.after), by: formatInstant(taken.by) }, telling: attribution.telling, limits: attribution.limits,
      people: counts.figures, counted_from: counts.source, counted_on: [counts.asOf, counts.until ?? null].map((at) => (at === null ? null : formatInstant(at))), played: true,
    },
    told: `${attributedText('en', attribution)} People: ${counts.figures.map((figure) => `${figure.country === '*' ? 'all' : figure.country} ${figureText(figure, 'en-GB')}`).join(', ')} (${counts.source}${counts.asOf === null ? '' : `, ${formatDay(counts.asOf)}`})`,
  }
}

const effects = 'Names, addresses of e-mail and birth dates in clear: unwanted messages, attempts at fraud in the name of the service. No password and no means of payment was among them.'
const measures = 'The test table and the file were erased on 2 December 2020 and searched for again. The account that made them is closed; copies into test are refused where no instruction covers them.'

const from = (source: string, facts: Readonly<Record<string, FactValue>>): SourcedFacts => Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, { value, source }]))

/** The notice, drafted and handed over where no earlier run of this step did. */
async function noticeOf(scene: Scene, breach: Breach): Promise<BreachNotice> {
  const context = traceContext(scene.bailee)
  const { database } = scene.bailee
  if (breach.describedAt === null) await describeBreach(context, { breach: breach.id, effects, measures }, told)
  const notice = (await noticesOf(database, breach.id))[0] ?? await draftNotice(context, breach.id, told)
  for (const language of ['en', 'fr'] as const) writeWhole(join(scene.directory, `notice.${language}.pdf`), await noticePdf(notice, language))
  if ((await sendingsOf(database, breach.id)).length === 0) await sendNotice(context, { breach: breach.id, phase: notice.phase, by: 'dana', way: { channel: 'by hand', to: 'dpo@deezer.example', receipt: 'handed over by dana, receipt signed' } }, told)
  return notice
}

/** The controller is told on the same day, by a person, with its own figures alone; the clocks that run from there, and what the law makes of it. */
export async function tellController(scene: Scene): Promise<Outcome> {
  const { bailee } = scene
  const breach = await breachOf(scene)
  const notice = await noticeOf(scene, breach)
  const [terms, toldOn] = [await termsOf(bailee, breach), toldAt(await sendingsOf(bailee.database, breach.id))]
  const clocks = clocksOf(breach, terms, toldOn)
  const { ledger } = bailee
  const record = (question: string, facts: SourcedFacts): ReturnType<typeof recordAssessment> => recordAssessment(ledger, { question, facts, controller: 'deezer', by: 'dana', lawAt: moment(published.decided) }, told)
  const inTime = await record('breach_notice', from(`breach ${breach.id}`, { aware_at: formatInstant(aware), told_at: formatInstant(toldOn ?? told), without_delay: true, ...(typeof terms?.hours === 'number' ? { contract_hours: terms.hours } : {}) }))
  const weighed = { ...from('the played case: the copy was refused, found and erased', { articles: ['29'], seriousness: 'medium', factor_c: 'mitigating', factor_f: 'mitigating' }) }
  const fines = [await record('fine', { ...weighed, ...from('press, in dollars; unverified', { turnover: published.turnover.low }) }), await record('fine', { ...weighed, ...from('press, in dollars; unverified', { turnover: published.turnover.high }) })]
  const euros = [Math.min(...fines.map(({ amounts }) => amounts!.euros[0])), Math.max(...fines.map(({ amounts }) => amounts!.euros[1]))]
  const text = JSON.stringify(notice.document)
  return {
    ok: inTime.verdict === 'yes' && toldOn === told && !text.includes('chinook') && clocks.length === 3,
    evidence: {
      breach: breach.id, phase: notice.phase, sha256: notice.sha256, papers: ['notice.en.pdf', 'notice.fr.pdf'], told_at: formatInstant(toldOn ?? told), clocks, names_others: text.includes('chinook'),
      assessments: [inTime, ...fines].map(({ id, question, article, verdict, outcome }) => ({ id, question, article, verdict, outcome })), exposure: { articles: ['29'], seriousness: 'medium, as stated', euros, turnover: published.turnover, played: true },
    },
    told: `told ${(((toldOn ?? told) - aware) / 3_600).toFixed(0)} hours after it was known, the contract gives ${terms?.hours ?? 'no'}; the authority by ${clocks.at(-1)?.due ?? 'unknown'}; notice.en.pdf and notice.fr.pdf; exposure for Art. 29 EUR ${euros.map((one) => one!.toLocaleString('en-GB')).join(' to ')}, as weighed`,
  }
}
