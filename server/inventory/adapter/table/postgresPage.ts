/**
 * One heap page of PostgreSQL by itself (storage/bufpage.h, access/htup_details.h): its tuples, deleted ones too, as far as their
 * attributes can be told without the schema. Texts carry their length; what stands between them is read as whole numbers.
 */
const lineUsed = 1
const pageBytes = 8192
const versions = new Set([4])

/** The tuples of a page of 8 KiB, each the values that could be told; none when the bytes are no heap page. */
export function postgresTuples(page: Uint8Array): string[][] {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength)
  const [lower, upper, special, size] = [12, 14, 16, 18].map((at) => view.getUint16(at, true)) as [number, number, number, number]
  if (lower < 28 || lower > upper || upper > special || special !== pageBytes || (size & 0xff00) !== pageBytes || !versions.has(size & 0xff) || (lower - 24) % 4 !== 0) return []
  const tuples: string[][] = []
  for (let line = 24; line < lower; line += 4) {
    const item = view.getUint32(line, true)
    const [offset, flags, length] = [item & 0x7fff, (item >>> 15) & 3, item >>> 17]
    if ((flags !== lineUsed && flags !== 3) || offset < upper || offset + length > pageBytes || length < 24) continue
    const header = page[offset + 22]!
    if (header < 23 || header > length) continue
    const values = attributes(page.subarray(offset + header, offset + length), view.getUint16(offset + 18, true) & 0x7ff)
    if (values.length > 0) tuples.push(values)
  }
  return tuples
}

/**
 * Attributes of a tuple: a byte with its lowest bit set opens a short text (its length, itself included, times two), two zero bits in a
 * word of four open a long one; anything else is a number of four bytes, or of eight where that aligns.
 */
function attributes(data: Uint8Array, count: number): string[] {
  const values: string[] = []
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  for (let at = 0; at < data.length && values.length < 2 * count + 8;) {
    const byte = data[at]!
    const short = byte >> 1
    if (isShort(data, at)) {
      values.push(textAt(data, at + 1, at + short))
      at += short
      continue
    }
    if (at % 4 === 0 && at + 4 <= data.length) {
      const word = view.getUint32(at, true)
      const long = (word & 3) === 0 ? word >>> 2 : 0
      // A text that a short length can say has one; a number before short texts could be taken for the length of them all.
      if (long > shortMax + 4 && at + long <= data.length && !isShort(data, at + 4) && isReadable(data, at + 4, at + long)) {
        values.push(textAt(data, at + 4, at + long))
        at += long
        continue
      }
      const eight = at % 8 === 0 && at + 8 <= data.length && (view.getInt32(at + 4, true) === 0 || view.getInt32(at + 4, true) === -1)
      if (word !== 0) values.push(eight ? view.getBigInt64(at, true).toString() : String(view.getInt32(at, true)))
      at += eight ? 8 : 4
      continue
    }
    at += 1 // padding, or a value of another width
  }
  return values
}

const shortMax = 126

function isShort(data: Uint8Array, at: number): boolean {
  const length = (data[at]! & 1) === 1 ? data[at]! >> 1 : 0
  return length >= 2 && at + length <= data.length && isReadable(data, at + 1, at + length)
}

const textAt = (data: Uint8Array, from: number, to: number): string => Buffer.from(data.subarray(from, to)).toString('utf8')

const utf8 = new TextDecoder('utf-8', { fatal: true })

function isReadable(data: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) {
    const byte = data[at]!
    if (byte < 32 && byte !== 9 && byte !== 10 && byte !== 13) return false
  }
  try {
    utf8.decode(data.subarray(from, to))
    return true
  } catch {
    return false
  }
}
