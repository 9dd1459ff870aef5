import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { stopServer } from './embedded.ts'
import { runsAsRoot } from './embedded/account.ts'
import { tryLock } from './embedded/lock.ts'
import { memory } from './testing.memory.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The directory of this run: its servers and the data directory they are copied from. */
    readonly testDirectory: string
  }
}

const prefix = 'bailee-test-'

/** A run has this long between making its directory and locking it. */
const youngMilliseconds = 60_000

/** Stops the servers of a run and removes what it kept. */
async function removeRun(directory: string): Promise<void> {
  for (const name of readdirSync(directory)) {
    if (existsSync(join(directory, name, 'cluster'))) await stopServer(join(directory, name))
  }
  rmSync(directory, { recursive: true, force: true, maxRetries: 3, retryDelay: 100 })
}

async function removeLeftover(directory: string): Promise<void> {
  const path = join(directory, 'run.lock')
  const lock = existsSync(path) ? tryLock(path, 'exclusive') : undefined
  if (lock !== undefined) await removeRun(directory).finally(() => lock.release())
}

/** A run that was killed could not clean up; its lock is free and its directory is not new. */
async function removeLeftovers(parent: string): Promise<void> {
  for (const name of readdirSync(parent)) {
    const directory = join(parent, name)
    if (!name.startsWith(prefix)) continue
    const found = statSync(directory, { throwIfNoEntry: false })
    if (found === undefined || found.uid !== process.getuid?.() || Date.now() - found.mtimeMs < youngMilliseconds) continue
    try {
      await removeLeftover(directory)
    } catch {
      // Its own run, or another that begins now, is removing it at this moment; what stays is found by the next.
    }
  }
}

/**
 * vitest's global setup: a directory for this run's servers, which `testing.ts` starts when the first test asks; a run that asks for
 * none pays nothing. Afterwards, and for runs that were killed, servers are stopped and the directory is removed.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const parent = runsAsRoot() && tmpdir() !== memory ? '/tmp' : tmpdir() // root's own may be closed to the server's user
  await removeLeftovers(parent)
  const directory = mkdtempSync(join(parent, prefix))
  const lock = tryLock(join(directory, 'run.lock'), 'exclusive')
  if (runsAsRoot()) chmodSync(directory, 0o755) // the server's user passes through
  project.provide('testDirectory', directory)
  return async () => {
    await removeRun(directory)
    lock?.release()
  }
}
