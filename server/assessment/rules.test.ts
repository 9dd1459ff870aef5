import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { expect, test } from 'vitest'
import { day, formatDay, parseInstant } from '#kit/time'
import { adequacy, standardClauses } from './adequacy.ts'
import { assess, questions } from './index.ts'
import type { FactAsked, Question } from './types.ts'

// That the table of scenarios has both sides of every rule: of every condition that a question has, and of every day on which the law changed.

interface Scenario { readonly question: string; readonly on: string; readonly facts: Readonly<Record<string, unknown>> }
type Given = Record<string, unknown>
interface Case { readonly at: number; readonly facts: Given }

const scenarios = parse(readFileSync(join(import.meta.dirname, 'scenarios.yaml'), 'utf8')) as Scenario[]
const on = (text: string): number => parseInstant(text)!

/** The scenarios of a question, with `every: true` written out. */
function casesOf({ id, facts: asked }: Question): Case[] {
  const all = Object.fromEntries(Object.entries(asked).filter(([, { shape, optional }]) => shape === 'yes or no' && optional !== true).map(([name]) => [name, true]))
  return scenarios.filter(({ question }) => question === id).map(({ on: at, facts: { every, ...facts } }) => ({ at: on(String(at)), facts: { ...(every === true ? all : {}), ...facts } }))
}

const verdictOf = (id: string, { at, facts }: Case): string => {
  try {
    return assess(id, facts, at).verdict
  } catch {
    return 'misuse'
  }
}

/** What else a fact could be: the other answer, another word, a day or a number a little further, or what another scenario of the question has. */
function others({ shape }: FactAsked, value: unknown, elsewhere: readonly unknown[]): unknown[] {
  const is = value === true || value === 'yes'
  if (shape === 'yes or no') return value === undefined ? [true, false] : [!is]
  if (Array.isArray(shape)) return shape.filter((one) => one !== value)
  const at = shape === 'date' ? parseInstant(String(value)) : undefined
  const near = at !== undefined ? [-365, -30, -2, -1, 1, 2, 30, 365].map((days) => formatDay(at + days * day)) : shape === 'number' ? [-100, -10, -1, 1, 10, 100].map((more) => Number(value) + more) : []
  return [...near, ...elsewhere.filter((one) => JSON.stringify(one) !== JSON.stringify(value))]
}

/** Whether a scenario is refused for this fact alone: with another value of it, all else the same, it passes. */
function decides(question: Question, name: string): boolean {
  const cases = casesOf(question)
  const elsewhere = cases.map(({ facts }) => facts[name])
  return cases.some((one) => verdictOf(question.id, one) === 'no' && others(question.facts[name]!, one.facts[name], elsewhere).some((value) => verdictOf(question.id, { ...one, facts: { ...one.facts, [name]: value } }) === 'yes'))
}

test('every rule of every question has a scenario that it alone refuses, and that passes without it', () => {
  const asked = questions.filter(({ id }) => id !== 'fine') // it answers with an amount
  const rules = asked.flatMap((question) => Object.keys(question.facts).map((name) => ({ question, name })))
  expect(rules.length).toBeGreaterThan(150)
  // These change no answer, and the law says so: that management knew nothing excuses nobody (C-807/21), and measures stand in a register where that is possible (Art. 30(2)(d)).
  expect(rules.filter(({ question, name }) => !decides(question, name)).map(({ question, name }) => `${question.id}.${name}`)).toEqual(['attribution.management_knew', 'register.measures'])
})

test('of the question of fines every fact that moves the amount is seen with one value and with another', () => {
  const seen = (name: string): Set<string> => new Set(casesOf(questions.find(({ id }) => id === 'fine')!).map(({ facts }) => JSON.stringify(facts[name] ?? null)))
  for (const name of ['turnover', 'tier', 'articles', 'linked', 'seriousness', 'firm_turnover', 'factor_a', 'factor_f']) expect([...seen(name)].length, name).toBeGreaterThan(1)
  expect([...seen('seriousness')].sort()).toEqual(['"high"', '"low"', '"medium"'])
})

test('no rule answers for a day before it was law, and each does on its first', () => {
  for (const question of questions) {
    const { facts } = casesOf(question).find(({ at }) => at >= on(question.rules[0]!.from))!
    const first = on(question.rules[0]!.from)
    expect([question.id, verdictOf(question.id, { facts, at: first - day })]).toEqual([question.id, 'not in force'])
    expect(['yes', 'no', 'range']).toContain(verdictOf(question.id, { facts, at: first }))
  }
})

/** Days in the sources of the rules, as they stand there. */
function changesInSources(): string[] {
  const folder = join(import.meta.dirname, 'questions')
  const texts = [...readdirSync(folder).map((file) => join(folder, file)), join(import.meta.dirname, 'countries.ts')].map((file) => readFileSync(file, 'utf8').replaceAll(/^\s*(\/\/|\*|\/\*).*$/gm, ''))
  const written = texts.flatMap((text) => [...text.matchAll(/'(20\d\d-\d\d-\d\d)'/g)].map(([, found]) => found!))
  const counted = texts.flatMap((text) => [...text.matchAll(/Date\.UTC\((\d+), (\d+), (\d+)\)/g)].map(([, year, month, date]) => formatDay(Date.UTC(Number(year), Number(month), Number(date)) / 1000)))
  return [...new Set([...written, ...counted])].sort()
}

test('every change of law has a scenario on the day before and one on the day', () => {
  const told = new Set(scenarios.flatMap(({ on: at, facts }) => [String(at).slice(0, 10), ...Object.values(facts).filter((value) => typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value)).map((value) => String(value).slice(0, 10))]))
  const changes = [...new Set([...changesInSources(), ...Object.values(standardClauses).flatMap(({ from, agreedBefore, until }) => [from, agreedBefore, until]), ...adequacy.flatMap(([, , from, until]) => [from, until])])]
    .filter((one): one is string => typeof one === 'string' && one >= '2018-05-25')
  expect(changes.length).toBeGreaterThan(15)
  expect(changes.filter((one) => !told.has(one) || !told.has(formatDay(on(one) - day))).sort()).toEqual([])
})
