/** One thread of a search: scans the pieces it is given, in its own lane of the shared memory. */
import { parentPort, workerData } from 'node:worker_threads'
import { attach, countNumber, type Lane, type WebAssemblyMemory } from '../scanner/machine.ts'

/** Bytes of a stream that begin with a record; where in memory, and at which offset of the stream. */
export interface Piece {
  readonly at: number
  readonly length: number
  readonly base: number
  /** The stream ends with it: other pieces must end with a record. */
  readonly last: boolean
}

/** A piece is done. */
export interface PieceDone {
  readonly at: number
  /** It ended inside a record: wrongly cut, and its counts mean nothing. */
  readonly inside: boolean
  /** What a screening pass kept of it, in the order of its rows. */
  readonly screened: readonly Uint32Array<ArrayBuffer>[]
}

const { shared, lane } = workerData as { readonly shared: WebAssemblyMemory; readonly lane: Lane }
let screened: Uint32Array<ArrayBuffer>[] = []
const scanner = attach(shared, lane, () => {
  const words = scanner.count(countNumber('outCount')) * 4
  screened.push(new Uint32Array(new Uint32Array(shared.buffer, lane.regions.out ?? 0, words)))
})

parentPort?.on('message', ({ at, length, base, last }: Piece) => {
  if (base > 0) scanner.resume(base)
  const end = scanner.scan(at, at + length, base, last ? 1 : 0)
  const inside = scanner.endPiece() !== 0
  const done: PieceDone = { at, inside: !last && (inside || end !== at + length), screened }
  screened = []
  parentPort?.postMessage(done, done.screened.map(({ buffer }) => buffer))
})
