/** Rows of tables that seldom change, kept in memory for whoever reads them again and again. Who changes them says so: nothing here looks by itself. */
import type { CompiledQuery, RawBuilder } from 'kysely'
import { sameAddress, remember, type Database, type Executor } from './connection.ts'

export interface Remembered {
  /** Reads like the database it was made of. What a statement that only reads tables named as kept answers is kept, and handed out again: whoever gets rows must not change them. */
  readonly database: Database
  /** From here on everything is read anew, whatever is still being read. */
  forget(): void
}

/** Statements whose answers are kept at most, and rows of all of them; an answer with more than a tenth of these is not kept. */
const [answersMax, rowsMax] = [4_000, 400_000]

interface Kept { readonly answer: Promise<unknown[]>; rows: number }

/** `tables`: whether a table may be kept; undefined for what is no table. A statement that names none that may, or one that may not, is not kept; nor is one that asks for more than rows: the time, a lock. */
export function openRemembered(database: Database, tables: (name: string) => boolean | undefined): Remembered {
  const [answers, keepable] = [new Map<string, Kept>(), new Map<string, boolean>()]
  let rows = 0
  const drop = (key: string): void => { rows -= answers.get(key)?.rows ?? 0; answers.delete(key) }
  const mayKeep = (text: string): boolean => {
    const known = keepable.get(text)
    if (known !== undefined) return known
    if (keepable.size >= answersMax) keepable.clear()
    const may = onlyReads(text, tables)
    keepable.set(text, may)
    return may
  }
  const ask = async (key: string, plain: () => Promise<unknown[]>): Promise<unknown[]> => {
    const there = answers.get(key)
    if (there !== undefined) {
      answers.delete(key)
      answers.set(key, there) // the one asked for last is dropped last
      return [...await there.answer]
    }
    const kept: Kept = { answer: plain(), rows: 0 }
    answers.set(key, kept)
    const found = await kept.answer.catch((cause: unknown) => { if (answers.get(key) === kept) drop(key); throw cause })
    if (answers.get(key) !== kept) return found // forgotten meanwhile
    kept.rows = found.length + 1
    rows += kept.rows
    if (found.length > rowsMax / 10) drop(key)
    for (const oldest of answers.keys()) { if (rows <= rowsMax && answers.size <= answersMax) break; drop(oldest) }
    return [...found]
  }
  const mine = remember(database.withoutPlugins(), (executor: Executor, query: RawBuilder<unknown>, plain) => {
    const { sql: text, parameters }: CompiledQuery = query.compile(executor)
    return mayKeep(text) ? ask(JSON.stringify([text, parameters]), plain) : plain()
  })
  sameAddress(database, mine)
  return { database: mine, forget() { answers.clear(); rows = 0 } }
}

/** What is asked of a session, a moment or a lock, and not of rows alone. */
const volatile = /\b(for (no key )?(update|share|key share)|now|random|nextval|setval|set_config|current_\w+|pg_\w+|clock_timestamp|statement_timestamp|txid_\w+)\b/i

function onlyReads(text: string, tables: (name: string) => boolean | undefined): boolean {
  if (!/^\s*(\/\*[^*]*\*\/\s*)?(select|with)\b/i.test(text) || /\b(insert|update|delete|merge|lock|declare|fetch)\b/i.test(text) || volatile.test(text)) return false
  const named = new Set((text.match(/[a-z_][a-z0-9_]*/g) ?? []).map(tables).filter((one) => one !== undefined))
  return named.has(true) && !named.has(false)
}

/** From here on, statements that name one of these tables are refused, before the database is asked. */
export function refuseTables(executor: Executor, tables: readonly string[], refuse: () => never): void {
  const named = new RegExp(`\\b(?:from|join)\\s+"?(?:${tables.join('|')})\\b`, 'i')
  remember(executor, async (asked, query, plain) => (named.test(query.compile(asked).sql) ? refuse() : plain()))
}
