import { columnsCompared, columnsOf, type TableName } from './adapter/index.ts'

const token = /\s+|[A-Za-z_][A-Za-z0-9_]*|"[^"]+"|'(?:[^'\\]|'')*'|[0-9]+(?:\.[0-9]+)?|<>|<=|>=|!=|[=<>(),]/y
/** Words that PostgreSQL reads as a value of its own even where a column has that name: `user <> 'a'` compares the role, and holds for every row. */
const ownValues = new Set([
  'current_catalog', 'current_date', 'current_role', 'current_schema', 'current_time', 'current_timestamp', 'current_user', 'default', 'localtime', 'localtimestamp',
  'session_user', 'system_user', 'user',
])
const words = new Set(['and', 'or', 'not', 'in', 'is', 'null', 'true', 'false'])

/**
 * Whether a row predicate is nothing but comparisons of columns and constants, joined by AND, OR, NOT, IN and IS NULL. No calls, casts,
 * subqueries or comments: it is written into a policy that runs for every row of a shared table.
 * Columns are checked against `columns`, those of the table; one that has the name of such a value (`user`) is written in quotes.
 */
export function isPlainPredicate(text: string, columns: ReadonlySet<string>): boolean {
  let [at, depth, before] = [0, 0, '']
  if (text.trim() === '') return false
  while (at < text.length) {
    token.lastIndex = at
    const part = token.exec(text)?.[0]
    if (part === undefined) return false
    at += part.length
    if (part.trim() === '') continue
    if (part === '(') {
      depth += 1
      if (/^["A-Za-z_]/.test(before) && !words.has(before.toLowerCase())) return false // a call
    } else if (part === ')') {
      depth -= 1
      if (depth < 0) return false
    } else if (part.startsWith('"')) {
      if (!columns.has(part.slice(1, -1))) return false
    } else if (/^[A-Za-z_]/.test(part) && !words.has(part.toLowerCase()) && (ownValues.has(part.toLowerCase()) || !columns.has(part.toLowerCase()))) return false
    // Two values side by side: 'a' 'b', or E'..' and X'..', which change how the string is read.
    if (part.startsWith("'") && /^["'A-Za-z_0-9]/.test(before) && !words.has(before.toLowerCase())) return false
    before = part
  }
  return depth === 0
}

/**
 * Whether a plain predicate compares with nothing that may be somebody's: short numbers, days and moments, and codes of two or three capital letters. A longer number may be one of a telephone
 * or an account, and a word a name.
 */
export function namesNobody(predicate: string): boolean {
  const texts = [...predicate.replaceAll(/"[^"]+"/g, ' ').matchAll(/'((?:[^']|'')*)'/g)].map(([, text = '']) => text)
  const numbers = predicate.replaceAll(/'(?:[^']|'')*'|"[^"]+"|[A-Za-z_][A-Za-z0-9_]*/g, ' ').match(/[0-9]+(?:[.][0-9]+)?/g) ?? []
  return numbers.every((one) => one.length <= shortDigits) && texts.every((one) => /^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d([.]\d+)?)?(Z|[+-]\d\d(:?\d\d)?)?)?$/.test(one) || /^[A-Z]{2,3}$/.test(one) || (/^-?\d+([.]\d+)?$/.test(one) && one.length <= shortDigits))
}

const shortDigits = 6

/**
 * Why the declared predicate of a shared table may not be used, or undefined when it may: it is read by an account that sees every controller's rows, so
 * it must be plain (`isPlainPredicate`) in the columns that the live table has, and compare none of a type that was made in the database: its comparison may be
 * anybody's function. Throws `Broken` when the store cannot be asked.
 */
export async function predicateProblem(url: string, table: TableName, predicate: string): Promise<string | undefined> {
  const columns = await columnsOf(url, table)
  if (columns === undefined) return 'the table does not exist'
  if (isPlainPredicate(predicate, new Set(columns.map((column) => column.name)))) {
    return isPlainPredicate(predicate, await columnsCompared(url, table)) ? undefined : 'the row predicate compares a column of a type that was made in the database: its comparison may run a function of the database'
  }
  return 'the row predicate is more than comparisons of the table\'s columns with constants'
}
