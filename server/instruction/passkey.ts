/** Acceptance with a passkey: a signatory signs, in a browser, the very bytes that another would sign with a key of their own. */
import { sha256 } from '@bailee/verifier'
import type { Json, Ledger } from '#ledger'
import { beginSigning, finishSigning, mustBeSignatory, type Account, type AssertionResponse, type Randomness, type RelyingParty, type Signing } from '#people'
import { Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import { acceptanceBytes, findInstruction } from './instruction.ts'
import { proposalHash } from './store.ts'
import type { Instruction } from './types.ts'

/** What a signatory is about to sign. `hash` is of the proposal, as pages show it. */
export interface Accepting extends Signing { readonly instruction: Instruction; readonly hash: string; readonly log: string }

/** Who accepts: an account of a signatory of the instruction's controller. */
interface By { readonly instruction: string; readonly account: string }

/** Throws `Refused` unless the account is an open one of a signatory of the controller, and the instruction is proposed. What else there is, is not said. */
async function mustMayAccept(ledger: Ledger, { instruction: id, account: by }: By): Promise<{ readonly instruction: Instruction; readonly account: Account }> {
  const instruction = await findInstruction(ledger, id)
  const account = await mustBeSignatory(ledger, by, { word: 'instruction', controller: instruction.controller, slot: instruction.slot, subject: subjectOf(instruction) })
  if (instruction.state !== 'proposed') throw new Refused('instruction/move', `instruction ${id} is ${instruction.state} and cannot become accepted`)
  return { instruction, account }
}

const subjectOf = (instruction: Instruction): string => `instruction ${instruction.id}`

/** Begins: what will be signed, and what the browser is asked. Nothing is recorded. Throws `Refused`. */
export async function beginAcceptance(ledger: Ledger, by: By, { party, random, now }: { party: RelyingParty; random: Randomness; now: Instant }): Promise<Accepting> {
  const { instruction } = await mustMayAccept(ledger, by)
  const bytes = acceptanceBytes(ledger.origin, instruction.slot, instruction.scope)
  const signing = await beginSigning({ database: ledger.database, now }, { account: by.account, subject: subjectOf(instruction), bytes }, { party, random })
  return { ...signing, instruction, hash: proposalHash(instruction.scope), log: `${ledger.origin}/${instruction.slot}` }
}

/**
 * Accepts with what the passkey signed: `instruction.accepted`, with everything that somebody offline needs to check it. Throws `Refused` for another account, another instruction, another text than was
 * shown, an answer that was used before, and a signature that does not verify.
 */
export async function acceptWithPasskey(ledger: Ledger, by: By & { readonly response: AssertionResponse }, { party, now }: { party: RelyingParty; now: Instant }): Promise<Instruction> {
  const { instruction, account } = await mustMayAccept(ledger, by)
  const bytes = acceptanceBytes(ledger.origin, instruction.slot, instruction.scope)
  const signed = await finishSigning({ database: ledger.database, now }, { account: account.id, subject: subjectOf(instruction), bytes }, { party, response: by.response })
  const accepted: { [key: string]: Json } = {
    instruction: instruction.id, signatory: account.name, proposal_sha256: proposalHash(instruction.scope), scope_sha256: Buffer.from(sha256(bytes)).toString('hex'), public_key: signed.publicKey, custody: 'passkey', signature: signed.signature,
    passkey: { account: account.id, nonce: signed.nonce, authenticator_data: signed.authenticatorData, client_data: signed.clientData },
  }
  await ledger.append({ slot: instruction.slot, type: 'instruction.accepted', at: now, parts: { instruction: accepted } })
  return findInstruction(ledger, instruction.id)
}
