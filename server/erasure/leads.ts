/** Where stores lead: what was planned in one place is not searched again in another that bears its name since. */
import { isSamePlace, type Lead } from '#inventory'
import type { Search } from '#trace'
import { formatDay } from '#kit/time'
import type { AddressStated, Erasure, Obstacle } from './types.ts'

/** Places into which a search for a plan looked: where stores led when it was begun, and where they led when it ended, which may be another place. Pure. */
export const leadsOfPlan = ({ before, after }: NonNullable<Search['leads']>): Lead[] => [...before, ...after.filter((lead) => !before.some((one) => same(one, lead)))]

/** Of a search after erasing, the places that it was of from its beginning to its end: of one that changed meanwhile, nobody knows what was read where. Pure. */
export const leadsAgain = ({ before, after }: NonNullable<Search['leads']>): Lead[] => after.filter((lead) => before.some((one) => same(one, lead)))

const same = (one: Lead, other: Lead): boolean => one.store === other.store && one.to === other.to && one.of === other.of

/** Places of the plan where no store led any more when it was searched again. */
function unsearched({ plan, again }: Pick<Erasure, 'plan' | 'again'>): Lead[] {
  const there = again?.leads
  if (there === undefined) return []
  return (plan?.leads ?? []).filter((lead) => lead.to !== null && !there.some((one) => isSamePlace(lead, one) || (one.store === lead.store && one.to === null)))
}

/** Places of the plan where no store led any more when it was searched again, whatever they are called now; with what people state of them, which shows nothing. Pure. */
export function leadElsewhere(erasure: Pick<Erasure, 'plan' | 'again' | 'addresses'>): Obstacle[] {
  return [...Map.groupBy(unsearched(erasure), ({ store }) => store)].map(([store, leads]) => {
    const said = statementOf(erasure.addresses ?? [], leads)
    return { store, place: '*', because: said === undefined ? because : `${wordsFor[said.says]} (stated by ${said.statedBy}, confirmed by ${said.confirmedBy} on ${formatDay(said.confirmedAt ?? 0)}: ${said.because}); stated, not verified: what stood there was not searched again` }
  })
}

const because = 'it led elsewhere when this was planned, and what stands there was not searched again: declare that as a store of its own, and run the erasure again; or, where that cannot be, have two people state what became of it (bailee erasure address)'

const wordsFor = { gone: 'where it led when this was planned is gone', moved: 'it led elsewhere when this was planned, and is the same store, which was moved' } as const

/** What two people state of all of these places of a store. */
const statementOf = (stated: readonly AddressStated[], leads: readonly Lead[]): AddressStated | undefined => stated.find((one) => one.confirmedBy !== null && leads.every(({ store, to }) => store === one.store && to !== null && one.leads.includes(to)))

/** Stores of which something is to be stated: the addresses where they led and nothing was searched again. Pure. */
export const leadsLost = (erasure: Pick<Erasure, 'plan' | 'again'>, store: string): string[] => [...new Set(unsearched(erasure).filter((one) => one.store === store).flatMap(({ to }) => (to === null ? [] : [to])))]

/** Whether two people stated what became of a place: then running it again would find nothing else. Pure. */
export function isSettled(obstacle: Obstacle, { addresses = [], ...erasure }: Pick<Erasure, 'plan' | 'again' | 'addresses'>): boolean {
  const own = unsearched(erasure).filter(({ store }) => store === obstacle.store)
  return own.length > 0 && statementOf(addresses, own) !== undefined && leadElsewhere({ ...erasure, addresses }).some(({ store, because: words }) => store === obstacle.store && words === obstacle.because)
}

/** What a plan demands to be searched again: where stores lead now, and where they led before and nothing was searched again since. Pure. */
export function leadsPlanned(now: readonly Lead[], erasure: Pick<Erasure, 'plan' | 'again'>): Lead[] {
  return [...now, ...unsearched(erasure).filter((lead) => now.every((one) => !isSamePlace(lead, one)))]
}
