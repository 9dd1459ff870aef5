import { schedulesAt } from '#activity'
import { allContracts, chainOf, theProcessor } from '#contract'
import { lapsesOf } from '#decision'
import { allWarnings, openReviews, unreviewedEmergencies } from '#instruction'
import type { Ledger } from '#ledger'
import { allPeople, allTrainings, standings } from '#people'
import { allTransfers } from '#transfer'
import type { Instant } from '#kit/time'
import { remindersAt, type OpenInquiry } from './due.ts'
import type { Reminder } from './types.ts'

/** Everything that is due at a moment, told or not, as the tables hold it; with what authorities asked and is not settled, which whoever keeps the registers knows. */
export async function dueReminders(ledger: Pick<Ledger, 'database'>, at: Instant, inquiries: readonly OpenInquiry[] = []): Promise<Reminder[]> {
  const { database } = ledger
  const processor = await theProcessor(database)
  const dpo = processor?.['dpo'] as { readonly contact?: string } | 'none' | undefined
  const contracts = (await allContracts(database)).filter(({ endedAt }) => endedAt === undefined)
  const links = (await Promise.all(contracts.map(async (contract) => (await chainOf(ledger, contract, at)).map((link) => ({ ...link, slot: contract.slot }))))).flat()
  return remindersAt({
    owner: processor?.['contact'] as string | undefined, dpo: typeof dpo === 'object' ? dpo.contact : undefined, people: new Map((await allPeople(database)).map((person) => [person.id, person])),
    lapses: lapsesOf((await standings(database)).values(), await allTrainings(database), at), reviews: await openReviews(database), emergencies: await unreviewedEmergencies(ledger), links, warnings: await allWarnings(database), schedules: await schedulesAt({ ledger }, at), copies: await allTransfers(database), inquiries,
  }, at)
}
