/** Many controllers at once: a filter of all their tokens, and the exact search where it is needed. */
export { createScreenedSearcher, exactTokensMax, searcherFor } from './searcher.ts'
export type { ScreenedOptions } from './searcher.ts'
export { openSource, sealedSource } from './source.ts'
export type { SegmentSource } from './source.ts'
export { createTurns } from './turns.ts'
export type { SourceGroup, Turn, Turns, TurnsOptions } from './turns.ts'
