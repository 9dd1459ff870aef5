/** An instruction that infringes data protection law, in the processor's opinion (Art. 28(3), last sentence): its controller is told at once, and work under it may stop until it is settled. */
import { createHash } from 'node:crypto'
import { jcs, type Draft, type Ledger } from '#ledger'
import { mustWorkHere } from '#contract'
import { signFor, type SignatoryKey, type Signer, type ToSign } from '#people'
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

/** One answer to one warning. */
export interface Answering { readonly instruction: string; readonly number: number; readonly answer: 'upheld' | 'agreed'; readonly says: string }

/** What is signed to answer a warning. Throws `Refused` when it is not open. */
export async function answerToSay(ledger: Ledger, { instruction: id, number, answer, says }: Answering): Promise<ToSign> {
  const { slot, controller } = await findInstruction(ledger, id)
  if (!(await allWarnings(ledger.database)).some((one) => one.instruction === id && one.number === number && one.endedAt === null)) throw new Refused('instruction/no-warning', `no warning ${number} of ${id} is open`)
  return { word: 'instruction', controller, slot, subject: `warning ${number} of ${id}`, bytes: answerBytes(`${ledger.origin}/${slot}`, { instruction: id, number, answer, says }) }
}

async function draftsOf(ledger: Ledger, { instruction, number, answer, says, ...by }: Answering & Signer, at: Instant): Promise<{ readonly register: readonly Draft[]; readonly answered: Draft }> {
  const toSign = await answerToSay(ledger, { instruction, number, answer, says })
  const { signatory, custody, proof, register } = await signFor(ledger, toSign, by, at)
  return { register, answered: { slot: toSign.slot, type: 'instruction.answered', at, parts: {
    evidence: { instruction, number, answer, custody, signed_sha256: sha256(toSign.bytes) },
    instruction: { says, signatory, ...proof },
  } } }
}

const numberOf = async (ledger: Ledger, of: { readonly instruction: string; readonly number: number }): Promise<Warning> => (await allWarnings(ledger.database)).find(({ instruction, number }) => instruction === of.instruction && number === of.number)!

/**
 * The controller's written answer to one warning, signed with a key or a passkey. *Upheld* ends the warning, and work may go on: the instruction is the controller's and so is the answer for it. *Agreed* leaves it as it is until the instruction is
 * superseded or withdrawn. Throws `Refused` when that warning is not open.
 */
export async function answerWarning(ledger: Ledger, answering: Answering & Signer, at: Instant): Promise<Warning> {
  const { register, answered } = await draftsOf(ledger, answering, at)
  await ledger.append([...register, answered])
  return numberOf(ledger, answering)
}

/** The same answer to every warning of an instruction that is open, each signed by itself; the newest of them. Throws `Refused` when none is. */
export async function answerWarnings(ledger: Ledger, { instruction, ...given }: Omit<Answering, 'number'> & { readonly signatory: string; readonly key: SignatoryKey }, at: Instant): Promise<Warning> {
  await findInstruction(ledger, instruction)
  const open = (await allWarnings(ledger.database)).filter((one) => one.instruction === instruction && one.endedAt === null)
  const last = open.at(-1)
  if (last === undefined) throw new Refused('instruction/no-warning', `no warning of ${instruction} is open`)
  const drafts = await Promise.all(open.map(({ number }) => draftsOf(ledger, { instruction, number, ...given }, at)))
  await ledger.append([...drafts[0]!.register, ...drafts.map(({ answered }) => answered)])
  return numberOf(ledger, last)
}
