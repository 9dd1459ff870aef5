import { createHash } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

interface Placed { readonly directory: string }

const cellsFolder = ({ directory }: Placed): string => join(dirname(directory), 'cells')

/** Where the log of cells of a table lies: beside the folder of the fingerprints, in one of its own. Named after the table, because its number changes when another is declared before it. */
export function cellsFile(context: Placed, dataset: string, table: string): string {
  return join(cellsFolder(context), `${dataset}.${createHash('sha256').update(table).digest('hex').slice(0, 16)}.cells`)
}

const named = /^(?<dataset>.+)[.](?:[0-9a-f]{16}|[0-9]+)[.]cells$/

/** Every log of cells of a dataset that lies there, also of tables that are not declared any more. */
export function cellsFilesOf(context: Placed, dataset: string): string[] {
  const folder = cellsFolder(context)
  if (!existsSync(folder)) return []
  return readdirSync(folder).filter((name) => named.exec(name)?.groups?.['dataset'] === dataset).sort().map((name) => join(folder, name))
}
