import { cosignatureLine, Malformed, openCheckpoint, parseNote, verifyConsistency, type Checkpoint, type SignedCheckpoint, type VerifierKey } from '@bailee/verifier'
import { failpoint } from '#kit/failpoint'
import type { Clock } from '#kit/time'
import type { Signer } from '../custody/custody.ts'
import type { Witnessed, Records } from './records.ts'
import { parseAddCheckpoint, type AddCheckpoint } from './request.ts'

/** What a witness answers; the statuses are those of tlog-witness. */
export interface Answer {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422
  readonly type: 'text/plain; charset=utf-8' | 'text/x.tlog.size'
  readonly body: string
}

export interface WitnessOptions {
  readonly name: string
  readonly signer: Signer
  /** Keys of the logs it watches; the name of a key is the origin of its log, which may have several. */
  readonly logs: readonly VerifierKey[]
  readonly records: Records
  readonly clock: Clock
}

const said = (status: Answer['status'], body: string): Answer => ({ status, type: 'text/plain; charset=utf-8', body: `${body}\n` })
const sizeIs = (size: number): Answer => ({ status: 409, type: 'text/x.tlog.size', body: `${size}\n` })

/**
 * A witness (tlog-witness `add-checkpoint`): cosigns a checkpoint only when its log signed it and it continues the last one cosigned here, and only
 * after it is on disk. It runs to its end without letting go, so that of two requests the second sees what the first left; other processes over the
 * same records are told apart by them. Throws `Broken`, with nothing signed, when the records cannot be read or written.
 */
export function createWitness(options: WitnessOptions): (body: Uint8Array) => Answer {
  return (body) => {
    try {
      const request = parseAddCheckpoint(body)
      const origin = parseNote(request.checkpoint).text.split('\n', 1)[0] ?? ''
      const keys = options.logs.filter((key) => key.name === origin)
      return keys.length === 0 ? said(404, 'this log is not watched here') : consider(options, request, openCheckpoint(request.checkpoint, keys))
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      return said(error.code === 'checkpoint/key' || error.code === 'checkpoint/signature' ? 403 : 400, error.message)
    }
  }
}

function consider(options: WitnessOptions, request: AddCheckpoint, offered: SignedCheckpoint): Answer {
  const { records } = options
  if (request.old > offered.size) return said(400, 'the old size is larger than the checkpoint')
  const before = records.latest(offered.origin)
  const size = before?.size ?? 0
  if (before !== undefined && isAnother(before, offered)) {
    records.keepRefused(offered.origin, request.checkpoint, 'refused')
    return sizeIs(size)
  }
  if (request.old !== size) return sizeIs(size)
  if (!continues(before, offered, request.proof)) {
    if (offered.size > size) records.keepRefused(offered.origin, request.checkpoint, 'unproven')
    return said(422, 'the proof does not lead from the old size to this checkpoint')
  }
  return offered.size > size ? advance(options, { request, offered, before }) : cosigned(options, offered)
}

/** Two roots for one size: the log, or whoever has its key, shows two histories. */
const isAnother = (before: Checkpoint, offered: Checkpoint): boolean => before.size === offered.size && !Buffer.from(before.root).equals(Buffer.from(offered.root))

function continues(before: Checkpoint | undefined, offered: Checkpoint, path: readonly Uint8Array[]): boolean {
  if (before === undefined) return path.length === 0 // the first checkpoint of a log is taken as it is
  return verifyConsistency({ oldSize: before.size, newSize: offered.size, oldRoot: before.root, newRoot: offered.root, path })
}

interface Step { readonly request: AddCheckpoint; readonly offered: SignedCheckpoint; readonly before: Witnessed | undefined }

function advance(options: WitnessOptions, { request, offered, before }: Step): Answer {
  failpoint('witness/before-durable')
  const first = options.records.advance(offered.origin, (before?.sequence ?? 0) + 1, request.checkpoint)
  failpoint('witness/after-durable')
  return first ? cosigned(options, offered) : sizeIs(options.records.latest(offered.origin)?.size ?? 0)
}

function cosigned({ name, signer, clock }: WitnessOptions, offered: SignedCheckpoint): Answer {
  const body = cosignatureLine({ name, publicKey: signer.publicKey }, offered.text, { time: clock(), sign: (message) => signer.sign(message) })
  return { status: 200, type: 'text/plain; charset=utf-8', body }
}
