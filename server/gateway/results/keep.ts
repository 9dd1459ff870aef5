/**
 * What a session with results may do among them, held by what the database itself says of each statement: its command tag, and a measurement in the same
 * transaction, both before anything that could commit it is sent on. No SQL is parsed here. What is not known to be a table, an index or their content ends the
 * session with its transaction open, and PostgreSQL undoes it.
 */
import type { ResultTable } from '../doorkeeper.ts'

/** Tables of one instruction's results at a store, at most. */
const resultTablesMax = 200

/** Command tags after which nothing can be larger than before, and among which some may not be followed by a query yet (SET TRANSACTION). */
const unchanged = new Set([
  '', 'BEGIN', 'START TRANSACTION', 'COMMIT', 'ROLLBACK', 'SAVEPOINT', 'RELEASE', 'SET', 'SET CONSTRAINTS', 'RESET', 'SHOW', 'PREPARE', 'DEALLOCATE', 'DEALLOCATE ALL', 'DISCARD ALL',
  'DISCARD PLANS', 'DISCARD SEQUENCES', 'DISCARD TEMP', 'DECLARE CURSOR', 'CLOSE CURSOR', 'CLOSE CURSOR ALL', 'LOCK TABLE', 'DROP TABLE', 'DROP INDEX', 'TRUNCATE TABLE',
  'LISTEN', 'UNLISTEN', 'NOTIFY',
])

/**
 * Command tags that make or fill tables and indexes, or read; a FETCH or MOVE runs whatever a portal of the extended protocol was bound to. Every other one (views, rules, triggers, functions, grants, ALTER...) is not let through.
 */
const measured = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE', 'COPY', 'EXPLAIN', 'FETCH', 'MOVE', 'CREATE TABLE', 'CREATE TABLE AS', 'CREATE INDEX', 'REINDEX', 'ANALYZE', 'VACUUM'])

export type KindOfTag = 'unchanged' | 'measured' | 'not kept'

/** What a command tag means for results. `tag` as the database says it, with its counts. */
export function kindOfTag(tag: string): KindOfTag {
  const words = tag.replace(/( [0-9]+)+$/, '')
  return unchanged.has(words) ? 'unchanged' : measured.has(words) ? 'measured' : 'not kept'
}

/** What is kept, as the session's own transaction sees it. */
export interface Kept { readonly bytes: number; /** What is neither a plain table nor an index of one, or is open to others. */ readonly odd: number; readonly tables: readonly ResultTable[] }

/** Why what is kept may not be: more than the room, or more than tables. Undefined: it may. */
export function beyondRoom({ bytes, odd, tables }: Kept, bytesMax: number): { readonly code: 'not kept' | 'results spent'; readonly finding: string } | undefined {
  if (odd > 0) return { code: 'not kept', finding: 'what is more than a plain table of the instruction alone: a view, a partition, a table with parts, grants, triggers or columns of row types' }
  if (bytes > bytesMax) return { code: 'results spent', finding: `${bytes} bytes, of ${bytesMax}` }
  return tables.length > resultTablesMax ? { code: 'results spent', finding: `${tables.length} tables, of ${resultTablesMax}` } : undefined
}

/** What `measureSql` answered: two numbers and the tables, as text. Undefined: it cannot be read. */
export function keptOf([bytes = '', odd = '', list = '']: readonly string[]): Kept | undefined {
  const tables = tablesIn(list)
  return /^\d+$/.test(bytes) && /^\d+$/.test(odd) && tables !== undefined ? { bytes: Number(bytes), odd: Number(odd), tables } : undefined
}

function tablesIn(text: string): ResultTable[] | undefined {
  try {
    return (JSON.parse(text) as [string, string[]][]).map(([name, columns]) => ({ name, columns }))
  } catch {
    return undefined
  }
}
