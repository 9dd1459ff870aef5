import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign as ed25519Sign, type KeyObject } from 'node:crypto'
import { existsSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Broken } from '#kit/errors'
import type { RetentionClass, SealingKey } from './entry.ts'
import { createOnce, draftsOf, syncDirectory } from './secret.ts'
import { openSignedRoots, type SignedRoots } from './signed.ts'

/** An Ed25519 key with one purpose. `publicKey` is the raw 32 bytes. */
export interface Signer {
  readonly publicKey: Uint8Array
  sign(message: Uint8Array): Uint8Array
}

/**
 * Keys of one processor, in a directory of their own that is never in the control database or its backups (`contracts.md` 4).
 * Files are 0600, created once and whole; a key is on disk before anything is sealed with it.
 */
export interface KeyStore {
  /** Signs checkpoints of every log. */
  readonly log: Signer
  /** Signs certificates, nothing else. */
  readonly certificate: Signer
  /** Makes tokens (SipHash-2-4, 16 bytes); data plane only. */
  epochKey(epoch: number): Uint8Array
  /** Makes the tokens of a controller that shares no key with others (SipHash-2-4, 16 bytes); data plane only. */
  isolatedKey(slot: number): Uint8Array
  /** Seals ledger payloads of one slot, class and year. */
  payloadKey(slot: number, retention: RetentionClass, year: number): SealingKey
  /** Seals fingerprint segments of one slot. `purpose` is `fingerprints` or, after an exit, `exit`. */
  segmentKey(slot: number, purpose: 'fingerprints' | 'exit'): SealingKey
  /** Seals what searching leaves in the data plane for a while: tallies of a sweep, sketches of the catalogue; one key an epoch of tokens. `names` marks what names hide: one key for all. */
  traceKey(purpose: 'sweep' | 'catalogue' | 'names', epoch: number): SealingKey
  /** What the salts of access tokens are made from (`gateway/scram.ts`); 32 bytes. */
  tokenSalt(): Uint8Array
  /** The key of that id, or undefined when it was destroyed or is not here. */
  find(id: string): Uint8Array | undefined
  /** Whether the key of that id was here and was destroyed; false for one that is here, or never was. */
  wasDestroyed(id: string): boolean
  /** What the log key signed last of the root log. */
  readonly signedRoots: SignedRoots
  /** Destroys a key: its file is unlinked and the directory synced. Copies outside this directory are not reached. */
  destroy(id: string): void
}

function pemOfNewKey(): Uint8Array {
  return Buffer.from(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }))
}

/** Raw 32 bytes of an Ed25519 public key. */
export function rawPublicKey(key: KeyObject): Uint8Array {
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url')
}

function signerOf(pem: Uint8Array): Signer {
  const privateKey = createPrivateKey(Buffer.from(pem))
  return { publicKey: rawPublicKey(createPublicKey(privateKey)), sign: (message) => ed25519Sign(null, message, privateKey) }
}

const idPattern = /^[a-z0-9-]+(\/[a-z0-9-]+)*$/

/** Opens the key store in `directory`, making the platform keys the first time. `random` gives fresh bytes. */
export function openKeyStore(directory: string, random: (bytes: number) => Uint8Array = randomBytes): KeyStore {
  const cache = new Map<string, Uint8Array>()
  const fileOf = (id: string): string => {
    if (!idPattern.test(id)) throw new Broken('ledger/key-id', `not a key id: ${id}`)
    return join(directory, `${id}.key`)
  }
  // Asked each time, also of a key in the cache: another process may have destroyed it since. A few microseconds.
  const wasDestroyed = (id: string): boolean => {
    const gone = existsSync(`${fileOf(id)}.destroyed`)
    if (gone) cache.delete(id)
    return gone
  }
  const symmetric = (id: string, bytes: number): Uint8Array => {
    if (wasDestroyed(id)) throw new Broken('ledger/key-destroyed', `key ${id} was destroyed; nothing can be sealed with it`)
    const known = cache.get(id)
    if (known !== undefined) return known
    const key = createOnce(fileOf(id), () => random(bytes))
    if (key.length !== bytes) throw new Broken('ledger/key-length', `key file ${id} holds ${key.length} bytes instead of ${bytes}`)
    cache.set(id, key)
    return key
  }
  return {
    log: signerOf(createOnce(join(directory, 'log.pem'), pemOfNewKey)),
    certificate: signerOf(createOnce(join(directory, 'certificate.pem'), pemOfNewKey)),
    epochKey: (epoch) => symmetric(`epoch/${epoch}`, 16),
    isolatedKey: (slot) => symmetric(`isolated/${slot}`, 16),
    payloadKey: (slot, retention, year) => sealing(payloadKeyId(slot, retention, year), symmetric),
    segmentKey: (slot, purpose) => sealing(`segment/${slot}/${purpose}`, symmetric),
    traceKey: (purpose, epoch) => sealing(`${purpose}/${epoch}`, symmetric),
    tokenSalt: () => symmetric('gateway/token-salt', 32),
    find: (id) => {
      if (wasDestroyed(id)) return undefined // its file may still be there, when that process was killed
      return existsSync(fileOf(id)) ? symmetric(id, 32) : undefined
    },
    wasDestroyed,
    signedRoots: openSignedRoots(join(directory, 'signed')),
    destroy: (id) => {
      cache.delete(id)
      createOnce(`${fileOf(id)}.destroyed`, () => Buffer.from('destroyed\n'))
      for (const copy of [fileOf(id), ...draftsOf(fileOf(id))]) rmSync(copy, { force: true })
      syncDirectory(dirname(fileOf(id)))
    },
  }
}

/** What the key is called that seals a part of an entry. */
export const payloadKeyId = (slot: number, retention: RetentionClass, year: number): string => `payload/${slot}/${retention}/${year}`

const sealing = (id: string, make: (id: string, bytes: number) => Uint8Array): SealingKey => ({ id, key: make(id, 32) })
