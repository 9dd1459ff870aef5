import { bytesOf, malformed, pathLines, pathOfLines, utf8Of } from '@bailee/verifier'

// The body of `POST <prefix>/add-checkpoint`. https://c2sp.org/tlog-witness

/** Longest request taken, in bytes: a checkpoint with a hundred signatures and the longest proof come to less than 50,000. */
export const requestBytesMax = 65_536

/** What a log asks of a witness. `old` is the size it believes the witness saw last, `proof` leads from there to `checkpoint`, a signed note as it stands. */
export interface AddCheckpoint {
  readonly old: number
  readonly proof: readonly Uint8Array[]
  readonly checkpoint: string
}

/** Writes a request. */
export function formatAddCheckpoint({ old, proof, checkpoint }: AddCheckpoint): Uint8Array {
  return bytesOf(`old ${old}\n${pathLines(proof)}\n${checkpoint}`)
}

/** Reads a request, strictly; the checkpoint is only cut off, not looked at. Throws `Malformed` `request/...`. */
export function parseAddCheckpoint(body: Uint8Array): AddCheckpoint {
  if (body.length > requestBytesMax) malformed('request/size', 'longer than a request may be')
  const text = utf8Of(body, 'request/utf8')
  const split = text.indexOf('\n\n')
  if (split < 0) malformed('request/split', 'no empty line before the checkpoint')
  const [first, ...lines] = text.slice(0, split).split('\n')
  const [, old] = /^old (0|[1-9][0-9]{0,15})$/.exec(first ?? '') ?? []
  if (old === undefined || !Number.isSafeInteger(Number(old))) malformed('request/old', 'the first line is: old SIZE')
  return { old: Number(old), proof: pathOfLines(lines, 'request/proof'), checkpoint: text.slice(split + 2) }
}
