/**
 * Waits for the connections of sessions and for everything that Node itself waits for, in one place: Node's own descriptor is one of those waited for. While
 * sessions are open, this is where the process sleeps. What belongs to Node (timers, promises, other sockets) is only done when it has been
 * given back its turn: at once when its descriptor is readable or when somebody says `soon`, and otherwise after a few milliseconds.
 */
import { availableParallelism } from 'node:os'
import { performance } from 'node:perf_hooks'
import { Alone } from './alone.ts'
import { begin, end, alter, openSystem, readable, type System } from './system.ts'

export interface Watched { ready(events: number): void }

/** What is not told of anything until a moment has come. */
export interface Resting {
  /** By `performance.now()`; 0: it no longer rests. */
  readonly restsUntil: number
  rested(): void
}

/** Milliseconds that Node's timers may be late: while sessions are busy, and once they have been quiet for so long. */
const [busyMilliseconds, quietMilliseconds, quietAfterMilliseconds] = [4, 20, 200]

/** Words of 32 bits of an event at most, and how many are taken at once. */
const [eventWordsMax, eventsMax] = [4, 256]

/** Bytes of one read: what a Unix socket holds, so that a bulk read takes few calls. */
const bufferBytes = 128 * 1024

export class Watch {
  readonly system: System
  /** What was read last; read over by the next. */
  buffer = Buffer.allocUnsafeSlow(bufferBytes)
  private readonly wait: number
  private readonly watched: (Watched | undefined)[] = []
  private watching = 0
  private readonly events = new Int32Array(eventWordsMax * eventsMax)
  private resting: Resting[] = []
  private readonly alone = new Alone(availableParallelism() > 1)
  private awaited = false
  private leaving = false
  /** Node had something to do since it was last seen to have nothing: what it began then is not waited for before its next turn. */
  private nodeBusy = true
  private busyAt = 0

  /** `wait`: a descriptor at which Node's own is waited for already. */
  constructor(system: System, wait: number) {
    this.system = system
    this.wait = wait
  }

  /** Waits at a descriptor for other things than until now; 0: for nothing, and what goes wrong there is not told either. False: the system would not. */
  change(descriptor: number, watched: Watched, was: number, interest: number): boolean {
    if (was === interest) return true
    const failure = this.system.change(this.wait, was === 0 ? begin : interest === 0 ? end : alter, descriptor, interest)
    if (interest === 0 || failure === 0) {
      this.watching += (interest === 0 ? 0 : 1) - (this.watched[descriptor] === undefined ? 0 : 1)
      this.watched[descriptor] = interest === 0 ? undefined : watched
    }
    if (this.watching > 0) this.again()
    return failure === 0
  }

  /** What was read is still needed: the next goes elsewhere. */
  renewBuffer(): void {
    this.buffer = Buffer.allocUnsafeSlow(bufferBytes)
  }

  /** Something was begun that Node has to go on with. */
  soon(): void {
    this.leaving = true
  }

  /** It is told when its rest is over. */
  rest(resting: Resting): void {
    this.resting.push(resting)
  }

  private again(): void {
    if (this.awaited) return
    this.awaited = true
    setImmediate(this.turn)
  }

  /** Takes what is ready until Node has something to do. */
  private readonly turn = (): void => {
    if (this.watching === 0) {
      this.awaited = false
      this.nodeBusy = true
      return
    }
    const since = performance.now()
    const milliseconds = this.nodeBusy || othersWait() ? 0 : since - this.busyAt > quietAfterMilliseconds ? quietMilliseconds : busyMilliseconds
    this.leaving = milliseconds === 0
    this.nodeBusy = false
    try {
      do {
        if (this.take(milliseconds)) this.busyAt = performance.now()
      } while (!this.leaving && this.busyAt - since < busyMilliseconds)
    } finally {
      this.awaited = false
      this.again()
    }
  }

  /** True when a session had something. */
  private take(milliseconds: number): boolean {
    const { system, events } = this
    const rest = this.resting.length === 0 ? Infinity : this.restLeft()
    const looked = milliseconds > 0 && rest === Infinity && this.alone.looks ? this.look() : 0
    const count = looked > 0 ? looked : system.wait(this.wait, events, Math.min(milliseconds, rest))
    if (rest < Infinity) this.endRests()
    if (count <= 0) {
      this.leaving ||= rest > milliseconds // nothing for so long, or a signal
      return rest < Infinity
    }
    let busy = false
    for (let index = 0; index < count; index += 1) {
      const descriptor = system.descriptorOf(events, index)
      if (descriptor === system.nodeDescriptor) {
        this.leaving = this.nodeBusy = true
        continue
      }
      busy = true
      this.alone.saw(descriptor, count)
      this.watched[descriptor]?.ready(system.interestOf(events, index))
    }
    return busy
  }

  /** Looks again and again for a moment instead of sleeping: whoever sleeps is woken late. How many of `events` were filled. */
  private look(): number {
    const { system, wait, events, alone } = this
    const until = performance.now() + alone.millisecondsMax
    let count = system.wait(wait, events, 0)
    while (count === 0 && performance.now() < until) count = system.wait(wait, events, 0)
    alone.looked(count > 0)
    return count
  }

  /** Milliseconds until the first rest is over. */
  private restLeft(): number {
    const now = performance.now()
    let left = Infinity
    for (const { restsUntil } of this.resting) left = Math.min(left, Math.max(0, restsUntil - now))
    return left
  }

  private endRests(): void {
    const now = performance.now()
    const { resting } = this
    this.resting = []
    for (const one of resting) {
      if (one.restsUntil > now) this.resting.push(one)
      else if (one.restsUntil > 0) one.rested()
    }
  }
}

/** What was put off with `setImmediate` comes behind us: then nothing is waited for. */
const othersWait = (): boolean => process.getActiveResourcesInfo().includes('Immediate')

let opened: { readonly watch: Watch | undefined } | undefined

/** The watch of this process; undefined where the system has none, or where `BAILEE_GATEWAY_RELAY=streams` asks to do without. */
export function watchOfProcess(): Watch | undefined {
  if (process.env['BAILEE_GATEWAY_RELAY'] === 'streams') return undefined
  opened ??= { watch: openWatch() }
  return opened.watch
}

/** To be called where a session begins something that goes on later: a promise, a timer. */
export function soon(): void {
  opened?.watch?.soon()
}

function openWatch(): Watch | undefined {
  const system = openSystem()
  const wait = system?.openWait() ?? -1
  if (system === undefined || wait < 0) return undefined
  if (system.change(wait, begin, system.nodeDescriptor, readable) === 0) return new Watch(system, wait)
  system.close(wait)
  return undefined
}
