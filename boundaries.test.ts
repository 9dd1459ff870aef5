import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { cruise } from 'dependency-cruiser'
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config'
import { describe, expect, test } from 'vitest'
import config, { arrows } from './boundaries.config.js'

interface Violation { readonly rule: { readonly name: string }; readonly from: string; readonly to: string }
interface Cruised { readonly modules: number; readonly violations: readonly string[] }

async function cruiseTree(directory: string): Promise<Cruised> {
  const options = { ...config.options, baseDir: directory, validate: true, ruleSet: config }
  const { output } = await cruise(['server', 'verifier', 'portal'], options as never, undefined, { tsConfig: extractTSConfig(join(directory, 'tsconfig.json')) } as never)
  const { summary } = output as unknown as { summary: { totalCruised: number; violations: readonly Violation[] } }
  return { modules: summary.totalCruised, violations: summary.violations.map((one) => `${one.rule.name}: ${one.from} -> ${one.to}`) }
}

test('every import follows the arrows', async () => {
  const { modules, violations } = await cruiseTree(import.meta.dirname)
  expect(modules).toBeGreaterThan(20) // a cruise that sees nothing finds nothing
  expect(violations).toEqual([])
}, 300_000)

/** The arrows that point at a word which is not above the one they start from. */
function downward(table: Readonly<Record<string, readonly string[]>>): string[] {
  const above: string[] = []
  return Object.entries(table).flatMap(([word, allowed]) => {
    const wrong = allowed.filter((one) => !above.includes(one)).map((one) => `${word} -> ${one}`)
    above.push(word)
    return wrong
  })
}

test('a word names only words above it, so there is no cycle', () => {
  expect(downward(arrows)).toEqual([])
  expect(downward({ kit: [], ledger: ['kit', 'people'], people: ['ledger'] })).toEqual(['ledger -> people'])
})

function diagramOf(table: Readonly<Record<string, readonly string[]>>): string {
  const lines = Object.entries(table).flatMap(([word, to]) => to.filter((one) => one !== 'kit' && one !== 'database').map((one) => `  ${word} --> ${one}`))
  return ['```mermaid', 'flowchart BT', ...lines, '```'].join('\n')
}

test('ARCHITECTURE.md shows the arrows as they are', () => {
  const page = readFileSync(join(import.meta.dirname, 'ARCHITECTURE.md'), 'utf8')
  expect(page, 'replace the diagram by the one expected here').toContain(diagramOf(arrows))
  expect(page).not.toContain(diagramOf({ ...arrows, people: ['ledger', 'contract'] }))
  expect(page.replace(/```mermaid[^]*?```/, '').split('\n').length, 'where, not how').toBeLessThan(130)
})

/** A tree in which everything is allowed: each test below adds one file that is not. */
const allowed: Readonly<Record<string, string>> = {
  'tsconfig.json': '{ "compilerOptions": { "module": "nodenext", "target": "es2024", "allowImportingTsExtensions": true, "noEmit": true } }',
  'package.json': '{ "type": "module" }',
  'server/package.json': '{ "name": "@bailee/server", "type": "module", "imports": { "#kit/*": "./kit/*.ts", "#*": "./*/index.ts" } }',
  'verifier/package.json': '{ "name": "@bailee/verifier", "type": "module", "exports": { ".": "./index.ts" } }',
  'node_modules/pg/package.json': '{ "name": "pg", "type": "module", "exports": "./index.js" }',
  'node_modules/pg/index.js': 'export default 1',
  'verifier/index.ts': "export { proof } from './proof.ts'",
  'verifier/proof.ts': 'export const proof = 1',
  'verifier/main.ts': "import { proof } from './index.ts'\nconsole.log(proof)",
  'server/kit/time.ts': 'export type Instant = number\nexport const now = () => 1',
  'server/database/index.ts': "import pg from 'pg'\nexport const rows = pg",
  'server/ledger/index.ts': "import { proof } from '@bailee/verifier'\nexport { rows } from './store.ts'\nexport const ledger = proof\nexport interface Ledger { readonly at: number }",
  'server/ledger/store.ts': "export { rows } from '#database'",
  'server/people/index.ts': "import { ledger } from '#ledger'\nexport const people = ledger\nexport interface Person { readonly id: string }",
  'server/decision/index.ts': "import type { Person } from '#people'\nimport type { Instant } from '#kit/time'\nexport const decide = (person: Person, at: Instant): boolean => at > 0 && person.id !== ''",
  'server/composition/index.ts': "import { people } from '#people'\nimport { decide } from '#decision'\nexport const all = [people, decide]",
  'server/cli/main.ts': "import { all } from '#composition'\nexport const main = all",
  'portal/main.tsx': "import { proof } from '@bailee/verifier'\nimport { pages } from './today/pages.ts'\nexport const shown = [proof, pages]",
  'portal/today/pages.ts': "import { table } from '../components/table.ts'\nexport const pages = [table]",
  'portal/components/table.ts': 'export const table = 1',
  'portal/build.ts': "import { readFileSync } from 'node:fs'\nexport const build = readFileSync",
  'server/main.ts': "import { main } from './cli/main.ts'\nconsole.log(main)",
}

async function violationsWith(files: Readonly<Record<string, string>>): Promise<Cruised> {
  const directory = mkdtempSync(join(tmpdir(), 'bailee-boundaries-'))
  try {
    for (const [path, text] of Object.entries({ ...allowed, ...files })) {
      mkdirSync(dirname(join(directory, path)), { recursive: true })
      writeFileSync(join(directory, path), text)
    }
    mkdirSync(join(directory, 'node_modules/@bailee'))
    symlinkSync('../../verifier', join(directory, 'node_modules/@bailee/verifier'))
    return await cruiseTree(directory)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** Adds an import to a file of the allowed tree. */
const plus = (path: string, line: string): Record<string, string> => ({ [path]: `${line}\n${allowed[path]}` })

describe('each rule can fail', () => {
  test('the tree that the violations are added to has none', async () => {
    const { modules, violations } = await violationsWith({})
    expect(violations).toEqual([])
    expect(modules).toBeGreaterThan(10)
  })

  const cases: readonly (readonly [sentence: string, files: Record<string, string>, rules: readonly string[]])[] = [
    ['an arrow that is not in the table', { ...plus('server/people/index.ts', "import { stores } from '#inventory'\nexport const s = stores"), 'server/inventory/index.ts': 'export const stores = 1' }, ['people-follows-its-arrows']],
    ['the same for a type alone', plus('server/ledger/index.ts', "import type { Person } from '#people'\nexport type P = Person"), ['ledger-follows-its-arrows', 'no-cycle']],
    ['a word that the verifier is not given to', plus('server/people/index.ts', "import { proof } from '@bailee/verifier'\nexport const p = proof"), ['people-follows-its-arrows']],
    ['reaching inside another word', plus('server/people/index.ts', "import { rows } from '../ledger/store.ts'\nexport const r = rows"), ['another-word-by-its-face']],
    ['reaching inside the verifier', plus('server/ledger/index.ts', "import { proof as inner } from '../../verifier/proof.ts'\nexport const i = inner"), ['verifier-by-its-face']],
    ['a word that imports the command line', { ...plus('server/composition/index.ts', "import { help } from '../cli/help.ts'\nexport const h = help"), 'server/cli/help.ts': 'export const help = 1' }, ['composition-follows-its-arrows', 'another-word-by-its-face', 'doors-open-outward']],
    ['a word that imports the API', { ...plus('server/composition/index.ts', "import { answer } from '#api'\nexport const a = answer"), 'server/api/index.ts': 'export const answer = 1' }, ['composition-follows-its-arrows', 'doors-open-outward']],
    ['an API that imports the command line', { ...plus('server/cli/main.ts', "import { answer } from '#api'\nexport const a = answer"), 'server/cli/help.ts': 'export const help = 1', 'server/api/index.ts': "import { help } from '../cli/help.ts'\nexport const answer = help" }, ['another-word-by-its-face', 'api-below-the-command-line']],
    ['SQL in the API, outside its store', { ...plus('server/cli/main.ts', "import { answer } from '#api'\nexport const a = answer"), 'server/api/index.ts': "import { rows } from '#database'\nexport const answer = rows" }, ['sql-lives-in-stores']],
    ['SQL outside a store', plus('server/people/index.ts', "import { rows } from '#database'\nexport const r = rows"), ['sql-lives-in-stores']],
    ['a database driver outside a store', plus('server/people/index.ts', "import pg from 'pg'\nexport const r = pg"), ['sql-lives-in-stores']],
    ['a decision that reads the disk', plus('server/decision/index.ts', "import { readFileSync } from 'node:fs'\nexport const r = readFileSync"), ['decision-is-pure']],
    ['a decision that takes randomness', plus('server/decision/index.ts', "import { randomBytes } from 'node:crypto'\nexport const r = randomBytes"), ['decision-is-pure']],
    ['a decision that takes the code of what it judges', plus('server/decision/index.ts', "import { people } from '#people'\nexport const p = people"), ['decision-knows-only-types']],
    ['a decision that takes the clock of kit', plus('server/decision/index.ts', "import { now } from '#kit/time'\nexport const n = now"), ['decision-knows-only-types']],
    ['a verifier that imports the server', plus('verifier/proof.ts', "import { now } from '../server/kit/time.ts'\nexport const n = now"), ['verifier-stands-alone']],
    ['a verifier that imports a package', plus('verifier/proof.ts', "import pg from 'pg'\nexport const n = pg"), ['verifier-stands-alone']],
    ['a verifier that only Node can run', plus('verifier/proof.ts', "import { readFileSync } from 'node:fs'\nexport const n = readFileSync"), ['verifier-runs-anywhere']],
    ['a portal that imports the server', plus('portal/main.tsx', "import { now } from '../server/kit/time.ts'\nexport const n = now"), ['portal-knows-the-document-alone']],
    ['a portal that only Node can run', plus('portal/today/pages.ts', "import { readFileSync } from 'node:fs'\nexport const n = readFileSync"), ['portal-runs-in-browsers']],
    ['a page that takes from another group', { ...plus('portal/today/pages.ts', "import { other } from '../people/pages.ts'\nexport const o = other"), 'portal/people/pages.ts': 'export const other = 1' }, ['pages-stand-alone']],
    ['a server that imports the portal', plus('server/cli/main.ts', "import { table } from '../../portal/components/table.ts'\nexport const t = table"), ['portal-is-built-by-doors']],
    ['a cycle inside a word', { ...plus('server/people/index.ts', "export { one } from './one.ts'"), 'server/people/one.ts': "import { people } from './index.ts'\nexport const one = () => people" }, ['no-cycle']],
    ['an import that leads nowhere', plus('server/people/index.ts', "import { nothing } from '#nosuch'\nexport const n = nothing"), ['no-unresolved']],
    ['a file that no door reaches', { 'server/people/forgotten.ts': 'export const forgotten = 1' }, ['nothing-dead']],
    ['a folder that is no word', { ...plus('server/cli/main.ts', "import { helper } from '../helpers/index.ts'\nexport const h = helper"), 'server/helpers/index.ts': 'export const helper = 1' }, ['no-unknown-word']],
  ]
  test.each(cases)('%s is refused', async (_sentence, files, rules) => {
    const { violations } = await violationsWith(files)
    expect([...new Set(violations.map((one) => one.split(':')[0]))].sort()).toEqual([...rules].sort())
  })
})
