/** Ids of rows at places in a stream of them, and the one order in which streams must come for that. */
import { Broken } from '#kit/errors'

/**
 * Every read of a snapshot must give the rows in the same order, or offsets of one mean other rows in the next: a scan that joins another one
 * half-way, or is shared among workers, would let another controller's rows be deleted.
 */
export function inOneOrder(url: string): string {
  const address = new URL(url)
  const given = address.searchParams.get('options')
  address.searchParams.set('options', `${given === null ? '' : `${given} `}-c synchronize_seqscans=off -c max_parallel_workers_per_gather=0`)
  return address.href
}

const idBytesMax = 32
const pieceLines = 4_096

/**
 * The first field (`"(page,line)"`) of the rows that start at these offsets (ascending) of a stream, as lines for COPY. The stream must be the very
 * one that the offsets were taken from. Throws `Broken` when no row id stands there: then nothing may be deleted.
 */
export async function* rowIdsAt(bytes: AsyncIterable<Uint8Array>, starts: Float64Array): AsyncGenerator<string> {
  let next = 0
  let offset = 0
  let held = Buffer.alloc(0)
  let lines: string[] = []
  for await (const piece of bytes) {
    const window = held.length === 0 ? Buffer.from(piece.buffer, piece.byteOffset, piece.length) : Buffer.concat([held, piece])
    const begin = offset - held.length
    offset += piece.length
    while (next < starts.length && (starts[next] ?? 0) + idBytesMax <= offset) {
      lines.push(rowIdIn(window, (starts[next] ?? 0) - begin))
      next += 1
      if (lines.length >= pieceLines) { yield `${lines.join('\n')}\n`; lines = [] }
    }
    held = Buffer.from(window.subarray(Math.max(0, window.length - 2 * idBytesMax)))
  }
  for (; next < starts.length; next += 1) lines.push(rowIdIn(held, (starts[next] ?? 0) - (offset - held.length)))
  if (lines.length > 0) yield `${lines.join('\n')}\n`
}

function rowIdIn(window: Buffer, at: number): string {
  const found = at < 0 ? null : /^"(\(\d+,\d+\))"/.exec(window.toString('latin1', at, at + idBytesMax))
  // A row begins the stream or follows the end of another: an id in the middle of one is somebody's text.
  if (found === null || (at > 0 && window[at - 1] !== 0x0a)) throw new Broken('erasure/row-id', 'a row was not where the search had seen it; nothing was changed')
  return found[1] ?? ''
}

