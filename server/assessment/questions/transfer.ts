import { formatDay, parseInstant, type Instant } from '#kit/time'
import { adequacy, adequacyListedOn, standardClauses, unconfirmedLimits } from '../adequacy.ts'
import { isInside, isThirdCountry } from '../countries.ts'
import { dayIn, listIn, textIn, yes } from '../facts.ts'
import type { Facts, Question, Ruling } from '../types.ts'
import { asked, maybe, regulation } from './rule.ts'

const apart = 'a tool of transfer changes nothing in whether the Regulation applies (Art. 3)'

/** First moment after the judgment that asks for a look at the law of the destination (C-311/18). */
const judgment = Date.UTC(2020, 6, 16) / 1000

/** Arts 44 to 49: on what a transfer rests. `limits` are those of adequacy decisions that the importer is known to meet. */
export const transfer: Question = {
  id: 'transfer', obligations: ['O20', 'O21'], asks: 'May data go to that country?', commencement: '99(2)', rules: regulation(`44 to 49; adequacy as listed on ${adequacyListedOn}`),
  facts: {
    country: asked('country', 'where the importer is, or from where somebody looks'), limits: maybe('list', 'limits of a decision that the importer meets'), tool: maybe(['standard_clauses', 'binding_rules', 'derogation', 'adequacy', 'none'], 'what the contract names'),
    clauses: maybe(Object.keys(standardClauses), 'which standard clauses'), agreed_on: maybe('date', 'when the clauses were agreed'), destination_assessed: maybe('yes or no', 'the law of the destination was looked at'),
    instructed: maybe('yes or no', 'the controller instructed the transfer'),
  },
  answer: (facts, at) => {
    const found = toolOf(facts, at)
    // An instruction is missing only where it is said so: the gateway and transfers hold acts against instructions by themselves.
    const ruling: Ruling = facts['instructed'] === false ? { article: '28(3)(a)', verdict: 'no', outcome: 'not instructed', reasons: ['the controller instructed no such transfer, whatever tool it could rest on', ...found.reasons] } : found
    return { ...ruling, reasons: [...ruling.reasons, apart] }
  },
}

function toolOf(facts: Facts, at: Instant): Ruling {
  const country = textIn(facts, 'country')!
  const limits = listIn(facts, 'limits') ?? []
  if (isInside(country, at)) return { article: '44', verdict: 'yes', outcome: 'not a transfer', reasons: [`${country} is within the European Economic Area on that day`] }
  if (!isThirdCountry(country, at)) return { article: '44', verdict: 'yes', outcome: 'not a transfer', reasons: [`for six months from 2021-01-01, at most until a decision, data that went to ${country} were not taken for transferred (Trade and Cooperation Agreement)`] }
  const decided = adequacy.filter(([code, , from, until]) => code === country && parseInstant(from)! <= at && (until === null || at < parseInstant(until)!))
  const fits = decided.find(([, , , , limit]) => limit === 'all' || limits.includes(limit))
  const doubts = unconfirmedLimits[country] === undefined ? [] : [unconfirmedLimits[country]]
  if (fits !== undefined) return { article: '45', verdict: 'yes', outcome: 'adequacy', reasons: [`decision ${fits[1]} of ${fits[2]}${fits[4] === 'all' ? '' : `, whose limit ${fits[4]} is met`}`], unconfirmed: doubts }
  const gone = adequacy.filter(([code, , , until]) => code === country && until !== null && parseInstant(until)! <= at).at(-1)
  const short = decided.length > 0 ? `decision ${decided[0]![1]} is limited to ${decided[0]![4]}, and that was not stated`
    : gone !== undefined ? `decision ${gone[1]} held until ${formatDay(parseInstant(gone[3]!)! - 1)}, and no other holds on that day` : `no adequacy decision for ${country} holds on that day`
  switch (textIn(facts, 'tool')!) {
    case 'standard_clauses': return clausesOf(facts, at, short)
    case 'binding_rules': return { article: '46', verdict: 'yes', outcome: 'appropriate safeguards', reasons: [`${short}; the contract names binding_rules`], unconfirmed: destination(facts, at) }
    case 'derogation': return { article: '49', verdict: 'yes', outcome: 'derogation', reasons: [`${short}; a derogation is for single cases, and its safeguards stand in the register (Art. 30(2)(c))`] }
    default: return { article: '44', verdict: 'no', outcome: 'no tool', reasons: [`${short}, and no other tool is named`], unconfirmed: [...doubts, ...(adequacy.some(([code]) => code === country) || country === 'KE' ? [] : [`that ${country} has no decision: it follows from its absence from the list of ${adequacyListedOn}`])] }
  }
}

const destination = (facts: Facts, at: Instant): string[] => (at < judgment || yes(facts, 'destination_assessed') ? [] : ['that the law of the destination was looked at, which C-311/18 asks for, was not told'])

function clausesOf(facts: Facts, at: Instant, short: string): Ruling {
  const which = textIn(facts, 'clauses')
  const agreed = dayIn(facts, 'agreed_on')
  const no = (reason: string): Ruling => ({ article: '46(2)(c)', verdict: 'no', outcome: 'clauses that do not hold', reasons: [`${short}; ${reason}`] })
  if (facts['destination_assessed'] === false && at >= judgment) return no('the law of the destination was not looked at (C-311/18)')
  if (which === undefined) return { article: '46', verdict: 'yes', outcome: 'appropriate safeguards', reasons: [`${short}; the contract names standard_clauses`], unconfirmed: ['which standard clauses, and when they were agreed, was not told', ...destination(facts, at)] }
  const { from, agreedBefore, until } = standardClauses[which]!
  if (at < parseInstant(from)! || (agreed !== undefined && agreed < parseInstant(from)!)) return no(`the clauses ${which} are there from ${from}`)
  if (until !== undefined && at >= parseInstant(until)!) return no(`the clauses ${which} hold no longer, since ${until}`)
  if (agreedBefore !== undefined && (agreed ?? at) >= parseInstant(agreedBefore)!) return no(`the clauses ${which} could be agreed before ${agreedBefore} only`)
  return { article: '46(2)(c)', verdict: 'yes', outcome: 'appropriate safeguards', reasons: [`${short}; the contract has the clauses ${which}${until === undefined ? '' : `, which hold until ${formatDay(parseInstant(until)! - 1)}`}`], unconfirmed: [...(agreed === undefined ? ['when the clauses were agreed was not told'] : []), ...destination(facts, at)] }
}
