/** The search that an engine runs itself, where data live in one. */
export { engineOfClickHouse, engineOfDuckDb, engineOfPostgres } from './adapter/engines.ts'
export { knownDigests, searchTable } from './engine.ts'
export type { Engine, EngineColumn, EngineMatch, EngineTable, KnownColumn, KnownDigests } from './engine.ts'
export { searchKey } from './form.ts'
