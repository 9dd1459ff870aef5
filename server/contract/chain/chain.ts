/** Who works below the processor, at every rank, and by whose leave (Art. 28(2), 28(4); Opinion 22/2024): told beforehand, objected to, authorised. */
import { createHash } from 'node:crypto'
import { jcs, type Json, type Ledger } from '#ledger'
import type { Signer } from '#people'
import { Misuse, Refused } from '#kit/errors'
import { day, formatDay, type Instant } from '#kit/time'
import { findContract, mustWorkHere } from '../contract.ts'
import type { Contract } from '../types.ts'
import { say, type Saying } from '../saying.ts'
import * as store from './store.ts'
import { subProcessorMoves, type Authorisation, type ChainLink, type SubProcessor, type SubProcessorIdentity } from './types.ts'

interface Declared { readonly authorisation?: Authorisation; readonly notice_days?: number }
const declaredIn = ({ declared }: Pick<Contract, 'declared'>): Declared => (declared['sub_processors'] ?? {}) as Declared

/** The chain of a contract as it stands at a moment, by rank and name; pure. Those that were withdrawn are in it, and not authorised. */
export function chainAt(contract: Pick<Contract, 'id' | 'declared'>, known: readonly SubProcessor[], at: Instant): ChainLink[] {
  const own = new Map(known.filter((one) => one.contract === contract.id).map((one) => [one.name, one]))
  const { authorisation = 'none' } = declaredIn(contract)
  const aboveOf = (one: SubProcessor): SubProcessor[] => {
    const above: SubProcessor[] = []
    for (let next = own.get(one.identity.engaged_by ?? ''); next !== undefined && next !== one && !above.includes(next); next = own.get(next.identity.engaged_by ?? '')) above.push(next)
    return above
  }
  const links = [...own.values()].map((one): ChainLink => {
    const above = aboveOf(one)
    const lost = [one, ...above].find(({ identity }) => identity.engaged_by !== undefined && !own.has(identity.engaged_by))
    const because = notYet(one, authorisation, at) ?? (lost === undefined ? undefined : `${lost.name} is said to be engaged by ${lost.identity.engaged_by}, who is not in the chain`)
      ?? above.map((next) => { const why = notYet(next, authorisation, at); return why === undefined ? undefined : `${next.name}, through whom it is engaged, is not authorised: ${why}` }).find((why) => why !== undefined)
    const missing = (['address', 'contact_person', 'purpose'] as const).filter((key) => (one.identity[key] ?? '').trim() === '')
    return { ...one, tier: above.length + 1, authorised: because === undefined, ...(because === undefined ? {} : { because }), missing }
  })
  return links.sort((one, other) => one.tier - other.tier || (one.name < other.name ? -1 : 1))
}

/** Why one may not have data at a moment, whoever engages it; undefined when it may. */
function notYet(one: SubProcessor, authorisation: Authorisation, at: Instant): string | undefined {
  switch (one.state) {
    case 'agreed': return authorisation === 'none' ? 'the contract authorises no sub-processor' : undefined
    case 'authorised': return undefined
    case 'listed': return 'it was added after the contract was agreed, and the controller was not told'
    case 'objected': return `the controller objects since ${formatDay(one.since)}`
    case 'withdrawn': return `it was taken out of the chain on ${formatDay(one.since)}`
    case 'announced':
      if (one.until === null) return 'the controller was told, and has to authorise it by name: its silence says nothing'
      return at < one.until ? `the controller was told, and may object until ${formatDay(one.until)}` : undefined
  }
}

/** The chain of one contract out of the tables. */
export async function chainOf(ledger: Pick<Ledger, 'database'>, contract: Pick<Contract, 'id' | 'declared'>, at: Instant): Promise<ChainLink[]> {
  return chainAt(contract, await store.allSubProcessors(ledger.database, contract.id), at)
}

const noticeId = (contract: string, name: string, number: number): string => `sub-processor-${createHash('sha256').update(JSON.stringify([contract, name, number])).digest('hex').slice(0, 12)}`

/**
 * Tells the controller of a sub-processor that is to be engaged: the notice and the announcement are one transaction. Under a general authorisation its silence until the end of the notice window authorises, under a specific one nothing but a
 * signatory's word does. Throws `Refused` where the contract authorises none, or does not say how long the controller has.
 */
export async function announceSubProcessor(ledger: Ledger, { contract: id, identity, by }: { readonly contract: string; readonly identity: SubProcessorIdentity; readonly by: string }, at: Instant): Promise<ChainLink> {
  const contract = await findContract(ledger, id)
  const { authorisation = 'none', notice_days: days } = declaredIn(contract)
  if (contract.endedAt !== undefined) throw new Refused('contract/ended', `${id} has ended; nobody is engaged under it any more`)
  if (authorisation === 'none') throw new Refused('contract/not-authorised', `${id} authorises no sub-processor (Art. 28(2) GDPR): that is for the parties to change, and for bailee.yaml to say then`)
  if (authorisation === 'general' && days === undefined) throw new Refused('contract/no-notice-window', `${id} does not say how long the controller may object: declare sub_processors.notice_days as the contract has it`)
  await mustWorkHere(ledger, by)
  const before = await store.allSubProcessors(ledger.database, id)
  if (identity.engaged_by !== undefined && before.every(({ name }) => name !== identity.engaged_by)) throw new Misuse(`${identity.engaged_by}, by whom ${identity.name} is engaged, is not in the chain of ${id}: announce that one first`)
  const number = (before.find(({ name }) => name === identity.name)?.number ?? 0) + 1
  const until = authorisation === 'general' ? at + days! * day : null
  const says = `${identity.name} (${[identity.address, identity.country].filter((one) => one !== undefined).join(', ')}) is to process personal data for you${identity.engaged_by === undefined ? '' : `, engaged by ${identity.engaged_by}`}${identity.purpose === undefined ? '' : `: ${identity.purpose}`}. ${until === null ? 'It gets nothing before you authorise it by name' : `You may object until ${formatDay(until)}`} (Art. 28(2) GDPR).`
  const { slot, controller } = contract
  await ledger.append([
    { slot, type: 'controller.notified', at, parts: { evidence: { notice: noticeId(id, identity.name, number), controller, about: `sub-processor ${identity.name} under ${id}`, says } } },
    { slot, type: 'contract.sub_processor_announced', at, parts: { evidence: { contract: id, name: identity.name, number, identity: identity as unknown as Json, until, by } } },
  ])
  return linkOf(ledger, contract, { name: identity.name, at })
}

async function linkOf(ledger: Ledger, contract: Contract, { name, at }: { readonly name: string; readonly at: Instant }): Promise<ChainLink> {
  const chain = await chainOf(ledger, contract, at)
  const link = chain.find((one) => one.name === name)
  if (link === undefined) throw new Misuse(`${JSON.stringify(name)} is not in the chain of ${contract.id}; in it are: ${chain.map((one) => one.name).join(', ') || 'none'}`)
  return link
}

/** What a signatory signs of a sub-processor: `number` counts its announcements, so that what was said of one is never said of a later one. */
export function sayingBytes(log: string, said: { readonly contract: string; readonly name: string; readonly number: number; readonly says: 'objected' | 'authorised'; readonly reasons: string | null }): Uint8Array {
  return Buffer.concat([Buffer.from('bailee/sub-processor/v1\n'), jcs({ log, ...said })])
}

interface Word { readonly contract: string; readonly name: string; readonly says: 'objected' | 'authorised'; readonly reasons: string | null }

/** What is signed to object to one, or to authorise it. Throws `Refused` where it may not be said any more. */
export async function wordOfSubProcessor(ledger: Ledger, { contract: id, name, says, reasons }: Word, at: Instant): Promise<Saying> {
  const contract = await findContract(ledger, id)
  const { number, state, until } = await linkOf(ledger, contract, { name, at })
  if (says === 'objected' && state === 'announced' && until !== null && at >= until) throw new Refused('contract/window-over', `the time to object to ${name} ended on ${formatDay(until)}; what remains is to withdraw the instructions that name it`)
  mustMove({ contract: id, name, state }, says)
  const bytes = sayingBytes(`${ledger.origin}/${contract.slot}`, { contract: id, name, number, says, reasons })
  return { contract, subject: `the sub-processor ${name} under ${id}`, type: `contract.sub_processor_${says}`, bytes, evidence: { contract: id, name, number }, agreed: { reasons } }
}

function mustMove({ contract, name, state }: Pick<ChainLink, 'contract' | 'name' | 'state'>, to: Word['says']): void {
  const next: readonly string[] = subProcessorMoves[state]
  if (!next.includes(to)) throw new Refused('contract/sub-processor-move', `${name} is ${state} in the chain of ${contract} and cannot become ${to}: bailee contract sub-processor list ${contract}`)
}

async function sayWord(ledger: Ledger, word: Word, by: Signer, at: Instant): Promise<ChainLink> {
  await say(ledger, await wordOfSubProcessor(ledger, word, at), by, at)
  return linkOf(ledger, await findContract(ledger, word.contract), { name: word.name, at })
}

/** A signatory objects, with reasons; nothing goes to that sub-processor from then on. Throws `Refused` when it was not announced, or the time to object is over. */
export async function objectTo(ledger: Ledger, { contract, name, reasons, ...by }: Pick<Word, 'contract' | 'name'> & { readonly reasons: string } & Signer, at: Instant): Promise<ChainLink> {
  return sayWord(ledger, { contract, name, says: 'objected', reasons }, by, at)
}

/** A signatory authorises by name: what a specific authorisation needs, and what lifts an objection. */
export async function authoriseSubProcessor(ledger: Ledger, { contract, name, ...by }: Pick<Word, 'contract' | 'name'> & Signer, at: Instant): Promise<ChainLink> {
  return sayWord(ledger, { contract, name, says: 'authorised', reasons: null }, by, at)
}

/** The processor works with it no more, or gives the plan up. */
export async function withdrawSubProcessor(ledger: Ledger, { contract: id, name, by }: { readonly contract: string; readonly name: string; readonly by: string }, at: Instant): Promise<ChainLink> {
  const contract = await findContract(ledger, id)
  const { number } = await linkOf(ledger, contract, { name, at })
  await mustWorkHere(ledger, by)
  await ledger.append({ slot: contract.slot, type: 'contract.sub_processor_withdrawn', at, parts: { evidence: { contract: id, name, number, by } } })
  return linkOf(ledger, contract, { name, at })
}
