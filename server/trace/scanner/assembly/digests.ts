// The three digests of four short values at a time, one in each lane of a vector: taking fingerprints of addresses is mostly this.
import { digestMd5, digestSha1, digestSha256, md5Constants, md5Turns, shaConstants, writeHex } from "./digest";
import { State } from "./state";

/** Values that are digested together. */
export const lanes: i32 = 4;
/** A longer value takes more than one block. */
export const laneBytesMax: i32 = 55;

// Behind what text is decoded into, which nothing is while fingerprints are taken: the messages, 64 bytes each, their lengths (u32), the schedule of 80 words, and the digests of eight, each a vector.
const messagesAt: usize = 5248;
const lengthsAt: usize = messagesAt + 256;
const wordsAt: usize = lengthsAt + 16;
const stateAt: usize = wordsAt + 80 * 16;

/** Puts a message into a lane. */
export function putMessage(s: State, lane: i32, from: usize, length: i32): void {
  const at = s.decoded + messagesAt + (<usize>lane << 6);
  memory.copy(at, from, <usize>length);
  store<u8>(at + <usize>length, 0x80);
  memory.fill(at + <usize>length + 1, 0, <usize>(63 - length));
  store<u32>(s.decoded + lengthsAt + (<usize>lane << 2), <u32>length << 3);
}

/** Digests all lanes. */
export function digestLanes(s: State, kind: i32): void {
  const words = s.decoded + wordsAt;
  const lengths = v128.load(s.decoded + lengthsAt);
  const zero = i32x4.splat(0);
  for (let word: usize = 0; word < 14; word++) {
    const at = s.decoded + messagesAt + (word << 2);
    let four = v128.load32_zero(at);
    four = v128.load_lane<u32>(at + 64, four, 1);
    four = v128.load_lane<u32>(at + 128, four, 2);
    four = v128.load_lane<u32>(at + 192, four, 3);
    if (kind != digestMd5) four = i8x16.shuffle(four, zero, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
    v128.store(words + (word << 4), four);
  }
  v128.store(words + (14 << 4), kind == digestMd5 ? lengths : zero);
  v128.store(words + (15 << 4), kind == digestMd5 ? zero : lengths);
  const state = s.decoded + stateAt;
  if (kind == digestMd5) md5(words, state);
  else if (kind == digestSha1) sha1(words, state);
  else if (kind == digestSha256) sha256(words, state);
}

/** Writes the digest of a lane into scratch, in hex; returns its length. */
export function hexOfLane(s: State, kind: i32, lane: i32): i32 {
  return writeHex(s, kind, s.decoded + stateAt + (<usize>lane << 2), 2);
}

// @ts-ignore: decorator
@inline
function rotate(value: v128, by: i32): v128 { return v128.or(i32x4.shl(value, by), i32x4.shr_u(value, 32 - by)); }

// @ts-ignore: decorator
@inline
function word(words: usize, number: i32): v128 { return v128.load(words + (<usize>number << 4)); }

// @ts-ignore: decorator
@inline
function keep(state: usize, number: usize, begun: u32, value: v128): void { v128.store(state + (number << 4), i32x4.add(i32x4.splat(<i32>begun), value)); }

function md5(words: usize, state: usize): void {
  let a = i32x4.splat(0x67452301), b = i32x4.splat(<i32>0xefcdab89), c = i32x4.splat(<i32>0x98badcfe), d = i32x4.splat(0x10325476);
  for (let i = 0; i < 64; i++) {
    const round = i >> 4;
    let f: v128, g: i32;
    if (round == 0) { f = v128.bitselect(c, d, b); g = i; }
    else if (round == 1) { f = v128.bitselect(b, c, d); g = (5 * i + 1) & 15; }
    else if (round == 2) { f = v128.xor(b, v128.xor(c, d)); g = (3 * i + 5) & 15; }
    else { f = v128.xor(c, v128.or(b, v128.not(d))); g = (7 * i) & 15; }
    const sum = i32x4.add(i32x4.add(a, f), i32x4.add(v128.load32_splat(md5Constants + (<usize>i << 2)), word(words, g)));
    a = d;
    d = c;
    c = b;
    b = i32x4.add(b, rotate(sum, <i32>load<u8>(md5Turns + <usize>(round << 2 | (i & 3)))));
  }
  keep(state, 0, 0x67452301, a);
  keep(state, 1, 0xefcdab89, b);
  keep(state, 2, 0x98badcfe, c);
  keep(state, 3, 0x10325476, d);
}

function sha1(words: usize, state: usize): void {
  for (let i = 16; i < 80; i++) v128.store(words + (<usize>i << 4), rotate(v128.xor(v128.xor(word(words, i - 3), word(words, i - 8)), v128.xor(word(words, i - 14), word(words, i - 16))), 1));
  let a = i32x4.splat(0x67452301), b = i32x4.splat(<i32>0xefcdab89), c = i32x4.splat(<i32>0x98badcfe), d = i32x4.splat(0x10325476), e = i32x4.splat(<i32>0xc3d2e1f0);
  for (let i = 0; i < 80; i++) {
    let f: v128, k: u32;
    if (i < 20) { f = v128.bitselect(c, d, b); k = 0x5a827999; }
    else if (i < 40) { f = v128.xor(b, v128.xor(c, d)); k = 0x6ed9eba1; }
    else if (i < 60) { f = v128.or(v128.and(b, c), v128.and(d, v128.or(b, c))); k = 0x8f1bbcdc; }
    else { f = v128.xor(b, v128.xor(c, d)); k = 0xca62c1d6; }
    const next = i32x4.add(i32x4.add(rotate(a, 5), f), i32x4.add(i32x4.add(e, i32x4.splat(<i32>k)), word(words, i)));
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = next;
  }
  keep(state, 0, 0x67452301, a);
  keep(state, 1, 0xefcdab89, b);
  keep(state, 2, 0x98badcfe, c);
  keep(state, 3, 0x10325476, d);
  keep(state, 4, 0xc3d2e1f0, e);
}

function sha256(words: usize, state: usize): void {
  for (let i = 16; i < 64; i++) {
    const x = word(words, i - 15);
    const y = word(words, i - 2);
    const small0 = v128.xor(v128.xor(rotate(x, 25), rotate(x, 14)), i32x4.shr_u(x, 3));
    const small1 = v128.xor(v128.xor(rotate(y, 15), rotate(y, 13)), i32x4.shr_u(y, 10));
    v128.store(words + (<usize>i << 4), i32x4.add(i32x4.add(word(words, i - 16), small0), i32x4.add(word(words, i - 7), small1)));
  }
  let a = i32x4.splat(0x6a09e667), b = i32x4.splat(<i32>0xbb67ae85), c = i32x4.splat(0x3c6ef372), d = i32x4.splat(<i32>0xa54ff53a);
  let e = i32x4.splat(0x510e527f), f = i32x4.splat(<i32>0x9b05688c), g = i32x4.splat(0x1f83d9ab), h = i32x4.splat(0x5be0cd19);
  for (let i = 0; i < 64; i++) {
    const large1 = v128.xor(v128.xor(rotate(e, 26), rotate(e, 21)), rotate(e, 7));
    const first = i32x4.add(i32x4.add(h, large1), i32x4.add(v128.bitselect(f, g, e), i32x4.add(v128.load32_splat(shaConstants + (<usize>i << 2)), word(words, i))));
    const large0 = v128.xor(v128.xor(rotate(a, 30), rotate(a, 19)), rotate(a, 10));
    const second = i32x4.add(large0, v128.or(v128.and(a, b), v128.and(c, v128.or(a, b))));
    h = g;
    g = f;
    f = e;
    e = i32x4.add(d, first);
    d = c;
    c = b;
    b = a;
    a = i32x4.add(first, second);
  }
  keep(state, 0, 0x6a09e667, a);
  keep(state, 1, 0xbb67ae85, b);
  keep(state, 2, 0x3c6ef372, c);
  keep(state, 3, 0xa54ff53a, d);
  keep(state, 4, 0x510e527f, e);
  keep(state, 5, 0x9b05688c, f);
  keep(state, 6, 0x1f83d9ab, g);
  keep(state, 7, 0x5be0cd19, h);
}
