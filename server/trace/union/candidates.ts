/** Where a place hits too much to keep its rows: which datasets may have a copy there, from numbers of different values alone. Pure. */
import type { SegmentHeader } from '../fingerprint/index.ts'
import { judge } from '../search/verdict.ts'

export interface Hits {
  /** Rows of the place. */
  readonly rows: number
  /** Datasets asked about at once. */
  readonly datasets: number
  /** Different values per column; those of weak columns are not known. */
  readonly columns: readonly number[]
}

/**
 * Whether the exact search could call it a copy, at the best arrangement of these values in rows: every row of the place holds all columns
 * hit, with every weak one, and they agree. Never false where the exact search finds a copy.
 */
export function mayBeCopy(header: SegmentHeader, { rows, datasets, columns }: Hits): boolean {
  const hit = header.columns.reduce((mask, { weak }, column) => (weak || columns[column]! > 0 ? mask | (1 << column) : mask), 0)
  const strong = header.columns.some(({ weak }, column) => !weak && columns[column]! > 0)
  if (!strong) return false
  const linked = new Map(header.links.length > 0 ? [[hit, rows]] : [])
  const { verdict } = judge(header, { rows, datasets, linked, single: new Map([[hit, rows]]), fields: [], distinct: columns.map((count) => ({ hit: count, linked: count })) })
  return verdict === 'copy'
}
