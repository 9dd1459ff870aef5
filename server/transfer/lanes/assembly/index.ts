// HMAC-SHA-256 (RFC 2104, FIPS 180-4) of many short messages, four at a time in the lanes of a vector. Memory, from `base`: the key's two states, the messages (64 bytes each: up to 55
// of message, padded by whoever writes them), their codes (32 bytes each). Words of SHA-256 are big-endian.

const constants: usize = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);
const start: usize = memory.data<u32>([0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19]);

// Schedule and message words of four lanes: 16 vectors each.
const words: usize = memory.data(256);
// The states after the key's inner and outer block: 8 words each, one after the other.
const inner: usize = memory.data(32);
const outer: usize = memory.data(32);

export const base: usize = 4096;
export const slotBytes: i32 = 64;
export const codeBytes: i32 = 32;

// @ts-ignore: decorator
@inline function rotate(x: v128, by: i32): v128 { return v128.or(i32x4.shr_u(x, by), i32x4.shl(x, 32 - by)); }

// The words of four blocks, `apart` bytes from one to the next, lane by lane.
function gather(from: usize, apart: usize): void {
  for (let word: usize = 0; word < 16; word++) {
    const at = from + (word << 2);
    let x = i32x4.splat(<i32>bswap<u32>(load<u32>(at)));
    x = i32x4.replace_lane(x, 1, <i32>bswap<u32>(load<u32>(at + apart)));
    x = i32x4.replace_lane(x, 2, <i32>bswap<u32>(load<u32>(at + (apart << 1))));
    x = i32x4.replace_lane(x, 3, <i32>bswap<u32>(load<u32>(at + apart * 3)));
    v128.store(words + (word << 4), x);
  }
}

const state: usize = memory.data(128);

// One block of each lane, begun in `from` (8 words, the same for all lanes); the new words are in `state`.
function compress(from: usize): void {
  let a = v128.load32_splat(from), b = v128.load32_splat(from + 4), c = v128.load32_splat(from + 8), d = v128.load32_splat(from + 12);
  let e = v128.load32_splat(from + 16), f = v128.load32_splat(from + 20), g = v128.load32_splat(from + 24), h = v128.load32_splat(from + 28);
  for (let round = 0; round < 64; round++) {
    const place = words + (<usize>(round & 15) << 4);
    let w = v128.load(place);
    if (round >= 16) {
      const w1 = v128.load(words + (<usize>((round + 1) & 15) << 4));
      const w14 = v128.load(words + (<usize>((round + 14) & 15) << 4));
      const s0 = v128.xor(v128.xor(rotate(w1, 7), rotate(w1, 18)), i32x4.shr_u(w1, 3));
      const s1 = v128.xor(v128.xor(rotate(w14, 17), rotate(w14, 19)), i32x4.shr_u(w14, 10));
      w = i32x4.add(i32x4.add(w, s0), i32x4.add(v128.load(words + (<usize>((round + 9) & 15) << 4)), s1));
      v128.store(place, w);
    }
    const e1 = v128.xor(v128.xor(rotate(e, 6), rotate(e, 11)), rotate(e, 25));
    const choice = v128.bitselect(f, g, e);
    const t1 = i32x4.add(i32x4.add(i32x4.add(h, e1), i32x4.add(choice, v128.load32_splat(constants + (<usize>round << 2)))), w);
    const a0 = v128.xor(v128.xor(rotate(a, 2), rotate(a, 13)), rotate(a, 22));
    const majority = v128.bitselect(c, a, v128.xor(a, b));
    h = g; g = f; f = e; e = i32x4.add(d, t1);
    d = c; c = b; b = a; a = i32x4.add(t1, i32x4.add(a0, majority));
  }
  v128.store(state, i32x4.add(a, v128.load32_splat(from)));
  v128.store(state + 16, i32x4.add(b, v128.load32_splat(from + 4)));
  v128.store(state + 32, i32x4.add(c, v128.load32_splat(from + 8)));
  v128.store(state + 48, i32x4.add(d, v128.load32_splat(from + 12)));
  v128.store(state + 64, i32x4.add(e, v128.load32_splat(from + 16)));
  v128.store(state + 80, i32x4.add(f, v128.load32_splat(from + 20)));
  v128.store(state + 96, i32x4.add(g, v128.load32_splat(from + 24)));
  v128.store(state + 112, i32x4.add(h, v128.load32_splat(from + 28)));
}

/** Takes the key's two padded blocks of 64 bytes, which stand at `base`: with the inner mask, then with the outer one. They are wiped. */
export function begin(): void {
  gather(base, 0);
  compress(start);
  for (let word: usize = 0; word < 8; word++) store<u32>(inner + (word << 2), load<u32>(state + (word << 4)));
  gather(base + 64, 0);
  compress(start);
  for (let word: usize = 0; word < 8; word++) store<u32>(outer + (word << 2), load<u32>(state + (word << 4)));
  memory.fill(base, 0, 128);
}

/** Codes of the first `count` messages, rounded up to four; `codes`: where they go. */
export function run(count: i32, codes: usize): void {
  for (let first = 0; first < count; first += 4) {
    gather(base + (<usize>first << 6), 64);
    compress(inner);
    for (let word: usize = 0; word < 8; word++) v128.store(words + (word << 4), v128.load(state + (word << 4)));
    v128.store(words + 128, i32x4.splat(<i32>0x80000000));
    for (let word: usize = 9; word < 15; word++) v128.store(words + (word << 4), i32x4.splat(0));
    v128.store(words + 240, i32x4.splat((64 + 32) << 3));
    compress(outer);
    for (let lane: usize = 0; lane < 4; lane++) {
      const to = codes + ((<usize>first + lane) << 5);
      for (let word: usize = 0; word < 8; word++) store<u32>(to + (word << 2), bswap<u32>(load<u32>(state + (word << 4) + (lane << 2))));
    }
  }
}
