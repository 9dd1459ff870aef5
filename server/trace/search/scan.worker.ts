/** One thread of a search: scans the pieces it is given, or those that it takes of a file, in its own lane of the shared memory. */
import { parentPort, workerData } from 'node:worker_threads'
import type { FileSpan } from '#inventory'
import { attach, countNumber, type Lane, type WebAssemblyMemory } from '../scanner/machine.ts'
import { setUnfit, takePiece, type FileTurns } from './fileScan.ts'
import { endsInside, type Piece } from './spanScan.ts'

/** A file to be read by all threads in turn, each into its own room of the memory. */
export interface FileTask { readonly span: FileSpan; readonly turns: FileTurns; readonly at: number; readonly bytes: number; readonly thread: number }

/** A piece is done. */
export interface PieceDone {
  readonly at: number
  /** Bytes scanned. */
  readonly length: number
  /** It ended inside a record: wrongly cut, and its counts mean nothing. */
  readonly inside: boolean
  /** More pieces of the same task follow. */
  readonly goesOn: boolean
  /** What a screening pass kept of it, in the order of its rows. */
  readonly screened: readonly Uint32Array<ArrayBuffer>[]
}

const { shared, lane } = workerData as { readonly shared: WebAssemblyMemory; readonly lane: Lane }
const memory = new Uint8Array(shared.buffer)
let screened: Uint32Array<ArrayBuffer>[] = []
const scanner = attach(shared, lane, () => {
  const words = scanner.count(countNumber('outCount')) * 4
  screened.push(new Uint32Array(new Uint32Array(shared.buffer, lane.regions.out ?? 0, words)))
})

function tell(done: Omit<PieceDone, 'screened'>): void {
  const kept = screened
  screened = []
  parentPort?.postMessage({ ...done, screened: kept } satisfies PieceDone, kept.map(({ buffer }) => buffer))
}

function scanFile({ span, turns, at, bytes, thread }: FileTask): void {
  const room = { memory, at, bytes, thread }
  for (let piece = takePiece(span, turns, room, scanner); piece !== undefined; piece = takePiece(span, turns, room, scanner)) {
    const { length, position, last } = piece
    const inside = endsInside(scanner, { at, length, base: position - span.from, last })
    if (inside) setUnfit(turns)
    tell({ at, length, inside, goesOn: true })
  }
  tell({ at, length: 0, inside: false, goesOn: false })
}

parentPort?.on('message', (task: Piece | FileTask) => {
  if ('span' in task) scanFile(task)
  else tell({ at: task.at, length: task.length, inside: endsInside(scanner, task), goesOn: false })
})
