/**
 * A plain file that the threads of a search read themselves: one after another takes the next bytes, finds where their last record ends, leaves the rest to
 * whoever comes next, and scans. What is read is scanned where it lies, while the processor still has it at hand.
 */
import { isUtf8 } from 'node:buffer'
import { readSync } from 'node:fs'
import type { FileSpan } from '#inventory'
import type { Scanner } from '../scanner/machine.ts'

/** Bytes read at a time: they fit the second-level cache, and reading them is a small part of scanning them. */
export const fileReadBytes = 256 * 1024

/** What the threads share of one span. `unfit`: it must be read in another way, since it is no UTF-8, cannot be read, or has a record longer than a piece. */
export interface FileTurns { readonly flags: Int32Array<SharedArrayBuffer>; readonly cursor: Float64Array<SharedArrayBuffer> }

const [lockAt, unfitAt] = [0, 1]

export function createTurns({ from }: FileSpan): FileTurns {
  const turns = { flags: new Int32Array(new SharedArrayBuffer(8)), cursor: new Float64Array(new SharedArrayBuffer(8)) }
  turns.cursor[0] = from
  return turns
}

export const isUnfit = ({ flags }: FileTurns): boolean => Atomics.load(flags, unfitAt) !== 0
export const setUnfit = ({ flags }: FileTurns): void => { Atomics.store(flags, unfitAt, 1) }

/** Where a thread may put what it reads. `thread`: its number, from 1, under which it takes its turn. */
export interface FileRoom { readonly memory: Uint8Array; readonly at: number; readonly bytes: number; readonly thread: number }

export interface FilePiece {
  readonly length: number
  /** In the file. */
  readonly position: number
  readonly last: boolean
}

/**
 * Reads the next records of a span; undefined when none is left, or the span was found unfit. One thread at a time: the others wait. Finds the end of the last record by its
 * line feeds and quotes, as `parity` does (`crew.ts`).
 */
export function takePiece(span: FileSpan, turns: FileTurns, room: FileRoom, scanner: Pick<Scanner, 'countQuotes' | 'lastEvenLine'>): FilePiece | undefined {
  lock(turns, room.thread)
  try {
    const position = turns.cursor[0]!
    if (isUnfit(turns) || position >= span.to) return undefined
    const piece = readPiece({ ...span, from: position }, room, scanner)
    if (piece === undefined) setUnfit(turns)
    else turns.cursor[0] = piece.last ? Infinity : position + piece.length
    return piece
  } catch {
    setUnfit(turns) // whoever reads it in the other way says why it cannot be read
    return undefined
  } finally {
    unlock(turns)
  }
}

function readPiece(span: FileSpan, room: FileRoom, scanner: Pick<Scanner, 'countQuotes' | 'lastEvenLine'>): FilePiece | undefined {
  let length = 0
  for (let wanted = Math.min(fileReadBytes, room.bytes); ; wanted = Math.min(2 * wanted, room.bytes)) {
    const end = Math.min(wanted, span.to - span.from)
    const read = fill(span, room, { from: length, to: end })
    const last = read < end || span.from + read >= span.to
    length = read
    const records = last ? length : recordsIn(room.at, length, scanner)
    if (records > 0 || last) return isUtf8(room.memory.subarray(room.at, room.at + records)) ? { length: records, position: span.from, last } : undefined
    if (wanted === room.bytes) return undefined
  }
}

/** Reads on until so many bytes are there, or the file ends. Returns how many there are. */
function fill({ descriptor, from: position }: FileSpan, { memory, at }: FileRoom, { from, to }: { readonly from: number; readonly to: number }): number {
  let length = from
  while (length < to) {
    const read = readSync(descriptor, memory, at + length, to - length, position + length)
    if (read === 0) break
    length += read
  }
  return length
}

/** How many of the bytes end with a record; 0 when none does. */
export function recordsIn(at: number, length: number, scanner: Pick<Scanner, 'countQuotes' | 'lastEvenLine'>): number {
  const odd = scanner.countQuotes(at, at + length) & 1
  const even = scanner.lastEvenLine(at, at + length, odd) - at
  return even > 0 ? even : scanner.lastEvenLine(at, at + length, 0) - at // a lone quote before: any line feed may do
}

function lock({ flags }: FileTurns, thread: number): void {
  for (let holder = Atomics.compareExchange(flags, lockAt, 0, thread); holder !== 0; holder = Atomics.compareExchange(flags, lockAt, 0, thread)) Atomics.wait(flags, lockAt, holder)
}

/** For whoever sees that a thread has ended: the span is not read on, and if it was that thread's turn, the others need not wait for it any more. */
export function endTurnOf(turns: FileTurns, thread: number): void {
  setUnfit(turns)
  if (Atomics.compareExchange(turns.flags, lockAt, thread, 0) === thread) Atomics.notify(turns.flags, lockAt)
}

function unlock({ flags }: FileTurns): void {
  Atomics.store(flags, lockAt, 0)
  Atomics.notify(flags, lockAt, 1)
}
