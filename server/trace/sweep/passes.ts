/** The search as a sweep uses it: tallies of parts, made in any process, and judged together in one. */
import { epochIn } from '../catalogue/epochs.ts'
import { encodeSketch } from '../catalogue/sketch.ts'
import { decodeTally, encodeTally, type Bytes, type DatasetResult, type PlaceOptions, type PlaceResult } from '../search/index.ts'
import { createTurns, type SegmentSource, type Turn, type TurnsOptions } from '../union/index.ts'

/** Fingerprints that are looked for in one pass over a place: all have the same key, and one table holds them. */
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
  /** Whether several passes over one place knew something of it under one key, and one a copy. */
  contested(results: readonly DatasetResult[]): boolean
  /** One pass a key for these datasets alone; undefined when one table does not hold them. */
  together(datasets: ReadonlySet<string>): readonly Pass[] | undefined
  /** Gives up what is loaded. */
  close(): Promise<void>
}

/** A source of segments with the id of the key that made its tokens. */
export interface KeyedSource { readonly source: SegmentSource; readonly tokenKeyId: string; readonly tokenKey: Uint8Array }

/** As many passes for each key as it takes tables to hold its fingerprints; with `sketch` the first of each leaves samples of all values, but for keys of one controller's own. */
export function openPasses(sources: readonly KeyedSource[], { sketch, ...options }: TurnsOptions): Passes {
  const groups = [...Map.groupBy(sources, ({ tokenKeyId }) => tokenKeyId)].map(([id, group]) => ({ id, sketch: sketch === true && epochIn(id) !== undefined, key: group[0]!.tokenKey, sources: group.map(({ source }) => source) }))
  const { turns, only, close } = createTurns(groups, options)
  const turnsWith = (group: readonly Turn[], results: readonly DatasetResult[]): number => group.filter((turn) => turn.datasets.some(({ dataset }) => results.some((one) => one.dataset === dataset))).length
  return {
    all: turns.flatMap((group, number) => group.map((turn) => passOf(turn, groups[number]!.id))), close,
    contested: (results) => results.some(({ verdict }) => verdict === 'copy') && turns.some((group) => turnsWith(group, results) > 1),
    together: (datasets) => {
      const wanted = groups.flatMap(({ id, sources: own }, group) => (own.some(({ header }) => datasets.has(header.dataset)) ? [{ id, turn: only(group, datasets) }] : []))
      return wanted.some(({ turn }) => turn === undefined) ? undefined : wanted.flatMap(({ id, turn }) => (turn === undefined ? [] : [passOf(turn, id)]))
    },
  }
}

function passOf(turn: Turn, tokenKey: string): Pass {
  return {
    tokenKey,
    unlikeNames: new Set(turn.datasets.flatMap((header) => header.columns.filter(({ kind }) => kind === 'e-mail' || kind === 'digits').map(({ name }) => columnKey(header.dataset, name)))),
    tally: async (bytes, options) => {
      const tally = await turn.tally(bytes, options)
      return { tally: encodeTally(tally), sketch: tally.sketch === undefined ? new Uint8Array() : encodeSketch(tally.sketch), cut: tally.endedInsideRecord }
    },
    judge: (tallies) => turn.judge(tallies.map(decodeTally)),
  }
}
