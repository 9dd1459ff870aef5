/** How tables and columns of MariaDB and MySQL are named in statements, and how their values are asked for: without the driver. */

export interface MysqlColumn {
  readonly name: string
  /** Such as `varchar`, `bit`, `blob`. */
  readonly type: string
}

/** Another word for `` `a``b` ``: an SQL identifier that means exactly this name. */
export const quoteName = (name: string): string => `\`${name.replaceAll('`', '``')}\``

// Bits come as a number; shapes as text, since their own bytes say nothing. All else the server writes as it is.
const selected = ({ name, type }: MysqlColumn): string => (type === 'bit' ? `${quoteName(name)} + 0` : spatial.has(type) ? `st_astext(${quoteName(name)})` : quoteName(name))
const spatial = new Set(['geometry', 'point', 'linestring', 'polygon', 'multipoint', 'multilinestring', 'multipolygon', 'geometrycollection'])

/** What a statement selects to read these columns as every search reads them. */
export const selectOfMysql = (columns: readonly MysqlColumn[]): string => columns.map(selected).join(', ')
