import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Bailee } from '#composition'
import { rawPublicKey } from '#ledger'
import { findSignatory, type Custody, type SignatoryKey } from '#people'
import { Misuse } from '#kit/errors'

/** Reads an Ed25519 private key (PKCS#8 PEM). Throws `Misuse` for anything else. */
export function readSignatoryKey(file: string, custody: SignatoryKey['custody']): SignatoryKey {
  const pem = existsSync(file) ? readFileSync(file) : undefined
  if (pem === undefined) throw new Misuse(`there is no key file ${file}; make one with: bailee people key --out ${file}`)
  try {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyType !== 'ed25519') throw new Misuse(`${file} holds a ${key.asymmetricKeyType} key; signatories sign with Ed25519`)
    return { publicKey: Buffer.from(rawPublicKey(createPublicKey(key))).toString('base64'), custody, sign: (message) => sign(null, message, key) }
  } catch (cause) {
    if (cause instanceof Misuse) throw cause
    throw new Misuse(`${file} is not a private key in PEM form; make one with: bailee people key --out FILE`)
  }
}

/** Makes a signatory's key; the file is 0600 and never overwritten. Returns the public key in base64. */
export function makeSignatoryKey(file: string): string {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  try {
    writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw new Misuse(`${file} exists; a key is never overwritten`)
    throw cause
  }
  return Buffer.from(rawPublicKey(publicKey)).toString('base64')
}

/** The key kept on this machine for a signatory who has none of their own; made the first time. It proves less, and the ledger says so. */
export function keyOnThisMachine(directory: string, controller: string, name: string): SignatoryKey {
  const file = join(directory, 'signatories', `${controller}-${Buffer.from(name).toString('hex')}.pem`)
  if (!existsSync(file)) makeSignatoryKey(file)
  return readSignatoryKey(file, 'this machine')
}

/** The key that a signatory signs with: the file given, or, for one who has none of their own, the one kept on this machine. Throws `Misuse` where only the signatory has it. */
export async function keyOfSignatory({ ledger, directory }: Pick<Bailee, 'ledger' | 'directory'>, controller: string, { as, key }: { readonly as: string; readonly key?: string | undefined }): Promise<SignatoryKey> {
  const signatory = await findSignatory(ledger, controller, as)
  if (key !== undefined) return readSignatoryKey(key, 'signatory')
  if (signatory.custody === 'signatory') throw new Misuse(`${signatory.name} has a key of their own; sign with --key FILE`)
  return keyOnThisMachine(directory, controller, signatory.name)
}

/** Never in silence: a key on this machine shows that somebody here signed. */
export const signedHere = (custody: Custody): string[] => (custody === 'this machine' ? ['  ! signed with a key kept on this machine: it shows that somebody here signed. Give signatories keys of their own: bailee people key'] : [])
