/** A piece of changed rows that is being written. Codes are left out at first, and made and put in their places together. */
import { codeBytesMarked, type Marker } from '../canary/mark.ts'
import { createLanes, messagesMax, type Lanes } from '../lanes/lanes.ts'

export const pieceBytes = 256 * 1024
const [slotBytes, codeBytes] = [64, 32]
/** Hexadecimal digits of a token; decimal digits of a number. */
const [tokenDigits, phoneDigits] = [32, 11]
const zero = 0x30
const hexadecimal = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))

export class Piece {
  bytes = new Uint8Array(pieceBytes)
  at = 0
  readonly lanes: Lanes
  #waiting = 0
  readonly #places = new Int32Array(messagesMax)
  readonly #asPhone = new Uint8Array(messagesMax)
  /** What the row that is being written may need. */
  #rowBytesMax = 0

  readonly #marker: Marker | undefined

  constructor(key: Uint8Array, marker?: Marker) {
    this.#marker = marker
    this.lanes = createLanes(key)
  }

  /** Makes room before a row is begun. */
  begin(rowBytesMax: number): void {
    this.#rowBytesMax = rowBytesMax
    this.#reserve(0)
  }

  /** Bytes that were reckoned with in the room for a row. */
  put(bytes: Uint8Array, start: number, end: number): void {
    let to = this.at
    for (let from = start; from < end; from += 1) this.bytes[to++] = bytes[from]!
    this.at = to
  }

  putByte(code: number): void {
    this.bytes[this.at++] = code
  }

  /** Bytes that were not reckoned with; a row that goes on after them has its room still. */
  putAll(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.put(bytes, 0, bytes.length)
  }

  /** Where the next message of a code is written: in `lanes.slots`. */
  slot(): number {
    if (this.#waiting === messagesMax) this.#makeCodes()
    return this.#waiting * slotBytes
  }

  /** What was written into the slot is no message. */
  wipe(): void {
    this.lanes.wipe(this.#waiting)
  }

  /** The message of `length` bytes in the slot becomes a code here. */
  putCode(length: number, asPhone: boolean): void {
    this.lanes.seal(this.#waiting, length)
    this.#places[this.#waiting] = this.at
    this.#asPhone[this.#waiting] = asPhone ? 1 : 0
    this.#waiting += 1
    this.at += asPhone ? phoneDigits : tokenDigits
  }

  /** What is written so far, whole; a new piece is begun, in the same memory: what is new would be cleared first, and twice as large as what is taken. */
  take(): Uint8Array {
    this.#makeCodes()
    const whole = Buffer.allocUnsafeSlow(this.at)
    whole.set(this.bytes.subarray(0, this.at))
    if (this.bytes.length > 4 * pieceBytes) this.bytes = new Uint8Array(pieceBytes) // a row was that long
    this.at = 0
    return whole
  }

  #reserve(more: number): void {
    const wanted = this.at + more + this.#rowBytesMax
    if (wanted <= this.bytes.length) return
    const larger = new Uint8Array(2 * wanted)
    larger.set(this.bytes.subarray(0, this.at))
    this.bytes = larger
  }

  #makeCodes(): void {
    this.lanes.run(this.#waiting)
    for (let index = 0; index < this.#waiting; index += 1) {
      const from = index * codeBytes
      if (this.#asPhone[index] === 1) writePhone(this.bytes, this.#places[index]!, this.lanes.codes, from)
      else {
        if (this.#marker !== undefined) putMark(this.lanes.codes, from + codeBytesMarked, this.#marker(this.lanes.codes, from))
        writeHexadecimal(this.bytes, this.#places[index]!, this.lanes.codes, from)
      }
    }
    this.#waiting = 0
  }
}

function putMark(codes: Uint8Array, at: number, mark: number): void {
  codes[at] = mark >>> 24
  codes[at + 1] = mark >>> 16
  codes[at + 2] = mark >>> 8
  codes[at + 3] = mark
}

function writeHexadecimal(to: Uint8Array, at: number, codes: Uint8Array, from: number): void {
  for (let index = 0; index < tokenDigits / 2; index += 1) {
    const code = codes[from + index]!
    to[at + 2 * index] = hexadecimal[code >> 4]!
    to[at + 2 * index + 1] = hexadecimal[code & 15]!
  }
}

/** Of the first 44 bits, eleven decimal digits. */
function writePhone(to: Uint8Array, at: number, codes: Uint8Array, from: number): void {
  const first = codes[from]! * 2 ** 24 + ((codes[from + 1]! << 16) | (codes[from + 2]! << 8) | codes[from + 3]!)
  let number = (first * 2 ** 12 + ((codes[from + 4]! << 4) | (codes[from + 5]! >> 4))) % 10 ** phoneDigits
  for (let digit = phoneDigits - 1; digit >= 0; digit -= 1) {
    const rest = Math.floor(number / 10)
    to[at + digit] = zero + number - rest * 10
    number = rest
  }
}
