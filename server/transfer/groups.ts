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

const [wordsOfSlot, parts, partSlots] = [3, 64, 1 << 6]

/**
 * Counts things by a code of 64 bits of each, where they need no number. Code and count stand side by side, so that a thing costs one look at memory and not four; the table is made of parts that grow one at a
 * time, so that it is never there twice.
 */
export class CodeCounts {
  readonly #most: number
  readonly #parts = Array.from({ length: parts }, () => new Uint32Array(wordsOfSlot * partSlots))
  readonly #sizes = new Int32Array(parts)
  size = 0

  /** `most`: things that are told apart at most; 16 to 32 bytes each. */
  constructor(most: number) {
    this.#most = most
  }

  /** Counts one more of the thing with this code; false when there is no room for a new one. */
  add(high: number, low: number): boolean {
    const part = (Math.imul(high ^ (low >>> 9), 0x9e3779b1) >>> 26) & (parts - 1)
    const table = this.#parts[part]!
    const at = slotOf(table, high >>> 0, low >>> 0)
    if (table[at + 2] === 0) {
      if (this.size >= this.#most) return false
      this.size += 1
      const size = (this.#sizes[part] = this.#sizes[part]! + 1)
      if (4 * wordsOfSlot * size > 3 * table.length) {
        this.#parts[part] = grown(table)
        this.size -= 1
        this.#sizes[part] = size - 1
        return this.add(high, low)
      }
      table[at] = high
      table[at + 1] = low
    }
    table[at + 2] = table[at + 2]! + 1
    return true
  }

  /** The fewest of one thing, and how many things are there once; 0 where there is nothing. */
  result(): { readonly smallest: number; readonly alone: number } {
    let [smallest, alone] = [Infinity, 0]
    for (const table of this.#parts) {
      for (let at = 2; at < table.length; at += wordsOfSlot) {
        const many = table[at]!
        if (many === 0) continue
        if (many === 1) alone += 1
        if (many < smallest) smallest = many
      }
    }
    return { smallest: this.size === 0 ? 0 : smallest, alone }
  }
}

/** Where the thing with this code stands, or would. */
function slotOf(table: Uint32Array, high: number, low: number): number {
  const slots = table.length / wordsOfSlot
  let slot = (Math.imul(low ^ (high >>> 7), 0x2c1b3c6d) >>> 8) & (slots - 1)
  for (let at = slot * wordsOfSlot; ; at = slot * wordsOfSlot) {
    if (table[at + 2] === 0 || (table[at] === high && table[at + 1] === low)) return at
    slot = (slot + 1) & (slots - 1)
  }
}

function grown(table: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(2 * table.length)
  for (let from = 0; from < table.length; from += wordsOfSlot) {
    if (table[from + 2] === 0) continue
    const to = slotOf(larger, table[from]!, table[from + 1]!)
    for (let word = 0; word < wordsOfSlot; word += 1) larger[to + word] = table[from + word]!
  }
  return larger
}
