import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync, openSync, fsyncSync, closeSync } from 'node:fs'
import { join } from 'node:path'
import { Misuse } from '#kit/errors'

export type StepId = 'a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'g'

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
export interface Asked { readonly people: number; readonly seed: number; readonly data: string | null }

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
    if (existsSync(join(directory, 'keys'))) throw new Misuse(`${directory} holds a Bailee that is not a case; name another directory with --dir`)
    return begin(directory, asked)
  }
  const known = JSON.parse(readFileSync(file, 'utf8')) as CaseFile
  if (known.finished) {
    const previous = `${directory}.previous`
    rmSync(previous, { recursive: true, force: true })
    renameSync(directory, previous)
    return begin(directory, asked)
  }
  if (JSON.stringify(known.asked) === JSON.stringify(asked)) return known
  throw new Misuse(`${directory} holds an unfinished case of ${known.asked.people} people, seed ${known.asked.seed}; run it to its end with the same options, or name another directory with --dir`)
}

function begin(directory: string, asked: Asked): CaseFile {
  const fresh: CaseFile = { asked, steps: [], finished: false }
  saveCase(directory, fresh)
  return fresh
}

/** Whole and durable: a kill leaves the old file or the new one. */
export function saveCase(directory: string, state: CaseFile): void {
  mkdirSync(directory, { recursive: true })
  const draft = `${nameOf(directory)}.writing`
  writeFileSync(draft, `${JSON.stringify(state, undefined, 2)}\n`)
  const handle = openSync(draft, 'r')
  fsyncSync(handle)
  closeSync(handle)
  renameSync(draft, nameOf(directory))
}
