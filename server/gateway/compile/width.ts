/** How many bytes a row is worth: what a longer message is charged by. Pure. */

/** A column as the catalogue describes it. */
export interface Column {
  readonly schema: string
  readonly table: string
  readonly type: string
  /** Characters a varchar(n) or char(n) may hold. */
  readonly declared: number | undefined
  /** Average bytes stored, from the database's statistics. */
  readonly average: number | undefined
}

/** Bytes of a value written as text, at most, for types that have a most. */
const widths = new Map([
  ['bool', 1], ['int2', 6], ['int4', 11], ['int8', 20], ['oid', 10], ['float4', 16], ['float8', 24], ['date', 13], ['time', 15], ['timetz', 21],
  ['timestamp', 29], ['timestamptz', 35], ['uuid', 36], ['inet', 43], ['cidr', 43], ['macaddr', 17], ['char', 1], ['interval', 49],
])

/** Bytes a value of any other type takes before statistics say more: long enough for names and addresses, too short to hide a table in. */
const otherWidth = 64

/** A DataRow without its values: type, length, number of columns. */
const frameBytes = 7

/** Bytes in front of each value. */
const valueBytes = 4

/**
 * The width of the widest of the tables of an instruction, over the columns it names: rows of one table cost one; a joined row
 * may cost two. A value of varying length counts four times its average, so that ordinary rows cost one each.
 */
export function rowBytes(columns: readonly Column[]): number {
  const tables = new Map<string, number>()
  for (const column of columns) {
    const table = JSON.stringify([column.schema, column.table])
    tables.set(table, (tables.get(table) ?? frameBytes) + valueBytes + widthOf(column))
  }
  return Math.max(frameBytes + valueBytes + 1, ...tables.values())
}

function widthOf({ type, declared, average }: Column): number {
  const fixed = widths.get(type)
  if (fixed !== undefined) return fixed
  const likely = Math.max(otherWidth, 4 * (average ?? 0))
  // A character is up to 4 bytes; a declared length is a promise only where it is short.
  return declared === undefined ? likely : Math.min(4 * declared, likely)
}
