/** What a copy would hold, and every reason against it; pure. Nothing is read of anybody yet. */
import { parsePlace, printPlace, type Column, type Dataset, type DatasetTable, type TablePlace } from '#inventory'
import type { Instruction } from '#instruction'
import { isPseudonymous, parseTransform, typeAfter } from './transform.ts'
import type { Transform } from './types.ts'

export interface PlannedColumn { readonly name: string; readonly transform: Transform; /** In the copy. */ readonly type: string }

export interface PlannedTable {
  readonly table: DatasetTable
  readonly target: TablePlace
  /** In the order of the source. */
  readonly columns: readonly PlannedColumn[]
}

export interface PlannedCopy {
  readonly dataset: Dataset
  readonly tables: readonly PlannedTable[]
  /** What goes along, by name. */
  readonly data: readonly string[]
  /** Whether anything arrives by which somebody can be told: a column that identifies, of which a value or a part of one is left. */
  readonly identifiable: boolean
}

export interface Planning {
  readonly instruction: Instruction
  readonly dataset: Dataset
  /** Of each table of the dataset, as they are in the store now; undefined: it is not there. */
  readonly live: ReadonlyMap<string, readonly Column[] | undefined>
  readonly schema: string
}

/**
 * Plans the copy of what an instruction names of a dataset, or tells everything that stands against it: a column of the store that nobody declared, one without a transform, a transform that its type does not
 * take. Closed by default (Art. 25, 32): whoever adds a column to the source stops the next copy until the controller has said what becomes of it.
 */
export function planCopy({ instruction, dataset, live, schema }: Planning): PlannedCopy | { readonly problems: readonly string[] } {
  const named = instruction.scope.data[dataset.id]
  const transforms = (instruction.scope['transform'] ?? {}) as Readonly<Record<string, unknown>>
  const problems: string[] = []
  if (named === undefined) return { problems: [`${instruction.id} names no data of ${dataset.id}`] }
  const [tables, data]: [PlannedTable[], Set<string>] = [[], new Set()]
  let identifiable = false
  for (const table of dataset.tables) {
    const there = live.get(table.table)
    if (there === undefined) { problems.push(`${table.table} is not there, or its account may not read it`); continue }
    for (const { name } of there) if (table.columns[name] === undefined) problems.push(`${table.table} has a column ${name} that the dataset does not declare: it came since; declare it, and have the controller say what becomes of it`)
    const wanted = Object.keys(table.columns).filter((name) => named === '*' || named.includes(name))
    for (const name of wanted.filter((one) => there.every((column) => column.name !== one))) problems.push(`${table.table} has no column ${name} any more`)
    const columns = there.filter(({ name }) => wanted.includes(name)).flatMap(({ name, type }): PlannedColumn[] => {
      const transform = parseTransform(transforms[name])
      if (transforms[name] === undefined) { problems.push(`column ${name} of ${table.table} has no transform in ${instruction.id}`); return [] }
      if (typeof transform === 'string') { problems.push(`the transform of column ${name} in ${instruction.id} ${transform}`); return [] }
      if (transform.kind === 'drop') return []
      const after = typeAfter(transform, type)
      if (after === undefined) { problems.push(`column ${name} of ${table.table} is of type ${type}, which ${transform.kind} does not take`); return [] }
      if (table.columns[name]?.identifies === true && !isPseudonymous(transform)) identifiable = true
      data.add(name)
      return [{ name, transform, type: after }]
    })
    const place = parsePlace(table.table)
    if (place === undefined) problems.push(`${table.table} names no table of a database`)
    else if (columns.length > 0) tables.push({ table, columns, target: { schema, name: place.name } })
  }
  const places = tables.map(({ target }) => printPlace(target))
  for (const place of new Set(places.filter((one, at) => places.indexOf(one) !== at))) problems.push(`two tables of ${dataset.id} would both become ${place}`)
  if (problems.length === 0 && tables.length === 0) problems.push(`nothing of ${dataset.id} would be in the copy`)
  return problems.length > 0 ? { problems } : { dataset, tables, data: [...data], identifiable }
}
