import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { Refused } from '#kit/errors'

/** The operating system's user that the server runs as. `change` is what a child needs to become it; empty when we are it. */
export interface Account {
  readonly uid: number
  readonly gid: number
  readonly change: { readonly uid?: number; readonly gid?: number }
}

/** The user that runs the server when Bailee itself runs as root; Postgres refuses to be root. */
const preferredName = 'bailee'

export function runsAsRoot(): boolean {
  return process.getuid?.() === 0
}

function idOf(flag: '-u' | '-g', name: string): number | undefined {
  const answer = spawnSync('id', [flag, name], { encoding: 'utf8', cwd: '/' })
  return answer.status === 0 && /^\d+\n$/.test(answer.stdout) ? Number(answer.stdout) : undefined
}

function named(name: string): Account | undefined {
  const uid = idOf('-u', name)
  const gid = idOf('-g', name)
  return uid === undefined || gid === undefined || uid === 0 ? undefined : { uid, gid, change: { uid, gid } }
}

/** A system user without home, shell or password. Fails quietly: two processes may try at once, and minimal images have no useradd. */
function createPreferred(): void {
  const options = ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent', '--shell', '/usr/sbin/nologin']
  spawnSync('useradd', [...options, preferredName], { cwd: '/', stdio: 'ignore' })
}

function unprivileged(): Account {
  const found = named(preferredName)
  if (found !== undefined) return found
  createPreferred()
  const account = named(preferredName) ?? named('nobody')
  if (account === undefined) {
    throw new Refused(
      'database/no-account',
      'Postgres does not run as root, and there is neither a user `bailee` nor `nobody`: create one (`useradd --system bailee`), run Bailee as an ordinary user, or set BAILEE_DATABASE_URL',
    )
  }
  return account
}

/**
 * Whom the server runs as: the owner of an existing cluster; else, as root, user `bailee` (created when missing), else `nobody`;
 * as anybody else, oneself. Throws Refused `database/foreign-cluster` when an ordinary user meets somebody else's cluster.
 */
export function chooseAccount(cluster: string | undefined): Account {
  const owner = cluster === undefined ? undefined : statSync(cluster)
  if (runsAsRoot()) {
    if (owner === undefined || owner.uid === 0) return unprivileged()
    return { uid: owner.uid, gid: owner.gid, change: { uid: owner.uid, gid: owner.gid } }
  }
  const uid = process.getuid?.() ?? 0
  const gid = process.getgid?.() ?? 0
  if (owner !== undefined && owner.uid !== uid) {
    throw new Refused('database/foreign-cluster', `${cluster} belongs to another user (uid ${owner.uid}): run as that user or as root, or choose another directory`)
  }
  return { uid, gid, change: {} }
}

/** Whether the account can enter a directory; asked of the system itself, since modes are not all there is (ACLs, mounts). */
export function canEnter(account: Account, directory: string): boolean {
  const answer = spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', directory], { cwd: '/', stdio: 'ignore', ...account.change })
  return answer.status === 0
}
