/** Fingerprints of controllers' records, and the search for them in every store. */
import type { Apply } from '#ledger'
import { applyFinding, applySweep, applyTrace } from './store.ts'

export const applies: Readonly<Record<string, Apply>> = { trace: applyTrace, sweep: applySweep, finding: applyFinding }
export { allFindings, existingFingerprints, recentSweeps } from './store.ts'
export { destroyFingerprints, epoch, keepFingerprints, openSegments, takeFingerprints, type NotTaken, type TraceContext } from './fingerprints.ts'
export { folderOf, listPlaces, type Places, type SearchablePlace } from './places.ts'
export { createSearcher, type LocatedRows, type RowRule, type Searcher } from './search/index.ts'
export { findingId, matchesOf, searchStores, sweep, type Match, type SweepReport } from './sweep.ts'
export { coverageFor } from './sweep/coverage.ts'
export { placeKey } from './sweep/plan.ts'
export { helpSweeps, type Helped } from './sweep/help.ts'
export { lastFullSweep } from './sweep/store.ts'
export type { Search, SearchOptions } from './sweep/search.ts'
export type { Finding, FindingDetail, FingerprintRecord, Progress, SearchedPart, SearchedPlace, StoreCoverage, SweepRecord, Unread } from './types.ts'
export { createScreenedSearcher, openSource, sealedSource, searcherFor, type ScreenedOptions, type SegmentSource } from './union/index.ts'
export { engineOfClickHouse, engineOfDuckDb, engineOfPostgres, knownDigests, searchKey, searchTable, type EngineColumn, type EngineTable, type KnownColumn } from './engine/index.ts'
