// A blocked Bloom filter (Putze, Sanders and Singler, "Cache-, Hash- and Space-Efficient Bloom Filters", 2007): a token's upper half says which block of 64 bytes is
// its own, and it sets two bits in each of the block's eight words. A look at it is one cache miss, and sorted tokens are put in in the order of memory. Built into
// ../../union/filter.wasm; see ../../union/filter.ts, which lays out the memory.
import { mix } from "./siphash";

const oddA: u64 = 0xd6e8feb86659fd93;
const oddB: u64 = 0xa0761d6478bd642f;

const blockBytesShift: usize = 6;
const wordBytes: usize = 8;
const blockBytes: usize = 64;

let blocks: u64 = 0;
let filter: usize = 0;
// For looking up: recent misses, and the list of what is left to look up.
let misses: usize = 0;
let missMask: u64 = 0;
let pending: usize = 0;

/** Where the filter lies and how many blocks it has; where the regions for looking up lie; `missBits`: recent misses kept, as a power of two. */
export function regions(filterAt: usize, blockCount: u32, missesAt: usize, missBits: i32, pendingAt: usize): void {
  filter = filterAt;
  blocks = <u64>blockCount;
  misses = missesAt;
  missMask = ((<u64>1 << missBits) - 1) << 3;
  pending = pendingAt;
}

// @ts-ignore: decorator
@inline
function blockOf(token: u64): usize { return filter + (<usize>((token >> 32) * blocks >> 32) << blockBytesShift); }

/** Hashes with twelve bits for each of four words. The block hangs on the token's upper bits: these hang on all. */
// @ts-ignore: decorator
@inline
function firstHash(token: u64): u64 {
  const x = token * oddA;
  return (x ^ x >> 32) * oddB;
}

// @ts-ignore: decorator
@inline
function secondHash(hash: u64): u64 { return (hash ^ hash >> 29) * oddA; }

// @ts-ignore: decorator
@inline
function bitsOf(hash: u64, word: u64): u64 {
  const own = hash >> (16 + word * 12);
  return <u64>1 << (own & 63) | <u64>1 << (own >> 6 & 63);
}

// @ts-ignore: decorator
@inline
function passes(token: u64): bool {
  const block = blockOf(token);
  const hash = firstHash(token);
  for (let word: u64 = 0; word < 4; word++) {
    const bits = bitsOf(hash, word);
    if ((load<u64>(block + <usize>word * wordBytes) & bits) != bits) return false;
  }
  const more = secondHash(hash);
  for (let word: u64 = 0; word < 4; word++) {
    const bits = bitsOf(more, word);
    if ((load<u64>(block + (<usize>word + 4) * wordBytes) & bits) != bits) return false;
  }
  return true;
}

export function test(token: u64): bool { return passes(token); }

// Keeps loads that only fetch memory from being optimised away.
let touched: u64 = 0;

/** Tokens put in together: their memory is fetched first, so that many misses are waited for at once. */
const aheadTokens: i32 = 64;

/** Puts in those of `count` tokens at `at` whose blocks are from `from` up to `to`: others are another thread's. */
export function add(at: usize, count: i32, from: u32, to: u32): void {
  const low = filter + (<usize>from << blockBytesShift);
  const high = filter + (<usize>to << blockBytesShift);
  for (let start = 0; start < count; start += aheadTokens) {
    const end = start + aheadTokens < count ? start + aheadTokens : count;
    let fetched: u64 = 0;
    for (let i = start; i < end; i++) fetched |= load<u64>(blockOf(load<u64>(at + (<usize>i << 3))));
    touched = fetched;
    for (let i = start; i < end; i++) {
      const token = load<u64>(at + (<usize>i << 3));
      const block = blockOf(token);
      if (block >= low && block < high) put(token, block);
    }
  }
}

function put(token: u64, block: usize): void {
  const hash = firstHash(token);
  const more = secondHash(hash);
  for (let word: u64 = 0; word < 4; word++) {
    const a = block + <usize>word * wordBytes;
    const b = a + blockBytes / 2;
    store<u64>(a, load<u64>(a) | bitsOf(hash, word));
    store<u64>(b, load<u64>(b) | bitsOf(more, word));
  }
}

/**
 * Looks up `count` waiting tokens, 16 bytes each from `at`: the byte at 10 becomes 1 where the token passes, else 0. Returns how many pass.
 * What was missed before is not looked up again; of the rest all blocks are fetched first, so that many misses are waited for at once.
 */
export function screen(at: usize, count: i32): i32 {
  let left: i32 = 0;
  for (let i = 0; i < count; i++) {
    const entry = at + (<usize>i << 4);
    const token = load<u64>(entry);
    store<u8>(entry + 10, 0);
    store<u32>(pending + (<usize>left << 2), <u32>i);
    left += <i32>(load<u64>(misses + <usize>(token << 3 & missMask)) != token);
  }
  let fetched: u64 = 0;
  for (let i = 0; i < left; i++) fetched |= load<u64>(blockOf(load<u64>(at + (<usize>load<u32>(pending + (<usize>i << 2)) << 4))));
  touched = fetched;
  let passed: i32 = 0;
  for (let i = 0; i < left; i++) {
    const entry = at + (<usize>load<u32>(pending + (<usize>i << 2)) << 4);
    const token = load<u64>(entry);
    if (passes(token)) {
      store<u8>(entry + 10, 1);
      passed++;
    } else store<u64>(misses + <usize>(token << 3 & missMask), token);
  }
  return passed;
}

/** Turns `count` sums of two tokens at `at` into the links of the two, in their place. */
export function links(at: usize, count: i32): void {
  for (const end = at + (<usize>count << 3); at < end; at += 8) store<u64>(at, mix(load<u64>(at)));
}
