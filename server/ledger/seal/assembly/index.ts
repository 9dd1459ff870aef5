// Galois/Counter Mode (NIST SP 800-38D) of many messages, without the cipher: AES itself is done by the caller, on blocks that `counters` lays out and in their place. No table and no branch hangs on
// a key or on what is sealed: carry-less products are made of ordinary ones with holes between their bits, as in BearSSL's `ghash_ctmul64` (T. Pornin).
//
// A row of the table, 24 bytes: where the message is (its nonce stands in the 12 bytes before it, its tag will in the 16 behind it), its length, where its associated data are, their length, where its blocks are,
// where AES of sixteen zeros under its key is.

const rowBytes: usize = 24
const rest: usize = memory.data(16, 16)

// @ts-ignore: decorator
@inline function product(x: u64, y: u64): u64 {
  const x0 = x & 0x1111111111111111, x1 = x & 0x2222222222222222, x2 = x & 0x4444444444444444, x3 = x & 0x8888888888888888
  const y0 = y & 0x1111111111111111, y1 = y & 0x2222222222222222, y2 = y & 0x4444444444444444, y3 = y & 0x8888888888888888
  return (((x0 * y0) ^ (x1 * y3) ^ (x2 * y2) ^ (x3 * y1)) & 0x1111111111111111)
    | (((x0 * y1) ^ (x1 * y0) ^ (x2 * y3) ^ (x3 * y2)) & 0x2222222222222222)
    | (((x0 * y2) ^ (x1 * y1) ^ (x2 * y0) ^ (x3 * y3)) & 0x4444444444444444)
    | (((x0 * y3) ^ (x1 * y2) ^ (x2 * y1) ^ (x3 * y0)) & 0x8888888888888888)
}

// The bits of a word in the other order.
// @ts-ignore: decorator
@inline function turned(x: u64): u64 {
  let y = bswap<u64>(x)
  y = ((y & 0x0f0f0f0f0f0f0f0f) << 4) | ((y >> 4) & 0x0f0f0f0f0f0f0f0f)
  y = ((y & 0x3333333333333333) << 2) | ((y >> 2) & 0x3333333333333333)
  return ((y & 0x5555555555555555) << 1) | ((y >> 1) & 0x5555555555555555)
}

let high: u64 = 0
let low: u64 = 0

/** Takes whole blocks into the hash, and what is left of the last one with zeros behind it. */
function hashed(from: usize, length: usize, key: usize): void {
  const h1 = bswap<u64>(load<u64>(key)), h0 = bswap<u64>(load<u64>(key + 8))
  const h1r = turned(h1), h0r = turned(h0)
  const h2 = h0 ^ h1, h2r = h0r ^ h1r
  const whole = from + (length & ~15)
  let y1 = high, y0 = low
  for (let at = from; at < from + length; at += 16) {
    let block = at
    if (at == whole) {
      v128.store(rest, i64x2.splat(0))
      memory.copy(rest, at, length & 15)
      block = rest
    }
    y1 ^= bswap<u64>(load<u64>(block))
    y0 ^= bswap<u64>(load<u64>(block + 8))
    const y1r = turned(y1), y0r = turned(y0)
    const z0 = product(y0, h0), z1 = product(y1, h1)
    const z2 = product(y0 ^ y1, h2) ^ z0 ^ z1
    let z0h = product(y0r, h0r), z1h = product(y1r, h1r)
    let z2h = product(y0r ^ y1r, h2r) ^ z0h ^ z1h
    z0h = turned(z0h) >> 1
    z1h = turned(z1h) >> 1
    z2h = turned(z2h) >> 1
    let v0 = z0, v1 = z0h ^ z2, v2 = z1 ^ z2h, v3 = z1h
    v3 = (v3 << 1) | (v2 >> 63)
    v2 = (v2 << 1) | (v1 >> 63)
    v1 = (v1 << 1) | (v0 >> 63)
    v0 = v0 << 1
    v2 ^= v0 ^ (v0 >> 1) ^ (v0 >> 2) ^ (v0 >> 7)
    v1 ^= (v0 << 63) ^ (v0 << 62) ^ (v0 << 57)
    y1 = v3 ^ v1 ^ (v1 >> 1) ^ (v1 >> 2) ^ (v1 >> 7)
    y0 = v2 ^ (v1 << 63) ^ (v1 << 62) ^ (v1 << 57)
  }
  high = y1
  low = y0
}

/** Lays out the counter blocks of each message: one for its tag, and those that its bytes need. */
export function counters(table: usize, count: i32): void {
  for (let row = table; row < table + <usize>count * rowBytes; row += rowBytes) {
    const nonce = <usize>load<u32>(row) - 12
    const blocks: u32 = 1 + ((load<u32>(row + 4) + 15) >> 4)
    let at = <usize>load<u32>(row + 16)
    for (let block: u32 = 1; block <= blocks; block += 1) {
      store<u64>(at, load<u64>(nonce))
      store<u32>(at + 8, load<u32>(nonce + 8))
      store<u32>(at + 12, bswap<u32>(block))
      at += 16
    }
  }
}

/** Encrypts each message in its place, and puts its tag behind it, where 16 bytes are free. */
export function seal(table: usize, count: i32): void {
  for (let row = table; row < table + <usize>count * rowBytes; row += rowBytes) {
    const data = <usize>load<u32>(row), length = <usize>load<u32>(row + 4)
    const associated = <usize>load<u32>(row + 8), associatedLength = <usize>load<u32>(row + 12)
    const blocks = <usize>load<u32>(row + 16), key = <usize>load<u32>(row + 20)
    for (let at: usize = 0; at < length; at += 16) v128.store(data + at, v128.xor(v128.load(data + at), v128.load(blocks + 16 + at))) // beyond the end: the tag's place
    high = 0
    low = 0
    hashed(associated, associatedLength, key)
    hashed(data, length, key)
    store<u64>(rest + 0, bswap<u64>(<u64>associatedLength << 3))
    store<u64>(rest + 8, bswap<u64>(<u64>length << 3))
    hashed(rest, 16, key)
    store<u64>(data + length, bswap<u64>(high) ^ load<u64>(blocks))
    store<u64>(data + length + 8, bswap<u64>(low) ^ load<u64>(blocks + 8))
  }
}

/** Where what is written from outside may begin. */
export function free(): usize { return __heap_base }
