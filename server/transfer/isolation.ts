/** How far records of a copy stand alone: the first of the three tests of the Article 29 Working Party (WP216, 2.2). Pure. */
import { createHash } from 'node:crypto'
import type { Isolation } from './types.ts'

/** Groups that are told apart at most: some hundreds of megabytes; a table with more has next to nobody in company. */
const groupsMax = 2_000_000
const longTextMin = 48

/** Counts rows as they are written. `fields`: which of a row's values still say something. */
export function countIsolation(columns: readonly string[], fields: readonly number[]): { readonly add: (row: readonly (string | null)[]) => void; readonly result: () => Isolation } {
  const groups = new Map<string, number>()
  let counted = 0
  let full = false
  return {
    add: (row) => {
      if (full) return
      const text = JSON.stringify(fields.map((field) => row[field] ?? null))
      const name = text.length < longTextMin ? text : createHash('sha256').update(text).digest('base64')
      const before = groups.get(name) ?? 0
      if (before === 0 && groups.size >= groupsMax) { full = true; return }
      groups.set(name, before + 1)
      counted += 1
    },
    result: () => {
      let [smallest, alone] = [counted === 0 ? 0 : Infinity, 0]
      for (const rows of groups.values()) { smallest = Math.min(smallest, rows); if (rows === 1) alone += 1 }
      return { columns, groups: groups.size, smallest, alone, counted }
    },
  }
}
