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
  /** Keeps a checkpoint that the log signed and that does not continue what was seen: it may prove a second history. */
  keepRefused(origin: string, checkpoint: string): void
  /** How many of those are kept. */
  refused(origin: string): number
  /** Where those of one log are. */
  refusedIn(origin: string): string
  /** Every log of which something is kept here, by origin, ascending. Throws like `latest`. */
  origins(): string[]
}

/** Refused checkpoints kept of one log. Only who holds the log's key can make one, and two prove as much as a hundred. */
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
  const refusedIn = (origin: string): string => join(directory, folderOf(origin), 'refused')
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
      return kept === checkpoint && sequences.at(-1) === sequence
    },
    keepRefused: (origin, checkpoint) => {
      const folder = refusedIn(origin)
      if (namesIn(folder).length >= refusedMax) return
      makeDurably(folder)
      createOnce(join(folder, createHash('sha256').update(checkpoint).digest('hex')), () => Buffer.from(checkpoint))
    },
    refused: (origin) => namesIn(refusedIn(origin)).length,
    refusedIn,
    origins: () => namesIn(directory).flatMap((folder) => originIn(join(directory, folder)) ?? []).sort(),
  }
}

/** Which log a folder is of: each checkpoint in it says so. Undefined for one in which none was kept yet. */
function originIn(folder: string): string | undefined {
  const sequence = namesIn(folder).filter(isSequence).map(Number).sort((one, other) => one - other).at(-1)
  const [refused] = namesIn(join(folder, 'refused'))
  const file = sequence === undefined ? refused && join(folder, 'refused', refused) : join(folder, String(sequence))
  return file === undefined ? undefined : checkpointIn(file).origin
}

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
