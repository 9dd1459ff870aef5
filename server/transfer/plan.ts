/** What a copy would hold, and every reason against it; pure. Nothing is read of anybody yet. */
import type { Dataset, DatasetTable } from '#inventory'
import type { Instruction } from '#instruction'
import type { CopiedColumn, CopySource, CopyTarget, Relation, SourceShapes } from './adapter/index.ts'
import { planKeys, type CopiedTable, type PlannedKeys } from './keys.ts'
import { isPseudonymous, parseTransform, typeAfter } from './transform.ts'

export interface PlannedColumn extends CopiedColumn { /** As the target's kind calls its type. */ readonly held: string }

export interface PlannedTable {
  readonly table: DatasetTable
  /** Where it goes, as sweeps and erasures name it. */
  readonly place: string
  /** In the order of the source. */
  readonly columns: readonly PlannedColumn[]
  readonly keys: PlannedKeys
}

export interface PlannedCopy {
  readonly dataset: Dataset
  readonly tables: readonly PlannedTable[]
  /** Between these tables in the source, whatever of them is copied. */
  readonly relations: readonly Relation[]
  /** What goes along, by name. */
  readonly data: readonly string[]
  /** Whether anything arrives by which somebody can be told: a column that identifies, of which a value or a part of one is left. */
  readonly identifiable: boolean
}

export interface Planning {
  readonly instruction: Instruction
  readonly dataset: Dataset
  /** The tables of the dataset, as they are in the store now. */
  readonly shapes: SourceShapes
  readonly source: Pick<CopySource, 'nameOf'>
  readonly target: Pick<CopyTarget, 'called' | 'held' | 'place'>
  /** What keeps the copy apart from all else at its target: a schema, a folder. */
  readonly folder: string
}

/**
 * Plans the copy of what an instruction names of a dataset, or tells everything that stands against it: a column of the store that nobody declared, one without a transform, a transform that its type does not
 * take. Closed by default (Art. 25, 32): whoever adds a column to the source stops the next copy until the controller has said what becomes of it.
 */
export function planCopy(planning: Planning): PlannedCopy | { readonly problems: readonly string[] } {
  const { instruction, dataset, shapes, source, target, folder } = planning
  if (instruction.scope.data[dataset.id] === undefined) return { problems: [`${instruction.id} names no data of ${dataset.id}`] }
  const problems: string[] = []
  for (const name of (instruction.scope['sensitive'] ?? []) as readonly string[]) if (dataset.tables.every(({ columns }) => columns[name] === undefined)) problems.push(`${instruction.id} names ${name} as sensitive, which no table of ${dataset.id} declares`)
  const chosen = dataset.tables.flatMap((table): Chosen[] => {
    const columns = chosenOf(planning, table, problems)
    const name = source.nameOf(table.table)
    if (name === undefined) problems.push(`${table.table} names no table of its store`)
    return name === undefined || columns.length === 0 ? [] : [{ table, columns, place: target.place(folder, name) }]
  })
  const none: PlannedKeys = { primaryKey: [], uniques: [], relations: [] }
  const { problems: broken, keys } = planKeys(chosen, shapes)
  if (problems.length === 0) problems.push(...broken) // what is not even named cannot be compared
  const tables = chosen.map((one): PlannedTable => {
    const own = keys.get(one.table.table) ?? none
    return { ...one, keys: own, columns: one.columns.flatMap((column) => heldColumn(planning, { table: one.table, column, own }, problems)) }
  })
  for (const place of new Set(chosen.map((one) => one.place).filter((one, at, all) => all.indexOf(one) !== at))) problems.push(`two tables of ${dataset.id} would both become ${place}`)
  if (problems.length === 0 && tables.length === 0) problems.push(`nothing of ${dataset.id} would be in the copy`)
  const identifiable = chosen.some(({ table, columns }) => columns.some(({ name, transform }) => table.columns[name]?.identifies === true && !isPseudonymous(transform)))
  return problems.length > 0 ? { problems } : { dataset, tables, relations: shapes.relations, data: [...new Set(chosen.flatMap(({ columns }) => columns.map(({ name }) => name)))], identifiable }
}

interface Chosen extends CopiedTable { readonly place: string }

/** The columns of one table that go along, in the order of the source, and what becomes of them. */
function chosenOf({ instruction, dataset, shapes }: Planning, table: DatasetTable, problems: string[]): CopiedColumn[] {
  const named = instruction.scope.data[dataset.id] ?? []
  const transforms = (instruction.scope['transform'] ?? {}) as Readonly<Record<string, unknown>>
  const there = shapes.tables.get(table.table)?.columns
  if (there === undefined) { problems.push(`${table.table} is not there, or its account may not read it`); return [] }
  for (const { name } of there) if (table.columns[name] === undefined) problems.push(`${table.table} has a column ${name} that the dataset does not declare: it came since; declare it, and have the controller say what becomes of it`)
  const wanted = Object.keys(table.columns).filter((name) => named === '*' || named.includes(name))
  for (const name of wanted.filter((one) => there.every((column) => column.name !== one))) problems.push(`${table.table} has no column ${name} any more`)
  return there.filter(({ name }) => wanted.includes(name)).flatMap(({ name, type }): CopiedColumn[] => {
    const transform = parseTransform(transforms[name])
    if (transforms[name] === undefined) { problems.push(`column ${name} of ${table.table} has no transform in ${instruction.id}`); return [] }
    if (typeof transform === 'string') { problems.push(`the transform of column ${name} in ${instruction.id} ${transform}`); return [] }
    if (transform.kind === 'drop') return []
    const after = typeAfter(transform, type)
    if (after === undefined) { problems.push(`column ${name} of ${table.table} is of type ${type}, which ${transform.kind} does not take`); return [] }
    return [{ name, transform, type: after }]
  })
}

function heldColumn({ target }: Planning, { table, column, own }: { readonly table: DatasetTable; readonly column: CopiedColumn; readonly own: PlannedKeys }, problems: string[]): PlannedColumn[] {
  const keys = [own.primaryKey, ...own.uniques, ...own.relations.map(({ columns }) => columns)].filter((names) => names.includes(column.name))
  const held = target.held(column, Math.max(0, ...keys.map((names) => names.length)))
  if (held === undefined) { problems.push(`column ${column.name} of ${table.table} would be of type ${column.type}, which ${target.called} cannot hold without loss; declare another transform for it`); return [] }
  return [{ ...column, held }]
}
