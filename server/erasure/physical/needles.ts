/** Searching bytes for many values at once (Wu and Manber's shifts, then a hash of the whole window). Pure. */

/** A shorter value stands in files by chance. */
export const needleBytesMin = 10
/** A longer one may be cut by the end of a page. */
export const needleBytesMax = 200

const blockBytes = 3
const shiftBits = 18
const hash = (bytes: Uint8Array, at: number): number => ((bytes[at]! << 10) ^ (bytes[at + 1]! << 5) ^ bytes[at + 2]!) & ((1 << shiftBits) - 1)

export interface Needles {
  readonly count: number
  /** Calls `found` for each needle that ends behind `after` in the first `length` bytes. Needles are numbered as they were given. */
  find(bytes: Uint8Array, length: number, after: number, found: (needle: number) => void): void
}

interface Window { readonly offsets: Int32Array; readonly slots: Int32Array; readonly next: Int32Array; readonly mask: number }

function windowHash(bytes: Uint8Array, at: number): number {
  let value = 0x811c9dc5
  for (let index = 0; index < needleBytesMin; index += 1) value = Math.imul(value ^ bytes[at + index]!, 0x01000193)
  return (value ^ (value >>> 15)) >>> 0
}

/** Values often begin alike, such as telephone numbers, or end alike, such as addresses: of each, the part is looked at first that the fewest others have too. */
function offsetsOf(needles: readonly Uint8Array[]): Int32Array {
  const having = new Map<number, number>()
  const hashes = needles.map((needle) => Array.from({ length: needle.length - needleBytesMin + 1 }, (_, offset) => windowHash(needle, offset)))
  for (const of of hashes) for (const one of new Set(of)) having.set(one, (having.get(one) ?? 0) + 1)
  return Int32Array.from(hashes, (of) => {
    let best = 0
    for (const [offset, one] of of.entries()) if (having.get(one)! < having.get(of[best]!)!) best = offset
    return best
  })
}

function windowOf(needles: readonly Uint8Array[]): Window {
  let size = 1024
  while (size < needles.length * 4) size *= 2
  const window = { offsets: offsetsOf(needles), slots: new Int32Array(size).fill(-1), next: new Int32Array(needles.length).fill(-1), mask: size - 1 }
  for (const [index, needle] of needles.entries()) {
    const slot = windowHash(needle, window.offsets[index]!) & window.mask
    window.next[index] = window.slots[slot]!
    window.slots[slot] = index
  }
  return window
}

/** Prepares the search. Throws `RangeError` for a value that is too short or too long to be told apart. */
export function createNeedles(values: readonly Uint8Array[]): Needles {
  for (const value of values) if (value.length < needleBytesMin || value.length > needleBytesMax) throw new RangeError(`a value to be searched for has ${value.length} bytes`)
  const window = windowOf(values)
  const furthest = needleBytesMin - blockBytes + 1
  const shifts = new Uint8Array(1 << shiftBits).fill(furthest)
  for (const [index, value] of values.entries()) {
    for (let end = blockBytes; end <= needleBytesMin; end += 1) {
      const block = hash(value, window.offsets[index]! + end - blockBytes)
      shifts[block] = Math.min(shifts[block]!, needleBytesMin - end)
    }
  }
  const isAt = (bytes: Uint8Array, length: number, at: number, value: Uint8Array): boolean => {
    if (at < 0 || at + value.length > length) return false
    for (let index = 0; index < value.length; index += 1) if (bytes[at + index] !== value[index]) return false
    return true
  }
  return {
    count: values.length,
    find: (bytes, length, after, found) => {
      if (values.length === 0) return
      let end = needleBytesMin
      while (end <= length) {
        const shift = shifts[hash(bytes, end - blockBytes)]!
        if (shift > 0) { end += shift; continue }
        const start = end - needleBytesMin
        for (let index = window.slots[windowHash(bytes, start) & window.mask]!; index >= 0; index = window.next[index]!) {
          const at = start - window.offsets[index]!
          if (at + values[index]!.length > after && isAt(bytes, length, at, values[index]!)) found(index)
        }
        end += 1
      }
    },
  }
}
