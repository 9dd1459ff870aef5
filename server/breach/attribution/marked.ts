/** Of which copies a sample bears the mark, or holds invented people. Pure. */
import type { SampleTable } from '#trace'
import type { Canaries } from '#transfer'

/** How many rows of a sample bear the mark of a copy, or are of its invented people. */
export interface Marked { readonly copy: string; readonly by: 'mark' | 'canary'; readonly certainty: number; readonly rows: number }

// A value that is nobody's is taken for marked once in four milliards for each copy: two rows are no chance.
const markedMin = 2
const certainty = 1 - 2 ** -32

/** Rows that are looked at for marks: one decides. */
export const markedRowsMax = 10_000

/** Copies that are told, most rows first. */
export function markedIn({ rows }: Pick<SampleTable, 'rows'>, canaries: Pick<Canaries, 'copies' | 'tell'>): Marked[] {
  const found = new Map<string, { rows: number; canary: boolean }>()
  for (const fields of canaries.copies.length === 0 ? [] : rows.slice(0, markedRowsMax)) {
    const told = fields.flatMap((field) => (field.trim() === '' ? [] : canaries.tell(field) ?? []))
    for (const copy of new Set(told.map((one) => one.copy))) found.set(copy, { rows: (found.get(copy)?.rows ?? 0) + 1, canary: found.get(copy)?.canary === true || told.some((one) => one.copy === copy && one.by === 'canary') })
  }
  return [...found].filter(([, one]) => one.canary || one.rows >= markedMin).sort((a, b) => b[1].rows - a[1].rows).map(([copy, one]) => ({ copy, by: one.canary ? 'canary' : 'mark', certainty, rows: one.rows }))
}
