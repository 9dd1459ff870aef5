import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type FileOfTests, filesMax, filesToRunAgain, outcomeOf, type RunOfTests } from './unsteady.ts'

const file = (name: string, wrong: string[] = [], counts: Partial<FileOfTests> = {}): FileOfTests => ({ file: name, passed: 2, failed: wrong.length, skipped: 1, wrong, ...counts })
const run = (files: FileOfTests[], more: Partial<RunOfTests> = {}): RunOfTests => ({ interrupted: false, elsewhere: [], files, ...more })

test('few files that failed are run again, many are not; nor are any where an error belongs to no file, or the run was interrupted', () => {
  const failed = Array.from({ length: filesMax }, (_, index) => file(`${index}.test.ts`, ['a\n  b']))
  expect(filesToRunAgain(run([file('good.test.ts')]))).toEqual([])
  expect(filesToRunAgain(run([file('good.test.ts'), ...failed]))).toEqual(failed.map((one) => one.file))
  expect(filesToRunAgain(run([...failed, file('one more.test.ts', ['outside of its tests\n  b'], { failed: 0 })]))).toEqual([])
  expect(filesToRunAgain(run(failed, { elsewhere: ['lost'] }))).toEqual([])
  expect(filesToRunAgain(run(failed, { interrupted: true }))).toEqual([])
})

test('a test that passes on the second run counts once; what fails again, elsewhere or outside of tests counts as failed', () => {
  const first = run([file('good.test.ts'), file('once.test.ts', ['one\n  because']), file('import.test.ts', ['outside of its tests\n  no such file'], { passed: 0, failed: 0, skipped: 0 })])
  expect(outcomeOf(first)).toEqual({ passed: 4, failed: 2, skipped: 2, unsteady: [] })
  const second = run([file('once.test.ts', [], { passed: 3 }), file('import.test.ts', [], { passed: 7, skipped: 0 })])
  expect(outcomeOf(first, second)).toEqual({ passed: 12, failed: 0, skipped: 2, unsteady: ['unsteady: once.test.ts > one\n  because', 'unsteady: import.test.ts > outside of its tests\n  no such file'] })
  const other = run([file('once.test.ts', ['another\n  because'])], { elsewhere: ['lost'] })
  expect(outcomeOf(first, other)).toEqual({ passed: 4, failed: 3, skipped: 2, unsteady: [] })
})

const root = import.meta.dirname
const once = (name: string, wrong: string): string => `if (!existsSync('${name}')) { writeFileSync('${name}', ''); ${wrong} }`
const planted: Readonly<Record<string, string>> = {
  good: `test('adds', () => { expect(1 + 1).toBe(2) })\ntest.skip('later', () => {})`,
  always: `test('subtracts', () => { expect(1 - 1).toBe(2) })\ntest('adds', () => { expect(1 + 1).toBe(2) })`,
  first: `test('begins', () => { ${once('first', `throw new Error('not yet')`)} })\ntest('goes on', () => {})`,
  before: `describe('a group', () => {\n beforeAll(() => { ${once('before', `throw new Error('no server')`)} })\n test('asks', () => {})\n})`,
  unhandled: `test('leaves something', async () => { ${once('unhandled', `void Promise.reject(new Error('nobody waited'))`)} await new Promise((done) => setTimeout(done, 50)) })`,
  imported: `${once('imported', `throw new Error('not to be read')`)}\ntest('is read', () => {})`,
  killed: `test('lives', async () => { ${once('killed', `process.kill(process.pid, 'SIGKILL')`)} await new Promise((done) => setTimeout(done, 50)) })`,
}

/** Files of tests in a directory of their own, and a run of some of them as `.ci/run` does it. */
function world(): { at: (name: string) => string; go: (record: string, ...given: string[]) => { code: number | null; record: RunOfTests } } {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'bailee-unsteady-')))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'))
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}')
  writeFileSync(join(directory, 'vitest.config.ts'), `import { Recorded } from '${root}/unsteady.reporter.ts'\nexport default { test: { reporters: ['default', new Recorded()], pool: 'forks', isolate: false, maxWorkers: 2, cache: false } }\n`)
  const imports = `import { existsSync, writeFileSync } from 'node:fs'\nimport { beforeAll, describe, expect, test } from 'vitest'\n`
  mkdirSync(join(directory, 'words'))
  for (const [name, text] of Object.entries(planted)) writeFileSync(join(directory, 'words', `${name}.test.ts`), `${imports}${text}\n`)
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_OPTIONS|BAILEE_TESTS)/.test(name)))
  const at = (name: string): string => join(directory, name)
  const go = (record: string, ...given: string[]): { code: number | null; record: RunOfTests } => {
    const { status } = spawnSync(process.execPath, [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...given], { cwd: directory, encoding: 'utf8', env: { ...own, BAILEE_TESTS_RECORD: at(record) } })
    return { code: status, record: JSON.parse(readFileSync(at(record), 'utf8')) as RunOfTests }
  }
  return { at, go }
}

const ended = (...given: string[]): [number | null, string[]] => {
  const { status, stdout } = spawnSync(process.execPath, [join(root, 'unsteady.ts'), 'end', ...given], { encoding: 'utf8' })
  return [status, stdout.trimEnd().split('\n')]
}

test('what fails once in a real run, in a test or outside of one, is run again by itself and named; what always fails fails the run', () => {
  const { at, go } = world()
  const first = go('first.json')
  expect(first.code).toBe(1)
  const counted = Object.fromEntries(first.record.files.map((one) => [one.file.replace(/^words[/]|[.]test[.]ts$/g, ''), [one.passed, one.failed, one.skipped, one.wrong.map((line) => line.replace(/\n.*/, ''))]]))
  expect(counted).toEqual({
    good: [1, 0, 1, []], always: [1, 1, 0, ['subtracts']], first: [1, 1, 0, ['begins']], before: [0, 0, 1, ['outside of its tests']],
    unhandled: [1, 0, 0, ['outside of its tests']], imported: [0, 0, 0, ['outside of its tests']], killed: [0, 1, 0, ['lives', 'outside of its tests']],
  })
  expect(filesToRunAgain(first.record)).toEqual([]) // six
  const few = { ...first.record, files: first.record.files.filter((one) => one.file !== 'words/always.test.ts') }
  writeFileSync(at('few.json'), JSON.stringify(few))
  const again = filesToRunAgain(few)
  expect(again).toHaveLength(5)
  const second = go('second.json', '--isolate', '--maxWorkers=1', ...again.map(at))
  expect(second.code).toBe(0)
  expect(second.record.files.map((one) => one.file).sort()).toEqual([...again].sort())
  const [code, lines] = ended('0', at('few.json'), at('second.json'))
  expect([code, lines.at(-1)]).toEqual([0, '7 passed, 0 failed, 1 skipped'])
  expect(lines).toEqual(expect.arrayContaining(['unsteady: words/first.test.ts > begins', '  not yet', 'unsteady: words/unhandled.test.ts > outside of its tests', '  nobody waited', 'unsteady: words/killed.test.ts > lives']))
  expect(ended('0', at('first.json'), at('second.json'))).toMatchObject([1, expect.arrayContaining(['8 passed, 1 failed, 1 skipped'])])
  expect(ended('1', at('second.json'))).toEqual([1, ['6 passed, 0 failed, 0 skipped']]) // the runner ended with something that no file names
  expect(ended('137', at('nowhere.json'))).toMatchObject([1, [expect.stringMatching(/^ci: the tests ended before/), '0 passed, 1 failed, 0 skipped']])
}, 120_000)
