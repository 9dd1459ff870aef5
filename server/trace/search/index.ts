/** The search: whose records are in a place, how many, how sure, and which rows they are. */
export { createSearcher } from './search.ts'
export type { LocatedRows, RowList, RowRule, Searcher, SearcherOptions } from './search.ts'
export type { Bytes, DatasetResult, PlaceOptions, PlaceResult, RowSample } from './result.ts'
export type { TokenSource } from './table.ts'
export { decodeTally, encodeTally } from './tally.ts'
export type { PlaceCoverage, PlaceTally } from './tally.ts'
export { canBeFound } from './verdict.ts'
export type { ColumnEvidence, Verdict } from './verdict.ts'
