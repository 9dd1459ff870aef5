/**
 * The search for rows under several keys of tokens at once, as erasing needs it: every key has a searcher of its own, and each piece of a place goes to all of
 * them, so that the place is read once.
 */
import type { Segment } from '../fingerprint/index.ts'
import type { PlaceOptions, PlaceResult } from './result.ts'
import { createSearcher, type LocatedRows, type RowList, type RowRule, type Searcher, type SearcherOptions } from './search.ts'

/** What erasing asks of a search. */
export interface RowSearcher {
  search(bytes: AsyncIterable<Uint8Array>, options?: PlaceOptions): Promise<PlaceResult>
  locate(bytes: AsyncIterable<Uint8Array>, targets: string | readonly string[], rules: readonly RowRule[], options?: PlaceOptions): Promise<LocatedRows>
  close(): Promise<void>
}

/** Segments whose tokens one key made. */
export interface KeyGroup { readonly key: Uint8Array; readonly segments: readonly Segment[] }

/** One searcher for all groups. With several, locating holds every group twice: once for whose rows are wanted, once for everybody else. */
export async function createRowSearcher(groups: readonly KeyGroup[], options: SearcherOptions = {}): Promise<RowSearcher> {
  const [only, ...more] = groups
  if (only !== undefined && more.length === 0) return createSearcher(only.segments, only.key, options)
  const open = (): Promise<Searcher>[] => groups.map(({ key, segments }) => createSearcher(segments, key, options))
  const first = await Promise.all(open())
  let second: Promise<Searcher[]> | undefined
  return {
    search: async (bytes, how = {}) => {
      const results = await everyone(bytes, first.map((searcher) => (copy: AsyncIterable<Uint8Array>) => searcher.search(copy, how)))
      return { coverage: results[0]!.coverage, datasets: results.flatMap(({ datasets }) => datasets).sort((a, b) => b.rows - a.rows || (a.dataset < b.dataset ? -1 : 1)) }
    },
    locate: async (bytes, targets, rules, how = {}) => {
      const wanted = typeof targets === 'string' ? [targets] : targets
      const others = await (second ??= Promise.all(open()))
      const asked = [...jobs(first, rules, (dataset) => wanted.includes(dataset)).map((job) => ({ ...job, own: true })), ...jobs(others, rules, (dataset) => !wanted.includes(dataset)).map((job) => ({ ...job, own: false }))]
      const located = await everyone(bytes, asked.map(({ searcher, datasets }) => (copy: AsyncIterable<Uint8Array>) => searcher.locate(copy, datasets, rules, how)))
      const listed = (own: boolean): RowList[] => located.filter((_, at) => asked[at]!.own === own).flatMap(({ matched, ambiguous }) => [matched, ambiguous])
      return joined(located[0]!.coverage, listed(true), listed(false))
    },
    close: async () => { for (const searcher of [...first, ...(await second ?? [])]) await searcher.close() },
  }
}

/** Which searcher lists the rows of which datasets. */
function jobs(searchers: readonly Searcher[], rules: readonly RowRule[], wanted: (dataset: string) => boolean): { searcher: Searcher; datasets: string[] }[] {
  return searchers.map((searcher) => ({ searcher, datasets: searcher.datasets.map(({ dataset }) => dataset).filter((dataset) => wanted(dataset) && rules.some((rule) => rule.dataset === dataset)) }))
    .filter(({ datasets }) => datasets.length > 0)
}

function joined(coverage: LocatedRows['coverage'], own: readonly RowList[], others: readonly RowList[]): LocatedRows {
  const foreign = new Set(others.flatMap((list) => [...list.ordinals]))
  const mine = new Map<number, readonly [number, number]>()
  for (const { ordinals, starts, ends } of own) for (const [at, ordinal] of ordinals.entries()) mine.set(ordinal, [starts[at]!, ends[at]!])
  const rows = [...mine].sort(([a], [b]) => a - b)
  const listOf = (shared: boolean): RowList => {
    const kept = rows.filter(([ordinal]) => foreign.has(ordinal) === shared)
    return { ordinals: Float64Array.from(kept, ([ordinal]) => ordinal), starts: Float64Array.from(kept, ([, [start]]) => start), ends: Float64Array.from(kept, ([, [, end]]) => end) }
  }
  const owned = mine.size + [...foreign].filter((ordinal) => !mine.has(ordinal)).length
  return { coverage, matched: listOf(false), ambiguous: listOf(true), unowned: coverage.rows - owned }
}

/** Gives every reader each piece, as a view of its own where there are several: what one of them gives back (`giveBackRows`) is not filled again under the others. The next is read when all have asked for it or ended. The first failure is thrown when all have ended. */
export async function everyone<Result>(bytes: AsyncIterable<Uint8Array>, readers: readonly ((copy: AsyncIterable<Uint8Array>) => Promise<Result>)[]): Promise<Result[]> {
  const source = bytes[Symbol.asyncIterator]()
  const waiting: { resolve: (piece: IteratorResult<Uint8Array, undefined>) => void; reject: (cause: unknown) => void }[] = []
  let reading = readers.length
  const advance = (): void => {
    if (reading === 0 || waiting.length < reading) return
    const asking = waiting.splice(0)
    void source.next().then(
      (piece) => { for (const one of asking) one.resolve(piece.done === true ? { done: true, value: undefined } : { done: false, value: readers.length > 1 ? piece.value.subarray() : piece.value }) },
      (cause: unknown) => { for (const one of asking) one.reject(cause) },
    )
  }
  const copy: AsyncIterable<Uint8Array> = { [Symbol.asyncIterator]: () => ({ next: () => new Promise((resolve, reject) => { waiting.push({ resolve, reject }); advance() }) }) }
  const settled = await Promise.allSettled(readers.map((reader) => reader(copy).finally(() => { reading -= 1; advance() })))
  await source.return?.()
  const failed = settled.find((one) => one.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
}
