// Whether a token may be known at all: a Bloom filter of the tokens of columns and forms, four bits of one 64-bit word a token (register-blocked, Putze,
// Sanders, Singler, 2007). With six bits a token some seven of a hundred strange ones pass. It is a tenth to a fifth of the table's size, and one look
// at it is one look at memory, where a crowded table costs several that wait for each other.
import { State, waitingBytes } from "./state";

const belowWord: u64 = (1 << 40) - 1;
const oddFactor: u64 = 0xd6e8feb86659fd93;

// @ts-ignore: decorator
@inline
function wordOf(s: State, token: u64): usize {
  return s.bloom + (<usize>((token >> 32) * <u64>s.bloomWords >> 32) << 3);
}

// @ts-ignore: decorator
@inline
function bitsOf(token: u64): u64 {
  // Of all bits that do not choose the word. A slot of the lean table keeps the lowest of them: what agrees in these alone must not pass here for that.
  const mixed = (token & belowWord) * oddFactor;
  return <u64>1 << (mixed >> 58) | <u64>1 << (mixed >> 52 & 63) | <u64>1 << (mixed >> 46 & 63) | <u64>1 << (mixed >> 40 & 63);
}

/** Takes up a token; ascending tokens go through memory in order. */
// @ts-ignore: decorator
@inline
export function addToBloom(s: State, token: u64): void {
  const word = wordOf(s, token);
  store<u64>(word, load<u64>(word) | bitsOf(token));
}

/**
 * Lists which of the tokens that wait may be known, by their numbers (u16 each), in order; returns how many. Where most of the last batch were known,
 * all are listed: asking would be one look more.
 */
export function sift(s: State): i32 {
  const count = s.waitingCount;
  const list = s.sifted;
  if (s.crowded || s.bloomWords == 0) {
    for (let i = 0; i < count; i++) store<u16>(list + (<usize>i << 1), <u16>i);
    return count;
  }
  const waiting = s.waiting;
  const bloom = s.bloom;
  const words = <u64>s.bloomWords;
  let touched: u64 = 0;
  for (let i = 0; i < count; i++) { // the misses overlap
    touched |= load<u64>(bloom + (<usize>((<u64>load<u32>(waiting + <usize>(i * waitingBytes) + 4)) * words >> 32) << 3));
  }
  s.touchedKeys = touched; // keeps the loads from being optimised away
  let kept = 0;
  for (let i = 0; i < count; i++) {
    const token = load<u64>(waiting + <usize>(i * waitingBytes));
    const bits = bitsOf(token);
    store<u16>(list + (<usize>kept << 1), <u16>i);
    kept += <i32>((load<u64>(bloom + (<usize>((token >> 32) * words >> 32) << 3)) & bits) == bits);
  }
  return kept;
}

/** The token that waits at a place of the list of those that may be known. */
// @ts-ignore: decorator
@inline
export function siftedAt(s: State, at: i32): usize {
  return s.waiting + <usize>load<u16>(s.sifted + (<usize>at << 1)) * waitingBytes;
}
