/** Values that whoever wrote them has packed: caches and columns of bytes are full of them, and a search that looks at packed bytes finds nothing. */
import { unpackCell } from './table/rows.ts'

/** Values that look packed, or like a document, and could not be unpacked. */
export interface PackedCells { packed: number }

// Archives, documents, and packings that are longer than a cell may be or damaged: by their first bytes in hexadecimal.
const starts = /^(1f8b08|504b0304|28b52ffd|425a683[1-9]31415926|fd377a585a00|50415231|53514c69746520666f726d6174|25504446|d0cf11e0a1b11ae1)/

const startBytes = 13

/** What a value holds: unpacked where it is gzip, zlib, zstd or MySQL's COMPRESS, else as it is. Counts in `seen` what is packed in another way, or too large. */
export function unpackedCell(value: Uint8Array, seen: PackedCells): Uint8Array {
  const unpacked = unpackCell(value)
  if (unpacked !== undefined) return unpacked
  if (starts.test(Buffer.from(value.subarray(0, startBytes)).toString('hex'))) seen.packed += 1
  return value
}

/** What a part says of values that stayed packed. */
export const partlyPacked = ({ packed }: PackedCells): string[] => (packed === 0 ? [] : [`${packed} cells hold a packed or compressed file, which is not unpacked`])
