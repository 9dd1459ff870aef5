import { createPrivateKey, createPublicKey, generateKeyPairSync, sign as ed25519Sign } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { cosignatureType, ed25519Type, formatVerifierKey, isKeyName, parseVerifierKey, type VerifierKey } from '@bailee/verifier'
import { Misuse } from '#kit/errors'
import type { Clock } from '#kit/time'
import { serveHttp, type Asked, type Answered, type HttpOptions, type Serving } from '../http.ts'
import { rawPublicKey, type Signer } from '../custody/custody.ts'
import { createOnce } from '../secret.ts'
import { makeDurably, openRecords, type Records } from './records.ts'
import { requestBytesMax } from './request.ts'
import { createWitness, type Answer } from './witness.ts'

/** A witness's own key and what it remembers, in a directory of its own. */
export interface WitnessDirectory {
  readonly name: string
  readonly signer: Signer
  readonly records: Records
  /** What logs are given to know it by: a vkey of type 0x04. */
  readonly vkey: string
}

/**
 * Opens a witness's directory; makes its key the first time, when it must be told its name (a URL without scheme, by custom). Throws `Misuse` for
 * another name than the first, because the name is part of what the key is known by.
 */
export function openWitnessDirectory(directory: string, name?: string): WitnessDirectory {
  if (name === undefined && !existsSync(join(directory, 'name'))) throw new Misuse(`there is no witness in ${directory} yet; name it: --name witness.example`)
  if (name !== undefined && !isKeyName(name)) throw new Misuse('the name of a witness has no space and no plus sign, such as witness.example')
  makeDurably(directory)
  const kept = Buffer.from(createOnce(join(directory, 'name'), () => Buffer.from(name ?? ''))).toString('utf8')
  if (name !== undefined && kept !== name) throw new Misuse(`the witness in ${directory} is called ${kept}, and logs know it by that name; another one needs another directory`)
  const privateKey = createPrivateKey(Buffer.from(createOnce(join(directory, 'witness.pem'), newKey)))
  const signer = { publicKey: rawPublicKey(createPublicKey(privateKey)), sign: (message: Uint8Array) => ed25519Sign(null, message, privateKey) }
  return { name: kept, signer, records: openRecords(join(directory, 'logs')), vkey: formatVerifierKey(kept, signer.publicKey, cosignatureType) }
}

const newKey = (): Uint8Array => Buffer.from(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }))

/** Logs watched by one witness: the file is read whole at its start. */
export const watchedLogsMax = 10_000

/** Reads a list of logs: one vkey a line, empty lines and lines that begin with # left out. Throws `Misuse` naming the line. */
export function readLogs(text: string, file: string): VerifierKey[] {
  const keys = text.split('\n').flatMap((line, index) => (line.trim() === '' || line.startsWith('#') ? [] : [logKey(line.trim(), `${file}:${index + 1}`)]))
  if (keys.length > watchedLogsMax) throw new Misuse(`${file}: more than ${watchedLogsMax} logs`)
  return keys
}

/** Reads the key of a log. Throws `Misuse` saying where it stands. */
export function logKey(vkey: string, where: string): VerifierKey {
  try {
    const key = parseVerifierKey(vkey)
    if (key.type === ed25519Type) return key
  } catch (cause) {
    throw new Misuse(`${where}: not the key of a log (${cause instanceof Error ? cause.message : ''}); it looks like name+hash+key`)
  }
  throw new Misuse(`${where}: the key of a witness; a witness watches logs`)
}

export interface ServeWitnessOptions extends Pick<HttpOptions, 'at' | 'tls' | 'report'> {
  readonly witness: WitnessDirectory
  readonly logs: readonly VerifierKey[]
  readonly clock: Clock
}

/** Serves `POST /add-checkpoint`. Who may submit needs no secret: the log's signature is what counts. */
export function serveWitness({ witness, logs, clock, ...http }: ServeWitnessOptions): Promise<Serving> {
  const answer = createWitness({ ...witness, logs, clock })
  return serveHttp({ ...http, bodyBytesMax: requestBytesMax, answer: (asked) => Promise.resolve(route(asked, answer)) })
}

function route(asked: Asked, answer: (body: Uint8Array) => Answer): Answered {
  if (asked.target !== '/add-checkpoint') return { status: 404 }
  if (asked.method !== 'POST') return { status: 405, headers: { allow: 'POST' } }
  const { status, type, body } = answer(asked.body)
  return { status, headers: { 'content-type': type, 'cache-control': 'no-store' }, body }
}
