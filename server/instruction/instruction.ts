import { jcs, type Json, type Ledger } from '#ledger'
import { findSignatory, signAs, signFor, standings, type SignatoryKey, type Signer, type ToSign } from '#people'
import { Misuse, Refused } from '#kit/errors'
import { formatDay, formatInstant, type Instant } from '#kit/time'
import { sha256 } from '@bailee/verifier'
import * as store from './store.ts'
import type { Grant, Instruction, Scope } from './types.ts'

/** Throws `Misuse` naming the instructions there are. */
export async function findInstruction(ledger: Ledger, id: string): Promise<Instruction> {
  const known = await store.allInstructions(ledger.database)
  const found = known.find((instruction) => instruction.id === id)
  if (found === undefined) throw new Misuse(`no instruction ${id}; known are: ${known.map((instruction) => instruction.id).join(', ') || 'none'}`)
  return found
}

/** What a signatory signs: its scope, and the log it stands in. Bytes: `bailee/accept/v1\n`, then JCS. */
export function acceptanceBytes(origin: string, slot: number, scope: Scope): Uint8Array {
  return Buffer.concat([Buffer.from('bailee/accept/v1\n'), jcs({ log: `${origin}/${slot}`, scope: scope as unknown as Json })])
}

/**
 * A controller's signatory accepts an instruction: the signature over its scope goes into the ledger beside it. A signatory without a registered
 * key gets this one, in the same transaction, with where it is kept. Throws `Refused` when the key is not the signatory's.
 */
export async function acceptInstruction(ledger: Ledger, acceptance: { instruction: string; signatory: string; key: SignatoryKey }, at: Instant): Promise<Instruction> {
  const instruction = await findInstruction(ledger, acceptance.instruction)
  const { key } = acceptance
  const { slot } = instruction
  const bytes = acceptanceBytes(ledger.origin, slot, instruction.scope)
  const { signatory, custody, signature, register } = await signAs(ledger, { word: 'instruction', controller: instruction.controller, slot, signatory: acceptance.signatory, key, bytes }, at)
  const accepted = { slot, type: 'instruction.accepted', at, parts: { instruction: {
    instruction: instruction.id, signatory: signatory.name, proposal_sha256: store.proposalHash(instruction.scope), scope_sha256: Buffer.from(sha256(bytes)).toString('hex'),
    public_key: key.publicKey, custody, signature,
  } } }
  await ledger.append([...register, accepted])
  return findInstruction(ledger, instruction.id)
}

interface Withdrawing { readonly instruction: string; readonly controller?: string | undefined; readonly reason?: string | undefined }

/** What a signatory signs when refusing a proposal or taking an instruction back: this very version of it. */
export function withdrawalBytes(log: string, withdrawn: { readonly instruction: string; readonly proposal_sha256: string; readonly reason: string | null }): Uint8Array {
  return Buffer.concat([Buffer.from('bailee/withdraw/v1\n'), jcs({ log, ...withdrawn })])
}

/** What is signed to withdraw one. Throws `Refused` for one that is over, or another controller's. */
export async function withdrawalToSay(ledger: Ledger, { instruction: id, controller, reason }: Withdrawing): Promise<ToSign & { readonly instruction: Instruction }> {
  const instruction = await findInstruction(ledger, id)
  if (controller !== undefined && instruction.controller !== controller) throw new Refused('instruction/not-yours', `there is no instruction ${id} of ${controller}`)
  if (instruction.state !== 'proposed' && instruction.state !== 'accepted') throw new Refused('instruction/move', `instruction ${id} is ${instruction.state} and cannot become withdrawn`)
  const { slot } = instruction
  return { instruction, word: 'instruction', controller: instruction.controller, slot, subject: `taking back ${id}`, bytes: withdrawalBytes(`${ledger.origin}/${slot}`, { instruction: id, proposal_sha256: store.proposalHash(instruction.scope), reason: reason ?? null }) }
}

/** The controller refuses a proposal, or takes an instruction back; nothing is covered by it from then on. `reason`: in its own words. Signed where a signatory signs it, else by who is signed in. */
export async function withdrawInstruction(ledger: Ledger, { instruction: id, controller, reason, ...by }: Withdrawing & ({ readonly signatory: string } | Signer), at: Instant): Promise<void> {
  const { instruction, ...toSign } = await withdrawalToSay(ledger, { instruction: id, controller, reason })
  const signed = 'key' in by || 'response' in by ? await signFor(ledger, toSign, by, at) : undefined
  const signatory = signed?.signatory ?? (await findSignatory(ledger, instruction.controller, (by as { signatory: string }).signatory)).name
  const proof = signed === undefined ? {} : { proposal_sha256: store.proposalHash(instruction.scope), signed_sha256: Buffer.from(sha256(toSign.bytes)).toString('hex'), custody: signed.custody, ...signed.proof }
  await ledger.append([...signed?.register ?? [], { slot: instruction.slot, type: 'instruction.withdrawn', at, parts: { instruction: { instruction: id, signatory, ...(reason === undefined ? {} : { reason }), ...proof } } }])
}

/** The id of a grant says what it ties together, so that proposing it again from the same file proposes nothing new. */
export function grantId(person: string, instruction: string, until: Instant): string {
  return `${person}-${instruction}-${formatDay(until)}`
}

/** Proposes that a person may act under an instruction; a second person must approve. Idempotent. */
export async function proposeGrant(ledger: Ledger, wanted: { person: string; instruction: string; until: Instant; by?: string }, at: Instant): Promise<Grant> {
  const instruction = await findInstruction(ledger, wanted.instruction)
  await mustBeHere(ledger, wanted.person)
  if (wanted.by !== undefined) await mustBeHere(ledger, wanted.by) // who approves is compared with who proposed
  const id = grantId(wanted.person, wanted.instruction, wanted.until)
  const known = (await store.allGrants(ledger.database)).find((grant) => grant.id === id)
  // Ids may hold the dashes that join them, and days have hours: the same id is not yet the same grant.
  if (known !== undefined && (known.person !== wanted.person || known.instruction !== wanted.instruction || known.until !== wanted.until)) {
    throw new Refused('grant/another', `${id} is already the grant of ${known.person} under ${known.instruction} until ${formatInstant(known.until)}; propose one that ends on another day`)
  }
  if (known !== undefined && known.state !== 'revoked') return known
  if (known !== undefined) throw new Refused('grant/revoked', `grant ${id} was revoked; propose one with another end`)
  const { person, until, by } = wanted
  await ledger.append({ slot: instruction.slot, type: 'grant.proposed', at, parts: { evidence: { grant: id, person, instruction: instruction.id, until, by } } })
  return findGrant(ledger, id)
}

async function findGrant(ledger: Ledger, id: string): Promise<Grant> {
  const known = await store.allGrants(ledger.database)
  const found = known.find((grant) => grant.id === id)
  if (found === undefined) throw new Misuse(`no grant ${id}; known are: ${known.map((grant) => grant.id).join(', ') || 'none'}`)
  return found
}

async function mustBeHere(ledger: Ledger, person: string): Promise<void> {
  const known = (await standings(ledger.database)).get(person)
  if (known === undefined || known.person.leftAt !== undefined) throw new Misuse(`nobody with id ${person} is declared`)
}

/** A second person approves a grant. Throws `Refused` when that is the person it is for, or who proposed it. */
export async function approveGrant(ledger: Ledger, approval: { grant: string; by: string }, at: Instant): Promise<Grant> {
  const grant = await findGrant(ledger, approval.grant)
  await mustBeHere(ledger, approval.by)
  if (approval.by === grant.person || approval.by === grant.proposedBy) throw new Refused('grant/second-person', `a grant for ${grant.person} needs the approval of a second person, not of ${approval.by}`)
  await ledger.append({ slot: grant.slot, type: 'grant.approved', at, parts: { evidence: { grant: grant.id, by: approval.by } } })
  return findGrant(ledger, grant.id)
}

/** Ends a grant at once; sessions under it end within a second. */
export async function revokeGrant(ledger: Ledger, revocation: { grant: string; by: string }, at: Instant): Promise<void> {
  const grant = await findGrant(ledger, revocation.grant)
  await mustBeHere(ledger, revocation.by)
  await ledger.append({ slot: grant.slot, type: 'grant.revoked', at, parts: { evidence: { grant: grant.id, by: revocation.by } } })
}
