/**
 * What this processor last signed of its root log, kept beside the keys and so outside the control database: whoever restores the
 * database from an older backup would otherwise go on from there and sign a second history (`ledger.md`, traps 10).
 */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { rootOf, subtreesOf } from '@bailee/verifier'
import { Broken } from '#kit/errors'
import { createOnce, writeDraft } from './secret.ts'

/** So many snapshots, and the RFC 6962 root over them. */
export interface SignedRoot {
  readonly size: number
  readonly root: Uint8Array
}

export interface SignedRoots {
  /** The largest that was ever signed here; undefined before the first. */
  last(): SignedRoot | undefined
  /** Remembers durably what is about to be signed. Throws `Broken` `ledger/two-histories` when another root of that size was signed. */
  remember(signed: SignedRoot): void
}

/** One file a size, of which the largest is kept: made once, so that two processes cannot sign two roots of one size. */
export function openSignedRoots(directory: string): SignedRoots {
  const sizes = (): number[] => (existsSync(directory) ? readdirSync(directory) : []).filter((name) => /^[1-9]\d{0,14}$/.test(name)).map(Number).sort((one, other) => one - other)
  return {
    last: () => {
      const size = sizes().at(-1)
      return size === undefined ? undefined : { size, root: Buffer.from(readFileSync(join(directory, String(size)), 'utf8'), 'base64') }
    },
    remember: ({ size, root }) => {
      const text = Buffer.from(root).toString('base64')
      const kept = Buffer.from(createOnce(join(directory, String(size)), () => Buffer.from(text))).toString('utf8')
      if (kept !== text) throw new Broken('ledger/two-histories', `another history of ${size} snapshots was signed before; nothing is signed`)
      for (const smaller of sizes().filter((one) => one < size)) rmSync(join(directory, String(smaller)), { force: true })
    },
  }
}

/**
 * Restored from an older backup, a database agrees with itself; what was signed since says that it is not the newest. `leaves`: leaf hashes of every
 * snapshot there is. Throws `Broken` `ledger/behind` when there are fewer than were signed, `ledger/two-histories` when they are others.
 */
export function mustExtend(signed: SignedRoot | undefined, leaves: readonly Uint8Array[]): void {
  if (signed === undefined) return
  if (leaves.length < signed.size) {
    throw new Broken('ledger/behind', `evidence over ${signed.size} snapshots was signed, and the control database holds ${leaves.length}: it was restored from an older backup, or is another one. Nothing was written, because going on would make a second history; restore a later backup`)
  }
  if (!Buffer.from(rootOf(signed.size, subtreesOf(leaves.slice(0, signed.size)))).equals(Buffer.from(signed.root))) {
    throw new Broken('ledger/two-histories', `the first ${signed.size} snapshots of the control database are not those that were signed: it went on from an older backup, or is another one. Nothing was written; restore one that did not`)
  }
}

/** Up to where the ledger was read and found whole, once: a note of this machine, by which nobody is refused. Whoever may write it may sign. */
export interface ReadRoot {
  /** Undefined where there is none that can be read. */
  last(): SignedRoot | undefined
  /** Instead of what was noted before. */
  remember(read: SignedRoot): void
}

/** One line: how many snapshots, and the root over them. */
export function openReadRoot(file: string): ReadRoot {
  return {
    last: () => {
      const [, size, root] = /^([1-9]\d{0,14}) ([A-Za-z0-9+/]{43}=)\n$/.exec(existsSync(file) ? readFileSync(file, 'utf8') : '') ?? []
      return size === undefined || root === undefined ? undefined : { size: Number(size), root: Buffer.from(root, 'base64') }
    },
    remember: ({ size, root }) => {
      try {
        renameSync(writeDraft(file, Buffer.from(`${size} ${Buffer.from(root).toString('base64')}\n`)), file)
      } catch (cause) {
        if (!['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT'].includes((cause as NodeJS.ErrnoException).code ?? '')) throw cause // else it is read again, each time
      }
    },
  }
}
