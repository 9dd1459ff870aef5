/** What a finding rests on, for whoever has to act on it: pure, from the results of its place. */
import type { DatasetResult } from '../search/index.ts'
import type { FindingDetail, FingerprintRecord, MadeBetween, RecognisedColumn, SearchedPart, SearchedPlace, SweepRecord } from '../types.ts'
import { formatDay, type Instant } from '#kit/time'
import { largestTable } from '../left.ts'

/** Columns, parts and reasons that a finding lists: a hundred sheets alike say no more than these. */
export const evidenceListedMax = 20

export interface Holding {
  readonly place: SearchedPlace
  /** Of this controller's fingerprints, those that the place holds a copy of. */
  readonly results: readonly DatasetResult[]
  readonly fingerprints: ReadonlyMap<string, FingerprintRecord>
  /** Controllers with a copy in this place. */
  readonly controllers: number
}

/** The detail of one controller's finding. Nothing in it tells whose else the place is. */
export function detailOf({ place, results, fingerprints, controllers }: Holding): FindingDetail {
  const datasets = results.map((result) => result.dataset)
  const largest = [...results].sort((a, b) => b.records - a.records)[0]
  const known = largest === undefined ? undefined : fingerprints.get(largest.dataset)
  const parts = place.parts.flatMap((part) => {
    const mine = part.results.filter((result) => datasets.includes(result.dataset) && result.verdict === 'copy')
    return mine.length === 0 ? [] : [{ part, mine }]
  })
  return {
    share: largest === undefined || known === undefined || known.records === 0 ? null : Math.min(1, largest.records / known.records),
    confirmedRows: Math.max(0, ...results.map((result) => result.confirmedRows)), datasets,
    columns: parts.flatMap(({ part, mine }) => mine.flatMap((result) => columnsOf(part, result))).slice(0, evidenceListedMax),
    parts: parts.filter(({ part }) => part.name !== '').slice(0, evidenceListedMax)
      .map(({ part, mine }) => ({ name: part.name, kind: part.kind, ...largestTable(mine) })),
    mixed: controllers > 1, reasons: results.flatMap((result) => result.reasons).slice(0, evidenceListedMax), samples: parts.flatMap(({ part, mine }) => mine.flatMap((result) => result.samples.map((sample) => ({ in: part.name, unit: sample.part, offset: sample.offset, columns: sample.columns })))).slice(0, evidenceListedMax), made: unknownTime, readAt: place.readAt,
  }
}

/** Fields in which most values of a column stand, one for the values themselves and one for each form of them. */
function columnsOf(part: SearchedPart, result: DatasetResult): RecognisedColumn[] {
  const bestOf = new Map<string, DatasetResult['fields'][number]>()
  for (const hits of result.fields) if (hits.hits > (bestOf.get(`${hits.column}\n${hits.form ?? ''}`)?.hits ?? 0)) bestOf.set(`${hits.column}\n${hits.form ?? ''}`, hits)
  return [...bestOf.values()].sort((a, b) => a.field - b.field)
    .map(({ field, column, form }) => ({ name: part.columns[field] ?? null, field, column, form, values: result.columns.find((one) => one.column === column)?.distinct ?? 0 }))
}

/** Before any sweep has told: see `appearedBetween`. */
const unknownTime: MadeBetween = { after: null, before: null, because: 'unknown: nothing tells when the records of this dataset came and went' }

/**
 * When a copy that is found for the first time came to its place: after the last sweep that read every place of its store and did not find it. `sweeps`: of its
 * controller, newest first; `at`: of the sweep that found it. How old the copy itself is, its place does not tell: it may have been moved.
 */
export function appearedBetween(store: string, sweeps: readonly SweepRecord[], at: Instant): MadeBetween {
  const clean = sweeps.find((sweep) => sweep.coverage.some((one) => one.store === store && one.not_read.length === 0 && one.partly_read.length === 0))
  if (clean === undefined) return { after: null, before: at, because: `before ${formatDay(at)}, when it was found; no earlier sweep read all of this store` }
  return { after: clean.sweptAt, before: at, because: `it came to this place after ${formatDay(clean.sweptAt)}, when all of this store was read and it was not found, and before ${formatDay(at)}` }
}
