/** The greatest of numbers so far, kept where it grew: twelve bytes each, and nothing for what comes in between. */
export interface Steps {
  /** The next number, at an index that is greater than all before. */
  add(index: number, value: number): void
  /** The greatest of all, 0 before the first. */
  last(): number
  /** The first index whose number is greater than that; undefined when there is none. */
  firstOver(value: number): number | undefined
}

/** None yet. Numbers are 0 or more; indices are below 2^32. */
export function openSteps(): Steps {
  let [indices, values] = [new Uint32Array(16), new Float64Array(16)]
  let size = 0
  const last = (): number => (size === 0 ? 0 : values[size - 1]!)
  return {
    last,
    add(index, value) {
      if (value <= last()) return
      if (size === indices.length) {
        const [more, bigger] = [new Uint32Array(2 * size), new Float64Array(2 * size)]
        more.set(indices)
        bigger.set(values);
        [indices, values] = [more, bigger]
      }
      indices[size] = index
      values[size] = value
      size += 1
    },
    firstOver(value) {
      const place = upTo(values, size, value)
      return place < size ? indices[place] : undefined
    },
  }
}

/** How many of the first `size` of these, which never become less, are no more than `most`. */
export function upTo(ascending: ArrayLike<number>, size: number, most: number): number {
  let [low, high] = [0, size]
  while (low < high) {
    const middle = (low + high) >> 1
    if (ascending[middle]! <= most) low = middle + 1
    else high = middle
  }
  return low
}
