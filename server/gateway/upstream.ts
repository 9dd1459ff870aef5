/** Logs in at the client database as the session's own role, and cancels what runs there. */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { Broken } from '#kit/errors'
import { endpoint, type Address } from './address.ts'
import { Feed, type Taker } from './feed.ts'
import type { DirectLine } from './lines/line.ts'
import { soon } from './lines/watch.ts'
import { clientFirst, finishClient } from './scram.ts'
import { int32, message, cancelPacket, readFields, readMessage, startupPacket, strings, type Message } from './wire/messages.ts'

/** Bytes of one message during the login; a server sends a few hundred. */
const loginBytesMax = 64 * 1024

export interface Login {
  readonly role: string
  readonly password: string
  /** Startup parameters, by PostgreSQL's names. */
  readonly settings: Readonly<Record<string, string>>
}

/** What a login is called that no session has. */
export const waitingName = 'bailee waits'

/** A connection on which nobody has logged in. */
export interface Reached extends Pick<Upstream, 'hand'> { readonly socket: Socket }

/** What is needed of a connection to speak on it: a socket of Node's has it, and a line of ours. */
interface Connection {
  readonly errored?: Error | null
  write(bytes: Buffer): boolean
  destroy(cause?: Error): unknown
  pause(): unknown
  resume(): unknown
  on(event: 'close', listener: () => void): unknown
  off(event: 'close', listener: () => void): unknown
}

export interface Upstream {
  /** Paused. What it reads goes to whoever was handed it, and is never emitted as 'data'. A line of ours where a session before had it. */
  readonly socket: Socket | DirectLine
  /** Hands on what the database sends, from the first byte after the login. */
  readonly hand: (taker: Taker) => void
  /** The ParameterStatus messages of the login, as they came. */
  readonly parameters: Buffer
  /** Those that came behind the login. */
  readonly reported?: Buffer
  readonly process: number
  readonly secret: number
}

/**
 * Connects and logs in with SCRAM-SHA-256; the server has to prove that it knows the verifier. An offer of any other method is
 * refused: a password in clear or a trusted connection would mean that this is not the server, or not the configuration, that was checked.
 * @throws Broken `gateway/database-refused` (its SQLSTATE in the message), `gateway/database-login`, `gateway/database-unreachable`.
 */
export async function logIn(address: Address, login: Login, secondsMax: number, reached?: Reached): Promise<Upstream> {
  const { socket, hand } = reached === undefined || reached.socket.destroyed ? await reach(address, secondsMax) : reached
  const timer = setTimeout(() => socket.destroy(new Broken('gateway/database-unreachable', 'the client database did not answer in time')), secondsMax * 1000)
  try {
    socket.write(startupPacket({
      user: login.role, database: address.database, ...login.settings,
      // What these say wins over ALTER ROLE, and the database notices when the gateway is gone.
      options: '-c row_security=on -c client_connection_check_interval=1000',
    }))
    const reader = new Reader(socket, hand)
    await authenticate(socket, reader, login.password)
    return { socket, ...(await untilReady(reader)) }
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    clearTimeout(timer)
  }
}

/** Gives a login that waited the name of its session, and leaves it as `logIn` does. @throws Broken `gateway/database-login`, `gateway/database-unreachable`. */
export async function nameSession(upstream: Upstream, name: string, secondsMax: number): Promise<Upstream> {
  return say(upstream, [`SET application_name = '${name.replace(/[^\x20-\x7e]|['\\]/g, '?')}'`], secondsMax)
}

/**
 * Takes back whatever a session set, prepared, listened to, locked or made for itself, so that the connection is as after its login. What it did to its role
 * (`ALTER DEFAULT PRIVILEGES`) is not taken back. The session may have left nothing open. @throws as `nameSession` does.
 */
export async function resetSession(upstream: Upstream, secondsMax: number): Promise<Upstream> {
  const { socket, hand, parameters, process, secret } = upstream
  await say(upstream, ['DISCARD ALL', `SET application_name = '${waitingName}'`], secondsMax)
  return { socket, hand, parameters, process, secret } // what was set is back where the login found it
}

/** Says statements, one after the other, and leaves the connection as `logIn` does. */
async function say(upstream: Upstream, statements: readonly string[], secondsMax: number): Promise<Upstream> {
  const socket: Connection = upstream.socket
  const timer = setTimeout(() => socket.destroy(new Broken('gateway/database-unreachable', 'the client database did not answer in time')), secondsMax * 1000)
  try {
    const reader = new Reader(socket, upstream.hand)
    socket.resume()
    socket.write(Buffer.concat(statements.map((statement) => message('Q', strings(statement)))))
    const reported: Buffer[] = []
    for (let left = statements.length; left > 0;) {
      const { type, body } = await reader.next()
      if (type === 'Z' && body.toString('latin1') === 'I') left -= 1
      else if (type === 'S') reported.push(message('S', body))
      else if (type !== 'C' && type !== 'N') throw new Broken('gateway/database-login', 'a login that waited is of no use any more')
    }
    return { ...upstream, reported: Buffer.concat(reported), hand: reader.release() }
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    clearTimeout(timer)
  }
}

async function authenticate(socket: Socket, reader: Reader, password: string): Promise<void> {
  const nonce = randomBytes(18).toString('base64')
  const offer = await reader.expect('R', 10)
  if (!offer.toString('latin1').split('\0').includes('SCRAM-SHA-256')) throw notScram()
  const first = Buffer.from(clientFirst(nonce))
  socket.write(message('p', Buffer.concat([strings('SCRAM-SHA-256'), int32(first.length), first])))
  const final = finishClient((await reader.expect('R', 11)).toString('latin1'), password, nonce)
  if (final.outcome !== 'answered') throw notScram()
  socket.write(message('p', Buffer.from(final.message)))
  const signature = await reader.expect('R', 12)
  const expected = Buffer.from(`v=${final.serverSignature}`)
  if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) throw notScram()
  await reader.expect('R', 0)
}

async function untilReady(reader: Reader): Promise<Omit<Upstream, 'socket'>> {
  const parameters: Buffer[] = []
  let [process, secret] = [0, 0]
  for (;;) {
    const { type, body } = await reader.next()
    if (type === 'S') parameters.push(message('S', body))
    else if (type === 'K' && body.length === 8) [process, secret] = [body.readInt32BE(0), body.readInt32BE(4)]
    else if (type === 'Z') break
    else if (type === 'E') throw refused(body)
    else if (type !== 'N') throw new Broken('gateway/database-login', 'the client database sent something unexpected during the login')
  }
  return { parameters: Buffer.concat(parameters), process, secret, hand: reader.release() }
}

function refused(body: Buffer): Broken {
  const code = readFields(body)?.get('C') ?? ''
  return new Broken('gateway/database-refused', `the client database refused the session role (SQLSTATE ${/^[0-9A-Z]{5}$/.test(code) ? code : 'unknown'})`)
}

function notScram(): Broken {
  return new Broken('gateway/database-login', 'the client database does not ask the session role for SCRAM-SHA-256; pg_hba.conf needs a line for +bailee_session with scram-sha-256, before any other that matches')
}

/** Reads whole messages from a socket during the login, one at a time. */
class Reader {
  private readonly socket: Connection
  private bytes: Buffer = Buffer.alloc(0)
  private readonly hand: Upstream['hand']
  private failure: Error | undefined
  private wake: () => void = () => undefined

  constructor(socket: Connection, hand: Upstream['hand']) {
    this.socket = socket
    this.hand = hand
    socket.on('close', this.lose)
    hand((chunk) => {
      this.bytes = Buffer.concat([this.bytes, chunk])
      soon() // whoever waits goes on in a turn of Node's
      this.wake()
      return false // copied
    })
  }

  private readonly lose = (): void => {
    const cause = this.socket.errored
    this.failure ??= cause instanceof Broken ? cause : new Broken('gateway/database-unreachable', 'the client database closed the connection during the login', { cause })
    this.wake()
  }

  async next(): Promise<Message> {
    for (;;) {
      const found = readMessage(this.bytes, loginBytesMax)
      if (found === 'malformed') throw new Broken('gateway/database-login', 'the client database does not speak the PostgreSQL protocol')
      if (found !== undefined) {
        this.bytes = this.bytes.subarray(found.size)
        return found
      }
      if (this.failure !== undefined) throw this.failure
      await new Promise<void>((resolve) => { this.wake = resolve })
    }
  }

  /** The body of the next message behind its Int32, which must be `code`. */
  async expect(type: string, code: number): Promise<Buffer> {
    const found = await this.next()
    if (found.type === 'E') throw refused(found.body)
    if (found.type !== type || found.body.length < 4 || found.body.readInt32BE(0) !== code) throw notScram()
    return found.body.subarray(4)
  }

  /** Leaves the socket paused; what was read too far is handed to the next first. */
  release(): Upstream['hand'] {
    this.socket.pause()
    this.socket.off('close', this.lose)
    return (taker) => {
      this.hand(taker)
      const { bytes } = this
      this.bytes = Buffer.alloc(0)
      if (bytes.length > 0) taker(bytes)
    }
  }
}

/** A connected socket, encrypted where the address says so; errors after that are the owner's to hear. */
export async function reach(address: Address, secondsMax: number): Promise<Reached> {
  const feed = new Feed()
  const plain = await new Promise<Socket>((resolve, reject) => {
    const socket = connect({ ...endpoint(address), ...(address.tls === undefined ? { onread: feed.onread } : {}) })
    const fail = (cause?: Error): void => {
      socket.destroy()
      reject(new Broken('gateway/database-unreachable', 'the client database could not be reached', { cause }))
    }
    socket.setTimeout(secondsMax * 1000, fail)
    socket.once('error', fail)
    socket.once('connect', () => {
      socket.setTimeout(0)
      socket.off('error', fail)
      socket.on('error', () => undefined) // 'close' follows and is what the owner acts on
      resolve(socket)
    })
  })
  plain.setNoDelay(true)
  if (address.tls === undefined) return { socket: plain, hand: (taker) => feed.hand(taker) }
  const socket = await encrypt(plain, address, secondsMax)
  return { socket, hand: (taker) => void socket.removeAllListeners('data').on('data', taker) }
}

async function encrypt(plain: Socket, address: Address, secondsMax: number): Promise<Socket> {
  const tls = address.tls
  return new Promise<Socket>((resolve, reject) => {
    const fail = (cause?: Error): void => {
      plain.destroy()
      reject(new Broken('gateway/database-unreachable', 'the client database could not be reached over TLS', { cause }))
    }
    plain.setTimeout(secondsMax * 1000, fail)
    plain.once('close', fail)
    plain.once('data', (answer: Buffer) => {
      // Exactly one byte: whatever is stuffed behind it was not encrypted (the CVE-2021-23222 class).
      if (answer.length !== 1 || answer[0] !== 'S'.charCodeAt(0)) return fail()
      plain.removeListener('close', fail)
      const secure = connectTls({ socket: plain, servername: address.host, rejectUnauthorized: tls?.verify ?? true, ...(tls?.ca === undefined ? {} : { ca: tls.ca }) })
      secure.once('error', fail)
      secure.once('secureConnect', () => {
        plain.setTimeout(0)
        secure.off('error', fail)
        secure.on('error', () => undefined)
        resolve(secure)
      })
    })
    plain.write(Buffer.concat([int32(8), int32(80_877_103)]))
  })
}

/** Asks the client database to cancel what a session runs; resolves when the request was taken or could not be made. Never rejects. */
export async function cancel(address: Address, upstream: Pick<Upstream, 'process' | 'secret'>, secondsMax: number): Promise<void> {
  try {
    const { socket } = await reach(address, secondsMax)
    await new Promise<void>((resolve) => {
      socket.setTimeout(secondsMax * 1000, () => socket.destroy())
      socket.once('close', () => resolve())
      socket.resume()
      socket.write(cancelPacket(upstream.process, upstream.secret)) // the server closes when the signal was sent
    })
  } catch {
    // Unreachable: then the session's own connection is lost too, and the database notices that.
  }
}
