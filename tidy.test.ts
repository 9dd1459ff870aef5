import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'

const root = import.meta.dirname
const left = new Set(['node_modules', '.git', '.bailee', 'coverage', 'dist'])
const code = /[.](ts|tsx|js|mjs|sql)$/
/** Made from the API's document, and compared with it: nobody reads it. */
const generated = new Set(['portal/client/document.d.ts'])

function* walk(directory: string): Generator<string> {
  for (const item of readdirSync(directory, { withFileTypes: true })) {
    if (left.has(item.name) || item.name.endsWith('.log')) continue
    const path = join(directory, item.name)
    if (item.isDirectory()) yield* walk(path)
    else if (item.isFile()) yield relative(root, path)
  }
}

const files: ReadonlyMap<string, string> = new Map([...walk(root)].map((path) => [path, readFileSync(join(root, path), 'latin1')]))
const sources = [...files].filter(([path]) => code.test(path) && !generated.has(path))

/** What a check says of every file, each with the file's name. */
const everywhere = (check: (text: string, path: string) => readonly string[], within = [...files]): string[] =>
  within.flatMap(([path, text]) => check(text, path).map((problem) => `${path}: ${problem}`))

test('the checks see the repository', () => {
  expect(sources.length).toBeGreaterThan(60)
  expect([...files.keys()]).toEqual(expect.arrayContaining(['package.json', 'server/main.ts', 'verifier/index.ts']))
})

const linesMax = 400 // more is two ideas

function tooLong(text: string): string[] {
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
  return lines > linesMax ? [`${lines} lines`] : []
}

test('no file is longer than 400 lines', () => {
  expect(everywhere(tooLong, sources)).toEqual([])
  expect(tooLong('a\n'.repeat(400))).toEqual([])
  expect(tooLong('a\n'.repeat(401))).toEqual(['401 lines'])
})

/** `only` hides every other test; a skipped one must say why, on its line or on the one above. A named condition (`runIf(root)`) says it itself. */
function unrunTests(text: string): string[] {
  return text.split('\n').flatMap((line, index, all) => {
    if (/\b(test|it|describe)([.]\w+)*[.]only\b/.test(line)) return [`${index + 1}: only`]
    if (!/\b(test|it|describe)([.]\w+)*[.](skip|todo|skipIf|runIf)\b/.test(line)) return []
    if (/[.](skipIf|runIf)\(!?(?!true\b|false\b)[a-zA-Z]\w*\)/.test(line)) return []
    return /\/\/ skipped: \S/.test(line) || /^\s*\/\/ skipped: \S/.test(all[index - 1] ?? '') ? [] : [`${index + 1}: skipped without "// skipped: <why>"`]
  })
}

test('no test is left out in silence', () => {
  expect(everywhere(unrunTests, sources.filter(([path]) => path !== 'tidy.test.ts'))).toEqual([])
  expect(unrunTests("test.only('a', go)")).toEqual(['1: only'])
  expect(unrunTests("describe.concurrent.only('a', go)")).toEqual(['1: only'])
  expect(unrunTests("\ntest.skip('a', go)")).toEqual(['2: skipped without "// skipped: <why>"'])
  expect(unrunTests("test.skipIf(true)('a', go)")).toHaveLength(1)
  expect(unrunTests("test.skipIf(!root)('a', go)")).toEqual([])
  expect(unrunTests("// skipped: slow\ntest.skip('a', go)")).toEqual([])
})

const prints = (text: string): string[] => (/^(?!\s*(\/\/|\*)).*\bconsole\s*[.]/m.test(text) ? ['prints with console'] : [])

/** Names come from others, and may hold what moves a cursor: what is said on the error stream goes through `tell`, which shows them. */
const tellsUnshown = (text: string): string[] => text.split('\n').flatMap((line, index) => (/stderr[.]write\(`/.test(line) && !/shown\b/.test(line) ? [`${index + 1}: writes a name as it is`] : []))

test('nothing that somebody else named reaches a terminal as it is', () => {
  expect(everywhere(tellsUnshown, sources.filter(([path]) => /^server\/cli\//.test(path) && !/[.]test[.]ts$/.test(path)))).toEqual([])
  expect(tellsUnshown('process.stderr.write(`bailee: ${name}\\n`)')).toEqual(['1: writes a name as it is'])
})

test('nothing prints with console', () => {
  expect(everywhere(prints, sources.filter(([path]) => !/[.]test[.]ts$|^(bench|e2e)\//.test(path)))).toEqual([])
  expect(prints("console.log('a')")).toHaveLength(1)
  expect(prints('// console.log')).toEqual([])
})

const parse = (path: string, text: string): ts.SourceFile => ts.createSourceFile(path, text, ts.ScriptTarget.ES2024, true)
const documented = (node: ts.Node): boolean => ts.getJSDocCommentsAndTags(node).length > 0

/** Functions that a file declares and exports, with whether each has a docstring. */
function functionsOf(file: ts.SourceFile): Map<string, boolean> {
  const found = new Map<string, boolean>()
  for (const statement of file.statements) {
    if (ts.isFunctionDeclaration(statement) && statement.name !== undefined) found.set(statement.name.text, documented(statement) || found.get(statement.name.text) === true)
    if (!ts.isVariableStatement(statement)) continue
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (initializer !== undefined && (ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer))) found.set(name.getText(), documented(statement))
    }
  }
  return found
}

/** Names of functions without a docstring that a face gives out, following its re-exports. `read` gives a file's text. */
function undocumented(face: string, read: (path: string) => string): string[] {
  const file = parse(face, read(face))
  const own = [...functionsOf(file)].filter(([name, has]) => !has && new RegExp(`export (async )?(function|const) [*]?\\s*${name}\\b`).test(file.text)).map(([name]) => name)
  const passed = file.statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement) || statement.isTypeOnly || statement.moduleSpecifier === undefined || !ts.isStringLiteral(statement.moduleSpecifier)) return []
    const target = statement.moduleSpecifier.text
    if (!target.startsWith('.')) return []
    const path = join(dirname(face), target)
    if (statement.exportClause === undefined) return undocumented(path, read)
    if (!ts.isNamedExports(statement.exportClause)) return []
    const functions = functionsOf(parse(path, read(path)))
    return statement.exportClause.elements.map((element) => (element.propertyName ?? element.name).text).filter((name) => functions.get(name) === false)
  })
  return [...own, ...passed]
}

test('every function that a face gives out has a docstring', () => {
  const faces = [...files.keys()].filter((path) => /^(server\/[^/]+|verifier)\/index[.]ts$/.test(path))
  expect(faces.length).toBeGreaterThan(8)
  expect(faces.flatMap((face) => undocumented(face, (path) => files.get(path) ?? '').map((name) => `${face}: ${name}`))).toEqual([])
  const small: Record<string, string> = {
    'a/index.ts': "export { one, two, shape } from './b.ts'\nexport * from './c.ts'\nexport const four = (): number => 4\nfunction hidden() {}",
    'a/b.ts': '/** Says one. */\nexport function one() {}\nexport async function two() {}\nexport const shape = 1',
    'a/c.ts': 'export const three = () => 3',
  }
  expect(undocumented('a/index.ts', (path) => small[path] ?? '')).toEqual(['four', 'two', 'three'])
})

type Manifest = Partial<Record<'dependencies' | 'devDependencies' | 'optionalDependencies' | 'peerDependencies', Record<string, string>>>

/** Dependencies of a manifest that no line of the records gives a reason for. */
function unexplained(manifest: Manifest, records: string): string[] {
  const names = [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies, manifest.peerDependencies].flatMap((list) => Object.keys(list ?? {}))
  return names.filter((name) => !records.split('\n').some((line) => line.startsWith(`- \`${name}\`: `) && line.length > name.length + 15))
}

test('every dependency has a line of reason, and an exact version', () => {
  const records = [...files].filter(([path]) => /^docs\/decisions\/.*[.]md$/.test(path)).map(([, text]) => text).join('\n')
  const manifests = [...files].filter(([path]) => path.endsWith('package.json')).map(([path, text]) => [path, JSON.parse(text) as Manifest] as const)
  expect(manifests.map(([path]) => path)).toEqual(expect.arrayContaining(['package.json', 'server/package.json', 'verifier/package.json']))
  expect(manifests.flatMap(([path, manifest]) => unexplained(manifest, records).map((name) => `${path}: ${name}`))).toEqual([])
  expect(manifests.flatMap(([path, manifest]) => inexact(manifest).map((name) => `${path}: ${name}`))).toEqual([])
  expect(unexplained({ dependencies: { leftpad: '1.0.0' } }, '- `left`: for reasons\nleftpad is nice')).toEqual(['leftpad'])
  expect(inexact({ devDependencies: { leftpad: '^1.0.0' } })).toEqual(['leftpad'])
})

function inexact(manifest: Manifest): string[] {
  const all = [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies].flatMap((list) => Object.entries(list ?? {}))
  return all.filter(([, version]) => !/^\d+[.]\d+[.]\d+(-[0-9A-Za-z.-]+)?$/.test(version)).map(([name]) => name)
}

// Root's home is the same everywhere. Written in pieces, so that this file does not name them either.
const machinePaths = new RegExp(String.raw`(?<![\w.\]/-])/(${['work', 'home', 'Users', 'workspace'].join('|')})/|\b[A-Z]:\\Users\b`)
const registryHosts = new RegExp(String.raw`\b(${['registry', 'npm', 'nexus', 'artifactory', 'mirror', 'deb', 'pypi'].join('|')})[a-z0-9-]*[.][a-z0-9.-]*[.]?(${['org', 'com', 'net', 'io', 'internal', 'local', 'lan'].join('|')})\b`, 'i')

const places = (text: string): string[] => text.split('\n').flatMap((line, index) =>
  [...(machinePaths.test(line) ? [`${index + 1}: a path of one machine`] : []), ...(registryHosts.test(line) ? [`${index + 1}: the host of a registry`] : [])])

test('nothing names one machine or a package registry', () => {
  expect(everywhere(places)).toEqual([])
  expect(places(`a\ncd ${['', 'home', 'ann'].join('/')}/x`)).toEqual(['2: a path of one machine'])
  expect(places(`"resolved": "https://${['registry', 'npmjs', 'org'].join('.')}/yaml"`)).toEqual(['1: the host of a registry'])
  expect(places(`https://${['npm', 'corp', 'internal'].join('.')}:4873/yaml`)).toHaveLength(1)
  expect(places('the npm registry; verifier/home/; docs/root/')).toEqual([])
})

const impure = /\bDate[.]now\b|\bnew Date\(\)|\bDate\(\)|\bMath[.]random\b|\bprocess\b|\bperformance\b|\bfetch\s*\(|\bglobalThis\b|\bcrypto\b|\bimport\s*\(|\bTemporal[.]Now\b|\bsetTimeout\b/
const reachesOut = (text: string): string[] => text.split('\n').flatMap((line, index) => (!/^\s*(\/?[*]|\/\/)/.test(line) && impure.test(line) ? [`${index + 1}: reaches outside its arguments`] : []))

// Imports are held by boundaries.test.ts; globals need no import.
test('decision reaches for no global clock, randomness, process or network', () => {
  const mine = sources.filter(([path]) => path.startsWith('server/decision/') && !path.endsWith('.test.ts'))
  expect(mine.length).toBeGreaterThan(2)
  expect(everywhere(reachesOut, mine)).toEqual([])
  expect(reachesOut('const at = Date.now()')).toHaveLength(1)
  expect(reachesOut('const at = new Date()')).toHaveLength(1)
  expect(reachesOut("await import('node:fs')")).toHaveLength(1)
  expect(reachesOut('const at = new Date(given * 1000) // not process')).toHaveLength(1) // a comment beside code is not worth a parser
  expect(reachesOut('const at = new Date(given * 1000)')).toEqual([])
})
