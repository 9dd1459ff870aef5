/**
 * Where keys are kept, and who signs with them. Embedded: files of their own, encrypted when the store is locked. Hardware and key services would be further custodies behind the same two faces.
 */
import { createCipheriv, createDecipheriv, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign as signOf, type KeyObject } from 'node:crypto'
import { existsSync, readFileSync, renameSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Broken, Misuse } from '#kit/errors'
import type { PaperSigner } from '../rotation/x509.ts'
import { createOnce, syncDirectory, writeDraft } from '../secret.ts'

/** An Ed25519 key with one purpose. `publicKey` is the raw 32 bytes. */
export interface Signer {
  readonly publicKey: Uint8Array
  sign(message: Uint8Array): Uint8Array
}

/** Keeps secrets under names, each made once. Every call may throw `Broken`; none returns another secret than the one that was kept. */
export interface KeyCustody {
  /** What is kept under a name, made by `make` the first time: durable before it is returned, and the same for processes that race. */
  keep(name: string, make: () => Uint8Array): Uint8Array
  /** Signs with the Ed25519 key of that name, which is made the first time. */
  signer(name: string): Signer
  /** Signs with the RSA key of that name, which is made the first time, in about a second. */
  paperSigner(name: string): PaperSigner
  /** Whether something is kept under a name. */
  has(name: string): boolean
  /** Whether what is kept under a name is encrypted. */
  isSealed(name: string): boolean
  /** Encrypts what was kept in clear; false when it was encrypted already. */
  seal(name: string): boolean
}

/** The key that encrypts all others of a store. */
export type MasterKey = Uint8Array

export const lockFile = 'custody.json'

const magic = Buffer.from('bailee-sealed/v1\n')
const [nonceBytes, tagBytes] = [12, 16]

/** Encrypts a secret under its name (AES-256-GCM): moved to another name, it does not open. */
export function sealSecret(master: MasterKey, name: string, secret: Uint8Array): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', master, nonce)
  cipher.setAAD(Buffer.concat([magic, Buffer.from(name)]))
  return Buffer.concat([magic, nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()])
}

/** Undefined when it was not sealed with this key, under this name, or was altered since. */
export function openSecret(master: MasterKey, name: string, sealed: Uint8Array): Buffer | undefined {
  try {
    const [start, end] = [magic.length + nonceBytes, sealed.length - tagBytes]
    const decipher = createDecipheriv('aes-256-gcm', master, sealed.subarray(magic.length, start))
    decipher.setAAD(Buffer.concat([magic, Buffer.from(name)]))
    decipher.setAuthTag(sealed.subarray(end))
    return Buffer.concat([decipher.update(sealed.subarray(start, end)), decipher.final()])
  } catch {
    return undefined
  }
}

const isSealed = (bytes: Uint8Array): boolean => Buffer.from(bytes.subarray(0, magic.length)).equals(magic)

/** Keys in files of `directory`. Throws `Misuse` when the store is locked and no master key is given, `Broken` when others than its owner may look into it. */
export function embeddedCustody(directory: string, master?: MasterKey): KeyCustody {
  const locked = (): boolean => existsSync(join(directory, lockFile))
  if (existsSync(directory)) mustBePrivate(directory)
  if (locked() && master === undefined) throw stillLocked(directory)
  const fileOf = (name: string): string => join(directory, name)
  const open = (name: string, bytes: Uint8Array): Uint8Array => {
    if (!isSealed(bytes)) return bytes // as every store kept them once, and as those do that are not locked
    if (master === undefined) throw stillLocked(directory)
    const secret = openSecret(master, name, bytes)
    if (secret === undefined) throw new Broken('ledger/key-sealed', `key file ${name} does not open with the key of this store: it was altered, or comes from another one`)
    return secret
  }
  const wrap = (name: string, secret: Uint8Array): Uint8Array => {
    if (master !== undefined) return sealSecret(master, name, secret)
    if (locked()) throw stillLocked(directory) // locked by another process since this one began: what it made would be in clear
    return secret
  }
  const keep = (name: string, make: () => Uint8Array): Uint8Array => {
    const bytes = createOnce(fileOf(name), () => wrap(name, make()))
    mustBePrivate(fileOf(name))
    return open(name, bytes)
  }
  return {
    keep,
    signer: (name) => signerOf(keep(name, pemOfNewKey)),
    paperSigner: (name) => paperSignerOf(keep(name, pemOfNewRsa)),
    has: (name) => existsSync(fileOf(name)),
    isSealed: (name) => isSealed(readFileSync(fileOf(name))),
    seal: (name) => {
      const bytes = readFileSync(fileOf(name))
      if (isSealed(bytes)) return false
      renameSync(writeDraft(fileOf(name), wrap(name, bytes)), fileOf(name))
      syncDirectory(dirname(fileOf(name)))
      return true
    },
  }
}

const stillLocked = (directory: string): Misuse => new Misuse(!existsSync(join(directory, lockFile))
  ? `the keys in ${directory} are encrypted, and custody.json, which says what opens them, is gone: restore it from a backup of the key store, or run bailee key recover with shares`
  : `the keys in ${directory} are encrypted, and nothing opens them: run this on a terminal and type the passphrase, name a key file in BAILEE_KEY_FILE, or load a systemd credential called bailee-key. Where all of them are lost: bailee key recover`)

const others = 0o077

/** Throws `Broken` `ledger/key-permissions` when group or others may read, write or search. */
export function mustBePrivate(path: string): void {
  if (process.platform === 'win32') return // permissions are lists there, which this does not read
  const { mode } = statSync(path)
  if ((mode & others) !== 0) throw new Broken('ledger/key-permissions', `${path} may be used by others than its owner (mode ${(mode & 0o777).toString(8)}), and holds keys; take that away: chmod -R go= ${path}`)
}

const pemOfNewKey = (): Uint8Array => Buffer.from(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }))

/** ETSI TS 119 312 and every reader of PDF take it; its signatures are the same each time. Bits. */
const rsaBits = 3072
const pemOfNewRsa = (): Uint8Array => Buffer.from(generateKeyPairSync('rsa', { modulusLength: rsaBits }).privateKey.export({ type: 'pkcs8', format: 'pem' }))

function paperSignerOf(pem: Uint8Array): PaperSigner {
  const privateKey = createPrivateKey(Buffer.from(pem))
  return { publicKey: createPublicKey(privateKey).export({ type: 'spki', format: 'der' }), sign: (message) => signOf('sha256', message, privateKey) }
}

/** Raw 32 bytes of an Ed25519 public key. */
export function rawPublicKey(key: KeyObject): Uint8Array {
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url')
}

function signerOf(pem: Uint8Array): Signer {
  const privateKey = createPrivateKey(Buffer.from(pem))
  return { publicKey: rawPublicKey(createPublicKey(privateKey)), sign: (message) => signOf(null, message, privateKey) }
}
