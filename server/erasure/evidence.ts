import { cosign, exportBundle, type BundleSummary, type Ledger } from '#ledger'
import type { Clock, Instant } from '#kit/time'
import { envelopesOf, reviewCertificates } from './certificate.ts'

/** Entry types whose receipts a controller is handed (`ledger.md`: the counter-measure to what a log cannot show). */
export const receiptTypes = ['instruction.accepted', 'instruction.withdrawn', 'grant.approved', 'grant.revoked', 'transfer.made', 'transfer.returned', 'transfer.disclosed', 'certificate.issued', 'certificate.invalidated']

/** Writes a controller's evidence into a directory, certificates looked at once more and witnesses asked before: what `bailee ledger export` and the portal hand out. Throws as `exportBundle` does. */
export async function exportEvidence(ledger: Ledger, { slot, directory, clock }: { readonly slot: number; readonly directory: string; readonly clock: Clock }, at: Instant): Promise<BundleSummary> {
  await reviewCertificates(ledger, at)
  return exportBundle(ledger, { slot, at, directory, receiptsFor: receiptTypes, certificates: await envelopesOf(ledger, slot), cosign: (last) => cosign(ledger, { clock, last }) })
}
