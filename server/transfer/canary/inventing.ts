/** What invents records of one copy. */
import { theProcessor } from '#contract'
import type { Ledger } from '#ledger'
import type { PlannedCopy, PlannedTable } from '../plan.ts'
import type { TableCanaries } from '../types.ts'
import type { Inventing } from './among.ts'
import { reservedDomains } from '../reserved.ts'
import { openInventor } from './invent.ts'
import { canarySecret } from './mark.ts'

export type InventingIn = (table: PlannedTable, planned: PlannedCopy) => Inventing

/** What invents records of this copy; undefined where the key was destroyed at the end of an earlier contract. */
export async function inventingFor(ledger: Ledger, slot: number, id: string): Promise<InventingIn | undefined> {
  if (ledger.keys.wasDestroyed(`canaries/${slot}`)) return undefined
  const secret = canarySecret(ledger.keys.canaryKey(slot), id)
  const domains = ((await theProcessor(ledger.database))?.['canary_domains'] as readonly string[] | undefined) ?? reservedDomains
  const inventor = await openInventor(secret, domains)
  return (table, { relations }) => {
    const { table: name, subject } = table.table
    return { inventor, secret, table, domains, belongs: relations.some((one) => one.table === name && one.to !== name && one.columns.includes(subject)) }
  }
}

export const noCanaryKey: TableCanaries = { rows: 0, because: 'the key of invented records was destroyed at the end of an earlier contract' }
