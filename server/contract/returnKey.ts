/** The key that data are encrypted to when they go back at the end of a contract, or on to somebody else. */
import { jcs, type Ledger } from '#ledger'
import type { Signer } from '#people'
import { Misuse } from '#kit/errors'
import type { Instant } from '#kit/time'
import { findContract } from './contract.ts'
import { say, type Saying } from './saying.ts'
import * as store from './store.ts'
import type { ReturnKey } from './types.ts'

/** A native recipient of age (age-encryption.org/v1): Bech32 of an X25519 key. */
const recipientPattern = /^age1[02-9ac-hj-np-z]{58}$/

/** What a signatory signs when naming the key: `number` counts the keys of a contract, so that an old one cannot be presented again. */
export function returnKeyBytes(log: string, named: { readonly contract: string; readonly number: number; readonly recipient: string }): Uint8Array {
  return Buffer.concat([Buffer.from('bailee/return-key/v1\n'), jcs({ log, ...named })])
}

interface Naming { readonly contract: string; readonly recipient: string }

/** What is signed to name it; undefined where the newest is that very key. Throws `Misuse` for what is no such key. */
export async function returnKeyToName(ledger: Ledger, { contract: id, recipient }: Naming): Promise<Saying | undefined> {
  if (!recipientPattern.test(recipient)) throw new Misuse('the key is the public one that age-keygen prints: age1 and 58 letters and digits; the secret one (AGE-SECRET-KEY-...) never leaves whoever is to read the data')
  const contract = await findContract(ledger, id)
  const named = await store.returnKeysOf(ledger.database, id)
  if (named.at(-1)?.recipient === recipient) return undefined
  const evidence = { contract: id, number: named.length + 1, recipient }
  return { contract, subject: `the key for what ${id} gives back`, type: 'contract.return_key_named', evidence, bytes: returnKeyBytes(`${ledger.origin}/${contract.slot}`, evidence) }
}

/**
 * A signatory of the controller names the key that its data are to be encrypted to (Art. 28(3)(g), 32): the processor never chooses it. The newest holds. `recipient`: as `age-keygen` prints it. Naming the same again
 * records nothing. Throws `Misuse` for what is no such key, `Refused` when the signature is not the signatory's.
 */
export async function nameReturnKey(ledger: Ledger, { contract, recipient, ...by }: Naming & Signer, at: Instant): Promise<ReturnKey> {
  const saying = await returnKeyToName(ledger, { contract, recipient })
  if (saying !== undefined) await say(ledger, saying, by, at)
  return (await store.returnKeysOf(ledger.database, contract)).at(-1)!
}
