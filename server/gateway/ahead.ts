/**
 * Logins at a client database that wait for their session. After a session has opened, one for the next under the same instruction is made: its role, its backend,
 * its login. Nobody uses it before a decision is recorded, and nobody else can: its password never left this process.
 */
import type { Upstream } from './upstream.ts'

export interface Login { readonly role: string; readonly upstream: Upstream }

/** Makes the role and logs it in, and ends both again. */
export interface Making {
  make(compiled: string, settings: Readonly<Record<string, string>>): Promise<Login>
  drop(role: string): Promise<void>
}

interface Waiting extends Login { readonly compiled: string; readonly late: NodeJS.Timeout; readonly gone: () => void }

export class LoginsAhead {
  private readonly making: Making
  private readonly limits: { readonly secondsMax: number; readonly countMax: number }
  private readonly byKey = new Map<string, Waiting>()
  private readonly under = new Map<string, Promise<void>>()
  private ended = false

  /** `limits`: how long one waits, and how many may wait at once. */
  constructor(making: Making, limits: { readonly secondsMax: number; readonly countMax: number }) {
    this.making = making
    this.limits = limits
  }

  /** The login that waits for a session of this compiled role with these settings; from now on it is the caller's. Undefined: there is none. */
  take(compiled: string, settings: Readonly<Record<string, string>>): Login | undefined {
    const key = keyOf(compiled, settings)
    const waiting = this.byKey.get(key)
    if (waiting === undefined) return undefined
    this.byKey.delete(key)
    const { role, upstream } = waiting
    unwatch(waiting)
    upstream.socket.pause()
    if (!upstream.socket.destroyed) return { role, upstream }
    void this.drop(waiting)
    return undefined
  }

  /** Begins to make one, unless one waits, or is under way, or as many as may wait do. What fails is not told: the next session logs in itself, and is told. */
  keep(compiled: string, settings: Readonly<Record<string, string>>): void {
    const key = keyOf(compiled, settings)
    if (this.ended || this.byKey.has(key) || this.under.has(key) || this.byKey.size + this.under.size >= this.limits.countMax) return
    const made = this.making.make(compiled, settings).then((login) => this.wait(key, compiled, login)).catch(() => undefined)
    this.under.set(key, made.finally(() => this.under.delete(key)))
  }

  private async wait(key: string, compiled: string, login: Login): Promise<void> {
    const { upstream: { socket, hand } } = login
    // It has nothing to say: a database that says something has ended it, or changed what it begins with.
    const gone = (): void => this.forgetKey(key, waiting)
    const waiting: Waiting = { ...login, compiled, gone, late: setTimeout(gone, this.limits.secondsMax * 1000).unref() }
    if (this.ended || socket.destroyed) return this.drop(waiting)
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
    for (const [key, waiting] of this.byKey) if (waiting.compiled === compiled) this.forgetKey(key, waiting)
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
    await Promise.all(this.under.values())
    const all = [...this.byKey.values()]
    this.byKey.clear()
    await Promise.all(all.map((waiting) => this.drop(waiting)))
  }
}

function unwatch({ upstream: { socket }, late, gone }: Waiting): void {
  clearTimeout(late)
  socket.off('close', gone).off('end', gone)
}

const keyOf = (compiled: string, settings: Readonly<Record<string, string>>): string => JSON.stringify([compiled, Object.entries(settings).sort(([one], [other]) => (one < other ? -1 : 1))])
