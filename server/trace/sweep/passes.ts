/** The search as a sweep uses it: tallies of parts, made in any process, and judged together in one. */
import { epochIn } from '../catalogue/epochs.ts'
import { encodeSketch } from '../catalogue/sketch.ts'
import type { KeyedSegments } from '../fingerprints.ts'
import { createSearcher, decodeTally, encodeTally, type Bytes, type PlaceOptions, type PlaceResult, type Searcher } from '../search/index.ts'

/** Fingerprints that are looked for in one pass over a place: all have the same key. */
export interface Pass {
  /** Id of the key. */
  readonly tokenKey: string
  /** `sketch`: a sample of all values, empty when none is to be left; `cut`: the bytes ended inside a record, and may be counted only if they are the end of the place. */
  tally(bytes: Bytes, options: PlaceOptions): Promise<{ readonly tally: Uint8Array; readonly sketch: Uint8Array; readonly cut: boolean }>
  judge(tallies: readonly Uint8Array[]): PlaceResult
  /** Columns (`columnKey`) whose values are addresses or numbers: none of them reads like the name of a column. */
  readonly unlikeNames: ReadonlySet<string>
}

/** A column of a dataset as one key. */
export const columnKey = (dataset: string, column: string): string => `${dataset}\n${column}`

export interface Passes {
  readonly all: readonly Pass[]
  /** Ends their threads. */
  close(): Promise<void>
}

/** One pass for each key; with `sketch` each leaves samples of all values, but for keys of one controller's own. */
export async function openPasses(groups: readonly KeyedSegments[], { threads, sketch }: { readonly threads: number | undefined; readonly sketch: boolean }): Promise<Passes> {
  const searchers: { readonly searcher: Searcher; readonly tokenKey: string }[] = []
  for (const { id, key, segments } of groups) {
    searchers.push({ tokenKey: id, searcher: await createSearcher(segments, key, { sketch: sketch && epochIn(id) !== undefined, ...(threads === undefined ? {} : { threads }) }) })
  }
  return {
    all: searchers.map(({ searcher, tokenKey }): Pass => ({
      tokenKey,
      unlikeNames: new Set(searcher.datasets.flatMap((header) => header.columns.filter(({ kind }) => kind === 'e-mail' || kind === 'digits').map(({ name }) => columnKey(header.dataset, name)))),
      tally: async (bytes, options) => {
        const tally = await searcher.tally(bytes, options)
        return { tally: encodeTally(tally), sketch: tally.sketch === undefined ? new Uint8Array() : encodeSketch(tally.sketch), cut: tally.endedInsideRecord }
      },
      judge: (tallies) => searcher.judge(tallies.map(decodeTally)),
    })),
    close: async () => { for (const { searcher } of searchers) await searcher.close() },
  }
}
