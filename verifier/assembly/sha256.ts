// SHA-256 (FIPS 180-4) of four messages at once: each 32-bit lane of a vector is one message. Leaves and nodes of a log are hashed by the million,
// and four of the same number of blocks go through the rounds together. Built into `sha256Wasm.ts`; a test builds it again and compares.

const constants: usize = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
], 16)
const schedule: usize = memory.data(64 * 16, 16)
const state: usize = memory.data(8 * 16, 16)

/** Blocks up to which messages wait for three others of their length; longer ones, which are rare, go alone. */
const waitingBlocksMax: i32 = 32
/** For each number of blocks, how many wait, and which. */
const waiting: usize = memory.data((32 + 1) * 5 * 4, 16)
/** Four padded messages side by side: the longest leaf is 65,535 bytes behind its domain byte, 1,025 blocks. */
const padded: usize = memory.data(4 * (1_025 * 64 + 64), 16)
const paddedStride: usize = 1_025 * 64 + 64

@inline function rotated(x: v128, by: i32): v128 { return v128.or(i32x4.shr_u(x, by), i32x4.shl(x, 32 - by)) }
@inline function word(t: usize): v128 { return v128.load(schedule + (t << 4)) }
@inline function add(x: v128, y: v128): v128 { return i32x4.add(x, y) }
@inline function constantAnd(t: usize): v128 { return add(v128.load32_splat(constants + (t << 2)), word(t)) }
@inline function sigmaLow(x: v128): v128 { return v128.xor(v128.xor(rotated(x, 7), rotated(x, 18)), i32x4.shr_u(x, 3)) }
@inline function sigmaHigh(x: v128): v128 { return v128.xor(v128.xor(rotated(x, 17), rotated(x, 19)), i32x4.shr_u(x, 10)) }
/** What a round adds to `d`, and to what becomes `a`. */
@inline function first(e: v128, f: v128, g: v128, h: v128, t: usize): v128 {
  return add(add(h, constantAnd(t)), add(v128.xor(v128.xor(rotated(e, 6), rotated(e, 11)), rotated(e, 25)), v128.bitselect(f, g, e)))
}
@inline function second(a: v128, b: v128, c: v128): v128 {
  return add(v128.xor(v128.xor(rotated(a, 2), rotated(a, 13)), rotated(a, 22)), v128.bitselect(c, b, v128.xor(a, b)))
}
@inline function bigEndian(x: v128): v128 { return i8x16.shuffle(x, x, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12) }

/** Four rows of four words, turned: word `j` of each message side by side. */
@inline function turn(x0: v128, x1: v128, x2: v128, x3: v128, to: usize, stride: usize): void {
  const low01 = v128.shuffle<i32>(x0, x1, 0, 4, 1, 5)
  const low23 = v128.shuffle<i32>(x2, x3, 0, 4, 1, 5)
  const high01 = v128.shuffle<i32>(x0, x1, 2, 6, 3, 7)
  const high23 = v128.shuffle<i32>(x2, x3, 2, 6, 3, 7)
  v128.store(to, v128.shuffle<i64>(low01, low23, 0, 2))
  v128.store(to + stride, v128.shuffle<i64>(low01, low23, 1, 3))
  v128.store(to + 2 * stride, v128.shuffle<i64>(high01, high23, 0, 2))
  v128.store(to + 3 * stride, v128.shuffle<i64>(high01, high23, 1, 3))
}

function begin(): void {
  v128.store(state, i32x4.splat(0x6a09e667))
  v128.store(state + 16, i32x4.splat(<i32>0xbb67ae85))
  v128.store(state + 32, i32x4.splat(0x3c6ef372))
  v128.store(state + 48, i32x4.splat(<i32>0xa54ff53a))
  v128.store(state + 64, i32x4.splat(0x510e527f))
  v128.store(state + 80, i32x4.splat(<i32>0x9b05688c))
  v128.store(state + 96, i32x4.splat(0x1f83d9ab))
  v128.store(state + 112, i32x4.splat(0x5be0cd19))
}

/** One block of each of the four messages that stand `stride` apart. */
function compress(at: usize, stride: usize): void {
  for (let part: usize = 0; part < 64; part += 16) {
    turn(bigEndian(v128.load(at + part)), bigEndian(v128.load(at + stride + part)), bigEndian(v128.load(at + 2 * stride + part)), bigEndian(v128.load(at + 3 * stride + part)), schedule + (part << 2), 16)
  }
  for (let t: usize = 16; t < 64; t += 1) v128.store(schedule + (t << 4), add(add(word(t - 16), sigmaLow(word(t - 15))), add(word(t - 7), sigmaHigh(word(t - 2)))))
  let a = v128.load(state)
  let b = v128.load(state + 16)
  let c = v128.load(state + 32)
  let d = v128.load(state + 48)
  let e = v128.load(state + 64)
  let f = v128.load(state + 80)
  let g = v128.load(state + 96)
  let h = v128.load(state + 112)
  for (let t: usize = 0; t < 64; t += 8) { // eight rounds, after which each letter is itself again
    let one = first(e, f, g, h, t); d = add(d, one); h = add(one, second(a, b, c))
    one = first(d, e, f, g, t + 1); c = add(c, one); g = add(one, second(h, a, b))
    one = first(c, d, e, f, t + 2); b = add(b, one); f = add(one, second(g, h, a))
    one = first(b, c, d, e, t + 3); a = add(a, one); e = add(one, second(f, g, h))
    one = first(a, b, c, d, t + 4); h = add(h, one); d = add(one, second(e, f, g))
    one = first(h, a, b, c, t + 5); g = add(g, one); c = add(one, second(d, e, f))
    one = first(g, h, a, b, t + 6); f = add(f, one); b = add(one, second(c, d, e))
    one = first(f, g, h, a, t + 7); e = add(e, one); a = add(one, second(b, c, d))
  }
  v128.store(state, add(v128.load(state), a))
  v128.store(state + 16, add(v128.load(state + 16), b))
  v128.store(state + 32, add(v128.load(state + 32), c))
  v128.store(state + 48, add(v128.load(state + 48), d))
  v128.store(state + 64, add(v128.load(state + 64), e))
  v128.store(state + 80, add(v128.load(state + 80), f))
  v128.store(state + 96, add(v128.load(state + 96), g))
  v128.store(state + 112, add(v128.load(state + 112), h))
}

/** The four hashes, one behind the other. */
function finish(out: usize): void {
  for (let part: usize = 0; part < 32; part += 16) {
    const row = state + (part << 2)
    turn(bigEndian(v128.load(row)), bigEndian(v128.load(row + 16)), bigEndian(v128.load(row + 32)), bigEndian(v128.load(row + 48)), out + part, 32)
  }
}

const four: usize = memory.data(4 * 32, 16)

/** SHA-256(0x01 || left || right) of `count` pairs that stand one behind the other (64 bytes each), 32 bytes each to `out`. Reads and writes up to the next four. */
export function parents(pairs: usize, count: i32, out: usize): void {
  memory.fill(padded, 0, 512)
  for (let lane: usize = 0; lane < 4; lane += 1) {
    const at = padded + lane * 128
    store<u8>(at, 1)
    store<u8>(at + 65, 0x80)
    store<u16>(at + 126, 0x0802) // 520 bits, the high byte first
  }
  for (let done = 0; done < count; done += 4) {
    for (let lane: usize = 0; lane < 4; lane += 1) {
      const from = pairs + lane * 64
      const to = padded + lane * 128 + 1
      v128.store(to, v128.load(from))
      v128.store(to + 16, v128.load(from + 16))
      v128.store(to + 32, v128.load(from + 32))
      v128.store(to + 48, v128.load(from + 48))
    }
    begin()
    compress(padded, 128)
    compress(padded + 64, 128)
    finish(out)
    pairs += 256
    out += 128
  }
}

/** Puts 0x00 || message, padded, into a lane. */
function put(lane: usize, from: usize, length: usize, blocks: i32): void {
  const at = padded + lane * paddedStride
  store<u8>(at, 0)
  memory.copy(at + 1, from, length)
  const end = at + (<usize>blocks << 6)
  const rest = at + 1 + length
  memory.fill(rest, 0, end - rest)
  store<u8>(rest, 0x80)
  store<u32>(end - 4, bswap<u32>(<u32>((length + 1) << 3)))
}

function together(spans: usize, blocks: i32, which: usize, count: i32, data: usize, out: usize): void {
  for (let lane = 0; lane < 4; lane += 1) {
    if (lane >= count) break
    const span = spans + (<usize>load<u32>(which + (<usize>lane << 2)) << 3)
    put(lane, data + load<u32>(span), load<u32>(span + 4), blocks)
  }
  begin()
  for (let block = 0; block < blocks; block += 1) compress(padded + (<usize>block << 6), paddedStride)
  finish(four)
  for (let lane = 0; lane < count; lane += 1) memory.copy(out + (<usize>load<u32>(which + (<usize>lane << 2)) << 5), four + (<usize>lane << 5), 32)
}

const alone: usize = memory.data(4, 4)

/** SHA-256(0x00 || message) of `count` messages, 32 bytes each to `out`. `spans`: where each begins in `data`, and how long it is, 32 bits each. */
export function leaves(data: usize, spans: usize, count: i32, out: usize): void {
  memory.fill(waiting, 0, (waitingBlocksMax + 1) * 5 * 4)
  for (let index = 0; index < count; index += 1) {
    const blocks = <i32>((load<u32>(spans + (<usize>index << 3) + 4) + 1 + 9 + 63) >> 6)
    if (blocks > waitingBlocksMax) {
      store<u32>(alone, index)
      together(spans, blocks, alone, 1, data, out)
      continue
    }
    const row = waiting + <usize>blocks * 20
    const held = load<i32>(row)
    store<u32>(row + 4 + (<usize>held << 2), index)
    if (held < 3) store<i32>(row, held + 1)
    else {
      store<i32>(row, 0)
      together(spans, blocks, row + 4, 4, data, out)
    }
  }
  for (let blocks = 1; blocks <= waitingBlocksMax; blocks += 1) {
    const row = waiting + <usize>blocks * 20
    const held = load<i32>(row)
    if (held > 0) together(spans, blocks, row + 4, held, data, out)
  }
}

/** SHA-256 of one message, 32 bytes to `out`: all four lanes are it. */
export function one(data: usize, length: usize, out: usize): void {
  begin()
  const whole = length & ~63
  for (let at: usize = 0; at < whole; at += 64) compress(data + at, 0)
  const held = length - whole
  const blocks: usize = held < 56 ? 64 : 128
  memory.fill(padded, 0, blocks)
  memory.copy(padded, data + whole, held)
  store<u8>(padded + held, 0x80)
  store<u64>(padded + blocks - 8, bswap<u64>(<u64>length << 3))
  for (let at: usize = 0; at < blocks; at += 64) compress(padded + at, 0)
  finish(four)
  memory.copy(out, four, 32)
}

/** Where what is written from outside may begin. */
export function free(): usize { return __heap_base }
