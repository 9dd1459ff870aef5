/**
 * Parts of a batch, committed to and encrypted as `sealPart` does one (`../entry.ts`): the same bytes. A cipher of Node's is made, asked and closed again for each message, which took longer than all else that is done to an
 * entry; here AES is asked once a key for the blocks of all its parts, and the rest of GCM is done where they stand.
 */
import { createCipheriv, createSecretKey, hash, type Cipheriv } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { SealingKey } from '../entry.ts'

// Node has it; the types of this project's libraries do not.
declare const WebAssembly: { readonly Module: new (bytes: Uint8Array) => object; readonly Instance: new (module: object) => { readonly exports: unknown } }

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  free(): number
  counters(table: number, count: number): void
  seal(table: number, count: number): void
}

const [saltBytes, nonceBytes, tagBytes, blockBytes, rowWords, pageBytes] = [32, 12, 16, 16, 6, 65_536]
const prefix = Buffer.from('bailee/commit/v1\n')

let made: Exports | undefined
let room = Buffer.alloc(0)

const program = (): Exports => (made ??= new WebAssembly.Instance(new WebAssembly.Module(readFileSync(new URL('./seal.wasm', import.meta.url)))).exports as Exports)

/** Bytes of its memory that are kept from one batch to the next; a batch that took more gives all of it back. */
const keptBytesMax = 8 * 1024 * 1024
/** Bytes of `room` in which something of a batch stands. */
let used = 0

/** Memory of the program from its free end on, at least so many bytes; growing makes a new buffer of what was there. */
function reserve(bytes: number): void {
  used = Math.max(used, bytes)
  if (room.length >= bytes) return
  const { memory, free } = program()
  const missing = free() + (bytes < keptBytesMax ? bytes * 2 : Math.ceil(bytes * 1.25)) - memory.buffer.byteLength
  if (missing > 0) memory.grow(Math.ceil(missing / pageBytes))
  room = Buffer.from(memory.buffer, free())
}

/** Nothing of a batch stays behind: what was sealed goes with its key, here as well. */
function clear(): void {
  room.fill(0, 0, used)
  used = 0
  if (room.length > keptBytesMax) [made, room] = [undefined, Buffer.alloc(0)] // memory of a program never shrinks
}

/** Bytes that the memory has for batches, as they are between two. */
export const memoryHeld = (): Uint8Array => room

const aligned = (at: number): number => Math.ceil(at / blockBytes) * blockBytes
const blocksOf = (length: number): number => 1 + Math.ceil(length / blockBytes)

/** A key, with AES under it: whole blocks go in, as many come out, and none is held back. */
interface Blocks { readonly aes: Cipheriv; readonly hashKey: Uint8Array }
const blocksOfKeys = new WeakMap<SealingKey, Blocks>()

function blocksUnder(key: SealingKey): Blocks {
  let found = blocksOfKeys.get(key)
  if (found === undefined) {
    const aes = createCipheriv('aes-256-ecb', key.object ??= createSecretKey(key.key), null).setAutoPadding(false)
    blocksOfKeys.set(key, found = { aes, hashKey: aes.update(Buffer.alloc(blockBytes)) })
  }
  return found
}

/** Places of one part in the memory. */
interface Place { readonly data: number; readonly length: number; readonly associated: number; readonly associatedLength: number }

/** A batch while it is made. One at a time: the next is begun when this one was finished or is wanted no more. */
export interface Sealing {
  /** Takes a part: its text, the text bound to it, and 44 fresh bytes (32 of salt, 12 of nonce). Returns its commitment in hexadecimal. */
  add(text: string, associated: string, key: SealingKey, randomness: Uint8Array): string
  /** Nonce, ciphertext and tag of each part, in the order in which they were taken. */
  finish(): Uint8Array[]
  /** Forgets what was taken: nothing is to be sealed. */
  abandon(): void
}

/** Begins a batch. */
export function beginSealing(): Sealing {
  if (used > 0) clear()
  let end = 0
  const places: Place[] = []
  const byKey = new Map<SealingKey, number[]>()
  return {
    add: (text, bound, key, randomness) => {
      reserve(end + (bound.length + text.length) * 3 + prefix.length + saltBytes + 2 * tagBytes) // no character takes more than 3 bytes a unit
      const associatedLength = room.write(bound, end) // in UTF-8, as whoever opens it reads it
      const data = end + associatedLength + prefix.length
      room.set(prefix, data - prefix.length)
      room.set(randomness.subarray(0, saltBytes), data)
      const length = saltBytes + room.write(text, data + saltBytes)
      const commitment = hash('sha256', room.subarray(data - prefix.length, data + length), 'hex')
      room.set(randomness.subarray(saltBytes, saltBytes + nonceBytes), data - nonceBytes)
      const own = byKey.get(key)
      if (own === undefined) byKey.set(key, [places.length])
      else own.push(places.length)
      places.push({ data, length, associated: end, associatedLength })
      end = data + length + tagBytes
      return commitment
    },
    finish: () => {
      if (places.length === 0) return []
      encrypt(places, byKey, aligned(end))
      const sealed = Buffer.from(room.subarray(0, end))
      clear()
      return places.map(({ data, length }) => sealed.subarray(data - nonceBytes, data + length + tagBytes))
    },
    abandon: clear,
  }
}

/** Behind the parts, from `begin` on: the blocks, key by key; what AES makes of zeros under each; the table of what is where. */
function encrypt(places: readonly Place[], byKey: ReadonlyMap<SealingKey, readonly number[]>, begin: number): void {
  const { counters, seal, free } = program()
  const base = free()
  const table = new Uint32Array(places.length * rowWords)
  let keyAt = begin
  for (const { length } of places) keyAt += blocksOf(length) * blockBytes
  const tableAt = keyAt + byKey.size * blockBytes
  reserve(tableAt + table.byteLength)
  let at = begin
  for (const [key, own] of byKey) {
    for (const number of own) {
      const { data, length, associated, associatedLength } = places[number]!
      const row = number * rowWords
      table[row] = base + data
      table[row + 1] = length
      table[row + 2] = base + associated
      table[row + 3] = associatedLength
      table[row + 4] = base + at
      table[row + 5] = base + keyAt
      at += blocksOf(length) * blockBytes
    }
    room.set(blocksUnder(key).hashKey, keyAt)
    keyAt += blockBytes
  }
  room.set(new Uint8Array(table.buffer), tableAt) // both sides are little-endian
  counters(base + tableAt, places.length)
  at = begin
  for (const [key, own] of byKey) {
    const from = at
    for (const number of own) at += blocksOf(places[number]!.length) * blockBytes
    const stream = blocksUnder(key).aes.update(room.subarray(from, at))
    room.set(stream, from)
    stream.fill(0)
  }
  seal(base + tableAt, places.length)
}
