/** Files that are made once, whole and durable, for their owner alone. */
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** Makes what was created, renamed or unlinked in a directory survive a power cut. */
export function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Writes a draft of a file beside it, whole and durable, for its owner alone. Returns its name. */
export function writeDraft(file: string, bytes: Uint8Array): string {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  const handle = openSync(draft, 'wx', 0o600)
  try {
    writeFileSync(handle, bytes) // all of it: a single write may take less where the disk is nearly full
    fsyncSync(handle)
  } catch (cause) {
    unlinkSync(draft)
    throw cause
  } finally {
    closeSync(handle)
  }
  return draft
}

/** Writes a file of mode 0600 once, whole and durable: two processes that race end with the same one. Returns what it holds. */
export function createOnce(file: string, make: () => Uint8Array): Uint8Array {
  if (existsSync(file)) return readFileSync(file)
  const draft = writeDraft(file, make())
  try {
    linkSync(draft, file)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
  } finally {
    unlinkSync(draft)
  }
  syncDirectory(dirname(file))
  return readFileSync(file)
}

/** What `createOnce` leaves of this file when it is killed before it unlinks its draft: the same secret under another name. */
export function draftsOf(file: string): string[] {
  const own = basename(file)
  return readdirSync(dirname(file)).filter((name) => name.startsWith(own) && draft.test(name.slice(own.length))).map((name) => join(dirname(file), name))
}

const draft = /^[.]\d+[.][0-9a-f]{8}$/

/** Whether a name is that of a draft which somebody left. */
export const isDraft = (name: string): boolean => /[.]\d+[.][0-9a-f]{8}$/.test(name)
