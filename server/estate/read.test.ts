import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Misuse } from '#kit/errors'
import { readEstate } from './index.ts'
import { changed, smallEstate } from './testing.ts'

function problemsOf(source: string): readonly string[] {
  try {
    readEstate(source, 'bailee.yaml')
  } catch (cause) {
    if (cause instanceof Misuse) return cause.problems
    throw cause
  }
  return []
}

const lineOf = (text: string, source = smallEstate): number => source.slice(0, source.indexOf(text)).split('\n').length

test('the small estate is right, and says where each key stands', () => {
  const read = readEstate(smallEstate, 'bailee.yaml')
  expect(read.estate.controllers.map((controller) => controller.id)).toEqual(['acme', 'other'])
  expect(read.at(['datasets', 0, 'tables', 0, 'columns', 'country'])).toBe(`bailee.yaml:${lineOf('          country: {')} datasets[0].tables[0].columns.country`)
  expect(read.at(['datasets', 0, 'tables'])).toBe(`bailee.yaml:${lineOf('    tables:')} datasets[0].tables`)
})

const example = join(import.meta.dirname, '../../../shared/design/bailee.example.yaml')
const present = existsSync(example)
if (!present) process.stderr.write('estate: the example of the design is not here; its test is left out\n')
test.runIf(present)('the example of the design is right', () => {
  expect(problemsOf(readFileSync(example, 'utf8'))).toEqual([])
})

test('a witness, a group and a quorum are read as a verifier will read them', () => {
  expect(problemsOf(smallEstate.replace('environments:\n', 'witnessing: { quorum: w, witnesses: [{ name: w, url: "https://witness.example/", vkey: "witness.example/auditor+3791b1b9+BNnkqhnYJFwAG06WGI7ClI66TO/XSxs+c0eyfwR6qJg4" }] }\nenvironments:\n'))).toEqual([])
})

test('changes are read by replication from PostgreSQL alone', () => {
  const replicated = smallEstate.replace('subject: user_id', 'subject: user_id\n        changes: replication')
  expect(problemsOf(replicated)).toEqual([])
  expect(problemsOf(replicated.replace('store: crm', 'store: share'))).toEqual([expect.stringMatching(/datasets\[0\]\.tables\[0\]\.changes.*from PostgreSQL alone/)])
})

test('how a text is written is declared of files alone, with every column that is declared', () => {
  const written = (dialect: string, store = 'share'): string => smallEstate.replace('store: crm', `store: ${store}`).replace('subject: user_id', `subject: user_id\n        dialect: ${dialect}`)
  const ofTable = (text: string): string[] => problemsOf(text).filter((problem) => problem.includes('dialect'))
  expect(ofTable(written('{ delimiter: "\\t", quote: none, encoding: iso-8859-2 }'))).toEqual([])
  expect(ofTable(written('{ delimiter: "~" }', 'crm'))).toEqual([expect.stringContaining('of files and objects of buckets')])
  expect(ofTable(written('{ encoding: latin-99 }'))).toEqual([expect.stringContaining('an encoding by its name')])
  expect(ofTable(written('{ delimiter: "||" }'))).toEqual([expect.stringContaining('one ASCII character')])
  expect(ofTable(written('{ quote: "," }'))).toEqual([expect.stringContaining('parts fields')])
  expect(ofTable(written('{ delimiter: "\\"" }'))).toEqual([expect.stringContaining('the quote parts no fields')])
  expect(ofTable(written('{ delimiter: "\\"", quote: none }'))).toEqual([])
  expect(ofTable(written('{ header: [user_id, user_id] }'))).toEqual(expect.arrayContaining([expect.stringContaining('does not name the column'), expect.stringContaining('one field twice')]))
})

describe('one thing wrong is said with file, line and key', () => {
  const cases: readonly (readonly [what: string, from: string, to: string, at: string, says: RegExp])[] = [
    ['a key that is not known', '    subject: user_id'.trimStart(), 'subject: user_id\n        colour: red', 'datasets[0].tables[0].colour', /not known here/],
    ['a key that is not known, with a block below', 'people:\n', 'extras:\n  more: 1\npeople:\n', 'extras', /not known here/],
    ['a controller that is not declared', 'controller: other, starts', 'controller: othr, starts', 'contracts[1].controller', /othr is not among controllers/],
    ['an environment that is not declared', 'environments: [production]', 'environments: [prod]', 'instructions[0].environments[0]', /prod is not among environments/],
    ['a store that is not declared', 'store: crm', 'store: crn', 'datasets[0].store', /crn is not among stores/],
    ['a contract that is not declared', 'contract: acme-1', 'contract: acme-2', 'instructions[0].contract', /acme-2 is not among contracts/],
    ['a dataset that is not declared', 'data: { listeners:', 'data: { listener:', 'instructions[0].data.listener', /listener is not among datasets/],
    ['a column that is not declared', '[user_id, country]', '[user_id, email]', 'instructions[0].data.listeners[1]', /email is not a column/],
    ['a subject that is no column', 'subject: user_id', 'subject: id', 'datasets[0].tables[0].subject', /not among the columns/],
    ['a person that is not declared', 'person: noa, i', 'person: nobody, i', 'grants[0].person', /nobody is not among people/],
    ['an instruction that keeps fingerprints and is not declared', 'within_days: 30 }', 'within_days: 30, fingerprints: { keep_until: 2023-12-01, instruction: INS-3 } }', 'contracts[0].at_end.fingerprints.instruction', /INS-3 is not among instructions/],
    ['a road that nobody answers for', 'sweep_url: "env:CRM_URL" }', 'sweep_url: "env:CRM_URL", break_glass: [{ name: dba, owner: nobody, reason: x }] }', 'stores[0].break_glass[0].owner', /nobody is not among people/],
    ['a road without a reason', 'sweep_url: "env:CRM_URL" }', 'sweep_url: "env:CRM_URL", break_glass: [{ name: dba, owner: dana }] }', 'stores[0].break_glass[0].reason', /expected string/],
    ['an id used twice', 'id: dana', 'id: noa', 'people[1].id', /noa is declared twice/],
    ['a signatory named twice', '[{ name: C. Martin, contact: dpo@acme.example }]', '[{ name: C. Martin, contact: dpo@acme.example }, { name: C. Martin, contact: other@acme.example }]', 'controllers[0].signatories[1].name', /declared twice/],
    ['a grant given twice', '  - { person: noa, instruction: INS-1, until: 2020-12-01 }', '  - { person: noa, instruction: INS-1, until: 2020-12-01 }\n  - { person: noa, instruction: INS-1, until: 2020-12-01T10:00:00Z }', 'grants[1]', /declared twice/],
    ['a quorum of nobody', 'environments:\n', 'witnessing: { quorum: auditor }\nenvironments:\n', 'witnessing', /policy\/quorum/],
    ['a witness whose key is that of a log', 'environments:\n', 'witnessing: { quorum: w, witnesses: [{ name: w, url: "https://witness.example", vkey: "bailee.example/acme/root+1451b66d+AQZCOp0XY6Xwf+XPuwxSddPj2tAHRN3VDzH56F/nPkF4" }] }\nenvironments:\n', 'witnessing', /key of a log|type 4/],
    ['a witness with a password in its URL', 'environments:\n', 'witnessing: { quorum: w, witnesses: [{ name: w, url: "https://me:secret@witness.example", vkey: "witness.example/auditor+3791b1b9+BNnkqhnYJFwAG06WGI7ClI66TO/XSxs+c0eyfwR6qJg4" }] }\nenvironments:\n', 'witnessing.witnesses[0].url', /without a user, a password/],
    ['a witness that is not asked by HTTP', 'environments:\n', 'witnessing: { quorum: w, witnesses: [{ name: w, url: "ftp://witness.example", vkey: "witness.example/auditor+3791b1b9+BNnkqhnYJFwAG06WGI7ClI66TO/XSxs+c0eyfwR6qJg4" }] }\nenvironments:\n', 'witnessing.witnesses[0].url', /where the witness is asked/],
    ['a date that does not exist', 'ends: 2020-12-01', 'ends: 2020-11-31', 'contracts[0].ends', /a date such as/],
    ['a date in another order', 'from: 2016-12-01', 'from: 01/12/2016', 'instructions[0].from', /a date such as/],
    ['a contract that ends before it starts', 'ends: 2020-12-01', 'ends: 2016-12-01', 'contracts[0].ends', /ends before it starts/],
    ['an instruction that ends as it begins', '    from: 2016-12-01', '    from: 2016-12-01\n    until: 2016-12-01', 'instructions[0].until', /not after from/],
    ['a URL instead of a reference', '"env:CRM_URL"', '"postgres://owner:hunter2@db.example/crm"', 'stores[0].sweep_url', /a reference, env:NAME/],
    ["another controller's dataset", 'contract: acme-1', 'contract: other-1', 'instructions[0].data.listeners', /another controller's/],
    ['an operation that is not known', 'operations: [read]', 'operations: [peek]', 'instructions[0].operations[0]', /Invalid option/],
    ['a controller whom nobody signs for', '[{ name: D. Durand, contact: dpo@other.example }]', '[]', 'controllers[1].signatories', /at least one signatory/],
    ['a shared table without its rows', 'subject: user_id', 'subject: user_id\n        separation: shared_table', 'datasets[0].tables[0].rows', /shared table needs both/],
    ['a country that is not a code', 'country: IL', 'country: Israel', 'processor.country', /two capitals/],
    ['a version that is not known', 'bailee: 1', 'bailee: 2', 'bailee', /expected 1/],
    ['an origin that is no DNS name', 'origin: processor.example', 'origin: Processor/1', 'processor.origin', /DNS name/],
    ['a character that no database keeps', 'text: Segment our listeners.', 'text: "Segment\\0"', 'instructions[0].text', /without NUL/],
  ]
  test.each(cases)('%s', (_what, ...[from, to, at, says]) => {
    const source = changed(from, to)
    const problems = problemsOf(source)
    expect(problems).toHaveLength(1)
    const [, line, key, text] = /^bailee[.]yaml:(\d+) (\S+): (.*)$/.exec(problems[0] ?? '') ?? []
    expect([key, text]).toEqual([at, expect.stringMatching(says)])
    const last = at.split('.').at(-1)?.replace(/\[\d+\]$/, '') ?? ''
    expect(source.split('\n')[Number(line) - 1], 'the line named holds it').toMatch(new RegExp(`${last}|- \\{|^ *- `))
    expect(problems.join()).not.toContain('hunter2') // what may be a secret is not repeated
  })
})

test('several things wrong are all said', () => {
  expect(problemsOf(changed('person: noa, i', 'person: nobody, i', changed('store: crm', 'store: crn')))).toHaveLength(2)
})

test.each([
  ['nothing', ''], ['a list', '- a\n- b'], ['YAML that does not parse', 'bailee: [1'], ['a key given twice', `${smallEstate}bailee: 1\n`], ['two documents', `${smallEstate}---\n${smallEstate}`],
  ['an alias that leads nowhere', changed('name: Noa,', 'name: *nobody,')],
  ['an alias that unfolds without end', `a: &a [x,x,x,x,x,x,x,x,x,x]\n${[...'bcdefghi'].map((name, index) => `${name}: &${name} [${Array(10).fill(`*${'abcdefghi'[index]}`).join()}]\n`).join('')}`],
  ['a file larger than anybody writes', `# ${'x'.repeat(5 * 1024 * 1024)}`],
])('%s is a mistake and not a crash', (_what, source) => {
  const problems = problemsOf(source)
  expect(problems.length).toBeGreaterThan(0)
  for (const problem of problems) expect(problem).toMatch(/^bailee[.]yaml:/)
})
