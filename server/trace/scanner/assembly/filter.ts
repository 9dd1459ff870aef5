// A binary fuse filter with 16-bit fingerprints (Graf and Lemire, "Binary Fuse Filters: Fast and Smaller Than Xor Filters", 2022),
// three positions a key in three neighbouring segments. Many of them, one a shard: a token's top bits say which. Built into
// ../../union/filter.wasm; see ../../union/filter.ts, which lays out the memory.

const oddA: u64 = 0xd6e8feb86659fd93;
const oddB: u64 = 0xa0761d6478bd642f;
const seedStep: u64 = 0x9e3779b97f4a7c15;

// What every shard has alike.
let shardBits: u64 = 0;
let segmentMask: u32 = 0;
let segmentLength: u32 = 0;
let startLength: u64 = 0; // first positions lie below it
let slots: usize = 0;
// For looking up: where fingerprints, the attempt of each shard, recent misses and the list of what is left to look up lie.
let fingerprints: usize = 0;
let attempts: usize = 0;
let misses: usize = 0;
let missMask: u64 = 0;
let pending: usize = 0;

/** How shards are laid out: their count (as a power of two), and in each the length of a segment (likewise) and of the first positions. */
export function shape(bits: i32, segmentBits: i32, starts: u32): void {
  shardBits = <u64>bits;
  segmentLength = <u32>1 << segmentBits;
  segmentMask = segmentLength - 1;
  startLength = <u64>starts;
  slots = <usize>starts + <usize>segmentLength * 2;
}

/** Where the regions for looking up lie; `missBits`: recent misses kept, as a power of two. */
export function regions(filterAt: usize, attemptsAt: usize, missesAt: usize, missBits: i32, pendingAt: usize): void {
  fingerprints = filterAt;
  attempts = attemptsAt;
  misses = missesAt;
  missMask = ((<u64>1 << missBits) - 1) << 3;
  pending = pendingAt;
}

/** One-to-one, so that different keys stay different; tokens are as good as random already. */
// @ts-ignore: decorator
@inline
function hashOf(token: u64, attempt: u64): u64 {
  const x = (token ^ (attempt + 1) * seedStep) * oddA;
  return x ^ x >> 32;
}

// @ts-ignore: decorator
@inline
function first(hash: u64): u32 { return <u32>((hash >> 32) * startLength >> 32); }

// @ts-ignore: decorator
@inline
function second(hash: u64, start: u32): u32 { return (start + segmentLength) ^ (<u32>(hash >> 16) & segmentMask); }

// @ts-ignore: decorator
@inline
function third(hash: u64, start: u32): u32 { return (start + segmentLength * 2) ^ (<u32>hash & segmentMask); }

// @ts-ignore: decorator
@inline
function fingerprint(hash: u64): u16 { return <u16>(hash * oddB >> 48); }

// @ts-ignore: decorator
@inline
function passes(token: u64): bool {
  const shard: usize = shardBits == 0 ? 0 : <usize>(token >> (64 - shardBits));
  const hash = hashOf(token, <u64>load<u8>(attempts + shard));
  const base = fingerprints + (shard * slots << 1);
  const start = first(hash);
  const found = load<u16>(base + (<usize>start << 1)) ^ load<u16>(base + (<usize>second(hash, start) << 1)) ^ load<u16>(base + (<usize>third(hash, start) << 1));
  return <u16>found == fingerprint(hash);
}

export function test(token: u64): bool { return passes(token); }

/**
 * Looks up `count` waiting tokens, 16 bytes each from `at`: the byte at 10 becomes 1 where the token passes, else 0. Returns how many pass.
 * What was missed before is not looked up again. No branch hangs on memory that is far away, so that many misses are waited for at once.
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
  let passed: i32 = 0;
  for (let i = 0; i < left; i++) {
    const entry = at + (<usize>load<u32>(pending + (<usize>i << 2)) << 4);
    const token = load<u64>(entry);
    const pass = passes(token);
    store<u8>(entry + 10, <u8>pass);
    passed += <i32>pass;
    const miss = misses + <usize>(token << 3 & missMask);
    store<u64>(miss, pass ? load<u64>(miss) : token);
  }
  return passed;
}

// Building one shard. Regions, as ../filter.ts lays them out: keys and sorted hashes u64 each, starts of buckets u32, and per position
// the hashes XORed u64 and their count u8 (times four, with the position's number among the key's three XORed below it); then the order
// in which keys are settled: hash u64, number u8; and positions with one key left u32.
let keys: usize = 0;
let sorted: usize = 0;
let buckets: usize = 0;
let sums: usize = 0;
let counts: usize = 0;
let order: usize = 0;
let numbers: usize = 0;
let single: usize = 0;

export function work(at: i32, region: usize): void {
  switch (at) {
    case 0: keys = region; break;
    case 1: sorted = region; break;
    case 2: buckets = region; break;
    case 3: sums = region; break;
    case 4: counts = region; break;
    case 5: order = region; break;
    case 6: numbers = region; break;
    case 7: single = region; break;
    default: unreachable();
  }
}

/** Hashes `count` keys, sorts the hashes, and keeps each once. Returns how many are left. */
function sortHashes(count: i32, attempt: u64, bucketBits: i32): i32 {
  const shift = <u64>(64 - bucketBits);
  const bucketCount = 1 << bucketBits;
  memory.fill(buckets, 0, <usize>(bucketCount + 1) << 2);
  for (let i = 0; i < count; i++) {
    const bucket = buckets + (<usize>(hashOf(load<u64>(keys + (<usize>i << 3)), attempt) >> shift) << 2);
    store<u32>(bucket, load<u32>(bucket) + 1);
  }
  let sum: u32 = 0;
  for (let i = 0; i < bucketCount; i++) {
    const bucket = buckets + (<usize>i << 2);
    const size = load<u32>(bucket);
    store<u32>(bucket, sum);
    sum += size;
  }
  for (let i = 0; i < count; i++) {
    const hash = hashOf(load<u64>(keys + (<usize>i << 3)), attempt);
    const bucket = buckets + (<usize>(hash >> shift) << 2);
    const to = load<u32>(bucket);
    store<u32>(bucket, to + 1);
    store<u64>(sorted + (<usize>to << 3), hash);
  }
  return thin(count);
}

/** Insertion sort: the buckets are in order already, so that a hash has only some places to go. Then equal neighbours become one. */
function thin(count: i32): i32 {
  for (let i = 1; i < count; i++) {
    const hash = load<u64>(sorted + (<usize>i << 3));
    let to = sorted + (<usize>i << 3);
    while (to > sorted && load<u64>(to - 8) > hash) {
      store<u64>(to, load<u64>(to - 8));
      to -= 8;
    }
    store<u64>(to, hash);
  }
  let kept = 0;
  let before: u64 = 0;
  for (let i = 0; i < count; i++) {
    const hash = load<u64>(sorted + (<usize>i << 3));
    if (i > 0 && hash == before) continue;
    store<u64>(sorted + (<usize>kept << 3), hash);
    before = hash;
    kept++;
  }
  return kept;
}

// @ts-ignore: decorator
@inline
function put(position: u32, number: u8, hash: u64): void {
  const sum = sums + (<usize>position << 3);
  store<u64>(sum, load<u64>(sum) ^ hash);
  const at = counts + <usize>position;
  store<u8>(at, load<u8>(at) + 4 ^ number);
}

/** Takes a key from a position; returns how many keys are left there. */
// @ts-ignore: decorator
@inline
function take(position: u32, number: u8, hash: u64): u8 {
  const sum = sums + (<usize>position << 3);
  store<u64>(sum, load<u64>(sum) ^ hash);
  const at = counts + <usize>position;
  const left: u8 = load<u8>(at) - 4 ^ number;
  store<u8>(at, left);
  return left >> 2;
}

/**
 * Builds one shard of `count` keys into `out`: fingerprints u16 for each position. Returns how many different keys it holds, or -1 when
 * these keys do not fit with this attempt: then the next is tried.
 */
export function build(count: i32, attempt: i32, bucketBits: i32, out: usize): i32 {
  const kept = sortHashes(count, <u64>attempt, bucketBits);
  memory.fill(sums, 0, slots << 3);
  memory.fill(counts, 0, slots);
  for (let i = 0; i < kept; i++) {
    const hash = load<u64>(sorted + (<usize>i << 3));
    const start = first(hash);
    put(start, 0, hash);
    put(second(hash, start), 1, hash);
    put(third(hash, start), 2, hash);
  }
  if (settle() != kept) return -1;
  memory.fill(out, 0, slots << 1);
  for (let i = kept - 1; i >= 0; i--) {
    const hash = load<u64>(order + (<usize>i << 3));
    const number = load<u8>(numbers + <usize>i);
    const start = first(hash);
    const a = out + (<usize>start << 1);
    const b = out + (<usize>second(hash, start) << 1);
    const c = out + (<usize>third(hash, start) << 1);
    const own = number == 0 ? a : number == 1 ? b : c;
    store<u16>(own, 0);
    store<u16>(own, load<u16>(a) ^ load<u16>(b) ^ load<u16>(c) ^ fingerprint(hash));
  }
  return kept;
}

/** Takes away, again and again, a key that stands alone at one of its positions. Returns how many went: all, or the attempt failed. */
function settle(): i32 {
  let settled = 0;
  for (let position: u32 = 0; position < <u32>slots; position++) {
    if (load<u8>(counts + <usize>position) >> 2 != 1) continue;
    store<u32>(single, position);
    let waiting = 1;
    while (waiting > 0) {
      waiting--;
      const at = load<u32>(single + (<usize>waiting << 2));
      const found = load<u8>(counts + <usize>at);
      if (found >> 2 != 1) continue;
      const hash = load<u64>(sums + (<usize>at << 3));
      const number: u8 = found & 3;
      store<u64>(order + (<usize>settled << 3), hash);
      store<u8>(numbers + <usize>settled, number);
      settled++;
      const start = first(hash);
      const b = second(hash, start);
      const c = third(hash, start);
      if (take(start, 0, hash) == 1) { store<u32>(single + (<usize>waiting << 2), start); waiting++; }
      if (take(b, 1, hash) == 1) { store<u32>(single + (<usize>waiting << 2), b); waiting++; }
      if (take(c, 2, hash) == 1) { store<u32>(single + (<usize>waiting << 2), c); waiting++; }
    }
  }
  return settled;
}
