/**
 * System calls that Node does not give out: to wait for many connections at once, and to read and write one without a stream between. Linux on x64
 * and arm64, where the numbers below are the same; through `koffi`, which is not needed: without it there are none, and connections stay with Node.
 */
import { createRequire } from 'node:module'
import { isMainThread } from 'node:worker_threads'

export interface System {
  /** Node's own descriptor to wait at: readable when Node has something to do. */
  readonly nodeDescriptor: number
  /** A new descriptor to wait at; -1 when there is none. */
  openWait(): number
  /** Begins, changes or ends to wait for `interest` at a descriptor; 0 when it was done. */
  change(wait: number, how: number, descriptor: number, interest: number): number
  /** How many of `events` were filled; -1 for a failure. Milliseconds at most, and parts of one where the system knows them. */
  wait(wait: number, events: Int32Array, milliseconds: number): number
  /** Of the event with this number: what it is about. */
  descriptorOf(events: Int32Array, index: number): number
  interestOf(events: Int32Array, index: number): number
  /** Bytes read, 0 at the end, -1 for a failure: as the next, never waits. */
  receive(descriptor: number, into: Buffer): number
  send(descriptor: number, bytes: Buffer): number
  /** Says that nothing more will be sent. */
  finish(descriptor: number): void
  /** Another descriptor of the same connection, which programs that are started do not inherit; -1 when there is none. */
  duplicate(descriptor: number): number
  close(descriptor: number): void
  /** Two ends of one connection: for tests. */
  pair(): [number, number]
  /** The last failure only says that nothing is there yet, or that a signal came between. */
  mayTryAgain(): boolean
}

/** What to wait for; what comes unasked; and to be told of that alone, once (EPOLLONESHOT with nothing to wait for). */
export const [readable, writable, failed, hungUp, unasked] = [1, 4, 8, 16, 2 ** 30]
export const [begin, end, alter] = [1, 2, 3]

const [closeOnExec, duplicateCloseOnExec, dontWait, noSignal, sendingEnd, unixDomain, streamType] = [0x80000, 1030, 0x40, 0x4000, 1, 1, 1]
const [interrupted, tryAgain, noSuchCall] = [4, 11, 38]

/** The number of epoll_pwait2(2), Linux 5.11, on both. */
const epollPwait2 = 441

type Call = (...parts: unknown[]) => number
interface Foreign {
  load(library: null): { func(signature: string): (...parts: unknown[]) => unknown }
  errno(): number
}

/** Opens them; undefined where there are none: another system, a worker, no `koffi`. */
export function openSystem(): System | undefined {
  if (process.platform !== 'linux' || !isMainThread || !['x64', 'arm64'].includes(process.arch)) return undefined
  try {
    const system = bind(createRequire(import.meta.url)('koffi') as Foreign)
    return system.nodeDescriptor >= 0 ? system : undefined
  } catch {
    return undefined // not installed, or not for this machine
  }
}

function bind(foreign: Foreign): System {
  const library = foreign.load(null)
  const call = (signature: string): Call => library.func(signature) as Call
  const [epollCreate, epollControl, epollWait] = [call('int epoll_create1(int)'), call('int epoll_ctl(int, int, int, void *)'), call('int epoll_wait(int, void *, int, int)')]
  // Sizes here fit 32 bits, which are quicker to hand over than 64.
  const [recv, send, shutdown] = [call('int recv(int, void *, int, int)'), call('int send(int, void *, int, int)'), call('int shutdown(int, int)')]
  const finerWait = call('int syscall(long, int, void *, int, void *, void *, long)')
  const [fcntl, close, socketPair] = [call('int fcntl(int, int, int)'), call('int close(int)'), call('int socketpair(int, int, int, void *)')]
  // struct epoll_event is packed on x64 only (epoll_ctl(2), <sys/epoll.h>).
  const [size, at] = process.arch === 'x64' ? [12, 4] : [16, 8]
  const [words, word] = [size / 4, at / 4]
  const event = Buffer.alloc(size)
  const span = Buffer.alloc(16) // struct timespec
  return {
    nodeDescriptor: call('int uv_backend_fd(void *)')(library.func('void *uv_default_loop()')()),
    openWait: () => epollCreate(closeOnExec),
    change: (wait, how, descriptor, interest) => {
      event.writeUInt32LE(interest, 0)
      event.writeInt32LE(descriptor, at)
      return epollControl(wait, how, descriptor, event)
    },
    wait: (wait, events, milliseconds) => {
      const countMax = Math.floor(events.length / words)
      if (Number.isInteger(milliseconds)) return epollWait(wait, events, countMax, milliseconds)
      span.writeUInt32LE(Math.floor(milliseconds * 1e6), 8)
      const count = finerWait(epollPwait2, wait, events, countMax, span, null, 0)
      return count < 0 && foreign.errno() === noSuchCall ? epollWait(wait, events, countMax, Math.ceil(milliseconds)) : count
    },
    descriptorOf: (events, index) => events[index * words + word] ?? -1,
    interestOf: (events, index) => events[index * words] ?? 0,
    receive: (descriptor, into) => recv(descriptor, into, into.length, dontWait),
    send: (descriptor, bytes) => send(descriptor, bytes, bytes.length, dontWait | noSignal),
    finish: (descriptor) => void shutdown(descriptor, sendingEnd),
    duplicate: (descriptor) => fcntl(descriptor, duplicateCloseOnExec, 3),
    close: (descriptor) => void close(descriptor),
    pair: () => {
      const both = Buffer.alloc(8)
      if (socketPair(unixDomain, streamType | closeOnExec, 0, both) !== 0) throw new Error('no pair of sockets')
      return [both.readInt32LE(0), both.readInt32LE(4)]
    },
    mayTryAgain: () => [interrupted, tryAgain].includes(foreign.errno()),
  }
}
