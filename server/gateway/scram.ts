/**
 * SCRAM-SHA-256 (RFC 5802, RFC 7677) without channel binding, both sides: the server against the verifiers of short-lived tokens,
 * the client against the client database. Pure but for the hash; nonces and secrets are arguments.
 */
import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import { Misuse } from '#kit/errors'

/** RFC 7677 asks for at least 4096. Tokens are random, so that more would only slow the honest. */
export const tokenIterations = 4096

/** Iterations a server may ask of our own client: a number that would only keep it busy is refused. */
const iterationsMax = 1_000_000

export interface Verifier {
  readonly salt: Buffer
  readonly iterations: number
  readonly storedKey: Buffer
  readonly serverKey: Buffer
}

/**
 * The verifier of a password in PostgreSQL's text form, `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`.
 * @throws Misuse when the password is not printable ASCII (for which SASLprep, RFC 4013, is the identity) or is empty.
 */
export function makeVerifier(password: string, salt: Uint8Array, iterations: number = tokenIterations): string {
  if (!/^[\x21-\x7e]+$/.test(password)) throw new Misuse('a token is printable ASCII without spaces')
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256')
  const storedKey = sha256(hmac(salted, 'Client Key'))
  const head = `SCRAM-SHA-256$${iterations}:${Buffer.from(salt).toString('base64')}`
  return `${head}$${storedKey.toString('base64')}:${hmac(salted, 'Server Key').toString('base64')}`
}

/** The one salt of all tokens of a person, 16 bytes; also what a person who does not exist seems to have. `secret` never leaves the gateway. */
export function saltOf(secret: Uint8Array, person: string): Buffer {
  return hmac(secret, `bailee/salt/v1\n${person}`).subarray(0, 16)
}

/** Reads PostgreSQL's text form; undefined for anything else, near misses included. */
export function parseVerifier(text: string): Verifier | undefined {
  const parts = /^SCRAM-SHA-256\$([1-9][0-9]{0,6}):([A-Za-z0-9+/]{4,}={0,2})\$([A-Za-z0-9+/]{43}=):([A-Za-z0-9+/]{43}=)$/.exec(text)
  if (parts === null) return undefined
  const [, iterations = '', salt = '', storedKey = '', serverKey = ''] = parts
  const bytes = (base64: string): Buffer => Buffer.from(base64, 'base64')
  return { iterations: Number(iterations), salt: bytes(salt), storedKey: bytes(storedKey), serverKey: bytes(serverKey) }
}

/** One of several tokens that share salt and iterations. */
export interface Candidate { readonly id: string; readonly verifier: Verifier }

export interface ServerFirst {
  /** What to send. */
  readonly message: string
  /** What `finishServer` needs; keep it on this side. */
  readonly clientFirstBare: string
  readonly nonce: string
  readonly binding: string
}

/**
 * Answers a client-first-message. Undefined when it is malformed, asks for channel binding or names another identity to act as.
 * `nonce`: at least 18 random bytes in base64. The user name inside is ignored, as PostgreSQL does: the startup packet names it.
 */
export function startServer(clientFirst: string, verifier: Pick<Verifier, 'salt' | 'iterations'>, nonce: string): ServerFirst | undefined {
  const parts = /^([ny],,)(n=[^,]*,r=([\x21-\x2b\x2d-\x7e]+))$/.exec(clientFirst)
  if (parts === null) return undefined
  const [, binding = '', clientFirstBare = '', clientNonce = ''] = parts
  const joined = clientNonce + nonce
  const message = `r=${joined},s=${verifier.salt.toString('base64')},i=${verifier.iterations}`
  return { message, clientFirstBare, nonce: joined, binding: Buffer.from(binding).toString('base64') }
}

export type Proof = { readonly outcome: 'proved'; readonly id: string; readonly message: string } | { readonly outcome: 'wrong' }

/** Checks a client-final-message against every candidate, always all of them, in constant time each. No candidates: always wrong, at the same cost. */
export function finishServer(first: ServerFirst, clientFinal: string, candidates: readonly Candidate[]): Proof {
  const parts = /^(c=([A-Za-z0-9+/=]+),r=([\x21-\x2b\x2d-\x7e]+)),p=([A-Za-z0-9+/]{43}=)$/.exec(clientFinal)
  if (parts === null) return { outcome: 'wrong' }
  const [, withoutProof = '', binding = '', nonce = '', proof = ''] = parts
  if (binding !== first.binding || nonce !== first.nonce) return { outcome: 'wrong' }
  const message = `${first.clientFirstBare},${first.message},${withoutProof}`
  const proofBytes = Buffer.from(proof, 'base64')
  let proved: Candidate | undefined
  for (const candidate of candidates.length > 0 ? candidates : [nobody]) {
    const clientKey = xor(proofBytes, hmac(candidate.verifier.storedKey, message))
    if (timingSafeEqual(sha256(clientKey), candidate.verifier.storedKey)) proved = candidate
  }
  if (proved === undefined || proved === nobody) return { outcome: 'wrong' }
  return { outcome: 'proved', id: proved.id, message: `v=${hmac(proved.verifier.serverKey, message).toString('base64')}` }
}

// What a person who does not exist is checked against: a key that no client key hashes to, as far as anybody knows.
const nobody: Candidate = {
  id: '', verifier: { salt: Buffer.alloc(16), iterations: tokenIterations, storedKey: Buffer.alloc(32), serverKey: Buffer.alloc(32) },
}

/** The client-first-message; PostgreSQL takes the user from the startup packet, so that the name here is empty. */
export function clientFirst(nonce: string): string {
  return `n,,n=,r=${nonce}`
}

export type ClientFinal =
  | { readonly outcome: 'answered'; readonly message: string; readonly serverSignature: string }
  | { readonly outcome: 'malformed' }

/** Answers a server-first-message; `nonce` is the one of `clientFirst`. The server must then send `v=<serverSignature>`. */
export function finishClient(serverFirst: string, password: string, nonce: string): ClientFinal {
  const parts = /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/]+={0,2}),i=([1-9][0-9]{0,6})$/.exec(serverFirst)
  const [, joined = '', salt = '', iterations = ''] = parts ?? []
  if (parts === null || !joined.startsWith(nonce) || joined.length === nonce.length) return { outcome: 'malformed' }
  if (Number(iterations) > iterationsMax) return { outcome: 'malformed' }
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(iterations), 32, 'sha256')
  const clientKey = hmac(salted, 'Client Key')
  const withoutProof = `c=biws,r=${joined}`
  const message = `n=,r=${nonce},${serverFirst},${withoutProof}`
  const proof = xor(clientKey, hmac(sha256(clientKey), message)).toString('base64')
  const serverSignature = hmac(hmac(salted, 'Server Key'), message).toString('base64')
  return { outcome: 'answered', message: `${withoutProof},p=${proof}`, serverSignature }
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}

function xor(left: Uint8Array, right: Uint8Array): Buffer {
  return Buffer.from(left.map((byte, index) => byte ^ (right[index] ?? 0)))
}
