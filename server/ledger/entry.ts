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
export const leafBytesMax = 65_535

/** JCS (RFC 8785) of a value, as text. */
export const jcsText = (value: Json): string => flatText(value) ?? canonicalize(value) ?? ''

/** JCS (RFC 8785) bytes of a value. */
export const jcs = (value: Json): Uint8Array => Buffer.from(jcsText(value))

/** Keys as an object has them; in the order of JCS, and what is written before the value of each (`,"name":`). None where a key is no text that JCS can hold. */
interface Keys { readonly given: readonly string[]; readonly ordered: readonly { readonly key: string; readonly written: string }[] | undefined }
/** Parts of one kind have the same keys each time: the newest of each first key. */
const keysSeen = new Map<string, Keys>()
const keysSeenMax = 256

function keysOf(given: readonly string[]): Keys {
  const name = given[0] ?? ''
  const seen = keysSeen.get(name)
  if (seen !== undefined && isSame(seen.given, given)) return seen
  const ordered = given.every((key) => key.isWellFormed()) ? given.toSorted().map((key) => ({ key, written: `,${JSON.stringify(key)}:` })) : undefined
  if (keysSeen.size >= keysSeenMax) keysSeen.clear()
  keysSeen.set(name, { given, ordered })
  return { given, ordered }
}

function isSame(given: readonly string[], other: readonly string[]): boolean {
  if (given.length !== other.length) return false
  for (let place = 0; place < given.length; place += 1) if (given[place] !== other[place]) return false
  return true
}

/** Characters that JSON writes as they are, none of them half of another. */
const plainText = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/

/** Undefined for half a character, which JCS cannot hold. */
function quoted(text: string): string | undefined {
  if (plainText.test(text)) return `"${text}"`
  return text.isWellFormed() ? JSON.stringify(text) : undefined
}

/** What parts nearly always are, an object of texts, numbers and the like: written without being put in order first. Undefined for anything else. */
function flatText(value: Json): string | undefined {
  if (typeof value !== 'object' || value === null || 'toJSON' in value || Array.isArray(value)) return undefined
  const members = value as { readonly [key: string]: Json | undefined }
  const keys = keysOf(Object.keys(members)).ordered
  if (keys === undefined) return undefined
  let text = ''
  for (const { key, written } of keys) {
    const member = members[key]
    if (member === undefined) continue
    const value = typeof member === 'string' ? quoted(member) : typeof member === 'number' ? finite(member) : typeof member === 'boolean' || member === null ? `${member}` : undefined
    if (value === undefined) return undefined
    text += written + value
  }
  return `{${text.slice(1)}}`
}

/** As ECMAScript writes it, which JCS takes over; minus nothing is nothing. */
const finite = (value: number): string | undefined => (Number.isFinite(value) ? `${value}` : undefined)

export interface SealedPart {
  readonly name: RetentionClass
  readonly commitment: string
  readonly keyId: string
  readonly ciphertext: Uint8Array
}

export interface SealingKey {
  readonly id: string
  readonly key: Uint8Array
  /** The same as the cipher takes it, once it was used: made of bytes, each use would look at them anew, which takes longer than sealing an entry. */
  object?: KeyObject
}

/** Where a part belongs; bound into the ciphertext, so that it cannot be moved to another entry. */
export interface PartAddress {
  readonly origin: string
  readonly index: number
  readonly part: string
}

/** What binds a part to its place, in UTF-8. */
export const associatedText = ({ origin, index, part }: PartAddress): string => `${origin}\n${index}\n${part}`
const associated = (address: PartAddress): Buffer => Buffer.from(associatedText(address))
const nonceBytes = 12
const tagBytes = 16
const saltBytes = 32

/**
 * Commits to a payload and encrypts it (AES-256-GCM; nonce, salt || payload, tag). `randomness` is 44 fresh bytes: 32 of salt, 12 of nonce.
 * The salt lives only inside the ciphertext, so it dies with the key (`ledger.md`, crypto-erasure).
 */
export function sealPart(payload: Uint8Array | string, address: PartAddress, key: SealingKey, randomness: Uint8Array): Omit<SealedPart, 'name'> {
  const begin = commitPrefix.length
  const room = roomFor(begin + saltBytes + (typeof payload === 'string' ? payload.length * 3 : payload.length)) // no character takes more than 3 bytes a unit
  const at = begin + saltBytes
  room.set(randomness.subarray(0, saltBytes), begin)
  const end = at + (typeof payload === 'string' ? room.write(payload, at) : payload.length)
  if (typeof payload !== 'string') room.set(payload, at)
  const nonce = randomness.subarray(saltBytes, saltBytes + nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key.object ??= createSecretKey(key.key), nonce)
  cipher.setAAD(associated(address))
  const sealed = cipher.update(room.subarray(begin, end))
  cipher.final() // GCM has no block to fill: nothing comes
  const ciphertext = Buffer.allocUnsafe(nonceBytes + sealed.length + tagBytes)
  ciphertext.set(nonce)
  ciphertext.set(sealed, nonceBytes)
  ciphertext.set(cipher.getAuthTag(), nonceBytes + sealed.length)
  const commitment = hash('sha256', room.subarray(0, end), 'hex')
  clearRoom(end)
  return { commitment, keyId: key.id, ciphertext }
}

const commitPrefix = Buffer.from('bailee/commit/v1\n')

/** What is committed to, one part at a time: behind the prefix, which stands there once and for all. */
let room = Buffer.concat([commitPrefix], 4096)
function roomFor(bytes: number): Buffer {
  if (room.length < bytes) room = Buffer.concat([commitPrefix], bytes)
  return room
}

const roomBytesMax = 1024 * 1024

/** Nothing of a part stays behind, nor more memory than most need. */
function clearRoom(end: number): void {
  room.fill(0, commitPrefix.length, end)
  if (room.length > roomBytesMax) room = Buffer.concat([commitPrefix], 4096)
}

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

/** The leaf of an entry whose names and commitments (hexadecimal) need no escaping, exactly as it is hashed and stored; whoever reads it parses these bytes and never makes them again. */
export function leafBytes(entry: { at: Instant; common?: number; type: string; parts: readonly { name: string; commitment: string }[] }): Uint8Array {
  const ordered = entry.parts.length < 2 ? entry.parts : entry.parts.toSorted((one, other) => (one.name < other.name ? -1 : 1))
  let parts = ''
  for (const { commitment, name } of ordered) parts += `${parts === '' ? '' : ','}{"c":"${commitment}","n":"${name}"}`
  const common = entry.common === undefined ? '' : `"common":${entry.common},`
  const bytes = Buffer.from(`{"at":${entry.at},${common}"parts":[${parts}],"type":${quoted(entry.type)},"v":1}`) // JCS: members in this order
  if (bytes.length > leafBytesMax) throw new Broken('ledger/leaf-too-long', `an entry of type ${entry.type} has a leaf of ${bytes.length} bytes; at most ${leafBytesMax}`)
  return bytes
}

/** Reads a leaf of our own making. */
export function parseLeaf(body: Uint8Array): { at: Instant; common?: number; type: string; parts: { c: string; n: RetentionClass }[] } {
  return JSON.parse(new TextDecoder().decode(body)) as ReturnType<typeof parseLeaf>
}
