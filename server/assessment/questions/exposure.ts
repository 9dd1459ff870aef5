/** Art. 83: to what a fine may come. A range with its assumptions, never a forecast. */
import { Misuse } from '#kit/errors'
import { parseInstant } from '#kit/time'
import { listIn, numberIn, textIn, yes } from '../facts.ts'
import type { FactAsked, Facts, Question, RuleVersion } from '../types.ts'
import { applies, asked, maybe } from './rule.ts'

/** Art. 83(2): what is weighed, by letter. No guideline gives these a number: they say in which direction an amount goes. */
const factors = {
  a: 'nature, gravity and duration, number of people, damage', b: 'intent or negligence', c: 'what was done to mitigate damage', d: 'responsibility, given the measures of Arts 25 and 32', e: 'earlier infringements', f: 'cooperation with the authority',
  g: 'categories of data', h: 'how the authority came to know', i: 'orders before, and whether they were followed', j: 'codes of conduct and certification', k: 'anything else, such as gains',
} as const

const shares = { low: [0, 0.1], medium: [0.1, 0.2], high: [0.2, 1] } as const
type Seriousness = keyof typeof shares

/** EDPB Guidelines 04/2022 v2.1, paras 65 and 66: turnover up to (included), least and most share of the starting amount. Lower shares between 2 and 500 million are not confirmed. */
const sizes: readonly (readonly [turnoverMax: number, least: number, most: number])[] = [
  [2e6, 0.002, 0.004], [10e6, 0.003, 0.02], [50e6, 0.015, 0.1], [100e6, 0.08, 0.2], [250e6, 0.15, 0.5], [500e6, 0.4, 1], [Infinity, 1, 1],
]

const tiers = { '83(4)': [10e6, 0.02], '83(5)': [20e6, 0.04] } as const
type Tier = keyof typeof tiers

/** The day on which the final guidelines were adopted: before it nothing common was said of amounts. */
const adopted = '2023-05-24'

const rules: readonly RuleVersion[] = [
  { name: 'Regulation (EU) 2016/679, Art. 83, without guidelines on amounts', from: applies, until: adopted }, { name: 'Regulation (EU) 2016/679, Art. 83; EDPB Guidelines 04/2022 v2.1', from: adopted },
]

const facts: Readonly<Record<string, FactAsked>> = {
  turnover: asked('number', 'worldwide turnover of the whole undertaking, in euros, of the year before: without it no range means anything'),
  articles: maybe('list', 'articles infringed, such as 28(3)(g),29,30(2)'), tier: maybe(Object.keys(tiers), 'without articles: the ceiling'), seriousness: asked(Object.keys(shares), 'of the infringement, after (a), (b) and (g)'),
  linked: maybe('yes or no', 'the same or linked operations (Art. 83(3))'), firm_turnover: maybe('number', 'of the fined firm alone, in euros'),
  ...Object.fromEntries(Object.entries(factors).map(([letter, says]) => [`factor_${letter}`, maybe(['aggravating', 'mitigating', 'neutral'], `Art. 83(2)(${letter}): ${says}`)])),
}

export const exposure: Question = {
  id: 'fine', obligations: ['O35', 'O36', 'O37', 'O38', 'O39', 'O40'], asks: 'To what may a fine come?', commencement: '99(2)', rules, facts,
  answer: (told, at) => {
    const turnover = numberIn(told, 'turnover')!
    const { tier, because } = tierOf(told)
    const [fixed, share] = tiers[tier]
    const ceilingEuros = Math.max(fixed, share * turnover)
    const limit = [because, `ceiling: the higher of EUR ${fixed} and ${share * 100} % of EUR ${turnover}, of the undertaking (C-383/23, paras 24 to 29)`]
    const rest = [...weighed(told), ...capacityOf(told), 'assumed: one infringement of that tier, by intent or negligence; nobody in management need have known (C-807/21)', 'a range, not a forecast']
    if (at < parseInstant(adopted)!) return { article: tier, verdict: 'range', amounts: { ceilingEuros, euros: [0, ceilingEuros] }, outcome: `at most EUR ${ceilingEuros}; no guidelines on amounts were adopted by then`, reasons: [...limit, ...rest] }
    const start = startOf(ceilingEuros, turnover, textIn(told, 'seriousness') as Seriousness)
    return { article: tier, verdict: 'range', amounts: { ceilingEuros, euros: start.euros }, outcome: `EUR ${start.euros[0]} to ${start.euros[1]} to start from, before Art. 83(2) is weighed; at most EUR ${ceilingEuros}`, reasons: [...limit, ...start.reasons, ...rest], unconfirmed: start.unconfirmed }
  },
}

/** Where an amount starts: seriousness, then size (paras 60, 65 and 66). */
function startOf(ceiling: number, turnover: number, serious: Seriousness): { readonly euros: readonly [number, number]; readonly reasons: readonly string[]; readonly unconfirmed: readonly string[] } {
  const [turnoverMax, least, most] = sizes.find(([max]) => turnover <= max)!
  const [from, to] = shares[serious]
  return {
    euros: [Math.round(ceiling * from * least), Math.round(ceiling * to * most)],
    reasons: [`seriousness ${serious}: ${from * 100} to ${to * 100} % of it`, `size: ${least * 100} to ${most * 100} % of that`, 'lower end: indicative; upper end: guideline'],
    unconfirmed: [
      ...(turnoverMax > 2e6 && turnoverMax <= 500e6 ? [`lower share of the size band (${least * 100} %): indicative`] : []),
      ...(turnover > 2e6 && turnover === turnoverMax ? [`whether a turnover of exactly EUR ${turnover} belongs to the lower band`] : []),
    ],
  }
}

/** Art. 83(4) to (6): which ceiling an article has. Throws `Misuse` for articles that have none, and where neither articles nor a tier are told. */
function tierOf(told: Facts): { readonly tier: Tier; readonly because: string } {
  const articles = listIn(told, 'articles')
  const given = textIn(told, 'tier') as Tier | undefined
  if (articles === undefined || articles.length === 0) {
    if (given === undefined) throw new Misuse('fine needs the fact articles (those infringed), or tier (83(4) or 83(5))')
    return { tier: given, because: `Art. ${given}, as stated` }
  }
  const each = articles.map((article) => [article, tierOfArticle(article)] as const)
  const without = each.filter(([, tier]) => tier === undefined).map(([article]) => article)
  if (without.length > 0) throw new Misuse(`Art. 83(4) to (6) name no fine for ${without.join(', ')}; articles are given as 28(3)(g),29`)
  const tier: Tier = each.some(([, one]) => one === '83(5)') ? '83(5)' : '83(4)'
  if (given !== undefined && given !== tier) throw new Misuse(`tier ${given} is not that of the articles ${articles.join(', ')}, which is ${tier}: leave it out`)
  return { tier, because: `Art. ${tier} for Art. ${articles.join(', ')}${articles.length === 1 ? '' : yes(told, 'linked') ? ': linked operations, in total no more than for the gravest (Art. 83(3))' : ': whether the operations are linked (Art. 83(3)) was not told, so this is of one infringement'}` }
}

function tierOfArticle(text: string): Tier | undefined {
  const article = Number(/^(\d{1,2})(\(\d{1,2}\))?(\([a-z]\))?$/.exec(text)?.[1])
  if ([8, 11, 42, 43].includes(article) || (article >= 25 && article <= 39)) return '83(4)'
  return [5, 6, 7, 9].includes(article) || (article >= 12 && article <= 22) || (article >= 44 && article <= 49) || text.startsWith('58(2)') || text.startsWith('58(1)') ? '83(5)' : undefined
}

function weighed(told: Facts): string[] {
  const named = (direction: string): string[] => Object.keys(factors).filter((letter) => told[`factor_${letter}`] === direction).map((letter) => `(${letter})`)
  const silent = Object.keys(factors).filter((letter) => told[`factor_${letter}`] === undefined).map((letter) => `(${letter})`)
  const line = (letters: string[], says: string): string[] => (letters.length === 0 ? [] : [`Art. 83(2) ${letters.join(', ')}: ${says}`])
  return [...line(named('aggravating'), 'aggravating; an amount may go above the range, up to the ceiling'), ...line(named('mitigating'), 'mitigating; an amount may go below it'), ...line(named('neutral'), 'neutral'), ...line(silent, 'not told, which is not neutral')]
}

function capacityOf(told: Facts): string[] {
  const firm = numberIn(told, 'firm_turnover')
  return firm === undefined ? [] : [`the firm's own turnover is EUR ${firm}: the amount must fit its real economic capacity, the ceiling does not follow it (C-383/23, para. 36)`]
}
