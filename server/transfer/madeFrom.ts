/** What a derived dataset was made from: the columns that its activity read at most, as the ledger has them. */
import type { DerivedDataset } from '#inventory'
import { partOf, type Ledger } from '#ledger'
import { Refused } from '#kit/errors'

interface Read { readonly table: string; readonly dataset: string | null; readonly derived: string | null; readonly columns: readonly string[] }
interface Made { readonly made?: { readonly derived?: string; readonly lineage?: { readonly tables: readonly Read[] } | null } | null }

/**
 * Throws `Refused` unless every column that it was made from is one that `isNamed` says yes to: what a column of a result is called says nothing of what is in it. Results that it was made from are looked at in the same way.
 * Of what a session made, or nobody knows, there is no such record: it is refused.
 */
export async function mustBeMadeOf(ledger: Pick<Ledger, 'read'>, { id, slot }: Pick<DerivedDataset, 'id' | 'slot'>, isNamed: (dataset: string, column: string) => boolean): Promise<void> {
  const made = new Map((await ledger.read(slot, { types: ['activity.made'] })).flatMap((entry) => { const { derived, lineage } = partOf<Made>(entry, 'evidence')?.made ?? {}; return derived === undefined ? [] : [[derived, lineage?.tables] as const] }))
  const [waiting, seen] = [[id], new Set<string>()]
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    if (seen.has(one)) continue
    seen.add(one)
    const tables = made.get(one)
    if (tables === undefined) throw new Refused('transfer/no-lineage', `nothing was sent: what ${one} was made from is not recorded; make it anew by an activity (bailee activity run), whose columns are`)
    for (const { table, dataset, derived, columns } of tables) {
      if (derived !== null) waiting.push(derived)
      else {
        const other = columns.filter((column) => dataset === null || !isNamed(dataset, column))
        if (other.length > 0) throw new Refused('transfer/not-named', `nothing was sent: ${one} was made from ${other.join(', ')} of ${table}, which the instruction does not name`)
      }
    }
  }
}
