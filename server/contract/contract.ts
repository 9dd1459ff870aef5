import type { Draft, Ledger } from '#ledger'
import { standings } from '#people'
import { Misuse, Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import * as store from './store.ts'
import type { Contract, Controller } from './types.ts'

/** Throws `Misuse` naming the contracts there are. */
export async function findContract(ledger: Ledger, id: string): Promise<Contract> {
  const known = await store.allContracts(ledger.database)
  const found = known.find((contract) => contract.id === id)
  if (found === undefined) throw new Misuse(`no contract ${id}; declared are: ${known.map((contract) => contract.id).join(', ') || 'none'}`)
  return found
}

/** Throws `Misuse` naming the controllers there are. */
export async function findController(ledger: Ledger, id: string): Promise<Controller> {
  const known = await store.allControllers(ledger.database)
  const found = known.find((controller) => controller.id === id)
  if (found === undefined) throw new Misuse(`no controller ${id}; declared are: ${known.map((controller) => controller.id).join(', ') || 'none'}`)
  return found
}

/** Throws `Misuse` when nobody with that id works for the processor: whoever records something answers for it. */
export async function mustWorkHere(ledger: Pick<Ledger, 'database'>, person: string): Promise<void> {
  const known = (await standings(ledger.database)).get(person)
  if (known === undefined || known.person.leftAt !== undefined) throw new Misuse(`nobody with id ${person} is declared; bailee people list shows who is`)
}

/**
 * The entry that ends a contract; the caller records it together with the exit case it opens. Throws `Refused` when it ended already, or when
 * `at` is before its agreed end and nobody terminated it.
 */
export function endOf(contract: Contract, at: Instant, because: 'agreed end' | 'termination'): Draft {
  if (contract.endedAt !== undefined) throw new Refused('contract/ended', `contract ${contract.id} has ended already`)
  if (because === 'agreed end' && (contract.ends === undefined || at < contract.ends)) {
    throw new Refused('contract/not-over', `contract ${contract.id} is not over at that date; use --terminated when a party ended it early`)
  }
  return { slot: contract.slot, type: 'contract.ended', at, parts: { evidence: { contract: contract.id, because } } }
}
