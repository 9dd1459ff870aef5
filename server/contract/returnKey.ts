/** The key that data are encrypted to when they go back at the end of a contract, or on to somebody else. */
import { createHash } from 'node:crypto'
import { jcs, type Ledger } from '#ledger'
import { signAs, type SignatoryKey } from '#people'
import { Misuse } from '#kit/errors'
import type { Instant } from '#kit/time'
import { findContract } from './contract.ts'
import * as store from './store.ts'
import type { ReturnKey } from './types.ts'

/** A native recipient of age (age-encryption.org/v1): Bech32 of an X25519 key. */
const recipientPattern = /^age1[02-9ac-hj-np-z]{58}$/

/** What a signatory signs when naming the key: `number` counts the keys of a contract, so that an old one cannot be presented again. */
export function returnKeyBytes(log: string, named: { readonly contract: string; readonly number: number; readonly recipient: string }): Uint8Array {
  return Buffer.concat([Buffer.from('bailee/return-key/v1\n'), jcs({ log, ...named })])
}

/**
 * A signatory of the controller names the key that its data are to be encrypted to (Art. 28(3)(g), 32): the processor never chooses it. The newest holds. `recipient`: as `age-keygen` prints it. Naming the same again
 * records nothing. Throws `Misuse` for what is no such key, `Refused` when the signature is not the signatory's.
 */
export async function nameReturnKey(ledger: Ledger, { contract: id, recipient, signatory, key }: { readonly contract: string; readonly recipient: string; readonly signatory: string; readonly key: SignatoryKey }, at: Instant): Promise<ReturnKey> {
  if (!recipientPattern.test(recipient)) throw new Misuse('the key is the public one that age-keygen prints: age1 and 58 letters and digits; the secret one (AGE-SECRET-KEY-...) never leaves whoever is to read the data')
  const contract = await findContract(ledger, id)
  const named = await store.returnKeysOf(ledger.database, id)
  const last = named.at(-1)
  if (last?.recipient === recipient) return last
  const number = named.length + 1
  const bytes = returnKeyBytes(`${ledger.origin}/${contract.slot}`, { contract: id, number, recipient })
  const signed = await signAs(ledger, { word: 'contract', controller: contract.controller, slot: contract.slot, signatory, key, bytes }, at)
  await ledger.append([...signed.register, { slot: contract.slot, type: 'contract.return_key_named', at, parts: {
    evidence: { contract: id, number, recipient, custody: signed.custody, signed_sha256: createHash('sha256').update(bytes).digest('hex') },
    instruction: { signatory: signed.signatory.name, public_key: key.publicKey, signature: signed.signature },
  } }])
  return (await store.returnKeysOf(ledger.database, id)).at(-1)!
}
