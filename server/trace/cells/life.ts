/** The life of logs of cells beside that of the fingerprints: kept with them beyond an exit, gone with their key, and without those who are to be forgotten. */
import { rmSync } from 'node:fs'
import { allDatasets, csvFields } from '#inventory'
import { currentSegmentKeyId, type Ledger } from '#ledger'
import { Broken, Refused } from '#kit/errors'
import { coderUnder } from './code.ts'
import { readCells, writeCells } from './file.ts'
import { withoutSubjects } from './log.ts'
import { cellsFilesOf, moveCellsHead, removeCellsHead } from './place.ts'
import type { CellLog } from './types.ts'

/** What the logs of cells are found and opened by. */
interface CellsContext { readonly ledger: Pick<Ledger, 'database' | 'keys'>; readonly directory: string }

/** A log of cells, and the key that seals it now. `id` is that of the fingerprints of its table, where it is declared still. */
export interface OpenedCells { readonly id: string; readonly dataset: string; readonly controller: string; readonly slot: number; readonly file: string; readonly key: Uint8Array; readonly log: CellLog }

/** Every log that opens, of all controllers or of one. One that was damaged, or whose key is gone, tells nothing. */
export async function openCells(context: CellsContext, slot?: number): Promise<OpenedCells[]> {
  const opened: OpenedCells[] = []
  for (const dataset of await allDatasets(context.ledger.database)) {
    if ((slot ?? dataset.slot) !== dataset.slot) continue
    const keys = (['fingerprints', 'exit'] as const).flatMap((purpose) => context.ledger.keys.find(currentSegmentKeyId(context.ledger.keys, dataset.slot, purpose)) ?? [])
    for (const file of cellsFilesOf(context, dataset.id)) {
      for (const key of keys) {
        const log = await readCells(file, key).catch(damagedIsNothing)
        if (log === undefined) continue
        const number = dataset.tables.findIndex(({ table }) => table === log.table)
        opened.push({ id: number < 0 ? dataset.id : `${dataset.id}.${number}`, dataset: dataset.id, controller: dataset.controller, slot: dataset.slot, file, key, log })
        break
      }
    }
  }
  return opened
}

function damagedIsNothing(cause: unknown): undefined {
  if (cause instanceof Broken || cause instanceof Refused) return undefined
  throw cause
}

/** Seals the logs of a controller again under the key that outlives its exit. Safe to call twice. */
export async function keepCells(context: CellsContext, slot: number, key: Uint8Array): Promise<void> {
  for (const { dataset, file, log } of await openCells(context, slot)) {
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
  for (const { file, key, log, dataset: of } of await openCells(context)) {
    if (of !== dataset || !log.identifiers.some((name) => columns.includes(name))) continue
    known = true
    const coder = coderUnder(log.key)
    const codes = log.identifiers.map(() => new Set<bigint>())
    for await (const fields of csvFields(rows())) {
      log.identifiers.forEach((name, at) => { const value = fields[columns.indexOf(name)]; if (value !== null && value !== undefined) codes[at]!.add(coder.subject(name, value)) })
    }
    const gone = new Set<bigint>()
    log.subjects.forEach((subject, row) => { if (codes[0]!.has(subject) || log.others.some((other, at) => codes[at + 1]!.has(other[row]!))) gone.add(subject) })
    if (gone.size > 0) await writeCells(file, withoutSubjects(log, gone), key)
  }
  return known
}
