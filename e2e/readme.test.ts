import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { directoryForTests } from '../server/database/testing.ts'
import { root } from './estate.ts'

/** Every command of the README's `sh` blocks, in order; `# exits N` beside one says what it answers. */
function commands(): { line: string; exits: number }[] {
  const blocks = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/^```sh\n([\s\S]*?)^```/gm)].map((match) => match[1] ?? '')
  return blocks.flatMap((block) => block.split('\n')).filter((line) => line.startsWith('./')).map((line) => ({ line: line.replace(/ *#.*$/, ''), exits: Number(/# exits (\d)/.exec(line)?.[1] ?? 0) }))
}

test('every command of the README does what it says', () => {
  const found = commands()
  expect(found.length).toBeGreaterThan(8)
  const directory = directoryForTests('readme')
  try {
    for (const { line, exits } of found) {
      // As typed, but with state and evidence in a directory of this test's, and a smaller story.
      const here = line.replace('./bailee case', './bailee case --people 1000').replaceAll('.bailee/', `${directory}/`)
      const run = spawnSync('sh', ['-c', here.includes('bailee case') ? `${here} --dir ${directory}/case` : here], { cwd: root, encoding: 'utf8', env: { ...process.env, BAILEE_DIR: join(directory, 'state') } })
      expect({ line, code: run.status, err: run.status === exits ? '' : run.stderr }).toEqual({ line, code: exits, err: '' })
    }
    expect(existsSync(join(directory, 'acme-evidence', 'client', 'checkpoint'))).toBe(true)
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}, 300_000)
