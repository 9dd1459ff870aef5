/** The tally of a screening pass as bytes: that of rows, and those of the tables that a text was read by. */
import { Broken } from '#kit/errors'
import { decodeTally, encodeTally } from '../search/index.ts'
import type { ScreenedTally } from '../union/index.ts'

const magic = Buffer.from('bailee screened tally 1\n')
const headBytes = 8

/** The number under which the tally of rows stands. */
const rowsNumber = 0xffffffff

export function encodeScreened({ rows, texts }: ScreenedTally): Uint8Array {
  const pieces = [[rowsNumber, rows] as const, ...texts].flatMap(([number, tally]) => {
    const bytes = encodeTally(tally)
    const head = Buffer.alloc(headBytes)
    head.writeUInt32LE(number)
    head.writeUInt32LE(bytes.length, 4)
    return [head, bytes]
  })
  return Buffer.concat([magic, ...pieces])
}

/** Tallies by number, still as bytes. Throws `Broken` `trace/tally-malformed` for anything else. */
function piecesOf(given: Uint8Array): Map<number, Uint8Array> {
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.length)
  const pieces = new Map<number, Uint8Array>()
  let at = magic.length
  while (at + headBytes <= bytes.length) {
    const end = at + headBytes + bytes.readUInt32LE(at + 4)
    pieces.set(bytes.readUInt32LE(at), bytes.subarray(at + headBytes, end))
    at = end
  }
  if (!magic.equals(bytes.subarray(0, magic.length)) || at !== bytes.length) throw new Broken('trace/tally-malformed', 'a tally cannot be read')
  return pieces
}

/** The inverse of `encodeScreened`. Throws `Broken` `trace/tally-malformed` for anything else. */
export function decodeScreened(bytes: Uint8Array): ScreenedTally {
  const pieces = piecesOf(bytes)
  const rows = pieces.get(rowsNumber)
  if (rows === undefined) throw new Broken('trace/tally-malformed', 'a tally cannot be read')
  pieces.delete(rowsNumber)
  return { rows: decodeTally(rows), texts: new Map([...pieces].map(([number, piece]) => [number, decodeTally(piece)])) }
}

/** Numbers of the tables that a text was read by; none for what is no tally of a screening pass. */
export function textsIn(bytes: Uint8Array | undefined): ReadonlySet<number> {
  return new Set(bytes === undefined ? [] : [...piecesOf(bytes).keys()].filter((number) => number !== rowsNumber))
}
