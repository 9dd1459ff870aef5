import type { Draft, Json, Ledger } from '#ledger'
import { Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import { findAccount } from './access/store.ts'
import type { Account, Randomness } from './access/types.ts'
import { beginSigning, finishSigning, type Signing as Asked } from './passkey/ceremony.ts'
import type { AssertionResponse, RelyingParty } from './passkey/types.ts'
import { findSignatory, signedBy } from './people.ts'
import type { Signatory } from './types.ts'

/** A key that signs for a signatory, and where its private half is known to be. */
export interface SignatoryKey {
  /** Raw Ed25519 public key, base64. */
  readonly publicKey: string
  readonly custody: 'signatory' | 'this machine'
  sign(message: Uint8Array): Uint8Array
}

/** Where what signed is: with the signatory, on this machine for them, or a passkey of their account. */
export type Custody = SignatoryKey['custody'] | 'passkey'

/** What is to be signed for a controller. `word` begins the codes of what is refused. */
interface Of { readonly word: string; readonly controller: string; readonly slot: number; readonly bytes: Uint8Array }
export interface Signing extends Of { readonly signatory: string; readonly key: SignatoryKey }

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

/** Who signs: a signatory with a key, or an account with what its passkey answered. */
export type Signer = { readonly signatory: string; readonly key: SignatoryKey } | { readonly account: string; readonly party: RelyingParty; readonly response: AssertionResponse }

/** What a passkey may sign: `subject` is what it is about, as `beginSigningFor` was told. */
export interface ToSign extends Of { readonly subject: string }

/** Whose signature it is, and its proof as it stands in the ledger beside what was signed. */
export interface Proved { readonly signatory: string; readonly custody: Custody; readonly proof: { readonly [key: string]: Json }; readonly register: readonly Draft[] }

/** The open account of a signatory of that controller. Throws `Refused` for any other: what else there is, is not said. */
export async function mustBeSignatory(ledger: Ledger, by: string, { word, controller, slot, subject }: Omit<ToSign, 'bytes'>): Promise<Account> {
  const account = await findAccount(ledger.database, by)
  if (account === undefined || account.closedAt !== null || account.role !== 'signatory' || account.controller !== controller || account.slot !== slot) throw new Refused(`${word}/not-signatory`, `what is said of ${subject} is signed by a signatory of its controller, signed in as such`)
  await findSignatory(ledger, controller, account.name)
  return account
}

/** What a browser is asked to sign with a passkey of a signatory's account; nothing is recorded. Throws `Refused`. */
export async function beginSigningFor(ledger: Ledger, { account, ...toSign }: ToSign & { readonly account: string }, { party, random, now }: { party: RelyingParty; random: Randomness; now: Instant }): Promise<Asked> {
  await mustBeSignatory(ledger, account, toSign)
  return beginSigning({ database: ledger.database, now }, { account, subject: toSign.subject, bytes: toSign.bytes }, { party, random })
}

/** Lets a signatory sign, with either; nothing is recorded. Throws as `signAs` does, and for what a passkey answered as `finishSigning` does. */
export async function signFor(ledger: Ledger, { subject, ...of }: ToSign, by: Signer, at: Instant): Promise<Proved> {
  if ('key' in by) {
    const { signatory, custody, signature, register } = await signAs(ledger, { ...of, signatory: by.signatory, key: by.key }, at)
    return { signatory: signatory.name, custody, proof: { public_key: by.key.publicKey, signature }, register }
  }
  const { id, name } = await mustBeSignatory(ledger, by.account, { ...of, subject })
  const { publicKey, nonce, authenticatorData, clientData, signature } = await finishSigning({ database: ledger.database, now: at }, { account: id, subject, bytes: of.bytes }, by)
  return { signatory: name, custody: 'passkey', proof: { public_key: publicKey, signature, passkey: { account: id, nonce, authenticator_data: authenticatorData, client_data: clientData } }, register: [] }
}
