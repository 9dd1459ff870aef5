import { rows, sql, type Database, type Transaction } from '#database'
import type { Instant } from '#kit/time'
import type { Apply } from '../fold.ts'
import { partOf } from '../ledger.ts'

/** A bundle that was handed out as one file. `entries` and `snapshots`: what it reaches up to. `account`: whose session asked for it. */
export interface ExportedBundle { readonly slot: number; readonly sha256: string; readonly exportedAt: Instant; readonly entries: number; readonly snapshots: number; readonly bytes: number; readonly account: string }

/** Folds `ledger.bundle_exported`, in the log of its controller. */
export const applyExported: Apply = async (tx, entry) => {
  const one = partOf<Omit<ExportedBundle, 'slot' | 'exportedAt'>>(entry, 'evidence')
  if (one !== undefined) await rows(tx, sql`insert into exported_bundle (slot, sha256, exported_at, entries, snapshots, bytes, account) values (${entry.slot}, ${one.sha256}, ${entry.at}, ${one.entries}, ${one.snapshots}, ${one.bytes}, ${one.account}) on conflict do nothing`)
}

/** The newest bundles of a log that were handed out, at most `limit`, newest first. */
export async function exportedBundles(executor: Database | Transaction, slot: number, limit: number): Promise<ExportedBundle[]> {
  return rows<ExportedBundle>(executor, sql`select slot, sha256, exported_at as "exportedAt", entries, snapshots, bytes, account from exported_bundle where slot = ${slot} order by exported_at desc, entries desc, sha256 limit ${limit}`)
}
