// MD5 (RFC 1321), SHA-1 and SHA-256 (FIPS 180-4) of short values, as lower-case hex: what partners exchange in place of e-mail addresses.
import { measure } from "./normal";
import { State } from "./state";

export const digestMd5: i32 = 0;
export const digestSha1: i32 = 1;
export const digestSha256: i32 = 2;

// In the side region: the padded message, the state of eight words, the schedule of 80 words.
const stateAt: usize = 2048;
const wordsAt: usize = 2560;

export const md5Constants: usize = memory.data<u32>([
  0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
  0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
  0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
  0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
  0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
  0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
  0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
  0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
]);
export const shaConstants: usize = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);
export const md5Turns: usize = memory.data<u8>([7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]);

/** Digest of the `length` bytes in the side region (at most 1,024), in hex in scratch with its shape; returns its length. The message stays. */
export function digestOf(s: State, kind: i32, length: i32): i32 {
  const end = s.side + <usize>length;
  const blocks = (length + 72) >> 6;
  memory.fill(end, 0, <usize>((blocks << 6) - length));
  store<u8>(end, 0x80);
  const bits = <u64>length << 3;
  store<u64>(s.side + <usize>(blocks << 6) - 8, kind == digestMd5 ? bits : bswap<u64>(bits));
  const state = s.side + stateAt;
  begin(state, kind);
  for (let block = s.side; block < s.side + <usize>(blocks << 6); block += 64) {
    if (kind == digestMd5) md5(state, block);
    else if (kind == digestSha1) sha1(state, block, s.side + wordsAt);
    else sha256(state, block, s.side + wordsAt);
  }
  return writeHex(s, kind, state, 0);
}

/** Writes a digest into scratch, in hex with its shape; returns its length. Its words stand 4 bytes apart, shifted by `spread`. */
export function writeHex(s: State, kind: i32, state: usize, spread: i32): i32 {
  const bytes = kind == digestMd5 ? 16 : kind == digestSha1 ? 20 : 32;
  for (let i = 0; i < bytes; i++) {
    const word = load<u32>(state + (<usize>(i >> 2) << <usize>(2 + spread)));
    const byte = <u8>(kind == digestMd5 ? word >> ((i & 3) << 3) : word >> (24 - ((i & 3) << 3)));
    store<u8>(s.scratch + (<usize>i << 1), hexDigit(byte >> 4));
    store<u8>(s.scratch + (<usize>i << 1) + 1, hexDigit(byte & 15));
  }
  measure(s, bytes << 1);
  return bytes << 1;
}

// @ts-ignore: decorator
@inline
function hexDigit(value: u8): u8 { return value < 10 ? 0x30 + value : 0x57 + value; }

function begin(state: usize, kind: i32): void {
  if (kind == digestSha256) {
    store<u32>(state, 0x6a09e667); store<u32>(state + 4, 0xbb67ae85); store<u32>(state + 8, 0x3c6ef372); store<u32>(state + 12, 0xa54ff53a);
    store<u32>(state + 16, 0x510e527f); store<u32>(state + 20, 0x9b05688c); store<u32>(state + 24, 0x1f83d9ab); store<u32>(state + 28, 0x5be0cd19);
    return;
  }
  store<u32>(state, 0x67452301); store<u32>(state + 4, 0xefcdab89); store<u32>(state + 8, 0x98badcfe); store<u32>(state + 12, 0x10325476);
  store<u32>(state + 16, 0xc3d2e1f0);
}

function md5(state: usize, block: usize): void {
  let a = load<u32>(state), b = load<u32>(state + 4), c = load<u32>(state + 8), d = load<u32>(state + 12);
  for (let i = 0; i < 64; i++) {
    const round = i >> 4;
    let f: u32, g: i32;
    if (round == 0) { f = (b & c) | (~b & d); g = i; }
    else if (round == 1) { f = (d & b) | (~d & c); g = (5 * i + 1) & 15; }
    else if (round == 2) { f = b ^ c ^ d; g = (3 * i + 5) & 15; }
    else { f = c ^ (b | ~d); g = (7 * i) & 15; }
    const sum = a + f + load<u32>(md5Constants + (<usize>i << 2)) + load<u32>(block + (<usize>g << 2));
    a = d;
    d = c;
    c = b;
    b += rotl<u32>(sum, load<u8>(md5Turns + <usize>(round << 2 | (i & 3))));
  }
  store<u32>(state, load<u32>(state) + a);
  store<u32>(state + 4, load<u32>(state + 4) + b);
  store<u32>(state + 8, load<u32>(state + 8) + c);
  store<u32>(state + 12, load<u32>(state + 12) + d);
}

function sha1(state: usize, block: usize, words: usize): void {
  for (let i: usize = 0; i < 64; i += 4) store<u32>(words + i, bswap<u32>(load<u32>(block + i)));
  for (let i: usize = 64; i < 320; i += 4) store<u32>(words + i, rotl<u32>(load<u32>(words + i - 12) ^ load<u32>(words + i - 32) ^ load<u32>(words + i - 56) ^ load<u32>(words + i - 64), 1));
  let a = load<u32>(state), b = load<u32>(state + 4), c = load<u32>(state + 8), d = load<u32>(state + 12), e = load<u32>(state + 16);
  for (let i = 0; i < 80; i++) {
    let f: u32, k: u32;
    if (i < 20) { f = (b & c) | (~b & d); k = 0x5a827999; }
    else if (i < 40) { f = b ^ c ^ d; k = 0x6ed9eba1; }
    else if (i < 60) { f = (b & c) | (b & d) | (c & d); k = 0x8f1bbcdc; }
    else { f = b ^ c ^ d; k = 0xca62c1d6; }
    const next = rotl<u32>(a, 5) + f + e + k + load<u32>(words + (<usize>i << 2));
    e = d;
    d = c;
    c = rotl<u32>(b, 30);
    b = a;
    a = next;
  }
  store<u32>(state, load<u32>(state) + a);
  store<u32>(state + 4, load<u32>(state + 4) + b);
  store<u32>(state + 8, load<u32>(state + 8) + c);
  store<u32>(state + 12, load<u32>(state + 12) + d);
  store<u32>(state + 16, load<u32>(state + 16) + e);
}

function sha256(state: usize, block: usize, words: usize): void {
  for (let i: usize = 0; i < 64; i += 4) store<u32>(words + i, bswap<u32>(load<u32>(block + i)));
  for (let i: usize = 64; i < 256; i += 4) {
    const x = load<u32>(words + i - 60);
    const y = load<u32>(words + i - 8);
    const small0 = rotr<u32>(x, 7) ^ rotr<u32>(x, 18) ^ x >> 3;
    const small1 = rotr<u32>(y, 17) ^ rotr<u32>(y, 19) ^ y >> 10;
    store<u32>(words + i, load<u32>(words + i - 64) + small0 + load<u32>(words + i - 28) + small1);
  }
  let a = load<u32>(state), b = load<u32>(state + 4), c = load<u32>(state + 8), d = load<u32>(state + 12);
  let e = load<u32>(state + 16), f = load<u32>(state + 20), g = load<u32>(state + 24), h = load<u32>(state + 28);
  for (let i: usize = 0; i < 256; i += 4) {
    const large1 = rotr<u32>(e, 6) ^ rotr<u32>(e, 11) ^ rotr<u32>(e, 25);
    const first = h + large1 + ((e & f) ^ (~e & g)) + load<u32>(shaConstants + i) + load<u32>(words + i);
    const large0 = rotr<u32>(a, 2) ^ rotr<u32>(a, 13) ^ rotr<u32>(a, 22);
    const second = large0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + first;
    d = c;
    c = b;
    b = a;
    a = first + second;
  }
  store<u32>(state, load<u32>(state) + a);
  store<u32>(state + 4, load<u32>(state + 4) + b);
  store<u32>(state + 8, load<u32>(state + 8) + c);
  store<u32>(state + 12, load<u32>(state + 12) + d);
  store<u32>(state + 16, load<u32>(state + 16) + e);
  store<u32>(state + 20, load<u32>(state + 20) + f);
  store<u32>(state + 24, load<u32>(state + 24) + g);
  store<u32>(state + 28, load<u32>(state + 28) + h);
}
