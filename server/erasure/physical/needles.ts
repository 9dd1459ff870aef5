/**
 * Searching bytes for many values at once. Of every value a window is chosen. Wherever that stands, one of the words of the text begins in its first four bytes, and the `gramBytes` from there lie
 * within it: so only these are looked at, one step a word, and are looked up among those of all windows. What is known goes on to a hash of the whole window, and then to the value itself. Pure.
 */

/** A shorter value stands in files by chance. */
export const needleBytesMin = 10
/** A longer one may be cut by the end of a page. */
export const needleBytesMax = 200

const wordBytes = 4
const gramBytes = needleBytesMin - wordBytes + 1
/** The set of grams: two bits of one of so many words for each. A quarter of a megabyte stays at hand, and one strange gram of three hundred passes where ten thousand values are known. */
const setBits = 16
/** Of the hash of a gram, by which what is known of it is kept. */
const countBits = 18

export interface Needles {
  readonly count: number
  /** Calls `found` for each needle that ends behind `after` in the first `length` bytes. Needles are numbered as they were given. */
  find(bytes: Uint8Array, length: number, after: number, found: (needle: number) => void): void
}

interface Window { readonly offsets: Int32Array; readonly slots: Int32Array; readonly next: Int32Array; readonly mask: number }

/** Of the first word of a gram and the one after it, of which three bytes belong to the gram. */
function gramHash(word: number, next: number): number {
  const value = Math.imul(word ^ 0x27d4eb2f, 0x9e3779b1) ^ Math.imul(next & 0xffffff, 0x85ebca6b)
  return value ^ (value >>> 15)
}

/** The two bits of a gram in its word. */
const bitsOf = (gram: number): number => (1 << (gram & 31)) | (1 << ((gram >>> 5) & 31))

/** As a little-endian machine reads it. */
const wordAt = (bytes: Uint8Array, at: number): number => bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)

function windowHash(bytes: Uint8Array, at: number): number {
  const value = Math.imul(wordAt(bytes, at), 0x9e3779b1) ^ Math.imul(wordAt(bytes, at + wordBytes), 0x85ebca6b) ^ Math.imul(wordAt(bytes, at + needleBytesMin - wordBytes), 0xc2b2ae35)
  return (value ^ (value >>> 15)) >>> 0
}

const gramAt = (bytes: Uint8Array, at: number): number => gramHash(wordAt(bytes, at), bytes[at + wordBytes]! | (bytes[at + wordBytes + 1]! << 8) | (bytes[at + wordBytes + 2]! << 16))

/** Values often begin alike, such as telephone numbers, or end alike, such as addresses: of each, the part is looked at first whose grams the fewest others have too. */
function offsetsOf(needles: readonly Uint8Array[]): Int32Array {
  const having = new Uint32Array(2 ** countBits)
  const grams = needles.map((needle) => Int32Array.from({ length: needle.length - gramBytes + 1 }, (_, at) => gramAt(needle, at)))
  for (const of of grams) for (const one of of) having[one >>> (32 - countBits)]! += 1
  return Int32Array.from(grams, (of) => {
    let [best, fewest] = [0, Infinity]
    for (let offset = 0; offset + wordBytes <= of.length; offset += 1) {
      let others = 0
      for (let at = offset; at < offset + wordBytes; at += 1) others += having[of[at]! >>> (32 - countBits)]!
      if (others < fewest) [best, fewest] = [offset, others]
    }
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

interface Grams { readonly set: Int32Array; /** Which of the first four bytes of a window a gram may begin with, by the hash of it. */ readonly places: Uint8Array }

/** The grams of all windows, as a set that may say yes too often. */
function gramsOf(needles: readonly Uint8Array[], { offsets }: Window): Grams {
  const grams: Grams = { set: new Int32Array(2 ** setBits), places: new Uint8Array(2 ** countBits) }
  for (const [index, needle] of needles.entries()) {
    for (let at = offsets[index]!; at < offsets[index]! + wordBytes; at += 1) {
      const gram = gramAt(needle, at)
      grams.set[gram >>> (32 - setBits)]! |= bitsOf(gram)
      grams.places[gram >>> (32 - countBits)]! |= 1 << (at - offsets[index]!)
    }
  }
  return grams
}

/** Prepares the search. Throws `RangeError` for a value that is too short or too long to be told apart. */
export function createNeedles(values: readonly Uint8Array[]): Needles {
  for (const value of values) if (value.length < needleBytesMin || value.length > needleBytesMax) throw new RangeError(`a value to be searched for has ${value.length} bytes`)
  const window = windowOf(values)
  const { set, places } = gramsOf(values, window)
  const isAt = (bytes: Uint8Array, length: number, at: number, value: Uint8Array): boolean => {
    if (at < 0 || at + value.length > length) return false
    for (let index = 0; index < value.length; index += 1) if (bytes[at + index] !== value[index]) return false
    return true
  }
  return {
    count: values.length,
    find: (bytes, length, after, found) => {
      if (values.length === 0) return
      const lookAt = (at: number, gram: number): void => {
        const those = places[gram >>> (32 - countBits)]!
        for (let place = 0; place < wordBytes; place += 1) {
          const start = at - place
          if (((those >>> place) & 1) === 0 || start < 0 || start + needleBytesMin > length) continue
          for (let index = window.slots[windowHash(bytes, start) & window.mask]!; index >= 0; index = window.next[index]!) {
            const from = start - window.offsets[index]!
            if (from + values[index]!.length > after && isAt(bytes, length, from, values[index]!)) found(index)
          }
        }
      }
      const first = -bytes.byteOffset & (wordBytes - 1)
      const words = new Int32Array(bytes.buffer, bytes.byteOffset + first, Math.max(0, Math.floor((length - first) / wordBytes)))
      let word = 0
      for (; word + 1 < words.length; word += 1) {
        const gram = gramHash(words[word]!, words[word + 1]!)
        const bits = bitsOf(gram)
        if ((set[gram >>> (32 - setBits)]! & bits) === bits) lookAt(first + word * wordBytes, gram)
      }
      for (let at = first + word * wordBytes; at + gramBytes <= length; at += wordBytes) lookAt(at, gramAt(bytes, at)) // the last gram ends within a word
    },
  }
}
