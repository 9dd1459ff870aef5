import { join, relative } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { memoryDirectory } from './server/database/testing.memory.ts'
import { Recorded } from './unsteady.reporter.ts'

// Commands that tests start, and Node itself, keep what they make of the sources: most of what starting costs.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, 'node_modules/.cache/node')

// Servers and files of tests, unless somebody says where.
const memory = process.env['TMPDIR'] === undefined ? memoryDirectory() : undefined
if (memory !== undefined) process.env['TMPDIR'] = memory

const long = process.env['BAILEE_LONG'] === '1'

/** A long file that is begun last keeps one worker busy while the others have nothing left. Those of `bench` and `e2e` are short to read and long to run. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean => /[.]long[.]test[.]ts$|^(bench|e2e)[/]/.test(relative(import.meta.dirname, moduleId))
    return (await super.sort(files)).sort((one, other) => Number(isLong(other)) - Number(isLong(one)))
  }
}

// `*.long.test.ts` (kill -9, fuzz, whole stories) runs only in `./bailee test --long`.
export default defineConfig({
  test: {
    include: ['**/*.test.ts'],
    exclude: ['**/node_modules/**', ...(long ? [] : ['**/*.long.test.ts'])],
    reporters: ['default', new Recorded()],
    globalSetup: ['server/database/testing.setup.ts'],
    setupFiles: ['properties.setup.ts'],
    pool: 'forks',
    // Files that follow each other in one process share what they import: a third of the time. Each opens and closes what it needs.
    isolate: false,
    sequence: { sequencer: LongFirst },
    // One more than a machine of two processors has: a file waits for servers, browsers and processes for some of its time.
    maxWorkers: 3,
    testTimeout: long ? 600_000 : 30_000,
    hookTimeout: long ? 600_000 : 120_000,
    // Servers are stopped and what they kept is removed.
    teardownTimeout: 120_000,
    // A busy machine is no fault of what is waited for.
    expect: { poll: { timeout: 15_000 } },
  },
})
