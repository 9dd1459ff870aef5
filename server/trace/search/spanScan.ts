/** A plain file that a search of one thread reads itself, straight into the scanner's memory: what a stream hands over would be copied twice. */
import { setImmediate } from 'node:timers/promises'
import type { FileSpan } from '#inventory'
import type { Machine, Scanner } from '../scanner/machine.ts'
import { createTurns, isUnfit, setUnfit, takePiece } from './fileScan.ts'

/** Pieces scanned before whatever else this thread has to do gets its turn: some milliseconds. */
const piecesAtOnce = 8

/**
 * Scans a span after `machine.begin`, with `pieceBytes` of the spare memory. Returns its bytes; undefined when it is no UTF-8, cannot be read, or has a record longer than a piece: then the
 * counts and marks of this scan mean nothing, and it is to be read as a stream. `read` is told of bytes as they are scanned.
 */
export async function scanSpan(machine: Machine, span: FileSpan, pieceBytes: number, read: (bytes: number) => void): Promise<number | undefined> {
  const turns = createTurns(span)
  const room = { memory: machine.memory, at: machine.spareAt, bytes: pieceBytes, thread: 1 }
  let bytes = 0
  for (let pieces = 1; ; pieces += 1) {
    const piece = machine.inLane(0, (scanner) => takePiece(span, turns, room, scanner))
    if (piece === undefined) break
    const { length, position, last } = piece
    if (machine.inLane(0, (scanner) => endsInside(scanner, { at: room.at, length, base: position - span.from, last }))) setUnfit(turns)
    bytes += length
    read(length)
    if (pieces % piecesAtOnce === 0) await setImmediate()
  }
  return isUnfit(turns) ? undefined : bytes
}

/** Bytes in the scanner's memory that begin with a record; where, and at which offset of the stream. `last`: the stream ends with them. */
export interface Piece {
  readonly at: number
  readonly length: number
  readonly base: number
  readonly last: boolean
}

/** Scans a piece. Returns whether it ended inside a record: wrongly cut, so that its counts mean nothing. */
export function endsInside(scanner: Scanner, { at, length, base, last }: Piece): boolean {
  if (base > 0) scanner.resume(base)
  const end = scanner.scan(at, at + length, base, last ? 1 : 0)
  const inside = scanner.endPiece() !== 0
  return !last && (inside || end !== at + length)
}
