/** The case, played once a run: for tests that look at what it left. */
import { spawnSync } from 'node:child_process'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { inject } from 'vitest'
import { Broken } from '#kit/errors'
import { withLock } from '../database/embedded/lock.ts'
import { playCase } from './index.ts'

/** Another worker is playing it: half a minute, unless the machine is very busy. */
const playMillisecondsMax = 600_000

/** Plays the case (300 people) when no file of this run has, and copies what it left into `directory`, which must not be there: a copy takes a second, playing half a minute. Nothing runs on it. */
export async function placeCase(directory: string): Promise<void> {
  const run = inject('testDirectory')
  const played = join(run, 'played-case')
  await withLock(join(run, 'played-case.lock'), playMillisecondsMax, async () => {
    if (existsSync(played)) return
    const draft = join(run, 'playing-case')
    rmSync(draft, { recursive: true, force: true })
    const report = await playCase({ people: 300, seed: 7, directory: draft, onBegin: () => undefined, onStep: () => undefined, progress: () => undefined })
    if (!report.ok) throw new Broken('case/test', `the case did not hold: ${report.steps.filter(({ ok }) => !ok).map(({ id, told }) => `${id}: ${told}`).join('; ') || 'it ended early'}`)
    renameSync(draft, played)
  })
  const copied = spawnSync('cp', ['-a', played, directory], { encoding: 'utf8' })
  if (copied.status !== 0) throw new Broken('case/test-copy', copied.stderr)
}
