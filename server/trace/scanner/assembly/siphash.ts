// SipHash-2-4 (Aumasson, Bernstein, 2012) with a 128-bit key over the value in scratch, whose last word is padded with zeros.

// @ts-ignore: decorator
@inline
function rotate(x: u64, by: u64): u64 {
  return rotl<u64>(x, by);
}

export function siphash(from: usize, length: i32, key0: u64, key1: u64): u64 {
  let v0 = key0 ^ 0x736f6d6570736575;
  let v1 = key1 ^ 0x646f72616e646f6d;
  let v2 = key0 ^ 0x6c7967656e657261;
  let v3 = key1 ^ 0x7465646279746573;
  const words = length >> 3;
  for (let i = 0; i <= words; i++) {
    let m: u64;
    if (i < words) m = load<u64>(from + (<usize>i << 3));
    else {
      m = <u64>length << 56;
      if (length & 7) m |= load<u64>(from + (<usize>i << 3));
    }
    v3 ^= m;
    v0 += v1; v1 = rotate(v1, 13); v1 ^= v0; v0 = rotate(v0, 32);
    v2 += v3; v3 = rotate(v3, 16); v3 ^= v2;
    v0 += v3; v3 = rotate(v3, 21); v3 ^= v0;
    v2 += v1; v1 = rotate(v1, 17); v1 ^= v2; v2 = rotate(v2, 32);
    v0 += v1; v1 = rotate(v1, 13); v1 ^= v0; v0 = rotate(v0, 32);
    v2 += v3; v3 = rotate(v3, 16); v3 ^= v2;
    v0 += v3; v3 = rotate(v3, 21); v3 ^= v0;
    v2 += v1; v1 = rotate(v1, 17); v1 ^= v2; v2 = rotate(v2, 32);
    v0 ^= m;
  }
  v2 ^= 0xff;
  for (let round = 0; round < 4; round++) {
    v0 += v1; v1 = rotate(v1, 13); v1 ^= v0; v0 = rotate(v0, 32);
    v2 += v3; v3 = rotate(v3, 16); v3 ^= v2;
    v0 += v3; v3 = rotate(v3, 21); v3 ^= v0;
    v2 += v1; v1 = rotate(v1, 17); v1 ^= v2; v2 = rotate(v2, 32);
  }
  const token = v0 ^ v1 ^ v2 ^ v3;
  return token == 0 ? 1 : token; // zero marks an empty slot
}

/** The link of two tokens of one record, whatever their order: the finaliser of SplitMix64 over their sum. */
export function mix(sum: u64): u64 {
  let x = sum + 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  x ^= x >> 31;
  return x == 0 ? 1 : x;
}
