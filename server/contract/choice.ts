/** What is to happen at the end of a contract: who chose it, when, and how it was signed. */
import { jcs, type Ledger } from '#ledger'
import type { Signer } from '#people'
import { Misuse, Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import { findContract } from './contract.ts'
import { say, type Saying } from './saying.ts'
import * as store from './store.ts'
import type { ChoiceMade, Contract, EndChoice, ReleaseMade } from './types.ts'

/** What holds, and where it comes from. */
export interface ChoiceNow { readonly choice: EndChoice; readonly recipient?: string; readonly from: 'contract' | 'signatory' }

/** The choice that holds: the newest that a signatory made, or else that of the contract. Undefined when nobody chose: nothing is assumed then. */
export function choiceNow({ declared: { at_end: end } }: Contract, made: readonly ChoiceMade[]): ChoiceNow | undefined {
  const last = made.at(-1)
  if (last !== undefined) return { choice: last.choice, ...(last.recipient === null ? {} : { recipient: last.recipient }), from: 'signatory' }
  return end?.choice === undefined ? undefined : { choice: end.choice, ...(end.recipient === undefined ? {} : { recipient: end.recipient }), from: 'contract' }
}

/** What a signatory signs when choosing: `number` counts the choices of a contract, so that none can be presented again later. */
export function choiceBytes(log: string, choice: { readonly contract: string; readonly number: number; readonly choice: EndChoice; readonly recipient: string | null }): Uint8Array {
  return Buffer.concat([Buffer.from('bailee/choice/v1\n'), jcs({ log, ...choice })])
}

/** What a signatory signs when saying that the data came back (or were sent on), or that nothing of that is wanted any more. */
export function releaseBytes(log: string, release: { readonly contract: string; readonly how: ReleaseMade['how']; readonly choices: number }): Uint8Array {
  return Buffer.concat([Buffer.from('bailee/release/v1\n'), jcs({ log, ...release })])
}

interface Choosing { readonly contract: string; readonly choice: EndChoice; readonly recipient?: string | null }

/** What is signed to choose. Throws `Refused` where the choice cannot be changed any more. */
export async function choiceToMake(ledger: Ledger, { contract: id, choice, recipient = null }: Choosing, at: Instant): Promise<Saying> {
  const contract = await findContract(ledger, id)
  if ((choice === 'send_on') !== (recipient !== null)) throw new Misuse(choice === 'send_on' ? 'send_on needs --to: to whom the data are to go' : '--to goes with send_on alone')
  const made = await store.choicesOf(ledger.database, id)
  const over = contract.endedAt !== undefined || at >= (contract.ends ?? Infinity)
  const now = choiceNow(contract, made)
  if (over && now !== undefined) throw new Refused('contract/choice-settled', `${id} is over, and its choice is ${now.choice}: it could be changed before the end only`)
  const evidence = { contract: id, number: made.length + 1, choice, recipient }
  return { contract, subject: `the end of ${id}`, type: 'contract.choice_made', evidence, bytes: choiceBytes(`${ledger.origin}/${contract.slot}`, evidence) }
}

/**
 * A signatory of the controller chooses what happens at the end (Art. 28(3)(g)). It may be changed as often as wanted before the end; after it, it can only be made where
 * nobody had chosen. Throws `Refused` otherwise.
 */
export async function chooseEnd(ledger: Ledger, { contract, choice, recipient = null, ...by }: Choosing & Signer, at: Instant): Promise<ChoiceMade[]> {
  await say(ledger, await choiceToMake(ledger, { contract, choice, recipient }, at), by, at)
  return store.choicesOf(ledger.database, contract)
}

interface Releasing { readonly contract: string; readonly how: ReleaseMade['how'] }

/** What is signed to release data; undefined where that was said already. Throws `Refused` while the contract runs: what came back meanwhile is not what there is at its end. */
export async function releaseToSay(ledger: Ledger, { contract: id, how }: Releasing, at: Instant): Promise<Saying | undefined> {
  const contract = await findContract(ledger, id)
  const [made, released] = [await store.choicesOf(ledger.database, id), await store.releasesOf(ledger.database, id)]
  if (contract.endedAt === undefined || at < contract.endedAt) throw new Refused('contract/not-ended', `${id} was not recorded as ended at that moment: what is received or waived is said after its end (bailee erasure due records an agreed end that has come)`)
  if (released.some((one) => one.how === how)) return undefined
  if (how === 'received' && (choiceNow(contract, made)?.choice ?? 'delete') === 'delete') throw new Refused('contract/nothing-to-receive', `the choice of ${id} is not to return the data or to send them on; what is waived is said with waived`)
  return { contract, subject: `what ${id} left behind`, type: 'contract.released', evidence: { contract: id, how }, bytes: releaseBytes(`${ledger.origin}/${contract.slot}`, { contract: id, how, choices: made.length }) }
}

/**
 * A signatory says that the data were received (by whoever was to have them), or that the controller waives that and what is left of the time to fetch them. Idempotent. What is said holds for the
 * choice before it, and a newer one undoes it. Throws `Refused` as `releaseToSay` does.
 */
export async function releaseData(ledger: Ledger, { contract, how, ...by }: Releasing & Signer, at: Instant): Promise<ReleaseMade[]> {
  const saying = await releaseToSay(ledger, { contract, how }, at)
  if (saying !== undefined) await say(ledger, saying, by, at)
  return store.releasesOf(ledger.database, contract)
}
