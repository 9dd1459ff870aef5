/** An address that changed for a good reason, and where nobody can search any more: two people state what became of it. That shows nothing, and makes nothing complete; it says who answers for it, and why. */
import { standings } from '#people'
import type { Ledger } from '#ledger'
import { Misuse, Refused } from '#kit/errors'
import { formatDay, formatInstant, type Instant } from '#kit/time'
import { leadsLost } from './leads.ts'
import { findErasure } from './run.ts'
import type { AddressStated, Erasure } from './types.ts'

/** `gone`: what stood where the store led is not there any more, nor anywhere else. `moved`: all of it is where the store leads now. */
export interface Stating { readonly erasure: string; readonly store: string; readonly says: AddressStated['says']; readonly because: string; readonly by: string }

async function mustBeHere({ database }: Ledger, id: string): Promise<void> {
  const known = (await standings(database)).get(id)
  if (known === undefined || known.person.leftAt !== undefined) throw new Misuse(`nobody with id ${id} is declared`)
}

function mustBeOpen({ id, state }: Erasure): void {
  if (state === 'certified') throw new Refused('erasure/certified', `${id} is certified; reopen it first: bailee erasure reopen ${id} --as ID --because TEXT`)
}

const statedIn = (erasure: Erasure, store: string): AddressStated | undefined => erasure.addresses?.find((one) => one.store === store)

/** States what became of every address at which a store was planned and not searched again. Replaces what was stated of it before. Throws `Refused` where there is none, and once certified; `Misuse` without a reason. */
export async function stateAddress(ledger: Ledger, { erasure: id, store, says, because, by }: Stating, at: Instant): Promise<AddressStated> {
  const erasure = await findErasure(ledger, id)
  await mustBeHere(ledger, by)
  mustBeOpen(erasure)
  if (because.trim() === '') throw new Misuse('say why: what happened to the address, and how it is known')
  const leads = leadsLost(erasure, store)
  if (leads.length === 0) throw new Refused('erasure/address-known', `${erasure.id} was searched again wherever ${store} led when it was planned, or was not searched again yet: nothing is to be stated of it`)
  const before = statedIn(erasure, store)
  if (before?.says === says && before.because === because && before.statedBy === by && String(before.leads) === String(leads)) return before
  await ledger.append({ slot: erasure.slot, type: 'erasure.address_stated', at, parts: { evidence: { erasure: erasure.id, store, leads, says, because, by } } })
  return statedIn(await findErasure(ledger, erasure.id), store)!
}

/** A second person, not the one who stated it, confirms what was stated. Throws `Refused` where nothing was, and once certified. */
export async function confirmAddress(ledger: Ledger, { erasure: id, store, by }: Pick<Stating, 'erasure' | 'store' | 'by'>, at: Instant): Promise<AddressStated> {
  const erasure = await findErasure(ledger, id)
  await mustBeHere(ledger, by)
  mustBeOpen(erasure)
  const stated = statedIn(erasure, store)
  if (stated === undefined) throw new Refused('erasure/address', `nothing is stated of the address of ${store} in ${erasure.id}: bailee erasure address ${erasure.id} --store ${store} --says gone|moved --because TEXT --as ID`)
  if (stated.statedBy === by) throw new Refused('erasure/second-person', `${by} stated it; a second person confirms it`)
  if (stated.confirmedBy === by) return stated
  await ledger.append({ slot: erasure.slot, type: 'erasure.address_confirmed', at, parts: { evidence: { erasure: erasure.id, store, by } } })
  return statedIn(await findErasure(ledger, erasure.id), store)!
}

/** What is stated, for the certificate: never more than that. What nobody confirmed is nothing yet, and what was searched again since needs nobody's word. */
export const addressesTold = ({ addresses = [], ...erasure }: Pick<Erasure, 'addresses' | 'plan' | 'again'>): { [key: string]: string }[] =>
  addresses.flatMap(({ store, says, because, statedBy, statedAt, confirmedBy, confirmedAt }) => (confirmedBy === null || leadsLost(erasure, store).length === 0 ? [] : [{ store, says, because, stated_by: statedBy, stated: formatInstant(statedAt), confirmed_by: confirmedBy, confirmed: formatInstant(confirmedAt ?? 0), standing: 'stated, not verified' }]))

/** One line for people. */
export const addressLine = ({ store, says, because, statedBy, statedAt, confirmedBy }: AddressStated): string =>
  `${store}: ${says === 'gone' ? 'where it led is gone' : 'it was moved as it is'}, stated by ${statedBy} on ${formatDay(statedAt)} (${because}); ${confirmedBy === null ? 'not confirmed yet' : `confirmed by ${confirmedBy}`}`
