import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { Broken } from '#kit/errors'

/** A lock on a file, held until released or until the process ends, however it ends. */
export interface FileLock {
  release(): void
}

/** SQLite's SQLITE_BUSY: somebody else holds a lock that excludes ours. */
const busy = 5

/** Between two tries for a lock; short beside the start of a server (200 ms), long beside a try (50 us). */
const lockRetryMilliseconds = 20

/**
 * Tries once for a lock on `path` (made when missing). Several may hold it `shared`, one alone `exclusive`; undefined when taken.
 *
 * Node has no flock; SQLite's locks are the operating system's own record locks, so that a process killed with SIGKILL lets go of
 * them and no stale file ever has to be judged. The file stays empty.
 */
export function tryLock(path: string, kind: 'shared' | 'exclusive'): FileLock | undefined {
  const handle = new DatabaseSync(path, { timeout: 0 })
  try {
    if (kind === 'exclusive') handle.exec('begin exclusive')
    else handle.exec('begin; select count(*) from sqlite_schema')
  } catch (cause) {
    handle.close()
    if ((cause as { errcode?: number }).errcode === busy) return undefined
    throw new Broken('database/lock', `${path} cannot be locked`, { cause })
  }
  let held = true
  return {
    release() {
      if (held) handle.close()
      held = false
    },
  }
}

/**
 * Runs `work` while holding `path` exclusively, waiting for others up to `waitMillisecondsMax`.
 * Throws Broken `database/lock-wait` when it is never free.
 */
export async function withLock<Result>(path: string, waitMillisecondsMax: number, work: () => Promise<Result>): Promise<Result> {
  const deadline = Date.now() + waitMillisecondsMax
  for (;;) {
    const lock = tryLock(path, 'exclusive')
    if (lock !== undefined) {
      try {
        return await work()
      } finally {
        lock.release()
      }
    }
    if (Date.now() > deadline) {
      throw new Broken('database/lock-wait', `another process has held ${path} for ${Math.round(waitMillisecondsMax / 1000)} s; end it or wait`)
    }
    await sleep(lockRetryMilliseconds)
  }
}
