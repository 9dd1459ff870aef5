import { sha256Wasm } from './sha256Wasm.ts'
import { base64Bytes, hashBytes } from './text.ts'

// SHA-256 (FIPS 180-4) of this package's own, so that it is the same in every machine that runs JavaScript, without waiting and without a call
// into something else for every hash: single messages in JavaScript, many at once in four lanes of WebAssembly where the machine has it.

const roundConstants = Int32Array.from([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
])
const blockBytes = 64
const initial = Int32Array.of(0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19)
const words = new Int32Array(64)
const pending = new Uint8Array(blockBytes)

/** SHA-256 of the parts one after the other, 32 bytes. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const lanes = lanesOf()
  if (lanes === undefined) return sha256Plain(...parts)
  let length = 0
  for (const part of parts) length += part.length
  const out = length + (8 - (length % 8))
  const room = roomIn(lanes, out + hashBytes)
  const begin = lanes.free()
  let at = 0
  for (const part of parts) {
    room.set(part, at)
    at += part.length
  }
  lanes.one(begin, length, begin + out)
  return room.slice(out, out + hashBytes)
}

/** The same in JavaScript alone; `sha256` falls back to it. */
export function sha256Plain(...parts: readonly Uint8Array[]): Uint8Array {
  const state = initial.slice()
  let held = 0
  let total = 0
  for (const part of parts) {
    total += part.length
    let at = 0
    if (held > 0) {
      at = Math.min(blockBytes - held, part.length)
      pending.set(part.subarray(0, at), held)
      held += at
      if (held < blockBytes) continue
      compress(state, pending, 0)
      held = 0
    }
    for (; at + blockBytes <= part.length; at += blockBytes) compress(state, part, at)
    if (at < part.length) pending.set(part.subarray(at))
    held = part.length - at
  }
  pending[held] = 0x80
  pending.fill(0, held + 1)
  if (held >= blockBytes - 8) {
    compress(state, pending, 0)
    pending.fill(0)
  }
  const view = new DataView(pending.buffer)
  view.setUint32(blockBytes - 8, Math.floor(total / 2 ** 29))
  view.setUint32(blockBytes - 4, (total * 8) % 2 ** 32)
  compress(state, pending, 0)
  const hash = new Uint8Array(hashBytes)
  const out = new DataView(hash.buffer)
  for (let word = 0; word < 8; word += 1) out.setInt32(word * 4, state[word] ?? 0)
  return hash
}

/** One block into the state. Typed arrays give numbers for every index below; the `!` say so to the compiler. */
function compress(state: Int32Array, bytes: Uint8Array, at: number): void {
  const w = words
  for (let t = 0, from = at; t < 16; t += 1, from += 4) w[t] = (bytes[from]! << 24) | (bytes[from + 1]! << 16) | (bytes[from + 2]! << 8) | bytes[from + 3]!
  for (let t = 16; t < 64; t += 1) {
    const x = w[t - 15]!
    const y = w[t - 2]!
    w[t] = (w[t - 16]! + (((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)) + w[t - 7]! + (((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10))) | 0
  }
  let a = state[0]!
  let b = state[1]!
  let c = state[2]!
  let d = state[3]!
  let e = state[4]!
  let f = state[5]!
  let g = state[6]!
  let h = state[7]!
  for (let t = 0; t < 64; t += 1) {
    const one = (h + (((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))) + ((e & f) ^ (~e & g)) + roundConstants[t]! + w[t]!) | 0
    const two = ((((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))) + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + one) | 0
    d = c
    c = b
    b = a
    a = (one + two) | 0
  }
  state[0]! += a
  state[1]! += b
  state[2]! += c
  state[3]! += d
  state[4]! += e
  state[5]! += f
  state[6]! += g
  state[7]! += h
}

interface Lanes {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  free(): number
  one(data: number, length: number, out: number): void
  parents(pairs: number, count: number, out: number): void
  leaves(data: number, spans: number, count: number, out: number): void
}
interface Assembly { readonly Module: new (bytes: Uint8Array) => object; readonly Instance: new (module: object) => { readonly exports: unknown } }

/** The lanes, made when first asked for; none where WebAssembly or its vectors are missing or forbidden. */
function lanesHere(): Lanes | undefined {
  try {
    const { Module, Instance } = (globalThis as unknown as { WebAssembly: Assembly }).WebAssembly
    return new Instance(new Module(base64Bytes(sha256Wasm, 'sha256/wasm'))).exports as Lanes
  } catch {
    return undefined // slower, and the same
  }
}
let made: { readonly lanes: Lanes | undefined } | undefined
const lanesOf = (): Lanes | undefined => (made ??= { lanes: lanesHere() }).lanes

const pageBytes = 65_536
/** Reads and writes of whole vectors may pass the end by so much. */
const slackBytes = 512

let roomHeld: Uint8Array | undefined

/** The memory of the lanes from its free end on, at least so many bytes; asked for anew for every call, because growth makes a new buffer. */
function roomIn(lanes: Lanes, bytes: number): Uint8Array {
  if (roomHeld !== undefined && roomHeld.length >= bytes + slackBytes) return roomHeld
  const begin = lanes.free()
  const missing = begin + bytes + slackBytes - lanes.memory.buffer.byteLength
  if (missing > 0) lanes.memory.grow(Math.ceil(missing / pageBytes))
  roomHeld = new Uint8Array(lanes.memory.buffer, begin)
  return roomHeld
}

const leafByte = Uint8Array.of(0)
const nodeByte = Uint8Array.of(1)

/**
 * RFC 6962 leaf hashes, SHA-256(0x00 || message), of messages that stand in `data`; `spans` says for each where it begins and how long it is (at most 65,535
 * bytes). 32 bytes each, one behind the other.
 */
export function leafHashesOf(data: Uint8Array, spans: Uint32Array): Uint8Array {
  const count = spans.length / 2
  const lanes = lanesOf()
  if (lanes === undefined) {
    const hashes = new Uint8Array(count * hashBytes)
    for (let index = 0; index < count; index += 1) hashes.set(sha256(leafByte, data.subarray(spans[index * 2], spans[index * 2]! + spans[index * 2 + 1]!)), index * hashBytes)
    return hashes
  }
  const spansAt = Math.ceil((data.length + 16) / 8) * 8
  const out = spansAt + spans.byteLength
  const room = roomIn(lanes, out + count * hashBytes)
  const begin = lanes.free()
  room.set(data)
  room.set(new Uint8Array(spans.buffer, spans.byteOffset, spans.byteLength), spansAt) // both sides are little-endian
  lanes.leaves(begin, begin + spansAt, count, begin + out)
  return room.slice(out, out + count * hashBytes)
}

/** Pairs that go through the lanes at a time: little enough to stay in the processor's caches. */
const pairsMax = 4_096

/** RFC 6962 node hashes, SHA-256(0x01 || left || right), of the pairs in a row of hashes; one that is left over has no parent. */
export function parentHashesOf(row: Uint8Array): Uint8Array {
  const count = Math.floor(row.length / (2 * hashBytes))
  const parents = new Uint8Array(count * hashBytes)
  const lanes = lanesOf()
  if (lanes === undefined) {
    for (let place = 0; place < count; place += 1) parents.set(sha256(nodeByte, row.subarray(place * 64, place * 64 + 64)), place * hashBytes)
    return parents
  }
  for (let done = 0; done < count; done += pairsMax) {
    const pairs = Math.min(pairsMax, count - done)
    const out = pairs * 64 + slackBytes
    const room = roomIn(lanes, out + pairs * hashBytes)
    const begin = lanes.free()
    room.set(row.subarray(done * 64, (done + pairs) * 64))
    lanes.parents(begin, pairs, begin + out)
    parents.set(room.subarray(out, out + pairs * hashBytes), done * hashBytes)
  }
  return parents
}
