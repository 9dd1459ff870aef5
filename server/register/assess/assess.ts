/** What the law makes of facts that somebody states, at a date. Pure; each answer carries its reasons, and says what is not confirmed. */
import { Misuse } from '#kit/errors'
import { formatDay, parseInstant, type Instant } from '#kit/time'
import { isInside } from '../countries.ts'
import { adequacy } from './adequacy.ts'

export interface Assessment {
  readonly rule: string
  readonly article: string
  readonly at: string
  readonly outcome: string
  readonly reasons: readonly string[]
  readonly unconfirmed: readonly string[]
}

const applies = Date.UTC(2018, 4, 25) / 1000

/** Which tool a transfer to a country rests on (Arts 45, 46, 49). `limits` are those of adequacy decisions that the importer is known to meet; `tool` is what the contract names. */
export function assessTransfer({ country, limits = [], tool }: { readonly country: string; readonly limits?: readonly string[]; readonly tool?: string | undefined }, at: Instant): Assessment {
  const answer = (article: string, outcome: string, reason: string): Assessment => ({ rule: 'transfer', article, at: formatDay(at), outcome, reasons: [reason, 'a tool of transfer changes nothing in whether the Regulation applies (Art. 3)'], unconfirmed: [] })
  if (isInside(country, at)) return answer('44', 'not a transfer', `${country} is within the European Economic Area on that day`)
  const decided = adequacy.filter(([code, , from, until]) => code === country && parseInstant(from)! <= at && (until === null || at < parseInstant(until)!))
  const fits = decided.find(([, , , , limit]) => limit === 'all' || limits.includes(limit))
  if (fits !== undefined) return answer('45', 'adequacy', `decision ${fits[1]} of ${fits[2]}${fits[4] === 'all' ? '' : `, whose limit ${fits[4]} is met`}`)
  const short = decided.length === 0 ? `no adequacy decision for ${country} holds on that day` : `decision ${decided[0]![1]} is limited to ${decided[0]![4]}, and that was not stated`
  if (tool === 'standard_clauses' || tool === 'binding_rules') return answer('46', 'appropriate safeguards', `${short}; the contract names ${tool}`)
  if (tool === 'derogation') return answer('49', 'derogation', `${short}; a derogation is for single cases, and its safeguards stand in the register (Art. 30(2)(c))`)
  return answer('44', 'no tool', `${short}, and no other tool is named`)
}

/** Whether a processor need keep no register (Art. 30(5)): fewer than 250 persons, and none of three things. */
export function assessExemption({ employees, risk, occasional, special }: { readonly employees: number; readonly risk: boolean; readonly occasional: boolean; readonly special: boolean }, at: Instant): Assessment {
  const exits = [...(risk ? ['the processing is likely to result in a risk'] : []), ...(occasional ? [] : ['the processing is not occasional']), ...(special ? ['it holds data of Art. 9 or 10'] : [])]
  const large = employees >= 250
  const inForce = at >= applies
  return {
    rule: 'exemption from the register, 250 persons, in force since 2018-05-25', article: '30(5)', at: formatDay(at), outcome: !inForce ? 'not in force' : large || exits.length > 0 ? 'register required' : 'exempt',
    reasons: [`${employees} persons, ${large ? 'not ' : ''}fewer than 250`, ...(large ? [] : exits.length === 0 ? ['none of the three exceptions applies'] : exits)], unconfirmed: ['a threshold of 1,000 persons was agreed provisionally (2025/0130(COD)) and was not law on 2026-11-23'],
  }
}

/** Whether the Regulation applies to a processor's activity (Art. 3), and whether it needs a representative (Art. 27). */
export function assessScope({ country, subjectsInUnion, relation }: { readonly country: string; readonly subjectsInUnion: boolean; readonly relation: 'offer' | 'monitoring' | 'none' }, at: Instant): Assessment {
  const answer = (article: string, outcome: string, reason: string): Assessment => ({ rule: 'territorial scope, in force since 2018-05-25', article, at: formatDay(at), outcome, reasons: [reason], unconfirmed: [] })
  if (at < applies) return answer('99(2)', 'not in force', 'the Regulation applies from 2018-05-25')
  if (isInside(country, at)) return answer('3(1)', 'in scope', `the processor is established in ${country}`)
  if (!subjectsInUnion || relation === 'none') return answer('3(2)', 'out of scope', subjectsInUnion ? 'nothing is offered to people in the Union, and their behaviour is not monitored' : 'nobody in the data is in the Union')
  return answer(relation === 'offer' ? '3(2)(a)' : '3(2)(b)', 'in scope; representative needed unless Art. 27(2) excepts', relation === 'offer' ? 'the activity relates to offering goods or services to people in the Union' : 'the activity relates to monitoring behaviour within the Union')
}

/** EDPB Guidelines 04/2022 v2.1: turnover up to (included), least and most share of the starting amount. Lower shares between 2 and 500 million are not confirmed. */
const sizes: readonly (readonly [turnoverMax: number, least: number, most: number])[] = [
  [2e6, 0.002, 0.004], [10e6, 0.003, 0.02], [50e6, 0.015, 0.1], [100e6, 0.08, 0.2], [250e6, 0.15, 0.5], [500e6, 0.4, 1], [Infinity, 1, 1],
]
const seriousness = { low: [0, 0.1], medium: [0.1, 0.2], high: [0.2, 1] } as const

export interface Exposure extends Assessment { readonly ceilingEuros: number; readonly euros: readonly [least: number, most: number] }

/** Exposure to a fine: the ceiling of Art. 83(4) or (5), and the adjusted range to start from. Never a forecast. Throws `Misuse` without the undertaking's turnover. */
export function assessFine({ turnoverEuros, tier, serious }: { readonly turnoverEuros?: number | undefined; readonly tier: '83(4)' | '83(5)'; readonly serious: keyof typeof seriousness }, at: Instant): Exposure {
  if (turnoverEuros === undefined || !Number.isFinite(turnoverEuros) || turnoverEuros < 0) throw new Misuse('the worldwide turnover of the whole undertaking, of the year before, is needed: without it no range means anything')
  const [fixed, share] = tier === '83(4)' ? [10e6, 0.02] : [20e6, 0.04]
  const ceiling = Math.max(fixed, share * turnoverEuros)
  const [turnoverMax, least, most] = sizes.find(([max]) => turnoverEuros <= max)!
  const [from, to] = seriousness[serious]
  const euros = [Math.round(ceiling * from * least), Math.round(ceiling * to * most)] as const
  return {
    rule: 'EDPB Guidelines 04/2022 v2.1 of 2023-05-24', article: tier, at: formatDay(at), ceilingEuros: ceiling, euros, outcome: `EUR ${euros[0]} to ${euros[1]} to start from, before Art. 83(2) is weighed; at most EUR ${ceiling}`,
    reasons: [`ceiling: the higher of EUR ${fixed} and ${share * 100} % of EUR ${turnoverEuros}`, `seriousness ${serious}: ${from * 100} to ${to * 100} % of it`, `size: ${least * 100} to ${most * 100} % of that`, 'assumed: one infringement of that tier; a range, not a forecast'],
    unconfirmed: turnoverMax > 2e6 && turnoverMax <= 500e6 ? [`lower share of the size band (${least * 100} %): indicative`] : [],
  }
}
