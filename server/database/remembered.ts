/** Rows of tables that seldom change, kept in memory for whoever reads them again and again. Who changes them says so: nothing here looks by itself. */
import type { CompiledQuery, RawBuilder } from 'kysely'
import { sameAddress, remember, type Database, type Executor } from './connection.ts'

export interface Remembered {
  /** Reads like the database it was made of. What a statement that only reads tables named as kept answers is kept, and handed out again: whoever gets rows must not change them. */
  readonly database: Database
  /** From here on everything is read anew, whatever is still being read. */
  forget(): void
}

/** Statements whose answers are kept at most, and bytes of all of them, as estimated; an answer with more than a tenth of these is not kept. */
const [answersMax, bytesMaxDefault] = [4_000, 64 * 1024 * 1024]
/** A parameter as near to now as this is the moment of asking. */
const nowSeconds = 60

interface Kept { readonly asked: string; readonly answer: Promise<unknown[]>; bytes: number }

/** What a value takes in memory, about: told without making text of it. */
export function estimateBytes(value: unknown): number {
  if (typeof value === 'string') return 16 + 2 * value.length
  if (typeof value !== 'object' || value === null) return 8
  if (ArrayBuffer.isView(value)) return 96 + value.byteLength
  let bytes = 32
  for (const one of Array.isArray(value) ? value as unknown[] : Object.values(value)) bytes += 8 + estimateBytes(one)
  return bytes
}

/** Whether it is a moment that will be another one when somebody asks again. */
const isNow = (value: unknown): boolean => value instanceof Date || (typeof value === 'number' && Math.abs(value - Date.now() / 1000) < nowSeconds)

/** `tables`: whether a table may be kept; undefined for what is no table. A statement that names none that may, or one that may not, is not kept; nor is one that asks for more than rows: the time, a lock. Of one that is asked of now, the newest answer alone is. */
export function openRemembered(database: Database, tables: (name: string) => boolean | undefined, bytesMax = bytesMaxDefault): Remembered {
  const [answers, keepable] = [new Map<string, Kept>(), new Map<string, boolean>()]
  let bytes = 0
  const drop = (key: string): void => { bytes -= answers.get(key)?.bytes ?? 0; answers.delete(key) }
  const mayKeep = (text: string): boolean => {
    const known = keepable.get(text)
    if (known !== undefined) return known
    if (keepable.size >= answersMax) keepable.clear()
    const may = onlyReads(text, tables)
    keepable.set(text, may)
    return may
  }
  const ask = async ({ key, asked }: { readonly key: string; readonly asked: string }, plain: () => Promise<unknown[]>): Promise<unknown[]> => {
    const there = answers.get(key)
    drop(key)
    if (there?.asked === asked) {
      answers.set(key, there) // the one asked for last is dropped last
      bytes += there.bytes
      return [...await there.answer]
    }
    const kept: Kept = { asked, answer: plain(), bytes: 0 }
    answers.set(key, kept)
    const found = await kept.answer.catch((cause: unknown) => { if (answers.get(key) === kept) drop(key); throw cause })
    if (answers.get(key) !== kept) return found // forgotten meanwhile
    kept.bytes = estimateBytes(found) + estimateBytes(key) + estimateBytes(asked)
    bytes += kept.bytes
    if (kept.bytes > bytesMax / 10) drop(key)
    for (const oldest of answers.keys()) { if (bytes <= bytesMax && answers.size <= answersMax) break; drop(oldest) }
    return [...found]
  }
  const mine = remember(database.withoutPlugins(), (executor: Executor, query: RawBuilder<unknown>, plain) => {
    const { sql: text, parameters }: CompiledQuery = query.compile(executor)
    return mayKeep(text) ? ask({ key: JSON.stringify([text, parameters.map((one) => (isNow(one) ? 'now' : one))]), asked: JSON.stringify(parameters) }, plain) : plain()
  })
  sameAddress(database, mine)
  return { database: mine, forget() { answers.clear(); bytes = 0 } }
}

/** What is asked of a session, a moment or a lock, and not of rows alone. */
const volatile = /\b(for (no key )?(update|share|key share)|now|random|nextval|setval|set_config|current_\w+|pg_\w+|clock_timestamp|statement_timestamp|txid_\w+)\b/i

function onlyReads(text: string, tables: (name: string) => boolean | undefined): boolean {
  if (!/^\s*(\/\*[^*]*\*\/\s*)?(select|with)\b/i.test(text) || /\b(insert|update|delete|merge|lock|declare|fetch)\b/i.test(text) || volatile.test(text)) return false
  const named = new Set(tablesIn(text).map(tables))
  return named.has(true) && !named.has(false)
}

/** From here on, statements that read one of these tables are refused, before the database is asked. */
export function refuseTables(executor: Executor, tables: readonly string[], refuse: () => never): void {
  const named = new Set(tables)
  remember(executor, async (asked, query, plain) => (tablesIn(query.compile(asked).sql).some((name) => named.has(name)) ? refuse() : plain()))
}

/** Words that end a list of tables; a comma behind what joins two of them goes on with it. */
const ending = new Set(['where', 'group', 'order', 'having', 'window', 'limit', 'offset', 'fetch', 'for', 'union', 'intersect', 'except', 'select', 'returning', 'set', 'values', 'when'])
const beginning = new Set(['from', 'join', 'into', 'update', 'using', 'table'])

/**
 * All words where a statement may name a table: behind `from`, `join` and the like, and behind commas of such a list, at the same depth of parentheses; some are no tables, such as what a table is called
 * there. A column that is called like a table is none of them. Lower case.
 */
export function tablesIn(text: string): string[] {
  const found: string[] = []
  const lists: ('in' | 'joined' | 'out')[] = ['out']
  for (const [token] of text.replace(/'(?:[^']|'')*'|--[^\n]*|\/\*[\s\S]*?\*\//g, ' ').matchAll(/"[^"]*"|[\p{L}_][\p{L}\d_$]*|[(),]/gu)) {
    const [depth, word] = [lists.length - 1, token.toLowerCase().replaceAll('"', '')]
    if (token === '(') lists.push(lists[depth] === 'in' ? 'in' : 'out')
    else if (token === ')') { if (depth > 0) lists.pop() }
    else if (token === ',') { if (lists[depth] === 'joined') lists[depth] = 'in' }
    else if (token.startsWith('"')) { if (lists[depth] === 'in') found.push(word) }
    else if (beginning.has(word)) lists[depth] = 'in'
    else if (ending.has(word)) lists[depth] = 'out'
    else if (word === 'on') lists[depth] = 'joined'
    else if (lists[depth] === 'in') found.push(word)
  }
  return found
}
