/**
 * Searching bytes for many values at once. Of every value a window is chosen. Wherever that stands, one of the words of the text begins in its first four bytes, and the `gramBytes` from there lie
 * within it: so only these are looked at, one step a word, and are looked up among those of all windows. What is known goes on to a hash of the whole window, and then to the value itself. The first of these steps is WebAssembly (`assembly/grams.ts`): it is made of every word there is.
 */
import { readFileSync } from 'node:fs'

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
/** The set of windows: one of so many bits for each. */
const windowBits = 20

export interface Needles {
  readonly count: number
  /** Bytes in which files are read, so that they are looked at where they are. */
  readonly room: Uint8Array<ArrayBuffer>
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

interface Grams { readonly set: Int32Array; /** Which of the first four bytes of a window a gram may begin with, by the hash of it. */ readonly places: Uint8Array; /** A bit of each window, by its hash. */ readonly windows: Uint8Array }

/** The grams of all windows, and the windows, as sets that may say yes too often. */
function gramsOf(needles: readonly Uint8Array[], { offsets }: Window): Grams {
  const grams: Grams = { set: new Int32Array(2 ** setBits), places: new Uint8Array(2 ** countBits), windows: new Uint8Array(2 ** (windowBits - 3)) }
  for (const [index, needle] of needles.entries()) {
    const hash = windowHash(needle, offsets[index]!)
    grams.windows[hash >>> 15]! |= 1 << ((hash >>> 12) & 7)
    for (let at = offsets[index]!; at < offsets[index]! + wordBytes; at += 1) {
      const gram = gramAt(needle, at)
      grams.set[gram >>> (32 - setBits)]! |= bitsOf(gram)
      grams.places[gram >>> (32 - countBits)]! |= 1 << (at - offsets[index]!)
    }
  }
  return grams
}

/** What `assembly/grams.ts` gives. */
interface Sifter { readonly layOut: (sets: number, list: number, most: number) => void; readonly sift: (from: number, to: number, low: number, end: number) => number; readonly count: () => number }

// TypeScript has no types of WebAssembly without those of browsers.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Memory: new (size: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer }
  readonly Instance: new (module: object, imports: object) => { readonly exports: object }
}

const pageBytes = 65_536
const roomBytesDefault = pageBytes
/** Windows that are listed at a time. */
const listedMost = 65_536
/** Read behind the last word. */
const slackBytes = 64
/** The sets, the list, and the room, in this order. */
const gramsAt = pageBytes
const placesAt = gramsAt + 4 * 2 ** setBits
const windowsAt = placesAt + 2 ** countBits
const listAt = windowsAt + 2 ** (windowBits - 3)
const roomAt = listAt + 4 * listedMost

let compiled: object | undefined

function sifterOf(roomBytes: number, { set, places, windows }: Grams): { readonly sifter: Sifter; readonly room: Uint8Array<ArrayBuffer>; readonly list: Uint32Array } {
  compiled ??= new WebAssembly.Module(readFileSync(new URL('./grams.wasm', import.meta.url)))
  const pages = Math.ceil((roomAt + roomBytes + slackBytes) / pageBytes)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
  const sifter = new WebAssembly.Instance(compiled, { env: { memory, abort: () => { throw new Error('the search of files stopped') } } }).exports as unknown as Sifter
  new Int32Array(memory.buffer, gramsAt, set.length).set(set)
  new Uint8Array(memory.buffer, placesAt, places.length).set(places)
  new Uint8Array(memory.buffer, windowsAt, windows.length).set(windows)
  sifter.layOut(gramsAt, listAt, listedMost)
  return { sifter, room: new Uint8Array(memory.buffer, roomAt, roomBytes), list: new Uint32Array(memory.buffer, listAt, listedMost) }
}

/** What is looked at, and who is told. */
interface Looked { readonly bytes: Uint8Array; readonly length: number; readonly after: number; readonly found: (needle: number) => void }

/** Part of it in the room: words from `from` up to before `to`, in bytes from `low` up to before `end`; `origin`: where the room's first byte stands in what is looked at. */
interface InRoom { readonly from: number; readonly to: number; readonly low: number; readonly end: number; readonly origin: number }

/** Prepares the search. `roomBytes`: of the room. Throws `RangeError` for a value that is too short or too long to be told apart. */
export function createNeedles(values: readonly Uint8Array[], roomBytes = roomBytesDefault): Needles {
  for (const value of values) if (value.length < needleBytesMin || value.length > needleBytesMax) throw new RangeError(`a value to be searched for has ${value.length} bytes`)
  const window = windowOf(values)
  const { sifter, room, list } = sifterOf(roomBytes, gramsOf(values, window))
  const lookAt = lookerOf(values, window)
  const siftRoom = (looked: Looked, { from, to, low, end, origin }: InRoom): void => {
    for (let at = from; at < to;) {
      at = sifter.sift(roomAt + at, roomAt + to, roomAt + low, roomAt + end) - roomAt
      for (let listed = 0; listed < sifter.count(); listed += 1) lookAt(looked, list[listed]! - roomAt + origin)
    }
  }
  return {
    count: values.length, room,
    find: (bytes, length, after, found) => {
      if (values.length === 0 || length < needleBytesMin) return
      const looked: Looked = { bytes, length, after, found }
      const words = (from: number): number => from + wordBytes * (Math.floor((length - gramBytes - from) / wordBytes) + 1) // up to behind the last word in which a gram begins
      if (bytes.buffer === room.buffer) {
        const low = bytes.byteOffset - roomAt
        const first = -low & (wordBytes - 1)
        siftRoom(looked, { from: low + first, to: low + words(first), low, end: low + length, origin: -low })
        return
      }
      // A window may begin before the word in which its gram does: that comes along.
      const most = Math.floor((room.length - slackBytes) / wordBytes) * wordBytes - wordBytes
      for (let origin = 0; origin < words(0); origin += most) {
        const low = origin === 0 ? wordBytes : 0
        const piece = bytes.subarray(origin - wordBytes + low, Math.min(length, origin + most + needleBytesMin))
        room.set(piece, low)
        siftRoom(looked, { from: wordBytes, to: wordBytes + Math.min(most, words(0) - origin), low, end: low + piece.length, origin: origin - wordBytes })
      }
    },
  }
}

/** Looks at a window that may be known. */
function lookerOf(values: readonly Uint8Array[], window: Window): (looked: Looked, start: number) => void {
  const isAt = ({ bytes, length }: Looked, at: number, value: Uint8Array): boolean => {
    if (at < 0 || at + value.length > length) return false
    for (let index = 0; index < value.length; index += 1) if (bytes[at + index] !== value[index]) return false
    return true
  }
  return (looked, start) => {
    for (let index = window.slots[windowHash(looked.bytes, start) & window.mask]!; index >= 0; index = window.next[index]!) {
      const from = start - window.offsets[index]!
      if (from + values[index]!.length > looked.after && isAt(looked, from, values[index]!)) looked.found(index)
    }
  }
}
