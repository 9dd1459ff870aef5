/** From what somebody wants recorded to an entry: sealed, hashed, and behind the head of its log. Nothing is written here. */
import { randomFillSync } from 'node:crypto'
import { leafHash, leafHashesOf } from '@bailee/verifier'
import { Broken } from '#kit/errors'
import { associatedText, jcsText, leafBytes, sealPart, type Draft, type Entry, type Json, type RetentionClass, type SealingKey } from '../entry.ts'
import type { Sealing } from '../seal/seal.ts'
import type { PayloadRow } from '../store.ts'
import { grownHeads, type Growing } from './grow.ts'
import type { Head, KeyOf } from './known.ts'
import type { NewEntry } from './store.ts'

export interface Making {
  readonly keyOf: KeyOf
  readonly random: ((bytes: Uint8Array) => void) | undefined
  /** Of every log that is written, and moved by each entry. */
  readonly heads: Map<number, Head>
  /** How much of the common log there is, where none of it is among the heads. */
  readonly committed: number
  /** Of many entries that are made without waiting in between: their parts are sealed together when all were made (`sealed`). */
  readonly sealing?: Sealing
  /** What is to be written, in order; entries have their leaves when all were made (`hashed`). */
  readonly entries: Unhashed[]
  readonly payloads: Unsealed[]
}

/** Without its ciphertext where that is made with those of others. */
type Unsealed = Omit<PayloadRow, 'ciphertext'> & { readonly ciphertext?: Uint8Array }

export type Unhashed = Omit<NewEntry, 'leaf'>

/** What nearly all entries are, and what stands in a table of its own. */
const decisions: ReadonlySet<string> = new Set(['decision.allowed', 'decision.refused'])

const typePattern = /^[a-z]+[.][a-z_]+$/

/** Makes one entry at the end of its log. Throws `Broken` for a log that was never opened, a type or time of another form, a leaf too long, and a key that was destroyed. */
export function makeEntry(making: Making, { slot, type, at, parts }: Draft): Entry {
  const head = making.heads.get(slot)
  if (head === undefined) throw new Broken('ledger/no-such-slot', `slot ${slot} has no log`)
  if (!typePattern.test(type)) throw new Broken('ledger/type', `not an entry type: ${type}`)
  if (!Number.isSafeInteger(at) || at < 0) throw new Broken('ledger/at', 'the time of an entry is whole seconds since 1970; a verifier refuses anything else')
  const index = head.size
  const commitments: { name: string; commitment: string }[] = []
  for (const name of Object.keys(parts) as RetentionClass[]) {
    commitments.push({ name, commitment: madePart(making, { origin: head.origin, slot, index, name, key: making.keyOf(slot, name, at), text: jcsText(parts[name] as Json) }) })
  }
  const common = slot === 0 ? undefined : (making.heads.get(0)?.size ?? making.committed)
  const body = leafBytes({ at, type, parts: commitments, ...(common === undefined ? {} : { common }) })
  head.size += 1
  making.entries.push({ slot, index, body, isDecision: decisions.has(type) })
  return { slot, index, at, type, parts, ...(common === undefined ? {} : { common }) }
}

interface MadePart { readonly origin: string; readonly slot: number; readonly index: number; readonly name: RetentionClass; readonly key: SealingKey; readonly text: string }

/** Returns its commitment. */
function madePart({ sealing, payloads, random }: Making, { origin, slot, index, name, key, text }: MadePart): string {
  const address = { origin, index, part: name }
  if (sealing !== undefined) {
    payloads.push({ slot, index, part: name, keyId: key.id })
    return sealing.add(text, associatedText(address), key, freshBytes(random))
  }
  const { commitment, ciphertext } = sealPart(text, address, key, freshBytes(random))
  payloads.push({ slot, index, part: name, keyId: key.id, ciphertext })
  return commitment
}

/** Parts as they are written, those with their ciphertexts that wait for them. */
export function sealed({ sealing, payloads }: Making): PayloadRow[] {
  const made = sealing?.finish() ?? []
  return payloads.map(({ slot, index, part, keyId, ciphertext }, place) => ({ slot, index, part, keyId, ciphertext: ciphertext ?? made[place]! }))
}

/** Hashes what was made, and moves the frontiers of its logs: many leaves at once take a third of the time that they take one by one. */
export function hashed({ entries, heads }: Making): NewEntry[] {
  const [only] = entries
  const bodies = entries.map(({ body }) => body)
  const leaves = only !== undefined && entries.length === 1 ? leafHash(only.body) : leafHashesOfAll(bodies)
  const rows = entries.map(({ slot, index, body, isDecision }, place) => ({ slot, index, body, isDecision, leaf: leaves.subarray(place * hashBytes, (place + 1) * hashBytes) }))
  const growing: Growing[] = []
  for (const [slot, own] of Map.groupBy(rows, (row) => row.slot)) growing.push({ head: heads.get(slot)!.hashed, leaves: own.length === 1 ? own[0]!.leaf : Buffer.concat(own.map(({ leaf }) => leaf)) })
  for (const head of grownHeads(growing)) heads.get(head.slot)!.hashed = head
  return rows
}

/** One behind the other. */
function leafHashesOfAll(bodies: readonly Uint8Array[]): Uint8Array {
  const spans = new Uint32Array(bodies.length * 2)
  let bytes = 0
  for (const [place, body] of bodies.entries()) {
    spans[place * 2] = bytes
    spans[place * 2 + 1] = body.length
    bytes += body.length
  }
  return leafHashesOf(Buffer.concat(bodies, bytes), spans)
}

const hashBytes = 32

const freshBytesCount = 44
/** Asked of the system for many entries at once, and given out once each. */
const pool = { bytes: new Uint8Array(freshBytesCount * 512), at: freshBytesCount * 512 }

function freshBytes(random: Making['random']): Uint8Array {
  if (random !== undefined) {
    const bytes = new Uint8Array(freshBytesCount)
    random(bytes)
    return bytes
  }
  if (pool.at === pool.bytes.length) {
    pool.bytes = randomFillSync(new Uint8Array(pool.bytes.length))
    pool.at = 0
  }
  return pool.bytes.subarray(pool.at, pool.at += freshBytesCount)
}
