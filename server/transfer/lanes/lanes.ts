/** HMAC-SHA-256 (RFC 2104) of many short messages at once, four in the lanes of a vector: what tokens of a copy are made of. */
import { readFileSync } from 'node:fs'

/** Longer messages do not fit a block beside their padding. */
export const messageBytesMax = 55

/** Messages that wait at most. */
export const messagesMax = 4_096

const [slotBytes, codeBytes, keyBytesMax] = [64, 32, 64]

interface Exports { readonly base: { readonly value: number }; readonly begin: () => void; readonly run: (count: number, codes: number) => void }

/** Messages are written into `slots`, one every 64 bytes, and `seal`ed with their length; `run` makes the codes of all of them, 32 bytes each in `codes`, and wipes their slots. */
export interface Lanes {
  readonly slots: Uint8Array
  readonly codes: Uint8Array
  /** Pads message `index`, of at most 55 bytes. What follows it in its slot has to be zero, as `run` and `wipe` leave it. */
  readonly seal: (index: number, length: number) => void
  /** Takes back what was written into a slot and is not sealed. */
  readonly wipe: (index: number) => void
  readonly run: (count: number) => void
}

// Node has it; the types of this project's libraries do not.
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Memory: new (descriptor: { readonly initial: number }) => { readonly buffer: ArrayBuffer }
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown }
}

let compiled: object | undefined

/** Throws `RangeError` for a key of more than 64 bytes. */
export function createLanes(key: Uint8Array): Lanes {
  if (key.length > keyBytesMax) throw new RangeError('a key of at most 64 bytes')
  compiled ??= new WebAssembly.Module(readFileSync(new URL('./lanes.wasm', import.meta.url)))
  const memory = new WebAssembly.Memory({ initial: 1 + Math.ceil((4096 + messagesMax * (slotBytes + codeBytes)) / 65_536) })
  const { base, begin, run } = new WebAssembly.Instance(compiled, { env: { memory } }).exports as Exports
  const codesAt = base.value + messagesMax * slotBytes
  const slots = new Uint8Array(memory.buffer, base.value, messagesMax * slotBytes)
  for (let at = 0; at < keyBytesMax; at += 1) {
    slots[at] = (key[at] ?? 0) ^ 0x36
    slots[keyBytesMax + at] = (key[at] ?? 0) ^ 0x5c
  }
  begin()
  return {
    slots, codes: new Uint8Array(memory.buffer, codesAt, messagesMax * codeBytes),
    seal: (index, length) => {
      const at = index * slotBytes
      slots[at + length] = 0x80
      const bits = (slotBytes + length) * 8 // the key's block comes before it
      slots[at + slotBytes - 2] = bits >> 8
      slots[at + slotBytes - 1] = bits & 255
    },
    wipe: (index) => { slots.fill(0, index * slotBytes, (index + 1) * slotBytes) },
    run: (count) => {
      run(count, codesAt)
      slots.fill(0, 0, count * slotBytes)
    },
  }
}
