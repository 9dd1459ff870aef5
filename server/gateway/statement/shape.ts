/**
 * The shape of a statement: what is left when everything that could be somebody's value is taken out. Pure. It is no parser: it keeps the words of
 * SQL and the names that the instruction itself uses, and nothing else, so that what it does not know is left out and never kept.
 */

import { commentEnd } from './verb.ts'

/** Characters of a shape at most: two hundred words say what a statement is. */
const shapeCharactersMax = 1_000

const words = new Set(`all analyze and any array as asc avg begin between bigint boolean by case cast char close coalesce collate commit copy count cross current cursor date
  declare deallocate delete desc discard distinct double else end except execute exists explain extract false fetch filter first float following for from full group having ilike
  in inner insert int integer intersect interval into is join last lateral left length like limit listen lower max min move natural next not notify null nullif numeric nulls
  offset on only or order outer over partition percentile_cont preceding precision prepare real recursive release reset returning right rollback round row row_number rows
  savepoint select set show similar smallint some start string_agg substring sum table text then time timestamp timestamptz to transaction trim true truncate union unlisten
  update upper using values varchar verbose when where window with within work`.split(/\s+/))

export interface Shape {
  /** Undefined: not understood. */
  readonly text: string | undefined
  /** Of the names given, those of tables that occur. */
  readonly tables: readonly string[]
}

/** The names that may be kept: tables as `schema.table`, and columns. */
export interface KnownNames { readonly tables: ReadonlyMap<string, string>; readonly columns: ReadonlySet<string> }

/** Names of an instruction's tables, whole and bare, and of their columns; in lower case, as PostgreSQL folds them. */
export function knownNames(tables: readonly { readonly schema: string; readonly table: string; readonly columns: readonly string[] }[]): KnownNames {
  const named = new Map<string, string>()
  for (const { schema, table } of tables) for (const written of [table, `${schema}.${table}`]) named.set(written.toLowerCase(), `${schema}.${table}`)
  return { tables: named, columns: new Set(tables.flatMap(({ columns }) => columns.map((column) => column.toLowerCase()))) }
}

// One alternative a kind of token; the order decides. Sticky: a character that none takes is not understood.
const token = new RegExp([
  '(?<space>\\s+|--[^\\n]*)',
  '(?<string>(?:[eE](?=\'))\'(?:[^\'\\\\]|\\\\[^]|\'\')*\'|(?:[bBxXnN]|[uU]&)?\'(?:[^\']|\'\')*\'|(?<tag>\\$(?:[A-Za-z_\\u0080-\\uffff][\\w\\u0080-\\uffff]*)?\\$)[^]*?\\k<tag>)',
  '(?<number>(?:\\d[\\d_]*\\.?[\\d_]*|\\.\\d[\\d_]*)(?:[eE][+-]?\\d+)?|0[xXoObB][\\da-fA-F_]+|\\$\\d+)',
  '(?<quoted>(?:[uU]&)?"(?:[^"]|"")*")',
  '(?<name>[A-Za-z_\\u0080-\\uffff][\\w$\\u0080-\\uffff]*)',
  '(?<mark>::|[-+*/<>=~!@#%^&|`?.,;:()\\[\\]])',
].join('|'), 'y')

/** The shape of a statement. */
export function shapeOf(text: string, known: KnownNames): Shape {
  const parts: string[] = []
  const tables = new Set<string>()
  for (let at = 0; at < text.length;) {
    if (text.startsWith('/*', at)) {
      const end = commentEnd(text, at)
      if (end === undefined) return { text: undefined, tables: [...tables].sort() }
      at = end
      continue
    }
    token.lastIndex = at
    const groups = token.exec(text)?.groups
    if (groups === undefined || token.lastIndex === at) return { text: undefined, tables: [...tables].sort() }
    at = token.lastIndex
    const part = partOf(groups, parts, { known, tables })
    if (part !== undefined) parts.push(part)
  }
  return { text: joined(parts), tables: [...tables].sort() }
}

function partOf(groups: Readonly<Record<string, string | undefined>>, before: readonly string[], { known, tables }: { known: KnownNames; tables: Set<string> }): string | undefined {
  if (groups['space'] !== undefined) return undefined
  if (groups['string'] !== undefined || groups['number'] !== undefined) return '?'
  if (groups['mark'] !== undefined) return groups['mark']
  const name = groups['name']?.toLowerCase() ?? groups['quoted']?.replace(/^[uU]&/, '').slice(1, -1).replaceAll('""', '"') ?? ''
  const whole = before.at(-1) === '.' ? `${before.at(-2) ?? ''}.${name}` : name
  const table = known.tables.get(whole)
  if (table !== undefined) tables.add(table)
  const kept = table !== undefined || known.columns.has(name) || [...known.tables.keys()].some((one) => one.startsWith(`${name}.`)) || (groups['quoted'] === undefined && words.has(name))
  return kept ? name : '_'
}

/** Words with spaces between, and lists of values of any length as one. */
function joined(parts: readonly string[]): string {
  const text = parts.join(' ').replace(/ ?([.,;)\]]|::) ?/g, '$1 ').replace(/ ([.]|::) ?/g, '$1').replace(/([.]|::) /g, '$1').replace(/([([]) /g, '$1')
    .replace(/\?(, \?)+/g, '?…').replace(/\(\?…?\) ?(, \(\?…?\) ?)+/g, '(?…)… ').replace(/[; ]+$/, '')
  return text.length > shapeCharactersMax ? `${text.slice(0, shapeCharactersMax)}…` : text
}
