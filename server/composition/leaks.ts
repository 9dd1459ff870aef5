/** Leaks whose copy is identified, held against certificates: breaches know the one, erasures the other. */
import { allBreaches } from '#breach'
import { reviewForLeaks, type Leak } from '#erasure'
import type { Instant } from '#kit/time'
import type { Bailee } from './bailee.ts'

/** Takes back the certificates that identified leaks contradict; resolves to their ids. Run when a breach is opened or a sample attributed, and safe to run at any time. */
export async function reviewLeaks({ ledger }: Pick<Bailee, 'ledger'>, at: Instant): Promise<string[]> {
  const leaks = (await allBreaches(ledger.database)).flatMap(({ id, slot, attribution, attributedAt, openedAt }) =>
    (attribution ?? []).flatMap(({ answer }): Leak[] => (answer.kind === 'identified' ? [{ slot, breach: id, copy: answer.copy, attributedAt: attributedAt ?? openedAt }] : [])))
  return leaks.length === 0 ? [] : reviewForLeaks(ledger, leaks, at)
}
