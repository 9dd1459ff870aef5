/** The rows of one reading, as codes in arrays of numbers: no more of them than may be followed, however many are read. */
import type { RowTaker } from './coding.ts'
import { CodeTable, maskOf, type Mask } from './codes.ts'

/** What a log has room for: a column of numbers each. */
export interface Room {
  /** Cells followed of one table: 256 MiB of codes. Of more, every other subject is left out, by the bits of its own code. */
  readonly cells: number
  /** Of changes, comings and goings. */
  readonly changes: number
}

/** What one log holds at most. */
export const fullRoom: Room = { cells: 64 * 1024 * 1024, changes: 16 * 1024 * 1024 }

export interface RowShape { readonly identifiers: number; readonly columns: number }

/** Subjects that there is room for: by their cells; their own codes and those of further identifiers bind tables of few columns, and of many identifiers, alone. */
export const subjectsMax = ({ identifiers, columns }: RowShape, { cells }: Room): number => Math.floor(Math.min(cells / Math.max(1, columns), cells / 4, cells / 2 / Math.max(1, identifiers - 1)))

/** Rows of one allocation, as a power of two. */
const chunkBits = 15

/** Of several rows of one subject the same stays, in whatever order they come: the one with the least codes. */
export class HeldRows implements RowTaker {
  readonly codes = new CodeTable()
  halved: number
  mask: Mask
  private readonly shape: RowShape
  private readonly most: number
  /** Words of a row but its subject: first those of further identifiers. */
  private readonly words: number
  private readonly chunks: Uint32Array[] = []

  constructor(shape: RowShape, { halved, room = fullRoom }: { readonly halved: number; readonly room?: Room }) {
    this.shape = shape
    this.most = subjectsMax(shape, room)
    this.halved = halved
    this.mask = maskOf(halved)
    this.words = 2 * (shape.identifiers - 1) + shape.columns
  }

  take(words: Uint32Array, rows: number): void {
    const width = this.words + 2
    for (let row = 0; row < rows; row += 1) {
      const at = row * width
      const one = words[at]!
      const two = words[at + 1]!
      if ((one & this.mask.low) !== 0 || (two & this.mask.high) !== 0) continue
      const known = this.codes.find(one, two)
      if (known >= 0) { if (this.isLess(words, at + 2, known)) this.write(words, at + 2, known) } else if (this.hasRoom(one, two)) this.write(words, at + 2, this.codes.add(one, two))
    }
  }

  /** Whether one subject more is followed: others are let go of for it, or it is not. */
  private hasRoom(low: number, high: number): boolean {
    const isFollowed = (): boolean => (low & this.mask.low) === 0 && (high & this.mask.high) === 0
    while (this.codes.size >= this.most && this.halved < 64 && isFollowed()) this.halve()
    return isFollowed()
  }

  /** A word of a row: of its further identifiers first, two each, then its cells. */
  word(row: number, word: number): number {
    return this.chunks[row >>> chunkBits]![(row & (2 ** chunkBits - 1)) * this.words + word]!
  }

  /** Copies the codes of its cells. */
  copyCells(row: number, to: Uint32Array, at: number): void {
    const chunk = this.chunks[row >>> chunkBits]!
    const from = (row & (2 ** chunkBits - 1)) * this.words + 2 * (this.shape.identifiers - 1)
    for (let column = 0; column < this.shape.columns; column += 1) to[at + column] = chunk[from + column]!
  }

  private write(words: Uint32Array, at: number, row: number): void {
    const chunk = this.chunks[row >>> chunkBits] ?? (this.chunks[row >>> chunkBits] = new Uint32Array(this.words * 2 ** chunkBits))
    const to = (row & (2 ** chunkBits - 1)) * this.words
    for (let word = 0; word < this.words; word += 1) chunk[to + word] = words[at + word]!
  }

  private isLess(words: Uint32Array, at: number, row: number): boolean {
    const cells = 2 * (this.shape.identifiers - 1)
    for (let word = 0; word < this.words; word += 1) {
      const one = (word + cells) % this.words // cells decide before identifiers
      const [now, before] = [words[at + one]!, this.word(row, one)]
      if (now !== before) return now < before
    }
    return false
  }

  /** Lets go of every other subject. */
  private halve(): void {
    this.halved += 1
    this.mask = maskOf(this.halved)
    const { low: lowBits, high: highBits } = this.mask
    this.codes.keep((low, high) => (low & lowBits) === 0 && (high & highBits) === 0, (from, to) => {
      if (from === to) return
      const chunk = this.chunks[from >>> chunkBits]!
      const at = (from & (2 ** chunkBits - 1)) * this.words
      this.write(chunk, at, to)
    })
    this.chunks.length = Math.ceil(this.codes.size / 2 ** chunkBits)
  }
}
