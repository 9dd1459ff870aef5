import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeDirectory } from '#composition'
import { Misuse } from '#kit/errors'

export type StepId = 'a' | 'b' | 'b2' | 'b3' | 'c' | 'c2' | 'd' | 'e' | 'e2' | 'back' | 'f' | 'g' | 'register' | 'leak' | 'notice' | 'defences'

export interface StepResult {
  readonly id: StepId
  readonly title: string
  readonly ok: boolean
  readonly seconds: number
  readonly evidence: Readonly<Record<string, unknown>>
  /** One line for people. */
  readonly told: string
}

/** What a run was asked for: a run that was killed goes on only with the same. */
export interface Asked { readonly people: number; readonly seed: number; readonly data: string | null; /** For the end of the contract; to delete, where it is not said. */ readonly choice?: 'return' }

/** How far a run of the case came. A step is written down when it is over, so that a killed run starts it again. */
export interface CaseFile { readonly asked: Asked; readonly steps: readonly StepResult[]; readonly finished: boolean }

const nameOf = (directory: string): string => join(directory, 'case.json')

/**
 * Opens a run's directory: goes on with one that was killed, replaces one that is finished. Throws `Misuse` when it holds something else, or an
 * unfinished run that was asked for other things.
 */
export function openCase(directory: string, asked: Asked): CaseFile {
  const file = nameOf(directory)
  if (!existsSync(file)) {
    const others = existsSync(directory) ? readdirSync(directory).filter((name) => !name.endsWith('.writing')) : []
    if (others.includes('keys')) throw new Misuse(`${directory} holds a Bailee that is not a case; name another directory with --dir`)
    if (others.length > 0) throw new Misuse(`${directory} holds something that is not a case; name an empty directory, or one that is not there yet, with --dir`)
    return begin(directory, asked)
  }
  const known = JSON.parse(readFileSync(file, 'utf8')) as CaseFile
  if (known.finished) {
    const previous = `${directory}.previous`
    if (existsSync(previous) && !existsSync(nameOf(previous))) throw new Misuse(`${previous}, where the finished case would be kept, holds something else; name another directory with --dir`)
    rmSync(previous, { recursive: true, force: true })
    renameSync(directory, previous)
    return begin(directory, asked)
  }
  if (JSON.stringify(known.asked) === JSON.stringify(asked)) return known
  throw new Misuse(`${directory} holds an unfinished case of ${known.asked.people} people, seed ${known.asked.seed}; run it to its end with the same options, or name another directory with --dir`)
}

/** Whether a run in this directory came to its end. */
export function isFinished(directory: string): boolean {
  const file = nameOf(directory)
  return existsSync(file) && (JSON.parse(readFileSync(file, 'utf8')) as CaseFile).finished
}

function begin(directory: string, asked: Asked): CaseFile {
  makeDirectory(directory)
  const fresh: CaseFile = { asked, steps: [], finished: false }
  saveCase(directory, fresh)
  return fresh
}

/** Records how far a run came. */
export function saveCase(directory: string, state: CaseFile): void {
  writeWhole(nameOf(directory), `${JSON.stringify(state, undefined, 2)}\n`)
}

/** Whole and durable: a kill leaves the old file or the new one. The directory is made when it is not there. */
export function writeWhole(file: string, text: string | Uint8Array, mode = 0o644): void {
  mkdirSync(dirname(file), { recursive: true, mode: mode === 0o600 ? 0o700 : 0o755 })
  const draft = `${file}.writing`
  writeFileSync(draft, text, { mode })
  const handle = openSync(draft, 'r')
  fsyncSync(handle)
  closeSync(handle)
  renameSync(draft, file)
}
