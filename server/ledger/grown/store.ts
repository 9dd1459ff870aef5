import { rows, sql, type Database } from '#database'

/** Entries of all logs together. */
export async function allEntries(executor: Database): Promise<number> {
  return (await rows<{ total: number }>(executor, sql`select coalesce(sum(size), 0)::bigint as total from head`))[0]?.total ?? 0
}

/** How long every log is. */
export async function logSizes(executor: Database): Promise<{ slot: number; size: number }[]> {
  return rows(executor, sql`select slot, size from head`)
}

/** Whether these stretches of logs hold an entry of a noun that is none of these. */
export async function holdsOtherNouns(executor: Database, spans: readonly { readonly slot: number; readonly from: number; readonly to: number }[], nouns: readonly string[]): Promise<boolean> {
  if (spans.length === 0) return false
  const [found] = await rows<{ so: boolean }>(executor, sql`
    select exists (select from unnest(${spans.map(({ slot }) => slot)}::integer[], ${spans.map(({ from }) => from)}::bigint[], ${spans.map(({ to }) => to)}::bigint[]) as span (slot, first, past)
      join ${sql.id(nouns.includes('decision') ? 'other_entry' : 'entry')} as entry on entry.slot = span.slot and idx >= first and idx < past where split_part(entry_type(body), '.', 1) <> all(${[...nouns]}::text[])) as so`)
  return found?.so === true
}
