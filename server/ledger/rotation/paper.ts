/** The key that signs papers which people read: RSA, which readers of PDF know. Its certificate, issued by itself, is in the common log. */
import { createHash } from 'node:crypto'
import { Broken, Misuse } from '#kit/errors'
import type { Instant } from '#kit/time'
import type { Ledger } from '../ledger.ts'
import * as store from './store.ts'
import type { PaperSigner, Subject } from './x509.ts'

export interface PaperKey extends PaperSigner {
  readonly number: number
  /** X.509 (DER). */
  readonly certificate: Uint8Array
  /** Its SHA-256, in hexadecimal: the fingerprint that readers of PDF show. */
  readonly sha256: string
}

/** The key that signs papers now; made, and recorded with its certificate, the first time. Throws `Broken` when the key store has another one than the ledger says. */
export async function paperKey(ledger: Ledger, subject: Subject, at: Instant): Promise<PaperKey> {
  return (await present(ledger)) ?? certifyKey(ledger, { subject, number: 1 }, at)
}

/** Makes the next key for papers and lets it follow. What the one before signed stays as recorded. Throws `Misuse` where none signed yet, `Refused` when somebody else rotated it meanwhile. */
export async function rotatePaperKey(ledger: Ledger, subject: Subject, at: Instant): Promise<PaperKey> {
  const last = (await store.paperKeys(ledger.database)).at(-1)
  if (last === undefined) throw new Misuse('no paper was signed yet, and there is no key to follow; it is made with the first: bailee erasure certificate ID --pdf FILE')
  return certifyKey(ledger, { subject, number: last.number + 1 }, at)
}

async function present({ database, keys }: Ledger): Promise<PaperKey | undefined> {
  const last = (await store.paperKeys(database)).at(-1)
  if (last === undefined) return undefined
  const signer = keys.paperSigner(last.number)
  const { keyIn } = await import('./x509.ts')
  if (!Buffer.from(keyIn(last.certificate)).equals(signer.publicKey)) throw new Broken('ledger/other-keys', `paper key ${last.number} in the key store is not the one whose certificate the ledger holds; nothing was signed`)
  return { ...signer, ...last }
}

async function certifyKey(ledger: Ledger, { subject, number }: { readonly subject: Subject; readonly number: number }, at: Instant): Promise<PaperKey> {
  const signer = ledger.keys.makePaperSigner(number)
  const { selfIssued } = await import('./x509.ts')
  const certificate = selfIssued(signer, subject, at)
  const sha256 = createHash('sha256').update(certificate).digest('hex')
  await ledger.append({ slot: 0, type: 'key.certified', at, parts: { evidence: { purpose: 'paper', number, certificate: Buffer.from(certificate).toString('base64'), sha256 } } })
  return { ...signer, number, certificate, sha256 }
}
