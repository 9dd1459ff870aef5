/** Duties whose answer depends on more than whether each condition is met. */
import { day, formatDay, parseInstant } from '#kit/time'
import { dayIn, listIn, numberIn, textIn, yes } from '../facts.ts'
import type { Question, Ruling } from '../types.ts'
import { asked, maybe, regulation } from './rule.ts'

const clauses = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
const matters = ['subject_matter', 'duration', 'nature', 'purpose', 'data_types', 'subject_categories', 'controller_rights']

/** First day of Implementing Decision (EU) 2021/915, whose clauses serve as the contract (Art. 28(7)). */
const clausesFrom = '2021-06-27'

export const contract: Question = {
  id: 'contract', obligations: ['O6'], asks: 'Does the contract have what it must?', commencement: '99(2)', rules: regulation('28(3), 28(6), 28(7), 28(9)'),
  facts: { written: asked('yes or no', 'in writing, electronic form included'), clauses: maybe('list', 'which of (a) to (h) of Art. 28(3) it has: a,b,...'), matters: maybe('list', `which of ${matters.join(', ')} it sets out`), form: maybe(['own', '2021/915'], 'its own words, or the Commission\'s clauses unchanged'), signed_on: maybe('date', 'the day it was signed') },
  answer: (facts, at) => {
    const no = (article: string, reasons: string[]): Ruling => ({ article, verdict: 'no', outcome: 'incomplete', reasons })
    if (!yes(facts, 'written')) return no('28(9)', ['not in writing'])
    const signed = dayIn(facts, 'signed_on') ?? at
    const lacking = matters.filter((one) => !(listIn(facts, 'matters') ?? []).includes(one))
    if (facts['form'] === '2021/915' && signed < parseInstant(clausesFrom)!) return no('28(7)', [`the clauses of Decision (EU) 2021/915 are there from ${clausesFrom}, and it was signed on ${formatDay(signed)}`])
    if (lacking.length > 0) return no('28(3)', [`does not set out, or was not told to: ${lacking.join(', ')}`])
    if (facts['form'] === '2021/915') return { article: '28(7)', verdict: 'yes', outcome: 'complete', reasons: ['the clauses of Decision (EU) 2021/915, unchanged, have (a) to (h); its annexes are filled in'] }
    const missing = clauses.filter((letter) => !(listIn(facts, 'clauses') ?? []).includes(letter))
    return missing.length > 0 ? no(`28(3)(${missing[0]})`, missing.map((letter) => `lacks Art. 28(3)(${letter}), or that it has it was not told`)) : { article: '28(3)', verdict: 'yes', outcome: 'complete', reasons: ['sets out its matter, and has (a) to (h)'] }
  },
}

const laws = ['union', 'member_state', 'third_country', 'none']

export const compulsion: Question = {
  id: 'compulsion', obligations: ['O8'], asks: 'May the processor act without an instruction, because law obliges it to?', commencement: '99(2)', rules: regulation('28(3)(a), 29, 48'),
  facts: { law: asked(laws, 'whose law obliges'), told_before: asked('yes or no', 'the controller was told before'), telling_forbidden: maybe('yes or no', 'that law forbids telling, for an important public interest') },
  answer: (facts) => {
    const law = textIn(facts, 'law')
    if (law === 'third_country') return { article: '48', verdict: 'no', outcome: 'not allowed', reasons: ['an order under the law of a third country is recognised only on an international agreement; Art. 28(3)(a) names Union and Member State law'] }
    if (law === 'none') return { article: '28(3)(a)', verdict: 'no', outcome: 'not allowed', reasons: ['no law obliges it, and nothing instructs it'] }
    if (!yes(facts, 'told_before') && !yes(facts, 'telling_forbidden')) return { article: '28(3)(a)', verdict: 'no', outcome: 'not allowed yet', reasons: ['the controller is to be told before, unless that law forbids it'] }
    return { article: '28(3)(a)', verdict: 'yes', outcome: 'allowed', reasons: [`${law === 'union' ? 'Union' : 'Member State'} law obliges it; ${yes(facts, 'told_before') ? 'the controller was told before' : 'that law forbids telling'}`] }
  },
}

export const testData: Question = {
  id: 'test_data', obligations: ['O13'], asks: 'May the data be in that environment?', commencement: '99(2)', rules: regulation('28(3)(a), 29, 32; CNIL guide for developers'),
  facts: { environment: asked(['production', 'non-production'], 'what the environment is'), identifiable: asked('yes or no', 'people can be told from it, directly or not'), instructed: asked('yes or no', 'the controller instructed it for that environment'), protected_as_production: maybe('yes or no', 'it is protected as production is') },
  answer: (facts) => {
    if (!yes(facts, 'instructed')) return { article: '28(3)(a), 29', verdict: 'no', outcome: 'not allowed', reasons: ['no instruction names that environment: not even making it anonymous is covered'] }
    if (facts['environment'] === 'production' || !yes(facts, 'identifiable')) return { article: '28(3)(a)', verdict: 'yes', outcome: 'allowed', reasons: [facts['environment'] === 'production' ? 'production, as instructed' : 'instructed, and nobody can be told from it'] }
    return yes(facts, 'protected_as_production') ? { article: '32', verdict: 'yes', outcome: 'allowed', reasons: ['instructed, and the environment is protected as production is'] } : { article: '32', verdict: 'no', outcome: 'not allowed', reasons: ['identifiable data in an environment of lower protection: invented or anonymous data serve a test'] }
  },
}

export const logs: Question = {
  id: 'logs', obligations: ['O15'], asks: 'Are access logs kept as long as they should be, and no longer?', commencement: 'CNIL deliberation 2021-122', rules: [{ name: 'CNIL deliberation 2021-122', from: '2021-10-14' }],
  facts: { months: asked('number', 'how long logs are kept'), internal_control: maybe('yes or no', 'they serve internal control'), risk_documented: maybe('yes or no', 'the risk and the procedure are documented'), protected: asked('yes or no', 'nobody can write or take from them unseen') },
  answer: (facts) => {
    const months = numberIn(facts, 'months')!
    const article = '32, 5(1)(e)'
    const longer = yes(facts, 'internal_control') && yes(facts, 'risk_documented')
    if (!yes(facts, 'protected')) return { article: '32', verdict: 'no', outcome: 'not protected', reasons: ['logs that can be altered unseen show nothing'] }
    if (months < 6) return { article, verdict: 'no', outcome: 'too short', reasons: [`${months} months; six to twelve are the rule`] }
    if (months <= 12) return { article, verdict: 'yes', outcome: 'as it should be', reasons: [`${months} months, within six to twelve`] }
    return longer && months <= 36 ? { article, verdict: 'yes', outcome: 'as it should be', reasons: [`${months} months, for internal control, with risk and procedure documented: up to three years`] } : { article, verdict: 'no', outcome: 'too long', reasons: [`${months} months; more than twelve only for internal control with a documented risk, and no more than 36`] }
  },
}

export const subProcessor: Question = {
  id: 'sub_processor', obligations: ['O17'], asks: 'May the sub-processor be engaged?', commencement: '99(2)', rules: regulation('28(2), 28(3)(d)'),
  facts: { authorisation: asked(['none', 'specific', 'general'], 'what the controller gave in writing'), agreed: maybe('yes or no', 'specific: it agreed to this one'), notice_on: maybe('date', 'general: the day it was told'), window_days: maybe('number', 'general: days to object'), objected: maybe('yes or no', 'it objected'), engaged_on: asked('date', 'the day it begins') },
  answer: (facts) => {
    const no = (reason: string): Ruling => ({ article: '28(2)', verdict: 'no', outcome: 'not allowed', reasons: [reason] })
    if (yes(facts, 'objected')) return no('the controller objected')
    if (facts['authorisation'] === 'none') return no('no written authorisation')
    if (facts['authorisation'] === 'specific') return yes(facts, 'agreed') ? { article: '28(2)', verdict: 'yes', outcome: 'allowed', reasons: ['the controller agreed to this one in writing'] } : no('specific authorisation: silence is a no')
    const [notice, days, engaged] = [dayIn(facts, 'notice_on'), numberIn(facts, 'window_days'), dayIn(facts, 'engaged_on')!]
    if (notice === undefined || days === undefined) return no('general authorisation: the controller is to be told before, and to have days in which to object')
    return engaged < notice + days * day ? no(`engaged on ${formatDay(engaged)}, and the controller could object until ${formatDay(notice + days * day)}`) : { article: '28(2)', verdict: 'yes', outcome: 'allowed', reasons: [`told on ${formatDay(notice)}, and ${days} days passed without objection`] }
  },
}

export const breachNotice: Question = {
  id: 'breach_notice', obligations: ['O24'], asks: 'Was the controller told of the breach as the law and the contract ask?', commencement: '99(2)', rules: regulation('33(2)', 'Digital Omnibus, 2025/0360(COD), would change what controllers tell authorities (96 hours, high risk): not adopted'),
  facts: { aware_at: asked('date', 'when the processor came to know, with the hour'), told_at: maybe('date', 'when the controller was told, with the hour'), without_delay: asked('yes or no', 'nothing that could be told waited'), contract_hours: maybe('number', 'hours that the contract gives') },
  answer: (facts) => {
    const [aware, told, hours] = [dayIn(facts, 'aware_at')!, dayIn(facts, 'told_at'), numberIn(facts, 'contract_hours')]
    if (told === undefined) return { article: '33(2)', verdict: 'no', outcome: 'not told', reasons: ['the controller was not told'] }
    const took = (told - aware) / 3600
    const words = `told ${took.toFixed(1)} hours after it was known`
    if (!yes(facts, 'without_delay') || took < 0) return { article: '33(2)', verdict: 'no', outcome: 'told late', reasons: [took < 0 ? 'told before it was known: one of the moments is wrong' : `${words}; the law has no number of hours, and lets nothing wait`] }
    if (hours !== undefined && took > hours) return { article: '33(2), contract', verdict: 'no', outcome: 'told later than the contract says', reasons: [`${words}; the contract gives ${hours}, which is another clock than the law's`] }
    return { article: '33(2)', verdict: 'yes', outcome: 'told without undue delay', reasons: [`${words}; the law has no number of hours`] }
  },
}

export const end: Question = {
  id: 'end', obligations: ['O27'], asks: 'Was everything erased or returned at the end?', commencement: '99(2)', rules: regulation('28(3)(g)'),
  facts: { choice: asked(['delete', 'return', 'none'], 'what the controller chose'), ended_on: asked('date', 'the day the contract ended'), done_on: maybe('date', 'the day that the last copy was gone'), within_days: maybe('number', 'days that the contract gives'), every_environment_searched: asked('yes or no', 'copies were searched for everywhere, not listed from memory'), sub_processors_confirmed: asked('yes or no', 'sub-processors confirmed, or there are none'), confirmed: asked('yes or no', 'the controller was told that it is done') },
  answer: (facts) => {
    const [ended, done, within] = [dayIn(facts, 'ended_on')!, dayIn(facts, 'done_on'), numberIn(facts, 'within_days')]
    const days = done === undefined ? undefined : Math.round((done - ended) / day)
    const lacks = [
      ...(facts['choice'] === 'none' ? ['the controller\'s choice is not known'] : []), ...(days === undefined ? ['data are there still, or that they are gone was not told'] : []), ...(days !== undefined && within !== undefined && days > within ? [`gone ${days} days after the end; the contract gives ${within}`] : []),
      ...(yes(facts, 'every_environment_searched') ? [] : ['copies that nobody listed were not searched for: the duty is of all data and existing copies']), ...(yes(facts, 'sub_processors_confirmed') ? [] : ['sub-processors did not confirm']), ...(yes(facts, 'confirmed') ? [] : ['the controller was not told']),
    ]
    return lacks.length > 0 ? { article: '28(3)(g)', verdict: 'no', outcome: 'not done', reasons: lacks } : { article: '28(3)(g)', verdict: 'yes', outcome: 'done', reasons: [`${facts['choice'] as string}, ${days} days after the end, everywhere searched, confirmed`] }
  },
}

export const keeping: Question = {
  id: 'keeping', obligations: ['O28'], asks: 'May data be kept after the end?', commencement: '99(2)', rules: regulation('28(3)(g)'),
  facts: { law: asked(laws, 'whose law obliges to keep'), statute_named: asked('yes or no', 'the act and its article are named'), until: maybe('date', 'the day on which they go'), restricted: asked('yes or no', 'nobody uses them for anything else'), told: asked('yes or no', 'the controller was told') },
  answer: (facts, at) => {
    const no = (reason: string): Ruling => ({ article: '28(3)(g)', verdict: 'no', outcome: 'not allowed', reasons: [reason] })
    const until = dayIn(facts, 'until')
    if (facts['law'] === 'third_country') return no('only Union or Member State law allows keeping: that of a third country does not')
    if (facts['law'] === 'none') return no('no law obliges to keep them')
    const lacks = [...(yes(facts, 'statute_named') ? [] : ['no act is named']), ...(until === undefined ? ['no day on which they go'] : until <= at ? ['the day on which they go has come'] : []), ...(yes(facts, 'restricted') ? [] : ['they can be used']), ...(yes(facts, 'told') ? [] : ['the controller was not told'])]
    return lacks.length > 0 ? no(lacks.join('; ')) : { article: '28(3)(g)', verdict: 'yes', outcome: 'allowed', reasons: [`by ${facts['law'] === 'union' ? 'Union' : 'Member State'} law, until ${textIn(facts, 'until')}, restricted, and told`] }
  },
}

const chargesBanned = Date.UTC(2027, 0, 12) / 1000

export const switching: Question = {
  id: 'switching', obligations: ['O30'], asks: 'Does the way out of a data processing service hold to the Data Act?', commencement: 'Regulation (EU) 2023/2854, Art. 50', rules: [{ name: 'Regulation (EU) 2023/2854, Arts 23 to 31', from: '2025-09-12' }],
  facts: { cloud_service: asked('yes or no', 'a data processing service as that act means it'), notice_months: maybe('number', 'longest notice'), transition_days: maybe('number', 'longest transition'), retrieval_days: maybe('number', 'time to fetch data afterwards'), erased_after: maybe('yes or no', 'all is erased after that'), charges: maybe(['none', 'cost', 'more'], 'what switching costs') },
  answer: (facts, at) => {
    if (!yes(facts, 'cloud_service')) return { article: '2(8)', verdict: 'yes', outcome: 'not concerned', reasons: ['not a data processing service; Art. 28(3)(g) of Regulation (EU) 2016/679 holds all the same'] }
    const [notice, transition, retrieval] = [numberIn(facts, 'notice_months'), numberIn(facts, 'transition_days'), numberIn(facts, 'retrieval_days')]
    const lacks: (readonly [string, string])[] = [
      ...(notice !== undefined && notice <= 2 ? [] : [['25(2)(d)', 'notice longer than two months, or not told'] as const]), ...(transition !== undefined && transition <= 30 ? [] : [['25(2)(a)', 'transition longer than 30 days, or not told'] as const]),
      ...(retrieval !== undefined && retrieval >= 30 ? [] : [['25(2)(g)', 'less than 30 days to fetch data, or not told'] as const]), ...(yes(facts, 'erased_after') ? [] : [['25(2)(h)', 'not erased after that'] as const]),
      ...(facts['charges'] === 'none' || (facts['charges'] === 'cost' && at < chargesBanned) ? [] : [['29', at < chargesBanned ? 'switching costs more than it costs the provider, or that was not told' : 'switching costs something, and may not from 2027-01-12'] as const]),
    ]
    const doubts = ['the letters of Art. 25(2) of Regulation (EU) 2023/2854 were not compared with its text']
    return lacks.length > 0 ? { article: lacks[0]![0], verdict: 'no', outcome: 'does not hold', reasons: lacks.map(([article, says]) => `${says} (Art. ${article})`), unconfirmed: doubts } : { article: '25', verdict: 'yes', outcome: 'holds', reasons: ['notice, transition, retrieval, erasure and charges are within it; the time to fetch data is instructed storage (Art. 28(3)(a) of Regulation (EU) 2016/679)'], unconfirmed: doubts }
  },
}

export const certification: Question = {
  id: 'certification', obligations: ['O34'], asks: 'May a certificate or code be shown as an element of guarantees?', commencement: '99(2)', rules: regulation('28(5), 40, 42'),
  facts: { approved: asked('yes or no', 'approved under Art. 40 or 42, not a seal of somebody\'s own'), covers: asked('yes or no', 'it covers this processing'), until: asked('date', 'the first day on which it no longer holds') },
  answer: (facts, at) => {
    const until = dayIn(facts, 'until')!
    const lacks = [...(yes(facts, 'approved') ? [] : ['not approved under Art. 40 or 42']), ...(yes(facts, 'covers') ? [] : ['it does not cover this processing']), ...(until > at ? [] : [`it held until ${formatDay(until - 1)}`])]
    return lacks.length > 0 ? { article: '28(5)', verdict: 'no', outcome: 'shows nothing', reasons: lacks } : { article: '28(5)', verdict: 'yes', outcome: 'an element', reasons: ['it helps to show guarantees, and takes no responsibility away (Art. 42(4))'] }
  },
}
