/**
 * From a raw socket to a proved person: encryption requests, the startup packet, SCRAM. Nothing is known of who is there, so every step
 * is limited in bytes and the whole in time.
 */
import type { Socket } from 'node:net'
import { TLSSocket, type SecureContext } from 'node:tls'
import type { Doorkeeper } from './doorkeeper.ts'
import { identify, type Identity } from './identity.ts'
import { preAuthBytesMax } from './limits.ts'
import { refusals } from './refusals.ts'
import { finishServer, parseVerifier, saltOf, startServer, tokenIterations, type Candidate } from './scram.ts'
import {
  authenticationContinue, authenticationScram, errorResponse, negotiateProtocolVersion, readMessage, readSaslInitial, type ErrorText,
} from './wire/messages.ts'
import { parseStartup, type Startup } from './wire/startup.ts'

/** Thrown to end a connection with these words; undefined: without any. */
export class TurnedAway extends Error {
  readonly text: ErrorText | undefined
  constructor(text?: ErrorText) {
    super(text?.message ?? 'gone')
    this.text = text
  }
}

export interface DoorOptions {
  readonly doorkeeper: Pick<Doorkeeper, 'credential'>
  /** Undefined: encryption requests are answered with N. */
  readonly tls: SecureContext | undefined
  /** Whether a connection in clear is let in. */
  readonly clear: boolean
  readonly saltSecret: Uint8Array
  /** Random bytes. */
  readonly random: (size: number) => Buffer
}

export interface Proved {
  readonly outcome: 'proved'
  readonly socket: Socket
  readonly identity: Identity
  /** Of the protocol that is spoken: 3.`minor`. */
  readonly minor: number
  readonly token: string
  /** The server-final-message: to be sent with AuthenticationOk, when everything else is allowed too. */
  readonly serverFinal: string
}

export type Met = Proved | { readonly outcome: 'cancel'; readonly process: number; readonly secret: Buffer }

/**
 * Speaks with a stranger until it has proved to hold a token or asked to cancel. `swap` is told of the encrypted socket that takes the place of
 * the plain one. @throws TurnedAway with what to say; whatever the doorkeeper throws.
 */
export async function meet(plain: Socket, options: DoorOptions, swap: (socket: Socket) => void): Promise<Met> {
  let reader = new Stranger(plain)
  let encrypted = false
  if ((await reader.peek()) === tlsHandshake && options.tls !== undefined) {
    reader = await encrypt(reader, options.tls, swap)
    if ((reader.socket as TLSSocket).alpnProtocol !== alpn) throw new TurnedAway() // direct TLS without it may be another protocol's client, lured here
    encrypted = true
  }
  for (;;) {
    const startup = await reader.startup()
    switch (startup.kind) {
      case 'malformed': throw new TurnedAway(refusals.malformed(startup.because))
      case 'cancel': return { outcome: 'cancel', process: startup.process, secret: startup.secret }
      case 'gss':
        reader.answer('N')
        continue
      case 'tls':
        if (options.tls === undefined || encrypted) reader.answer('N')
        else {
          reader.answer('S')
          reader = await encrypt(reader, options.tls, swap)
          encrypted = true
        }
        continue
      case 'start':
        if (!encrypted && !options.clear) throw new TurnedAway(refusals.tlsRequired())
        return prove(reader, startup, options)
      default: startup satisfies never
    }
  }
}

const tlsHandshake = 0x16
const alpn = 'postgresql'

async function prove(reader: Stranger, startup: Extract<Startup, { kind: 'start' }>, options: DoorOptions): Promise<Proved> {
  const named = identify(startup.parameters)
  if (named.outcome === 'refused') throw new TurnedAway(refusals.unnamed(named.because, named.hint))
  if (startup.negotiate !== undefined) reader.socket.write(negotiateProtocolVersion(startup.negotiate.minor, startup.negotiate.unknown))
  const { identity } = named
  reader.socket.write(authenticationScram)
  const initial = readSaslInitial(await reader.password())
  if (initial === undefined) throw new TurnedAway(refusals.malformed('the first message of the authentication'))
  if (initial.mechanism !== 'SCRAM-SHA-256') throw new TurnedAway(refusals.method())
  const candidates = await candidatesOf(identity.person, options)
  const shape = candidates[0]?.verifier ?? { salt: saltOf(options.saltSecret, identity.person), iterations: tokenIterations }
  const first = startServer(initial.text, shape, options.random(18).toString('base64'))
  if (first === undefined) throw new TurnedAway(refusals.malformed('the first message of the authentication'))
  reader.socket.write(authenticationContinue(first.message))
  const proof = finishServer(first, (await reader.password()).toString('latin1'), candidates)
  if (proof.outcome === 'wrong') throw new TurnedAway(refusals.token())
  return { outcome: 'proved', socket: reader.release(), identity, minor: startup.minor, token: proof.id, serverFinal: proof.message }
}

/** The verifiers that can be meant: all with the salt and the count of the first. */
async function candidatesOf(person: string, options: DoorOptions): Promise<Candidate[]> {
  const credential = await options.doorkeeper.credential(person)
  const candidates: Candidate[] = []
  for (const { id, verifier: text } of credential?.tokens ?? []) {
    const verifier = parseVerifier(text)
    const first = candidates[0]?.verifier ?? verifier
    if (verifier !== undefined && first !== undefined && verifier.iterations === first.iterations && verifier.salt.equals(first.salt)) candidates.push({ id, verifier })
  }
  return candidates
}

async function encrypt(reader: Stranger, context: SecureContext, swap: (socket: Socket) => void): Promise<Stranger> {
  const plain = reader.release()
  const secure = new TLSSocket(plain, { isServer: true, secureContext: context, ALPNProtocols: [alpn] })
  secure.on('error', () => secure.destroy())
  secure.on('_tlsError', () => secure.destroy()) // a failed handshake tells only this; if it ever told nothing, the time to authenticate ends it
  swap(secure)
  await new Promise<void>((resolve, reject) => {
    secure.once('secure', () => resolve())
    secure.once('close', () => reject(new TurnedAway()))
  })
  return new Stranger(secure)
}

/** Reads from a socket whole packets of somebody unknown; what it sends before it is answered is limited. */
class Stranger {
  readonly socket: Socket
  private bytes: Buffer = Buffer.alloc(0)
  private gone = false
  private taken = 0
  private wake: () => void = () => undefined

  constructor(socket: Socket) {
    this.socket = socket
    this.gone = socket.destroyed
    socket.on('data', this.take)
    socket.on('end', this.lose)
    socket.on('close', this.lose)
    socket.resume()
  }

  private readonly take = (chunk: Buffer): void => {
    this.taken += chunk.length
    if (this.taken > preAuthBytesMax) this.gone = true
    else this.bytes = Buffer.concat([this.bytes, chunk])
    this.wake()
  }

  private readonly lose = (): void => {
    this.gone = true
    this.wake()
  }

  private async more(): Promise<void> {
    if (this.gone) throw new TurnedAway(this.taken > preAuthBytesMax ? refusals.malformed('more bytes than a startup takes') : undefined)
    await new Promise<void>((resolve) => { this.wake = resolve })
  }

  async peek(): Promise<number> {
    while (this.bytes.length === 0) await this.more()
    return this.bytes[0] ?? 0
  }

  async startup(): Promise<Exclude<Startup, { kind: 'more' }>> {
    for (;;) {
      const startup = parseStartup(this.bytes)
      if (startup.kind === 'start') this.bytes = Buffer.alloc(0)
      if (startup.kind !== 'more') return startup
      await this.more()
    }
  }

  /** Answers an encryption request, if nothing was stuffed behind it: such bytes would be taken for encrypted ones (CVE-2021-23214). */
  answer(letter: 'N' | 'S'): void {
    if (this.bytes.length !== 8) throw new TurnedAway(refusals.malformed('bytes behind an encryption request'))
    this.bytes = Buffer.alloc(0)
    this.socket.write(letter)
  }

  /** The body of a password message (SASLInitialResponse, SASLResponse), with nothing behind it. */
  async password(): Promise<Buffer> {
    for (;;) {
      const found = readMessage(this.bytes, preAuthBytesMax)
      if (found === 'malformed' || (found !== undefined && (found.type !== 'p' || found.size !== this.bytes.length))) throw new TurnedAway(refusals.malformed('the authentication'))
      if (found !== undefined) {
        this.bytes = Buffer.alloc(0)
        return found.body
      }
      await this.more()
    }
  }

  /** Leaves the socket paused, with what was read too far put back. */
  release(): Socket {
    this.socket.pause()
    this.socket.off('data', this.take)
    this.socket.off('end', this.lose)
    this.socket.off('close', this.lose)
    if (this.bytes.length > 0) this.socket.unshift(this.bytes)
    return this.socket
  }
}

/** Says why and closes; without words, only closes. */
export function turnAway(socket: Socket, text: ErrorText | undefined, secondsMax: number): void {
  if (text === undefined || !socket.writable) {
    socket.destroy()
    return
  }
  socket.removeAllListeners('data').on('data', () => undefined)
  socket.end(errorResponse(text))
  socket.resume()
  const late = setTimeout(() => socket.destroy(), secondsMax * 1000)
  socket.once('close', () => clearTimeout(late))
}
