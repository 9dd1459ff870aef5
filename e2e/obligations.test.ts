import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { questions } from '../server/assessment/index.ts'
import { buildProgram } from '../server/cli/main.ts'
import { root } from './estate.ts'

// docs/guide/obligations.md says of each obligation O1 to O40 what Bailee does, by which command or page, and which scenario is refused and which passes. What it names must exist.

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
// Read, not imported: what a browser runs has types of its own.
const pages = new Set(readdirSync(join(root, 'portal')).map((folder) => `portal/${folder}/pages.ts`).filter((path) => existsSync(join(root, path))).flatMap((path) => [...read(path).matchAll(/path: '([^']+)'/g)].map(([, page]) => page!)))
const program = buildProgram(() => undefined)
const scenarios = (parse(read('server/assessment/scenarios.yaml')) as { obligation: string; question: string; on: string; verdict: string; outcome: string }[]).map((one) => ({ ...one, on: String(one.on) }))
const rowsOf = (text: string): string[][] => text.split('\n').filter((line) => /^\| O\d/.test(line)).map((line) => line.slice(2, -2).split(' | ').map((cell) => cell.trim()))
const named = (cell: string | undefined): string[] => [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, inside]) => inside!)

/** What is wrong with a command as it is written: no such command, option or question. */
function wrongCommand(text: string): string | undefined {
  const [first, ...words] = text.split(' ')
  let command: Command = program
  let [next] = words
  while (next !== undefined && command.commands.some((one) => one.name() === next)) {
    command = command.commands.find((one) => one.name() === next)!
    next = words[words.indexOf(next) + 1]
  }
  const given = words.filter((word) => word.startsWith('--'))
  const rest = words.slice(words.indexOf(command.name()) + 1).filter((word) => !word.startsWith('--'))
  if (first !== 'bailee' || command === program || command.commands.length > 0) return `no command ${text}`
  if (rest.length > command.registeredArguments.length || (command.name() === 'assess' && !questions.some(({ id }) => id === rest[0]))) return `${text}: no argument ${rest.join(' ')}`
  return given.every((option) => command.options.some(({ long }) => long === option)) ? undefined : `${text}: no such option`
}

/** What is wrong with a scenario: of `scenarios.yaml` (question, day, outcome), of the table in people.md, or a test by the beginning of its title. */
function wrongScenario(text: string, { obligation, refused }: { readonly obligation: string; readonly refused: boolean }): string | undefined {
  const [, path, title] = /^((?:server|e2e)\/\S+[.]test[.]ts): (.+)$/.exec(text) ?? []
  if (path !== undefined) return existsSync(join(root, path)) && read(path).replaceAll('\\\'', '\'').includes(title!) ? undefined : `no test ${text}`
  const [, of, facts] = /^(.+) in people[.]md: (.+)$/.exec(text) ?? []
  if (of !== undefined) return read('docs/guide/people.md').split('\n').some((line) => line.startsWith(`| ${of} |`) && line.includes(`| ${facts!} |`) && line.includes(refused ? '| refused: ' : '| allowed |')) ? undefined : `no scenario ${text}`
  const [, question, day, outcome] = /^(\w+)@(\d{4}-\d\d-\d\d): (.+)$/.exec(text) ?? []
  const found = scenarios.filter((one) => one.question === question && one.on.startsWith(day!) && one.outcome === outcome && (one.verdict === 'no') === refused)
  return found.some((one) => questions.find(({ id }) => id === one.question)?.obligations.includes(obligation)) ? undefined : `no scenario ${text}`
}

/** What is wrong with a row of the table. */
function wrongIn([obligation, article, does, how, where, refused, passes, ...more]: readonly string[]): string[] {
  if (obligation === undefined || [article, does, where, refused, passes].some((cell) => cell === undefined || cell === '') || more.length > 0) return [`${obligation ?? ''}: seven cells`]
  return [
    ...(['enforced', 'shown', 'asked'].includes(how!) ? [] : [`${obligation}: how is enforced, shown or asked, not ${how!}`]),
    ...(named(where).length === 0 ? [`${obligation}: no command and no page`] : []), ...(named(refused).length === 0 || named(passes).length === 0 ? [`${obligation}: no scenario`] : []),
    ...named(where).flatMap((one) => (one.startsWith('/') ? (pages.has(one) ? [] : [`no page ${one}`]) : wrongCommand(one) ?? [])),
    ...named(refused).flatMap((one) => wrongScenario(one, { obligation, refused: true }) ?? []), ...named(passes).flatMap((one) => wrongScenario(one, { obligation, refused: false }) ?? []),
  ]
}

test('docs/guide/obligations.md has every obligation once, and names only commands, pages and scenarios that exist', () => {
  const rows = rowsOf(read('docs/guide/obligations.md'))
  expect(rows.map(([obligation]) => obligation)).toEqual(Array.from({ length: 40 }, (_, one) => `O${one + 1}`))
  expect(rows.flatMap(wrongIn)).toEqual([])
})

test('a command, an option, a page, a scenario or a test that there is not is said', () => {
  const good = ['O1', '3', 'Answers.', 'asked', '`bailee register assess scope`, `/assessments`', '`scope@2019-04-15: out of scope`', '`commitment in people.md: signed in January`']
  const withCell = (at: number, cell: string): string[] => wrongIn(good.with(at, cell))
  expect(wrongIn(good)).toEqual([])
  expect([withCell(3, 'done'), withCell(4, '`bailee register weather`'), withCell(4, '`bailee register`'), withCell(4, '`bailee register assess weather`'), withCell(4, '`bailee register check --fast`'), withCell(4, '`/weather`'), withCell(4, 'nothing')].map(({ length }) => length)).toEqual([1, 1, 1, 1, 1, 1, 1])
  expect([withCell(5, '`scope@2019-04-15: in scope`'), withCell(5, '`role@2019-04-15: exposed to being taken for a controller`'), withCell(6, '`commitment in people.md: never signed`'), withCell(6, '`server/nowhere.test.ts: a`'), withCell(6, '`e2e/serve.test.ts: the sun shines`'), wrongIn(good.slice(0, 5))].map(({ length }) => length)).toEqual([1, 1, 1, 1, 1, 1])
})
