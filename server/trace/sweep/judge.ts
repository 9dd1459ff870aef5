/** From what was read of a place to what it holds. */
import { printPart, sameBytesAs } from '#inventory'
import { sumCoverage, type PlaceCoverage } from '../search/tally.ts'
import type { DatasetResult } from '../search/index.ts'
import type { SearchablePlace } from '../places.ts'
import { toldTogether } from '../telling.ts'
import type { SearchedPart, SearchedPlace, Unread } from '../types.ts'
import { columnKey, type Pass } from './passes.ts'
import type { PartOutcome, UnitOutcome } from './unitFile.ts'

/** Parts of one place that are listed by name; the figures count all. */
export const partsListedMax = 100

/** One part of a place, from all its units. */
interface Gathered extends Omit<PartOutcome, 'tallies' | 'sketches'> {
  /** By pass, then by unit. */
  readonly tallies: readonly (readonly Uint8Array[])[]
}

/** Judges a place by the outcomes of all its units. Undefined when no part of it was read. */
export function judgePlace(place: SearchablePlace, outcomes: readonly UnitOutcome[], { passes, readAt }: { passes: readonly Pass[]; readAt: number }): { searched: SearchedPlace | undefined; unread: Unread[] } {
  const named = { store: place.store.id, environment: place.store.environment, place: place.place, ...(place.of === undefined ? {} : { of: place.of }) }
  const missing = new Map(outcomes.flatMap((outcome) => outcome.unread.map((part) => [part.name, part.because] as const)))
  const unread = [...missing].map(([name, because]): Unread => ({ store: named.store, place: name === '' ? named.place : printPart(named.place, name), because }))
  const gathered = gather(outcomes, passes.length).filter((part) => !missing.has(part.name))
  if (gathered.length === 0) return { searched: undefined, unread: unread.length > 0 ? unread : [] }
  const parts = gathered.map((part) => judgePart(part, passes))
  const holding = parts.filter((part) => part.results.length > 0)
  const told = toldTogether(outcomes.map((outcome) => outcome.told))
  return {
    unread,
    searched: {
      ...named, readAt, coverage: sumCoverage(parts.map((part) => part.coverage)), partly: [...new Set(parts.flatMap((part) => part.partly.map((because) => (part.name === '' ? because : `${part.name}: ${because}`))))].slice(0, partsListedMax),
      results: together(gathered, holding, passes), parts: holding.map(({ coverage: _, ...part }) => part).slice(0, partsListedMax), unread: unread.length, ...(told === undefined ? {} : { told }),
    },
  }
}

function gather(outcomes: readonly UnitOutcome[], passes: number): Gathered[] {
  const byName = Map.groupBy(outcomes.flatMap((outcome) => outcome.parts), (part) => part.name)
  return [...byName.values()].map((pieces): Gathered => {
    const [{ name, kind, columns, firstLine, cut } = { name: '', kind: '', columns: null, firstLine: null, cut: false }] = pieces
    return { name, kind, columns, firstLine, cut, partly: [...new Set(pieces.flatMap((piece) => piece.partly))], tallies: Array.from({ length: passes }, (_, pass) => pieces.flatMap((piece) => piece.tallies[pass] ?? [])) }
  })
}

type JudgedPart = SearchedPart & { readonly coverage: PlaceCoverage }

function judgePart(part: Gathered, passes: readonly Pass[]): JudgedPart {
  const judged = passes.map((pass, number) => pass.judge(part.tallies[number] ?? []))
  const coverage = judged[0]?.coverage ?? sumCoverage([])
  const results = judged.flatMap(({ datasets }) => datasets)
  return { name: part.name, kind: part.kind, coverage, partly: [...part.partly, ...notCompared(coverage)], results, columns: namesOf(part, results, passes) }
}

function notCompared({ tooLong, brokenQuotes, lost }: PlaceCoverage): string[] {
  return [
    ...(tooLong > 0 ? [`${tooLong} fields are longer than any value`] : []),
    ...(brokenQuotes > 0 ? [`${brokenQuotes} fields open with a quote that does not close`] : []),
    ...(lost > 0 ? [`${lost} values found are more than could be counted: its figures are too low`] : []),
  ]
}

/** Each dataset once: parts are judged by themselves, so that a small copy among much else stays as visible as alone, and people in several of them count once. */
function together(gathered: readonly Gathered[], holding: readonly JudgedPart[], passes: readonly Pass[]): DatasetResult[] {
  const byDataset = Map.groupBy(holding.flatMap((part) => part.results.map((result) => ({ part, result }))), ({ result }) => result.dataset)
  const results = [...byDataset.values()].flatMap((found): DatasetResult[] => {
    const copies = readOnce(found.filter(({ result }) => result.verdict === 'copy')).sort((a, b) => b.result.records - a.result.records)
    const largest = (copies[0] ?? found[0])?.result
    if (largest === undefined) return []
    if (copies.length < 2) return [largest]
    const names = new Set(copies.map(({ part }) => part.name))
    const tallied = gathered.filter((part) => names.has(part.name))
    const all = passes.flatMap((pass, number) => pass.judge(tallied.flatMap((part) => part.tallies[number] ?? [])).datasets).find((one) => one.dataset === largest.dataset)
    const sum = (pick: (result: DatasetResult) => number): number => copies.reduce((total, { result }) => total + pick(result), 0)
    return [{
      ...largest, rows: sum((result) => result.rows), confirmedRows: sum((result) => result.confirmedRows),
      records: Math.max(largest.records, all?.verdict === 'copy' ? Math.min(all.records, sum((result) => result.records)) : 0),
      reasons: copies.slice(0, reasonsMax).flatMap(({ part, result }) => result.reasons.map((reason) => `${part.name}: ${reason}`)),
    }]
  })
  return results.sort((a, b) => b.rows - a.rows || (a.dataset < b.dataset ? -1 : 1))
}

/** Of two readings of the same bytes the one that knows more people, or else the one that knows what a record is there: rows are not counted twice. */
function readOnce<Found extends { readonly part: { readonly name: string }; readonly result: Pick<DatasetResult, 'records'> }>(copies: readonly Found[]): Found[] {
  const byName = new Map(copies.map((copy) => [copy.part.name, copy]))
  const left = new Set<Found>()
  for (const copy of copies) {
    const same = sameBytesAs(copy.part.name)
    const other = same === undefined ? undefined : byName.get(same)
    if (other !== undefined) left.add(other.result.records > copy.result.records ? copy : other)
  }
  return copies.filter((copy) => !left.has(copy))
}

/** Parts whose reasons are told in full. */
const reasonsMax = 3

/** Letters, digits and separators, as programs name columns; a value with an @ or a number in it is none. */
const identifier = /^\p{L}[\p{L}\p{N}_ .-]{0,39}$/u
const valueLike = /@|\p{N}{4}/u

/**
 * What the copy calls its fields, where values were recognised in them. A first line is taken for a header only where a field that holds addresses or numbers has a
 * name there, every other recognised field as well, and none of the line looks like a value: else it could be somebody's record. Empty where names are not known.
 */
export function namesOf(part: Pick<PartOutcome, 'columns' | 'firstLine'>, results: readonly DatasetResult[], passes: readonly Pick<Pass, 'unlikeNames'>[]): readonly (string | null)[] {
  const hits = results.flatMap((result) => result.fields.filter((one) => one.hits > 0).map((one) => ({ field: one.field, key: columnKey(result.dataset, one.column) })))
  const fields = new Set(hits.map(({ field }) => field))
  const telling = hits.some(({ key }) => passes.some(({ unlikeNames }) => unlikeNames.has(key)))
  const known = part.columns ?? (telling ? headerOf(part.firstLine, fields) : null)
  return known === null ? [] : known.map((name, field) => (fields.has(field) ? name : null))
}

function headerOf(line: readonly string[] | null, fields: ReadonlySet<number>): readonly string[] | null {
  if (line === null) return null
  const sound = [...fields].every((field) => identifier.test(line[field] ?? '')) && !line.some((field) => valueLike.test(field)) && new Set(line).size === line.length
  return sound ? line : null
}
