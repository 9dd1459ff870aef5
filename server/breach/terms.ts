/** What a contract says of breaches, as it stood at a moment. */
import { allContracts, type ContractDeclared } from '#contract'
import { partOf, type Ledger } from '#ledger'
import type { Instant } from '#kit/time'
import type { Terms } from './types.ts'

/**
 * The contract in force with a controller at a moment, by what was declared of it until then; of several, the one with the shortest time. When none was in force, the last that had begun: what it held may leak after it, and whether its
 * time still binds is for a person to say. Undefined when there is no contract at all.
 */
export async function termsAt({ database, read }: Pick<Ledger, 'database' | 'read'>, { controller, slot }: { readonly controller: string; readonly slot: number }, at: Instant): Promise<Terms | undefined> {
  const declared = new Map<string, ContractDeclared>()
  for (const entry of await read(slot, { types: ['contract.declared'] })) {
    const one = partOf<ContractDeclared>(entry, 'evidence')
    if (one !== undefined && (entry.at <= at || !declared.has(one.id))) declared.set(one.id, one)
  }
  const mine = (await allContracts(database)).filter((one) => one.controller === controller).map(({ id, starts, ends, endedAt }) => {
    const hours = declared.get(id)?.['breach_notice_hours']
    return { contract: id, hours: typeof hours === 'number' ? hours : null, starts, inForce: starts <= at && at < (endedAt ?? ends ?? Infinity) }
  })
  const begun = mine.filter(({ starts }) => starts <= at)
  const [first] = [...(begun.length === 0 ? mine : begun)].sort((a, b) => Number(b.inForce) - Number(a.inForce) || (a.inForce && b.inForce ? (a.hours ?? Infinity) - (b.hours ?? Infinity) : 0) || b.starts - a.starts)
  return first === undefined ? undefined : { contract: first.contract, hours: first.hours, inForce: first.inForce }
}
