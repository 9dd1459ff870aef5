import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { buildProgram } from '../server/cli/main.ts'

/** What stands where a value would. */
const value = 'VALUE'

/** Every text that an expression may come to; what is not known here is a value. */
function textsOf(node: ts.Expression): string[] {
  if (ts.isStringLiteralLike(node)) return [node.text]
  if (ts.isParenthesizedExpression(node)) return textsOf(node.expression)
  if (ts.isConditionalExpression(node)) return [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)]
  if (!ts.isTemplateExpression(node)) return [value]
  return node.templateSpans.reduce<string[]>((made, { expression, literal }) => made.flatMap((before) => textsOf(expression).map((text) => `${before}${text}${literal.text}`)), [node.head.text])
}

interface Line { readonly text: string; /** It is all that the text says; else words of a sentence may follow it. */ readonly whole: boolean }

/** Command lines in a source: whole texts that are one, and those inside a sentence. */
function linesIn(source: string, path: string): Line[] {
  const found: Line[] = []
  const look = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) {
      found.push(...textsOf(node).flatMap((text) => [...text.matchAll(/(?<![\w./-])bailee(?= [a-z])((?: (?:--)?[A-Za-z](?:[\w.-]*\w)?| "[^"]*")+)/g)].map(([line]) => ({ text: line, whole: line === text.trim() }))))
      return
    }
    ts.forEachChild(node, look)
  }
  look(ts.createSourceFile(path, source, ts.ScriptTarget.ES2024, true, path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS))
  return found
}

/** What is wrong with a line, for the program as it is; undefined: it would be understood. */
function problemOf({ text, whole }: Line, program: Command): string | undefined {
  const [, ...words] = text.match(/"[^"]*"|\S+/g) ?? []
  let command = program
  let place = 0
  for (let next = command.commands.find((one) => one.name() === words[place]); next !== undefined; next = command.commands.find((one) => one.name() === words[place])) { command = next; place += 1 }
  if (command === program || (command.commands.length > 0 && command.registeredArguments.length === 0)) return `no command ${words.slice(0, place + 1).join(' ')}`
  let values = 0
  for (; place < words.length; place += 1) {
    const word = words[place] ?? ''
    if (!word.startsWith('--')) { values += 1; continue }
    if (word === '--help') return undefined
    const option = command.options.find(({ long }) => long === word)
    if (option === undefined) return `${command.name()} has no ${word}`
    if (option.required) place += 1
  }
  if (!whole) return undefined
  const wanted = command.registeredArguments
  if (values > wanted.length) return `${command.name()} takes ${wanted.length} values, not ${values}`
  return values < wanted.filter(({ required }) => required).length ? `${command.name()} needs ${wanted.map((one) => one.name()).join(', ')}` : command.options.filter(({ mandatory, long }) => mandatory && !words.includes(long ?? '')).map(({ long }) => `${command.name()} needs ${long}`)[0]
}

const here = import.meta.dirname
const sources = readdirSync(here, { recursive: true, encoding: 'utf8' }).filter((path) => /[.]tsx?$/.test(path) && !/[.]test[.]|[.]d[.]ts$|(^|[/])(node_modules|dist|testing)[/]/.test(path))

test('every command line that a page names is one that the command line understands', () => {
  const program = buildProgram(() => undefined)
  const lines = sources.flatMap((path) => linesIn(readFileSync(join(here, path), 'utf8'), path).map((line) => ({ path, line })))
  expect(lines.length).toBeGreaterThan(30)
  expect(lines.flatMap(({ path, line }) => { const problem = problemOf(line, program); return problem === undefined ? [] : [`${path}: ${line.text}: ${problem}`] })).toEqual([])
  // and what is wrong is seen
  expect(linesIn('const a = `bailee instruction show ${id}${old ? "" : ` --as-of ${at}`}`\nconst b = "Run bailee apply."', 'a.ts')).toEqual([
    { text: 'bailee instruction show VALUE', whole: true }, { text: 'bailee instruction show VALUE --as-of VALUE', whole: true }, { text: 'bailee apply', whole: false },
  ])
  const said = (text: string, whole = true): string | undefined => problemOf({ text, whole }, program)
  expect(['bailee controller list', 'bailee contract show VALUE', 'bailee instruction', 'bailee instruction list --all', 'bailee instruction list VALUE', 'bailee people token', 'bailee instruction withdraw VALUE'].map((line) => said(line))).toEqual([
    'no command controller', 'no command contract show', 'no command instruction', 'list has no --all', 'list takes 0 values, not 1', 'token needs person', 'withdraw needs --as',
  ])
  expect([said('bailee instruction list'), said('bailee apply records it', false), said('bailee ledger snapshot makes one', false)]).toEqual([undefined, undefined, 'no command ledger snapshot'])
})
