/** The search among any number of datasets: exact while one table holds them, else screened by the union filter. */
import { Broken } from '#kit/errors'
import type { Segment } from '../fingerprint/index.ts'
import { createSearcher } from '../search/index.ts'
import type { Searcher, SearcherOptions } from '../search/index.ts'
import { createScreening, type ScreeningOptions } from './screening.ts'
import { exactTokensMax, tokensOf } from './source.ts'
import type { SegmentSource } from './source.ts'
import { createTurns, textTableTokensMax } from './turns.ts'

export interface ScreenedOptions extends Omit<SearcherOptions, 'datasets' | 'owners' | 'sketch'>, ScreeningOptions {
  /** Tokens that one exact table may hold; smaller only in tests. */
  readonly exactTokensMax?: number
}

const allTokens = (sources: readonly SegmentSource[]): number => sources.reduce((sum, { header }) => sum + tokensOf(header), 0)

/**
 * A searcher for these segments: the exact one while they fit its table, else the screened one. Throws as those do.
 */
export async function searcherFor(sources: readonly SegmentSource[], epochKey: Uint8Array, options: ScreenedOptions = {}): Promise<Searcher> {
  if (allTokens(sources) > (options.exactTokensMax ?? exactTokensMax)) return createScreenedSearcher(sources, epochKey, options)
  return createSearcher(await segmentsOf(sources), epochKey, options)
}

async function segmentsOf(sources: readonly SegmentSource[]): Promise<Segment[]> {
  const segments: Segment[] = []
  for (const { open } of sources) segments.push(await open())
  return segments
}

/**
 * A searcher that holds a filter of all tokens; copies, rows and people are those of the exact search. Of datasets that have none, only those are listed that share a
 * value of a column that is not weak. A text in which somebody's value stands is read again by a table: it takes `() => bytes` then (`trace/read-again`).
 * Tallies of parts are made by a screening (`screening.ts`), not here (`trace/no-tally`). Rows are listed
 * only while one table holds everything (`trace/too-many-fingerprints`): else a row might be somebody's whom the table does not know. Throws `Misuse` without segments, `Broken` for another
 * epoch key or normal form, for two segments of one dataset, and what opening a segment throws.
 */
export async function createScreenedSearcher(sources: readonly SegmentSource[], epochKey: Uint8Array, options: ScreenedOptions = {}): Promise<Searcher> {
  const { threads, pieceBytes, exactTokensMax: tableTokensMax = textTableTokensMax } = options
  const turns = createTurns([{ key: epochKey, sources }], { ...(threads === undefined ? {} : { threads }), ...(pieceBytes === undefined ? {} : { pieceBytes }), tableTokensMax })
  const screening = createScreening(sources, epochKey, turns.turns[0] ?? [], options)
  await screening.prepare()
  let busy = false
  const alone = async <T>(work: () => Promise<T>): Promise<T> => {
    if (busy) throw new Broken('trace/search-busy', 'one search at a time')
    busy = true
    return work().finally(() => { busy = false })
  }
  const noTally = (): Broken => new Broken('trace/no-tally', 'a search among so many datasets counts places whole')
  return {
    datasets: screening.datasets,
    memoryBytes: screening.memoryBytes(),
    search: (bytes, how = {}) => alone(async () => screening.judge([await (await screening.screen(bytes, how)).tally()])),
    tally: () => Promise.reject(noTally()),
    judge: () => { throw noTally() },
    locate: (bytes, targets, rules, how = {}) => alone(async () => {
      // A row that is one record of somebody without a rule is not another's by one value: all that is known has to be there.
      if (allTokens(sources) > exactTokensMax) throw new Broken('trace/too-many-fingerprints', 'rows cannot be listed among more fingerprints than one table holds: they might be somebody else\'s')
      const searcher = await createSearcher(await segmentsOf(sources), epochKey, threads === undefined ? {} : { threads })
      return searcher.locate(bytes, targets, rules, how).finally(() => searcher.close())
    }),
    close: async () => {
      await screening.close()
      await turns.close()
    },
  }
}
