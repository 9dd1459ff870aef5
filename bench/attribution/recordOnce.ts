/** One reading of a table for its log of cells, in a process of its own, so that the most memory it held is its own: URL, directory, moment. Prints what it came to as one line of JSON. */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { rowsOfDataset } from '../../server/inventory/index.ts'
import { readCells, readCellsHeader, writeCells } from '../../server/trace/cells/file.ts'
import { HeldRows } from '../../server/trace/cells/held.ts'
import { emptyCells, withReading } from '../../server/trace/cells/log.ts'
import { readRows } from '../../server/trace/cells/readRows.ts'
import { memoryOf } from '../trace/memory.ts'
import { followed, identifiers, names, table } from './recordTable.ts'

/** What one reading came to. Seconds of reading rows, and of putting them into the log and writing it. */
export interface ReadOnce { readonly rowSeconds: number; readonly logSeconds: number; readonly subjects: number; readonly oneIn: number; readonly changes: number; readonly megabytes: number; readonly fileMegabytes: number }

async function readOnce(url: string, directory: string, at: number): Promise<ReadOnce> {
  const [file, sealKey] = [join(directory, 'person.cells'), Buffer.alloc(32, 2)]
  const empty = emptyCells({ key: Buffer.alloc(32, 1), table, identifiers, columns: followed })
  const header = existsSync(file) ? (await readCellsHeader(file, sealKey))! : empty
  const reader = await rowsOfDataset({ kind: 'postgres', url, table: { table, subject: identifiers[0]!, columns: {} } })
  if (typeof reader === 'string') throw new Error(reader)
  const from = performance.now()
  const held = new HeldRows({ identifiers: identifiers.length, columns: followed.length }, { halved: header.halved })
  await readRows(reader.read(names).rows, { names, identifiers, followed, key: header.key, coding: header.coding }, held)
  const read = performance.now()
  const log = withReading(await readCells(file, sealKey) ?? empty, held, at)
  await writeCells(file, log, sealKey)
  return { rowSeconds: (read - from) / 1000, logSeconds: (performance.now() - read) / 1000, subjects: log.subjects.length, oneIn: 2 ** log.halved, changes: log.changes.rows.length, megabytes: memoryOf(process.pid).peak, fileMegabytes: statSync(file).size / 1e6 }
}

const [url, directory, at] = process.argv.slice(2) as [string, string, string]
process.stdout.write(`${JSON.stringify(await readOnce(url, directory, Number(at)))}\n`)
process.exit(0) // the connection is kept for a reading that does not come
