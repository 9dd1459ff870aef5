/**
 * A sketch: the tokens of about one in 1,024 of the different values of a place, each once a field. Tokens are as good as random, so that sketches made with the
 * same key hold the same values, and what two of them share tells how much two places share. Pure.
 */
import { Broken } from '#kit/errors'
import { concatenate } from '../fingerprint/tokens.ts'
import type { Machine, Setting } from '../scanner/machine.ts'

/** Bits of the tokens that are in a sketch at its first level: one in 2 ** 10 of all. */
export const sketchTokenBits = 54

/** Tokens in the sketch of a place: at 8 bytes each a file of 2 MB. With more values the sample is thinner: one in 2,048, and so on. */
export const sketchTokensMax = 262_144

/** Fields of one part that are told apart; those behind count as one (`scanner/assembly/sketch.ts`). */
export const sketchFieldsMax = 1024

/** The sketch of one part of a place. */
export interface Sketch {
  /** How often the sample was halved: tokens below 2 ** (54 - level) are in it, all of them. */
  readonly level: number
  /** Ascending, each once: a token, and above its 54 bits the number of the field. */
  readonly entries: BigUint64Array
}

export const emptySketch: Sketch = { level: 0, entries: new BigUint64Array() }

const tokenMask = (1n << BigInt(sketchTokenBits)) - 1n

/** One in so many of the different values has its token in a sketch of that level. */
export const oneIn = (level: number): number => 2 ** (64 - sketchTokenBits + level)

/** The token of an entry. */
export const tokenOf = (entry: bigint): bigint => entry & tokenMask

/** The number of its field. */
export const fieldOf = (entry: bigint): number => Number(entry >> BigInt(sketchTokenBits))

/** Entries as a sketch of a higher level has them. */
export function thinned(entries: BigUint64Array, level: number): BigUint64Array {
  const bound = 1n << BigInt(sketchTokenBits - level)
  return entries.filter((entry) => tokenOf(entry) < bound)
}

/**
 * The sketch of several parts read as one: what is in any of them, at the level of the thinnest. The same however a place was cut into parts and in whatever order
 * they were read.
 */
export function unite(parts: readonly Sketch[], tokensMax = sketchTokensMax): Sketch {
  let level = Math.max(0, ...parts.map((part) => part.level))
  const all = concatenate(parts.map((part) => (part.level === level ? part.entries : thinned(part.entries, level)))).sort()
  let entries: BigUint64Array = all.filter((entry, at) => at === 0 || entry !== all[at - 1])
  while (entries.length > tokensMax) entries = thinned(entries, level += 1)
  return { level, entries }
}

const headBytes = 1

/** A sketch as bytes; sealing them is the caller's. */
export function encodeSketch({ level, entries }: Sketch): Uint8Array {
  return Buffer.concat([Buffer.of(level), new Uint8Array(entries.buffer, entries.byteOffset, entries.byteLength)])
}

/** The inverse of `encodeSketch`. Throws `Broken` `trace/sketch-malformed` for anything else. */
export function decodeSketch(bytes: Uint8Array): Sketch {
  const level = bytes[0] ?? sketchTokenBits
  if (level >= sketchTokenBits || (bytes.length - headBytes) % 8 !== 0) throw new Broken('trace/sketch-malformed', 'a sketch of a place cannot be read')
  return { level, entries: new BigUint64Array(Uint8Array.from(bytes.subarray(headBytes)).buffer) }
}

// At most half of the slots of the set are taken.
const slots = sketchTokensMax * 2

/** What a scanner needs beside its other regions to leave sketches. */
export const sketchRegions: Readonly<Partial<Record<Setting, number>>> = { sketch: slots * 8, sketchList: sketchTokensMax * 8 }

/** Lets a scanner with these regions leave sketches from now on; `tokensMax` is less only in tests. */
export function beginSketches(machine: Machine, tokensMax = sketchTokensMax): void {
  machine.set('sketchMask', slots - 1)
  machine.set('sketchMax', tokensMax)
  clearSketches(machine)
}

/** Forgets what all lanes have sampled. */
export function clearSketches(machine: Machine): void {
  for (const [lane] of machine.lanes.entries()) machine.inLane(lane, (scanner) => scanner.clearSketch())
}

/** What all lanes have sampled together. */
export function sketchIn(machine: Machine): Sketch {
  return unite(machine.lanes.map((_, lane) => ({
    level: sketchTokenBits - Math.log2(machine.count('sketchBelow', lane)),
    entries: new BigUint64Array(machine.memory.slice(machine.at('sketchList', lane), machine.at('sketchList', lane) + machine.count('sketchCount', lane) * 8).buffer),
  })))
}
