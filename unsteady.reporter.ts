/** Writes what became of every file of tests, for whoever decides what is run again (`unsteady.ts`): nowhere, unless `BAILEE_TESTS_RECORD` names a file. */
import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { Reporter, SerializedError, TestModule, TestRunEndReason, TestSpecification, Vitest } from 'vitest/node'
import type { FileOfTests, RunOfTests } from './unsteady.ts'

const firstLine = (errors: Iterable<{ message: string }>): string => [...errors].map(({ message }) => message.split('\n', 1)[0]).join('; ')

/** What an error says, and what was its cause. */
const allOf = (error: SerializedError): string => `${error.message}${error.cause === undefined ? '' : `: ${allOf(error.cause)}`}`

/** What failed in a file: its tests by name, and what failed around them (its import, a hook of it or of a group). */
function wrongIn(module: TestModule): string[] {
  const tests = [...module.children.allTests()].flatMap((test) => {
    const { state, errors } = test.result()
    return state === 'failed' ? [`${test.fullName}\n  ${firstLine(errors)}`] : state === 'pending' ? [`${test.fullName}\n  did not end`] : []
  })
  const around = [module, ...module.children.allSuites()].flatMap((one) => one.errors()).map((error) => `outside of its tests\n  ${firstLine([error])}`)
  return [...tests, ...around]
}

function fileOf(module: TestModule, root: string): FileOfTests {
  const states = [...module.children.allTests()].map((test) => test.result().state)
  const count = (...wanted: string[]): number => states.filter((state) => wanted.includes(state)).length
  const wrong = wrongIn(module)
  const ended = ['passed', 'failed', 'skipped'].includes(module.state())
  if (wrong.length === 0 && (!ended || !module.ok())) wrong.push(`outside of its tests\n  ${ended ? 'the file failed' : 'the file did not end'}`)
  return { file: relative(root, module.moduleId), passed: count('passed'), failed: count('failed', 'pending'), skipped: count('skipped'), wrong }
}

export class Recorded implements Reporter {
  #root = ''
  #asked: readonly string[] = []

  onInit({ config }: Vitest): void {
    this.#root = config.root
  }

  onTestRunStart(specifications: readonly TestSpecification[]): void {
    this.#asked = specifications.map(({ moduleId }) => moduleId)
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[], reason: TestRunEndReason): void {
    const path = process.env['BAILEE_TESTS_RECORD']
    if (path === undefined) return
    const files = new Map<string, FileOfTests>(this.#asked.map((moduleId) => [moduleId, { file: relative(this.#root, moduleId), passed: 0, failed: 0, skipped: 0, wrong: ['outside of its tests\n  the file was not begun'] }]))
    for (const module of modules) files.set(module.moduleId, fileOf(module, this.#root))
    const elsewhere: string[] = []
    for (const error of errors) {
      // Of a process that ended, the cause says which files it ran.
      const message = allOf(error)
      const where = [...files].filter(([moduleId]) => error['VITEST_TEST_PATH'] === moduleId || message.includes(moduleId))
      for (const [, file] of where) file.wrong.push(`outside of its tests\n  ${firstLine([{ message }])}`)
      if (where.length === 0) elsewhere.push(firstLine([{ message }]))
    }
    writeFileSync(path, JSON.stringify({ interrupted: reason === 'interrupted', elsewhere, files: [...files.values()] } satisfies RunOfTests))
  }
}
