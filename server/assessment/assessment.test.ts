import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { expect, test } from 'vitest'
import { parseInstant } from '#kit/time'
import { adequacy } from './adequacy.ts'
import { assess, findQuestion, frenchOf, inFrench, questions } from './index.ts'

interface Scenario { readonly obligation: string; readonly question: string; readonly on: string; readonly facts: Readonly<Record<string, unknown>>; readonly article: string; readonly verdict: string; readonly outcome: string; readonly ceiling?: number; readonly note?: string }

// Its yes and no are words, as people write them; a question knows which of its facts they answer.
const scenarios = parse(readFileSync(join(import.meta.dirname, 'scenarios.yaml'), 'utf8')) as Scenario[]
const on = (day: string): number => parseInstant(day)!

/** `every: true` answers yes to each yes-or-no fact that is not named and not optional. */
function factsOf({ question, facts: { every, ...facts } }: Scenario): Record<string, unknown> {
  const asked = Object.entries(findQuestion(question).facts).filter(([, { shape, optional }]) => shape === 'yes or no' && optional !== true)
  return { ...(every === true ? Object.fromEntries(asked.map(([name]) => [name, true])) : {}), ...facts }
}

const verdictOf = ({ verdict }: Scenario): string => String(verdict)

test.each(scenarios.map((scenario) => ({ scenario, name: `${scenario.obligation} ${scenario.question} on ${scenario.on} ${JSON.stringify(scenario.facts)}` })))('$name', ({ scenario }) => {
  const found = assess(scenario.question, factsOf(scenario), on(scenario.on))
  expect({ article: found.article, verdict: found.verdict, outcome: found.outcome, ceiling: found.amounts?.ceilingEuros }).toEqual({ article: scenario.article, verdict: verdictOf(scenario), outcome: expect.stringContaining(scenario.outcome) as string, ceiling: scenario.ceiling })
  expect(found.reasons.length).toBeGreaterThan(0)
})

test('every obligation of the processor has scenarios, and every question one that passes and one that is refused', () => {
  const obligations = new Set(scenarios.map(({ obligation }) => obligation))
  expect(Array.from({ length: 40 }, (_, index) => `O${index + 1}`).filter((one) => !obligations.has(one))).toEqual([])
  expect(scenarios.filter(({ obligation, question }) => !findQuestion(question).obligations.includes(obligation))).toEqual([])
  for (const { id } of questions.filter((one) => one.id !== 'fine')) expect([id, ...new Set(scenarios.filter((one) => one.question === id).map(verdictOf).filter((one) => one !== 'not in force'))].sort()).toEqual([id, 'no', 'yes'].sort())
  expect(scenarios.length).toBeGreaterThan(60)
})

test('every decision of adequacy holds from its first day to its last, where its limit is met', () => {
  const day = 86_400
  for (const [country, decision, from, until, limit] of adequacy.filter(([, , first]) => first >= '2018-05-25')) {
    const at = (moment: number): string => assess('transfer', { country, limits: [limit] }, moment).reasons[0] ?? ''
    expect(at(on(from))).toContain(decision)
    expect(at(on(from) - day), decision).not.toContain(`decision ${decision} of`)
    if (until !== null) expect([at(on(until) - day).includes(decision) || country === 'GB', at(on(until)).includes(`decision ${decision} of`)]).toEqual([true, false])
  }
})

test('facts that are unknown, malformed or missing are misuse, all named; without the turnover nothing is said of a fine', () => {
  expect(() => assess('scope', { country: 'Israel', colour: 'blue', subjects_in_union: 'perhaps' }, 0)).toThrow(expect.objectContaining({ name: 'Misuse', problems: [expect.stringContaining('country is a country code'), expect.stringContaining('takes no fact "colour"'), expect.stringContaining('subjects_in_union is yes or no'), expect.stringContaining('needs the fact relation')] }))
  expect(() => assess('fine', { tier: '83(4)', seriousness: 'high' }, 0)).toThrow(/turnover of the whole undertaking/)
  expect(() => assess('fine', { turnover: 1e6, seriousness: 'high' }, on('2026-01-01'))).toThrow(/articles .* or tier/)
  expect(() => assess('fine', { turnover: 1e6, seriousness: 'high', articles: '28,10' }, on('2026-01-01'))).toThrow(/no fine for 10/)
  expect(() => assess('fine', { turnover: 1e6, seriousness: 'high', articles: '28', tier: '83(5)' }, on('2026-01-01'))).toThrow(/leave it out/)
  expect(() => assess('weather', {}, 0)).toThrow(/no question "weather"; there are: scope/)
})

test('what is not confirmed, and what is not law yet, is said with the answer', () => {
  const doubts = (id: string, facts: Record<string, unknown>, day: string): readonly string[] => assess(id, facts, on(day)).unconfirmed
  expect(doubts('fine', { turnover: 35e6, tier: '83(4)', seriousness: 'high' }, '2025-12-11')).toEqual(['lower share of the size band (1.5 %): indicative'])
  expect(doubts('fine', { turnover: 10e6, tier: '83(4)', seriousness: 'high' }, '2025-12-11')).toEqual([expect.stringContaining('lower share'), expect.stringContaining('exactly EUR 10000000')])
  expect(doubts('fine', { turnover: 2e6, tier: '83(4)', seriousness: 'high' }, '2025-12-11')).toEqual([])
  expect(doubts('transfer', { country: 'FO' }, '2026-01-01')).toEqual([expect.stringContaining('Faroese')])
  expect(doubts('transfer', { country: 'CH' }, '2026-01-01')).toEqual([])
  expect([doubts('transfer', { country: 'IN' }, '2026-01-01'), doubts('transfer', { country: 'US' }, '2026-01-01')]).toEqual([[expect.stringContaining('absence from the list')], []])
  expect(doubts('transfer', { country: 'KR', limits: 'pipa_supplementary' }, '2026-01-01')).toHaveLength(1)
  expect(assess('exemption', { employees: 300, risk: 'no', occasional: 'yes', special: 'no' }, on('2026-11-23'))).toMatchObject({ outcome: 'register required', pending: [expect.stringMatching(/1,000 persons.*not law/)] })
})

// The figures of the published decision and of what was reported of it: `law.md` 1.2, 1.3 and 6.1.
const fixture = { ended: '2020-12-01', notified: '2022-11-10', deleted: '2023-10-01', decided: '2025-12-11', fineEuros: 1_000_000, people: { world: 46_900_000, union: 21_574_775, france: 9_849_354, restOfUnion: 11_725_421 } }

test('the arithmetic of the case: days, people, ceiling, and a range that contains the fine', () => {
  const days = (from: string, to: string): number => (on(to) - on(from)) / 86_400
  expect([days(fixture.ended, fixture.notified), days(fixture.ended, fixture.deleted), days(fixture.notified, fixture.deleted)]).toEqual([709, 1_034, 325])
  expect(fixture.people.union - fixture.people.france).toBe(fixture.people.restOfUnion)
  expect(fixture.people.union).toBeLessThan(fixture.people.world)
  // The turnover is masked in the decision; every one that the press names, and every one of the band, has the same range.
  for (const turnover of [10_000_001, 30e6, 40e6, 50e6]) {
    const { amounts } = assess('fine', { turnover, articles: ['28(3)(g)', '29', '30(2)'], linked: true, seriousness: 'high' }, on(fixture.decided))
    expect(amounts?.ceilingEuros).toBe(10_000_000)
    expect(amounts!.euros[0] <= fixture.fineEuros && fixture.fineEuros <= amounts!.euros[1]).toBe(true)
  }
  const ended = assess('end', { choice: 'delete', ended_on: fixture.ended, done_on: fixture.deleted, within_days: 30, every_environment_searched: false, sub_processors_confirmed: true, confirmed: true }, on(fixture.deleted))
  expect(ended.reasons[0]).toBe('gone 1034 days after the end; the contract gives 30')
})

test('every answer of every scenario is said in French, names and numbers as they are', () => {
  const texts = scenarios.flatMap((one) => { const { asks, outcome, reasons, unconfirmed, pending } = assess(one.question, factsOf(one), on(one.on)); return [asks, outcome, ...reasons, ...unconfirmed, ...pending] })
  expect([...new Set(texts)].filter((text) => frenchOf(text) === undefined)).toEqual([])
  const digits = (text: string): string[] => (text.match(/\d+/g) ?? []).sort()
  expect([...new Set(texts)].filter((text) => JSON.stringify(digits(text.replaceAll('1,000', '1 000').replace('WP29', '29'))) !== JSON.stringify(digits(frenchOf(text)!.replace('G29', '29'))))).toEqual([])
  expect(inFrench(assess('transfer', { country: 'IN', tool: 'standard_clauses', clauses: '2010/87/EU', agreed_on: '2019-01-01', destination_assessed: true }, on('2022-12-27')))).toMatchObject({
    asks: 'Les données peuvent-elles aller vers ce pays ?', outcome: 'clauses qui ne valent pas', verdict: 'no', article: '46(2)(c)', rule: 'Règlement (UE) 2016/679, art. 44 à 49; adéquation selon la liste du 2026-11-23, en vigueur depuis le 2018-05-25',
    reasons: ['aucune décision d\'adéquation pour IN ne vaut ce jour-là ; les clauses 2010/87/EU ne valent plus, depuis le 2022-12-27', expect.stringContaining('application du règlement') as string],
  })
  expect(frenchOf('2019-04-16 (the day it was given) is after 2019-04-15 (the day of the act) (Art. 28(3)(a))')).toBe('2019-04-16 (jour où elle a été donnée) est après 2019-04-15 (jour de l\'acte) (art. 28(3)(a))')
  expect(frenchOf('not so: nobody uses what is in them (Art. 28(3)(g))')).toBe('non rempli : personne n\'utilise leur contenu (art. 28(3)(g))')
})

const page = join(import.meta.dirname, '../../docs/guide/scenarios.md')

test('docs/guide/scenarios.md has every scenario with its answer (UPDATE_GOLDEN=1 rewrites it)', () => {
  const text = guide()
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(page, text)
  expect(readFileSync(page, 'utf8')).toBe(text)
})

function guide(): string {
  const value = (one: unknown): string => (one === true ? 'yes' : one === false ? 'no' : Array.isArray(one) ? one.join(', ') : String(one))
  const cell = (text: string): string => text.replaceAll('|', '\\|')
  const chapters = questions.map((question) => {
    const mine = scenarios.filter((one) => one.question === question.id)
    const rows = mine.map((one) => {
      const found = assess(one.question, factsOf(one), on(one.on))
      return `| ${one.on} | ${cell(Object.entries(factsOf(one)).map(([name, told]) => `${name}: ${value(told)}`).join('; '))} | ${cell(found.verdict)} | ${cell(found.article)} | ${cell(found.outcome)}${one.note === undefined ? '' : ` (${cell(one.note)})`} |`
    })
    return [`## ${question.id}: ${question.asks}`, '', `Obligation ${question.obligations.join(', ')}. Rule: ${question.rules.map(({ name, from }) => `${name}, in force since ${from}`).join('; ')}.`, '', '| day | facts | answer | article | outcome |', '|---|---|---|---|---|', ...rows, ''].join('\n')
  })
  return ['# Scenarios', '', `What \`bailee register assess\` answers: ${scenarios.length} scenarios over the obligations O1 to O40 of a processor. Written from \`server/assessment/scenarios.yaml\`, and each is run as a test. Not legal advice. A fact that is not named was not told.`, '', ...chapters].join('\n')
}
