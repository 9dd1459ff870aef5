import { createCipheriv, createDecipheriv, createSecretKey, hash, type KeyObject } from 'node:crypto'
import canonicalize from 'canonicalize'
import { Broken } from '#kit/errors'
import type { Instant } from '#kit/time'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined }

/**
 * Parts of an entry are keyed apart, so that one kind can be destroyed early: `evidence` outlives all others, `instruction` holds what
 * was agreed, `people` names staff and signatories, `access` says who read what.
 */
export type RetentionClass = 'evidence' | 'instruction' | 'people' | 'access' | 'statement'

/** A change that somebody wants recorded: not yet in the ledger. */
export interface Draft {
  readonly slot: number
  readonly type: string
  readonly at: Instant
  readonly parts: Partial<Record<RetentionClass, Json>>
}

/** The part's key is gone: its bytes are noise and its commitment still verifies. */
export const destroyed: unique symbol = Symbol('destroyed')
export type Part = Json | typeof destroyed

/** An entry of a log, opened. `common` is the size of slot 0 when it was decided; absent in slot 0. */
export interface Entry {
  readonly slot: number
  readonly index: number
  readonly at: Instant
  readonly type: string
  readonly common?: number
  readonly parts: Readonly<Partial<Record<RetentionClass, Part>>>
}

/** A leaf's own limit in C2SP tlog-tiles: its length is written in two bytes. */
const leafBytesMax = 65_535

/** JCS (RFC 8785) bytes of a value. */
export function jcs(value: Json): Uint8Array {
  return Buffer.from(inOrder(value) ?? canonicalize(value) ?? '')
}

/** Keys that are numbers come first in an object, whatever the order in which they were put. */
const isDigit = (code: number): boolean => code >= 48 && code <= 57

/** Keys as an object has them, and in the order of JCS; none where one of them cannot be put into an object in that order. */
interface Keys { readonly given: readonly string[]; readonly ordered: readonly string[] | undefined }
/** Parts of one kind have the same keys each time: the newest of each first key. */
const keysSeen = new Map<string, Keys>()
const keysSeenMax = 256

function keysOf(given: readonly string[]): Keys {
  const name = given[0] ?? ''
  const seen = keysSeen.get(name)
  if (seen?.given.length === given.length && seen.given.every((key, place) => key === given[place])) return seen
  const fits = given.every((key) => !isDigit(key.charCodeAt(0)) && key !== '__proto__' && key.isWellFormed())
  const keys: Keys = { given, ordered: fits ? given.toSorted() : undefined }
  if (keysSeen.size >= keysSeenMax) keysSeen.clear()
  keysSeen.set(name, keys)
  return keys
}

/** The same in one call of JSON.stringify for what parts are nearly always: an object of texts, numbers and the like. Undefined for anything else. */
function inOrder(value: Json): string | undefined {
  if (typeof value !== 'object' || value === null || 'toJSON' in value || Array.isArray(value)) return undefined
  const members = value as { readonly [key: string]: Json | undefined }
  const keys = keysOf(Object.keys(members)).ordered
  if (keys === undefined) return undefined
  const ordered: Record<string, Json | undefined> = {}
  for (const key of keys) {
    const member = members[key]
    const simple = typeof member === 'string' ? member.isWellFormed() : typeof member === 'number' ? Number.isFinite(member) : typeof member !== 'object' || member === null
    if (!simple) return undefined
    ordered[key] = member
  }
  return JSON.stringify(ordered)
}

export interface SealedPart {
  readonly name: RetentionClass
  readonly commitment: string
  readonly keyId: string
  readonly ciphertext: Uint8Array
}

export interface SealingKey {
  readonly id: string
  readonly key: Uint8Array
}

/** Where a part belongs; bound into the ciphertext, so that it cannot be moved to another entry. */
export interface PartAddress {
  readonly origin: string
  readonly index: number
  readonly part: string
}

const associated = (address: PartAddress): Buffer => Buffer.from(`${address.origin}\n${address.index}\n${address.part}`)
const nonceBytes = 12
const tagBytes = 16
const saltBytes = 32

/**
 * Commits to a payload and encrypts it (AES-256-GCM; nonce, salt || payload, tag). `randomness` is 44 fresh bytes: 32 of salt, 12 of nonce.
 * The salt lives only inside the ciphertext, so it dies with the key (`ledger.md`, crypto-erasure).
 */
export function sealPart(payload: Uint8Array, address: PartAddress, key: SealingKey, randomness: Uint8Array): Omit<SealedPart, 'name'> {
  const nonce = randomness.subarray(saltBytes, saltBytes + nonceBytes)
  const committed = Buffer.allocUnsafe(commitPrefix.length + saltBytes + payload.length)
  committed.set(commitPrefix)
  committed.set(randomness.subarray(0, saltBytes), commitPrefix.length)
  committed.set(payload, commitPrefix.length + saltBytes)
  const cipher = createCipheriv('aes-256-gcm', objectOf(key.key), nonce)
  cipher.setAAD(associated(address))
  const sealed = cipher.update(committed.subarray(commitPrefix.length))
  cipher.final() // GCM has no block to fill: nothing comes
  const ciphertext = Buffer.allocUnsafe(nonceBytes + sealed.length + tagBytes)
  ciphertext.set(nonce)
  ciphertext.set(sealed, nonceBytes)
  ciphertext.set(cipher.getAuthTag(), nonceBytes + sealed.length)
  return { commitment: hash('sha256', committed, 'hex'), keyId: key.id, ciphertext }
}

/** A key as the cipher takes it: made of bytes, each use would look at them anew, which takes longer than sealing an entry. */
function objectOf(key: Uint8Array): KeyObject {
  let made = keyObjects.get(key)
  if (made === undefined) keyObjects.set(key, made = createSecretKey(key))
  return made
}
const keyObjects = new WeakMap<Uint8Array, KeyObject>()

const commitPrefix = Buffer.from('bailee/commit/v1\n')

/** `SHA-256("bailee/commit/v1\n" || salt || payload)`, in hexadecimal. */
export function commitmentOf(salt: Uint8Array, payload: Uint8Array): string {
  return hash('sha256', Buffer.concat([commitPrefix, salt, payload]), 'hex')
}

/** Opens what `sealPart` sealed. Throws `Broken` when the bytes or their address were altered. */
export function openPart(ciphertext: Uint8Array, address: PartAddress, key: Uint8Array): { salt: Uint8Array; payload: Uint8Array } {
  try {
    const end = ciphertext.length - tagBytes
    const decipher = createDecipheriv('aes-256-gcm', key, ciphertext.subarray(0, nonceBytes))
    decipher.setAAD(associated(address))
    decipher.setAuthTag(ciphertext.subarray(end))
    const plain = Buffer.concat([decipher.update(ciphertext.subarray(nonceBytes, end)), decipher.final()])
    return { salt: plain.subarray(0, saltBytes), payload: plain.subarray(saltBytes) }
  } catch (cause) {
    throw new Broken('ledger/payload-altered', `part ${address.part} of entry ${address.index} of ${address.origin} does not open with its key`, { cause })
  }
}

/** The leaf, exactly as it is hashed and stored; whoever reads it parses these bytes and never makes them again. */
export function leafBytes(entry: { at: Instant; common?: number; type: string; parts: readonly { name: string; commitment: string }[] }): Uint8Array {
  const parts = entry.parts.toSorted((one, other) => (one.name < other.name ? -1 : 1)).map(({ commitment, name }) => `{"c":${JSON.stringify(commitment)},"n":${JSON.stringify(name)}}`)
  const common = entry.common === undefined ? '' : `"common":${entry.common},`
  const bytes = Buffer.from(`{"at":${entry.at},${common}"parts":[${parts.join(',')}],"type":${JSON.stringify(entry.type)},"v":1}`) // JCS: members in this order
  if (bytes.length > leafBytesMax) throw new Broken('ledger/leaf-too-long', `an entry of type ${entry.type} has a leaf of ${bytes.length} bytes; at most ${leafBytesMax}`)
  return bytes
}

/** Reads a leaf of our own making. */
export function parseLeaf(body: Uint8Array): { at: Instant; common?: number; type: string; parts: { c: string; n: RetentionClass }[] } {
  return JSON.parse(new TextDecoder().decode(body)) as ReturnType<typeof parseLeaf>
}
