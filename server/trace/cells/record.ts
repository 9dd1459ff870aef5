/** Reads the tables of declared datasets once more for their logs of cells: what changed since the reading before, who came and who went. */
import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { allContracts, type Contract } from '#contract'
import { allDatasets, allStores, rowsOfDataset, type Dataset, type DatasetTable } from '#inventory'
import { currentSegmentKeyId } from '#ledger'
import { Broken } from '#kit/errors'
import type { Instant } from '#kit/time'
import type { TraceContext } from '../fingerprints.ts'
import { readerOf } from '../refresh.ts'
import { changingFingerprints, existingFingerprints } from '../store.ts'
import type { RowPlan } from './coding.ts'
import { changeBytes, movementBytes, readCells, readCellsHeader, writeCells, type CellsHeader } from './file.ts'
import { HeldRows } from './held.ts'
import { emptyCells, withReading } from './log.ts'
import { cellsFile, cellsHead, moveCellsHead } from './place.ts'
import { readRows } from './readRows.ts'
import type { CellLog } from './types.ts'

/** What one reading of a table came to. */
export interface CellsRecorded {
  /** `<dataset>.<number of the table>`. */
  readonly id: string
  readonly dataset: string
  readonly table: string
  readonly subjects: number
  readonly changes: number
  readonly movements: number
  readonly readings: number
  /** Of the sealed file, and of it what the changes and the comings and goings take. */
  readonly bytes: number
  readonly changeBytes: number
  /** One subject of so many is followed. */
  readonly oneIn: number
  /** When it was read last. */
  readonly readAt: Instant
}

/** `before`: what was read less than `everySeconds` ago, as it stands. */
export interface CellsTaken { readonly recorded: readonly CellsRecorded[]; readonly before: readonly CellsRecorded[]; readonly notRecorded: readonly { readonly dataset: string; readonly because: string }[] }

/**
 * Reads every table of datasets under a live contract. What lived and died between two readings is not seen: a week between them is enough. A table that cannot be read keeps the log it has.
 * `everySeconds`: not those that were read less than so long ago.
 */
export async function recordCells(context: TraceContext, at: Instant, { everySeconds = 0, dataset: only }: { readonly everySeconds?: number; readonly dataset?: string } = {}): Promise<CellsTaken> {
  const { database } = context.ledger
  const stores = new Map((await allStores(database)).map((store) => [store.id, store]))
  const live = new Set((await allContracts(database)).filter(isLive).map((contract) => contract.controller))
  const [recorded, before, notRecorded]: [CellsRecorded[], CellsRecorded[], { dataset: string; because: string }[]] = [[], [], []]
  for (const dataset of (await allDatasets(database)).filter((one) => live.has(one.controller) && (only ?? one.id) === one.id)) {
    const sourceOf = readerOf(context, stores.get(dataset.store))
    if (typeof sourceOf === 'string') { notRecorded.push({ dataset: dataset.id, because: sourceOf }); continue }
    for (const [number, table] of dataset.tables.entries()) {
      const outcome = await recordTable(context, { dataset, table, number, everySeconds, source: () => rowsOfDataset(sourceOf(table)) }, at).catch(reasonOf)
      if (typeof outcome === 'string') notRecorded.push({ dataset: dataset.id, because: `${table.table}: ${outcome}` })
      else if (outcome.now) recorded.push(outcome.log)
      else before.push(outcome.log)
    }
  }
  return { recorded, before, notRecorded }
}

function reasonOf(cause: unknown): string {
  if (cause instanceof Broken && /^(trace|inventory)[/]/.test(cause.code)) return cause.message
  throw cause
}

const isLive = (contract: Contract): boolean => contract.endedAt === undefined

/** How the log of a table stands, and whether it was read now. */
interface Read { readonly now: boolean; readonly log: CellsRecorded }

/** How often a table is read again because its log was changed meanwhile. */
const attemptsMax = 3

/**
 * Reads a table and writes its log. The lock of whoever forgets somebody, ends a contract or takes fingerprints is held for the writing alone: a large table is read for hours. Whoever changed the log, or forgot anybody, meanwhile is seen by its
 * head, and the table is read again: rows that were read before would bring back whom they hold. Resolves to why not, where it could not.
 */
export async function recordTable(context: TraceContext, { source, ...reading }: ReadingTable, at: Instant): Promise<Read | string> {
  const { dataset } = reading
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const over = await overOf(context, dataset)
    if (over !== undefined) return over
    const begun = await beginReading(context, reading)
    if (begun.now === false && reading.everySeconds > 0 && at - begun.log.readAt < reading.everySeconds) return { now: false, log: begun.log }
    const reader = await source()
    if (typeof reader === 'string') return reader
    const { plan, header, stands } = begun
    const held = new HeldRows({ identifiers: plan.identifiers.length, columns: plan.followed.length }, { halved: header.halved })
    await readRows(reader.read(plan.names).rows, { ...plan, key: header.key, coding: header.coding }, held)
    const before = await begun.before().catch(changedMeanwhile(() => standsAt(context, dataset) !== stands))
    if (before === undefined) continue
    const after = withReading(before, held, at)
    const written = await changingFingerprints(context.ledger.database, async () => (standsAt(context, dataset) === stands ? await overOf(context, dataset) ?? await write(context, reading, after) : undefined))
    if (written !== undefined) return written
  }
  return `its log was changed ${attemptsMax} times while it was read: it is read again when it is due next`
}

/** A log that does not open is another one's by now, or damaged. */
const changedMeanwhile = (isChanged: () => boolean) => (cause: unknown): undefined => {
  if (!isChanged()) throw cause
  return undefined
}

/** What a reading rests on: the logs of the dataset as they are, and the key that seals them now. */
const standsAt = (context: TraceContext, { id, slot }: Dataset): string => `${cellsHead(context, id) ?? 'no log'} ${currentSegmentKeyId(context.ledger.keys, slot, 'fingerprints')}`

/** A contract may end while a table is read: nothing is followed any more then, and no key made anew. What an earlier contract left to be kept is not written over. */
async function overOf({ ledger: { database } }: TraceContext, dataset: Dataset): Promise<string | undefined> {
  if (!(await allContracts(database)).some((contract) => isLive(contract) && contract.controller === dataset.controller)) return 'its contract ended meanwhile'
  const kept = (await existingFingerprints(database)).some((record) => record.dataset === dataset.id && record.state === 'kept')
  return kept ? 'what an earlier contract recorded is kept under its name, for search only: declare the dataset under another id' : undefined
}

interface ReadingTable { readonly dataset: Dataset; readonly table: DatasetTable; readonly number: number; readonly source: () => ReturnType<typeof rowsOfDataset>; readonly everySeconds: number }

/** The identifiers of a table, its subject first, and the columns whose cells are followed. */
export function followedIn({ subject, columns }: DatasetTable): { readonly identifiers: readonly string[]; readonly followed: readonly string[] } {
  const names = Object.keys(columns)
  const identifiers = [subject, ...names.filter((name) => name !== subject && columns[name]?.identifies === true)]
  return { identifiers, followed: names.filter((name) => name !== subject) }
}

type Table = Omit<ReadingTable, 'source'>

/** What a reading goes on from: the log as it stands, of which no more than the header is held while rows are read; `now` false where there is one. */
interface Begun { readonly now: false | undefined; readonly log: CellsRecorded; readonly header: CellsHeader; readonly plan: RowPlan; readonly stands: string; readonly before: () => Promise<CellLog | undefined> }

/** Under the lock: whoever forgets somebody has moved the head first, and is at work on the file behind it. */
function beginReading(context: TraceContext, of: Table): Promise<Begun> {
  return changingFingerprints(context.ledger.database, async () => {
    const { dataset, table } = of
    const stands = standsAt(context, dataset)
    const file = cellsFile(context, dataset.id, table.table)
    const sealKey = context.ledger.keys.find(currentSegmentKeyId(context.ledger.keys, dataset.slot, 'fingerprints'))
    const { identifiers, followed } = followedIn(table)
    const plan = { names: [...new Set([...identifiers, ...followed])], identifiers, followed }
    const known = sealKey === undefined ? undefined : await readCellsHeader(file, sealKey)
    if (sealKey !== undefined && known !== undefined && sameAs(known, identifiers, followed)) return { now: false, log: recordedOf(of, known, statSync(file).size), header: known, plan, stands, before: () => readCells(file, sealKey) }
    const empty = emptyCells({ key: randomBytes(32), table: table.table, identifiers, columns: followed })
    const header = headerOf(empty)
    return { now: undefined, log: recordedOf(of, header, 0), header, plan, stands, before: () => Promise.resolve(empty) }
  })
}

/** Writes the log in place of the one before, under the lock. The key that seals it is made here, and never before: none is made for a contract that is over. */
async function write(context: TraceContext, of: Table, log: CellLog): Promise<Read> {
  const file = cellsFile(context, of.dataset.id, of.table.table)
  moveCellsHead(context, of.dataset.id)
  return { now: true, log: recordedOf(of, headerOf(log), await writeCells(file, log, context.ledger.keys.segmentKey(of.dataset.slot, 'fingerprints').key)) }
}

const headerOf = ({ subjects, changes, movements, ...log }: CellLog): CellsHeader => ({ ...log, rows: subjects.length, changes: changes.rows.length, movements: movements.rows.length })

const recordedOf = ({ dataset, table, number }: Table, { rows, changes, movements, readings, halved }: CellsHeader, bytes: number): CellsRecorded => ({
  id: `${dataset.id}.${number}`, dataset: dataset.id, table: table.table, subjects: rows, changes, movements, readings: readings.length, bytes,
  changeBytes: changes * changeBytes + movements * movementBytes, oneIn: 2 ** halved, readAt: readings.at(-1) ?? -Infinity,
})

/** Under other columns than before, all of it is new. */
const sameAs = (log: CellsHeader, identifiers: readonly string[], followed: readonly string[]): boolean => JSON.stringify([log.identifiers, log.columns]) === JSON.stringify([identifiers, followed])
