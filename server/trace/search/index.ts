/** The search: whose records are in a place, how many, how sure, and which rows they are. */
export { createSearcher } from './search.ts'
export type { DatasetResult, LocatedRows, PlaceCoverage, PlaceOptions, PlaceResult, RowList, RowRule, Searcher } from './search.ts'
export { canBeFound } from './verdict.ts'
export type { ColumnEvidence, Verdict } from './verdict.ts'
