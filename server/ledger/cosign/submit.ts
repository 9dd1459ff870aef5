import { request as plainRequest, type RequestOptions } from 'node:http'
import { request as tlsRequest } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { consistencyPath, formatNote, Malformed, parseNote, parseVerifierKey, signatureLine, verifyCosignature, type SubtreeHash } from '@bailee/verifier'
import { formatAddCheckpoint } from '../witness/request.ts'
import type { DeclaredWitness } from './policy.ts'

/** What came of asking a witness. `history`: what it answered means that it has seen, or claims, another history of this log. */
export type Submitted =
  | { readonly outcome: 'cosigned'; readonly line: string; readonly time: number }
  | { readonly outcome: 'refused'; readonly because: string; readonly history: boolean }

/** The root log as signed: its checkpoint, and the tree that proofs are made from. */
export interface Offered {
  readonly size: number
  readonly text: string
  readonly note: string
  readonly tree: SubtreeHash
  /** How many snapshots were ever signed here: another process may be ahead of this one. */
  readonly signedSize: () => number
}

/** All exchanges with one witness for one checkpoint, in milliseconds: it only looks up, checks one proof and writes one file. */
export const submitMillisecondsMax = 10_000
/** Longest answer read, in bytes: a few signature lines. */
const answerBytesMax = 16_384
/** Exchanges with one witness for one checkpoint: catching up takes one more, losing a race another. */
const exchangesMax = 4
/** Pause before asking again what did not answer, in milliseconds. */
const pauseMilliseconds = 300

const refused = (because: string, history = false): Submitted => ({ outcome: 'refused', because, history })

/**
 * Asks one witness to cosign (tlog-witness), beginning from the size that it is believed to have seen; what it says it saw is taken up. A line that does not
 * verify against the declared key is as good as none. Never throws for what the other side does.
 */
export async function submit(witness: DeclaredWitness, offered: Offered, believed: number): Promise<Submitted> {
  let old = Math.min(believed, offered.size)
  let last = refused('it was not asked')
  const signal = AbortSignal.timeout(submitMillisecondsMax)
  for (let exchange = 0; exchange < exchangesMax; exchange += 1) {
    const proof = old === 0 || old === offered.size ? [] : consistencyPath(old, offered.size, offered.tree)
    const answer = await post(`${witness.url.replace(/\/+$/, '')}/add-checkpoint`, formatAddCheckpoint({ old, proof, checkpoint: offered.note }), signal)
    if (answer.status === 200) return cosignatureIn(witness, offered, answer.body)
    if (answer.status === 409) {
      const seen = /^(?:0|[1-9]\d{0,15})\n$/.test(answer.body) ? Number(answer.body) : Number.NaN
      const judged = conflict({ seen, old, offered })
      if (judged !== undefined) return judged
      old = seen
      last = refused('its size changes with every answer')
    } else if (answer.status >= 400 && answer.status < 500) return refusedBy(answer.status, old)
    else {
      last = refused(answer.status === 0 ? answer.body : `it answered ${answer.status}`)
      if (signal.aborted) return last
      await sleep(pauseMilliseconds)
    }
  }
  return last
}

/** Undefined when the log can catch up from what the witness has seen. */
function conflict({ seen, old, offered }: { seen: number; old: number; offered: Offered }): Submitted | undefined {
  if (!Number.isSafeInteger(seen)) return refused('it answered 409 without a size')
  if (seen === old) return refused(`it has seen another tree of ${seen} snapshots, signed with this log's key`, true)
  if (seen > offered.size && seen <= offered.signedSize()) return refused('a newer snapshot was offered to it meanwhile')
  if (seen > offered.size) return refused(`it has seen ${seen} snapshots of this log, and only ${offered.signedSize()} were ever signed here`, true)
  return undefined
}

function refusedBy(status: number, old: number): Submitted {
  if (status === 422) return refused(`it says that this tree does not continue the ${old} snapshots it has seen`, true)
  if (status === 404) return refused('it does not watch this log (404): give its operator the key that bailee ledger vkey prints')
  return refused(status === 403 ? 'it knows this log by another key (403)' : `it answered ${status}`)
}

function cosignatureIn(witness: DeclaredWitness, offered: Offered, body: string): Submitted {
  const key = parseVerifierKey(witness.vkey)
  if (/^\n|\n\n/.test(body)) return refused('what it answered is not a cosignature') // an empty line would begin another text
  try {
    const { signatures } = parseNote(formatNote(offered.text, [body]))
    for (const signature of signatures) {
      if (signature.name !== key.name || signature.keyHash !== key.keyHash) continue
      const time = verifyCosignature(key, signature, offered.text)
      if (time !== undefined) return { outcome: 'cosigned', line: signatureLine(key.name, key.keyHash, signature.bytes), time }
      return refused('it answered with a signature that is not its own over this checkpoint', true)
    }
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return refused('what it answered is not a cosignature')
  }
  return refused('it signed with another key than declared')
}

interface HttpAnswer { readonly status: number; readonly body: string }

/** Status 0 for what never was an answer, with the reason. Nothing is followed anywhere else. */
function post(url: string, body: Uint8Array, signal: AbortSignal): Promise<HttpAnswer> {
  return new Promise((resolve) => {
    const fail = (because: string): void => { resolve({ status: 0, body: because }) }
    const options: RequestOptions = { method: 'POST', agent: false, headers: { 'content-type': 'application/octet-stream', 'content-length': body.length }, signal }
    const request = (url.startsWith('https:') ? tlsRequest : plainRequest)(url, options, (response) => {
      const pieces: Buffer[] = []
      let bytes = 0
      response.on('data', (piece: Buffer) => {
        bytes += piece.length
        if (bytes <= answerBytesMax) pieces.push(piece)
        else { fail('its answer is too long'); request.destroy() }
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(pieces).toString('utf8') }))
      response.on('error', () => fail('its answer broke off'))
    })
    request.on('error', (cause: NodeJS.ErrnoException) => fail(cause.name === 'AbortError' || cause.name === 'TimeoutError' ? `it did not answer in ${submitMillisecondsMax / 1000} s` : `it cannot be reached (${cause.code ?? 'no answer'})`))
    request.end(body)
  })
}
