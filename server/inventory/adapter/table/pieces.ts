/**
 * Rows that come table by table, or mixed, out of one stream, as parts: one table is read on while its rows come, what comes of others
 * meanwhile waits, up to a limit. A table whose rows lie far apart becomes several parts, numbered.
 */
import type { PartOrUnread, Shape } from '../part.ts'

export interface PieceTable {
  readonly name: string
  readonly kind: string
  readonly shape: Shape
  readonly columns?: readonly string[] | undefined
  /** Asked when a part of the table has ended. */
  partly(): readonly string[]
}

/** Some rows of a table, ended, tab-separated; or bytes of a text. */
export interface Piece {
  readonly table: PieceTable
  readonly bytes: Uint8Array
}

/** Bytes that wait for their part: with the part being read, all that is held of a stream. */
export const waitingBytesMax = 16 * 1024 * 1024

// What an entry costs beside its bytes: bounds the number of tables as well.
const entryBytes = 512

/** The parts of a stream of pieces. Throws what the stream throws, inside the part that is read, and inside those whose rows may go on. */
export async function* partsOfPieces(pieces: AsyncIterator<Piece>, waitingMax: number = waitingBytesMax): AsyncGenerator<PartOrUnread> {
  const queue = createQueue(pieces)
  const names = new Set<string>()
  try {
    for (let table = await queue.largest(); table !== undefined; table = await queue.largest()) {
      const { kind, shape, columns } = table
      const turn = turnOf(queue, table, waitingMax)
      const stopped = table
      yield { name: unused(table.name, names), kind, shape, delimiter: '\t', columns, bytes: turn.bytes, partly: () => stopped.partly() }
      if (!turn.over()) {
        await turn.bytes.return(undefined)
        queue.forget(table) // who stops a part wants no more of its table
      }
    }
    if (names.size === 0 && queue.failure() !== undefined) throw queue.failure()!.cause
  } finally {
    await pieces.return?.()
  }
}

/** The pieces of one table until its turn ends: the stream has ended, or too much waits for others. */
function turnOf(queue: Queue, table: PieceTable, waitingMax: number): { bytes: AsyncGenerator<Uint8Array>; over(): boolean } {
  let over = false
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield* queue.take(table)
    while (queue.waitingBytes() <= waitingMax) {
      const piece = await queue.next()
      if (piece === undefined) break
      if (piece.table === table) yield piece.bytes
      else queue.wait(piece)
    }
    over = true
    const failure = queue.failure()
    if (failure !== undefined) throw failure.cause
  }
  return { bytes: bytes(), over: () => over }
}

type Queue = ReturnType<typeof createQueue>

/** The stream, and what of it waits. */
function createQueue(pieces: AsyncIterator<Piece>) {
  const waiting = new Map<PieceTable, Uint8Array[]>()
  const forgotten = new Set<PieceTable>()
  let waitingBytes = 0
  let failure: { readonly cause: unknown } | undefined
  let ended = false
  const next = async (): Promise<Piece | undefined> => {
    while (!ended) {
      try {
        const step = await pieces.next()
        if (step.done === true) ended = true
        else if (!forgotten.has(step.value.table)) return step.value
      } catch (cause) {
        failure = { cause }
        ended = true
      }
    }
    return undefined
  }
  const wait = ({ table, bytes }: Piece): void => {
    const list = waiting.get(table)
    if (list === undefined) waiting.set(table, [bytes])
    else list.push(bytes)
    waitingBytes += bytes.length + entryBytes
  }
  const take = (table: PieceTable): readonly Uint8Array[] => {
    const list = waiting.get(table) ?? []
    waiting.delete(table)
    for (const bytes of list) waitingBytes -= bytes.length + entryBytes
    return list
  }
  return {
    next, wait, take,
    waitingBytes: () => waitingBytes,
    failure: () => failure,
    forget: (table: PieceTable): void => { take(table); forgotten.add(table) },
    /** The table with the most bytes waiting; undefined at the end of the stream. */
    largest: async (): Promise<PieceTable | undefined> => {
      if (waiting.size === 0) {
        const piece = await next()
        if (piece !== undefined) wait(piece)
      }
      return ended ? waiting.keys().next().value : largest(waiting)
    },
  }
}

function largest(waiting: ReadonlyMap<PieceTable, readonly Uint8Array[]>): PieceTable | undefined {
  let best: { table: PieceTable; bytes: number } | undefined
  for (const [table, list] of waiting) {
    const bytes = list.reduce((sum, piece) => sum + piece.length, 0)
    if (best === undefined || bytes > best.bytes) best = { table, bytes }
  }
  return best?.table
}

function unused(name: string, names: Set<string>): string {
  let free = name
  for (let number = 2; names.has(free); number += 1) free = `${name} (${number})`
  names.add(free)
  return free
}
