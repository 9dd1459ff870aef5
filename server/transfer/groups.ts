/** Counts how many rows are alike, by a code of 64 bits of each: two different groups are taken for one with a chance of one in some millions, at two million groups. */

const startSlots = 1 << 12

export interface Groups {
  /** False when there is no room for one more group; then nothing was counted. */
  readonly add: (high: number, low: number) => boolean
  readonly result: () => { readonly groups: number; readonly smallest: number; readonly alone: number; readonly counted: number }
}

/** `groupsMax`: groups that are told apart at most. Twelve bytes a slot, and at least half of the slots stay free. */
export function countGroups(groupsMax: number): Groups {
  let slots = startSlots
  let [highs, lows, rows] = [new Int32Array(slots), new Int32Array(slots), new Uint32Array(slots)]
  let [groups, counted] = [0, 0]
  const slotOf = (high: number, low: number): number => {
    let slot = (low ^ (high >>> 7)) & (slots - 1)
    while (rows[slot] !== 0 && (highs[slot] !== high || lows[slot] !== low)) slot = (slot + 1) & (slots - 1)
    return slot
  }
  const grow = (): void => {
    const before = { highs, lows, rows }
    slots *= 2
    ;[highs, lows, rows] = [new Int32Array(slots), new Int32Array(slots), new Uint32Array(slots)]
    before.rows.forEach((many, at) => {
      if (many === 0) return
      const slot = slotOf(before.highs[at]!, before.lows[at]!)
      highs[slot] = before.highs[at]!
      lows[slot] = before.lows[at]!
      rows[slot] = many
    })
  }
  return {
    add: (high, low) => {
      const slot = slotOf(high | 0, low | 0)
      if (rows[slot] === 0) {
        if (groups >= groupsMax) return false
        groups += 1
        highs[slot] = high
        lows[slot] = low
      }
      rows[slot]! += 1
      counted += 1
      if (groups * 2 > slots) grow()
      return true
    },
    result: () => {
      let [smallest, alone] = [counted === 0 ? 0 : Infinity, 0]
      for (const many of rows) {
        if (many > 0 && many < smallest) smallest = many
        if (many === 1) alone += 1
      }
      return { groups, smallest, alone, counted }
    },
  }
}
