/** Leaks whose copy is identified, held against certificates: breaches know the one, erasures the other. */
import { allBreaches } from '#breach'
import { reviewForLeaks, type Leak } from '#erasure'
import { allFindings } from '#trace'
import { allTransfers } from '#transfer'
import type { Instant } from '#kit/time'
import type { Bailee } from './bailee.ts'

/** Takes back the certificates that identified leaks contradict; resolves to their ids. Run when a breach is opened or a sample attributed, and safe to run at any time. */
export async function reviewLeaks({ ledger }: Pick<Bailee, 'ledger'>, at: Instant): Promise<string[]> {
  const identified = (await allBreaches(ledger.database)).flatMap(({ id, slot, attribution, attributedAt, openedAt }) =>
    (attribution ?? []).flatMap(({ answer }) => (answer.kind === 'identified' ? [{ slot, breach: id, copy: answer.copy, attributedAt: attributedAt ?? openedAt }] : [])))
  if (identified.length === 0) return []
  const since = await timesOfCopies(ledger)
  return reviewForLeaks(ledger, identified.map((leak): Leak => ({ ...leak, since: since.get(leak.copy) })), at)
}

/** Since when each copy was there at the latest: a governed one since it was begun, another since it was seen, or since the earliest moment at which it can have been made where that is before. */
async function timesOfCopies({ database }: Bailee['ledger']): Promise<Map<string, Instant>> {
  const governed = (await allTransfers(database)).map(({ id, begunAt }) => [id, begunAt] as const)
  const found = (await allFindings(database)).map(({ id, firstSeen, detail }) => [id, Math.min(firstSeen, detail.made?.after ?? firstSeen)] as const)
  return new Map([...governed, ...found])
}
