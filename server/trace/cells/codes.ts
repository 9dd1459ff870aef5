/** Codes of 64 bits in little room: two halves each in arrays of numbers, found by open addressing. No object is made for a code. */

/** Lower and upper half of each code, one after another. */
export const halvesOf = (codes: BigUint64Array): Uint32Array => new Uint32Array(codes.buffer, codes.byteOffset, codes.length * 2)

/** The bits by which a sample of subjects is halved so often: of their codes the lowest. */
export interface Mask { readonly low: number; readonly high: number }

export const maskOf = (halved: number): Mask => ({ low: lowest(halved), high: lowest(halved - 32) })

const lowest = (bits: number): number => (bits <= 0 ? 0 : bits >= 32 ? 0xffffffff : 2 ** bits - 1)

/** How often a sample may be halved before it leaves this subject out. */
export const levelOf = (low: number, high: number): number => (low !== 0 ? trailing(low) : high !== 0 ? 32 + trailing(high) : 64)

const trailing = (word: number): number => 31 - Math.clz32(word & -word)

/** Levels of codes: 0 to 64. */
export const levels = 65

/** A set of codes, numbered as they came. */
export class CodeTable {
  size = 0
  private halves = new Uint32Array(32)
  private slots = new Uint32Array(32)
  /** The first bits of a code say where it stands. */
  private shift = 27

  low(index: number): number { return this.halves[2 * index]! }
  high(index: number): number { return this.halves[2 * index + 1]! }

  /** The number of a code; less than nothing where it is not there. */
  find(low: number, high: number): number {
    const { halves, slots } = this
    const mask = slots.length - 1
    for (let at = high >>> this.shift; ; at = (at + 1) & mask) {
      const index = slots[at]! - 1
      if (index < 0 || (halves[2 * index] === low && halves[2 * index + 1] === high)) return index
    }
  }

  /** Puts in a code that is not there, and returns its number. */
  add(low: number, high: number): number {
    if (2 * this.size === this.halves.length) this.grow()
    const index = this.size
    this.halves[2 * index] = low
    this.halves[2 * index + 1] = high
    this.size += 1
    this.place(index)
    return index
  }

  /** Keeps those alone, numbered anew in their order. `moved` is told of each that stays. */
  keep(stays: (low: number, high: number) => boolean, moved: (from: number, to: number) => void): void {
    const before = this.size
    this.size = 0
    for (let index = 0; index < before; index += 1) {
      const [low, high] = [this.low(index), this.high(index)]
      if (!stays(low, high)) continue
      this.halves[2 * this.size] = low
      this.halves[2 * this.size + 1] = high
      moved(index, this.size)
      this.size += 1
    }
    this.slots.fill(0)
    for (let index = 0; index < this.size; index += 1) this.place(index)
  }

  /** All of them, least first, and the number of each. They stand in the order of their first bits but for those that had to give way: few steps put them right. */
  sorted(): { readonly codes: BigUint64Array; readonly numbers: Uint32Array } {
    const halves = new Uint32Array(2 * this.size)
    const numbers = new Uint32Array(this.size)
    let count = 0
    const put = (index: number): void => {
      const [low, high] = [this.low(index), this.high(index)]
      let at = count++
      for (; at > 0 && (halves[2 * at - 1]! > high || (halves[2 * at - 1] === high && halves[2 * at - 2]! > low)); at -= 1) {
        halves[2 * at] = halves[2 * at - 2]!
        halves[2 * at + 1] = halves[2 * at - 1]!
        numbers[at] = numbers[at - 1]!
      }
      halves[2 * at] = low
      halves[2 * at + 1] = high
      numbers[at] = index
    }
    const wrapped: number[] = [] // they went over the end, and are the largest
    for (let slot = 0; slot < this.slots.length; slot += 1) {
      const one = this.slots[slot]!
      if (one === 0) continue
      if (this.high(one - 1) >>> this.shift > slot) wrapped.push(one - 1)
      else put(one - 1)
    }
    for (const index of wrapped) put(index)
    return { codes: new BigUint64Array(halves.buffer), numbers }
  }

  private place(index: number): void {
    const mask = this.slots.length - 1
    let at = this.halves[2 * index + 1]! >>> this.shift
    while (this.slots[at] !== 0) at = (at + 1) & mask
    this.slots[at] = index + 1
  }

  private grow(): void {
    const halves = new Uint32Array(this.halves.length * 2)
    halves.set(this.halves)
    this.halves = halves
    this.shift -= 1
    this.slots = new Uint32Array(halves.length) // half of them stay empty
    for (let index = 0; index < this.size; index += 1) this.place(index)
  }
}
