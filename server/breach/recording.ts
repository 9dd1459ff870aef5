/** What is recorded of datasets while they are there, so that a leak can be attributed and counted when they are gone: who the people are by country, and which values changed. Due every week, or as declared. */
import { allContracts, theProcessor } from '#contract'
import { allDatasets, type Dataset } from '#inventory'
import type { Ledger } from '#ledger'
import { recordCells, type CellsRecorded, type TraceContext } from '#trace'
import { day, type Instant } from '#kit/time'
import type { Census } from './count.ts'
import { takeCensus } from './people.ts'
import { censusesOf, readingsOf } from './store.ts'

/** Days between two recordings where `processor.breach_record_days` says nothing: attribution tells a time no better than this. */
export const recordDaysDefault = 7

/** Seconds between two recordings as the processor declares it; undefined: it declared that nobody but a person begins one. */
export async function recordEverySeconds(database: Ledger['database']): Promise<number | undefined> {
  const days = (await theProcessor(database))?.['breach_record_days'] ?? recordDaysDefault
  return typeof days === 'number' && days > 0 ? days * day : undefined
}

/** How a dataset under a live contract stands: when all of it was recorded last. Null: never, or not all of it. */
export interface RecordingState { readonly dataset: string; readonly controller: string; readonly store: string; readonly countedAt: Instant | null; readonly readAt: Instant | null }

async function liveDatasets(database: Ledger['database']): Promise<Dataset[]> {
  const live = new Set((await allContracts(database)).filter(({ endedAt }) => endedAt === undefined).map(({ controller }) => controller))
  return (await allDatasets(database)).filter(({ controller }) => live.has(controller))
}

/** Of every dataset under a live contract, by id. */
export async function recordingStates({ database }: Pick<Ledger, 'database'>): Promise<RecordingState[]> {
  const states: RecordingState[] = []
  const datasets = await liveDatasets(database)
  const read = new Map((await readingsOf(database)).map(({ dataset, table, readAt }) => [JSON.stringify([dataset, table]), readAt]))
  const counted = new Map<string, Instant>()
  for (const controller of new Set(datasets.map((one) => one.controller))) for (const { dataset, takenAt } of await censusesOf(database, controller)) counted.set(dataset, takenAt)
  for (const { id, controller, store, tables } of datasets) {
    const times = tables.map(({ table }) => read.get(JSON.stringify([id, table])))
    states.push({ dataset: id, controller, store, countedAt: counted.get(id) ?? null, readAt: times.includes(undefined) ? null : Math.min(...(times as Instant[])) })
  }
  return states.sort((a, b) => (a.dataset < b.dataset ? -1 : 1))
}

/** Whether either of the two is older than `everySeconds`. */
export const isRecordingDue = ({ countedAt, readAt }: Pick<RecordingState, 'countedAt' | 'readAt'>, everySeconds: number, at: Instant): boolean => Math.min(countedAt ?? -Infinity, readAt ?? -Infinity) + everySeconds <= at

/** Datasets that are due, those first that were recorded longest ago. `stores`: only what is in these. */
export async function recordingsDue({ ledger }: Pick<TraceContext, 'ledger'>, { everySeconds, stores }: { readonly everySeconds: number; readonly stores?: readonly string[] | undefined }, at: Instant): Promise<string[]> {
  const oldest = ({ countedAt, readAt }: RecordingState): number => Math.min(countedAt ?? -Infinity, readAt ?? -Infinity)
  const due = (await recordingStates(ledger)).filter((one) => (stores ?? [one.store]).includes(one.store) && isRecordingDue(one, everySeconds, at))
  return due.sort((a, b) => (oldest(a) === oldest(b) ? (a.dataset < b.dataset ? -1 : 1) : oldest(a) - oldest(b))).map(({ dataset }) => dataset)
}

/** What one recording came to. */
export interface Recorded { readonly recorded: readonly CellsRecorded[]; readonly taken: readonly Census[]; readonly missed: readonly { readonly dataset: string; readonly because: string }[] }

/**
 * Records a dataset: reads its tables once more, and counts its people. What was done less than `everySeconds` ago is not done again, so that whoever goes on after another was killed begins where that one was; what was read then and not
 * recorded is recorded now. What cannot be read or counted is told, and never recorded as nothing.
 */
export async function recordDataset(context: TraceContext, dataset: string, at: Instant, { everySeconds = 0 }: { readonly everySeconds?: number } = {}): Promise<Recorded> {
  const { ledger } = context
  const found = (await liveDatasets(ledger.database)).find(({ id }) => id === dataset)
  if (found === undefined) return { recorded: [], taken: [], missed: [{ dataset, because: 'its contract is over, or it is not declared any more' }] }
  const { recorded, before, notRecorded } = await recordCells(context, at, { everySeconds, dataset })
  const known = new Map((await readingsOf(ledger.database)).map((one) => [JSON.stringify([one.dataset, one.table]), one.readAt]))
  const fresh = [...recorded, ...before].filter(({ table, readAt }) => readAt > (known.get(JSON.stringify([dataset, table])) ?? -Infinity))
  if (fresh.length > 0) {
    await ledger.append(fresh.map(({ table, readAt, readings, subjects, oneIn }) => ({
      slot: found.slot, type: 'breach.values_read', at, parts: { evidence: { dataset, controller: found.controller, table, read_at: readAt, readings, subjects, one_in: oneIn } },
    })))
  }
  const { taken, notTaken } = await takeCensus(context, at, { everySeconds, dataset })
  return { recorded, taken, missed: [...notRecorded, ...notTaken] }
}

/** Records all that is due, one dataset after the other, until asked to stop. */
export async function recordDue(context: TraceContext, at: Instant, { everySeconds = 0, stopping }: { readonly everySeconds?: number; readonly stopping?: AbortSignal } = {}): Promise<Recorded> {
  const all: { recorded: CellsRecorded[]; taken: Census[]; missed: { dataset: string; because: string }[] } = { recorded: [], taken: [], missed: [] }
  for (const dataset of await recordingsDue(context, { everySeconds }, at)) {
    if (stopping?.aborted === true) break
    const one = await recordDataset(context, dataset, at, { everySeconds })
    all.recorded.push(...one.recorded)
    all.taken.push(...one.taken)
    all.missed.push(...one.missed)
  }
  return all
}
