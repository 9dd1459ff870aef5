import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

interface Placed { readonly directory: string }

const cellsFolder = ({ directory }: Placed): string => join(dirname(directory), 'cells')

/** Where the log of cells of a table lies: beside the folder of the fingerprints, in one of its own. Named after the table, because its number changes when another is declared before it. */
export function cellsFile(context: Placed, dataset: string, table: string): string {
  return join(cellsFolder(context), `${dataset}.${createHash('sha256').update(table).digest('hex').slice(0, 16)}.cells`)
}

const headFile = (context: Placed, dataset: string): string => join(cellsFolder(context), `${dataset}.head`)

/** What stands for the logs of a dataset as they are: whoever reads a table compares it before writing. Another after each change, and after somebody was forgotten, whether or not a log knew them. */
export const cellsHead = (context: Placed, dataset: string): string | undefined => (existsSync(headFile(context, dataset)) ? readFileSync(headFile(context, dataset), 'latin1') : undefined)

/** Another head, under the lock of whoever changes fingerprints: before anything else changes, so that a killed process leaves nothing that looks unchanged. */
export function moveCellsHead(context: Placed, dataset: string): void {
  mkdirSync(cellsFolder(context), { recursive: true, mode: 0o700 })
  writeFileSync(headFile(context, dataset), randomBytes(16).toString('hex'), { mode: 0o600 })
}

/** No head, because no log is left. */
export const removeCellsHead = (context: Placed, dataset: string): void => { rmSync(headFile(context, dataset), { force: true }) }

const named = /^(?<dataset>.+)[.](?:[0-9a-f]{16}|[0-9]+)[.]cells$/

/** Every log of cells of a dataset that lies there, also of tables that are not declared any more. */
export function cellsFilesOf(context: Placed, dataset: string): string[] {
  const folder = cellsFolder(context)
  if (!existsSync(folder)) return []
  return readdirSync(folder).filter((name) => named.exec(name)?.groups?.['dataset'] === dataset).sort().map((name) => join(folder, name))
}
