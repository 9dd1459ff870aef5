/** The life of logs of cells beside that of the fingerprints: kept with them beyond an exit, gone with their key, and without those who are to be forgotten. */
import { rmSync } from 'node:fs'
import { allDatasets, csvFields } from '#inventory'
import { currentSegmentKeyId, type Ledger } from '#ledger'
import { Broken, Refused } from '#kit/errors'
import { coderUnder } from './code.ts'
import { CodeTable, halvesOf } from './codes.ts'
import { readCells, writeCells } from './file.ts'
import { withoutRows } from './log.ts'
import { cellsFilesOf, moveCellsHead, removeCellsHead } from './place.ts'
import type { CellLog } from './types.ts'

/** What the logs of cells are found and opened by. */
interface CellsContext { readonly ledger: Pick<Ledger, 'database' | 'keys'>; readonly directory: string }

/** A log of cells, and the key that seals it now. `id` is that of the fingerprints of its table, where it is declared still. */
export interface OpenedCells { readonly id: string; readonly dataset: string; readonly controller: string; readonly slot: number; readonly file: string; readonly key: Uint8Array; readonly log: CellLog }

/** Every log that opens, of all controllers or of one, one after another: each may take some hundred megabytes. One that was damaged, or whose key is gone, tells nothing. */
export async function* openCells(context: CellsContext, slot?: number): AsyncGenerator<OpenedCells> {
  for (const dataset of await allDatasets(context.ledger.database)) {
    if ((slot ?? dataset.slot) !== dataset.slot) continue
    const keys = (['fingerprints', 'exit'] as const).flatMap((purpose) => context.ledger.keys.find(currentSegmentKeyId(context.ledger.keys, dataset.slot, purpose)) ?? [])
    for (const file of cellsFilesOf(context, dataset.id)) {
      for (const key of keys) {
        const log = await readCells(file, key).catch(damagedIsNothing)
        if (log === undefined) continue
        const number = dataset.tables.findIndex(({ table }) => table === log.table)
        yield { id: number < 0 ? dataset.id : `${dataset.id}.${number}`, dataset: dataset.id, controller: dataset.controller, slot: dataset.slot, file, key, log }
        break
      }
    }
  }
}

function damagedIsNothing(cause: unknown): undefined {
  if (cause instanceof Broken || cause instanceof Refused) return undefined
  throw cause
}

/** Seals the logs of a controller again under the key that outlives its exit. Safe to call twice. */
export async function keepCells(context: CellsContext, slot: number, key: Uint8Array): Promise<void> {
  for await (const { dataset, file, log } of openCells(context, slot)) {
    moveCellsHead(context, dataset)
    await writeCells(file, log, key)
  }
}

/** Removes the logs of a controller. Safe to call twice. */
export async function removeCells(context: CellsContext, slot: number): Promise<void> {
  for (const dataset of (await allDatasets(context.ledger.database)).filter((one) => one.slot === slot)) {
    for (const file of cellsFilesOf(context, dataset.id)) rmSync(file, { force: true })
    removeCellsHead(context, dataset.id)
  }
}

/** Takes people out of the logs of a dataset: rows as `Forgetting` has them. A row counts by any value that identifies. Resolves to whether a log knows any of the columns. */
export async function forgetCells(context: CellsContext, { dataset, columns, rows }: { readonly dataset: string; readonly columns: readonly string[]; rows(): AsyncIterable<Uint8Array> }): Promise<boolean> {
  let known = false
  // Also where no log knows them yet: a first one may be in the making, of rows that were read before they were erased.
  moveCellsHead(context, dataset)
  for await (const { file, key, log, dataset: of } of openCells(context)) {
    if (of !== dataset || !log.identifiers.some((name) => columns.includes(name))) continue
    known = true
    const coder = coderUnder(log.key, log.coding)
    const codes = log.identifiers.map(() => new CodeTable())
    for await (const fields of csvFields(rows())) {
      log.identifiers.forEach((name, at) => { const value = fields[columns.indexOf(name)]; if (value !== null && value !== undefined) addCode(codes[at]!, coder.subject(name, value)) })
    }
    const gone = rowsOf(log, codes)
    if (gone !== undefined) await writeCells(file, withoutRows(log, gone), key)
  }
  return known
}

function addCode(codes: CodeTable, code: bigint): void {
  const [low, high] = [Number(code & 0xffffffffn), Number(code >> 32n)]
  if (codes.find(low, high) < 0) codes.add(low, high)
}

/** A mark for each row that one of these codes names, by identifier; undefined where none does. */
function rowsOf({ subjects, others }: CellLog, codes: readonly CodeTable[]): Uint8Array | undefined {
  const gone = new Uint8Array(subjects.length)
  let count = 0
  for (const [at, halves] of [subjects, ...others].map(halvesOf).entries()) {
    const named = codes[at]!
    for (let row = 0; named.size > 0 && row < gone.length; row += 1) {
      if (named.find(halves[2 * row]!, halves[2 * row + 1]!) < 0) continue
      gone[row] = 1
      count += 1
    }
  }
  return count === 0 ? undefined : gone
}
