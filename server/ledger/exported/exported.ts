import type { Instant } from '#kit/time'
import type { Ledger } from '../ledger.ts'
import type { ExportedBundle } from './store.ts'

/** Records that a bundle is handed out, in the log that it is of: `ledger.bundle_exported`. The bundle itself ends before this entry. */
export async function recordExported(ledger: Ledger, { slot, sha256, entries, snapshots, bytes, account }: Omit<ExportedBundle, 'exportedAt'>, at: Instant): Promise<void> {
  await ledger.append({ slot, type: 'ledger.bundle_exported', at, parts: { evidence: { sha256, entries, snapshots, bytes, account } } })
}
