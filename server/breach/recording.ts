/** What is recorded of datasets while they are there, so that a leak can be attributed and counted when they are gone: who the people are by country, and which values changed. Due every week, or as declared. */
import { allContracts, theProcessor } from '#contract'
import { allDatasets, type Dataset } from '#inventory'
import type { Ledger } from '#ledger'
import { recordCells, type CellsRecorded, type TraceContext } from '#trace'
import { day, type Instant } from '#kit/time'
import type { Census } from './count.ts'
import { takeCensus } from './people.ts'
import { censusesOf, readingsOf, recordingAlone, recordingFailures, type RecordingFailed } from './store.ts'

/** Days between two recordings where `processor.breach_record_days` says nothing: attribution tells a time no better than this. */
export const recordDaysDefault = 7

/** Seconds between two recordings as the processor declares it; undefined: it declared that nobody but a person begins one. */
export async function recordEverySeconds(database: Ledger['database']): Promise<number | undefined> {
  const days = (await theProcessor(database))?.['breach_record_days'] ?? recordDaysDefault
  return typeof days === 'number' && days > 0 ? days * day : undefined
}

/** How a dataset under a live contract stands: when all of it was recorded last. Null: never, or not all of it. `failed`: since then it was tried in vain. */
export interface RecordingState { readonly dataset: string; readonly controller: string; readonly store: string; readonly countedAt: Instant | null; readonly readAt: Instant | null; readonly failed: Omit<RecordingFailed, 'dataset'> | null }

const recordedSince = ({ countedAt, readAt }: Pick<RecordingState, 'countedAt' | 'readAt'>): Instant => Math.min(countedAt ?? -Infinity, readAt ?? -Infinity)

const hour = 3_600

/** Seconds until what could not be recorded is tried again: an hour, twice as long after each time more, at most a day, and never longer than the time between two recordings. */
export const backOffSeconds = ({ failures }: Pick<RecordingFailed, 'failures'>, everySeconds: number): number => Math.min(hour * 2 ** Math.min(failures - 1, 10), day, everySeconds)

async function liveDatasets(database: Ledger['database']): Promise<Dataset[]> {
  const live = new Set((await allContracts(database)).filter(({ endedAt }) => endedAt === undefined).map(({ controller }) => controller))
  return (await allDatasets(database)).filter(({ controller }) => live.has(controller))
}

/** Of every dataset under a live contract, by id. */
export async function recordingStates({ database }: Pick<Ledger, 'database'>): Promise<RecordingState[]> {
  const states: RecordingState[] = []
  const datasets = await liveDatasets(database)
  const read = new Map((await readingsOf(database)).map(({ dataset, table, readAt }) => [JSON.stringify([dataset, table]), readAt]))
  const failures = new Map((await recordingFailures(database)).map(({ dataset, ...failed }) => [dataset, failed]))
  const counted = new Map<string, Instant>()
  for (const controller of new Set(datasets.map((one) => one.controller))) for (const { dataset, takenAt } of await censusesOf(database, controller)) counted.set(dataset, takenAt)
  for (const { id, controller, store, tables } of datasets) {
    const times = tables.map(({ table }) => read.get(JSON.stringify([id, table])))
    const recorded = { countedAt: counted.get(id) ?? null, readAt: times.includes(undefined) ? null : Math.min(...(times as Instant[])) }
    const failed = failures.get(id)
    states.push({ dataset: id, controller, store, ...recorded, failed: failed === undefined || failed.failedAt <= recordedSince(recorded) ? null : failed })
  }
  return states.sort((a, b) => (a.dataset < b.dataset ? -1 : 1))
}

/** Whether either of the two is older than `everySeconds`. */
export const isRecordingDue = ({ countedAt, readAt }: Pick<RecordingState, 'countedAt' | 'readAt'>, everySeconds: number, at: Instant): boolean => recordedSince({ countedAt, readAt }) + everySeconds <= at

/** Datasets that are due, those first that were recorded longest ago; not those that were tried in vain so lately that they are to rest. `stores`: only what is in these. */
export async function recordingsDue({ ledger }: Pick<TraceContext, 'ledger'>, { everySeconds, stores }: { readonly everySeconds: number; readonly stores?: readonly string[] | undefined }, at: Instant): Promise<string[]> {
  const rests = ({ failed }: RecordingState): boolean => failed !== null && failed.failedAt + backOffSeconds(failed, everySeconds) > at
  const due = (await recordingStates(ledger)).filter((one) => (stores ?? [one.store]).includes(one.store) && isRecordingDue(one, everySeconds, at) && !rests(one))
  return due.sort((a, b) => (recordedSince(a) === recordedSince(b) ? (a.dataset < b.dataset ? -1 : 1) : recordedSince(a) - recordedSince(b))).map(({ dataset }) => dataset)
}

/** What one recording came to. */
export interface Recorded { readonly recorded: readonly CellsRecorded[]; readonly taken: readonly Census[]; readonly missed: readonly { readonly dataset: string; readonly because: string }[] }

/**
 * Records a dataset: reads its tables once more, and counts its people. What was done less than `everySeconds` ago is not done again, so that whoever goes on after another was killed begins where that one was; what was read then and not
 * recorded is recorded now. What cannot be read or counted is told, and never recorded as nothing: that it failed is, so that nobody tries it anew at once, unless whoever asks is `stopping`: what broke then, broke because it stops. One process at a time records a
 * dataset; another resolves to that.
 */
export async function recordDataset(context: TraceContext, dataset: string, at: Instant, { everySeconds = 0, stopping }: { readonly everySeconds?: number; readonly stopping?: AbortSignal } = {}): Promise<Recorded> {
  const { database } = context.ledger
  const found = (await liveDatasets(database)).find(({ id }) => id === dataset)
  if (found === undefined) return { recorded: [], taken: [], missed: [{ dataset, because: 'its contract is over, or it is not declared any more' }] }
  return await recordingAlone(database, dataset, async () => {
    const came = await recordNow(context, found, at, { everySeconds, stopping })
    if (came.missed.length > 0 && stopping?.aborted !== true) await recordFailure(context, found, { because: came.missed.map(({ because }) => because), everySeconds }, at)
    return came
  }) ?? { recorded: [], taken: [], missed: [{ dataset, because: 'another process is recording it at this moment' }] }
}

/** Longer reasons are cut: which table it was stands first. */
const becauseCharactersMax = 500

/** A failure counts as one more when the rest after the one before was over: whoever tries again at once makes nobody wait longer. */
async function recordFailure({ ledger }: TraceContext, { id, slot, controller }: Dataset, { because, everySeconds }: { readonly because: readonly string[]; readonly everySeconds: number }, at: Instant): Promise<void> {
  const before = (await recordingStates(ledger)).find(({ dataset }) => dataset === id)?.failed ?? null
  const failures = before === null ? 1 : before.failures + (before.failedAt + backOffSeconds(before, everySeconds) <= at ? 1 : 0)
  await ledger.append({ slot, type: 'breach.recording_failed', at, parts: { evidence: { dataset: id, controller, failures, because: [...new Set(because)].join('; ').slice(0, becauseCharactersMax) } } })
}

/** Records that a recording was ended from outside: nobody tries it anew at once. */
export async function recordStopped(context: TraceContext, dataset: string, { because, everySeconds }: { readonly because: string; readonly everySeconds: number }, at: Instant): Promise<void> {
  const found = (await liveDatasets(context.ledger.database)).find(({ id }) => id === dataset)
  if (found !== undefined) await recordFailure(context, found, { because: [because], everySeconds }, at)
}

async function recordNow(context: TraceContext, found: Dataset, at: Instant, { everySeconds, stopping }: { readonly everySeconds: number; readonly stopping: AbortSignal | undefined }): Promise<Recorded> {
  const { ledger } = context
  const dataset = found.id
  const { recorded, before, notRecorded } = await recordCells(context, at, { everySeconds, dataset })
  const known = new Map((await readingsOf(ledger.database)).map((one) => [JSON.stringify([one.dataset, one.table]), one.readAt]))
  const fresh = [...recorded, ...before].filter(({ table, readAt }) => readAt > (known.get(JSON.stringify([dataset, table])) ?? -Infinity))
  if (fresh.length > 0) {
    await ledger.append(fresh.map(({ table, readAt, readings, subjects, oneIn }) => ({
      slot: found.slot, type: 'breach.values_read', at, parts: { evidence: { dataset, controller: found.controller, table, read_at: readAt, readings, subjects, one_in: oneIn } },
    })))
  }
  if (stopping?.aborted === true) return { recorded, taken: [], missed: notRecorded } // nothing more is asked of a store
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
