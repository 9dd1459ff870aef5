/** What invents records of one copy. */
import { theProcessor } from '#contract'
import type { Ledger } from '#ledger'
import type { PlannedCopy, PlannedTable } from '../plan.ts'
import type { Transfer } from '../types.ts'
import type { Inventing } from './among.ts'
import { reservedDomains } from '../reserved.ts'
import { openInventor } from './invent.ts'
import { secretOf } from './known.ts'

export type InventingIn = (table: PlannedTable, planned: PlannedCopy) => Inventing

/** What invents records of this copy; undefined where its key was destroyed, at the end of its contract. */
export async function inventingFor(ledger: Ledger, copy: Pick<Transfer, 'id' | 'slot' | 'canaryKey'>): Promise<InventingIn | undefined> {
  const secret = secretOf(ledger.keys, copy)
  if (secret === undefined) return undefined
  const domains = ((await theProcessor(ledger.database))?.['canary_domains'] as readonly string[] | undefined) ?? reservedDomains
  const inventor = await openInventor(secret, domains)
  return (table, { relations }) => {
    const { table: name, subject } = table.table
    return { inventor, secret, table, domains, belongs: relations.some((one) => one.table === name && one.to !== name && one.columns.includes(subject)) }
  }
}
