/**
 * Threads that scan one stream together. The stream is cut where records end, and each piece is scanned as if it were a place of its
 * own: counters are sums, the marks are shared, and a piece begins with a record, so the result is that of one thread.
 */
import { Worker } from 'node:worker_threads'
import type { FileSpan } from '#inventory'
import { Broken } from '#kit/errors'
import { modes, settingNumber } from '../scanner/machine.ts'
import type { Machine, ScanOptions } from '../scanner/machine.ts'
import { createTurns, endTurnOf, isUnfit, recordsIn, setUnfit } from './fileScan.ts'
import type { FileTask, PieceDone } from './scan.worker.ts'
import type { Piece } from './spanScan.ts'

/** Bytes given to a thread at a time. A record must end in them; a longer one is left to a single thread. */
export const pieceBytes = 2 * 1024 * 1024

// Read past the end by the scanner's vectors.
const slackBytes = 64

/**
 * How a stream is cut. `exact`: where the scanner's own structure ends a record: always right, at the cost of reading the structure twice.
 * `parity`: at a line feed with an even number of quotes before it: quick, and wrong where quotes stand inside values; then the thread
 * that gets the piece sees that it ends inside a record.
 */
export type Cutting = 'exact' | 'parity'

export interface Crew {
  /**
   * Scans a stream to its end after `machine.begin`. Returns its bytes, or undefined when it was cut wrongly: then the counts and marks of
   * this scan mean nothing. Throws what the stream throws, and `Broken` when a thread ends.
   */
  readonly scan: (bytes: AsyncIterable<Uint8Array>, options: ScanOptions, cutting: Cutting) => Promise<number | undefined>
  /**
   * The same of a file that the threads read themselves, cut by `parity`. Undefined also when it is no UTF-8, cannot be read, or has a record longer than a piece: then it is to be read
   * as a stream. `read` is told of bytes as they are scanned; when it answers false, the file is not read on, and undefined comes back as well.
   */
  readonly scanFile: (span: FileSpan, read?: (bytes: number) => boolean | undefined) => Promise<number | undefined>
  /** Starts the threads before the first stream: what each has to load, it loads meanwhile. */
  readonly start: () => void
  readonly close: () => Promise<void>
}

/** Bytes of spare memory that the machine of so many threads needs; one alone reads files into it. */
export const spareBytesOf = (threads: number, piece: number): number => (threads > 1 ? 2 * threads + 1 : 1) * (piece + slackBytes)

/** Lanes that a crew's machine needs: lane 0 here, one for each thread, and one to find where records end. */
export const lanesOf = (threads: number): number => threads + 2

/** Threads for a machine that was made with `lanesOf` and `spareBytesOf`. They start with the first stream. `told`: of every piece, when it is done. */
export function createCrew(machine: Machine, threads: number, piece: number, told: (done: PieceDone) => void = () => undefined): Crew {
  const hands: Hand[] = []
  const start = (): void => {
    // One that has ended, for want of memory say, cost the search the place it was reading; the next place has another in its stead.
    for (let lane = 1; lane <= threads; lane += 1) if (hands[lane - 1]?.failed !== undefined || hands.length < lane) hands[lane - 1] = startThread(machine, lane, told)
    for (const { worker } of hands) worker.ref()
  }
  const rest = (): void => { for (const { worker } of hands) worker.unref() }
  return {
    start: () => {
      start()
      rest()
    },
    scan: async (bytes, options, cutting) => {
      start()
      const round = startRound(machine, hands, piece)
      try {
        return await feed(machine, round, { bytes, options, cutting, piece })
      } finally {
        await round.settled()
        rest()
        machine.inLane(threads + 1, (scanner) => scanner.begin()) // what the cutting counted does not count
      }
    },
    scanFile: async (span, read) => {
      start()
      const round = startRound(machine, hands, piece)
      try {
        return await scanTogether(machine, { hands, round, piece }, span, read)
      } finally {
        await round.settled()
        rest()
      }
    },
    close: async () => { await Promise.all(hands.splice(0).map(({ worker }) => worker.terminate())) },
  }
}

interface Hand {
  readonly worker: Worker
  waiting: number
  failed: Error | undefined
  /** Called when a piece is done, or the thread has ended. */
  told: (done: PieceDone | undefined) => void
  /** Called when the thread has ended. */
  ended: () => void
}

function startThread(machine: Machine, lane: number, told: (done: PieceDone) => void): Hand {
  const worker = new Worker(new URL('./scan.worker.ts', import.meta.url), { workerData: { shared: machine.shared, lane: machine.lanes[lane] }, execArgv: [] })
  const hand: Hand = { worker, waiting: 0, failed: undefined, told: () => undefined, ended: () => undefined }
  worker.on('message', (done: PieceDone) => {
    if (!done.goesOn) hand.waiting -= 1
    told(done)
    hand.told(done)
  })
  const fail = (cause?: Error): void => {
    hand.failed ??= new Broken('trace/thread-ended', 'a thread of the search ended', { cause })
    hand.waiting = 0
    hand.ended()
    hand.told(undefined)
  }
  worker.on('error', fail)
  worker.on('exit', () => fail())
  return hand
}

interface Round {
  /** The address of a piece to fill; waits for one. */
  readonly take: () => Promise<number>
  readonly give: (piece: Piece) => void
  /** Called with each piece that is done. */
  readonly watch: (done: (piece: PieceDone) => void) => void
  /** A piece came back that ended inside a record. */
  readonly inside: () => boolean
  /** All pieces are back, or their threads have ended. */
  readonly settled: () => Promise<void>
}

function startRound(machine: Machine, hands: readonly Hand[], piece: number): Round {
  const free = Array.from({ length: 2 * hands.length + 1 }, (_, at) => machine.spareAt + at * (piece + slackBytes))
  let inside = false
  let wake = (): void => undefined
  let watch: (done: PieceDone) => void = () => undefined
  for (const hand of hands) {
    hand.told = (done) => {
      if (done !== undefined) watch(done)
      if (done?.goesOn === false) free.push(done.at)
      inside ||= done?.inside === true
      wake()
    }
  }
  const until = async (ready: () => boolean): Promise<void> => {
    while (!ready()) await new Promise<void>((resolve) => { wake = resolve })
  }
  const failed = (): Error | undefined => hands.find((hand) => hand.failed !== undefined)?.failed
  return {
    take: async () => {
      await until(() => free.length > 0 || failed() !== undefined)
      const failure = failed()
      if (failure !== undefined) throw failure
      return free.shift()!
    },
    give: (piece) => {
      const hand = hands.reduce((least, one) => (one.waiting < least.waiting ? one : least))
      hand.waiting += 1
      hand.worker.postMessage(piece)
    },
    watch: (done) => { watch = done },
    inside: () => inside,
    settled: () => until(() => hands.every((hand) => hand.waiting === 0)),
  }
}

interface Crewed { readonly hands: readonly Hand[]; readonly round: Round; readonly piece: number }

async function scanTogether(machine: Machine, { hands, round, piece }: Crewed, span: FileSpan, read: (bytes: number) => boolean | undefined = () => undefined): Promise<number | undefined> {
  const turns = createTurns(span)
  let bytes = 0
  round.watch(({ length }) => {
    bytes += length
    if (read(length) === false) setUnfit(turns)
  })
  for (const [number, hand] of hands.entries()) {
    hand.ended = () => endTurnOf(turns, number + 1)
    hand.waiting += 1
    hand.worker.postMessage({ span, turns, at: machine.spareAt + number * (piece + slackBytes), bytes: piece, thread: number + 1 } satisfies FileTask)
  }
  await round.settled()
  for (const hand of hands) hand.ended = () => undefined
  await round.take() // throws when a thread has ended
  return round.inside() || isUnfit(turns) ? undefined : bytes
}

interface Feeding {
  readonly bytes: AsyncIterable<Uint8Array>
  readonly options: ScanOptions
  readonly cutting: Cutting
  readonly piece: number
}

async function feed(machine: Machine, round: Round, { bytes, options, cutting, piece }: Feeding): Promise<number | undefined> {
  const { memory } = machine
  const cut = cutterOf(machine, cutting)
  const stream = bytes[Symbol.asyncIterator]()
  let at = await round.take()
  let filled = 0
  let base = 0
  try {
    for (;;) {
      const next = await stream.next()
      if (next.done === true) break
      for (let from = 0; from < next.value.length; ) {
        const part = next.value.subarray(from, from + piece - filled)
        memory.set(part, at + filled)
        filled += part.length
        from += part.length
        if (filled < piece) continue
        const length = cut(at, filled, base)
        if (length === 0) {
          const end = await machine.scanOn(rest([memory.slice(at, at + filled), next.value.subarray(from)], stream), { ...options, from: base })
          await round.settled()
          return round.inside() ? undefined : end
        }
        const after = await round.take()
        if (round.inside()) return undefined
        memory.copyWithin(after, at + length, at + filled)
        round.give({ at, length, base, last: false })
        base += length
        filled -= length
        at = after
      }
    }
  } finally {
    await stream.return?.() // however it ended: a stream that is not read on is let go
  }
  round.give({ at, length: filled, base, last: true })
  await round.settled()
  await round.take() // throws when a thread has ended
  return round.inside() ? undefined : base + filled
}

async function* rest(parts: readonly Uint8Array[], stream: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* parts
  yield* { [Symbol.asyncIterator]: () => stream }
}

/** Tells how many of the bytes end with a record; 0 when none does. */
function cutterOf(machine: Machine, cutting: Cutting): (at: number, length: number, base: number) => number {
  const lane = machine.lanes.length - 1
  if (cutting === 'exact') {
    return (at, length, base) => machine.inLane(lane, (scanner) => {
      scanner.set(settingNumber('mode'), modes.cut)
      if (base > 0) scanner.resume(base)
      scanner.scan(at, at + length, base, 0)
      return scanner.recordStart() - base
    })
  }
  return (at, length) => machine.inLane(lane, (scanner) => recordsIn(at, length, scanner))
}
