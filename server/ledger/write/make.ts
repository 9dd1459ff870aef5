/** From what somebody wants recorded to an entry: sealed, hashed, and behind the head of its log. Nothing is written here. */
import { randomFillSync } from 'node:crypto'
import { appendLeaf, leafHash } from '@bailee/verifier'
import { Broken } from '#kit/errors'
import { jcs, leafBytes, sealPart, type Draft, type Entry, type Json, type RetentionClass } from '../entry.ts'
import { periodOf } from '../retention/schedule.ts'
import type { EntryRow, PayloadRow } from '../store.ts'
import type { Head, KeyOf } from './known.ts'

export interface Making {
  readonly keyOf: KeyOf
  readonly random: ((bytes: Uint8Array) => void) | undefined
  /** Of every log that is written, and moved by each entry. */
  readonly heads: Map<number, Head>
  /** How much of the common log there is, where none of it is among the heads. */
  readonly committed: number
  /** What is to be written, in order. */
  readonly entries: EntryRow[]
  readonly payloads: PayloadRow[]
}

const typePattern = /^[a-z]+[.][a-z_]+$/

/** Makes one entry and moves its log's head. Throws `Broken` for a log that was never opened, a type or time of another form, a leaf too long, and a key that was destroyed. */
export function makeEntry(making: Making, { slot, type, at, parts }: Draft): Entry {
  const head = making.heads.get(slot)
  if (head === undefined) throw new Broken('ledger/no-such-slot', `slot ${slot} has no log`)
  if (!typePattern.test(type)) throw new Broken('ledger/type', `not an entry type: ${type}`)
  if (!Number.isSafeInteger(at) || at < 0) throw new Broken('ledger/at', 'the time of an entry is whole seconds since 1970; a verifier refuses anything else')
  const index = head.frontier.size
  const commitments: { name: string; commitment: string }[] = []
  for (const name of Object.keys(parts) as RetentionClass[]) {
    const sealed = sealPart(jcs(parts[name] as Json), { origin: head.origin, index, part: name }, making.keyOf(slot, name, periodOf(name, at)), freshBytes(making.random))
    making.payloads.push({ slot, index, part: name, keyId: sealed.keyId, ciphertext: sealed.ciphertext })
    commitments.push({ name, commitment: sealed.commitment })
  }
  const common = slot === 0 ? undefined : (making.heads.get(0)?.frontier.size ?? making.committed)
  const body = leafBytes({ at, type, parts: commitments, ...(common === undefined ? {} : { common }) })
  const leaf = leafHash(body)
  head.frontier = appendLeaf(head.frontier, leaf)
  making.entries.push({ slot, index, leaf, body })
  return { slot, index, at, type, parts, ...(common === undefined ? {} : { common }) }
}

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
