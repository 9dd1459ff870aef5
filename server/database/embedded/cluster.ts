import { execFile } from 'node:child_process'
import { closeSync, existsSync, fsyncSync, lchownSync, mkdtempSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { failpoint } from '#kit/failpoint'
import { Broken, Refused } from '#kit/errors'
import { runsAsRoot, type Account } from './account.ts'
import type { Place } from './place.ts'
import type { Runtime } from './runtime.ts'

const run = promisify(execFile)

/** The superuser of every embedded server. The socket's directory is its password. */
export const superuser = 'bailee'

/** A data directory of one major version is not read by another. */
const majorVersion = '18'

/** Nothing of the caller's environment reaches the server: no PG*, no locale, no preloaded library. */
export const serverEnvironment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }

const draftPrefix = 'cluster.new-'

/** initdb was killed, or its parent was: what it left has never been a cluster. */
function removeDrafts(base: string): void {
  for (const name of readdirSync(base)) {
    if (name.startsWith(draftPrefix)) rmSync(join(base, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}

function makeDurable(directory: string): void {
  const handle = openSync(directory, 'r')
  fsyncSync(handle)
  closeSync(handle)
}

/** What `initdb` is told, beyond where: checksums on every page, bytes compared as bytes, UTF-8 everywhere. */
const creation = ['--username', superuser, '--encoding', 'UTF8', '--locale', 'C', '--data-checksums', '--auth-local', 'trust', '--auth-host', 'reject', '--no-instructions']

async function runInitdb(runtime: Runtime, target: string, account: Account, extra: readonly string[]): Promise<void> {
  try {
    await run(join(runtime.binaries, 'initdb'), ['--pgdata', target, ...creation, ...extra], { cwd: '/', env: serverEnvironment, ...account.change })
  } catch (cause) {
    const output = (cause as { stderr?: string }).stderr?.trim() ?? ''
    throw new Broken('database/initdb', `initdb failed in ${target}: ${output}`, { cause })
  }
}

/**
 * Makes the data directory when it is missing, under another name first: `cluster` exists whole or not at all, whatever is killed
 * when. Call it holding the lock `change`. Throws Refused `database/other-major` for a data directory of another major version,
 * Broken `database/initdb` when initdb fails.
 */
export async function ensureCluster(runtime: Runtime, place: Place, options: readonly string[] = []): Promise<void> {
  removeDrafts(place.base)
  if (existsSync(place.cluster)) {
    const found = readFileSync(join(place.cluster, 'PG_VERSION'), 'utf8').trim()
    if (found === majorVersion) return
    throw new Refused('database/other-major', `${place.cluster} was made by PostgreSQL ${found}; this Bailee brings ${majorVersion}: export it with the Bailee that made it`)
  }
  const draft = mkdtempSync(join(place.base, draftPrefix))
  if (runsAsRoot()) lchownSync(draft, place.account.uid, place.account.gid)
  await runInitdb(runtime, draft, place.account, options)
  failpoint('database/initdb-done')
  renameSync(draft, place.cluster)
  makeDurable(place.base)
}

/**
 * Who may log in how. The superuser first: its line is what supervision itself needs, and reaching the private socket is already
 * proof of being its user or root. Then the caller's lines, then SCRAM for everybody else. There is no network to speak of.
 */
export function hbaText(lines: readonly string[]): string {
  return [`local all ${superuser} trust`, ...lines, 'local all all scram-sha-256', ''].join('\n')
}

/** Writes `pg_hba.conf`; true when that changed it, so that a running server must be told. */
export function writeHba(place: Place, lines: readonly string[]): boolean {
  const path = join(place.cluster, 'pg_hba.conf')
  const text = hbaText(lines)
  if (readFileSync(path, 'utf8') === text) return false
  writeFileSync(path, text) // its owner and mode are those initdb gave it
  return true
}
