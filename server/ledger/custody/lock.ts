/** What opens a locked key store: one master key, wrapped under a passphrase or a key file, and split among people for the day that both are lost. */
import { createHash, randomBytes, scryptSync } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Broken, Misuse, Refused } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import { createOnce, isDraft, syncDirectory, writeDraft } from '../secret.ts'
import { embeddedCustody, lockFile, mustBePrivate, openSecret, sealSecret, type MasterKey } from './custody.ts'

/** How a passphrase becomes a key: about 130 MB and a third of a second for each guess. Recorded, so that it can be raised. */
export interface Stretching { readonly N: number; readonly r: number; readonly p: number }

export const stretching: Stretching = { N: 2 ** 17, r: 8, p: 1 }

/** More would let a file that somebody put there fill the memory. */
const stretchedBytesMax = 1024 ** 3

interface Lock {
  readonly v: 1
  readonly kdf: { readonly name: 'scrypt'; readonly salt: string } & Stretching
  /** The master key, sealed under what was stretched. */
  readonly wrapped: string
  /** A known text, sealed under the master key: tells a wrong one. */
  readonly check: string
}

const checked = Buffer.from('bailee')
const names = { wrapped: 'custody/master', check: 'custody/check' } as const

/** A secret that opens a store. What comes from a file may end with a line break, which is no part of it. */
export type Opener = Uint8Array

function stretch(secret: Opener, { salt, N, r, p }: Lock['kdf']): Buffer {
  if (!Number.isSafeInteger(128 * N * r) || 128 * N * r > stretchedBytesMax) throw new Broken('ledger/custody', 'custody.json asks for more memory than any passphrase needs; it was altered')
  return scryptSync(secret, Buffer.from(salt, 'base64'), 32, { N, r, p, maxmem: 2 * 128 * N * r })
}

function lockOf(master: MasterKey, secret: Opener, cost: Stretching): Lock {
  const kdf = { name: 'scrypt', salt: randomBytes(16).toString('base64'), ...cost } as const
  return { v: 1, kdf, wrapped: sealSecret(stretch(secret, kdf), names.wrapped, master).toString('base64'), check: sealSecret(master, names.check, checked).toString('base64') }
}

function readLock(directory: string): Lock | undefined {
  const file = join(directory, lockFile)
  if (!existsSync(file)) return undefined
  mustBePrivate(file)
  try {
    const lock = JSON.parse(readFileSync(file, 'utf8')) as Lock
    if (lock.v === 1 && lock.kdf.name === 'scrypt' && typeof lock.wrapped === 'string' && typeof lock.check === 'string') return lock
  } catch {
    // said below, as for one of another version
  }
  throw new Broken('ledger/custody', `${file} is not one that this Bailee wrote; restore it from a backup, or run bailee key recover with shares`)
}

/** Whether the keys of a store are encrypted, or being so. */
export const isLocked = (directory: string): boolean => existsSync(join(directory, lockFile))

/** The master key of a locked store. Throws `Refused` for another secret than the one it was locked with. */
export function unlockWith(directory: string, secret: Opener): MasterKey {
  const lock = readLock(directory)
  if (lock === undefined) throw new Misuse(`the keys in ${directory} are not encrypted; bailee key encrypt does it`)
  const master = openSecret(stretch(secret, lock.kdf), names.wrapped, Buffer.from(lock.wrapped, 'base64'))
  if (master === undefined) throw new Refused('ledger/wrong-passphrase', 'this is not the passphrase, key file or credential that the keys were encrypted with; nothing was opened')
  return master
}

/** Locks a store with a new secret: makes the master key the first time, and wraps the one there is anew after that. Killed, either the old secret opens it or the new one. */
export function lockWith(directory: string, secret: Opener, { master, cost = stretching }: { readonly master?: MasterKey; readonly cost?: Stretching } = {}): MasterKey {
  if (secret.length === 0) throw new Misuse('an empty passphrase protects nothing')
  const file = join(directory, lockFile)
  const bytes = (key: MasterKey): Buffer => Buffer.from(`${JSON.stringify(lockOf(key, secret, cost), undefined, 2)}\n`)
  if (master === undefined) {
    const fresh = randomBytes(32)
    createOnce(file, () => bytes(fresh))
    return unlockWith(directory, secret) // of two processes that lock at once, the second finds the lock of the first
  }
  renameSync(writeDraft(file, bytes(master)), file)
  syncDirectory(directory)
  return master
}

/** Names of all files of a store that hold keys. */
export function keyFiles(directory: string): string[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/')).filter((name) => /[.](key|pem)$/.test(name) || (/[.](key|pem)[.]/.test(name) && isDraft(name))).sort()
}

/** Encrypts every key of a store that is still in clear. Killed, it goes on where it was. Resolves to how many it was. */
export function sealAll(directory: string, master: MasterKey): number {
  const custody = embeddedCustody(directory, master)
  let sealed = 0
  for (const name of keyFiles(directory)) {
    if (custody.seal(name)) sealed += 1
    failpoint('ledger/key-sealed')
  }
  return sealed
}

/** Whether this master key is that of the store: what shares gave may be anything. Without its lock, a key that was sealed with it tells. */
export function isMasterOf(directory: string, master: MasterKey): boolean {
  if (master.length !== 32) return false
  try {
    const lock = readLock(directory)
    if (lock !== undefined) return openSecret(master, names.check, Buffer.from(lock.check, 'base64'))?.equals(checked) === true
  } catch (cause) {
    if (!(cause instanceof Broken)) throw cause
  }
  return keyFiles(directory).some((name) => openSecret(master, name, readFileSync(join(directory, name))) !== undefined)
}

/** What a file that opens a store holds, without the line break at its end. Throws `Misuse` when others may read it, or it is too short to be a secret. */
export function readOpener(file: string): Opener {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found === undefined) throw new Misuse(`there is no key file ${file}; BAILEE_KEY_FILE names one that exists`)
  if (!found.isFile()) throw new Misuse(`${file} is no file; BAILEE_KEY_FILE names the file that opens the keys`)
  if (process.platform !== 'win32' && (found.mode & (found.uid === 0 ? othersThanGroup : 0o077)) !== 0) throw new Misuse(`${file} may be read by others than its owner, and opens all keys: chmod go= ${file}`)
  const text = readFileSync(file)
  const end = text.at(-1) === 0x0a ? text.length - (text.at(-2) === 0x0d ? 2 : 1) : text.length
  if (end < openerBytesMin) throw new Misuse(`${file} holds ${end} bytes, and a secret that nobody types has at least ${openerBytesMin}; bailee key encrypt --key-file FILE makes one`)
  return text.subarray(0, end)
}

const openerBytesMin = 16

/** A credential that systemd hands to a service belongs to root, and reads as its group's: an access list gives it to the service. */
const othersThanGroup = 0o037

/** Says which store a share is of, and nothing about its key: shares of two stores mix to nonsense. */
export const storeMark = (master: MasterKey): string => createHash('sha256').update('bailee-share/v1\n').update(master).digest('hex').slice(0, 8)
