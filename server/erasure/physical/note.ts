/** What the check of one store must not forget, in a file beside the sealed fingerprints: files as they were before anything was erased, and what has to be put back. No value. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { FileSeen } from './types.ts'

export interface Note {
  readonly erasure: string
  readonly store: string
  /** By round: files that held each item of its plan, and those that hold what all leave behind. */
  readonly rounds: Readonly<Record<string, { readonly items: Readonly<Record<string, readonly FileSeen[]>>; readonly shared: readonly FileSeen[] }>>
  /** Statements that put back what was changed; empty when nothing is. */
  readonly restore: readonly string[]
}

const suffix = '.physical.json'
const fileOf = (directory: string, { erasure, store }: Pick<Note, 'erasure' | 'store'>): string => join(directory, `${encodeURIComponent(erasure)}.${encodeURIComponent(store)}${suffix}`)

/** The note of one store, as it was last written; an empty one when there is none. */
export function readNote(directory: string, of: Pick<Note, 'erasure' | 'store'>): Note {
  const file = fileOf(directory, of)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Note) : { ...of, rounds: {}, restore: [] }
}

/** Durable when it returns: whole, or as it was before. */
export function writeNote(directory: string, note: Note): void {
  mkdirSync(directory, { recursive: true })
  const file = fileOf(directory, note)
  const draft = openSync(`${file}.draft`, 'w', 0o600)
  try {
    writeSync(draft, JSON.stringify(note))
    fsyncSync(draft)
  } finally {
    closeSync(draft)
  }
  renameSync(`${file}.draft`, file)
  syncFolder(dirname(file))
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  fsyncSync(folder)
  closeSync(folder)
}

/** Notes of checks that left something to put back: a run of them was killed. */
export function notesToRestore(directory: string): Note[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory).filter((name) => name.endsWith(suffix)).map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')) as Note).filter(({ restore }) => restore.length > 0)
}

/** Forgets what was noted of an erasure: nothing of it is left to be looked for. */
export function removeNotes(directory: string, erasure: string): void {
  if (!existsSync(directory)) return
  const names = readdirSync(directory).filter((name) => name.startsWith(`${encodeURIComponent(erasure)}.`) && name.endsWith(suffix))
  for (const name of names) if ((JSON.parse(readFileSync(join(directory, name), 'utf8')) as Note).erasure === erasure) rmSync(join(directory, name), { force: true })
  if (names.length > 0) syncFolder(directory)
}
