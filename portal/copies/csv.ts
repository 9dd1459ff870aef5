/** Copies as comma-separated values: every place, and what was not searched. */
import type { Listing } from './layout.ts'

/** A cell of CSV (RFC 4180). What a spreadsheet would take for a formula is text. */
const cell = (value: string | number | null): string => {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value ?? '')
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const head = ['place', 'store', 'environment', 'kind', 'standing', 'instruction', 'people', 'rows', 'from', 'until', 'because'] as const

/** The rows as CSV: names are those of the API. What was not searched is *unknown*, never left out. */
export function copiesAsCsv(items: Listing['items'], notSeen: Listing['searched']['notSeen']): string {
  const known = items.filter(({ gone }) => !gone).map((one) => [one.place, one.store, one.environment, one.kind, one.standing, one.instruction, one.people, one.rows, one.from.join(' '), one.until, ''])
  const unknown = notSeen.map(({ place, why }) => [place, '', '', '', 'unknown', '', 'unknown', 'unknown', '', '', why])
  return `${[[...head], ...known, ...unknown].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`
}
