/** What an instruction covers at a store, as tables and columns, and how it is kept apart there. Pure. */
import { tableAt, type Dataset, type Store } from '#inventory'
import type { Instruction } from '#instruction'
import type { TablePlan } from './doorkeeper.ts'
import type { Separation } from './prove/types.ts'

/** Whether a list of columns names one. */
export const namesColumn = (columns: readonly string[] | '*' | undefined, column: string): boolean => columns === '*' || (columns?.includes(column) ?? false)

/** The tables and columns that an instruction names among these datasets. */
export function tablesOf(instruction: Pick<Instruction, 'scope'>, datasets: readonly Dataset[]): TablePlan[] {
  return datasets.flatMap((dataset) => dataset.tables.flatMap((table): TablePlan[] => {
    const columns = Object.keys(table.columns).filter((column) => namesColumn(instruction.scope.data[dataset.id], column))
    const { schema, name } = tableAt(table.table)
    return columns.length === 0 ? [] : [{ schema, table: name, columns, ...(table.rows === undefined ? {} : { rows: table.rows }) }]
  }))
}

const bytesPerMegabyte = 1_000_000

/** What a store gives to results; nothing where nothing is declared. */
export function resultsAt(store: Pick<Store, 'declared'>): { results?: { bytesMax: number } } {
  const { results } = store.declared
  return results === undefined ? {} : { results: { bytesMax: results.megabytes_max * bytesPerMegabyte } }
}

/** How the tables of one controller are kept from others' at a store, by what is declared there. */
export function separationOf(tables: readonly TablePlan[], own: { readonly store: string; readonly controller: string }, datasets: readonly Dataset[]): Separation {
  if (tables.some(({ rows }) => rows !== undefined)) return 'rows of shared tables (declared, weaker: row policies hold them apart, statistics do not)'
  const others = datasets.some((dataset) => dataset.store === own.store && dataset.controller !== own.controller)
  return others ? 'tables of one database (weaker: its statistics and its catalogue are shared)' : 'a database of its own'
}
