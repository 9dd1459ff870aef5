import { rows, sql, type Database, type Transaction } from '#database'
import { partOf, type Entry } from '#ledger'
import type { Instant } from '#kit/time'

export interface TermRecorded { readonly contract: string; readonly term: string; /** Null: the contract has none. */ readonly clause: string | null; readonly recordedBy: string; readonly recordedAt: Instant }

/** What was recorded of the terms of every contract, by contract and term. */
export async function termsOf(executor: Database | Transaction): Promise<TermRecorded[]> {
  return rows<TermRecorded>(executor, sql`select contract, term, clause, recorded_by as "recordedBy", recorded_at as "recordedAt" from contract_term order by contract, term`)
}

/** Folds `contract.term_recorded`; a later word replaces an earlier one. */
export async function keepTerm(tx: Transaction, entry: Entry): Promise<void> {
  const term = partOf<{ contract: string; term: string; clause: string | null; by: string }>(entry, 'evidence')
  if (term === undefined) return
  await rows(tx, sql`
    insert into contract_term (contract, term, slot, clause, recorded_by, recorded_at) select id, ${term.term}, slot, ${term.clause}, ${term.by}, ${entry.at} from contract where id = ${term.contract} and slot = ${entry.slot}
    on conflict (contract, term) do update set clause = excluded.clause, recorded_by = excluded.recorded_by, recorded_at = excluded.recorded_at`)
}
