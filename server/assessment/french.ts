/** Assessments in French. Answers are made and recorded in English, the language of the rules; what is shown is put into French text by text. What has no French stands in English: it is never left out. Pure. */
import { frenchTexts } from './frenchTexts.ts'
import type { Assessment } from './types.ts'

interface Pattern { readonly matches: RegExp; readonly french: string; readonly fixed: number }

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')
const whole = new Map(frenchTexts)
/** The most particular first: what has most letters of its own. */
const patterns: readonly Pattern[] = frenchTexts.filter(([english]) => english.includes('{}')).map(([english, french]) => ({ matches: new RegExp(`^${english.split('{}').map(escaped).join('(.+?)')}$`), french, fixed: english.length })).sort((a, b) => b.fixed - a.fixed)

/** Words of facts that stand within a text. */
const inner: Readonly<Record<string, string>> = { high: 'élevée', medium: 'moyenne', low: 'faible', delete: 'effacement', return: 'restitution', 'Union': 'de l\'Union', 'Member State': 'd\'un État membre' }

/** A text of an assessment in French; undefined where there is none. */
export function frenchOf(text: string): string | undefined {
  const known = whole.get(text)
  if (known !== undefined) return known
  for (const { matches, french } of patterns) {
    const found = matches.exec(text)
    if (found === null || !found.slice(1).every(isBalanced)) continue
    let at = 0
    return french.replaceAll('{}', () => withinFrench(found[at += 1] ?? ''))
  }
  const parts = text.split('; ')
  const said = parts.length < 2 ? [undefined] : parts.map(frenchOf)
  if (!said.includes(undefined)) return said.join(' ; ')
  const cited = /^(.+) \(((?:Art\.|recital) .+)\)$/s.exec(text)
  const says = cited === null ? undefined : frenchOf(cited[1]!)
  return says === undefined ? undefined : `${says} (${citation(cited![2]!)})`
}

/** What is cut out of brackets is no part of a text. */
const isBalanced = (text: string): boolean => [...text].reduce((depth, sign) => (depth < 0 ? depth : sign === '(' ? depth + 1 : sign === ')' ? depth - 1 : depth), 0) === 0

const citation = (text: string): string => text.replace(/^recital/, 'considérant').replace(/^Art\. /, 'art. ')

/** What a text holds of the facts: a name stays, a text of ours is put into French, a list item by item. */
const withinFrench = (text: string): string => inner[text] ?? (text.startsWith('Regulation (EU)') || text.startsWith('CNIL deliberation') ? frenchRule(text) : undefined) ?? frenchOf(text) ?? (text.includes(', ') ? text.split(', ').map((one) => inner[one] ?? frenchOf(one) ?? one).join(', ') : text)

/** The name of a rule and since when, in French. */
export const frenchRule = (rule: string): string => rule.replaceAll('Regulation (EU)', 'Règlement (UE)').replaceAll('Arts ', 'art. ').replaceAll('Art. ', 'art. ').replaceAll(', in force since ', ', en vigueur depuis le ').replaceAll(' until ', ' jusqu\'au ').replaceAll(' to ', ' à ').replaceAll(' and ', ' et ')
  .replaceAll('adequacy as listed on', 'adéquation selon la liste du').replaceAll('last subparagraph', 'dernier alinéa').replaceAll('CNIL deliberation', 'délibération CNIL').replaceAll('CNIL guide for developers', 'guide CNIL du développeur').replaceAll('practice of authorities', 'pratique des autorités').replaceAll('without guidelines on amounts', 'sans lignes directrices sur les montants').replaceAll('EDPB Guidelines', 'lignes directrices du CEPD')
  .replaceAll('as CNIL reads them (January 2022)', 'selon la CNIL (janvier 2022)').replaceAll('as EDPB Opinion 22/2024 reads them', 'selon l\'avis 22/2024 du CEPD').replaceAll('recital', 'considérant').replaceAll(' persons', ' personnes').replaceAll(' of 2014', ' du 2014')

/** The same assessment as it is shown in French. */
export function inFrench<Shown extends Partial<Pick<Assessment, 'asks' | 'rule' | 'outcome' | 'reasons' | 'unconfirmed' | 'pending'>>>(shown: Shown): Shown {
  const say = (text: string): string => frenchOf(text) ?? text
  const { asks, rule, outcome, reasons, unconfirmed, pending } = shown
  return {
    ...shown, ...(asks === undefined ? {} : { asks: say(asks) }), ...(rule === undefined ? {} : { rule: frenchRule(rule) }), ...(outcome === undefined ? {} : { outcome: say(outcome) }),
    ...(reasons === undefined ? {} : { reasons: reasons.map(say) }), ...(unconfirmed === undefined ? {} : { unconfirmed: unconfirmed.map(say) }), ...(pending === undefined ? {} : { pending: pending.map(say) }),
  }
}
