import type { References } from '#inventory'
import type { Ledger } from '#ledger'
import type { Instant } from '#kit/time'
import { applyEstate, checkColumns, present, type ColumnCheck } from './apply.ts'
import type { Plan, Present } from './plan.ts'
import { checkEstate } from './read.ts'
import type { Estate } from './schema.ts'

/** What is declared beside all that is there: of a list, items that are new or take the place of one with the same id. */
export type Declared = Partial<Pick<Estate, 'processor' | 'environments' | 'stores' | 'controllers' | 'contracts' | 'datasets' | 'people'>>

/**
 * Declares some of an estate as a file would, that holds it beside all that is declared: the same shape, the same checks, one entry a change. Columns of datasets are compared with their
 * stores. Throws as `readEstate`, `checkColumns` and `applyEstate` do; a problem is named by its key.
 */
export async function declare(ledger: Ledger, references: References, declared: Declared, at: Instant): Promise<Plan & { readonly checks: ColumnCheck }> {
  const read = checkEstate(withPresent(await present(ledger), declared))
  // Only what is new: a store that cannot be asked now keeps nobody from declaring something else.
  const fresh = new Set((declared.datasets ?? []).map(({ id }) => id))
  const checks = fresh.size === 0 ? { checked: [], unchecked: [] } : await checkColumns({ ...read, estate: { ...read.estate, datasets: read.estate.datasets.filter(({ id }) => fresh.has(id)) } }, references)
  return { ...await applyEstate(ledger, read, checks, at), checks }
}

function withPresent(known: Present, { processor, ...lists }: Declared): object {
  const merged = <Item extends { readonly id: string }>(before: readonly Item[], added: readonly Item[] = []): Item[] => [...before.filter(({ id }) => !added.some((one) => one.id === id)), ...added]
  return {
    bailee: 1, processor: processor ?? known.processor,
    environments: merged(known.environments.map(({ declared }) => declared as Estate['environments'][number]), lists.environments), stores: merged(known.stores.map(({ declared }) => declared as Estate['stores'][number]), lists.stores),
    controllers: merged(known.controllers.map(({ declared, id }) => ({ ...declared, signatories: (known.signatories.get(id) ?? []).map(({ name, contact }) => ({ name, contact })) }) as unknown as Estate['controllers'][number]), lists.controllers),
    contracts: merged(known.contracts.map(({ declared }) => declared as unknown as Estate['contracts'][number]), lists.contracts),
    datasets: merged(known.datasets.map(({ id, controller, store, tables }) => ({ id, controller, store, tables }) as unknown as Estate['datasets'][number]), lists.datasets),
    instructions: known.instructions.map(({ scope }) => scope), people: merged(known.people.filter(({ leftAt }) => leftAt === undefined).map(({ id, name, contact, role }) => ({ id, name, contact, role })), lists.people),
  }
}
