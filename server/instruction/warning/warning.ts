/** An instruction that infringes data protection law, in the processor's opinion (Art. 28(3), last sentence): its controller is told at once, and work under it may stop until it is settled. */
import { createHash } from 'node:crypto'
import { jcs, type Ledger } from '#ledger'
import { mustWorkHere } from '#contract'
import { signAs, type SignatoryKey } from '#people'
import { Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import { findInstruction } from '../instruction.ts'
import { allWarnings } from './store.ts'
import type { Warning } from './types.ts'

const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')

export interface Warned { readonly instruction: string; readonly provision: string; readonly reasons: string; readonly suspend: boolean; readonly by: string }

async function openWarning(ledger: Ledger, instruction: string): Promise<{ readonly count: number; readonly open: Warning | undefined }> {
  const own = (await allWarnings(ledger.database)).filter((one) => one.instruction === instruction)
  return { count: own.length, open: own.findLast(({ endedAt }) => endedAt === null) }
}

/**
 * Records that an instruction infringes a provision, with reasons, and tells the controller: one transaction. With `suspend` nothing is covered by it from that moment, sessions under it end as they do at a withdrawal, and what was made under it
 * stays where it is. Throws `Refused` for an instruction that is over, or when a warning of it is open already (one that suspends may follow one that does not).
 */
export async function warnOf(ledger: Ledger, { instruction: id, provision, reasons, suspend, by }: Warned, at: Instant): Promise<Warning> {
  const instruction = await findInstruction(ledger, id)
  await mustWorkHere(ledger, by)
  if (instruction.state === 'superseded' || instruction.state === 'withdrawn') throw new Refused('instruction/over', `${id} is ${instruction.state}: nothing is covered by it any more`)
  const { count, open } = await openWarning(ledger, id)
  if (open !== undefined && (open.suspended || !suspend)) throw new Refused('instruction/warned', `warning ${open.number} of ${id} is open${open.suspended ? ' and suspends it' : ''}: the controller answers it first`)
  const { slot, controller } = instruction
  const says = `In our opinion your instruction ${id} infringes ${provision} (Art. 28(3) GDPR, last sentence): ${reasons}. ${suspend ? 'We do nothing under it until you uphold it in writing, replace it or withdraw it' : 'Please uphold it in writing, replace it or withdraw it'}.`
  await ledger.append([
    { slot, type: 'controller.notified', at, parts: { evidence: { notice: `warning-${sha256(JSON.stringify([id, count + 1])).slice(0, 12)}`, controller, about: `instruction ${id}`, says } } },
    { slot, type: 'instruction.warned', at, parts: { evidence: { instruction: id, number: count + 1, provision, suspended: suspend, by }, instruction: { reasons } } },
  ])
  return (await openWarning(ledger, id)).open!
}

/** What a signatory signs in answer: `number` is the warning's, so that no answer is presented to a later one. */
export function answerBytes(log: string, given: { readonly instruction: string; readonly number: number; readonly answer: 'upheld' | 'agreed'; readonly says: string }): Uint8Array {
  return Buffer.concat([Buffer.from('bailee/answer/v1\n'), jcs({ log, ...given })])
}

/**
 * The controller's written answer, signed. *Upheld* ends the warning, and work may go on: the instruction is the controller's and so is the answer for it. *Agreed* leaves it as it is until the instruction is superseded or withdrawn. Throws `Refused`
 * when no warning is open.
 */
export async function answerWarning(ledger: Ledger, given: { readonly instruction: string; readonly answer: 'upheld' | 'agreed'; readonly says: string; readonly signatory: string; readonly key: SignatoryKey }, at: Instant): Promise<Warning> {
  const instruction = await findInstruction(ledger, given.instruction)
  const { slot, id } = instruction
  const open = (await allWarnings(ledger.database)).filter((one) => one.instruction === id && one.endedAt === null)
  if (open.length === 0) throw new Refused('instruction/no-warning', `no warning of ${id} is open`)
  const { answer, says, key } = given
  const drafts = []
  for (const { number } of open) {
    const bytes = answerBytes(`${ledger.origin}/${slot}`, { instruction: id, number, answer, says })
    const signed = await signAs(ledger, { word: 'instruction', controller: instruction.controller, slot, signatory: given.signatory, key, bytes }, at)
    drafts.push(...(drafts.length === 0 ? signed.register : []), { slot, type: 'instruction.answered', at, parts: {
      evidence: { instruction: id, number, answer, custody: signed.custody, signed_sha256: sha256(bytes) },
      instruction: { says, signatory: signed.signatory.name, public_key: key.publicKey, signature: signed.signature },
    } })
  }
  await ledger.append(drafts)
  return (await allWarnings(ledger.database)).findLast((one) => one.instruction === id)!
}
