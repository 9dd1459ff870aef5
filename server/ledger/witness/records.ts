import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseCheckpointBody, parseNote, type Checkpoint } from '@bailee/verifier'
import { Broken } from '#kit/errors'
import { createOnce, syncDirectory } from '../secret.ts'

/** The largest tree of a log that was cosigned here. `sequence` counts how often there was a larger one. */
export interface Witnessed extends Checkpoint {
  readonly sequence: number
}

/** What a witness remembers of the logs it watches, on disk before it answers. */
export interface Records {
  /** Undefined for a log that was never cosigned here. Throws `Broken` `witness/record` when what is kept cannot be read: then nothing may be signed. */
  latest(origin: string): Witnessed | undefined
  /** Remembers the next checkpoint durably. False when another process was first: then nothing was remembered and nothing may be signed. */
  advance(origin: string, sequence: number, checkpoint: string): boolean
  /** Keeps a checkpoint that the log signed and that was not cosigned; of another tree of one size, also the one that was, under `cosigned`, before it gives way to a larger one: it takes both to prove anything. */
  keepRefused(origin: string, checkpoint: string, as: Refusal): void
  /** How many of those are kept. */
  refused(origin: string, as: Refusal): number
  /** Where those of one log are. */
  refusedIn(origin: string, as: Refusal): string
  /** Every log of which something is kept here, by origin, ascending. Throws like `latest`. */
  origins(): string[]
}

/**
 * Why a checkpoint was not cosigned. `refused`: another tree of the size that was; only who holds the log's key can make one, and the two prove a second history. `unproven`: its proof did not lead there; whoever has a
 * checkpoint of the log can send it with a wrong proof, so it proves nothing by itself, and takes no room from those that do.
 */
export type Refusal = 'refused' | 'unproven'

/** Checkpoints kept of one log, of either kind: two prove as much as a hundred. */
export const refusedMax = 100

const isSequence = (name: string): boolean => /^[1-9]\d{0,14}$/.test(name)
const folderOf = (origin: string): string => createHash('sha256').update(origin).digest('hex')

/**
 * One directory a log; in it one file a checkpoint, numbered, of which the last is kept. A number is taken by making its file, which only one
 * process can: so of two that checked the same state, one has to look again. The last number never falls, because a file is removed only after a
 * later one stands.
 */
export function openRecords(directory: string): Records {
  const sequencesOf = (origin: string): number[] => namesIn(join(directory, folderOf(origin))).filter(isSequence).map(Number).sort((one, other) => one - other)
  const refusedIn = (origin: string, as: Refusal): string => join(directory, folderOf(origin), as)
  return {
    latest: (origin) => {
      const sequence = sequencesOf(origin).at(-1)
      return sequence === undefined ? undefined : { sequence, ...readRecord(join(directory, folderOf(origin), String(sequence)), origin) }
    },
    advance: (origin, sequence, checkpoint) => {
      const folder = join(directory, folderOf(origin))
      makeDurably(folder)
      const kept = Buffer.from(createOnce(join(folder, String(sequence)), () => Buffer.from(checkpoint))).toString('utf8')
      const sequences = sequencesOf(origin)
      for (const older of sequences.filter((one) => one < sequence)) rmSync(join(folder, String(older)), { force: true })
      rmSync(join(refusedIn(origin, 'unproven'), nameOf(checkpoint)), { force: true }) // this one is proven now
      return kept === checkpoint && sequences.at(-1) === sequence
    },
    keepRefused: (origin, checkpoint, as) => {
      const folder = refusedIn(origin, as)
      if (namesIn(folder).length >= refusedMax) return
      const sequence = sequencesOf(origin).at(-1)
      if (as === 'refused' && sequence !== undefined) keepIn(join(directory, folderOf(origin), 'cosigned'), readFileSync(join(directory, folderOf(origin), String(sequence)), 'utf8'))
      keepIn(folder, checkpoint)
    },
    refused: (origin, as) => namesIn(refusedIn(origin, as)).length,
    refusedIn,
    origins: () => namesIn(directory).flatMap((folder) => originIn(join(directory, folder)) ?? []).sort(),
  }
}

/** Which log a folder is of: each checkpoint in it says so. Undefined for one in which none was kept yet. */
function originIn(folder: string): string | undefined {
  const sequence = namesIn(folder).filter(isSequence).map(Number).sort((one, other) => one - other).at(-1)
  const [refused] = (['refused', 'unproven'] as const).flatMap((as) => namesIn(join(folder, as)).map((name) => join(folder, as, name)))
  const file = sequence === undefined ? refused : join(folder, String(sequence))
  return file === undefined ? undefined : checkpointIn(file).origin
}

/** Keeps a checkpoint under the hash of what was signed. */
function keepIn(folder: string, checkpoint: string): void {
  makeDurably(folder)
  createOnce(join(folder, nameOf(checkpoint)), () => Buffer.from(checkpoint))
}

/** The same for all notes of one text: whoever puts another signature under one makes no other checkpoint of it. */
const nameOf = (checkpoint: string): string => createHash('sha256').update(checkpoint.split('\n\n', 1)[0]!).digest('hex')

const namesIn = (directory: string): string[] => (existsSync(directory) ? readdirSync(directory) : [])

/** Makes a directory that is still there after a power cut, with those above it. */
export function makeDurably(directory: string): void {
  if (existsSync(directory)) return
  makeDurably(dirname(directory))
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  syncDirectory(dirname(directory))
}

function readRecord(file: string, origin: string): Checkpoint {
  const checkpoint = checkpointIn(file)
  if (checkpoint.origin !== origin) throw unreadable(file)
  return checkpoint
}

function checkpointIn(file: string): Checkpoint {
  try {
    return parseCheckpointBody(parseNote(readFileSync(file)).text)
  } catch (cause) {
    throw unreadable(file, cause)
  }
}

const unreadable = (file: string, cause?: unknown): Broken =>
  new Broken('witness/record', `${file} is not the checkpoint that was cosigned last; without it a second history could be cosigned. Go on with a new key in a new directory, and tell the log`, { cause })
