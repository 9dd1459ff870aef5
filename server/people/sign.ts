import type { Draft, Ledger } from '#ledger'
import { Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import { findSignatory, signedBy } from './people.ts'
import type { Signatory } from './types.ts'

/** A key that signs for a signatory, and where its private half is known to be. */
export interface SignatoryKey {
  /** Raw Ed25519 public key, base64. */
  readonly publicKey: string
  readonly custody: 'signatory' | 'this machine'
  sign(message: Uint8Array): Uint8Array
}

/** `word` begins the codes of what is refused. */
export interface Signing { readonly word: string; readonly controller: string; readonly slot: number; readonly signatory: string; readonly key: SignatoryKey; readonly bytes: Uint8Array }

/** A signature, where its key is, and what has to be recorded before it: the key of a signatory who had none. */
export interface Signed { readonly signatory: Signatory; readonly custody: 'signatory' | 'this machine'; readonly signature: string; readonly register: readonly Draft[] }

/** Lets a controller's signatory sign; nothing is recorded. Throws `Misuse` for somebody else, `Refused` when the key is not the signatory's. */
export async function signAs(ledger: Ledger, { word, controller, slot, signatory: name, key, bytes }: Signing, at: Instant): Promise<Signed> {
  const signatory = await findSignatory(ledger, controller, name)
  if (signatory.publicKey !== undefined && signatory.publicKey !== key.publicKey) {
    throw new Refused(`${word}/wrong-key`, `that key is not the one registered for ${signatory.name}; sign with the registered key`)
  }
  const signature = key.sign(bytes)
  if (!signedBy({ ...signatory, publicKey: key.publicKey }, bytes, signature)) throw new Refused(`${word}/bad-signature`, 'the signature does not verify with its own key')
  const register: Draft = { slot, type: 'people.key_registered', at, parts: { people: { controller, name: signatory.name, publicKey: key.publicKey, custody: key.custody } } }
  return { signatory, custody: signatory.custody ?? key.custody, signature: Buffer.from(signature).toString('base64'), register: signatory.publicKey === undefined ? [register] : [] }
}
