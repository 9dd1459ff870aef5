/** What a signatory says of a contract: signed with a key of their own or with a passkey, so that nobody can say it for them. */
import { createHash } from 'node:crypto'
import type { Json, Ledger } from '#ledger'
import { beginSigningFor, signFor, type Randomness, type RelyingParty, type Signer, type ToSign } from '#people'
import type { Instant } from '#kit/time'
import type { Contract } from './types.ts'

/** One, before it is signed. `subject`: what it is about, in words; `evidence` and `agreed`: what its entry holds beside the signature. */
export interface Saying {
  readonly contract: Pick<Contract, 'controller' | 'slot'>
  readonly subject: string
  readonly bytes: Uint8Array
  readonly type: string
  readonly evidence: { readonly [key: string]: Json }
  readonly agreed?: { readonly [key: string]: Json }
}

/** What a browser is asked, the bytes it signs, and the log that is signed with them. */
export interface SayingBegun { readonly subject: string; readonly log: string; readonly bytes: Uint8Array; readonly nonce: string; readonly options: Readonly<Record<string, unknown>> }

const toSign = ({ contract: { controller, slot }, subject, bytes }: Saying): ToSign => ({ word: 'contract', controller, slot, subject, bytes })

/** What a signatory's browser is asked to sign it with; nothing is recorded. Throws `Refused` for another account, and for one without a passkey. */
export async function beginSaying(ledger: Ledger, saying: Saying, account: string, asking: { party: RelyingParty; random: Randomness; now: Instant }): Promise<SayingBegun> {
  const { options, nonce, bytes } = await beginSigningFor(ledger, { ...toSign(saying), account }, asking)
  return { subject: saying.subject, log: `${ledger.origin}/${saying.contract.slot}`, bytes, nonce, options }
}

/** Records it with its signature. */
export async function say(ledger: Ledger, saying: Saying, by: Signer, at: Instant): Promise<void> {
  const { contract: { slot }, type, bytes, evidence, agreed } = saying
  const { signatory, custody, proof, register } = await signFor(ledger, toSign(saying), by, at)
  await ledger.append([...register, { slot, type, at, parts: { evidence: { ...evidence, custody, signed_sha256: createHash('sha256').update(bytes).digest('hex') }, instruction: { signatory, ...agreed, ...proof } } }])
}
