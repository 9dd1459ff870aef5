/** The client databases this process has met: their administrative connections, what was compiled there, and the reaper. */
import { Broken } from '#kit/errors'
import { parseAddress, type Address } from './address.ts'
import { compile, shapeOf, verify, type Compiled } from './compile/index.ts'
import { roleOf } from './compile/statements.ts'
import { Administration } from './compile/store.ts'
import type { SessionPlan } from './doorkeeper.ts'
import { LoginsAhead, type Login, type Wanted } from './ahead.ts'
import { clockSkewSeconds, loginAheadSecondsMax, loginKeptSecondsMax, loginsAheadMax, openSecondsMax, verifiedSecondsMax } from './limits.ts'
import { clockAhead, closeSessionRole, dropSessionRole, isAsMade, makeSessionRole, reap, type Identity } from './roles.ts'
import { logIn, resetSession, waitingName } from './upstream.ts'

/** Seconds that a client database may take to take back what a session did; a login that takes longer is dropped. */
const resetSecondsMax = 5

interface Kept {
  compiled: Compiled
  verifiedAt: number
}

export class ClientDatabase {
  readonly address: Address
  private readonly administration: Administration
  private readonly kept = new Map<string, Kept>()
  private readonly under = new Map<string, Promise<Compiled>>()
  private readonly live = new Set<string>()
  /** Roles with which somebody logged in; resolves to whether nobody else can any more. */
  private readonly closing = new Map<string, Promise<boolean>>()
  private readonly ahead: LoginsAhead | undefined
  /** Milliseconds by which its clock is ahead of ours, as of the last look. */
  private clockAhead = 0

  /** `ahead`: logins wait for the next sessions. */
  constructor(url: string, ahead: boolean) {
    this.address = parseAddress(url)
    this.administration = new Administration(this.address)
    const making = { make: (compiled: string, settings: Readonly<Record<string, string>>) => this.logInAhead(compiled, settings), reset: (login: Login) => this.reset(login), drop: (role: string) => this.dropRole(role) }
    this.ahead = ahead ? new LoginsAhead(making, { secondsMax: loginAheadSecondsMax, countMax: loginsAheadMax }) : undefined
  }

  /**
   * The compiled role of a plan, verified within the last `verifiedSecondsMax` seconds. What was found is never remembered: the next
   * session looks again, and what drifted is compiled anew. Several sessions at once wait for one answer.
   */
  async prepare(plan: SessionPlan): Promise<Compiled> {
    const role = roleOf({ ...plan, database: this.address.database })
    const kept = this.kept.get(role)
    const refused = shapeOf(plan) // each time: not all of it is part of the role
    if (refused.length > 0) return { outcome: 'found', findings: refused }
    if (kept !== undefined && Date.now() - kept.verifiedAt < verifiedSecondsMax * 1000) return kept.compiled
    const running = this.under.get(role) ?? this.look(role, plan, kept).finally(() => this.under.delete(role))
    this.under.set(role, running)
    return running
  }

  private async look(role: string, plan: SessionPlan, kept: Kept | undefined): Promise<Compiled> {
    const startedAt = Date.now()
    this.clockAhead = await clockAhead(this.administration)
    if (kept?.compiled.outcome === 'ready' && (await verify(this.administration, kept.compiled, plan.tables)).length === 0) {
      kept.verifiedAt = startedAt
      return kept.compiled
    }
    this.kept.delete(role)
    this.ahead?.forget(role)
    const compiled = await compile(this.administration, plan, this.address.database)
    if (compiled.outcome === 'ready') this.kept.set(role, { compiled, verifiedAt: startedAt })
    return compiled
  }

  /** A role with which this gateway logs in now, and nobody does later: what a session makes of its password leads nowhere. */
  async makeRole(compiled: string): Promise<Identity & Pick<Login, 'keptUntil'>> {
    const keptUntil = Date.now() + loginKeptSecondsMax * 1000
    const identity = { ...await makeSessionRole(this.administration, compiled, openSecondsMax + clockSkewSeconds, this.clockAhead), keptUntil }
    this.live.add(identity.role)
    return identity
  }

  /** Somebody is logged in with a role: nobody else will be. Begun here, and waited for before the role is dropped; nobody waits for it before. */
  closeRole(role: string): void {
    this.closing.set(role, closeSessionRole(this.administration, role).then(() => true, () => false))
  }

  /** A login may be given to another session of the same person. */
  get keepsLogins(): boolean {
    return this.ahead !== undefined
  }

  /** How often what this compiled role holds was in doubt. */
  editionOf(compiled: string): number {
    return this.ahead?.editionOf(compiled) ?? 0
  }

  /** A login that waits for a session of this compiled role with these startup settings, or is being made; from now on it is the caller's. Undefined: there is none. */
  async takeLogin(wanted: Wanted): Promise<Login | undefined> {
    return this.ahead?.take(wanted)
  }

  /** A session that left nothing open gives its login back, for the next of the same person. False: it is not kept. */
  giveBack(wanted: Wanted, login: Login): boolean {
    return this.ahead?.giveBack(wanted, login) === true
  }

  /** Begins to make one for the next session. */
  keepLogin(compiled: string, settings: Readonly<Record<string, string>>): void {
    this.ahead?.keep(compiled, settings)
  }

  private async logInAhead(compiled: string, settings: Readonly<Record<string, string>>): Promise<Login> {
    const identity = await this.makeRole(compiled)
    try {
      const upstream = await logIn(this.address, { ...identity, settings: { ...settings, application_name: waitingName } }, openSecondsMax)
      this.closeRole(identity.role)
      return { role: identity.role, keptUntil: identity.keptUntil, upstream }
    } catch (cause) {
      await this.dropRole(identity.role).catch(() => undefined)
      throw cause
    }
  }

  /** As after its login, its role too. @throws where that cannot be; then the connection is closed. */
  private async reset(login: Login): Promise<Login> {
    const upstream = await resetSession(login.upstream, resetSecondsMax)
    if (await isAsMade(this.administration, login.role).catch(() => false)) return { ...login, upstream }
    upstream.socket.destroy()
    throw new Broken('gateway/role-changed', 'a session left something behind that is bound to its role, so its login is not used again')
  }

  /** What fails here is left to the reaper. */
  async dropRole(role: string): Promise<void> {
    try {
      if (await this.closing.get(role) === false) await closeSessionRole(this.administration, role) // the session may have stood against it; it is over
      await dropSessionRole(this.administration, role)
    } finally {
      this.live.delete(role)
      this.closing.delete(role)
    }
  }

  /** Drops session roles that a crash left behind; returns how many. */
  async reap(): Promise<number> {
    return reap(this.administration, this.live)
  }

  async end(): Promise<void> {
    await this.ahead?.end()
    await this.administration.end()
  }
}

export class ClientDatabases {
  private readonly byUrl = new Map<string, ClientDatabase>()
  private readonly report: (problem: string) => void
  private readonly ahead: boolean

  /** `ahead`: logins wait for the next sessions. */
  constructor(report: (problem: string) => void, ahead: boolean) {
    this.report = report
    this.ahead = ahead
  }

  /** The database of a URL; met for the first time, it is reaped. @throws Misuse when the URL cannot be read. */
  of(url: string): ClientDatabase {
    const known = this.byUrl.get(url)
    if (known !== undefined) return known
    const database = new ClientDatabase(url, this.ahead)
    this.byUrl.set(url, database)
    void this.reapOne(database)
    return database
  }

  async reapAll(): Promise<void> {
    await Promise.all([...this.byUrl.values()].map((database) => this.reapOne(database)))
  }

  private async reapOne(database: ClientDatabase): Promise<void> {
    await database.reap().catch(() => this.report('gateway/reap: roles of ended sessions could not be dropped'))
  }

  async end(): Promise<void> {
    await Promise.all([...this.byUrl.values()].map((database) => database.end()))
  }
}
