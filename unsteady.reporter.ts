/** Names every test that failed and passed on its second try, with what was wrong at first: it is to be mended, and nobody reads that out of a green run otherwise. */
import type { Reporter, TestCase } from 'vitest/node'

export class Unsteady implements Reporter {
  readonly #said: string[] = []

  onTestCaseResult(test: TestCase): void {
    if (test.diagnostic()?.flaky !== true) return
    const because = (test.result().errors ?? []).map(({ message }) => message.split('\n', 1)[0]).join('; ')
    this.#said.push(`unsteady: ${test.module.relativeModuleId} > ${test.fullName}\n  passed on its second try; the first: ${because}`)
  }

  onTestRunEnd(): void {
    for (const line of this.#said) process.stderr.write(`${line}\n`)
  }
}
