/** Which keys a copy can have: what tells rows apart in the source, and refers to others there, still does when both sides are changed in the same way. Pure. */
import type { DatasetTable } from '#inventory'
import { partsOf } from './adapter/held.ts'
import type { CopiedColumn, Relation, SourceShapes, TargetTable } from './adapter/index.ts'

/** A table of which something is copied. */
export interface CopiedTable { readonly table: DatasetTable; readonly columns: readonly CopiedColumn[] }

export interface PlannedKeys extends Pick<TargetTable, 'primaryKey' | 'uniques'> {
  /** To tables by the name that the dataset has for them. */
  readonly relations: readonly Relation[]
}

/** One value for each that there was: what keeps a key a key. */
const oneToOne = new Set(['keep', 'token'])
/** Nothing that could refer to anything. */
const empties = new Set(['drop', 'null'])

/** Types of which the same value is the same text, so that its token is the same: whole numbers among each other, texts, and each with itself. */
function textsOf(type: string): string {
  const { base } = partsOf(type)
  if (['smallint', 'integer', 'bigint'].includes(base)) return 'whole'
  return base === 'text' || base === 'character varying' ? 'text' : type
}

/**
 * The keys of the copy, and every reason why one would break: a reference whose two sides are changed in different ways, or in one that does not keep values apart. A primary key that is not copied whole, or not one to
 * one, is none in the copy; a reference that is dropped or empty refers to nothing.
 */
export function planKeys(tables: readonly CopiedTable[], { tables: shapes, relations }: SourceShapes): { readonly problems: readonly string[]; readonly keys: ReadonlyMap<string, PlannedKeys> } {
  const problems: string[] = []
  const at = new Map(tables.map((one) => [one.table.table, one]))
  const kindOf = (table: string, column: string): string => at.get(table)?.columns.find(({ name }) => name === column)?.transform.kind ?? 'drop'
  const typeIn = (table: string, column: string): string => shapes.get(table)?.columns.find(({ name }) => name === column)?.type ?? ''
  const kept = relations.filter((relation) => {
    const { table, columns, to, referenced } = relation
    if (!at.has(table) || !at.has(to)) return false
    const sides = columns.map((column, index) => ({ column, other: referenced[index] ?? '', from: kindOf(table, column), to: kindOf(to, referenced[index] ?? '') }))
    if (sides.some(({ from }) => empties.has(from))) return false
    const wrong = sides.filter((side) => side.from !== side.to || !oneToOne.has(side.from))
    for (const side of wrong) problems.push(`column ${side.column} of ${table} refers to ${side.other} of ${to}: ${side.from === side.to ? `${side.from} does not keep values apart` : `one is ${side.from}, the other ${side.to}`}; keep both, make tokens of both, or drop the one that refers`)
    const unlike = sides.filter((side) => !wrong.includes(side) && side.from === 'token' && textsOf(typeIn(table, side.column)) !== textsOf(typeIn(to, side.other)))
    for (const side of unlike) problems.push(`column ${side.column} of ${table} (${typeIn(table, side.column)}) refers to ${side.other} of ${to} (${typeIn(to, side.other)}): the tokens of equal values could differ; drop the one that refers`)
    return wrong.length === 0 && unlike.length === 0
  })
  const keys = new Map(tables.map(({ table: { table }, columns }): [string, PlannedKeys] => {
    const whole = (names: readonly string[]): boolean => names.length > 0 && names.every((name) => columns.some((column) => column.name === name && oneToOne.has(column.transform.kind)))
    const primary = shapes.get(table)?.primaryKey ?? []
    const primaryKey = whole(primary) ? primary : []
    const referred = kept.filter(({ to }) => to === table).map(({ referenced }) => referenced).filter((names) => names.join('\n') !== primaryKey.join('\n'))
    const uniques = [...new Map(referred.map((names) => [names.join('\n'), names])).values()]
    return [table, { primaryKey, uniques, relations: kept.filter((relation) => relation.table === table) }]
  }))
  return { problems, keys }
}
