/**
 * Logins at a client database that wait for their session. After a session has opened, one for the next under the same instruction is made: its role, its backend,
 * its login. Nobody uses it before a decision is recorded, and nobody else can: its password never left this process. A login whose session left nothing behind waits for the
 * next session of the same person under the same instruction, after everything that was set in it was taken back; another person never has it.
 */
import type { Upstream } from './upstream.ts'

/** `keptUntil`: the moment, in milliseconds since 1970, until which it may be given to another session. */
export interface Login { readonly role: string; readonly upstream: Upstream; readonly keptUntil: number }

/** For whom: of this compiled role, with these startup settings, and, where somebody had it before, of that person. `edition`: that of the compiled role when the session began. */
export interface Wanted { readonly edition: number; readonly compiled: string; readonly settings: Readonly<Record<string, string>>; readonly person: string }

/** Makes the role and logs it in, takes back what a session did with it, and ends both again. */
export interface Making {
  make(compiled: string, settings: Readonly<Record<string, string>>): Promise<Login>
  reset(login: Login): Promise<Login>
  drop(role: string): Promise<void>
}

/** One that is being made. `doubted`: what its compiled role holds was doubted since it was begun. */
interface Under {
  readonly compiled: string
  made: Promise<void>
  doubted: boolean
  /** A session waits for it: what was begun earlier is there earlier. Told undefined where nothing came of it. */
  taken?: (login: Login | undefined) => void
}

/** What is heard of a connection that waits. */
interface Waited {
  readonly destroyed: boolean
  on(event: 'close' | 'end', listener: () => void): Waited
  off(event: 'close' | 'end', listener: () => void): Waited
  resume(): unknown
}

interface Waiting extends Login { readonly compiled: string; readonly late: NodeJS.Timeout; readonly gone: () => void }

export class LoginsAhead {
  private readonly making: Making
  private readonly limits: { readonly secondsMax: number; readonly countMax: number }
  private readonly byKey = new Map<string, Waiting>()
  private readonly under = new Map<string, Under>()
  /** Those under way for which a session waits. */
  private readonly promised = new Set<Under>()
  /** How often what a compiled role holds was in doubt: what a session began with before is not given to the next. */
  private readonly editions = new Map<string, number>()
  private ended = false

  /** `limits`: how long one waits, and how many may wait at once. */
  constructor(making: Making, limits: { readonly secondsMax: number; readonly countMax: number }) {
    this.making = making
    this.limits = limits
  }

  /** The login that waits for a session of this compiled role with these settings, or the one that is being made; from now on it is the caller's. Undefined: there is none. */
  take({ compiled, settings, person }: Omit<Wanted, 'edition'>): Login | Promise<Login | undefined> | undefined {
    const key = keyOf(compiled, settings)
    return this.takeWaiting(keyOf(compiled, settings, person)) ?? this.takeWaiting(key) ?? this.takeUnder(key)
  }

  private takeWaiting(key: string): Login | undefined {
    const waiting = this.byKey.get(key)
    if (waiting === undefined) return undefined
    this.byKey.delete(key)
    const { role, upstream, keptUntil } = waiting
    unwatch(waiting)
    upstream.socket.pause()
    if (!upstream.socket.destroyed) return { role, upstream, keptUntil }
    void this.drop(waiting)
    return undefined
  }

  /** A session that left nothing open gives its login back. False: it is not kept. */
  giveBack({ compiled, settings, person, edition }: Wanted, login: Login): boolean {
    const key = keyOf(compiled, settings, person)
    if (this.ended || Date.now() >= login.keptUntil || this.byKey.has(key) || this.full || edition !== this.editionOf(compiled)) return false
    const under: Under = { compiled, made: Promise.resolve(), doubted: false }
    under.made = this.making.reset(login).then((reset) => this.wait(key, under, reset), () => this.making.drop(login.role)).catch(() => undefined).finally(() => this.promised.delete(under))
    this.promised.add(under)
    return true
  }

  /** How often what this compiled role holds was in doubt. */
  editionOf(compiled: string): number {
    return this.editions.get(compiled) ?? 0
  }

  /** What is being taken back will wait too, and what a session waits for is a backend as well. */
  private get full(): boolean {
    return this.byKey.size + this.under.size + this.promised.size >= this.limits.countMax
  }

  private takeUnder(key: string): Promise<Login | undefined> | undefined {
    const under = this.under.get(key)
    if (under === undefined || under.doubted) return undefined
    this.under.delete(key)
    this.promised.add(under)
    return new Promise((resolve) => { under.taken = resolve })
  }

  /** Begins to make one, unless one waits, or is under way, or as many as may wait do. What fails is not told: the next session logs in itself, and is told. */
  keep(compiled: string, settings: Readonly<Record<string, string>>): void {
    const key = keyOf(compiled, settings)
    if (this.ended || this.byKey.has(key) || this.under.has(key) || this.full) return
    const under: Under = { compiled, made: Promise.resolve(), doubted: false }
    under.made = this.making.make(compiled, settings).then((login) => this.wait(key, under, login)).catch(() => undefined).finally(() => this.over(key, under))
    this.under.set(key, under)
  }

  private over(key: string, under: Under): void {
    if (this.under.get(key) === under) this.under.delete(key)
    this.promised.delete(under)
    under.taken?.(undefined) // where it was given, this says nothing any more
  }

  private async wait(key: string, under: Under, login: Login): Promise<void> {
    const { upstream: { hand } } = login
    const socket: Waited = login.upstream.socket
    const { compiled } = under
    // It has nothing to say: a database that says something has ended it, or changed what it begins with.
    const gone = (): void => this.forgetKey(key, waiting)
    const waiting: Waiting = { ...login, compiled, gone, late: setTimeout(gone, this.limits.secondsMax * 1000).unref() }
    if (this.ended || under.doubted || socket.destroyed || this.byKey.has(key)) return this.drop(waiting)
    if (under.taken !== undefined) {
      clearTimeout(waiting.late)
      return under.taken(login)
    }
    this.byKey.set(key, waiting)
    socket.on('close', gone).on('end', gone)
    hand(() => {
      gone()
      return false
    })
    socket.resume()
  }

  /** What this compiled role holds is in doubt: nobody begins with what was made before. */
  forget(compiled: string): void {
    this.editions.set(compiled, this.editionOf(compiled) + 1)
    for (const [key, waiting] of this.byKey) if (waiting.compiled === compiled) this.forgetKey(key, waiting)
    for (const under of [...this.under.values(), ...this.promised]) if (under.compiled === compiled) under.doubted = true
  }

  private forgetKey(key: string, waiting: Waiting): void {
    if (this.byKey.get(key) !== waiting) return
    this.byKey.delete(key)
    void this.drop(waiting)
  }

  private async drop(waiting: Waiting): Promise<void> {
    unwatch(waiting)
    waiting.upstream.socket.destroy()
    await this.making.drop(waiting.role).catch(() => undefined) // the reaper will
  }

  /** Ends all that wait, and makes none any more. */
  async end(): Promise<void> {
    this.ended = true
    await Promise.all([...this.under.values(), ...this.promised].map(({ made }) => made))
    const all = [...this.byKey.values()]
    this.byKey.clear()
    await Promise.all(all.map((waiting) => this.drop(waiting)))
  }
}

function unwatch({ upstream, late, gone }: Waiting): void {
  const socket: Waited = upstream.socket
  clearTimeout(late)
  socket.off('close', gone).off('end', gone)
}

const keyOf = (compiled: string, settings: Readonly<Record<string, string>>, person?: string): string => JSON.stringify([compiled, person ?? null, Object.entries(settings).sort(([one], [other]) => (one < other ? -1 : 1))])
