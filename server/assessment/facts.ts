/** Facts as people state them, read against what a question takes. Pure. */
import { Misuse } from '#kit/errors'
import { parseInstant, type Instant } from '#kit/time'
import type { FactAsked, Facts, FactShape, FactValue, Question } from './types.ts'

/** Longer is not a fact but a text: it belongs into the note. */
const charactersMax = 500
const itemsMax = 100

/** The facts that a question takes, from what was given: words of a command line, or values of a file. Throws `Misuse` with every fact that is unknown, malformed or missing. */
export function readFacts(question: Question, given: Readonly<Record<string, unknown>>): Facts {
  const problems: string[] = []
  const facts: Record<string, FactValue> = {}
  for (const [name, value] of Object.entries(given)) {
    const asked = question.facts[name]
    const read = asked === undefined ? undefined : valueOf(asked.shape, value)
    if (asked === undefined) problems.push(`${question.id} takes no fact ${JSON.stringify(name)}; it takes ${Object.keys(question.facts).join(', ')}`)
    else if (read === undefined) problems.push(`${name} is ${shapeText(asked)}`)
    else facts[name] = read
  }
  const missing = Object.entries(question.facts).filter(([name, { optional }]) => optional !== true && !(name in given))
  problems.push(...missing.map(([name, asked]) => `${question.id} needs the fact ${name} (${asked.says}): ${shapeText(asked)}; not told is not no`))
  if (problems.length > 0) throw new Misuse(problems)
  return facts
}

/** A shape in words. */
export const shapeText = ({ shape }: FactAsked): string => (typeof shape === 'object' ? `one of ${shape.join(', ')}` : { 'yes or no': 'yes or no', number: 'a number', date: 'a date such as 2019-04-15', text: `a text of at most ${charactersMax} characters`, country: 'a country code of two capitals', list: 'a list (a,b,c)' }[shape])

function valueOf(shape: FactShape, value: unknown): FactValue | undefined {
  const text = typeof value === 'string' && value.length <= charactersMax && value.isWellFormed() && !value.includes('\u0000') ? value : undefined
  if (typeof shape === 'object') return text !== undefined && shape.includes(text) ? text : undefined
  switch (shape) {
    case 'yes or no': return typeof value === 'boolean' ? value : { yes: true, true: true, no: false, false: false }[text ?? '']
    case 'number': return numberOf(typeof value === 'number' ? String(value) : text)
    case 'date': return text !== undefined && parseInstant(text) !== undefined ? text : undefined
    case 'country': return text !== undefined && /^([A-Z]{2}|EPO)$/.test(text) ? text : undefined
    case 'text': return text === '' ? undefined : text
    case 'list': return listOf(value)
  }
}

const numberOf = (text: string | undefined): number | undefined => (text !== undefined && /^\d{1,15}([.]\d{1,4})?$/.test(text) ? Number(text) : undefined)

function listOf(value: unknown): readonly string[] | undefined {
  const items: readonly unknown[] = typeof value === 'string' ? value.split(',').map((item) => item.trim()).filter((item) => item !== '') : Array.isArray(value) ? value : [undefined]
  return items.length <= itemsMax && items.every((item): item is string => typeof item === 'string' && item.length <= charactersMax && item.isWellFormed() && !item.includes('\u0000')) ? items : undefined
}

/** Readers of facts that were read before: `undefined` is *not told*. */
export const yes = (facts: Facts, name: string): boolean => facts[name] === true
export const numberIn = (facts: Facts, name: string): number | undefined => (typeof facts[name] === 'number' ? facts[name] : undefined)
export const textIn = (facts: Facts, name: string): string | undefined => (typeof facts[name] === 'string' ? facts[name] : undefined)
export const listIn = (facts: Facts, name: string): readonly string[] | undefined => (Array.isArray(facts[name]) ? (facts[name] as readonly string[]) : undefined)
export const dayIn = (facts: Facts, name: string): Instant | undefined => { const text = textIn(facts, name); return text === undefined ? undefined : parseInstant(text) }
