/** How a table is named in one line, so that no two tables share a name and a name can be read back: as PostgreSQL writes identifiers. */
import { Broken } from '#kit/errors'
import { parsePart } from './adapter/part.ts'
import type { TableName } from './adapter/postgres.ts'

/** A table of a store; `database` only where it lies in another database of the same server. */
export interface TablePlace extends TableName {
  readonly database?: string
}

const plain = /^[a-z_][a-z0-9_$]*$/
// What would break a line, or show another name than the one that is there.
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u
const part = String.raw`(?:(?:U&)?"(?:[^"]|"")+"|[^.":\p{Cc}]+)`
const placePattern = new RegExp(`^(?:(${part}):)?(${part})[.](${part})$`, 'u')

function printPart(name: string): string {
  if (plain.test(name)) return name
  const quoted = name.replaceAll('"', '""')
  if (!unseen.test(name)) return `"${quoted}"`
  return `U&"${quoted.replaceAll('\\', '\\\\').replaceAll(new RegExp(unseen, 'gu'), escaped)}"`
}

function escaped(character: string): string {
  const point = (character.codePointAt(0) ?? 0).toString(16)
  return point.length > 4 ? `\\+${point.padStart(6, '0')}` : `\\${point.padStart(4, '0')}`
}

function readPart(text: string): string {
  const unicode = text.startsWith('U&"')
  if (!unicode && !text.startsWith('"')) return text
  const name = text.slice(unicode ? 3 : 1, -1).replaceAll('""', '"')
  return unicode ? name.replaceAll(/\\(?:\\|\+([0-9a-f]{6})|([0-9a-f]{4}))/gi, (_, long?: string, short?: string) => characterOf(long ?? short)) : name
}

function characterOf(hexadecimal: string | undefined): string {
  const point = hexadecimal === undefined ? 0x5c : Number.parseInt(hexadecimal, 16)
  return point > 0x10ffff ? '\uFFFD' : String.fromCodePoint(point)
}

/** `schema.table` or `database:schema.table`. A part that is not plain lower case is quoted: `crm."Odd.name"`, `U&"two\000alines"`. */
export function printPlace(place: TablePlace): string {
  return `${place.database === undefined ? '' : `${printPart(place.database)}:`}${printPart(place.schema)}.${printPart(place.name)}`
}

/** The inverse of `printPlace`; undefined for what names no table. Unquoted parts are taken as they stand, and not folded to lower case. */
export function parsePlace(text: string): TablePlace | undefined {
  const [, database, schema, name] = placePattern.exec(text) ?? []
  if (schema === undefined || name === undefined) return undefined
  return { ...(database === undefined ? {} : { database: readPart(database) }), schema: readPart(schema), name: readPart(name) }
}

/**
 * The table whose values the planner's statistics keep at this place (`pg_catalog.pg_stats!/crm.listener`); undefined for any other place. What it holds is
 * of that table, and goes with it.
 */
export function describedTable(place: string): string | undefined {
  const { path, name } = parsePart(place)
  return path === 'pg_catalog.pg_stats' && name !== '' ? name : undefined
}

/** The table of a place that is known to be one. Throws `Broken` when it is none: another table must not be taken for it. */
export function tableAt(place: string): TableName {
  const parsed = parsePlace(place)
  if (parsed === undefined || parsed.database !== undefined) throw new Broken('inventory/no-table', 'a place that should be a table of its store is named as no table is')
  return { schema: parsed.schema, name: parsed.name }
}
