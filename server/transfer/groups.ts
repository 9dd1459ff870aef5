/** Numbers things from 0 by a code of 64 bits of each: two that differ are taken for one with a chance of one in some millions, at two million things. */
const startSlots = 1 << 12

export class CodeTable {
  readonly #most: number
  #slots = new Int32Array(startSlots)
  #highs = new Int32Array(startSlots / 2)
  #lows = new Int32Array(startSlots / 2)
  size = 0

  /** `most`: things that are told apart at most; 16 to 32 bytes each. */
  constructor(most: number) {
    this.#most = most
  }

  /** The number of the thing with this code, a new one for what is new; -1 when there is no room for one more. */
  indexOf(high: number, low: number): number {
    const slot = this.#slotOf(high | 0, low | 0)
    const found = this.#slots[slot]! - 1
    if (found >= 0 || this.size >= this.#most) return found
    if (this.size === this.#highs.length) this.#grow()
    const index = this.size++
    this.#highs[index] = high
    this.#lows[index] = low
    this.#slots[this.#slotOf(high | 0, low | 0)] = index + 1
    return index
  }

  #slotOf(high: number, low: number): number {
    const mask = this.#slots.length - 1
    let slot = (Math.imul(low ^ (high >>> 7), 0x2c1b3c6d) >>> 8) & mask
    for (let index = this.#slots[slot]! - 1; index >= 0; index = this.#slots[slot]! - 1) {
      if (this.#highs[index] === high && this.#lows[index] === low) break
      slot = (slot + 1) & mask
    }
    return slot
  }

  /** At least half of the slots stay free. */
  #grow(): void {
    const [highs, lows] = [this.#highs, this.#lows]
    this.#highs = new Int32Array(2 * highs.length)
    this.#lows = new Int32Array(2 * lows.length)
    this.#highs.set(highs)
    this.#lows.set(lows)
    this.#slots = new Int32Array(2 * this.#slots.length)
    for (let index = 0; index < this.size; index += 1) this.#slots[this.#slotOf(highs[index]!, lows[index]!)] = index + 1
  }
}
