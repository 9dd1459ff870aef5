/** The gateway of a process: listens, opens sessions, watches their clocks and the ledger, closes. */
import { createHash, randomBytes, randomInt } from 'node:crypto'
import { chmodSync, rmSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createSecureContext, type SecureContext } from 'node:tls'
import { Misuse } from '#kit/errors'
import { endpoint, isLocal } from './address.ts'
import { ClientDatabases } from './clients.ts'
import type { CloseReason, Doorkeeper } from './doorkeeper.ts'
import { meet, turnAway, TurnedAway, type Proved } from './door.ts'
import {
  authenticateSecondsMax, clockMilliseconds, drainSecondsMax, farewellSecondsMax, keepAliveMilliseconds, openSecondsMax, reapSeconds, revocationMilliseconds, revocationSilenceSecondsMax,
  sessionsMax, strangersMax,
} from './limits.ts'
import { firstLease } from './lease.ts'
import { open, type Opened } from './opening.ts'
import { refusals } from './refusals.ts'
import type { Session } from './session.ts'
import { authenticationFinal, authenticationOk, backendKey, readyIdle } from './wire/messages.ts'

export interface ListenOptions {
  readonly doorkeeper: Doorkeeper
  /** A TCP address, or the directory of a Unix socket: clients look there for `.s.PGSQL.<port>`. Port 0 of a TCP address takes a free one. */
  readonly at: { readonly host: string; readonly port: number } | { readonly directory: string; readonly port: number }
  /** PEM. Needed everywhere but on a Unix socket and on loopback; where it is given, TCP clients must use it. */
  readonly tls?: { readonly key: string; readonly cert: string }
  /** 32 random bytes, the same after a restart and in `saltOf` for the tokens: so that nobody learns who exists. */
  readonly saltSecret: Uint8Array
  /** `gateway_url`s whose leftovers are to be reaped at the start; others are when they are first met. */
  readonly clientUrls?: readonly string[]
  /** Seconds that sessions with a statement or a transaction may go on when the gateway closes; `drainSecondsMax` when left out. */
  readonly drainSecondsMax?: number
  /** Logins wait at client databases for the next session under an instruction that is at work; when left out, none do. */
  readonly loginsAhead?: boolean
  /** Milliseconds after which a silent client is asked for a sign of life; `keepAliveMilliseconds` when left out. */
  readonly keepAliveMilliseconds?: number
  /** Told of trouble that no client can be told of: a code and a sentence, no values. */
  readonly report?: (problem: string) => void
}

export interface Gateway {
  readonly host: string
  readonly port: number
  /** Sessions open now. */
  readonly sessions: number
  /** Stops listening, ends idle sessions at once and the others when they are done or `drainSecondsMax` is over; every session is recorded as closed. */
  close(): Promise<void>
}

/**
 * Begins to listen. @throws Misuse for an address that others can reach without TLS; the system's error when the address is taken.
 */
export async function listen(options: ListenOptions): Promise<Gateway> {
  const { at, tls } = options
  if ('host' in at && tls === undefined && !isLocal(at.host)) {
    throw new Misuse(`the gateway would listen on ${at.host} in clear: give a certificate and key, or listen on 127.0.0.1 or a Unix socket`)
  }
  const gateway = new Relay(options, tls === undefined ? undefined : createSecureContext({ ...tls, minVersion: 'TLSv1.2' }))
  await gateway.begin()
  return gateway
}

class Relay implements Gateway {
  port: number
  readonly host: string
  private readonly options: ListenOptions
  private readonly context: SecureContext | undefined
  private readonly server: Server
  private readonly databases: ClientDatabases
  private readonly strangers = new Set<Socket>()
  private readonly open = new Map<string, Opened>()
  private readonly opening = new Set<Promise<void>>()
  private readonly timers: NodeJS.Timeout[] = []
  private closing: Promise<void> | undefined
  private asking = false
  private askAgain = false
  private heardAt = Date.now()

  constructor(options: ListenOptions, context: SecureContext | undefined) {
    this.options = options
    this.context = context
    this.port = options.at.port
    this.host = 'host' in options.at ? options.at.host : options.at.directory
    this.databases = new ClientDatabases((problem) => this.report(problem), options.loginsAhead ?? false)
    this.server = createServer({ pauseOnConnect: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: options.keepAliveMilliseconds ?? keepAliveMilliseconds }, (socket) => {
      const receiving = this.receive(socket)
      this.opening.add(receiving)
      void receiving.finally(() => this.opening.delete(receiving))
    })
  }

  get sessions(): number {
    return this.open.size
  }

  async begin(): Promise<void> {
    const where = endpoint({ host: this.host, port: this.port })
    if ('path' in where) await removeStale(where.path)
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject)
      this.server.listen(where, () => { this.server.off('error', reject); resolve() })
    })
    if ('path' in where) chmodSync(where.path, 0o666) // as PostgreSQL: the directory says who may reach it, the token who gets in
    else this.port = (this.server.address() as AddressInfo).port
    this.server.on('error', () => this.report('gateway/listen: the listening socket failed'))
    this.timers.push(
      setInterval(() => this.tick(), clockMilliseconds),
      setInterval(() => void this.poll(), revocationMilliseconds),
      setInterval(() => void this.databases.reapAll(), reapSeconds * 1000),
    )
    for (const url of this.options.clientUrls ?? []) this.databases.of(url)
    this.options.doorkeeper.attach?.({ changed: () => void this.poll(), cancelled: (key) => void this.open.get(key)?.cancel() })
  }

  /** Whoever waits for the answer of a cancel request learns nothing: it is the same for a key that nobody has. */
  private async cancel(key: string): Promise<void> {
    const opened = this.open.get(key)
    if (opened !== undefined) await opened.cancel()
    else await this.options.doorkeeper.passCancel?.(key).catch(() => this.report('gateway/cancel: the other gateways could not be asked'))
  }

  private report(problem: string): void {
    this.options.report?.(problem)
  }

  private async receive(plain: Socket): Promise<void> {
    let socket = plain
    plain.on('error', () => plain.destroy())
    const tooMany = this.strangers.size >= strangersMax || this.open.size >= sessionsMax || this.closing !== undefined
    if (tooMany) return turnAway(socket, refusals.tooMany(), farewellSecondsMax)
    this.strangers.add(plain)
    let late: NodeJS.Timeout = setTimeout(() => turnAway(socket, refusals.slow(), 1), authenticateSecondsMax * 1000)
    try {
      const { doorkeeper, saltSecret } = this.options
      const clear = this.context === undefined || 'directory' in this.options.at
      const met = await meet(plain, { doorkeeper, saltSecret, tls: this.context, clear, random: randomBytes }, (secure) => { socket = secure })
      clearTimeout(late)
      if (met.outcome === 'cancel') {
        await this.cancel(keyOf(met.process, met.secret))
        socket.destroy()
        return
      }
      late = setTimeout(() => turnAway(socket, refusals.database(), 1), openSecondsMax * 1000)
      await this.admit(met)
    } catch (error) {
      turnAway(socket, error instanceof TurnedAway ? error.text : refusals.records(), farewellSecondsMax)
      if (!(error instanceof TurnedAway)) this.report(`gateway/door: ${codeOf(error)}`)
    } finally {
      clearTimeout(late)
      this.strangers.delete(plain)
    }
  }

  private async admit(proved: Proved): Promise<void> {
    const { socket, identity, serverFinal } = proved
    const { person, store, instruction, purpose, application } = identity
    const admission = await this.options.doorkeeper.admit({
      person, store, token: proved.token,
      first: firstLease, ...(instruction === undefined ? {} : { instruction }), ...(purpose === undefined ? {} : { purpose }), ...(application === undefined ? {} : { application }),
    })
    if (admission.outcome === 'refused') throw new TurnedAway(refusals.notCovered(admission.because))
    const [process, secret] = [randomInt(1, 2 ** 31 - 1), randomBytes(proved.minor >= 2 ? longSecretBytes : shortSecretBytes)]
    const key = keyOf(process, secret)
    const opened = await open({
      plan: admission.session, person, store, settings: identity.settings, client: socket, doorkeeper: this.options.doorkeeper, databases: this.databases,
      forget: () => this.open.delete(key), report: (problem) => this.report(problem),
    })
    this.open.set(key, opened)
    // Everything that had to be recorded is: only now does the client hear that it is in.
    opened.client.write(Buffer.concat([authenticationFinal(serverFinal), authenticationOk, opened.parameters, backendKey(process, secret), readyIdle]))
    opened.session.start()
    if (this.closing !== undefined) opened.session.end('gateway closing')
  }

  private tick(): void {
    const now = Date.now()
    for (const { session } of this.open.values()) session.tick(now)
    if (this.open.size > 0 && now - this.heardAt > revocationSilenceSecondsMax * 1000) this.endAll('lease refused')
    if (this.open.size === 0 && !this.asking) this.heardAt = now
  }

  private endAll(code: CloseReason['code']): void {
    for (const { session } of this.open.values()) session.end(code)
  }

  /** Asks which sessions were revoked. What is heard while an answer is under way may be newer than the answer: it is asked again. */
  private async poll(): Promise<void> {
    this.askAgain = true
    if (this.asking) return
    this.asking = true
    try {
      while (this.askAgain && this.open.size > 0) {
        this.askAgain = false
        const revoked = new Set(await this.options.doorkeeper.revoked([...this.open.values()].map(({ session }) => session.plan.id)))
        this.heardAt = Date.now()
        for (const { session } of this.open.values()) if (revoked.has(session.plan.id)) session.end('revoked')
      }
    } catch {
      this.report('gateway/revoked: the ledger did not say which sessions were revoked')
    } finally {
      this.asking = false
    }
  }

  close(): Promise<void> {
    this.closing ??= this.drain()
    return this.closing
  }

  private async drain(): Promise<void> {
    const stopped = new Promise<void>((resolve) => this.server.close(() => resolve()))
    const deadline = Date.now() + (this.options.drainSecondsMax ?? drainSecondsMax) * 1000
    for (const stranger of this.strangers) stranger.destroy() // who is being opened finds its client gone, and is recorded
    while (this.open.size + this.opening.size > 0 && Date.now() < deadline) {
      for (const { session } of this.open.values()) if (!session.working) session.end('gateway closing')
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    const sessions: Session[] = [...this.open.values()].map(({ session }) => session)
    this.endAll('gateway closing')
    await Promise.all([...sessions.map(({ over }) => over), ...this.opening])
    for (const timer of this.timers) clearInterval(timer)
    await this.databases.end()
    await this.options.doorkeeper.stop?.()
    await stopped
  }
}

/** Bytes of the secret of a cancel key before protocol 3.2, and since. */
const [shortSecretBytes, longSecretBytes] = [4, 32]

/** Names a session by its cancel key, for this process and for others: the key itself is told to nobody. */
const keyOf = (process: number, secret: Buffer): string => createHash('sha256').update(`${process}:`).update(secret).digest('hex')

function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined
  return typeof code === 'string' ? code : 'unknown'
}

/** A socket file that nobody listens on is what a crash left. */
async function removeStale(path: string): Promise<void> {
  const alive = await new Promise<boolean>((resolve) => {
    const probe = connect({ path })
    probe.once('connect', () => { probe.destroy(); resolve(true) })
    probe.once('error', () => resolve(false))
  })
  if (!alive) rmSync(path, { force: true })
}
