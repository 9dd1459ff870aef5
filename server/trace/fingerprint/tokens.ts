/** Lists of 64-bit tokens as typed arrays: collected in parts, sorted, each kept once. */

export interface TokenList {
  readonly parts: BigUint64Array[]
  length: number
}

export function emptyList(): TokenList {
  return { parts: [], length: 0 }
}

export function addPart(list: TokenList, part: BigUint64Array): void {
  list.parts.push(part)
  list.length += part.length
}

export interface DistinctTokens {
  /** Ascending, each once. */
  readonly tokens: BigUint64Array
  /** Pairs of equal tokens before, those of dropped tokens included. */
  readonly pairs: number
  /** Tokens left out because they stood more often than `frequencyMax`; ascending. */
  readonly dropped: BigUint64Array
}

/** Sorts and thins a list, and empties it. Works on halves of tokens: 64-bit integers one by one would be ten times slower. */
export function distinct(list: TokenList, frequencyMax: number): DistinctTokens {
  const all = new BigUint64Array(list.length)
  let at = 0
  for (const part of list.parts.splice(0)) {
    all.set(part, at)
    at += part.length
  }
  list.length = 0
  all.sort()
  const halves = new Uint32Array(all.buffer)
  let kept = 0
  let pairs = 0
  const dropped: bigint[] = []
  for (let from = 0; from < halves.length; ) {
    const low = halves[from]!
    const high = halves[from + 1]!
    let to = from + 2
    while (to < halves.length && halves[to] === low && halves[to + 1] === high) to += 2
    const count = (to - from) / 2
    pairs += (count * (count - 1)) / 2
    if (count > frequencyMax) dropped.push(all[from / 2]!)
    else {
      halves[kept] = low
      halves[kept + 1] = high
      kept += 2
    }
    from = to
  }
  return { tokens: all.slice(0, kept / 2), pairs, dropped: BigUint64Array.from(dropped) }
}
