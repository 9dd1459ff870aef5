import { createPublicKey, verify as ed25519Verify } from 'node:crypto'
import type { Ledger } from '#ledger'
import { Misuse, Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import * as store from './store.ts'
import type { Signatory } from './types.ts'

/** Records that a person promised confidentiality in writing (Art. 28(3)(b)). Throws `Misuse` for somebody unknown. */
export async function commit(ledger: Ledger, person: string, at: Instant): Promise<void> {
  await mustKnow(ledger, person)
  await ledger.append({ slot: 0, type: 'commitment.signed', at, parts: { evidence: { person } } })
}

/** Records that a person passed a training. Throws `Misuse` for an unknown person or training. */
export async function train(ledger: Ledger, passed: { person: string; training: string }, at: Instant): Promise<void> {
  await mustKnow(ledger, passed.person)
  const known = (await store.allTrainings(ledger.database)).map((training) => training.id)
  if (!known.includes(passed.training)) throw new Misuse(`no training ${passed.training}; declared are: ${known.join(', ') || 'none'}`)
  await ledger.append({ slot: 0, type: 'training.passed', at, parts: { evidence: { person: passed.person, training: passed.training } } })
}

async function mustKnow(ledger: Ledger, person: string): Promise<void> {
  if (await store.personExists(ledger.database, person)) return
  throw new Misuse(`nobody with id ${person} is declared; add them under people in bailee.yaml and run bailee apply`)
}

/** Records a short-lived token by its SCRAM verifier. `expiresAt` is on the machine's clock, which the gateway enforces. */
export async function recordToken(ledger: Ledger, token: { id: string; person: string; verifier: string; expiresAt: Instant }, at: Instant): Promise<void> {
  await mustKnow(ledger, token.person)
  await ledger.append({ slot: 0, type: 'people.token_issued', at, parts: { access: { ...token } } })
}

/** The signatory of that name. Throws `Misuse` naming who may sign. */
export async function findSignatory(ledger: Ledger, controller: string, name: string): Promise<Signatory> {
  const known = await store.signatoriesOf(ledger.database, controller)
  const found = known.find((signatory) => signatory.name === name)
  if (found !== undefined) return found
  throw new Misuse(`${JSON.stringify(name)} is not a signatory of ${controller}; signatories are: ${known.map((signatory) => signatory.name).join(', ') || 'none'}`)
}

const ed25519Prefix = Buffer.from('302a300506032b6570032100', 'hex') // SubjectPublicKeyInfo of RFC 8410, before the 32 bytes

/** Whether `signature` over `message` is this signatory's. Throws `Refused` when no key of the signatory is known. */
export function signedBy(signatory: Signatory, message: Uint8Array, signature: Uint8Array): boolean {
  if (signatory.publicKey === undefined) throw new Refused('people/no-key', `no key of ${signatory.name} is registered`)
  const key = createPublicKey({ key: Buffer.concat([ed25519Prefix, Buffer.from(signatory.publicKey, 'base64')]), format: 'der', type: 'spki' })
  return ed25519Verify(null, message, key, signature)
}
