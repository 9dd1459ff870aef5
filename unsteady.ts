/**
 * What is run again after a run of tests, and what both runs come to. Called by `.ci/run`:
 * `node unsteady.ts again FIRST` prints the files that are run again, one a line, or nothing;
 * `node unsteady.ts end CODE FIRST [SECOND]` prints the closing lines and ends with 0 only where nothing failed twice.
 * FIRST and SECOND are written by `unsteady.reporter.ts`; CODE is what the last of the runs ended with.
 */
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** A file of tests in one run. `wrong`: each test that failed, and each error outside of a test, with its reason on a second line. */
export interface FileOfTests {
  readonly file: string
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly wrong: string[]
}

/** `elsewhere`: errors that belong to no file. */
export interface RunOfTests {
  readonly interrupted: boolean
  readonly elsewhere: readonly string[]
  readonly files: readonly FileOfTests[]
}

/** More files than this do not fail by chance in one run. */
export const filesMax = 5

/** Files that are run again from their start; none where no second run could change the verdict, or too many failed. */
export function filesToRunAgain({ interrupted, elsewhere, files }: RunOfTests): string[] {
  const failed = files.filter(({ wrong }) => wrong.length > 0).map(({ file }) => file)
  return interrupted || elsewhere.length > 0 || failed.length > filesMax ? [] : failed
}

/** What two runs come to. A file that was run again counts as its second run found it; an error outside of tests that stays counts as one failed. */
export interface Outcome {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** Files that failed and then passed, with what was wrong at first. */
  readonly unsteady: readonly string[]
}

/** The outcome of a run and, where there was one, of the second run of some of its files. */
export function outcomeOf(first: RunOfTests, second?: RunOfTests): Outcome {
  const again = new Map(second?.files.map((one) => [one.file, one]))
  const files = first.files.map((one) => again.get(one.file) ?? one)
  const sum = (of: (file: FileOfTests) => number): number => files.reduce((total, file) => total + of(file), 0)
  const elsewhere = first.elsewhere.length + (second?.elsewhere.length ?? 0)
  return {
    passed: sum(({ passed }) => passed),
    failed: sum(({ failed, wrong }) => (failed === 0 && wrong.length > 0 ? 1 : failed)) + elsewhere,
    skipped: sum(({ skipped }) => skipped),
    unsteady: first.files.filter(({ file, wrong }) => wrong.length > 0 && again.get(file)?.wrong.length === 0).flatMap(({ file, wrong }) => wrong.map((one) => `unsteady: ${file} > ${one}`)),
  }
}

const read = (path: string): RunOfTests => JSON.parse(readFileSync(path, 'utf8')) as RunOfTests

/** The closing lines, and whether the run passed. */
function end(code: string, first: string, second?: string): { lines: string[]; passed: boolean } {
  const missing = [first, ...(second === undefined ? [] : [second])].some((path) => !existsSync(path))
  if (missing) return { lines: ['ci: the tests ended before they could say what became of them; see above', '0 passed, 1 failed, 0 skipped'], passed: false }
  const { passed, failed, skipped, unsteady } = outcomeOf(read(first), second === undefined ? undefined : read(second))
  const named = unsteady.length === 0 ? [] : [...unsteady, `ci: ${unsteady.length} failures did not come again when their files were run a second time, by themselves; they are named above, and are to be mended`]
  return { lines: [...named, `${passed} passed, ${failed} failed, ${skipped} skipped`], passed: failed === 0 && code === '0' }
}

if (import.meta.main) {
  const [command, ...given] = process.argv.slice(2)
  const [one = '', first = '', second] = given
  if (command === 'again' && existsSync(one)) process.stdout.write(filesToRunAgain(read(one)).map((file) => `${resolve(file)}\n`).join(''))
  if (command === 'end') {
    const { lines, passed } = end(one, first, second)
    process.stdout.write(`${lines.join('\n')}\n`)
    process.exitCode = passed ? 0 : 1
  }
}
