import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { stopServer } from './embedded.ts'
import { runsAsRoot } from './embedded/account.ts'
import { tryLock } from './embedded/lock.ts'
import { findPostmaster } from './embedded/postmaster.ts'
import { machineDirectory } from './embedded/runtime.ts'
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

/** Directories of servers of our own in it: a test's, or that of a command which a test ran. */
function serversIn(directory: string, depth = 3): string[] {
  if (existsSync(join(directory, 'cluster'))) return [directory]
  if (depth === 0) return []
  return readdirSync(directory, { withFileTypes: true }).filter((one) => one.isDirectory()).flatMap(({ name }) => serversIn(join(directory, name), depth - 1))
}

/** Stops the servers of a run and removes what it kept. */
async function removeRun(directory: string): Promise<void> {
  for (const server of serversIn(directory)) await stopServer(server)
  rmSync(directory, { recursive: true, force: true, maxRetries: 3, retryDelay: 100 })
}

async function removeLeftover(directory: string): Promise<void> {
  const path = join(directory, 'run.lock')
  const lock = existsSync(path) ? tryLock(path, 'exclusive') : undefined
  if (lock !== undefined) await removeRun(directory).finally(() => lock.release())
}

const temporary = (): string[] => [...new Set([tmpdir(), '/tmp', memory])]

/** Clusters that lie elsewhere, because the server's user could not enter where they were asked for, when that was a temporary directory of a test's name and is gone: nobody comes to them any more. */
function removeLostClusters(): void {
  const clusters = join(machineDirectory, 'clusters')
  for (const base of existsSync(clusters) ? readdirSync(clusters).map((name) => join(clusters, name)) : []) {
    try {
      const asked = readFileSync(join(base, 'directory'), 'utf8').trim()
      if (!temporary().some((parent) => asked.startsWith(`${parent}/bailee-`)) || existsSync(asked) || findPostmaster(join(base, 'cluster')) !== undefined) continue
      rmSync(base, { recursive: true, force: true })
    } catch {
      // Not made by this code, or gone meanwhile.
    }
  }
}

/** Servers of other makers that a test started and could not end, since its process was killed: whoever starts one holds it as a child of its own, and these have no parent. Linux alone tells. */
function endOrphans(): void {
  for (const pid of existsSync('/proc/self/stat') ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : []) {
    try {
      const [program = '', ...given] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      if (!['mariadbd', 'redis-server', 'clickhouse-server'].includes(basename(program.split(' ')[0] ?? ''))) continue
      const [, parent] = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
      const directory = temporary().flatMap((one) => new RegExp(`${one}/bailee-(?:mariadb|redis|clickhouse)-\\w{6}`).exec([program, ...given].join(' '))?.[0] ?? [])[0]
      if (parent !== '1' || directory === undefined) continue
      process.kill(Number(pid), 'SIGKILL')
      rmSync(directory, { recursive: true, force: true, maxRetries: 3, retryDelay: 100 })
    } catch {
      // It has ended meanwhile, or is somebody else's.
    }
  }
}

/** An hour: whatever makes a socket's directory has put its socket there by then. */
const emptyMilliseconds = 3_600_000

/** Directories for sockets whose servers were killed. */
function removeEmptySocketDirectories(parent: string): void {
  for (const name of readdirSync(parent).filter((one) => /^bailee-[0-9a-f]{16}$/.test(one))) {
    try {
      if (Date.now() - statSync(join(parent, name)).mtimeMs > emptyMilliseconds) rmdirSync(join(parent, name))
    } catch {
      // In use, gone, or somebody else's.
    }
  }
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
  endOrphans()
  for (const one of temporary()) if (existsSync(one)) removeEmptySocketDirectories(one)
  removeLostClusters()
  const directory = mkdtempSync(join(parent, prefix))
  const lock = tryLock(join(directory, 'run.lock'), 'exclusive')
  if (runsAsRoot()) chmodSync(directory, 0o755) // the server's user passes through
  project.provide('testDirectory', directory)
  return async () => {
    await removeRun(directory)
    removeLostClusters()
    lock?.release()
  }
}
